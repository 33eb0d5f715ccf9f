#include "file/simulated_disk.hpp"

#include <algorithm>
#include <cerrno>

namespace lockstep::simulated {
namespace {

constexpr InodeNumber kRoot = 1;

std::size_t below(std::mt19937_64& random, std::size_t bound) { return static_cast<std::size_t>(random() % bound); }

Content after_crash(const Inode& inode, Unsynced unsynced, std::mt19937_64& random) {
  const Content old = inode.durable.value_or(Content{.bytes = {}, .mode = inode.now.mode, .owner = inode.now.owner,
                                                     .group = inode.now.group, .attributes = {}, .modified_ns = 0});
  if (unsynced == Unsynced::lost) return old;
  if (unsynced == Unsynced::kept || old.bytes == inode.now.bytes) return inode.now;
  Content content = random() % 2 == 0 ? old : inode.now;
  const auto cut = below(random, inode.now.bytes.size() + 1);
  switch (random() % 5) {
    case 0: content.bytes = old.bytes; break;
    case 1: content.bytes = inode.now.bytes; break;
    case 2: content.bytes = inode.now.bytes.substr(0, cut); break;
    case 3: content.bytes = inode.now.bytes.substr(0, cut) + std::string(inode.now.bytes.size() - cut, '\0'); break;
    default:
      content.bytes = inode.now.bytes.substr(0, cut) + (cut < old.bytes.size() ? old.bytes.substr(cut) : std::string());
  }
  return content;
}

}  // namespace

Disk::Disk() {
  auto root = std::make_unique<Inode>();
  root->number = kRoot;
  root->kind = FileKind::folder;
  root->links = 1;
  root->durable = root->now;
  inodes_.emplace(kRoot, std::move(root));
}

Inode& Disk::make(FileKind kind) {
  auto made = std::make_unique<Inode>();
  made->number = next_++;
  made->kind = kind;
  auto& result = *made;
  inodes_.emplace(result.number, std::move(made));
  return result;
}

Result<Disk::Place> Disk::find(const std::string& path, bool follow) { return walk(path, follow, 40); }

Result<Disk::Place> Disk::walk(std::string path, bool follow, int links_left) {
  using Found = Result<Place>;
  if (path.empty()) return Found::refused(ENOENT);
  std::vector<InodeNumber> way{kRoot};
  Place place{kRoot, ".", kRoot};
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto name = path.substr(at, end - at);
    const bool last = path.find_first_not_of('/', end) == std::string::npos;
    at = end + 1;
    if (name.empty() || name == ".") continue;
    if (place.found == 0) return Found::refused(ENOENT);
    if (inode(place.found).kind != FileKind::folder) return Found::refused(ENOTDIR);
    if (name == "..") {
      if (way.size() > 1) way.pop_back();
      place = {way.back(), ".", way.back()};
      continue;
    }
    if (name.size() > 255) return Found::refused(ENAMETOOLONG);
    auto& folder = inode(place.found);
    const auto entry = folder.names.find(name);
    place = {folder.number, name, entry == folder.names.end() ? 0 : entry->second};
    if (place.found != 0 && inode(place.found).kind == FileKind::symlink && (!last || follow)) {
      if (links_left == 0) return Found::refused(ELOOP);
      // Inodes are numbered, not named: the way so far is walked again through the link's text.
      const auto& target = inode(place.found).link_target;
      std::string before;
      if (!target.starts_with('/')) before = path.substr(0, end - name.size());
      return walk(before + target + (last ? "" : path.substr(end)), follow, links_left - 1);
    }
    if (place.found != 0) way.push_back(place.found);
  }
  return place;
}

void Disk::change_names(Inode& folder, NameChange change, std::int64_t time_ns) {
  for (const auto& [name, number] : change) {
    if (const auto old = folder.names.find(name); old != folder.names.end()) {
      --inode(old->second).links;
      inode(old->second).changed_ns = time_ns;
      folder.names.erase(old);
    }
  }
  for (const auto& [name, number] : change) {
    if (number == 0) continue;
    folder.names[name] = number;
    ++inode(number).links;
    inode(number).changed_ns = time_ns;
  }
  folder.now.modified_ns = folder.changed_ns = time_ns;
  folder.pending.push_back(std::move(change));
}

void Disk::sync(Inode& which) {
  which.durable = which.now;
  which.durable_names = which.names;
  which.pending.clear();
}

void Disk::crash(Unsynced unsynced, std::mt19937_64& random) {
  for (auto& [number, held] : inodes_) {
    auto& at = *held;
    at.lock_holder = 0;
    at.leases.clear();
    if (at.kind == FileKind::regular) {
      at.now = after_crash(at, unsynced, random);
    } else if (at.kind == FileKind::folder && unsynced != Unsynced::kept) {
      auto names = at.durable_names;
      std::set<std::string> lost;
      for (const auto& change : at.pending) {
        const bool follows_lost =
            std::any_of(change.begin(), change.end(), [&](const auto& set) { return lost.contains(set.first); });
        const bool survives = unsynced == Unsynced::any && !follows_lost && random() % 2 == 0;
        for (const auto& [name, target] : change) {
          if (!survives) {
            lost.insert(name);
          } else if (target == 0) {
            names.erase(name);
          } else {
            names[name] = target;
          }
        }
      }
      at.names = std::move(names);
    }
    sync(at);
  }
  for (auto& [number, held] : inodes_) held->links = number == kRoot ? 1 : 0;
  for (auto& [number, held] : inodes_) {
    for (const auto& [name, target] : held->names) ++inode(target).links;
  }
}

}  // namespace lockstep::simulated
