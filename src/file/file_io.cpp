#include "file/file_io.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace lockstep {
namespace {

// How far apart the two looks are that stand in for a lease. Long beside the pauses between one program's
// writes, short beside a person's.
constexpr std::chrono::milliseconds kBetweenLooks{25};

std::optional<Look> read_unmoved(File& file, const std::string& path, const FileStat& before, Text text,
                                 std::uint64_t max_size) {
  Look look;
  if (text == Text::keep) {
    look.text = read_all(file, path, max_size);
    look.fingerprint = fingerprint_of(look.text);
  } else {
    look.fingerprint = fingerprint_of_file(file, path);
  }
  look.status = value_or_throw(uninterrupted([&] { return file.stat(); }), "look at", path);
  const bool moved = look.status.modified_ns != before.modified_ns || look.status.size != before.size;
  if (moved) return std::nullopt;
  return look;
}

}  // namespace

bool Patience::wait() {
  const auto moment = std::min(next_, left_);
  next_ = std::min<std::chrono::microseconds>(next_ * 2, std::chrono::milliseconds(20));
  return wait(moment);
}

bool Patience::wait(std::chrono::microseconds moment) {
  if (given_up_ && *given_up_) left_ = {};
  if (left_.count() <= 0 || moment > left_) return false;
  files_->wait(moment);
  left_ -= moment;
  return true;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string resolve_links(FileSystem& files, const std::string& path) {
  constexpr int kMostLinks = 40;  // the kernel's own limit
  std::string at = path;
  for (int i = 0; i <= kMostLinks; ++i) {
    const auto status = stat_if_there(files, at);
    if (!status || status->kind != FileKind::symlink) return at;
    const auto& target = status->link_target;
    // Joined, not normalised: `..` behind a symlink to a folder means what the kernel says.
    at = target.starts_with('/') ? target : folder_of(at) + "/" + target;
  }
  throw file_error(ELOOP, "follow", path);
}

std::optional<FileStat> stat_if_there(FileSystem& files, const std::string& path, bool follow) {
  auto status = uninterrupted([&] { return files.stat(path, follow); });
  if (status) return *status;
  if (status.error() == ENOENT) return std::nullopt;
  throw file_error(status.error(), "look at", path);
}

std::unique_ptr<File> open_or_throw(FileSystem& files, const std::string& path, Open how) {
  return value_or_throw(uninterrupted([&] { return files.open(path, how); }), "open", path);
}

std::unique_ptr<File> open_if_there(FileSystem& files, const std::string& path, Open how) {
  auto file = uninterrupted([&] { return files.open(path, how); });
  if (file) return std::move(*file);
  if (file.error() == ENOENT) return nullptr;
  throw file_error(file.error(), "open", path);
}

std::string read_all(File& file, const std::string& path, std::uint64_t max_size) {
  const auto status = value_or_throw(uninterrupted([&] { return file.stat(); }), "look at", path);
  const auto too_large = [&] {
    return Error({.code = ErrorCode::io,
                  .operation = "read",
                  .subject = path,
                  .cause = "larger than " + std::to_string(max_size) + " bytes",
                  .hint = "raise max_file_size",
                  .retryable = false});
  };
  if (status.size > max_size) throw too_large();
  std::string text;
  // One byte more than expected: its absence tells the end without another call's worth of doubt.
  text.resize(static_cast<std::size_t>(status.size) + 1);
  std::size_t have = 0;
  for (;;) {
    const auto count = value_or_throw(
        uninterrupted([&] { return file.read(have, std::span(text).subspan(have)); }), "read", path);
    if (count == 0) break;
    have += count;
    if (have > max_size) throw too_large();
    if (have == text.size()) text.resize(text.size() * 2);
  }
  text.resize(have);
  return text;
}

std::string read_all(FileSystem& files, const std::string& path) {
  return read_all(*open_or_throw(files, path, Open::read), path);
}

Fingerprint fingerprint_of_file(File& file, const std::string& path) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  std::string buffer(std::size_t{256} << 10, '\0');
  for (std::uint64_t at = 0;;) {
    const auto count = value_or_throw(uninterrupted([&] { return file.read(at, std::span(buffer)); }), "read", path);
    if (count == 0) break;
    XXH3_128bits_update(&state, buffer.data(), count);
    at += count;
  }
  const auto hash = XXH3_128bits_digest(&state);
  return {hash.high64, hash.low64};
}

