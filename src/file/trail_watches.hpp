// inotify along a path's trail, and what its events mean for the file. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "file/inotify.hpp"
#include "file/path_trail.hpp"

namespace lockstep {

// What a batch of events says. All false: nothing that concerns the file.
struct TrailNews {
  bool moved = false;    // the path leads, or may lead, elsewhere: set() is due
  bool written = false;  // into the file that it leads to
  bool closed = false;   // by one who had it open for writing
  bool lost = false;     // more happened than the queue holds, or it is unmounted: anything may have changed
  bool any() const { return moved || written || closed || lost; }
};

// Whether somebody has the file open for writing, as far as events tell.
enum class Writer : std::uint8_t {
  none,
  perhaps,  // it was created and nothing was written yet; or it is a new link to a file that is complete
  writing,
};

class TrailWatches {
 public:
  // Watches what the path's trail consists of now, and nothing else. When it returns, no later change is missed.
  // nullopt: done. Otherwise why it cannot be, as a sentence for people; then nothing is watched.
  std::optional<std::string> set(const std::string& path);
  void clear();  // frees what the system lends

  int descriptor() const;  // becomes readable with news; -1: nothing is watched
  TrailNews news();        // of the events that have come; does not wait
  Writer writer() const { return writer_; }

 private:
  struct Watch {
    std::vector<std::string> names;  // of a folder: the entries that matter
    bool is_file = false;
  };
  struct Attempt {
    bool raced = false;  // what was to be watched went away meanwhile
    std::optional<std::string> refusal{};
  };

  Attempt watch_all(const PathTrail& trail);
  int watch(const std::string& path, std::uint32_t mask, Watch watch);  // 0 or errno
  void note(const InotifyEvent& event, TrailNews& news);
  void note_entry(const InotifyEvent& event, TrailNews& news);
  void note_content(std::uint32_t mask, TrailNews& news);

  std::optional<Inotify> inotify_;
  std::unordered_map<int, Watch> watches_;  // by the kernel's number, which is not used again
  Writer writer_ = Writer::none;
};

}  // namespace lockstep
