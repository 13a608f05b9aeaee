"""Who may be asked and how much: people kept apart, and the minutes that forms take a rater in a month. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import func, or_, select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.rules import sheet_seconds
from app.organisation.queries import load_paths, load_people
from app.organisation.values import Person, PersonId, SubjectId
from app.rounds.freeze import freeze
from app.rounds.preview import questions_about
from app.rounds.rows import load_assignments, load_rated
from app.rounds.rules import is_visit
from app.rounds.tables import AssignmentRow, ConflictRow, LoadCapRow, RoundRow
from app.rounds.values import Assignment, FrozenRound, NewAssignment, Round, RoundSource, RoundState

USUAL_CAP = 60
"""Minutes of forms that one rater gets in a month at most, unless the company says otherwise."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two people who must not rate each other, since a day, until the mark was lifted (exclusive)."""

    id: str
    company_id: str
    people: tuple[Person, Person]
    reason: str
    since: date
    lifted_on: date | None


@dataclass(frozen=True, slots=True)
class RaterLoad:
    """What forms take one rater: in a round, and in the month of its opening over all rounds, in seconds."""

    person_id: PersonId
    name: str | None
    email: str | None
    forms: int
    seconds: int
    month_seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What keeps somebody from being asked in a round.

    `apart` are pairs of a rater (person) and whom he must not rate (subject); `seconds` is what a form takes by
    subject and group; `spent` what rounds of the month take by rater, this one included; `cap` in seconds.
    """

    month: date
    apart: frozenset[tuple[str, str]]
    seconds: Mapping[tuple[str, str], int]
    spent: Mapping[str, int]
    cap: int

    def is_apart(self, one: NewAssignment | Assignment) -> bool:
        """Whether a conflict of interest forbids this."""
        return (one.rater_id, one.subject_id) in self.apart

    def takes(self, one: NewAssignment | Assignment) -> int:
        """What the form takes, in seconds; 0 where nothing is asked."""
        return self.seconds.get((one.subject_id, str(one.rater_group)), 0)

    def left(self, rater_id: str) -> int:
        """The seconds that a rater may still be asked for in the month."""
        return self.cap - self.spent.get(rater_id, 0)


def load_limits(session: ReadSession, round_: Round, frozen: FrozenRound | None = None, *, now: datetime) -> Limits:
    """What keeps people from being asked in a draft or open round; `frozen` if it is known already."""
    if frozen is None:
        frozen = freeze(session, round_, load_rated(session, round_.id), now=now)
    month = local_day(round_.opens_at).replace(day=1)
    seconds = seconds_asked(frozen)
    spent = dict(load_spent(session, round_.company_id, month, but=round_.id))
    for one in asked_of(load_assignments(session, round_.id)):
        spent[one.rater_id] = spent.get(one.rater_id, 0) + seconds.get((one.subject_id, str(one.rater_group)), 0)
    cap = load_cap(session, round_.company_id) * 60
    return Limits(month, load_apart(session, round_.company_id), seconds, spent, cap)


def asked_of(assignments: Iterable[Assignment]) -> Iterator[Assignment]:
    """Those for which somebody has to fill in a form: not the visits that were reported outside the round."""
    return (one for one in assignments if not is_visit(one.rater_group, one.source))


def seconds_asked(frozen: FrozenRound) -> Mapping[tuple[str, str], int]:
    """What one form takes, by subject and group; only where something is asked."""
    questions = {
        (subject.id, str(policy.rater_group)): questions_about(frozen, subject, policy.rater_group)
        for subject in frozen.subjects
        if subject.is_rated
        for policy in frozen.groups
    }
    return {place: sheet_seconds(count) for place, count in questions.items() if count}


def load_spent(session: ReadSession, company_id: str, month: date, *, but: str = "") -> Mapping[str, int]:
    """The seconds that launched rounds opening in a month (its first day) ask of each rater; two statements."""
    rows = session.execute(
        select(RoundRow.id, RoundRow.opens_at).where(
            RoundRow.company_id == company_id,
            RoundRow.source == RoundSource.ASKED,
            RoundRow.state != RoundState.DRAFT,
        )
    )
    rounds = [id_ for id_, opens_at in rows if local_day(opens_at).replace(day=1) == month and id_ != but]
    if not rounds:
        return {}
    total = func.sum(AssignmentRow.seconds)
    query = select(AssignmentRow.rater_id, total).where(
        AssignmentRow.round_id.in_(rounds), AssignmentRow.declined.is_(None)
    )
    return {rater_id: int(seconds) for rater_id, seconds in session.execute(query.group_by(AssignmentRow.rater_id))}


def load_cap(session: ReadSession, company_id: str) -> int:
    """Minutes of forms that one rater of a company gets in a month at most."""
    return session.scalar(select(LoadCapRow.minutes).where(LoadCapRow.company_id == company_id)) or USUAL_CAP


def over_cap(limits: Limits, assignments: Iterable[Assignment]) -> Mapping[str, int]:
    """The raters of these assignments who have more than the cap, with the minutes of their month."""
    raters = {one.rater_id for one in assignments if limits.takes(one)}
    return {rater: -(-limits.spent[rater] // 60) for rater in sorted(raters) if limits.left(rater) < 0}


def loads_of(session: ReadSession, limits: Limits, assignments: Iterable[Assignment]) -> list[RaterLoad]:
    """What these assignments and the month take each rater."""
    asked: defaultdict[str, list[int]] = defaultdict(list)
    for one in asked_of(assignments):
        asked[one.rater_id].append(limits.takes(one))
    people = load_people(session, asked)
    return [
        RaterLoad(person.id, person.name, person.email, len(forms), sum(forms), limits.spent.get(rater, 0))
        for rater, forms in asked.items()
        for person in (people[PersonId(rater)],)
    ]


def load_order(one: RaterLoad) -> tuple[int, str, str]:
    """The fullest month first, then by name."""
    return -one.month_seconds, (one.name or one.email or "").casefold(), one.person_id


# ------------------------------------------------------------ conflicts of interest


def load_apart(
    session: ReadSession, company_id: str, *, during: tuple[date, date] | None = None
) -> frozenset[tuple[str, str]]:
    """Pairs of a rater (person) and whom he must not rate (subject): now, or some day of a period (both included)."""
    query = select(ConflictRow.one_id, ConflictRow.other_id).where(ConflictRow.company_id == company_id)
    if during is None:
        query = query.where(ConflictRow.lifted_on.is_(None))
    else:
        first, last = during
        is_later = or_(ConflictRow.lifted_on.is_(None), ConflictRow.lifted_on > first)
        query = query.where(ConflictRow.since <= last, is_later)
    pairs = session.execute(query).all()
    people = load_people(session, {one for pair in pairs for one in pair})
    return frozenset(
        (rater, subject_id)
        for one, other in pairs
        for rater, rated in ((one, other), (other, one))
        if (subject_id := people[PersonId(rated)].subject_id) is not None
    )


def list_conflicts(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, on: date
) -> Page[Conflict]:
    """The conflicts of interest in a company that stand, between people about both of whom the viewer writes rounds."""
    if not is_id(company_id):
        raise NotFound
    query = select(ConflictRow).where(ConflictRow.company_id == company_id, ConflictRow.lifted_on.is_(None))
    rows = session.scalars(query).all()
    people = load_people(session, {one for row in rows for one in (row.one_id, row.other_id)})
    open_to = _open_to(session, viewer, people.values(), on=on)
    seen = [row.id for row in rows if {row.one_id, row.other_id} <= open_to]
    query = select(ConflictRow).where(ConflictRow.id.in_(seen))
    found = session.scalars(sliced(query, (ConflictRow.since, ConflictRow.id), request, descending=True))
    page = page_of(found, request, lambda row: (row.since, row.id))
    return page.map(lambda row: conflict_of(row, people))


def conflict_of(row: ConflictRow, people: Mapping[PersonId, Person]) -> Conflict:
    """A mark as a value; the people by name."""
    pair = sorted(
        (people[PersonId(one)] for one in (row.one_id, row.other_id)),
        key=lambda one: ((one.name or one.email or "").casefold(), one.id),
    )
    return Conflict(row.id, row.company_id, (pair[0], pair[1]), row.reason, row.since, row.lifted_on)


def _open_to(session: ReadSession, viewer: Viewer, people: Collection[Person], *, on: date) -> frozenset[str]:
    """The people where the viewer may write rounds; of who is no employee, the company decides."""
    paths = load_paths(session, {one.subject_id or one.company_id for one in people}, on=on)
    return frozenset(
        one.id
        for one in people
        if may(viewer, Action.ROUNDS_WRITE, paths.get(SubjectId(one.subject_id or one.company_id), ()))
    )
