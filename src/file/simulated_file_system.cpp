#include "file/simulated_file_system.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

namespace lockstep {

using simulated::Inode;
using simulated::InodeNumber;

namespace {

constexpr std::uint64_t kDevice = 7;

// Whether a call of this kind can meet this error on a real system.
bool can_fail_with(const std::string& operation, int error) {
  static const std::set<std::string> kCannotFail{"wait", "holder", "access"};
  static const std::set<std::string> kNeedsSpace{"create", "write", "resize", "rename", "link", "attributes"};
  static const std::set<std::string> kNeedsRights{"open", "create", "rename", "link", "remove", "attributes", "list"};
  if (kCannotFail.contains(operation)) return false;
  if (error == ENOSPC || error == EDQUOT) return kNeedsSpace.contains(operation);
  if (error == EACCES || error == EPERM || error == EROFS) return kNeedsRights.contains(operation);
  return true;
}

}  // namespace

class SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedFileSystem& files, std::uint64_t handle) : files_(files), handle_(handle) {}
  ~SimulatedFile() override { files_.close(handle_); }
  SimulatedFile(const SimulatedFile&) = delete;
  SimulatedFile& operator=(const SimulatedFile&) = delete;

  Result<std::size_t> read(std::uint64_t offset, std::span<char> buffer) override {
    if (const int error = enter("read"); error != 0) return Result<std::size_t>::refused(error);
    const auto& bytes = inode().now.bytes;
    if (inode().kind == FileKind::folder) return Result<std::size_t>::refused(EISDIR);
    if (offset >= bytes.size()) return std::size_t{0};
    const auto count = std::min({buffer.size(), bytes.size() - offset, files_.able.largest_transfer});
    std::memcpy(buffer.data(), bytes.data() + offset, count);
    return count;
  }

  Result<std::size_t> write(std::uint64_t offset, std::string_view given) override {
    if (const int error = enter_writing("write"); error != 0) return Result<std::size_t>::refused(error);
    const auto count = is_editors() ? given.size() : std::min(given.size(), files_.able.largest_transfer);
    auto& bytes = inode().now.bytes;
    if (offset + count > bytes.size()) bytes.resize(offset + count, '\0');
    std::copy_n(given.begin(), count, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    touched();
    return count;
  }

  Done resize(std::uint64_t size) override {
    if (const int error = enter_writing("resize"); error != 0) return Done::refused(error);
    inode().now.bytes.resize(size, '\0');
    touched();
    return Done();
  }

  Done sync() override {
    if (const int error = enter("sync"); error != 0) return Done::refused(error);
    files_.disk_.sync(inode());
    return Done();
  }

  Result<FileStat> stat() override {
    if (const int error = enter("stat"); error != 0) return Result<FileStat>::refused(error);
    return files_.stat_of(inode());
  }

  Done try_lock() override {
    if (const int error = enter("lock"); error != 0) return Done::refused(error);
    auto& holder = inode().lock_holder;
    if (holder != 0 && holder != handle_) return Done::refused(EAGAIN);
    holder = handle_;
    return Done();
  }

  Done take_read_lease() override {
    if (const int error = enter("lease"); error != 0) return Done::refused(error);
    if (!files_.able.read_leases || inode().kind != FileKind::regular) return Done::refused(EINVAL);
    if (files_.is_written(inode().number)) return Done::refused(EAGAIN);
    inode().leases.insert(handle_);
    return Done();
  }

  void drop_lease() override { files_.drop_lease(handle_); }
  bool lease_holds() override {
    const auto handle = files_.handles_.find(handle_);
    if (handle == files_.handles_.end()) return false;
    return inode().leases.contains(handle_) && !files_.breaking_.contains(inode().number);
  }

  Done take_attributes_of(File& source) override {
    if (const int error = enter("attributes"); error != 0) return Done::refused(error);
    const auto& from = static_cast<SimulatedFile&>(source).inode().now;
    auto& to = inode().now;
    if (files_.able.give_away) {
      to.owner = from.owner;
      to.group = from.group;
    }
    to.mode = from.mode;
    to.attributes = from.attributes;
    inode().changed_ns = files_.now();
    return Done();
  }

 private:
  // Of a file whose process died nothing is left but the object.
  int enter(const char* operation) {
    const auto handle = files_.handles_.find(handle_);
    if (handle == files_.handles_.end()) return EIO;
    if (is_editors()) return 0;
    return files_.enter(operation, handle->second.path);
  }
  int enter_writing(const char* operation) {
    if (const int error = enter(operation); error != 0) return error;
    return files_.handles_.at(handle_).writable ? 0 : EBADF;
  }
  bool is_editors() const { return files_.handles_.at(handle_).process == SimulatedFileSystem::kEditor; }
  Inode& inode() { return files_.disk_.inode(files_.handles_.at(handle_).inode); }
  void touched() {
    inode().now.modified_ns = inode().changed_ns = files_.now();
    if (is_editors()) files_.disk_.sync(inode());
  }

  SimulatedFileSystem& files_;
  std::uint64_t handle_;
};

