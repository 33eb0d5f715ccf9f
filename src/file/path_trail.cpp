#include "file/path_trail.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string_view>

#include "file/posix_file_system.hpp"

namespace lockstep {
namespace {

constexpr int kMaxLinks = 40;  // as in the kernel: path_resolution(7)

std::string join(const std::string& folder, const std::string& name) {
  return folder == "/" ? "/" + name : folder + "/" + name;
}

std::string parent_of(const std::string& folder) {
  const auto slash = folder.rfind('/');
  return slash == 0 ? "/" : folder.substr(0, slash);
}

std::string name_of(const std::string& folder) { return folder.substr(folder.rfind('/') + 1); }

class Walk {
 public:
  explicit Walk(const std::string& path) {
    push_front(path);
    enter("/");
  }

  PathTrail run() {
    while (trail_.error == 0 && !ahead_.empty()) {
      const std::string name = ahead_.front();
      ahead_.pop_front();
      step(name);
    }
    return std::move(trail_);
  }

 private:
  void push_front(std::string_view path) {
    std::vector<std::string> names;
    while (!path.empty()) {
      const auto end = std::min(path.find('/'), path.size());
      if (end > 0 && path.substr(0, end) != ".") names.emplace_back(path.substr(0, end));
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    ahead_.insert(ahead_.begin(), names.begin(), names.end());
  }

  void step(const std::string& name) {
    if (name == "..") {
      // `here_` has no links in it, so its text says what is above it.
      enter(parent_of(here_));
      return;
    }
    const auto entry = files_.stat(join(here_, name), false);
    if (!entry) {
      stop(entry.error());
      if (entry.error() == ENOENT) wait_for(name);
      return;
    }
    if (entry->kind == FileKind::symlink) {
      watch(here_, name);
      if (++links_ > kMaxLinks) return stop(ELOOP);
      push_front(entry->link_target);
      if (entry->link_target.starts_with('/')) enter("/");
    } else if (!ahead_.empty() && entry->kind == FileKind::folder) {
      enter(join(here_, name));
    } else {
      watch(here_, name);
      if (!ahead_.empty()) return stop(ENOTDIR);
      if (entry->kind == FileKind::regular) trail_.file = join(here_, name);
    }
  }

  void enter(std::string folder) {
    here_ = std::move(folder);
    add(here_);
  }

  void stop(int error) { trail_.error = error; }

  // A folder that is removed while a process still stands in it does not say so itself; the one above it does.
  void wait_for(const std::string& name) {
    watch(here_, name);
    if (here_ != "/") watch(parent_of(here_), name_of(here_));
  }

  void watch(const std::string& folder, const std::string& name) {
    TrailFolder* known = add(folder);
    if (known != nullptr && std::ranges::find(known->names, name) == known->names.end()) known->names.push_back(name);
  }

  // nullptr: it went away meanwhile, so that the next walk finds another trail.
  TrailFolder* add(const std::string& folder) {
    const auto status = files_.stat(folder, false);
    if (!status) return nullptr;
    for (TrailFolder& known : trail_.folders) {
      if (known.device == status->device && known.inode == status->inode) return &known;
    }
    trail_.folders.push_back({.path = folder, .device = status->device, .inode = status->inode});
    return &trail_.folders.back();
  }

  PosixFileSystem files_;
  PathTrail trail_;
  std::deque<std::string> ahead_;  // names still to be walked
  std::string here_;
  int links_ = 0;
};

}  // namespace

PathTrail follow(const std::string& path) { return Walk(path).run(); }

}  // namespace lockstep
