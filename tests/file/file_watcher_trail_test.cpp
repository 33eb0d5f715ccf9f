// Wherever the way to the file changes, what it leads to is watched; and where the system gives no events, it is polled.
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include "file/child_process.hpp"
#include "file/descriptor.hpp"
#include "file/network_file_system.hpp"
#include "file/path_trail.hpp"
#include "file/watching.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;
using Mode = FileWatcher::Mode;

class FileWatcherTrail : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

// ---- links -------------------------------------------------------------------------------------------------

// As the kubelet mounts a ConfigMap and brings it up to date.
class ConfigMap {
 public:
  explicit ConfigMap(std::string folder) : folder_(std::move(folder)) {
    fs::create_directory(folder_);
    fs::create_symlink("..data/schedule.yml", file());
    update("tasks: []\n");
  }
  std::string file() const { return folder_ + "/schedule.yml"; }
  std::string data() const { return folder_ + "/..data"; }
  void update(const std::string& text) {
    const std::string former = version_;
    version_ = "..version_" + std::to_string(++number_);
    fs::create_directory(folder_ + "/" + version_);
    put_text(folder_ + "/" + version_ + "/schedule.yml", text);
    fs::create_symlink(version_, folder_ + "/..data_tmp");
    fs::rename(folder_ + "/..data_tmp", data());
    if (!former.empty()) fs::remove_all(folder_ + "/" + former);
  }

 private:
  std::string folder_;
  std::string version_;
  int number_ = 0;
};

TEST_F(FileWatcherTrail, AConfigMapThatIsSwappedIsToldOnceEachTime) {
  ConfigMap map(folder_ / "mount");
  Watching watching(map.file());
  EXPECT_EQ(watching.watcher().mode(), Mode::running) << watching.watcher().state();
  for (int i = 0; i < 3; ++i) watching.expect_told_once([&] { map.update("version " + std::to_string(i)); });
  watching.expect_told_once([&] { put_text(map.data() + "/schedule.yml", "in place\n"); });
}

TEST_F(FileWatcherTrail, ALinkToAConfigMapInAnotherFolderIsFollowed) {
  ConfigMap map(folder_ / "mount");
  fs::create_symlink(map.file(), folder_ / "link.yml");
  Watching watching(folder_ / "link.yml");
  watching.expect_told_once([&] { map.update("one\n"); });
  watching.expect_told_once([&] { put_text(map.file(), "two\n"); });
}

TEST_F(FileWatcherTrail, EveryLinkOfAChainMayBeTurned) {
  for (const char* name : {"a", "b", "c"}) {
    fs::create_directory(folder_ / name);
    put_text(folder_ / name + "/file.yml", name);
  }
  fs::create_directory(folder_ / "links");
  fs::create_symlink("../a/file.yml", folder_ / "links/second.yml");
  fs::create_symlink(folder_ / "links/../links/./second.yml", folder_ / "first.yml");
  const auto turn = [&](const std::string& link, const std::string& target) {
    fs::create_symlink(target, link + ".new");
    fs::rename(link + ".new", link);
  };
  Watching watching(folder_ / "first.yml");
  // Telling once needs a change each time the deed is done anew: hence to and fro.
  watching.expect_told([&] { turn(folder_ / "links/second.yml", "../b/file.yml"); });
  watching.expect_told_once([&] { put_text(folder_ / "b/file.yml", "watched now\n"); });
  watching.expect_silence([&] { put_text(folder_ / "a/file.yml", "not any more\n"); });
  watching.expect_told([&] { turn(folder_ / "first.yml", "c/file.yml"); });
  watching.expect_told_once([&] { put_text(folder_ / "c/file.yml", "watched now\n"); });
  watching.expect_silence([&] { turn(folder_ / "links/second.yml", "../a/file.yml"); });
  watching.expect_told([&] { save_by_rename(folder_ / "first.yml", "no link any more\n"); });
  watching.expect_told_once([&] { put_text(folder_ / "first.yml", "a file\n"); });
}

