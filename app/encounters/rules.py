"""Pure decisions about encounters: the grid of periods, when draws are, who is drawn, and what rules a request out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from app.encounters.values import Circumstances, Draw, EncounterState, Fate, Lot, Programme, Reason, Rhythm
from app.errors import Conflict, FieldError
from app.kpis.rules import length_problems
from app.kpis.values import Kpi, KpiKind, KpiState, RaterGroup

DRAW_AT = time(9)
CLOSE_AT = time(16)
FRESH = timedelta(days=8)
"""After this long a customer hardly remembers; who was not drawn by then is not asked."""
LONGEST_WAIT = timedelta(days=33)
"""No encounter can wait longer: its period, a month at most, has had its last draw by then."""

RECENT = timedelta(days=90)
"""A customer who was served longer ago than this is not proposed as a rater any more."""
MOST_CUSTOMERS = 20
LONGEST_PAUSE = timedelta(days=366)
"""No programme leaves a customer alone for longer: when a request was made is kept that long, and no longer."""

NOT_ASKABLE = "Choose active soft KPIs in which customers weigh."

WAITING = Fate(EncounterState.DELAYED, Reason.AWAITS_DRAW)
SENT = Fate(EncounterState.SENT, Reason.DRAWN)


class ProgrammeStopped(Conflict):
    """The programme has ended, and what it asked stays as it is."""

    code = "programme_stopped"
    message = "The programme is stopped. Make a new one to ask again."


def dropped(reason: Reason) -> Fate:
    """The fate of an encounter about which nobody will be asked."""
    return Fate(EncounterState.DROPPED, reason)


# ------------------------------------------------------------ the grid


def period_of(day: date, rhythm: Rhythm) -> tuple[date, date]:
    """The first and the last day of the period that a day lies in: the same for every programme and for ever.

    >>> [str(end) for end in period_of(date(2026, 11, 25), Rhythm.WEEK)]
    ['2026-11-23', '2026-11-29']
    >>> [str(end) for end in period_of(date(2026, 12, 31), Rhythm.MONTH)]
    ['2026-12-01', '2026-12-31']
    """
    if rhythm is Rhythm.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def opens_at(start: date, zone: ZoneInfo) -> datetime:
    """When the round of a period opens: as its first day begins."""
    return datetime.combine(start, time(), zone)


def closes_at(end: date, answer_days: int, zone: ZoneInfo) -> datetime:
    """When the round of a period closes: in the afternoon, so many days after the period.

    >>> closes_at(date(2026, 11, 29), 7, ZoneInfo("Europe/Oslo")).isoformat()
    '2026-12-06T16:00:00+01:00'
    """
    return datetime.combine(end + timedelta(days=answer_days), CLOSE_AT, zone)


def draw_day(now: datetime, zone: ZoneInfo) -> date:
    """The day of the latest draw: today from nine in the morning on, yesterday before.

    >>> oslo = ZoneInfo("Europe/Oslo")
    >>> [str(draw_day(datetime(2026, 11, 25, hour, tzinfo=oslo), oslo)) for hour in (8, 9)]
    ['2026-11-24', '2026-11-25']
    """
    local = now.astimezone(zone)
    return local.date() if local.time() >= DRAW_AT else local.date() - timedelta(days=1)


def draws_left(day: date, end: date) -> int:
    """How many draws a period has from one day on; its last one is on the morning after its last day.

    >>> draws_left(date(2026, 11, 24), date(2026, 11, 29)), draws_left(date(2026, 11, 30), date(2026, 11, 29))
    (7, 1)
    >>> draws_left(date(2026, 12, 1), date(2026, 11, 29))
    0
    """
    return max(0, (end - day).days + 2)


# ------------------------------------------------------------ the draw


def share_of_draw(left: int, draws: int, chance: float) -> int:
    """How many requests one draw may make, so that what is left lasts until the last one.

    Parameters
    ----------
    left : requests that the quota still allows in the period, >= 0
    draws : draws that the period still has, this one included, >= 1
    chance : a number drawn for this occasion, 0 <= chance < 1

    Returns
    -------
    0 to `left`; all of `left` at the last draw.

    Formula: floor(left/draws + chance), which is left/draws on average whatever it is.

    Source: systematic rounding, as in systematic sampling; Madow 1949, Ann. Math. Stat. 20, 333-354.

    >>> share_of_draw(5, 7, 0.2), share_of_draw(5, 7, 0.3), share_of_draw(5, 1, 0.99)
    (0, 1, 5)
    """
    return min(left, int(left / draws + chance))


def draw(lots: Iterable[Lot], *, seed: bytes, occasion: str, left: int, draws: int) -> Draw:
    """Draw those about whom one employee's customers are asked: every lot has the same chance.

    Parameters
    ----------
    lots : the encounters of one employee that wait
    seed : the random bytes of the period, recorded when it began
    occasion : the employee and the day, so that each draw rounds by a chance of its own
    left : requests that the quota still allows about this employee in the period
    draws : draws that the period still has, this one included

    Returns
    -------
    Those drawn, in the order drawn, and those left. Whoever knows seed, ids and quota draws the same.

    Formula: each lot gets the number SHA-256(seed, its external id); the lowest are drawn. An external id that was
    chosen before the seed is known cannot be aimed at a low number.

    Source: a simple random sample by random sort keys; Sunter 1977, Appl. Statist. 26, 261-268.

    >>> lots = [Lot("1", "a"), Lot("2", "b"), Lot("3", "c")]
    >>> drawn = draw(lots, seed=b"seed", occasion="Sofie/2026-11-30", left=2, draws=1)
    >>> [lot.external_id for lot in drawn.drawn], [lot.external_id for lot in drawn.left]
    (['b', 'a'], ['c'])
    """
    order = sorted(lots, key=lambda lot: _number(seed, "lot", lot.external_id))
    chance = int.from_bytes(_number(seed, "share", occasion)[:6], "big") / 2**48
    many = share_of_draw(left, draws, chance)
    return Draw(tuple(order[:many]), tuple(order[many:]))


def turn(seed: bytes, occasion: str) -> bytes:
    """What the order follows from in which employees are drawn for on one day."""
    return _number(seed, "turn", occasion)


def _number(seed: bytes, purpose: str, text: str) -> bytes:
    return sha256(b"\0".join([seed, purpose.encode(), text.encode()])).digest()


# ------------------------------------------------------------ what rules a request out


def ruled_out(one: Circumstances, pause_days: int, *, now: datetime) -> Fate | None:
    """Why nobody is asked about an encounter; None while nothing speaks against it. The first reason counts."""
    reasons = {
        Reason.TOO_LATE: one.is_over,
        Reason.IS_EMPLOYEE: one.is_employee,
        Reason.OPTED_OUT: one.has_opted_out,
        Reason.BOUNCED: one.has_bounced,
        Reason.NOT_RATED: not one.is_rated,
        Reason.ALREADY_ASKED: one.is_asked_about,
        Reason.ASKED_LATELY: is_resting(one.asked_at, pause_days, now=now),
    }
    return next((dropped(reason) for reason, holds in reasons.items() if holds), None)


def is_over(end: date, *, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the last draw of a period is due or done: what comes in now comes too late."""
    return draws_left(draw_day(now, zone), end) <= 1


def is_resting(asked_at: datetime | None, pause_days: int, *, now: datetime) -> bool:
    """Whether a customer who was asked then is to be left alone still.

    >>> from datetime import UTC
    >>> monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    >>> is_resting(monday, 7, now=monday + timedelta(days=7)), is_resting(monday, 8, now=monday + timedelta(days=7))
    (False, True)
    """
    return asked_at is not None and now - asked_at < timedelta(days=pause_days)


def longest_pause(programmes: Iterable[Programme]) -> int:
    """The pause that holds for all programmes of a company: the longest that any of them names; 0 without any."""
    return max((one.pause_days for one in programmes), default=0)


def programme_for(programmes: Iterable[Programme], path: Sequence[str], named: str | None) -> Programme | None:
    """The programme that asks about a subject: the one named, else the one set nearest above; None where there is none.

    Parameters
    ----------
    programmes : those that run
    path : from the company down to the subject
    named : external id or id of a programme, if the encounter says one
    """
    covering = [one for one in programmes if one.scope_id in path]
    if named is not None:
        covering = [one for one in covering if named in {one.id, one.external_id}]
    return max(covering, key=lambda one: (path.index(one.scope_id), one.id), default=None)


# ------------------------------------------------------------ how long they are kept


def kept_for(state: EncounterState) -> timedelta | None:
    """How long an encounter is kept after it is settled; None while a request waits.

    One that led to no request can propose its customer for 90 days; one that did keeps others away for the pause.

    >>> [getattr(kept_for(state), "days", None) for state in EncounterState]
    [None, 366, 90]
    """
    return {EncounterState.SENT: LONGEST_PAUSE, EncounterState.DROPPED: RECENT}.get(state)


