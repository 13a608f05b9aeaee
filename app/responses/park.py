"""Suspicious answers of customers: noted when sent, parked at the close, and counted or left out by an analyst.

Only what is told to the analyst follows from them: to everybody else a parked answer is one that never came.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id, new_whole
from app.infra.keys import key_of
from app.infra.upserts import insert_or_replace
from app.invitations.values import RatingLink
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.responses.intake import BEGUN
from app.responses.rules import ReviewOver, suspicions_of
from app.responses.tables import AnswerRow, ParkedSheetRow, SheetCommentRow, SheetRow, SuspicionRow
from app.responses.values import FormSubject, ParkState, ParsedSheet, Suspicion
from app.rounds.close import mark_answered, settle_overlaps, unmark_answered
from app.rounds.queries import load_assignments, load_round, place_of
from app.rounds.tables import RoundRow
from app.rounds.values import Mode, Round, RoundId, RoundState


def note_suspicions(
    session: WriteSession,
    link: RatingLink,
    posted: Mapping[str, Sequence[str]],
    rated: Sequence[tuple[FormSubject, ParsedSheet]],
    *,
    now: datetime,
) -> None:
    """Note which sheets of a submit will be looked at; for submitting, which has stored them.

    Confidential customers only: others are known by name, or their sheets follow from the link alone. Nothing of the
    time is kept. A sheet that replaces another one is suspected of haste only if that one was.
    """
    told = [one for one in rated if one[0].rater_group is RaterGroup.CUSTOMER and one[0].mode is Mode.CONFIDENTIAL]
    if not told:
        return
    seconds = _seconds(session, link, posted, now=now)
    questions = sum(len(sheet.answers) for _, sheet in rated)
    for subject, sheet in told:
        key = key_of(session).sheet_key(subject.assignment_id)
        # Of several subjects on one form each gets the share of its questions.
        share = None if seconds is None else seconds * len(sheet.answers) / questions
        found = suspicions_of(list(sheet.answers.values()), share)
        if subject.is_answered:
            found = _again(session, key, found)
        if found:
            insert_or_replace(session, SuspicionRow, key=key, round_id=link.round_id, reasons=[*found])


def park_suspected(session: WriteSession, round_: Round) -> None:
    """Take the suspected sheets of a round out of the others; for the close, which holds the round.

    Their assignments lose their marks: for everything that is computed or told, these raters have not answered.
    """
    rows = session.scalars(select(SuspicionRow).where(SuspicionRow.round_id == round_.id))
    noted = {row.key: row.reasons for row in rows}
    if not noted:
        return
    session.execute(delete(SuspicionRow).where(SuspicionRow.round_id == round_.id))
    for sheet in session.scalars(select(SheetRow).where(SheetRow.key.in_(list(noted)))).all():
        answers, comments = _contents(session, sheet.id)
        session.add(
            ParkedSheetRow(
                id=new_id(session),
                round_id=round_.id,
                subject_id=sheet.subject_id,
                rater_group=sheet.rater_group,
                key=sheet.key,
                pseudonym=sheet.pseudonym,
                submission_id=sheet.submission_id,
                questions=len(answers),
                answers=answers,
                comments=comments,
                reasons=noted[sheet.key],
                state=ParkState.PARKED,
            )
        )
        session.delete(sheet)
    session.flush()
    unmark_answered(session, _assignments(session, round_.id, noted))


def decide_parked(
    session: WriteSession, viewer: Viewer, parked_id: str, wanted: ParkState, *, now: datetime
) -> RoundId:
    """Let a parked answer count, or leave it out; either can be taken back until the release. Its round.

    For who analyses results at the scope of the round, between the close and the release (ReviewOver). Written: the
    sheet stands among the others again, with the mark of its assignment, or it does not. The journal says once that
    everything of a round was looked at, never what became of one answer. Idempotent.
    """
    row = session.get(ParkedSheetRow, parked_id) if is_id(parked_id) else None
    round_ = load_round(session, row.round_id) if row is not None else None
    require(viewer, Action.RESULTS_ANALYSE, place_of(session, round_, now=now) if round_ else ())
    if row is None or round_ is None:
        raise NotFound
    session.execute(select(RoundRow.id).where(RoundRow.id == round_.id).with_for_update())
    if load_round(session, round_.id).state is not RoundState.CLOSED:
        raise ReviewOver
    was_open = row.state == ParkState.PARKED
    counted = row.state == ParkState.COUNTED
    if wanted is ParkState.COUNTED and not counted:
        _bring_back(session, row)
    elif wanted is not ParkState.COUNTED and counted:
        _take_out(session, row)
    row.state = wanted
    row.decided_on = None if wanted is ParkState.PARKED else local_day(now)
    row.decided_by = None if wanted is ParkState.PARKED else viewer.actor
    session.flush()
    if counted != (wanted is ParkState.COUNTED):
        _mark(session, row)
        settle_overlaps(session, round_.id)
    left = select(ParkedSheetRow.id).where(
        ParkedSheetRow.round_id == round_.id, ParkedSheetRow.state == ParkState.PARKED
    )
    if was_open and session.scalar(left.limit(1)) is None:
        _note(session, viewer, round_, now=now)
    return round_.id


def _note(session: WriteSession, viewer: Viewer, round_: Round, *, now: datetime) -> None:
    record(
        session,
        viewer.actor,
        "round.reviewed",
        company_id=round_.company_id,
        object_kind="round",
        object_id=round_.id,
        now=now,
    )


def _seconds(
    session: WriteSession, link: RatingLink, posted: Mapping[str, Sequence[str]], *, now: datetime
) -> float | None:
    sealed = posted.get(BEGUN, ("",))[0]
    begun = key_of(session).read_moment(BEGUN, link.round_id, sealed)
    # Sealed in whole seconds, downwards: nobody is suspected for the rest of one.
    return None if begun is None else (now - begun).total_seconds()


def _again(session: WriteSession, key: bytes, found: tuple[Suspicion, ...]) -> tuple[Suspicion, ...]:
    """What stays of a suspicion when a sheet is replaced."""
    before = session.get(SuspicionRow, key)
    was_fast = before is not None and Suspicion.TOO_FAST in before.reasons
    kept = tuple(one for one in found if one is not Suspicion.TOO_FAST or was_fast)
    if before is not None and not kept:
        session.delete(before)
        session.flush()
    return kept


def _contents(session: WriteSession, sheet_id: int) -> tuple[dict[str, float | None], dict[str, str]]:
    answers = session.scalars(select(AnswerRow).where(AnswerRow.sheet_id == sheet_id))
    comments = session.scalars(select(SheetCommentRow).where(SheetCommentRow.sheet_id == sheet_id))
    return {one.item_id: one.level for one in answers}, {one.about: one.text for one in comments}


def _bring_back(session: WriteSession, row: ParkedSheetRow) -> None:
    sheet_id = new_whole(session)
    session.execute(
        insert(SheetRow).values(
            id=sheet_id,
            round_id=row.round_id,
            subject_id=row.subject_id,
            rater_group=row.rater_group,
            key=row.key,
            pseudonym=row.pseudonym,
            submission_id=row.submission_id,
        )
    )
    answers = [{"sheet_id": sheet_id, "item_id": item, "level": level} for item, level in (row.answers or {}).items()]
    comments = [{"sheet_id": sheet_id, "about": about, "text": text} for about, text in (row.comments or {}).items()]
    for table, rows in ((AnswerRow, answers), (SheetCommentRow, comments)):
        if rows:
            session.execute(insert(table), rows)
    row.answers = row.comments = None


def _take_out(session: WriteSession, row: ParkedSheetRow) -> None:
    sheet = session.scalars(select(SheetRow).where(SheetRow.key == row.key)).one()
    answers, comments = _contents(session, sheet.id)
    session.delete(sheet)
    row.answers, row.comments = answers, comments


def _mark(session: WriteSession, row: ParkedSheetRow) -> None:
    """Whether the rater has answered, as the parked answer now stands."""
    mark = mark_answered if row.state == ParkState.COUNTED else unmark_answered
    mark(session, _assignments(session, row.round_id, [row.key]))


def _assignments(session: WriteSession, round_id: str, keys: Iterable[bytes]) -> list[str]:
    """The assignments that these sheets belong to: nothing stored leads from the one to the other."""
    wanted, key = set(keys), key_of(session)
    marks = load_assignments(session, round_id)
    return [one.id for one in marks if one.rater_group is RaterGroup.CUSTOMER and key.sheet_key(one.id) in wanted]
