"""The daily draw: which encounters lead to a request, within quota and pause, by chance that can be repeated."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.encounters import rules
from app.encounters.queries import Desk, Waiting, load_desk, load_rounds_of, load_running
from app.encounters.tables import EncounterRow, ProgrammePeriodRow, ProgrammeRow
from app.encounters.values import EncounterState, Fate, Lot, Programme, Reason
from app.infra.addresses import mailbox_of
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.organisation.commands import ensure_raters
from app.organisation.place import take_turn
from app.organisation.values import NewRater
from app.rounds.commands import add_customers
from app.rounds.limits import Limits, load_limits
from app.rounds.queries import load_frozen_round, load_round, load_rounds, take_open_round
from app.rounds.values import NewAssignment, Round, RoundId, RoundState


def draw_due(session: WriteSession, company_id: str, *, now: datetime) -> int:
    """Hold the draws of a company that are due; how many requests they make.

    For the worker. In each period at most one draw a day, about each employee of its own: of the encounters that
    wait, those that caps, opt-outs or time rule out are dropped with their reason, chance picks among the others,
    and the rest waits for the next draw; after the last one of the period it is dropped as not drawn. Written: who
    is drawn becomes known as a rater with an assignment, and is invited by the worker; of nobody an address stays in
    the encounter. Idempotent on one day.
    """
    take_turn(session, company_id)
    day = rules.draw_day(now, DEFAULT_ZONE)
    programmes = {str(one.id): one for one in load_running(session, company_id)}
    made = 0
    for period in _due_periods(session, company_id, day):
        programme = programmes.get(period.programme_id)
        if programme is not None and _is_open(session, period.round_id):
            if not take_open_round(session, period.round_id):
                # Somebody holds it, who may wait for this company: the draw is held when the worker comes round again.
                continue
            pause = rules.longest_pause(programmes.values())
            made += _Table(session, programme, period, day, pause, now).draw()
        period.drawn_on = day
    _drop_forlorn(session, company_id, programmes, day, now=now)
    session.flush()
    return made


@dataclass(slots=True)
class _Table:
    """One draw: a period of a programme, on one day."""

    session: WriteSession
    programme: Programme
    period: ProgrammePeriodRow
    day: date
    pause: int
    now: datetime
    drawn: dict[str, EncounterRow] = field(default_factory=dict)

    def draw(self) -> int:
        """Settle everything that can be settled today; how many are asked."""
        self.session.flush()
        round_ = load_round(self.session, self.period.round_id)
        limits = load_limits(self.session, round_, load_frozen_round(self.session, round_.id), now=self.now)
        rows = self._waiting()
        desk = load_desk(self.session, self.programme.company_id, [self._case(row) for row in rows])
        left = self._still_possible(rows, desk, limits)
        by_employee: defaultdict[str, list[EncounterRow]] = defaultdict(list)
        for row in left:
            by_employee[row.subject_id].append(row)
        asked = self._asked_so_far()
        # Whose customers are drawn first matters when two employees met the same one: chance decides that, too.
        for subject_id in sorted(by_employee, key=lambda one: rules.turn(self.period.seed, f"{one}/{self.day}")):
            self._draw_about(subject_id, by_employee[subject_id], asked.get(subject_id, 0))
        self._ask(round_, limits)
        self._settle_others(left)
        self._note(len(rows))
        return len(self.drawn)

    def _draw_about(self, subject_id: str, rows: Sequence[EncounterRow], asked: int) -> None:
        # A customer takes part once, by the earliest encounter, however many there were.
        first: dict[str, EncounterRow] = {}
        for row in sorted(rows, key=lambda one: (one.occurred_at, one.external_id)):
            if row.customer.hex() not in self.drawn:
                first.setdefault(row.customer.hex(), row)
        outcome = rules.draw(
            [Lot(row.id, row.external_id) for row in first.values()],
            seed=self.period.seed,
            occasion=f"{subject_id}/{self.day.isoformat()}",
            left=max(0, self.programme.quota - asked),
            draws=self._draws(),
        )
        by_id = {row.id: row for row in first.values()}
        self.drawn |= {by_id[lot.encounter_id].customer.hex(): by_id[lot.encounter_id] for lot in outcome.drawn}

    def _draws(self) -> int:
        return max(1, rules.draws_left(self.day, self.period.ends_on))

    def _waiting(self) -> Sequence[EncounterRow]:
        query = select(EncounterRow).where(
            EncounterRow.programme_id == self.programme.id,
            EncounterRow.period_start == self.period.starts_on,
            EncounterRow.state == EncounterState.DELAYED,
        )
        return self.session.scalars(query.order_by(EncounterRow.id)).all()

    def _case(self, row: EncounterRow) -> Waiting:
        mailbox = mailbox_of(row.email or "")
        return Waiting(row.customer, mailbox, row.subject_id, self.period.round_id, self.period.ends_on)

    def _still_possible(self, rows: Sequence[EncounterRow], desk: Desk, limits: Limits) -> list[EncounterRow]:
        possible = []
        for row in rows:
            case = self._case(row)
            circumstances = desk.circumstances(case, now=self.now, is_drawing=True)
            against = rules.ruled_out(circumstances, self.pause, now=self.now)
            if against is None and not _has_time(desk.known.get(case.mailbox), row.subject_id, limits):
                against = rules.dropped(Reason.ASKED_LATELY)
            if against is None:
                possible.append(row)
            else:
                _settle(row, against, now=self.now)
        return possible

    def _asked_so_far(self) -> Mapping[str, int]:
        query = select(EncounterRow.subject_id, func.count()).where(
            EncounterRow.round_id == self.period.round_id, EncounterRow.state == EncounterState.SENT
        )
        return {row[0]: row[1] for row in self.session.execute(query.group_by(EncounterRow.subject_id))}

    def _ask(self, round_: Round, limits: Limits) -> None:
        raters = [
            NewRater(mark, row.email, None, row.name, row.locale or "") for mark, row in sorted(self.drawn.items())
        ]
        self.session.flush()
        people = ensure_raters(self.session, self.programme.company_id, raters, now=self.now)
        met = {str(people[mark]): row.subject_id for mark, row in self.drawn.items()}
        if met:
            add_customers(self.session, round_, met, limits, actor=SERVICE.actor)
        round_id = self.period.round_id
        for row in self.drawn.values():
            row.round_id, row.drawn_on = round_id, self.day
            _settle(row, rules.SENT, now=self.now)

    def _settle_others(self, rows: Sequence[EncounterRow]) -> None:
        """Of those not drawn: the customer was drawn elsewhere, or it is too late to wait any longer."""
        for row in rows:
            taken = self.drawn.get(row.customer.hex())
            if taken is row:
                continue
            if taken is not None:
                same = taken.subject_id == row.subject_id
                _settle(row, rules.dropped(Reason.ALREADY_ASKED if same else Reason.ASKED_LATELY), now=self.now)
            elif self._draws() == 1 or self.now - row.occurred_at > rules.FRESH:
                _settle(row, rules.dropped(Reason.NOT_DRAWN), now=self.now)

    def _note(self, waiting: int) -> None:
        if waiting:
            record(
                self.session,
                SERVICE.actor,
                "programme.drawn",
                company_id=self.programme.company_id,
                object_kind="programme",
                object_id=self.programme.id,
                details={"day": self.day.isoformat(), "waiting": waiting, "drawn": len(self.drawn)},
                now=self.now,
            )


def _has_time(person_id: str | None, subject_id: str, limits: Limits) -> bool:
    """Whether a customer may still be asked for the minutes of one form in this month; whoever is new may."""
    if person_id is None:
        return True
    return limits.takes(NewAssignment(person_id, subject_id, RaterGroup.CUSTOMER)) <= limits.left(person_id)


def _is_open(session: WriteSession, round_id: str) -> bool:
    return load_rounds(session, [round_id])[RoundId(round_id)].state is RoundState.OPEN


def _due_periods(session: WriteSession, company_id: str, day: date) -> Sequence[ProgrammePeriodRow]:
    """The periods that have a draw today: from their second day on, the last one on the day after they end."""
    period = ProgrammePeriodRow
    query = select(period).join(ProgrammeRow, ProgrammeRow.id == period.programme_id)
    query = query.where(
        ProgrammeRow.company_id == company_id,
        period.starts_on < day,
        period.drawn_on.is_(None) | ((period.drawn_on < day) & (period.drawn_on <= period.ends_on)),
    )
    return session.scalars(query.order_by(period.programme_id, period.starts_on)).all()


def _drop_forlorn(
    session: WriteSession, company_id: str, programmes: Mapping[str, Programme], day: date, *, now: datetime
) -> None:
    """Settle what waits for a draw that will never be: the programme stopped, or its period had its last one."""
    query = select(EncounterRow).where(
        EncounterRow.company_id == company_id, EncounterRow.state == EncounterState.DELAYED
    )
    rounds = load_rounds_of(session, set(programmes))
    for row in session.scalars(query):
        programme = programmes.get(row.programme_id or "")
        if programme is None or row.period_start is None:
            _settle(row, rules.dropped(Reason.NO_PROGRAMME), now=now)
            continue
        _, end = rules.period_of(row.period_start, programme.rhythm)
        has_begun = (programme.id, row.period_start) in rounds
        if rules.draws_left(day, end) == 0 if has_begun else day > end:
            _settle(row, rules.dropped(Reason.TOO_LATE), now=now)


def _settle(row: EncounterRow, fate: Fate, *, now: datetime) -> None:
    """Give a row its fate; who the customer is no longer stands in it."""
    row.state, row.reason, row.settled_at = fate.state, fate.reason, now
    row.email = row.name = row.locale = None
