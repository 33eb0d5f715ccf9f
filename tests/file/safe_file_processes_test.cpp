// SafeFile and other processes, on the real file system: locks, leases, editors
// that save while lockstep writes, files that are mounted, other users' files.
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "file/child_process.hpp"
#include "file/posix_file.hpp"
#include "file/posix_file_system.hpp"
#include "file/posix_holder.hpp"
#include "file/safe_file.hpp"
#include "file/temporary_folder.hpp"
#include "model/error.hpp"

namespace lockstep {
namespace {

using namespace std::chrono_literals;

class ProcessesTest : public testing::Test {
 protected:
  SafeFile open(std::chrono::milliseconds timeout = 0ms) {
    return SafeFile(files_, path_, {.lock_timeout = timeout, .backups = 10, .max_size = 1 << 20});
  }
  static bool is_locked(const std::variant<std::unique_ptr<SafeFile::Lock>, Busy>& lock) {
    return std::holds_alternative<std::unique_ptr<SafeFile::Lock>>(lock);
  }

  TemporaryFolder folder_;
  PosixFileSystem files_;
  std::string path_ = folder_ / "schedule.yml";
};

// 0 = written, anything else says where it went wrong. For use in children.
int write_once(SafeFile& file, const std::string& text) {
  const auto lock = file.lock();
  if (!std::holds_alternative<std::unique_ptr<SafeFile::Lock>>(lock)) return 2;
  const auto read = file.read();
  if (!std::holds_alternative<FileContent>(read)) return 3;
  const auto staged = file.stage(std::get<FileContent>(read), text, "1", "record");
  if (!file.exchange(*staged, std::nullopt)) return 4;
  file.finish(*staged);
  return 0;
}

TEST_F(ProcessesTest, waits_for_the_lock_of_another_process_and_names_it) {
  put_text(path_, "x");
  Signal locked, release;
  ChildProcess other([&] {
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (::flock(descriptor, LOCK_EX) != 0) return 1;
    locked.send();
    release.receive();
    return 0;
  });
  locked.receive();
  {
    auto impatient = open();
    const auto refused = impatient.lock();
    ASSERT_FALSE(is_locked(refused));
    EXPECT_EQ(std::get<Busy>(refused).what, "File locked by another process (pid " + std::to_string(other.pid()) + ")");
  }
  auto patient = open(60s);
  std::jthread releases([&] { release.send(); });
  EXPECT_TRUE(is_locked(patient.lock()));
  releases.join();
  EXPECT_EQ(other.wait(), 0);
}

TEST_F(ProcessesTest, a_waiter_locks_the_file_that_stands_there_in_the_end) {
  put_text(path_, "x");
  Signal locked, release;
  ChildProcess other([&] {
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    if (::flock(descriptor, LOCK_EX) != 0) return 1;
    locked.send();
    release.receive();
    save_by_rename(path_, "replaced");
    return 0;
  });
  locked.receive();
  release.send();
  auto file = open(60s);
  const auto lock = file.lock();
  ASSERT_TRUE(is_locked(lock));
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(std::get<FileContent>(file.read()).text, "replaced");
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(::flock(descriptor, LOCK_EX | LOCK_NB), -1);
  ::close(descriptor);
}

TEST_F(ProcessesTest, a_writer_that_opens_a_leased_file_waits_and_nobody_is_killed) {
  put_text(path_, "x");
  ChildProcess holder([&] {
    // The default dispositions of a fresh program.
    ::signal(SIGIO, SIG_DFL);
    ::signal(SIGURG, SIG_DFL);
    auto file = files_.open(path_, Open::read);
    if (!file || !(*file)->take_read_lease()) return 1;
    const int descriptor = static_cast<PosixFile&>(**file).descriptor();
    ChildProcess writer([&] { return ::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC) >= 0 ? 7 : 1; });
    // Until the kernel wants the lease back, that is, until the writer waits.
    while (::fcntl(descriptor, F_GETLEASE) == F_RDLCK) std::this_thread::yield();
    const auto status = (*file)->stat();
    if (!status || status->size != 1) return 2;
    (*file)->drop_lease();
    return writer.wait() == 7 ? 42 : 3;
  });
  EXPECT_EQ(holder.wait(), 42);
  EXPECT_EQ(text_of(path_), "");
}

TEST_F(ProcessesTest, every_save_of_a_busy_editor_survives_many_writes) {
  put_text(path_, "0\n");
  constexpr int kSaves = 150;
  std::atomic<bool> done = false;
  std::jthread editor([&] {
    for (int i = 1; i <= kSaves; ++i) save_by_rename(path_, "saved " + std::to_string(i) + "\n");
    done = true;
  });
  auto file = open(10s);
  int writes = 0;
  // The last save must stand, whatever lockstep appended to which.
  while (!done || writes < 5) {
    const auto lock = file.lock();
    ASSERT_TRUE(is_locked(lock));
    auto read = file.read();
    ASSERT_TRUE(std::holds_alternative<FileContent>(read));
    const auto& before = std::get<FileContent>(read);
    if (before.missing) continue;
    const auto staged = file.stage(before, before.text + "w\n", "1", "");
    if (!file.exchange(*staged, std::nullopt)) continue;
    file.finish(*staged);
    ++writes;
  }
  editor.join();
  EXPECT_TRUE(text_of(path_).starts_with("saved " + std::to_string(kSaves) + "\n")) << text_of(path_);
  for (const auto& name : names_in(folder_.path())) {
    EXPECT_EQ(name.find(".lockstep-"), std::string::npos) << name;
  }
}

TEST_F(ProcessesTest, appends_of_another_process_are_all_kept) {
  put_text(path_, "");
  constexpr int kLines = 200;
  ChildProcess editor([&] {
    for (int i = 0; i < kLines; ++i) {
      const int descriptor = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
      const auto line = "line " + std::to_string(i) + "\n";
      if (descriptor < 0 || ::write(descriptor, line.data(), line.size()) < 0) return 1;
      ::close(descriptor);
    }
    return 0;
  });
  SafeFile file(files_, path_, {.lock_timeout = 10s, .backups = 100, .max_size = 1 << 20});
  for (int i = 0; i < 40; ++i) {
    const auto lock = file.lock();
    ASSERT_TRUE(is_locked(lock));
    const auto read = file.read();
    ASSERT_TRUE(std::holds_alternative<FileContent>(read));
    const auto& before = std::get<FileContent>(read);
    const auto staged = file.stage(before, before.text + "w\n", "1", "");
    if (file.exchange(*staged, std::nullopt)) file.finish(*staged);
  }
  EXPECT_EQ(editor.wait(), 0);
  // A line that came late stands in the version that became a backup, where stray_edit() finds it.
  std::string all = text_of(path_);
  for (const auto& path : file.backups()) all += text_of(path);
  for (int i = 0; i < kLines; ++i) {
    EXPECT_NE(all.find("line " + std::to_string(i) + "\n"), std::string::npos) << i;
  }
}

TEST_F(ProcessesTest, a_file_that_is_a_mount_point_is_written_in_place) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can mount";
  put_text(path_, "before, and long enough to be cut");
  put_text(folder_ / "source.yml", "before");
  ChildProcess child([&] {
    // A mount of this child's own namespace, gone with it.
    if (::unshare(CLONE_NEWNS) != 0) return 77;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
    if (::mount((folder_ / "source.yml").c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) != 0) return 77;
    auto file = open();
    if (const int failed = write_once(file, "after"); failed != 0) return failed;
    if (text_of(path_) != "after" || text_of(path_ + ".bak") != "before") return 10;
    if (const int failed = write_once(file, "now"); failed != 0) return failed;
    if (text_of(path_) != "now" || text_of(path_ + ".bak.1") != "before") return 11;
    if (names_in(folder_.path()).size() != 5) return 12;
    // Read-only, as containers like to mount their configuration.
    if (::mount(nullptr, path_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) return 77;
    if (file.read_only_reason() != path_ + " is on a read-only file system") return 13;
    return 0;
  });
  const auto result = child.wait();
  if (result == 77) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(result, 0);
  EXPECT_EQ(text_of(folder_ / "source.yml"), "now");
}

TEST_F(ProcessesTest, a_user_without_rights_is_told_so_and_locks_the_file_alone) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  put_text(path_, "text");
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  ChildProcess child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    auto file = open();
    if (file.read_only_reason() != "no write permission for folder " + folder_.path()) return 2;
    const auto lock = file.lock();
    if (!std::holds_alternative<std::unique_ptr<SafeFile::Lock>>(lock)) return 3;
    // Not the owner: no lease, two looks.
    const auto read = file.read();
    if (!std::holds_alternative<FileContent>(read) || std::get<FileContent>(read).text != "text") return 4;
    if (!file.find_journals().empty()) return 5;
    try {
      (void)file.stage(std::get<FileContent>(read), "new", "1", "");
      return 6;
    } catch (const Error& error) {
      return error.code() == ErrorCode::permission ? 0 : 7;
    }
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(names_in(folder_.path()), std::vector<std::string>{"schedule.yml"});
}

