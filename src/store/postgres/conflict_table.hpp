// Conflicts in PostgreSQL.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/store.hpp"

namespace lockstep::postgres {

class PostgresConflictTable final : public ConflictTable {
 public:
  // `prepared`: lockstep's own tables are there; without them nothing is.
  PostgresConflictTable(Connection& connection, bool prepared) : connection_(connection), prepared_(prepared) {}

  std::vector<Conflict> list(const ConflictFilter&) override;
  std::size_t count(const ConflictFilter&) override;
  std::vector<std::int64_t> insert(std::span<const Conflict>) override;
  void update(std::span<const Conflict>) override;
  void close(std::span<const std::int64_t> numbers) override;
  bool written() const { return written_; }

 private:
  Connection& connection_;
  bool prepared_;
  bool written_ = false;
};

}  // namespace lockstep::postgres
