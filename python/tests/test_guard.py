"""`dependencies` guard every route; the WebSocket and the event stream too."""

import asyncio

import pytest
import websockets

GUARDS = {
    "a header": ("""
def auth(x_token: str = Header(default="")):
    if x_token != "s3cret":
        raise HTTPException(401, "no")
""", {"X-Token": "s3cret"}, 401),
    "a required header": ("""
def auth(x_token: str = Header()):
    if x_token != "s3cret":
        raise HTTPException(403, "no")
""", {"X-Token": "s3cret"}, 422),
    "a bearer token": ("""
bearer = HTTPBearer()
async def auth(credentials: HTTPAuthorizationCredentials = Depends(bearer)):
    if credentials.credentials != "s3cret":
        raise HTTPException(401, "no", headers={"WWW-Authenticate": "Bearer"})
""", {"Authorization": "Bearer s3cret"}, None),
    "the request itself": ("""
async def auth(request: Request):
    if request.cookies.get("session") != "s3cret":
        raise HTTPException(401, "no")
""", {"Cookie": "session=s3cret"}, 401),
    "one that yields": ("""
async def auth(x_token: str = Header(default="")):
    if x_token != "s3cret":
        raise HTTPException(401, "no")
    yield
""", {"X-Token": "s3cret"}, 401),
}
APPLICATION = """\
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from lockstep.fastapi import integrate_sync_system
{guard}
app = FastAPI()

@app.get("/own")
def own():
    return "open"

integrate_sync_system(app, dependencies=[Depends(auth)])
"""


async def open_websocket(server, headers):
    try:
        async with websockets.connect(server.websocket_url(), extra_headers=headers) as socket:
            return await asyncio.wait_for(socket.recv(), 20)
    except websockets.InvalidStatusCode as refused:
        return refused.status_code


@pytest.mark.parametrize("name", GUARDS)
def test_every_route_is_guarded(world, name):
    guard, good, status = GUARDS[name]
    server = world.serve(APPLICATION.format(guard=guard))
    for path in ("/api/tasks", "/api/tasks/1", "/api/sync/status", "/api/sync/events", "/api/sync/plan", "/health",
                 "/metrics", "/ws/sync"):
        refused = server.get(path).status_code
        assert refused == status or (status is None and refused in (401, 403)), path
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        assert server.client.request(method, "/api/tasks/1").status_code in (401, 403, 422), method
    assert server.get("/api/tasks", headers=good).status_code == 200
    assert server.get("/own").status_code == 200

    refused = asyncio.run(open_websocket(server, {}))
    assert refused in (401, 403, 422), "an unauthorised WebSocket is refused"
    assert asyncio.run(open_websocket(server, {next(iter(good)): "wrong"})) in (401, 403, 422)
    assert "connection_established" in asyncio.run(open_websocket(server, good))
    assert "Traceback" not in server.stop()


def test_a_guard_that_breaks_lets_nobody_in(world):
    server = world.serve(APPLICATION.format(guard="""
def auth():
    raise RuntimeError("broken")
"""))
    assert server.get("/api/tasks").status_code == 500
    assert asyncio.run(open_websocket(server, {})) in (403, 500)


def test_the_applications_own_dependencies_guard_too(world):
    server = world.serve("""\
from fastapi import Depends, FastAPI, HTTPException
from lockstep.fastapi import integrate_sync_system

def auth():
    raise HTTPException(401, "no")

app = FastAPI(dependencies=[Depends(auth)])
integrate_sync_system(app)
""")
    assert server.get("/api/tasks").status_code == 401
    assert asyncio.run(open_websocket(server, {})) in (401, 403)


def test_overrides_hold(world):
    server = world.serve("""\
from fastapi import Depends, FastAPI, HTTPException
from lockstep.fastapi import integrate_sync_system

def auth():
    raise HTTPException(401, "no")

app = FastAPI()
integrate_sync_system(app, dependencies=[Depends(auth)])
app.dependency_overrides[auth] = lambda: None
""")
    assert server.get("/api/tasks").status_code == 200
    assert "connection_established" in asyncio.run(open_websocket(server, {}))
