// The four roles of a transaction on a MemoryDatabase.
#pragma once

#include "store/memory/memory_state.hpp"

namespace lockstep::memory {

// One transaction's view: a snapshot, and for a writer a copy of it that it changes.
struct View {
  MemoryDatabase::Shared& shared;
  std::string replica;
  std::shared_ptr<const State> snapshot;
  std::unique_ptr<State> working;  // null: read only
  std::set<std::int64_t> written;  // rows

  const State& state() const { return working ? *working : *snapshot; }
  State& for_writing();  // throws Error(internal) in a reading transaction
};

class MemoryTaskTable final : public TaskTable {
 public:
  explicit MemoryTaskTable(View& view);
  const TableShape& shape() override { return shape_; }
  TableRows rows() override;
  std::string version() override;
  std::vector<std::string> row_images(std::span<const std::int64_t> ids) override;
  std::vector<RefusedRow> apply(std::span<const RowChange> changes, Timestamp now) override;
  std::int64_t highest_id() override;

 private:
  // Error(changed) if another has committed a change to the row since the snapshot; else keeps others off it.
  void hold(std::int64_t id);
  std::optional<std::string> apply_one(const RowChange&, Timestamp now);

  View& view_;
  TableShape shape_;
};

class MemoryBaseTable final : public BaseTable {
 public:
  explicit MemoryBaseTable(View& view) : view_(view) {}
  std::vector<IndexEntry> index() override;
  std::vector<Task> load(std::span<const std::int64_t> ids) override;
  void write(std::span<const BaseChange> changes, FieldSet synced) override;
  std::string texts() override;
  void set_texts(std::string_view texts) override;
  ReplicaState state() override;
  void set_state(const ReplicaState&) override;
  std::vector<ReplicaState> replicas() override;
  bool forget_replica(std::string_view name) override;

 private:
  const Replica* find() const;
  Replica& make();
  View& view_;
};

class MemoryConflictTable final : public ConflictTable {
 public:
  explicit MemoryConflictTable(View& view) : view_(view) {}
  std::vector<Conflict> list(const ConflictFilter&) override;
  std::size_t count(const ConflictFilter&) override;
  std::vector<std::int64_t> insert(std::span<const Conflict>) override;
  void reopen(std::span<const Conflict>) override;
  void update(std::span<const Conflict>) override;
  void close(std::span<const std::int64_t> numbers) override;

 private:
  View& view_;
};

class MemoryHistoryTable final : public HistoryTable {
 public:
  explicit MemoryHistoryTable(View& view) : view_(view) {}
  std::int64_t record(const Run&, std::span<const ChangeRecord>) override;
  std::vector<Run> runs(const RunFilter&) override;
  std::optional<Run> run(std::int64_t id) override;
  bool has_run(std::string_view key) override;
  std::vector<ChangeRecord> changes(std::int64_t run) override;
  std::vector<ChangeRecord> changes_before(std::int64_t run, std::string_view replica, std::int64_t task_id, std::size_t limit) override;
  std::string undo_notes(std::int64_t run) override;
  void request_undo(std::int64_t run, std::string_view request) override;
  void prune(Timestamp older_than, std::uint64_t max_bytes) override;

 private:
  View& view_;
};

}  // namespace lockstep::memory
