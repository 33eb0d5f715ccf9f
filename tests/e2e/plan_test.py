from support import CHANGES_DUE, CONFLICTS, DONE, THREE_TASKS, Workspace, task_text


class Plan(Workspace):
    def test_nothing_to_do(self):
        self.start()
        self.assertEqual(self.expect(DONE, "plan", "--detailed-exitcode").out, "Nothing to do: 3 tasks in step.\n")

    def test_field_by_field(self):
        self.start()
        self.edit("skill_name: report", "skill_name: daily_report")
        self.edit("keep: 30", "keep: 31")
        self.sql("delete from scheduled_tasks where id = 3")
        self.sql("insert into scheduled_tasks(id, skill_name, schedule_cron, next_run_at) "
                 "values (9, 'new', '@daily', '2026-11-22 00:00:00.000000')")
        out = self.expect(DONE, "plan").out
        self.assertIn("~ task 1 update in the database", out)
        self.assertRegex(out, r'params_json +\{"keep":30\} → \{"keep":31\}')
        self.assertRegex(out, r"skill_name +report → daily_report")
        self.assertIn("- task 3 delete from the YAML", out)
        self.assertIn("+ task 9 insert into the YAML", out)
        self.expect(CHANGES_DUE, "plan", "--detailed-exitcode")

        plan = self.json(DONE, "plan")
        self.assertTrue(plan["dry_run"])
        tasks = {task["task_id"]: task for task in plan["tasks"]}
        self.assertEqual(sorted(tasks), [1, 2, 3, 9])
        self.assertEqual((tasks[1]["yaml"], tasks[1]["database"], tasks[1]["conflict"]), (None, "update", None))
        self.assertEqual(tasks[1]["fields"], [{
            "field": "params_json", "base": {"keep": 30}, "yaml": {"keep": 31}, "database": {"keep": 30}}])
        self.assertEqual((tasks[3]["yaml"], tasks[3]["database"]), ("delete", None))
        self.assertEqual((tasks[9]["yaml"], tasks[9]["database"]), ("insert", None))
        self.assertIn({"field": "schedule_cron", "base": None, "yaml": None, "database": "@daily"}, tasks[9]["fields"])

    def test_conflicts_are_shown_with_all_three(self):
        self.start()
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.sql("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        out = self.expect(DONE, "plan").out
        self.assertIn("! task 1 conflict: Both YAML and database changed since the last sync", out)
        for value in ("0 2 * * *", "0 3 * * *", "0 4 * * *"):
            self.assertIn(value, out)
        self.expect(CONFLICTS, "plan", "--detailed-exitcode")
        plan = self.json(DONE, "plan")
        self.assertEqual(plan["conflicts"][0]["conflict_id"], None)
        self.assertEqual(plan["tasks"][0]["conflict"], "Both YAML and database changed since the last sync")

    def test_guard_is_announced(self):
        self.start("tasks:\n" + "".join(task_text(i) for i in range(1, 13)))
        self.write("tasks:\n" + task_text(1))
        self.assertIn("A sync would stop.", self.expect(DONE, "plan").out)

    def test_hostile_values_do_not_reach_the_terminal(self):
        self.start(THREE_TASKS.replace("user_id: ops", 'user_id: "ops\\e[2J\\u202E"'))
        self.edit("skill_name: backup", 'skill_name: "x\\e]0;t\\a"')
        out = self.expect(DONE, "plan").out
        self.assertNotIn("\033", out)
        self.assertNotIn("\u202e", out)
        self.assertIn("\\x1b", out)
