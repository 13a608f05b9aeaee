"""A release computed again, as it is answered."""

from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, Out, example
from app.api.schemas.releases import SCALE, ReleaseOut, ScaleOfScores
from app.releases.retrace import Retraced
from app.releases.values import InputState, Outcome, RerunState, ScoreStatus

_FIGURE = {"status": "ok", "score": 77.08333333333333, "lo": 64.0, "hi": 87.0}
_AGAIN: dict[str, Any] = {
    "subject_id": ID,
    "kpi_id": OTHER_ID,
    "item_id": None,
    "rater_groups": [],
    "outcome": "equal",
    "stored": _FIGURE,
    "again": _FIGURE,
    "atoms": [],
}
_INPUT = {"digest": "equal", "atoms": 14, "atoms_wrong": 0}


class DigitsOut(Out):
    """A figure in its digits."""

    model_config = example(**_FIGURE)

    status: ScoreStatus
    score: float | None
    lo: float | None
    hi: float | None


class AtomPartOut(Out):
    """Answers that are read together, and their mean; no subject where its own figure is not told."""

    model_config = example(subject_id=ID, raters=10, mean=72.5)

    subject_id: Id | None
    raters: int = Field(validation_alias="n")
    mean: float


class FigureAgainOut(Out):
    """A figure as it is stored, and as it came out again."""

    model_config = example(**_AGAIN)

    subject_id: Id
    kpi_id: Id | None
    item_id: Id | None
    rater_groups: list[str]
    outcome: Outcome
    stored: DigitsOut | None
    again: DigitsOut | None
    atoms: list[AtomPartOut] = Field(description="Where one subject is asked about: what a rater group's mean is of")


class InputOut(Out):
    """What became of the input: of its digest, and of the sheets that are still there."""

    model_config = example(**_INPUT)

    digest: InputState = Field(validation_alias="state")
    atoms: int = Field(description="Added up again from their sheets")
    atoms_wrong: int = Field(validation_alias="wrong", description="Those that gave other sums than are kept")


class RecomputationOut(Out):
    """A release computed again by its own method; `input` and `problems` for who analyses the whole scope."""

    model_config = example(
        scale=SCALE,
        release={"id": ID, "method_version": "1"},
        state="done",
        figures=214,
        different=0,
        arithmetic_different=[],
        input=_INPUT,
        problems=[],
        items=[_AGAIN],
        next_cursor=None,
    )

    scale: ScaleOfScores = ScaleOfScores()
    release: ReleaseOut
    state: RerunState
    figures: int = Field(description="How many figures that you may read were computed again")
    different: int = Field(description="How many of them came out with other digits")
    arithmetic_different: list[Id] = Field(description="Subjects whose stored arithmetic did not come out again")
    input: InputOut | None
    problems: list[str] = Field(description="What is wrong with the atoms")
    items: list[FigureAgainOut]
    next_cursor: str | None

    @classmethod
    def of_retraced(cls, found: Retraced, items: list[FigureAgainOut], next_cursor: str | None) -> Self:
        """What came out, with one slice of the figures."""
        return cls(
            release=ReleaseOut.of(found.release),
            state=found.state,
            figures=len(found.figures),
            different=sum(not one.is_equal for one in found.figures),
            arithmetic_different=[one for one, is_equal in (found.explained or {}).items() if not is_equal],
            input=None if found.input is None else InputOut.of(found.input),
            problems=list(found.wrong),
            items=items,
            next_cursor=next_cursor,
        )
