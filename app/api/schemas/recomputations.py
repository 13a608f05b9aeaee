"""One figure explained, and a release computed again, as they are answered."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, Out, example
from app.api.schemas.releases import SCALE, ReleaseOut, ScaleOfScores, ScoreOut
from app.releases.retrace import Retraced
from app.releases.trace import Term, Traced
from app.releases.values import InputState, Outcome, RerunState, Score, ScoreStatus, Withheld

_TERM: dict[str, Any] = {
    "kpi_id": OTHER_ID,
    "rater_groups": ["customer"],
    "item_id": None,
    "score": 72.5,
    "raters": 10,
    "weight": 35,
    "share": 0.5,
    "points": 36.25,
    "reason": None,
}
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


class TermOut(Out):
    """A part of a figure, or the figure that it is part of: share times score gives points, and these add up."""

    model_config = example(**_TERM)

    kpi_id: Id | None = Field(description="Null for the composite")
    rater_groups: list[str] = Field(description="Empty for the combined score")
    item_id: Id | None
    score: float | None
    raters: int | None
    weight: float | None
    share: float | None
    points: float | None = Field(description="Null where the parts do not add up, or for what is left out")
    reason: Withheld | None = Field(description="Why it is left out")

    @classmethod
    def of_term(cls, term: Term) -> Self:
        """A term as it is answered."""
        return cls(
            kpi_id=term.key.kpi_id,
            rater_groups=list(term.key.rater_groups),
            item_id=term.key.item_id,
            score=term.score,
            raters=term.n,
            weight=term.weight,
            share=term.share,
            points=term.points,
            reason=Withheld(term.reason) if term.reason is not None else None,
        )


class ExplanationOut(Out):
    """The arithmetic of a subject as it was sealed, or that of one of its figures with its parts."""

    model_config = example(
        scale=SCALE,
        subject_id=ID,
        document={"composite": {"score": 79.16666666666667}},
        figure=None,
        terms=[_TERM],
        used_in=None,
    )

    scale: ScaleOfScores = ScaleOfScores()
    subject_id: Id
    document: dict[str, Any]
    figure: ScoreOut | None = Field(description="The figure that was asked for")
    terms: list[TermOut] = Field(description="What the figure is made of, what is left out last")
    used_in: TermOut | None = Field(description="The figure that this one is part of, with its share there")

    @classmethod
    def of_subject(cls, subject_id: str, document: Mapping[str, Any]) -> Self:
        """The whole arithmetic of a subject as it is answered."""
        return cls(subject_id=subject_id, document=dict(document), figure=None, terms=[], used_in=None)

    @classmethod
    def of_figure(cls, subject_id: str, found: Traced, score: Score) -> Self:
        """One figure as it is answered."""
        return cls(
            subject_id=subject_id,
            document=dict(found.part),
            figure=ScoreOut.of(score),
            terms=[TermOut.of_term(term) for term in found.terms],
            used_in=None if found.used_in is None else TermOut.of_term(found.used_in),
        )


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