TEST_F(ProcessesTest, another_users_file_never_becomes_more_open) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  put_text(path_, "before");
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0777), 0);
  // Group 0 may write; nobody of that group will write the new file.
  ASSERT_EQ(::chmod(path_.c_str(), 0664), 0);
  ChildProcess child([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    auto file = open();
    return write_once(file, "after");
  });
  EXPECT_EQ(child.wait(), 0);
  struct ::stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U) << "the rights of the lost group are those of everybody";
}

TEST_F(ProcessesTest, root_and_a_user_share_the_lock_file) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  put_text(path_, "text");
  ASSERT_EQ(::chmod(folder_.path().c_str(), 01777), 0);
  {
    auto file = open();
    ASSERT_TRUE(is_locked(file.lock()));
  }
  const auto as_nobody = [&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    auto file = open();
    return is_locked(file.lock()) ? 0 : 2;
  };
  EXPECT_EQ(ChildProcess(as_nobody).wait(), 0);
  auto file = open();
  const auto lock = file.lock();
  ASSERT_TRUE(is_locked(lock));
  EXPECT_EQ(ChildProcess(as_nobody).wait(), 2);
}

TEST(Holder, is_found_in_the_kernels_list) {
  const std::string locks =
      "1: POSIX  ADVISORY  WRITE 11 fd:01:1337 0 EOF\n"
      "2: FLOCK  ADVISORY  WRITE 22 fd:01:1337 0 EOF\n"
      "2: -> FLOCK  ADVISORY  WRITE 33 fd:01:1337 0 EOF\n"
      "3: FLOCK  ADVISORY  WRITE 0 fd:02:1337 0 EOF\n"
      "4: LEASE  ACTIVE    READ  44 fd:01:7 0 EOF\n"
      "nonsense\n";
  EXPECT_EQ(flock_holder_in(locks, 0xfd, 1, 1337), 22);
  EXPECT_EQ(flock_holder_in(locks, 0xfd, 2, 1337), std::nullopt) << "a process of another namespace";
  EXPECT_EQ(flock_holder_in(locks, 0xfd, 1, 7), std::nullopt);
  EXPECT_EQ(flock_holder_in("", 0xfd, 1, 7), std::nullopt);
}

}  // namespace
}  // namespace lockstep