Fingerprint fingerprint_of_file(FileSystem& files, const std::string& path) {
  return fingerprint_of_file(*open_or_throw(files, path, Open::read), path);
}

void write_all(File& file, const std::string& path, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto count = value_or_throw(uninterrupted([&] { return file.write(at, bytes.substr(at)); }), "write", path);
    if (count == 0) throw file_error(EIO, "write", path);
    at += count;
  }
}

void sync(File& file, const std::string& path) {
  // Interrupted is not failed; a failure is final: the kernel has dropped what it could not write.
  done_or_throw(uninterrupted([&] { return file.sync(); }), "sync", path);
}

void sync_folder(FileSystem& files, const std::string& folder) {
  sync(*open_or_throw(files, folder, Open::folder), folder);
}

void write_new(FileSystem& files, const std::string& path, Open how, std::string_view text, File* like) {
  auto opened = uninterrupted([&] { return files.open(path, how); });
  if (!opened && opened.error() == EEXIST) {
    // Under the lock nobody else makes a file of this name: it was left behind.
    remove_if_there(files, path);
    opened = uninterrupted([&] { return files.open(path, how); });
  }
  const auto file = value_or_throw(std::move(opened), "create", path);
  try {
    write_all(*file, path, text);
    if (like != nullptr) done_or_throw(uninterrupted([&] { return file->take_attributes_of(*like); }), "set owner and rights of", path);
    sync(*file, path);
  } catch (const Error&) {
    (void)files.remove(path);
    throw;
  }
}

void rename_over(FileSystem& files, const std::string& from, const std::string& to) {
  done_or_throw(uninterrupted([&] { return files.rename(from, to, Rename::replace); }), "rename", from);
}

void remove_if_there(FileSystem& files, const std::string& path) {
  const auto removed = uninterrupted([&] { return files.remove(path); });
  if (!removed && removed.error() != ENOENT) throw file_error(removed.error(), "remove", path);
}

Looked look_at(FileSystem& files, const std::string& path, Text text, std::uint64_t max_size) {
  auto opened = uninterrupted([&] { return files.open(path, Open::read); });
  if (!opened && opened.error() == ENOENT) return NotThere{};
  if (!opened && opened.error() == EAGAIN) {
    const auto status = stat_if_there(files, path, true);
    if (!status) return NotThere{};
    return BeingWritten{*status};
  }
  const auto file = value_or_throw(std::move(opened), "open", path);
  const auto status = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", path);
  if (status.kind != FileKind::regular) {
    throw Error({.code = ErrorCode::io,
                 .operation = "read",
                 .subject = path,
                 .cause = "not a regular file",
                 .hint = "name the YAML file itself",
                 .retryable = false});
  }

  const auto lease = uninterrupted([&] { return file->take_read_lease(); });
  if (!lease && lease.error() == EAGAIN) return BeingWritten{status};
  if (lease) {
    // Writers wait for us until the lease is dropped, by closing at the latest.
    const auto at_lease = value_or_throw(uninterrupted([&] { return file->stat(); }), "look at", path);
    auto look = read_unmoved(*file, path, at_lease, text, max_size);
    file->drop_lease();
    if (!look) return BeingWritten{status};
    return std::move(*look);
  }

  const auto first = read_unmoved(*file, path, status, Text::drop, max_size);
  files.wait(kBetweenLooks);
  // By path: an editor that replaced the file meanwhile must be seen too.
  const auto again = open_if_there(files, path, Open::read);
  if (!again) return NotThere{};
  const auto then = value_or_throw(uninterrupted([&] { return again->stat(); }), "look at", path);
  auto second = read_unmoved(*again, path, then, text, max_size);
  const bool equal = first && second && first->fingerprint == second->fingerprint &&
                     first->status.inode == second->status.inode && first->status.device == second->status.device &&
                     first->status.modified_ns == second->status.modified_ns;
  if (!equal || files.holder_of(then.device, then.inode, Holder::writer)) return BeingWritten{then};
  return std::move(*second);
}

}  // namespace lockstep
