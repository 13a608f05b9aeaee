"""A card changes over what both rounds have, and its error holds what the same raters say about several KPIs."""

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.card_trend import CardChange, CardRound, Line, card_change
from app.scoring.composite import CardEntry, Form, Scorecard, score_composites
from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.metrics import Aggregation, Method, known, measure
from app.scoring.pooling import PooledCovariance
from app.scoring.results import Composite, HardScore, NotScored, Reason
from app.scoring.soft import RaterMix
from app.scoring.trend import Change, Definition, Measurement, NoTrend, Untrended, change_between
from tests.scoring.facts import agrees
from tests.scoring.naive import square_of_group
from tests.scoring.people import Answers, soft
from tests.scoring.readings import days, told

NAN = math.nan
MIXES = [RaterMix(0, {"manager": 2, "peers": 3}), RaterMix(1, {"manager": 1, "peers": 1, "customers": 1})]
COVARIANCE = np.array([[400, 150], [150, 500]], np.float64)
KNOWN = PooledCovariance(variances={0: 400.0, 1: 500.0}, covariances={(0, 1): 150.0})
LINES = [Line(0, 0, 3), Line(1, 1, 2)]
FIRST: Answers = {
    "manager": {0: [75.0], 1: [50.0]},
    "peers": {0: [50.0, 75.0, NAN, 50.0], 1: [60.0, NAN, 80.0, 20.0]},
}
SECOND: Answers = {
    "manager": {0: [50.0], 1: [90.0]},
    "peers": {0: [90.0, 75.0, 60.0], 1: [60.0, NAN, 80.0]},
    "customers": {1: [10.0, 20.0]},
}
answers = st.sampled_from([0.0, 25.0, 50.0, 100.0, NAN])

Hard = Mapping[tuple[int, int], HardScore | NotScored]


def a_round(given: Answers, hard: Hard | None = None) -> CardRound:
    return CardRound(0, soft(given, MIXES, spread=dict.fromkeys(given, KNOWN)), hard or {})


def exact(kpi: int, value: float) -> HardScore:
    return score_metric(kpi, known(value), Goalposts(0, 100))


def changed(
    before: CardRound,
    after: CardRound,
    lines: list[Line],
    in_both: dict[tuple[str, ...], int],
    form: Form = Form.ARITHMETIC,
) -> CardChange:
    found = card_change(before, after, lines, in_both, form=form)
    assert isinstance(found, CardChange)
    return found


def test_a_card_of_one_kpi_changes_as_the_kpi_does() -> None:
    first, second = a_round(FIRST), a_round(SECOND)
    asked = Definition("1", "1", {"a": 1}, {"manager": 2, "peers": 3})
    in_both: dict[tuple[str, ...], int] = {("peers",): 2, ("manager",): 1}
    earlier, later = (Measurement(asked, one.soft.values()[0, 0]) for one in (first, second))
    alone = change_between(earlier, later, in_both)
    card = changed(first, second, [Line(0, 0, 7)], in_both)
    assert isinstance(alone, Change)
    assert (card.before, card.after, card.coverage) == (agrees(alone.before), agrees(alone.after), 1)
    ours, theirs = card.difference, alone.difference
    assert (ours.points, ours.se, ours.df, *ours.interval) == agrees(
        (theirs.points, theirs.se, theirs.df, *theirs.interval)
    )


def test_the_error_is_that_of_raters_who_speak_on_several_kpis_at_once() -> None:
    found = changed(a_round(FIRST), a_round(SECOND), LINES, {("peers",): 2})
    a = {"manager": {0: 0.6 * 0.4, 1: 0.4 * 0.5}, "peers": {0: 0.6 * 0.6, 1: 0.4 * 0.5}}
    square = spent = shared = 0.0
    for name, of_group in a.items():
        rounds = [
            square_of_group([np.array(list(given[name].values())).T], of_group, COVARIANCE) for given in (FIRST, SECOND)
        ]
        square += sum(one[0] for one in rounds)
        spent += sum(one[1] for one in rounds)
        if name == "peers":
            sizes = [one[2] for one in rounds]
            assert sizes == [4, 3]
            shared = 2 * 0.3 * 2 / math.sqrt(12) * math.sqrt(rounds[0][0] * rounds[1][0])
    assert (found.difference.se, found.difference.df) == agrees((math.sqrt(square - shared), square**2 / spent))


