// The history in PostgreSQL.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/store.hpp"

namespace lockstep::postgres {

class PostgresHistoryTable final : public HistoryTable {
 public:
  // `prepared`: lockstep's own tables are there; without them nothing is.
  PostgresHistoryTable(Connection& connection, bool prepared) : connection_(connection), prepared_(prepared) {}

  std::int64_t record(const Run&, std::span<const ChangeRecord>) override;
  std::vector<Run> runs(const RunFilter&) override;
  std::optional<Run> run(std::int64_t id) override;
  bool has_run(std::string_view key) override;
  std::vector<ChangeRecord> changes(std::int64_t run) override;
  void request_undo(std::int64_t run, std::string_view request) override;
  // Several replicas share the history: where another prunes at the same time, this does nothing.
  void prune(Timestamp older_than, std::uint64_t max_bytes) override;
  bool recorded() const { return recorded_; }

 private:
  Connection& connection_;
  bool prepared_;
  bool recorded_ = false;
};

}  // namespace lockstep::postgres
