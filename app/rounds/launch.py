"""The launch: everything that figures will follow from is frozen, hashed and written in one transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from app.accounts.values import Viewer
from app.errors import FieldError
from app.infra.database import WriteSession
from app.infra.ids import entropy_of
from app.infra.keys import SECRET_BYTES
from app.journal.commands import record
from app.mail.commands import withdraw
from app.organisation.queries import load_people, load_people_of
from app.rounds import recipe, rules
from app.rounds.checks import time_problems
from app.rounds.exposure import dossier_problems
from app.rounds.freeze import freeze
from app.rounds.letters import call_reference
from app.rounds.limits import load_limits, over_cap, seconds_asked
from app.rounds.moderators import moderator_problems
from app.rounds.nominations import find_call
from app.rounds.overlap import with_overlaps
from app.rounds.preview import RoundPreview, preview_of, too_long
from app.rounds.queries import (
    as_counted,
    count_draft,
    has_assignments,
    load_assignments,
    load_rated,
    load_raters,
    load_uncounted,
    take_round,
)
from app.rounds.tables import AssignmentRow, RoundReaderRow, RoundRow, RoundSubjectRow
from app.rounds.values import Assignment, FrozenRound, Round, RoundDraft, RoundSource, RoundState

AT_ONCE = 5_000
NAMES_SHOWN = 5

NO_GROUPS = "Choose at least one rater group."
NO_KPIS = "Choose at least one KPI to ask about."
NO_SUBJECTS = "Choose at least one to be rated."
NO_RATERS = "Nobody is asked yet. Let the structure propose raters, or add a list."
OVER_CAP = "{name} would get {minutes} minutes of forms in the month of the round. Let the organisation propose anew, or take some off."
GONE = "Somebody to be rated is no longer part of the organisation there. Take the person or unit off the round."


def launch_round(session: WriteSession, viewer: Viewer, round_id: str, *, confirmed: bool, now: datetime) -> Round:
    """Freeze a draft and open it.

    For who may write rounds at its scope. Written: the recipe with its promise hash, every subject of the scope as
    it is today with card and targets, who could read results, which assignments count towards the minimum; the
    salt of the links. Nothing is sent: invitations follow when the round opens. Not idempotent: a launched round is
    refused (RoundNotDraft). Also refused: RoundIncomplete (a rater whose month would become longer than the cap, or no
    complete dossier for what the round exposes people to, make it so), NothingToPublish, and ConfirmationNeeded unless
    `confirmed`, when some cells of the preview cannot be shown for sure.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    rated = load_rated(session, round_.id)
    frozen = freeze(session, round_, rated, now=now)
    problems = [
        *time_problems(draft_of(round_), now=now),
        *_gaps(session, round_, rated, frozen),
        *too_long(frozen),
        *_overloads(session, round_, frozen, now=now),
        *dossier_problems(session, frozen, now=now),
    ]
    if problems:
        raise rules.RoundIncomplete(problems)
    frozen, counted, addressed = count_draft(session, frozen)
    seen = preview_of(frozen, counted, addressed)
    if not seen.can_publish:
        raise rules.NothingToPublish
    if seen.needs_confirmation and not confirmed:
        raise rules.ConfirmationNeeded
    # Where no atom forms was found for the preview, which took as long as all the rest.
    _settle_assignments(session, frozen)
    _write(session, round_, frozen, now=now)
    if find_call(session, round_.id) is not None:
        # Letters that wait would ask for proposals that come too late.
        people = load_people_of(session, rated).values()
        withdraw(session, [call_reference(round_.id, person.id) for person in people], now=now)
    _note(session, viewer, round_, "round.launched", now=now)
    return replace(round_, state=RoundState.OPEN, promise_hash=frozen.promise_hash, launched_at=now)


