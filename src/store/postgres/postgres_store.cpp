#include "store/postgres/postgres_store.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <span>
#include <thread>
#include <utility>

#include "store/postgres/base_table.hpp"
#include "store/postgres/catalogue.hpp"
#include "store/postgres/change_feed.hpp"
#include "store/postgres/conflict_table.hpp"
#include "store/postgres/connection.hpp"
#include "store/postgres/examination.hpp"
#include "store/postgres/history_table.hpp"
#include "store/postgres/own_schema.hpp"
#include "store/postgres/target.hpp"
#include "store/postgres/task_table.hpp"

namespace lockstep {
namespace postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A server that is starting, or that has just dropped its sessions, is back within seconds or not soon.
constexpr milliseconds kFirstPause{50};
constexpr int kReconnects = 6;  // 50 + 100 + … + 1600 ms
constexpr std::chrono::seconds kPruneInterval{60};
constexpr milliseconds kTriggerLockTimeout{300};

std::int64_t lock_key(std::string_view what, std::string_view name) {
  return std::bit_cast<std::int64_t>(fingerprint_of("lockstep " + std::string(what) + " " + std::string(name)).low);
}

// Until the transaction ends: how long it waits.
std::string patience(milliseconds lock_timeout) {
  return "SET LOCAL lock_timeout = " + std::to_string(lock_timeout.count()) +
         "; SET LOCAL statement_timeout = " + std::to_string(Connection::kStatementTimeout.count()) + "; ";
}

// The same, and everything else that a session could have set otherwise and that matters to us.
std::string settings(milliseconds lock_timeout) {
  return patience(lock_timeout) +
         // While the file is exchanged the transaction sits idle.
         "SET LOCAL idle_in_transaction_session_timeout = " + std::to_string(Connection::kStatementTimeout.count()) +
         "; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres'"
         "; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL standard_conforming_strings = on"
         // Compiling a plan takes longer than any of ours runs.
         "; SET LOCAL jit = off; ";
}

// With its schema: the one in which it would be made, if it is not there.
TableName canonical_name(Connection& connection, const TableName& table, const std::optional<Relation>& relation) {
  if (relation) return relation->name;
  TableName name = table;
  if (name.schema.empty())
    name.schema = connection.execute("SELECT coalesce(current_schema(), '')", "read the search path").text(0, 0);
  return name;
}

class PostgresTransaction final : public Transaction {
 public:
  // Precondition: the connection is in a transaction; it is this one's from now on.
  PostgresTransaction(std::shared_ptr<Connection> connection, TableName table, Access access, std::string replica,
                      std::int64_t version, std::function<void()> after_commit)
      : connection_(std::move(connection)),
        table_(std::move(table)),
        access_(access),
        replica_(std::move(replica)),
        prepared_(version > 0),
        conflicts_(*connection_, version),
        history_(*connection_, version),
        after_commit_(std::move(after_commit)) {}

  ~PostgresTransaction() override { connection_->roll_back(); }

  // The table, where it was read in this transaction already.
  void know(std::optional<Relation> relation) { about_the_table_.emplace(*this, std::move(relation)); }

  TaskTable& tasks() override { return about_the_table().tasks; }
  BaseTable& base() override { return about_the_table().base; }
  ConflictTable& conflicts() override { return conflicts_; }
  HistoryTable& history() override { return history_; }

  void commit() override {
    // A session that ends during COMMIT leaves it open whether it went through; SqlError(unreachable) says so.
    // Other daemons hear of runs, conflicts and stored resolutions as they hear of rows.
    const bool news = history_.recorded() || conflicts_.written();
    const Result result =
        connection_->execute((news ? "NOTIFY " + std::string(kChangeChannel) + "; " : "") + "COMMIT", "commit");
    if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
      throw Error({.code = ErrorCode::database,
                   .operation = "commit",
                   .subject = {},
                   .cause = "the transaction had failed before",
                   .hint = {}});
    }
    if (after_commit_) after_commit_();
  }

 private:
  struct AboutTheTable {
    AboutTheTable(PostgresTransaction& of, std::optional<Relation> found)
        : relation(std::move(found)),
          tasks(*of.connection_, relation, of.access_, of.prepared_),
          base(*of.connection_, of.prepared_, of.replica_,
               quote_identifier(canonical_name(*of.connection_, of.table_, relation))) {}
    std::optional<Relation> relation;
    PostgresTaskTable tasks;
    PostgresBaseTable base;
  };
  // Reading the catalogue is most of the work of a short transaction, and those about conflicts and history need none
  // of it.
  AboutTheTable& about_the_table() {
    if (!about_the_table_) about_the_table_.emplace(*this, read_relation(*connection_, table_));
    return *about_the_table_;
  }

