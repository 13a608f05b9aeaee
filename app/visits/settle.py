"""Writes after a report is in: accepted or sent back, objected to, decided, and at last counted with its facts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.mail.commands import enqueue, enqueue_all
from app.organisation.paths import load_paths
from app.organisation.queries import load_manager_roles, load_people, load_people_of
from app.organisation.values import Person, PersonId, SubjectId, SubjectKind
from app.visits import queries, rules
from app.visits.count import count_visit, note_step
from app.visits.letters import order_letter, ready_letters
from app.visits.tables import VisitRow
from app.visits.values import AppealOutcome, Visit, VisitLetter, VisitState


def accept_visit(session: WriteSession, viewer: Viewer, visit_id: str, *, now: datetime) -> Visit:
    """Accept a report: the visited can read it, and may object for as many days as the scenario gives.

    For analysts there who were not visited themselves. Sends the visited a letter. A visit to a competitor, which
    nobody of ours can object to, counts at once.
    """
    row = _judged(session, viewer, visit_id, VisitState.REPORTED, now=now)
    about = queries.letter_about(session, row.value(), on=local_day(now))
    is_ours = about.subject_kind is not SubjectKind.COMPETITOR
    row.state = VisitState.ACCEPTED
    row.note, row.validated_at, row.validated_by = "", now, viewer.actor
    row.appeal_until = now + timedelta(days=row.value().form.appeal_days) if is_ours else now
    note_step(session, viewer, row, "visit.accepted", now=now)
    if is_ours:
        _tell(session, row, about, now=now)
    else:
        count_visit(session, row, now=now)
    return queries.get_visit(session, viewer, row.id, on=local_day(now))


def return_visit(session: WriteSession, viewer: Viewer, visit_id: str, note: str, *, now: datetime) -> Visit:
    """Send a report back with a note on what is wrong; the shopper gets the link once more. For analysts there."""
    row = _judged(session, viewer, visit_id, VisitState.REPORTED, now=now)
    row.state, row.note, row.returns = VisitState.RETURNED, note, row.returns + 1
    note_step(session, viewer, row, "visit.returned", now=now)
    visit = row.value()
    shopper = load_people(session, [visit.shopper_id])[PersonId(visit.shopper_id)]
    about = queries.letter_about(session, visit, on=local_day(now))
    enqueue(session, order_letter(visit, shopper, about, wave=row.returns, note=note), now=now)
    return queries.get_visit(session, viewer, row.id, on=local_day(now))


def appeal_visit(session: WriteSession, viewer: Viewer, visit_id: str, text: str, *, now: datetime) -> Visit:
    """Object to an accepted report while there is time: it does not count until somebody has decided.

    For the visited person and for who manages the unit. AppealOver after the time. Sends nothing.
    """
    row, path = _taken(session, visit_id, now=now)
    if not rules.may_see_order(viewer, path, VisitState(row.state)):
        raise NotFound
    if not rules.may_appeal(viewer, path):
        require(viewer, Action.ROUNDS_WRITE, path)
        raise rules.NotTheVisited
    rules.check_appeal(VisitState(row.state), row.appeal_until, now=now)
    row.state, row.appeal, row.appealed_at = VisitState.APPEALED, text, now
    note_step(session, viewer, row, "visit.appealed", now=now)
    return queries.get_visit(session, viewer, row.id, on=local_day(now))


def decide_appeal(
    session: WriteSession, viewer: Viewer, visit_id: str, outcome: AppealOutcome, reason: str, *, now: datetime
) -> Visit:
    """Decide on an appeal: the visit stands and counts, or is set aside; outcome and reason stay to be read.

    For analysts there who neither were visited nor accepted the report (OtherJudgeNeeded). Sends the visited a letter.
    """
    row = _judged(session, viewer, visit_id, VisitState.APPEALED, now=now)
    if row.validated_by == viewer.actor:
        raise rules.OtherJudgeNeeded
    row.outcome, row.reason, row.decided_at = outcome.value, reason, now
    row.state = VisitState.SET_ASIDE if outcome is AppealOutcome.SET_ASIDE else VisitState.ACCEPTED
    note_step(session, viewer, row, "visit.decided", now=now)
    if outcome is AppealOutcome.STANDS:
        count_visit(session, row, now=now)
    _tell(session, row, queries.letter_about(session, row.value(), on=local_day(now)), now=now)
    return queries.get_visit(session, viewer, row.id, on=local_day(now))


def settle_due_visits(session: WriteSession, *, now: datetime) -> int:
    """Count every accepted visit to which nobody objected in time; how many. For the worker. Idempotent."""
    due = queries.take_due_visits(session, now=now)
    for row in due:
        count_visit(session, row, now=now)
    return len(due)


# ------------------------------------------------------------ pieces


def _taken(session: WriteSession, visit_id: str, *, now: datetime) -> tuple[VisitRow, Sequence[str]]:
    row = session.get(VisitRow, visit_id, with_for_update=True) if is_id(visit_id) else None
    if row is None:
        raise NotFound
    return row, load_paths(session, [row.subject_id], on=local_day(now)).get(SubjectId(row.subject_id), ())


def _judged(session: WriteSession, viewer: Viewer, visit_id: str, state: VisitState, *, now: datetime) -> VisitRow:
    """A visit in a state, held, for who may judge it."""
    row, path = _taken(session, visit_id, now=now)
    if not rules.may_see_order(viewer, path, VisitState(row.state)):
        raise NotFound
    require(viewer, Action.RESULTS_ANALYSE, path)
    if set(viewer.own_subjects) & {row.subject_id}:
        raise rules.OwnVisit
    if row.state != state:
        raise rules.WrongState
    return row


def _tell(session: WriteSession, row: VisitRow, about: VisitLetter, *, now: datetime) -> None:
    """Tell the visited: the person, or whoever leads the unit."""
    people = _visited_people(session, row, about, now=now)
    enqueue_all(session, list(ready_letters(row.value(), people, about, now=now)), now=now)


def _visited_people(session: WriteSession, row: VisitRow, about: VisitLetter, *, now: datetime) -> list[Person]:
    wanted = [row.subject_id]
    if about.subject_kind is not SubjectKind.PERSON:
        roles = load_manager_roles(session, row.company_id, on=local_day(now))
        wanted = [role.subject_id for role in roles if role.unit_id == row.subject_id]
    return list(load_people_of(session, wanted).values())
