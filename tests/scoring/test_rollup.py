"""A unit's hard figure comes from its own readings, or from those below by the rule of the KPI."""

import math
from collections.abc import Sequence

import pytest

from app.scoring.errors import ScoringError
from app.scoring.metrics import Aggregation, Method, measure
from app.scoring.results import Certainty, Interval, NotScored, Reason
from app.scoring.rollup import Readings, RollUp, unit_figure
from tests.scoring.facts import agrees
from tests.scoring.readings import days, told

MEAN, SUM = Aggregation(Method.MEAN), Aggregation(Method.SUM)
NOTHING = Readings(())


def readings(values: Sequence[float], people: int = 1, expected: int | None = None) -> Readings:
    return Readings(tuple(days(values)), people, expected)


TEAMS = [readings([10, 14], people=2), readings([20, 22, 24], people=6)]


def test_own_readings_come_before_those_below() -> None:
    assert told(unit_figure(RollUp.MEAN, SUM, readings([1, 2]), TEAMS)).value == 3


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (RollUp.POOLED, 18),
        (RollUp.MEAN, 17),
        (RollUp.WEIGHTED, (2 * 12 + 6 * 22) / 8),
        (RollUp.SUM, 34),
    ],
)
def test_each_rule_gives_its_figure(rule: RollUp, value: float) -> None:
    assert told(unit_figure(rule, MEAN, NOTHING, TEAMS)).value == value


def test_pooled_readings_are_aggregated_as_one() -> None:
    together = [reading for team in TEAMS for reading in team.observations]
    assert unit_figure(RollUp.POOLED, MEAN, NOTHING, TEAMS) == measure(MEAN, together)


def test_errors_below_add_up_by_their_weights() -> None:
    found = told(unit_figure(RollUp.WEIGHTED, MEAN, NOTHING, TEAMS))
    one, other = (told(measure(MEAN, team.observations)) for team in TEAMS)
    a, b = (one.se / 4) ** 2, (other.se * 3 / 4) ** 2
    assert (found.se, found.df, found.n) == (agrees(math.sqrt(a + b)), agrees((a + b) ** 2 / (a * a + b * b / 2)), 5)
    assert found.interval.lo < found.value < found.interval.hi


def test_exact_figures_below_give_an_exact_figure() -> None:
    found = told(unit_figure(RollUp.SUM, SUM, NOTHING, TEAMS))
    assert (found.value, found.certainty, found.interval) == (90, Certainty.EXACT, Interval(90, 90))


def test_one_unknown_error_below_makes_the_whole_unknown() -> None:
    assert told(unit_figure(RollUp.MEAN, MEAN, NOTHING, TEAMS)).certainty is Certainty.ESTIMATED
    assert told(unit_figure(RollUp.MEAN, MEAN, NOTHING, [*TEAMS, readings([9])])).certainty is Certainty.UNKNOWN


@pytest.mark.parametrize("rule", RollUp)
def test_a_unit_that_nobody_measures_has_no_value(rule: RollUp) -> None:
    assert unit_figure(rule, MEAN, NOTHING, [NOTHING, NOTHING]) == NotScored(Reason.NO_VALUE)
    assert unit_figure(rule, MEAN, NOTHING, []) == NotScored(Reason.NO_VALUE)


def test_the_rule_none_leaves_the_unit_without() -> None:
    assert unit_figure(RollUp.NONE, MEAN, NOTHING, TEAMS) == NotScored(Reason.NO_VALUE)


@pytest.mark.parametrize("rule", [RollUp.MEAN, RollUp.WEIGHTED, RollUp.SUM])
def test_too_few_below_with_a_figure_are_incomplete(rule: RollUp) -> None:
    assert unit_figure(rule, MEAN, NOTHING, [TEAMS[0], NOTHING]) == NotScored(Reason.INCOMPLETE, 0.5)
    assert told(unit_figure(rule, MEAN, NOTHING, [*TEAMS, NOTHING])).completeness == agrees(2 / 3)


def test_pooled_steps_are_counted_over_all_below() -> None:
    teams = [readings([1, 2, 3, 4], expected=2), readings([5], expected=4)]
    assert unit_figure(RollUp.POOLED, SUM, NOTHING, teams) == NotScored(Reason.INCOMPLETE, 0.5)
    fuller = [teams[0], Readings(teams[1].observations, expected=4, observed=2), readings([1])]
    assert told(unit_figure(RollUp.POOLED, SUM, NOTHING, fuller)).completeness == agrees(4 / 6)


def test_a_prorated_figure_below_is_said_above() -> None:
    prorated = Aggregation(Method.SUM, prorate=True)
    teams = [readings([1, 2, 3], expected=4), readings([4])]
    found = told(unit_figure(RollUp.SUM, prorated, NOTHING, teams))
    assert (found.value, found.prorated, found.certainty) == (12, True, Certainty.UNKNOWN)


def test_a_subject_has_people() -> None:
    with pytest.raises(ScoringError, match="a subject has 1 person or more, got 0"):
        Readings((), people=0)
