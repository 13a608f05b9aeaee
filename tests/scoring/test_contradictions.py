"""Figures that speak against each other are found where both changes are real, with the first question to ask."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.contradictions import Finding, Kind, KpiMove, OwnRating, Question, contradictions
from app.scoring.directions import Direction
from app.scoring.errors import ScoringError
from app.scoring.moves import Move
from app.scoring.results import Interval

IMPRESSION, OBJECTIONS, ANSWER_TIME, SALES, CONVERSION = range(5)


def soft(kpi: int, difference: float, se: float = 1.0) -> KpiMove:
    return KpiMove(kpi, Kind.SOFT, Move(difference, se))


def hard(kpi: int, difference: float, se: float = 1.0) -> KpiMove:
    return KpiMove(kpi, Kind.HARD, Move(difference, se))


def test_a_gap_of_ten_points_is_one_whatever_the_last_bit_says() -> None:
    # 68.1 less 58.1 is 9.999999999999993 for the machine; the summary calls it a blind spot, and so must the question.
    found = contradictions(
        [], own=[OwnRating(0, 68.1, 58.1, Interval(50, 66)), OwnRating(1, 58.1, 68.1, Interval(60, 75))]
    )
    assert [(one.question, one.kpis) for one in found] == [
        (Question.BLIND_SPOT, (0,)),
        (Question.HIDDEN_STRENGTH, (1,)),
    ]


def test_a_better_result_with_worse_behaviour_asks_what_it_cost() -> None:
    seconds = KpiMove(ANSWER_TIME, Kind.HARD, Move(-20.0, 4.0), Direction.LOWER, least=10.0)
    assert contradictions([soft(IMPRESSION, -8), seconds]) == [
        (Question.COST_OF_RESULT, (IMPRESSION, ANSWER_TIME), 1.6)
    ]


def test_better_behaviour_with_a_worse_result_asks_whether_it_reaches() -> None:
    found = contradictions([soft(OBJECTIONS, 10), hard(SALES, -7)])
    assert found == [(Question.REACH_OF_BEHAVIOUR, (OBJECTIONS, SALES), 1.4)]


@pytest.mark.parametrize(
    ("more", "comes", "question"),
    [(20, -6, Question.MORE_AT_LESS_YIELD), (-20, 6, Question.LESS_AT_MORE_YIELD)],
)
def test_sales_against_conversion_is_a_pair_of_hard_figures(more: float, comes: float, question: Question) -> None:
    moves = [hard(SALES, more), hard(CONVERSION, comes)]
    assert contradictions(moves, amount_yield=[(SALES, CONVERSION)]) == [(question, (SALES, CONVERSION), 1.2)]
    assert contradictions(moves) == []


@pytest.mark.parametrize("pair", [(8, 9), (8, 0), (-8, 1), (-8, -9), (4.9, -9), (0, 0)])
def test_figures_that_agree_or_did_not_move_are_no_finding(pair: tuple[float, float]) -> None:
    assert contradictions([soft(IMPRESSION, pair[0]), hard(SALES, pair[1])]) == []


def test_a_change_that_chance_explains_is_no_finding() -> None:
    assert contradictions([soft(IMPRESSION, -9, se=5), hard(SALES, 9)]) == []
    assert contradictions([soft(IMPRESSION, -9, se=4), hard(SALES, 9)]) != []


def test_among_many_figures_a_change_must_be_surer() -> None:
    still = [soft(kpi, 0) for kpi in range(10, 40)]
    assert contradictions([soft(IMPRESSION, -9, se=4), hard(SALES, 9), *still]) == []


def test_only_figures_that_belong_together_are_compared_where_that_is_known() -> None:
    moves = [soft(IMPRESSION, -9), soft(OBJECTIONS, -9), hard(SALES, 9), hard(ANSWER_TIME, 9)]
    related = [(OBJECTIONS, SALES), (IMPRESSION, 99)]
    assert [finding.kpis for finding in contradictions(moves, related=related)] == [(OBJECTIONS, SALES)]
    assert len(contradictions(moves)) == 4


def test_the_strongest_finding_stands_first() -> None:
    moves = [soft(IMPRESSION, -6), soft(OBJECTIONS, -9), hard(SALES, 30), hard(CONVERSION, -8)]
    own = [OwnRating(IMPRESSION, 95, 70, Interval(60, 80)), OwnRating(OBJECTIONS, 40, 55, Interval(45, 65))]
    found = contradictions(moves, amount_yield=[(SALES, CONVERSION)], own=own)
    assert [(finding.question.value, finding.kpis) for finding in found] == [
        ("blind_spot", (IMPRESSION,)),
        ("cost_of_result", (OBJECTIONS, SALES)),
        ("more_at_less_yield", (SALES, CONVERSION)),
        ("hidden_strength", (OBJECTIONS,)),
        ("cost_of_result", (IMPRESSION, SALES)),
    ]


@pytest.mark.parametrize(
    ("own", "questions"), [(80, ["blind_spot"]), (70, []), (67, []), (58, []), (44, []), (40, ["hidden_strength"])]
)
def test_self_is_far_from_the_others_beyond_gap_and_interval(own: float, questions: list[str]) -> None:
    found = contradictions([], own=[OwnRating(0, own, 58, Interval(44, 71))])
    assert [finding.question.value for finding in found] == questions


def test_a_gap_under_ten_points_is_in_line_however_sure() -> None:
    assert (
        contradictions([], own=[OwnRating(0, 59, 50, Interval(48, 52)), OwnRating(1, 41, 50, Interval(48, 52))]) == []
    )


def test_exact_figures_need_no_error() -> None:
    assert [finding.strength for finding in contradictions([soft(0, -5, se=0), hard(1, 5, se=0)])] == [1]


@given(st.lists(st.integers(-20, 20), min_size=4, max_size=4))
def test_mirrored_changes_ask_the_mirrored_questions(differences: list[int]) -> None:
    mirror = {
        Question.COST_OF_RESULT: Question.REACH_OF_BEHAVIOUR,
        Question.REACH_OF_BEHAVIOUR: Question.COST_OF_RESULT,
        Question.MORE_AT_LESS_YIELD: Question.LESS_AT_MORE_YIELD,
        Question.LESS_AT_MORE_YIELD: Question.MORE_AT_LESS_YIELD,
    }

    def found(sign: int) -> list[Finding]:
        a, b, c, d = (float(sign * difference) for difference in differences)
        return contradictions([soft(0, a), soft(1, b), hard(2, c), hard(3, d)], amount_yield=[(2, 3)])

    assert found(-1) == [finding._replace(question=mirror[finding.question]) for finding in found(1)]


@pytest.mark.parametrize(
    ("direction", "least"),
    [(Direction.IN_RANGE, 5.0), (Direction.HIGHER, 0.0), (Direction.LOWER, math.nan), (Direction.LOWER, math.inf)],
)
def test_a_change_needs_a_good_side_and_a_size(direction: Direction, least: float) -> None:
    with pytest.raises(ScoringError, match="the change of kpi 3 needs a better side and a least change above 0"):
        KpiMove(3, Kind.HARD, Move(1.0, 1.0), direction, least)


def test_a_kpi_has_one_change() -> None:
    with pytest.raises(ScoringError, match="a kpi can have one change only"):
        contradictions([soft(0, 1), hard(0, 2)])
