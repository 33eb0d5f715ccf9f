#include "file/safe_file.hpp"

#include "file/backups.hpp"
#include "file/safe_file_impl.hpp"

namespace lockstep {

FileIdentity identity_of(const FileStat& status) {
  return {status.device, status.inode, status.size, status.modified_ns, status.changed_ns};
}

FileContent content_of(Look look) {
  FileContent content;
  content.missing = false;
  content.text = std::move(look.text);
  content.fingerprint = look.fingerprint;
  content.identity = identity_of(look.status);
  content.modified = Timestamp{look.status.modified_ns / 1000};
  return content;
}

// ---- locks ------------------------------------------------------------------------------------------

Busy SafeFile::Impl::busy(const FileStat& status, Holder what) {
  Busy result;
  result.pid = files.holder_of(status.device, status.inode, what);
  result.what = "File locked by another process";
  if (result.pid) result.what += " (pid " + std::to_string(*result.pid) + ")";
  return result;
}

bool SafeFile::Impl::wait_for(Patience& patience, const FileStat& status, Holder what) {
  if (patience.worth_a_word()) patience.tell("Waiting for " + path + ": " + busy(status, what).what);
  return patience.wait();
}

namespace {

std::unique_ptr<File> open_lock_file(FileSystem& files, const std::string& path) {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    // Without O_CREAT where it exists: in a sticky folder (fs.protected_regular) root itself may not open
    // another user's file with it.
    if (auto file = open_if_there(files, path, Open::lock)) return file;
    auto created = uninterrupted([&] { return files.open(path, Open::create_lock); });
    if (created) return std::move(*created);
    // A folder that cannot be written: nothing is ever replaced there, so the file itself is enough.
    const auto error = created.error();
    if (error == EROFS || error == EACCES || error == EPERM) return nullptr;
    if (error == ENOENT && !stat_if_there(files, folder_of(path), true)) return nullptr;
    if (error != EEXIST) throw file_error(error, "create", path);
  }
  throw file_error(EAGAIN, "open", path);
}

enum class Locked { yes, no, unsupported };

Locked try_lock(File& file, const std::string& path) {
  const auto locked = uninterrupted([&] { return file.try_lock(); });
  if (locked) return Locked::yes;
  if (locked.error() == EAGAIN) return Locked::no;
  if (locked.error() == ENOLCK || locked.error() == EOPNOTSUPP || locked.error() == ENOSYS) return Locked::unsupported;
  throw file_error(locked.error(), "lock", path);
}

}  // namespace

std::optional<Busy> SafeFile::Impl::lock_beside(const std::string& target, Patience& patience) {
  const auto lock_path = target + ".lock";
  for (;;) {
    auto file = open_lock_file(files, lock_path);
    if (!file) return std::nullopt;
    const auto status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", lock_path);
    const auto outcome = try_lock(*file, lock_path);
    if (outcome == Locked::no) {
      if (!wait_for(patience, status, Holder::lock)) return busy(status, Holder::lock);
      continue;
    }
    // Whoever removed it meanwhile (nobody should) has another one.
    const auto now = stat_if_there(files, lock_path);
    if (!now || now->inode != status.inode || now->device != status.device) continue;
    held.push_back(std::move(file));
    return std::nullopt;
  }
}

std::optional<Busy> SafeFile::Impl::lock_standing(const std::string& target, Patience& patience) {
  for (;;) {
    const auto before = stat_if_there(files, target, true);
    if (!before) return std::nullopt;
    if (held_inode != 0 && before->inode == held_inode && before->device == held_device) return std::nullopt;
    auto file = open_if_there(files, target, Open::read);
    if (!file) continue;
    const auto status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", target);
    const auto outcome = try_lock(*file, target);
    if (outcome == Locked::no) {
      if (!wait_for(patience, status, Holder::lock)) return busy(status, Holder::lock);
      continue;
    }
    // While waiting, its holder may have put another file in its place: that one is to be locked.
    const auto now = stat_if_there(files, target, true);
    if (!now || now->inode != status.inode || now->device != status.device) continue;
    held_device = status.device;
    held_inode = status.inode;
    held.push_back(std::move(file));
    return std::nullopt;
  }
}

