#include "lockstep/schedule_file.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "api/json.hpp"
#include "engine/saves.hpp"
#include "file/posix_file_system.hpp"
#include "file/safe_file.hpp"
#include "model/validation.hpp"
#include "yaml/document.hpp"
#include "yaml/json_text.hpp"
#include "yaml/other_keys.hpp"

namespace lockstep {
namespace {

constexpr std::string_view kRunKey = "edit";  // of journals that are ours, not a sync's
constexpr std::string_view kMetadata = "metadata", kLastSync = "last_sync", kSyncSource = "sync_source";
constexpr int kAttempts = 12;

// What the caller wants to stand in the file.
struct Wanted {
  std::map<std::int64_t, const Json*> tasks;
  Json others = Json::object();
};

class Faults {
 public:
  explicit Faults(std::string path) : path_(std::move(path)) {}

  void add(std::string field, std::string message, std::optional<std::int64_t> task_id = std::nullopt) {
    Diagnostic fault;
    fault.file = path_;
    fault.task_id = task_id;
    fault.field = std::move(field);
    fault.message = std::move(message);
    list_.push_back(std::move(fault));
  }
  void add(const std::vector<FieldProblem>& problems, std::int64_t task_id) {
    for (const FieldProblem& problem : problems) add(problem.field, problem.message, task_id);
  }
  void throw_if_any(std::string operation) const { throw_if_any(std::move(operation), path_, list_); }

  static void throw_if_any(std::string operation, const std::string& path, const std::vector<Diagnostic>& list) {
    if (list.empty()) return;
    Json errors = Json::array();
    std::string cause;
    for (const Diagnostic& fault : list) {
      errors.items.push_back(api::diagnostic_json(fault));
      cause += "\n" + (fault.line != 0 ? format_diagnostic(fault, false) : described(fault));
    }
    throw InvalidSchedule({.code = ErrorCode::usage, .operation = std::move(operation), .subject = path, .cause = std::move(cause)},
                          write_json(errors));
  }

 private:
  static std::string described(const Diagnostic& fault) {
    std::string text = fault.task_id ? "task " + std::to_string(*fault.task_id) + ": " : "";
    return text + (fault.field.empty() ? "" : fault.field + ": ") + fault.message;
  }

  std::string path_;
  std::vector<Diagnostic> list_;
};

std::optional<std::int64_t> id_of(const Json& task) {
  const Json* const id = task.find(kIdName);
  if (id == nullptr || id->kind != Json::Kind::number) return std::nullopt;
  Validator validator;
  const TaskFromJson read = task_from_json(task, validator, true);
  return read.has_id && read.task.id > 0 ? std::optional(read.task.id) : std::nullopt;
}

Wanted read_wanted(const Json& document, Faults& faults) {
  Wanted wanted;
  const Json* const tasks = document.find("tasks");
  if (tasks == nullptr || tasks->kind != Json::Kind::array) {
    faults.add("tasks", "what is to be written must be a mapping with a list `tasks`");
    return wanted;
  }
  for (const Json& task : tasks->items) {
    const std::optional<std::int64_t> id = id_of(task);
    if (!id) faults.add("id", "every task needs an id, a positive whole number; this one has none: " + quoted_for_message(write_json(task)));
    else if (!wanted.tasks.emplace(*id, &task).second) faults.add("id", "two tasks have this id", *id);
  }
  for (const auto& [key, value] : document.members)
    if (key != "tasks") wanted.others.set(key, value);
  return wanted;
}

// Those of `fields` in which the two differ.
FieldSet differing_in(FieldSet fields, const Task& a, const Task& b) {
  FieldSet found;
  for (const FieldSpec& field : kSchema)
    if (fields.contains(field.field) && !equal(a[field.field], b[field.field])) found.insert(field.field);
  return found;
}

// The edits that lead from the file's tasks to those that are wanted. What the caller left as it had `seen` it (null: it
// has not looked) is as the file has it now: somebody else may have changed it since.
std::vector<Edit> edits_between(const Document& document, const Document* seen, const Wanted& wanted, Faults& faults) {
  std::vector<Edit> edits;
  Validator validator;
  const auto edit = [&edits](Edit::Kind kind, Task task, FieldSet fields) {
    edits.push_back({.kind = kind, .task = std::move(task), .fields = fields, .text = {}, .new_id = {}});
  };
  for (const Task& task : document.tasks())
    if (!wanted.tasks.contains(task.id) && (seen == nullptr || seen->find(task.id) != nullptr)) edit(Edit::Kind::remove, task, {});
  for (const auto& [id, json] : wanted.tasks) {
    const Task* const present = document.find(id);
    const Task* const before = seen ? seen->find(id) : nullptr;
    TaskFromJson read = task_from_json(*json, validator, present != nullptr || before != nullptr);
    if (read.problems.empty() && before != nullptr) {
      read.present = differing_in(read.present, read.task, *before);
      if (present == nullptr && !read.present.empty()) read = task_from_json(*json, validator);
    }
    faults.add(read.problems, id);
    if (!read.problems.empty()) continue;
    if (present != nullptr) {
      const FieldSet changed = differing_in(read.present, read.task, *present);
      if (!changed.empty()) edit(Edit::Kind::update, std::move(read.task), changed);
    } else if (before == nullptr || !read.present.empty()) {
      edit(Edit::Kind::insert, std::move(read.task), {});
    }
  }
  return edits;
}

// `metadata.last_sync` and `metadata.sync_source`, where they are to become others; all else must be as it is.
std::optional<MetadataEdit> metadata_edit(const Json& present, const Json& wanted, Faults& faults) {
  const auto same = [](const Json* a, const Json* b) { return a && b ? equivalent(*a, *b) : a == b; };
  std::optional<MetadataEdit> edit;
  for (const auto& [key, value] : wanted.members) {
    const Json* const there = present.find(key);
    if (same(there, &value)) continue;
    if (key == kMetadata && there != nullptr && value.kind == Json::Kind::object && there->kind == Json::Kind::object) {
      Json adapted = *there;
      for (const std::string_view name : {kLastSync, kSyncSource})
        if (const Json* const text = value.find(name); text != nullptr && adapted.find(name) != nullptr)
          adapted.set(std::string(name), *text);
      const Json* const last = adapted.find(kLastSync);
      const Json* const source = adapted.find(kSyncSource);
      const std::optional<Timestamp> instant = last ? parse_timestamp(last->text) : std::nullopt;
      if (equivalent(adapted, value) && instant && source) {
        edit = MetadataEdit{*instant, source->text};
        continue;
      }
    }
    faults.add(key, "only tasks, metadata.last_sync and metadata.sync_source can be written: leave this key out, or as it is in the file");
  }
  return edit;
}

// A file that there is nothing of yet: the keys beside the tasks.
std::string new_text(const Json& others) {
  std::string text;
  for (const auto& [key, value] : others.members) text += yaml::write_block_entry(key, value, 0, {}) + "\n";
  return text.empty() ? text : text + "tasks: []\n";
}

}  // namespace

struct ScheduleFile::Impl {
  Impl(std::string path, const ScheduleFileOptions& options)
      : file(files, std::move(path), {.lock_timeout = options.lock_timeout, .backups = options.backups}) {}