SimulatedFileSystem::SimulatedFileSystem() = default;
SimulatedFileSystem::~SimulatedFileSystem() = default;

// ---- calls ------------------------------------------------------------------------------------------

int SimulatedFileSystem::enter(const char* operation, const std::string& path) {
  if (outside_) return 0;
  // Destructors that run while a crash unwinds the program find a machine that does nothing any more.
  if (crashed_) return EIO;
  const Call call{++calls_, operation, path};
  time_ns_ += 1000;
  fail_this_ = 0;
  if (hook_) {
    const Outside outside(*this);
    hook_(call);
    if (crashed_) return EIO;
  }
  if (crash_at_ != 0 && call.number == crash_at_) {
    crashed_ = true;
    throw SimulatedCrash{};
  }
  if (const int error = std::exchange(fail_this_, 0); error != 0 && can_fail_with(call.operation, error)) return error;
  const bool hit = fail_at_ != 0 && (fail_persistent_ ? call.number >= fail_at_ : call.number == fail_at_);
  return hit && can_fail_with(call.operation, fail_error_) ? fail_error_ : 0;
}

void SimulatedFileSystem::before_each(std::function<void(const Call&)> hook) { hook_ = std::move(hook); }
std::size_t SimulatedFileSystem::calls() const { return calls_; }

void SimulatedFileSystem::fail_at(std::size_t number, int error, bool persistent) {
  fail_at_ = number;
  fail_error_ = error;
  fail_persistent_ = persistent;
}

void SimulatedFileSystem::fail_this(int error) { fail_this_ = error; }

void SimulatedFileSystem::crash_at(std::size_t number) { crash_at_ = number; }

void SimulatedFileSystem::no_more_faults() { fail_at_ = crash_at_ = 0; }

void SimulatedFileSystem::restart(Unsynced unsynced, std::uint64_t seed) {
  const bool machine = unsynced != Unsynced::kept;
  std::vector<std::uint64_t> dead;
  for (const auto& [number, handle] : handles_) {
    if (machine || handle.process != kEditor) dead.push_back(number);
  }
  for (const auto number : dead) close(number);
  if (machine) {
    std::mt19937_64 random(seed);
    disk_.crash(unsynced, random);
    waiting_for_lease_.clear();
  }
  crashed_ = false;
  hook_ = nullptr;
  calls_ = 0;
  no_more_faults();
}

void SimulatedFileSystem::end_process(int number) {
  std::vector<std::uint64_t> dead;
  for (const auto& [handle, held] : handles_) {
    if (held.process == number) dead.push_back(handle);
  }
  for (const auto handle : dead) close(handle);
  crashed_ = false;
}

void SimulatedFileSystem::pass(std::chrono::nanoseconds duration) { time_ns_ += duration.count(); }

std::unique_ptr<File> SimulatedFileSystem::opened_by_editor(InodeNumber number, const std::string& path) {
  const auto handle = next_handle_++;
  handles_[handle] = {number, true, kEditor, path};
  return std::make_unique<SimulatedFile>(*this, handle);
}

int SimulatedFileSystem::refusal(InodeNumber number) const {
  if (able.read_only) return EROFS;
  // Rights are the program's under test; its editors have all.
  const auto found = forbidden_.find(number);
  return outside_ || found == forbidden_.end() ? 0 : found->second;
}

std::int64_t SimulatedFileSystem::now() const { return time_ns_ - time_ns_ % timestamp_step; }

bool SimulatedFileSystem::is_written(InodeNumber number) const {
  return std::any_of(handles_.begin(), handles_.end(),
                     [&](const auto& handle) { return handle.second.inode == number && handle.second.writable; });
}

FileStat SimulatedFileSystem::stat_of(const Inode& inode) const {
  FileStat status;
  status.kind = inode.kind;
  status.device = kDevice;
  status.inode = inode.number;
  status.size = inode.now.bytes.size();
  status.modified_ns = inode.now.modified_ns;
  status.changed_ns = inode.changed_ns;
  status.mode = inode.now.mode;
  status.owner = inode.now.owner;
  status.group = inode.now.group;
  status.links = inode.links;
  status.link_target = inode.link_target;
  return status;
}

