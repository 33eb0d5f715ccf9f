"""SyncEngine: the Python API for scripts."""

import asyncio
import inspect
import threading
import time

import pytest

import lockstep
from lockstep import SyncEngine


@pytest.fixture
def engine(world):
    (world.folder / "lockstep.yml").write_text("table: scheduled_tasks\n")
    return SyncEngine(world.yaml, world.url, config=world.folder / "lockstep.yml")


def conflict(world, engine):
    engine.sync()
    world.replace("backup", "by_file")
    world.sql("update scheduled_tasks set skill_name = 'by_row' where id = 1")
    result = engine.sync()
    assert result["status"] == "conflicts"
    return result["conflicts"][0]["conflict_id"]


def test_both_ways(world, engine):
    assert engine.sync()["database"] == {"inserted": 2, "updated": 0, "deleted": 0}
    world.replace("backup", "restore")
    world.sql("update scheduled_tasks set status = 'running' where id = 2")
    result = engine.sync()
    assert (result["yaml"]["updated"], result["database"]["updated"]) == (1, 1)
    assert world.skill(1) == "restore" and "status: running" in world.yaml.read_text()


def test_one_way(world, engine):
    assert engine.sync_yaml_to_db()["direction"] == "yaml_to_db"
    world.sql("update scheduled_tasks set status = 'running'")
    assert engine.sync_db_to_yaml(dry_run=True)["yaml"]["updated"] == 2
    assert "running" not in world.yaml.read_text()
    assert engine.sync_db_to_yaml(task_id=2)["yaml"]["updated"] == 1
    assert world.yaml.read_text().count("running") == 1
    assert engine.sync_db_to_yaml()["yaml"]["updated"] == 1
    assert world.yaml.read_text().count("running") == 2


def test_plan_writes_nothing(world, engine):
    assert [task["task_id"] for task in engine.plan()["tasks"]] == [1, 2]
    assert not world.database.exists()


def test_force_decides(world, engine):
    conflict(world, engine)
    assert engine.sync_yaml_to_db(force=True)["status"] == "success"
    assert world.skill(1) == "by_file"


@pytest.mark.parametrize("choice, kept", [("keep_yaml", "by_file"), ("keep_db", "by_row")])
def test_conflicts_are_listed_and_resolved(world, engine, choice, kept):
    number = conflict(world, engine)
    assert [(c["conflict_id"], c["fields"]) for c in engine.conflicts()] == [(number, ["skill_name"])]
    assert engine.resolve_conflict(number, choice)["status"] == "success"
    assert engine.conflicts() == []
    assert world.skill(1) == kept and kept in world.yaml.read_text()


def test_a_custom_resolution_and_a_stale_one(world, engine):
    number = conflict(world, engine)
    with pytest.raises(lockstep.ConflictMovedError) as moved:
        engine.resolve_conflict(number, "keep_db", version=9)
    assert moved.value.conflict["conflict_id"] == number
    with pytest.raises(lockstep.RefusedError):
        engine.resolve_conflict(number, "keep_both")
    engine.resolve_conflict(number, "custom", fields={"skill_name": {"value": "by_hand"}}, version=1)
    assert world.skill(1) == "by_hand"
    with pytest.raises(lockstep.NotFoundError):
        engine.resolve_conflict(number, "keep_db")


def test_history_and_undo(world, engine):
    engine.sync()
    world.replace("backup", "restore")
    run = engine.sync()["run_id"]
    assert engine.history(1)[0]["run_id"] == run
    engine.undo(run)
    assert world.skill(1) == "backup"
    with pytest.raises(lockstep.NotFoundError):
        engine.undo(999)


def test_an_invalid_file_lists_every_error(world, engine):
    world.yaml.write_text("tasks:\n  - id: 1\n  - id: 1\n")
    with pytest.raises(lockstep.ValidationError) as invalid:
        engine.sync()
    assert {error["line"] for error in invalid.value.errors} >= {2, 3}
    assert "YAML validation failed" in str(invalid.value)
    assert isinstance(invalid.value, ValueError)


