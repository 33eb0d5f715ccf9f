"""What the end-to-end tests share: a folder with a schedule and a database, and the program run in it."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["LOCKSTEP_PROGRAM"]
SOURCE = pathlib.Path(os.environ["LOCKSTEP_SOURCE"])

# Exit statuses, docs/CLI.md.
DONE, FAILED, CHANGES_DUE, CONFLICTS, INVALID_YAML, FILE_LOCKED, DELETION_GUARD, WAITING, USAGE = 0, 1, 2, 3, 4, 5, 6, 7, 64

THREE_TASKS = """\
tasks:
  # kept, whatever happens
  - id: 1
    skill_name: backup
    schedule_cron: "0 2 * * *"   # at night
    next_run_at: "2026-11-23T02:00:00Z"
    params_json: {keep: 30}
    status: pending
    user_id: ops
  - id: 2
    skill_name: report
    schedule_cron: "@hourly"
    next_run_at: "2026-11-22T11:00:00Z"
  - id: 3
    skill_name: cleanup
    schedule_cron: "30 7 * * mon"
    next_run_at: "2026-11-23T07:30:00Z"
    status: disabled
"""


def task_text(task_id, skill="job", cron="0 * * * *"):
    return (
        f"  - id: {task_id}\n    skill_name: {skill}\n"
        f'    schedule_cron: "{cron}"\n    next_run_at: "2026-11-23T02:00:00Z"\n'
    )


class Outcome:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def json(self):
        return json.loads(self.out)


class Workspace(unittest.TestCase):
    """A fresh folder per test with `schedule.yml` and `tasks.db`, unless a test writes others."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lockstep-e2e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.yaml = self.folder / "schedule.yml"
        self.database = self.folder / "tasks.db"

    def environment(self, **more):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LOCKSTEP_") and k != "DATABASE_URL"}
        clean.pop("NO_COLOR", None)
        return {**clean, **more}

    def bare(self, *arguments, env=None, stdin="", cwd=None):
        """The program with nothing but these arguments."""
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)], cwd=cwd or self.folder, env=self.environment(**(env or {})),
            input=stdin, capture_output=True, text=True, timeout=120)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def lockstep(self, *arguments, **options):
        """The program with this folder's file and database."""
        return self.bare("--yaml", "schedule.yml", "--db", "sqlite:tasks.db", *arguments, **options)

    def expect(self, status, *arguments, **options):
        outcome = self.lockstep(*arguments, **options)
        self.assertEqual(outcome.status, status, f"{arguments}\nstdout: {outcome.out}\nstderr: {outcome.err}")
        return outcome

    def json(self, status, *arguments, **options):
        """With --json: exactly one document on standard output."""
        return self.expect(status, "--json", *arguments, **options).json

    def write(self, text):
        # Another size or time than before, as an editor's save has.
        self.yaml.write_text(text)

    def edit(self, old, new):
        text = self.yaml.read_text()
        self.assertEqual(text.count(old), 1, f"{old!r} in {text}")
        self.write(text.replace(old, new))

    def sql(self, statement, *values):
        connection = sqlite3.connect(self.database)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def start(self, text=THREE_TASKS):
        """Both sides hold the text's tasks."""
        self.write(text)
        self.expect(DONE, "sync")

    def conflict_on_cron(self, task_id=1, yaml_cron="0 3 * * *", database_cron="0 4 * * *"):
        """Both sides change the schedule of task 1 apart. Answers the conflict's object."""
        self.edit('"0 2 * * *"', f'"{yaml_cron}"')
        self.sql("update scheduled_tasks set schedule_cron = ? where id = ?", database_cron, task_id)
        result = self.json(CONFLICTS, "sync")
        return self.json(DONE, "conflicts", result["conflicts"][0]["conflict_id"])

    def assert_in_step(self):
        """A second sync has nothing to do and touches nothing."""
        before = self.yaml.stat()
        result = self.json(DONE, "sync")
        nothing = {"inserted": 0, "updated": 0, "deleted": 0}
        self.assertEqual((result["yaml"], result["database"]), (nothing, nothing))
        after = self.yaml.stat()
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))
