// What is neither a sync nor a look: tables, ownership of a replica's name, backups.
#include "engine/core.hpp"
#include "engine/host.hpp"
#include "file/file_io.hpp"

namespace lockstep {

void Core::adopt_replica() {
  auto transaction = begin(Access::write);
  ReplicaState state = transaction->base().state();
  state.name = settings.replica;
  state.host = host_name();
  state.path = place_of(settings.yaml);
  state.agreed = false;
  state.backup.reset();
  transaction->base().set_state(state);
  transaction->commit();
}

// Under the lock. Busy: somebody has the file open for writing, or saves it again and again.
std::optional<Busy> Core::put_in_place(const FileContent& wanted) {
  {
    Session session;
    session.transaction = begin_under_lock();
    if (auto busy = recover(session)) return busy;
  }
  auto content = file.read();
  if (auto* busy = std::get_if<Busy>(&content)) return std::move(*busy);
  const FileContent& present = std::get<FileContent>(content);
  if (!present.missing && present.fingerprint == wanted.fingerprint) return std::nullopt;
  auto staged = file.stage(present, wanted.text, "restore", {});
  if (!file.exchange(*staged, RunTexts{present.text, wanted.text})) return Busy{std::nullopt, "File saved by another process meanwhile"};
  file.finish(*staged);
  return std::nullopt;
}

// A restore is an edit of the YAML like any other: the text is put in place as an editor would, and a sync follows.
SyncOutcome Core::restore(const std::string& path) {
  SafeFile source(files, path, {.lock_timeout = settings.lock_timeout, .backups = 0, .max_size = settings.max_file_size});
  auto read = source.read();
  if (auto* busy = std::get_if<Busy>(&read)) return FileBusy{std::move(*busy)};
  const FileContent wanted = std::move(std::get<FileContent>(read));
  if (wanted.missing)
    throw Error({.code = ErrorCode::not_found, .operation = "restore", .subject = path, .cause = "there is no such file",
                 .hint = "`lockstep restore --list` names the backups"});
  ReadResult parsed = Document::read(wanted.text, {.file_name = path, .version = settings.yaml_version});
  if (!parsed.document) return InvalidYaml{std::move(parsed.diagnostics), parsed.more_diagnostics};

  const Operation operation(*this);
  for (;;) {
    auto locked = file.lock();
    if (auto* busy = std::get_if<Busy>(&locked)) return FileBusy{std::move(*busy)};
    auto lock = std::move(std::get<std::unique_ptr<SafeFile::Lock>>(locked));
    std::optional<Busy> busy;
    try {
      busy = put_in_place(wanted);
      if (!busy) break;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::busy) throw;
      lock.reset();
      wait_for_database(error);
      continue;
    }
    lock.reset();
    if (!patience.wait()) return FileBusy{std::move(*busy)};
  }
  return sync({.trigger = Trigger::manual});
}

}  // namespace lockstep
