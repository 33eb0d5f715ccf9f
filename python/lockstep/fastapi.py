"""lockstep inside a FastAPI application:

    app = FastAPI()
    integrate_sync_system(app)
"""

from __future__ import annotations

import asyncio
import functools
from typing import Any, Callable, Mapping, Sequence, Union
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount, WebSocketRoute
from starlette.websockets import WebSocket

from . import _lockstep
from ._lifespan import chain_lifespan, tell_of_exit
from ._openapi import add_schemas, read_document
from ._options import PathLike, Settings, native_options
from ._service import Answer, LoopService
from ._streams import EventStreamResponse, carry_websocket, headers_of, refuse_websocket, target_of
from .engine import Choice, Direction, fields_text
from .errors import result_of

__all__ = ["SyncSystem", "integrate_sync_system"]

_EVENTS, _WEBSOCKET = "/api/sync/events", "/ws/sync"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class SyncSystem:
    """The sync that runs inside an application, for its own code. Its methods are SyncEngine's, as coroutines, and run
    on the service that watches: nothing else is opened. Available between start-up and shutdown."""

    def __init__(self, service: LoopService) -> None:
        self._service = service

    @property
    def watching(self) -> bool:
        """Of the server's workers on this file, this is the one that watches."""
        return self._service.running and self._service.native.leads

    async def sync(self, direction: Direction = "bidirectional", force: bool = False, dry_run: bool = False, *,
                   max_delete_percent: float | None = None, task_id: int | None = None) -> dict[str, Any]:
        return await self._ask(self._service.native.sync, direction, force, dry_run, max_delete_percent, task_id)

    async def sync_yaml_to_db(self, force: bool = False, dry_run: bool = False) -> dict[str, Any]:
        return await self.sync("yaml_to_db", force, dry_run)

    async def sync_db_to_yaml(self, task_id: int | None = None, force: bool = False,
                              dry_run: bool = False) -> dict[str, Any]:
        return await self.sync("db_to_yaml", force, dry_run, task_id=task_id)

    async def plan(self, direction: Direction = "bidirectional", *, force: bool = False,
                   task_id: int | None = None) -> dict[str, Any]:
        return await self._ask(self._service.native.plan, direction, force, task_id)

    async def status(self) -> dict[str, Any]:
        return await self._ask(self._service.native.status)

    async def conflicts(self) -> list[dict[str, Any]]:
        return await self._ask(self._service.native.conflicts)

    async def resolve_conflict(self, conflict_id: Union[str, int], choice: Choice,
                               fields: Mapping[str, Any] | None = None, version: int | None = None) -> dict[str, Any]:
        return await self._ask(self._service.native.resolve, str(conflict_id), choice, fields_text(fields), version)

    async def history(self, limit: int = 20) -> list[dict[str, Any]]:
        return await self._ask(self._service.native.history, limit)

    async def undo(self, run_id: int) -> dict[str, Any]:
        return await self._ask(self._service.native.undo, run_id)

    @staticmethod
    async def _ask(question: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return result_of(*await loop.run_in_executor(None, functools.partial(question, *arguments)))


def integrate_sync_system(
    app: FastAPI,
    *,
    yaml_path: PathLike | None = None,
    database_url: Any = None,
    config: PathLike | None = None,
    replica: str | None = None,
    settings: Settings | None = None,
    prefix: str = "",
    dependencies: Sequence[Any] = (),
    dashboard: bool = True,
) -> SyncSystem:
    """Adds the routes of docs/HTTP.md below `prefix` and runs the sync within the application's lifespan.

    `dependencies` (`[Depends(auth)]`) guard every route, the WebSocket, the event stream and the dashboard
    included: lockstep asks for no token of its own here. Foreign `Host` and `Origin` headers are refused in any case: a
    host that is not a loopback name belongs into `settings={"allowed_hosts": ["app.example.org"]}`.
    What is left out comes from the environment, else from `lockstep.yml` (docs/CONFIGURATION.md). Of several
    workers on one file each serves and one watches; another takes over when it ends. Also found as
    `app.state.sync_system`.
    """
    if prefix and (not prefix.startswith("/") or prefix.endswith("/")):
        raise ValueError(f"prefix {prefix!r} must start with / and not end with one, such as /schedule")
    service = LoopService(native_options(yaml_path, database_url, config, replica, settings), prefix, dashboard)
    mounting = _Mounting(app, service, prefix, [*app.router.dependencies, *dependencies])
    mounting.add_routes(dashboard)
    chain_lifespan(app, service.start, service.stop)
    tell_of_exit(service)
    system = SyncSystem(service)
    app.state.sync_system = system
    return system


class _GivingWay(APIRoute):
    """A route whose path the application may have itself (`/`, `/health`): then it is the application's."""

    rivals: Callable[[], Sequence[Any]] = staticmethod(lambda: ())

    def matches(self, scope: Any) -> Any:
        if any(rival.matches(scope)[0] is Match.FULL for rival in self.rivals()):
            return Match.NONE, {}
        return super().matches(scope)


class _Mounting:
    """Puts lockstep's routes into an application."""

    def __init__(self, app: FastAPI, service: LoopService, prefix: str, dependencies: list[Any]) -> None:
        self._app = app
        self._service = service
        self._prefix = prefix
        self._dependencies = dependencies
        self._ours: list[Any] = []
        self._guard = self._route(APIRoute, _WEBSOCKET, _admitted, methods=["GET"], include_in_schema=False)

    def add_routes(self, dashboard: bool) -> None:
        operations, schemas = read_document(getattr(self._app, "openapi_version", "3.1.0"))
        for path, method, operation in operations:
            self._add(path, [method], operation)
        for path in dict.fromkeys(path for path, _, _ in operations):  # HEAD, preflights, 405
            self._add(path, _METHODS)
        if dashboard:
            for path in _lockstep.dashboard_paths():
                self._add(path, _METHODS)
        self._append(WebSocketRoute(self._prefix + _WEBSOCKET, self._websocket, name="lockstep_websocket"))
        add_schemas(self._app, schemas)

    def _add(self, path: str, methods: list[str], operation: Mapping[str, Any] | None = None) -> None:
        kind = APIRoute if path.startswith(("/api/", "/ws/")) else _GivingWay
        described: dict[str, Any] = {"include_in_schema": operation is not None}
        if operation is not None:
            described.update(_description(operation))
        route = self._route(kind, path, self._endpoint(path), methods=methods, **described)
        if isinstance(route, _GivingWay):
            # A folder of files at `/` has no /health; its own page at `/` goes before the dashboard.
            only_routes = path in ("/health", "/health/live", "/metrics")
            route.rivals = lambda: [rival for rival in self._app.router.routes
                                    if rival not in self._ours and not (only_routes and isinstance(rival, Mount))]
            if any(getattr(rival, "path", None) == route.path for rival in self._app.router.routes if rival not in self._ours):
                route.include_in_schema = False
        self._append(route)

    def _append(self, route: Any) -> None:
        self._ours.append(route)
        self._app.router.routes.append(route)

    def _route(self, kind: type[APIRoute], path: str, endpoint: Callable[..., Any], **more: Any) -> APIRoute:
        return kind(self._prefix + path, endpoint, dependencies=self._dependencies, response_class=Response,
                    dependency_overrides_provider=self._app, **more)

    def _endpoint(self, pattern: str) -> Callable[..., Any]:
        async def endpoint(request: Request) -> Response:
            return await self._respond(request, pattern)

        endpoint.__name__ = "lockstep"
        return endpoint

    async def _respond(self, request: Request, pattern: str) -> Response:
        if not self._service.running:
            return _response(_not_running())
        path = pattern
        for name, value in request.path_params.items():
            path = path.replace("{" + name + "}", quote(str(value), safe=""))
        target = target_of(request.scope, self._prefix + path)
        headers, secure = headers_of(request), request.scope.get("scheme") == "https"
        if pattern == _EVENTS and request.method == "GET":
            opened = self._service.open_stream(target, headers, secure)
            return _response(opened) if isinstance(opened, Answer) else EventStreamResponse(self._service, opened)
        body = await _read_body(request, self._service.native.max_body)
        if body is None:
            return _response(Answer(*_lockstep.carrier_problem(
                413, f"The body is larger than {self._service.native.max_body} bytes (setting max_body)")))
        return _response(await self._service.handle(request.method, target, headers, body, secure))

    async def _websocket(self, websocket: WebSocket) -> None:
        refusal = await self._refusal(websocket)
        if refusal is None and not self._service.running:
            refusal = _not_running()
        if refusal is not None:
            return await refuse_websocket(websocket, refusal)
        target = target_of(websocket.scope, self._prefix + _WEBSOCKET)
        headers, secure = headers_of(websocket), websocket.scope.get("scheme") == "wss"
        if not any(name == "upgrade" for name, _ in headers):  # the server has taken it for one: that is enough
            headers.append(("upgrade", "websocket"))
        opened = self._service.open_stream(target, headers, secure)
        if isinstance(opened, Answer):
            return await refuse_websocket(websocket, opened)
        await carry_websocket(self._service, websocket, opened)

    async def _refusal(self, websocket: WebSocket) -> Answer | None:
        """What the dependencies answer to the request that opens a WebSocket; None: they let it pass.

        FastAPI resolves dependencies of requests only (HTTPBearer and others ask for a Request), so they are given
        the one that this began as, by a route of its own."""
        scope = dict(websocket.scope, type="http", method="GET", path_params={},
                     scheme="https" if websocket.scope.get("scheme") == "wss" else "http")
        scope.setdefault("http_version", "1.1")
        status, body, content_type = 500, b"", "text/plain"

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status, body, content_type
            if message["type"] == "http.response.start":
                status = message["status"]
                content_type = dict(message.get("headers", ())).get(b"content-type", b"text/plain").decode("latin-1")
            else:
                body += message.get("body", b"")

        try:
            await self._guard.app(scope, receive, send)
        except HTTPException as refused:
            answer = Answer(*_lockstep.carrier_problem(refused.status_code, str(refused.detail)))
            answer.headers.extend((getattr(refused, "headers", None) or {}).items())
            return answer
        except RequestValidationError as refused:
            return Answer(*_lockstep.carrier_problem(422, str(refused)))
        return None if status == 204 else Answer(status, content_type, [], body)


async def _admitted(request: Request) -> Response:
    return Response(status_code=204)


def _description(operation: Mapping[str, Any]) -> dict[str, Any]:
    """What APIRoute has parameters for, and the rest of it as it is."""
    rest = {key: value for key, value in operation.items() if key not in ("tags", "summary", "operationId")}
    return {
        "tags": operation["tags"],
        "summary": operation["summary"],
        "operation_id": "lockstep_" + operation["operationId"],
        "status_code": int(min(operation["responses"])),
        "openapi_extra": rest,
    }


def _not_running() -> Answer:
    return Answer(*_lockstep.carrier_problem(
        503, "lockstep is not running: the server has not run the application's lifespan, or is ending it"))


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status, media_type=None)
    if answer.content_type:
        response.headers["content-type"] = answer.content_type
    for name, value in answer.headers:
        response.headers.append(name, value)
    if answer.status in (204, 304):
        response.headers.raw[:] = [header for header in response.headers.raw if header[0] != b"content-length"]
    return response


async def _read_body(request: Request, most: int) -> bytes | None:
    """None: it is too large."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return body
