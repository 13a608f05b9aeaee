"""Self against others: only a gap that is large and beyond the interval means anything, and none may give others away."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.results import Interval, KpiScore, NotScored, Reason
from app.scoring.selfview import (
    Gap,
    NoGap,
    Profile,
    Uncorrelated,
    Ungapped,
    UsualGaps,
    View,
    gap_on,
    profile_of,
    usual_gaps,
    view_of,
)
from app.scoring.soft import RaterMix
from tests.scoring.facts import agrees
from tests.scoring.people import score, soft, told

OTHERS = Interval(44, 71)
WEIGHTS = {"manager": 0.5, "peers": 0.5, "self": 0}
points = st.floats(0, 100)


@pytest.mark.parametrize(
    ("own", "others", "interval", "view"),
    [
        (80, 58, OTHERS, View.BLIND_SPOT),
        (70, 58, OTHERS, View.IN_LINE),  # 12 points, but inside the interval
        (71, 58, OTHERS, View.IN_LINE),  # at its end
        (71.1, 58, OTHERS, View.BLIND_SPOT),
        (67, 58, Interval(57, 59), View.IN_LINE),  # beyond the interval, but 9 points
        (68, 58, Interval(57, 59), View.BLIND_SPOT),
        (0.1 + 0.2 + 67.7, 58, Interval(57, 59), View.BLIND_SPOT),  # 10 points but for the last bits
        (40, 58, OTHERS, View.HIDDEN_STRENGTH),
        (44, 58, OTHERS, View.IN_LINE),
        (48, 58, Interval(57, 59), View.HIDDEN_STRENGTH),
        (58, 58, OTHERS, View.IN_LINE),
    ],
)
def test_a_view_needs_ten_points_and_to_be_beyond_the_interval(
    own: float, others: float, interval: Interval, view: View
) -> None:
    assert view_of(own, others, interval) is view


@given(points, points, points, points)
def test_turning_the_scale_round_turns_blind_spots_into_hidden_strengths(
    own: float, others: float, below: float, above: float
) -> None:
    turned = {View.BLIND_SPOT: View.HIDDEN_STRENGTH, View.HIDDEN_STRENGTH: View.BLIND_SPOT, View.IN_LINE: View.IN_LINE}
    ends = Interval(others - below, others + above)
    back = Interval(-ends.hi, -ends.lo)
    assert view_of(-own, -others, back) is turned[view_of(own, others, ends)]


def test_the_gap_is_that_to_a_score_without_the_own_rating() -> None:
    found = gap_on(0, score({"manager": [60], "peers": [50, 60, 70], "self": [100]}, WEIGHTS))
    assert found == Gap(0, 100, 60, 40, View.BLIND_SPOT)


def test_an_interval_in_whole_points_decides_where_that_is_what_readers_see() -> None:
    kpi = told(score({"manager": [60], "peers": [50, 60, 70], "self": [100]}, WEIGHTS))
    wider = gap_on(0, kpi, interval=Interval(20, 100))
    assert isinstance(wider, Gap)
    assert wider.view is View.IN_LINE


def test_there_is_no_gap_where_others_are_withheld_or_nobody_rated_himself() -> None:
    withheld = gap_on(0, score({"self": [100]}, WEIGHTS))
    alone = gap_on(0, score({"manager": [60], "peers": [50]}, WEIGHTS))
    assert (withheld, alone) == (NoGap(0, Ungapped.OTHERS_WITHHELD), NoGap(0, Ungapped.NO_OWN_RATING))
    assert {withheld.reason, alone.reason} == set(Ungapped)  # type: ignore[union-attr]


def test_a_group_that_was_pooled_with_self_is_no_own_rating() -> None:
    kpi = told(score({"manager": [60], "peers": [50]}, WEIGHTS))
    pooled = kpi.groups[1]._replace(groups=("self", "peers"))
    changed = KpiScore(0, kpi.score, 1, 2, kpi.uncertainty, kpi.interval, (kpi.groups[0], pooled))
    assert gap_on(0, changed) == NoGap(0, Ungapped.NO_OWN_RATING)


def gaps_of(pairs: list[tuple[float, float]]) -> list[Gap | NoGap]:
    return [Gap(kpi, own, others, own - others, View.IN_LINE) for kpi, (own, others) in enumerate(pairs)]


def profile(pairs: list[tuple[float, float]]) -> Profile:
    found = profile_of(gaps_of(pairs))
    assert found is not None
    return found


def test_a_profile_leaves_out_kpis_without_a_gap() -> None:
    found = profile_of([*gaps_of([(60, 50), (70, 40)]), NoGap(2, Ungapped.NO_OWN_RATING)])
    assert found is not None
    assert (found.mean_gap, [gap.kpi for gap in found.gaps]) == (20, [0, 1])
    assert profile_of([NoGap(0, Ungapped.OTHERS_WITHHELD)]) is None


def test_a_profile_correlation_needs_six_kpis_that_differ() -> None:
    rising: list[tuple[float, float]] = [(10.0 * kpi, 40 + 5.0 * kpi) for kpi in range(6)]
    assert profile(rising).correlation == agrees(1)
    assert profile([(own, 100 - others) for own, others in rising]).correlation == agrees(-1)
    assert profile(rising[:5]).correlation is Uncorrelated.TOO_FEW_KPIS
    assert profile([(50, others) for _, others in rising]).correlation is Uncorrelated.NO_DIFFERENCE
    assert profile([(own, 0.1 + 0.2) for own, _ in rising]).correlation is Uncorrelated.NO_DIFFERENCE


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=6, max_size=12))
def test_a_profile_correlation_is_pearsons(pairs: list[tuple[float, float]]) -> None:
    found = profile(pairs).correlation
    own, others = np.array(pairs, np.float64).T
    if isinstance(found, Uncorrelated):
        assert min(np.ptp(own), np.ptp(others)) == 0
    else:
        assert found == pytest.approx(float(np.corrcoef(own, others)[0, 1]), abs=1e-9)
        assert -1 <= found <= 1


def test_what_is_usual_is_the_mean_over_subjects_from_five_on() -> None:
    profiles = [profile([(60 + gap, 60), (50, 50)]) for gap in (2, 4, 6, 8)]
    assert usual_gaps(profiles) == UsualGaps(None, {})
    more = [*profiles, profile([(70, 60)])]
    assert usual_gaps(more) == UsualGaps(agrees((1 + 2 + 3 + 4 + 10) / 5), {0: agrees(6)})


def test_the_gaps_of_a_scored_subject_come_out_kpi_by_kpi() -> None:
    answers = {"manager": {0: [50.0], 1: [50.0]}, "peers": {0: [50.0, 52.0]}, "self": {0: [100.0], 1: [0.0]}}
    values = soft(answers, [RaterMix(kpi, WEIGHTS) for kpi in (0, 1, 2)]).values()
    found = profile_of([gap_on(kpi, values.get((0, kpi), NotScored(Reason.INSUFFICIENT))) for kpi in (0, 1, 2)])
    assert found is not None
    assert [(gap.kpi, gap.view) for gap in found.gaps] == [(0, View.BLIND_SPOT), (1, View.HIDDEN_STRENGTH)]
    assert math.isclose(found.mean_gap, (49.5 - 50) / 2)
