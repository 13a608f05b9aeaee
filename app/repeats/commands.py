"""Every write of rounds that repeat: wished for and changed by people, drafted and started by the worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.encounters.clone import clone_round
from app.encounters.queries import find_programme_of
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.mail.commands import enqueue
from app.organisation.queries import load_people, load_subjects
from app.organisation.values import SubjectId
from app.repeats import queries, rules
from app.repeats.letters import AHEAD, owner_letter
from app.repeats.order import order_again
from app.repeats.tables import RepeatedRoundRow, RepetitionRow
from app.repeats.values import Problem, Repetition, RepetitionDraft, RepetitionState, Step
from app.rounds.commands import launch_round
from app.rounds.queries import take_round
from app.rounds.values import Round, RoundState


def set_repetition(
    session: WriteSession,
    viewer: Viewer,
    round_id: str,
    draft: RepetitionDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Repetition:
    """Let a round repeat, change how it does, let it rest, or stop it for good.

    For who may write rounds at its scope; the round has started (NotStartedYet) and is no programme's (BegunByProgramme).
    Its owner is a person of the company.
    To change one, its version is named (RepeatsAlready); one that was stopped stays so (RepetitionStopped). Sends
    nothing: the worker drafts, and tells the owner. Idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    present = queries.find_repetition(session, viewer, round_id, now=now)
    _check_owner(session, round_.company_id, draft)
    if find_programme_of(session, round_.id) is not None:
        raise rules.BegunByProgramme
    if present is None:
        return _begin(session, viewer, round_, draft, now=now)
    kept = RepetitionDraft(present.state, present.starts_itself, present.lead_days, present.owner_id)
    if draft == kept:
        return present
    if expected_version is None:
        raise rules.RepeatsAlready
    check_version(present.version, expected_version)
    if present.state is RepetitionState.STOPPED:
        raise rules.RepetitionStopped
    session.execute(
        update(RepetitionRow)
        .where(RepetitionRow.id == present.id)
        .values(
            state=draft.state,
            starts_itself=draft.starts_itself,
            lead_days=draft.lead_days,
            owner_id=draft.owner_id,
            version=RepetitionRow.version + 1,
        )
    )
    _note(session, viewer, present, "repetition.changed", {"state": draft.state.value}, now=now)
    return queries.load_repetition(session, present.id, now=now)


def draft_next(session: WriteSession, repetition_id: str, *, now: datetime) -> bool:
    """Draft the next round of a repetition if it is due, and tell its owner; whether it was.

    For the worker, in a transaction of its own. Written: a draft like the latest round for the next period, once for
    each period even where somebody deletes it. The structure and encounters propose who rates whom; of a list nobody is
    taken over, and the letter says so. Idempotent: the repetition is held meanwhile.
    """
    present = _held(session, repetition_id, now=now)
    due_on = present.drafted_on
    if due_on is None or not rules.may_draft(present.state, due_on, is_draft=present.is_draft, today=local_day(now)):
        return False
    made = clone_round(session, SERVICE, present.round_id, not_before=present.next_from, now=now)
    session.add(RepeatedRoundRow(round_id=made.id, repetition_id=present.id))
    following = {"next_from": made.period_end + timedelta(days=1), "version": RepetitionRow.version + 1}
    session.execute(update(RepetitionRow).where(RepetitionRow.id == present.id).values(**following))
    _note(session, SERVICE, present, "repetition.drafted", {"round_id": made.id}, now=now)
    drafted = queries.load_repetition(session, present.id, now=now)
    _tell(session, drafted, AHEAD, rules.missing_problems(drafted.missing_groups), now=now)
    return True


def start_next(session: WriteSession, repetition_id: str, *, now: datetime) -> bool:
    """Start the draft of a repetition if it starts by itself and opens now; whether it did.

    For the worker, in a transaction of its own; raises what keeps the round from starting, and GroupsMissing where
    nobody is asked in a group that answered the last time. Idempotent.
    """
    present = _held(session, repetition_id, now=now)
    wished = {"starts_itself": present.starts_itself, "is_draft": present.is_draft}
    if present.opens_at is None or not rules.may_start(present.state, present.opens_at, **wished, now=now):
        return False
    if present.missing_groups:
        gone = rules.missing_problems(present.missing_groups)
        raise rules.GroupsMissing([FieldError("assignments", problem.message) for problem in gone])
    launch_round(session, SERVICE, present.round_id, confirmed=True, now=now)
    return True


