"""A database that is busy or away: come again in a moment, nothing half stored, nothing that was acknowledged lost."""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from httpx2 import Response

from app.infra.database import Database
from app.infra.migrate import upgrade
from app.main import create_app
from tests.client import Client
from tests.conftest import address
from tests.databases import KEY, open_database
from tests.faults.conftest import assert_sound
from tests.faults.serving import Reply, Server, serving
from tests.open_round import AMIR, OpenRound, open_round
from tests.postgres import OwnServer, own_server
from tests.served import ADDRESS, ONE_DATABASE, Clock, settings_of

PATIENCE = 0.2
POSTS = 12
PAUSE = 0.02
LONGEST = 2000

# ------------------------------------------------------------ somebody else writes


@pytest.fixture
def hasty(opened: OpenRound) -> Iterator[Client]:
    """The application on the same file, with a fifth of a second's patience."""
    database = Database(address(opened.engine.url), key=KEY, busy_seconds=PATIENCE)
    app = create_app(settings_of(database), database=database, clock=Clock(opened.now))
    yield Client(app, ADDRESS, follow_redirects=False, headers={"accept-language": "en"})
    database.dispose()


def rate(browser: Client, opened: OpenRound) -> Response:
    return browser.post(f"/r/{opened.links[AMIR]}", data=opened.fields(AMIR, ("4", "5")))


def is_told_to_come_again(answer: Response) -> bool:
    return (answer.status_code, answer.headers["retry-after"]) == (503, "2") and "Try again in a moment" in answer.text


@ONE_DATABASE
def test_while_another_program_holds_the_file_forms_open_and_sending_waits_then_says_when_to_come_again(
    opened: OpenRound, hasty: Client
) -> None:
    with closing(sqlite3.connect(str(opened.engine.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert hasty.get(f"/r/{opened.links[AMIR]}").status_code == 200
        assert is_told_to_come_again(rate(hasty, opened))
        problem = hasty.put(
            f"/api/v1/forms/{opened.links[AMIR]}", json={"submission_id": "submission-1", "answers": {}}
        )
        assert (problem.status_code, problem.headers["retry-after"]) == (503, "2")
        assert problem.json()["code"] == "unavailable"
        other.execute("ROLLBACK")
    assert opened.stored() == []
    assert rate(hasty, opened).status_code == 303
    assert opened.stored() == [("submission-1", [4.0, 5.0], [])]


@ONE_DATABASE
def test_a_writer_of_ours_that_takes_long_is_waited_for_and_then_not(opened: OpenRound, hasty: Client) -> None:
    with Path(f"{opened.engine.url.database}.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        assert is_told_to_come_again(rate(hasty, opened))
        threading.Timer(PATIENCE / 2, lambda: fcntl.flock(turn, fcntl.LOCK_UN)).start()
        assert rate(hasty, opened).status_code == 303
    assert opened.stored() == [("submission-1", [4.0, 5.0], [])]


# ------------------------------------------------------------ PostgreSQL goes down and comes back


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    """A server that may be torn down; what it has committed survives that, unlike on the one for all other tests."""
    with own_server(synchronous_commit="on") as server:
        yield server


def test_when_the_server_is_torn_down_and_comes_back_nothing_acknowledged_is_lost(
    own: OwnServer, now: datetime
) -> None:
    engine = open_database(own.create("torn"))
    upgrade(engine.engine)
    opened = open_round(engine, now)
    replies: dict[str, list[Reply]] = {name: [] for name in opened.customers}
    with serving(engine, now) as server:
        senders = [threading.Thread(target=_send_on, args=(server, opened, name, replies[name])) for name in replies]
        for sender in senders:
            sender.start()
        _wait_for(replies, POSTS)
        own.crash()
        away = server.send("GET", f"/r/{opened.links[AMIR]}")
        own.start()
        for sender in senders:
            sender.join()
    assert (away.status, away.headers["retry-after"]) == (503, "2")
    assert {reply.status for sent in replies.values() for reply in sent} == {303, 503}
    assert all(sent[-1].status == 303 for sent in replies.values())
    kept = {submission for submission, _, _ in opened.stored()}
    assert kept == {f"{name[:7]}-{len(sent) - 1}" for name, sent in replies.items()}
    assert_sound(engine)
    engine.dispose()


def _send_on(server: Server, opened: OpenRound, name: str, replies: list[Reply]) -> None:
    """Send the form again and again until it was refused once and then taken."""
    while len(replies) < LONGEST:
        fields = opened.fields(name, ("1", "2"), submission=f"{name[:7]}-{len(replies)}")
        replies.append(server.rate(opened.links[name], fields))
        if replies[-1].status == 303 and any(reply.status != 303 for reply in replies):
            return
        if replies[-1].status != 303:
            time.sleep(PAUSE)


def _wait_for(replies: Mapping[str, Sequence[Reply]], count: int) -> None:
    deadline = time.monotonic() + 20
    while sum(map(len, replies.values())) < count and time.monotonic() < deadline:
        time.sleep(PAUSE)
