"""What asks one person in several rounds leaves as one mail: who joins whom, claimed whole or not at all."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.infra.database import Database, WriteSession
from app.mail.commands import begin_handing_over, claim, enqueue, enqueue_all, settle, suppress, take_report, withdraw
from app.mail.rules import MOST_BUNDLED, bundled, may_join
from app.mail.tables import OutboxRow, SendingWindowRow
from app.mail.values import (
    Letter,
    Mail,
    OutboxMessage,
    OutboxState,
    Outcome,
    Report,
    ReportKind,
    SuppressionReason,
    Waiting,
)
from tests.served import STRICTER_DATABASE

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ME, OTHER = "host/1", "host/2"
TO = "kunde@kunder.example"


def asking(reference: str, now: datetime, **changed: Any) -> Mail:
    asks = {"organisation": "Fjellbris", "company_id": "1"}
    known = Mail(Letter.INVITATION, TO, "Åse", "nb", asks, reference, 0, now + 9 * DAY)
    return replace(known, **changed)


def waiting(session: WriteSession) -> dict[str, tuple[datetime, str | None]]:
    """By reference when each leaves, and the reference of the one whose bundle it is in."""
    rows = session.execute(
        select(OutboxRow.id, OutboxRow.reference, OutboxRow.next_attempt_at, OutboxRow.leaves_with)
    ).all()
    named = {row.id: row.reference for row in rows}
    return {row.reference: (row.next_attempt_at, named.get(row.leaves_with or "")) for row in rows}


def references(messages: tuple[OutboxMessage, ...]) -> list[str]:
    return sorted(message.reference for message in messages)


# ------------------------------------------------------------ who joins whom


def test_what_asks_the_same_person_joins_what_waits_and_anything_else_waits_for_itself(
    session: WriteSession, now: datetime
) -> None:
    enqueue_all(session, [asking("a", now), asking("b", now)], now=now)
    at = now + MINUTE
    others: dict[str, dict[str, Any]] = {
        "name": {"name": "Siv"},
        "language": {"locale": "en"},
        "address": {"recipient": "Kunde+x@Kunder.example"},
        "company": {"parameters": {"organisation": "Annet", "company_id": "1"}},
        "namesake": {"parameters": {"organisation": "Fjellbris", "company_id": "2"}},
        "kind": {"letter": Letter.VISIT_ORDER},
    }
    enqueue_all(session, [asking(name, now, **changed) for name, changed in others.items()], now=at)
    enqueue(session, asking("c", now), now=at)
    found = waiting(session)
    assert found["a"] == found["b"] == (now, "a")
    assert found["c"] == (at, "a")
    assert {name: found[name] for name in others} == {
        name: (now + place * DAY, None) for place, name in enumerate(others, start=1)
    }
    # Reminders join reminders, and wait a day for the invitations as they did.
    reminders = [asking(name, now, letter=Letter.REMINDER, wave=1) for name in ("a", "b")]
    enqueue_all(session, reminders, now=at)
    letters = select(OutboxRow.next_attempt_at, OutboxRow.leaves_with).where(OutboxRow.letter == Letter.REMINDER)
    assert len(set(map(tuple, session.execute(letters)))) == 1
    assert session.scalars(select(OutboxRow.next_attempt_at).where(OutboxRow.wave == 1)).first() == now + 7 * DAY


def test_nothing_joins_what_was_tried_and_one_letter_a_day_stays_the_rule(session: WriteSession, now: datetime) -> None:
    enqueue(session, asking("a", now), now=now)
    (held,) = begin_handing_over(session, claim(session, owner=ME, limit=1, now=now), owner=ME, now=now).values()
    enqueue(session, asking("b", now), now=now)
    settle(session, held, Outcome.POSTPONED, "450", owner=ME, now=now)
    enqueue_all(session, [asking("c", now), asking("asked", now, is_asked_for=True)], now=now)
    assert waiting(session) == {
        "a": (now + MINUTE, None),
        "b": (now + DAY, "b"),
        "c": (now + DAY, "b"),
        "asked": (now, None),
    }


JOINS = [
    ({}, {}, True),
    ({"letter": Letter.RELEASE_READY}, {}, False),
    ({"reference": "a"}, {}, False),
    ({"deadline": 1}, {"leaves_at": 2}, False),
    ({"deadline": 3}, {"leaves_at": 2}, True),
    ({}, {"leaves_at": 4}, False),
    ({}, {"references": frozenset(map(str, range(MOST_BUNDLED)))}, False),
]


@pytest.mark.parametrize(("mail", "others", "joins"), JOINS)
def test_a_mail_joins_what_leaves_no_later_than_it_would_and_in_time_for_it(
    now: datetime, mail: dict[str, Any], others: dict[str, Any], joins: bool
) -> None:
    """It would leave in three minutes by itself; moments are in minutes."""
    moments = {"deadline", "leaves_at"}
    mine, theirs = (
        {name: now + value * MINUTE if name in moments else value for name, value in given.items()}
        for given in (mail, others)
    )
    one = replace(Waiting("1", now, frozenset({"a"})), **theirs)
    assert may_join(replace(asking("mine", now), **mine), one, at=now + 3 * MINUTE) is joins


# ------------------------------------------------------------ claimed whole


def test_a_bundle_is_claimed_whole_past_the_limit_in_the_order_of_closing_and_counts_once(
    session: WriteSession, now: datetime
) -> None:
    closing = {"a": 5, "b": 9, "c": 2}
    enqueue_all(session, [asking(name, now, deadline=now + days * DAY) for name, days in closing.items()], now=now)
    enqueue(session, asking("x", now, recipient="x@kunder.example"), now=now + MINUTE)
    # When a part would be due by itself does not matter, as long as one is.
    session.execute(update(OutboxRow).where(OutboxRow.reference == "b").values(next_attempt_at=now + DAY))
    mine = claim(session, owner=ME, limit=1, now=now + MINUTE)
    (bundle,) = bundled(mine, {})
    assert [part.reference for part in bundle.parts] == ["c", "a", "b"]
    assert bundle.first.reference == "a"
    assert {part.state for part in bundle.parts} == {OutboxState.PREPARED}


def test_a_bundle_counts_once_for_its_domain_and_is_put_off_whole(session: WriteSession, now: datetime) -> None:
    enqueue_all(session, [asking(name, now) for name in "abc"], now=now - MINUTE)
    enqueue(session, asking("x", now, recipient="x@kunder.example"), now=now)
    assert references(claim(session, owner=ME, limit=9, now=now, per_minute=2)) == ["a", "b", "c", "x"]
    assert session.scalars(select(SendingWindowRow.count)).one() == 2
    enqueue_all(session, [asking(name, now, recipient="z@kunder.example") for name in "de"], now=now)
    assert claim(session, owner=ME, limit=9, now=now, per_minute=2) == ()
    assert references(claim(session, owner=ME, limit=1, now=now + MINUTE, per_minute=2)) == ["d", "e"]


@STRICTER_DATABASE
def test_a_bundle_of_which_somebody_else_holds_a_part_is_left_until_it_is_whole(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        enqueue_all(session, [asking(name, now) for name in "ab"], now=now)
    part = select(OutboxRow).where(OutboxRow.reference == "b").with_for_update()
    with engine.write() as other:
        other.scalars(part).one()
        with engine.write() as session:
            assert claim(session, owner=ME, limit=9, now=now) == ()
            # What is free can be joined all the same, and nobody waits for the other.
            enqueue(session, asking("c", now), now=now)
    with engine.write() as session:
        assert waiting(session)["c"] == (now + MINUTE, "a")
        mine = claim(session, owner=ME, limit=1, now=now)
    assert references(mine) == ["a", "b", "c"]
    assert {message.attempts for message in mine} == {1}


# ------------------------------------------------------------ what becomes of it


def test_what_was_taken_back_is_missing_and_the_rest_leaves_under_the_same_name(
    session: WriteSession, now: datetime
) -> None:
    enqueue_all(session, [asking(name, now) for name in "abc"], now=now)
    withdraw(session, ["a"], now=now)
    mine = claim(session, owner=ME, limit=9, now=now)
    assert references(mine) == ["b", "c"]
    assert len({message.leaves_with for message in mine}) == 1
    # What comes back is about all that left, and leaves the one alone that did not.
    begin_handing_over(session, mine, owner=ME, now=now)
    first = session.scalars(select(OutboxRow).where(OutboxRow.reference == "a")).one()
    gone = Report(ReportKind.BOUNCE, "550 5.1.1 No such user", message_id=first.message_id)
    assert take_report(session, gone, now=now)
    states = dict(session.execute(select(OutboxRow.reference, OutboxRow.state)).all())
    assert states == {"a": OutboxState.CANCELLED, "b": OutboxState.BOUNCED, "c": OutboxState.BOUNCED}


def test_what_cannot_be_written_is_tried_again_one_by_one(session: WriteSession, now: datetime) -> None:
    enqueue_all(session, [asking(name, now) for name in "ab"], now=now)
    for message in claim(session, owner=ME, limit=9, now=now):
        settle(session, message, Outcome.UNRENDERED, "KeyError", owner=ME, now=now)
    assert waiting(session) == {"a": (now + MINUTE, None), "b": (now + MINUTE, None)}
    suppress(session, TO, SuppressionReason.OPT_OUT, now=now)
    assert set(session.scalars(select(OutboxRow.state))) == {OutboxState.CANCELLED}
