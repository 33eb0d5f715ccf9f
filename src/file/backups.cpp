#include "file/backups.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "file/file_io.hpp"

namespace lockstep {
namespace {

std::string backup_path(const std::string& target, int number) {
  auto path = target + ".bak";
  if (number != 0) path.append(".").append(std::to_string(number));
  return path;
}

// 0 for `NAME.bak`, n for `NAME.bak.n`; nothing for other names, `.bak.01` among them.
std::optional<int> backup_number(std::string_view name, std::string_view of) {
  if (!name.starts_with(of)) return std::nullopt;
  name.remove_prefix(of.size());
  if (name == ".bak") return 0;
  constexpr std::string_view kNumbered = ".bak.";
  if (!name.starts_with(kNumbered)) return std::nullopt;
  name.remove_prefix(kNumbered.size());
  int number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || number <= 0 || name.front() == '0') return std::nullopt;
  return number;
}

std::vector<int> backup_numbers(FileSystem& files, const std::string& target) {
  std::vector<int> numbers;
  const auto of = name_of(target);
  for (const auto& name : value_or_throw(uninterrupted([&] { return files.list(folder_of(target)); }), "list",
                                         folder_of(target))) {
    if (const auto number = backup_number(name, of)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

bool is_own(FileSystem& files, const std::string& path, const std::optional<BackupFile>& own) {
  const auto status = stat_if_there(files, path);
  if (!status) return true;
  return own && status->kind == FileKind::regular && status->device == own->device && status->inode == own->inode &&
         fingerprint_of_file(files, path) == own->content;
}

void keep_somebodys_own(FileSystem& files, const std::string& target, const std::optional<BackupFile>& own) {
  const auto path = backup_path(target, 0);
  const auto kept = path + ".orig";
  if (is_own(files, path, own) || stat_if_there(files, kept)) return;
  // EEXIST: made meanwhile. Where a name cannot be kept from being overwritten, nobody else had it a moment ago.
  const auto moved = uninterrupted([&] { return files.rename(path, kept, Rename::keep); });
  if (moved || moved.error() == EEXIST) return;
  if (moved.error() != EINVAL && moved.error() != ENOSYS) throw file_error(moved.error(), "rename", path);
  rename_over(files, path, kept);
}

}  // namespace

void keep_as_newest_backup(FileSystem& files, const std::string& target, const std::string& path, int older,
                           const std::optional<BackupFile>& own) {
  keep_somebodys_own(files, target, own);
  const auto numbers = backup_numbers(files, target);
  // Only what stands before the first unused number has to move.
  int unused = 0;
  for (const auto number : numbers) {
    if (number == unused && unused < std::numeric_limits<int>::max()) ++unused;
  }
  for (int number = std::min(unused, std::max(older, 0)); number > 0; --number) {
    rename_over(files, backup_path(target, number - 1), backup_path(target, number));
  }
  rename_over(files, path, backup_path(target, 0));
  for (const auto number : numbers) {
    if (number > older) remove_if_there(files, backup_path(target, number));
  }
}

std::vector<std::string> list_backups(FileSystem& files, const std::string& target) {
  std::vector<std::string> paths;
  for (const auto number : backup_numbers(files, target)) paths.push_back(backup_path(target, number));
  return paths;
}

}  // namespace lockstep
