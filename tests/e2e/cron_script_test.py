import fcntl
import os
import pathlib
import re
import shutil
import stat
import subprocess
import threading

from support import CONFLICTS, DONE, FILE_LOCKED, INVALID_YAML, PROGRAM, SOURCE, THREE_TASKS, Outcome, Workspace

SCRIPT = SOURCE / "packaging/cron/lockstep-sync"
LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ .")


class CronScript(Workspace):
    """packaging/cron/lockstep-sync, started as cron starts it: hardly any environment, no terminal."""

    def setUp(self):
        super().setUp()
        self.log = self.folder / "sync.log"
        (self.folder / "lockstep.yml").write_text("yaml: schedule.yml\ndatabase: sqlite:tasks.db\n")
        self.write(THREE_TASKS)

    def cron_environment(self, **more):
        return {"HOME": "/", "LOGNAME": "nobody", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin", "LOCKSTEP_PROGRAM": PROGRAM,
                "LOCKSTEP_SYNC_FOLDER": str(self.folder), **more}

    def cron(self, *arguments, **environment):
        done = subprocess.run([SCRIPT, *arguments], cwd="/", env=self.cron_environment(**environment),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def assert_ended(self, outcome, status, sentence):
        self.assertEqual(outcome.status, status, outcome.out + outcome.err)
        self.assertIn(sentence, outcome.out)
        for line in outcome.out.splitlines():
            self.assertRegex(line, LINE)

    def test_success_and_a_second_run(self):
        self.assert_ended(self.cron(), DONE, "Sync completed successfully: 3 inserted into the database")
        self.assert_ended(self.cron(), DONE, "Sync completed successfully: nothing to change")
        self.assertEqual(self.json(DONE, "history")[0]["trigger"], "cron")

    def test_arguments_are_those_of_sync(self):
        (self.folder / "lockstep.yml").unlink()
        outcome = self.cron("--yaml", "schedule.yml", "--db", "sqlite:other.db", "--direction", "yaml_to_db")
        self.assert_ended(outcome, DONE, "Sync completed successfully")
        self.assertTrue((self.folder / "other.db").exists())

    def test_the_log_takes_what_happened_and_output_stays_empty(self):
        outcome = self.cron(LOCKSTEP_SYNC_LOG=str(self.log))
        self.assertEqual((outcome.status, outcome.out, outcome.err), (DONE, "", ""))
        self.cron(LOCKSTEP_SYNC_LOG=str(self.log))
        lines = self.log.read_text().splitlines()
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertRegex(line, LINE)
            self.assertIn("Sync completed successfully", line)

    def test_conflict(self):
        self.expect(DONE, "sync")
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.sql("update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        outcome = self.cron()
        self.assert_ended(outcome, CONFLICTS, "Sync detected 1 conflict(s)")
        self.assertIn("conflict_1  task 1  Both YAML and database changed since the last sync", outcome.out)

    def test_a_failure_stands_in_the_log_and_on_standard_error(self):
        self.write(THREE_TASKS.replace('"@hourly"', "tomorrow"))
        outcome = self.cron(LOCKSTEP_SYNC_LOG=str(self.log))
        self.assertEqual((outcome.status, outcome.out), (INVALID_YAML, ""))
        for text in (outcome.err, self.log.read_text()):
            self.assertRegex(text.splitlines()[0], r"^\S+Z Sync failed: YAML validation failed$")
            self.assertIn("schedule.yml:12:", text)
        self.assertEqual(self.sql("select name from sqlite_master where type = 'table'"), [])

    def test_a_file_that_another_process_has_locked(self):
        (self.folder / "lockstep.yml").write_text("yaml: schedule.yml\ndatabase: sqlite:tasks.db\nlock_timeout: 10ms\n")
        with open(self.folder / "schedule.yml.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assert_ended(self.cron(), FILE_LOCKED, f"Sync failed: File locked by another process (pid {os.getpid()})")

    def test_a_run_is_skipped_while_the_one_before_goes_on(self):
        # A lockstep that reports that it runs, and ends when it is told to.
        program = self.folder / "slow"
        told, go = self.folder / "told", self.folder / "go"
        os.mkfifo(told)
        os.mkfifo(go)
        program.write_text(f"#!/bin/sh\necho running >'{told}'\nread word <'{go}'\necho 'Sync completed successfully: slowly'\n")
        program.chmod(0o755)
        first = []
        runner = threading.Thread(target=lambda: first.append(self.cron(LOCKSTEP_PROGRAM=str(program))))
        runner.start()
        self.assertEqual(told.read_text(), "running\n")
        second = self.cron(LOCKSTEP_PROGRAM=str(program))
        elsewhere = self.cron(LOCKSTEP_SYNC_LOCK="lockstep.yml")
        go.write_text("on\n")
        runner.join(60)
        self.assert_ended(second, DONE, "Sync skipped: the run before has not ended")
        self.assert_ended(elsewhere, DONE, "Sync completed successfully: 3 inserted")
        self.assert_ended(first[0], DONE, "Sync completed successfully: slowly")

    def test_a_program_that_is_missing(self):
        self.assert_ended(self.cron(LOCKSTEP_PROGRAM="/nowhere/lockstep"), 1,
                          "Sync failed: there is no program /nowhere/lockstep")

    def test_a_program_that_dies(self):
        program = self.folder / "dying"
        program.write_text("#!/bin/sh\nkill -KILL $$\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        self.assert_ended(self.cron(LOCKSTEP_PROGRAM=str(program)), 137, "ended with status 137 and without a word")

    def test_a_folder_that_is_missing(self):
        self.assert_ended(self.cron(LOCKSTEP_SYNC_FOLDER="/nowhere"), 1, "Sync failed: there is no folder /nowhere")

    def test_a_log_that_cannot_be_written_stops_nothing(self):
        outcome = self.cron(LOCKSTEP_SYNC_LOG="/nowhere/log")
        self.assert_ended(outcome, DONE, "Sync completed successfully")
        self.assertIn("The log /nowhere/log cannot be written", outcome.err)

    def test_a_lock_that_is_missing(self):
        self.assert_ended(self.cron(LOCKSTEP_SYNC_LOCK="none.yml"), 1, "Sync failed: none.yml cannot be read")

    def test_found_in_the_path(self):
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "lockstep").symlink_to(PROGRAM)
        environment = self.cron_environment(PATH=f"{bin_folder}:/usr/bin:/bin")
        del environment["LOCKSTEP_PROGRAM"]
        done = subprocess.run([SCRIPT], cwd="/", env=environment, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, DONE, done.stdout + done.stderr)

    def test_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        done = subprocess.run(["shellcheck", pathlib.Path(SCRIPT)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
