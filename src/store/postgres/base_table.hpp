// What the replicas and the database last agreed on, in PostgreSQL.
#pragma once

#include <optional>
#include <string>

#include "store/postgres/connection.hpp"
#include "store/store.hpp"

namespace lockstep::postgres {

class PostgresBaseTable final : public BaseTable {
 public:
  // `prepared`: lockstep's own tables are there; without them everything is empty. `task_table`: its quoted
  // name with schema. A base that is about another table is none.
  PostgresBaseTable(Connection& connection, bool prepared, std::string replica, std::string task_table);

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
  // The replica's row, read once: in REPEATABLE READ nobody but this transaction changes what it sees.
  struct Stored {
    ReplicaState state;
    bool has_base = false;  // the base that is there is about this table
  };
  const Stored& stored();
  bool has_base() { return claimed_ || stored().has_base; }
  void claim();
  void write_few(std::span<const BaseChange> changes, FieldSet synced);

  Connection& connection_;
  bool prepared_;
  std::string replica_;
  std::string task_table_;
  std::optional<Stored> stored_;
  bool claimed_ = false;
};

}  // namespace lockstep::postgres
