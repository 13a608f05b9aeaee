"""The API changes only when somebody means it, is documented throughout, and keeps its conventions.

After a change that is meant: `make openapi`, look at the diff, commit it.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.house.service import PAGE, SNAPSHOT, described, table

METHODS = {"get", "put", "post", "patch", "delete"}


def test_the_api_is_the_one_that_was_written_down() -> None:
    assert described() == json.loads(SNAPSHOT.read_text()), "if the change is meant: make openapi"


def test_every_path_is_in_the_documentation() -> None:
    assert PAGE.read_text().endswith(table(described())), "if the change is meant: make openapi"


def test_every_operation_has_a_stable_id_and_is_described() -> None:
    operations = list(_operations())
    ids = [operation.get("operationId", "") for _, operation in operations]
    assert [name for (name, _), given in zip(operations, ids, strict=True) if not given.isidentifier()] == []
    assert sorted({given for given in ids if ids.count(given) > 1}) == []
    assert [name for name, operation in operations if not operation.get("description")] == []


def test_failures_are_described_as_problems() -> None:
    otherwise = [
        f"{name} {status}"
        for name, operation in _operations()
        for status, answer in operation["responses"].items()
        if int(status) >= 400 and list(answer.get("content", {})) != ["application/problem+json"]
    ]
    assert otherwise == []


def test_every_request_and_answer_shows_an_example() -> None:
    """One that is a list or a report of others shows them through its parts."""
    schemas = described().get("components", {}).get("schemas", {})
    whole = {
        name
        for _, operation in _operations()
        for holder in (operation.get("requestBody", {}), *operation["responses"].values())
        for kind, content in holder.get("content", {}).items()
        if kind == "application/json"
        for name in _shown(content.get("schema", {}), schemas)
    }
    assert sorted(name for name in whole if not schemas[name].get("examples") and "example" not in schemas[name]) == []


def test_names_are_snake_case() -> None:
    schemas = described().get("components", {}).get("schemas", {})
    strange = [f"{name}.{field}" for name, schema in schemas.items() for field in schema.get("properties", {})]
    assert [name for name in strange if name.split(".")[1] != name.split(".")[1].lower()] == []


def _shown(schema: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    """The name of a schema, or of what stands in the pages of a list."""
    if "$ref" not in schema:
        return
    name = schema["$ref"].rsplit("/", 1)[1]
    properties = schemas[name].get("properties", {})
    if properties.keys() == {"items", "next_cursor"}:
        yield from _shown(properties["items"]["items"], schemas)
    else:
        yield name


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield f"{method.upper()} {path}", operation
