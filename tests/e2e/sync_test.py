import fcntl
import os
import subprocess
import time

from support import (CONFLICTS, DELETION_GUARD, DONE, FAILED, FILE_LOCKED, INVALID_YAML, PROGRAM,
                     THREE_TASKS, USAGE, Workspace, task_text)


class Sync(Workspace):
    def test_first_sync_inserts_and_says_so(self):
        self.write(THREE_TASKS)
        outcome = self.expect(DONE, "sync")
        self.assertEqual(outcome.out, "Sync completed successfully: 3 inserted into the database\n")
        self.assertEqual(self.sql("select id, skill_name, status from scheduled_tasks order by id"),
                         [(1, "backup", "pending"), (2, "report", "pending"), (3, "cleanup", "disabled")])
        self.assertEqual(self.yaml.read_text(), THREE_TASKS)

    def test_result_object(self):
        self.write(THREE_TASKS)
        result = self.json(DONE, "sync")
        self.assertEqual(list(result), [
            "status", "direction", "trigger", "run_id", "timestamp", "duration_ms", "dry_run", "yaml", "database", "merged",
            "unchanged", "conflicts_detected", "conflicts", "warnings", "waiting",
            "waiting_count"])
        self.assertEqual(result["status"], "success")
        self.assertEqual(result["direction"], "bidirectional")
        self.assertEqual(result["trigger"], "cron")
        self.assertIsInstance(result["run_id"], int)
        self.assertRegex(result["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.assertEqual(result["database"], {"inserted": 3, "updated": 0, "deleted": 0})

    def test_nothing_changed_leaves_inode_and_time(self):
        self.start()
        self.assert_in_step()
        self.assertIn("nothing to change (3 tasks in step)", self.expect(DONE, "sync").out)

    def test_changes_travel_both_ways(self):
        self.start()
        self.edit("skill_name: report", "skill_name: daily_report")
        self.sql("update scheduled_tasks set user_id = 'dba' where id = 1")
        result = self.json(DONE, "sync")
        self.assertEqual((result["yaml"]["updated"], result["database"]["updated"]), (1, 1))
        self.assertEqual(self.sql("select skill_name from scheduled_tasks where id = 2"), [("daily_report",)])
        self.assertEqual(self.yaml.read_text(), THREE_TASKS.replace("report", "daily_report").replace("ops", "dba"))
        self.assert_in_step()

    def test_quiet_says_nothing(self):
        self.write(THREE_TASKS)
        outcome = self.expect(DONE, "sync", "-q")
        self.assertEqual((outcome.out, outcome.err), ("", ""))

    def test_dry_run_creates_nothing(self):
        self.write(THREE_TASKS)
        before = sorted(os.listdir(self.folder))
        result = self.json(DONE, "sync", "--dry-run")
        self.assertTrue(result["dry_run"])
        self.assertIsNone(result["run_id"])
        self.assertEqual(result["database"]["inserted"], 3)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_one_way_leaves_the_source_alone(self):
        self.start()
        self.sql("update scheduled_tasks set user_id = 'dba' where id = 1")
        self.json(DONE, "sync", "--direction", "db_to_yaml")
        self.assertIn("user_id: dba", self.yaml.read_text())

    def test_conflict(self):
        self.start()
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.sql("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        outcome = self.expect(CONFLICTS, "sync")
        self.assertIn("Sync detected 1 conflict(s)", outcome.out)
        self.assertIn("conflict_1", outcome.out)
        self.assertIn("Both YAML and database changed since the last sync", outcome.out)
        self.assertIn("lockstep resolve conflict_1", outcome.out)
        result = self.json(CONFLICTS, "sync")
        self.assertEqual(result["status"], "conflicts")
        self.assertEqual(result["conflicts"], [{
            "conflict_id": "conflict_1", "task_id": 1, "reason": "Both YAML and database changed since the last sync"}])

    def test_force_decides(self):
        self.start()
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.sql("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        self.json(DONE, "sync", "--direction", "yaml_to_db", "--force")
        self.assertEqual(self.sql("select schedule_cron from scheduled_tasks where id = 1"), [("0 3 * * *",)])

    def test_invalid_yaml(self):
        self.start()
        self.edit("30 7 * * mon", "61 7 * * mon")
        outcome = self.expect(INVALID_YAML, "sync")
        self.assertEqual(outcome.out, "")
        lines = outcome.err.splitlines()
        self.assertEqual(lines[0], "YAML validation failed")
        self.assertRegex(lines[1], r"^schedule\.yml:16:\d+: ")
        self.assertIn("61 7 * * mon", lines[2])
        self.assertRegex(lines[3], r"^ *\^")
        problem = self.json(INVALID_YAML, "sync")
        self.assertEqual(problem["status"], 422)
        self.assertEqual((problem["errors"][0]["task_id"], problem["errors"][0]["line"]), (3, 16))
        self.assertEqual(set(problem["errors"][0]), {"file", "line", "column", "task_id", "field", "message"})

    def test_missing_file_is_no_deletion(self):
        self.start()
        self.yaml.unlink()
        self.expect(INVALID_YAML, "sync")
        self.assertEqual(self.sql("select count(*) from scheduled_tasks"), [(3,)])

    def test_missing_file_is_created_by_the_first_sync(self):
        self.write(THREE_TASKS)
        self.expect(DONE, "sync")
        self.yaml.unlink()
        outcome = self.bare("--yaml", "other.yml", "--db", "sqlite:tasks.db", "--replica", "other", "sync")
        self.assertEqual(outcome.status, DONE, outcome.err)
        self.assertIn("skill_name: backup", (self.folder / "other.yml").read_text())

    def test_deletion_guard_and_the_way_out(self):
        self.start("tasks:\n" + "".join(task_text(i) for i in range(1, 13)))
        self.write("tasks:\n" + task_text(1))
        outcome = self.expect(DELETION_GUARD, "sync")
        self.assertIn("11 of 12 tasks", outcome.err)
        self.assertIn("--max-delete 100", outcome.err)
        problem = self.json(DELETION_GUARD, "sync")
        self.assertEqual((problem["status"], problem["guard"]["side"]), (409, "database"))
        self.assertEqual((problem["guard"]["would_delete"], problem["guard"]["of"]), (11, 12))
        self.assertEqual(problem["guard"]["task_ids"], list(range(2, 13)))
        self.assertEqual(self.sql("select count(*) from scheduled_tasks"), [(12,)])
        self.assertEqual(self.json(DELETION_GUARD, "sync", "--dry-run")["guard"]["would_delete"], 11)
        self.assertEqual(self.json(DONE, "sync", "--max-delete", "100%")["database"]["deleted"], 11)

    def test_writer_that_waits_for_the_lock_gets_it(self):
        """Scripts open the file for appending and lock it then: the sync that waits for them lets them."""
        self.start()
        with open(self.yaml, "a") as script:
            sync = subprocess.Popen([PROGRAM, "--yaml", "schedule.yml", "--db", "sqlite:tasks.db", "-q", "sync"],
                                    cwd=self.folder, env=self.environment())
            with open(self.folder / "schedule.yml.lock") as lock:
                deadline = time.monotonic() + 10
                while time.monotonic() < deadline:  # until the sync holds it
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        fcntl.flock(lock, fcntl.LOCK_UN)
                    except BlockingIOError:
                        break
            fcntl.flock(script, fcntl.LOCK_EX)
            script.write(task_text(9))
        self.assertEqual(sync.wait(timeout=30), DONE)
        self.assertEqual(self.sql("select skill_name from scheduled_tasks where id = 9"), [("job",)])

    def test_backup_that_somebody_holds_open_is_nobodys_edit_and_costs_nothing(self):
        self.start()
        self.sql("update scheduled_tasks set user_id = 'b' where id = 1")
        self.expect(DONE, "sync")
        (self.folder / "lockstep.yml").write_text("lock_timeout: 300ms\n")
        with open(self.folder / "schedule.yml.bak", "r+"):
            self.expect(DONE, "sync")

    def test_locked_file(self):
        self.start()
        self.write(THREE_TASKS + task_text(4))
        with open(self.folder / "schedule.yml.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            outcome = self.expect(FILE_LOCKED, "sync", env={"LOCKSTEP_LOCK_TIMEOUT": "50ms"})
            self.assertIn(f"File locked by another process (pid {os.getpid()})", outcome.err)
            problem = self.json(FILE_LOCKED, "sync", env={"LOCKSTEP_LOCK_TIMEOUT": "50ms"})
            self.assertEqual(problem["status"], 423)
        self.expect(DONE, "sync")

    def test_database_that_cannot_be_opened(self):
        self.write(THREE_TASKS)
        outcome = self.bare("--yaml", "schedule.yml", "--db", "sqlite:/nowhere/at/all.db", "sync", "--json")
        self.assertEqual(outcome.status, FAILED, outcome.out)
        self.assertEqual(outcome.json["status"], 503)

    def test_database_url_that_makes_no_sense(self):
        self.write(THREE_TASKS)
        outcome = self.bare("--yaml", "schedule.yml", "--db", "oracle:x", "sync", "--json")
        self.assertEqual((outcome.status, outcome.json["status"]), (USAGE, 400))

    def test_default_replica_belongs_to_one_file(self):
        self.start()
        (self.folder / "other.yml").write_text("tasks:\n" + task_text(9))
        outcome = self.bare("--yaml", "other.yml", "--db", "sqlite:tasks.db", "sync")
        self.assertEqual(outcome.status, USAGE, outcome.err)
        self.assertIn("--adopt-replica", outcome.err)

    def test_unknown_keys_are_a_warning_once(self):
        self.write(THREE_TASKS.replace("    status: disabled\n", "    status: disabled\n    owner: me\n"))
        outcome = self.expect(DONE, "sync")
        self.assertEqual(outcome.err.count("warning: "), 1)
        self.assertIn("owner", outcome.err)
