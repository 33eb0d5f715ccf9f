// Taking a resolution back: each side has again what it had, and the conflict is pending again.
#include "engine/world.hpp"

namespace lockstep {
namespace {

using testing::task;
using testing::task_yaml;
using testing::World;

std::string text(const char* s) { return s; }

struct Before {
  std::string yaml;
  std::vector<Task> rows;
  std::vector<Conflict> conflicts;
};

// Ways to a conflict, one or more.
struct Parted : World {
  enum class How { updates, yaml_deleted, row_deleted, created_apart };

  explicit Parted(How how) {
    if (how == How::created_apart) {
      write_tasks(task_yaml(1, "other"));
      sync();
      write_tasks(task_yaml(1, "other") + task_yaml(7, "yaml_s", "    owner: anna\n"));
      database->put(task(7, "row_s"));
      database->put_column(7, "team", "blue");
    } else {
      write_tasks("  # mine\n" + task_yaml(7, "backup", "    owner: anna\n") + task_yaml(8, "report"));
      sync();
      database->put_column(7, "team", "blue");
      if (how == How::yaml_deleted)
        write_tasks(task_yaml(8, "report"));
      else
        replace("0 2 * * *\"\n    next_run_at: 2026-11-23T02:00:00Z\n    status: pending", "0 3 * * *\"\n    next_run_at: 2026-11-23T02:00:00Z\n    status: disabled");
      if (how == How::row_deleted) {
        database->erase(7);
      } else {
        change_row(7, Field::schedule_cron, text("0 4 * * *"));
        change_row(7, Field::skill_name, text("backup_all"));
      }
    }
    EXPECT_EQ(sync().conflicts.size(), 1U);
  }
  Before remember() { return {read(), database->tasks(), engine()->conflicts({})}; }

  ResolveDone resolve(const Resolution& resolution) {
    const auto outcome = engine()->resolve({engine()->conflicts({}).at(0).number, resolution, std::nullopt});
    if (const auto* refused = std::get_if<ChoiceRefused>(&outcome)) ADD_FAILURE() << refused->message;
    return std::holds_alternative<ResolveDone>(outcome) ? std::get<ResolveDone>(outcome) : ResolveDone();
  }
  SyncResult undo(std::int64_t run) {
    const UndoOutcome outcome = engine()->undo(run, 100.0);
    EXPECT_TRUE(std::holds_alternative<SyncResult>(outcome)) << "alternative " << outcome.index();
    return std::holds_alternative<SyncResult>(outcome) ? std::get<SyncResult>(outcome) : SyncResult();
  }

  // Both sides hold what they held, the conflicts are pending in their next versions, and a sync changes nothing.
  void expect_apart_as(const Before& before, int versions_on = 1) {
    const ReadResult was = Document::read(before.yaml, {});
    const ReadResult is = Document::read(read(), {});
    ASSERT_TRUE(was.document && is.document) << read();
    ASSERT_EQ(is.document->size(), was.document->size()) << read();
    for (const Task& one : was.document->tasks()) {
      ASSERT_TRUE(is.document->find(one.id)) << read();
      EXPECT_EQ(is.document->find(one.id)->values, one.values) << read();
    }
    const std::vector<Task> rows = database->tasks();
    ASSERT_EQ(rows.size(), before.rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].id, before.rows[i].id);
      EXPECT_TRUE(differing(rows[i], before.rows[i]).empty()) << to_json_text(rows[i]);
    }
    const std::vector<Conflict> pending = engine()->conflicts({});
    ASSERT_EQ(pending.size(), before.conflicts.size());
    for (std::size_t i = 0; i < pending.size(); ++i) {
      EXPECT_EQ(pending[i].number, before.conflicts[i].number);
      EXPECT_EQ(pending[i].version, before.conflicts[i].version + versions_on);
      EXPECT_EQ(pending[i].task_id, before.conflicts[i].task_id);
      EXPECT_EQ(pending[i].finding.fields, before.conflicts[i].finding.fields);
      EXPECT_EQ(pending[i].base.has_value(), before.conflicts[i].base.has_value());
      EXPECT_EQ(pending[i].detected_at, before.conflicts[i].detected_at);
    }
    expect_still();
    EXPECT_EQ(sync().conflicts.size(), before.conflicts.size());
    const std::vector<Conflict> after = engine()->conflicts({});
    ASSERT_EQ(after.size(), pending.size());
    for (std::size_t i = 0; i < pending.size(); ++i) EXPECT_EQ(after[i].version, pending[i].version) << "as it was stored";
  }
};
using How = Parted::How;

