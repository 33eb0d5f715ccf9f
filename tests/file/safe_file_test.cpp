// SafeFile on the real file system: the ordinary life of a file. Faults, crashes
// and races are in safe_file_faults_test.cpp and safe_file_races_test.cpp.
#include "file/safe_file.hpp"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file/posix_file_system.hpp"
#include "file/temporary_folder.hpp"
#include "model/error.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class SafeFileTest : public testing::Test {
 protected:
  SafeFile open(const std::string& path, int backups = 10) {
    return SafeFile(files_, path, {.lock_timeout = std::chrono::milliseconds(0), .backups = backups, .max_size = 1 << 20});
  }

  // One whole write; the lock taken and given back.
  void write(SafeFile& file, const std::string& text, const std::string& run = "1") {
    const auto lock = take(file);
    const auto before = content(file);
    const auto staged = file.stage(before, text, run, "record");
    ASSERT_TRUE(file.exchange(*staged, std::nullopt));
    file.finish(*staged);
  }

  std::unique_ptr<SafeFile::Lock> take(SafeFile& file) {
    auto locked = file.lock();
    auto* lock = std::get_if<std::unique_ptr<SafeFile::Lock>>(&locked);
    if (lock == nullptr) throw std::runtime_error("busy: " + std::get<Busy>(locked).what);
    return std::move(*lock);
  }

  FileContent content(SafeFile& file) {
    auto read = file.read();
    auto* content = std::get_if<FileContent>(&read);
    if (content == nullptr) throw std::runtime_error("busy: " + std::get<Busy>(read).what);
    return std::move(*content);
  }

  TemporaryFolder folder_;
  PosixFileSystem files_;
  std::string path_ = folder_ / "schedule.yml";
};

TEST_F(SafeFileTest, reads_what_is_there) {
  put_text(path_, "tasks: []\n");
  auto file = open(path_);
  const auto read = content(file);
  EXPECT_FALSE(read.missing);
  EXPECT_EQ(read.text, "tasks: []\n");
  EXPECT_EQ(read.fingerprint, fingerprint_of("tasks: []\n"));
  EXPECT_EQ(read.identity, file.identity());
  EXPECT_EQ(read.modified.micros, read.identity.modified_ns / 1000);
  EXPECT_EQ(names_in(folder_.path()), Names{"schedule.yml"});
}

TEST_F(SafeFileTest, a_missing_file_is_a_value) {
  auto file = open(path_);
  EXPECT_TRUE(content(file).missing);
  EXPECT_EQ(file.identity(), std::nullopt);
}

TEST_F(SafeFileTest, a_write_leaves_the_new_text_the_old_one_as_backup_and_nothing_else) {
  put_text(path_, "before");
  auto file = open(path_);
  write(file, "after");
  EXPECT_EQ(text_of(path_), "after");
  EXPECT_EQ(text_of(path_ + ".bak"), "before");
  EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.bak", "schedule.yml.lock"}));
}

TEST_F(SafeFileTest, a_staged_text_is_not_seen_before_the_exchange_and_goes_when_discarded) {
  put_text(path_, "before");
  auto file = open(path_);
  const auto lock = take(file);
  {
    const auto staged = file.stage(content(file), "after", "7", "record");
    EXPECT_EQ(names_in(folder_.path()).size(), 4U);
    EXPECT_EQ(text_of(path_), "before");
    file.discard(*staged);
    EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.lock"}));
  }
  { const auto dropped = file.stage(content(file), "after", "7", "record"); }
  EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.lock"}));
  EXPECT_EQ(text_of(path_), "before");
}

TEST_F(SafeFileTest, tells_the_identities_of_the_file_and_its_backup) {
  put_text(path_, "before");
  auto file = open(path_);
  const auto lock = take(file);
  const auto before = content(file);
  const auto staged = file.stage(before, "after", "1", "");
  ASSERT_TRUE(file.exchange(*staged, std::nullopt));
  ASSERT_TRUE(staged->backup());
  EXPECT_EQ(staged->backup()->inode, before.identity.inode);
  file.finish(*staged);
  EXPECT_EQ(file.identity(), staged->file());
}

