"""Pure decisions about the value report: what time a KPI took, from which day on it counts, and which KPI comes first."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar

from app.decisions.values import Choice
from app.followup.values import KpiName
from app.kpis.rules import sheet_seconds
from app.kpis.values import KpiState, RaterGroup
from app.plans.values import PlanState
from app.rounds.rules import kpis_on_card
from app.rounds.values import FrozenKpi
from app.scoring.effects import Verdict
from app.worth.values import AskedForms, Facts, KpiWorth

Named = TypeVar("Named", bound=StrEnum)

LOOKS_BACK = timedelta(days=365)
"""A KPI is judged by its last twelve months: long enough for four quarters, and for a plan to have worked."""


def counts_since(on: date) -> date:
    """The first day that counts.

    >>> str(counts_since(date(2026, 11, 23)))
    '2025-11-24'
    """
    return on - LOOKS_BACK + timedelta(days=1)


def minutes_by_kpi(forms: Iterable[AskedForms], asked: Mapping[str, Sequence[FrozenKpi]]) -> dict[str, int]:
    """What forms took, by KPI.

    Parameters
    ----------
    forms : forms by round, group and card
    asked : KPIs of each round, with the items that it asked

    Returns
    -------
    Whole minutes by KPI, >= 0, rounded up; without KPIs that no form asked about.

    Formula: a form of t seconds with n items takes t * n_k / n for a KPI with n_k of them, so that the time to open it
    and to comment is shared out as the questions are.

    >>> from app.kpis.values import KpiKind
    >>> one, other = (
    ...     FrozenKpi(name, "", KpiKind.SOFT, {}, {}, {RaterGroup.CUSTOMER: 1.0}, ("question",) * count, None)
    ...     for name, count in (("one", 2), ("other", 1))
    ... )
    >>> minutes_by_kpi([AskedForms("round", "customer", frozenset({"one", "other"}), 12)], {"round": [one, other]})
    {'one': 6, 'other': 3}
    """
    seconds: defaultdict[str, Fraction] = defaultdict(Fraction)
    for same in forms:
        kpis = kpis_on_card(asked[same.round_id], same.kpi_ids, RaterGroup(same.rater_group))
        items = sum(len(kpi.items) for kpi in kpis)
        for kpi in kpis:
            seconds[kpi.kpi_id] += Fraction(same.forms * sheet_seconds(items) * len(kpi.items), items)
    return {kpi_id: -int(-found // 60) for kpi_id, found in seconds.items()}


def worth_of(name: KpiName, state: KpiState, facts: Facts, *, on: date) -> KpiWorth:
    """What one KPI led to.

    Parameters
    ----------
    name, state : of the KPI
    facts : of this KPI and others
    on : the day on which it is asked; a case is overdue from the day after it was due
    """
    cases = [one for one in facts.cases if one.kpi_id == name.id]
    plans = [one for one in facts.plans if one.kpi_id == name.id]
    waiting = [one for one in cases if one.choice is None]
    return KpiWorth(
        kpi=name,
        state=state,
        decisions=_counted(Choice, (one.choice for one in cases)),
        open_cases=len(waiting),
        overdue_cases=sum(one.due_on < on for one in waiting),
        plans=_counted(PlanState, (one.state for one in plans)),
        verdicts=_counted(Verdict, (one.verdict for one in plans)),
        minutes=facts.minutes.get(name.id, 0),
        is_idle=state is KpiState.ACTIVE and name.id in facts.idle,
    )


def _counted(kind: type[Named], found: Iterable[Named | None]) -> dict[Named, int]:
    """How often each value occurs, those too that never do."""
    counts = Counter(found)
    return {one: counts[one] for one in kind}


def worth_order(one: KpiWorth) -> tuple[bool, int, str]:
    """The place of a KPI in the report: what led to no decision before what did, then what took most time.

    Hard KPIs take nobody's time, so they come last among their like.
    """
    return one.decided > 0, -one.minutes, one.kpi.id
