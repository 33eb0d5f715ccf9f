// The history in PostgreSQL.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/postgres/own_schema.hpp"
#include "store/store.hpp"

namespace lockstep::postgres {

class PostgresHistoryTable final : public HistoryTable {
 public:
  // `version`: of lockstep's own tables; 0 = they are not there, and nothing is.
  PostgresHistoryTable(Connection& connection, std::int64_t version)
      : connection_(connection), prepared_(version > 0), authors_(version >= kVersionWithAuthors) {}

  std::int64_t record(const Run&, std::span<const ChangeRecord>) override;
  std::vector<Run> runs(const RunFilter&) override;
  std::optional<Run> run(std::int64_t id) override;
  bool has_run(std::string_view key) override;
  std::vector<ChangeRecord> changes(std::int64_t run) override;
  std::vector<ChangeRecord> changes_before(std::int64_t run, std::string_view replica, std::int64_t task_id, std::size_t limit) override;
  std::string undo_notes(std::int64_t run) override;
  void request_undo(std::int64_t run, std::string_view request) override;
  // Several replicas share the history: where another prunes at the same time, this does nothing.
  void prune(Timestamp older_than, std::uint64_t max_bytes) override;
  bool recorded() const { return recorded_; }

 private:
  std::string select_run() const;
  std::string select_changes() const;

  Connection& connection_;
  bool prepared_;
  bool authors_;
  bool recorded_ = false;
};

}  // namespace lockstep::postgres
