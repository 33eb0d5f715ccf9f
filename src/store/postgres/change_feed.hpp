// What changed in the task table since a sync looked: triggers that append to lockstep.feed and notify.
//
// A sync remembers a *cursor*: the snapshot that it read with (pg_current_snapshot), and the identity of
// server, database, table, its partitions and this feed. A change is new to it if its transaction is not
// visible in that snapshot; a sequence number would miss a transaction that began earlier and commits later.
// A cursor of another identity (a dump restored elsewhere, a partition attached, triggers made anew) says
// nothing: everything has to be compared.
//
// The triggers never break the statement that fires them: whatever fails in them, they note nothing. A
// change that got lost so, or that fires no trigger (logical replication), is found by the next full comparison.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres/catalogue.hpp"
#include "store/postgres/connection.hpp"

namespace lockstep::postgres {

inline constexpr const char* kChangeChannel = "lockstep_changes";

class ChangeFeed {
 public:
  // Precondition: lockstep's own tables are there. Both outlive it. For one transaction: what it has read stays true.
  ChangeFeed(Connection& connection, const Relation& relation) : connection_(connection), relation_(relation) {}

  // Of the present transaction's snapshot (REPEATABLE READ). Empty = the triggers are not all in place.
  std::string cursor();
  // Sorted. nullopt = cannot tell.
  std::optional<std::vector<std::int64_t>> changed_since(std::string_view cursor);
  // The role of the last entry of each id since then; empty = not known. Precondition: the tables are of this version.
  std::vector<std::string> authors_since(std::string_view cursor, std::span<const std::int64_t> ids);

  bool complete();  // every trigger is in place, on every partition, enabled and of this version
  // Why triggers cannot be made on this table, whatever the rights; empty = they can.
  std::string obstacle();
  bool may_install();  // this user has the rights
  // The statements that make it, idempotent. `ownership`: given to this role's tables.
  std::string install_sql();
  std::string remove_sql();

 private:
  struct Identity {
    std::string text;  // server, database, feed, relations
    bool complete = false;
    std::uint64_t floor = 0;  // older transactions' entries have been pruned
    std::string snapshot;     // of this transaction
  };
  const Identity& identity();
  std::vector<std::string> relations();  // the table and all that inherit from it, quoted
  std::string update_function() const;   // its name, quoted
  std::string compared_columns() const;

  Connection& connection_;
  const Relation& relation_;
  std::optional<Identity> identity_;
};

// Forgets entries that every cursor in use has seen. In a transaction of its own; any failure is harmless.
void prune_feed(Connection&);

}  // namespace lockstep::postgres
