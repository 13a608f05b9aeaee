"""Things that happen at the same moment: each answer is in or refused, each deed is done once, nobody meets a 500."""

import time
from collections import Counter
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import func, select, update

from app.accounts.rules import SERVICE
from app.dispatch import Post
from app.infra.database import Database, ReadSession
from app.infra.smtp import SmtpTransport
from app.infra.templates import build_environment
from app.journal.tables import JournalRow
from app.kpis.values import RaterGroup
from app.mail.letters import Writer
from app.mail.tables import OutboxRow
from app.releases.commands import release_round
from app.releases.tables import ReleaseRow
from app.releases.values import Release
from app.rounds.commands import close_round
from app.rounds.queries import load_salt
from app.rounds.rules import GRACE
from app.rounds.tables import RoundRow
from app.rounds.values import GroupPolicy, Mode, RoundState
from app.worker import run_once
from tests.conftest import address
from tests.databases import open_database
from tests.faults.deeds import Deed, side_by_side, submit
from tests.faults.serving import Reply, at_once, serving
from tests.open_round import AMIR, OpenRound, open_round
from tests.served import ONE_DATABASE
from tests.smtp import MailServer

pytestmark = pytest.mark.slow

TOGETHER = 10
IN_TURN = 5
CLOSES = 8
VALUES = ("1", "2", "3", "4", "5")
ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)

# ------------------------------------------------------------ one form, many posts


def test_of_fifty_posts_of_one_form_one_sheet_stays_and_it_is_one_that_came_last(
    engine: Database, opened: OpenRound
) -> None:
    customer = opened.customers[0]
    link = opened.links[customer]
    with serving(engine, opened.now) as server:

        def send(sender: int) -> list[tuple[str, Reply]]:
            submissions = [f"submission-{sender}-{turn}" for turn in range(IN_TURN)]
            return [
                (one, server.rate(link, opened.fields(customer, values_of(one), submission=one, comment=one)))
                for one in submissions
            ]

        sent = [one for some in at_once(*(partial(send, number) for number in range(TOGETHER))) for one in some]
        assert Counter(reply.status for _, reply in sent) == {200: TOGETHER * IN_TURN}
        ((kept, levels, comments),) = opened.stored()
        assert (levels, comments) == ([float(value) for value in values_of(kept)], [kept])
        came_at = dict(sent)[kept].came_at
        assert [one for one, reply in sent if reply.left_at > came_at] == []
        assert server.rate(link, opened.fields(customer, ("3", "3"), submission="submission-after")).status == 303
    assert opened.stored() == [("submission-after", [3.0, 3.0], [])]
    assert opened.marks() == 1


def test_the_same_submit_sent_ten_times_at_once_is_one(engine: Database, opened: OpenRound) -> None:
    sent = opened.fields(AMIR, ("2", "4"), submission="submission-1", comment="Fin uke.")
    with serving(engine, opened.now) as server:
        replies = at_once(*(partial(server.rate, opened.links[AMIR], sent) for _ in range(TOGETHER)))
    assert [reply.status for reply in replies] == [303] * TOGETHER
    assert opened.stored() == [("submission-1", [2.0, 4.0], ["Fin uke."])]


def test_of_ten_posts_of_one_anonymous_form_the_first_is_final(engine: Database, now: datetime) -> None:
    opened = open_round(engine, now, groups=(ANONYMOUS,), customers=3)
    customer = opened.customers[0]
    forms = {f"submission-{turn}-{turn}": values_of(f"submission-{turn}-{turn}") for turn in range(TOGETHER)}
    sent = [opened.fields(customer, values, submission=one) for one, values in forms.items()]
    with serving(engine, now) as server:
        replies = at_once(*(partial(server.rate, opened.links[customer], fields) for fields in sent))
    statuses = dict(zip(forms, (reply.status for reply in replies), strict=True))
    assert Counter(statuses.values()) == {303: 1, 409: TOGETHER - 1}
    ((kept, levels, _),) = opened.stored()
    assert statuses[kept] == 303
    assert levels == [float(value) for value in forms[kept]]


def values_of(submission: str) -> tuple[str, str]:
    """Two answers that no other sender gives in this turn: a mixture of two submits would show."""
    sender, turn = submission.split("-")[1:]
    return VALUES[int(sender) % 5], VALUES[int(turn) % 5]


# ------------------------------------------------------------ a form against the close


def test_a_form_that_meets_the_close_is_either_counted_or_refused(engine: Database, opened: OpenRound) -> None:
    with engine.read() as session:
        salt = load_salt(session, opened.round.id)
    held: dict[str, str] = {}
    with serving(engine, opened.now) as server:
        for turn in range(CLOSES):
            _open_again(opened, salt)
            sent = {name: f"{number:02}-turn-{turn}" for number, name in enumerate(opened.customers)}
            rating = [
                partial(server.rate, opened.links[name], opened.fields(name, ("1", "2"), submission=submission))
                for name, submission in sent.items()
            ]
            replies = at_once(*rating, partial(_close, opened, 0.004 * turn))[:-1]
            taken = dict(zip(sent, (reply.status for reply in replies), strict=True))
            assert set(taken.values()) <= {303, 410}
            held |= {name: sent[name] for name, status in taken.items() if status == 303}
            assert [submission for submission, _, _ in opened.stored()] == sorted(held.values())
            assert opened.marks() == len(held)


