"""A change between two rounds weighs the groups that both have, knows its error, and is called one only if it is."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.repeated import pooled_correlation
from app.scoring.results import KpiScore, NotScored, Reason
from app.scoring.soft import RaterMix
from app.scoring.trend import Change, Definition, Measurement, NoTrend, Untrended, change_between
from tests.scoring import soldiers
from tests.scoring.facts import agrees, facts
from tests.scoring.people import Answers, soft

WEIGHTS = {"manager": 0.4, "peers": 0.4, "customers": 0.2}
ASKED = Definition("version 1", "5 points", {"listens": 2, "explains": 1}, WEIGHTS)
WITHHELD = NotScored(Reason.INSUFFICIENT, 0.3)

given_answers = st.lists(st.sampled_from([0.0, 25.0, 50.0, 75.0, 100.0]), min_size=1, max_size=6)
some_groups = st.dictionaries(st.sampled_from(list(WEIGHTS)), given_answers, min_size=1)


def measured(score: KpiScore | NotScored, definition: Definition = ASKED) -> Measurement:
    return Measurement(definition, score)


def asked(answers: dict[str, list[float]], weights: dict[str, float] = WEIGHTS) -> Measurement:
    by_kpi: Answers = {name: {0: given} for name, given in answers.items()}
    return measured(soft(by_kpi, [RaterMix(0, weights)]).values()[0, 0])


def members(common: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    return {(name,): n for name, n in common.items()}


def changed(
    before: dict[str, list[float]], after: dict[str, list[float]], common: dict[str, int] | None = None
) -> Change:
    found = change_between(asked(before), asked(after), members(common or {}))
    assert isinstance(found, Change)
    return found


# ------------------------------------------------------------ against the reference


def test_changes_of_eight_companies_are_as_in_the_reference() -> None:
    expected = facts()["rounds"]
    (first, spread_1), (second, spread_2) = soldiers.scored(0), soldiers.scored(1)
    found = soldiers.rounds()
    rho = pooled_correlation(found.company, found.points[0], found.points[1])
    assert rho is not None
    assert (rho, spread_1["soldier"].variance(0), spread_2["soldier"].variance(0)) == agrees(
        (expected["rho"], expected["s0_sq_1"], expected["s0_sq_2"])
    )
    one = Definition("JOBSAT", "1 to 5", {"jobsat": 1}, {"soldier": 1})
    for name, figures in expected["companies"].items():
        common = found.common(0, 1)[name]
        before, after = first[name], second[name]
        assert isinstance(before, KpiScore)
        assert isinstance(after, KpiScore)
        change = change_between(measured(before, one), measured(after, one), {("soldier",): common}, correlation=rho)
        assert isinstance(change, Change)
        assert {
            "n1": before.n,
            "n2": after.n,
            "common": common,
            "mean1": change.before,
            "mean2": change.after,
            "change": change.difference.points,
            "se": change.difference.se,
            "df": change.difference.df,
            "lo95": change.difference.interval.lo,
            "hi95": change.difference.interval.hi,
            "rci": change.difference.index,
        } == agrees(figures)
        assert (change.difference.is_changed, change.difference.is_reliable) == (False, name == "REC")


def test_readers_see_a_wider_interval_than_analysts_where_raters_answer_alike() -> None:
    (first, _), (second, _) = soldiers.scored(0), soldiers.scored(1)
    one = Definition("JOBSAT", "1 to 5", {"jobsat": 1}, {"soldier": 1})
    before, after = measured(first["REC"], one), measured(second["REC"], one)
    readers, analysts = (
        change_between(before, after, {("soldier",): 6}, correlation=rho) for rho in (0.3, facts()["rounds"]["rho"])
    )
    assert isinstance(readers, Change)
    assert isinstance(analysts, Change)
    assert readers.difference.se > analysts.difference.se
    assert readers == change_between(before, after, {("soldier",): 6})


# ------------------------------------------------------------ what counts


def test_groups_of_one_round_only_stay_out_of_both_figures() -> None:
    found = changed({"manager": [50], "peers": [40, 60, 80]}, {"manager": [75], "customers": [100, 100], "peers": [90]})
    assert (found.before, found.after, found.difference.points) == agrees((55, 82.5, 27.5))
    assert [group.groups for group in found.groups] == [("manager",), ("peers",)]
    assert [group.share for group in found.groups] == agrees([0.5, 0.5])
    assert found.coverage == agrees(0.8)


def test_the_weights_of_the_second_round_count() -> None:
    fewer = {"manager": 0.4, "peers": 0.4}
    before = {"manager": [50.0], "peers": [60.0]}
    found = change_between(
        asked({**before, "customers": [0.0]}), asked({"manager": [70.0], "peers": [70.0]}, weights=fewer), {}
    )
    assert isinstance(found, Change)
    assert (found.before, found.difference.points, found.coverage) == agrees((55, 15, 1))


def test_the_error_is_that_of_the_formula_written_out() -> None:
    found = changed({"manager": [50], "peers": [40, 60, 80]}, {"manager": [75], "peers": [90, 70]}, {"peers": 2})
    v = {"m1": 400.0, "m2": 400.0, "p1": (8 * 400 + 2 * 400) / 10, "p2": (8 * 400 + 200) / 9}
    manager = v["m1"] + v["m2"]
    peers = v["p1"] / 3 + v["p2"] / 2 - 2 * 2 * 0.3 * math.sqrt(v["p1"] * v["p2"]) / 6
    parts = [(0.25 * v["m1"], 8), (0.25 * v["m2"], 8), (0.25 * v["p1"] / 3, 10), (0.25 * v["p2"] / 2, 9)]
    df = sum(a for a, _ in parts) ** 2 / sum(a * a / nu for a, nu in parts)
    assert (found.difference.se, found.difference.df) == agrees((math.sqrt(0.25 * manager + 0.25 * peers), df))
    assert [group.difference.se for group in found.groups] == agrees([math.sqrt(manager), math.sqrt(peers)])
    assert found.difference.index == agrees(found.difference.points / found.difference.se)


def test_nobody_is_counted_in_both_rounds_more_often_than_he_answered() -> None:
    before, after = {"peers": [40.0, 60.0], "manager": [50.0]}, {"peers": [60.0, 80.0, 70.0], "manager": [50.0]}
    assert changed(before, after, {"peers": 9}) == changed(before, after, {"peers": 2})


def test_all_at_the_top_are_not_above_it() -> None:
    weights = {"colleague": 0.8, "customer": 0.85, "manager": 0.65}
    best = asked({name: [100.0] * 3 for name in weights}, weights)
    found = change_between(best, best, {})
    assert isinstance(found, Change)
    assert (found.before, found.after, found.difference.points) == (100, 100, 0)


def test_self_is_no_part_of_a_change() -> None:
    weights = WEIGHTS | {"self": 0}
    rounds = [asked({"self": [own], "manager": [50.0], "peers": [50.0]}, weights=weights) for own in (0.0, 100.0)]
    found = change_between(rounds[0], rounds[1], {})
    assert isinstance(found, Change)
    assert (found.difference.points, [group.groups for group in found.groups]) == (0, [("manager",), ("peers",)])


def test_a_change_needs_to_be_five_points_and_beyond_its_interval() -> None:
    many = 400
    small, large, unsure = (
        changed({"peers": [50.0] * n, "manager": [50.0] * n}, {"peers": [to] * n, "manager": [to] * n})
        for n, to in ((many, 54.0), (many, 55.0), (2, 60.0))
    )
    assert [small.difference.interval.lo > 0, large.difference.interval.lo > 0, unsure.difference.interval.lo > 0] == [
        True,
        True,
        False,
    ]
    assert [found.difference.is_changed for found in (small, large, unsure)] == [False, True, False]
    assert [found.difference.is_reliable for found in (small, large, unsure)] == [True, True, False]


def test_a_fall_is_a_change_as_well_as_a_rise() -> None:
    up, down = (
        changed({"peers": [first] * 90, "manager": [first] * 90}, {"peers": [last] * 90, "manager": [last] * 90})
        for first, last in ((20.0, 80.0), (80.0, 20.0))
    )
    assert (up.difference.is_changed, down.difference.is_changed, up.difference.points) == (
        True,
        True,
        agrees(-down.difference.points),
    )
    assert (up.difference.interval.lo, up.difference.interval.hi, up.difference.p) == agrees(
        (-down.difference.interval.hi, -down.difference.interval.lo, down.difference.p)
    )


def test_raters_who_move_alike_in_every_way_leave_an_error() -> None:
    before, after = (
        asked({"manager": [50.0] * 5, "peers": [50.0] * 5}),
        asked({"manager": [60.0] * 5, "peers": [60.0] * 5}),
    )
    found = change_between(before, after, {("manager",): 5, ("peers",): 5}, correlation=1.0)
    assert isinstance(found, Change)
    assert 0 < found.difference.se < 2


# ------------------------------------------------------------ why there is none


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        (replace(ASKED, content="version 2"), Untrended.OTHER_DEFINITION),
        (replace(ASKED, item_weights={"listens": 2}), Untrended.OTHER_DEFINITION),
        (replace(ASKED, scale="7 points"), Untrended.OTHER_SCALE),
        (replace(ASKED, item_weights={"listens": 1, "explains": 1}), Untrended.OTHER_WEIGHTS),
        (replace(ASKED, group_weights={"manager": 1, "peers": 1}), Untrended.OTHER_WEIGHTS),
    ],
)
def test_another_kpi_scale_or_weighting_makes_no_trend(definition: Definition, reason: Untrended) -> None:
    score = asked({"manager": [50.0], "peers": [50.0]}).score
    assert change_between(measured(score), measured(score, definition), {}) == NoTrend(reason)
    assert change_between(measured(score, definition), measured(score), {}) == NoTrend(reason)


def test_weights_in_another_unit_are_the_same_weights() -> None:
    score = asked({"manager": [50.0], "peers": [50.0]}).score
    cents = replace(
        ASKED,
        item_weights={"listens": 2 / 3, "explains": 1 / 3},
        group_weights={name: 70 * weight for name, weight in WEIGHTS.items()} | {"self": 0},
    )
    assert isinstance(change_between(measured(score), measured(score, cents), {}), Change)


def test_a_round_without_a_score_makes_no_trend() -> None:
    score = asked({"manager": [50.0], "peers": [50.0]})
    assert change_between(measured(WITHHELD), score, {}) == NoTrend(Untrended.NO_SCORE_BEFORE)
    assert change_between(score, measured(WITHHELD), {}) == NoTrend(Untrended.NO_SCORE_AFTER)


def test_groups_in_both_rounds_hold_at_least_half_of_the_weight() -> None:
    before = asked({"peers": [50.0], "customers": [50.0]})
    apart = change_between(before, asked({"manager": [50.0], "customers": [50.0]}), {})
    assert apart == NoTrend(Untrended.TOO_LITTLE_SHARED)
    together = change_between(before, asked({"customers": [50.0], "manager": [50.0], "peers": [50.0]}), {})
    assert isinstance(together, Change)
    assert together.coverage == agrees(0.6)


def test_every_reason_is_reached() -> None:
    score = asked({"manager": [50.0], "peers": [50.0]})
    tried = [
        (score, measured(score.score, replace(ASKED, content="2"))),
        (score, measured(score.score, replace(ASKED, scale="2"))),
        (score, measured(score.score, replace(ASKED, group_weights={"peers": 1}))),
        (measured(WITHHELD), score),
        (score, measured(WITHHELD)),
        (asked({"peers": [50.0], "customers": [0.0]}), asked({"manager": [50.0], "customers": [0.0]})),
    ]
    found = [change_between(before, after, {}) for before, after in tried]
    assert [one.reason for one in found if isinstance(one, NoTrend)] == list(Untrended)


@pytest.mark.parametrize(("correlation", "people"), [(1.1, 0), (-1.1, 0), (math.nan, 0), (0.3, -1)])
def test_what_cannot_be_is_refused(correlation: float, people: int) -> None:
    score = asked({"manager": [50.0], "peers": [50.0]})
    with pytest.raises(ScoringError, match="a correlation must be from -1 to 1 and people 0 or more"):
        change_between(score, score, {("peers",): people}, correlation=correlation)


# ------------------------------------------------------------ what always holds


@given(some_groups, some_groups, st.dictionaries(st.sampled_from(list(WEIGHTS)), st.integers(0, 9)), st.floats(-1, 1))
def test_a_change_lies_inside_its_interval_and_adds_up_over_its_groups(
    before: dict[str, list[float]], after: dict[str, list[float]], common: dict[str, int], rho: float
) -> None:
    found = change_between(asked(before), asked(after), members(common), correlation=rho)
    back = change_between(asked(after), asked(before), members(common), correlation=rho)
    if isinstance(found, Change):
        assert -100 <= found.difference.interval.lo <= found.difference.points <= found.difference.interval.hi <= 100
        assert found.difference.se > 0
        assert math.fsum(g.share * (g.after - g.before) for g in found.groups) == pytest.approx(found.difference.points)
        assert 0 <= found.before <= 100 >= found.after >= 0
        if isinstance(back, Change):
            assert (back.difference.points, back.difference.se, back.difference.df) == pytest.approx(
                (-found.difference.points, found.difference.se, found.difference.df)
            )


@given(some_groups, st.dictionaries(st.sampled_from(list(WEIGHTS)), st.integers(0, 9)))
def test_the_same_answers_again_are_no_change(answers: dict[str, list[float]], common: dict[str, int]) -> None:
    found = change_between(asked(answers), asked(answers), members(common))
    if isinstance(found, Change):
        assert (
            found.difference.points,
            found.difference.is_changed,
            found.difference.is_reliable,
            found.difference.p,
        ) == (0, False, False, 1)


# ------------------------------------------------------------ how alike raters answer


def test_a_correlation_is_that_of_the_raters_with_both_scores() -> None:
    draw = np.random.default_rng(7)
    cells = draw.integers(0, 4, 200)
    before = draw.normal(50, 10, 200) + 20 * cells
    after = 0.5 * before + draw.normal(0, 8, 200) - 30 * cells
    before[::7], after[::11] = math.nan, math.nan
    both = ~np.isnan(before + after)
    centred = [
        np.concatenate([x[both & (cells == cell)] - x[both & (cells == cell)].mean() for cell in range(4)])
        for x in (before, after)
    ]
    assert pooled_correlation(cells, before, after) == agrees(float(np.corrcoef(centred)[0, 1]))


def test_a_correlation_needs_twenty_degrees_of_freedom_and_some_difference() -> None:
    scores = [float(score) for score in range(0, 44, 2)]
    assert pooled_correlation([0] * 22, scores, scores) == 1
    assert pooled_correlation([0] * 22, scores, scores[::-1]) == -1
    assert pooled_correlation([0, 1] * 10 + [0], scores[:21], scores[:21]) is None
    assert pooled_correlation([0] * 22, scores, [50.0] * 22) is None
    assert pooled_correlation([], [], []) is None