void SimulatedFileSystem::close(std::uint64_t handle) {
  const auto found = handles_.find(handle);
  if (found == handles_.end()) return;
  auto& inode = disk_.inode(found->second.inode);
  if (inode.lock_holder == handle) inode.lock_holder = 0;
  drop_lease(handle);
  handles_.erase(handle);
}

void SimulatedFileSystem::drop_lease(std::uint64_t handle) {
  const auto found = handles_.find(handle);
  if (found == handles_.end()) return;
  auto& inode = disk_.inode(found->second.inode);
  if (inode.leases.erase(handle) == 0 || !inode.leases.empty()) return;
  breaking_.erase(inode.number);
  const auto waiting = waiting_for_lease_.extract(inode.number);
  if (waiting.empty()) return;
  const Outside outside(*this);
  for (const auto& act : waiting.mapped()) act();
}

// ---- FileSystem -------------------------------------------------------------------------------------

Result<std::unique_ptr<File>> SimulatedFileSystem::create(const std::string& path, Open how) {
  using Opened = Result<std::unique_ptr<File>>;
  if (const int error = enter("create", path); error != 0) return Opened::refused(error);
  const auto place = disk_.find(path, false);
  if (!place) return Opened::refused(place.error());
  if (place->found != 0) return Opened::refused(EEXIST);
  if (const int error = refusal(place->folder); error != 0) return Opened::refused(error);
  auto& made = disk_.make(FileKind::regular);
  made.now.mode = how == Open::create_private ? 0600 : how == Open::create_lock ? 0644 : 0644 & ~umask;
  made.now.modified_ns = made.changed_ns = now();
  disk_.change_names(disk_.inode(place->folder), {{place->name, made.number}}, now());
  const auto handle = next_handle_++;
  handles_[handle] = {made.number, how != Open::create_lock, process_, path};
  return Opened(std::make_unique<SimulatedFile>(*this, handle));
}

Result<std::unique_ptr<File>> SimulatedFileSystem::open(const std::string& path, Open how) {
  using Opened = Result<std::unique_ptr<File>>;
  if (how == Open::create_lock || how == Open::create_private || how == Open::create_public) return create(path, how);
  if (const int error = enter("open", path); error != 0) return Opened::refused(error);
  const auto place = disk_.find(path, how != Open::lock);
  if (!place) return Opened::refused(place.error());
  if (place->found == 0) return Opened::refused(ENOENT);
  auto& inode = disk_.inode(place->found);
  if (inode.kind == FileKind::symlink) return Opened::refused(ELOOP);
  if (how == Open::folder && inode.kind != FileKind::folder) return Opened::refused(ENOTDIR);
  if (how == Open::update) {
    if (inode.kind == FileKind::folder) return Opened::refused(EISDIR);
    if (const int error = refusal(inode.number); error != 0) return Opened::refused(error);
    // A real opener that asked not to wait is refused the same way, its own lease or not.
    if (!inode.leases.empty()) {
      breaking_.insert(inode.number);
      return Opened::refused(EAGAIN);
    }
  }
  const auto handle = next_handle_++;
  handles_[handle] = {inode.number, how == Open::update, process_, path};
  return Opened(std::make_unique<SimulatedFile>(*this, handle));
}

Result<FileStat> SimulatedFileSystem::stat(const std::string& path, bool follow) {
  if (const int error = enter("stat", path); error != 0) return Result<FileStat>::refused(error);
  const auto place = disk_.find(path, follow);
  if (!place) return Result<FileStat>::refused(place.error());
  if (place->found == 0) return Result<FileStat>::refused(ENOENT);
  return stat_of(disk_.inode(place->found));
}

Result<std::vector<std::string>> SimulatedFileSystem::list(const std::string& folder) {
  using Listed = Result<std::vector<std::string>>;
  if (const int error = enter("list", folder); error != 0) return Listed::refused(error);
  const auto place = disk_.find(folder, true);
  if (!place) return Listed::refused(place.error());
  if (place->found == 0) return Listed::refused(ENOENT);
  const auto& inode = disk_.inode(place->found);
  if (inode.kind != FileKind::folder) return Listed::refused(ENOTDIR);
  std::vector<std::string> names;
  for (const auto& [name, number] : inode.names) names.push_back(name);
  return Listed(std::move(names));
}