def order_next(session: WriteSession, repetition_id: str, *, now: datetime) -> bool:
    """Order the mystery visits of the round before once more for one that has started; whether that was to be done.

    For the worker, in a transaction of its own. As many visits by the same scenarios to the same places as were ordered
    for the period before, as many days later, less those ordered by hand already. Who goes, and in which part of the
    day, follows from the rotation. What cannot be ordered is left out, and the owner told. Once for a round.
    """
    present = _held(session, repetition_id, now=now)
    if present.state is not RepetitionState.RUNNING or present.step is not Step.VISITS:
        return False
    left = order_again(session, present, now=now)
    if left:
        _tell(session, present, Step.VISITS, rules.problems_of(rules.VisitsLeft()), now=now)
    _note(session, SERVICE, present, queries.ORDERED, {"left": left}, now=now)
    return True


def note_failure(session: WriteSession, repetition_id: str, error: Exception, *, now: datetime) -> None:
    """Note why a step came to nothing, as the page of the round says it, and tell the owner the first time.

    For the worker, in a transaction of its own, since that of the attempt is gone. Noted once for each reason that
    differs from the one before; the letter goes once for a round and step.
    """
    present = queries.load_repetition(session, repetition_id, now=now)
    problems = rules.problems_of(error)
    if problems == present.because:
        return
    told = [[problem.message, dict(problem.values)] for problem in problems]
    details = {"error": type(error).__name__, "step": present.step.value, "problems": told}
    _note(session, SERVICE, present, queries.FAILED, details, now=now)
    if not present.because:
        _tell(session, present, present.step.value, problems, now=now)


def _begin(
    session: WriteSession, viewer: Viewer, round_: Round, draft: RepetitionDraft, *, now: datetime
) -> Repetition:
    if round_.state is RoundState.DRAFT:
        raise rules.NotStartedYet
    row = RepetitionRow(
        id=new_id(session),
        company_id=round_.company_id,
        scope_id=round_.scope_id,
        owner_id=draft.owner_id,
        state=draft.state,
        starts_itself=draft.starts_itself,
        lead_days=draft.lead_days,
        next_from=round_.period_end + timedelta(days=1),
        version=1,
    )
    session.add(row)
    session.flush()
    session.add(RepeatedRoundRow(round_id=round_.id, repetition_id=row.id))
    session.flush()
    made = queries.load_repetition(session, row.id, now=now)
    _note(session, viewer, made, "repetition.begun", None, now=now)
    return made


def _held(session: WriteSession, repetition_id: str, *, now: datetime) -> Repetition:
    session.execute(select(RepetitionRow.id).where(RepetitionRow.id == repetition_id).with_for_update())
    return queries.load_repetition(session, repetition_id, now=now)


def _check_owner(session: WriteSession, company_id: str, draft: RepetitionDraft) -> None:
    if draft.owner_id is None:
        return
    person = load_people(session, [draft.owner_id] if is_id(draft.owner_id) else []).get(draft.owner_id)
    if person is None or person.company_id != company_id:
        raise Invalid([FieldError("owner_id", NO_CHOICE)])


def _tell(session: WriteSession, present: Repetition, what: str, problems: Sequence[Problem], *, now: datetime) -> None:
    """Tell the owner once for a round and what happened, if there is one with an address."""
    person = load_people(session, [present.owner_id]).get(present.owner_id) if present.owner_id else None
    if person is not None and person.email:
        company = load_subjects(session, [present.company_id], on=local_day(now))[SubjectId(present.company_id)]
        letter = owner_letter(present, what, problems, person, organisation=company.name, now=now)
        enqueue(session, letter, now=now)


def _note(
    session: WriteSession,
    viewer: Viewer,
    about: Repetition,
    action: str,
    details: dict[str, Any] | None,
    *,
    now: datetime,
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=about.company_id,
        object_kind="round",
        object_id=about.round_id,
        details=details,
        now=now,
    )
