"""An application with a schedule: `uvicorn app.main:app`, then http://127.0.0.1:8000/docs.

It owns the table of tasks; people edit config/schedule_config.yml; lockstep keeps the two in step.
"""

from __future__ import annotations

from datetime import datetime, timezone

from fastapi import FastAPI, HTTPException
from sqlalchemy import JSON, Column, DateTime, Integer, String, create_engine, select
from sqlalchemy.orm import Session, declarative_base

from app.main_sync_integration import DATABASE_URL, integrate_sync_system

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


engine = create_engine(DATABASE_URL)
app = FastAPI(title="Schedule")


@app.on_event("startup")
def create_tables() -> None:
    Base.metadata.create_all(engine)


# A function of its own thread, as FastAPI runs it: the database may make it wait.
@app.get("/due")
def due() -> list[dict]:
    """The tasks whose time has come."""
    with Session(engine) as session:
        tasks = session.scalars(select(ScheduledTask).where(
            ScheduledTask.status == "pending", ScheduledTask.next_run_at <= datetime.now(timezone.utc))).all()
        return [{"id": task.id, "skill_name": task.skill_name, "params": task.params_json} for task in tasks]


@app.post("/run/{task_id}")
def run(task_id: int) -> dict:
    """The scheduler's part: the new status reaches the YAML by itself."""
    with Session(engine) as session:
        task = session.get(ScheduledTask, task_id)
        if task is None:
            raise HTTPException(404, "no such task")
        task.status = "running"
        session.commit()
        return {"id": task.id, "status": task.status}


integrate_sync_system(app)
