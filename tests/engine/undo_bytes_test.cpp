// Taking a run back brings the file's bytes back, save `metadata`.
#include <algorithm>
#include <random>
#include <regex>

#include "engine/world.hpp"

namespace lockstep {
namespace {

using testing::task;
using testing::task_yaml;
using testing::World;

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Without what `metadata` says of the last sync.
std::string save_metadata(const std::string& text) {
  static const std::regex values("(last_sync|sync_source)(['\"]?[ \t]*:)([^\r\n,}]*)");
  return std::regex_replace(text, values, "$1$2");
}

struct Changed : World {
  std::string before;

  explicit Changed(const std::string& text) {
    write(text);
    sync();
    before = save_metadata(read());
  }
  std::int64_t carry() { return sync().run_id.value(); }
  void take_back(std::int64_t run) {
    const UndoOutcome outcome = engine()->undo(run, 100.0);
    EXPECT_TRUE(std::holds_alternative<SyncResult>(outcome)) << "alternative " << outcome.index();
  }
  void expect_bytes_back() {
    EXPECT_EQ(save_metadata(read()), before);
    expect_in_step();
  }
};

constexpr const char* kUgly = R"(# the schedule
metadata: { last_sync: null, sync_source: null }
tasks:

  # ---- backups ----
  - id: 1
    skill_name: 'backup'   # by hand
    schedule_cron: "0 2 * * *"
    next_run_at: 2026-11-23T02:00:00Z
    status: pending
    params_json:
      # where to
      target: >-
        s3://a/b/
        c
      hosts: [a,   "b"]   # odd blanks
    note: kept


  # of the week,
  # on Mondays
  - { id: 2, skill_name: report, schedule_cron: "@weekly", next_run_at: '2026-11-23 02:00:00', updated_at: 2026-01-01T00:00:00Z }

  # - id: 9   commented out