TEST_F(SafeFileTest, a_missing_file_is_created_as_the_umask_says) {
  const auto previous = ::umask(027);
  auto file = open(path_);
  write(file, "first");
  ::umask(previous);
  EXPECT_EQ(text_of(path_), "first");
  struct ::stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.lock"}));
}

TEST_F(SafeFileTest, a_file_created_meanwhile_is_not_overwritten) {
  auto file = open(path_);
  const auto lock = take(file);
  const auto staged = file.stage(content(file), "ours", "1", "");
  put_text(path_, "theirs");
  EXPECT_FALSE(file.exchange(*staged, std::nullopt));
  EXPECT_EQ(text_of(path_), "theirs");
  EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.lock"}));
}

TEST_F(SafeFileTest, an_editors_save_in_between_stands) {
  for (const bool by_rename : {true, false}) {
    put_text(path_, "before");
    auto file = open(path_);
    const auto lock = take(file);
    const auto staged = file.stage(content(file), "after", "1", "");
    by_rename ? save_by_rename(path_, "edited") : put_text(path_, "edited");
    EXPECT_FALSE(file.exchange(*staged, std::nullopt));
    EXPECT_EQ(text_of(path_), "edited");
    EXPECT_EQ(content(file).text, "edited");
    EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.lock"}));
  }
}

TEST_F(SafeFileTest, a_file_removed_in_between_stays_removed) {
  put_text(path_, "before");
  auto file = open(path_);
  const auto lock = take(file);
  const auto staged = file.stage(content(file), "after", "1", "");
  fs::remove(path_);
  EXPECT_FALSE(file.exchange(*staged, std::nullopt));
  EXPECT_EQ(names_in(folder_.path()), Names{"schedule.yml.lock"});
}

TEST_F(SafeFileTest, backups_move_on_up_to_the_configured_number) {
  put_text(path_, "0");
  auto file = open(path_, 2);
  for (int i = 1; i <= 5; ++i) write(file, std::to_string(i), std::to_string(i));
  EXPECT_EQ(text_of(path_), "5");
  EXPECT_EQ(text_of(path_ + ".bak"), "4");
  EXPECT_EQ(text_of(path_ + ".bak.1"), "3");
  EXPECT_EQ(text_of(path_ + ".bak.2"), "2");
  EXPECT_EQ(file.backups(), (Names{path_ + ".bak", path_ + ".bak.1", path_ + ".bak.2"}));
}

TEST_F(SafeFileTest, no_older_backups_keeps_the_one_and_fewer_removes_the_rest) {
  put_text(path_, "0");
  {
    auto file = open(path_, 3);
    for (int i = 1; i <= 4; ++i) write(file, std::to_string(i));
  }
  auto file = open(path_, 0);
  write(file, "5");
  EXPECT_EQ(file.backups(), Names{path_ + ".bak"});
  EXPECT_EQ(text_of(path_ + ".bak"), "4");
}

TEST_F(SafeFileTest, a_gap_in_the_backups_is_used_up_before_anything_is_dropped) {
  put_text(path_, "0");
  put_text(path_ + ".bak.2", "oldest");
  put_text(path_ + ".bak.02", "not one of them");
  auto file = open(path_, 2);
  write(file, "1");
  write(file, "2");
  EXPECT_EQ(text_of(path_ + ".bak"), "1");
  EXPECT_EQ(text_of(path_ + ".bak.1"), "0");
  EXPECT_EQ(text_of(path_ + ".bak.2"), "oldest");
  EXPECT_EQ(text_of(path_ + ".bak.02"), "not one of them");
}

TEST_F(SafeFileTest, a_backup_that_lockstep_did_not_write_is_kept_once_and_never_touched_again) {
  put_text(path_, "0");
  put_text(path_ + ".bak", "somebody's own");
  auto file = open(path_, 1);
  write(file, "1");
  EXPECT_EQ(text_of(path_ + ".bak.orig"), "somebody's own");
  EXPECT_EQ(text_of(path_ + ".bak"), "0");
  for (const auto* text : {"2", "3", "4"}) write(file, text);
  EXPECT_EQ(text_of(path_ + ".bak.orig"), "somebody's own");
  EXPECT_EQ(file.backups(), (Names{path_ + ".bak", path_ + ".bak.1"}));
  put_text(path_ + ".bak", "written over");  // counts as somebody's own too, but there is one already
  write(file, "5");
  EXPECT_EQ(text_of(path_ + ".bak.orig"), "somebody's own");
  EXPECT_EQ(text_of(path_ + ".bak.1"), "written over");
}

