// The pending conflicts of all replicas, in SQLite.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "store/store.hpp"

namespace lockstep::sqlite {

class SqliteConflictTable final : public ConflictTable {
 public:
  // `version`: of lockstep's own tables; 0 = they are not there.
  SqliteConflictTable(Connection& connection, std::int64_t version)
      : connection_(connection), prepared_(version > 0), authors_(version >= kVersionWithAuthors) {}

  std::vector<Conflict> list(const ConflictFilter&) override;
  std::size_t count(const ConflictFilter&) override;
  std::vector<std::int64_t> insert(std::span<const Conflict>) override;
  void reopen(std::span<const Conflict>) override;
  void update(std::span<const Conflict>) override;
  void close(std::span<const std::int64_t> numbers) override;

 private:
  Connection& connection_;
  bool prepared_;
  bool authors_;
};

}  // namespace lockstep::sqlite
