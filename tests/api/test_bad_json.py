"""Bad JSON at every resource: a 4xx with a plain sentence, nothing stored, nothing repeated; on both databases.

The numbers are the cases of the catalogue of bad input.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from app.infra.database import Database
from app.schema import metadata
from tests.api.walk import Operation, walk
from tests.http.test_json_reader import REFUSED
from tests.served import ONE_DATABASE, STRICTER_DATABASE, Served, forget_attempts

pytestmark = pytest.mark.slow

SECRET_WORD = "sesamsesam"
# The reader is one and has tests of its own for every case; here it is shown that no door goes around it.
EVERYWHERE = (
    "31 NaN",
    "31 1e400",
    "33 5,000 digits",
    "39 duplicate key",
    "41 depth 100,000",
    "54 lone surrogate in a key",
)
JSON = {"content-type": "application/json"}


def rows_of(engine: Database) -> dict[str, int]:
    with engine.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in metadata.sorted_tables
        }


def with_body(served: Served) -> Iterator[Operation]:
    return (operation for operation in walk(served) if operation.example is not None)


def refuse(answer: Any, statuses: set[int], where: str) -> None:
    assert answer.status_code in statuses, f"{where}: {answer.status_code} {answer.text[:300]}"
    assert answer.headers["content-type"] == "application/problem+json", where
    assert SECRET_WORD not in answer.text, where
    assert len(answer.json()["detail"]) > 10, where


@ONE_DATABASE
def test_what_is_no_plain_json_is_refused_everywhere(served: Served) -> None:
    client, before = served.with_key(), rows_of(served.engine)
    for operation in with_body(served):
        for case in EVERYWHERE:
            raw = REFUSED[case]
            answer = client.request(
                operation.method, operation.path(), content=raw, headers={**JSON, **operation.headers}
            )
            refuse(answer, {400}, f"{operation.name} {case}")
    assert changed(before, rows_of(served.engine)) == {}


@ONE_DATABASE
def test_another_encoding_or_type_is_refused_everywhere(served: Served) -> None:
    client, before = served.with_key(), rows_of(served.engine)
    plain = json.dumps({"name": SECRET_WORD}).encode()
    kinds = {
        "42 gzip": (plain, {**JSON, "content-encoding": "gzip"}),
        "42 byte order mark": (b"\xef\xbb\xbf" + plain, JSON),
        "42 UTF-16": (plain.decode().encode("utf-16"), JSON),
        "42 Latin-1": (plain, {"content-type": "application/json; charset=latin-1"}),
        "text": (plain, {"content-type": "text/plain"}),
        "a form": (b"name=sesamsesam", {"content-type": "application/x-www-form-urlencoded"}),
        "no type": (plain, {}),
    }
    for operation in with_body(served):
        for case, (raw, headers) in kinds.items():
            answer = client.request(
                operation.method, operation.path(), content=raw, headers={**headers, **operation.headers}
            )
            refuse(answer, {415}, f"{operation.name} {case}")
    assert changed(before, rows_of(served.engine)) == {}


@ONE_DATABASE
@pytest.mark.parametrize("body", ['"text"', "5", "true", "[]", '[{"a": 1}]', "null"])
def test_another_shape_than_an_object_is_refused_everywhere(served: Served, body: str) -> None:
    client, before = served.with_key(), rows_of(served.engine)
    for operation in with_body(served):
        answer = client.request(operation.method, operation.path(), content=body, headers={**JSON, **operation.headers})
        refuse(answer, {400, 422}, operation.name)
    assert changed(before, rows_of(served.engine)) == {}


WRONG = {
    "37 a number": 7,
    "34 two to the power of 63": 2**63,
    "38 null": None,
    "an object": {"inner": SECRET_WORD},
    "a long text": SECRET_WORD * 5_000,
    "36 seven decimals": 0.1234567,
    "an invisible text": "\u200b\u3164",
}


@STRICTER_DATABASE
def test_a_field_of_another_type_names_itself(served: Served) -> None:
    client, before = served.with_key(), rows_of(served.engine)
    for operation in with_body(served):
        for field, right in operation.example.items():
            forget_attempts(served.app)
            for case, wrong in WRONG.items():
                if fits(right, wrong):
                    continue
                answer = client.request(
                    operation.method,
                    operation.path(),
                    json={**operation.example, field: wrong},
                    headers=operation.headers,
                )
                closed = {403} if operation.is_personal else set()
                refuse(answer, {404, 409, 412, 413, 422} | closed, f"{operation.name} {field} {case}")
                if answer.status_code == 422 and case in {"37 a number", "an object"}:
                    named = [error["field"] for error in answer.json().get("errors", [])]
                    assert any(one.split(".")[0] == field for one in named), f"{operation.name} {field} {answer.text}"
    assert changed(before, rows_of(served.engine)) == {}


@STRICTER_DATABASE
def test_an_extra_field_is_refused_everywhere(served: Served) -> None:
    client, before = served.with_key(), rows_of(served.engine)
    for operation in with_body(served):
        for field in ("role", "company_id", "state", ""):
            if field in operation.example:
                continue
            answer = client.request(
                operation.method,
                operation.path(),
                json={**operation.example, field: SECRET_WORD},
                headers=operation.headers,
            )
            refuse(answer, {404, 422}, f"{operation.name} {field!r}")
    assert changed(before, rows_of(served.engine)) == {}


@STRICTER_DATABASE
def test_an_id_that_is_none_is_not_there(served: Served) -> None:
    client = served.with_key()
    for operation in walk(served):
        # What is for one person alone has no place for a key, whatever it names.
        if "{" not in operation.template or operation.is_personal:
            continue
        for made_up in ("1", "%00", "..%2f", "'"):
            path = "/".join(made_up if part.startswith("{") else part for part in operation.template.split("/"))
            answer = client.request(operation.method, path, json=operation.example, headers=operation.headers)
            assert answer.status_code in {404, 422, 429}, (
                f"{operation.name} {made_up} {answer.status_code} {answer.text}"
            )
            if answer.status_code == 422:
                assert operation.example is not None, operation.name


@ONE_DATABASE
def test_a_body_that_is_too_large_is_refused_before_it_is_read(served: Served) -> None:
    client = served.with_key()
    large = b'{"a": "' + b"x" * (8 * 1024 * 1024) + b'"}'
    for operation in with_body(served):
        answer = client.request(
            operation.method, operation.path(), content=large, headers={**JSON, **operation.headers}
        )
        refuse(answer, {413}, operation.name)


def fits(right: Any, wrong: Any) -> bool:
    """Whether the wrong value is of the kind that the field takes after all."""
    if isinstance(right, bool) or isinstance(wrong, bool):
        return isinstance(right, bool) and isinstance(wrong, bool)
    if isinstance(right, int | float) and isinstance(wrong, int | float):
        return abs(wrong) < 2**62
    return right is None or wrong is None


def changed(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}