  std::shared_ptr<Connection> connection_;
  TableName table_;
  Access access_;
  std::string replica_;
  bool prepared_;
  std::optional<AboutTheTable> about_the_table_;
  PostgresConflictTable conflicts_;
  PostgresHistoryTable history_;
  std::function<void()> after_commit_;
};

class PostgresStore final : public Store {
 public:
  PostgresStore(std::string_view url, const StoreOptions& options)
      : target_(Target::parse(url)),
        options_(options),
        table_(parse_table_name(options.table)),
        budget_(std::make_shared<WaitBudget>(milliseconds(options.lock_timeout_ms))) {}

  std::vector<std::string> prepare() override {
    refuse_dry_run();
    std::vector<std::string> sentences;
    begin_set_up();
    Guard guard{*connection_};
    const OwnSchema own = own_schema(*connection_);
    const std::optional<Relation> relation = read_relation(*connection_, table_);
    std::vector<std::string> mended;
    for (const SetupStep& step : setup_steps(*connection_, canonical_name(relation), relation.has_value(), own)) {
      connection_->execute(step.sql, "set up the database");
      if (!step.sentence.empty()) sentences.push_back(step.sentence);
      if (step.mends) mended.push_back(step.sentence);
    }
    if (own.version == 0 && relation) {
      sentences.push_back("Adopted the table " + quote_identifier(relation->name) + " as it is");
      sentences.insert(sentences.end(), relation->notes.begin(), relation->notes.end());
      if (const auto sequence = read_id_sequence(*connection_, *relation); sequence && !sequence->usable)
        sentences.push_back("This user may not move the sequence " + sequence->sql +
                            " above ids that it inserts; its owner runs: GRANT SELECT, UPDATE ON SEQUENCE " +
                            sequence->sql + " TO …");
    }
    connection_->execute("COMMIT", "set up the database");
    mended_.insert(mended_.end(), mended.begin(), mended.end());
    return sentences;
  }

