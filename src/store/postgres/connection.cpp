#include "store/postgres/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

namespace lockstep::postgres {
namespace {

using std::chrono::steady_clock;

// What the server is given beyond its own statement_timeout before it counts as gone.
constexpr std::chrono::seconds kGrace{30};

// How long a wait is before a person is told of it, and between two questions about it.
constexpr std::chrono::milliseconds kWorthAWord{2'000};
constexpr std::chrono::milliseconds kBetweenQuestions{5'000};
constexpr std::chrono::milliseconds kLongestQuestion{2'000};
// However little is left: what a network may take.
constexpr std::chrono::milliseconds kShortestAnswer{1'000};
constexpr std::chrono::milliseconds kConnectTimeout{10'000};
// After so long at most it is noticed that nobody wants to wait any longer.
constexpr std::chrono::milliseconds kSlice{100};

// COPY data is handed to libpq in pieces of about this size.
constexpr std::size_t kCopyChunk = std::size_t{1} << 18;

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string field_of(const PGresult* result, int field) {
  const char* text = result == nullptr ? nullptr : PQresultErrorField(result, field);
  return text == nullptr ? std::string() : std::string(text);
}

struct Translation {
  ErrorCode code = ErrorCode::database;
  bool retryable = false;
  std::string hint;
};

Translation translate(std::string_view state) {
  const std::string_view group = state.substr(0, 2);
  if (state == "40001" || state == "40P01") return {ErrorCode::changed, true, "another writer was faster; try again"};
  if (state == "55P03") {
    return {ErrorCode::busy, true, "nothing was written; retry when the other session is done (pg_locks and pg_stat_activity tell which)"};
  }
  if (state == "42501") return {ErrorCode::permission, false, "`lockstep init --print-sql` prints what its owner has to run"};
  if (state == "25006") return {ErrorCode::permission, false, "this server is read-only, perhaps a standby: connect to the primary"};
  if (state == "57014") return {ErrorCode::database, false, "the statement took longer than its timeout"};
  // A session that was ended, a server that stops or starts, too many connections: later it may work.
  if (state.empty() || group == "08" || group == "53" || state == "57P01" || state == "57P02" || state == "57P03" ||
      state == "57P05" || state == "25P03") {
    return {group == "53" && state != "53300" ? ErrorCode::database : ErrorCode::unreachable, true, ""};
  }
  return {};
}

// PostgreSQL's warnings (an advisory lock that was not held, …) are not for our standard error.
void ignore_notice(void*, const PGresult*) {}

}  // namespace

// ---- Result, Parameters -------------------------------------------------------------------------------

std::int64_t Result::integer(int row, int column) const {
  const std::string_view digits = text(row, column);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw Error({.code = ErrorCode::internal,
                 .operation = "read a number from PostgreSQL",
                 .subject = {},
                 .cause = "got `" + std::string(digits) + "`",
                 .hint = {}});
  }
  return value;
}

std::int64_t Result::affected() const {
  const std::string_view digits = PQcmdTuples(result_.get());
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

Parameters& Parameters::add(std::string value) {
  values_.push_back({.bytes = std::move(value), .type = 0, .binary = false});
  return *this;
}

Parameters& Parameters::add(std::nullopt_t) {
  values_.push_back({});
  return *this;
}

Parameters& Parameters::add(const Array& value) {
  values_.push_back({.bytes = value.encoded(), .type = static_cast<Oid>(value.array_type()), .binary = true});
  return *this;
}

Parameters& Parameters::add(Timestamp value) {
  std::string bytes;
  append_int64(bytes, to_wire(value));
  values_.push_back({.bytes = std::move(bytes), .type = static_cast<Oid>(Array::Element::timestamptz), .binary = true});
  return *this;
}

Parameters& Parameters::add_bytes(std::string_view value) {
  values_.push_back(
      {.bytes = std::string(value), .type = static_cast<Oid>(Array::Element::bytea), .binary = true});
  return *this;
}

Parameters& Parameters::add_ids(std::span<const std::int64_t> ids) {
  Array array(Array::Element::int8);
  for (const std::int64_t id : ids) array.add_int64(id);
  return add(array);
}

std::string quote_literal(std::string_view text) {
  const bool escaped = text.find('\\') != std::string_view::npos;
  std::string quoted = escaped ? "E'" : "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

// ---- Connection ---------------------------------------------------------------------------------------

Connection::Connection(const Target& target, std::shared_ptr<WaitBudget> budget)
    : target_(target), budget_(std::move(budget)) {
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  const auto give = [&](const char* keyword, const char* value) {
    keywords.push_back(keyword);
    values.push_back(value);
  };
  // Before the target's own, which win: a peer that vanished is noticed within a minute.
  if (target.value("connect_timeout").empty()) give("connect_timeout", "10");
  if (target.value("keepalives_idle").empty()) give("keepalives_idle", "20");
  if (target.value("keepalives_interval").empty()) give("keepalives_interval", "10");
  if (target.value("keepalives_count").empty()) give("keepalives_count", "3");
  if (target.value("tcp_user_timeout").empty()) give("tcp_user_timeout", "60000");
  give("fallback_application_name", "lockstep");
  for (const Target::Parameter& p : target.parameters()) give(p.keyword.c_str(), p.value.c_str());
  give("client_encoding", "UTF8");
  keywords.push_back(nullptr);
  values.push_back(nullptr);

  connect(keywords, values);
  if (lost()) {
    throw SqlError({.code = ErrorCode::unreachable,
                    .operation = "connect to PostgreSQL",
                    .subject = target_.describe(),
                    .cause = target_.redact(trimmed(PQerrorMessage(connection_.get()))),
                    .hint = {},
                    .retryable = true},
                   {}, {});
  }
  PQsetNoticeReceiver(connection_.get(), ignore_notice, nullptr);
}

// Several hosts are for libpq to try, one after the other; it waits for each.
void Connection::connect(const std::vector<const char*>& keywords, const std::vector<const char*>& values) {
  const bool several = target_.value("host").find(',') != std::string_view::npos ||
                       target_.value("hostaddr").find(',') != std::string_view::npos;
  if (!budget_ || several) {
    connection_.reset(PQconnectdbParams(keywords.data(), values.data(), 0));
    if (!connection_) throw std::bad_alloc();
    return;
  }
  connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 0));
  if (!connection_) throw std::bad_alloc();
  const auto began = steady_clock::now();
  const auto deadline = began + std::clamp(budget_->answer_left(), kShortestAnswer, kConnectTimeout);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    const auto now = steady_clock::now();
    if ((budget_->given_up() && now - began >= kSlice) || now >= deadline) {
      budget_->spend(steady_clock::now() - began);
      abandon("connect to PostgreSQL", "the server does not answer");
    }
    pollfd poll_for{.fd = socket(), .events = static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT), .revents = 0};
    if (poll(&poll_for, 1, static_cast<int>(kSlice.count())) != 0) next = PQconnectPoll(connection_.get());
  }
  budget_->spend(steady_clock::now() - began);
}

// Closed for good: what the server still does for this session cannot be known here.
void Connection::abandon(std::string_view operation, std::string cause) {
  connection_.reset();
  fail_lost(operation, std::move(cause));
}

void Connection::fail_lost(std::string_view operation, std::string cause) const {
  throw SqlError({.code = ErrorCode::unreachable,
                  .operation = std::string(operation),
                  .subject = target_.describe(),
                  .cause = target_.redact(trimmed(std::move(cause))),
                  .hint = {},
                  .retryable = true},
                 {}, {});
}

void Connection::fail(const PGresult* result, std::string_view operation) const {
  const std::string state = field_of(result, PG_DIAG_SQLSTATE);
  if (state.empty()) fail_lost(operation, PQerrorMessage(connection_.get()));
  std::string cause = field_of(result, PG_DIAG_MESSAGE_PRIMARY);
  if (const std::string detail = field_of(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) cause += ": " + detail;
  Translation translation = translate(state);
  if (translation.code == ErrorCode::busy) {
    if (budget_) budget_->spend(budget_->lock_left());  // as long as was allowed
    if (!holders_.empty()) cause += ": held by " + holders_;
  }
  if (translation.hint.empty()) translation.hint = field_of(result, PG_DIAG_MESSAGE_HINT);
  throw SqlError({.code = translation.code,
                  .operation = std::string(operation),
                  .subject = {},
                  .cause = target_.redact(trimmed(std::move(cause))),
                  .hint = std::move(translation.hint),
                  .retryable = translation.retryable},
                 state, field_of(result, PG_DIAG_CONSTRAINT_NAME));
}

// Whether the server gives a sign of life, by another session; what it tells of who is in this one's way. A server
// that refuses at once has answered.
bool Connection::ask_about_the_wait() {
  holders_.clear();
  const auto patience = std::clamp(budget_->answer_left() / 2, kShortestAnswer, kLongestQuestion);
  const auto began = steady_clock::now();
  try {
    Connection second(target_, std::make_shared<WaitBudget>(patience));
    second.asking_ = true;
    const Result rows = second.query(
        "SELECT pid, coalesce(nullif(application_name, ''), backend_type, ''), coalesce(usename, ''), coalesce(state, '')"
        " FROM pg_catalog.pg_stat_activity WHERE pid = ANY (pg_catalog.pg_blocking_pids($1::int4)) ORDER BY 1 LIMIT 3",
        Parameters().add(std::to_string(backend_pid())), "look for the lock's holder");
    for (int row = 0; row < rows.rows(); ++row) {
      holders_ += (row == 0 ? "server process " : ", ") + std::string(rows.text(row, 0)) + " (" + std::string(rows.text(row, 1));
      if (!rows.text(row, 2).empty()) holders_ += ", user " + std::string(rows.text(row, 2));
      if (!rows.text(row, 3).empty()) holders_ += ", " + std::string(rows.text(row, 3));
      holders_ += ")";
    }
    return true;
  } catch (const Error&) {
    return steady_clock::now() - began < patience;
  }
}

void Connection::wait_readable(steady_clock::time_point deadline, std::string_view operation) {
  const auto began = steady_clock::now();
  auto next_question = steady_clock::time_point::max();
  if (asking_) deadline = std::min(deadline, began + std::max(budget_->answer_left(), kShortestAnswer));
  else if (budget_)
    next_question = began + (budget_->allowed().name_holder
                                 ? kSlice
                                 : std::clamp(budget_->answer_left() / 2, kSlice, kWorthAWord));
  for (;;) {
    auto now = steady_clock::now();
    if (now >= deadline) abandon(operation, "the server does not answer");
    if (budget_ && budget_->given_up() && now - began >= kSlice) abandon(operation, "it is waited for no longer");
    if (now >= next_question) {
      const bool answers = ask_about_the_wait();
      now = steady_clock::now();
      if (!answers && now - began >= budget_->answer_left()) {
        budget_->spend(now - began);
        abandon(operation, "the server does not answer");
      }
      if (answers && now - began >= kWorthAWord)
        budget_->tell(holders_.empty() ? "The database is at work: " + std::string(operation)
                                       : "Waiting for a lock in the database (" + std::string(operation) + "): held by " + holders_);
      next_question = now + (answers ? kBetweenQuestions : kSlice);
    }
    const auto until = std::min({deadline, next_question, now + kSlice});
    pollfd poll_for{.fd = socket(), .events = POLLIN, .revents = 0};
    const auto pause = std::max(std::chrono::ceil<std::chrono::milliseconds>(until - now), std::chrono::milliseconds(0));
    const int ready = poll(&poll_for, 1, static_cast<int>(pause.count()));
    if (ready > 0) break;
    if (ready < 0 && errno != EINTR) fail_lost(operation, "poll failed");
  }
  // What took its time without being in anybody's way was work.
  if (budget_ && !holders_.empty()) budget_->spend(steady_clock::now() - began);
}

// The server counts the wait for each lock by itself.
void Connection::shorten_lock_timeout() {
  holders_.clear();
  if (!budget_ || lock_timeout_.count() == 0 || PQtransactionStatus(connection_.get()) != PQTRANS_INTRANS) return;
  const auto left = std::max(budget_->lock_left(), kShortestLockWait);
  if (left + kShortestLockWait >= lock_timeout_) return;
  lock_timeout_ = left;
  execute("SET LOCAL lock_timeout = " + std::to_string(left.count()), "set how long to wait");
}

Result Connection::wait_for_result(std::string_view operation) {
  const auto deadline = steady_clock::now() + kStatementTimeout + kGrace;
  while (PQisBusy(connection_.get()) != 0) {
    wait_readable(deadline, operation);
    if (PQconsumeInput(connection_.get()) == 0) break;  // lost: PQgetResult says so
  }
  return Result(PQgetResult(connection_.get()));
}

std::vector<Result> Connection::all_results(std::string_view operation) {
  std::vector<Result> results;
  Result failed;
  while (Result next = wait_for_result(operation)) {
    const ExecStatusType status = PQresultStatus(next.get());
    const bool copies = status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
    if (!copies && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) failed = std::move(next);
    else results.push_back(std::move(next));
    if (copies) return results;
    if (lost()) break;
  }
  if (failed) fail(failed.get(), operation);
  if (results.empty() || lost()) fail_lost(operation, PQerrorMessage(connection_.get()));
  return results;
}

Result Connection::receive(std::string_view operation) { return std::move(all_results(operation).back()); }

bool Connection::try_receive(std::string_view operation) {
  if (PQconsumeInput(connection_.get()) == 0) fail_lost(operation, PQerrorMessage(connection_.get()));
  if (PQisBusy(connection_.get()) != 0) return false;
  all_results(operation);
  return true;
}

void Connection::send(const std::string& sql, std::string_view operation) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) fail_lost(operation, PQerrorMessage(connection_.get()));
}

Result Connection::execute(const std::string& sql, std::string_view operation) {
  shorten_lock_timeout();
  send(sql, operation);
  return receive(operation);
}

std::vector<Result> Connection::execute_all(const std::string& sql, std::string_view operation) {
  send(sql, operation);
  return all_results(operation);
}

Result Connection::query(const std::string& sql, const Parameters& parameters, std::string_view operation,
                         bool binary) {
  shorten_lock_timeout();
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
  for (const Parameters::Value& v : parameters.values_) {
    types.push_back(v.type);
    values.push_back(v.bytes ? v.bytes->c_str() : nullptr);
    lengths.push_back(v.bytes ? static_cast<int>(v.bytes->size()) : 0);
    formats.push_back(v.binary ? 1 : 0);
  }
  if (PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), types.data(), values.data(),
                        lengths.data(), formats.data(), binary ? 1 : 0) == 0) {
    fail_lost(operation, PQerrorMessage(connection_.get()));
  }
  return receive(operation);
}

