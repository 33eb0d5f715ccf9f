"""Several workers on one file: each serves, one watches, another takes over."""

import asyncio
import contextlib
import os
import signal
import time

import httpx
import websockets

from conftest import PATIENCE, until

APPLICATION = """\
import os
from fastapi import FastAPI
from lockstep.fastapi import integrate_sync_system

app = FastAPI()
sync = integrate_sync_system(app)

@app.get("/who")
async def who():
    return {"pid": os.getpid(), "watching": sync.watching, "in_sync": (await sync.status())["in_sync"]}
"""


def ask(server):
    """Over a connection of its own: the workers take turns."""
    with contextlib.suppress(httpx.TransportError), httpx.Client(base_url=server.client.base_url, timeout=PATIENCE) as client:
        return client.get("/who").json()
    return {}


def workers(server, count):
    """All of them, by process."""
    known = {}

    def all_known():
        answer = ask(server)
        if answer:
            known[answer["pid"]] = answer
        return len(known) == count

    until(all_known, "every worker answers")
    return known


def test_each_serves_and_one_watches(world):
    server = world.serve(APPLICATION, "--workers", "3")
    known = workers(server, 3)
    assert sum(worker["watching"] for worker in known.values()) == 1
    world.replace("backup", "restore")
    until(lambda: world.skill(1) == "restore")
    assert len(server.get("/api/sync/history").json()) == 2, "the start-up's run and this one: nobody did it twice"
    until(lambda: all(worker["in_sync"] for worker in workers(server, 3).values()), "every worker knows")


def test_clients_of_every_worker_are_told(world):
    server = world.serve(APPLICATION, "--workers", "2")
    workers(server, 2)

    async def client():
        streams = [await websockets.connect(server.websocket_url()) for _ in range(8)]
        world.sql("update scheduled_tasks set status = 'running' where id = 1")
        for stream in streams:
            deadline = time.monotonic() + PATIENCE
            while "schedule_config_updated" not in await asyncio.wait_for(stream.recv(), deadline - time.monotonic()):
                pass
        for stream in streams:
            await stream.close()

    asyncio.run(client())


def test_when_the_one_that_watches_is_killed_another_takes_over(world):
    server = world.serve(APPLICATION, "--workers", "2")
    known = workers(server, 2)
    watching = next(pid for pid, worker in known.items() if worker["watching"])
    other = next(pid for pid in known if pid != watching)
    os.kill(watching, signal.SIGKILL)
    until(lambda: ask(server) == {"pid": other, "watching": True, "in_sync": True}, "the other watches")
    world.replace("backup", "restore")
    until(lambda: world.skill(1) == "restore")


def test_reload(world):
    server = world.serve(APPLICATION, "--reload")
    before = ask(server)["pid"]
    with server.client.stream("GET", "/api/sync/events") as response:  # a stream does not keep the old one alive
        next(response.iter_lines())
        (world.folder / "application.py").write_text(APPLICATION + "\n# changed\n")
        until(lambda: ask(server).get("pid", before) != before, "a new process")
    until(lambda: ask(server).get("watching"), "the new one watches")
    world.replace("backup", "restore")
    until(lambda: world.skill(1) == "restore")
