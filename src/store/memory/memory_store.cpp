#include "store/memory/memory_store.hpp"

#include "store/memory/memory_tables.hpp"

namespace lockstep {

Error memory_error(const MemoryFault& fault, std::string_view operation) {
  return Error({.code = fault.code,
                .operation = std::string(operation),
                .subject = "the database in memory",
                .cause = "a failure that the test asked for",
                .hint = {},
                .retryable = fault.retryable});
}

std::optional<MemoryFault> MemoryDatabase::Shared::count_call(std::string_view operation) {
  if (hook) {
    if (const std::optional<MemoryFault> fault = hook(operation)) return fault;
  }
  const std::lock_guard lock(mutex);
  ++calls;
  for (const auto& [number, fault] : faults) {
    if (number == calls || (fault.lasting && number < calls)) return fault;
  }
  return std::nullopt;
}

void MemoryDatabase::Shared::enter(std::string_view operation) {
  if (const std::optional<MemoryFault> fault = count_call(operation)) throw memory_error(*fault, operation);
}

void MemoryDatabase::Shared::require_not_held(std::int64_t id) const {
  if (held.contains(id)) {
    throw Error({.code = ErrorCode::database,
                 .operation = "write",
                 .subject = "task " + std::to_string(id),
                 .cause = "a transaction holds the row",
                 .hint = {},
                 .retryable = true});
  }
}

// ---- the application's hands -------------------------------------------------------------------------

MemoryDatabase::MemoryDatabase() : shared_(std::make_unique<Shared>()) {}
MemoryDatabase::~MemoryDatabase() = default;

void MemoryDatabase::put(const Task& task) {
  const std::lock_guard lock(shared_->mutex);
  shared_->require_not_held(task.id);
  shared_->amend([&](memory::State& state) {
    state.has_task_table = true;
    memory::Row& row = state.rows[task.id];
    for (auto& [name, text] : memory::to_row(task, state.columns)) row[name] = std::move(text);
  });
}

bool MemoryDatabase::erase(std::int64_t id) {
  const std::lock_guard lock(shared_->mutex);
  shared_->require_not_held(id);
  if (!shared_->committed->rows.contains(id)) return false;
  shared_->amend([&](memory::State& state) { state.rows.erase(id); });
  return true;
}

void MemoryDatabase::put_column(std::int64_t id, std::string_view column, std::optional<std::string> text) {
  const std::lock_guard lock(shared_->mutex);
  shared_->require_not_held(id);
  shared_->amend([&](memory::State& state) { state.rows.at(id)[std::string(column)] = std::move(text); });
}

std::optional<std::string> MemoryDatabase::column(std::int64_t id, std::string_view column) const {
  const std::lock_guard lock(shared_->mutex);
  const auto row = shared_->committed->rows.find(id);
  if (row == shared_->committed->rows.end()) return std::nullopt;
  const auto found = row->second.find(column);
  return found == row->second.end() ? std::nullopt : found->second;
}

std::vector<Task> MemoryDatabase::tasks() const {
  const std::lock_guard lock(shared_->mutex);
  return memory::read_rows(*shared_->committed).tasks;
}

std::optional<Task> MemoryDatabase::task(std::int64_t id) const {
  for (Task& task : tasks()) {
    if (task.id == id) return std::move(task);
  }
  return std::nullopt;
}

void MemoryDatabase::make_task_table(FieldSet columns) {
  const std::lock_guard lock(shared_->mutex);
  shared_->amend([&](memory::State& state) {
    state.has_task_table = true;
    state.columns = columns;
    state.rows.clear();
  });
}

void MemoryDatabase::drop_task_table() {
  const std::lock_guard lock(shared_->mutex);
  shared_->amend([](memory::State& state) {
    state.has_task_table = false;
    state.columns = FieldSet::all();
    state.rows.clear();
    state.not_removable.clear();
  });
}

void MemoryDatabase::refuse_removal(std::int64_t id, bool refuse) {
  const std::lock_guard lock(shared_->mutex);
  shared_->amend([&](memory::State& state) {
    if (refuse) {
      state.not_removable.insert(id);
    } else {
      state.not_removable.erase(id);
    }
  });
}

void MemoryDatabase::refuse_writes(std::int64_t id, bool refuse) {
  const std::lock_guard lock(shared_->mutex);
  shared_->amend([&](memory::State& state) {
    if (refuse) state.not_writable.insert(id);
    else state.not_writable.erase(id);
  });
}

std::size_t MemoryDatabase::calls() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->calls;
}

void MemoryDatabase::fail_call(std::size_t number, MemoryFault fault) {
  const std::lock_guard lock(shared_->mutex);
  shared_->faults[number] = fault;
}

void MemoryDatabase::before_each(Hook hook) { shared_->hook = std::move(hook); }

void MemoryDatabase::clear_faults() {
  const std::lock_guard lock(shared_->mutex);
  shared_->faults.clear();
}

void MemoryDatabase::pretend_newer_schema() {
  const std::lock_guard lock(shared_->mutex);
  shared_->amend([](memory::State& state) { state.newer_schema = true; });
}

// ---- transactions ------------------------------------------------------------------------------------

