// A schedule's YAML file, for programs that read and write it themselves: locked, atomic, and
// lossless: only what differs from the file changes in it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "lockstep/error.hpp"

namespace lockstep {

struct ScheduleFileOptions {
  std::chrono::milliseconds lock_timeout{10'000};
  int backups = 10;  // older versions kept besides `.bak`
};

// What is wrong in the file, or in what was to be written.
class InvalidSchedule : public Error {
 public:
  InvalidSchedule(Parts parts, std::string errors) : Error(std::move(parts)), errors_(std::move(errors)) {}
  // As JSON: [{"file","line","column","task_id","field","message"}]
  const std::string& errors() const { return errors_; }

 private:
  std::string errors_;
};

// One thread at a time; several processes are what it is for. Members throw InvalidSchedule; Error(locked) when
// others keep the lock beyond the timeout or have the file open for writing; Error(io, permission).
class ScheduleFile {
 public:
  explicit ScheduleFile(std::string path, ScheduleFileOptions options = {});
  ~ScheduleFile();
  ScheduleFile(ScheduleFile&&) noexcept;
  ScheduleFile& operator=(ScheduleFile&&) noexcept;

  // The whole document as JSON: `tasks`, each with its fields in the forms of docs/HTTP.md (defaults filled in), and
  // the other top-level keys. A file that is missing or empty has no tasks.
  std::string read();

  // Makes the file say what `json` says; true if it had to be changed. `json` is an object like read()'s:
  // tasks are told apart by `id`; one that is not in it is removed from the file; a field that a task leaves out
  // stays; keys that lockstep does not know cannot be written and stay. Other top-level keys may be left out, or
  // must be as they are in the file, save metadata.last_sync and metadata.sync_source.
  // After a read(), only what `json` changes of what was read is written: what others wrote since stays, unless it is
  // the same field.
  // backup: keep the former version among the numbered backups too (`.bak` holds it in any case, so that no save
  // of an editor that has it open is lost).
  bool write(const std::string& json, bool backup = true);

  // {"path","exists","size","modified_at","checksum","tasks","valid","metadata"}: the last the file's own mapping
  // of that name, or null. Does not throw for an invalid file.
  std::string metadata();

  const std::string& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
