from support import DONE, FAILED, THREE_TASKS, USAGE, Workspace, task_text

CONFLICT_MEMBERS = [
    "conflict_id", "version", "replica", "task_id", "kind", "conflict_reason", "fields", "yaml_updated_at", "db_updated_at",
    "yaml_data", "db_data", "base_data", "detected_at", "yaml_author", "db_author"]


class Conflicts(Workspace):
    def setUp(self):
        super().setUp()
        self.start()

    def cron_in_database(self):
        return self.sql("select schedule_cron from scheduled_tasks where id = 1")[0][0]

    def test_list_and_one(self):
        self.assertEqual(self.json(DONE, "conflicts"), [])
        self.assertEqual(self.expect(DONE, "conflicts").out, "No conflicts are pending.\n")
        conflict = self.conflict_on_cron()
        self.assertEqual(list(conflict), CONFLICT_MEMBERS)
        self.assertEqual((conflict["kind"], conflict["fields"]), ("update/update", ["schedule_cron"]))
        self.assertEqual(conflict["base_data"]["schedule_cron"], "0 2 * * *")
        self.assertEqual(conflict["yaml_data"]["schedule_cron"], "0 3 * * *")
        self.assertEqual(conflict["db_data"]["schedule_cron"], "0 4 * * *")
        self.assertEqual(self.json(DONE, "conflicts"), [conflict])
        self.assertIn("conflict_1", self.expect(DONE, "conflicts").out)

    def test_side_by_side_or_one_below_the_other(self):
        self.conflict_on_cron()
        wide = self.expect(DONE, "conflicts", "1", env={"COLUMNS": "120"}).out
        self.assertNotRegex(wide, r"(?m) $")
        row = next(line for line in wide.splitlines() if "schedule_cron" in line)
        self.assertRegex(row, r"^! schedule_cron +0 2 \* \* \* +0 3 \* \* \* +0 4 \* \* \*$")
        narrow = self.expect(DONE, "conflicts", "1", env={"COLUMNS": "40"}).out
        self.assertIn("! schedule_cron\n    base      0 2 * * *\n    YAML      0 3 * * *\n    database  0 4 * * *\n", narrow)

    def test_unknown_conflict(self):
        for id in ("conflict_7", "7", "seven"):
            self.assertEqual(self.json(FAILED, "conflicts", id)["status"], 404)
            self.assertEqual(self.json(FAILED, "resolve", id, "merge")["status"], 404)

    def test_keep_yaml(self):
        self.conflict_on_cron()
        answer = self.json(DONE, "resolve", "conflict_1", "keep_yaml")
        self.assertEqual((answer["status"], answer["conflict_id"], answer["task_id"]), ("success", "conflict_1", 1))
        self.assertEqual((answer["resolution"], answer["task"]["schedule_cron"]), ("keep_yaml", "0 3 * * *"))
        self.assertEqual(self.cron_in_database(), "0 3 * * *")
        self.assert_in_step()

    def test_keep_db_by_number(self):
        self.conflict_on_cron()
        self.expect(DONE, "resolve", "1", "keep_db")
        self.assertEqual(self.yaml.read_text(), THREE_TASKS.replace("0 2 * * *", "0 4 * * *"))
        self.assert_in_step()

    def test_custom(self):
        self.conflict_on_cron()
        self.expect(DONE, "resolve", "1", "custom", 'schedule_cron:="0 5 * * *"')
        self.assertEqual(self.cron_in_database(), "0 5 * * *")
        self.assertIn('"0 5 * * *"   # at night', self.yaml.read_text())
        self.assert_in_step()

    def test_custom_does_not_take_bookkeeping(self):
        self.start()
        self.conflict_on_cron()
        outcome = self.expect(USAGE, "resolve", "1", "custom", "schedule_cron=yaml", "created_at=yaml")
        self.assertIn("created_at", outcome.err)
        self.assertEqual(len(self.json(DONE, "conflicts")), 1)

    def test_custom_has_to_name_the_fields_in_conflict(self):
        self.conflict_on_cron()
        problem = self.json(FAILED, "resolve", "1", "custom", "status=db")
        self.assertEqual(problem["status"], 400)
        self.assertIn("schedule_cron", problem["detail"])

    def test_words_that_are_not_understood(self):
        self.conflict_on_cron()
        for words in (["sideways"], ["custom"], ["custom", "schedule_corn=yaml"], ["merge", "status=db"], []):
            outcome = self.expect(USAGE, "resolve", "1", *words)
            self.assertIn("error: ", outcome.err)
        self.expect(USAGE, "resolve")
        self.expect(USAGE, "resolve", "--all", "custom")
        self.expect(USAGE, "resolve", "--all", "sideways")
        self.expect(USAGE, "resolve", "1", "--all", "merge")
        self.assertEqual(len(self.json(DONE, "conflicts")), 1)

    def test_a_version_that_is_no_longer_current(self):
        conflict = self.conflict_on_cron()
        self.edit('"0 3 * * *"', '"0 6 * * *"')
        self.lockstep("sync")
        problem = self.json(FAILED, "resolve", "1", "keep_yaml", "--at-version", conflict["version"])
        self.assertEqual(problem["status"], 409)
        self.assertEqual(problem["conflict"]["yaml_data"]["schedule_cron"], "0 6 * * *")
        self.expect(DONE, "resolve", "1", "keep_yaml", "--at-version", problem["conflict"]["version"])

    def test_deleted_on_one_side_allows_two_choices(self):
        self.sql("delete from scheduled_tasks where id = 1")
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.lockstep("sync")
        problem = self.json(FAILED, "resolve", "1", "merge")
        self.assertEqual(problem["status"], 400)
        self.assertIn("keep_yaml", problem["detail"])
        self.assertIn("keep_db", problem["detail"])
        answer = self.json(DONE, "resolve", "1", "keep_db")
        self.assertIsNone(answer["task"])
        self.assertNotIn("id: 1\n", self.yaml.read_text())
        self.assert_in_step()

    def test_keep_both(self):
        self.sql("insert into scheduled_tasks(id, skill_name, schedule_cron, next_run_at) "
                 "values (4, 'theirs', '@daily', '2026-11-22 00:00:00.000000')")
        self.write(THREE_TASKS + task_text(4, "ours"))
        self.lockstep("sync")
        answer = self.json(DONE, "resolve", "1", "keep_both")
        self.assertEqual(answer["new_task_id"], 5)
        self.assertEqual(self.sql("select id, skill_name from scheduled_tasks where id > 3 order by id"),
                         [(4, "theirs"), (5, "ours")])
        self.assert_in_step()

    def test_all(self):
        self.assertEqual(self.json(DONE, "resolve", "--all", "merge"), {"resolved": [], "failed": []})
        self.conflict_on_cron()
        self.edit('"30 7 * * mon"', '"31 7 * * mon"')
        self.sql("delete from scheduled_tasks where id = 3")
        self.lockstep("sync")
        answer = self.json(FAILED, "resolve", "--all", "merge")
        self.assertEqual([done["conflict_id"] for done in answer["resolved"]], ["conflict_1"])
        self.assertEqual([failed["conflict_id"] for failed in answer["failed"]], ["conflict_2"])
        self.assertEqual(answer["failed"][0]["problem"]["status"], 400)
        self.assertEqual(len(self.json(DONE, "resolve", "--all", "keep_yaml")["resolved"]), 1)
        self.assert_in_step()
