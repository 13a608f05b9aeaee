"""Every SELECT of encounters: programmes with their periods, encounters, and what decides whether somebody is asked."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.encounters import rules
from app.encounters.tables import EncounterRow, ProgrammePeriodRow, ProgrammeRow
from app.encounters.values import (
    Circumstances,
    Encounter,
    EncounterState,
    Period,
    Programme,
    ProgrammeId,
    ProgrammeState,
    Reason,
    Tally,
)
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.invitations.tables import InvitationRow
from app.journal.queries import load_moments
from app.kpis.values import RaterGroup
from app.mail.queries import load_suppressed
from app.mail.values import SuppressionReason
from app.organisation.queries import load_paths, path_of
from app.organisation.tables import PersonRow
from app.organisation.values import PersonId
from app.rounds.limits import load_apart
from app.rounds.queries import load_frozen_round
from app.rounds.rules import kpis_asked

AT_ONCE = 5_000
FAILED_BEGINNING = "programme.not_begun"
REST = timedelta(hours=1)
"""A round that could not begin is tried again after this long."""

# ------------------------------------------------------------ programmes


def get_programme(session: ReadSession, viewer: Viewer, programme_id: str, *, now: datetime) -> Programme:
    """A programme, for who may read rounds where it lies."""
    return _allowed(session, viewer, Action.ROUNDS_READ, programme_id, now=now)


def take_programme(session: ReadSession, viewer: Viewer, programme_id: str, *, now: datetime) -> Programme:
    """A programme to be changed, held until the transaction ends; for who may write rounds where it lies."""
    found = _allowed(session, viewer, Action.ROUNDS_WRITE, programme_id, now=now)
    session.execute(select(ProgrammeRow.id).where(ProgrammeRow.id == found.id).with_for_update())
    session.expire_all()
    return session.get_one(ProgrammeRow, found.id).value()


def list_programmes(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, now: datetime
) -> Page[Programme]:
    """The programmes of a company that the viewer may read, the youngest first."""
    if not is_id(company_id):
        raise NotFound
    scopes = session.scalars(select(ProgrammeRow.scope_id).where(ProgrammeRow.company_id == company_id).distinct())
    paths = load_paths(session, scopes.all(), on=local_day(now))
    seen = [scope for scope, path in paths.items() if may(viewer, Action.ROUNDS_READ, path)]
    query = select(ProgrammeRow).where(ProgrammeRow.company_id == company_id, ProgrammeRow.scope_id.in_(seen))
    keys = [ProgrammeRow.starts_on, ProgrammeRow.id]
    rows = session.scalars(sliced(query, keys, request, descending=True))
    return page_of(rows, request, key=lambda row: (row.starts_on, row.id)).map(lambda row: row.value())


def list_periods(
    session: ReadSession, viewer: Viewer, programme_id: str, request: PageRequest, *, now: datetime
) -> Page[Period]:
    """The periods of a programme with their rounds, the latest first; for who may read the programme."""
    found = get_programme(session, viewer, programme_id, now=now)
    query = select(ProgrammePeriodRow).where(ProgrammePeriodRow.programme_id == found.id)
    keys = [ProgrammePeriodRow.starts_on]
    rows = session.scalars(sliced(query, keys, request, descending=True))
    return page_of(rows, request, key=lambda row: (row.starts_on,)).map(
        lambda row: row.value(is_over=row.drawn_on is not None and row.drawn_on > row.ends_on)
    )


def find_programme_of(session: ReadSession, round_id: str) -> Programme | None:
    """The programme that began a round, whoever asks; None for a round made by hand."""
    period = ProgrammePeriodRow
    query = select(ProgrammeRow).join(period, period.programme_id == ProgrammeRow.id)
    row = session.scalar(query.where(period.round_id == round_id))
    return row.value() if row is not None else None


def has_failed_beginning(session: ReadSession, programme: Programme, *, now: datetime) -> bool:
    """Whether the round of the present period could not begin, when last tried."""
    start, _ = rules.period_of(local_day(now), programme.rhythm)
    if session.get(ProgrammePeriodRow, (programme.id, start)) is not None:
        return False
    tried = load_moments(session, FAILED_BEGINNING, "programme", [programme.id]).get(programme.id, ())
    return any(at >= rules.opens_at(start, DEFAULT_ZONE) for at in tried)


def load_running(session: ReadSession, company_id: str) -> tuple[Programme, ...]:
    """The running programmes of a company, whoever asks."""
    query = select(ProgrammeRow).where(
        ProgrammeRow.company_id == company_id, ProgrammeRow.state == ProgrammeState.RUNNING
    )
    return tuple(row.value() for row in session.scalars(query.order_by(ProgrammeRow.id)))


def load_rounds_of(session: ReadSession, programme_ids: Collection[str]) -> Mapping[tuple[str, date], str]:
    """The round of each period of some programmes, by programme and first day."""
    period = ProgrammePeriodRow
    query = select(period.programme_id, period.starts_on, period.round_id)
    rows = session.execute(query.where(period.programme_id.in_(set(programme_ids))))
    return {(programme_id, start): round_id for programme_id, start, round_id in rows}


def load_due_programmes(session: ReadSession, *, now: datetime) -> tuple[ProgrammeId, ...]:
    """Running programmes whose round of the present period has not begun; one that failed rests for an hour."""
    today = local_day(now)
    running = session.scalars(
        select(ProgrammeRow).where(ProgrammeRow.state == ProgrammeState.RUNNING, ProgrammeRow.starts_on <= today)
    ).all()
    period = ProgrammePeriodRow
    query = select(period.programme_id, period.starts_on).where(period.ends_on >= today)
    begun = {(programme_id, start) for programme_id, start in session.execute(query)}
    due = [row.id for row in running if (row.id, rules.period_of(today, row.value().rhythm)[0]) not in begun]
    failed = load_moments(session, FAILED_BEGINNING, "programme", due)
    return tuple(ProgrammeId(one) for one in due if one not in failed or failed[one][-1] + REST <= now)


# ------------------------------------------------------------ encounters


def list_encounters(
    session: ReadSession,
    viewer: Viewer,
    programme_id: str,
    request: PageRequest,
    *,
    state: EncounterState | None = None,
    now: datetime,
) -> Page[Encounter]:
    """The encounters of a programme, the latest first, with what became of each; for who may read the programme."""
    found = get_programme(session, viewer, programme_id, now=now)
    query = select(EncounterRow).where(EncounterRow.programme_id == found.id)
    if state is not None:
        query = query.where(EncounterRow.state == state)
    keys = [EncounterRow.occurred_at, EncounterRow.id]
    rows = session.scalars(sliced(query, keys, request, descending=True))
    return page_of(rows, request, key=lambda row: (row.occurred_at, row.id)).map(lambda row: row.value())


def tally_encounters(session: ReadSession, viewer: Viewer, programme_id: str, *, now: datetime) -> Sequence[Tally]:
    """How many encounters of a programme ended where, and why; for who may read the programme."""
    found = get_programme(session, viewer, programme_id, now=now)
    rows = session.execute(
        select(EncounterRow.state, EncounterRow.reason, func.count())
        .where(EncounterRow.programme_id == found.id)
        .group_by(EncounterRow.state, EncounterRow.reason)
    )
    order = [*EncounterState], [*Reason]
    tallies = [Tally(EncounterState(state), Reason(reason), count) for state, reason, count in rows]
    return sorted(tallies, key=lambda one: (order[0].index(one.state), order[1].index(one.reason)))


def load_encounters(session: ReadSession, company_id: str, external_ids: Iterable[str]) -> Mapping[str, EncounterRow]:
    """The encounters of a company with these ids, for the command that may change them."""
    found: dict[str, EncounterRow] = {}
    for some in parts(external_ids):
        query = select(EncounterRow).where(EncounterRow.company_id == company_id, EncounterRow.external_id.in_(some))
        found |= {row.external_id: row for row in session.scalars(query)}
    return found


def load_met(session: ReadSession, company_id: str, *, since: datetime) -> Mapping[str, frozenset[bytes]]:
    """By employee, the marks of the customers served since; without those about whom a request waits."""
    query = select(EncounterRow.subject_id, EncounterRow.customer, EncounterRow.state).where(
        EncounterRow.company_id == company_id, EncounterRow.occurred_at >= since
    )
    rows = session.execute(query).all()
    waiting = {customer for _, customer, state in rows if state == EncounterState.DELAYED}
    found: defaultdict[str, set[bytes]] = defaultdict(set)
    for subject_id, customer, _ in rows:
        if customer not in waiting:
            found[subject_id].add(customer)
    return {subject_id: frozenset(customers) for subject_id, customers in found.items()}


def load_due_draws(session: ReadSession, *, now: datetime) -> tuple[str, ...]:
    """The companies with a period that waits for the draw of today, or with encounters that wait in vain."""
    day = rules.draw_day(now, DEFAULT_ZONE)
    period = ProgrammePeriodRow
    is_due = select(ProgrammeRow.company_id).join(period, period.programme_id == ProgrammeRow.id)
    is_due = is_due.where(
        period.starts_on < day,
        or_(period.drawn_on.is_(None), (period.drawn_on < day) & (period.drawn_on <= period.ends_on)),
    )
    is_stale = select(EncounterRow.company_id).where(
        EncounterRow.state == EncounterState.DELAYED, EncounterRow.arrived_at < now - rules.LONGEST_WAIT
    )
    return tuple(session.scalars(is_due.union(is_stale).order_by("company_id")).all())


# ------------------------------------------------------------ circumstances


class Waiting(NamedTuple):
    """An encounter whose fate is asked for: the customer by mark and mailbox, the employee, where it belongs."""

    customer: bytes
    mailbox: str
    subject_id: str
    round_id: str | None
    period_end: date


@dataclass(frozen=True, slots=True)
class Desk:
    """What is known of customers and rounds, loaded once for many encounters.

    `known` are people by mailbox, `employees` the mailboxes of those who work here; `apart` are pairs of a rater
    (person) and whom he must not rate (subject).
    """

    suppressed: Mapping[str, SuppressionReason]
    known: Mapping[str, PersonId]
    employees: Collection[str]
    apart: Collection[tuple[str, str]]
    asked: Mapping[bytes, datetime]
    asked_about: Collection[tuple[bytes, str, str]]
    invited: Mapping[str, datetime]
    rated: Mapping[str, Collection[str]]

    def circumstances(self, one: Waiting, *, now: datetime, is_drawing: bool = False) -> Circumstances:
        """What decides about one encounter; at the draw itself its period is not over yet."""
        suppression = self.suppressed.get(one.mailbox)
        asked = [at for at in (self.asked.get(one.customer), self.invited.get(one.mailbox)) if at is not None]
        return Circumstances(
            is_over=not is_drawing and rules.is_over(one.period_end, now=now, zone=DEFAULT_ZONE),
            is_employee=one.mailbox in self.employees,
            has_opted_out=suppression in {SuppressionReason.OPT_OUT, SuppressionReason.COMPLAINT},
            has_bounced=suppression is SuppressionReason.BOUNCE,
            # Whoever is kept apart reads the same reason as where nothing is asked: the mark is told to nobody.
            is_rated=not self._is_apart(one) and (one.round_id is None or one.subject_id in self.rated[one.round_id]),
            is_asked_about=(one.customer, one.subject_id, one.round_id) in self.asked_about,
            asked_at=max(asked, default=None),
        )

    def _is_apart(self, one: Waiting) -> bool:
        return (self.known.get(one.mailbox), one.subject_id) in self.apart


def load_desk(session: ReadSession, company_id: str, waiting: Collection[Waiting]) -> Desk:
    """Everything that decides about these encounters of one company."""
    mailboxes = {one.mailbox for one in waiting}
    sent = list(_sent(session, company_id, {one.customer for one in waiting}))
    asked: dict[bytes, datetime] = {}
    for customer, _, _, at in sent:
        asked[customer] = max(at, asked.get(customer, at))
    people = _people(session, company_id, mailboxes)
    return Desk(
        suppressed=load_suppressed(session, mailboxes),
        known={mailbox: person_id for mailbox, (person_id, _) in people.items()},
        employees={mailbox for mailbox, (_, subject_id) in people.items() if subject_id is not None},
        apart=load_apart(session, company_id),
        asked=asked,
        asked_about={(customer, subject, round_id) for customer, subject, round_id, _ in sent},
        invited=_invited(session, company_id, mailboxes),
        rated={round_id: _rated(session, round_id) for round_id in {one.round_id for one in waiting} if round_id},
    )


def parts(values: Iterable[str]) -> Iterator[list[str]]:
    """Values in lists that one statement takes."""
    listed = sorted(set(values))
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def _sent(
    session: ReadSession, company_id: str, customers: Collection[bytes]
) -> Iterator[tuple[bytes, str, str, datetime]]:
    """Every request made to these customers: customer, employee, round, when."""
    listed = sorted(customers)
    columns = (EncounterRow.customer, EncounterRow.subject_id, EncounterRow.round_id, EncounterRow.settled_at)
    for start in range(0, len(listed), AT_ONCE):
        query = select(*columns).where(
            EncounterRow.company_id == company_id,
            EncounterRow.customer.in_(listed[start : start + AT_ONCE]),
            EncounterRow.state == EncounterState.SENT,
        )
        for customer, subject_id, round_id, at in session.execute(query):
            yield customer, subject_id, round_id or "", at or datetime.min.replace(tzinfo=DEFAULT_ZONE)


def _people(
    session: ReadSession, company_id: str, mailboxes: Collection[str]
) -> Mapping[str, tuple[PersonId, str | None]]:
    """Who is known already, by mailbox: the person, and as whom she works here."""
    query = select(PersonRow.mailbox, PersonRow.id, PersonRow.subject_id).where(PersonRow.company_id == company_id)
    return {
        str(mailbox): (PersonId(person_id), subject_id)
        for some in parts(mailboxes)
        for mailbox, person_id, subject_id in session.execute(query.where(PersonRow.mailbox.in_(some)))
    }


def _invited(session: ReadSession, company_id: str, mailboxes: Collection[str]) -> Mapping[str, datetime]:
    """When a customer was last invited to any round at all, made by hand or by a programme."""
    query = (
        select(PersonRow.mailbox, func.max(InvitationRow.created_at))
        .join(InvitationRow, InvitationRow.person_id == PersonRow.id)
        .where(PersonRow.company_id == company_id)
        .group_by(PersonRow.mailbox)
    )
    return {
        str(mailbox): at
        for some in parts(mailboxes)
        for mailbox, at in session.execute(query.where(PersonRow.mailbox.in_(some)))
    }


def _rated(session: ReadSession, round_id: str) -> frozenset[str]:
    """About whom a round has a question for customers."""
    frozen = load_frozen_round(session, round_id)
    return frozenset(
        subject.id
        for subject in frozen.subjects
        if subject.is_rated and kpis_asked(frozen.kpis, subject, RaterGroup.CUSTOMER)
    )


def _allowed(session: ReadSession, viewer: Viewer, action: Action, programme_id: str, *, now: datetime) -> Programme:
    row = session.get(ProgrammeRow, programme_id) if is_id(programme_id) else None
    require(viewer, action, path_of(session, row.scope_id, on=local_day(now)) if row else ())
    if row is None:
        raise NotFound
    return row.value()
