// What is looked at before a run locks, opens or makes anything: a command that fails creates nothing.
#include "engine/core.hpp"
#include "file/file_error.hpp"

namespace lockstep {
namespace {

// To give to a YAML that is not there.
bool has_rows(TaskTable& table) { return table.shape().exists && table.highest_id() > 0; }

Error no_such_file(const std::string& path, const std::string& doubt) {
  return Error({.code = ErrorCode::not_found,
                .operation = "",
                .subject = "no such file",
                .cause = path,
                .hint = "`lockstep init` starts a schedule; or is the path mistyped?" + doubt,
                .retryable = !doubt.empty()});
}

}  // namespace

bool Core::rows_to_give(Session& session) const {
  return session.base_index.empty() && has_rows(session.transaction->tasks());
}

// A YAML that is no file, or that is not there and that nothing can be made of. Where it was synced before, its absence is for need_document().
void Core::require_file() {
  if (const auto status = stat_if_there(files, settings.yaml, true)) {
    if (status->kind != FileKind::regular) (void)file.read();  // says so
    return;
  }
  const auto content = file.read();  // an editor may be about to move it back
  if (const auto* read = std::get_if<FileContent>(&content); !read || !read->missing) return;
  try {
    auto transaction = begin(Access::read);
    if (!transaction->base().index().empty() || has_rows(transaction->tasks())) return;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unreachable) throw;
    throw no_such_file(settings.yaml, std::string(" The database cannot be asked for tasks either: ") + error.what());
  }
  throw no_such_file(settings.yaml, {});
}

// Whether a run would make a lock file, or a database.
bool Core::would_create() {
  if (!store->is_there()) return true;
  return !files.stat(file.target() + ".lock", true) && !file.read_only_reason();
}

std::optional<std::variant<InvalidYaml, FileBusy>> Core::refused_at_first_look() {
  require_file();
  if (!would_create()) return std::nullopt;
  Session session;
  auto content = file.read();
  if (auto* busy = std::get_if<Busy>(&content)) return FileBusy{std::move(*busy)};
  session.content = std::move(std::get<FileContent>(content));
  session.read_only = file.read_only_reason();
  session.transaction = begin(Access::read);
  const TableShape& shape = session.transaction->tasks().shape();
  session.synced = FieldSet::synced() & (shape.exists ? shape.columns : FieldSet::all());
  know_replica(session);
  if (yaml_is_base(session)) return std::nullopt;
  InvalidYaml invalid;
  if (!need_document(session, invalid)) {
    observe_invalid(session.content, invalid);
    return invalid;
  }
  if (session.base_index.empty() && session.document)
    first_document = FirstDocument{session.content.fingerprint, session.content.missing, std::move(session.document),
                                   std::move(session.yaml_warnings)};
  return std::nullopt;
}

// The file is to be made in a folder that is to be made.
void Core::make_folders() {
  std::vector<std::string> missing;
  for (std::string folder = folder_of(file.target()); !stat_if_there(files, folder, true); folder = folder_of(folder))
    missing.push_back(folder);
  for (auto folder = missing.rbegin(); folder != missing.rend(); ++folder) {
    const auto made = files.make_folder(*folder);
    if (!made && made.error() != EEXIST) throw file_error(made.error(), "make the folder", *folder);
  }
}

}  // namespace lockstep
