// One text in another's place, nothing lost: the exchange, what is done where a
// file system has none, and the way back when an editor saved in between.
//
// All under the lock. What a crash leaves between two calls is told apart by
// names (journal_name.hpp); settle() and recovery in safe_file_recovery.cpp read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "file/file_io.hpp"
#include "file/journal_name.hpp"

namespace lockstep {

struct Place {
  FileSystem& files;
  std::string target;
  int backups;
};

// Puts the file at name.main() in the target's place, where name.before is expected, and returns where that
// which stood there is now: at main() after an exchange; else at copy(), and main() is gone. After an exchange
// the caller has to look whether it is name.before, and to sync the folder.
// nullopt: the target is missing or, where it has to be looked at first, is not name.before: nothing is changed.
// Error: nothing is changed either, unless copy() exists.
//
// Without exchange (EINVAL, ENOSYS): a hard link to what stands there, or a copy, then rename. What an editor
// puts there by renaming, in the moment between our last call before the rename and it, is lost: such file
// systems offer no better.
// Where the target is a mount point (EBUSY, EXDEV): a durable copy of what stands there, then written in
// place; it keeps its inode, others may read it half-written, and an in-place save in the moment between the
// last look and the writing is lost too.
std::optional<std::string> put_in_place(const Place&, const JournalName& name);

// The target is missing: the file at name.main() takes its name, unless somebody made one meanwhile (false).
bool create_in_place(const Place&, const JournalName& name);

// After a crash inside put_in_place, main() and copy() both there: undoes it, or finds that it was done.
// Afterwards one of them is there. Error (locked): somebody writes the target just now.
void settle(const Place&, const JournalName& name);

// `held` is an editor's save that was swapped out by what stands in the target now, `standing`. Puts it back;
// what that swaps out is removed, or, with keep_standing, becomes a backup. A save that is newer still, in
// the target or swapped out in turn, wins; the loser becomes a backup.
void put_back(const Place&, const JournalName& name, const std::string& held, Fingerprint standing, bool keep_standing);
// The same after a crash, for what name says, that stands at `held` and is neither of its two texts, or is a
// `back` journal's own.
void recover_save(const Place&, const JournalName& name, const std::string& held);

}  // namespace lockstep
