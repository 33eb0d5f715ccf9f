// What a run tells those who watch: its effects, and how things stand after it.
#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {
namespace {

constexpr std::string_view kNotRegular = "not a regular file";
constexpr std::size_t kRunsLookedBack = 16;
constexpr std::size_t kRunsHeardAtOnce = 200;

FileChange file_change(Side source, const std::vector<std::int64_t>& ids, std::string checksum) {
  FileChange change;
  change.source = source;
  change.task_count = ids.size();
  change.task_ids.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), FileChange::kIdsTold)));
  change.checksum = std::move(checksum);
  return change;
}

ConflictRef conflict_ref(const Conflict& conflict) {
  return {conflict.number, conflict.task_id, conflict.finding.reason, conflict.yaml_author, conflict.database_author};
}

void append(Effects& to, Effects&& more) {
  std::move(more.files.begin(), more.files.end(), std::back_inserter(to.files));
  std::move(more.opened.begin(), more.opened.end(), std::back_inserter(to.opened));
  std::move(more.closed.begin(), more.closed.end(), std::back_inserter(to.closed));
}

}  // namespace

Warning invalid_row_warning(const InvalidRow& row) {
  return {"task " + std::to_string(row.id) + ": the row is not valid: " + row.message, row.id, std::nullopt};
}

// Before a file's content is called somebody's edit, runs of other processes on this replica must have been heard:
// what they wrote into the file is not one.
Effects Core::effects_of(Session& session, const Work& work, const std::optional<Fingerprint>& written) {
  hear(*session.transaction);
  Effects result;
  const std::string checksum = to_hex(session.content.fingerprint);
  const bool known_before = seen || session.state.content;
  const std::string before = seen ? seen->checksum : session.state.content ? to_hex(*session.state.content) : std::string();
  if (!session.content.missing && known_before && checksum != before) {
    const std::vector<IndexEntry>& index = seen && seen->index ? *seen->index : session.base_index;
    result.files.push_back(file_change(Side::yaml, candidates(index, session.yaml_index, index), checksum));
    result.files.back().author = work.file_author.empty() ? file_author() : work.file_author;
  }
  if (written) {
    std::vector<std::int64_t> ids;
    for (const TaskPlan& task : work.plan.tasks)
      if (task.yaml) ids.push_back(task.id);
    result.files.push_back(file_change(Side::database, ids, to_hex(*written)));
    result.files.back().author = work.author;
  }
  for (const Conflict& conflict : work.opened)
    result.opened.push_back(conflict_ref(conflict));
  for (const Conflict& conflict : work.reopened) result.opened.push_back(conflict_ref(conflict));
  for (const Work::Closed& closed : work.closed) {
    const bool by_itself = closed.resolution == "superseded";
    result.closed.push_back({closed.conflict.number, closed.conflict.task_id, closed.resolution, by_itself ? std::string() : actor});
  }
  return result;
}

void Core::tell(Effects&& more) { append(effects, std::move(more)); }

// `yaml`: its index after the run.
void Core::remember_file(const Session& session, const std::vector<IndexEntry>& yaml,
                         const std::optional<Fingerprint>& written) {
  Seen now;
  if (written) now.checksum = to_hex(*written);
  else if (!session.content.missing) now.checksum = to_hex(session.content.fingerprint);
  now.index = yaml;
  seen = std::move(now);
}

void Core::observe(const Session& session, const Observation& facts) {
  Status status = unknown_status(settings);
  status.yaml.valid = true;
  status.yaml.writable = !session.read_only;
  status.yaml.tasks = facts.yaml_tasks;
  status.yaml.checksum = facts.checksum;
  status.yaml.modified_at = facts.modified;
  status.database.backend = store->backend();
  status.database.reachable = true;
  status.database.tasks = facts.database_tasks;
  for (const InvalidRow& row : session.rows.invalid) status.database.warnings.push_back(invalid_row_warning(row));
  status.total_tasks = facts.distinct;
  status.in_sync = facts.in_sync;
  observed = std::move(status);
}

