"""The SELECTs behind what is held about whoever asks, and nobody else.

Counts alone, and only of what the person may know anyway: what is still collected, and who has answered, is no count
here (R9), a visit is known once its report is accepted (docs/anonymity.md).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, distinct, func, literal, or_, select, union_all

from app.accounts.tables import GrantRow, IdentityRow, PasskeyRow, SecondFactorRow, SessionRow
from app.accounts.values import Viewer
from app.decisions.tables import DecisionCaseRow
from app.encounters.tables import EncounterRow
from app.focus.tables import FocusKpiRow
from app.held.values import Holding, Kind
from app.infra.database import ReadSession
from app.journal.tables import JournalRow
from app.mail.tables import OutboxRow
from app.metrics.tables import ReadingRow
from app.organisation.tables import ManagerRoleRow, MembershipRow, PersonRow
from app.plans.tables import ActionPlanRow
from app.releases.tables import ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.tables import AssignmentRow, ConflictRow, RoundRow, RoundSubjectRow
from app.rounds.values import RoundState
from app.talks.tables import TalkRow
from app.visits.rules import SHOWN
from app.visits.tables import VisitRow

_STARTED = RoundRow.state != RoundState.DRAFT


def list_held(session: ReadSession, viewer: Viewer) -> tuple[Holding, ...]:
    """What is held about the viewer, by kind; one statement. Nothing for a key, or for the service itself."""
    if viewer.account_id is None:
        return ()
    counts = _counts(viewer)
    parts = [query.add_columns(literal(kind.value).label("kind")) for kind, query in counts.items()]
    found = {kind: count for count, kind in session.execute(union_all(*parts))}
    return tuple(Holding(kind, found[kind.value]) for kind in Kind)


def _counts(viewer: Viewer) -> Mapping[Kind, Select[Any]]:
    people = select(PersonRow.id).where(PersonRow.mailbox == viewer.mailbox, PersonRow.mailbox != "")
    return {
        **_about(sorted(viewer.own_subjects)),
        Kind.PERSON: _of(PersonRow.id, PersonRow.id.in_(people)),
        Kind.ACCOUNT: _of(GrantRow.id, GrantRow.account_id == viewer.account_id),
        Kind.SESSIONS: _of(SessionRow.id, SessionRow.account_id == viewer.account_id),
        Kind.WAYS_IN: select(
            _number(SecondFactorRow.id, SecondFactorRow.account_id == viewer.account_id)
            + _number(IdentityRow.id, IdentityRow.account_id == viewer.account_id)
            + _number(PasskeyRow.id, PasskeyRow.account_id == viewer.account_id)
        ),
        Kind.ASKED: select(func.count(distinct(AssignmentRow.round_id)))
        .join(RoundRow, RoundRow.id == AssignmentRow.round_id)
        .where(AssignmentRow.rater_id.in_(people), _STARTED),
        Kind.APART: _of(
            ConflictRow.id,
            or_(ConflictRow.one_id.in_(people), ConflictRow.other_id.in_(people)),
            ConflictRow.lifted_on.is_(None),
        ),
        Kind.LETTERS: _of(OutboxRow.id, OutboxRow.mailbox == viewer.mailbox),
        Kind.JOURNAL: _of(JournalRow.sequence, JournalRow.actor == viewer.actor),
    }


def _about(mine: Sequence[str]) -> Mapping[Kind, Select[Any]]:
    """What is held about the person-subjects that somebody is."""
    return {
        Kind.PLACES: select(
            _number(MembershipRow.subject_id, MembershipRow.subject_id.in_(mine))
            + _number(ManagerRoleRow.id, ManagerRoleRow.subject_id.in_(mine))
        ),
        Kind.RATED: select(func.count(distinct(RoundSubjectRow.round_id)))
        .join(RoundRow, RoundRow.id == RoundSubjectRow.round_id)
        .where(RoundSubjectRow.subject_id.in_(mine), RoundSubjectRow.is_rated, _STARTED),
        # A weekly round about customers says nothing of most people in it.
        Kind.RESULTS: select(func.count(distinct(ScoreRow.release_id))).where(
            ScoreRow.subject_id.in_(mine), ScoreRow.status == ScoreStatus.OK
        ),
        Kind.READINGS: _of(ReadingRow.id, ReadingRow.subject_id.in_(mine)),
        # Before its report is accepted, nobody who is visited learns of a visit.
        Kind.VISITS: _of(VisitRow.id, VisitRow.subject_id.in_(mine), VisitRow.state.in_(SHOWN)),
        Kind.ENCOUNTERS: _of(EncounterRow.id, EncounterRow.subject_id.in_(mine)),
        Kind.CASES: _of(DecisionCaseRow.id, DecisionCaseRow.subject_id.in_(mine)),
        Kind.PLANS: _of(ActionPlanRow.id, or_(ActionPlanRow.subject_id.in_(mine), ActionPlanRow.owner_id.in_(mine))),
        Kind.TALKS: _of(TalkRow.id, TalkRow.subject_id.in_(mine)),
        Kind.FOCUS: _of(FocusKpiRow.kpi_id, FocusKpiRow.subject_id.in_(mine)),
    }


def _of(key: Any, *wanted: ColumnElement[bool]) -> Select[Any]:
    return select(func.count(key)).where(*wanted)


def _number(key: Any, *wanted: ColumnElement[bool]) -> Any:
    return _of(key, *wanted).scalar_subquery()
