import os
import pathlib
import subprocess
import uuid

from support import CONFLICTS, DONE, FAILED, THREE_TASKS, Workspace


class Postgres(Workspace):
    """The program beside a PostgreSQL server: the tests' private one, a database per test."""

    def setUp(self):
        super().setUp()
        # Written by the test that starts the server; empty where PostgreSQL is not installed.
        self.socket = pathlib.Path(os.environ["LOCKSTEP_TEST_POSTGRES"]).read_text().strip()
        if not self.socket:
            self.skipTest("PostgreSQL is not installed")
        self.name = "e2e_" + uuid.uuid4().hex
        self.psql("postgres", f"create database {self.name}")
        self.addCleanup(self.psql, "postgres", f"drop database {self.name} with (force)")

    def psql(self, database, statement):
        done = subprocess.run(["psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", "postgres", "-d",
                               database, "-c", statement], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def lockstep(self, *arguments, **options):
        url = f"postgresql+asyncpg://postgres@/{self.name}?host={self.socket}"
        return self.bare("--yaml", "schedule.yml", "--db", url, *arguments, **options)

    def test_there_and_back(self):
        self.write(THREE_TASKS)
        self.assertIn("create table", self.expect(DONE, "init", "--print-sql").out.lower())
        self.assertEqual(self.json(DONE, "sync")["database"]["inserted"], 3)
        self.assertEqual(self.json(DONE, "status")["database"]["backend"], "postgresql")
        self.psql(self.name, "update scheduled_tasks set params_json = '{\"keep\": 31}' where id = 1")
        self.assertEqual(self.json(DONE, "sync")["yaml"]["updated"], 1)
        self.assertEqual(self.yaml.read_text(), THREE_TASKS.replace("keep: 30", "keep: 31"))
        self.assert_in_step()

    def test_conflict(self):
        self.start()
        self.edit('"0 2 * * *"', '"0 3 * * *"')
        self.psql(self.name, "update scheduled_tasks set schedule_cron = '0 4 * * *' where id = 1")
        self.expect(CONFLICTS, "sync")
        self.expect(DONE, "resolve", "1", "keep_yaml")
        self.assertEqual(self.psql(self.name, "select schedule_cron from scheduled_tasks where id = 1"), "0 3 * * *")
        self.assert_in_step()

    def test_a_server_that_is_not_there(self):
        self.write(THREE_TASKS)
        outcome = self.bare("--yaml", "schedule.yml", "--db", f"postgresql://u:geheim@/d?host={self.folder}", "--json", "sync")
        self.assertEqual((outcome.status, outcome.json["status"]), (FAILED, 503))
        self.assertNotIn("geheim", outcome.out + outcome.err)
