"""Subjects are compared over the rater groups and KPIs that all of them have, with the same weights."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.comparison import NEARLY_ALL, Compared, NotCompared, Uncompared, alike, like_for_like
from app.scoring.composite import CardEntry, Scorecard, score_composites
from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.metrics import known
from app.scoring.pooling import PooledCovariance
from app.scoring.ranking import Entry, Ranking, ranking
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite, HardScore, NotScored, Reason
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from tests.scoring.facts import agrees
from tests.scoring.naive import totals_of

MIXES = [
    RaterMix(0, {"manager": 5, "peers": 3, "customers": 2, "self": 0}),
    RaterMix(1, {"manager": 1, "customers": 1}),
]
CARD = Scorecard((CardEntry(0, 60), CardEntry(1, 20), CardEntry(2, 20)))
KNOWN = PooledCovariance(variances={0: 400.0, 1: 400.0})
NAN = math.nan

Asked = dict[str, list[tuple[float, float]]]


def scored(*subjects: Asked) -> SoftScores:
    """Rater scores on two KPIs by rater group; pooled groups are joined by a plus."""
    atoms = [np.array(rows) for asked in subjects for rows in asked.values()]
    names = [(subject, tuple(name.split("+"))) for subject, asked in enumerate(subjects) for name in asked]
    groups = [
        ReleasedGroup(subject, name, (place,), (1,) * len(name) if len(name) > 1 else ())
        for place, (subject, name) in enumerate(names)
    ]
    spread = dict.fromkeys(["manager", "peers", "customers", "self"], KNOWN)
    return score_kpis(Released.of(totals_of(atoms), groups), MIXES, spread)


def hard(*values: float | None) -> dict[tuple[int, int], HardScore | NotScored]:
    return {
        (subject, 2): NotScored(Reason.NO_VALUE) if value is None else score_metric(2, known(value), Goalposts(0, 100))
        for subject, value in enumerate(values)
    }


def told(found: Compared | NotCompared) -> Compared:
    assert isinstance(found, Compared)
    return found


BOTH: Asked = {"manager": [(80, 60)], "peers": [(60, NAN)] * 4, "customers": [(40, 50)] * 5}
FEWER: Asked = {"manager": [(70, 90)], "customers": [(50, NAN)] * 3}


def test_groups_and_kpis_that_one_lacks_count_for_nobody() -> None:
    found = told(like_for_like(scored(BOTH, FEWER), hard(90, None), CARD, MIXES, [0, 1]))
    assert found.groups == {0: (("manager",), ("customers",)), 1: (("manager",),)}
    assert (found.kpis, found.coverage) == ((0, 1), agrees(0.8))
    first, second = ((5 * a + 2 * b) / 7 for a, b in ((80, 40), (70, 50)))
    assert {subject: one.score for subject, one in found.composites.items()} == agrees(
        {0: 0.75 * first + 0.25 * 60, 1: 0.75 * second + 0.25 * 90}
    )


def test_subjects_with_the_same_groups_compare_as_they_score() -> None:
    soft, figures = scored(BOTH, BOTH), hard(90, 40)
    found = told(like_for_like(soft, figures, CARD, MIXES, [0, 1]))
    assert found.composites == score_composites(soft, {0: CARD, 1: CARD}, figures)
    assert (found.kpis, found.coverage) == ((0, 1, 2), 1)


def test_a_subject_outside_the_comparison_changes_nothing() -> None:
    three = scored(BOTH, FEWER, {"peers": [(10, 10)]})
    found = like_for_like(three, hard(90, 40, None), CARD, MIXES, [0, 1])
    assert found == like_for_like(scored(BOTH, FEWER), hard(90, 40), CARD, MIXES, [0, 1])


def test_pooled_groups_compare_with_the_same_pooled_groups_only() -> None:
    pooled: Asked = {"manager": [(70, 90)], "peers+customers": [(50, 50)] * 3}
    assert told(like_for_like(scored(pooled, BOTH), {}, CARD, MIXES, [0, 1])).groups[0] == (("manager",),)
    both = told(like_for_like(scored(pooled, pooled), {}, CARD, MIXES, [0, 1]))
    assert both.groups[0] == (("manager",), ("peers", "customers"))
    assert both.composites[0].parts[0].score == agrees(60)


def test_self_is_no_common_ground() -> None:
    only_self: Asked = {"self": [(70, 90)]}
    assert like_for_like(scored(only_self, only_self), {}, CARD, MIXES, [0, 1]) == NotCompared(
        Uncompared.NOTHING_SHARED
    )


@pytest.mark.parametrize(
    ("one", "other", "figures"),
    [
        ({"manager": [(70.0, 90.0)]}, {"peers": [(70.0, 90.0)]}, (90, None)),
        (BOTH, {"peers": [(NAN, 90.0)]}, (None, None)),
    ],
)
def test_nothing_in_common_is_no_comparison(one: Asked, other: Asked, figures: tuple[float | None, ...]) -> None:
    assert like_for_like(scored(one, other), hard(*figures), CARD, MIXES, [0, 1]) == NotCompared(
        Uncompared.NOTHING_SHARED
    )


def test_hard_kpis_alone_can_be_common_ground() -> None:
    found = told(like_for_like(scored({"manager": [(1, 1)]}, {"peers": [(2, 2)]}), hard(90, 40), CARD, MIXES, [0, 1]))
    assert {subject: one.score for subject, one in found.composites.items()} == {0: 90, 1: 40}
    assert (found.groups, found.kpis, found.coverage) == ({}, (2,), agrees(0.2))


def test_a_required_kpi_that_others_lack_stands_in_nobodys_way() -> None:
    strict = Scorecard((CardEntry(0, 60), CardEntry(2, 40, required=True)))
    found = told(like_for_like(scored(BOTH, FEWER), hard(90, None), strict, MIXES, [0, 1]))
    assert found.kpis == (0,)


def test_compared_subjects_can_be_ranked() -> None:
    levels = [90.0, 70.0, 50.0, 30.0, 10.0]
    soft = scored(*({"manager": [(level, level)] * 40} for level in levels))
    found = told(like_for_like(soft, {}, CARD, MIXES, range(5)))
    ranked = ranking([Entry.of(str(subject), one) for subject, one in found.composites.items()], seed="r")
    assert isinstance(ranked, Ranking)
    assert ranked.bands() == [["0"], ["1"], ["2"], ["3"], ["4"]]


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 50.0, 100.0])] * 2), min_size=1, max_size=4), st.floats(0, 100))
def test_what_only_one_subject_was_asked_moves_nobody(rows: list[tuple[float, float]], level: float) -> None:
    other: Asked = {"manager": [(level, level)], "peers": [(50, 50)]}
    with_customers = scored({"manager": [(60, 60)], "peers": [(70, 70)], "customers": rows}, other)
    without = scored({"manager": [(60, 60)], "peers": [(70, 70)]}, other)
    ours, theirs = (told(like_for_like(soft, {}, CARD, MIXES, [0, 1])) for soft in (with_customers, without))
    assert ours.composites == theirs.composites
    assert all(isinstance(one, Composite) for one in ours.composites.values())


MANAGER: Asked = {"manager": [(70, 70)]}
CUSTOMERS: Asked = {"customers": [(50, 50)] * 3}
ONE_KPI = Scorecard((CardEntry(0, 1),))


def test_one_of_ten_who_lacks_a_group_is_left_out_and_takes_it_from_nobody() -> None:
    soft = scored(*[MANAGER | CUSTOMERS] * 9, CUSTOMERS)
    left = alike(soft, {}, ONE_KPI, MIXES, range(10))
    assert NEARLY_ALL == 0.9
    assert left == tuple(range(9))
    assert told(like_for_like(soft, {}, ONE_KPI, MIXES, left)).groups == {0: (("manager",), ("customers",))}


def test_of_two_in_ten_who_lack_it_both_stay_and_the_group_goes() -> None:
    soft = scored(*[MANAGER | CUSTOMERS] * 8, CUSTOMERS, CUSTOMERS)
    left = alike(soft, {}, ONE_KPI, MIXES, range(10))
    assert left == tuple(range(10))
    assert told(like_for_like(soft, {}, ONE_KPI, MIXES, left)).groups == {0: (("customers",),)}


@pytest.mark.parametrize("count", range(1, 10))
def test_among_fewer_than_ten_nobody_is_left_out(count: int) -> None:
    soft = scored(*[MANAGER | CUSTOMERS] * (count - 1), CUSTOMERS)
    assert alike(soft, {}, ONE_KPI, MIXES, range(count)) == tuple(range(count))


def test_a_measured_figure_that_nearly_all_have_is_asked_of_all() -> None:
    soft, figures = scored(*[MANAGER] * 10), hard(*[80.0] * 9, None)
    assert alike(soft, figures, CARD, MIXES, range(10)) == tuple(range(9))
    assert alike(soft, figures, ONE_KPI, MIXES, range(10)) == tuple(range(10))


def test_a_kpi_without_weight_leaves_nobody_out() -> None:
    soft, figures = scored(*[MANAGER] * 10), hard(*[80.0] * 9, None)
    beside = Scorecard((CardEntry(0, 1), CardEntry(2, 0)))
    assert alike(soft, figures, beside, MIXES, range(10)) == tuple(range(10))


@given(st.lists(st.sampled_from([MANAGER, CUSTOMERS, MANAGER | CUSTOMERS]), min_size=1, max_size=25))
def test_who_is_left_out_is_decided_by_who_answered_and_all_others_share_it(groups: list[Asked]) -> None:
    numbers = range(len(groups))
    left = alike(scored(*groups), {}, ONE_KPI, MIXES, numbers)
    turned = scored(*({name: [(100 - a, 100 - b) for a, b in rows] for name, rows in one.items()} for one in groups))
    assert left == alike(turned, {}, ONE_KPI, MIXES, numbers)
    for name in ("manager", "customers"):
        if sum(name in one for one in groups) >= NEARLY_ALL * len(groups):
            assert all(name in groups[one] for one in left)
