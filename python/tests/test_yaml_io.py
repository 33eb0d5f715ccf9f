"""YAMLSafeIO: a schedule's file for programs of one's own."""

import datetime
import multiprocessing

import pytest

import lockstep
from lockstep import YAMLSafeIO


def test_what_was_read_is_written_back_as_nothing(world):
    before = world.yaml.read_bytes()
    io = YAMLSafeIO(world.yaml)
    assert io.write(io.read()) is False
    assert world.yaml.read_bytes() == before


def test_only_what_differs_changes(world):
    io = YAMLSafeIO(world.yaml)
    data = io.read()
    assert [task["skill_name"] for task in data["tasks"]] == ["backup", "report"]
    expected = world.yaml.read_text().replace("backup", "restore")
    data["tasks"][0]["skill_name"] = "restore"
    assert io.write(data) is True
    assert world.yaml.read_text() == expected
    assert (world.folder / "schedule.yml.bak").exists()


def test_datetimes_are_times(world):
    io = YAMLSafeIO(world.yaml)
    data = io.read()
    data["tasks"][0]["next_run_at"] = datetime.datetime(2026, 11, 23, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    assert io.write(data) is False, "the same instant"
    data["tasks"][0]["next_run_at"] = datetime.datetime(2026, 11, 24, 2)
    assert io.write(data) is True
    assert io.read()["tasks"][0]["next_run_at"].startswith("2026-11-24T02:00:00")


def test_errors_are_all_named_and_nothing_is_written(world):
    before = world.yaml.read_bytes()
    io = YAMLSafeIO(world.yaml)
    data = io.read()
    data["tasks"][0]["schedule_cron"] = "often"
    data["tasks"][1]["status"] = "lost"
    with pytest.raises(lockstep.ValidationError) as invalid:
        io.write(data)
    assert {(error["task_id"], error["field"]) for error in invalid.value.errors} == {(1, "schedule_cron"), (2, "status")}
    assert world.yaml.read_bytes() == before
    with pytest.raises(TypeError):
        io.write({"tasks": [object()]})


def test_metadata(world):
    io = YAMLSafeIO(world.yaml)
    facts = io.get_metadata()
    assert (facts["exists"], facts["tasks"], facts["valid"], facts["metadata"]) == (True, 2, True, None)
    assert facts["size"] == world.yaml.stat().st_size
    world.yaml.unlink()
    assert io.get_metadata()["exists"] is False and io.read() == {"tasks": []}


def test_a_lock_that_is_not_free(world):
    import fcntl
    io = YAMLSafeIO(world.yaml, lock_timeout=0.05)
    with open(f"{world.yaml}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(lockstep.FileLockedError):
            io.write({"tasks": []})


def add_tasks(path, first, count):
    io = YAMLSafeIO(path)
    for number in range(first, first + count):
        data = io.read()
        data["tasks"].append({"id": number, "skill_name": f"s{number}", "schedule_cron": "@daily",
                              "next_run_at": "2026-11-23T02:00:00Z"})
        io.write(data)


def test_processes_take_turns_and_no_write_is_lost(world):
    processes = [multiprocessing.Process(target=add_tasks, args=(world.yaml, 100 * n, 5)) for n in (1, 2, 3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    ids = [task["id"] for task in YAMLSafeIO(world.yaml).read()["tasks"]]
    assert ids == [1, 2, *(100 * n + k for n in (1, 2, 3) for k in range(5))]
