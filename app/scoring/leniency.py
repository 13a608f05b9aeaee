"""Fair scores: what each subject would get from raters of average severity, beside the plain score; analysts only.

============  ===================================================================
Name          Meaning
============  ===================================================================
Component     subjects and raters that hang together, with their model
adjust        plain, fair and severe: all of a KPI
scores        of the subjects of all components
severities    of their raters
============  ===================================================================

Figures of this module use who rated what: they are for the analyst role and stand beside plain scores, never in their
place. Subjects of different components are never ranked against each other. With raters assigned at random most of
what the adjustment gains is shrinkage; freeing scores of severity pays where raters differ and few are shared.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from app.deferred import dataclass
from app.scoring.columns import Floats, Integers
from app.scoring.connectedness import components
from app.scoring.crossed import RATER, SUBJECT, Crossed, Labels, Levels
from app.scoring.fairness import FairScore, NotAdjusted, RaterScores, Severity
from app.scoring.group_effects import GroupEffect, group_effects
from app.scoring.intervals import t_interval
from app.scoring.obstacles import (
    LEAST_RELIABILITY,
    Assignment,
    Obstacle,
    Sizes,
    design_obstacle,
    fit_obstacle,
    sizes_of,
)
from app.scoring.predictions import effects, expected
from app.scoring.reml import CrossedFit, ZeroTest, fit, varies, zero_test
from app.scoring.results import Interval
from app.scoring.weights import check_weights, reaches


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """Subjects and raters that hang together, with their model.

    number : 0 for the one with most rater scores
    sizes : what it is made of
    subjects : labels
    plain, n : plain score and rater scores of each subject
    verdict : the model that adjusts, or what stands against it
    model : the model even where its variances stand against adjusting; none where nothing was fitted
    mix : what the rater groups and rounds weigh in a fair score
    """

    number: int
    sizes: Sizes
    subjects: Labels
    plain: Floats
    n: Integers
    verdict: CrossedFit | Obstacle
    model: CrossedFit | None
    mix: Floats

    def scores(self) -> Iterator[tuple[Any, FairScore | NotAdjusted]]:
        """Each subject with its score.

        Formula: fair = mu + sum W_g b_g + sum V_t b_t + s, with the error of the sum; where the subject's reliability
        is below .5 there is none.
        """
        plain = zip(self.subjects.tolist(), self.plain.tolist(), self.n.tolist(), strict=True)
        if isinstance(self.verdict, Obstacle):
            for subject, score, n in plain:
                yield subject, NotAdjusted(self.verdict, score, n, self.number)
            return
        fair = (column.tolist() for column in expected(self.verdict.predictor, self.mix))
        known = effects(self.verdict.predictor, SUBJECT).reliability.tolist()
        for (subject, score, n), value, se, share in zip(plain, *fair, known, strict=True):
            if reaches(share, LEAST_RELIABILITY):
                yield subject, FairScore(score, _cut(value), se, _interval(value, se), share, n, self.number)
            else:
                yield subject, NotAdjusted(Obstacle.UNRELIABLE, score, n, self.number)

    def groups(self) -> tuple[GroupEffect, ...]:
        """How the rater groups differ, where there is a model that can tell."""
        return group_effects(self.model.predictor, self.mix) if self.model is not None else ()

    def tests(self) -> tuple[ZeroTest, ZeroTest] | None:
        """Whether subjects, and raters, differ by more than chance, where there is a model."""
        if self.model is None:
            return None
        return zero_test(self.model, SUBJECT), zero_test(self.model, RATER)

    def severities(self) -> Iterator[tuple[Any, Severity]]:
        """Each rater with his severity, where scores are adjusted for it."""
        if isinstance(self.verdict, CrossedFit):
            found = effects(self.verdict.predictor, RATER)
            columns = (found.labels, -found.blup, np.sqrt(found.pev), found.n.astype(np.int64))
            for rater, points, se, n in zip(*(column.tolist() for column in columns), strict=True):
                yield rater, Severity(points, se, n, self.number)


def adjust(
    given: RaterScores,
    weights: Mapping[str, float],
    assignment: Assignment,
    round_weights: Mapping[Any, float] | None = None,
) -> tuple[Component, ...]:
    """Compare raters and free the scores of their severity, in each component for itself.

    Parameters
    ----------
    given : rater scores of one KPI
    weights : what each rater group counts, 0..1e9 in any unit; rows of groups without a weight (self) are left out
    assignment : how raters came to their subjects, as somebody who knows has said
    round_weights : what each round counts in a fair score; without them, and in a component that has none of these
        rounds, as much as it has rater scores

    Returns
    -------
    The components, largest first; none without rows.

    Formula: x = mu + b_g + b_t + s + r + e for a score x of rater r on subject s in group g and round t; s, r and e
    normal, their variances by REML; groups and rounds fixed.
    Source: the crossed design p x r of generalizability theory (Brennan 2001) with BLUPs; the many-facet Rasch model
    (Linacre 1989) is its logit counterpart, and its "fair average" that of the fair score.

    >>> rows = RaterScores.of([1, 1, 2, 2], list("abcd"), ["customer"] * 4, [80, 70, 60, 50])
    >>> found = scores(adjust(rows, {"customer": 1}, Assignment.UNRELATED))
    >>> found[1].reason.value, found[1].plain
    ('nested', 75.0)
    """
    check_weights(weights, "rater group")
    rows = given.at(np.isin(given.group, [name for name, weight in weights.items() if weight > 0]))
    if not len(rows.score):
        return ()
    whole = _crossed(rows)
    linked = components(whole.cross)
    sizes = sizes_of(whole, linked.subject, linked.rater, linked.parts)
    everything = Sizes(*(sum(column) for column in zip(*sizes, strict=True)))
    part = linked.subject[Levels.of(rows.subject).place]
    places = np.split(np.argsort(part, kind="stable"), np.cumsum(np.bincount(part))[:-1])
    found = []
    for number, size in enumerate(sizes):
        mine = rows if linked.parts == 1 else rows.at(places[number])
        verdict: CrossedFit | Obstacle | None = design_obstacle(size, everything, assignment)
        model = None
        if verdict is None:
            crossed = whole if linked.parts == 1 else _crossed(mine)
            verdict, model = _judged(crossed)
        mix = _mix(model, mine, weights, round_weights)
        found.append(Component(number, size, *_plain(mine, weights), verdict, model, mix))
    return tuple(found)


def scores(parts: Sequence[Component]) -> dict[Any, FairScore | NotAdjusted]:
    """Every subject's score by label."""
    return {subject: score for part in parts for subject, score in part.scores()}


