// A YAML file and a SQLite database in a folder of their own, and the hands of strangers on both.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "engine/settings.hpp"

namespace lockstep::testing {

inline constexpr std::chrono::seconds kPatience{20};

class LiveSides {
 public:
  LiveSides() {
    std::string name = (std::filesystem::temp_directory_path() / "lockstep-live-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    settings.yaml = (folder_ / "schedule.yml").string();
    settings.database = "sqlite:" + database_path();
    settings.lock_timeout = std::chrono::milliseconds(2000);
    settings.settle_deletions = std::chrono::milliseconds(0);
  }
  ~LiveSides() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  LiveSides(const LiveSides&) = delete;
  LiveSides& operator=(const LiveSides&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::string database_path() const { return (folder_ / "tasks.db").string(); }
  void write(const std::string& text) const { std::ofstream(settings.yaml, std::ios::binary) << text; }
  void write_tasks(const std::string& tasks) const { write("# the schedule\ntasks:\n" + tasks); }
  std::string read() const {
    std::ifstream in(settings.yaml, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void replace(const std::string& old, const std::string& by) const {
    std::string text = read();
    const std::size_t at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old << "\nnot in\n" << text;
    write(text.replace(at, old.size(), by));
  }
  // As another program would: on a connection of its own. The first column of the first row.
  std::string sql(const std::string& statement) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(database_path().c_str(), &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 10'000);
    std::string first;
    char* problem = nullptr;
    sqlite3_exec(
        database, statement.c_str(),
        [](void* out, int columns, char** values, char**) {
          if (columns > 0 && values[0]) *static_cast<std::string*>(out) = values[0];
          return 1;
        },
        &first, &problem);
    if (problem && std::string(problem) != "query aborted") ADD_FAILURE() << problem << ": " << statement;
    sqlite3_free(problem);
    sqlite3_close(database);
    return first;
  }

  Settings settings;

 private:
  std::filesystem::path folder_;
};

}  // namespace lockstep::testing
