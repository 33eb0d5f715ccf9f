import stat

from support import DONE, FAILED, THREE_TASKS, USAGE, Workspace


class Init(Workspace):
    def config(self):
        return (self.folder / "lockstep.yml").read_text()

    def test_writes_a_configuration_that_works(self):
        self.write(THREE_TASKS)
        out = self.expect(DONE, "init").out
        self.assertIn("Wrote lockstep.yml", out)
        self.assertIn("schedule.yml has 3 tasks", out)
        self.assertIn("\nyaml: schedule.yml\n", self.config())
        self.assertIn("\n# lock_timeout: 10s\n", self.config())
        self.assertEqual(self.sql("select count(*) from scheduled_tasks"), [(0,)])
        # From then on without flags.
        self.assertEqual(self.bare("sync", "--json").json["database"]["inserted"], 3)

    def test_keeps_a_configuration_that_is_there(self):
        (self.folder / "lockstep.yml").write_text("auto_merge: false\n")
        answer = self.json(DONE, "init")
        self.assertFalse(answer["config_written"])
        self.assertEqual(self.config(), "auto_merge: false\n")

    def test_scheduler_profile(self):
        self.write(THREE_TASKS)
        self.expect(DONE, "init", "--profile", "scheduler")
        self.assertIn("  status: {owner: database}\n  next_run_at: {owner: database}\n", self.config())
        self.assertEqual(self.bare("sync").status, DONE)
        # An owner never conflicts: the database's value wins over the editor's.
        self.sql("update scheduled_tasks set status = 'running' where id = 1")
        self.edit("status: pending", "status: failed")
        self.assertEqual(self.bare("sync").status, DONE)
        self.assertIn("status: running", self.yaml.read_text())

    def test_elsewhere(self):
        self.write(THREE_TASKS)
        (self.folder / "etc").mkdir()
        self.expect(DONE, "--config", "etc/own.yml", "init")
        self.assertIn(f"yaml: {self.folder}/schedule.yml\n", (self.folder / "etc/own.yml").read_text())
        self.assertEqual(self.bare("--config", self.folder / "etc/own.yml", "sync", cwd="/").status, DONE)
        self.assertEqual(self.bare("--config", "nowhere/own.yml", "init").status, FAILED)

    def test_a_url_of_the_environment_is_not_written_down(self):
        outcome = self.bare("--yaml", "schedule.yml", "init", env={"DATABASE_URL": "sqlite:tasks.db"})
        self.assertEqual(outcome.status, DONE, outcome.err)
        self.assertIn("\n# database: sqlite:lockstep.db\n", self.config())

    def test_a_password_is_for_its_owner_only(self):
        self.bare("--db", "postgresql://u:secret@localhost:1/d", "init")
        mode = stat.S_IMODE((self.folder / "lockstep.yml").stat().st_mode)
        self.assertEqual(mode, 0o600)

    def test_print_sql_does_nothing_else(self):
        out = self.expect(DONE, "init", "--print-sql").out
        self.assertIn("scheduled_tasks", out)
        self.assertIn("create table", out.lower())
        self.assertFalse(self.database.exists())
        self.assertFalse((self.folder / "lockstep.yml").exists())
        self.assertIn("scheduled_tasks", self.json(DONE, "init", "--print-sql")["sql"])

    def test_adopt_replica(self):
        self.start()
        other = self.folder / "other.yml"
        other.write_text(THREE_TASKS.replace("skill_name: report", "skill_name: other"))
        arguments = ("--yaml", "other.yml", "--db", "sqlite:tasks.db")
        self.assertEqual(self.bare(*arguments, "sync").status, USAGE)
        outcome = self.bare(*arguments, "init", "--adopt-replica", "default")
        self.assertEqual(outcome.status, DONE, outcome.err)
        self.assertEqual(self.bare(*arguments, "sync").status, DONE)
        self.assertEqual(self.sql("select skill_name from scheduled_tasks where id = 2"), [("other",)])


class Replicas(Workspace):
    def test_list_and_forget(self):
        self.assertEqual(self.json(DONE, "replicas"), [])
        self.start()
        listed = self.json(DONE, "replicas")
        self.assertEqual([replica["replica"] for replica in listed], ["default"])
        self.assertTrue(listed[0]["path"].endswith("schedule.yml"))
        self.assertIn("default", self.expect(DONE, "replicas").out)
        self.assertEqual(self.json(FAILED, "replicas", "--forget", "office")["status"], 404)
        self.expect(DONE, "replicas", "--forget", "default")
        self.assertEqual(self.json(DONE, "replicas"), [])
        self.assertEqual(self.sql("select count(*) from scheduled_tasks"), [(3,)])


class Status(Workspace):
    def test_object(self):
        self.start()
        status = self.json(DONE, "status")
        self.assertEqual(list(status), [
            "last_sync_timestamp", "total_tasks", "pending_conflicts", "sync_source", "in_sync", "replica", "timezone",
            "owners", "version", "uptime_seconds", "yaml", "database", "waiting", "waiting_count", "last_error",
            "watcher", "last_run"])
        self.assertEqual((status["total_tasks"], status["in_sync"], status["watcher"]), (3, True, "stopped"))
        self.assertEqual((status["yaml"]["valid"], status["yaml"]["tasks"], status["yaml"]["errors"]), (True, 3, []))
        self.assertEqual((status["database"]["backend"], status["database"]["tasks"]), ("sqlite", 3))
        self.assertEqual(status["last_run"]["database"]["inserted"], 3)

    def test_text(self):
        self.start()
        self.assertRegex(self.expect(DONE, "status").out, r"state +in step")
        self.edit("skill_name: report", "skill_name: x")
        self.assertRegex(self.expect(DONE, "status").out, r"state +changes are due")
        self.edit("skill_name: x", "skill_name: [x]")
        self.assertRegex(self.expect(DONE, "status").out, r"YAML +.*schedule.yml: not valid")

    def test_before_the_first_sync_nothing_is_created(self):
        self.write(THREE_TASKS)
        self.assertIn("never", self.expect(DONE, "status").out)
        self.assertFalse(self.database.exists())
