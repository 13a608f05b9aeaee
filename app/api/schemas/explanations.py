"""The arithmetic of a subject, and one figure with its parts, as they are answered."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, Id, Out, example
from app.api.schemas.releases import SCALE, ScaleOfScores, ScoreOut
from app.releases.trace import Term, Traced
from app.releases.values import Score, Withheld

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
