"""A soft KPI is linked to a later hard one within units, and what chance or a common cause explains is called so."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scoring.columns import Floats, Integers
from app.scoring.errors import ScoringError
from app.scoring.panels import (
    LARGEST_MEMORY,
    Panel,
    Values,
    effective_df,
    memory,
    panel_of,
    within_periods,
    within_units,
)
from app.scoring.relevance import Doubt, Lack, Relevance, Untold, indicators, relevance
from tests.scoring.facts import agrees

PATIENTS = np.repeat(np.arange(8), [4, 4, 9, 5, 8, 6, 3, 8])
PH = [
    6.68, 6.53, 6.43, 6.33, 6.85, 7.06, 7.13, 7.17, 7.40, 7.42, 7.41, 7.37, 7.34, 7.35, 7.28, 7.30, 7.34, 7.36, 7.33,
    7.29, 7.30, 7.35, 7.35, 7.30, 7.30, 7.37, 7.27, 7.28, 7.32, 7.32, 7.38, 7.30, 7.29, 7.33, 7.31, 7.33, 6.86, 6.94,
    6.92, 7.19, 7.29, 7.21, 7.25, 7.20, 7.19, 6.77, 6.82,
]  # fmt: skip
PACO2 = [
    3.97, 4.12, 4.09, 3.97, 5.27, 5.37, 5.41, 5.44, 5.67, 3.64, 4.32, 4.73, 4.96, 5.04, 5.22, 4.82, 5.07, 5.67, 5.10,
    5.53, 4.75, 5.51, 4.28, 4.44, 4.32, 3.23, 4.46, 4.72, 4.75, 4.99, 4.78, 4.73, 5.12, 4.93, 5.03, 4.93, 6.85, 6.44,
    6.52, 5.28, 4.56, 4.34, 4.32, 4.41, 3.69, 6.09, 5.58,
]  # fmt: skip
"""Bland & Altman 1995: acidity and carbon dioxide of eight patients, repeated measurements."""


def by_unit(units: Integers, values: Floats, *, every: int = 1) -> Values:
    """Values of each unit in their order, in periods that far apart."""
    found: dict[str, dict[int, float]] = {}
    for unit, value in zip(units.tolist(), values.tolist(), strict=True):
        mine = found.setdefault(f"{unit:03}", {})
        mine[every * len(mine)] = value
    return found


def noise(units: int, periods: int, rho: float, *, seed: int) -> Floats:
    """First-order autoregressions of variance 1, one row a unit."""
    shocks = np.random.default_rng(seed).standard_normal((units, periods))
    rows = shocks.copy()
    for t in range(1, periods):
        rows[:, t] = rho * rows[:, t - 1] + math.sqrt(1 - rho * rho) * shocks[:, t]
    return rows


def table(rows: Floats, *, first: int = 0) -> Values:
    return {f"{unit:03}": {first + t: float(x) for t, x in enumerate(row)} for unit, row in enumerate(rows)}


def beside_itself(values: Values) -> Panel:
    return panel_of(values, values, 0)


def told(soft: Values, hard: Values, *lags: int) -> Relevance:
    found = relevance(soft, hard, lags or (1,))
    assert isinstance(found, Relevance)
    return found


def test_the_patients_of_bland_and_altman_have_their_published_correlation() -> None:
    # Two periods apart, so that no memory is seen: the published interval knows none.
    soft, hard = (by_unit(PATIENTS, np.array(values), every=2) for values in (PH, PACO2))
    link = told(soft, hard, 0).link
    assert (link.r, link.n, link.units, link.df) == agrees((-0.5067697422, 47, 8, 38))
    assert tuple(link.interval) == pytest.approx((-0.7067146, -0.2318631), abs=1e-7)


def test_measurements_that_follow_each_other_count_for_less() -> None:
    soft, hard = (by_unit(PATIENTS, np.array(values)) for values in (PH, PACO2))
    link = told(soft, hard, 0).link
    assert link.r == agrees(-0.5067697422)
    assert (link.df < 30, link.interval.hi > -0.2318631) == (True, True)


def test_levels_of_units_are_no_link() -> None:
    levels = np.linspace(0, 100, 10)[:, None]
    soft, hard = (levels + noise(10, 12, 0, seed=seed) for seed in (1, 2))
    assert np.corrcoef(soft.ravel(), hard.ravel())[0, 1] > 0.99
    found = told(table(soft), table(hard), 0)
    assert (abs(found.link.r) < 0.3, Doubt.CHANCE in found.doubts) == (True, True)


def test_a_link_one_period_later_is_found_at_that_lag() -> None:
    soft = noise(6, 20, 0.2, seed=3)
    hard = 5 * np.concatenate([noise(6, 1, 0, seed=4), soft[:, :-1]], axis=1) + 2 * noise(6, 20, 0, seed=5)
    ahead = told(table(soft), table(hard), 1)
    assert (ahead.link.r > 0.8, ahead.doubts) == (True, ())
    tried = told(table(soft), table(hard), 0, 1, 2, 3)
    assert (tried.link.lag, tried.doubts, [link.lag for link in tried.tried]) == (1, (Doubt.TRIED,), [0, 1, 2, 3])


def test_trying_several_lags_widens_the_interval_and_raises_the_chance() -> None:
    soft, hard = table(noise(6, 20, 0.2, seed=3)), table(noise(6, 20, 0.2, seed=6))
    alone, among = told(soft, hard, 1).link, told(soft, hard, 1, 2, 3)
    same = next(link for link in among.tried if link.lag == 1)
    assert (same.r, same.chance) == agrees((alone.r, min(1.0, 3 * alone.chance)))
    assert same.interval.lo < alone.interval.lo < alone.interval.hi < same.interval.hi
    assert Doubt.TRIED in among.doubts


def test_a_link_that_runs_backwards_is_said_to() -> None:
    soft = noise(6, 20, 0, seed=7)
    hard = np.concatenate([soft[:, 1:], noise(6, 1, 0, seed=8)], axis=1) + 0.3 * noise(6, 20, 0, seed=9)
    found = told(table(soft), table(hard), -1, 1)
    assert (found.link.lag, found.doubts) == (-1, (Doubt.TRIED, Doubt.NOT_AHEAD))
    assert Doubt.NOT_AHEAD in told(table(soft), table(hard), 0).doubts


def test_what_all_units_share_is_no_proof() -> None:
    season = 3 * noise(1, 30, 0, seed=10)
    soft, hard = season + noise(8, 30, 0, seed=11), season + noise(8, 30, 0, seed=12)
    found = told(table(soft), table(hard), 0)
    assert (found.link.r > 0.8, Doubt.SHARED in found.doubts) == (True, True)
    own = noise(8, 30, 0, seed=13)
    assert Doubt.SHARED not in told(table(season + own), table(season + own + noise(8, 30, 0, seed=14)), 0).doubts


def test_a_link_that_turns_round_once_the_shared_course_is_out_is_doubted() -> None:
    season, own = 3 * noise(1, 30, 0, seed=10), noise(8, 30, 0, seed=11)
    found = told(table(season + own), table(season - own), 0)
    assert (found.link.r > 0.5, Doubt.SHARED in found.doubts) == (True, True)


def test_two_units_that_do_the_same_leave_nothing_beyond_what_they_share() -> None:
    same = np.repeat(noise(1, 20, 0, seed=15), 2, axis=0)
    found = told(table(same), table(2 * same + 1), 0)
    assert (found.link.r, found.doubts) == (agrees(1), (Doubt.SHARED, Doubt.NOT_AHEAD))


def test_units_in_different_periods_leave_nothing_free_to_tell_them_apart() -> None:
    one, other = noise(1, 20, 0, seed=16), noise(1, 20, 0, seed=17)
    soft = {"a": table(one)["000"], "b": table(other, first=40)["000"]}
    assert Doubt.SHARED in told(soft, soft, 0).doubts


@pytest.mark.parametrize("every", [1, 2])
def test_every_period_but_one_costs_what_is_left_a_degree_of_freedom(every: int) -> None:
    # Three units in twelve periods, both means taken out: of 3 * 11 - 1 degrees of freedom 2 * 11 - 1 are left, and the
    # same share where memory has taken some before. Two periods apart none is seen.
    season, raw = 5 * noise(1, 12, 0.5, seed=31), noise(6, 12, 0.5, seed=32).reshape(2, 3, 12)
    across, along = raw.mean(axis=1, keepdims=True), raw.mean(axis=2, keepdims=True)
    one, other = raw - across - along + raw.mean(axis=(1, 2), keepdims=True)
    other -= (one * other).sum() / (one * one).sum() * one
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    seen = set()
    for r in np.linspace(0.3, 0.65, 71).tolist():
        rows = (season + one, season + r * one + math.sqrt(1 - r * r) * other)
        soft, hard = (by_unit(np.repeat(np.arange(3), 12), each.ravel(), every=every) for each in rows)
        found = told(soft, hard, 0)
        limit = math.tanh(1.959964 / math.sqrt(found.link.df * 21 / 32 - 1))
        assert (found.link.is_beyond_chance, Doubt.SHARED in found.doubts) == (True, r < limit)
        seen.add((r < limit, found.link.df < 31.999999))
    assert seen == {(True, every == 1), (False, every == 1)}


@pytest.mark.parametrize(("common", "is_shared"), [(3, True), (4, False)])
def test_an_interval_takes_two_degrees_of_freedom(common: int, is_shared: bool) -> None:
    # Two units of ten periods: each period that only one of them has costs what it brings; two are left of four common.
    one, other = (2 * noise(1, 10, 0, seed=seed) for seed in (33, 34))
    soft = {"a": table(one)["000"], "b": table(other, first=10 - common)["000"]}
    apart = {unit: {2 * t: x for t, x in row.items()} for unit, row in soft.items()}
    assert (Doubt.SHARED in told(apart, apart, 0).doubts) is is_shared


def test_one_unit_is_little_to_learn_from() -> None:
    soft = noise(1, 40, 0, seed=18)
    assert Doubt.ONE_UNIT in told(table(soft), table(soft), 0).doubts


def test_a_perfect_link_has_an_interval_too() -> None:
    soft = noise(3, 12, 0, seed=19)
    link = told(table(soft), table(-4 * soft), 0).link
    assert (link.r, link.is_beyond_chance, -1 <= link.interval.lo <= link.interval.hi < -0.99) == (
        agrees(-1),
        True,
        True,
    )


def test_false_links_are_as_rare_as_promised_however_much_both_remember() -> None:
    for rho in (0.0, 0.8):
        found = [
            told(table(noise(8, 12, rho, seed=seed)), table(noise(8, 12, rho, seed=1000 + seed)), 0).link
            for seed in range(120)
        ]
        assert sum(link.is_beyond_chance for link in found) <= 14  # 6 expected; 15 or more in 1 of 1000 runs


@pytest.mark.parametrize(
    ("rows", "lack", "n"),
    [
        (noise(3, 6, 0, seed=20), Lack.FEW, 18),
        (noise(9, 2, 0, seed=21), Lack.FEW, 0),
        (np.ones((5, 6)), Lack.CONSTANT, 30),
    ],
)
def test_a_link_that_cannot_be_told_says_why(rows: Floats, lack: Lack, n: int) -> None:
    other = noise(rows.shape[0], rows.shape[1], 0, seed=22)
    found = relevance(table(rows), table(other), [0])
    assert found == Untold(lack, n, n // rows.shape[1])
    assert relevance(table(other), table(rows), [0]) == found


def test_series_that_only_drift_leave_too_little_to_tell() -> None:
    drift = table(np.arange(24.0)[None, :])
    assert relevance(drift, drift, [0]) == Untold(Lack.FEW, 24, 1)


def test_of_lags_that_cannot_be_told_the_one_with_most_pairs_says_why() -> None:
    short = table(noise(1, 18, 0, seed=23))
    assert relevance(short, short, [3, 0, 5]) == Untold(Lack.FEW, 18, 1)


def test_lags_that_cannot_be_told_are_left_out() -> None:
    soft = table(noise(1, 25, 0, seed=24))
    assert [link.lag for link in told(soft, soft, 0, 9).tried] == [0]


def test_pairs_need_both_values_and_units_three_pairs() -> None:
    soft = {"a": {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0}, "b": {1: 1.0, 2: 2.0}, "c": {1: 1.0}}
    hard = {"a": {2: 5.0, 3: 6.0, 5: 7.0}, "b": {2: 1.0, 3: 1.0}, "d": {2: 1.0}}
    panel = panel_of(soft, hard, 1)
    assert (panel.unit.tolist(), panel.period.tolist()) == ([0, 0, 0], [1, 2, 4])
    assert (panel.first.tolist(), panel.second.tolist()) == ([1, 2, 4], [5, 6, 7])
    assert (panel.patterns(), panel_of(soft, hard, 7).units) == (Counter({(0, 1, 3): 1}), 0)


def test_patterns_count_units_with_the_same_gaps() -> None:
    soft = {"a": {1: 1.0, 2: 2.0, 4: 3.0}, "b": {5: 1.0, 6: 2.0, 8: 1.0}, "c": {1: 1.0, 2: 2.0, 3: 1.0}}
    assert beside_itself(soft).patterns() == Counter({(0, 1, 3): 2, (0, 1, 2): 1})


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.7])
@pytest.mark.parametrize(("units", "periods"), [(400, 6), (100, 24)])
def test_memory_is_found_again_in_panels_of_any_length(rho: float, units: int, periods: int) -> None:
    panel = beside_itself(table(noise(units, periods, rho, seed=25)))
    assert memory(panel, within_units(panel, panel.first)) == pytest.approx(rho, abs=0.08)


def test_a_memory_is_the_one_whose_expected_coefficient_is_seen() -> None:
    panel = beside_itself(table(noise(2, 8, 0.6, seed=31)))
    left = within_units(panel, panel.first).reshape(2, 8)
    seen = float((left[:, 1:] * left[:, :-1]).sum() / (left**2).sum())
    rho = memory(panel, left.reshape(-1))
    decay = rho ** np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    inside = np.eye(8) - 1 / 8
    centred = inside @ decay @ inside
    assert 0.05 < rho < 0.9
    assert float(np.diag(centred, 1).sum() / np.trace(centred)) == pytest.approx(seen, abs=1e-6)


def test_memory_is_found_again_where_periods_are_missing() -> None:
    whole = table(noise(1000, 18, 0.5, seed=28))
    gaps = {unit: {t: x for t, x in row.items() if t % 3} for unit, row in whole.items()}
    panel = beside_itself(gaps)
    assert memory(panel, within_units(panel, panel.first)) == pytest.approx(0.5, abs=0.025)


def test_memory_is_cut_at_both_ends() -> None:
    drift, turns = table(np.arange(40.0)[None, :]), table(np.tile([0.0, 1.0], 20)[None, :])
    panels = [beside_itself(rows) for rows in (drift, turns)]
    assert [memory(panel, within_units(panel, panel.first)) for panel in panels] == [LARGEST_MEMORY, 0]


def test_without_neighbours_or_variation_there_is_no_memory() -> None:
    apart = by_unit(np.zeros(30, np.int64), np.arange(30.0), every=2)
    flat = table(np.ones((1, 30)))
    panels = [beside_itself(rows) for rows in (apart, flat)]
    assert [memory(panel, within_units(panel, panel.first)) for panel in panels] == [0, 0]


def test_degrees_of_freedom_are_counted_in_full_without_memory_on_one_side() -> None:
    panel = beside_itself(table(noise(5, 12, 0, seed=26)))
    assert [effective_df(panel, *both) for both in ((0.0, 0.0), (0.9, 0.0), (0.0, 0.9))] == agrees([54, 54, 54])
    shrinking = [effective_df(panel, rho, rho) for rho in (0.0, 0.3, 0.6, 0.9)]
    assert shrinking == sorted(shrinking, reverse=True)


def test_taking_out_periods_is_the_residual_of_units_and_periods() -> None:
    whole = table(noise(4, 6, 0, seed=27))
    gaps = {("001", 3), ("002", 0)}
    values = {unit: {t: x for t, x in row.items() if (unit, t) not in gaps} for unit, row in whole.items()}
    panel = beside_itself(values)
    design = np.concatenate([np.eye(4)[panel.unit], np.eye(6)[panel.period]], axis=1)
    residual = panel.first - design @ np.linalg.lstsq(design, panel.first, rcond=None)[0]
    assert within_periods(panel, panel.first) == pytest.approx(residual, abs=1e-9)


def test_taking_out_periods_gives_up_in_time() -> None:
    # A long chain of units that share one period each converges slowly.
    chain = {f"{unit:03}": {2 * unit + t: float((unit * 7 + t * 3) % 5) for t in range(3)} for unit in range(60)}
    panel = beside_itself(chain)
    assert np.isfinite(within_periods(panel, panel.first)).all()


@settings(max_examples=25)
@given(
    st.integers(0, 10**6),
    st.lists(st.integers(-100, 100), min_size=4, max_size=4),
    st.sampled_from([0.25, 2.0, 8.0]),
    st.sampled_from([-1, 1]),
)
def test_levels_and_units_of_measure_change_no_link(seed: int, levels: list[int], scale: float, sign: int) -> None:
    rows, other = (np.round(noise(4, 10, 0.3, seed=seed + 10**7 * k), 3) for k in (0, 1))
    before = told(table(rows), table(other), 0).link
    after = told(table(sign * scale * rows + np.array(levels)[:, None]), table(other), 0).link
    ends = sorted(sign * end for end in before.interval)
    assert (after.r, *after.interval, after.df) == pytest.approx((sign * before.r, *ends, before.df), abs=1e-5)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.permutations(range(5)), st.integers(-50, 50))
def test_order_of_units_and_numbering_of_periods_change_no_link(seed: int, order: list[int], first: int) -> None:
    rows, other = (noise(5, 10, 0.3, seed=seed + 10**7 * k) for k in (0, 1))
    before = told(table(rows), table(other), 1).link
    after = told(table(rows[order], first=first), table(other[order], first=first), 1).link
    assert (after.r, *after.interval) == pytest.approx((before.r, *before.interval), abs=1e-6)


@pytest.mark.parametrize("lags", [[], [1, 1]])
def test_each_lag_is_asked_for_once(lags: list[int]) -> None:
    with pytest.raises(ScoringError, match="a link needs at least one lag, each once"):
        relevance({}, {}, lags)


@pytest.mark.parametrize("side", [0, 1])
def test_values_are_finite(side: int) -> None:
    both: list[Values] = [{}, {}]
    both[side] = {"a": {1: math.nan}}
    with pytest.raises(ScoringError, match="a value must be a finite number"):
        relevance(both[0], both[1])


def test_among_many_kpis_the_one_that_comes_first_stands_out() -> None:
    behaviour = noise(6, 24, 0.2, seed=30)
    sales = np.concatenate([noise(6, 1, 0, seed=31), behaviour[:, :-1]], axis=1) + noise(6, 24, 0, seed=32)
    candidates = {kpi: table(noise(6, 24, 0.2, seed=40 + kpi)) for kpi in range(8)} | {9: table(behaviour), 10: {}}
    found = indicators(candidates, table(sales))
    assert [indicator.kpi for indicator in found if indicator.stands] == [9]
    assert (found[0].kpi, found[-1].kpi, found[-1].found) == (9, 10, Untold(Lack.FEW, 0, 0))


def test_a_kpi_that_follows_is_no_indicator() -> None:
    sales = table(noise(6, 24, 0.2, seed=33))
    assert [indicator.stands for indicator in indicators({1: sales}, sales, [0])] == [False]
    assert indicators({}, sales) == []


def test_a_link_that_stands_alone_among_few_falls_among_many() -> None:
    weak = noise(6, 24, 0, seed=47)
    hard = table(np.concatenate([noise(6, 1, 0, seed=35), 0.25 * weak[:, :-1]], axis=1) + noise(6, 24, 0, seed=36))
    many = {kpi: table(noise(6, 24, 0, seed=100 + kpi)) for kpi in range(60)}
    alone, among = indicators({99: table(weak)}, hard), indicators({99: table(weak)} | many, hard)
    assert alone[0].stands
    assert not next(indicator.stands for indicator in among if indicator.kpi == 99)
