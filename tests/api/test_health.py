"""For those who keep the service running: it lives, and it can work, which takes a database, its revision and a worker."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app.heartbeat.commands import beat
from tests.served import Served, settings_of

Ready = Callable[[bool], tuple[int, str]]


@pytest.fixture
def ready(served: Served) -> Iterator[Ready]:
    """What /readyz answers in a process with a worker of its own, or without."""

    def asked(with_worker: bool) -> tuple[int, str]:
        served.app.state.service = replace(as_it_was, settings=settings_of(served.engine, worker=with_worker))
        answer = served.anonymous().get("/readyz")
        body = answer.json()
        return answer.status_code, body.get("code") or body["status"]

    as_it_was = served.app.state.service
    yield asked
    # The application is shared by the whole run.
    served.app.state.service = as_it_was


def work(served: Served) -> None:
    with served.engine.write() as session:
        beat(session, "host/1", now=served.clock.now)


def test_a_process_with_a_worker_waits_for_its_sign_of_life_and_one_without_cannot_know_of_one(
    served: Served, ready: Ready
) -> None:
    assert ready(True) == (503, "no_worker")
    assert ready(False) == (200, "ready")
    work(served)
    assert ready(True) == (200, "ready")


@pytest.mark.parametrize("with_worker", [True, False])
def test_a_worker_that_was_there_and_falls_silent_is_missed_until_it_is_heard_again(
    served: Served, ready: Ready, with_worker: bool
) -> None:
    work(served)
    served.clock.pass_by(timedelta(minutes=2))
    assert ready(with_worker) == (200, "ready")
    served.clock.pass_by(timedelta(seconds=1))
    assert ready(with_worker) == (503, "no_worker")
    work(served)
    assert ready(with_worker) == (200, "ready")


def test_what_is_missing_is_said_plainly_and_when_to_ask_again(served: Served) -> None:
    work(served)
    assert served.anonymous().get("/readyz").json() == {
        "status": "ready",
        "worker_heard_at": "2026-11-23T09:00:00+00:00",
    }
    served.clock.pass_by(timedelta(minutes=3))
    answer = served.anonymous().get("/readyz")
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
    assert "No worker has been heard of for two minutes." in answer.text


def test_a_database_of_another_revision_is_not_ready_and_the_process_lives(
    served: Served, ready: Ready, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.health.NEWEST", "9999")
    assert ready(False) == (503, "not_migrated")
    assert served.anonymous().get("/healthz").json() == {"status": "ok"}
