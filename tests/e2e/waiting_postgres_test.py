"""Nothing waits longer than it says: tables, rows and replicas that another session holds."""

import subprocess
import time

from postgres_support import PostgresWorkspace
from support import DONE, FAILED

PATIENCE = {"LOCKSTEP_LOCK_TIMEOUT": "2500ms"}
FAR_TOO_LONG = 20


class HeldDatabase(PostgresWorkspace):
    def hold(self, statement):
        """A session that does this and goes on holding what it locked; answers its server process."""
        self.start()
        self.edit("skill_name: report", "skill_name: changed")
        child = subprocess.Popen(["psql", "-X", "-q", "-A", "-t", "-h", self.socket, "-U", "postgres", "-d", self.name],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stdin.close)
        self.holder = child
        child.stdin.write(f"begin;\n{statement};\nselect 'pid ' || pg_backend_pid();\n")
        child.stdin.flush()
        for line in child.stdout:
            if line.startswith("pid "):
                return line.split()[1]
        self.fail("psql ended")

    def assert_busy(self, holder):
        began = time.monotonic()
        outcome = self.expect(FAILED, "sync", env=PATIENCE)
        self.assertLess(time.monotonic() - began, FAR_TOO_LONG)
        self.assertIn(f"server process {holder}", outcome.err)
        self.assertIn("retry", outcome.err)
        self.assertIn("Waiting for", outcome.err.splitlines()[0])

    def test_a_locked_table(self):
        self.assert_busy(self.hold("lock table scheduled_tasks"))

    def test_one_of_our_own_tables_locked(self):
        self.assert_busy(self.hold("lock table lockstep.base"))

    def test_what_was_waited_for_is_done_once_it_is_free(self):
        self.hold("lock table scheduled_tasks")
        self.holder.stdin.write("rollback;\n")
        self.holder.stdin.flush()
        self.expect(DONE, "sync")
        self.assertEqual(self.psql(self.name, "select skill_name from scheduled_tasks where id = 2"), "changed")


class OwnTables(PostgresWorkspace):
    def test_any_one_that_was_dropped_is_made_again(self):
        self.start()
        names = self.psql(self.name, "select tablename from pg_tables where schemaname = 'lockstep' order by 1").split()
        self.assertIn("base", names)
        for table in names:
            with self.subTest(table=table):
                self.psql(self.name, f"drop table lockstep.{table}")
                self.expect(DONE, "status")
                outcome = self.expect(DONE, "sync")
                if table != "texts":
                    self.assertIn("warning", outcome.err)
                self.assert_in_step()

    def test_all_of_them_dropped(self):
        self.start()
        self.psql(self.name, "drop schema lockstep cascade")
        self.expect(DONE, "sync")
        self.assert_in_step()
