// The task table in PostgreSQL.
#pragma once

#include <optional>

#include "store/postgres/catalogue.hpp"
#include "store/postgres/change_feed.hpp"
#include "store/store.hpp"

namespace lockstep::postgres {

class PostgresTaskTable final : public TaskTable {
 public:
  // `relation`: nullopt = there is no table; it outlives this, as the connection does. `feed`: lockstep's own tables
  // are there.
  PostgresTaskTable(Connection& connection, const std::optional<Relation>& relation, Access access, bool feed);

  const TableShape& shape() override;
  TableRows rows() override;
  TableRows rows_of(std::span<const std::int64_t> ids) override;
  std::vector<std::string> row_images(std::span<const std::int64_t> ids) override;
  std::vector<RefusedRow> apply(std::span<const RowChange> changes, Timestamp now) override;
  std::int64_t highest_id() override;
  std::string cursor() override;
  std::optional<std::vector<std::int64_t>> changed_since(std::string_view cursor) override;
  // In a writing transaction only: before, the feed may still be one of an older version.
  std::vector<std::string> authors_since(std::string_view cursor, std::span<const std::int64_t> ids) override;

 private:
  Connection& connection_;
  const std::optional<Relation>& relation_;
  bool writing_;
  std::optional<ChangeFeed> feed_;
};

}  // namespace lockstep::postgres