namespace memory {
namespace {

class MemoryTransaction final : public Transaction {
 public:
  // `database` is the one that `view` looks at; kept alive.
  MemoryTransaction(std::shared_ptr<MemoryDatabase> database, View view)
      : database_(std::move(database)),
        view_(std::move(view)),
        tasks_(view_),
        base_(view_),
        conflicts_(view_),
        history_(view_) {}

  ~MemoryTransaction() override { end(); }

  TaskTable& tasks() override { return tasks_; }
  BaseTable& base() override { return base_; }
  ConflictTable& conflicts() override { return conflicts_; }
  HistoryTable& history() override { return history_; }

  void commit() override {
    const std::optional<MemoryFault> fault = view_.shared.count_call("commit to");
    const bool published = view_.working && (!fault || fault->applied);
    if (published) publish();
    end();
    if (published && view_.shared.hook) (void)view_.shared.hook("committed");
    if (fault) throw memory_error(*fault, "commit to");
  }

 private:
  // Rows that others have written meanwhile stay as they are; lockstep's own tables have one writer.
  void publish() {
    const std::lock_guard lock(view_.shared.mutex);
    State& mine = *view_.working;
    const State& theirs = *view_.shared.committed;
    std::map<std::int64_t, Row> rows = theirs.rows;
    for (const std::int64_t id : view_.written) {
      rows.erase(id);
      if (auto row = mine.rows.extract(id)) rows.insert(std::move(row));
    }
    mine.rows = std::move(rows);
    mine.not_removable = theirs.not_removable;
    mine.newer_schema = theirs.newer_schema;
    mine.revision = theirs.revision + 1;
    view_.shared.committed = std::shared_ptr<const State>(std::move(view_.working));
  }

  void end() {
    if (ended_ || !writes_) return;
    ended_ = true;
    const std::lock_guard lock(view_.shared.mutex);
    view_.shared.has_writer = false;
    view_.shared.held.clear();
  }

  std::shared_ptr<MemoryDatabase> database_;
  View view_;
  bool writes_ = view_.working != nullptr;
  bool ended_ = false;
  MemoryTaskTable tasks_;
  MemoryBaseTable base_;
  MemoryConflictTable conflicts_;
  MemoryHistoryTable history_;
};

class MemoryStore final : public Store {
 public:
  MemoryStore(std::shared_ptr<MemoryDatabase> database, MemoryDatabase::Shared& shared, bool may_write)
      : database_(std::move(database)), shared_(shared), may_write_(may_write) {}

  std::vector<std::string> prepare() override {
    shared_.enter("prepare");
    require_may_write();
    const std::lock_guard lock(shared_.mutex);
    require_free(*shared_.committed);
    std::vector<std::string> sentences;
    shared_.amend([&](State& state) { sentences = set_up(state); });
    return sentences;
  }

  std::string setup_sql() override {
    shared_.enter("list what is missing");
    return {};
  }

  std::unique_ptr<Transaction> begin(Access access, std::string_view replica) override {
    shared_.enter("begin");
    if (access == Access::write) require_may_write();
    const std::lock_guard lock(shared_.mutex);
    View view{.shared = shared_,
              .replica = std::string(replica),
              .snapshot = shared_.committed,
              .working = nullptr,
              .written = {}};
    require_known_schema(*view.snapshot);
    if (access == Access::write) {
      require_free(*view.snapshot);
      view.working = std::make_unique<State>(*view.snapshot);
      set_up(*view.working);
      shared_.has_writer = true;
    }
    return std::make_unique<MemoryTransaction>(database_, std::move(view));
  }

  std::string_view backend() const override { return "memory"; }

 private:
  static std::vector<std::string> set_up(State& state) {
    std::vector<std::string> sentences;
    if (!state.prepared) sentences.push_back("Created lockstep's own tables");
    state.prepared = true;
    if (state.has_task_table) return sentences;
    state.has_task_table = true;
    sentences.push_back("Created the task table");
    // A new table agrees with nobody.
    for (auto& [name, replica] : state.replicas) {
      replica.base.clear();
      replica.state.agreed = false;
    }
    return sentences;
  }

  static void require_known_schema(const State& state) {
    if (!state.newer_schema) return;
    throw Error({.code = ErrorCode::newer_schema,
                 .operation = "use",
                 .subject = "the database in memory",
                 .cause = "a newer lockstep has written it"});
  }

  void require_free(const State& state) const {
    require_known_schema(state);
    if (!shared_.has_writer) return;
    throw Error({.code = ErrorCode::database,
                 .operation = "begin",
                 .subject = "the database in memory",
                 .cause = "another transaction is writing",
                 .hint = "try again when it is done",
                 .retryable = true});
  }

  void require_may_write() const {
    if (may_write_) return;
    throw Error({.code = ErrorCode::internal,
                 .operation = "write to",
                 .subject = "the database in memory",
                 .cause = "this store was opened for a dry run"});
  }

  std::shared_ptr<MemoryDatabase> database_;
  MemoryDatabase::Shared& shared_;
  bool may_write_;
};

}  // namespace
}  // namespace memory

std::unique_ptr<Store> open_memory_store(std::shared_ptr<MemoryDatabase> database, const StoreOptions& options) {
  MemoryDatabase::Shared& shared = *database->shared_;
  return std::make_unique<memory::MemoryStore>(std::move(database), shared, options.create);
}

}  // namespace lockstep
