"""integrate_sync_system in real servers, asked by real clients."""

import json

import pytest

from conftest import until

TRACED = """\
import pathlib
from contextlib import asynccontextmanager
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system

trace = pathlib.Path("trace.txt")

def note(what):
    with trace.open("a") as out:
        out.write(what + "\\n")
"""


def test_one_line_serves_the_api(world):
    server = world.serve()
    assert world.skill(1) == "backup", "the start-up sync is done when it serves"
    assert [task["id"] for task in server.get("/api/tasks").json()] == [1, 2]
    status = server.get("/api/sync/status").json()
    assert (status["in_sync"], status["watcher"]) == (True, "running")
    assert server.get("/health").json()["status"] == "healthy"
    assert "lockstep" in server.get("/metrics").text
    assert server.stop().count("Traceback") == 0
    assert server.process.returncode == 0


def test_changes_are_carried_both_ways(world):
    server = world.serve()
    world.replace("backup", "restore")
    until(lambda: world.skill(1) == "restore")
    world.sql("update scheduled_tasks set status = 'running' where id = 2")
    until(lambda: "status: running" in world.yaml.read_text())
    assert server.get("/api/tasks/2").json()["status"] == "running"


def test_requests_write_to_both_sides(world):
    server = world.serve()
    made = server.post("/api/tasks", {"skill_name": "new", "schedule_cron": "@daily"})
    assert made.status_code == 201 and made.headers["location"].endswith("/api/tasks/3")
    assert "skill_name: new" in world.yaml.read_text()
    etag = server.get("/api/tasks/3").headers["etag"]
    assert server.client.patch("/api/tasks/3", json={"status": "failed"}, headers={"If-Match": etag}).status_code == 200
    assert server.client.patch("/api/tasks/3", json={"status": "failed"}, headers={"If-Match": etag}).status_code == 412
    assert server.client.delete("/api/tasks/3").status_code == 204
    assert "skill_name: new" not in world.yaml.read_text()


def test_conflicts_and_problems(world):
    server = world.serve()
    bad = server.post("/api/sync/trigger", {"direction": "sideways"})
    assert (bad.status_code, bad.headers["content-type"]) == (400, "application/problem+json")
    assert server.post("/api/sync/trigger", {"dry_run": True}).json()["dry_run"] is True
    assert server.get("/api/sync/conflicts/conflict_9").status_code == 404
    assert server.get("/api/sync/history?limit=1").json()[0]["trigger"] == "startup"
    not_allowed = server.client.put("/api/sync/status", content="{}")
    assert not_allowed.status_code == 405 and "GET" in not_allowed.headers["allow"]
    assert server.client.head("/api/tasks").status_code == 200


def test_a_body_that_is_too_large_is_refused(world):
    server = world.serve()
    large = server.client.post("/api/tasks", content=b" " * (9 << 20))
    assert large.status_code == 413 and large.json()["status"] == 413


