"""Pure decisions about open answers: what is suspicious, when a period is computed, and what its figures are."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from app.errors import Expired, NotFound
from app.moderation.rules import WAIT
from app.moderation.values import Ruling, Verdict
from app.open_answers.values import OpenComment, OpenScore, OpenSuspicion
from app.receipts.values import NOT_SHOWN, Outcome, ReceiptState, WithheldReason
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


def is_computable(end: date, today: date, *, has_parked: bool, has_unread: bool = False) -> bool:
    """Whether a period can be computed: it is over, and what is parked or not looked at waited long enough.

    Parameters
    ----------
    end, today : last day of the period, and the day of the question
    has_parked : suspicious answers that nobody has decided about, three days at most
    has_unread : comments that nobody has looked at although somebody does, seven days at most

    >>> sunday = date(2026, 11, 29)
    >>> [is_computable(sunday, sunday + timedelta(days=days), has_parked=True) for days in (1, 3, 4)]
    [False, False, True]
    >>> is_computable(sunday, sunday, has_parked=False), is_computable(sunday, date(2026, 11, 30), has_parked=False)
    (False, True)
    >>> [is_computable(sunday, sunday + timedelta(days=days), has_parked=False, has_unread=True) for days in (4, 7, 8)]
    [False, False, True]
    """
    return today > end + max(REVIEW if has_parked else timedelta(), WAIT if has_unread else timedelta())


def unread_until(end: date, zone: ZoneInfo) -> datetime:
    """When a period waits no longer for comments to be looked at: with the beginning of the eighth day after its last.

    >>> str(unread_until(date(2026, 11, 29), ZoneInfo("Europe/Oslo")))
    '2026-12-07 00:00:00+01:00'
    """
    return datetime.combine(end + WAIT + timedelta(days=1), time(), zone)


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


def shown_comments(comments: Sequence[object], answers: int, k: int) -> bool:
    """Whether comments may be shown: at least k answers, and three comments among them (R8)."""
    return answers >= k and len(comments) >= LEAST_COMMENTS


def outcomes_of(rulings: Sequence[Ruling], answers: int, k: int) -> list[Outcome]:
    """What becomes of each comment of a period.

    Parameters
    ----------
    rulings : what was decided about each: where nobody reads comments first, it is released when it comes in
    answers, k : how many answers count, and the fewest shown together

    Returns
    -------
    In their order. All are withheld where comments may not be shown, and where fewer than three would be left; what
    nobody has looked at although somebody was to, is withheld for that.

    >>> given = [Ruling(Verdict.RELEASED)] * 3 + [Ruling()]
    >>> [one.reason or one.state for one in outcomes_of(given, 5, 5)][2:]
    [<ReceiptState.RELEASED: 'released'>, <WithheldReason.NOT_LOOKED_AT: 'not_looked_at'>]
    >>> {one.reason for one in outcomes_of(given, 4, 5)} == {WithheldReason.TOO_FEW}
    True
    """
    if not shown_comments(rulings, answers, k):
        return [NOT_SHOWN] * len(rulings)
    became = [_outcome_of(ruling) for ruling in rulings]
    if sum(one.state is not ReceiptState.WITHHELD for one in became) < LEAST_COMMENTS:
        became = [one if one.state is ReceiptState.WITHHELD else NOT_SHOWN for one in became]
    return became


def settled_comments(
    said: Sequence[tuple[str, Ruling]], answers: int, k: int
) -> tuple[list[OpenComment], Counter[WithheldReason]]:
    """What is shown of the comments of a period, in the given order, and how many are withheld, by reason.

    Parameters
    ----------
    said : comments as they were written, each with what was decided about it
    answers, k : how many answers count, and the fewest shown together

    Returns
    -------
    What `outcomes_of` says of each; nothing at all where comments may not be shown.

    >>> said = [(text, Ruling(Verdict.RELEASED)) for text in "abc"] + [("d", Ruling())]
    >>> shown, withheld = settled_comments(said, 5, 5)
    >>> [one.text for one in shown], dict(withheld)
    (['a', 'b', 'c'], {<WithheldReason.NOT_LOOKED_AT: 'not_looked_at'>: 1})
    >>> settled_comments(said[1:], 5, 5)[0], settled_comments(said, 4, 5)[1]
    ([], Counter())
    """
    if not shown_comments(said, answers, k):
        return [], Counter()
    became = outcomes_of([ruling for _, ruling in said], answers, k)
    shown = [
        OpenComment(ruling.text or text, ruling.verdict is Verdict.EDITED)
        for (text, ruling), outcome in zip(said, became, strict=True)
        if outcome.reason is None
    ]
    return shown, Counter(outcome.reason for outcome in became if outcome.reason is not None)


def _outcome_of(ruling: Ruling) -> Outcome:
    if ruling.verdict is Verdict.RELEASED:
        return Outcome(ReceiptState.RELEASED)
    if ruling.verdict is Verdict.EDITED:
        return Outcome(ReceiptState.EDITED)
    return Outcome(ReceiptState.WITHHELD, ruling.reason or WithheldReason.NOT_LOOKED_AT)