Done SimulatedFileSystem::rename(const std::string& from, const std::string& to, Rename how) {
  if (const int error = enter("rename", from); error != 0) return Done::refused(error);
  const auto source = disk_.find(from, false);
  const auto target = disk_.find(to, false);
  if (!source) return Done::refused(source.error());
  if (!target) return Done::refused(target.error());
  if (how == Rename::exchange && !able.exchange) return Done::refused(EINVAL);
  if (how == Rename::keep && !able.rename_keeping) return Done::refused(EINVAL);
  if (source->found == 0 || (how == Rename::exchange && target->found == 0)) return Done::refused(ENOENT);
  if (how == Rename::keep && target->found != 0) return Done::refused(EEXIST);
  for (const auto mounted : mount_points_) {
    if (mounted == source->found || mounted == target->found) return Done::refused(EBUSY);
  }
  if (source->folder != target->folder) return Done::refused(EXDEV);  // not simulated
  if (const int error = refusal(source->folder); error != 0) return Done::refused(error);
  if (source->found == target->found) return Done();  // as POSIX has it for two names of one file
  if (how == Rename::replace && target->found != 0) {
    const bool folder = disk_.inode(target->found).kind == FileKind::folder;
    if (folder != (disk_.inode(source->found).kind == FileKind::folder)) return Done::refused(folder ? EISDIR : ENOTDIR);
  }
  disk_.change_names(disk_.inode(source->folder),
                     {{source->name, how == Rename::exchange ? target->found : 0}, {target->name, source->found}}, now());
  return Done();
}

Done SimulatedFileSystem::link(const std::string& from, const std::string& to) {
  if (const int error = enter("link", from); error != 0) return Done::refused(error);
  const auto source = disk_.find(from, false);
  const auto target = disk_.find(to, false);
  if (!source) return Done::refused(source.error());
  if (!target) return Done::refused(target.error());
  if (source->found == 0) return Done::refused(ENOENT);
  if (target->found != 0) return Done::refused(EEXIST);
  if (!able.hard_links || disk_.inode(source->found).kind == FileKind::folder) return Done::refused(EPERM);
  if (std::find(mount_points_.begin(), mount_points_.end(), source->found) != mount_points_.end()) {
    return Done::refused(EXDEV);
  }
  if (const int error = refusal(target->folder); error != 0) return Done::refused(error);
  disk_.change_names(disk_.inode(target->folder), {{target->name, source->found}}, now());
  return Done();
}

Done SimulatedFileSystem::make_folder(const std::string& path) {
  if (const int error = enter("create", path); error != 0) return Done::refused(error);
  const auto place = disk_.find(path, false);
  if (!place) return Done::refused(place.error());
  if (place->found != 0) return Done::refused(EEXIST);
  if (const int error = refusal(place->folder); error != 0) return Done::refused(error);
  auto& made = disk_.make(FileKind::folder);
  made.now.mode = 0777 & ~umask;
  disk_.sync(made);  // empty
  disk_.change_names(disk_.inode(place->folder), {{place->name, made.number}}, now());
  return Done();
}

Done SimulatedFileSystem::remove(const std::string& path) {
  if (const int error = enter("remove", path); error != 0) return Done::refused(error);
  const auto place = disk_.find(path, false);
  if (!place) return Done::refused(place.error());
  if (place->found == 0) return Done::refused(ENOENT);
  if (disk_.inode(place->found).kind == FileKind::folder) return Done::refused(EISDIR);
  if (std::find(mount_points_.begin(), mount_points_.end(), place->found) != mount_points_.end()) {
    return Done::refused(EBUSY);
  }
  if (const int error = refusal(place->folder); error != 0) return Done::refused(error);
  disk_.change_names(disk_.inode(place->folder), {{place->name, 0}}, now());
  return Done();
}

Done SimulatedFileSystem::may_write(const std::string& path) {
  if (const int error = enter("access", path); error != 0) return Done::refused(error);
  const auto place = disk_.find(path, true);
  if (!place) return Done::refused(place.error());
  if (place->found == 0) return Done::refused(ENOENT);
  const int error = refusal(place->found);
  return error == 0 ? Done() : Done::refused(error);
}

std::optional<int> SimulatedFileSystem::holder_of(std::uint64_t device, std::uint64_t inode, Holder what) {
  (void)enter("holder", "");
  for (const auto& [number, handle] : handles_) {
    if (device != kDevice || handle.inode != inode) continue;
    if (what == Holder::writer ? handle.writable : disk_.inode(inode).lock_holder == number) return handle.process;
  }
  return std::nullopt;
}

void SimulatedFileSystem::wait(std::chrono::microseconds duration) {
  time_ns_ += std::chrono::nanoseconds(duration).count();
  (void)enter("wait", "");
}

}  // namespace lockstep
