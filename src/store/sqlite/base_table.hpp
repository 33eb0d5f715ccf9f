// What the replicas and the database last agreed on, in SQLite.
#pragma once

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace lockstep::sqlite {

class SqliteBaseTable final : public BaseTable {
 public:
  // `prepared`: lockstep's own tables are there; without them everything is empty. `task_table`: its
  // canonical name. A base that is about another table is none.
  SqliteBaseTable(Connection& connection, bool prepared, std::string replica, std::string task_table);

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
  bool has_base();
  void claim();

  Connection& connection_;
  bool prepared_;
  std::string replica_;
  std::string task_table_;
  bool claimed_ = false;
};

}  // namespace lockstep::sqlite
