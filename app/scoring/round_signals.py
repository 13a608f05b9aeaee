"""Signals in rounds: few points whose errors are known, so no chart but a rule for changes.

===============  ==================================================
Name             Meaning
===============  ==================================================
Cause            why a round signals
RoundStep        what one change means
round_course     all changes of a KPI in their order
===============  ==================================================
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from app.scoring.charts import Side
from app.scoring.courses import State
from app.scoring.moves import LEAST_CHANGE, Move
from app.scoring.weights import TOLERANCE

LARGE_CHANGE = 15.0


class Cause(StrEnum):
    """Why a round signals.

    large : one significant change of at least 15 points
    repeated : the second real change in the same direction
    """

    LARGE = "large"
    REPEATED = "repeated"


class RoundStep(NamedTuple):
    """What one change between rounds means.

    move : the change; none where the rounds cannot be compared
    is_real : significant, and at least 5 points
    state : learning until something could be compared
    cause : why it signals, none if it does not
    """

    move: Move | None
    is_real: bool
    state: State
    cause: Cause | None


def round_course(
    moves: Sequence[Move | None], *, bad: Side = Side.LOW, least: float = LEAST_CHANGE, large: float = LARGE_CHANGE
) -> tuple[RoundStep, ...]:
    """What the changes of a KPI from round to round mean.

    Parameters
    ----------
    moves : each round less the one before, in order of time, since the last shift that was acknowledged
    bad : the side that warns; low for everything in points
    least, large : changes that matter twice and once, in the unit of the changes

    Returns
    -------
    One step per change. It signals to the bad side if the change is significant and `large`, or if it and the real
    change before it go the same way. Changes that are not real do not count between the two; a real one back does.

    Source: docs/scoring.md, section "Rounds".

    >>> steps = round_course([Move(-6.0, 2.5), Move(-1.0, 2.5), Move(-7.0, 2.5), Move(-16.0, 2.5)])
    >>> [None if step.cause is None else step.cause.value for step in steps]
    [None, None, 'repeated', 'large']
    """
    steps: list[RoundStep] = []
    state, before = State.LEARNING, 0.0
    for move in moves:
        if move is None:
            steps.append(RoundStep(None, is_real=False, state=state, cause=None))
            continue
        is_real = move.is_real(least)
        cause = _cause(move, before, bad, large) if is_real else None
        state = State.IN_CONTROL if cause is None else State.SIGNAL
        before = move.difference if is_real else before
        steps.append(RoundStep(move, is_real, state, cause))
    return tuple(steps)


def _cause(move: Move, before: float, bad: Side, large: float) -> Cause | None:
    worse = -move.difference if bad is Side.LOW else move.difference
    if worse <= 0:
        return None
    if worse >= large - TOLERANCE:
        return Cause.LARGE
    return Cause.REPEATED if before * move.difference > 0 else None
