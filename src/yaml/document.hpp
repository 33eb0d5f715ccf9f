// A schedule as YAML text: read into typed tasks in one pass over libyaml's
// events, and edited without touching a byte that need not change.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.hpp"
#include "model/former_text.hpp"
#include "model/held_task.hpp"
#include "model/known_text.hpp"
#include "model/task.hpp"

namespace lockstep {

enum class YamlVersion : std::uint8_t { strict, v1_1, v1_2 };

struct ReadOptions {
  std::string file_name = "schedule.yml";     // for diagnostics
  YamlVersion version = YamlVersion::strict;  // strict: scalars on which the versions differ are errors
  std::size_t max_depth = 64;
  std::size_t max_diagnostics = 100;  // further ones are counted, not listed
  bool unknown_keys_are_faults = false;  // else warnings
  std::size_t piecewise_from = 64 * 1024;  // bytes; shorter texts are read in one go, on one thread
};

// One change to the text.
struct Edit {
  enum class Kind : std::uint8_t { insert, update, remove } kind = Kind::update;
  HeldTask task;                       // insert, update: the values; remove: only the id counts
  FieldSet fields;                     // update: which values to write (updated_at among them is written
                                       // only if the task has the key); insert: ignored
  std::optional<std::string> text;     // insert: the task's own former text (Document::task_text), put back as it was
  std::optional<std::int64_t> new_id;  // update: the task's id becomes this one
};

// `metadata.last_sync` and `metadata.sync_source`, set where the keys are present, never added.
struct MetadataEdit {
  Timestamp last_sync;
  std::string sync_source;
};

class Document;
struct EditResult {
  std::unique_ptr<Document> document;  // the new text, read back and found to be what was meant; null if there is a problem
  std::string_view text;               // the document's; empty if there is a problem
  std::string problem;                 // not empty: the edit could not be made losslessly; nothing may be written
};

struct ReadResult {
  std::unique_ptr<Document> document;   // null if there is any diagnostic
  std::vector<Diagnostic> diagnostics;  // in order of line and column
  std::size_t more_diagnostics = 0;     // beyond max_diagnostics
  std::vector<Warning> warnings;        // unknown keys, each named once
  bool no_tasks = false;                // nothing but comments (then also a diagnostic): may count as no tasks
};

// Holds the text; tasks are values of their own. Immutable once read, save by read_also(). For one thread at a time,
// together with the documents that edit() made of it.
class Document {
 public:
  // Never throws for what is in the text: everything wrong is in the diagnostics.
  static ReadResult read(std::string text, const ReadOptions&);

  // The same in less time where most of the text is known: what stands there word for word as it did when a task was read
  // under the same options need not be read again. Whether that is so is proved, not assumed; where it cannot be,
  // everything is read. Tasks that are not read are known by their ids alone.
  static ReadResult read_changes(std::string text, const ReadOptions&, std::span<const KnownText> known);

  // A valid document without tasks, to complete a file that is missing, empty or holds nothing but comments (the only
  // case in which read() fails with no_tasks and this succeeds): the text is kept.
  static ReadResult read_or_empty(std::string text, const ReadOptions&);

  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  const std::string& text() const;
  bool whole() const;                                 // all tasks have been read
  std::size_t size() const;                           // of tasks, read or not
  std::span<const Task> tasks() const;                // those that have been read, sorted by id
  // Of all tasks, by id. None if the document is whole and its tasks cannot be known by their text.
  std::vector<KnownText> texts() const;
  // Reads these tasks too, as far as they are there.
  void read_also(std::span<const std::int64_t> ids);

  // What follows knows the tasks that have been read, here or in the document that this one was made of by edit().
  const Task* find(std::int64_t id) const;            // null if absent; Error(internal) if it has not been read
  std::size_t line_of(std::int64_t id) const;         // of its first line, from 1; 0 if absent
  std::string_view task_text(std::int64_t id) const;  // its own lines, with the comments that removal takes along

  // All edits at once. Each id at most once, save that a task may be inserted under the id that another
  // one leaves (new_id). The result has been parsed again
  // and compared with what was meant; if that fails, `problem` says what.
  EditResult edit(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata = std::nullopt) const;

  // What this text has where `after`, which edit() made of it, has something else in its list.
  std::vector<FormerText> former_texts(const Document& after) const;
  // As edit(), by bringing former texts back wherever what an edit made of them still stands there; the edits say what
  // the tasks must be then in their synced fields, and do what is left of it. `created_at` and `updated_at` of what is
  // brought back are those of then.
  EditResult edit_back(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata,
                       std::span<const FormerText> former) const;

 private:
  Document();
  static ReadResult read_text(std::string text, const ReadOptions&, bool may_be_empty);
  EditResult edit_what_is_read(std::span<const Edit> edits, const std::optional<MetadataEdit>& metadata) const;
  struct Impl;
  static std::string first_difference(const Impl& before, const Impl& after,
                                      const std::map<std::int64_t, std::optional<Task>>& meant);
  std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep
