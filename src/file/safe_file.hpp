// A file that people edit and that lockstep writes: locked, never read or left
// half-written, replaced atomically, no edit lost, every older version kept.
//
// The steps of a write are separate functions, so that a run can do its database
// work between them and a fault can be put under each:
//
//   lock → find_journals (recovery) → read → stage → exchange → (COMMIT) → finish
//
// All paths stand beside the file that a symlink finally points to; while locked,
// that is the file it pointed to when the lock was taken.
// Broken operations throw lockstep::Error; busy is a value. One thread at a time.
//
// Durability: stage() and exchange() have synced when they return. finish(), and what
// recovery tidies, need not be: a crash that takes it back leaves the journal
// in place, and the next recovery does the same again.
//
// Where leases are not to be had (another user's file, network file systems), "nobody
// writes it" is two equal looks 25 ms apart and no writer among the processes
// that can be seen.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "file/backups.hpp"
#include "file/file_system.hpp"
#include "file/journal_texts.hpp"
#include "model/fingerprint.hpp"
#include "model/timestamp.hpp"

namespace lockstep {

class Patience;

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
    unmerged_save,  // a save that is not in the file, since another one was made at the same moment
  } state = State::not_exchanged;
  std::string path;     // of the temporary
  std::string run_key;
  std::string record;   // what stage() was given; complete if the file was exchanged, unless finish() had begun
  FileContent content;  // what the temporary holds
  // unmerged_save: what the run had read, and had written when the save was made over it; nullopt: a crash took them.
  std::optional<std::string> read, written;
  bool being_written = false;  // unmerged_save: its writer still has it open
};

class SafeFile {
 public:
  // `files` outlives it. Nothing is touched yet.
  SafeFile(FileSystem& files, std::string path, SafeFileOptions options = {});
  ~SafeFile();
  SafeFile(const SafeFile&) = delete;
  SafeFile& operator=(const SafeFile&) = delete;

  // From now on lock() and read() wait as long as that lasts, whatever else uses it up, and not lock_timeout each. Outlives
  // this; null: lock_timeout again.
  void wait_with(Patience*);

  // Holds flock on `<file>.lock` and on the file itself (where it exists; after an exchange on the new one
  // too) until destroyed, before the SafeFile is. In a folder where no lock file can be made: on the file alone.
  class Lock;
  std::variant<std::unique_ptr<Lock>, Busy> lock();

  // The file as it is when nobody has it open for writing (read lease, or two equal looks apart where
  // there are none). A missing file is a value. Needs no lock. Busy: a writer kept it open beyond lock_timeout.
  // While locked nobody is waited for, since whoever has the file open may be waiting for this very lock: then
  // Busy comes at once, also where an editor put a file in its place that is locked by somebody else. Let go of the
  // lock, wait a moment, lock again.
  std::variant<FileContent, Busy> read();
  std::optional<FileIdentity> identity();  // without reading; nullopt = missing. Follows symlinks.
  std::optional<FileIdentity> backup_identity();  // the same of `.bak`

  // Leftovers of earlier runs, oldest first. Under the lock.
  std::vector<Journal> find_journals();
  void remove_journal(const Journal&);        // state not_exchanged
  void keep_as_backup(const Journal&);        // state exchanged: it becomes `.bak`
  // state editor_save: exchanged back. If the file was saved since, both were saved: find_journals() then finds an unmerged_save.
  void restore_editor_save(const Journal&);
  void remove_save(const Journal&);           // state unmerged_save: once what it holds is in the file, durably
  // A text beside the file, as `<file>.saved-<time>`, with the file's rights; durable. Returns its path.
  std::string keep_aside(std::string_view text, Timestamp when);
  // Which `.bak` lockstep made last, as far as it is known: any other is somebody's own, and is kept.
  void own_backup(const std::optional<BackupFile>&);

  // A stray edit: `.bak` is still that inode but holds other bytes. Under the lock. Busy, at once as in read():
  // somebody has it open for writing.
  std::variant<std::optional<FileContent>, Busy> stray_edit(std::uint64_t device, std::uint64_t inode, Fingerprint content);
  // Puts the stray text in the file's place if the file is still `current` (atomically; what was there is kept
  // as a backup). false: it is not: start again from read().
  bool adopt_stray_edit(const FileContent& stray, const FileContent& current);

  // The new text in a temporary beside the file, with mode, owner, ACLs and extended attributes of the
  // file, and the record beside it, both durable. run_key: 1 to 64 of letters, digits, `_`, `.`, `-`.
  // On failure (a full disk) nothing of it is left.
  class Staged;
  std::unique_ptr<Staged> stage(const FileContent& before, std::string_view after, std::string_view run_key,
                                std::string_view record);
  // true: the file now holds the new text, durably. false: an editor saved in between; its version stands
  // in the file again, the staged text is gone: start again from find_journals(), which knows of a second save that was
  // made over the new text in that moment. The same if somebody has it open for writing.
  // `texts`: what was read and what was staged, for merging such a second save.
  // Error: if the file holds the new text nevertheless, find_journals() will tell.
  bool exchange(Staged&, const std::optional<RunTexts>& texts);
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

class SafeFile::Lock {
 public:
  explicit Lock(Impl& file) : file_(&file) {}
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Impl* file_;
};

// Destroyed before exchange() it is discarded; after it, left to finish() or to recovery.
class SafeFile::Staged {
 public:
  ~Staged();
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  // Once exchange() returned true: the file as it stands now, what identity() says until the next change; and
  // the text before, whose device and inode stray_edit() asks for (missing: the file is new).
  const FileIdentity& file() const;
  const std::optional<FileIdentity>& backup() const;
  // Somebody may have had the text before open for writing when it was exchanged, and save into it yet. false: nobody had.
  bool late_save_possible() const;

 private:
  friend class SafeFile;
  struct Impl;
  explicit Staged(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
