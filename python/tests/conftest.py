"""What the tests share: a folder with a schedule and a database, and applications that uvicorn serves from it."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid

import httpx
import pytest

PATIENCE = 60.0

TASKS = """\
# the schedule
tasks:
  - id: 1
    skill_name: backup   # nightly
    schedule_cron: "0 2 * * *"
    next_run_at: "2026-11-23T02:00:00Z"
    status: pending
  - id: 2
    skill_name: report
    schedule_cron: "0 3 * * *"
    next_run_at: "2026-11-23T03:00:00Z"
    status: pending
"""

APPLICATION = """\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system

app = FastAPI()
integrate_sync_system(app)
"""


def until(condition, what="the condition", patience=PATIENCE):
    """Waits until `condition()` is true, and answers with what it gave."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.01)


def free_port() -> int:
    """Below the range that the system gives to others' outgoing connections; another one for each that asks at once."""
    for port in random.sample(range(20_000, 32_768), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


class World:
    """The folder, and the hands of strangers on both sides."""

    def __init__(self, folder: pathlib.Path, database_url: str = "") -> None:
        self.folder = folder
        self.yaml = folder / "schedule.yml"
        self.yaml.write_text(TASKS)
        self.database = folder / "tasks.db"
        self.url = database_url or f"sqlite:///{self.database}"
        self.processes: list[subprocess.Popen] = []

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCKSTEP_")}
        return {**clean, "LOCKSTEP_YAML": str(self.yaml), "DATABASE_URL": self.url, "LOCKSTEP_INTERVAL": "0",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": os.pathsep.join([str(self.folder), os.environ.get("PYTHONPATH", "")])}

    def replace(self, old: str, new: str) -> None:
        text = self.yaml.read_text()
        assert old in text
        self.yaml.write_text(text.replace(old, new, 1))

    def sql(self, statement: str, *values: object) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def skill(self, task_id: int) -> str:
        return self.sql("select skill_name from scheduled_tasks where id = ?", task_id)[0][0]

    def python(self, program: str) -> str:
        done = subprocess.run([sys.executable, "-c", program], env=self.environment, cwd=self.folder, text=True,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def serve(self, application: str = APPLICATION, *arguments: str, name: str = "application", port: int = 0) -> Server:
        (self.folder / f"{name}.py").write_text(application)
        server = Server(self, name, arguments, port or free_port())
        self.processes.append(server.process)
        server.await_answer()
        return server

    def end(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Server:
    """A real uvicorn, in a process group of its own."""

    def __init__(self, world: World, name: str, arguments: tuple[str, ...], port: int) -> None:
        self.port = port
        self.log = world.folder / f"{name}.{port}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", f"{name}:app", "--host", "127.0.0.1", "--port", str(port), *arguments],
                env=world.environment, cwd=world.folder, stdout=log, stderr=log, start_new_session=True)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE)

    def await_answer(self) -> None:
        def answers() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx.TransportError):
                self.client.get("/openapi.json")
                return True
            return False

        until(answers, "an answer")

    def stop(self) -> str:
        """As a service manager does; what it had to say."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        return self.log.read_text()

    def get(self, path: str, **more):
        return self.client.get(path, **more)

    def post(self, path: str, body: object = None, **more):
        return self.client.post(path, content=json.dumps(body if body is not None else {}), **more)

    def websocket_url(self, path: str = "/ws/sync") -> str:
        return f"ws://127.0.0.1:{self.port}{path}"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.end()


@pytest.fixture
def postgres(tmp_path):
    """A database of its own on the tests' private server: (world, function that asks it)."""
    where = os.environ.get("LOCKSTEP_TEST_POSTGRES", "")
    folder = pathlib.Path(where).read_text().strip() if where and pathlib.Path(where).exists() else ""
    if not folder:
        pytest.skip("no private PostgreSQL: run by ctest")
    import psycopg2

    def ask(statement: str, database: str = "postgres") -> list[tuple]:
        connection = psycopg2.connect(host=folder, user="postgres", dbname=database)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    name = "python_" + uuid.uuid4().hex
    ask(f"create database {name}")
    made = World(tmp_path, f"postgresql+asyncpg://postgres@/{name}?host={folder}")
    yield made, lambda statement: ask(statement, name)
    made.end()
    ask(f"drop database {name} with (force)")
