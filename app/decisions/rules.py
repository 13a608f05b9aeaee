"""Pure decisions about decision cases: who owns one, when it is due, when a signal is a new one, and idle KPIs."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.decisions.values import CaseCause, Choice
from app.errors import Conflict, Forbidden
from app.followup.values import Signal
from app.invitations.hours import working_days_after
from app.kpis.values import DecisionRule
from app.organisation.values import UNIT_KINDS, SubjectId, Tree

DUE_AFTER = 10
"""Working days from the opening of a case to the day by which somebody has chosen, where no decision rule says it."""

DUE_AGAIN_AFTER = 5
"""Working days that whoever is above gets once a case went up the line."""

ASKED_AGAIN_AFTER = timedelta(days=30)
"""So long "find out more first" holds: what signals still, is asked about again."""

IDLE_PERIODS = 2
"""After so many periods without a decision a KPI is only statistics."""


class CaseDecided(Conflict):
    """Somebody has chosen; what stands in the ledger stays."""

    code = "case_decided"
    message = "Somebody has decided already. Open a new case if it has to be decided again."


class CaseIsOpen(Conflict):
    """One case at a time for a KPI at a place."""

    code = "case_is_open"
    message = "A case about this is open already. Decide that one first."


class OwnCase(Forbidden):
    """Nobody decides about himself."""

    code = "own_case"
    message = "Somebody else decides what is about yourself."


def may_decide(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer decides about a subject: managers there, and nobody about the own person."""
    return may(viewer, Action.DECISIONS_WRITE, path) and path[-1] not in viewer.own_subjects


def due_on(opened_on: date, rule: DecisionRule | None = None) -> date:
    """The day by which somebody has to choose: as many working days later as the decision rule of the KPI says, or ten.

    >>> str(due_on(date(2026, 11, 23))), str(due_on(date(2026, 11, 23), DecisionRule({}, 5)))
    ('2026-12-07', '2026-11-30')
    """
    return working_days_after(opened_on, DUE_AFTER if rule is None else rule.days)


def due_again_on(today: date) -> date:
    """The day by which whoever is above has to choose: five working days later.

    >>> str(due_again_on(date(2026, 12, 8)))
    '2026-12-15'
    """
    return working_days_after(today, DUE_AGAIN_AFTER)


def owner_of(tree: Tree, subject_id: str) -> SubjectId | None:
    """Who has to see to a case about a subject: who leads the unit, or the nearest one above; None where nobody does."""
    subject = tree.subjects.get(SubjectId(subject_id))
    if subject is None:
        return None
    leading = tree.leaders(subject.id) if subject.kind in UNIT_KINDS else ()
    return next(iter(leading or tree.managers_of(subject.id)), None)


def next_owner(tree: Tree, owner_id: str | None) -> SubjectId | None:
    """Who is above an owner, to whom a case goes that nobody chose about in time; None at the top."""
    if owner_id is None or owner_id not in tree.subjects:
        return None
    return next(iter(tree.managers_of(SubjectId(owner_id))), None)


def still_leads(tree: Tree, owner_id: str | None) -> bool:
    """Whether an owner still leads anything."""
    return owner_id is not None and bool(tree.units_led(SubjectId(owner_id)))


def cause_of(signal: Signal) -> CaseCause | None:
    """Why a signal needs a decision; None for a gain, of which nobody is warned."""
    if signal.finding.side is not None and not signal.finding.is_gain:
        return CaseCause.SIGNAL
    if signal.red is not None and signal.red.since is not None:
        return CaseCause.RED_LINE
    return None


def noticed_on(signal: Signal, cause: CaseCause) -> date | None:
    """The step that crossed the limit, or the line."""
    if cause is CaseCause.SIGNAL:
        return signal.finding.on
    return None if signal.red is None else signal.red.since


def is_new(noticed: date, decided: tuple[Choice, date] | None, *, today: date) -> bool:
    """Whether what was noticed still has to be decided about.

    Parameters
    ----------
    noticed : the step that crossed the limit
    decided : the last decision about the same KPI and subject, and its day
    today : the day on which it is asked

    Returns
    -------
    True without an earlier decision, for what was noticed after it, and thirty days after "find out more first".

    >>> is_new(date(2026, 11, 9), (Choice.ACCEPT, date(2026, 11, 20)), today=date(2027, 3, 1))
    False
    >>> is_new(date(2026, 11, 9), (Choice.FIND_OUT, date(2026, 11, 20)), today=date(2026, 12, 20))
    True
    """
    if decided is None:
        return True
    choice, on = decided
    return noticed > on or (choice is Choice.FIND_OUT and today - on >= ASKED_AGAIN_AFTER)


def is_only_statistics(released: Sequence[tuple[date, date]], decided_on: date | None, *, today: date) -> bool:
    """Whether a KPI led to no decision for two periods: it is only statistics.

    Parameters
    ----------
    released : of every release that told something of the KPI, the last day of its period and the day of the release
    decided_on : day of the latest decision about the KPI, wherever it was taken
    today : the day on which it is asked

    Returns
    -------
    Whether no decision was recorded since the first release of the period before the latest, ten working days after
    the first release of the latest one. Periods are calendar quarters, since most rounds are shorter than a decision.

    >>> twice = [(date(2026, 6, 30), date(2026, 7, 6)), (date(2026, 9, 30), date(2026, 10, 5))]
    >>> (
    ...     is_only_statistics(twice, None, today=date(2026, 10, 20)),
    ...     is_only_statistics(twice, None, today=date(2026, 10, 18)),
    ... )
    (True, False)
    >>> is_only_statistics(twice, date(2026, 7, 6), today=date(2026, 10, 20))
    False
    """
    first: dict[tuple[int, int], date] = {}
    for period_end, on in released:
        quarter = (period_end.year, (period_end.month - 1) // 3)
        first[quarter] = min(on, first.get(quarter, on))
    if len(first) < IDLE_PERIODS:
        return False
    *_, before, latest = (first[quarter] for quarter in sorted(first))
    is_late = today > due_on(latest)
    return is_late and (decided_on is None or decided_on < before)
