"""A subject's score on a soft KPI weighs the released groups and says how sure it is."""

import math
from typing import Any

import numpy as np
import pytest

from app.scoring.errors import ScoringError
from app.scoring.pooling import PooledCovariance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Interval, NotScored, Reason, Uncertainty
from app.scoring.soft import RaterMix, score_kpis
from app.scoring.totals import AtomTotals
from tests.scoring.facts import agrees, ends, facts
from tests.scoring.naive import totals_of
from tests.scoring.people import KNOWN, score, soft, told

WEIGHTS = {"manager": 0.5, "peers": 0.3, "customers": 0.2, "self": 0}
FOUR = {"manager": [75], "peers": [50, 75, 75, 50], "customers": [80, 90], "self": [90]}
LEAST = {"manager": 1, "peers": 3, "customers": 3}


def test_the_worked_example_comes_out_digit_for_digit() -> None:
    case = facts()["worked"]["soft_E1"]
    found = told(score(case["rater_scores"], case["weights"], least=case["k"]))
    counted = [group for group in found.groups if group.share]
    assert {
        "shown": [group.groups[0] for group in counted],
        "used_weights": agrees({group.groups[0]: group.share for group in counted}),
        "score": found.score,
        "se": agrees(found.uncertainty.se),
        "df": agrees(found.uncertainty.df),
        "n_kish": agrees(found.uncertainty.kish_n),
        "lo95": agrees(found.interval.lo),
        "hi95": agrees(found.interval.hi),
    } == case["expect"]


def test_every_released_group_is_shown_with_its_own_interval() -> None:
    peers = told(score(FOUR, WEIGHTS, least=LEAST)).groups[1]
    assert (peers.groups, peers.mean, peers.n, peers.weight, peers.share) == (("peers",), 62.5, 4, 0.3, agrees(0.375))
    assert peers.uncertainty == agrees((math.sqrt(3825 / 11 / 4), 11, 4))
    assert peers.interval.lo < 62.5 < peers.interval.hi


def test_self_is_shown_and_never_counts() -> None:
    with_self, without = (
        told(score({name: FOUR[name] for name in names}, WEIGHTS, least=LEAST))
        for names in (("manager", "peers", "self"), ("manager", "peers"))
    )
    assert [group.share for group in with_self.groups] == agrees([0.625, 0.375, 0])
    assert (with_self.score, with_self.n, with_self.coverage) == (without.score, 5, 0.8)
    assert with_self.uncertainty == without.uncertainty


def test_answers_of_a_hidden_group_change_nothing() -> None:
    assert score(FOUR, WEIGHTS, least=LEAST) == score(FOUR | {"customers": [0, 0]}, WEIGHTS, least=LEAST)


def test_weights_work_in_any_unit() -> None:
    cents = {name: 30 * weight for name, weight in WEIGHTS.items()}
    ours, theirs = (told(score(FOUR, weights, least=LEAST)) for weights in (WEIGHTS, cents))
    assert (ours.score, ours.coverage, *ours.uncertainty) == agrees(
        (theirs.score, theirs.coverage, *theirs.uncertainty)
    )


def test_less_than_half_of_the_weight_is_insufficient() -> None:
    assert score({"peers": [50, 75, 75]}, WEIGHTS) == NotScored(Reason.INSUFFICIENT, 0.3)


def test_half_of_the_weight_is_enough_although_floating_point_says_a_little_less() -> None:
    weights = {"a": 0.2, "b": 0.3, "c": 0.1 + 0.2 + 0.2}
    assert 0.5 / sum(weights.values()) == 0.5
    assert told(score({"c": [60]}, weights)).score == 60
    assert told(score({"a": [60], "b": [60]}, {"a": 0.1, "b": 0.2, "c": 0.30000000000000004})).score == agrees(60)


def test_groups_without_weight_alone_are_insufficient() -> None:
    assert score({"self": [90]}, WEIGHTS) == NotScored(Reason.INSUFFICIENT, 0)


def test_a_subject_nobody_may_speak_about_has_no_score() -> None:
    assert soft({"customers": {0: [80, 90]}}, [RaterMix(0, WEIGHTS)], least=LEAST).values() == {}


def test_the_best_and_the_worst_keep_an_interval_inside_the_scale() -> None:
    best, worst = (told(score({"manager": [x], "peers": [x] * 4}, WEIGHTS)) for x in (100, 0))
    assert (best.score, best.interval.hi, worst.score, worst.interval.lo) == (100, 100, 0, 0)
    assert best.interval.lo == agrees(100 - worst.interval.hi)
    assert best.interval.hi - best.interval.lo > 20


def test_a_mixed_group_weighs_as_much_as_its_members_together() -> None:
    totals = totals_of([np.array([[75.0]]), np.array([[50.0], [100.0], [90.0]])])
    groups = [ReleasedGroup(0, ("manager",), (0,)), ReleasedGroup(0, ("peers", "customers"), (1,), (2, 1))]
    found = told(score_kpis(Released.of(totals, groups), [RaterMix(0, WEIGHTS)], {}).values()[0, 0])
    assert (found.score, found.groups[1].weight, found.coverage) == (agrees(77.5), 0.5, 1)