TEST_F(SafeFileTest, a_backup_that_somebody_wrote_over_is_kept) {
  put_text(path_, "0");
  auto file = open(path_, 1);
  write(file, "1");
  put_text(path_ + ".bak", "written over");
  write(file, "2");
  EXPECT_EQ(text_of(path_ + ".bak.orig"), "written over");
  EXPECT_EQ(text_of(path_ + ".bak"), "1");
}

TEST_F(SafeFileTest, a_text_is_kept_aside_under_a_name_of_its_own) {
  put_text(path_, "0");
  auto file = open(path_);
  const auto when = *parse_timestamp("2026-11-28T06:00:00Z");
  const auto first = file.keep_aside("one", when);
  EXPECT_EQ(first, path_ + ".saved-20261128T060000Z");
  EXPECT_EQ(file.keep_aside("one", when), first);
  const auto second = file.keep_aside("two", when);
  EXPECT_EQ(second, first + "-1");
  EXPECT_EQ(text_of(first), "one");
  EXPECT_EQ(text_of(second), "two");
}

TEST_F(SafeFileTest, mode_and_extended_attributes_are_kept) {
  put_text(path_, "before");
  ASSERT_EQ(::chmod(path_.c_str(), 0604), 0);
  const bool has_attributes = ::setxattr(path_.c_str(), "user.note", "hello", 5, 0) == 0;
  auto file = open(path_);
  write(file, "after");
  struct ::stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0604U);
  if (has_attributes) {
    char value[8] = {};
    EXPECT_EQ(::getxattr(path_.c_str(), "user.note", value, sizeof value), 5);
    EXPECT_STREQ(value, "hello");
  }
}

TEST_F(SafeFileTest, owner_and_group_are_kept_by_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  put_text(path_, "before");
  ASSERT_EQ(::chown(path_.c_str(), 1234, 2345), 0);
  auto file = open(path_);
  write(file, "after");
  struct ::stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 2345U);
}