def severities(parts: Sequence[Component]) -> dict[Any, Severity]:
    """Every rater's severity by label, where scores are adjusted for it."""
    return {rater: severity for part in parts for rater, severity in part.severities()}


def _crossed(rows: RaterScores) -> Crossed:
    return Crossed.of(rows.subject, rows.rater, rows.score, [rows.group, rows.rounds])


def _judged(crossed: Crossed) -> tuple[CrossedFit | Obstacle, CrossedFit | None]:
    """The model of a component, or what its variances say against it."""
    if not varies(crossed):
        return Obstacle.NO_DIFFERENCE, None
    model = fit(crossed)
    return fit_obstacle(model) or model, model


def _mix(
    model: CrossedFit | None, rows: RaterScores, weights: Mapping[str, float], rounds: Mapping[Any, float] | None
) -> Floats:
    if model is None:
        return np.zeros(0)
    labels, counts = np.unique(rows.rounds, return_counts=True)
    asked = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    is_there = rounds is not None and any(rounds.get(label, 0) > 0 for label in asked)
    return model.rows.mix([weights, rounds if rounds is not None and is_there else asked])


def _plain(rows: RaterScores, weights: Mapping[str, float]) -> tuple[Labels, Floats, Integers]:
    """Subjects, their group means by weight, the weights of silent groups left to the others, and their ratings."""
    subject, group = Levels.of(rows.subject), Levels.of(rows.group)
    shape = (len(subject.labels), len(group.labels))
    cell = subject.place * shape[1] + group.place
    counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    sums = np.bincount(cell, rows.score, shape[0] * shape[1]).reshape(shape)
    present = (counts > 0) * np.array([weights[name] for name in group.labels.tolist()])
    means = sums / np.maximum(counts, 1)
    plain = np.minimum((present * means).sum(axis=1) / present.sum(axis=1), 100.0)
    return subject.labels, plain, counts.sum(axis=1)


def _cut(value: float) -> float:
    return min(100.0, max(0.0, value))


def _interval(value: float, se: float) -> Interval:
    ends = t_interval(value, se, math.inf)
    return Interval(_cut(ends.lo), _cut(ends.hi))
