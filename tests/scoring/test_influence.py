"""Effective shares say which KPI really sets subjects apart, and warn where that is not what the weights say."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.composite import CardEntry, Form, Scorecard, score_composites
from app.scoring.errors import ScoringError
from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.influence import NoInfluence, Uninfluenced, Warned, effective_shares, influences
from app.scoring.metrics import known
from app.scoring.results import Composite, HardScore, Interval, NotScored, Part, Reason, Uncertainty
from app.scoring.soft import RaterMix
from tests.scoring.facts import agrees
from tests.scoring.people import soft

rows = st.lists(st.tuples(*[st.integers(0, 100)] * 3), min_size=10, max_size=25)
weights = st.tuples(*[st.floats(0.01, 10)] * 3)


def composite(*scores: float, weights: tuple[float, ...] = (0.5, 0.3, 0.2)) -> Composite:
    parts = tuple(Part(kpi, w, x, w * x) for kpi, (w, x) in enumerate(zip(weights, scores, strict=False)))
    total = math.fsum(part.points for part in parts)
    return Composite(total, 1, Uncertainty(5, 9, 4), Interval(0, 100), parts, None, None)


CARD = Scorecard((CardEntry(0, 50), CardEntry(1, 30), CardEntry(2, 20)))


@given(rows, weights, st.sampled_from(Form))
def test_shares_add_up_to_1(table: list[tuple[int, ...]], given: tuple[float, ...], form: Form) -> None:
    found = effective_shares(given, table, form)
    if isinstance(found, NoInfluence):
        assert found.reason is Uninfluenced.NO_DIFFERENCE
    else:
        assert math.fsum(found) == pytest.approx(1, abs=1e-6)


@given(rows, weights)
def test_shares_are_covariances_with_the_composite(table: list[tuple[int, ...]], given: tuple[float, ...]) -> None:
    found = effective_shares(given, table)
    x, w = np.array(table, np.float64), np.array(given) / math.fsum(given)
    total = x @ w
    if not isinstance(found, NoInfluence):
        covariances = [float(np.cov(column, total)[0, 1]) for column in x.T]
        assert found == pytest.approx((w * covariances / np.var(total, ddof=1)).tolist(), rel=1e-6, abs=1e-6)


@given(rows, weights, st.floats(0.1, 10))
def test_shares_do_not_hang_on_the_unit_of_the_weights(
    table: list[tuple[int, ...]], given: tuple[float, ...], unit: float
) -> None:
    one, other = effective_shares(given, table), effective_shares([unit * w for w in given], table)
    assert one == other if isinstance(one, NoInfluence) else other == pytest.approx(one, rel=1e-6, abs=1e-6)


def test_kpis_that_vary_alike_and_independently_have_their_nominal_weights_squared() -> None:
    table = [[50 + 10 * a, 50 + 10 * b] for a in (-1, 1) for b in (-1, 1)] * 3
    assert effective_shares([0.6, 0.4], table) == agrees([0.36 / 0.52, 0.16 / 0.52])


def test_a_geometric_composite_is_set_apart_by_what_is_low() -> None:
    table = [[score, 95 + score / 10] for score in (5.0, 10, 20, 30, 40, 50, 60, 70, 80, 90)]
    arithmetic, geometric = (effective_shares([0.5, 0.5], table, form) for form in Form)
    assert isinstance(arithmetic, list)
    assert isinstance(geometric, list)
    assert geometric[0] > arithmetic[0] > 0.9
    zero = effective_shares([0.5, 0.5], [[0.0, 90.0], *table], Form.GEOMETRIC)
    assert effective_shares([0.5, 0.5], [[1.0, 90.0], *table], Form.GEOMETRIC) == zero


def test_a_kpi_that_pulls_the_other_way_or_hardly_or_too_much_is_warned_of() -> None:
    one_sided = [composite(10.0 * place, 60 - 2.0 * place, 50 + place % 2) for place in range(11)]
    assert [one.warning for one in influences(CARD, one_sided)] == [Warned.TOO_MUCH, Warned.AGAINST, Warned.TOO_LITTLE]  # type: ignore[union-attr]
    alike = [composite(*[10.0 * place] * 3) for place in range(10)]
    found = influences(CARD, alike)
    assert isinstance(found, list)
    assert [(one.weight, one.share, one.warning) for one in found] == [
        (agrees(w), agrees(w), None) for w in (0.5, 0.3, 0.2)
    ]


def test_a_kpi_without_weight_has_no_share_and_no_warning() -> None:
    card = Scorecard((CardEntry(0, 1), CardEntry(1, 0)))
    found = influences(card, [composite(7.0 * place, 3.0 * place, weights=(1, 0)) for place in range(10)])
    assert isinstance(found, list)
    assert [(one.share, one.warning) for one in found] == [(1, None), (0, None)]


def test_only_subjects_with_the_whole_card_count() -> None:
    told = [composite(10.0 * place, 50, 50) for place in range(9)]
    partly = composite(10, 50)
    assert len(partly.parts) == 2
    assert influences(CARD, [*told, partly, NotScored(Reason.INSUFFICIENT)]) == NoInfluence(
        Uninfluenced.TOO_FEW_SUBJECTS
    )
    assert isinstance(influences(CARD, [*told, partly, composite(10, 60, 50)]), list)


@pytest.mark.parametrize("count", [0, 1, 9])
def test_fewer_than_ten_subjects_say_nothing(count: int) -> None:
    assert effective_shares([1, 1], [[place, place] for place in range(count)]) == NoInfluence(
        Uninfluenced.TOO_FEW_SUBJECTS
    )


def test_composites_that_are_all_equal_say_nothing() -> None:
    assert effective_shares([1, 1], [[place, 100 - place] for place in range(12)]) == NoInfluence(
        Uninfluenced.NO_DIFFERENCE
    )


@pytest.mark.parametrize("scores", [[[1, 2, 3]] * 10, [50] * 20])
def test_scores_have_a_column_per_kpi(scores: Any) -> None:
    with pytest.raises(ScoringError, match="scores must have one column for each of the 2 kpis, got the shape"):
        effective_shares([1, 1], scores)


def test_a_round_as_it_is_scored_has_its_influences() -> None:
    hard: dict[tuple[int, int], HardScore | NotScored] = {
        (subject, kpi): score_metric(kpi, known(value), Goalposts(0, 100))
        for subject in range(12)
        for kpi, value in enumerate((8.0 * subject, 50 + subject % 2))
    }
    card = Scorecard((CardEntry(0, 1), CardEntry(1, 1)))
    nobody = soft({}, [RaterMix(0, {"peers": 1})])
    found = influences(card, score_composites(nobody, dict.fromkeys(range(12), card), hard).values())
    assert isinstance(found, list)
    assert [one.warning for one in found] == [None, Warned.TOO_LITTLE]
