#include "store/postgres/task_table.hpp"

#include "store/postgres/task_rows.hpp"
#include "store/postgres/task_writes.hpp"

namespace lockstep::postgres {

PostgresTaskTable::PostgresTaskTable(Connection& connection, const std::optional<Relation>& relation, Access access,
                                     bool feed)
    : connection_(connection), relation_(relation), writing_(access == Access::write) {
  if (relation_ && feed) feed_.emplace(connection_, *relation_);
}

const TableShape& PostgresTaskTable::shape() {
  static const TableShape kAbsent;
  return relation_ ? relation_->shape : kAbsent;
}

TableRows PostgresTaskTable::rows() {
  return relation_ ? read_all_rows(connection_, *relation_) : TableRows();
}

TableRows PostgresTaskTable::rows_of(std::span<const std::int64_t> ids) {
  return relation_ && !ids.empty() ? read_rows(connection_, *relation_, ids, false) : TableRows();
}

std::vector<std::string> PostgresTaskTable::row_images(std::span<const std::int64_t> ids) {
  if (!relation_ || ids.empty()) return std::vector<std::string>(ids.size());
  return read_row_images(connection_, *relation_, ids, writing_);
}

std::vector<RefusedRow> PostgresTaskTable::apply(std::span<const RowChange> changes, Timestamp now) {
  if (changes.empty()) return {};
  if (!relation_) {
    throw Error({.code = ErrorCode::database,
                 .operation = "write tasks",
                 .subject = {},
                 .cause = "the task table is not there",
                 .hint = {}});
  }
  return apply_changes(connection_, *relation_, changes, now);
}

std::int64_t PostgresTaskTable::highest_id() {
  if (!relation_) return 0;
  return connection_.execute("SELECT coalesce(max(id), 0) FROM " + relation_->sql, "read the highest id").integer(0, 0);
}

std::string PostgresTaskTable::cursor() {
  return feed_ ? feed_->cursor() : std::string();
}

std::optional<std::vector<std::int64_t>> PostgresTaskTable::changed_since(std::string_view cursor) {
  if (!feed_ || cursor.empty()) return std::nullopt;
  return feed_->changed_since(cursor);
}

std::vector<std::string> PostgresTaskTable::authors_since(std::string_view cursor, std::span<const std::int64_t> ids) {
  if (!feed_ || !writing_ || cursor.empty() || ids.empty()) return std::vector<std::string>(ids.size());
  return feed_->authors_since(cursor, ids);
}

}  // namespace lockstep::postgres
