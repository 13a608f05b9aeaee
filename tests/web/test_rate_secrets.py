"""The secret of a rating link and what was typed behind it stay out of logs, error pages and caches."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from httpx2 import Response

from app.infra.database import Database
from app.main import create_app
from tests.client import Client
from tests.open_round import AMIR, OpenRound, open_round
from tests.served import ADDRESS, ONE_DATABASE, Clock, settings_of
from tests.web.markup import tree

pytestmark = ONE_DATABASE

TYPED = "Hun-tok-seg-tid"
STRICT = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
}


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as captured:
        yield captured


@pytest.fixture
def opened(engine: Database, now: Any) -> OpenRound:
    return open_round(engine, now)


def everything_that_is_refused(opened: OpenRound) -> Iterator[Response]:
    """Answers of every kind of refusal, from a page and from the API, each to a request with the secret in it."""
    token = opened.links[AMIR]
    name = f"{opened.subject(AMIR).assignment_id}.comment"
    form = {"submission": "submission-1", name: f"{TYPED}\x00"}
    sent = {"submission_id": "submission-1", "answers": {name: TYPED * 400}}
    rater = browser_at(opened, timedelta())
    yield rater.post(f"/r/{token}", data=form)
    yield rater.post(f"/r/{token}", data=form, headers={"origin": "https://evil.example"})
    yield rater.post(f"/r/{token}", content=TYPED, headers={"content-type": "text/plain"})
    yield rater.post(f"/r/{token}", content=b"%ff=" + TYPED.encode(), headers=ENCODED)
    yield rater.post(f"/r/{token}", data={**form, "x": "x" * 600_000})
    yield rater.post(f"/r/{token.swapcase()}", data=form)
    yield rater.put(f"/r/{token}", data=form)
    yield rater.get(f"/r/{token}/{TYPED}")
    yield rater.put(f"/api/v1/forms/{token}", json=sent)
    yield rater.put(f"/api/v1/forms/{token}", content=f'{{"{TYPED}": NaN}}', headers=JSON)
    yield rater.put(f"/api/v1/forms/{token}", json={TYPED: TYPED})
    yield rater.put(f"/api/v1/forms/{token.swapcase()}", json=sent)
    for away in (timedelta(days=-1), timedelta(days=20)):
        other = browser_at(opened, away)
        yield other.get(f"/r/{token}")
        yield other.post(f"/r/{token}", data=form)
        yield other.put(f"/api/v1/forms/{token}", json=sent)


ENCODED = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}


def browser_at(opened: OpenRound, away: timedelta) -> Client:
    app = create_app(settings_of(opened.engine), database=opened.engine, clock=Clock(opened.now + away))
    return Client(app, ADDRESS, follow_redirects=False, headers={"accept-language": "en"})


def test_no_line_of_the_log_holds_the_secret_or_what_was_typed(
    opened: OpenRound, lines: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        statuses = {answer.status_code for answer in everything_that_is_refused(opened)}
    assert statuses == {400, 403, 404, 405, 410, 413, 415, 422}
    assert len(lines) == 18
    ours = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "asyncio"))
    ]
    written = json.dumps(lines, default=str) + "\n".join(ours)
    assert "/r/{token}" in written
    for secret in (opened.links[AMIR], opened.links[AMIR].swapcase(), TYPED, opened.subject(AMIR).assignment_id):
        assert secret not in written


def test_no_page_of_an_error_says_the_secret_and_no_problem_repeats_what_was_sent(opened: OpenRound) -> None:
    for answer in everything_that_is_refused(opened):
        about = f"{answer.request.method} {answer.status_code}"
        if "json" in answer.headers["content-type"]:
            told = answer.text if answer.json()["code"] != "invalid" else _without_names(answer)
            assert TYPED not in told, about
        elif answer.status_code == 422:
            # The form again, with what was typed: the secret stands where it is sent to and nowhere else.
            page = tree(answer.text)
            assert opened.links[AMIR] not in page.words
            assert page.one("form", class_="rate-form").attributes["action"] == f"/r/{opened.links[AMIR]}"
            continue
        for secret in (opened.links[AMIR], opened.links[AMIR].swapcase()):
            assert secret not in answer.text, about


def _without_names(answer: Response) -> str:
    """A problem without the names of the fields, which it must say."""
    problem = answer.json()
    return json.dumps({**problem, "errors": [{**one, "field": ""} for one in problem["errors"]]})


def test_every_refusal_is_dressed_against_caches_frames_and_guessed_types(opened: OpenRound) -> None:
    for answer in everything_that_is_refused(opened):
        dressed = {name: answer.headers.get(name) for name in STRICT}
        assert dressed == STRICT, f"{answer.request.method} {answer.status_code}"
