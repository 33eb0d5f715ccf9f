"""examples/fastapi runs as it is."""

import os
import pathlib
import shutil
import subprocess

from conftest import Server, free_port, until

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "fastapi"


def copied(world):
    folder = world.folder / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("*.db", "*.lock", "*.bak", "__pycache__"))
    world.folder = folder
    return folder


def bare(world):
    return {name: value for name, value in world.environment.items() if name not in ("LOCKSTEP_YAML", "DATABASE_URL")}


def test_uvicorn_app_main_app(world, monkeypatch):
    folder = copied(world)
    monkeypatch.setattr(type(world), "environment", property(lambda self: dict(os.environ, PYTHONDONTWRITEBYTECODE="1")))
    server = Server(world, "app.main", (), free_port())
    world.processes.append(server.process)
    server.await_answer()
    assert [task["skill_name"] for task in server.get("/api/tasks").json()] == ["morning_brief", "backup", "report"]
    yaml = folder / "config" / "schedule_config.yml"
    assert server.post("/run/2").json() == {"id": 2, "status": "running"}
    until(lambda: "status: running" in yaml.read_text())
    assert "# Every night, when nobody waits for the disks." in yaml.read_text()
    yaml.write_text(yaml.read_text().replace("skill_name: report", "skill_name: monthly_report"))
    until(lambda: server.get("/api/tasks/3").json()["skill_name"] == "monthly_report")
    assert isinstance(server.get("/due").json(), list)
    assert "Traceback" not in server.stop()


def test_the_cron_job(world):
    folder = copied(world)
    environment = dict(bare(world), LOCKSTEP=os.environ["LOCKSTEP_PROGRAM"])
    done = subprocess.run([folder / "sync" / "sync_cron_job.sh"], env=environment, cwd="/", capture_output=True, text=True,
                          timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "schedule.db").exists()
    (folder / "config" / "schedule_config.yml").write_text("tasks:\n  - id: 1\n")
    done = subprocess.run([folder / "sync" / "sync_cron_job.sh"], env=environment, cwd="/", capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 4 and "YAML validation failed" in done.stderr


def test_the_familiar_import(world):
    copied(world)
    assert world.python("from app.main_sync_integration import integrate_sync_system; print(integrate_sync_system.__name__)"
                        ) == "integrate_sync_system\n"