  - id: 3
    skill_name: last
    schedule_cron: "0 3 * * *"
    next_run_at: 2026-11-23T02:00:00Z
      # below

# the end
other: [1, 2]
)";

TEST(UndoBytes, of_changed_values) {
  Changed world(kUgly);
  world.change_row(1, Field::skill_name, std::string("restore: all"));
  world.change_row(1, Field::params_json, JsonText{R"({"target":"else","more":[1]})"});
  world.change_row(2, Field::status, std::string("disabled"));
  world.change_row(3, Field::user_id, std::string("ops"));
  const std::int64_t run = world.carry();
  EXPECT_NE(save_metadata(world.read()), world.before);
  world.take_back(run);
  world.expect_bytes_back();
}

TEST(UndoBytes, of_deletions_with_blank_lines_and_comments) {
  for (const std::vector<std::int64_t>& gone : std::vector<std::vector<std::int64_t>>{{1}, {2}, {3}, {1, 2}, {2, 3}, {1, 3}}) {
    Changed world(kUgly);
    for (const std::int64_t id : gone) world.database->erase(id);
    const std::int64_t run = world.carry();
    world.take_back(run);
    world.expect_bytes_back();
  }
}

TEST(UndoBytes, of_the_last_tasks_of_a_list) {
  for (const char* const text : {kUgly, "tasks: [ {id: 1, skill_name: a, schedule_cron: '@daily', next_run_at: 2026-11-23T02:00:00Z} ,\n"
                                        " # why\n {id: 3, skill_name: b, schedule_cron: '@daily', next_run_at: 2026-11-23T02:00:00Z},\n]\n"}) {
    Changed world(text);
    SyncRequest all;
    all.max_delete_percent = 100;
    for (const Task& row : world.database->tasks()) world.database->erase(row.id);
    const std::int64_t run = World::done(world.engine()->sync(all)).run_id.value();
    world.take_back(run);
    world.expect_bytes_back();
  }
}

TEST(UndoBytes, of_insertions) {
  for (const char* const text : {kUgly, "tasks: []   # none yet\n", "tasks: [] # no line break"}) {
    Changed world(text);
    world.database->put(task(2'000, "new"));
    world.database->put(task(4, "new too"));
    const std::int64_t run = world.carry();
    world.take_back(run);
    world.expect_bytes_back();
  }
}

TEST(UndoBytes, and_its_own_undo_brings_back_what_the_run_had_written) {
  Changed world(kUgly);
  world.change_row(1, Field::skill_name, std::string("restore"));
  world.database->erase(2);
  world.database->put(task(7, "new"));
  const std::int64_t run = world.carry();
  const std::string after = save_metadata(world.read());
  const UndoOutcome undone = world.engine()->undo(run);
  world.take_back(std::get<SyncResult>(undone).run_id.value());
  EXPECT_EQ(save_metadata(world.read()), after);
  world.expect_in_step();
}

TEST(UndoBytes, come_back_where_a_task_s_text_is_what_the_run_left_though_others_were_edited) {
  Changed world(kUgly);
  world.change_row(1, Field::skill_name, std::string("restore"));
  world.database->erase(2);
  const std::int64_t run = world.carry();
  world.replace("skill_name: last", "skill_name: lasting   # edited");
  world.sync();
  world.take_back(run);
  std::string expected = world.before;
  expected.replace(expected.find("skill_name: last"), 16, "skill_name: lasting   # edited");
  EXPECT_EQ(save_metadata(world.read()), expected);
  world.expect_in_step();
}

TEST(UndoBytes, do_not_undo_a_comment_that_somebody_wrote_since) {
  Changed world(kUgly);
  world.change_row(1, Field::skill_name, std::string("restore"));
  const std::int64_t run = world.carry();
  world.replace("note: kept", "note: kept   # since then");
  world.take_back(run);
  EXPECT_NE(world.read().find("note: kept   # since then"), std::string::npos);
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "backup");
  world.expect_in_step();
}

TEST(UndoBytes, leave_an_owner_s_field_as_it_is_now) {
  Changed world(kUgly);
  world.settings.owners[static_cast<std::size_t>(Field::status)] = Owner::database;
  world.change_row(1, Field::skill_name, std::string("restore"));
  world.change_row(1, Field::status, std::string("running"));
  const std::int64_t run = world.carry();
  world.take_back(run);
  EXPECT_EQ(world.yaml_task(1)->text(Field::status), "running");
  std::string expected = world.before;
  expected.replace(expected.find("status: pending"), 15, "status: running");
  EXPECT_EQ(save_metadata(world.read()), expected);
  world.expect_in_step();
}

// Of a run that came from the YAML the history has the text that the run before it found.
TEST(UndoBytes, of_a_run_from_the_yaml_come_from_the_history) {
  Changed world(kUgly);
  world.replace("skill_name: 'backup'   # by hand", "skill_name: restore");
  world.replace("      # where to\n", "");
  const std::int64_t changed = world.carry();
  world.take_back(changed);
  world.expect_bytes_back();

  const std::size_t at = world.read().find("  # of the week");
  std::string text = world.read();
  text.erase(at, text.find("  # - id: 9") - at);
  world.write(text);
  const std::int64_t deleted = world.carry();
  EXPECT_FALSE(world.database->task(2));
  world.take_back(deleted);
  EXPECT_NE(world.read().find("  # of the week,\n  # on Mondays\n  - { id: 2, skill_name: report, schedule_cron"), std::string::npos)
      << world.read();
  world.expect_in_step();
}

TEST(UndoBytes, of_a_resolution) {
  Changed world(kUgly);
  world.replace("skill_name: 'backup'", "skill_name: 'mine'");
  world.change_row(1, Field::skill_name, std::string("theirs: all"));
  world.sync();
  world.before = save_metadata(world.read());
  const auto outcome =
      world.engine()->resolve({world.engine()->conflicts({}).at(0).number, {Choice::keep_db, {}}, std::nullopt});
  world.take_back(std::get<ResolveDone>(outcome).run_id.value());
  EXPECT_EQ(save_metadata(world.read()), world.before);
  EXPECT_EQ(world.sync().conflicts.size(), 1U);
  EXPECT_EQ(save_metadata(world.read()), world.before);
}

// Runs of a lockstep that kept no such notes: the values go back.
TEST(UndoBytes, of_a_run_without_notes_are_not_needed_to_take_it_back) {
  Changed world(kUgly);
  world.change_row(1, Field::skill_name, std::string("restore"));
  world.database->erase(2);
  std::int64_t run = world.carry();
  {
    const auto store = open_memory_store(world.database);
    const auto transaction = store->begin(Access::write, world.settings.replica);
    lockstep::Run old = *transaction->history().run(run);
    const std::vector<ChangeRecord> changes = transaction->history().changes(run);
    old.key = "of an older version";
    run = transaction->history().record(old, changes);
    transaction->commit();
  }
  world.take_back(run);
  EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "backup");
  EXPECT_TRUE(world.yaml_task(2));
  world.expect_in_step();
}

// ---- any file, any run from the database ---------------------------------------------------------------

class Fuzz {
 public:
  explicit Fuzz(unsigned seed) : random_(seed) {}

