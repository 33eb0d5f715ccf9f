// Tells when a file that people edit may have changed. A hint, no more: whoever is told reads the file and decides.
//
// Watched are the folder that holds the file, the folder of every symbolic link on the way to it (a Kubernetes
// ConfigMap: `schedule.yml` -> `..data/schedule.yml`, `..data` -> `..2026_07_01/`, swapped by rename), and the moving of
// every folder above them. What is missing is waited for in the nearest folder that is there. Whenever something
// on the way changes, it is walked anew.
//
// One save is told once: `settle` after its last event, and not while its writer, as far as the events tell, still has
// the file open. A save that only the contents' absence marks (unlink, then create) is waited for too. Not told:
// what happens to other files of the folder, opening and reading, and changes of mode, owner or attributes alone.
//
// Where events are not to be had (a limit is reached, a folder may not be read, a network file system, on which other
// hosts' changes send none) the file's identity (device, inode, size, time of modification) is looked at every
// `poll_interval` instead, and events are tried again every `retry_interval`.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace lockstep {

struct FileWatcherOptions {
  std::chrono::milliseconds settle{20};             // quiet for so long after the last event
  std::chrono::milliseconds settle_missing{200};    // the same for a file that is gone: some programs unlink to save
  std::chrono::milliseconds longest_wait{2'000};    // for quiet and for a writer to close the file; then it is told anyway
  std::chrono::milliseconds poll_interval{500};     // where events are not to be had
  std::chrono::milliseconds retry_interval{30'000}; // there: until events are tried again
  bool events{true};                                // false: poll, whatever the system offers
};

// Owns one thread. The member functions may be called from any thread.
class FileWatcher {
 public:
  enum class Mode : std::uint8_t {
    running,  // told of changes by events; no wake-ups while nothing happens
    polling,
    stopped,  // by a failure that it could not get over: state() has it
  };

  // A relative path is one from the current folder at this moment. What changes after the constructor has
  // returned is told; a file that is missing is waited for. `changed` is called on the watcher's thread, must not throw
  // and must not destroy the watcher; what changes while it runs is told by another call.
  // Throws Error(io) when the system has no descriptor left for the watcher's own.
  FileWatcher(std::string path, FileWatcherOptions options, std::function<void()> changed);
  ~FileWatcher();  // ends the thread, at once, unless `changed` is running: then after it
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

  Mode mode() const;
  std::string state() const;  // a sentence for people: how it is watched, and why it is polled

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep
