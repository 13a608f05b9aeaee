"""The bounds of asking, set by people: who must not rate whom, and how many minutes a month a rater gets at most."""

from datetime import date, datetime

from sqlalchemy import delete, or_, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import FieldError, Invalid, NotFound
from app.fields import TEXT_LENGTH
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.journal.commands import record
from app.organisation.queries import load_people, path_of
from app.organisation.values import Person, PersonId
from app.rounds import rules
from app.rounds.limits import Conflict, conflict_of
from app.rounds.tables import AssignmentRow, ConflictRow, LoadCapRow, RoundRow
from app.rounds.values import RoundState

LEAST_CAP, MOST_CAP = 10, 600

TWO_PEOPLE = "Choose two different people of this company."
ONE_IS_RATED = "At least one of the two has to be an employee, whom somebody could rate."
A_REASON = "Write the reason in a sentence."
SINCE_LATER = "Choose today or an earlier day."
CAP_RANGE = "Choose a number of minutes from 10 to 600."


def mark_conflict(  # noqa: PLR0913 - who, which two, and three named facts
    session: WriteSession,
    viewer: Viewer,
    one_id: str,
    other_id: str,
    *,
    reason: str,
    since: date | None = None,
    now: datetime,
) -> Conflict:
    """Note that two people must not rate each other, in either direction.

    For who may write rounds at both. From now on no proposal, list, nomination or import pairs them; drafts lose such
    raters at once. What an open round has asked already stays: to take back only what is not answered would tell
    who has answered. Refused when the pair is marked (AlreadyApart). Sends nothing.
    """
    today = local_day(now)
    people = [_person(session, viewer, id_, on=today) for id_ in (one_id, other_id)]
    problems = _problems(people, reason, since or today, today)
    if problems:
        raise Invalid(problems)
    first, second = sorted(person.id for person in people)
    known = select(ConflictRow.id).where(
        ConflictRow.one_id == first, ConflictRow.other_id == second, ConflictRow.lifted_on.is_(None)
    )
    if session.scalar(known) is not None:
        raise rules.AlreadyApart
    row = ConflictRow(
        id=new_id(session),
        company_id=people[0].company_id,
        one_id=first,
        other_id=second,
        reason=reason.strip(),
        since=since or today,
        lifted_on=None,
    )
    session.add(row)
    session.flush()
    _take_off_drafts(session, people)
    _note(session, viewer, "conflict.marked", row.company_id, row.id, now=now)
    return conflict_of(row, {person.id: person for person in people})


def lift_conflict(session: WriteSession, viewer: Viewer, conflict_id: str, *, now: datetime) -> Conflict:
    """Let two people rate each other again; the mark stays on record with its days.

    For who may write rounds at both. Idempotent; sends nothing.
    """
    row = session.get(ConflictRow, conflict_id) if is_id(conflict_id) else None
    if row is None:
        raise NotFound
    today = local_day(now)
    people = {PersonId(id_): _person(session, viewer, id_, on=today) for id_ in (row.one_id, row.other_id)}
    if row.lifted_on is None:
        row.lifted_on = today
        session.flush()
        _note(session, viewer, "conflict.lifted", row.company_id, row.id, now=now)
    return conflict_of(row, people)


def set_load_cap(session: WriteSession, viewer: Viewer, company_id: str, minutes: int, *, now: datetime) -> int:
    """Set how many minutes of forms one rater gets in a month at most, over all rounds of a company.

    For who may write rounds in the whole company. Holds for what is asked from now on; nobody is taken off a round.
    Idempotent; sends nothing.
    """
    require(viewer, Action.ROUNDS_WRITE, (company_id,) if is_id(company_id) else ())
    if not LEAST_CAP <= minutes <= MOST_CAP:
        raise Invalid([FieldError("minutes", CAP_RANGE, f"{LEAST_CAP}-{MOST_CAP}")])
    row = session.get(LoadCapRow, company_id)
    if row is None:
        session.add(LoadCapRow(company_id=company_id, minutes=minutes))
    elif row.minutes != minutes:
        row.minutes = minutes
    else:
        return minutes
    session.flush()
    _note(session, viewer, "load_cap.set", company_id, company_id, now=now)
    return minutes


def _person(session: WriteSession, viewer: Viewer, person_id: str, *, on: date) -> Person:
    person = load_people(session, [person_id]).get(PersonId(person_id)) if is_id(person_id) else None
    place = path_of(session, person.subject_id or person.company_id, on=on) if person else ()
    require(viewer, Action.ROUNDS_WRITE, place)
    if person is None:
        raise NotFound
    return person


def _problems(people: list[Person], reason: str, since: date, today: date) -> list[FieldError]:
    one, other = people
    found = []
    if one.id == other.id or one.company_id != other.company_id:
        found.append(FieldError("other_id", TWO_PEOPLE))
    elif one.subject_id is None and other.subject_id is None:
        found.append(FieldError("other_id", ONE_IS_RATED))
    if not 0 < len(reason.strip()) <= TEXT_LENGTH:
        found.append(FieldError("reason", A_REASON, f"1-{TEXT_LENGTH}"))
    if since > today:
        found.append(FieldError("since", SINCE_LATER))
    return found


def _take_off_drafts(session: WriteSession, people: list[Person]) -> None:
    one, other = people
    pairs = [(rater, rated.subject_id) for rater, rated in ((one.id, other), (other.id, one)) if rated.subject_id]
    drafts = select(RoundRow.id).where(RoundRow.company_id == one.company_id, RoundRow.state == RoundState.DRAFT)
    is_pair = or_(
        *((AssignmentRow.rater_id == rater) & (AssignmentRow.subject_id == subject_id) for rater, subject_id in pairs)
    )
    session.execute(delete(AssignmentRow).where(AssignmentRow.round_id.in_(drafts), is_pair))


def _note(
    session: WriteSession, viewer: Viewer, action: str, company_id: str, object_id: str, *, now: datetime
) -> None:
    # Neither the two nor the reason: the journal outlives the mark, and both are theirs.
    kind = "conflict" if action.startswith("conflict") else "company"
    record(session, viewer.actor, action, company_id=company_id, object_kind=kind, object_id=object_id, now=now)
