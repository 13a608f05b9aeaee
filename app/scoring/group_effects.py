"""How the rater groups of a crossed model differ: each one's level, and how far it stands from all of them together.

==============  ==============================================================
Name            Meaning
==============  ==============================================================
GroupEffect     a rater group's level, and its distance from the average
group_effects   the same of every rater group in a model
==============  ==============================================================

Rater groups are fixed effects: these groups see these subjects, and no others stand behind them to be drawn from. That
a group stands lower may be strictness, or that it sees other things; the figures cannot tell which.
"""

import math
from typing import NamedTuple

from app.scoring.columns import Floats
from app.scoring.intervals import t_interval
from app.scoring.predictions import Level, Predictor, mean_level
from app.scoring.results import Interval


class GroupEffect(NamedTuple):
    """What one rater group gives an average subject, beside what all of them give.

    group : label
    level : expected from an average rater of it, and the standard error of that, in the unit of the ratings
    points : the level less that of all groups by their weights
    se : standard error of `points`, with the variances taken as known
    interval : 95 %
    """

    group: str
    level: Level
    points: float
    se: float
    interval: Interval


def group_effects(found: Predictor, mix: Floats) -> tuple[GroupEffect, ...]:
    """Each rater group's level and its distance from the average of all.

    Parameters
    ----------
    found : the model, whose first fixed effect are the rater groups
    mix : x from `Crossed.mix`: what groups and rounds weigh together

    Returns
    -------
    By label. None where there are fewer than two groups, or where groups cannot be told from rounds.

    Formula: x_g'b with x_g = mix, but all weight on group g; (x_g - x)'b; ve d'(X'V^-1X)^-1 d, d = x_g - x.
    Source: Henderson 1975; Searle, Speed & Milliken 1980 for means of a mix of the other effects.

    >>> from app.scoring.crossed import Crossed
    >>> from app.scoring.reml import fit
    >>> groups = [["customer", "manager"] * 3]
    >>> rows = Crossed.of([1, 1, 2, 2, 3, 3], list("ababab"), [80, 70, 64, 50, 42, 30], groups)
    >>> told = group_effects(fit(rows).predictor, rows.mix([{"customer": 1, "manager": 1}]))
    >>> [(one.group, round(one.level.value, 6), round(one.points, 6)) for one in told]
    [('customer', 62.0, 6.0), ('manager', 50.0, -6.0)]
    """
    labels = found.rows.fixed[0].tolist() if found.rows.fixed else []
    if len(labels) < 2 or found.rows.p <= sum(len(each) - 1 for each in found.rows.fixed):
        return ()
    told = []
    for label in labels:
        own = mix.copy()
        own[1 : len(labels)] = [other == label for other in labels[1:]]
        away = own - mix
        points = float(away @ found.projection.beta)
        se = math.sqrt(found.residual * float(away @ found.projection.beta_spread @ away))
        told.append(GroupEffect(str(label), mean_level(found, own), points, se, t_interval(points, se, math.inf)))
    return tuple(told)
