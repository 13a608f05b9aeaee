"""A period of open answers is computed once it is over: its result, what its receipts tell, and the end of its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select

from app.accounts.rules import SERVICE, Action
from app.encounters.rules import period_of
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.open_answers import rules
from app.open_answers.queries import code_for, load_asked, load_due_periods
from app.open_answers.tables import OpenAnswerRow, OpenCodeRow, OpenResultRow
from app.open_answers.values import OpenCode
from app.receipts.commands import settle_apart
from app.receipts.tables import ReceiptRow
from app.receipts.values import NOT_SHOWN, Outcome
from app.responses.hand_out import WHOLE
from app.responses.values import ParkState


def compute_due_periods(session: WriteSession, *, now: datetime) -> int:
    """Compute the periods that are over, once and for all; how many. For the worker.

    Written: one result for each, with nothing below k, and what each receipt code tells of its comment; the answers
    themselves, their marks and comments are deleted. What is parked still is left out, and so is what was stored after
    its period was computed; where comments are looked at first, what nobody has looked at is withheld. Idempotent.
    """
    due = load_due_periods(session, now=now)
    for code_id, start in due:
        _compute(session, code_for(session, SERVICE, Action.RESULTS_READ, code_id, now=now), start, now=now)
    return len(due)


def compute_and_scrub(database: Database, *, now: datetime) -> int:
    """Compute the periods that are over, and clear what their answers and receipts have left in the files.

    For the worker; how many. Until then whoever holds the files and finds a code could tell which comment it was for.
    """
    with database.write() as session:
        done = compute_due_periods(session, now=now)
    if done:
        database.scrub(OpenAnswerRow.__tablename__, ReceiptRow.__tablename__)
    return done


def _compute(session: WriteSession, code: OpenCode, start: date, *, now: datetime) -> None:
    of_period = (OpenAnswerRow.code_id == code.id, OpenAnswerRow.period_start == start)
    # Whoever decides about a comment holds the code, too.
    session.execute(select(OpenCodeRow.id).where(OpenCodeRow.id == code.id).with_for_update())
    rows = session.scalars(select(OpenAnswerRow).where(*of_period)).all()
    if session.get(OpenResultRow, (code.id, start)) is not None:
        # Sent while the period was computed: what is published stays, and what came too late is not kept.
        _forget(session, rows, {}, now=now)
        return
    counted = [row for row in rows if row.state == ParkState.COUNTED]
    answers, said = [row.answers for row in counted], [row for row in counted if row.comment]
    comments, withheld = rules.settled_comments([(row.comment, row.ruling) for row in said], len(counted), code.k)
    became = rules.outcomes_of([row.ruling for row in said], len(counted), code.k)
    # In an order that says nothing of when they came.
    key = key_of(session)
    comments.sort(key=lambda one: key.derive("open comment", one.text))
    enough = len(counted) >= code.k
    scores = [rules.open_score(kpi, answers, code.k) for kpi in load_asked(session, code, on=start)]
    session.add(
        OpenResultRow(
            code_id=code.id,
            period_start=start,
            period_end=period_of(start, code.rhythm)[1],
            document={
                "answers": len(counted) if enough else None,
                "scores": [{**asdict(one), "name": dict(one.name)} for one in scores],
                "comments": [asdict(one) for one in comments],
                "withheld": {reason.value: count for reason, count in sorted(withheld.items())},
            },
        )
    )
    _forget(session, rows, dict(zip((row.id for row in said), became, strict=True)), now=now)


def _forget(
    session: WriteSession, rows: Sequence[OpenAnswerRow], became: Mapping[str, Outcome], *, now: datetime
) -> None:
    """Tell the receipts of a period what became of their comments, and delete its answers."""
    outcomes = {comment_mark(session, row.id): became.get(row.id, NOT_SHOWN) for row in rows if row.comment}
    settle_apart(session, outcomes, now=now)
    for row in rows:
        session.delete(row)
    session.flush()


def comment_mark(session: WriteSession, answer_id: str) -> bytes:
    """What stands for the comment of an answer in its receipt, until the period is computed."""
    key = key_of(session)
    return key.comment_mark(key.sheet_key(answer_id), WHOLE)
