"""Leases of messages: claimed by one worker, given back, taken from the dead; a domain gets so many a minute."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, Update, bindparam, case, select, update

from app.infra.addresses import domain_of
from app.infra.database import WriteSession
from app.infra.logbook import Noted
from app.infra.types import Text, Whole
from app.infra.upserts import insert_or_leave
from app.mail import queries, rules
from app.mail.settle import held_by, settle
from app.mail.tables import OutboxRow, SendingWindowRow
from app.mail.values import Letter, OutboxMessage, OutboxState, Outcome

TOO_LATE = "Not delivered before its deadline."
# Thousands go through here: tables and columns, without making an object of each row.
_OUTBOX = queries.OUTBOX

WORKER_STOPPED = "The worker stopped before the mail server answered."
# In the words of the index of these.
_IS_LEASED = _OUTBOX.c.lease_owner.is_not(None)


def _due(*which: ColumnElement[bool]) -> Select[tuple[str]]:
    """Those of some letters that wait longest; by time alone, as their index has them."""
    return (
        select(_OUTBOX.c.id)
        .where(
            queries.WAITS,
            _OUTBOX.c.next_attempt_at <= bindparam("by"),
            _OUTBOX.c.deadline_at > bindparam("by"),
            *which,
        )
        .order_by(_OUTBOX.c.next_attempt_at)
        .limit(bindparam("most", type_=Whole))
    )


def _lease(found: Select[tuple[str]]) -> Update:
    """What was found goes to a worker, but for what somebody else is at."""
    return (
        update(_OUTBOX)
        .where(_OUTBOX.c.id.in_(found.with_for_update(skip_locked=True).scalar_subquery()))
        .values(
            state=OutboxState.PREPARED,
            attempts=_OUTBOX.c.attempts + 1,
            lease_owner=bindparam("owner"),
            leased_until=bindparam("until"),
        )
        .returning(*queries.MESSAGE_COLUMNS)
    )


# In the words of its index, which is used only where they stand in the statement.
_IS_SIGN_IN = _OUTBOX.c.letter == bindparam(None, Letter.SIGN_IN, type_=Text(), literal_execute=True)
# Made once, like the rows they bring: making them takes longer than running them.
_FIRST = _lease(_due(_IS_SIGN_IN))
_FIRST_SINCE = _lease(_due(_IS_SIGN_IN, _OUTBOX.c.dated_at > bindparam("held_at")))
_REST = _lease(_due(_OUTBOX.c.letter.not_in(bindparam("held", expanding=True))))
# All that waits of some bundles, whenever it would be due: they leave whole.
_IN_BUNDLES = (_OUTBOX.c.leaves_with.in_(bindparam("bundles", expanding=True)), _OUTBOX.c.deadline_at > bindparam("by"))
_MATES = _lease(select(_OUTBOX.c.id).where(*_IN_BUNDLES, queries.IS_QUEUED))
_UNSETTLED = select(_OUTBOX.c.id, _OUTBOX.c.leaves_with).where(*_IN_BUNDLES, _OUTBOX.c.state.in_(queries.WAITING))


def claim(
    session: WriteSession,
    *,
    owner: str,
    limit: int,
    now: datetime,
    per_minute: int = 0,
    held: Collection[Letter] = (),
) -> tuple[OutboxMessage, ...]:
    """Lease due messages to a worker.

    For the worker. Sign-in letters come first, then whatever waits longest, and all that leaves as one mail with it
    even past `limit`; letters in `held` wait, and while the outbox is held all but sign-in links asked for since. Where
    little waits, leases that ran out are freed and count as waiting; `take_back` frees them however much waits. A
    domain gets `per_minute` mails at most (0: as many as there are), the rest moves to the next minute; all workers
    count together. Two workers never get the same message: on PostgreSQL rows locked by another are skipped, on SQLite
    write transactions queue up.
    """
    held_at = queries.load_progress(session).held_at
    asked = {"owner": owner, "until": now + rules.LEASE, "by": now, "held_at": held_at, "held": list(held)}
    first = _leased(session, _FIRST if held_at is None else _FIRST_SINCE, most=limit, **asked)
    # Whoever must look at an outbox that is held has to be able to sign in; nothing else may leave.
    left = limit - len(first) if held_at is None else 0
    rest = _leased(session, _REST, most=left, **asked) if left else []
    if len(rest) < left:
        # To look through all that is under way takes longer than to claim some; each turn begins with it.
        _expire(session, now=now)
        if _free(session, OutboxRow.leased_until <= now, now=now):
            rest += _leased(session, _REST, most=left - len(rest), **asked)
    messages = (*first, *_whole(session, rest, owner=owner, now=now))
    return _within_the_minute(session, messages, owner=owner, most=per_minute, now=now) if per_minute else messages


def take_back(session: WriteSession, *, owner: str, noted: Mapping[str, Noted] | None = None, now: datetime) -> int:
    """Free the leases of a worker that starts: it has lost them. How many there were.

    For a starting worker, with the name that it alone bears. What was only prepared was surely not sent. Of marked
    letters `noted`, what its earlier life noted, tells which bodies left and how that ended; without it, nobody knows.
    Leases that ran out, whoever had them, and whatever waits and is too late now, are looked for as well: `claim` does
    so only when little waits.
    """
    _expire(session, now=now)
    mine = _free(session, OutboxRow.lease_owner == owner, noted=noted, now=now)
    _free(session, OutboxRow.leased_until <= now, now=now)
    return mine


def put_back(session: WriteSession, messages: Sequence[OutboxMessage], *, owner: str, at: datetime) -> None:
    """Return messages untried, to be claimed again from `at` on; for the worker that holds them and sent nothing."""
    for message in messages:
        session.execute(
            held_by(message, owner, message.state).values(
                state=OutboxState.QUEUED,
                attempts=message.attempts - 1,
                copies=message.copies - (message.state is OutboxState.HANDING_OVER),
                next_attempt_at=at,
                lease_owner=None,
                leased_until=None,
            )
        )


def _whole(
    session: WriteSession, claimed: Sequence[OutboxMessage], *, owner: str, now: datetime
) -> Sequence[OutboxMessage]:
    """What was claimed, with the rest of each bundle; without those bundles of which somebody else holds a part."""
    bundles = sorted({message.leaves_with for message in claimed if message.leaves_with is not None})
    if not bundles:
        return claimed
    asked = {"bundles": bundles, "by": now}
    messages = (*claimed, *_leased(session, _MATES, owner=owner, until=now + rules.LEASE, **asked))
    # Another worker that came upon the same bundle does alike: both let go of it, and one has it a minute later.
    mine = {message.id for message in messages}
    torn = {name for id_, name in session.connection().execute(_UNSETTLED, asked) if id_ not in mine}
    later = rules.next_attempt(1, now=now)
    put_back(session, [one for one in messages if one.leaves_with in torn], owner=owner, at=later)
    return [one for one in messages if one.leaves_with not in torn]


def _leased(session: WriteSession, statement: Update, **asked: object) -> list[OutboxMessage]:
    rows = session.connection().execute(statement, asked).all()
    return sorted(map(queries.message_in, rows), key=lambda one: (one.dated_at, one.id))


def _expire(session: WriteSession, *, now: datetime) -> None:
    """Messages that are too late: nobody misses a reminder after the close, anything else a person should know of."""
    session.execute(
        update(OutboxRow)
        .where(queries.WAITS, OutboxRow.deadline_at <= now)
        .values(
            state=case((OutboxRow.letter == Letter.REMINDER, OutboxState.CANCELLED), else_=OutboxState.ATTENTION),
            settled_at=now,
            reply=TOO_LATE,
        )
    )


def _within_the_minute(
    session: WriteSession, messages: Sequence[OutboxMessage], *, owner: str, most: int, now: datetime
) -> tuple[OutboxMessage, ...]:
    """Those that their domains still take this minute; the others wait for the next. Sign-in letters never wait."""
    by_domain: dict[str, list[Sequence[OutboxMessage]]] = {}
    for mail in rules.by_mail(message for message in messages if message.letter is not Letter.SIGN_IN).values():
        by_domain.setdefault(domain_of(mail[0].recipient), []).append(mail)
    next_minute = rules.minute_of(now) + timedelta(minutes=1)
    too_many: list[OutboxMessage] = []
    for domain, waiting in sorted(by_domain.items()):
        room = rules.room_left(_counted(session, domain, len(waiting), now=now), len(waiting), most)
        if room < len(waiting):
            too_many += chain.from_iterable(waiting[room:])
            _put_off(session, domain, until=next_minute)
    put_back(session, too_many, owner=owner, at=next_minute)
    gone = {message.id for message in too_many}
    return tuple(message for message in messages if message.id not in gone)


def _counted(session: WriteSession, domain: str, more: int, *, now: datetime) -> int:
    """How many mails the domain gets this minute, `more` included."""
    minute = rules.minute_of(now)
    insert_or_leave(session, SendingWindowRow, domain=domain, started_at=minute, count=0)
    counted = case((SendingWindowRow.started_at >= minute, SendingWindowRow.count), else_=0) + more
    query = (
        update(SendingWindowRow)
        .where(SendingWindowRow.domain == domain)
        .values(count=counted, started_at=minute)
        .returning(SendingWindowRow.count)
    )
    return session.scalars(query, execution_options={"synchronize_session": False}).one()


def _put_off(session: WriteSession, domain: str, *, until: datetime) -> None:
    # All at once: claiming them only to put them back would take longer than sending them. What another worker has
    # just claimed it counts itself; to wait for it here would be a deadlock, since it waits for the domain.
    waiting = (
        select(OutboxRow.id)
        .where(
            queries.WAITS,
            OutboxRow.next_attempt_at < until,
            OutboxRow.letter != Letter.SIGN_IN,
            OutboxRow.mailbox.endswith(f"@{domain}", autoescape=True),
        )
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(OutboxRow).where(OutboxRow.id.in_(waiting)).values(next_attempt_at=until),
        execution_options={"synchronize_session": False},
    )


def _free(
    session: WriteSession, lost: ColumnElement[bool], *, noted: Mapping[str, Noted] | None = None, now: datetime
) -> int:
    """Settle leases that nobody holds any more: prepared ones were not sent, of the others nobody knows by itself."""
    prepared = session.execute(
        update(OutboxRow)
        .where(_IS_LEASED, OutboxRow.state == OutboxState.PREPARED, lost)
        .values(state=OutboxState.QUEUED, lease_owner=None, leased_until=None)
    )
    query = select(OutboxRow).where(_IS_LEASED, OutboxRow.state == OutboxState.HANDING_OVER, lost)
    marked = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in marked:
        message, owner = queries.message_of(row), row.lease_owner or ""
        found = noted.get(rules.name_of(message)) if noted is not None else Noted()
        if found is None:
            put_back(session, [message], owner=owner, at=now)
        else:
            outcome = Outcome(found.outcome or Outcome.UNKNOWN)
            settle(session, message, outcome, found.reply or WORKER_STOPPED, owner=owner, now=now)
    return cast("CursorResult[Any]", prepared).rowcount + len(marked)
