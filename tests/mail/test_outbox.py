"""The outbox: each letter once, claimed by one worker, never lost and never sent a third time, whatever dies."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from app.infra.database import Database, WriteSession
from app.mail.commands import (
    begin_handing_over,
    claim,
    enqueue,
    enqueue_all,
    lift_suppression,
    put_back,
    settle,
    suppress,
    take_back,
    withdraw,
)
from app.mail.queries import count_by_state, list_needing_attention, load_deliveries, load_suppressed
from app.mail.tables import OutboxRow
from app.mail.values import Letter, Mail, OutboxMessage, OutboxState, Outcome, SuppressionReason
from tests.served import STRICTER_DATABASE

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ME, OTHER = "host/1", "host/2"


def mail(reference: str = "r", *, now: datetime, **changed: Any) -> Mail:
    known = Mail(Letter.INVITATION, f"{reference}@kunder.example", "", "nb", {"a": "å"}, reference, 0, now + 9 * DAY)
    return replace(known, **changed)


def one(session: WriteSession) -> OutboxRow:
    session.expire_all()
    return session.scalars(select(OutboxRow)).one()


def claimed(session: WriteSession, now: datetime, owner: str = ME) -> OutboxMessage:
    return claim(session, owner=owner, limit=1, now=now)[0]


def handed_over(session: WriteSession, now: datetime, owner: str = ME) -> OutboxMessage:
    (begun,) = begin_handing_over(session, [claimed(session, now, owner)], owner=owner, now=now).values()
    return begun


# ------------------------------------------------------------ putting in


def test_a_reference_and_wave_stand_once_in_the_outbox(session: WriteSession, now: datetime) -> None:
    assert enqueue(session, mail(now=now), now=now)
    before = claim_view(one(session))
    assert not enqueue(session, mail(now=now, recipient="else@kunder.example"), now=now + MINUTE)
    assert claim_view(one(session)) == before
    assert enqueue(session, mail(now=now, wave=1), now=now)
    assert enqueue_all(session, [mail("x", now=now), mail("x", now=now)], now=now) == 1


def test_date_id_and_boundary_are_fixed_when_it_is_put_in(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now), now=now)
    first = claimed(session, now)
    settle(session, first, Outcome.POSTPONED, "451", owner=ME, now=now)
    second = claimed(session, now + MINUTE)
    assert (second.dated_at, second.message_id, second.boundary) == (now, first.message_id, first.boundary)
    assert second.parameters == {"a": "å"}


def test_a_suppressed_mailbox_gets_what_it_asked_for_and_nothing_else(session: WriteSession, now: datetime) -> None:
    suppress(session, "kunde@kunder.example", SuppressionReason.OPT_OUT, now=now)
    to = "Kunde+x@Kunder.example"
    assert not enqueue(session, mail("a", now=now, recipient=to), now=now)
    assert enqueue(session, mail("b", now=now, recipient=to, letter=Letter.SIGN_IN), now=now)
    assert enqueue(session, mail("c", now=now, recipient=to, is_asked_for=True), now=now)
    lift_suppression(session, "kunde@kunder.example")
    assert enqueue(session, mail("a", now=now, recipient=to), now=now)


def test_an_opt_out_outweighs_a_bounce_and_not_the_reverse(session: WriteSession, now: datetime) -> None:
    box = "kunde@kunder.example"
    for reason in (SuppressionReason.BOUNCE, SuppressionReason.OPT_OUT, SuppressionReason.BOUNCE):
        suppress(session, box, reason, now=now)
    assert load_suppressed(session, [box, "other@kunder.example"]) == {box: SuppressionReason.OPT_OUT}


def test_a_mailbox_gets_one_unasked_letter_a_day(session: WriteSession, now: datetime) -> None:
    to = "kunde@kunder.example"
    same_day = [mail(str(n), now=now, recipient=to, letter=Letter.RELEASE_READY) for n in range(3)]
    enqueue_all(session, [*same_day, mail("s", now=now, recipient=to, letter=Letter.SIGN_IN)], now=now)
    times = dict(session.execute(select(OutboxRow.reference, OutboxRow.next_attempt_at)).all())
    assert times == {"0": now, "1": now + DAY, "2": now + 2 * DAY, "s": now}
    session.execute(update(OutboxRow).values(state=OutboxState.BOUNCED))
    enqueue(session, mail("next", now=now, recipient=to), now=now)
    assert claimed(session, now).reference == "next"


# ------------------------------------------------------------ claiming


def test_what_waits_longest_is_claimed_first_and_by_one_worker_only(session: WriteSession, now: datetime) -> None:
    for place in range(3):
        enqueue(session, mail(str(place), now=now), now=now + place * MINUTE)
    at = now + 5 * MINUTE
    assert [message.reference for message in claim(session, owner=ME, limit=2, now=at)] == ["0", "1"]
    assert [message.reference for message in claim(session, owner=OTHER, limit=2, now=at)] == ["2"]
    assert claim(session, owner=ME, limit=2, now=at) == ()


def test_nobody_who_wants_to_sign_in_waits_until_whatever_else_waits_was_looked_through(
    session: WriteSession, now: datetime
) -> None:
    sent: list[tuple[str, Any]] = []
    connection = session.connection()
    enqueue_all(session, [mail("a", now=now), mail("b", now=now, letter=Letter.SIGN_IN)], now=now)
    event.listen(connection, "before_cursor_execute", lambda *given: sent.append(given[2:4]))
    assert [message.reference for message in claim(session, owner=ME, limit=2, now=now)] == ["b", "a"]
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        # So few rows are read faster than an index.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    plans = [
        str(connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' * is_sqlite}{statement}", values).all())
        for statement, values in tuple(sent)
        if "lease_owner" in statement
    ]
    ways = ("ix_outbox_message_sign_in", "ix_outbox_message_next_attempt_at")
    assert [next((way for way in ways if way in plan), plan) for plan in plans] == [*ways]


@STRICTER_DATABASE
def test_the_mark_that_a_body_may_leave_costs_no_index_an_entry(session: WriteSession, now: datetime) -> None:
    enqueue_all(session, [mail(str(n), now=now) for n in range(9)], now=now)
    mine = claim(session, owner=ME, limit=9, now=now)
    # A row that finds no room beside itself, for what earlier tests left there, goes to another page.
    beside = text(
        "SELECT n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_xact_user_tables WHERE relname = 'outbox_message'"
    )
    before = session.execute(beside).one()
    begin_handing_over(session, mine, owner=ME, now=now)
    after = session.execute(beside).one()
    assert sum(after) - sum(before) == len(mine)
    assert after.n_tup_hot_upd > before.n_tup_hot_upd


def test_two_workers_at_once_never_get_the_same_letter(engine: Database, now: datetime) -> None:
    with engine.write() as session:
        enqueue_all(session, [mail(str(n), now=now) for n in range(4)], now=now)
    with engine.write() as first:
        mine = claim(first, owner=ME, limit=2, now=now)
        if engine.is_sqlite:
            theirs: tuple[OutboxMessage, ...] = ()
        else:
            with engine.write() as second:
                theirs = claim(second, owner=OTHER, limit=4, now=now)
    with engine.write() as session:
        rest = claim(session, owner=OTHER, limit=4, now=now)
    assert len(mine) == 2
    assert not {one.id for one in mine} & {one.id for one in (*theirs, *rest)}
    assert len(theirs) + len(rest) == 2


def test_every_letter_but_a_sign_in_link_counts_for_its_domain(session: WriteSession, now: datetime) -> None:
    for letter in Letter:
        enqueue(session, mail(letter, now=now, letter=letter), now=now)
    mine = claim(session, owner=ME, limit=5, now=now, per_minute=2)
    assert (len(mine), mine[0].letter) == (3, Letter.SIGN_IN)
    waiting = session.scalars(select(OutboxRow.next_attempt_at).where(OutboxRow.state == OutboxState.QUEUED)).all()
    assert waiting == [now + MINUTE] * (len(Letter) - 3)


@STRICTER_DATABASE
def test_a_worker_that_puts_a_domain_off_does_not_wait_for_one_that_waits_for_it(
    engine: Database, now: datetime
) -> None:
    """Who counts the domain holds its row; another holds letters of it by then, and waits for that row."""
    with engine.write() as session:
        enqueue_all(session, [mail(str(n), now=now) for n in range(4)], now=now)
    with ThreadPoolExecutor(1) as pool:
        with engine.write() as session:
            assert len(claim(session, owner=ME, limit=1, now=now, per_minute=2)) == 1
            other = pool.submit(_claim_alone, engine, now)
            _wait_for_a_lock(engine)
            assert len(claim(session, owner=ME, limit=2, now=now, per_minute=2)) == 1
        assert other.result() == ()
    with engine.read() as session:
        waiting = select(OutboxRow.next_attempt_at).where(OutboxRow.state == OutboxState.QUEUED)
        assert session.scalars(waiting).all() == [now + MINUTE] * 2


def test_nothing_is_claimed_before_its_time_or_after_its_deadline(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now, deadline=now + MINUTE), now=now)
    assert claim(session, owner=ME, limit=1, now=now - MINUTE) == ()
    assert claim(session, owner=ME, limit=1, now=now + MINUTE) == ()
    assert [(late.state, late.reply) for late in list_needing_attention(session)] == [
        (OutboxState.ATTENTION, "Not delivered before its deadline.")
    ]


# ------------------------------------------------------------ dying workers


def test_a_lease_that_ran_out_in_prepared_is_simply_free_again(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now), now=now)
    stale = claimed(session, now)
    assert claim(session, owner=OTHER, limit=1, now=now + 14 * MINUTE) == ()
    fresh = claimed(session, now + 15 * MINUTE, OTHER)
    assert (fresh.attempts, fresh.copies) == (2, 0)
    # the one that was slow, not dead, finds its lease gone
    assert begin_handing_over(session, [stale], owner=ME, now=now + 15 * MINUTE) == {}
    assert settle(session, stale, Outcome.REFUSED, "550 no", owner=ME, now=now + 15 * MINUTE) is None
    assert load_suppressed(session, ["r@kunder.example"]) == {}
    assert one(session).lease_owner == OTHER
    # however much waits: a turn begins with it
    assert take_back(session, owner=ME, now=now + 30 * MINUTE) == 0
    assert (one(session).state, one(session).lease_owner) == (OutboxState.QUEUED, None)


def test_a_worker_that_dies_while_the_body_leaves_costs_one_more_copy_at_most(
    session: WriteSession, now: datetime
) -> None:
    enqueue(session, mail(now=now), now=now)
    assert handed_over(session, now).copies == 1
    at = now + 15 * MINUTE
    assert claim(session, owner=OTHER, limit=1, now=at) == ()
    assert handed_over(session, at + MINUTE, OTHER).copies == 2
    claim(session, owner=ME, limit=1, now=at + 16 * MINUTE)
    row = one(session)
    assert (row.state, row.copies) == (OutboxState.ATTENTION, 2)
    assert row.reply == "The worker stopped before the mail server answered."


def test_a_starting_worker_takes_back_its_own_letters_and_no_others(session: WriteSession, now: datetime) -> None:
    enqueue_all(session, [mail(str(n), now=now) for n in range(3)], now=now)
    claimed(session, now)
    handed_over(session, now)
    claimed(session, now, OTHER)
    assert take_back(session, owner=ME, now=now) == 2
    assert take_back(session, owner=ME, now=now) == 0
    states = {row.state: row.lease_owner for row in session.scalars(select(OutboxRow))}
    assert states == {OutboxState.QUEUED: None, OutboxState.PREPARED: OTHER}


def test_a_reminder_under_way_is_not_sent_again_after_a_crash(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now, letter=Letter.REMINDER), now=now)
    handed_over(session, now)
    take_back(session, owner=ME, now=now)
    assert one(session).state == OutboxState.ATTENTION


def test_what_is_put_back_counts_no_attempt(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now), now=now)
    message = claimed(session, now)
    put_back(session, [message], owner=ME, at=now + MINUTE)
    assert claim(session, owner=ME, limit=1, now=now) == ()
    assert claimed(session, now + MINUTE).attempts == 1


# ------------------------------------------------------------ settling


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.TAKEN, OutboxState.SENT),
        (Outcome.REFUSED, OutboxState.BOUNCED),
        (Outcome.POSTPONED, OutboxState.QUEUED),
        (Outcome.UNKNOWN, OutboxState.QUEUED),
        (Outcome.WITHDRAWN, OutboxState.CANCELLED),
    ],
)
def test_each_outcome_has_its_state(session: WriteSession, now: datetime, outcome: Outcome, state: OutboxState) -> None:
    enqueue(session, mail(now=now), now=now)
    assert settle(session, handed_over(session, now), outcome, "x" * 900, owner=ME, now=now) is state
    row = one(session)
    assert (row.lease_owner, row.leased_until, len(row.reply or "")) == (None, None, 500)
    assert (row.settled_at is None) is (state is OutboxState.QUEUED)
    assert count_by_state(session) == {state: 1}


def test_a_bad_mailbox_is_left_alone_from_now_on(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail(now=now, recipient="Gone+x@kunder.example"), now=now)
    settle(session, claimed(session, now), Outcome.REFUSED, "550 5.1.1 No such user", owner=ME, now=now)
    assert load_suppressed(session, ["gone@kunder.example"]) == {"gone@kunder.example": SuppressionReason.BOUNCE}


def test_a_suppression_cancels_what_waits_unasked(session: WriteSession, now: datetime) -> None:
    to = "kunde@kunder.example"
    enqueue_all(
        session, [mail("a", now=now, recipient=to), mail("b", now=now, recipient=to, letter=Letter.SIGN_IN)], now=now
    )
    suppress(session, to, SuppressionReason.OPT_OUT, now=now)
    states = dict(session.execute(select(OutboxRow.reference, OutboxRow.state)).all())
    assert states == {"a": OutboxState.CANCELLED, "b": OutboxState.QUEUED}


def test_a_letter_is_withdrawn_while_it_waits(session: WriteSession, now: datetime) -> None:
    enqueue_all(session, [mail("a", now=now), mail("b", now=now)], now=now)
    assert withdraw(session, ["a", "c"], now=now) == 1
    assert [message.reference for message in claim(session, owner=ME, limit=9, now=now)] == ["b"]
    assert withdraw(session, ["b"], now=now) == 0


def test_deliveries_come_in_order_without_the_cancelled(session: WriteSession, now: datetime) -> None:
    enqueue(session, mail("a", now=now), now=now)
    withdraw(session, ["a"], now=now)
    enqueue(session, mail("a", now=now, wave=4), now=now + MINUTE)
    enqueue(session, mail("a", now=now, wave=3), now=now + MINUTE)
    assert [delivery.wave for delivery in load_deliveries(session, ["a", "b"])["a"]] == [3, 4]


def _claim_alone(engine: Database, now: datetime) -> tuple[OutboxMessage, ...]:
    with engine.write() as session:
        return claim(session, owner=OTHER, limit=1, now=now, per_minute=2)


def _wait_for_a_lock(engine: Database) -> None:
    """Until somebody in this database waits for somebody else."""
    ends_at = time.monotonic() + 10
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while time.monotonic() < ends_at:
        with engine.read() as session:
            if session.scalar(waiting):
                return
        time.sleep(0.01)
    pytest.fail("nobody waits")


def claim_view(row: OutboxRow) -> tuple[object, ...]:
    return row.id, row.recipient, row.dated_at, row.message_id, row.boundary
