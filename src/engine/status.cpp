#include <algorithm>

#include "engine/core.hpp"

namespace lockstep {
namespace {

void describe_yaml(Core& core, Session& session, Status& status) {
  Status::Yaml& yaml = status.yaml;
  if (!session.content.missing) {
    yaml.checksum = to_hex(session.content.fingerprint);
    yaml.modified_at = session.content.modified;
  }
  InvalidYaml invalid;
  yaml.valid = core.need_document(session, invalid);
  yaml.errors = std::move(invalid.diagnostics);
  if (session.document) yaml.tasks = session.document->size();
}

}  // namespace

Status unknown_status(const Settings& settings) {
  Status status;
  status.replica = settings.replica;
  status.timezone = settings.timezone;
  status.owners = settings.owners;
  status.yaml.path = settings.yaml;
  return status;
}

// false: the errors say why not.
bool Core::read_for_status(Session& session, Status::Yaml& yaml) {
  const auto cannot = [&](std::string why) {
    yaml.errors.push_back({.file = settings.yaml, .message = std::move(why)});
    return false;
  };
  try {
    auto content = file.read();
    if (const Busy* busy = std::get_if<Busy>(&content)) return cannot(busy->what);
    session.content = std::move(std::get<FileContent>(content));
    return true;
  } catch (const Error& error) {  // a folder, a pipe, no right to read it
    return cannot(error.what());
  }
}

// Takes no lock and writes nothing. A database that cannot be reached is a state, not a failure.
Status Core::status() {
  Status status = unknown_status(settings);
  status.yaml.writable = !file.read_only_reason();
  status.database.backend = store->backend();

  Session session;
  const bool readable = read_for_status(session, status.yaml);
  try {
    session.transaction = begin(Access::read);
    session.base_index = session.transaction->base().index();
    session.may_be_empty = rows_to_give(session);
    status.database.reachable = true;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unreachable && error.code() != ErrorCode::database && error.code() != ErrorCode::busy) throw;
    status.database.error = error.what();
    session.may_be_empty = true;  // not known
    if (readable) describe_yaml(*this, session, status);
    status.total_tasks = status.yaml.tasks;
    return status;
  }

  if (readable) describe_yaml(*this, session, status);
  const TableShape& shape = session.transaction->tasks().shape();
  session.synced = FieldSet::synced() & (shape.exists ? shape.columns : FieldSet::all());
  session.rows = session.transaction->tasks().rows();
  status.database.tasks = session.rows.tasks.size() + session.rows.invalid.size();
  for (const InvalidRow& row : session.rows.invalid)
    status.database.warnings.push_back(invalid_row_warning(row));

  const ReplicaState state = session.transaction->base().state();
  status.last_sync = state.last_sync;
  status.sync_source = state.sync_source.value_or("unknown");
  status.pending_conflicts = session.transaction->conflicts().count({.replica = settings.replica});
  if (auto last = session.transaction->history().runs({.replica = settings.replica, .limit = 1}); !last.empty())
    status.last_run = std::move(last.front());
  if (status.last_run) {
    status.waiting = waiting_from_details(status.last_run->details);
    status.waiting_count = waiting_count_from_details(status.last_run->details);
  }

  status.total_tasks = status.database.tasks;
  if (!session.document) return status;
  std::vector<std::int64_t> ids;
  for (const Task& task : session.rows.tasks) ids.push_back(task.id);
  for (const InvalidRow& row : session.rows.invalid) ids.push_back(row.id);
  std::sort(ids.begin(), ids.end());
  for (const Task& task : session.document->tasks())
    if (!std::binary_search(ids.begin(), ids.end(), task.id)) ++status.total_tasks;
  session.transaction.reset();  // the plan wants one of its own
  look_for_work(status);
  return status;
}

// What the planner says, so that rows that are kept or take no part do not count as changes.
void Core::look_for_work(Status& status) {
  status.in_sync = false;
  try {
    const PlanOutcome outcome = plan({});
    const PlanReport* report = std::get_if<PlanReport>(&outcome);
    if (!report) return;
    status.waiting = report->result.waiting;
    status.waiting_count = status.waiting.size();
    status.in_sync = report->tasks.empty() && !report->guard && status.waiting.empty() && status.pending_conflicts == 0;
  } catch (const Error&) {
    // The file belongs to another replica, …: a sync would say so.
  }
}

}  // namespace lockstep
