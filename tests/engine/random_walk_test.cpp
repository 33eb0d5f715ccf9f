// Random work on both sides, random one-way syncs, crashes, faults and editors in between: in the end both
// sides hold the same, save for what is reported as a conflict, and the last value that only one side
// introduced is there. Every failing walk can be run again by its seed.
#include <cstdlib>
#include <random>

#include "engine/world.hpp"
#include "file/simulated_file_system.hpp"

namespace lockstep {
namespace {

using testing::task;
using testing::task_yaml;

const char* const kFile = "/s/schedule.yml";
const char* const kCrons[] = {"0 2 * * *", "@hourly", "*/5 * * * *", "30 7 * * mon"};

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : random_(seed) {
    disk_.put_folder("/s");
    settings_.yaml = kFile;
    settings_.lock_timeout = std::chrono::milliseconds(100);
    settings_.settle_deletions = std::chrono::milliseconds(0);
    settings_.max_delete_percent = 100;
    // Every other walk has a schedule that is large for its settings: it is read in parts, and by its changes.
    if (seed % 2 == 0) {
      settings_.piecewise_from = 0;
      tasks_ = 60;
    }
    if (pick(3) == 0) settings_.owners[static_cast<std::size_t>(Field::status)] = Owner::database;
    std::string tasks = "# walk\ntasks:\n";
    for (int i = 1; i <= tasks_; ++i) tasks += task_yaml(i, "job-" + std::to_string(i));
    disk_.put(kFile, tasks);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
    disk_.no_more_faults();
    database_->clear_faults();
    settle();
  }