  [[noreturn]] void throw_busy(const std::string& operation, const Busy& busy) const {
    throw Error({.code = ErrorCode::locked, .operation = operation, .subject = file.path(), .cause = busy.what,
                 .hint = "try again when it is done", .retryable = true});
  }
  FileContent content(const std::string& operation) {
    auto read = file.read();
    if (const Busy* busy = std::get_if<Busy>(&read)) throw_busy(operation, *busy);
    return std::get<FileContent>(std::move(read));
  }
  std::unique_ptr<Document> document(const std::string& operation, std::string text) const {
    ReadResult read = Document::read_or_empty(std::move(text), {.file_name = file.path()});
    Faults::throw_if_any(operation, file.path(), read.diagnostics);
    return std::move(read.document);
  }

  // What a former process of ours left when it was killed, and a save that met another one; a sync's leftovers are the
  // next sync's to settle.
  void tidy() {
    constexpr int kMostRounds = 8;
    for (int round = 0; round < kMostRounds && settle_leftovers(); ++round) {}
  }

  // true: look again.
  bool settle_leftovers() {
    bool again = false;
    for (const Journal& journal : file.find_journals()) {
      if (journal.run_key != kRunKey) continue;
      switch (journal.state) {
        case Journal::State::not_exchanged: file.remove_journal(journal); break;
        case Journal::State::exchanged: file.keep_as_backup(journal); break;
        case Journal::State::editor_save:
          file.restore_editor_save(journal);
          again = true;
          break;
        case Journal::State::unmerged_save:
          merge_save(journal);
          again = true;
          break;
      }
    }
    return again;
  }

  // Without a database there is no conflict to record: the second save stands, the first one is kept beside the file.
  void merge_save(const Journal& journal) {
    if (journal.being_written) throw_busy("write", {std::nullopt, "File locked by another process"});
    const FileContent standing = content("write");
    const MergedSaves merged = merge_saves({standing.text, journal.content.text, journal.read, journal.written, {}, {}},
                                           {.file_name = file.path()});
    if (!merged.clashes.empty() || !merged.complete) file.keep_aside(merged.losing, system_now());
    if (merged.text != standing.text) {
      const auto staged = file.stage(standing, merged.text, kRunKey, {});
      if (!file.exchange(*staged, RunTexts{standing.text, merged.text})) return;
      file.finish(*staged);
    }
    file.remove_save(journal);
  }

