"""Every operation with generated requests: no 5xx, every answer as described, nothing without a key."""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.served import STRICTER_DATABASE, Served

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


@STRICTER_DATABASE
def test_generated_requests_get_the_answers_that_are_described(served: Served) -> None:
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", served.app, headers={"host": "localhost"})
    key = {"host": "localhost", "authorization": f"Bearer {served.key()}"}
    tried = 0

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.validate_response(case.call(headers=key), checks=CHECKS)

        ask()
    assert tried >= EXAMPLES * 60
