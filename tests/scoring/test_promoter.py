"""The net promoter score stands apart from the scale of 0 to 100 and has an interval of its own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.errors import ScoringError
from app.scoring.promoter import NetPromoter, net_of, net_promoter
from tests.scoring.facts import agrees, ends, facts

answers = st.lists(st.integers(0, 10), min_size=1, max_size=40)


def told(score: NetPromoter | None) -> NetPromoter:
    assert score is not None
    return score


def test_the_net_promoter_score_is_that_of_the_reference() -> None:
    case = facts()["intervals"]["nps"][0]
    score = told(net_promoter(case["x"]))
    assert {"nps": score.score, "se": score.se} == agrees({"nps": case["nps"], "se": case["se"]})


def test_the_interval_of_a_net_promoter_score_adds_three_answers() -> None:
    score = told(net_promoter([10, 9, 9, 8, 7, 6, 10, 3, 9, 10]))
    p, d = 6.75 / 13, 2.75 / 13
    half = 1.959963984540054 * math.sqrt((p + d - (p - d) ** 2) / 13)
    assert ends(score.interval) == agrees({"lo": 100 * (p - d - half), "hi": 100 * (p - d + half)})


def test_unanimous_promoters_still_have_an_interval_inside_the_scale() -> None:
    score = told(net_promoter([10, 10, math.nan]))
    assert (score.score, score.se, score.n, score.interval.hi) == (100, 0, 2, 100)
    assert score.interval.lo < 50


def test_nobody_asked_gives_no_net_promoter_score() -> None:
    assert net_promoter([math.nan]) is None
    assert net_of(0, 0, 0) is None


@given(answers)
def test_a_net_promoter_score_lies_inside_its_interval_and_the_interval_inside_its_scale(given: list[int]) -> None:
    score = told(net_promoter(given))
    assert -100 <= score.interval.lo <= score.score <= score.interval.hi <= 100
    assert score.interval.lo < score.interval.hi


@given(answers, st.data())
def test_a_better_answer_never_lowers_a_net_promoter_score(given: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(given) - 1))
    better = [*given[:place], data.draw(st.integers(given[place], 10)), *given[place + 1 :]]
    assert told(net_promoter(better)).score >= told(net_promoter(given)).score


@given(answers)
def test_counts_alone_give_the_same_net_promoter_score(given: list[int]) -> None:
    counts = sum(level >= 9 for level in given), sum(level <= 6 for level in given), len(given)
    assert net_promoter(given) == net_promoter(given[::-1]) == net_of(*counts)


@pytest.mark.parametrize("counts", [(-1, 0, 5), (0, -1, 5), (3, 3, 5)])
def test_counts_that_do_not_fit_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ScoringError, match="promoters and detractors must be 0 or more and 5 at most, got"):
        net_of(*counts)
