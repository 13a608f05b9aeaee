"""Pure decisions about open answers: what is suspicious, when a period is computed, and what its figures are."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from app.errors import Expired, NotFound
from app.open_answers.values import OpenScore, OpenSuspicion
from app.responses.rules import REVIEW, suspicions_of
from app.rounds.recipe import scale_of
from app.rounds.values import FrozenKpi
from app.scoring.intervals import outward, wilson
from app.scoring.raters import rater_scores
from app.scoring.results import Interval

SLOT_SECONDS = 600
MOST_IN_A_SLOT = 6
LEAST_K, MOST_K = 5, 20
LEAST_COMMENTS = 3


class UnknownCode(NotFound):
    """No such code, or mistyped."""

    code = "unknown_code"
    message = "This code leads nowhere. Scan it once more."


class CodeClosed(Expired):
    """The code was taken down."""

    code = "code_closed"
    message = "This code is no longer in use."


def open_suspicions(
    levels: Sequence[float | None], seconds: float | None, *, before: int, in_slot: int
) -> tuple[OpenSuspicion, ...]:
    """Why an open answer should be looked at before it counts; empty for most.

    Parameters
    ----------
    levels : the answers; None for "could not observe"
    seconds : from the form being shown to its being sent; None where that is not known
    before : answers from the same device in the period so far, >= 0
    in_slot : answers through the same code in these ten minutes so far, >= 0

    Returns
    -------
    Haste and sameness as for customers who were asked; the same device from its second answer on; a burst from the
    seventh answer in ten minutes on.

    >>> [one.value for one in open_suspicions([5.0, 4.0], 30.0, before=1, in_slot=6)]
    ['same_device', 'burst']
    >>> open_suspicions([5.0, 4.0], None, before=0, in_slot=5)
    ()
    """
    found = [OpenSuspicion(one.value) for one in suspicions_of(levels, seconds)]
    if before:
        found.append(OpenSuspicion.SAME_DEVICE)
    if in_slot >= MOST_IN_A_SLOT:
        found.append(OpenSuspicion.BURST)
    return tuple(found)


def is_computable(end: date, today: date, *, has_parked: bool) -> bool:
    """Whether a period can be computed: it is over, and what is parked was decided or waited long enough.

    >>> sunday = date(2026, 11, 29)
    >>> [is_computable(sunday, sunday + timedelta(days=days), has_parked=True) for days in (1, 3, 4)]
    [False, False, True]
    >>> is_computable(sunday, sunday, has_parked=False), is_computable(sunday, date(2026, 11, 30), has_parked=False)
    (False, True)
    """
    return today > end + (REVIEW if has_parked else timedelta())


def open_score(kpi: FrozenKpi, answers: Sequence[Mapping[str, float | None]], k: int) -> OpenScore:
    """The figure of one KPI from open answers, or none where fewer than k have a valid score on it.

    Parameters
    ----------
    kpi : with its items and scales
    answers : levels by item, one mapping for each answer that counts
    k : the fewest answers shown together

    Returns
    -------
    Mean 0-100 over the answers, with a 95 % interval in whole points, outward and cut to 0-100.

    Formula: each answer is scored as a sheet is; the Wilson interval of m/100 among n. The variance of scores from 0 to
    100 with mean m is at most m(100 - m), so it is never too narrow, also where all answers are equal.
    Source: docs/scoring.md, section "Rater, group, subject"; Bhatia & Davis 2000, Amer. Math. Monthly 107, 353-357.
    """
    table = np.full((len(answers), len(kpi.items)), math.nan)
    for row, given in enumerate(answers):
        for column, item in enumerate(kpi.items):
            level = given.get(item.id)
            if level is not None:
                table[row, column] = scale_of(item.scale).points(level, is_reversed=item.is_reversed)
    scores = rater_scores(table, [item.weight for item in kpi.items])
    valid = scores[~np.isnan(scores)]
    if len(valid) < k:
        return OpenScore(kpi.kpi_id, kpi.name, None, None, None, None)
    mean, n = float(valid.mean()), len(valid)
    share = wilson(mean / 100 * n, n)
    ends = outward(Interval(100 * share.lo, 100 * share.hi))
    return OpenScore(kpi.kpi_id, kpi.name, n, mean, ends.lo, ends.hi)


def shown_comments(comments: Sequence[str], answers: int, k: int) -> bool:
    """Whether comments may be shown: at least k answers, and three comments among them (R8)."""
    return answers >= k and len(comments) >= LEAST_COMMENTS