void Core::observe_invalid(const FileContent& content, const InvalidYaml& invalid) {
  rest.reset();
  observed.replica = settings.replica;
  observed.yaml.path = settings.yaml;
  observed.yaml.valid = false;
  observed.yaml.writable = !file.read_only_reason();
  observed.yaml.tasks = 0;
  observed.yaml.checksum = content.missing ? std::string() : to_hex(content.fingerprint);
  observed.yaml.modified_at = content.missing ? std::nullopt : std::optional(content.modified);
  observed.yaml.errors = invalid.diagnostics;
  observed.database.backend = store->backend();
  observed.in_sync = false;
}

void Core::observe_file() {
  try {
    const std::optional<FileIdentity> now = file.identity();
    if (now && looked_at == now) return;
    observed.replica = settings.replica;
    observed.yaml.path = settings.yaml;
    observed.yaml.writable = !file.read_only_reason();
    auto read = file.read();
    if (std::holds_alternative<Busy>(read)) return;
    FileContent content = std::move(std::get<FileContent>(read));
    ReadResult parsed;
    if (!content.missing)
      parsed = Document::read(std::move(content.text), {.file_name = settings.yaml, .version = settings.yaml_version});
    observe_invalid(content, {std::move(parsed.diagnostics), 0});
    observed.yaml.valid = parsed.document != nullptr;
    if (parsed.document) observed.yaml.tasks = parsed.document->size();
    looked_at = content.missing ? std::nullopt : std::optional(content.identity);
  } catch (const Error& error) {
    // Something else stands where the file was; whatever else is in the way says nothing about it.
    if (error.parts().cause != kNotRegular) return;
    observed.yaml.valid = false;
    observed.yaml.errors = {Diagnostic{.file = settings.yaml, .message = error.parts().cause}};
  }
}

Status Core::refreshed(Status status) {
  status.replica = settings.replica;
  status.yaml.path = settings.yaml;
  status.database.backend = store->backend();
  const auto now = file.identity();
  const bool same_file = now ? status.yaml.modified_at && now->modified_ns / 1000 == status.yaml.modified_at->micros
                             : status.yaml.checksum.empty();
  if (!same_file) status.in_sync = false;
  try {
    auto transaction = begin(Access::read);
    const ReplicaState state = transaction->base().state();
    status.last_sync = state.last_sync;
    status.sync_source = state.sync_source.value_or("unknown");
    status.pending_conflicts = transaction->conflicts().count({.replica = settings.replica});
    if (auto last = transaction->history().runs({.replica = settings.replica, .limit = 1}); !last.empty())
      status.last_run = std::move(last.front());
    status.waiting = status.last_run ? waiting_from_details(status.last_run->details) : std::vector<WaitingChange>();
    status.waiting_count = status.last_run ? waiting_count_from_details(status.last_run->details) : 0;
    status.database.reachable = true;
    status.database.error.clear();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unreachable && error.code() != ErrorCode::database && error.code() != ErrorCode::busy) throw;
    status.database.reachable = false;
    status.database.error = error.what();
  }
  if (status.pending_conflicts != 0 || status.waiting_count != 0 || !status.database.reachable) status.in_sync = false;
  return status;
}

// Runs that other processes stored since, whatever their replica.
void Core::hear(Transaction& transaction) {
  if (!told) return;
  const std::int64_t from = std::max<std::int64_t>(0, told->last - static_cast<std::int64_t>(kRunsLookedBack));
  std::vector<Run> runs = transaction.history().runs({.after = from, .limit = kRunsHeardAtOnce});
  std::vector<std::int64_t> known;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    known.push_back(run->id);
    if (std::find(told->ids.begin(), told->ids.end(), run->id) != told->ids.end()) continue;
    told->last = std::max(told->last, run->id);
    const JsonResult details = parse_json(run->details);
    const Json* stored = details.ok() ? details.value.find("effects") : nullptr;
    if (!stored) continue;
    Effects heard = effects_from_json(*stored);
    if (run->replica == settings.replica && !heard.files.empty()) seen = Seen{heard.files.back().checksum, std::nullopt};
    tell(std::move(heard));
  }
  told->ids = std::move(known);
}

Effects Core::take_effects() {
  auto transaction = begin(Access::read);
  if (told) {
    hear(*transaction);
  } else {
    told.emplace();
    for (const Run& run : transaction->history().runs({.limit = kRunsLookedBack})) told->ids.push_back(run.id);
    if (!told->ids.empty()) told->last = told->ids.front();
  }
  return std::exchange(effects, {});
}

}  // namespace lockstep
