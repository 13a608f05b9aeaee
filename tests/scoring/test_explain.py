"""Every score explains itself by parts that add up."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.explain import (
    ChangePart,
    against,
    change,
    geometric_change,
    geometric_parts,
    geometric_points,
    group_parts,
    log_mean,
    parts,
    printed,
)
from tests.scoring.facts import agrees, facts
from tests.scoring.people import score, told

kpis = st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=8)


def composite(weights: list[float], scores: list[float]) -> float:
    return math.fsum(w * x for w, x in zip(weights, scores, strict=True)) / math.fsum(weights)


def geometric(weights: list[float], scores: list[float]) -> float:
    logs = [w * math.log(max(x, 1)) for w, x in zip(weights, scores, strict=True)]
    return math.exp(math.fsum(logs) / math.fsum(weights))


def close(total: float) -> object:
    return pytest.approx(total, rel=1e-12, abs=1e-9)


def test_the_worked_example_comes_out_digit_for_digit() -> None:
    case = facts()["worked"]["composite_E2"]
    reference = [case["reference"]] * 3
    assert parts(case["weights"], case["scores"]) == agrees(case["contributions"])
    assert against(case["weights"], case["scores"], reference) == agrees(case["vs_reference"])
    assert geometric_parts(case["weights"], case["scores"], reference) == pytest.approx(
        case["geometric_vs_reference"], abs=1e-8
    )
    assert log_mean(case["geometric"], case["reference"]) == agrees(case["log_mean"])


@given(kpis)
def test_parts_add_up_to_the_composite(rows: list[tuple[float, float, float]]) -> None:
    weights, scores, references = (list(column) for column in zip(*rows, strict=True))
    assert math.fsum(parts(weights, scores)) == close(composite(weights, scores))
    gap = composite(weights, scores) - composite(weights, references)
    assert math.fsum(against(weights, scores, references)) == close(gap)


@given(kpis)
def test_geometric_parts_add_up_to_the_gap(rows: list[tuple[float, float, float]]) -> None:
    weights, scores, references = (list(column) for column in zip(*rows, strict=True))
    gap = geometric(weights, scores) - geometric(weights, references)
    assert math.fsum(geometric_parts(weights, scores, references)) == close(gap)


@given(kpis)
def test_points_of_a_geometric_composite_add_up_to_it(rows: list[tuple[float, float, float]]) -> None:
    weights, scores, _ = (list(column) for column in zip(*rows, strict=True))
    points = geometric_points(weights, scores)
    assert math.fsum(points) == close(geometric(weights, scores))
    assert min(points) > 0


def test_a_geometric_composite_of_zeros_is_1_and_shared_by_weight() -> None:
    assert geometric_points([3, 1], [0, 0]) == [0.75, 0.25]


@given(kpis, st.lists(st.floats(0.01, 100), min_size=8, max_size=8))
def test_a_change_of_weights_and_scores_is_explained_whole(
    rows: list[tuple[float, float, float]], weights_after: list[float]
) -> None:
    weights, before, after = (list(column) for column in zip(*rows, strict=True))
    later = weights_after[: len(rows)]
    explained = change(weights, before, later, after)
    total = math.fsum(part.by_score + part.by_weight for part in explained)
    assert total == close(composite(later, after) - composite(weights, before))


@given(kpis, st.lists(st.floats(0.01, 100), min_size=8, max_size=8))
def test_a_geometric_change_of_weights_and_scores_is_explained_whole(
    rows: list[tuple[float, float, float]], weights_after: list[float]
) -> None:
    weights, before, after = (list(column) for column in zip(*rows, strict=True))
    later = weights_after[: len(rows)]
    explained = geometric_change(weights, before, later, after)
    total = math.fsum(part.by_score + part.by_weight for part in explained)
    assert total == close(geometric(later, after) - geometric(weights, before))


@pytest.mark.parametrize("explain", [change, geometric_change])
def test_without_new_weights_nothing_is_explained_by_weight(explain: Callable[..., list[ChangePart]]) -> None:
    assert [part.by_weight for part in explain([3, 1], [60, 80], [6, 2], [20, 90])] == [0, 0]


def test_a_change_of_scores_alone_is_all_by_score() -> None:
    assert change([1, 3], [60, 80], [1, 3], [80, 80]) == [ChangePart(5, 0), ChangePart(0, 0)]


def test_a_kpi_drills_down_to_its_rater_groups() -> None:
    kpi = told(score({"manager": [75], "peers": [50, 75, 75, 50]}, {"manager": 5, "peers": 3, "customers": 2}))
    assert group_parts(1, kpi) == agrees([46.875, 23.4375])
    assert math.fsum(group_parts(0.4, kpi)) == agrees(0.4 * kpi.score)


@pytest.mark.parametrize(("a", "b"), [(50.0, 60.0), (60.0, 50.0), (1.0, 100.0), (50.0, 50.0000001)])
def test_the_log_mean_lies_between_the_geometric_and_the_arithmetic(a: float, b: float) -> None:
    assert math.sqrt(a * b) <= log_mean(a, b) * (1 + 1e-12)
    assert log_mean(a, b) <= (a + b) / 2 * (1 + 1e-12)
    assert log_mean(a, b) == agrees(log_mean(b, a))


@given(st.lists(st.floats(-100, 100), max_size=9), st.integers(0, 6))
def test_printed_parts_add_up_to_the_printed_total(values: list[float], decimals: int) -> None:
    total, shown = printed(math.fsum(values), values, decimals=decimals)
    assert sum(shown) == total
    assert total == round(total, decimals)
    assert [str(figure) for figure in (total, *shown) if figure == 0 and str(figure).startswith("-")] == []
    assert [float(part) for part in shown] == pytest.approx(values, abs=1.01 * 10**-decimals)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([35.0, 24.0, 10.0], ["35.0", "24.0", "10.0"]),
        ([0.05, 0.05], ["0.1", "0.0"]),
        ([33.36, 33.33, 33.31], ["33.4", "33.3", "33.3"]),
        ([5.0, 6.04, -2.0], ["5.0", "6.0", "-2.0"]),
        ([-0.26, 0.3], ["-0.3", "0.3"]),
        ([0.1 + 0.2, 0.7], ["0.3", "0.7"]),
    ],
)
def test_the_largest_remainders_get_the_last_digits(values: list[float], texts: list[str]) -> None:
    assert [str(part) for part in printed(math.fsum(values), values)[1]] == texts


def test_a_total_a_little_under_zero_is_printed_without_a_minus() -> None:
    assert [str(figure) for figure in (printed(-1e-7, [0.0])[0], *printed(0.0, [-0.0])[1])] == ["0.0", "0.0"]


def test_parts_of_something_else_are_refused() -> None:
    with pytest.raises(ScoringError, match=r"parts add up to 3\.0, not to the total 4"):
        printed(4, [1, 2])