def test_lines_say_what_each_kpi_adds() -> None:
    found = changed(a_round(FIRST), a_round(SECOND), LINES, {})
    first = [0.4 * 75 + 0.6 * 175 / 3, 0.5 * 50 + 0.5 * 160 / 3]
    second = [0.4 * 50 + 0.6 * 75, 0.5 * 90 + 0.5 * 70]
    assert [(one.kpi, one.weight, one.before, one.after, one.points) for one in found.lines] == [
        (kpi, agrees(w), agrees(old), agrees(new), agrees(w * (new - old)))
        for kpi, w, old, new in zip((0, 1), (0.6, 0.4), first, second, strict=True)
    ]
    assert found.difference.points == agrees(math.fsum(one.points for one in found.lines))


@pytest.mark.parametrize("form", Form)
def test_where_both_rounds_have_the_same_groups_the_ends_are_the_composites(form: Form) -> None:
    given = [FIRST, {"manager": FIRST["manager"], "peers": {0: [10.0] * 4, 1: [90.0] * 4}}]
    mixes = [MIXES[0], RaterMix(1, {"manager": 1, "peers": 1})]
    rounds = [CardRound(0, soft(one, mixes), {}) for one in given]
    card = Scorecard((CardEntry(0, 3), CardEntry(1, 2)), form)
    composites = [score_composites(one.soft, {0: card}, {})[0] for one in rounds]
    found = changed(rounds[0], rounds[1], LINES, {}, form)
    assert [found.before, found.after] == agrees([one.score for one in composites if isinstance(one, Composite)])


def test_hard_kpis_add_their_errors() -> None:
    figures = [told(measure(Aggregation(Method.MEAN), days(values))) for values in ([60, 80, 70, 66], [70, 90, 88, 72])]
    rounds = [
        a_round(given, {(0, 2): score_metric(2, figure, Goalposts(0, 100))})
        for given, figure in zip((FIRST, SECOND), figures, strict=True)
    ]
    with_hard = changed(rounds[0], rounds[1], [*LINES, Line(2, 2, 5)], {})
    alone = changed(a_round(FIRST), a_round(SECOND), LINES, {})
    squares = [(0.5 * figure.se) ** 2 for figure in figures]
    assert with_hard.difference.se == agrees(math.sqrt(0.25 * alone.difference.se**2 + sum(squares)))
    assert (with_hard.unsure, with_hard.lines[2].points) == ((), agrees(0.5 * 11))


def test_a_geometric_card_moves_by_log_means_that_add_up() -> None:
    """25 and 64 at equal weights are 40; 81 and 64 are 72; the second KPI has not moved."""
    rounds = [a_round({}, {(0, 0): exact(0, x), (0, 1): exact(1, 64)}) for x in (25, 81)]
    found = changed(rounds[0], rounds[1], [Line(0, 0, 1), Line(1, 1, 1)], {}, Form.GEOMETRIC)
    assert (found.before, found.after, found.difference.points) == (agrees(40), agrees(72), agrees(32))
    assert [(one.weight, one.points) for one in found.lines] == [(0.5, agrees(32)), (0.5, agrees(0))]


def test_a_low_kpi_of_a_geometric_card_weighs_more_in_the_error() -> None:
    """dC/dx = w C/x: of 25 in the first round .5 * 40/25 = .8, of 81 in the second .5 * 72/81 = 4/9."""
    figures = [told(measure(Aggregation(Method.MEAN), days(values))) for values in ([20, 30, 22, 28], [80, 82, 76, 86])]
    rounds = [
        a_round({}, {(0, 0): score_metric(0, figure, Goalposts(0, 100)), (0, 1): exact(1, 64)}) for figure in figures
    ]
    found = changed(rounds[0], rounds[1], [Line(0, 0, 1), Line(1, 1, 1)], {}, Form.GEOMETRIC)
    assert [figure.value for figure in figures] == [25, 81]
    assert found.difference.se == agrees(math.hypot(0.8 * figures[0].se, 4 / 9 * figures[1].se))


def test_raters_of_a_geometric_card_count_by_its_slopes() -> None:
    first: Answers = {"manager": {0: [25.0], 1: [64.0]}}
    second: Answers = {"manager": {0: [81.0], 1: [64.0]}}
    mixes = [RaterMix(kpi, {"manager": 1}) for kpi in (0, 1)]
    spread = dict.fromkeys(first, KNOWN)
    rounds = [CardRound(0, soft(given, mixes, spread=spread), {}) for given in (first, second)]
    found = changed(rounds[0], rounds[1], [Line(0, 0, 1), Line(1, 1, 1)], {}, Form.GEOMETRIC)
    slopes = [(0.5 * 40 / 25, 0.5 * 40 / 64), (0.5 * 72 / 81, 0.5 * 72 / 64)]
    square = sum(a * a * 400 + b * b * 500 + 2 * a * b * 150 for a, b in slopes)
    assert found.difference.se == agrees(math.sqrt(square))


