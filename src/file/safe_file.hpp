// A file that people edit and that lockstep writes: locked, never read or left
// half-written, replaced atomically, no edit lost, every older version kept.
//
// The steps of a write are separate functions, so that a run can do its database
// work between them and a fault can be put under each:
//
//   lock → find_journal (recovery) → read → stage → exchange → (COMMIT) → finish
//
// All paths stand beside the file that a symlink finally points to.
// Broken operations throw lockstep::Error; busy is a value. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "file/file_system.hpp"
#include "model/fingerprint.hpp"
#include "model/timestamp.hpp"

namespace lockstep {

struct SafeFileOptions {
  std::chrono::milliseconds lock_timeout{10'000};
  int backups = 10;                            // `.bak.1` … besides `.bak`
  std::uint64_t max_size = 256ULL << 20;       // larger: Error(io)
};

// Someone else holds the lock or has the file open for writing; pid from the kernel's list, where it tells.
struct Busy {
  std::optional<int> pid;
  std::string what;  // "File locked by another process (pid 4242)"
};

struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // mtime and ctime, nanoseconds since the epoch
  std::int64_t changed_ns = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct FileContent {
  bool missing = true;
  std::string text;
  Fingerprint fingerprint;  // of text
  FileIdentity identity;
  Timestamp modified;
};

// What a run left behind when it did not reach the end.
struct Journal {
  enum class State {
    not_exchanged,  // the temporary holds the text after: the file was never touched
    exchanged,      // it holds the text before: the file was replaced
    editor_save,    // it holds something else: an editor's save that was swapped out
  } state = State::not_exchanged;
  std::string path;     // of the temporary
  std::string run_key;
  std::string record;   // what stage() was given; empty if it was lost (then the file was never exchanged)
  FileContent content;  // what the temporary holds
};

class SafeFile {
 public:
  SafeFile(FileSystem& files, std::string path, SafeFileOptions options);
  ~SafeFile();

  // Holds flock on `<file>.lock` and on the file itself (where it exists) until destroyed.
  class Lock;
  std::variant<std::unique_ptr<Lock>, Busy> lock();

  // The file as it is when nobody has it open for writing (read lease, or two equal looks apart where
  // there are none). A missing file is a value. Busy: a writer kept it open beyond lock_timeout.
  std::variant<FileContent, Busy> read();
  std::optional<FileIdentity> identity();  // without reading; nullopt = missing. Follows symlinks.

  // Leftovers of earlier runs, oldest first. Under the lock.
  std::vector<Journal> find_journals();
  void remove_journal(const Journal&);        // state not_exchanged
  void keep_as_backup(const Journal&);        // state exchanged: it becomes `.bak`
  void restore_editor_save(const Journal&);   // state editor_save: exchanged back; what that swaps out becomes a backup

  // A stray edit: `.bak` is still that inode but holds other bytes. Under the lock.
  std::optional<FileContent> stray_edit(std::uint64_t device, std::uint64_t inode, Fingerprint content);
  // Puts the stray text in the file's place if the file is still `current` (atomically; what was there is kept as a backup).
  void adopt_stray_edit(const FileContent& stray, const FileContent& current);

  // The new text in a temporary beside the file, with mode, owner, ACLs and extended attributes of the
  // file, and the record beside it, both durable.
  struct Staged;
  std::unique_ptr<Staged> stage(const FileContent& before, std::string_view after, std::string_view run_key,
                                std::string_view record);
  // true: the file now holds the new text, durably. false: an editor saved in between; its version stands
  // in the file again, the staged text is gone: start again from read().
  bool exchange(Staged&);
  // After COMMIT: the text before becomes `.bak`, older ones move on, the record goes.
  void finish(Staged&);
  // Before exchange: removes the temporary and the record.
  void discard(Staged&);

  // Whether file and folder can be written by this process; the reason if not.
  std::optional<std::string> read_only_reason();
  // `.bak`, `.bak.1`, … that exist, newest first.
  std::vector<std::string> backups();
  const std::string& path() const;  // as given
  std::string target();             // where symlinks finally point

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
