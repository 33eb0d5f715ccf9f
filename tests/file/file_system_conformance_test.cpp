// What file_system.hpp promises, of the real file system and of the simulated one.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

#include "file/file_io.hpp"
#include "file/posix_file_system.hpp"
#include "file/simulated_file_system.hpp"
#include "file/temporary_folder.hpp"

namespace lockstep {
namespace {

struct RealWorld {
  PosixFileSystem files;
  TemporaryFolder folder;
  std::string path(const std::string& name) { return folder / name; }
  void make_folder(const std::string& name) { std::filesystem::create_directory(path(name)); }
  void make_symlink(const std::string& target, const std::string& name) {
    std::filesystem::create_symlink(target, path(name));
  }
  int process() const { return ::getpid(); }
};

struct SimulatedWorld {
  SimulatedWorld() { files.put_folder("/home"); }
  SimulatedFileSystem files;
  std::string path(const std::string& name) { return "/home/" + name; }
  void make_folder(const std::string& name) { files.put_folder(path(name)); }
  void make_symlink(const std::string& target, const std::string& name) { files.make_symlink(target, path(name)); }
  int process() const { return SimulatedFileSystem::kThisProcess; }
};

template <class World>
class FileSystemConformance : public testing::Test {
 protected:
  FileSystem& files() { return world_.files; }
  std::string path(const std::string& name) { return world_.path(name); }
  std::string folder() { return folder_of(path("x")); }

  void put(const std::string& name, const std::string& text) {
    (void)files().remove(path(name));
    auto file = files().open(path(name), Open::create_public);
    ASSERT_TRUE(file) << file.error();
    ASSERT_TRUE((*file)->write(0, text));
  }
  std::string text(const std::string& name) { return read_all(files(), path(name)); }
  bool there(const std::string& name) { return stat_if_there(files(), path(name)).has_value(); }
  std::uint64_t inode(const std::string& name) { return files().stat(path(name), false)->inode; }