  std::string setup_sql() override {
    start("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + settings(lock_timeout()));
    Guard guard{*connection_};
    std::string sql;
    for (const SetupStep& step : missing()) sql += step.sql;
    const std::optional<Relation> relation = read_relation(*connection_, table_);
    const std::string user(connection_->execute("SELECT current_user", "read the user's name").text(0, 0));
    const TableName table = canonical_name(relation);
    sql += grants(table, relation ? id_sequence_of(*relation) : sequence_to_be(table), user);
    if (relation) {
      ChangeFeed feed(*connection_, *relation);
      if (const std::string obstacle = feed.obstacle(); !obstacle.empty()) sql += "-- no change triggers: " + obstacle + "\n";
      else sql += feed.install_sql();
    } else {
      sql += "-- the change triggers: run this again once the table is there\n";
    }
    return "BEGIN;\n" + sql + "COMMIT;\n";
  }

  std::unique_ptr<Transaction> begin(Access access, std::string_view replica) override {
    if (access == Access::read) {
      const OwnSchema own = start_reading();
      return transaction(access, replica, own.usable() ? own.version : 0);
    }
    refuse_dry_run();
    for (bool tried = false;; tried = true) {
      Found found = start_writing(replica);
      Guard guard{*connection_};
      if (setup_steps(*connection_, canonical_name(found.relation), found.relation.has_value(), found.own).empty()) {
        guard.released = true;
        auto begun = transaction(access, replica, INT64_MAX);  // the newest
        begun->know(std::move(found.relation));
        return begun;
      }
      if (tried) {
        throw Error({.code = ErrorCode::database,
                     .operation = "set up the database",
                     .subject = {},
                     .cause = "somebody removes the tables while they are made",
                     .hint = {}});
      }
      connection_->roll_back();
      prepare();
    }
  }

  FeedState install_feed() override { return change_feed(true); }
  FeedState remove_feed() override { return change_feed(false); }

  std::string_view backend() const override { return "postgresql"; }

  std::vector<std::string> mended() override { return std::exchange(mended_, {}); }

  void wait_at_most(const Waiting& waiting) override { budget_->allow(waiting); }
  milliseconds waited() const override { return budget_->waited(); }
  void on_wait(std::function<void(const std::string&)> listener) override { budget_->on_wait(std::move(listener)); }
  void give_up() override { budget_->give_up(); }

  std::vector<Finding> examine(bool feed_wanted) override {
    start("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + settings(lock_timeout()));
    Guard guard{*connection_};
    const bool prepared = own_schema(*connection_).usable();
    const std::optional<Relation> relation = read_relation(*connection_, table_);
    return examine_database(*connection_, canonical_name(relation), relation, prepared, feed_wanted);
  }

 private:
  // Rolls back unless committed.
  struct Guard {
    Connection& connection;
    bool released = false;
    ~Guard() {
      if (!released) connection.roll_back();
    }
  };

  void refuse_dry_run() const {
    if (options_.create) return;
    throw Error({.code = ErrorCode::internal,
                 .operation = "write to",
                 .subject = "the database",
                 .cause = "this store was opened for a dry run",
                 .hint = {}});
  }

  milliseconds lock_timeout() const {
    return std::clamp(budget_->lock_left(), Connection::kShortestLockWait, milliseconds(INT32_MAX));
  }

  // ---- connecting -----------------------------------------------------------------------------------

  // Runs the statements that begin a transaction on a live connection; what each of them answered. Nothing has
  // happened yet, so a lost connection is made anew and they run again.
  std::vector<Result> start(const std::string& statements) {
    milliseconds pause = kFirstPause;
    for (int attempt = 0;; ++attempt, pause *= 2) {
      const bool had_connection = connection_ != nullptr;
      try {
        if (!connection_ || connection_->lost()) connect();
        else connection_->roll_back();  // whatever an abandoned transaction left open
        const milliseconds allowed = lock_timeout();
        std::vector<Result> results = connection_->execute_all(statements, "begin");
        connection_->lock_timeout_is(allowed);
        gave_up_ = false;
        return results;
      } catch (const SqlError& error) {
        if (connection_) connection_->roll_back();
        if (error.code() != ErrorCode::unreachable) throw;
        // A session that ended while nobody looked says nothing about the server. One that is away is waited for
        // once; from then on an attempt is one attempt.
        const int attempts = options_.wait_for_server && !gave_up_ ? kReconnects : had_connection ? 1 : 0;
        if (attempt >= attempts || budget_->given_up() || budget_->answer_left() < pause) {
          gave_up_ = true;
          throw;
        }
        // The first connection of all: whoever mistyped a host should not wait. A server that starts is another matter.
        if (!had_connection && !ever_connected_ && !is_starting(error)) throw;
      }
      std::this_thread::sleep_for(pause);
      budget_->spend(pause);
    }
  }

  // While it starts or stops, the server's refusal has no SQLSTATE for libpq's caller, only its words.
  static bool is_starting(const SqlError& error) {
    return error.parts().cause.find("starting up") != std::string::npos;
  }

  void connect() {
    connection_ = std::make_shared<Connection>(target_, budget_);
    ever_connected_ = true;
  }

  // ---- beginning ------------------------------------------------------------------------------------

  // What every transaction asks first goes along with the statements that begin it: a round trip each would take
  // longer than the answers. That fails where our own tables are not there yet, or closed; then the transaction begins
  // anew, and asks in an order in which nothing fails.

  struct Found {
    OwnSchema own;
    std::optional<Relation> relation;
  };

  // The transaction stands unless this throws.
  OwnSchema start_reading() {
    const std::string statements = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; " + settings(lock_timeout());
    try {
      const std::vector<Result> results = start(statements + kVersionStatement);
      Guard guard{*connection_};
      const OwnSchema own = own_schema_from(results.back());
      guard.released = true;
      return own;
    } catch (const SqlError& error) {
      if (!is_no_version(error)) throw;
    }
    start(statements);
    Guard guard{*connection_};
    const OwnSchema own = own_schema(*connection_);
    guard.released = true;
    return own;
  }

  Found start_writing(std::string_view replica) {
    try {
      const std::vector<Result> results =
          start_locked(replica, kVersionStatement + relation_statements(table_));
      Guard guard{*connection_};
      const std::span<const Result> asked = std::span(results).last(1 + kRelationStatements);
      Found found{.own = own_schema_from(asked.front()), .relation = relation_from(*connection_, asked.subspan(1))};
      guard.released = true;
      return found;
    } catch (const SqlError& error) {
      if (!is_no_version(error)) throw;
    }
    start_locked(replica, "");
    Guard guard{*connection_};
    const OwnSchema own = own_schema(*connection_);
    Found found{.own = own, .relation = read_relation(*connection_, table_)};
    guard.released = true;
    return found;
  }

  // The snapshot of a REPEATABLE READ transaction is taken by its first query, so a lock that is waited for inside
  // it comes too late: the snapshot would miss what the holder commits. The lock is therefore taken by the session,
  // before the transaction, and handed over to it. All in one message, so that a pooler that shares servers among
  // transactions cannot part them; after it, only the transaction holds the lock.
  std::vector<Result> start_locked(std::string_view replica, const std::string& questions) {
    const std::string key = std::to_string(lock_key("replica", replica));
    try {
      return start("BEGIN; " + patience(lock_timeout()) + "SELECT pg_advisory_lock(" + key + "); COMMIT; " +
                   "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; " + settings(lock_timeout()) +
                   // A deferred constraint would refuse everything at COMMIT, instead of the row that breaks it now.
                   "SET CONSTRAINTS ALL IMMEDIATE; SELECT pg_advisory_xact_lock(" + key +
                   "); SELECT pg_advisory_unlock(" + key + "); " + questions);
    } catch (const SqlError& error) {
      if (error.sqlstate() != "55P03") throw;
      throw Error({.code = ErrorCode::busy,
                   .operation = "begin the sync of replica",
                   .subject = std::string(replica),
                   .cause = "another sync of it is at work" + holder_of(key),
                   .hint = "nothing was written; retry when it is done",
                   .retryable = true});
    }
  }

  // ` (server process 4711)`, or nothing if it has let go meanwhile.
  std::string holder_of(const std::string& key) {
    try {
      const Result rows = connection_->query(
          "SELECT pid FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
          " AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
          " AND classid::int8 = ($1::int8 >> 32) & 4294967295 AND objid::int8 = $1::int8 & 4294967295",
          Parameters().add(key), "look for the lock's holder");
      if (rows.rows() > 0) return " (server process " + std::string(rows.text(0, 0)) + ")";
    } catch (const SqlError&) {
      return {};  // it would only have made the message better
    }
    return {};
  }

  std::unique_ptr<PostgresTransaction> transaction(Access access, std::string_view replica, std::int64_t version) {
    std::function<void()> after_commit;
    if (access == Access::write) after_commit = [this] { prune_now_and_then(); };
    return std::make_unique<PostgresTransaction>(connection_, table_, access, std::string(replica), version,
                                                 std::move(after_commit));
  }

  std::string id_sequence_of(const Relation& relation) {
    const std::optional<IdSequence> sequence = read_id_sequence(*connection_, relation);
    return sequence ? sequence->sql : std::string();
  }

  TableName canonical_name(const std::optional<Relation>& relation) {
    return postgres::canonical_name(*connection_, table_, relation);
  }

  // ---- setting up -----------------------------------------------------------------------------------

  std::vector<SetupStep> missing() {
    const OwnSchema own = own_schema(*connection_);
    const std::optional<Relation> relation = read_relation(*connection_, table_);
    return setup_steps(*connection_, canonical_name(relation), relation.has_value(), own);
  }

  // READ COMMITTED: after the wait for the lock, it sees what the holder has made.
  void begin_set_up() {
    start("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; " + settings(lock_timeout()) +
          "SELECT pg_advisory_xact_lock(" + std::to_string(lock_key("schema", "")) + ")");
  }

  FeedState change_feed(bool wanted) {
    refuse_dry_run();
    begin_set_up();
    Guard guard{*connection_};
    const std::optional<Relation> relation = read_relation(*connection_, table_);
    if (!relation || !own_schema(*connection_).usable()) return {.active = false, .why_not = "the tables are not there yet"};
    ChangeFeed feed(*connection_, *relation);
    if (wanted && feed.complete()) return {.active = true, .why_not = {}};
    if (std::string obstacle = feed.obstacle(); !obstacle.empty()) return {.active = false, .why_not = std::move(obstacle)};
    if (!feed.may_install()) {
      return {.active = feed.complete(),
              .why_not = "this user does not own the table; `lockstep init --print-sql` prints what its owner has to run"};
    }
    try {
      // Behind a writer that takes long, everybody else would queue up behind this.
      connection_->execute("SET LOCAL lock_timeout = " + std::to_string(kTriggerLockTimeout.count()) + "; " +
                               (wanted ? feed.install_sql() : feed.remove_sql()) + "COMMIT",
                           wanted ? "create the change triggers" : "remove the change triggers");
    } catch (const SqlError& error) {
      if (error.code() != ErrorCode::busy && error.code() != ErrorCode::changed && error.code() != ErrorCode::permission) throw;
      return {.active = !wanted, .why_not = error.what(), .try_again = error.code() != ErrorCode::permission};
    }
    return {.active = wanted, .why_not = wanted ? std::string() : "they were removed"};
  }

  void prune_now_and_then() {
    if (steady_clock::now() < next_prune_) return;
    next_prune_ = steady_clock::now() + kPruneInterval;
    try {
      prune_feed(*connection_);
    } catch (const Error&) {
      // The entries stay until the next time; a connection that was lost is noticed by the next begin().
      connection_->roll_back();
    }
  }

  Target target_;
  StoreOptions options_;
  TableName table_;
  std::vector<std::string> mended_;
  std::shared_ptr<WaitBudget> budget_;
  std::shared_ptr<Connection> connection_;
  bool ever_connected_ = false;
  bool gave_up_ = false;
  steady_clock::time_point next_prune_{};
};

}  // namespace
}  // namespace postgres

std::unique_ptr<Store> open_postgres_store(std::string_view url, const StoreOptions& options) {
  return std::make_unique<postgres::PostgresStore>(url, options);
}

}  // namespace lockstep