  void change_rows(World& world) {
    std::vector<Task> rows = world.database->tasks();
    const std::size_t touched = 1 + pick(3);
    for (std::size_t i = 0; i < touched && !rows.empty(); ++i) {
      const std::size_t at = pick(rows.size());
      change_row(world, rows[at].id);
      rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(at));
    }
    for (std::size_t i = pick(3); i > 0; --i) world.database->put(task(static_cast<std::int64_t>(1 + pick(3'000'000'000)), "made"));
  }

 private:
  void change_row(World& world, std::int64_t id) {
    switch (pick(7)) {
      case 0:
      case 1: world.database->erase(id); break;
      case 2: world.change_row(id, Field::skill_name, std::string(pick(2) == 0 ? "yes" : "it's: #1")); break;
      case 3: world.change_row(id, Field::status, std::string(kStatuses[pick(kStatuses.size())])); break;
      case 4: world.change_row(id, Field::params_json, JsonText{pick(2) == 0 ? "{}" : R"({"a":[1,{"b":null}],"c":"x\ny"})"}); break;
      case 5: world.change_row(id, Field::user_id, pick(2) == 0 ? Value() : Value(std::string("ops"))); break;
      case 6: world.change_row(id, Field::next_run_at, Timestamp{static_cast<std::int64_t>(1'700'000'000'000'000 + pick(1'000'000))}); break;
    }
  }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  std::mt19937_64 random_;
};

// That a line of the text says metadata as the mask sees it and a run changes it nowhere else is the test's own business.
void take_back_at_random(const std::string& text, const std::string& name, unsigned rounds) {
  for (unsigned seed = 1; seed <= rounds; ++seed) {
    SCOPED_TRACE(name + ", seed " + std::to_string(seed));
    Changed world(text);
    if (::testing::Test::HasFatalFailure()) return;
    Fuzz(seed).change_rows(world);
    SyncRequest request;
    request.max_delete_percent = 100;
    const SyncResult done = World::done(world.engine()->sync(request));
    if (done.yaml == SideCounts{}) continue;
    world.take_back(*done.run_id);
    ASSERT_EQ(save_metadata(world.read()), world.before);
    world.expect_in_step();
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(UndoBytes, come_back_in_every_kind_of_file) {
  for (const auto& file : std::filesystem::directory_iterator(LOCKSTEP_YAML_CORPUS))
    take_back_at_random(file_text(file.path()), file.path().filename(), 40);
}

TEST(UndoBytes, come_back_in_a_large_file) {
  take_back_at_random(file_text(std::filesystem::path(LOCKSTEP_EXAMPLES) / "ci_periodics.yml"), "ci_periodics.yml", 12);
}

}  // namespace
}  // namespace lockstep
