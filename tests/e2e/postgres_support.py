"""A database per test, on the private server that the tests share."""

import os
import pathlib
import subprocess
import uuid

from support import Workspace


class PostgresWorkspace(Workspace):

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