  World world_;
};

using Worlds = testing::Types<RealWorld, SimulatedWorld>;
class WorldNames {
 public:
  template <class World>
  static std::string GetName(int) {
    return std::is_same_v<World, RealWorld> ? "posix" : "simulated";
  }
};
TYPED_TEST_SUITE(FileSystemConformance, Worlds, WorldNames);

TYPED_TEST(FileSystemConformance, what_is_not_there_cannot_be_opened) {
  for (const auto how : {Open::read, Open::update, Open::folder, Open::lock}) {
    EXPECT_EQ(this->files().open(this->path("none"), how).error(), ENOENT);
  }
  EXPECT_EQ(this->files().open(this->path("none/f"), Open::create_public).error(), ENOENT);
  EXPECT_EQ(this->files().stat(this->path("none"), true).error(), ENOENT);
  EXPECT_EQ(this->files().remove(this->path("none")).error(), ENOENT);
  EXPECT_EQ(this->files().list(this->path("none")).error(), ENOENT);
  EXPECT_EQ(this->files().may_write(this->path("none")).error(), ENOENT);
  this->put("f", "x");
  EXPECT_EQ(this->files().open(this->path("f/g"), Open::read).error(), ENOTDIR);
  EXPECT_EQ(this->files().open(this->path("f"), Open::folder).error(), ENOTDIR);
  EXPECT_EQ(this->files().open(this->folder(), Open::update).error(), EISDIR);
}

TYPED_TEST(FileSystemConformance, what_is_there_cannot_be_created) {
  this->put("f", "x");
  for (const auto how : {Open::create_lock, Open::create_private, Open::create_public}) {
    EXPECT_EQ(this->files().open(this->path("f"), how).error(), EEXIST);
  }
}

TYPED_TEST(FileSystemConformance, new_files_have_the_mode_of_their_purpose) {
  (void)this->files().open(this->path("lock"), Open::create_lock);
  (void)this->files().open(this->path("private"), Open::create_private);
  EXPECT_EQ(this->files().stat(this->path("lock"), false)->mode, 0644U);
  EXPECT_EQ(this->files().stat(this->path("private"), false)->mode, 0600U);
}

TYPED_TEST(FileSystemConformance, bytes_are_written_and_read_at_offsets) {
  auto file = std::move(*this->files().open(this->path("f"), Open::create_private));
  EXPECT_EQ(*file->write(0, "hello"), 5U);
  EXPECT_EQ(*file->write(7, "you"), 3U);
  EXPECT_EQ(file->stat()->size, 10U);
  EXPECT_EQ(this->text("f"), std::string("hello\0\0you", 10));
  ASSERT_TRUE(file->resize(2));
  ASSERT_TRUE(file->sync());
  std::string buffer(8, ' ');
  EXPECT_EQ(*file->read(1, std::span(buffer)), 1U);
  EXPECT_EQ(buffer[0], 'e');
  EXPECT_EQ(*file->read(2, std::span(buffer)), 0U);
  EXPECT_EQ(*file->read(99, std::span(buffer)), 0U);
}

TYPED_TEST(FileSystemConformance, what_was_opened_for_reading_is_not_written) {
  this->put("f", "x");
  auto file = std::move(*this->files().open(this->path("f"), Open::read));
  EXPECT_FALSE(file->write(0, "y"));
  EXPECT_FALSE(file->resize(0));
  EXPECT_EQ(this->text("f"), "x");
}

TYPED_TEST(FileSystemConformance, folders_can_be_listed_and_synced) {
  EXPECT_TRUE(this->files().list(this->folder())->empty());
  this->put("b", "");
  this->put("a", "");
  auto names = *this->files().list(this->folder());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE((*this->files().open(this->folder(), Open::folder))->sync());
}

TYPED_TEST(FileSystemConformance, kinds_and_links_are_told) {
  this->world_.make_folder("d");
  this->put("d/f", "abc");
  this->world_.make_symlink("d/f", "s");
  this->world_.make_symlink("nowhere", "dangling");
  EXPECT_EQ(this->files().stat(this->path("d"), false)->kind, FileKind::folder);
  const auto link = *this->files().stat(this->path("s"), false);
  EXPECT_EQ(link.kind, FileKind::symlink);
  EXPECT_EQ(link.link_target, "d/f");
  const auto followed = *this->files().stat(this->path("s"), true);
  EXPECT_EQ(followed.kind, FileKind::regular);
  EXPECT_EQ(followed.size, 3U);
  EXPECT_EQ(followed.inode, this->inode("d/f"));
  EXPECT_EQ(this->files().stat(this->path("dangling"), true).error(), ENOENT);
  EXPECT_EQ(this->text("s"), "abc");
  EXPECT_EQ(this->files().open(this->path("s"), Open::lock).error(), ELOOP);
}

TYPED_TEST(FileSystemConformance, a_rename_replaces_keeps_or_exchanges) {
  this->put("a", "A");
  this->put("b", "B");
  EXPECT_EQ(this->files().rename(this->path("a"), this->path("b"), Rename::keep).error(), EEXIST);
  const auto a = this->inode("a"), b = this->inode("b");
  ASSERT_TRUE(this->files().rename(this->path("a"), this->path("b"), Rename::exchange));
  EXPECT_EQ(this->inode("a"), b);
  EXPECT_EQ(this->inode("b"), a);
  EXPECT_EQ(this->text("a"), "B");
  ASSERT_TRUE(this->files().rename(this->path("a"), this->path("b"), Rename::replace));
  EXPECT_EQ(this->text("b"), "B");
  EXPECT_FALSE(this->there("a"));
  ASSERT_TRUE(this->files().rename(this->path("b"), this->path("c"), Rename::keep));
  EXPECT_EQ(this->text("c"), "B");
  for (const auto how : {Rename::replace, Rename::keep, Rename::exchange}) {
    EXPECT_EQ(this->files().rename(this->path("none"), this->path("c2"), how).error(), ENOENT);
  }
  EXPECT_EQ(this->files().rename(this->path("c"), this->path("none"), Rename::exchange).error(), ENOENT);
}

TYPED_TEST(FileSystemConformance, hard_links_are_second_names) {
  this->put("a", "A");
  ASSERT_TRUE(this->files().link(this->path("a"), this->path("b")));
  EXPECT_EQ(this->inode("a"), this->inode("b"));
  EXPECT_EQ(this->files().stat(this->path("a"), false)->links, 2U);
  EXPECT_EQ(this->files().link(this->path("a"), this->path("b")).error(), EEXIST);
  EXPECT_EQ(this->files().link(this->path("none"), this->path("c")).error(), ENOENT);
  ASSERT_TRUE(this->files().remove(this->path("a")));
  EXPECT_EQ(this->files().stat(this->path("b"), false)->links, 1U);
  EXPECT_EQ(this->text("b"), "A");
}

TYPED_TEST(FileSystemConformance, a_removed_file_lives_on_where_it_is_open) {
  this->put("a", "A");
  auto file = std::move(*this->files().open(this->path("a"), Open::read));
  ASSERT_TRUE(this->files().remove(this->path("a")));
  EXPECT_EQ(read_all(*file, "a"), "A");
  EXPECT_EQ(file->stat()->links, 0U);
}

TYPED_TEST(FileSystemConformance, one_description_holds_the_lock_until_it_is_closed) {
  this->put("f", "x");
  auto first = std::move(*this->files().open(this->path("f"), Open::lock));
  auto second = std::move(*this->files().open(this->path("f"), Open::lock));
  const auto status = *first->stat();
  EXPECT_EQ(this->files().holder_of(status.device, status.inode, Holder::lock), std::nullopt);
  ASSERT_TRUE(first->try_lock());
  ASSERT_TRUE(first->try_lock()) << "again, the same description";
  EXPECT_EQ(second->try_lock().error(), EAGAIN);
  EXPECT_EQ(this->files().holder_of(status.device, status.inode, Holder::lock), this->world_.process());
  EXPECT_EQ(this->files().holder_of(status.device, status.inode + 1, Holder::lock), std::nullopt);
  first.reset();
  EXPECT_TRUE(second->try_lock());
}

TYPED_TEST(FileSystemConformance, a_read_lease_and_a_writer_exclude_each_other) {
  this->put("f", "x");
  auto reader = std::move(*this->files().open(this->path("f"), Open::read));
  auto other_reader = std::move(*this->files().open(this->path("f"), Open::read));
  const auto status = *reader->stat();
  {
    auto writer = std::move(*this->files().open(this->path("f"), Open::update));
    EXPECT_EQ(reader->take_read_lease().error(), EAGAIN);
    EXPECT_EQ(this->files().holder_of(status.device, status.inode, Holder::writer), this->world_.process());
  }
  EXPECT_EQ(this->files().holder_of(status.device, status.inode, Holder::writer), std::nullopt);
  ASSERT_TRUE(reader->take_read_lease());
  EXPECT_TRUE(this->files().open(this->path("f"), Open::read));
  EXPECT_EQ(this->files().open(this->path("f"), Open::update).error(), EAGAIN);
  reader->drop_lease();
  EXPECT_TRUE(this->files().open(this->path("f"), Open::update));
  ASSERT_TRUE(reader->take_read_lease());
  reader.reset();
  EXPECT_TRUE(this->files().open(this->path("f"), Open::update)) << "closing drops it";
}

TYPED_TEST(FileSystemConformance, attributes_are_taken_over) {
  (void)this->files().open(this->path("private"), Open::create_private);
  this->put("f", "x");
  auto from = std::move(*this->files().open(this->path("private"), Open::read));
  auto to = std::move(*this->files().open(this->path("f"), Open::read));
  ASSERT_TRUE(to->take_attributes_of(*from));
  EXPECT_EQ(to->stat()->mode, 0600U);
}

TYPED_TEST(FileSystemConformance, times_and_identities_change_with_the_file) {
  this->put("f", "x");
  const auto before = *this->files().stat(this->path("f"), false);
  this->files().wait(std::chrono::milliseconds(10));
  {
    auto writer = std::move(*this->files().open(this->path("f"), Open::update));
    ASSERT_TRUE(writer->write(0, "y"));
  }
  const auto after = *this->files().stat(this->path("f"), false);
  EXPECT_EQ(after.inode, before.inode);
  EXPECT_GT(after.modified_ns, before.modified_ns);
  EXPECT_GE(after.changed_ns, after.modified_ns);
}

TYPED_TEST(FileSystemConformance, what_can_be_written_is_told) {
  this->put("f", "x");
  EXPECT_TRUE(this->files().may_write(this->path("f")));
  EXPECT_TRUE(this->files().may_write(this->folder()));
}

}  // namespace
}  // namespace lockstep
