"""Rankings, competitors and the influence of KPIs as they are answered."""

from datetime import date
from typing import Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, WORDS, Id, Out, Texts, example
from app.api.schemas.benchmarks import LINE, LineOut
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.api.schemas.summaries import PlaceOut
from app.organisation.values import SubjectKind
from app.releases.values import LeftOut, Uncompared
from app.scoring.influence import Uninfluenced, Warned
from app.summaries.rivals import Against, Origin

_PLACE = {"id": ID, "kind": "person", "name": "Sofie Dahl"}
_UNIT = {"id": OTHER_ID, "kind": "team", "name": "Team Nord"}
_PLACES = {"first": 1, "last": 3}
_STAND: dict[str, Any] = {
    "place": _PLACE,
    "score": 79.16666666666667,
    "lo": 64.0,
    "hi": 88.0,
    "se": None,
    "likely": _PLACES,
    "proven": {"first": 1, "last": 4},
    "ahead_of": [{**_PLACE, "name": "Lars Moen"}],
    "behind": [],
}
_BASIS = {"kpi_id": OTHER_ID, "name": WORDS, "share": 1.0, "rater_groups": [["customer"], ["manager"]]}
_ABSENT = {"place": {**_PLACE, "name": "Amir Haddad"}, "reason": "other_card"}
_SOURCE = {
    "kind": "round",
    "name": "Fjellbris",
    "period_start": "2026-07-01",
    "period_end": "2026-09-30",
    "released_on": "2026-10-12",
    "method_version": "1",
    "benchmark_id": None,
}
_CARD_LINE = {"kpi_id": OTHER_ID, "name": WORDS, "share": 0.2}
_PEERS = {"card": 0, "lines": [_CARD_LINE], "count": 8}
_RIVAL = {
    "name": "Lunvik Klima",
    "place": {"id": OTHER_ID, "kind": "competitor", "name": "Lunvik Klima"},
    "score": 66.0,
    "lo": 58.9,
    "hi": 72.4,
    "units": 1,
    "raters": 25,
    "source": _SOURCE,
    "against": "ahead",
    "points": 10.4,
}
_CONTEST: dict[str, Any] = {
    "kpi_id": OTHER_ID,
    "name": WORDS,
    "level": "company",
    "rater_groups": ["mystery_shopper"],
    "score": 76.4,
    "lo": 70.2,
    "hi": 81.7,
    "units": 1,
    "raters": 70,
    "source": _SOURCE,
    "rivals": [_RIVAL],
}
_KPI = {"kpi_id": OTHER_ID, "weight": 0.2, "share": 0.05, "warning": "too_little"}


class PlacesOut(Out):
    """From the best to the worst place that a subject may hold; 1 is the highest."""

    model_config = example(**_PLACES)

    first: int
    last: int


class StandOut(Out):
    """Where one subject may stand among the others."""

    model_config = example(**_STAND)

    place: PlaceOut
    score: float = Field(description="Over what all have, hence not always the published score")
    lo: float
    hi: float
    se: float | None = Field(description="For analysts only")
    likely: PlacesOut = Field(description="The places held in nine draws out of ten")
    proven: PlacesOut = Field(description="The places that hold for all together")
    ahead_of: list[PlaceOut] = Field(description="Those that it can be told apart from and lies above")
    behind: list[PlaceOut]


class BasisOut(Out):
    """A KPI that is compared, and the rater groups that all have on it."""

    model_config = example(**_BASIS)

    kpi_id: Id
    name: Texts
    share: float = Field(description="Of the weight that takes part")
    rater_groups: list[list[str]]


class AbsentOut(Out):
    """A subject that is not compared."""

    model_config = example(**_ABSENT)

    place: PlaceOut
    reason: LeftOut


class CardLineOut(Out):
    """A KPI on a scorecard, and its share of the weight."""

    model_config = example(**_CARD_LINE)

    kpi_id: Id
    name: Texts
    share: float