def test_exact_figures_that_differ_are_a_change_from_five_points_on() -> None:
    nobody: Answers = {}
    small, large, none = (
        changed(a_round(nobody, {(0, 0): exact(0, 70)}), a_round(nobody, {(0, 0): exact(0, to)}), [Line(0, 0, 1)], {})
        for to in (66, 65, 70)
    )
    assert [one.difference.is_changed for one in (small, large, none)] == [False, True, False]
    assert [one.difference.index for one in (small, large, none)] == [-math.inf, -math.inf, 0]
    assert [one.difference.p for one in (small, large, none)] == [0, 0, 1]


def test_a_figure_whose_error_nobody_knows_is_named() -> None:
    single = score_metric(2, told(measure(Aggregation(Method.MEAN), days([70]))), Goalposts(0, 100))
    found = changed(
        a_round(FIRST, {(0, 2): single}), a_round(SECOND, {(0, 2): exact(2, 80)}), [*LINES, Line(2, 2, 5)], {}
    )
    assert found.unsure == (2,)


def test_kpis_may_be_numbered_anew_in_the_second_round() -> None:
    swapped = {name: {1 - kpi: scores for kpi, scores in by_kpi.items()} for name, by_kpi in SECOND.items()}
    turned = [RaterMix(1 - mix.kpi, mix.weights) for mix in MIXES]
    spread = PooledCovariance(variances={1: 400.0, 0: 500.0}, covariances={(0, 1): 150.0})
    second = CardRound(0, soft(swapped, turned, spread=dict.fromkeys(swapped, spread)), {})
    found = changed(a_round(FIRST), second, [Line(0, 1, 3), Line(1, 0, 2)], {("peers",): 2})
    straight = changed(a_round(FIRST), a_round(SECOND), LINES, {("peers",): 2})
    assert (found.difference.points, found.difference.se) == agrees(
        (straight.difference.points, straight.difference.se)
    )
    assert [one.kpi for one in found.lines] == [1, 0]


def test_less_than_six_tenths_of_the_weight_in_both_rounds_is_no_trend() -> None:
    gone: Hard = {(0, 2): NotScored(Reason.NO_VALUE)}
    both = {(0, 2): exact(2, 50)}
    too_little = [Line(0, 0, 59), Line(2, 2, 41)]
    enough = [Line(0, 0, 60), Line(2, 2, 40)]
    assert card_change(a_round(FIRST, gone), a_round(SECOND, both), too_little, {}) == NoTrend(
        Untrended.TOO_LITTLE_SHARED
    )
    assert changed(a_round(FIRST, gone), a_round(SECOND, both), enough, {}).coverage == agrees(0.6)
    assert card_change(a_round(FIRST), a_round(SECOND), [], {}) == NoTrend(Untrended.TOO_LITTLE_SHARED)
    assert card_change(a_round(FIRST), a_round(SECOND), [Line(0, 0, 0)], {}) == NoTrend(Untrended.TOO_LITTLE_SHARED)


def test_a_kpi_whose_groups_hardly_meet_takes_no_part() -> None:
    apart: Answers = {"peers": SECOND["peers"], "customers": SECOND["customers"], "manager": {0: [50.0]}}
    found = changed(a_round(FIRST), a_round(apart), [Line(0, 0, 3), Line(1, 1, 2)], {})
    assert ([one.kpi for one in found.lines], found.coverage) == ([0], agrees(0.6))


@given(
    st.lists(st.tuples(answers, answers), min_size=1, max_size=5),
    st.lists(st.tuples(answers, answers), min_size=1, max_size=5),
    st.integers(0, 6),
    st.floats(-1, 1),
    st.sampled_from(Form),
)
def test_a_change_lies_inside_its_interval_and_adds_up_over_its_lines(
    one: list[tuple[float, float]],
    other: list[tuple[float, float]],
    members: int,
    correlation: float,
    form: Form,
) -> None:
    rounds = [
        a_round({"manager": {0: [50.0], 1: [75.0]}, "peers": {kpi: [row[kpi] for row in rows] for kpi in (0, 1)}})
        for rows in (one, other)
    ]
    found = card_change(rounds[0], rounds[1], LINES, {("peers",): members}, correlation=correlation, form=form)
    if isinstance(found, CardChange):
        moved = found.difference
        assert -100 <= moved.interval.lo <= moved.points <= moved.interval.hi <= 100
        assert moved.se > 0
        assert math.fsum(line.points for line in found.lines) == pytest.approx(moved.points, abs=1e-9)
        assert 0 <= found.before <= 100 >= found.after >= 0
