"""What lockstep says of how things stand, on either database: waiting changes, failures, and that it goes on by itself."""

import json
import re
import subprocess
import threading

from daemon import PATIENCE, eventually
from support import CONFLICTS, DONE, THREE_TASKS, WAITING, task_text

SOON = 2      # seconds within which a loss shows, unasked
RECOVERY = 10  # within which it goes on by itself


class Listener(threading.Thread):
    """The daemon's events, as Server-Sent Events tell them."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.events = []
        self.connection = daemon.connection()
        self.connection.request("GET", "/api/sync/events")
        self.response = self.connection.getresponse()
        self.start()

    def run(self):
        try:
            for line in self.response:
                if line.startswith(b"data:"):
                    self.events.append(json.loads(line[5:]))
        except (OSError, ValueError, AttributeError):
            pass  # the daemon is gone

    def statuses(self):
        return [event["status"] for event in self.events if event["event"] == "sync_status_changed"]

    def await_status(self, condition, what, patience=PATIENCE):
        return eventually(lambda: next((s for s in self.statuses() if condition(s)), None), what, patience)


def metric(daemon, name):
    return float(re.search(rf"^{name}(?:{{}})? (\S+)$", daemon.get("/metrics")[1], re.M)[1])


class StateScenarios:
    """With `serve_here()`, `do_sql(statement)`, `refuse(condition)` and `allow()` of the database at hand."""

    def status(self, daemon):
        return daemon.get("/api/sync/status")[1]

    def await_in_sync(self, daemon, patience=RECOVERY + 5):
        eventually(lambda: self.status(daemon)["in_sync"], "in sync", patience)

    # ---- what waits

    def test_a_refused_change_ends_with_7_names_itself_and_holds_up_nothing(self):
        self.start()
        self.refuse("skill_name = 'forbidden'")
        self.edit("skill_name: backup", "skill_name: forbidden")
        self.edit("skill_name: report", "skill_name: weekly")
        result = self.json(WAITING, "sync")
        self.assertEqual(result["database"]["updated"], 1)
        self.assertEqual(result["waiting_count"], 1)
        waiting = result["waiting"][0]
        self.assertEqual((waiting["task_id"], waiting["field"], waiting["side"]), (1, "skill_name", "database"))
        self.assertTrue(waiting["reason"])
        again = self.json(WAITING, "sync")
        self.assertEqual(again["waiting"][0]["since"], waiting["since"])
        status = self.json(DONE, "status")
        self.assertFalse(status["in_sync"])
        self.assertEqual([(w["task_id"], w["field"], w["since"]) for w in status["waiting"]], [(1, "skill_name", waiting["since"])])
        self.assertIn("1 change waits", self.expect(WAITING, "sync").out)
        self.assertIn("task 1, skill_name, to the database", self.expect(DONE, "plan").out)
        self.allow()
        self.assertEqual(self.json(DONE, "sync")["database"]["updated"], 1)
        self.assertTrue(self.json(DONE, "status")["in_sync"])

    def test_with_conflicts_too_it_is_3(self):
        self.start()
        self.refuse("skill_name = 'forbidden'")
        self.edit("skill_name: backup", "skill_name: forbidden")
        self.edit('"@hourly"', '"@daily"')
        self.do_sql("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 2")
        result = self.json(CONFLICTS, "sync")
        self.assertEqual((result["waiting_count"], result["conflicts_detected"]), (1, 1))

    def test_where_every_row_is_invalid_it_does_not_say_that_all_is_well(self):
        self.start()
        self.do_sql("update scheduled_tasks set schedule_cron = 'whenever'")
        outcome = self.expect(WAITING, "sync")
        self.assertIn("3 changes wait", outcome.out)
        self.assertNotIn("nothing to change", outcome.out)
        self.assertFalse(self.json(DONE, "status")["in_sync"])

    def test_a_daemon_tells_what_waits_everywhere_and_when_it_ends(self):
        self.start()
        self.refuse("skill_name = 'forbidden'")
        daemon = self.serve_here()
        listener = Listener(daemon)
        self.edit("skill_name: backup", "skill_name: forbidden")
        told = listener.await_status(lambda s: s["waiting_count"] == 1, "the event")
        self.assertFalse(told["in_sync"])
        self.assertEqual(told["waiting"][0]["field"], "skill_name")
        self.assertEqual(self.status(daemon)["waiting_count"], 1)
        self.assertEqual(metric(daemon, "lockstep_waiting_changes"), 1)
        self.assertEqual(metric(daemon, "lockstep_in_sync"), 0)
        self.assertIsNone(self.status(daemon)["last_error"])
        runs = metric(daemon, "lockstep_run_duration_seconds_count")
        eventually(lambda: metric(daemon, "lockstep_run_duration_seconds_count") >= runs + 2, "being tried again")
        self.assertEqual(daemon.err.count("A change waits"), 1, daemon.err)
        self.assertIn("1 change(s) wait", self.expect(DONE, "doctor").out)
        self.allow()
        self.await_in_sync(daemon)
        daemon.wait_for_log("No longer waits")
        self.assertEqual(self.status(daemon)["waiting"], [])

    # ---- the file

    def expect_failing(self, daemon, listener, *words):
        told = listener.await_status(lambda s: s["last_error"], "the failure's event")
        self.assertFalse(told["in_sync"])
        status = self.status(daemon)
        self.assertFalse(status["in_sync"])
        self.assertTrue(any(word in status["last_error"]["detail"] for word in words), status["last_error"])
        self.assertTrue(status["last_error"]["title"] and status["last_error"]["at"])
        code, health = daemon.get("/health")
        self.assertEqual(health["status"], "degraded", health)
        self.assertTrue(health["reason"])
        self.assertGreaterEqual(metric(daemon, "lockstep_sync_failures_total"), 1)
        self.assertEqual(metric(daemon, "lockstep_last_sync_failed"), 1)
        return code, status

    def expect_recovered(self, daemon):
        self.await_in_sync(daemon)
        self.assertIsNone(self.status(daemon)["last_error"])
        self.assertEqual(daemon.get("/health")[1]["status"], "healthy")
        self.assertEqual(metric(daemon, "lockstep_last_sync_failed"), 0)

    def test_something_else_in_the_file_s_place_is_a_failure_until_it_is_gone(self):
        self.start()
        daemon = self.serve_here()
        text = self.yaml.read_text()
        last_run = self.status(daemon)["last_run"]
        for make, unmake in ((self.yaml.mkdir, self.yaml.rmdir),
                             (lambda: subprocess.run(["mkfifo", self.yaml], check=True), self.yaml.unlink)):
            listener = Listener(daemon)
            self.yaml.unlink()
            make()
            _, status = self.expect_failing(daemon, listener, "not a regular file", "does not exist")
            eventually(lambda: "not a regular" in (self.status(daemon)["last_error"] or {}).get("detail", ""), "the reason")
            self.assertEqual(status["last_run"], last_run)
            self.assertEqual(status["replica"], "default")
            self.assertTrue(status["database"]["reachable"])
            unmake()
            self.yaml.write_text(text)
            self.expect_recovered(daemon)

    def test_a_dangling_link_is_a_failure_until_it_leads_somewhere(self):
        self.write(THREE_TASKS)
        daemon = self.serve_here(env={"LOCKSTEP_REPLICA": "named"})
        listener = Listener(daemon)
        elsewhere = self.folder / "elsewhere.yml"
        text = self.yaml.read_text()
        self.yaml.unlink()
        self.yaml.symlink_to(elsewhere)
        self.expect_failing(daemon, listener, "does not exist", "no such file")
        elsewhere.write_text(text)
        self.await_in_sync(daemon)

    def test_a_guard_that_stopped_a_daemon_is_its_last_error(self):
        text = "tasks:\n" + "".join(task_text(task_id) for task_id in range(1, 9))
        self.start(text)
        daemon = self.serve_here()
        listener = Listener(daemon)
        self.write("tasks: []\n")
        self.expect_failing(daemon, listener, "Deletion guard")
        self.write(text)
        self.expect_recovered(daemon)

    def mount(self, folder, size):
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=777", "lockstep-test", folder], capture_output=True)
        if done.returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        return folder

    def fill(self, folder):
        ballast = folder / "ballast"
        with open(ballast, "wb", buffering=0) as out:
            try:
                while True:
                    out.write(b"x" * 4096)
            except OSError:
                return ballast

    def move_yaml(self, folder):
        """The schedule on a file system of its own."""
        self.yaml = folder / "schedule.yml"

    def test_a_full_disk_of_the_file_shows_and_ends_by_itself(self):
        self.move_yaml(self.mount(self.folder / "small", "256k"))
        self.start()
        daemon = self.serve_here()
        listener = Listener(daemon)
        ballast = self.fill(self.yaml.parent)
        last_run = self.status(daemon)["last_run"]
        self.do_sql("update scheduled_tasks set skill_name = 'renamed' where id = 1")
        _, status = self.expect_failing(daemon, listener, "space")
        self.assertEqual(status["last_run"], last_run)
        ballast.unlink()
        self.expect_recovered(daemon)
        self.assertIn("skill_name: renamed", self.yaml.read_text())

    def test_a_read_only_file_system_ends_by_itself(self):
        folder = self.mount(self.folder / "small", "1m")
        self.move_yaml(folder)
        self.start()
        daemon = self.serve_here()
        if subprocess.run(["mount", "-o", "remount,ro", folder], capture_output=True).returncode != 0:
            self.skipTest("remounting is not allowed here")
        self.do_sql("update scheduled_tasks set skill_name = 'renamed' where id = 1")
        eventually(lambda: not self.status(daemon)["yaml"]["writable"], "read-only")
        eventually(lambda: not self.status(daemon)["in_sync"], "not in sync")
        self.assertEqual(self.status(daemon)["waiting_count"], 0)
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        self.await_in_sync(daemon)
        self.assertIn("skill_name: renamed", self.yaml.read_text())