# ------------------------------------------------------------ proposals


def most_customers(k: int) -> int:
    """How many customers are proposed about one employee at most.

    Parameters
    ----------
    k : least number of customers that a figure needs

    Returns
    -------
    20, or four times the minimum where that is more: few customers answer, and a quarter of those asked still reach it.

    >>> most_customers(5), most_customers(10)
    (20, 40)
    """
    return max(MOST_CUSTOMERS, 4 * k)


def spread_customers(met: Mapping[str, Collection[str]], room: Mapping[str, int], seed: str) -> dict[str, str]:
    """Whom each customer is asked about: about one employee only, and about all employees as evenly as can be.

    Parameters
    ----------
    met : by employee, the customers who could be asked
    room : by employee, how many more may be asked, >= 0
    seed : what the choice among equals follows from: the same for the same round, another one for the next

    Returns
    -------
    The employee by customer; a customer without one is not asked.

    Formula: turn by turn the employee with the fewest so far (of equals, with the fewest left to choose from) takes
    the customer whom the fewest others have met; of equals whom the seed puts first.

    >>> met = {"ida": ["a", "b", "c"], "leo": ["a"], "mia": ["b"]}
    >>> sorted(spread_customers(met, {"ida": 2, "leo": 2, "mia": 0}, "round").items())
    [('a', 'leo'), ('b', 'ida'), ('c', 'ida')]
    """
    free = {employee: set(customers) for employee, customers in met.items()}
    known_to = Counter(customer for customers in free.values() for customer in customers)
    asked: Counter[str] = Counter()
    chosen: dict[str, str] = {}
    while waiting := [one for one, customers in free.items() if customers and asked[one] < room[one]]:
        employee = min(waiting, key=lambda one: (asked[one], len(free[one]), _rank(seed, one)))
        customer = min(free[employee], key=lambda one: (known_to[one], _rank(seed, one)))
        chosen[customer] = employee
        asked[employee] += 1
        for customers in free.values():
            customers.discard(customer)
    return chosen


def _rank(seed: str, one: str) -> bytes:
    return sha256(f"{seed}/{one}".encode()).digest()


# ------------------------------------------------------------ definitions


def kpi_problems(kpi_ids: Sequence[str], known: Mapping[str, Kpi], company_id: str) -> list[FieldError]:
    """What is wrong with the KPIs of a programme: not askable, or more questions than a customer's minute holds."""
    wrong = [
        FieldError(f"kpi_ids.{place}", NOT_ASKABLE)
        for place, kpi_id in enumerate(kpi_ids)
        if not _is_askable(known.get(kpi_id), company_id)
    ]
    if wrong:
        return wrong
    questions = sum(len(known[kpi_id].current.items) for kpi_id in kpi_ids)
    return length_problems("kpi_ids", {RaterGroup.CUSTOMER: questions})


def _is_askable(kpi: Kpi | None, company_id: str) -> bool:
    return (
        kpi is not None
        and kpi.company_id == company_id
        and kpi.kind is KpiKind.SOFT
        and kpi.state is KpiState.ACTIVE
        and kpi.current.rater_weights.get(RaterGroup.CUSTOMER, 0) > 0
    )
