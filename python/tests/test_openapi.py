"""lockstep's routes in the application's own OpenAPI document."""

import json

import pytest
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from lockstep import _lockstep
from lockstep.fastapi import integrate_sync_system


class Task(BaseModel):
    mine: int


@pytest.fixture
def document():
    app = FastAPI(title="mine")

    @app.get("/own", response_model=Task)
    def own():
        return {"mine": 1}

    integrate_sync_system(app, dependencies=[Depends(HTTPBearer())])
    return app.openapi()


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_every_route_is_in_it(document):
    native = json.loads(_lockstep.openapi(""))
    for path, item in native["paths"].items():
        if path in ("/openapi.json", "/api/session"):
            assert path not in document["paths"]
            continue
        assert set(item) == set(document["paths"][path]), path
        for method, operation in item.items():
            mine = document["paths"][path][method]
            assert mine["summary"] == operation["summary"]
            assert set(mine["responses"]) == set(operation["responses"]), (path, method)
            names = {(p["in"], p["name"]) for p in operation.get("parameters", [])}
            assert names <= {(p["in"], p["name"]) for p in mine.get("parameters", [])}
    assert document["info"]["title"] == "mine"


def test_references_lead_somewhere_and_the_applications_names_are_its_own(document):
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.startswith("#/components/schemas/") and reference.rsplit("/", 1)[1] in schemas, reference
    assert schemas["Task"]["properties"] == {"mine": {"title": "Mine", "type": "integer"}}
    assert "skill_name" in schemas["LockstepTask"]["properties"]


def test_the_guards_security_is_said(document):
    assert document["paths"]["/api/tasks"]["get"]["security"] == [{"HTTPBearer": []}]


def test_the_words_are_those_of_its_version(document):
    def check(node, where):
        if isinstance(node, dict):
            if document["openapi"].startswith("3.0"):
                assert not isinstance(node.get("type"), list), where
                assert node.get("type") != "null", where
                assert "const" not in node or where.endswith("properties"), where
            for key, value in node.items():
                check(value, f"{where}/{key}")
        elif isinstance(node, list):
            for index, item in enumerate(node):
                check(item, f"{where}/{index}")

    check(document["paths"], "paths")
    check(document["components"], "components")


def test_operation_ids_are_unique(document):
    ids = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))


def test_an_openapi_of_the_applications_own_is_kept():
    app = FastAPI()
    app.openapi = lambda: {"paths": {"/mine": {}}}
    integrate_sync_system(app)
    assert "/mine" in app.openapi()["paths"] and "LockstepTask" in app.openapi()["components"]["schemas"]
