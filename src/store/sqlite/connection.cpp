#include "store/sqlite/connection.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <limits>
#include <thread>

namespace lockstep::sqlite {
namespace {

int open_flags(OpenMode mode) {
  // No mutex: one thread uses a connection.
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case OpenMode::create:
      return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case OpenMode::existing:
    case OpenMode::observe:
      return kAlways | SQLITE_OPEN_READWRITE;
    case OpenMode::nothing:
      break;
  }
  return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
}

bool is_new_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) != 0 || status.st_size == 0;
}

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

// SQLite's busy handler: 1 = try again.
int wait_a_moment(void* budget, int times_before) {
  WaitBudget& waiting = *static_cast<WaitBudget*>(budget);
  constexpr std::chrono::milliseconds kPauses[] = {std::chrono::milliseconds(1),  std::chrono::milliseconds(2),
                                                   std::chrono::milliseconds(5),  std::chrono::milliseconds(10),
                                                   std::chrono::milliseconds(20), std::chrono::milliseconds(25)};
  if (waiting.given_up() || waiting.lock_left().count() <= 0) return 0;
  const auto pause = std::min(kPauses[std::min<std::size_t>(static_cast<std::size_t>(times_before), std::size(kPauses) - 1)],
                              waiting.lock_left());
  const auto began = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(pause);
  waiting.spend(std::chrono::steady_clock::now() - began);
  constexpr std::chrono::milliseconds kWorthAWord{2'000};
  if (waiting.waited() >= kWorthAWord) waiting.tell("Waiting for the database");
  return 1;
}

// A relative path that begins with `:` or `file:` would mean something else to SQLite.
std::string plain_path(const std::string& path) { return path.starts_with('/') ? path : "./" + path; }

}  // namespace

Connection::Connection(std::string path, OpenMode mode, std::int64_t busy_timeout_ms)
    : Connection(std::move(path), mode, std::make_shared<WaitBudget>(std::chrono::milliseconds(busy_timeout_ms))) {
  constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
  sqlite3_busy_timeout(handle(), static_cast<int>(std::min(busy_timeout_ms, kLongest)));
}

Connection::Connection(std::string path, OpenMode mode, std::shared_ptr<WaitBudget> budget)
    : path_(std::move(path)), budget_(std::move(budget)), number_(next_number()) {
  const bool make_wal = mode == OpenMode::create && is_new_file(path_);
  sqlite3* raw = nullptr;
  const std::string name = mode == OpenMode::nothing ? ":memory:" : plain_path(path_);
  const int code = sqlite3_open_v2(name.c_str(), &raw, open_flags(mode), nullptr);
  handle_.reset(raw);
  if (code != SQLITE_OK) throw translate(code, raw ? sqlite3_errmsg(raw) : "out of memory", "open", path_);
  if (mode != OpenMode::nothing) identity_ = identify(path_);
  sqlite3_busy_handler(raw, wait_a_moment, budget_.get());
  if (mode == OpenMode::observe) {
    execute("PRAGMA query_only = ON");
    return;
  }
  execute("PRAGMA foreign_keys = ON");
  execute("PRAGMA synchronous = FULL");
  // A large first sync stays in memory until it is committed, or its pages would be written several times.
  execute("PRAGMA cache_size = -65536");
  if (make_wal) {
    // Another process that makes the same database at this moment does the same: its lock is no failure of ours.
    Statement journal = prepare("PRAGMA journal_mode = WAL");
    try {
      journal.step();
    } catch (const Error& error) {
      if (!error.retryable()) throw;
    }
  }
}

std::optional<Connection::FileIdentity> Connection::identify(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{.device = status.st_dev, .inode = status.st_ino};
}

bool Connection::is_current() const { return identity_ && identify(path_) == identity_; }

bool Connection::read_only() const { return sqlite3_db_readonly(handle(), "main") == 1; }

bool Connection::has_deferred_violations() const {
  int current = 0;
  int highest = 0;
  return sqlite3_db_status(handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0) == SQLITE_OK && current > 0;
}

Statement Connection::prepare(const std::string& sql) {
  std::shared_ptr<Statement::Cached>& slot = statements_[sql];
  if (slot && !slot->in_use) return {*this, slot};
  // A second use at the same time gets a statement of its own, which goes when the use ends.
  auto fresh = std::make_shared<Statement::Cached>();
  const int code = sqlite3_prepare_v3(handle(), sql.c_str(), static_cast<int>(sql.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &fresh->handle, nullptr);
  if (code != SQLITE_OK) fail("prepare a statement for");
  if (!slot) slot = fresh;
  return {*this, std::move(fresh)};
}

void Connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail("use");
}