TEST_F(SafeFileTest, rights_taken_away_after_staging_stay_away) {
  put_text(path_, "before");
  ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
  auto file = open(path_);
  const auto lock = take(file);
  const auto staged = file.stage(content(file), "after", "1", "");
  ASSERT_EQ(::chmod(path_.c_str(), 0600), 0);
  ASSERT_TRUE(file.exchange(*staged, std::nullopt));
  struct ::stat status {};
  ASSERT_EQ(::stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(SafeFileTest, symlinks_stay_and_everything_stands_beside_what_they_point_to) {
  fs::create_directory(folder_ / "real");
  fs::create_directory(folder_ / "links");
  fs::create_directory_symlink(folder_ / "links", folder_ / "way");
  put_text(folder_ / "real/r.yml", "before");
  fs::create_symlink("../real/r.yml", folder_ / "links/second.yml");
  fs::create_symlink(folder_ / "way/second.yml", folder_ / "first.yml");
  auto file = open(folder_ / "first.yml");
  write(file, "after");
  EXPECT_TRUE(fs::is_symlink(folder_ / "first.yml"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "links/second.yml"));
  EXPECT_EQ(names_in(folder_ / "real"), (Names{"r.yml", "r.yml.bak", "r.yml.lock"}));
  EXPECT_EQ(names_in(folder_ / "links"), Names{"second.yml"});
  EXPECT_EQ(text_of(folder_ / "first.yml"), "after");
}

TEST_F(SafeFileTest, a_symlink_that_points_to_nothing_is_a_missing_file) {
  fs::create_directory(folder_ / "real");
  fs::create_symlink("real/r.yml", path_);
  auto file = open(path_);
  EXPECT_TRUE(content(file).missing);
  write(file, "first");
  EXPECT_TRUE(fs::is_symlink(path_));
  EXPECT_EQ(text_of(folder_ / "real/r.yml"), "first");
}

TEST_F(SafeFileTest, a_loop_of_symlinks_is_an_error) {
  fs::create_symlink("b.yml", folder_ / "a.yml");
  fs::create_symlink("a.yml", folder_ / "b.yml");
  auto file = open(folder_ / "a.yml");
  EXPECT_THROW(file.read(), Error);
  EXPECT_THROW(file.lock(), Error);
}

TEST_F(SafeFileTest, what_is_no_file_or_too_large_is_an_error) {
  auto folder = open(folder_.path());
  EXPECT_THROW(folder.read(), Error);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  auto fifo = open(path_);
  EXPECT_THROW(fifo.read(), Error);
  EXPECT_THROW(open(folder_.path() + "/"), Error);

  put_text(folder_ / "large.yml", std::string((1 << 20) + 1, 'x'));
  auto large = open(folder_ / "large.yml");
  try {
    (void)large.read();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_NE(std::string(error.what()).find("max_file_size"), std::string::npos);
  }
}

TEST_F(SafeFileTest, a_text_of_exactly_the_largest_size_is_read) {
  put_text(path_, std::string(1 << 20, 'x'));
  auto file = open(path_);
  EXPECT_EQ(content(file).text.size(), 1U << 20);
}

TEST_F(SafeFileTest, a_very_long_name_works) {
  const auto path = folder_ / (std::string(236, 'n') + ".yml");
  put_text(path, "before");
  auto file = open(path);
  write(file, "after", std::string(64, 'r'));
  EXPECT_EQ(text_of(path), "after");
  EXPECT_EQ(text_of(path + ".bak"), "before");
}

TEST_F(SafeFileTest, names_the_holder_of_a_lock) {
  put_text(path_, "x");
  for (const auto& locked : {path_, path_ + ".lock"}) {
    auto first = open(path_);
    {
      const auto lock = take(first);
      auto second = open(path_);
      const auto refused = second.lock();
      ASSERT_TRUE(std::holds_alternative<Busy>(refused));
      EXPECT_EQ(std::get<Busy>(refused).what,
                "File locked by another process (pid " + std::to_string(::getpid()) + ")");
    }
    const int descriptor = ::open(locked.c_str(), O_RDONLY | O_CLOEXEC);
    ASSERT_EQ(::flock(descriptor, LOCK_EX), 0);
    auto third = open(path_);
    const auto refused = third.lock();
    ASSERT_TRUE(std::holds_alternative<Busy>(refused)) << locked;
    EXPECT_EQ(std::get<Busy>(refused).pid, ::getpid());
    ::close(descriptor);
    (void)take(third);
  }
}

TEST_F(SafeFileTest, the_new_file_is_locked_as_soon_as_it_is_seen) {
  put_text(path_, "before");
  auto file = open(path_);
  const auto lock = take(file);
  const auto staged = file.stage(content(file), "after", "1", "");
  ASSERT_TRUE(file.exchange(*staged, std::nullopt));
  const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(::flock(descriptor, LOCK_EX | LOCK_NB), -1);
  ::close(descriptor);
  EXPECT_EQ(content(file).text, "after") << "our own lock must not look like a writer";
}

TEST_F(SafeFileTest, the_lock_file_can_be_opened_by_everybody_and_stays) {
  const auto previous = ::umask(077);
  auto file = open(path_);
  { const auto lock = take(file); }
  ::umask(previous);
  struct ::stat status {};
  ASSERT_EQ(::stat((path_ + ".lock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
  EXPECT_EQ(status.st_size, 0);
}

TEST_F(SafeFileTest, a_file_open_for_writing_is_not_read) {
  put_text(path_, "half");
  const int writer = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  auto file = open(path_);
  const auto read = file.read();
  ASSERT_TRUE(std::holds_alternative<Busy>(read));
  EXPECT_EQ(std::get<Busy>(read).what, "File locked by another process (pid " + std::to_string(::getpid()) + ")");
  ::close(writer);
  EXPECT_EQ(content(file).text, "half");
}

TEST_F(SafeFileTest, a_file_open_for_writing_is_not_replaced) {
  put_text(path_, "before");
  auto file = open(path_);
  const auto lock = take(file);
  const auto staged = file.stage(content(file), "after", "1", "");
  const int writer = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  EXPECT_FALSE(file.exchange(*staged, std::nullopt));
  EXPECT_EQ(text_of(path_), "before");
  ASSERT_EQ(::write(writer, " and more", 9), 9);
  ::close(writer);
  EXPECT_EQ(content(file).text, "before and more");
}

TEST_F(SafeFileTest, a_late_write_into_the_old_file_is_found_and_adopted) {
  put_text(path_, "before");
  auto file = open(path_);
  FileIdentity backup;
  {
    const auto lock = take(file);
    const auto staged = file.stage(content(file), "after", "1", "");
    ASSERT_TRUE(file.exchange(*staged, std::nullopt));
    backup = *staged->backup();
    file.finish(*staged);
  }
  const auto lock = take(file);
  const auto known = fingerprint_of("before");
  const auto stray_edit = [&](std::uint64_t inode) {
    auto looked = file.stray_edit(backup.device, inode, known);
    EXPECT_TRUE(std::holds_alternative<std::optional<FileContent>>(looked));
    return std::get<std::optional<FileContent>>(std::move(looked));
  };
  EXPECT_FALSE(stray_edit(backup.inode));
  EXPECT_FALSE(stray_edit(backup.inode));
  put_text(path_ + ".bak", "edited late");
  EXPECT_FALSE(stray_edit(backup.inode + 1));
  const auto stray = stray_edit(backup.inode);
  ASSERT_TRUE(stray);
  EXPECT_EQ(stray->text, "edited late");
  ASSERT_TRUE(file.adopt_stray_edit(*stray, content(file)));
  EXPECT_EQ(text_of(path_), "edited late");
  EXPECT_EQ(text_of(path_ + ".bak"), "after");
  EXPECT_FALSE(stray_edit(backup.inode));
}

TEST_F(SafeFileTest, says_why_it_cannot_write) {
  put_text(path_, "x");
  EXPECT_EQ(open(path_).read_only_reason(), std::nullopt);
  EXPECT_EQ(open(folder_ / "new.yml").read_only_reason(), std::nullopt);
  EXPECT_EQ(open(folder_ / "none/new.yml").read_only_reason(), std::nullopt) << "folders are made";
  fs::create_directory(folder_ / "dir");
  EXPECT_EQ(open(folder_ / "dir").read_only_reason(), folder_ / "dir is not a regular file");
}

TEST_F(SafeFileTest, an_error_says_what_where_and_why) {
  auto file = open(folder_ / "none/new.yml");
  const auto lock = take(file);
  try {
    (void)file.stage(FileContent{}, "text", "1", "");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_EQ(error.parts().cause, "No such file or directory");
    EXPECT_FALSE(error.parts().hint.empty());
  }
  EXPECT_THROW(file.stage(FileContent{}, "text", "no/key", ""), Error);
}

TEST_F(SafeFileTest, strangers_files_are_left_alone) {
  put_text(path_, "before");
  const auto hash = std::string(32, '0');
  const Names strangers{".schedule.yml.lockstep-notes", ".schedule.yml.lockstep-1-" + hash + ".tmp",
                        ".other.yml.lockstep-1-" + hash + "-" + hash + ".tmp",
                        ".schedule.yml.lockstep-1-" + hash + "-" + hash + ".txt", "schedule.yml~", ".schedule.yml.swp"};
  for (const auto& name : strangers) put_text(folder_ / name, "mine");
  auto file = open(path_);
  const auto lock = take(file);
  EXPECT_TRUE(file.find_journals().empty());
  for (const auto& name : strangers) EXPECT_EQ(text_of(folder_ / name), "mine");
}

TEST_F(SafeFileTest, worthless_leftovers_are_removed) {
  put_text(path_, "before");
  const auto hash = std::string(32, '0');
  const auto stem = ".schedule.yml.lockstep-1-" + hash + "-" + hash;
  put_text(folder_ / (stem + ".part"), "half");
  put_text(folder_ / (stem + ".rec"), "orphan");
  auto file = open(path_);
  const auto lock = take(file);
  EXPECT_TRUE(file.find_journals().empty());
  EXPECT_EQ(names_in(folder_.path()), (Names{"schedule.yml", "schedule.yml.lock"}));
}

}  // namespace
}  // namespace lockstep
