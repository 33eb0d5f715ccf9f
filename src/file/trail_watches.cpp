#include "file/trail_watches.hpp"

#include <algorithm>
#include <cerrno>

#include "file/network_file_system.hpp"

namespace lockstep {
namespace {

constexpr std::uint32_t kEntryMoved = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t kContent = IN_MODIFY | IN_CLOSE_WRITE;
constexpr std::uint32_t kSelf = IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kFolderOnly = IN_ONLYDIR | IN_DONT_FOLLOW;

// Each try walks the path twice; more than a few are needed only while it is swapped without pause.
constexpr int kTries = 50;

}  // namespace

std::optional<std::string> TrailWatches::set(const std::string& path) {
  if (!inotify_) {
    auto created = Inotify::create();
    if (!created) return why_not_watched(created.error(), path);
    inotify_ = std::move(*created);
  }
  // Watched and then walked again: a way that changed between looking and watching is seen by the second look,
  // one that changes later by the watches.
  std::optional<std::string> refusal;
  PathTrail trail = follow(path);
  for (int i = 0; i < kTries; ++i) {
    Attempt attempt = watch_all(trail);
    PathTrail now = follow(path);
    const bool same = now.folders == trail.folders && now.error == trail.error;
    if (same && !attempt.raced) {
      refusal = std::move(attempt.refusal);
      if (!refusal) return std::nullopt;
      clear();
      return refusal;
    }
    trail = std::move(now);
  }
  clear();
  return "the way to the file changes faster than it can be walked";
}

void TrailWatches::clear() {
  inotify_.reset();
  watches_.clear();
  writer_ = Writer::none;
}

int TrailWatches::descriptor() const { return inotify_ ? inotify_->descriptor() : -1; }

TrailWatches::Attempt TrailWatches::watch_all(const PathTrail& trail) {
  const auto former = std::exchange(watches_, {});
  Attempt attempt;
  if (trail.error == EACCES) attempt.refusal = "a folder on the way to the file may not be searched by this user";
  for (const TrailFolder& folder : trail.folders) {
    // Above a folder whose entries do not matter nothing is lost if it cannot be watched, save that it is moved as
    // a whole; the root cannot be.
    const bool entries_matter = !folder.names.empty();
    if (!entries_matter && folder.path == "/") continue;
    const std::uint32_t mask = kSelf | (entries_matter ? kEntryMoved | kContent | IN_EXCL_UNLINK : 0U);
    const int error = watch(folder.path, mask | kFolderOnly, {.names = folder.names});
    if (error == ENOENT || error == ENOTDIR) attempt.raced = true;
    else if (error != 0 && (entries_matter || error != EACCES)) attempt.refusal = why_not_watched(error, folder.path);
    if (entries_matter && !attempt.refusal) attempt.refusal = why_no_events(folder.path);
  }
  // The file itself too: what is written through another name of it, or through another mount, is told to that one's
  // folder only. A container's single-file mount is such a case.
  if (trail.file) {
    const int error = watch(*trail.file, kContent | IN_DONT_FOLLOW, {.names = {}, .is_file = true});
    if (error == ENOSPC) attempt.refusal = why_not_watched(error, *trail.file);
  }
  for (const auto& [number, unused] : former) {
    if (!watches_.contains(number)) inotify_->forget(number);
  }
  return attempt;
}

int TrailWatches::watch(const std::string& path, std::uint32_t mask, Watch watch) {
  const auto number = inotify_->watch(path, mask);
  if (!number) return number.error();
  watches_[*number] = std::move(watch);
  return 0;
}

TrailNews TrailWatches::news() {
  TrailNews news;
  if (!inotify_) return news;
  for (const InotifyEvent& event : inotify_->events()) note(event, news);
  return news;
}

void TrailWatches::note(const InotifyEvent& event, TrailNews& news) {
  if ((event.mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) != 0) {
    news.lost = news.moved = true;
    writer_ = Writer::none;
    return;
  }
  const auto found = watches_.find(event.watch);
  if (found == watches_.end()) return;
  const Watch& watch = found->second;
  if ((event.mask & (kSelf | IN_IGNORED)) != 0) {
    news.moved = true;
    if ((event.mask & IN_IGNORED) != 0) watches_.erase(found);
  } else if (watch.is_file) {
    // Once the path leads elsewhere this is about the former file: a backup, say, that its editor still writes.
    if (!news.moved) note_content(event.mask, news);
  } else if (std::ranges::find(watch.names, event.name) != watch.names.end()) {
    note_entry(event, news);
  }
}

void TrailWatches::note_entry(const InotifyEvent& event, TrailNews& news) {
  if ((event.mask & kEntryMoved) == 0) {
    note_content(event.mask, news);
    return;
  }
  news.moved = true;
  writer_ = (event.mask & IN_CREATE) != 0 ? Writer::perhaps : Writer::none;
}

void TrailWatches::note_content(std::uint32_t mask, TrailNews& news) {
  if ((mask & IN_MODIFY) != 0) {
    news.written = true;
    writer_ = Writer::writing;
  }
  if ((mask & IN_CLOSE_WRITE) != 0) {
    news.closed = true;
    writer_ = Writer::none;
  }
}

}  // namespace lockstep
