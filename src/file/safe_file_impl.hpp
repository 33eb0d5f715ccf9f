// What the sources of SafeFile share. Private to the file room.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "file/file_io.hpp"
#include "file/journal_name.hpp"
#include "file/replacement.hpp"
#include "file/safe_file.hpp"

namespace lockstep {

struct SafeFile::Impl {
  FileSystem& files;
  std::string path;
  SafeFileOptions options;

  // While locked: the target that it was taken for, and every description that holds a part of it.
  bool locked = false;
  std::string locked_target;
  std::vector<std::unique_ptr<File>> held;
  // Of the file that was locked last, so that a look that finds it still there costs one stat.
  std::uint64_t held_device = 0;
  std::uint64_t held_inode = 0;

  // The backup that stray_edit() read last, so that one that did not move is not read again.
  FileIdentity seen_backup;
  Fingerprint seen_backup_content;
  std::optional<BackupFile> own_backup;

  Patience* shared_patience = nullptr;  // instead of lock_timeout for each wait

  std::string target() { return locked ? locked_target : resolve_links(files, path); }
  Place place() { return {files, target(), options.backups, own_backup}; }
  Patience patience() { return {files, options.lock_timeout}; }
  // With those who may be waiting for our lock: none while we hold it.
  Patience patience_for_others() { return locked ? Patience{files, std::chrono::microseconds{0}} : patience(); }
  Busy busy(const FileStat& status, Holder what);
  // Waits a moment for whoever has the file; false = not any longer.
  bool wait_for(Patience&, const FileStat&, Holder what);

  // flock on the file that stands at the target, waiting for it; nothing if there is none.
  std::optional<Busy> lock_standing(const std::string& target, Patience&);
  std::optional<Busy> lock_beside(const std::string& target, Patience&);

  // Waits while somebody writes it.
  std::variant<FileContent, Busy> look_patiently(const std::string& at, Patience&, std::uint64_t max_size);
};

FileIdentity identity_of(const FileStat&);
FileContent content_of(Look);

}  // namespace lockstep
