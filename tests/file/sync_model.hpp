// A very small engine around SafeFile, with a database that is a set of run
// keys: enough to hold every crash, fault and editor against the rules of
// recovery. Every text is its predecessor and one more line, so what a text
// is made of can be read from it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "file/safe_file.hpp"
#include "file/simulated_file_system.hpp"
#include "model/error.hpp"

namespace lockstep {

inline const std::string kPath = "/home/f.yml";
inline const std::string kFirst = "first\n";

class SyncModel {
 public:
  SyncModel() {
    disk.put_folder("/home");
    disk.put(kPath, kFirst);
  }

  // One sync: recovery, then a line of its own for the file, committed. Throws as SafeFile does; gives up after
  // some editors, as the engine would.
  enum class Outcome { done, busy, gave_up };
  Outcome sync(const std::string& run) {
    SafeFile file(disk, kPath, {.lock_timeout = std::chrono::milliseconds(200), .backups = 20, .max_size = 1 << 20});
    auto lock = file.lock();
    if (std::holds_alternative<Busy>(lock)) return Outcome::busy;
    recover(file);
    Outcome last = Outcome::gave_up;
    for (int attempt = 0; attempt < 20; ++attempt) {
      const auto read = file.read();
      const auto* before = std::get_if<FileContent>(&read);
      if (before == nullptr) {  // waited for without the lock
        lock = Busy{};
        disk.wait(std::chrono::milliseconds(10));
        lock = file.lock();
        if (std::holds_alternative<Busy>(lock)) return Outcome::busy;
        recover(file);
        last = Outcome::busy;
        continue;
      }
      const auto line = "run " + run + "\n";
      if (before->text.find(line) != std::string::npos) return Outcome::done;
      const auto after = before->text + line;
      const auto staged = file.stage(*before, after, run, "record of " + run);
      last = Outcome::gave_up;
      if (!file.exchange(*staged, RunTexts{before->text, after})) {
        recover(file);
        continue;
      }
      committed.insert(run);
      file.finish(*staged);
      return Outcome::done;
    }
    return last;
  }

  void recover(SafeFile& file) {
    for (int round = 0; round < 8 && settle(file); ++round) {}
  }

  // true: there may be more.
  bool settle(SafeFile& file) {
    bool again = false;
    for (const auto& journal : file.find_journals()) {
      switch (journal.state) {
        case Journal::State::not_exchanged:
          EXPECT_FALSE(committed.contains(journal.run_key)) << "a run was committed whose file was never replaced";
          file.remove_journal(journal);
          break;
        case Journal::State::exchanged:
          if (!committed.contains(journal.run_key)) {
            EXPECT_EQ(journal.record, journal.run_key == "merge" ? "" : "record of " + journal.run_key);
          }
          exchanged.insert(journal.run_key);
          file.keep_as_backup(journal);
          break;
        case Journal::State::editor_save:
          file.restore_editor_save(journal);
          again = true;
          break;
        case Journal::State::unmerged_save:
          ++met;
          again = merge(file, journal);
          break;
      }
    }
    return again;
  }

  // The lines that the second save added are added to the first one. false: somebody still writes.
  bool merge(SafeFile& file, const Journal& journal) {
    const auto read = file.read();
    const auto* standing = std::get_if<FileContent>(&read);
    if (journal.being_written || standing == nullptr) return false;
    auto text = standing->text;
    for (const auto& line : lines(journal.content.text)) {
      const bool run = journal.written ? journal.written->find(line) != std::string::npos : line.starts_with("run ");
      if (!run && text.find(line) == std::string::npos) text += line;
    }
    if (text != standing->text) {
      const auto staged = file.stage(*standing, text, "merge", {});
      if (!file.exchange(*staged, RunTexts{standing->text, text})) return true;
      file.finish(*staged);
    }
    file.remove_save(journal);
    return true;
  }

  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> result;
    for (std::size_t at = 0; at < text.size();) {
      const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
      result.push_back(text.substr(at, end - at));
      at = end;
    }
    return result;
  }

  std::string text() { return disk.text(kPath).value_or("(missing)"); }

  // The file and every backup.
  std::vector<std::string> versions() {
    std::vector<std::string> result;
    for (const auto& name : disk.names("/home")) {
      if (name == "f.yml" || name.starts_with("f.yml.bak")) result.push_back(*disk.text("/home/" + name));
    }
    return result;
  }
  bool is_kept(const std::string& part) {
    const auto all = versions();
    return std::any_of(all.begin(), all.end(), [&](const auto& text) { return text.find(part) != std::string::npos; });
  }
  std::string leftovers() {
    std::string result;
    for (const auto& name : disk.names("/home")) {
      if (name.find(".lockstep-") != std::string::npos) result += name + " ";
    }
    return result;
  }
  std::string describe() {
    std::string result;
    for (const auto& name : disk.names("/home")) {
      result += name + ": " + disk.text("/home/" + name).value_or("") + "\n";
    }
    return result;
  }

  SimulatedFileSystem disk;
  std::set<std::string> committed;  // the database
  std::set<std::string> exchanged;  // runs that recovery reported as such
  std::size_t met = 0;              // saves that had to be merged
};

// The kinds of file system that a write has to cope with.
struct Variant {
  std::string name;
  void (*prepare)(SyncModel&);
  bool exact;        // exchange is possible: no editor's save can be lost, whenever it comes
  std::size_t gaps;  // before how many calls of a sync a save is lost, where it is not: replacement.hpp owns up to them
  friend void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }
};

inline const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{
      {"ordinary", [](SyncModel&) {}, true, 0},
      {"no_leases", [](SyncModel& model) { model.disk.able.read_leases = false; }, true, 0},
      {"short_transfers", [](SyncModel& model) { model.disk.able.largest_transfer = 5; }, true, 0},
      {"no_exchange", [](SyncModel& model) { model.disk.able.exchange = false; }, false, 1},
      {"no_exchange_no_links",
       [](SyncModel& model) { model.disk.able.exchange = model.disk.able.hard_links = false; }, false, 1},
      {"mount_point", [](SyncModel& model) { model.disk.make_mount_point(kPath); }, false, 3},
      {"mount_point_short_transfers",
       [](SyncModel& model) {
         model.disk.make_mount_point(kPath);
         model.disk.able.largest_transfer = 5;
       },
       false, 10},
      {"missing", [](SyncModel& model) { model.disk.erase(kPath); }, true, 0},
      {"missing_without_rename_keeping",
       [](SyncModel& model) {
         model.disk.erase(kPath);
         model.disk.able.rename_keeping = false;
       },
       true, 0},
      {"missing_without_links",
       [](SyncModel& model) {
         model.disk.erase(kPath);
         model.disk.able.rename_keeping = model.disk.able.hard_links = false;
       },
       false, 1},
  };
  return all;
}

}  // namespace lockstep
