"""An application that owns the table, by SQLAlchemy."""

import pytest

from conftest import until

APPLICATION = """\
from fastapi import FastAPI
from sqlalchemy import JSON, Column, DateTime, Integer, String, create_engine
from sqlalchemy.orm import Session, declarative_base
from lockstep.fastapi import integrate_sync_system

Base = declarative_base()

class ScheduledTask(Base):
    __tablename__ = "scheduled_tasks"
    id = Column(Integer, primary_key=True)
    skill_name = Column(String(255), nullable=False)
    schedule_cron = Column(String(100), nullable=False)
    next_run_at = Column(DateTime(timezone=True), nullable=False)
    params_json = Column(JSON, nullable=False, default=dict)
    status = Column(String(20), nullable=False, default="pending")
    user_id = Column(String(255))
    priority = Column(Integer, nullable=False, server_default="5")   # the application's own

engine = create_engine(ENGINE_URL)
app = FastAPI()

@app.on_event("startup")
def create_tables():
    Base.metadata.create_all(engine)

@app.post("/own/{task_id}/{status}")
def set_status(task_id: int, status: str):
    with Session(engine) as session:
        session.get(ScheduledTask, task_id).status = status
        session.commit()

@app.post("/own/{skill_name}")
def create(skill_name: str):
    from datetime import datetime, timezone
    with Session(engine) as session:
        task = ScheduledTask(skill_name=skill_name, schedule_cron="@daily", next_run_at=datetime(2026, 11, 24, tzinfo=timezone.utc),
                             params_json={"by": "orm"})
        session.add(task)
        session.commit()
        return task.id

@app.get("/own/{task_id}")
def read(task_id: int):
    with Session(engine) as session:
        task = session.get(ScheduledTask, task_id)
        return {"skill_name": task.skill_name, "status": task.status, "priority": task.priority, "params": task.params_json}

integrate_sync_system(app, database_url=engine.url)
"""


def both_ways(world, url):
    server = world.serve(APPLICATION.replace("ENGINE_URL", repr(url)))
    assert server.get("/own/1").json() == {"skill_name": "backup", "status": "pending", "priority": 5, "params": {}}
    world.replace("backup", "restore")
    until(lambda: server.get("/own/1").json()["skill_name"] == "restore")
    server.post("/own/1/running")
    until(lambda: "status: running" in world.yaml.read_text())
    made = server.post("/own/by_orm").json()
    assert made == 3, "the table's sequence stands above the ids that came from the YAML"
    until(lambda: "by_orm" in world.yaml.read_text())
    assert server.get(f"/api/tasks/{made}").json()["params_json"] == {"by": "orm"}
    until(lambda: server.get("/api/sync/status").json()["in_sync"])
    assert server.get("/api/sync/status").json()["pending_conflicts"] == 0
    assert "Traceback" not in server.stop()


def test_sqlite(world):
    both_ways(world, world.url)


def test_postgresql(postgres):
    world, _ = postgres
    both_ways(world, world.url.replace("asyncpg", "psycopg2"))


def test_a_url_of_another_driver_reaches_the_same_database(postgres):
    world, ask = postgres
    import lockstep
    assert lockstep.SyncEngine(world.yaml, world.url).sync()["database"]["inserted"] == 2
    assert ask("select skill_name from scheduled_tasks order by id") == [("backup",), ("report",)]


@pytest.mark.parametrize("workers", [2])
def test_workers_on_postgresql(postgres, workers):
    world, ask = postgres
    server = world.serve("from fastapi import FastAPI\nfrom lockstep.fastapi import integrate_sync_system\n"
                         "app = FastAPI()\nintegrate_sync_system(app)\n", "--workers", str(workers))
    world.replace("backup", "restore")
    until(lambda: ("restore",) in ask("select skill_name from scheduled_tasks"))
    ask("update scheduled_tasks set status = 'running' where id = 2")
    until(lambda: "status: running" in world.yaml.read_text())
    assert server.get("/api/sync/conflicts").json() == []
