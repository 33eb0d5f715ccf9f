// The task table in SQLite.
#pragma once

#include "store/column_values.hpp"
#include "store/sqlite/schema.hpp"

namespace lockstep::sqlite {

class SqliteTaskTable final : public TaskTable {
 public:
  // Both outlive it.
  SqliteTaskTable(Connection& connection, const TableName& table);

  const TableShape& shape() override { return columns_.shape; }
  TableRows rows() override;
  std::string version() override;
  TableRows rows_of(std::span<const std::int64_t> ids) override;
  std::vector<std::string> row_images(std::span<const std::int64_t> ids) override;
  std::vector<RefusedRow> apply(std::span<const RowChange> changes, Timestamp now) override;
  std::int64_t highest_id() override;

 private:
  struct Pass {
    std::vector<const RowChange*> refused;
    std::vector<RefusedRow> reasons;  // of each of these
  };
  TableRows collect(Statement row, std::size_t expected);
  Pass apply_all(std::vector<const RowChange*> changes, Timestamp now, bool one_by_one);
  std::optional<std::string> apply_one(const RowChange&, Timestamp now);
  std::optional<std::string> apply_alone(const RowChange&, Timestamp now);
  std::optional<std::string> write(const RowChange&, Timestamp now);
  std::optional<std::string> insert(const RowChange&, Timestamp now);
  std::optional<std::string> update(const RowChange&, Timestamp now);
  bool exists(std::int64_t id);
  void require_expected(const RowChange&);
  std::string explain(std::string refusal, const RowChange&);

  // What a row image holds for the columns that lockstep does not know.
  struct UnknownValue {
    std::string column;
    Json value;
    std::string bytes;  // of an object that stands for bytes
    void bind(Statement&, int parameter) const;
  };
  using UnknownValues = std::vector<UnknownValue>;
  UnknownValues unknown_values(const std::string& image) const;
  std::string insert_sql(const UnknownValues&) const;
  void select_update(FieldSet fields);  // makes update_sql_ that of these fields

  Connection& connection_;
  std::string name_;  // quoted
  TableName table_;
  TaskColumns columns_;
  std::string select_list_;               // id, then the fields that have a column, in the order of kSchema
  std::array<int, kFieldCount> index_{};  // of a field's column in it
  std::string insert_sql_;
  std::string delete_sql_;
  FieldSet update_fields_;  // those of update_sql_
  std::string update_sql_;
};

}  // namespace lockstep::sqlite
