// Rows of the task table on their way in: from PostgreSQL's binary format to tasks.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "store/column_values.hpp"
#include "store/postgres/catalogue.hpp"

namespace lockstep::postgres {

// What is selected of each row, and how it is read back. Keeps a reference to the relation.
class RowFormat {
 public:
  explicit RowFormat(const Relation& relation);

  // `t.id::int8, …`: the id, then every field that has a column, for a table with the alias t.
  const std::string& select_list() const { return select_list_; }
  std::size_t columns() const { return fields_.size() + 1; }
  // One row's cells in that order; a NULL id is reported as row 0.
  void collect(std::span<const Cell> cells, RowCollector& rows) const;
  // The same columns as members of a JSON object that begins with `{"id":N`.
  std::string image(std::span<const Cell> cells) const;

 private:
  ColumnValue read(Field field, Cell cell) const;

  const Relation& relation_;
  std::vector<Field> fields_;
  std::string select_list_;
};

// All rows, or those with these ids, sorted by id. If the table does not keep ids unique, rows that share one are
// invalid. COPY, since it streams: measured against a binary result it is as fast (100,000 rows: 0.1 s) and holds
// one row at a time.
TableRows read_all_rows(Connection&, const Relation&);
TableRows read_rows(Connection&, const Relation&, std::span<const std::int64_t> ids, bool hold);

// TaskTable::row_images.
std::vector<std::string> read_row_images(Connection&, const Relation&, std::span<const std::int64_t> ids, bool hold);

}  // namespace lockstep::postgres
