// One attempt at a run: the file under its locks, one database transaction, and
// the three snapshots read through them. Internal to the engine.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "engine/engine.hpp"
#include "engine/waiting_changes.hpp"
#include "file/safe_file.hpp"
#include "reconcile/candidates.hpp"
#include "store/store.hpp"
#include "yaml/document.hpp"

namespace lockstep {

// Rows that take no part in this run, with why: they break the rules, or the
// database refused what a former attempt wanted of them.
using Excluded = std::unordered_map<std::int64_t, Warning>;

struct Session {
  std::unique_ptr<SafeFile::Lock> lock;  // null while only looking (plan, status)
  std::unique_ptr<Transaction> transaction;

  // The YAML.
  FileContent content;
  std::unique_ptr<Document> document;  // null as long as the content is known to equal the base
  std::optional<bool> may_be_empty;      // no YAML, or one without tasks, is no fault; nullopt: not looked at
  std::optional<std::vector<KnownText>> known_texts;  // of the base; nullopt: not looked at
  std::vector<Warning> yaml_warnings;
  std::optional<std::string> read_only;  // why the YAML cannot be written
  std::vector<IndexEntry> yaml_index;

  // The database.
  TableRows rows;  // all of them, or those that the change feed and the YAML point at
  std::string cursor;        // of the change feed, for this transaction; empty = none
  bool move_cursor = false;  // there was something in the feed, or all was read
  bool full_check = false;   // all was read
  std::vector<IndexEntry> database_index;

  // The base.
  ReplicaState state;
  std::vector<IndexEntry> base_index;
  FieldSet synced;  // what the table has columns for
  bool known_replica = false;

  Excluded excluded;
  std::vector<Refusal> refused;  // in former attempts of this run; their rows are excluded
  std::vector<std::int64_t> set_aside;  // differ, but were not asked for (SyncRequest::only); sorted
  std::optional<std::optional<Run>> last_run;    // of this replica, once it was looked for
  std::optional<std::vector<Conflict>> pending;  // of this replica, where they were read already
  // Tasks that two saves of the YAML say differently, and what the one says that is not in the file; nullopt: it removed it.
  std::map<std::int64_t, std::optional<Task>> contested;

  const Task* row(std::int64_t id) const;        // null if absent or excluded
  const Task* yaml_task(std::int64_t id) const;  // null if absent; the document must have been read
  std::size_t distinct_tasks() const;            // ids on either side
};

std::vector<IndexEntry> index_of_tasks(std::span<const Task> tasks, FieldSet synced, bool yaml);
// `known`: the entries of tasks that the document has not read.
std::vector<IndexEntry> index_of_document(const Document&, std::span<const IndexEntry> known, FieldSet synced);
Warning invalid_row_warning(const InvalidRow&);
// Why an adopted table cannot hold the value; nullopt: it can.
std::optional<std::string> misfit(const TableShape&, const FieldSpec&, const Value&);

// The three snapshots of some tasks, as the planner wants them. Owns the base
// records and the YAML tasks that had to be fitted to the table.
struct Triples {
  std::vector<Task> base;
  std::vector<std::unique_ptr<Task>> fitted;
  std::vector<Triple> triples;    // sorted by id
  std::vector<Warning> warnings;  // values that the table cannot hold
  std::vector<WaitingChange> waiting;  // those of them that a column is there for; `since` is not set yet
};

}  // namespace lockstep
