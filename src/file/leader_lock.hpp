// Which of several processes on one file does what only one of them should: the one that holds this
// lock, until it ends, however it ends.
#pragma once

#include <optional>
#include <string>

#include "file/descriptor.hpp"

namespace lockstep {

// `<file>.leader.lock` beside what the path finally points to, kept when it is released; flock, so that a
// second one in the same process is a rival too. One thread at a time.
class LeaderLock {
 public:
  explicit LeaderLock(const std::string& path);

  enum class Attempt {
    held,       // by this one, from now on or before
    by_other,   // somebody else leads
    no_lock,    // no lock file can be made there: nobody can be told apart
  };
  Attempt attempt();  // never waits
  void release();

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  Descriptor held_;
};

}  // namespace lockstep
