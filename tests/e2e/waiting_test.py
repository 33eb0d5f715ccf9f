"""Nothing waits longer than it says: locks of the database, held by somebody else."""

import os
import sqlite3
import subprocess
import time

from support import DONE, FAILED, PROGRAM, Workspace

# Long enough for a word about it, short enough for a test; what is measured is only that it ends before the twelve
# attempts of former times would have.
PATIENCE = {"LOCKSTEP_LOCK_TIMEOUT": "2500ms"}
FAR_TOO_LONG = 15


class HeldDatabase(Workspace):
    def setUp(self):
        super().setUp()
        self.start()
        self.holder = sqlite3.connect(self.database, isolation_level=None)
        self.addCleanup(self.holder.close)
        self.holder.execute("begin immediate")
        self.edit("skill_name: report", "skill_name: changed")

    def test_a_sync_ends_within_its_patience_and_says_who_is_in_the_way(self):
        began = time.monotonic()
        outcome = self.expect(FAILED, "sync", env=PATIENCE)
        self.assertLess(time.monotonic() - began, FAR_TOO_LONG)
        self.assertIn(f"process {os.getpid()}", outcome.err)
        self.assertIn("retry", outcome.err)
        # The first word comes while it still waits.
        self.assertIn("Waiting for the database", outcome.err.splitlines()[0])

    def test_the_problem_is_one_of_its_own(self):
        problem = self.json(FAILED, "sync", env=PATIENCE)
        self.assertEqual((problem["type"], problem["status"]), ("urn:lockstep:problem:database-busy", 503))

    def test_others_can_have_the_file_meanwhile(self):
        child = subprocess.Popen([PROGRAM, "--yaml", "schedule.yml", "--db", "sqlite:tasks.db", "sync"], cwd=self.folder,
                                 env=self.environment(LOCKSTEP_LOCK_TIMEOUT="60s"), stderr=subprocess.PIPE, text=True)
        self.addCleanup(child.stderr.close)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.assertIn("Waiting for the database", child.stderr.readline())
        # `flock` waits for the moments between two attempts.
        done = subprocess.run(["flock", "--timeout", "20", "schedule.yml.lock", "true"], cwd=self.folder, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.holder.execute("rollback")
        self.assertEqual(child.wait(timeout=60), DONE)
        self.assertEqual(self.sql("select skill_name from scheduled_tasks where id = 2"), [("changed",)])

    def test_what_was_waited_for_is_done_once_it_is_free(self):
        self.holder.execute("rollback")
        self.expect(DONE, "sync")
        self.assert_in_step()
