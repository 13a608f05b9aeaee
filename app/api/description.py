"""The OpenAPI document: what FastAPI knows of the routes, with keys, headers and problem details added."""

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.api.schemas import problem
from app.http.access import Who, declared_routes
from app.http.late_routes import all_routes

_ABOUT = """
Whatever a page does, this API does with the same commands and queries. JSON in UTF-8, ids are UUIDs, instants are
RFC 3339 with offset, days are ISO 8601, scores are 0–100 at full precision. Lists come in slices with `next_cursor`.
Single resources carry an `ETag`; `PUT` and `PATCH` ask for it in `If-Match`. A `POST` with an `Idempotency-Key` gives
the same answer to the same body for a day. Errors are RFC 9457 problem details with a stable `code`.
"""
_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: it carries scopes, a subtree and an end, and is shown once",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "Somebody signed in, on pages of this service only (`__Host-session` over https)",
    },
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag last read, so that nobody's change is lost",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,12}"$'},
    "example": '"1"',
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of your own: the same key and body give the same answer for a day",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
_SLICE = re.compile(r"PageOut_(\w+?)Out_")
_OURS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once and kept on the application."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=_ABOUT.strip(),
            routes=list(all_routes(app.routes)),
            openapi_version="3.1.0",
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        for name in _OURS:
            schemas.pop(name, None)
        schemas.update(problem.SCHEMAS)
        components["securitySchemes"] = _SCHEMES
        _declare(app, document["paths"])
        app.openapi_schema = _named(document)
        _exemplify(app.openapi_schema["components"]["schemas"])
    return app.openapi_schema


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """The document with slices named as clients would: GoalPage, not PageOut_GoalOut_."""
    renamed: dict[str, Any] = json.loads(_SLICE.sub(r"\1Page", json.dumps(document)))
    return renamed


def _exemplify(schemas: dict[str, Any]) -> None:
    """Examples for slices, of what they hold, and for the values of enumerations."""
    for schema in schemas.values():
        if "enum" in schema:
            schema["examples"] = [schema["enum"][0]]
        items = schema.get("properties", {}).get("items", {}).get("items", {}).get("$ref", "")
        if "example" not in schema and items:
            schema["example"] = {"items": [schemas[items.rpartition("/")[2]]["example"]], "next_cursor": None}


def _declare(app: FastAPI, paths: dict[str, Any]) -> None:
    for route in declared_routes(app):
        for method in route.methods:
            operation = paths.get(route.path, {}).get(method.lower())
            if operation is None or route.access is None:
                continue
            is_open = route.access.who is not Who.SIGNED_IN
            operation["security"] = (
                [] if is_open else [*([{"key": []}] if route.access.by_key else []), {"session": []}]
            )
            if route.access.scope is not None and route.access.by_key:
                operation["x-scope"] = route.access.scope
            added = _headers(method, is_open=is_open)
            if added:
                operation["parameters"] = [*operation.get("parameters", []), *added]


def _headers(method: str, *, is_open: bool) -> list[dict[str, Any]]:
    if is_open:
        return []
    if method in {"PUT", "PATCH"}:
        return [_IF_MATCH]
    return [_IDEMPOTENCY_KEY] if method == "POST" else []