std::optional<std::int64_t> Connection::integer(const std::string& sql) {
  Statement statement = prepare(sql);
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return statement.integer(0);
}

// Every connection counts from the same number on.
std::string Connection::version_mark() {
  return std::to_string(number_) + ":" + std::to_string(integer("PRAGMA data_version").value_or(0));
}

std::string Connection::peek(std::int64_t offset, int size) const {
  sqlite3_file* file = nullptr;
  sqlite3_int64 length = 0;
  int code = sqlite3_file_control(handle(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
  if (code == SQLITE_OK) code = file->pMethods->xFileSize(file, &length);
  std::string bytes(static_cast<std::size_t>(std::clamp<std::int64_t>(length - offset, 0, size)), '\0');
  if (code == SQLITE_OK && !bytes.empty()) {
    code = file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), offset);
  }
  if (code == SQLITE_IOERR_SHORT_READ) return {};  // it was truncated meanwhile
  if (code != SQLITE_OK) throw translate(code, sqlite3_errstr(code), "read", path_);
  return bytes;
}

void Connection::roll_back() noexcept {
  // SQLite rolls back by itself what it could not (a full disk); that leaves nothing to report.
  if (in_transaction()) sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Connection::fail(std::string operation) const {
  throw translate(sqlite3_extended_errcode(handle()), sqlite3_errmsg(handle()), std::move(operation), path_);
}

// ---- statements --------------------------------------------------------------------------------------

Statement::Statement(Connection& connection, std::shared_ptr<Cached> cached)
    : connection_(&connection), cached_(std::move(cached)) {
  cached_->in_use = true;
}

Statement::Statement(Statement&& other) noexcept : connection_(other.connection_), cached_(std::move(other.cached_)) {}

Statement::~Statement() {
  if (!cached_) return;
  sqlite3_reset(cached_->handle);
  sqlite3_clear_bindings(cached_->handle);
  cached_->in_use = false;
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) connection_->fail("bind a value for");
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  check(sqlite3_bind_int64(cached_->handle, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  check(sqlite3_bind_double(cached_->handle, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  const char* data = text.data() != nullptr ? text.data() : "";  // a null pointer would bind NULL
  check(sqlite3_bind_text64(cached_->handle, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, const std::optional<std::string>& text) {
  return text ? bind(parameter, std::string_view(*text)) : bind_null(parameter);
}

Statement& Statement::bind(int parameter, std::optional<std::int64_t> value) {
  return value ? bind(parameter, *value) : bind_null(parameter);
}

Statement& Statement::bind_blob(int parameter, std::span<const unsigned char> bytes) {
  if (bytes.empty()) {
    check(sqlite3_bind_zeroblob(cached_->handle, parameter, 0));
  } else {
    check(sqlite3_bind_blob64(cached_->handle, parameter, bytes.data(), bytes.size(), SQLITE_STATIC));
  }
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  check(sqlite3_bind_null(cached_->handle, parameter));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(cached_->handle);
  if (code == SQLITE_ROW) return true;
  // The message goes with the reset: read it first.
  if (code != SQLITE_DONE) connection_->fail("use");
  sqlite3_reset(cached_->handle);
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

std::optional<std::string> Statement::run_unless_refused() {
  const int code = sqlite3_step(cached_->handle);
  if ((code & 0xff) == SQLITE_CONSTRAINT) {
    std::string sentence = sqlite3_errmsg(connection_->handle());
    sqlite3_reset(cached_->handle);
    return sentence;
  }
  if (code != SQLITE_DONE && code != SQLITE_ROW) connection_->fail("write to");
  sqlite3_reset(cached_->handle);
  return std::nullopt;
}

int Statement::type(int column) const { return sqlite3_column_type(cached_->handle, column); }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(cached_->handle, column); }
double Statement::real(int column) const { return sqlite3_column_double(cached_->handle, column); }

std::string_view Statement::text(int column) const {
  // Text first, then its size: the other way round SQLite may convert in between.
  const auto* data = sqlite3_column_text(cached_->handle, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(cached_->handle, column))};
}

std::string_view Statement::blob(int column) const {
  const void* data = sqlite3_column_blob(cached_->handle, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(cached_->handle, column))};
}

std::optional<std::string> Statement::optional_string(int column) const {
  return is_null(column) ? std::nullopt : std::optional(string(column));
}

int Statement::column_count() const { return sqlite3_column_count(cached_->handle); }
std::string_view Statement::column_name(int column) const { return sqlite3_column_name(cached_->handle, column); }

}  // namespace lockstep::sqlite
