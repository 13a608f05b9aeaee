"""What a log line looks like, and what it must never hold."""

import json
import re
from collections.abc import Iterator

import pytest
import structlog

from app.infra.logs import configure_logs, leave_out_secrets


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_people_read_local_time_and_machines_json_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("console")
    structlog.get_logger().info("letters", sent=3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[info     \] letters sent=3\n", capsys.readouterr().out)
    configure_logs("json")
    structlog.get_logger().info("letters", sent=3)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["level"], line["sent"], line["timestamp"][-1]) == ("letters", "info", 3, "Z")


def test_a_fault_is_told_without_the_values_that_it_held(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(secret: str) -> None:
        raise RuntimeError(f"{len(secret)} letters")

    configure_logs("console")
    try:
        fail("zaphod")
    except RuntimeError:
        structlog.get_logger().exception("work failed")
    told = capsys.readouterr().out
    assert "RuntimeError: 6 letters" in told
    assert "zaphod" not in told.replace('fail("zaphod")', "")


def test_what_may_hold_a_secret_is_left_out_of_any_line() -> None:
    event = leave_out_secrets(None, "info", {"event": "x", "email": "kari@example.org", "token": "abc", "ms": 3})
    assert event == {"event": "x", "email": "…", "token": "…", "ms": 3}
