// Whole-file steps on a file system that answers in small pieces.
#include "file/file_io.hpp"

#include <gtest/gtest.h>

#include "file/simulated_file_system.hpp"

namespace lockstep {
namespace {

TEST(FileIo, a_files_fingerprint_is_that_of_its_text) {
  for (const std::size_t size : {0U, 1U, 240U, 241U, 1000U, 600'000U}) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 % 251);
    for (const std::size_t transfer : {7U, 1U << 20}) {
      SimulatedFileSystem disk;
      disk.put("/f", text);
      disk.able.largest_transfer = transfer;
      EXPECT_EQ(fingerprint_of_file(disk, "/f"), fingerprint_of(text)) << size;
      EXPECT_EQ(read_all(disk, "/f"), text) << size;
    }
  }
}

TEST(FileIo, paths_are_taken_apart) {
  EXPECT_EQ(folder_of("a/b.yml"), "a");
  EXPECT_EQ(folder_of("b.yml"), ".");
  EXPECT_EQ(folder_of("/b.yml"), "/");
  EXPECT_EQ(name_of("a/b.yml"), "b.yml");
  EXPECT_EQ(name_of("b.yml"), "b.yml");
}

TEST(FileIo, patience_ends) {
  SimulatedFileSystem disk;
  Patience patience(disk, std::chrono::milliseconds(50));
  int waits = 0;
  while (patience.wait()) ++waits;
  EXPECT_GT(waits, 3);
  EXPECT_LT(waits, 50);
  Patience none(disk, std::chrono::milliseconds(0));
  EXPECT_FALSE(none.wait());
}

TEST(FileIo, an_error_of_the_system_is_translated) {
  EXPECT_EQ(file_error(ENOSPC, "write", "/f").code(), ErrorCode::io);
  EXPECT_TRUE(file_error(ENOSPC, "write", "/f").retryable());
  EXPECT_NE(std::string(file_error(ENOSPC, "write", "/f").what()).find("free some space"), std::string::npos);
  for (const int error : {EACCES, EPERM, EROFS}) EXPECT_EQ(file_error(error, "open", "/f").code(), ErrorCode::permission);
  EXPECT_EQ(std::string(file_error(EBADF, "open", "/f").what()), "open /f: Bad file descriptor");
}

}  // namespace
}  // namespace lockstep
