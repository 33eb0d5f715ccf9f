// Both sides of a schedule to play with: a YAML file in a folder of its own, a database in memory, and
// engines on them, as many as there are processes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <variant>

#include "engine/engine.hpp"
#include "file/posix_file_system.hpp"
#include "store/memory/memory_store.hpp"

namespace lockstep::testing {

inline std::string task_yaml(std::int64_t id, const std::string& name, const std::string& rest = "") {
  return "  - id: " + std::to_string(id) + "\n    skill_name: " + name +
         "   # by hand\n    schedule_cron: \"0 2 * * *\"\n    next_run_at: 2026-11-23T02:00:00Z\n    status: pending\n" + rest;
}

inline Task task(std::int64_t id, const std::string& name) {
  Task result = task_with_defaults(id);
  result[Field::skill_name] = name;
  result[Field::schedule_cron] = std::string("0 2 * * *");
  result[Field::next_run_at] = *parse_timestamp("2026-11-23T02:00:00Z");
  return result;
}

class World {
 public:
  World() {
    std::string name = (std::filesystem::temp_directory_path() / "lockstep-engine-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    settings.yaml = (folder_ / "schedule.yml").string();
    settings.lock_timeout = std::chrono::milliseconds(2000);
    settings.settle_deletions = std::chrono::milliseconds(0);  // what they are for has tests of its own
  }
  ~World() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A new process on the same file and database.
  std::unique_ptr<Engine> engine() {
    return std::make_unique<Engine>(settings, files, open_memory_store(database), [this] {
      now.micros += 1'000'000;
      return now;
    });
  }

  void write(const std::string& text) { std::ofstream(settings.yaml, std::ios::binary) << text; }
  void write_tasks(const std::string& tasks) { write("# the schedule\ntasks:\n" + tasks); }
  std::string read() const {
    std::ifstream in(settings.yaml, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void replace(const std::string& old, const std::string& by) {
    std::string text = read();
    const std::size_t at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old << "\nnot in\n" << text;
    write(text.replace(at, old.size(), by));
  }
  std::optional<Task> yaml_task(std::int64_t id) const {
    ReadResult result = Document::read(read(), {});
    if (!result.document || !result.document->find(id)) return std::nullopt;
    return *result.document->find(id);
  }
  void change_row(std::int64_t id, Field field, Value value) {
    std::optional<Task> row = database->task(id);
    ASSERT_TRUE(row);
    (*row)[field] = std::move(value);
    (*row)[Field::updated_at] = now;
    database->put(*row);
  }

  // A sync that must come to an end as such.
  SyncResult sync(SyncRequest request = {}) { return done(engine()->sync(request)); }
  static SyncResult done(SyncOutcome outcome) {
    if (auto* result = std::get_if<SyncResult>(&outcome)) return std::move(*result);
    if (auto* invalid = std::get_if<InvalidYaml>(&outcome))
      for (const Diagnostic& d : invalid->diagnostics) ADD_FAILURE() << format_diagnostic(d, true);
    ADD_FAILURE() << "the sync ended with alternative " << outcome.index();
    return {};
  }

  // Both sides hold the same, and another sync writes nothing at all.
  void expect_in_step() {
    ReadResult result = Document::read(read(), {});
    ASSERT_TRUE(result.document) << read();
    const std::vector<Task> rows = database->tasks();
    ASSERT_EQ(rows.size(), result.document->tasks().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].id, result.document->tasks()[i].id);
      EXPECT_TRUE(differing(rows[i], result.document->tasks()[i]).empty())
          << to_json_text(rows[i]) << "\n" << to_json_text(result.document->tasks()[i]);
    }
    expect_still();
  }
  void expect_still() {
    const std::string before = read();
    const auto time = std::filesystem::last_write_time(settings.yaml);
    const std::size_t runs = engine()->history({}).size();
    const SyncResult again = sync();
    EXPECT_EQ(again.yaml, SideCounts{});
    EXPECT_EQ(again.database, SideCounts{});
    EXPECT_EQ(read(), before);
    EXPECT_EQ(std::filesystem::last_write_time(settings.yaml), time);
    EXPECT_EQ(engine()->history({}).size(), runs);
  }

  const std::filesystem::path& folder() const { return folder_; }

  Settings settings;
  PosixFileSystem files;
  std::shared_ptr<MemoryDatabase> database = std::make_shared<MemoryDatabase>();
  Timestamp now = *parse_timestamp("2026-11-22T08:00:00Z");

 private:
  std::filesystem::path folder_;
};

}  // namespace lockstep::testing