def test_host_and_origin_are_looked_at_inside_the_application_too(world):
    server = world.serve()
    assert server.get("/api/tasks", headers={"Host": "evil.example"}).status_code == 403
    assert server.get("/api/tasks", headers={"Origin": "http://evil.example"}).status_code == 403
    assert server.get("/api/tasks", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    own = {"Origin": f"http://127.0.0.1:{server.port}"}
    assert server.get("/api/tasks", headers=own).status_code == 200
    assert server.get("/api/tasks", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200


def test_allowed_hosts_are_a_setting(world):
    server = world.serve("""\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
app = FastAPI()
integrate_sync_system(app, settings={"allowed_hosts": ["app.example.org"]})
""")
    assert server.get("/api/tasks", headers={"Host": "app.example.org"}).status_code == 200
    assert server.get("/api/tasks", headers={"Host": "evil.example"}).status_code == 403


def test_everything_below_a_prefix(world):
    server = world.serve("""\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
app = FastAPI()
integrate_sync_system(app, prefix="/schedule")
""")
    assert server.get("/schedule/api/tasks/1").json()["skill_name"] == "backup"
    assert server.get("/api/tasks/1").status_code == 404
    assert "/schedule/api/sync/trigger" in server.get("/openapi.json").json()["paths"]
    made = server.post("/schedule/api/tasks", {"skill_name": "new", "schedule_cron": "@daily"})
    assert made.headers["location"].endswith("/schedule/api/tasks/3")


def test_mounted_in_another_application(world):
    server = world.serve("""\
from contextlib import asynccontextmanager
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
inner = FastAPI()
integrate_sync_system(inner)

@asynccontextmanager
async def lifespan(app):
    async with inner.router.lifespan_context(inner):
        yield

app = FastAPI()
app.router.lifespan_context = lifespan
app.mount("/inner", inner)
""")
    assert server.get("/inner/api/tasks/1").json()["skill_name"] == "backup"
    assert server.get("/inner/api/tasks/1/runs?count=2").json()["task_id"] == 1


def test_the_applications_own_pages_go_first(world):
    server = world.serve("""\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
app = FastAPI()

@app.get("/")
def home():
    return "home"

integrate_sync_system(app)

@app.get("/health")
def health():
    return "mine"
""")
    assert server.get("/").json() == "home"
    assert server.get("/health").json() == "mine"
    assert server.get("/health/live").status_code == 200


@pytest.mark.parametrize("kind", ["on_event", "lifespan"])
def test_the_applications_start_up_and_shutdown_run_around_ours(world, kind):
    application = TRACED + {
        "on_event": """
app = FastAPI()

@app.on_event("startup")
async def startup():
    note("application starts")

@app.on_event("shutdown")
async def shutdown():
    note(f"application stops; sync runs: {app.state.sync_system._service.running}")
""",
        "lifespan": """
@asynccontextmanager
async def lifespan(app):
    note("application starts")
    yield
    note(f"application stops; sync runs: {app.state.sync_system._service.running}")

app = FastAPI()
app.router.lifespan_context = lifespan
""",
    }[kind] + """
integrate_sync_system(app)
"""
    server = world.serve(application)
    assert server.get("/api/sync/status").status_code == 200
    assert "Traceback" not in server.stop()
    assert (world.folder / "trace.txt").read_text().splitlines() == [
        "application starts", "application stops; sync runs: False"]


def test_handlers_that_are_registered_afterwards_run_too(world):
    world.serve(TRACED + """
app = FastAPI()
integrate_sync_system(app)

@app.on_event("startup")
async def startup():
    note("late")
""")
    assert (world.folder / "trace.txt").read_text() == "late\n"


def test_the_applications_own_code_uses_the_running_service(world):
    server = world.serve("""\
from fastapi import FastAPI, Request
from lockstep.fastapi import integrate_sync_system
app = FastAPI()
sync = integrate_sync_system(app)

@app.post("/nightly")
async def nightly(request: Request):
    assert request.app.state.sync_system is sync
    result = await sync.sync_yaml_to_db()
    return {"status": result["status"], "watching": sync.watching, "plan": (await sync.plan())["tasks"],
            "conflicts": await sync.conflicts(), "runs": len(await sync.history())}
""")
    answer = server.post("/nightly").json()
    assert answer == {"status": "success", "watching": True, "plan": [], "conflicts": [], "runs": 1}


def test_a_configuration_that_is_wrong_stops_the_start(world):
    import subprocess
    import sys
    (world.folder / "broken.py").write_text("""\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
app = FastAPI()
integrate_sync_system(app, settings={"intervall": "1m"})
""")
    from conftest import free_port
    done = subprocess.run([sys.executable, "-m", "uvicorn", "broken:app", "--port", str(free_port())], timeout=60,
                          env=world.environment, cwd=world.folder, capture_output=True, text=True)
    assert done.returncode != 0 and "intervall" in done.stderr


def test_without_a_lifespan_requests_are_told_so(world):
    server = world.serve("""\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
app = FastAPI()
integrate_sync_system(app)
""", "--lifespan", "off")
    answer = server.get("/api/tasks")
    assert answer.status_code == 503 and "lifespan" in answer.json()["detail"]


def test_an_invalid_file_is_served_and_mended(world):
    world.yaml.write_text("tasks:\n  - id: 1\n")
    server = world.serve()
    assert server.get("/health").json()["yaml"] == "invalid"
    assert server.post("/api/sync/trigger").status_code == 422
    from conftest import TASKS
    world.yaml.write_text(TASKS)
    until(lambda: server.get("/health").json()["yaml"] == "valid")


def test_the_log_is_pythons(world):
    server = world.serve("import logging\nlogging.basicConfig(level=logging.INFO, format='%(name)s %(message)s')\n" + """\
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system
app = FastAPI()
integrate_sync_system(app)
""")
    assert "lockstep This process leads the sync of" in server.stop()


def test_a_wrong_prefix_is_said_at_once():
    from fastapi import FastAPI

    from lockstep.fastapi import integrate_sync_system
    for prefix in ("schedule", "/schedule/"):
        with pytest.raises(ValueError):
            integrate_sync_system(FastAPI(), prefix=prefix)


def test_json_bodies_need_no_content_type(world):
    server = world.serve()
    assert server.client.post("/api/sync/trigger", content=json.dumps({"dry_run": True}),
                              headers={"Content-Type": "text/plain"}).status_code == 200
