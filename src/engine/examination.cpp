// What stands in the way of a sync, or may: for `lockstep doctor`.
#include "file/examination.hpp"

#include "engine/core.hpp"

namespace lockstep {
namespace {

using Level = Finding::Level;

// A lock that a running sync holds is gone by then.
constexpr std::chrono::milliseconds kPatience{1'000};

Finding fault_of(std::string subject, const Error& error) {
  Error::Parts parts = error.parts();
  std::string advice = std::exchange(parts.hint, {});
  return {Level::fault, std::move(subject), Error(std::move(parts)).what(), std::move(advice)};
}

Finding examine_yaml(const Status::Yaml& yaml) {
  constexpr const char* kSubject = "YAML";
  if (yaml.valid && yaml.checksum.empty())
    return {Level::ok, kSubject, yaml.path + " is not there; the first sync makes it from the database's tasks", ""};
  if (yaml.valid)
    return {Level::ok, kSubject, yaml.path + " is valid and has " + std::to_string(yaml.tasks) + " task(s)", ""};
  const std::string first = yaml.errors.empty() ? yaml.path : format_diagnostic(yaml.errors.front(), false);
  if (yaml.checksum.empty())  // missing, or somebody has it: the message says which
    return {Level::fault, kSubject, first, "until it is there and free to be read nothing is synced"};
  const std::string more =
      yaml.errors.size() > 1 ? "; and " + std::to_string(yaml.errors.size() - 1) + " more" : std::string();
  return {Level::fault, kSubject, "YAML validation failed: " + first + more, "`lockstep validate` shows every place"};
}

Finding examine_last_sync(const Status& status) {
  constexpr const char* kSubject = "syncs";
  if (status.pending_conflicts > 0)
    return {Level::warning, kSubject, std::to_string(status.pending_conflicts) + " conflict(s) wait for a decision",
            "`lockstep conflicts` lists them, `lockstep resolve ID` decides one"};
  if (!status.last_sync) return {Level::ok, kSubject, "never synced yet", ""};
  return {Level::ok, kSubject, "the last one was at " + format_rfc3339(*status.last_sync), ""};
}

Finding examine_waiting(const Status& status) {
  std::string what = std::to_string(status.waiting_count) + " change(s) wait, since they cannot be carried over: ";
  what += describe(status.waiting.front());
  if (status.waiting_count > 1) what += "; and " + std::to_string(status.waiting_count - 1) + " more";
  return {Level::warning, "waiting", std::move(what), "mend what the reason names; `lockstep status` lists them"};
}

}  // namespace

Finding Core::examine_replica() {
  Session session;
  auto content = file.read();
  if (auto* read = std::get_if<FileContent>(&content)) session.content = std::move(*read);
  session.transaction = begin(Access::read);
  session.state = session.transaction->base().state();
  session.state.name = settings.replica;
  if (const std::optional<Error> foreign = foreign_replica(session)) return fault_of("replica", *foreign);
  return {Level::ok, "replica", "\"" + settings.replica + "\" is this file's name in the database", ""};
}

std::vector<Finding> Core::examine() {
  std::vector<Finding> findings;
  // What one part cannot tell is its finding; the others go on.
  const auto look = [&findings](const char* subject, const std::function<void()>& part) {
    try {
      part();
    } catch (const Error& error) {
      findings.push_back(fault_of(subject, error));
    }
  };
  const auto append = [&findings](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  look("file", [&] { append(examine_file(files, settings.yaml, kPatience)); });
  Status now;
  look("database", [&] {
    now = status();
    findings.push_back(examine_yaml(now.yaml));
    if (now.database.reachable) {
      findings.push_back(
          {Level::ok, "database", now.database.backend + ", " + std::to_string(now.database.tasks) + " task(s)", ""});
      for (const Warning& warning : now.database.warnings)
        findings.push_back(
            {Level::warning, "database", warning.message, "correct the row; until then it takes no part"});
    } else {
      findings.push_back(
          {Level::fault, "database", now.database.error, "start it, or mend `database`; the file's changes wait"});
    }
  });
  look("database", [&] {
    if (now.database.reachable || store->backend() == "sqlite")  // its rights can be told without opening it
      append(store->examine(settings.triggers != Settings::Triggers::never));
  });
  if (!now.database.reachable) return findings;
  look("replica", [&] { findings.push_back(examine_replica()); });
  findings.push_back(examine_last_sync(now));
  if (!now.waiting.empty()) findings.push_back(examine_waiting(now));
  return findings;
}

}  // namespace lockstep