int Connection::next_copy_data(char** data, std::string_view operation) {
  const auto deadline = steady_clock::now() + kStatementTimeout + kGrace;
  for (;;) {
    const int length = PQgetCopyData(connection_.get(), data, 1);
    if (length != 0) return length;
    wait_readable(deadline, operation);
    if (PQconsumeInput(connection_.get()) == 0) fail_lost(operation, PQerrorMessage(connection_.get()));
  }
}

void Connection::copy_out(const std::string& sql, std::size_t columns, std::string_view operation,
                          const std::function<void(std::span<const Cell>)>& row) {
  execute(sql, operation);
  struct FreeData {
    void operator()(char* data) const { PQfreemem(data); }
  };
  std::vector<Cell> cells(columns);
  bool header = true;
  for (;;) {
    char* raw = nullptr;
    const int length = next_copy_data(&raw, operation);
    const std::unique_ptr<char, FreeData> data(raw);
    if (length < 0) break;  // the end, or a failure, which the result tells
    const char* at = raw;
    const char* const end = raw + length;
    // The server sends the header along with the first row: signature, flags, length of an extension.
    if (std::exchange(header, false)) at += 19 + read_int32(at + 15);
    while (at < end) {
      const std::int16_t count = read_int16(at);
      at += 2;
      if (count < 0) break;  // trailer
      for (Cell& cell : cells) {
        cell.length = read_int32(at);
        cell.data = at += 4;
        if (cell.length > 0) at += cell.length;
      }
      row(cells);
    }
  }
  receive(operation);
}

