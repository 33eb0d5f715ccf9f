"""Events for clients: over a WebSocket, and as Server-Sent Events."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable

from fastapi import Request, Response
from starlette.websockets import WebSocket

from ._service import Answer, Event, EventQueue, LoopService, Opened, QueueClosed

MOST_INBOUND = 4096  # bytes of a client's message
TOO_BIG, POLICY = 1009, 1008
HEARTBEAT = 20.0  # seconds: a comment, so that proxies keep the connection and dead clients are found
CLOSING = 5.0  # seconds for a client to take the close frame

PONG = Event(0, "pong", '{"event":"pong"}')


async def first_of(*work: Awaitable[Any]) -> None:
    """Runs until the first of them ends; the others are cancelled. Raises what that one raised."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def refuse_websocket(websocket: WebSocket, answer: Answer) -> None:
    """With the answer where the server can (the ASGI extension), else with its own 403."""
    if "websocket.http.response" in (websocket.scope.get("extensions") or {}):
        headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        headers.append((b"content-type", answer.content_type.encode("latin-1")))
        await websocket.send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
        await websocket.send({"type": "websocket.http.response.body", "body": answer.body})
        return
    await websocket.close(POLICY)


async def carry_websocket(service: LoopService, websocket: WebSocket, opened: Opened) -> None:
    queue = opened.queue
    try:
        await websocket.accept(subprotocol=opened.subprotocol or None)
        await first_of(_send(websocket, opened), _receive(websocket, queue), queue.closed.wait())
        if queue.code:
            await asyncio.wait_for(websocket.close(queue.code), CLOSING)
    except (asyncio.TimeoutError, RuntimeError):
        pass  # the client is gone, or takes nothing any more; either way this was its last
    finally:
        service.leave(queue)


async def _send(websocket: WebSocket, opened: Opened) -> None:
    await websocket.send_text(opened.greeting)
    for event in opened.missed:
        await websocket.send_text(event.text)
    try:
        while True:
            await websocket.send_text((await opened.queue.next()).text)
    except QueueClosed:
        return


async def _receive(websocket: WebSocket, queue: EventQueue) -> None:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text, data = message.get("text"), message.get("bytes")
        if len((text or "").encode()) > MOST_INBOUND or len(data or b"") > MOST_INBOUND:
            return queue.close(TOO_BIG)
        if text == "ping":
            queue.put(PONG)


class EventStreamResponse(Response):
    """Server-Sent Events until the client goes, cannot follow, or the service stops."""

    def __init__(self, service: LoopService, opened: Opened) -> None:
        # The last is for nginx, which would hold events back to fill its buffer.
        super().__init__(None, 200, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
                                     "X-Accel-Buffering": "no"}, "text/event-stream")
        del self.headers["content-length"]
        self._service = service
        self._opened = opened

    async def __call__(self, scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        queue = self._opened.queue

        async def disconnected() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await first_of(self._send(send), disconnected(), queue.closed.wait())
            # A client that cannot follow gets no proper end: it comes back with the last event that it has.
            if queue.code == 1001:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._service.leave(queue)

    async def _send(self, send: Callable[..., Any]) -> None:
        async def chunk(text: str) -> None:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})

        await chunk(f": seq {self._opened.seq}\n\n")
        for event in self._opened.missed:
            await chunk(sse_text(event))
        try:
            while True:
                try:
                    event = await asyncio.wait_for(self._opened.queue.next(), HEARTBEAT)
                except asyncio.TimeoutError:
                    await chunk(": heartbeat\n\n")
                    continue
                await chunk(sse_text(event))
        except QueueClosed:
            return


def sse_text(event: Event) -> str:
    return f"id: {event.seq}\nevent: {event.name}\ndata: {event.text}\n\n"


def target_of(scope: Any, path: str) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return f"{path}?{query}" if query else path


def headers_of(connection: Request | WebSocket) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in connection.headers.raw]
