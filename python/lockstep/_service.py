"""The live service on an event loop: requests in, responses and events out."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import deque
from typing import Any, NamedTuple

from . import _lockstep
from .errors import LockstepError

logger = logging.getLogger("lockstep")

_LEVELS = (logging.DEBUG, logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
GOING_AWAY, TRY_AGAIN_LATER = 1001, 1013  # RFC 6455 close codes


class Answer(NamedTuple):
    status: int
    content_type: str
    headers: list[tuple[str, str]]
    body: bytes


class Event(NamedTuple):
    seq: int
    name: str
    text: str  # JSON


class Opened(NamedTuple):
    """A stream that may be sent: first `missed`, then what `queue` holds."""

    subprotocol: str
    greeting: str
    missed: list[Event]
    seq: int
    queue: EventQueue


class QueueClosed(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class EventQueue:
    """What waits to be sent to one client. One that does not read is given up: it never slows the others."""

    MOST_EVENTS = 256
    MOST_BYTES = 4 << 20

    def __init__(self, kind: str, seq: int) -> None:
        self.kind = kind
        self.closed = asyncio.Event()
        self.code = 0
        self._seq = seq
        self._events: deque[Event] = deque()
        self._bytes = 0
        self._something = asyncio.Event()

    def put(self, event: Event) -> None:
        """Events that the client has already are passed over; those without a number (0) are answers to it."""
        if self.code or 0 < event.seq <= self._seq:
            return
        if len(self._events) >= self.MOST_EVENTS or self._bytes + len(event.text) > self.MOST_BYTES:
            return self.close(TRY_AGAIN_LATER)
        self._events.append(event)
        self._bytes += len(event.text)
        self._something.set()

    def close(self, code: int) -> None:
        if self.code:
            return
        self.code = code
        self._events.clear()
        self.closed.set()
        self._something.set()

    async def next(self) -> Event:
        """Raises QueueClosed."""
        while not self._events:
            if self.code:
                raise QueueClosed(self.code)
            self._something.clear()
            await self._something.wait()
        event = self._events.popleft()
        self._bytes -= len(event.text)
        return event


class LoopService:
    """All on one event loop. Nothing runs before start()."""

    def __init__(self, options: tuple[Any, ...], prefix: str, dashboard: bool) -> None:
        self._make = functools.partial(_lockstep.Service, *options, prefix, dashboard)
        self._native: _lockstep.Service | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._last_number = 0
        self._queues: set[EventQueue] = set()

    @property
    def native(self) -> _lockstep.Service:
        if self._native is None:
            raise LockstepError("lockstep is not running: the application's lifespan has not begun, or has ended",
                                hint="run the application with a server that runs its lifespan (uvicorn's --lifespan on)")
        return self._native

    @property
    def running(self) -> bool:
        return self._native is not None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._native = await self._loop.run_in_executor(None, self._make)
        self._loop.add_reader(self._native.fileno(), self._drain)

    async def stop(self) -> None:
        """Streams are closed; what was asked for is answered."""
        native, loop = self.native, self._loop
        assert loop is not None
        self.close_streams()
        await loop.run_in_executor(None, native.stop)
        self._drain()
        loop.remove_reader(native.fileno())
        self._native = None

    def close_streams_soon(self) -> None:
        """From any thread, and from a signal's handler."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.close_streams)

    def close_streams(self) -> None:
        for queue in list(self._queues):
            queue.close(GOING_AWAY)

    async def handle(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes, secure: bool) -> Answer:
        self._last_number += 1
        number = self._last_number
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self.native.handle(number, method, target, headers, body, secure)
            return await answer
        finally:
            self._waiting.pop(number, None)

    def open_stream(self, target: str, headers: list[tuple[str, str]], secure: bool) -> Answer | Opened:
        """A stream that was opened is to be left() in the end."""
        opened = self.native.open_stream("GET", target, headers, secure)
        if opened is None:  # stopped meanwhile
            return Answer(*_lockstep.carrier_problem(503, "lockstep is shutting down"))
        if opened[0] == "response":
            return Answer(*opened[1])
        _, kind, subprotocol, greeting, missed, seq = opened
        # What was published since is still on its way through the mailbox: nothing is lost or told twice.
        queue = EventQueue(kind, seq)
        self._queues.add(queue)
        self._count(kind)
        return Opened(subprotocol, greeting, [Event(*event) for event in missed], seq, queue)

    def leave(self, queue: EventQueue) -> None:
        self._queues.discard(queue)
        self._count(queue.kind)

    def _count(self, kind: str) -> None:
        if self._native is not None:
            self._native.count_clients(kind, sum(queue.kind == kind for queue in self._queues))

    def _drain(self) -> None:
        replies, events, log, lost = self.native.take()
        for level, message in log:
            logger.log(_LEVELS[level], "%s", message)
        for number, answer in replies:
            waiting = self._waiting.get(number)
            if waiting is not None and not waiting.done():
                waiting.set_result(Answer(*answer))
        if lost:
            for queue in list(self._queues):
                queue.close(TRY_AGAIN_LATER)
        for event in events:
            for queue in list(self._queues):
                queue.put(Event(*event))
