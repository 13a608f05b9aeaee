"""A deviation beside a small mean tells its answers, and comments in order of arrival tell their writers."""

import numpy as np

from tests.attack.organisations import organisation
from tests.attack.played import release
from tests.attack.telling import (
    beyond_chance,
    beyond_chance_together,
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


def test_many_faint_guesses_tell_together_and_orders_that_resemble_each_other_are_not_taken_for_many() -> None:
    draw = np.random.default_rng(20261126)
    writers = [f"writer {number:02}" for number in range(24)]

    def dealt(right: int = 0) -> tuple[str, ...]:
        """An order in which the first few are where they were, and the rest anywhere."""
        return (*writers[:right], *draw.permutation(writers[right:]))

    for _ in range(200):
        truth = dealt()
        alike = [tuple(np.roll(truth, turn)) for turn in (0, 0, 0, 0)] + [(*truth[:18], *truth[18:][::-1])] * 4
        assert not beyond_chance_together([(dealt(), one) for one in alike])
        guess = dealt()
        assert not beyond_chance_together([(guess, one) for one in alike])
    # Five of 24 right is luck for each of forty guesses, and not for all of them.
    faint = [(dealt(5), tuple(writers)) for _ in range(40)]
    assert not any(beyond_chance(hits_in_order(*one), 1) for one in faint)
    assert beyond_chance_together(faint)
