"""Events over WebSocket and Server-Sent Events, from a real server."""

import asyncio
import json
import socket
import time

import pytest
import websockets

from conftest import PATIENCE, until


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
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(f"GET /api/sync/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        until(lambda: clients(server) == 1)

        async def client():
            async with websockets.connect(server.websocket_url()) as stream:
                await stream.recv()
                deadline = time.monotonic() + 60
                turn = 0
                while clients(server) != 0:
                    assert time.monotonic() < deadline, "the deaf client was not dropped"
                    turn += 1
                    world.sql("update scheduled_tasks set user_id = ?", "u" * 200 + str(turn))
                    await next_event(stream, "sync_status_changed")

        asyncio.run(client())


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
