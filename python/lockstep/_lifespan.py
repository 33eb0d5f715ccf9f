"""When to start and when to stop, inside an application that has start-up and shutdown work of its own."""

from __future__ import annotations

import importlib
import weakref
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Awaitable, Callable

from fastapi import FastAPI


def chain_lifespan(app: FastAPI, start: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]) -> None:
    """Starts after the application has, and stops before it does. Its lifespan may be of either kind: the
    router's own runs the handlers that on_event() registered."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(scope_app: Any) -> AsyncIterator[Any]:
        async with inner(scope_app) as state:
            await start()
            try:
                yield state
            finally:
                await stop()

    app.router.lifespan_context = lifespan


_told_of_exit: weakref.WeakSet[Any] = weakref.WeakSet()


def tell_of_exit(listener: Any) -> None:
    """Calls listener.close_streams_soon() when uvicorn is told to exit.

    uvicorn waits for every response to end before it ends the lifespan, and a stream of events never
    ends by itself. There is no other way to hear of it in time than its handler of signals.
    """
    _told_of_exit.add(listener)
    try:
        server = importlib.import_module("uvicorn.server").Server
    except (ImportError, AttributeError):  # another server, which ends streams itself
        return
    original = getattr(server, "handle_exit", None)
    if original is None or getattr(original, "tells_lockstep", False):
        return

    def handle_exit(self: Any, *arguments: Any, **named: Any) -> Any:
        for told in list(_told_of_exit):
            told.close_streams_soon()
        return original(self, *arguments, **named)

    handle_exit.tells_lockstep = True  # type: ignore[attr-defined]
    server.handle_exit = handle_exit
