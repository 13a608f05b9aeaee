"""A composite weighs the KPIs that are present and carries the errors of its soft and hard parts together."""

import math
from typing import Any

import numpy as np
import pytest

from app.scoring.composite import CardEntry, Form, Scorecard, mean_of, score_composites
from app.scoring.errors import ScoringError
from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.intervals import score_interval
from app.scoring.metrics import Aggregation, Method, known, measure
from app.scoring.results import Composite, HardScore, Interval, KpiScore, NotScored, Part, Reason, Uncertainty
from app.scoring.soft import RaterMix, SoftScores
from tests.scoring.facts import agrees, facts
from tests.scoring.naive import square_of_group
from tests.scoring.people import KNOWN, soft
from tests.scoring.readings import days, told

LINE = Goalposts(0, 100)
NOBODY = soft({}, [])


def exact(kpi: int, value: float) -> HardScore:
    return score_metric(kpi, known(value), LINE)


def hard(*values: float) -> dict[tuple[int, int], HardScore | NotScored]:
    return {(0, kpi): exact(kpi, value) for kpi, value in enumerate(values)}


def card(*weights: float, form: Form = Form.ARITHMETIC, required: tuple[int, ...] = ()) -> Scorecard:
    return Scorecard(tuple(CardEntry(kpi, weight, kpi in required) for kpi, weight in enumerate(weights)), form)


def composite(scores: SoftScores, card: Scorecard, figures: dict[tuple[int, int], Any] | None = None) -> Composite:
    found = score_composites(scores, {0: card}, figures or {})[0]
    assert isinstance(found, Composite)
    return found


def test_the_worked_example_comes_out_digit_for_digit() -> None:
    case = facts()["worked"]["composite_E2"]
    found = composite(NOBODY, card(*case["weights"]), hard(*case["scores"]))
    assert found.score == agrees(case["arithmetic"])
    assert [part.points for part in found.parts] == agrees(case["contributions"])
    geometric = composite(NOBODY, card(*case["weights"], form=Form.GEOMETRIC), hard(*case["scores"]))
    assert geometric.score == agrees(case["geometric"])


def test_all_at_the_top_are_at_the_top_whatever_the_rounding() -> None:
    assert mean_of([24 / 105, 81 / 105], [100, 100], Form.ARITHMETIC) == 100
    assert mean_of([0.5, 0.5], [100, 100], Form.GEOMETRIC) == 100


def test_exact_figures_alone_leave_no_doubt() -> None:
    found = composite(NOBODY, card(1, 1), hard(40, 80))
    assert (found.uncertainty, found.interval) == (Uncertainty(0, math.inf, 0), Interval(60, 60))
    assert (found.soft, found.hard) == (None, 60)


def test_a_kpi_without_a_score_leaves_its_weight_to_the_others() -> None:
    figures = hard(70, 80) | {(0, 2): NotScored(Reason.NO_VALUE)}
    found = composite(NOBODY, card(50, 30, 20), figures)
    assert (found.score, found.coverage) == (agrees((50 * 70 + 30 * 80) / 80), 0.8)
    assert found.parts == (
        Part(0, agrees(0.625), 70, agrees(43.75)),
        Part(1, agrees(0.375), 80, agrees(30)),
    )


def test_less_than_six_tenths_of_the_weight_is_insufficient() -> None:
    assert score_composites(NOBODY, {0: card(59, 41)}, hard(70)) == {0: NotScored(Reason.INSUFFICIENT, 0.59)}


def test_six_tenths_of_the_weight_are_enough_although_floating_point_says_a_little_less() -> None:
    assert 0.1 + 0.2 + 0.3 > 0.6 > 0.3 + 0.3 - 1e-16
    assert composite(NOBODY, card(1 - 0.3 - 0.1, 0.4), hard(70)).score == 70


def test_without_a_required_kpi_there_is_no_composite() -> None:
    required = card(80, 20, required=(1,))
    assert score_composites(NOBODY, {0: required}, hard(70)) == {0: NotScored(Reason.REQUIRED_MISSING, 0.8)}
    assert composite(NOBODY, required, hard(70, 20)).score == agrees(60)


def test_each_subject_has_the_composite_of_its_own_card() -> None:
    figures = hard(40, 80) | {(7, 1): exact(1, 90)}
    found = score_composites(NOBODY, {7: card(0, 1), 0: card(1, 1), 3: card(1)}, figures)
    assert {subject: getattr(score, "score", score) for subject, score in found.items()} == {
        7: 90,
        0: 60,
        3: NotScored(Reason.INSUFFICIENT, 0),
    }


ANSWERS = {
    "manager": {0: [75.0], 1: [50.0]},
    "peers": {0: [50.0, 75.0, math.nan, 50.0], 1: [60.0, math.nan, 80.0, 20.0]},
}
MIXES = [RaterMix(0, {"manager": 2, "peers": 3}), RaterMix(1, {"manager": 1, "peers": 1, "customers": 1})]
COVARIANCE = np.array([[400.0, 200.0], [200.0, 400.0]])


def soft_error(slopes: dict[int, float]) -> tuple[float, float]:
    """Squared error and its spent part of the two soft KPIs, rater by rater."""
    scores = soft(ANSWERS, MIXES).values()
    total = np.zeros(2)
    for number, by_kpi in enumerate(ANSWERS.values()):
        values = [scores[0, kpi] for kpi in (0, 1)]
        a = {
            kpi: slopes[kpi] * value.groups[number].share
            for kpi, value in enumerate(values)
            if isinstance(value, KpiScore)
        }
        total += square_of_group([np.array(list(by_kpi.values())).T], a, COVARIANCE)[:2]
    return float(total[0]), float(total[1])


