// The names that lockstep gives to what stands beside the file, and what they say.
//
//   .NAME.lockstep-RUN-BEFORE-AFTER.tmp        holds AFTER until it is exchanged with the file, where BEFORE is
//                                              expected; from then on what came out: the journal
//   .NAME.lockstep-RUN-BEFORE-AFTER.rec        the run's record
//   .NAME.lockstep-RUN-BEFORE-AFTER.save       an editor's save that is not in the file: it was made over AFTER while
//                                              that stood there unconfirmed, and is to be merged into the file
//   .NAME.lockstep-RUN-BEFORE-AFTER.back       where the file system cannot exchange: an editor's save on its way back
//                                              into the file; the two words are those of this step
//   ….tmp.copy, ….back.copy                    where the file system cannot exchange: what stood in the file. Beside a
//                                              .tmp or .back the replacing is under way; without one it is done
//   ….part                                     being written; worthless
//
// BEFORE, AFTER: 32 hex digits of the text's fingerprint; BEFORE is `none` where the file was missing. Every name
// but `.part`, `.rec` and `.save` is given only to what is complete and durable; a `.rec` counts only beside a journal, or,
// with `none`, alone, and is complete in both cases (SafeFile::stage).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/fingerprint.hpp"

namespace lockstep {

struct JournalName {
  enum class Kind { staged, save, back };
  Kind kind = Kind::staged;
  std::string run_key;
  std::optional<Fingerprint> before;  // nullopt: the file was missing
  Fingerprint after;
  std::string stem;  // the path without `.tmp`, `.rec`, `.save`, `.back`

  bool created() const { return !before; }
  std::string main() const { return stem + (kind == Kind::staged ? ".tmp" : kind == Kind::save ? ".save" : ".back"); }
  std::string save() const { return stem + ".save"; }
  std::string copy() const { return main() + ".copy"; }
  std::string record() const { return stem + ".rec"; }
  std::string part() const { return stem + ".part"; }
};

// Letters, digits, `_`, `.`, `-`; 1 to 64 of them.
bool is_run_key(std::string_view);

JournalName journal_name(const std::string& target, JournalName::Kind kind, std::string_view run_key,
                         std::optional<Fingerprint> before, Fingerprint after);

// What a name in the target's folder says; nullopt: a stranger's, or another file's.
struct Leftover {
  enum class Part { main, copy, record, unfinished } part = Part::main;
  JournalName name;
};
std::optional<Leftover> leftover_of(const std::string& target, std::string_view name);

}  // namespace lockstep
