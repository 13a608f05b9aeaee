"""The OpenAPI document: complete, stable and true to the application."""

from typing import Any

import pytest

from app.api.description import describe
from app.http.access import Who, access_of, declared_routes
from app.main import create_app
from app.settings import Settings

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return describe(
        create_app(Settings.model_validate({"secret_key": "k" * 40, "database_url": "sqlite:///var/unused.sqlite"}))
    )


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def test_every_schema_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not {"example", "examples"} & schema.keys()] == []


def test_every_operation_has_a_name_of_its_own_a_sentence_and_a_heading(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for operation in found.values()]
    assert len(set(names)) == len(names)
    assert [where for where, one in found.items() if not one.get("description") or not one.get("tags")] == []


def test_every_refusal_is_described_as_problem_details(document: dict[str, Any]) -> None:
    for where, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
                assert answer["content"] == content, f"{where} {status}"


def test_every_operation_says_who_may_use_it(document: dict[str, Any]) -> None:
    app = create_app(Settings.model_validate({"secret_key": "k" * 40, "database_url": "sqlite:///var/unused.sqlite"}))
    found = operations(document)
    described = 0
    for route in declared_routes(app):
        for method in route.methods:
            operation = found.get(f"{method} {route.path}")
            if operation is not None:
                declared = access_of(route.endpoint)
                assert bool(operation["security"]) == (declared.who is Who.SIGNED_IN), route.path
                assert operation.get("x-scope") == (declared.scope if declared.by_key else None), route.path
                assert ({"key": []} in operation["security"]) == (declared.who is Who.SIGNED_IN and declared.by_key), (
                    route.path
                )
                described += 1
    assert described == len(found) > 40


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            inner = [one for part in value.values() for one in references(part)]
            return [*inner, value["$ref"]] if isinstance(value.get("$ref"), str) else inner
        if isinstance(value, list):
            return [one for part in value for one in references(part)]
        return []

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= known