def test_soft_kpis_rated_by_the_same_people_err_together() -> None:
    found = composite(soft(ANSWERS, MIXES), card(60, 40))
    square, spent = soft_error({0: 0.6, 1: 0.4})
    sizes = {"manager": 0.6 * 0.4 + 0.4 * 0.5, "peers": 0.6 * 0.6 + 0.4 * 0.5}
    kish = 1 / (sizes["manager"] ** 2 / 1 + sizes["peers"] ** 2 / 4)
    assert found.uncertainty == agrees((math.sqrt(square), square**2 / spent, kish))
    assert found.interval == score_interval(found.score, found.uncertainty)
    assert (found.soft, found.hard) == (found.score, None)


def test_soft_and_hard_errors_add_up_and_the_floor_is_gone() -> None:
    figure = told(measure(Aggregation(Method.MEAN), days([60, 80, 70, 66])))
    found = composite(soft(ANSWERS, MIXES), card(30, 20, 50), {(0, 2): score_metric(2, figure, LINE)})
    square, spent = soft_error({0: 0.3, 1: 0.2})
    a = (0.5 * figure.se) ** 2
    df = (square + a) ** 2 / (spent + a**2 / 3)
    assert found.uncertainty[:2] == agrees((math.sqrt(square + a), df))
    assert found.uncertainty.kish_n == agrees(composite(soft(ANSWERS, MIXES), card(60, 40)).uncertainty.kish_n)
    assert found.interval == score_interval(found.score, found.uncertainty, floored=False)
    assert (found.soft, found.hard) == (agrees(composite(soft(ANSWERS, MIXES), card(60, 40)).score), 69)


def test_a_hard_kpi_without_weight_leaves_the_floor() -> None:
    found = composite(soft(ANSWERS, MIXES), card(60, 40, 0), {(0, 2): exact(2, 10)})
    assert (found.interval, found.hard) == (composite(soft(ANSWERS, MIXES), card(60, 40)).interval, None)


def test_a_geometric_composite_errs_by_the_delta_rule() -> None:
    scores = soft(ANSWERS, MIXES)
    found = composite(scores, card(60, 40, form=Form.GEOMETRIC))
    x = [value.score for value in scores.values().values() if isinstance(value, KpiScore)]
    square, spent = soft_error({0: 0.6 * found.score / x[0], 1: 0.4 * found.score / x[1]})
    assert found.score == agrees(x[0] ** 0.6 * x[1] ** 0.4)
    assert found.uncertainty[:2] == agrees((math.sqrt(square), square**2 / spent))


def test_a_score_of_0_counts_as_1_in_a_geometric_composite() -> None:
    found = composite(NOBODY, card(1, 1, form=Form.GEOMETRIC), hard(0, 100))
    assert (found.score, found.parts[0].score) == (agrees(10), 0)


def test_points_of_a_geometric_composite_add_up_to_it() -> None:
    found = composite(soft(ANSWERS, MIXES), card(3, 2, 5, form=Form.GEOMETRIC), {(0, 2): exact(2, 0.4)})
    assert math.fsum(part.points for part in found.parts) == agrees(found.score)
    assert [part.score for part in found.parts][2] == agrees(0.4)


def test_a_kpi_whose_error_nobody_knows_is_named_beside_the_interval() -> None:
    single = score_metric(2, told(measure(Aggregation(Method.MEAN), days([70]))), LINE)
    found = composite(soft(ANSWERS, MIXES), card(30, 20, 50), {(0, 2): single})
    assert (found.unsure, composite(NOBODY, card(1, 1), hard(40, 80)).unsure) == ((2,), ())


def test_weights_of_a_card_work_in_any_unit() -> None:
    one, other = (composite(soft(ANSWERS, MIXES), card(*weights)) for weights in ((0.6, 0.4), (18, 12)))
    assert (one.score, *one.uncertainty, *one.interval) == agrees((other.score, *other.uncertainty, *other.interval))


def test_groups_of_different_kpis_count_with_their_distinct_raters() -> None:
    answers = {"peers": {0: [50.0, 60.0, math.nan, math.nan], 1: [math.nan, math.nan, 70.0, 80.0]}}
    mixes = [RaterMix(kpi, {"peers": 1}) for kpi in (0, 1)]
    found = composite(soft(answers, mixes), card(1, 1))
    assert found.uncertainty.kish_n == agrees(4)
    assert found.score == agrees(65)


def test_a_kpi_cannot_be_rated_and_measured_at_once() -> None:
    with pytest.raises(ScoringError, match="kpi 0 of subject 0 has a soft and a hard score"):
        score_composites(soft(ANSWERS, MIXES), {0: card(1, 1)}, hard(50))


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((), "at least one kpi needs a weight above 0"),
        ((CardEntry(0, 0),), "at least one kpi needs a weight above 0"),
        ((CardEntry(0, -1),), "weight of kpi 0 must be a number from 0 to 1e9, got -1"),
        ((CardEntry(0, math.nan),), "weight of kpi 0 must be"),
        ((CardEntry(0, 1), CardEntry(0, 1)), "a kpi can be on a scorecard once only"),
    ],
)
def test_cards_that_cannot_be_weighed_are_refused(entries: tuple[CardEntry, ...], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        Scorecard(entries)


def test_the_known_spread_of_the_examples_is_that_of_the_matrix() -> None:
    assert [KNOWN.variance(0), KNOWN.covariance(0, 1)] == COVARIANCE[0].tolist()