  // The text that says what is wanted, read back; nullopt: the file says it already. `faults`: those of what is wanted.
  std::optional<EditResult> text_for(const FileContent& before, const Wanted& wanted, Faults faults) {
    std::string start = before.text;
    if (start.find_first_not_of(" \t\r\n") == std::string::npos) start = new_text(wanted.others);
    std::unique_ptr<Document> present = document("write", start);
    const std::vector<Edit> edits = edits_between(*present, seen.get(), wanted, faults);
    const std::optional<MetadataEdit> metadata = metadata_edit(yaml::read_other_keys(start), wanted.others, faults);
    faults.throw_if_any("write");
    if (edits.empty() && !metadata) {
      const bool same = start == before.text && !before.missing;
      const std::string_view text = present->text();
      EditResult unchanged{std::move(present), text, {}};
      if (!same) return unchanged;
      seen = std::move(unchanged.document);
      return std::nullopt;
    }
    EditResult edited = present->edit(edits, metadata);
    if (!edited.problem.empty())
      throw Error({.code = ErrorCode::internal, .operation = "edit", .subject = file.path(), .cause = edited.problem,
                   .hint = "nothing was written; change the task by hand, and please report it with the file"});
    return edited;
  }

  void forget_newest_backup() {
    std::error_code not_there;
    std::filesystem::remove(file.target() + ".bak", not_there);
  }

  PosixFileSystem files;
  SafeFile file;
  std::unique_ptr<Document> seen;  // by the caller, last; null = never
};

ScheduleFile::ScheduleFile(std::string path, ScheduleFileOptions options)
    : impl_(std::make_unique<Impl>(std::move(path), options)) {}
ScheduleFile::~ScheduleFile() = default;
ScheduleFile::ScheduleFile(ScheduleFile&&) noexcept = default;
ScheduleFile& ScheduleFile::operator=(ScheduleFile&&) noexcept = default;

std::string ScheduleFile::read() {
  const FileContent content = impl_->content("read");
  std::unique_ptr<Document> document = impl_->document("read", content.text);
  std::string text = "{";
  for (const auto& [key, value] : yaml::read_other_keys(content.text).members) {
    append_json_string(text, key);
    text += ":" + write_json(value) + ",";
  }
  text += "\"tasks\":[";
  bool first = true;
  for (const Task& task : document->tasks()) {
    text += (first ? "" : ",") + to_json_text(task);
    first = false;
  }
  impl_->seen = std::move(document);
  return text + "]}";
}

bool ScheduleFile::write(const std::string& json, bool backup) {
  Faults faults(path());
  const JsonResult parsed = parse_json(json);
  if (!parsed.ok()) {
    faults.add("", "not JSON: " + parsed.problem_message);
    faults.throw_if_any("write");
  }
  const Wanted wanted = read_wanted(parsed.value, faults);

  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto locked = impl_->file.lock();
    if (const Busy* busy = std::get_if<Busy>(&locked)) impl_->throw_busy("write", *busy);
    impl_->tidy();
    const FileContent before = impl_->content("write");
    std::optional<EditResult> after = impl_->text_for(before, wanted, faults);
    if (!after) return false;
    auto staged = impl_->file.stage(before, after->text, kRunKey, {});
    if (!impl_->file.exchange(*staged, RunTexts{before.text, after->text})) continue;  // an editor saved in between: from its version again
    if (!backup) impl_->forget_newest_backup();
    impl_->file.finish(*staged);
    impl_->seen = std::move(after->document);
    return true;
  }
  throw Error({.code = ErrorCode::changed, .operation = "write", .subject = path(),
               .cause = "the file kept changing while it was being written", .hint = "nothing was written; try again", .retryable = true});
}

std::string ScheduleFile::metadata() {
  const FileContent content = impl_->content("read");
  Json result = Json::object();
  result.set("path", Json::string(path()));
  result.set("exists", Json::of(!content.missing));
  result.set("size", Json::number(static_cast<std::int64_t>(content.text.size())));
  result.set("modified_at", content.missing ? Json::null() : Json::string(format_rfc3339(content.modified)));
  result.set("checksum", content.missing ? Json::null() : Json::string(to_hex(content.fingerprint)));
  const ReadResult read = Document::read_or_empty(content.text, {.file_name = path()});
  const Document* const document = read.document.get();
  result.set("valid", Json::of(document != nullptr));
  result.set("tasks", document ? Json::number(static_cast<std::int64_t>(document->tasks().size())) : Json::null());
  const Json others = document ? yaml::read_other_keys(content.text) : Json::object();
  const Json* const metadata = others.find(kMetadata);
  result.set("metadata", metadata ? *metadata : Json::null());
  return write_json(result);
}

const std::string& ScheduleFile::path() const { return impl_->file.path(); }

}  // namespace lockstep
