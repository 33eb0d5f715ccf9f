"""Events over WebSocket and Server-Sent Events, from a real server."""

import asyncio
import json
import socket
import time

import pytest
import websockets

from conftest import PATIENCE, TASKS, until
from lockstep._service import Event, EventQueue, QueueClosed


async def next_event(stream, name):
    deadline = time.monotonic() + PATIENCE
    while True:
        event = json.loads(await asyncio.wait_for(stream.recv(), deadline - time.monotonic()))
        if event["event"] == name:
            return event


def test_a_websocket_is_told_what_happens(world):
    server = world.serve()

    async def client():
        async with websockets.connect(server.websocket_url()) as stream:
            hello = json.loads(await stream.recv())
            assert hello["event"] == "connection_established"
            await stream.send("ping")
            assert json.loads(await stream.recv()) == {"event": "pong"}
            world.replace("backup", "restore")
            changed = await next_event(stream, "schedule_config_updated")
            assert (changed["source"], changed["task_ids"]) == ("file", [1])
            assert changed["seq"] > hello["seq"]
            return changed["seq"]

    seen = asyncio.run(client())

    async def back(since):
        async with websockets.connect(server.websocket_url(f"/ws/sync?since={since}")) as stream:
            await stream.recv()
            return json.loads(await asyncio.wait_for(stream.recv(), PATIENCE))

    assert asyncio.run(back(seen - 1))["seq"] == seen
    assert asyncio.run(back(1))["event"] == "resync_required"


def test_the_subprotocol_is_answered(world):
    server = world.serve()

    async def client():
        async with websockets.connect(server.websocket_url(), subprotocols=["lockstep", "bearer.eA"]) as stream:
            return stream.subprotocol

    assert asyncio.run(client()) == "lockstep"


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
def test_a_foreign_websocket_is_refused(world, headers):
    server = world.serve()
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as raw:
        lines = {"Host": f"127.0.0.1:{server.port}", "Upgrade": "websocket", "Connection": "Upgrade",
                 "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", **headers}
        raw.sendall(("GET /ws/sync HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n").encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 403")


def test_a_message_that_is_too_large_closes(world):
    server = world.serve()

    async def client():
        async with websockets.connect(server.websocket_url()) as stream:
            await stream.recv()
            await stream.send("x" * 5000)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(stream.recv(), PATIENCE)
            return closed.value.rcvd.code

    assert asyncio.run(client()) == 1009


def test_server_sent_events_and_resuming(world):
    server = world.serve()
    with server.client.stream("GET", "/api/sync/events") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.iter_lines()
        assert next(lines).startswith(": seq ")
        world.replace("backup", "restore")
        event = {}
        for line in lines:
            key, _, value = line.rstrip("\n").partition(": ")
            event[key] = value
            if not line.strip() and event.get("event") == "schedule_config_updated":
                break
    assert json.loads(event["data"])["seq"] == int(event["id"])
    with server.client.stream("GET", "/api/sync/events", headers={"Last-Event-ID": str(int(event["id"]) - 1)}) as response:
        missed = [line.rstrip("\n") for line, _ in zip(response.iter_lines(), range(5))]
    assert f"id: {event['id']}" in missed
    until(lambda: 'lockstep_clients{kind="server_sent_events"} 0' in server.get("/metrics").text
          or "server_sent_events" not in server.get("/metrics").text, "the clients to be counted out")


def test_a_client_that_does_not_read_is_dropped_and_slows_nobody(world):
    server = world.serve()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(f"GET /api/sync/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        until(lambda: clients(server) == 1)
        # Each status lists every error of the file: some 30 KB that fill what the system keeps for the client.
        invalid = "tasks:\n" + "".join(f"  - {{id: {n}, status: lost}}\n" for n in range(1, 300))

        async def client():
            async with websockets.connect(server.websocket_url(), max_size=None) as stream:
                await stream.recv()
                for turn in range(800):
                    if clients(server) == 0:
                        return
                    world.yaml.write_text(invalid if turn % 2 == 0 else TASKS)
                    while (await next_event(stream, "sync_status_changed"))["status"]["yaml"]["valid"] != (turn % 2 == 1):
                        pass
                raise AssertionError("the deaf client was not dropped")

        asyncio.run(client())


def test_a_queue_has_a_bound_and_an_order():
    async def work():
        queue = EventQueue("websocket", 5)
        for seq in (4, 5, 6, 7):
            queue.put(Event(seq, "name", str(seq)))
        assert [(await queue.next()).seq, (await queue.next()).seq] == [6, 7], "what the client has is passed over"
        for seq in range(8, 8 + EventQueue.MOST_EVENTS):
            queue.put(Event(seq, "name", ""))
        assert queue.code == 0
        queue.put(Event(9_999, "name", ""))
        with pytest.raises(QueueClosed) as closed:
            await queue.next()
        assert closed.value.code == 1013

        queue = EventQueue("websocket", 0)
        queue.put(Event(1, "name", "x" * EventQueue.MOST_BYTES))
        queue.put(Event(2, "name", "x"))
        assert queue.code == 1013

    asyncio.run(work())


def clients(server):
    for line in server.get("/metrics").text.splitlines():
        if line.startswith("lockstep_clients") and "server_sent_events" in line:
            return float(line.rsplit(" ", 1)[1])
    return 0


@pytest.mark.parametrize("path", ["websocket", "events"])
def test_shutdown_ends_streams_and_does_not_wait_for_clients(world, path):
    server = world.serve()
    if path == "events":
        with server.client.stream("GET", "/api/sync/events") as response:
            lines = response.iter_lines()
            next(lines)
            log = server.stop()
            assert list(lines) is not None, "the stream has a proper end"
    else:
        async def client():
            async with websockets.connect(server.websocket_url()) as stream:
                await stream.recv()
                server.process.terminate()
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    while True:
                        await asyncio.wait_for(stream.recv(), PATIENCE)
                return closed.value.rcvd.code

        assert asyncio.run(client()) in (1001, 1012)
        log = server.stop()
    assert server.process.returncode == 0 and "Traceback" not in log, log