def launch_growing_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    """Freeze a draft to which customers are added as they are met, and open it.

    For who may write rounds at its scope; called by programmes, in their transaction. As `launch_round`, but nobody
    needs to be asked yet, so that there is no preview: what can be shown is settled by who has answered at the close.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    rated = load_rated(session, round_.id)
    frozen = replace(freeze(session, round_, rated, now=now), grows=True)
    gaps = [gap for gap in _gaps(session, round_, rated, frozen) if gap.message != NO_RATERS]
    problems = [*time_problems(draft_of(round_), now=now), *gaps, *too_long(frozen)]
    if problems:
        raise rules.RoundIncomplete(problems)
    frozen = with_overlaps(session, frozen, _settle_assignments(session, frozen))
    _write(session, round_, frozen, now=now)
    _note(session, viewer, round_, "round.launched", now=now)
    return replace(round_, state=RoundState.OPEN, promise_hash=frozen.promise_hash, launched_at=now)


def launch_past_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> RoundPreview:
    """Freeze a draft whose ratings were given elsewhere, and close it at once; the preview is its report.

    For who may write rounds at its scope; called by the import of past ratings, in its transaction. As
    `launch_round`, but neither the times, dossiers (what happened cannot be asked for leave) nor what can be
    published are a reason to refuse, and nobody is invited.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    rated = load_rated(session, round_.id)
    frozen = freeze(session, round_, rated, now=now)
    problems = _gaps(session, round_, rated, frozen)
    if problems:
        raise rules.RoundIncomplete(problems)
    frozen = replace(frozen, source=RoundSource.IMPORT)
    asked = _settle_assignments(session, frozen)
    frozen = with_overlaps(session, frozen, asked)
    _write(session, round_, frozen, now=now)
    session.execute(
        update(RoundRow)
        .where(RoundRow.id == round_.id)
        .values(state=RoundState.CLOSED, source=RoundSource.IMPORT, closed_at=now, salt=None)
    )
    _note(session, viewer, round_, "round.imported", now=now)
    return preview_of(frozen, asked, addressed=())


def draft_of(round_: Round) -> RoundDraft:
    """A round as it would be asked for."""
    return RoundDraft(
        scope_id=round_.scope_id,
        external_id=round_.external_id,
        name=round_.name,
        purpose=round_.purpose,
        asked_by=round_.asked_by,
        period_start=round_.period_start,
        period_end=round_.period_end,
        opens_at=round_.opens_at,
        closes_at=round_.closes_at,
        reminders=round_.reminders,
        pooling=round_.pooling,
        release_mode=round_.release_mode,
        moderated_by=round_.moderated_by,
        talk_days=round_.talk_days,
    )


def _gaps(session: WriteSession, round_: Round, rated: Sequence[str], frozen: FrozenRound) -> list[FieldError]:
    """What a draft lacks before anybody can be asked."""
    found = [
        FieldError(field, message)
        for field, message, is_there in (
            ("groups", NO_GROUPS, round_.groups),
            ("kpis", NO_KPIS, round_.kpis),
            ("subjects", NO_SUBJECTS, rated),
        )
        if not is_there
    ]
    inside = {subject.id for subject in frozen.subjects}
    if any(subject_id not in inside for subject_id in rated):
        found.append(FieldError("subjects", GONE))
    found += moderator_problems(session, frozen.scope_id, round_.moderated_by, on=frozen.frozen_on)
    if not found and not rules.takes_visits_alone(round_.groups) and not has_assignments(session, round_.id):
        found.append(FieldError("assignments", NO_RATERS))
    return found


def _overloads(session: WriteSession, round_: Round, frozen: FrozenRound, *, now: datetime) -> list[FieldError]:
    """Whose month would become longer than the cap, the first few by name."""
    limits = load_limits(session, round_, frozen, now=now)
    over = over_cap(limits, load_assignments(session, round_.id))
    people = load_people(session, list(over)[:NAMES_SHOWN])
    return [
        FieldError(
            "assignments",
            OVER_CAP,
            f"<= {limits.cap // 60} min",
            {"name": person.name or person.email or "", "minutes": over[person.id]},
        )
        for person in people.values()
    ]


