// The matter of the simulated file system: inodes, names, and what of them a
// crash leaves. Private to it.
//
// Durability: an inode's content and attributes are durable as of its last sync;
// a folder's names likewise. What was not synced survives a crash or not, file
// by file and name by name, in any combination that keeps the order of operations on
// the same name; content that was not synced may be cut, zeroed from some point on, or
// a mixture of new and old. Real file systems promise a little more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "file/file_system.hpp"

namespace lockstep::simulated {

using InodeNumber = std::uint64_t;

// What a sync makes durable.
struct Content {
  std::string bytes;
  std::uint32_t mode = 0644;
  std::uint32_t owner = 0;
  std::uint32_t group = 0;
  std::map<std::string, std::string> attributes;
  std::int64_t modified_ns = 0;
};

// One operation on a folder: the names it sets, or clears (0), at once.
using NameChange = std::vector<std::pair<std::string, InodeNumber>>;

struct Inode {
  InodeNumber number = 0;
  FileKind kind = FileKind::regular;
  Content now;
  std::optional<Content> durable;  // nullopt: never synced, empty after a crash
  std::int64_t changed_ns = 0;
  std::uint64_t links = 0;
  std::string link_target;

  std::map<std::string, InodeNumber> names;  // of a folder
  std::map<std::string, InodeNumber> durable_names;
  std::vector<NameChange> pending;

  std::uint64_t lock_holder = 0;  // handle
  std::set<std::uint64_t> leases;
};

enum class Unsynced { lost, kept, any };

class Disk {
 public:
  Disk();

  Inode& inode(InodeNumber number) { return *inodes_.at(number); }
  Inode& make(FileKind kind);

  struct Place {
    InodeNumber folder = 0;
    std::string name;
    InodeNumber found = 0;  // 0: nothing of that name
  };
  // Walks a path from the root; relative ones start there too. Refused: ENOENT, ENOTDIR, ELOOP.
  Result<Place> find(const std::string& path, bool follow);

  void change_names(Inode& folder, NameChange change, std::int64_t time_ns);
  void sync(Inode&);
  void crash(Unsynced, std::mt19937_64&);

 private:
  Result<Place> walk(std::string path, bool follow, int links_left);

  std::map<InodeNumber, std::unique_ptr<Inode>> inodes_;
  InodeNumber next_ = 2;
};

}  // namespace lockstep::simulated