void resolves_and_goes_back(How how, const Resolution& resolution) {
  SCOPED_TRACE("conflict " + std::to_string(static_cast<int>(how)) + ", " + std::string(to_string(resolution.choice)));
  Parted world(how);
  const Before before = world.remember();
  const ResolveDone done = world.resolve(resolution);
  world.expect_in_step();
  const SyncResult undone = world.undo(*done.run_id);
  ASSERT_EQ(undone.conflicts.size(), 1U);
  EXPECT_EQ(undone.conflicts[0].number, before.conflicts[0].number);
  world.expect_apart_as(before);
  if (how != How::row_deleted) { EXPECT_EQ(world.database->column(7, "team"), "blue"); }

  // And the undo itself is taken back, and that again.
  const SyncResult resolved_again = world.undo(*undone.run_id);
  EXPECT_TRUE(resolved_again.conflicts.empty());
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
  world.expect_in_step();
  world.undo(*resolved_again.run_id);
  world.expect_apart_as(before, 2);
}

TEST(UndoOfAResolution, gives_each_side_what_it_had_and_the_conflict_is_pending_again) {
  for (const How how : {How::updates, How::yaml_deleted, How::row_deleted, How::created_apart}) {
    for (const Choice choice : {Choice::keep_yaml, Choice::keep_db}) resolves_and_goes_back(how, {choice, {}});
  }
  for (const How how : {How::updates, How::created_apart}) {
    resolves_and_goes_back(how, {Choice::merge, {}});
    resolves_and_goes_back(how, {Choice::custom, {{Field::schedule_cron, Value(text("0 9 * * *"))},
                                                  {Field::skill_name, Side::database}}});
  }
  resolves_and_goes_back(How::created_apart, {Choice::keep_both, {}});
}

