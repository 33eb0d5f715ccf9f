// Whole-file steps over the narrow interface: interrupted and short calls are
// carried on, refusals become lockstep::Error.
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "file/file_error.hpp"
#include "file/file_system.hpp"
#include "model/fingerprint.hpp"

namespace lockstep {

// Repeats a call that was interrupted. Bounded, so that a system gone mad ends in an error instead of a loop.
template <class Call>
auto uninterrupted(Call&& call) {
  constexpr int kTries = 1000;
  auto result = call();
  for (int i = 0; i < kTries && !result && result.error() == EINTR; ++i) result = call();
  return result;
}

// How long the caller is willing to wait in all. Counted in what was waited, not by a clock: what lies
// between two waits is short, and tests stay deterministic.
class Patience {
 public:
  Patience(FileSystem& files, std::chrono::microseconds total) : files_(&files), total_(total), left_(total) {}
  // Waits a moment, longer from time to time, at most 20 ms; false = used up.
  bool wait();
  // Waits exactly that long if so much is left.
  bool wait(std::chrono::microseconds);
  std::chrono::microseconds left() const { return left_; }
  std::chrono::microseconds used_up() const { return total_ - left_; }
  // Somebody else waited that long on the same account.
  void spend(std::chrono::microseconds time) { left_ = std::max(left_ - time, std::chrono::microseconds(0)); }

  // Told once, after two seconds: what is waited for, for people.
  void on_wait(std::function<void(const std::string&)> listener) { listener_ = std::move(listener); }
  bool worth_a_word() const { return listener_ && used_up() >= std::chrono::seconds(2); }
  void tell(const std::string& what) {
    if (const auto listener = std::exchange(listener_, nullptr)) listener(what);
  }
  // Nothing is left as soon as it is set, by whatever thread. Outlives this.
  void end_with(const std::atomic<bool>& given_up) { given_up_ = &given_up; }

 private:
  FileSystem* files_;
  std::chrono::microseconds total_;
  std::chrono::microseconds left_;
  std::function<void(const std::string&)> listener_;
  const std::atomic<bool>* given_up_ = nullptr;
  std::chrono::microseconds next_{500};
};

std::string folder_of(const std::string& path);   // "." for a bare name
std::string name_of(const std::string& path);     // after the last '/'
// Where symlinks finally lead; the path itself if it is none. What it names need not exist. Error: a loop.
std::string resolve_links(FileSystem&, const std::string& path);

// nullopt: it is not there.
std::optional<FileStat> stat_if_there(FileSystem&, const std::string& path, bool follow = false);
std::unique_ptr<File> open_or_throw(FileSystem&, const std::string& path, Open how);
std::unique_ptr<File> open_if_there(FileSystem&, const std::string& path, Open how);

constexpr std::uint64_t kAnySize = std::uint64_t{1} << 62;

std::string read_all(File&, const std::string& path, std::uint64_t max_size = kAnySize);
std::string read_all(FileSystem&, const std::string& path);
// The same as of its whole text, in little memory.
Fingerprint fingerprint_of_file(File&, const std::string& path);
Fingerprint fingerprint_of_file(FileSystem&, const std::string& path);
void write_all(File&, const std::string& path, std::string_view bytes);
void sync(File&, const std::string& path);
void sync_folder(FileSystem&, const std::string& folder);
// A new file (create_…) with that text, durable but for its name; attributes of `like` if given. On failure
// nothing of it is left.
void write_new(FileSystem&, const std::string& path, Open how, std::string_view text, File* like);
void rename_over(FileSystem&, const std::string& from, const std::string& to);
void remove_if_there(FileSystem&, const std::string& path);

// A regular file's bytes as they are while nobody has it open for writing.
struct Look {
  std::string text;  // empty if it was not to be kept
  Fingerprint fingerprint;
  FileStat status;
};
struct BeingWritten {
  FileStat status;
};
struct NotThere {};
using Looked = std::variant<Look, BeingWritten, NotThere>;

// One attempt: a read lease, or where there are none two equal looks apart. Follows symlinks.
enum class Text { keep, drop };
Looked look_at(FileSystem&, const std::string& path, Text text = Text::drop, std::uint64_t max_size = kAnySize);

}  // namespace lockstep