def test_a_low_answer_that_is_stored_just_before_the_close_is_thanked_for(
    engine: Database, opened: OpenRound, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked up after it was stored meets a closed round."""
    customer, read = opened.customers[0], engine.read

    def read_after_the_close() -> AbstractContextManager[ReadSession]:
        monkeypatch.setattr(engine, "read", read)
        _close(opened, 0)
        return read()

    with serving(engine, opened.now) as server:
        monkeypatch.setattr(engine, "read", read_after_the_close)
        reply = server.rate(opened.links[customer], opened.fields(customer, ("1", "1")))
    assert (reply.status, reply.headers["location"]) == (303, f"/r/{opened.links[customer]}/thanks")
    assert opened.stored() == [("submission-1", [1.0, 1.0], [])]
    with engine.read() as session:
        assert session.scalars(select(RoundRow.state)).all() == [RoundState.CLOSED]


def _close(opened: OpenRound, after: float) -> None:
    time.sleep(after)
    with opened.engine.write() as session:
        close_round(session, SERVICE, opened.round.id, now=opened.now)


def _open_again(opened: OpenRound, salt: bytes | None) -> None:
    """Undo the close, which no command can: a round for each turn would take too long."""
    with opened.engine.write() as session:
        session.execute(update(RoundRow).values(state=RoundState.OPEN, closed_at=None, salt=salt))


# ------------------------------------------------------------ two of us


def test_two_releases_at_once_are_one_release(engine: Database, opened: OpenRound) -> None:
    rate_all(opened)
    _close(opened, 0)

    def release() -> Release:
        with engine.write() as session:
            return release_round(session, SERVICE, opened.round.id, now=opened.now)

    first, second = at_once(release, release)
    assert first.id == second.id
    with engine.read() as session:
        assert session.scalars(select(ReleaseRow.id)).all() == [first.id]
        assert _journal(engine)["release.published"] == 1


def test_two_workers_at_once_send_each_letter_once_and_close_and_release_once(
    engine: Database, opened: OpenRound, mail_server: MailServer
) -> None:
    rate_all(opened)
    writer = Writer(build_environment(), "vurdering@fjellbris.example")
    transport = SmtpTransport(mail_server.host, mail_server.port, security="none")
    # Each with a database object of its own, as in two processes.
    databases = [open_database(address(engine.url)) for _ in range(2)]

    def work(worker: int, now: datetime) -> int:
        post = Post(transport, writer, "https://fjellbris.example", owner=f"host/{worker}")
        return run_once(databases[worker], post, now=now)

    asked = len(opened.customers) + 1
    assert sum(at_once(partial(work, 0, opened.now), partial(work, 1, opened.now))) > 0
    assert sorted(Counter(one.recipients for one in mail_server.deliveries).values()) == [1] * asked
    closed = opened.round.closes_at + GRACE
    at_once(partial(work, 0, closed), partial(work, 1, closed))
    at_once(partial(work, 0, closed), partial(work, 1, closed))
    for database in databases:
        database.dispose()
    with engine.read() as session:
        assert session.scalars(select(RoundRow.state)).all() == [RoundState.RELEASED]
        outbox = session.execute(select(func.count(), func.max(OutboxRow.copies)).select_from(OutboxRow)).one()
    journal = _journal(engine)
    assert (journal["round.closed"], journal["release.published"]) == (1, 1)
    assert len({one.parsed()["message-id"] for one in mail_server.deliveries}) == len(mail_server.deliveries)
    assert tuple(outbox) == (len(mail_server.deliveries), 1)


@ONE_DATABASE
def test_three_processes_that_write_into_one_file_take_turns(database_url: str, opened: OpenRound) -> None:
    rows = [
        [
            Deed(
                submit,
                (
                    opened.links[name],
                    opened.fields(name, ("1", VALUES[turn]), submission=f"turn-{turn}-{n}"),
                    opened.now,
                ),
            )
            for turn in range(IN_TURN)
            for n, name in enumerate(names)
        ]
        for names in (opened.customers[:2], opened.customers[2:4], opened.customers[4:])
    ]
    assert side_by_side(database_url, rows) == [0, 0, 0]
    last = IN_TURN - 1
    assert opened.stored() == [(f"turn-{last}-{n}", [1.0, 5.0], []) for n in (0, 0, 0, 1, 1, 1)]


def rate_all(opened: OpenRound) -> None:
    with serving(opened.engine, opened.now) as server:
        for name, link in opened.links.items():
            assert server.rate(link, opened.fields(name, ("4", "5"))).status == 303


def _journal(engine: Database) -> Counter[str]:
    with engine.read() as session:
        return Counter(session.scalars(select(JournalRow.action)))
