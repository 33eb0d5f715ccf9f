"""lockstep's routes in the application's own OpenAPI document."""

from __future__ import annotations

import json
from typing import Any, Callable

from fastapi import FastAPI

from . import _lockstep

_SCHEMAS = "#/components/schemas/"
_NAME = "Lockstep"  # before each schema's name: the application has a Task of its own
# Those that an application has itself, or that are about tokens, which are the application's matter here.
_NOT_OURS = ("/openapi.json", "/api/session")


def read_document(openapi_version: str) -> tuple[list[tuple[str, str, dict[str, Any]]], dict[str, Any]]:
    """The operations as (path, method, object), and the schemas that they use."""
    document = json.loads(_lockstep.openapi(""))
    adapt: Callable[[Any], Any] = _renamed
    if openapi_version.startswith("3.0"):
        adapt = lambda node: _as_3_0(_renamed(node))  # noqa: E731
    operations = []
    for path, item in document["paths"].items():
        if path in _NOT_OURS:
            continue
        for method, operation in item.items():
            operation.pop("security", None)
            operations.append((path, method.upper(), adapt(operation)))
    schemas = {_NAME + name: adapt(schema) for name, schema in document["components"]["schemas"].items()}
    return operations, schemas


def add_schemas(app: FastAPI, schemas: dict[str, Any]) -> None:
    inner = app.openapi

    def openapi() -> dict[str, Any]:
        document = inner()
        present = document.setdefault("components", {}).setdefault("schemas", {})
        for name, schema in schemas.items():
            present.setdefault(name, schema)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _renamed(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _SCHEMAS + _NAME + value[len(_SCHEMAS):]
                if key == "$ref" and isinstance(value, str) and value.startswith(_SCHEMAS) else _renamed(value)
                for key, value in node.items()}
    if isinstance(node, list):
        return [_renamed(item) for item in node]
    return node


def _as_3_0(node: Any) -> Any:
    """What OpenAPI 3.1 says with JSON Schema's words, in those of 3.0."""
    if isinstance(node, list):
        return [_as_3_0(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _as_3_0(value) for key, value in node.items()}
    if isinstance(result.get("type"), list):
        types = [name for name in result.pop("type") if name != "null"]
        result["nullable"] = "null" in node["type"]
        if len(types) == 1:
            result["type"] = types[0]
        elif types:
            result["anyOf"] = [{"type": name} for name in types]
    if "const" in result and not isinstance(result["const"], dict):
        result["enum"] = [result.pop("const")]
    for words in ("anyOf", "oneOf"):
        choices = result.get(words)
        if isinstance(choices, list) and {"type": "null"} in choices:
            rest = [choice for choice in choices if choice != {"type": "null"}]
            result["nullable"] = True
            result[words] = rest
            if len(rest) == 1:
                result["allOf"] = result.pop(words)
    return result
