// One text in another's place, nothing lost: the exchange, what is done where a
// file system has none, and the way back when an editor saved in between.
//
// All under the lock. What a crash leaves between two calls is told apart by
// names (journal_name.hpp); settle() and recovery in safe_file_recovery.cpp read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "file/backups.hpp"
#include "file/file_io.hpp"
#include "file/journal_name.hpp"
#include "file/journal_texts.hpp"

namespace lockstep {

struct Place {
  FileSystem& files;
  std::string target;
  int backups;                          // older ones besides `.bak`
  std::optional<BackupFile> own_backup;  // the `.bak` that lockstep made last; nullopt = not known
};

// What stands in the target, watched from before it is replaced until what came out is judged. Where leases are to be
// had, nobody can open it for writing meanwhile without being noticed; holding one makes such openers wait.
class Watched {
 public:
  // nullopt: it is not `expected` (any more), or somebody has it open for writing.
  static std::optional<Watched> look(FileSystem&, const std::string& target, Fingerprint expected);
  // Whether it stands at `path` now, as it was, and nobody has tried to write it. Quick with a lease.
  bool is_untouched_at(FileSystem&, const std::string& path);
  // No lease: somebody may have it open for writing, and save into it late.
  bool may_be_written_late() const { return !leased_; }
  File& file() { return *file_; }
  void let_go();  // of the lease

 private:
  Watched(std::unique_ptr<File> file, FileStat status, Fingerprint expected, bool leased);
  std::unique_ptr<File> file_;
  FileStat status_;
  Fingerprint expected_;
  bool leased_;
};

// Whether the two could change places. If not, nothing is changed.
enum class Swapped { yes, target_missing, mount_point, not_possible };
Swapped exchange_names(const Place&, const JournalName& name);

// Where exchange_names() found that it cannot be done, which `why` says: puts the file at name.main() in the target's place if name.before stands there,
// and returns name.copy(), where what stood there is now; main() is gone.
// nullopt: the target is missing or is not name.before: nothing is changed.
// Error: nothing is changed either, unless copy() exists.
//
// A hard link to what stands there, or a copy, then rename. What an editor puts there by renaming, in the
// moment between our last call before the rename and it, is lost: such file systems offer no better.
// Where the target is a mount point: a durable copy of what stands there, then written in
// place; it keeps its inode, others may read it half-written, and an in-place save in the moment between the
// last look and the writing is lost too.
std::optional<std::string> replace_without_exchange(const Place&, const JournalName& name, Swapped why);

// The target is missing: the file at name.main() takes its name, unless somebody made one meanwhile (false).
bool create_in_place(const Place&, const JournalName& name);

// After a crash inside replace_without_exchange, main() and copy() both there: undoes it, or finds that it was done.
// Afterwards one of them is there. Error (locked): somebody writes the target just now.
void settle(const Place&, const JournalName& name);

// The exchange of `name` took out a save that a person had made meanwhile. It goes back at once, before anything else:
// while the run's unconfirmed text stands in the target, another save may build on it. If that has happened, that
// second save is kept as name.save(), to be merged, with the texts in the record.
// false: there is no exchange here (any more); nothing was done.
bool take_back(const Place&, const JournalName& name, const std::optional<RunTexts>&);

// The same in any file system, and slower: `held` is the save that was taken out of the target, `standing` what the
// run has put there.
void put_back(const Place&, const JournalName& name, const std::string& held, Fingerprint standing,
              const std::optional<RunTexts>&);
// After a crash, for what stands at `held`: neither of name's two texts, or a `.back`. Whatever cannot simply go back
// into the file becomes name.save().
void recover_save(const Place&, const JournalName& name, const std::string& held);

}  // namespace lockstep
