// Every kind of save is told once; what is no save is not told.
#include "file/file_watcher.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "file/descriptor.hpp"
#include "file/watching.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

Descriptor open_for_writing(const std::string& path, int flags = 0) {
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0644));
  EXPECT_TRUE(descriptor) << path;
  return descriptor;
}

void put(const Descriptor& descriptor, const std::string& text) {
  ASSERT_EQ(::write(descriptor.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

class FileWatcherTest : public ::testing::Test {
 protected:
  FileWatcherTest() { put_text(file_, "tasks: []\n"); }

  TemporaryFolder folder_;
  const std::string file_ = folder_ / "schedule.yml";
};

// ---- ways to save ------------------------------------------------------------------------------------------

struct Save {
  const char* name;
  void (*run)(const std::string& path);
};

void PrintTo(const Save& save, std::ostream* out) { *out << save.name; }

const Save kSaves[] = {
    {"InPlace", [](const std::string& path) { put_text(path, "one\n"); }},
    {"InPlaceInManyWrites",
     [](const std::string& path) {
       const Descriptor file = open_for_writing(path, O_TRUNC);
       for (int i = 0; i < 100; ++i) put(file, "another line\n");
     }},
    {"Append", [](const std::string& path) { put(open_for_writing(path, O_APPEND), "more\n"); }},
    {"OverwriteOfTheSameSize", [](const std::string& path) { put(open_for_writing(path), "x"); }},
    {"TruncateByPathThenWrite",
     [](const std::string& path) {
       fs::resize_file(path, 0);
       put_text(path, "two\n");
     }},
    {"RenameOver", [](const std::string& path) { save_by_rename(path, "three\n"); }},
    {"UnlinkAndCreate",
     [](const std::string& path) {
       fs::remove(path);
       put_text(path, "four\n");
     }},
    {"BackupThenWrite",
     [](const std::string& path) {
       fs::rename(path, path + "~");
       put_text(path, "five\n");
     }},
    {"BackupThenWriteThenUnlinkTheBackup",
     [](const std::string& path) {
       fs::rename(path, path + "~");
       put_text(path, "six\n");
       fs::remove(path + "~");
     }},
    {"HardLinkAsBackupThenRename",
     [](const std::string& path) {
       fs::remove(path + "~");
       fs::create_hard_link(path, path + "~");
       save_by_rename(path, "seven\n");
     }},
    {"LinkedIntoPlace",
     [](const std::string& path) {
       put_text(path + ".new", "eight\n");
       fs::remove(path);
       fs::create_hard_link(path + ".new", path);
       fs::remove(path + ".new");
     }},
    {"Exchange",
     [](const std::string& path) {
       const std::string other = path + ".other";
       put_text(other, "nine\n");
       ASSERT_EQ(::syscall(SYS_renameat2, AT_FDCWD, path.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE), 0);
       fs::remove(other);
     }},
    {"CopiedOver", [](const std::string& path) {
       put_text(path + ".source", "ten\n");
       fs::copy_file(path + ".source", path, fs::copy_options::overwrite_existing);
     }},
};

class FileWatcherSaves : public FileWatcherTest, public ::testing::WithParamInterface<Save> {};

TEST_P(FileWatcherSaves, AreToldOnce) {
  Watching watching(file_);
  EXPECT_EQ(watching.watcher().mode(), FileWatcher::Mode::running) << watching.watcher().state();
  watching.expect_told_once([&] { GetParam().run(file_); });
  watching.expect_told_once([&] { GetParam().run(file_); });
}

TEST_P(FileWatcherSaves, AreToldWhereAFileWasMissing) {
  fs::remove(file_);
  Watching watching(file_);
  watching.expect_told([&] { put_text(file_, "tasks: []\n"); });
  watching.expect_told_once([&] { GetParam().run(file_); });
}

TEST_P(FileWatcherSaves, AreToldThroughALink) {
  const std::string link = folder_ / "link.yml";
  fs::create_directory(folder_ / "elsewhere");
  fs::rename(file_, folder_ / "elsewhere/schedule.yml");
  fs::create_symlink("elsewhere/schedule.yml", link);
  Watching watching(link);
  watching.expect_told_once([&] { GetParam().run(folder_ / "elsewhere/schedule.yml"); });
  watching.expect_told_once([&] { GetParam().run(folder_ / "elsewhere/schedule.yml"); });
}

TEST_P(FileWatcherSaves, AreToldOnceByPolling) {
  Watching watching(file_, polling());
  EXPECT_EQ(watching.watcher().mode(), FileWatcher::Mode::polling);
  // Two equal looks cannot tell a save of the same size within one tick of the file system's clock: it waits for the next.
  watching.expect_told_once([&] {
    struct stat before {};
    ASSERT_EQ(::stat(file_.c_str(), &before), 0);
    struct stat after = before;
    while (after.st_ino == before.st_ino && after.st_size == before.st_size &&
           after.st_mtim.tv_nsec == before.st_mtim.tv_nsec && after.st_mtim.tv_sec == before.st_mtim.tv_sec) {
      GetParam().run(file_);
      ASSERT_EQ(::stat(file_.c_str(), &after), 0);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(All, FileWatcherSaves, ::testing::ValuesIn(kSaves),
                         [](const auto& save) { return std::string(save.param.name); });

// ---- half a file -------------------------------------------------------------------------------------------

TEST_F(FileWatcherTest, ASlowSaveIsToldOnceItsWriterHasClosedTheFile) {
  Watching watching(file_);
  Descriptor file = open_for_writing(file_, O_TRUNC);
  EXPECT_TRUE(watching.told().stays()) << "the file is empty: its writer has not begun";
  put(file, "tasks:\n");
  EXPECT_TRUE(watching.told().stays()) << "half a file";
  put(file, "  - id: 1\n");
  EXPECT_TRUE(watching.told().stays()) << "half a file";
  EXPECT_EQ(watching.told().count(), 0);
  watching.expect_told_once([&] {
    if (!file) put_text(file_, "again");
    file = Descriptor();
  });
}

TEST_F(FileWatcherTest, ASlowSaveOfANewFileIsToldOnceItsWriterHasClosedTheFile) {
  Watching watching(file_);
  fs::rename(file_, file_ + "~");
  Descriptor file = open_for_writing(file_, O_CREAT | O_EXCL);
  EXPECT_TRUE(watching.told().stays()) << "created, and nothing written yet";
  put(file, "tasks:\n");
  EXPECT_TRUE(watching.told().stays()) << "half a file";
  EXPECT_EQ(watching.told().count(), 0);
  watching.expect_told_once([&] {
    if (!file) put_text(file_, "again");
    file = Descriptor();
  });
}

TEST_F(FileWatcherTest, AFileThatStaysOpenIsToldAfterTheLongestWaitAndAgainWhenItIsClosed) {
  FileWatcherOptions options = patient();
  options.longest_wait = 3 * kSettle;
  Watching watching(file_, options);
  Descriptor file = open_for_writing(file_, O_TRUNC);
  put(file, "tasks:\n");
  ASSERT_TRUE(watching.told().reaches(1));
  EXPECT_TRUE(watching.told().stays()) << "it is still open, and nothing new happened";
  // Nothing was written since, but who was told may have found the file open, and may have let it be.
  watching.expect_told([&] { file = Descriptor(); });
  watching.expect_silence([&] { file = open_for_writing(file_); });
  watching.expect_silence([&] { file = Descriptor(); });
}

TEST_F(FileWatcherTest, SavesWithoutPauseAreToldAfterTheLongestWait) {
  FileWatcherOptions options = patient();
  options.settle = kLong;
  options.longest_wait = milliseconds(50);
  Watching watching(file_, options);
  put_text(file_, "one");
  EXPECT_TRUE(watching.told().reaches(1));
}

TEST_F(FileWatcherTest, ABackupThatItsEditorStillWritesIsNotTold) {
  Watching watching(file_);
  const Descriptor old = open_for_writing(file_);
  watching.expect_told_once([&] { save_by_rename(file_, "new\n"); });
  watching.expect_silence([&] { put(old, "late"); });
  Descriptor renamed = open_for_writing(file_);
  watching.expect_told_once([&] {
    fs::rename(file_, file_ + ".bak");
    put_text(file_, "newer\n");
  });
  watching.expect_silence([&] { put(renamed, "late"); });
  watching.expect_silence([&] { renamed = Descriptor(); });
}

// What an editor writes into the file that it has just replaced, or removed, is not about the file that is there.
TEST_F(FileWatcherTest, ALateWriteIntoTheFormerFileDelaysNothing) {
  Watching watching(file_);
  Descriptor old;
  watching.expect_told_once([&] {
    old = open_for_writing(file_);
    save_by_rename(file_, "new\n");
    put(old, "late");
  });
  watching.expect_told_once([&] {
    old = open_for_writing(file_);
    fs::remove(file_);
    put_text(file_, "newer\n");
    put(old, "late");
  });
}

TEST_F(FileWatcherTest, AFileThatIsAwayForAWhileWhileItIsSavedIsToldOnce) {
  FileWatcherOptions options = patient();
  options.settle_missing = std::chrono::hours(1);
  Watching watching(file_, options);
  fs::rename(file_, file_ + "~");
  EXPECT_TRUE(watching.told().stays());
  EXPECT_EQ(watching.told().count(), 0);
  watching.expect_told_once([&] { put_text(file_, "one\n"); });
}

// Polling knows of a writer only that the file goes on changing.
TEST_F(FileWatcherTest, PollingWaitsUntilTheFileNoLongerChanges) {
  FileWatcherOptions options = polling();
  options.settle = milliseconds(150);
  options.poll_interval = milliseconds(200);
  Watching watching(file_, options);
  bool judged = false;
  for (int i = 0; i < 20 && !judged; ++i) {
    std::atomic<bool> done = false;
    steady_clock::duration longest_gap{};
    std::thread writer([&] {
      const Descriptor file = open_for_writing(file_, O_APPEND);
      for (auto last = steady_clock::now(); !done;) {
        put(file, "x");
        std::this_thread::yield();
        const auto now = steady_clock::now();
        longest_gap = std::max(longest_gap, now - last);
        last = now;
      }
    });
    const int before = watching.told().count();
    const bool silent = watching.told().stays(milliseconds(800));
    done = true;
    writer.join();
    ASSERT_TRUE(watching.told().reaches(before + 1));
    judged = longest_gap < options.settle / 2;  // otherwise the writer itself paused for long
    if (judged) {
      EXPECT_TRUE(silent);
    }
  }
  EXPECT_TRUE(judged);
}

// ---- what is no save ---------------------------------------------------------------------------------------

TEST_F(FileWatcherTest, ReadingAndAttributesAreNotTold) {
  Watching watching(file_);
  watching.expect_silence([&] {
    EXPECT_EQ(text_of(file_), "tasks: []\n");
    ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
    ASSERT_EQ(::chown(file_.c_str(), ::getuid(), ::getgid()), 0);
    ::setxattr(file_.c_str(), "user.lockstep", "x", 1, 0);
    open_for_writing(file_);
  });
}

TEST_F(FileWatcherTest, OtherFilesOfTheFolderAreNotTold) {
  put_text(file_ + ".lock", "");
  Watching watching(file_);
  watching.expect_silence([&] {
    put_text(file_ + ".bak", "x");
    put_text(folder_ / ".schedule.yml.lockstep-run-none-0.tmp", "x");
    fs::rename(folder_ / ".schedule.yml.lockstep-run-none-0.tmp", file_ + ".bak.1");
    put_text(file_ + ".lock", "x");
    put_text(folder_ / "schedule.yml2", "x");
    put_text(folder_ / "tasks.db", "x");
    fs::create_directory(folder_ / "a folder");
    fs::remove_all(folder_ / "a folder");
    fs::create_hard_link(file_, folder_ / "another name");
    fs::remove(folder_ / "another name");
  });
  watching.expect_told_once([&] { put_text(file_, "still watched\n"); });
}

TEST_F(FileWatcherTest, AFileThatIsGoneForAMomentAndComesBackUnchangedIsNotTold) {
  Watching watching(file_);
  // Unless the moment is as long as settle_missing: then being gone is told, and coming back.
  for (;;) {
    const auto start = steady_clock::now();
    fs::rename(file_, file_ + "~");
    fs::rename(file_ + "~", file_);
    const bool swift = steady_clock::now() - start < kSettle;
    if (watching.told().stays()) break;
    ASSERT_FALSE(swift);
  }
}

TEST_F(FileWatcherTest, AFileThatIsGoneIsToldOnce) {
  Watching watching(file_);
  watching.expect_told([&] { fs::remove(file_); });
  EXPECT_EQ(watching.told().count(), 1);
  watching.expect_told([&] { put_text(file_, "back\n"); });
}

// Of the watcher's thread: how often it was woken or gave way.
std::string switches_of_the_watchers_thread() {
  std::string switches;
  for (const auto& task : fs::directory_iterator("/proc/self/task")) {
    std::ifstream comm(task.path() / "comm");
    std::string name;
    std::getline(comm, name);
    if (name != "file watcher") continue;
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.find("voluntary_ctxt_switches") == 0) switches += line;
    }
  }
  return switches;
}

TEST_F(FileWatcherTest, DoesNothingWhileNothingHappens) {
  Watching watching(file_);
  watching.expect_told_once([&] { put_text(file_, "one\n"); });
  const std::string before = switches_of_the_watchers_thread();
  ASSERT_FALSE(before.empty());
  EXPECT_TRUE(watching.told().stays(milliseconds(300)));
  EXPECT_EQ(text_of(file_), "one\n");
  EXPECT_EQ(switches_of_the_watchers_thread(), before) << "not a single wake-up, not even by reading";
}

// ---- calling back ------------------------------------------------------------------------------------------

TEST_F(FileWatcherTest, WhatChangesDuringTheCallIsToldByAnother) {
  std::mutex gate;
  std::unique_lock closed(gate);
  Told entered;
  FileWatcher watcher(file_, patient(), [&] {
    entered.one_more();
    const std::lock_guard pass(gate);
  });
  put_text(file_, "one\n");
  ASSERT_TRUE(entered.reaches(1));
  put_text(file_, "two\n");
  closed.unlock();
  EXPECT_TRUE(entered.reaches(2));
}

TEST_F(FileWatcherTest, EndsAtOnceWhateverItWaitsFor) {
  FileWatcherOptions options = patient();
  options.settle = options.longest_wait = options.poll_interval = std::chrono::hours(24);
  for (const bool events : {true, false}) {
    options.events = events;
    FileWatcher idle(file_, options, [] { FAIL(); });
    FileWatcher settling(file_, options, [] { FAIL(); });
    put_text(file_, "not told any more\n");
  }
}

TEST_F(FileWatcherTest, ARelativePathIsOneFromTheFolderThatWasCurrent) {
  const fs::path former = fs::current_path();
  fs::current_path(folder_.path());
  Watching watching("schedule.yml");
  fs::current_path(former);
  watching.expect_told_once([&] { save_by_rename(file_, "one\n"); });
}

}  // namespace
}  // namespace lockstep