def test_the_deletion_guard(world, engine):
    more = "".join(f'  - {{id: {n}, skill_name: s, schedule_cron: "@daily", next_run_at: "2026-11-23T02:00:00Z"}}\n'
                   for n in range(3, 20))
    text = world.yaml.read_text()
    world.yaml.write_text(text + more)
    engine.sync()
    world.yaml.write_text(text)
    with pytest.raises(lockstep.DeletionGuardError) as stopped:
        engine.sync()
    assert stopped.value.guard["would_delete"] == 17
    assert engine.sync(max_delete_percent=100)["database"]["deleted"] == 17


def test_a_locked_file(world):
    engine = SyncEngine(world.yaml, world.url, settings={"lock_timeout": "50ms"})
    import fcntl
    with open(f"{world.yaml}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(lockstep.FileLockedError) as locked:
            engine.sync()
    assert locked.value.retryable
    assert engine.sync()["status"] == "success"


def test_wrong_words(world, engine):
    for call in (lambda: engine.sync("sideways"), lambda: engine.sync(max_delete_percent=101),
                 lambda: engine.resolve_conflict("conflict_1", "keep_me"),
                 lambda: SyncEngine(world.yaml, world.url, settings={"no_such": 1}),
                 lambda: SyncEngine(world.yaml, "oracle://u:geheim@h/d")):
        with pytest.raises(lockstep.UsageError) as wrong:
            call()
        assert "geheim" not in str(wrong.value)


def test_a_database_that_is_not_there(world):
    engine = SyncEngine(world.yaml, f"postgresql+psycopg2://u:geheim@/d?host={world.folder}")
    with pytest.raises(lockstep.DatabaseError) as away:
        engine.sync()
    assert "geheim" not in str(away.value)


@pytest.mark.parametrize("form", ["sqlite:///{0}", "sqlite+aiosqlite:///{0}", "sqlite+pysqlite:///{0}", "sqlite:{0}"])
def test_sqlalchemys_urls(world, form):
    assert SyncEngine(world.yaml, form.format(world.database)).sync()["database"]["inserted"] == 2
    assert world.skill(1) == "backup"


def test_sqlalchemys_url_object(world):
    from sqlalchemy.engine import make_url
    assert SyncEngine(world.yaml, make_url(world.url)).sync()["database"]["inserted"] == 2


def test_settings_are_as_in_the_configuration(world):
    engine = SyncEngine(world.yaml, world.url, settings={"table": "jobs", "auto_merge": False, "backups": 3})
    engine.sync()
    assert world.sql("select count(*) from jobs") == [(2,)]


def test_environment_is_used_where_nothing_is_said(world):
    assert "2" in world.python("import lockstep; print(lockstep.SyncEngine().sync()['database']['inserted'])")


def test_every_method_has_an_async_twin(world, engine):
    for name in ("sync", "sync_yaml_to_db", "sync_db_to_yaml", "plan", "conflicts", "resolve_conflict", "status",
                 "history", "undo"):
        plain, twin = getattr(SyncEngine, name), getattr(SyncEngine, name + "_async")
        assert inspect.iscoroutinefunction(twin)
        assert inspect.signature(plain) == inspect.signature(twin)

    async def work():
        await engine.sync_async()
        world.sql("update scheduled_tasks set status = 'running'")
        await engine.sync_db_to_yaml_async(task_id=1)
        return await engine.plan_async(), await engine.conflicts_async(), await engine.status_async()

    plan, conflicts, status = asyncio.run(work())
    assert [task["task_id"] for task in plan["tasks"]] == [2]
    assert conflicts == [] and status["total_tasks"] == 2


def test_other_threads_run_while_the_engine_waits(world):
    """The interpreter's lock is released: a sync that waits for a file lock stops nobody."""
    engine = SyncEngine(world.yaml, world.url)
    import fcntl
    with open(f"{world.yaml}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(target=engine.sync)
        waiting.start()
        turns = 0
        deadline = time.monotonic() + 0.2
        while time.monotonic() < deadline:
            turns += 1
        assert waiting.is_alive() and turns > 1000
        fcntl.flock(lock, fcntl.LOCK_UN)
    waiting.join(20)
    assert not waiting.is_alive() and world.skill(1) == "backup"


def test_the_package_is_typed():
    import pathlib
    folder = pathlib.Path(lockstep.__file__).parent
    assert (folder / "py.typed").exists() and (folder / "_lockstep.pyi").exists()
    assert lockstep.__version__.count(".") == 2