def _write(session: WriteSession, round_: Round, frozen: FrozenRound, *, now: datetime) -> None:
    """Write what is frozen."""
    session.execute(delete(RoundSubjectRow).where(RoundSubjectRow.round_id == round_.id))
    _insert(session, RoundSubjectRow, [_subject_values(frozen, place) for place in range(len(frozen.subjects))])
    _insert(
        session,
        RoundReaderRow,
        [
            {"round_id": round_.id, "subject_id": subject_id, "mailbox": mailbox}
            for subject_id, mailboxes in frozen.readers.items()
            for mailbox in sorted(mailboxes)
        ],
    )
    session.execute(
        update(RoundRow)
        .where(RoundRow.id == round_.id)
        .values(
            state=RoundState.OPEN,
            recipe={
                "frozen_on": frozen.frozen_on.isoformat(),
                "groups": recipe.groups_out(frozen.groups),
                "kpis": recipe.kpis_out(frozen.kpis),
                **({"grows": True} if frozen.grows else {}),
            },
            promise_hash=frozen.promise_hash,
            overlapping=recipe.overlaps_out(frozen.overlapping),
            salt=entropy_of(session).token_bytes(SECRET_BYTES),
            launched_at=now,
            version=RoundRow.version + 1,
        )
    )
    session.expire_all()


def _settle_assignments(session: WriteSession, frozen: FrozenRound) -> list[Assignment]:
    """Drop assignments about nothing and note who does not count; the others count."""
    subjects = {subject.id: subject for subject in frozen.subjects}
    groups = {policy.rater_group for policy in frozen.groups}
    assignments = load_assignments(session, frozen.id)
    asking = {
        (subject_id, group)
        for subject_id, group in {(one.subject_id, one.rater_group) for one in assignments}
        if group in groups and rules.kpis_asked(frozen.kpis, subjects[subject_id], group)
    }
    idle = [one.id for one in assignments if (one.subject_id, one.rater_group) not in asking]
    kept = [one for one in assignments if (one.subject_id, one.rater_group) in asking]
    uncounted = load_uncounted(session, frozen, kept, load_raters(session, frozen.id))
    _for_each(session, delete(AssignmentRow), idle)
    usual, others = _by_seconds(frozen, kept)
    session.execute(
        update(AssignmentRow).where(AssignmentRow.round_id == frozen.id).values(counted=True, seconds=usual)
    )
    for seconds, ids in others.items():
        _for_each(session, update(AssignmentRow).values(seconds=seconds), ids)
    _for_each(session, update(AssignmentRow).values(counted=False), sorted(uncounted))
    return [as_counted(one, is_so=one.id not in uncounted) for one in kept]


def _by_seconds(frozen: FrozenRound, asked: Sequence[Assignment]) -> tuple[int, dict[int, list[str]]]:
    """What most of the forms take, in seconds, and the assignments whose forms take longer or shorter."""
    if frozen.source is RoundSource.IMPORT:
        return 0, {}
    seconds = seconds_asked(frozen)
    ids: defaultdict[int, list[str]] = defaultdict(list)
    for one in asked:
        ids[seconds.get((one.subject_id, str(one.rater_group)), 0)].append(one.id)
    usual = max(ids, key=lambda length: len(ids[length]), default=0)
    return usual, {length: of_length for length, of_length in ids.items() if length != usual}


def _subject_values(frozen: FrozenRound, place: int) -> dict[str, Any]:
    subject = frozen.subjects[place]
    return {
        "round_id": frozen.id,
        "subject_id": subject.id,
        "is_rated": subject.is_rated,
        "parent_id": subject.parent_id,
        "kind": subject.kind,
        "name": subject.name,
        "card": recipe.card_out(subject.card),
        "targets": recipe.targets_out(subject.targets),
        "form": subject.form,
    }


def _insert(session: WriteSession, table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        session.execute(insert(table.__table__), rows[start : start + AT_ONCE])


def _for_each(session: WriteSession, statement: Any, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), AT_ONCE):
        session.execute(statement.where(AssignmentRow.id.in_(ids[start : start + AT_ONCE])))


def _note(session: WriteSession, viewer: Viewer, round_: Round, action: str, *, now: datetime) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=round_.company_id,
        object_kind="round",
        object_id=round_.id,
        now=now,
    )
