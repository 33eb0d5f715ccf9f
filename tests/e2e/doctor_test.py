import contextlib
import fcntl
import http.server
import os
import sqlite3
import subprocess
import sys
import threading
import unittest

from daemon import DaemonWorkspace
from support import CONFLICTS, DONE, FAILED, PROGRAM, THREE_TASKS, USAGE, Outcome

STRANGER = 54_321  # a user who owns nothing

# Its first argument is mounted by itself, for the rest of the arguments alone.
MOUNT_ALONE = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$0" && exec "$@"']

# Takes every inotify instance that its user may have, says so, and keeps them until its input ends.
HOARD = """
import ctypes, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
libc = ctypes.CDLL(None)
while libc.inotify_init1(0) >= 0:
    pass
print("none left", flush=True)
sys.stdin.read()
"""


class Silent(http.server.BaseHTTPRequestHandler):
    """Answers 501 to everything."""

    def log_message(self, *_):
        pass


class Doctor(DaemonWorkspace):
    def setUp(self):
        super().setUp()
        # Where nobody listens, unless a test says otherwise.
        self.config("")

    def config(self, more, listen="unix:none"):
        (self.folder / "lockstep.yml").write_text(f"yaml: schedule.yml\ndatabase: sqlite:tasks.db\nlisten: '{listen}'\n{more}")

    def doctor(self, status, *arguments, user=None, within=()):
        """The checks by name. `within`: a command that runs it."""
        command = [PROGRAM, "--json", *arguments, "doctor"]
        if user is not None:
            within = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        done = subprocess.run([*within, *command], cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=60)
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        self.assertEqual(outcome.status, status, outcome.out + outcome.err)
        checks = {}
        for check in outcome.json["checks"]:
            checks.setdefault(check["check"], check)
        worst = max((check["result"] for check in outcome.json["checks"]), key=["ok", "warning", "fault"].index)
        self.assertEqual(outcome.json["status"], worst)
        return checks

    def expect_check(self, checks, name, result, *words):
        check = checks[name]
        self.assertEqual(check["result"], result, check)
        for word in words:
            self.assertIn(word, f"{check['message']} → {check['advice']}")
        self.assertEqual(check["advice"] is None, result == "ok")

    def give_to_stranger(self):
        """The folder and all that is in it."""
        for path in [self.folder, *self.folder.iterdir()]:
            os.chown(path, STRANGER, STRANGER)

    def test_all_is_well(self):
        self.start()
        checks = self.doctor(DONE)
        self.assertEqual(list(checks), ["configuration", "file rights", "lock", "leases", "YAML", "database", "database rights",
                                        "journal mode", "replica", "syncs", "file events", "database events", "daemon"])
        self.assertEqual({check["result"] for check in checks.values()}, {"ok"})
        self.expect_check(checks, "YAML", "ok", "schedule.yml is valid and has 3 task(s)")
        self.expect_check(checks, "daemon", "ok", "none answers at unix:", "lockstep serve")

    def test_as_text(self):
        self.start()
        outcome = self.bare("doctor")
        self.assertEqual((outcome.status, outcome.err), (DONE, ""))
        self.assertIn("ok       leases           a lease tells when nobody has the file open for writing\n", outcome.out)
        self.assertTrue(outcome.out.endswith("\n0 faults, 0 warnings\n"), outcome.out)
        self.assertEqual(self.bare("-q", "doctor").out, "")

    def test_it_changes_nothing(self):
        self.write(THREE_TASKS)
        before = sorted(os.listdir(self.folder))
        self.doctor(DONE)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_before_anything_is_there(self):
        checks = self.doctor(FAILED)
        self.expect_check(checks, "YAML", "fault", "no such file", "lockstep init")
        self.expect_check(checks, "syncs", "ok", "never synced yet")

    def test_invalid_yaml(self):
        self.write(THREE_TASKS.replace('"@hourly"', "tomorrow"))
        checks = self.doctor(FAILED)
        self.expect_check(checks, "YAML", "fault", "YAML validation failed: ", "schedule.yml:12:", "lockstep validate")
        self.assertIn("file events", checks)
        text = self.bare("-q", "doctor").out
        self.assertIn("fault    YAML             YAML validation failed: ", text)
        self.assertIn("→ `lockstep validate` shows every place", text)

    def test_the_yaml_is_gone(self):
        self.start()
        self.yaml.unlink()
        self.expect_check(self.doctor(FAILED), "YAML", "fault", "no such file", "lockstep restore")

    def test_the_lock_is_held(self):
        self.start()
        for path in (self.yaml, self.folder / "schedule.yml.lock"):
            with open(path) as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                self.expect_check(self.doctor(FAILED), "lock", "fault",
                                  f"File locked by another process (pid {os.getpid()})", f"ps -fp {os.getpid()}")

    def test_somebody_has_the_file_open(self):
        self.start()
        self.config("lock_timeout: 100ms\n")
        with open(self.yaml, "a"):
            checks = self.doctor(FAILED)
        self.expect_check(checks, "leases", "warning", f"open for writing (pid {os.getpid()})")
        self.expect_check(checks, "YAML", "fault", f"File locked by another process (pid {os.getpid()})")

    def test_conflicts_wait(self):
        self.start()
        self.conflict_on_cron()
        self.expect_check(self.doctor(DONE), "syncs", "warning", "1 conflict(s) wait", "lockstep resolve")

    def test_the_replica_belongs_to_another_file(self):
        self.start()
        (self.folder / "other.yml").write_text("tasks: []\n")
        checks = self.doctor(FAILED, "--yaml", "other.yml")
        self.expect_check(checks, "replica", "fault", f"belongs to {self.yaml}", "lockstep init --adopt-replica default")

    def test_an_invalid_row(self):
        self.start()
        self.sql("update scheduled_tasks set schedule_cron = 'never' where id = 2")
        self.assertIn("task 2", str(self.doctor_list(DONE)))

    def doctor_list(self, status):
        outcome = self.bare("--json", "doctor")
        self.assertEqual(outcome.status, status)
        return [check["message"] for check in outcome.json["checks"] if check["result"] == "warning"]

    # ---- SQLite

    def test_journal_mode(self):
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("create table other (id integer)")
            connection.commit()
        self.write(THREE_TASKS)
        self.expect_check(self.doctor(DONE), "journal mode", "warning", '"delete"', "PRAGMA journal_mode = WAL")

    def test_what_is_no_database(self):
        self.write(THREE_TASKS)
        self.database.write_text("no database at all, but text " * 100)
        self.expect_check(self.doctor(FAILED), "database", "fault", "not a database")

    def test_a_damaged_database(self):
        self.start("tasks:\n" + "".join(
            f"  - {{id: {i}, skill_name: job, schedule_cron: '0 * * * *', next_run_at: '2026-11-23T02:00:00Z'}}\n" for i in range(1, 500)))
        with contextlib.closing(sqlite3.connect(self.database)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
            page = connection.execute("select rootpage from sqlite_schema where name = 'lockstep_changes' or name like 'lockstep_%'"
                                      " and type = 'table' order by rootpage desc").fetchone()[0]
            size = connection.execute("pragma page_size").fetchone()[0]
        with open(self.database, "r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
        self.assertIn("fault", {check["result"] for name, check in self.doctor(FAILED).items() if name.startswith("database")})

    def test_a_folder_of_the_database_that_is_missing(self):
        self.write(THREE_TASKS)
        checks = self.doctor(FAILED, "--db", "sqlite:none/tasks.db")
        self.expect_check(checks, "database rights", "fault", "there is no folder", "none", "mend `database`")

    # ---- another user

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_rights_that_are_missing(self):
        self.folder.chmod(0o755)
        self.start()
        checks = self.doctor(FAILED, user=STRANGER)
        self.expect_check(checks, "file rights", "warning", "no write permission", "its folder")
        self.expect_check(checks, "leases", "warning", "belongs to another user", "CAP_LEASE")
        self.expect_check(checks, "database rights", "fault", "may not write the folder")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_a_database_file_of_root_s_cron(self):
        self.start()
        self.give_to_stranger()
        with contextlib.closing(sqlite3.connect(self.database)) as root:
            root.execute("select * from scheduled_tasks").fetchone()  # leaves -wal and -shm until it closes
            for suffix in ("-wal", "-shm"):
                path = f"{self.database}{suffix}"
                os.chown(path, 0, 0)
                os.chmod(path, 0o600)
            self.expect_check(self.doctor(FAILED, user=STRANGER), "database rights", "fault", "tasks.db-wal", "same user")

    @unittest.skipUnless(os.geteuid() == 0, "needs root, to become somebody else")
    def test_no_inotify_instance_is_left(self):
        self.start()
        self.give_to_stranger()
        hoard = subprocess.Popen(["setpriv", f"--reuid={STRANGER}", "--clear-groups", sys.executable, "-c", HOARD],
                                 cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(hoard.stdout.readline(), "none left\n")
            checks = self.doctor(DONE, user=STRANGER)
            self.expect_check(checks, "file events", "warning", "fs.inotify.max_user_instances")
        finally:
            hoard.communicate(timeout=60)

    def test_a_file_that_is_mounted_alone(self):
        self.start()
        if subprocess.run([*MOUNT_ALONE, self.yaml, "true"], capture_output=True, timeout=60).returncode != 0:
            self.skipTest("this user may not mount")
        self.expect_check(self.doctor(DONE, within=[*MOUNT_ALONE, self.yaml]), "mount", "warning", "mounted by itself", "its folder")

    # ---- the daemon

    def test_the_daemon_runs(self):
        self.start()
        daemon = self.serve()
        self.config("", listen=f"127.0.0.1:{daemon.port}")
        self.expect_check(self.doctor(DONE), "daemon", "ok", f"runs at 127.0.0.1:{daemon.port} and is healthy")

    def test_the_daemon_is_degraded(self):
        self.write("tasks: [\n")
        daemon = self.serve()
        self.config("", listen=f"127.0.0.1:{daemon.port}")
        self.expect_check(self.doctor(FAILED), "daemon", "warning", '"yaml":"invalid"')

    def test_another_program_has_the_address(self):
        self.start()
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as other:
            thread = threading.Thread(target=other.serve_forever)
            thread.start()
            try:
                self.config("", listen=f"127.0.0.1:{other.server_port}")
                checks = self.doctor(DONE)
            finally:
                other.shutdown()
                thread.join()
        self.expect_check(checks, "daemon", "warning", "is not lockstep", "`lockstep serve --listen`")

    def test_a_configuration_that_is_not_valid(self):
        self.config("settle: soon\n")
        outcome = self.bare("doctor")
        self.assertEqual(outcome.status, USAGE)
        self.assertIn("lockstep.yml:4", outcome.err)