class PeersOut(Out):
    """Those who have one scorecard, compared among themselves."""

    model_config = example(**_PEERS)

    card: int
    lines: list[CardLineOut] = Field(description="What is not alike on all the cards")
    count: int


class RankingOut(Out):
    """Subjects of a kind below a unit in bands: between bands all can be told apart, within one there is no order."""

    model_config = example(
        scale=SCALE,
        unit=_UNIT,
        kind="person",
        kpi_id=None,
        card=0,
        peers=[_PEERS],
        reason=None,
        coverage=0.9,
        basis=[_BASIS],
        unsure=[],
        count=5,
        bands=[[_STAND]],
        absent=[_ABSENT],
    )

    scale: ScaleOfScores = ScaleOfScores()
    unit: PlaceOut
    kind: SubjectKind
    kpi_id: Id | None
    card: int = Field(description="Which scorecard; 0 is the commonest")
    peers: list[PeersOut] = Field(description="The scorecards that five or more share, where there are several")
    reason: Uncompared | None = Field(description="Why there are no bands")
    coverage: float | None = Field(description="Share of the card's weight that all have")
    basis: list[BasisOut]
    unsure: list[Texts] = Field(description="Measured KPIs whose error nobody knows; bands and places leave it out")
    count: int = Field(description="How many are compared; who has left the unit since is not named")
    bands: list[list[StandOut]] = Field(description="The highest first; within a band by name")
    absent: list[AbsentOut]


class SourceOut(Out):
    """Where and when a line was measured: in a round of ours, or elsewhere and brought in as a benchmark file."""

    model_config = example(**_SOURCE)

    kind: Origin
    name: str = Field(description="The company that measured")
    period_start: date
    period_end: date
    released_on: date
    method_version: str
    benchmark_id: Id | None = Field(description="The file that the line came in")


class RivalOut(Out):
    """A competitor, or a line of a benchmark, on one KPI."""

    model_config = example(**_RIVAL)

    name: str
    place: PlaceOut | None = Field(description="Null for a company that is no subject of ours")
    score: float
    lo: float
    hi: float
    units: int
    raters: int
    source: SourceOut
    against: Against = Field(description="How we stand to it; by another method nothing is said")
    points: float = Field(description="Our score less its own")


class ContestOut(Out):
    """One KPI as one rater group sees us and others; of departments and teams the mean over them."""

    model_config = example(**_CONTEST)

    kpi_id: Id
    name: Texts
    level: SubjectKind
    rater_groups: list[str]
    score: float
    lo: float
    hi: float
    units: int
    raters: int
    source: SourceOut
    rivals: list[RivalOut]


class UnmatchedOut(Out):
    """A line of a benchmark beside which we have nothing from the same raters at the same level."""

    model_config = example(benchmark_id=ID, own_kpi_id=OTHER_ID, line=LINE)

    benchmark_id: Id
    own_kpi_id: Id
    line: LineOut


class CompetitionOut(Out):
    """The company beside its competitors and the benchmarks of others; each line has its source and date."""

    model_config = example(
        scale=SCALE, unit={**_UNIT, "kind": "company", "name": "Fjellbris"}, contests=[_CONTEST], unmatched=[]
    )

    scale: ScaleOfScores = ScaleOfScores()
    unit: PlaceOut
    contests: list[ContestOut]
    unmatched: list[UnmatchedOut]


class KpiInfluenceOut(Out):
    """One KPI of a card: what it should decide and what it does."""

    model_config = example(**_KPI)

    kpi_id: Id
    weight: float
    share: float = Field(description="Of what sets the composites apart; all add up to 1")
    warning: Warned | None


class InfluenceOut(Out):
    """What the KPIs of a card decide, in one release."""

    model_config = example(release_id=ID, period_start=DAY, period_end=DAY, subjects=24, reason=None, kpis=[_KPI])

    release_id: Id | None
    period_start: date | None
    period_end: date | None
    subjects: int
    reason: Uninfluenced | None
    kpis: list[KpiInfluenceOut]
