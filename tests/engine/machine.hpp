// A machine that can crash: a simulated disk, a database in memory, and engines on them, one after the other.
#pragma once

#include <cerrno>
#include <random>

#include "engine/world.hpp"
#include "file/simulated_file_system.hpp"

namespace lockstep::testing {

inline constexpr const char* kFile = "/s/schedule.yml";

struct Machine {
  Machine() {
    disk.put_folder("/s");
    settings.yaml = kFile;
    settings.lock_timeout = std::chrono::milliseconds(500);
    settings.settle_deletions = std::chrono::milliseconds(0);
  }
  std::unique_ptr<Engine> process() {
    return std::make_unique<Engine>(settings, disk, open_memory_store(database), [this] {
      now.micros += clock_step;
      return now;
    });
  }
  std::optional<Task> yaml_task(std::int64_t id) {
    ReadResult read = Document::read(disk.text(kFile).value_or(""), {});
    if (!read.document || !read.document->find(id)) return std::nullopt;
    return *read.document->find(id);
  }
  void change_row(std::int64_t id, Field field, const std::string& value) {
    Task row = database->task(id).value();
    row[field] = value;
    database->put(row);
  }
  void edit(const std::string& old, const std::string& by) {
    std::string now_there = disk.text(kFile).value();
    const std::size_t at = now_there.find(old);
    ASSERT_NE(at, std::string::npos) << old;
    disk.save_by_rename(kFile, now_there.replace(at, old.size(), by));
  }
  // Syncs until nothing is done any more; both sides must then hold the same.
  void expect_convergence() {
    for (int i = 0; i < 3; ++i) {
      const SyncOutcome outcome = process()->sync({});
      ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome)) << outcome.index();
      ASSERT_TRUE(std::get<SyncResult>(outcome).conflicts.empty());
    }
    const std::string before = disk.text(kFile).value();
    ReadResult read = Document::read(before, {});
    ASSERT_TRUE(read.document) << before;
    const std::vector<Task> rows = database->tasks();
    ASSERT_EQ(rows.size(), read.document->tasks().size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_TRUE(rows[i].id == read.document->tasks()[i].id && differing(rows[i], read.document->tasks()[i]).empty())
          << to_json_text(rows[i]) << "\n" << to_json_text(read.document->tasks()[i]);
    for (const std::string& name : disk.names("/s"))
      ASSERT_TRUE(name.find("lockstep") == std::string::npos || name.ends_with(".lock")) << "left behind: " << name;
  }

  SimulatedFileSystem disk;
  Settings settings;
  std::shared_ptr<MemoryDatabase> database = std::make_shared<MemoryDatabase>();
  Timestamp now = *parse_timestamp("2026-11-22T08:00:00Z");
  std::int64_t clock_step = 1'000'000;  // microseconds, at each look
};

}  // namespace lockstep::testing