 private:
  std::size_t pick(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  // Few of them, so that both sides and former work are met again.
  std::int64_t some_id() {
    const std::size_t id = pick(9) + 1;
    return static_cast<std::int64_t>(id <= 6 ? id * static_cast<std::size_t>(tasks_) / 6 : id - 6 + static_cast<std::size_t>(tasks_));
  }

  std::unique_ptr<Engine> process() {
    return std::make_unique<Engine>(settings_, disk_, open_memory_store(database_), [this] {
      now_.micros += 1'000'000;
      return now_;
    });
  }

  void step() {
    switch (pick(8)) {
      case 0: case 1: edit_rows(); break;
      case 2: case 3: edit_file(); break;
      case 4: disturbed_sync(); break;
      case 5: sync({.direction = pick(2) ? Direction::yaml_to_db : Direction::db_to_yaml}); break;
      default: sync({.force = pick(4) == 0}); break;
    }
  }

  void edit_rows() {
    const std::int64_t id = some_id();
    std::optional<Task> row = database_->task(id);
    if (!row) return database_->put(task(id, "row-" + std::to_string(pick(1000))));
    if (pick(6) == 0) return void(database_->erase(id));
    switch (pick(3)) {
      case 0: (*row)[Field::status] = std::string(kStatuses[pick(kStatuses.size())]); break;
      case 1: (*row)[Field::schedule_cron] = std::string(kCrons[pick(4)]); break;
      default: (*row)[Field::params_json] = JsonText{"{\"n\":" + std::to_string(pick(50)) + "}"}; break;
    }
    (*row)[Field::updated_at] = now_;
    database_->put(*row);
  }

  // As a person does: through the text, by an editor that writes anew or in place.
  void edit_file() {
    ReadResult read = Document::read(disk_.text(kFile).value(), {});
    ASSERT_TRUE(read.document) << disk_.text(kFile).value();
    const std::int64_t id = some_id();
    Edit edit;
    if (const Task* there = read.document->find(id)) {
      edit.task = *there;
      if (pick(6) == 0) {
        edit.kind = Edit::Kind::remove;
      } else if (pick(4) == 0) {
        return comment_on_a_line(std::string(read.document->text()));
      } else if (pick(2)) {
        edit.task.own()[Field::schedule_cron] = std::string(kCrons[pick(4)]);
        edit.fields = {Field::schedule_cron};
      } else {
        edit.task.own()[Field::skill_name] = "edited-" + std::to_string(pick(1000));
        edit.fields = {Field::skill_name};
      }
    } else {
      edit.kind = Edit::Kind::insert;
      edit.task = task(id, "written-" + std::to_string(pick(1000)));
    }
    EditResult result = read.document->edit(std::span(&edit, 1));
    ASSERT_TRUE(result.problem.empty()) << result.problem << "\n" << read.document->text();
    save(std::string(result.text));
  }

  void comment_on_a_line(std::string text) {
    const std::size_t line = text.find('\n', 8 + pick(text.size() - 8));  // behind the first one
    if (line != std::string::npos) text.insert(line, " # seen");
    save(text);
  }

  void save(const std::string& text) {
    if (pick(2))
      disk_.save_by_rename(kFile, text);
    else
      disk_.save_in_place(kFile, text);
  }

  void sync(const SyncRequest& request) {
    const SyncOutcome outcome = process()->sync(request);
    ASSERT_TRUE(std::holds_alternative<SyncResult>(outcome)) << outcome.index();
  }

  void disturbed_sync() {
    const std::size_t call = pick(60) + 1;
    const bool crash = pick(2) == 0;
    if (crash)
      disk_.crash_at(disk_.calls() + call);
    else if (pick(2))
      disk_.fail_at(disk_.calls() + call, ENOSPC, pick(2) == 0);
    else
      database_->fail_call(database_->calls() + pick(30) + 1,
                           {.code = ErrorCode::unreachable, .retryable = pick(2) == 0, .applied = pick(2) == 0});
    try {
      (void)process()->sync({});
    } catch (const SimulatedCrash&) {
      const SimulatedFileSystem::Unsynced kinds[] = {SimulatedFileSystem::Unsynced::kept, SimulatedFileSystem::Unsynced::lost,
                                                     SimulatedFileSystem::Unsynced::any};
      disk_.restart(kinds[pick(3)], random_());
    } catch (const Error&) {
    }
    disk_.no_more_faults();
    database_->clear_faults();
  }

  // Undisturbed syncs, and a decision on whatever is in conflict: then nothing may be left to do.
  void settle() {
    for (int round = 0; round < 3; ++round) {
      sync({});
      for (const Conflict& conflict : process()->conflicts({})) {
        const Choice choice = pick(2) ? Choice::keep_yaml : Choice::keep_db;
        const ResolveOutcome outcome = process()->resolve({conflict.number, {choice, {}}, conflict.version});
        ASSERT_TRUE(std::holds_alternative<ResolveDone>(outcome)) << outcome.index();
      }
    }
    const std::string before = disk_.text(kFile).value();
    ReadResult read = Document::read(before, {});
    ASSERT_TRUE(read.document) << before;
    EXPECT_EQ(before.find("# walk\n"), 0U);
    const std::vector<Task> rows = database_->tasks();
    ASSERT_EQ(rows.size(), read.document->tasks().size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_TRUE(rows[i].id == read.document->tasks()[i].id && differing(rows[i], read.document->tasks()[i]).empty())
          << to_json_text(rows[i]) << "\n" << to_json_text(read.document->tasks()[i]);
    const std::size_t runs = process()->history({}).size();
    sync({});
    EXPECT_EQ(disk_.text(kFile).value(), before);
    EXPECT_EQ(process()->history({}).size(), runs);
    for (const std::string& name : disk_.names("/s"))
      EXPECT_TRUE(name.find(".tmp") == std::string::npos && name.find(".rec") == std::string::npos) << name;
  }

  std::mt19937_64 random_;
  SimulatedFileSystem disk_;
  Settings settings_;
  int tasks_ = 6;
  std::shared_ptr<MemoryDatabase> database_ = std::make_shared<MemoryDatabase>();
  Timestamp now_ = *parse_timestamp("2026-11-22T08:00:00Z");
};

TEST(RandomWalk, always_comes_to_rest_in_step) {
  const char* asked = std::getenv("LOCKSTEP_WALKS");  // how many; and LOCKSTEP_SEED: one of them alone
  const char* seed = std::getenv("LOCKSTEP_SEED");
  const std::uint64_t first = seed ? std::strtoull(seed, nullptr, 10) : 1;
  const std::uint64_t count = seed ? 1 : asked ? std::strtoull(asked, nullptr, 10) : 300;
  for (std::uint64_t i = first; i < first + count; ++i) {
    SCOPED_TRACE("LOCKSTEP_SEED=" + std::to_string(i));
    Walk(i).run(40);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace lockstep
