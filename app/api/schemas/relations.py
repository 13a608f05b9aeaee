"""Prompts and links as they are answered: what speaks against each other, and what leads to success."""

from typing import Any

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.followup.queries import length_name
from app.followup.values import Basis, LinkedKpis, Prompt, Prompts
from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.scoring.contradictions import Question
from app.scoring.relevance import Doubt, Lack, Link, Relevance

KPI = {"id": OTHER_ID, "kind": "soft", "name": WORDS, "unit": {}, "decimals": 1}
SUBJECT = {"id": ID, "kind": "team", "name": "Team Nord"}
PROMPT = {
    "question": "more_at_less_yield",
    "basis": "level",
    "kpi_ids": [ID, OTHER_ID],
    "differences": [9.4, -40.4],
    "strength": 1.9,
}
_LINK: dict[str, Any] = {
    "lag": 1,
    "r": 0.41,
    "lo": 0.1,
    "hi": 0.65,
    "chance": 0.01,
    "pairs": 47,
    "units": 8,
    "df": 38.0,
}


class KpiNameOut(Out):
    """A KPI as figures are read with it; unit and decimals of a hard one."""

    model_config = example(**KPI)

    id: Id
    kind: KpiKind
    name: Texts
    unit: Texts
    decimals: int


class WatchedPlaceOut(Out):
    """The subject of a course."""

    model_config = example(**SUBJECT)

    id: Id
    kind: SubjectKind
    name: str


class PromptOut(Out):
    """Two figures that speak against each other, with the key of the first question to ask."""

    model_config = example(**PROMPT)

    question: Question
    basis: Basis = Field(description="Where the figures stand to their targets, or how they changed since last time")
    kpi_ids: list[Id] = Field(description="Soft before hard, amount before yield; one for an own rating")
    differences: list[float] = Field(description="Of each KPI in points; of an own rating to the others")
    strength: float

    @classmethod
    def told(cls, prompt: Prompt) -> "PromptOut":
        """A prompt as it is answered."""
        return cls(
            question=prompt.question,
            basis=prompt.basis,
            kpi_ids=[kpi.id for kpi in prompt.kpis],
            differences=list(prompt.differences),
            strength=prompt.strength,
        )


class ContradictionsOut(Out):
    """What speaks against each other at a subject after a release."""

    model_config = example(scale=SCALE, release_id=ID, before_id=None, subject=SUBJECT, items=[PROMPT])

    scale: ScaleOfScores = ScaleOfScores()
    release_id: Id
    before_id: Id | None = Field(description="The release that changes are told from, if there is one")
    subject: WatchedPlaceOut
    items: list[PromptOut]

    @classmethod
    def told(cls, found: Prompts) -> "ContradictionsOut":
        """The prompts of a subject as they are answered."""
        return cls(
            release_id=found.release_id,
            before_id=found.before_id,
            subject=WatchedPlaceOut.of(found.subject),
            items=[PromptOut.told(prompt) for prompt in found.prompts],
        )


class LinkOut(Out):
    """Correlation within units at one lag, with an interval that allows for all lags tried."""

    model_config = example(**_LINK)

    lag: int = Field(description="Steps from the soft to the hard value")
    r: float = Field(description="-1 to 1; positive is what one hopes for")
    lo: float
    hi: float
    chance: float
    pairs: int
    units: int
    df: float

    @classmethod
    def told(cls, link: Link) -> "LinkOut":
        """A link as it is answered."""
        return cls(
            lag=link.lag,
            r=link.r,
            lo=link.interval.lo,
            hi=link.interval.hi,
            chance=link.chance,
            pairs=link.n,
            units=link.units,
            df=link.df,
        )


class RelevanceOut(Out):
    """Whether a soft KPI moves before a hard one. A link is no proof of a cause."""

    model_config = example(
        soft=KPI,
        hard={**KPI, "kind": "hard"},
        series="week",
        lags=[1, 2, 3],
        link=_LINK,
        tried=[_LINK],
        doubts=["tried"],
        lack=None,
        pairs=47,
        stands=True,
    )

    soft: KpiNameOut
    hard: KpiNameOut
    series: str | None
    lags: list[int]
    link: LinkOut | None = Field(description="Of the lag that is hardest to explain by chance")
    tried: list[LinkOut]
    doubts: list[Doubt]
    lack: Lack | None = Field(description="Why there is no link to tell")
    pairs: int
    stands: bool = Field(description="It comes first, and is kept when the number of pairs looked at is allowed for")

    @classmethod
    def told(cls, pair: LinkedKpis) -> "RelevanceOut":
        """A pair of KPIs as it is answered."""
        found = pair.found
        is_told = isinstance(found, Relevance)
        return cls(
            soft=KpiNameOut.of(pair.soft),
            hard=KpiNameOut.of(pair.hard),
            series=None if pair.length is None else length_name(pair.length),
            lags=list(pair.lags),
            link=LinkOut.told(found.link) if isinstance(found, Relevance) else None,
            tried=[LinkOut.told(link) for link in found.tried] if isinstance(found, Relevance) else [],
            doubts=list(found.doubts) if isinstance(found, Relevance) else [],
            lack=None if isinstance(found, Relevance) else found.lack,
            pairs=found.link.n if isinstance(found, Relevance) else found.n,
            stands=is_told and pair.stands,
        )


class RelevancesOut(Out):
    """Pairs of KPIs, the link that is hardest to explain by chance first."""

    model_config = example(items=[])

    items: list[RelevanceOut]
