from support import DONE, FAILED, THREE_TASKS, USAGE, Workspace, task_text


class History(Workspace):
    def test_runs_newest_first(self):
        self.assertEqual(self.json(DONE, "history"), [])
        self.start()
        self.edit("skill_name: report", "skill_name: daily_report")
        second = self.json(DONE, "sync")["run_id"]
        runs = self.json(DONE, "history")
        self.assertEqual([run["run_id"] for run in runs], [second, second - 1])
        self.assertEqual(runs[1]["database"]["inserted"], 3)
        self.assertEqual(runs[0]["replica"], "default")
        self.assertEqual(len(self.json(DONE, "history", "-n", "1")), 1)
        self.assertEqual(len(self.json(DONE, "history", "--task", "2")), 2)
        self.assertEqual(len(self.json(DONE, "history", "--task", "1")), 1)
        self.assertIn("3 inserted", self.expect(DONE, "history").out)

    def test_a_sync_without_changes_is_no_run(self):
        self.start()
        self.expect(DONE, "sync")
        self.assertEqual(len(self.json(DONE, "history")), 1)

    def test_the_record_of_an_insertion_is_the_row_as_it_stands(self):
        self.start()
        (change,) = [c for c in self.json(DONE, "history", "1")["changes"] if c["task_id"] == 2]
        self.assertEqual(change["after"]["created_at"], change["after"]["updated_at"])
        ((created,),) = self.sql("select created_at from scheduled_tasks where id = 2")
        self.assertEqual(change["after"]["created_at"], created.replace(" ", "T") + "Z")

    def test_one_run_with_its_changes(self):
        self.start()
        self.sql("update scheduled_tasks set user_id = 'dba' where id = 1")
        run = self.json(DONE, "sync")["run_id"]
        details = self.json(DONE, "history", str(run))
        changes = [change for change in details["changes"] if change["side"] == "yaml"]
        self.assertEqual(len(changes), 1)
        self.assertEqual((changes[0]["before"]["user_id"], changes[0]["after"]["user_id"]), ("ops", "dba"))
        self.assertIn("user_id: ops", changes[0]["before_text"])
        out = self.expect(DONE, "history", str(run)).out
        self.assertRegex(out, r"user_id +ops → dba")

    def test_unknown_run(self):
        self.start()
        self.assertEqual(self.json(FAILED, "history", "99")["status"], 404)
        self.assertEqual(self.json(FAILED, "undo", "99")["status"], 404)
        self.expect(USAGE, "history", "last")
        self.assertIn('RUN: expected a whole number, found "last"', self.expect(USAGE, "undo", "last").err)
        self.expect(USAGE, "undo")


class Undo(Workspace):
    def test_both_sides_go_back(self):
        self.start()
        self.edit("skill_name: report", "skill_name: daily_report")
        self.sql("update scheduled_tasks set user_id = 'dba' where id = 1")
        run = self.json(DONE, "sync")["run_id"]
        result = self.json(DONE, "undo", str(run))
        self.assertEqual(result["trigger"], "undo")
        self.assertEqual(self.sql("select user_id, skill_name from scheduled_tasks where id < 3 order by id"),
                         [("ops", "backup"), (None, "report")])
        self.assertEqual(self.yaml.read_text(), THREE_TASKS)
        self.assert_in_step()

    def test_deleted_tasks_come_back_as_they_were(self):
        self.start()
        self.sql("delete from scheduled_tasks where id = 1")
        run = self.json(DONE, "sync")["run_id"]
        self.assertNotIn("kept, whatever", self.yaml.read_text())
        self.expect(DONE, "undo", str(run))
        self.assertIn('"0 2 * * *"   # at night', self.yaml.read_text())
        self.assert_in_step()

    def test_refused_where_tasks_changed_since(self):
        self.start()
        self.edit("skill_name: report", "skill_name: daily_report")
        run = self.json(DONE, "sync")["run_id"]
        self.edit("skill_name: daily_report", "skill_name: weekly_report")
        self.expect(DONE, "sync")
        problem = self.json(FAILED, "undo", str(run))
        self.assertEqual(problem["status"], 409)
        self.assertIn(2, [changed["task_id"] for changed in problem["changed"]])
        self.assertIn("2", self.expect(FAILED, "undo", str(run)).err)


class Restore(Workspace):
    def test_newest_or_named(self):
        self.assertEqual(self.json(DONE, "restore", "--list"), [])
        self.assertEqual(self.json(FAILED, "restore")["status"], 404)
        self.start()
        self.sql("update scheduled_tasks set user_id = 'dba' where id = 1")
        self.expect(DONE, "sync")
        self.sql("update scheduled_tasks set user_id = 'dbb' where id = 1")
        self.expect(DONE, "sync")
        backups = self.json(DONE, "restore", "--list")
        self.assertEqual([backup["path"].rsplit("/")[-1] for backup in backups], ["schedule.yml.bak", "schedule.yml.bak.1"])
        self.assertEqual(backups[1]["size"], len(THREE_TASKS))
        self.assertIn("schedule.yml.bak", self.expect(DONE, "restore", "--list").out)

        self.expect(DONE, "restore")
        self.assertEqual(self.sql("select user_id from scheduled_tasks where id = 1"), [("dba",)])
        (self.folder / "own.yml").write_text(THREE_TASKS + task_text(4))
        self.expect(DONE, "restore", "own.yml")
        self.assertEqual(self.yaml.read_text(), THREE_TASKS + task_text(4))
        self.assertEqual(self.sql("select count(*) from scheduled_tasks"), [(4,)])
        self.assert_in_step()

    def test_a_path_that_is_not_there(self):
        self.start()
        self.expect(FAILED, "restore", "nowhere.yml")
        self.assertEqual(self.yaml.read_text(), THREE_TASKS)