std::variant<std::unique_ptr<SafeFile::Lock>, Busy> SafeFile::lock() {
  // A SafeFile that is locked already meets its own lock, as any other would.
  Impl attempt{impl_->files, impl_->path, impl_->options, true, resolve_links(impl_->files, impl_->path), {}, 0, 0, {}, {}, {}, nullptr};
  auto own_patience = attempt.patience();
  Patience& patience = impl_->shared_patience ? *impl_->shared_patience : own_patience;
  if (auto busy = attempt.lock_beside(attempt.locked_target, patience)) return std::move(*busy);
  if (auto busy = attempt.lock_standing(attempt.locked_target, patience)) return std::move(*busy);
  impl_->locked = true;
  impl_->locked_target = std::move(attempt.locked_target);
  impl_->held = std::move(attempt.held);
  impl_->held_device = attempt.held_device;
  impl_->held_inode = attempt.held_inode;
  return std::make_unique<Lock>(*impl_);
}

SafeFile::Lock::~Lock() {
  file_->locked = false;
  file_->held.clear();
  file_->held_inode = 0;
}

// ---- reading ----------------------------------------------------------------------------------------

std::variant<FileContent, Busy> SafeFile::Impl::look_patiently(const std::string& at, Patience& patience,
                                                               std::uint64_t max_size) {
  // Editors that save by moving the old file away first leave a moment without any.
  constexpr std::chrono::milliseconds kGap{20};
  bool looked_twice = false;
  for (;;) {
    auto looked = look_at(files, at, Text::keep, max_size);
    if (auto* look = std::get_if<Look>(&looked)) return content_of(std::move(*look));
    if (std::holds_alternative<NotThere>(looked)) {
      if (looked_twice) return FileContent{};
      looked_twice = true;
      files.wait(kGap);
      continue;
    }
    const FileStat& status = std::get<BeingWritten>(looked).status;
    if (!wait_for(patience, status, Holder::writer)) return busy(status, Holder::writer);
  }
}

std::variant<FileContent, Busy> SafeFile::read() {
  const auto target = impl_->target();
  auto own_patience = impl_->patience_for_others();
  Patience& patience = impl_->shared_patience && !impl_->locked ? *impl_->shared_patience : own_patience;
  if (impl_->locked) {
    if (auto busy = impl_->lock_standing(target, patience)) return std::move(*busy);
  }
  return impl_->look_patiently(target, patience, impl_->options.max_size);
}

std::optional<FileIdentity> SafeFile::identity() {
  const auto status = stat_if_there(impl_->files, impl_->path, true);
  if (!status) return std::nullopt;
  return identity_of(*status);
}

std::optional<FileIdentity> SafeFile::backup_identity() {
  const auto status = stat_if_there(impl_->files, impl_->target() + ".bak");
  if (!status) return std::nullopt;
  return identity_of(*status);
}

// ---- the rest ---------------------------------------------------------------------------------------

SafeFile::SafeFile(FileSystem& files, std::string path, SafeFileOptions options)
    : impl_(std::make_unique<Impl>(Impl{files, std::move(path), options, false, {}, {}, 0, 0, {}, {}, {}, nullptr})) {
  if (name_of(impl_->path).empty()) {
    throw Error({.code = ErrorCode::usage,
                 .operation = "open",
                 .subject = impl_->path,
                 .cause = "not the path of a file",
                 .hint = "name the YAML file itself",
                 .retryable = false});
  }
}

SafeFile::~SafeFile() = default;

void SafeFile::wait_with(Patience* patience) { impl_->shared_patience = patience; }

std::optional<std::string> SafeFile::read_only_reason() {
  const auto target = impl_->target();
  const auto reason = [&](const std::string& at, const char* what) -> std::optional<std::string> {
    const auto may = uninterrupted([&] { return impl_->files.may_write(at); });
    switch (may.error()) {
      case 0: return std::nullopt;
      case EROFS: return at + " is on a read-only file system";
      case EPERM: return at + " is protected against changes (chattr +i)";
      case EACCES: return std::string("no write permission for ") + what + at;
      default: return at + ": " + file_error(may.error(), "", "").parts().cause;
    }
  };
  // A folder that is not there is made along with the file.
  std::string folder = folder_of(target);
  while (folder != "/" && folder != "." && !stat_if_there(impl_->files, folder, true)) folder = folder_of(folder);
  if (auto why = reason(folder, "folder ")) return why;
  const auto status = stat_if_there(impl_->files, target);
  if (!status) return std::nullopt;
  if (status->kind != FileKind::regular) return target + " is not a regular file";
  return reason(target, "");
}

void SafeFile::own_backup(const std::optional<BackupFile>& own) { impl_->own_backup = own; }
std::vector<std::string> SafeFile::backups() { return list_backups(impl_->files, impl_->target()); }
const std::string& SafeFile::path() const { return impl_->path; }
std::string SafeFile::target() { return impl_->target(); }

}  // namespace lockstep
