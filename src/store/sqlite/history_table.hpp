// Runs and what they changed, in SQLite.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "store/store.hpp"

namespace lockstep::sqlite {

class SqliteHistoryTable final : public HistoryTable {
 public:
  // `version`: of lockstep's own tables; 0 = they are not there.
  SqliteHistoryTable(Connection& connection, std::int64_t version)
      : connection_(connection), prepared_(version > 0), authors_(version >= kVersionWithAuthors) {}

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
  std::string select_run() const;
  std::string select_changes() const;
  std::int64_t total_bytes();
  void add_to_total(std::int64_t bytes);
  bool remove_next(const std::string& which, const std::string& order, std::optional<std::int64_t> bound);

  Connection& connection_;
  bool prepared_;
  bool authors_;
};

}  // namespace lockstep::sqlite