TEST_F(FileWatcherTrail, ALinkThatLeadsNowhereOrToItselfIsWaitedFor) {
  const std::string link = folder_ / "link.yml";
  fs::create_symlink("missing/file.yml", link);
  Watching watching(link);
  EXPECT_EQ(watching.watcher().mode(), Mode::running) << watching.watcher().state();
  watching.expect_told([&] {
    fs::create_directory(folder_ / "missing");
    put_text(folder_ / "missing/file.yml", "one\n");
  });
  watching.expect_told([&] {
    fs::remove(link);
    fs::create_symlink("link.yml", link);
  });
  EXPECT_EQ(watching.watcher().mode(), Mode::running) << watching.watcher().state();
  watching.expect_told([&] {
    fs::remove(link);
    fs::create_symlink("missing/file.yml", link);
  });
  watching.expect_told_once([&] { put_text(folder_ / "missing/file.yml", "two\n"); });
}

TEST_F(FileWatcherTrail, AFolderThatIsALinkMayBeTurned) {
  for (const char* name : {"a", "b"}) {
    fs::create_directory(folder_ / name);
    put_text(folder_ / name + "/file.yml", name);
  }
  fs::create_directory_symlink("a", folder_ / "current");
  Watching watching(folder_ / "current/file.yml");
  watching.expect_told([&] {
    fs::create_directory_symlink("b", folder_ / "next");
    fs::rename(folder_ / "next", folder_ / "current");
  });
  watching.expect_told_once([&] { put_text(folder_ / "b/file.yml", "watched now\n"); });
}

TEST_F(FileWatcherTrail, WhatIsWrittenThroughAnotherNameIsTold) {
  put_text(folder_ / "file.yml", "one\n");
  fs::create_directory(folder_ / "elsewhere");
  fs::create_hard_link(folder_ / "file.yml", folder_ / "elsewhere/same.yml");
  Watching watching(folder_ / "file.yml");
  watching.expect_told_once([&] { put_text(folder_ / "elsewhere/same.yml", "two\n"); });
}

// ---- folders -----------------------------------------------------------------------------------------------

TEST_F(FileWatcherTrail, FoldersThatAreMissingAreWaitedFor) {
  const std::string file = folder_ / "a/b/c/file.yml";
  Watching watching(file);
  EXPECT_EQ(watching.watcher().mode(), Mode::running) << watching.watcher().state();
  watching.expect_silence([&] { fs::create_directory(folder_ / "a"); });
  watching.expect_told([&] {
    fs::create_directories(folder_ / "a/b/c");
    put_text(file, "one\n");
  });
  watching.expect_told_once([&] { save_by_rename(file, "two\n"); });
}

TEST_F(FileWatcherTrail, AFolderThatIsRemovedAndComesBackIsFoundAgain) {
  const std::string file = folder_ / "a/b/file.yml";
  fs::create_directories(folder_ / "a/b");
  put_text(file, "one\n");
  Watching watching(file);
  for (const char* removed : {"a/b", "a"}) {
    watching.expect_told([&] { fs::remove_all(folder_ / removed); });
    watching.expect_told([&] {
      fs::create_directories(folder_ / "a/b");
      put_text(file, "back\n");
    });
    watching.expect_told_once([&] { save_by_rename(file, "and watched\n"); });
  }
}

