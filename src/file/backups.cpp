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

}  // namespace

void keep_as_newest_backup(FileSystem& files, const std::string& target, const std::string& path, int older) {
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
