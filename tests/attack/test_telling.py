"""A deviation beside a small mean tells its answers, and comments in order of arrival tell their writers."""

import numpy as np

from tests.attack.organisations import organisation
from tests.attack.played import release
from tests.attack.telling import (
    beyond_chance,
    by_keyed_text,
    by_time,
    comments_in_time,
    fitting,
    hits_in_order,
    told_by_deviation,
)

DESIGNS = range(30)


def test_a_deviation_beside_the_mean_of_a_small_atom_would_tell_what_the_others_gave() -> None:
    """Planted: a standard deviation with every mean, which R7 withholds under twice the minimum."""
    played = [organisation(seed) for seed in DESIGNS]

    assert np.mean([told_by_deviation(one, release(one)) for one in played]) >= 0.6


def test_the_sets_of_answers_that_fit_are_counted() -> None:
    """Three answers 0 to 4 of mean 2: 0-2-4, 1-1-4, 0-3-3, 1-2-3, 2-2-2; with the squares of 1-2-3 only that."""
    assert (fitting(3, 6, None), fitting(3, 6, 14), fitting(3, 0, None), fitting(3, 13, None)) == (5, 1, 1, 0)


def test_comments_in_order_of_arrival_are_linked_and_those_by_their_keyed_text_are_not() -> None:
    lists = [texts for seed in DESIGNS for texts in comments_in_time(organisation(seed), release(organisation(seed)))]
    comments = sum(map(len, lists))

    assert sum(hits_in_order(by_time(texts), texts) for texts in lists) == comments
    # Somebody who guesses an order gets one right in each list, on average.
    assert not beyond_chance(sum(hits_in_order(by_keyed_text(texts), texts) for texts in lists), len(lists))
    assert beyond_chance(comments, len(lists))