std::int64_t Connection::copy_in(const std::string& sql, std::string_view operation,
                                 const std::function<bool(CopyRows&)>& fill) {
  execute(sql, operation);
  CopyRows rows;
  bool more = true;
  try {
    while (more) {
      more = fill(rows);
      if (!more) rows.finish();
      if (!more || rows.buffer().size() >= kCopyChunk) {
        // A refusal comes back as the result; what was sent after it, the server drops.
        if (PQputCopyData(connection_.get(), rows.buffer().data(), static_cast<int>(rows.buffer().size())) < 0) break;
        rows.buffer().clear();
      }
    }
  } catch (...) {
    PQputCopyEnd(connection_.get(), "the client gave up");
    while (Result(PQgetResult(connection_.get()))) {
    }
    throw;
  }
  if (PQputCopyEnd(connection_.get(), nullptr) < 0 && lost()) fail_lost(operation, PQerrorMessage(connection_.get()));
  return receive(operation).affected();
}

std::optional<Notification> Connection::next_notification() {
  if (PQconsumeInput(connection_.get()) == 0) fail_lost("listen for changes", PQerrorMessage(connection_.get()));
  struct FreeNotify {
    void operator()(PGnotify* notify) const { PQfreemem(notify); }
  };
  const std::unique_ptr<PGnotify, FreeNotify> notify(PQnotifies(connection_.get()));
  if (!notify) return std::nullopt;
  return Notification{.channel = notify->relname, .payload = notify->extra};
}

void Connection::roll_back() noexcept {
  try {
    if (!lost() && in_transaction()) execute("ROLLBACK", "roll back");
  } catch (const std::exception&) {
    // The server rolls back by itself when the session ends.
    if (in_transaction()) connection_.reset();
  }
}

}  // namespace lockstep::postgres