TEST_F(FileWatcherTrail, AFolderThatAProcessStillStandsInIsFoundAgainToo) {
  const std::string file = folder_ / "a/file.yml";
  fs::create_directory(folder_ / "a");
  put_text(file, "one\n");
  // The kernel keeps such a folder until it is left, and until then tells nobody who watches it of its end.
  const Descriptor standing(::open((folder_ / "a").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Watching watching(file);
  watching.expect_told([&] { fs::remove(file); });
  watching.expect_silence([&] { fs::remove(folder_ / "a"); });
  watching.expect_told([&] {
    fs::create_directory(folder_ / "a");
    put_text(file, "back\n");
  });
  watching.expect_told_once([&] { put_text(file, "and watched\n"); });
}

TEST_F(FileWatcherTrail, AFolderFarAboveMayBeReplaced) {
  const std::string file = folder_ / "a/b/c/file.yml";
  fs::create_directories(folder_ / "a/b/c");
  fs::create_directories(folder_ / "new/b/c");
  put_text(file, "one\n");
  put_text(folder_ / "new/b/c/file.yml", "two\n");
  Watching watching(file);
  watching.expect_told([&] {
    fs::rename(folder_ / "a", folder_ / "old");
    fs::rename(folder_ / "new", folder_ / "a");
  });
  watching.expect_told_once([&] { put_text(file, "watched now\n"); });
  watching.expect_silence([&] { put_text(folder_ / "old/b/c/file.yml", "not any more\n"); });
}

TEST_F(FileWatcherTrail, AFolderInTheFilesPlaceIsNoFile) {
  const std::string file = folder_ / "file.yml";
  fs::create_directory(file);
  Watching watching(file);
  watching.expect_told([&] {
    fs::remove(file);
    put_text(file, "one\n");
  });
  watching.expect_told_once([&] { put_text(file, "two\n"); });
}

TEST_F(FileWatcherTrail, AFileMountedAloneIsToldOfWhatTheHostWrites) {
  put_text(folder_ / "host.yml", "one\n");
  put_text(folder_ / "mounted.yml", "");
  ChildProcess child([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount((folder_ / "host.yml").c_str(), (folder_ / "mounted.yml").c_str(), nullptr, MS_BIND, nullptr) != 0) {
      return 77;
    }
    Watching watching(folder_ / "mounted.yml");
    watching.expect_told_once([&] { put_text(folder_ / "host.yml", "two\n"); });
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  const int status = child.wait();
  if (status == 77) GTEST_SKIP() << "this user may not mount";
  EXPECT_EQ(status, 0);
}

TEST_F(FileWatcherTrail, SurvivesWhateverHappensAroundIt) {
  // Many swaps, faster than any settling: the last one is what counts.
  ConfigMap map(folder_ / "mount");
  Watching watching(map.file());
  for (int i = 0; i < 500; ++i) map.update(std::to_string(i));
  EXPECT_TRUE(watching.told().reaches(1));
  while (!watching.told().stays()) {
  }
  EXPECT_EQ(watching.watcher().mode(), Mode::running) << watching.watcher().state();
  watching.expect_told_once([&] { map.update("watched"); });
}

// ---- where events fail -------------------------------------------------------------------------------------

TEST_F(FileWatcherTrail, AnOverflowOfTheQueueIsAReasonToTell) {
  const std::string file = folder_ / "file.yml";
  put_text(file, "one\n");
  std::size_t queue = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue;
  ASSERT_GT(queue, 0U);
  Told told;
  std::mutex gate;
  std::unique_lock closed(gate);
  FileWatcher watcher(file, patient(), [&] {
    told.one_more();
    const std::lock_guard pass(gate);
  });
  put_text(file, "two\n");
  ASSERT_TRUE(told.reaches(1));
  // The watcher's thread is held in the call, so nobody takes events from the queue. Equal ones in a row are one.
  for (std::size_t i = 0; i <= queue / 2; ++i) {
    fs::create_symlink("x", folder_ / "other");
    fs::remove(folder_ / "other");
  }
  save_by_rename(file, "lost\n");
  closed.unlock();
  ASSERT_TRUE(told.reaches(2)) << "the save's own events had no room";
  while (!told.stays()) {
  }
  const int before = told.count();
  put_text(file, "three\n");
  EXPECT_TRUE(told.reaches(before + 1)) << "the file that was put in its place is watched";
  EXPECT_EQ(watcher.mode(), Mode::running);
}

FileWatcherOptions retrying() {
  FileWatcherOptions options = patient();
  options.poll_interval = options.retry_interval = milliseconds(1);
  return options;
}

// Waits until it has changed to that mode.
bool becomes(const FileWatcher& watcher, Mode mode) {
  const auto deadline = steady_clock::now() + kLong;
  while (watcher.mode() != mode) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// In a child process: limits are its own.
int in_child(const std::function<void()>& run) {
  ChildProcess child([&] {
    run();
    std::cout.flush();
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  return child.wait();
}

TEST_F(FileWatcherTrail, WithoutAnInotifyInstanceItPollsUntilThereIsOne) {
  const std::string file = folder_ / "file.yml";
  put_text(file, "one\n");
  EXPECT_EQ(0, in_child([&] {
    // One descriptor is left, for the watcher's own eventfd.
    struct rlimit former {};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &former), 0);
    const Descriptor next(::dup(0));
    const struct rlimit tight{.rlim_cur = static_cast<rlim_t>(next.get()) + 2, .rlim_max = former.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    Watching watching(file, retrying());
    EXPECT_EQ(watching.watcher().mode(), Mode::polling);
    EXPECT_NE(watching.watcher().state().find("max_user_instances"), std::string::npos) << watching.watcher().state();
    const int before = watching.told().count();
    ASSERT_EQ(::truncate(file.c_str(), 1), 0);
    ASSERT_TRUE(watching.told().reaches(before + 1));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &former), 0);
    ASSERT_TRUE(becomes(watching.watcher(), Mode::running)) << watching.watcher().state();
    watching.expect_told_once([&] { put_text(file, "events again\n"); });
  }));
}

bool put_limit(const char* name, int limit) {
  std::ofstream file(std::string("/proc/sys/user/") + name);
  file << limit << std::flush;
  return static_cast<bool>(file);
}

TEST_F(FileWatcherTrail, WithoutAWatchLeftItPollsUntilThereIsOne) {
  const std::string file = folder_ / "file.yml";
  put_text(file, "one\n");
  ChildProcess child([&] {
    // The limits of a user namespace are its own.
    if (::unshare(CLONE_NEWUSER) != 0 || !put_limit("max_inotify_watches", 1)) return 77;
    const auto run = [&] {
      Watching watching(file, retrying());
      EXPECT_EQ(watching.watcher().mode(), Mode::polling);
      EXPECT_NE(watching.watcher().state().find("max_user_watches"), std::string::npos) << watching.watcher().state();
      watching.expect_told([&] { put_text(file, "polled\n"); });
      ASSERT_TRUE(put_limit("max_inotify_watches", 1000));
      ASSERT_TRUE(becomes(watching.watcher(), Mode::running)) << watching.watcher().state();
      watching.expect_told_once([&] { put_text(file, "events again\n"); });
      // The limit is met while it runs: what is moved into the file's place needs a watch of its own.
      ASSERT_TRUE(put_limit("max_inotify_watches", 1));
      watching.expect_told([&] { save_by_rename(file, "polled again\n"); });
      EXPECT_EQ(watching.watcher().mode(), Mode::polling);
      watching.expect_told([&] { save_by_rename(file, "and polled on\n"); });
    };
    run();
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  const int status = child.wait();
  if (status == 77) GTEST_SKIP() << "this user may not make a user namespace";
  EXPECT_EQ(status, 0);
}

TEST_F(FileWatcherTrail, AFolderThatMayNotBeReadIsPolled) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  fs::create_directory(folder_ / "closed");
  const std::string file = folder_ / "closed/file.yml";
  put_text(file, "one\n");
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(::chown(file.c_str(), kNobody, kNobody), 0);
  fs::permissions(folder_.path(), fs::perms(0711));
  fs::permissions(folder_ / "closed", fs::perms(0711));
  EXPECT_EQ(0, in_child([&] {
    ASSERT_EQ(::setgroups(0, nullptr) + ::setgid(kNobody) + ::setuid(kNobody), 0);
    Watching watching(file, retrying());
    EXPECT_EQ(watching.watcher().mode(), Mode::polling);
    EXPECT_NE(watching.watcher().state().find(folder_ / "closed"), std::string::npos) << watching.watcher().state();
    EXPECT_NE(watching.watcher().state().find("Permission denied"), std::string::npos) << watching.watcher().state();
    watching.expect_told([&] { put_text(file, "polled\n"); });
  }));
}

TEST_F(FileWatcherTrail, AFolderAboveThatMayNotBeReadIsNoReasonToPoll) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  fs::create_directory(folder_ / "open");
  const std::string file = folder_ / "open/file.yml";
  put_text(file, "one\n");
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(::chown(file.c_str(), kNobody, kNobody), 0);
  fs::permissions(folder_.path(), fs::perms(0711));
  EXPECT_EQ(0, in_child([&] {
    ASSERT_EQ(::setgroups(0, nullptr) + ::setgid(kNobody) + ::setuid(kNobody), 0);
    Watching watching(file);
    EXPECT_EQ(watching.watcher().mode(), Mode::running) << watching.watcher().state();
    watching.expect_told_once([&] { put_text(file, "two\n"); });
  }));
}

TEST_F(FileWatcherTrail, APolledFileMayBeMissingAndComeAndGo) {
  const std::string file = folder_ / "a/file.yml";
  Watching watching(file, polling());
  EXPECT_NE(watching.watcher().state().find("looking every 1 ms"), std::string::npos) << watching.watcher().state();
  watching.expect_told([&] {
    fs::create_directory(folder_ / "a");
    put_text(file, "one\n");
  });
  watching.expect_told([&] { fs::remove_all(folder_ / "a"); });
  watching.expect_silence([&] { put_text(folder_ / "other", "x"); });
}

TEST(NetworkFileSystems, AreKnownByTheirNumbers) {
  EXPECT_EQ(network_file_system(0x6969), "NFS");
  EXPECT_EQ(network_file_system(static_cast<std::int32_t>(0xFF534D42)), "SMB") << "the sign of a 32-bit number";
  EXPECT_EQ(network_file_system(0x65735546), "FUSE");
  EXPECT_EQ(network_file_system(0x01021997), "9p");
  struct statfs status {};
  ASSERT_EQ(::statfs("/proc", &status), 0);
  EXPECT_EQ(network_file_system(status.f_type), std::nullopt);
  EXPECT_EQ(network_file_system(0xEF53), std::nullopt) << "ext4";
}

// ---- the way itself ----------------------------------------------------------------------------------------

std::vector<std::string> names_of(const PathTrail& trail, const std::string& folder) {
  for (const TrailFolder& known : trail.folders) {
    if (known.path == folder) return known.names;
  }
  return {"not on the way"};
}

TEST_F(FileWatcherTrail, TheWayNamesEveryLinkAndTheFile) {
  const std::string here = fs::canonical(folder_.path());
  fs::create_directory(here + "/a");
  put_text(here + "/a/file.yml", "");
  fs::create_symlink("../a//./file.yml", here + "/a/link.yml");
  const PathTrail trail = follow(here + "/a/link.yml");
  EXPECT_EQ(trail.error, 0);
  EXPECT_EQ(trail.file, here + "/a/file.yml");
  EXPECT_EQ(names_of(trail, here + "/a"), (std::vector<std::string>{"link.yml", "file.yml"}));
  EXPECT_EQ(names_of(trail, here), std::vector<std::string>());
  EXPECT_EQ(names_of(trail, "/"), std::vector<std::string>());
}

TEST_F(FileWatcherTrail, TheWayEndsWhereSomethingIsMissing) {
  const std::string here = fs::canonical(folder_.path());
  const PathTrail missing = follow(here + "/a/b");
  EXPECT_EQ(missing.error, ENOENT);
  EXPECT_EQ(names_of(missing, here), std::vector<std::string>{"a"});
  EXPECT_EQ(names_of(missing, fs::path(here).parent_path()), std::vector<std::string>{fs::path(here).filename()});
  put_text(here + "/a", "no folder");
  const PathTrail file = follow(here + "/a/b");
  EXPECT_EQ(file.error, ENOTDIR);
  EXPECT_EQ(names_of(file, here), std::vector<std::string>{"a"});
  EXPECT_EQ(file.file, std::nullopt);
  EXPECT_EQ(follow("/").folders.size(), 1U);
}

}  // namespace
}  // namespace lockstep
