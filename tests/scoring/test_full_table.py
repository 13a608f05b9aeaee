"""The full part of a design, and how many raters a generalizability takes."""

import numpy as np
import pytest

from app.scoring.errors import ScoringError
from app.scoring.full_table import full_table
from app.scoring.generalizability import FacetVariances, d_study, raters_for
from app.scoring.reliability import NotDefined


def test_whoever_rated_everybody_stays_and_gaps_are_left_out() -> None:
    pairs = [(subject, rater) for subject in range(6) for rater in "abc"]
    pairs += [(subject, "d") for subject in range(4)]  # more than half of them, and yet not all
    pairs += [(0, "e"), (1, "e"), (6, "a")]  # too few, and a subject whom one rater knows
    found = full_table([subject for subject, _ in pairs], [rater for _, rater in pairs])
    assert (found.subjects.tolist(), found.raters.tolist()) == (list(range(6)), ["a", "b", "c"])
    assert [[pairs[row] for row in line] for line in found.rows.tolist()] == [
        [(subject, rater) for rater in "abc"] for subject in range(6)
    ]


def test_the_first_of_several_ratings_of_a_pair_stands_for_it() -> None:
    assert full_table([1, 1, 2], ["a", "a", "a"]).rows.tolist() == [[0], [2]]


def test_nothing_is_full_where_everybody_has_raters_of_its_own() -> None:
    assert full_table(np.arange(8), np.arange(8)).rows.size == 0
    assert full_table([], []).rows.size == 0


def test_so_many_raters_and_no_fewer_reach_the_wished_generalizability() -> None:
    parts = FacetVariances(p=50, i=5, j=20, pi=6, pj=40, ij=-1, pij=90)
    needed = raters_for(0.8, parts, 4)
    assert isinstance(needed, int)
    reached = [d_study(parts, 4, raters) for raters in (needed - 1, needed)]
    assert [one.g >= 0.8 for one in reached if not isinstance(one, NotDefined)] == [False, True]
    assert raters_for(0.1, parts._replace(pj=0, pij=0), 4) == 1
    assert isinstance(raters_for(0.8, parts._replace(p=-1), 4), NotDefined)


@pytest.mark.parametrize(("wished", "items"), [(0, 2), (1, 2), (0.7, 0)])
def test_no_number_of_raters_answers_a_question_without_sense(wished: float, items: float) -> None:
    with pytest.raises(ScoringError):
        raters_for(wished, FacetVariances(1, 1, 1, 1, 1, 1, 1), items)
