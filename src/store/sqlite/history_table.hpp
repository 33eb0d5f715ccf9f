// Runs and what they changed, in SQLite.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace lockstep::sqlite {

class SqliteHistoryTable final : public HistoryTable {
 public:
  SqliteHistoryTable(Connection& connection, bool prepared) : connection_(connection), prepared_(prepared) {}

  std::int64_t record(const Run&, std::span<const ChangeRecord>) override;
  std::vector<Run> runs(const RunFilter&) override;
  std::optional<Run> run(std::int64_t id) override;
  bool has_run(std::string_view key) override;
  std::vector<ChangeRecord> changes(std::int64_t run) override;
  void request_undo(std::int64_t run, std::string_view request) override;
  void prune(Timestamp older_than, std::uint64_t max_bytes) override;

 private:
  std::int64_t total_bytes();
  void add_to_total(std::int64_t bytes);
  bool remove_next(const std::string& which, const std::string& order, std::optional<std::int64_t> bound);

  Connection& connection_;
  bool prepared_;
};

}  // namespace lockstep::sqlite
