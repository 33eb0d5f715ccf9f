"""Five scenarios with real processes: `pytest tests/test_concurrent_sync.py -v`.

Each has a schedule and a database of its own. However many write at once, on whichever side, nothing is
lost, the file stays whole, and in the end both sides say the same.
"""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import signal
import sqlite3
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from app.main_sync_integration import SyncEngine, YAMLSafeIO  # noqa: E402

WRITERS = 3
WRITES = 8  # of each
PATIENCE = 120.0
process = multiprocessing.get_context("spawn").Process


class Sides:
    """A schedule and a database, in any process."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.yaml_path = str(folder / "schedule_config.yml")
        self.database = str(folder / "schedule.db")

    @property
    def engine(self) -> SyncEngine:
        return SyncEngine(self.yaml_path, f"sqlite:///{self.database}", settings={"lock_timeout": "60s"})

    @property
    def yaml(self) -> YAMLSafeIO:
        return YAMLSafeIO(self.yaml_path, lock_timeout=60)

    def sql(self, statement: str, *values: object) -> list[tuple]:
        connection = sqlite3.connect(self.database, timeout=60)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def in_yaml(self) -> dict[int, str]:
        return {task["id"]: task["skill_name"] for task in self.yaml.read()["tasks"]}

    def in_database(self) -> dict[int, str]:
        return dict(self.sql("select id, skill_name from scheduled_tasks"))


def task(task_id: int, skill_name: str) -> dict:
    return {"id": task_id, "skill_name": skill_name, "schedule_cron": "0 2 * * *", "next_run_at": "2026-11-23T02:00:00Z"}


def add_to_yaml(sides: Sides, first: int) -> None:
    for number in range(first, first + WRITES):
        yaml = sides.yaml
        data = yaml.read()
        data["tasks"].append(task(number, f"yaml_{number}"))
        yaml.write(data)
        sides.engine.sync()


def add_to_database(sides: Sides, first: int) -> None:
    for number in range(first, first + WRITES):
        sides.sql("insert into scheduled_tasks (id, skill_name, schedule_cron, next_run_at)"
                  " values (?, ?, '0 2 * * *', '2026-11-23 02:00:00')", number, f"row_{number}")
        sides.engine.sync()


def change_fields(sides: Sides, side: str, ids: list[int], name: str) -> None:
    for number in ids:
        if side == "yaml":
            yaml = sides.yaml
            data = yaml.read()
            next(task for task in data["tasks"] if task["id"] == number)["skill_name"] = name
            yaml.write(data)
        else:
            sides.sql("update scheduled_tasks set skill_name = ? where id = ?", name, number)


def change_and_sync_for_ever(sides: Sides) -> None:
    turn = 0
    while True:
        turn += 1
        sides.sql("update scheduled_tasks set user_id = ? where id = 1", f"turn_{turn}")
        sides.engine.sync()


def run(*work: tuple) -> None:
    processes = [process(target=function, args=arguments) for function, *arguments in work]
    for one in processes:
        one.start()
    for one in processes:
        one.join(PATIENCE)
    assert [one.exitcode for one in processes] == [0] * len(processes)


def ids_of(writer: int) -> list[int]:
    return list(range(100 * writer, 100 * writer + WRITES))


@pytest.fixture
def sides(tmp_path):
    made = Sides(tmp_path)
    made.yaml.write({"tasks": [task(1, "first"), task(2, "second")]})
    made.engine.sync()
    yield made
    # Whatever happened: one more sync finds both sides as one, and the next has nothing to do.
    result = made.engine.sync()
    assert result["status"] == "success"
    assert made.in_yaml() == made.in_database()
    again = made.engine.sync()
    assert again["yaml"] == again["database"] == {"inserted": 0, "updated": 0, "deleted": 0}
    assert made.yaml.get_metadata()["valid"]


def test_three_processes_write_the_yaml(sides):
    run(*((add_to_yaml, sides, 100 * writer) for writer in range(1, WRITERS + 1)))
    sides.engine.sync()
    wanted = {1, 2}.union(*(ids_of(writer) for writer in range(1, WRITERS + 1)))
    assert set(sides.in_database()) == wanted


def test_three_processes_write_the_database(sides):
    run(*((add_to_database, sides, 100 * writer) for writer in range(1, WRITERS + 1)))
    sides.engine.sync()
    wanted = {1, 2}.union(*(ids_of(writer) for writer in range(1, WRITERS + 1)))
    assert set(sides.in_yaml()) == wanted


def test_both_sides_are_written_at_once(sides):
    run((add_to_yaml, sides, 100), (add_to_database, sides, 200), (add_to_yaml, sides, 300), (add_to_database, sides, 400))
    sides.engine.sync()
    assert set(sides.in_yaml()) == set(sides.in_database()) == {1, 2}.union(*(ids_of(writer) for writer in (1, 2, 3, 4)))


def test_conflicts_under_load(sides):
    """Both sides change the same tasks apart, while others write: each of them is one conflict, and nothing else is."""
    apart = ids_of(1)
    sides.yaml.write({"tasks": [*sides.yaml.read()["tasks"], *(task(number, "before") for number in apart)]})
    sides.engine.sync()
    run((change_fields, sides, "yaml", apart, "by_yaml"), (change_fields, sides, "database", apart, "by_row"))
    run((add_to_yaml, sides, 200), (add_to_database, sides, 300))

    conflicts = sides.engine.conflicts()
    assert sorted(conflict["task_id"] for conflict in conflicts) == apart
    assert {conflict["fields"][0] for conflict in conflicts} == {"skill_name"}
    assert {sides.in_yaml()[number] for number in apart} == {"by_yaml"}, "tasks in conflict are left alone"
    assert {sides.in_database()[number] for number in apart} == {"by_row"}

    for conflict in conflicts:
        choice = "keep_yaml" if conflict["task_id"] % 2 else "keep_db"
        sides.engine.resolve_conflict(conflict["conflict_id"], choice, version=conflict["version"])
    assert sides.engine.conflicts() == []
    for number in apart:
        assert sides.in_yaml()[number] == sides.in_database()[number] == ("by_yaml" if number % 2 else "by_row")


def test_recovery_from_a_failure_half_way(sides):
    """Processes are killed while they replace the file; whoever comes next finishes or takes back what they began."""
    folder = pathlib.Path(sides.yaml_path).parent
    usual = {"schedule_config.yml", "schedule_config.yml.lock", "schedule.db", "schedule.db-wal", "schedule.db-shm",
             "schedule.db-journal"}

    def half_way() -> bool:
        return any(name not in usual and ".bak" not in name for name in os.listdir(folder))

    caught = 0
    deadline = time.monotonic() + PATIENCE
    while caught < 5:
        assert time.monotonic() < deadline, "no process was caught half-way"
        victim = process(target=change_and_sync_for_ever, args=(sides,))
        victim.start()
        while victim.is_alive() and not half_way():
            assert time.monotonic() < deadline, "no process was caught half-way"
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        caught += half_way()  # it may have come to an end just in time

        row = sides.sql("select user_id from scheduled_tasks where id = 1")[0][0]
        assert sides.engine.sync()["status"] == "success"
        assert not half_way()
        after = next(task for task in sides.yaml.read()["tasks"] if task["id"] == 1)
        assert after["user_id"] == row, "no accepted change is lost"