TEST(UndoOfAResolution, leaves_a_disabled_job_disabled) {
  Parted world(How::updates);
  const ResolveDone done = world.resolve({Choice::keep_yaml, {}});
  EXPECT_EQ(world.database->task(7)->text(Field::status), "disabled");
  world.undo(*done.run_id);
  EXPECT_EQ(world.yaml_task(7)->text(Field::status), "disabled");
  EXPECT_EQ(world.database->task(7)->text(Field::status), "pending");
  EXPECT_EQ(world.yaml_task(7)->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_EQ(world.database->task(7)->text(Field::schedule_cron), "0 4 * * *");
}

TEST(UndoOfAResolution, can_be_resolved_again_the_other_way) {
  Parted world(How::updates);
  world.undo(*world.resolve({Choice::keep_yaml, {}}).run_id);
  world.resolve({Choice::keep_db, {}});
  EXPECT_EQ(world.yaml_task(7)->text(Field::schedule_cron), "0 4 * * *");
  world.expect_in_step();
}

TEST(UndoOfAResolution, tells_of_the_conflict_as_of_a_new_one) {
  Parted world(How::updates);
  const auto engine = world.engine();
  const std::int64_t number = engine->conflicts({}).at(0).number;
  (void)engine->take_effects();
  const auto outcome = engine->resolve({number, {Choice::keep_db, {}}, std::nullopt});
  (void)engine->take_effects();
  const UndoOutcome undone = engine->undo(*std::get<ResolveDone>(outcome).run_id);
  const Effects effects = engine->take_effects();
  ASSERT_EQ(effects.opened.size(), 1U);
  EXPECT_EQ(effects.opened[0].number, number);
  EXPECT_TRUE(effects.closed.empty());
  EXPECT_FALSE(engine->refreshed(engine->observed()).in_sync);
  (void)engine->undo(*std::get<SyncResult>(undone).run_id);
  const Effects back = engine->take_effects();
  ASSERT_EQ(back.closed.size(), 1U);
  EXPECT_EQ(back.closed[0].resolution, "keep_db");
}

TEST(UndoOfAResolution, is_refused_where_a_side_has_changed_since) {
  Parted world(How::updates);
  const ResolveDone done = world.resolve({Choice::keep_yaml, {}});
  world.replace("backup", "edited");
  const UndoOutcome outcome = world.engine()->undo(*done.run_id);
  ASSERT_TRUE(std::holds_alternative<UndoRefused>(outcome));
  EXPECT_EQ(std::get<UndoRefused>(outcome).changed.at(0).first, 7);
  EXPECT_TRUE(world.engine()->conflicts({}).empty());
}

TEST(UndoOfAResolution, leaves_fields_with_an_owner_to_it) {
  Parted world(How::updates);
  const ResolveDone done = world.resolve({Choice::keep_db, {}});
  world.settings.owners[static_cast<std::size_t>(Field::status)] = Owner::database;
  world.change_row(7, Field::status, text("running"));
  world.sync();
  world.undo(*done.run_id);
  EXPECT_EQ(world.yaml_task(7)->text(Field::status), "running") << "its owner's value, not that of then";
  EXPECT_EQ(world.yaml_task(7)->text(Field::schedule_cron), "0 3 * * *");
  EXPECT_EQ(world.engine()->conflicts({}).size(), 1U);
  world.expect_still();
}

// Of all conflicts at once, each resolved in its own way.
TEST(UndoOfAResolution, of_many_makes_all_of_them_pending_again) {
  Parted world(How::updates);
  world.write(world.read() + task_yaml(9, "nine") + task_yaml(10, "ten"));
  world.database->put(task(10, "tenth"));
  world.sync();
  world.replace("skill_name: nine", "skill_name: neun");
  world.change_row(9, Field::skill_name, text("neuf"));
  world.sync();
  const Before before = world.remember();
  ASSERT_EQ(before.conflicts.size(), 3U);
  const Choice choices[] = {Choice::keep_yaml, Choice::keep_both, Choice::merge};
  std::vector<ResolveRequest> requests;
  for (std::size_t i = 0; i < 3; ++i) requests.push_back({before.conflicts[i].number, {choices[i], {}}, std::nullopt});
  const auto outcomes = world.engine()->resolve_all(requests);
  world.expect_in_step();
  const SyncResult undone = world.undo(*std::get<ResolveDone>(outcomes[0]).run_id);
  EXPECT_EQ(undone.conflicts.size(), 3U);
  world.expect_apart_as(before);
}

TEST(UndoOfAResolution, that_another_host_asked_for_is_carried_out_alike) {
  Parted world(How::updates);
  const Before before = world.remember();
  const ResolveDone done = world.resolve({Choice::keep_yaml, {}});
  const Settings mine = world.settings;
  world.settings.replica = "elsewhere";
  world.settings.replica_configured = true;
  world.settings.yaml = (world.folder() / "elsewhere.yml").string();
  ASSERT_TRUE(std::holds_alternative<UndoStored>(world.engine()->undo(*done.run_id)));
  world.settings = mine;
  EXPECT_EQ(world.sync().conflicts.size(), 1U);
  world.expect_apart_as(before);
}

// With no base for any task the rule of the very first sync must not decide what was a conflict.
TEST(UndoOfAResolution, of_a_first_sync_decides_nothing) {
  for (const Choice choice : {Choice::keep_yaml, Choice::keep_db}) {
    World world;
    world.write_tasks(task_yaml(1, "mine", "    updated_at: 2020-01-01T00:00:00Z\n"));
    Task row = task(1, "theirs");
    row[Field::updated_at] = world.now;
    world.database->put(row);
    ASSERT_EQ(world.sync().conflicts.size(), 1U);
    const auto outcome = world.engine()->resolve({world.engine()->conflicts({}).at(0).number, {choice, {}}, std::nullopt});
    (void)world.engine()->undo(*std::get<ResolveDone>(outcome).run_id);
    EXPECT_EQ(world.sync().conflicts.size(), 1U);
    EXPECT_EQ(world.yaml_task(1)->text(Field::skill_name), "mine");
    EXPECT_EQ(world.database->task(1)->text(Field::skill_name), "theirs");
    world.expect_still();
  }
}

}  // namespace
}  // namespace lockstep