def test_on_each_kpi_a_mixed_group_weighs_what_its_members_without_a_row_of_their_own_weigh() -> None:
    # Peers have a row of their own on the first KPI, peers and customers on the third.
    rows = {"peers": [[60.0, np.nan, 60.0]], "customers": [[np.nan, np.nan, 80.0]], "mixed": [[40.0, 20.0, 10.0]] * 2}
    totals = totals_of([np.array(one) for one in rows.values()])
    groups = [
        ReleasedGroup(0, ("peers",), (0,)),
        ReleasedGroup(0, ("customers",), (1,)),
        ReleasedGroup(0, ("peers", "customers"), (2,), (1, 1)),
    ]
    mixes = [RaterMix(kpi, WEIGHTS) for kpi in range(3)]
    found = score_kpis(Released.of(totals, groups), mixes, {}).values()
    weights = {kpi: {one.groups: one.weight for one in told(found[0, kpi]).groups} for kpi in range(3)}
    assert weights == {
        0: {("peers",): 0.3, ("peers", "customers"): 0.2},
        1: {("peers", "customers"): 0.5},
        2: {("peers",): 0.3, ("customers",): 0.2, ("peers", "customers"): 0},
    }
    assert [told(found[0, kpi]).score for kpi in range(3)] == [agrees(52), agrees(20), agrees(68)]


def test_a_unit_speaks_with_one_voice_per_sheet() -> None:
    atoms = [np.array([[20.0], [40.0], [60.0]]), np.array([[90.0], [100.0], [80.0], [70.0], [60.0]])]
    released = Released.of(totals_of(atoms), [ReleasedGroup(0, ("peers",), (0, 1))])
    found = told(score_kpis(released, [RaterMix(0, {"peers": 1})], {"peers": KNOWN}).values()[0, 0])
    v = [(8 * 400 + 2 * 400) / 10, (8 * 400 + 4 * 250) / 12]
    parts = [(3 / 8) ** 2 * v[0] / 3, (5 / 8) ** 2 * v[1] / 5]
    df = sum(parts) ** 2 / (parts[0] ** 2 / 10 + parts[1] ** 2 / 12)
    assert found.score == agrees(65)
    assert found.uncertainty == Uncertainty(agrees(math.sqrt(sum(parts))), agrees(df), agrees(8))


def test_many_subjects_score_as_each_one_alone() -> None:
    atoms = [np.array([[75.0]]), np.array([[50.0], [75.0], [75.0], [50.0]]), np.array([[10.0]])]
    groups = [
        ReleasedGroup(5, ("manager",), (0,)),
        ReleasedGroup(5, ("peers",), (1,)),
        ReleasedGroup(2, ("manager",), (2,)),
    ]
    mixes, spread = [RaterMix(0, WEIGHTS)], {"manager": KNOWN, "peers": KNOWN}
    together = score_kpis(Released.of(totals_of(atoms), groups), mixes, spread).values()
    alone = score_kpis(Released.of(totals_of(atoms), groups[:2]), mixes, spread).values()
    assert together[5, 0] == alone[5, 0] == score(FOUR, WEIGHTS, least=LEAST | {"self": 2})
    assert told(together[2, 0]).score == 10


def test_a_kpi_without_a_mix_is_left_out() -> None:
    answers = {"manager": {0: [75], 3: [50]}}
    assert list(soft(answers, [RaterMix(3, WEIGHTS)]).values()) == [(0, 3)]
    assert soft(answers, []).values() == {}


def test_kpis_of_one_subject_do_not_touch_each_other() -> None:
    mixes = [RaterMix(kpi, WEIGHTS) for kpi in (0, 1)]
    both = soft({"manager": {0: [75], 1: [50]}, "peers": {1: [50, 60, 70]}}, mixes).values()
    assert both[0, 0] == soft({"manager": {0: [75]}}, mixes[:1]).values()[0, 0]
    assert told(both[0, 1]).coverage == 0.8


def test_a_kpi_has_one_mix() -> None:
    with pytest.raises(ScoringError, match="a kpi can have one rater mix only"):
        soft({"manager": {0: [75]}}, [RaterMix(0, WEIGHTS), RaterMix(0, WEIGHTS)])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({}, "at least one rater group needs a weight above 0"),
        ({"manager": 0}, "at least one rater group needs a weight above 0"),
        ({"manager": -1}, "weight of rater group manager must be a number from 0 to 1e9, got -1"),
        ({"manager": math.nan}, "weight of rater group manager must be"),
        ({"manager": math.inf}, "weight of rater group manager must be"),
        ({"manager": True}, "weight of rater group manager must be"),
        ({"manager": 1, "self": 0.1}, "weight of rater group self must be 0, got 0.1"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(weights: dict[str, Any], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        RaterMix(0, weights)


def test_columns_and_values_say_the_same() -> None:
    scores = soft({name: {0: given} for name, given in FOUR.items()}, [RaterMix(0, WEIGHTS)], least=LEAST)
    value, row = told(scores.values()[0, 0]), scores.kpi_rows
    assert (row.score[0], row.lo[0], row.hi[0], row.n[0]) == (value.score, *value.interval, value.n)
    assert scores.group_rows.mean.tolist() == [group.mean for group in value.groups]
    assert Interval(scores.group_rows.lo[0], scores.group_rows.hi[0]) == value.groups[0].interval
    assert ends(value.interval)["lo"] == row.lo[0]


def test_a_subject_with_all_raters_missing_has_no_row() -> None:
    empty = AtomTotals.from_scores([0], [0], [0], [math.nan], n_atoms=1)
    scores = score_kpis(Released.of(empty, [ReleasedGroup(0, ("peers",), (0,))]), [RaterMix(0, {"peers": 1})], {})
    assert scores.values() == {}


def test_the_prior_of_the_kpi_is_used_where_too_little_is_pooled() -> None:
    by_items = soft({"peers": {0: [80]}}, [RaterMix(0, {"peers": 1})], spread={"peers": PooledCovariance({0: 3})})
    assert told(by_items.values()[0, 0]).uncertainty.se ** 2 == agrees(500)
