"""Random crossed ratings of every shape, for Hypothesis, and simulated organisations whose truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from app.scoring.columns import Floats, Integers
from app.scoring.crossed import Crossed
from app.scoring.elimination import Ratios
from tests.scoring.marginal import Written

ratios = st.builds(Ratios, st.floats(0.001, 30), st.floats(0.001, 30))


@dataclass(frozen=True)
class Rated:
    """Rows of subject, rater, rating and fixed effects."""

    subject: Integers
    rater: Integers
    y: Floats
    fixed: Sequence[Any] = ()

    @property
    def rows(self) -> Crossed:
        return Crossed.of(self.subject, self.rater, self.y, self.fixed)

    @property
    def written(self) -> Written:
        return Written.of(self.subject, self.rater, self.y, self.fixed)


def crossings(most_fixed: int = 2, least: int = 8) -> st.SearchStrategy[Rated]:
    """Small designs with pairs that come twice, islands, single levels and effects from none to large."""
    return st.builds(random_crossing, st.integers(0, 2**32 - 1), st.just(most_fixed), st.just(least))


def random_crossing(seed: int, most_fixed: int = 2, least: int = 8) -> Rated:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(least, 40))
    subjects, raters = int(draw.integers(1, 9)), int(draw.integers(1, 9))
    subject, rater = draw.integers(0, subjects, n), draw.integers(0, raters, n)
    fixed = [draw.integers(0, size, n) for size in (3, 2)][: int(draw.integers(0, most_fixed + 1))]
    scale = draw.choice([0.0, 2.0, 10.0], 2)
    effects = scale[0] * draw.normal(size=subjects)[subject] + scale[1] * draw.normal(size=raters)[rater]
    return Rated(subject, rater, 50 + effects + draw.normal(size=n) * 3, fixed)


@dataclass(frozen=True)
class Organisation:
    """Ratings between people of known worth and known severity."""

    subject: Integers
    rater: Integers
    group: Any
    score: Floats
    worth: Floats
    severity: Floats


def organisation(
    seed: int, *, people: int = 60, raters: int = 8, spread: float = 8, severity: float = 7, noise: float = 14
) -> Organisation:
    """People who are each rated by as many others, drawn at random; a third of the ratings are a manager's, 3 lower."""
    draw = np.random.default_rng(seed)
    worth, strict = spread * draw.normal(size=people), severity * draw.normal(size=people)
    subject = np.repeat(np.arange(people), raters)
    rater = np.concatenate(
        [draw.choice(np.delete(np.arange(people), who), raters, replace=False) for who in range(people)]
    )
    group = np.where(draw.random(len(subject)) < 1 / 3, "manager", "colleague")
    score = 55 + worth[subject] - strict[rater] - 3 * (group == "manager") + noise * draw.normal(size=len(subject))
    return Organisation(subject, rater, group, np.clip(score, 0, 100), worth, strict)
