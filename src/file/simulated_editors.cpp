// What other programs, and the tests themselves, do to a simulated file system.
#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "file/file_io.hpp"
#include "file/simulated_file_system.hpp"

namespace lockstep {

using simulated::Inode;

namespace {

// A test that cannot do what it set out to do is wrong.
template <class T>
void must(const Result<T>& result, const char* what, const std::string& path) {
  if (!result) throw std::logic_error(std::string(what) + " " + path + ": errno " + std::to_string(result.error()));
}

}  // namespace

Inode& SimulatedFileSystem::found(const std::string& path) {
  const auto place = disk_.find(path, true);
  must(place, "find", path);
  if (place->found == 0) throw std::logic_error("no " + path);
  return disk_.inode(place->found);
}

void SimulatedFileSystem::save_now(const std::string& path, const std::string& text) {
  const Outside outside(*this);
  auto opened = open(path, Open::update);
  if (!opened && opened.error() == ENOENT) opened = open(path, Open::create_public);
  must(opened, "open", path);
  must((*opened)->resize(0), "resize", path);
  if (!text.empty()) must((*opened)->write(0, text), "write", path);
  disk_.sync(found(folder_of(path)));
}

void SimulatedFileSystem::put(const std::string& path, const std::string& text) { save_now(path, text); }

void SimulatedFileSystem::save_in_place(const std::string& path, const std::string& text) {
  const auto place = disk_.find(path, true);
  if (place && place->found != 0 && !disk_.inode(place->found).leases.empty()) {
    // It has opened that very inode and waits; where its name has gone by then does not matter.
    const auto number = place->found;
    breaking_.insert(number);
    waiting_for_lease_[number].push_back([this, number, text] {
      auto& inode = disk_.inode(number);
      inode.now.bytes = text;
      inode.now.modified_ns = inode.changed_ns = now();
      disk_.sync(inode);
    });
    return;
  }
  save_now(path, text);
}

void SimulatedFileSystem::save_by_rename(const std::string& path, const std::string& text) {
  const Outside outside(*this);
  const auto beside = path + ".editor";
  save_now(beside, text);
  must(rename(beside, path, Rename::replace), "rename", path);
  disk_.sync(found(folder_of(path)));
}

void SimulatedFileSystem::put_folder(const std::string& path) {
  const auto place = disk_.find(path, false);
  must(place, "find", path);
  if (place->found != 0) return;
  auto& made = disk_.make(FileKind::folder);
  made.now.mode = 0755;
  disk_.sync(made);
  disk_.change_names(disk_.inode(place->folder), {{place->name, made.number}}, now());
  disk_.sync(disk_.inode(place->folder));
}

void SimulatedFileSystem::make_symlink(const std::string& target, const std::string& path) {
  const auto place = disk_.find(path, false);
  must(place, "find", path);
  auto& made = disk_.make(FileKind::symlink);
  made.link_target = target;
  disk_.sync(made);
  disk_.change_names(disk_.inode(place->folder), {{place->name, made.number}}, now());
  disk_.sync(disk_.inode(place->folder));
}

void SimulatedFileSystem::erase(const std::string& path) {
  const Outside outside(*this);
  must(remove(path), "remove", path);
  disk_.sync(found(folder_of(path)));
}

std::unique_ptr<File> SimulatedFileSystem::open_as_editor(const std::string& path, Open how) {
  const Outside outside(*this);
  auto opened = open(path, how);
  return opened ? std::move(*opened) : nullptr;
}

std::optional<FileStat> SimulatedFileSystem::stat_as_editor(const std::string& path) {
  const Outside outside(*this);
  const auto status = stat(path, true);
  return status ? std::optional(*status) : std::nullopt;
}

void SimulatedFileSystem::open_as_editor_when_free(const std::string& path, std::function<void(std::shared_ptr<File>)> act) {
  const auto& inode = found(path);
  const auto number = inode.number;
  if (inode.leases.empty()) return act(opened_by_editor(number, path));
  breaking_.insert(number);
  waiting_for_lease_[number].push_back([this, number, path, act = std::move(act)] { act(opened_by_editor(number, path)); });
}

void SimulatedFileSystem::set_rights(const std::string& path, std::uint32_t mode, std::uint32_t owner,
                                     std::uint32_t group) {
  auto& inode = found(path);
  inode.now.mode = mode;
  inode.now.owner = owner;
  inode.now.group = group;
  inode.changed_ns = now();
  disk_.sync(inode);
}

void SimulatedFileSystem::set_attribute(const std::string& path, const std::string& name, const std::string& value) {
  auto& inode = found(path);
  inode.now.attributes[name] = value;
  inode.changed_ns = now();
  disk_.sync(inode);
}

std::map<std::string, std::string> SimulatedFileSystem::attributes(const std::string& path) {
  return found(path).now.attributes;
}

std::optional<std::string> SimulatedFileSystem::text(const std::string& path) {
  const auto place = disk_.find(path, true);
  if (!place || place->found == 0) return std::nullopt;
  return disk_.inode(place->found).now.bytes;
}

std::vector<std::string> SimulatedFileSystem::names(const std::string& folder) {
  std::vector<std::string> result;
  for (const auto& [name, number] : found(folder).names) result.push_back(name);
  return result;
}

void SimulatedFileSystem::make_mount_point(const std::string& path) { mount_points_.push_back(found(path).number); }

void SimulatedFileSystem::forbid_writing(const std::string& path, int error) { forbidden_[found(path).number] = error; }

}  // namespace lockstep
