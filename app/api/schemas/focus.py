"""What a person works on, as it is answered and set."""

from datetime import date
from typing import Any, Self

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, Id, In, Out, example
from app.api.schemas.relations import KPI, KpiNameOut, WatchedPlaceOut
from app.api.schemas.releases import SCALE, ScaleOfScores
from app.api.schemas.summaries import FIGURE, FigureOut
from app.focus.values import Focus
from app.scoring.bands import Band

_PERSON = {"id": ID, "kind": "person", "name": "Sofie Berg"}
_KPI: dict[str, Any] = {
    "kpi": KPI,
    "since": DAY,
    "set_by": "Amir Haddad",
    "instead_of": None,
    "figure": FIGURE,
    "band": "short",
}


class FocusIn(In):
    """A KPI that is to be in focus; `instead_of_id` where it takes the place of one of two."""

    model_config = example(kpi_id=OTHER_ID, instead_of_id=None)

    kpi_id: str
    instead_of_id: str | None = None


class FocusKpiOut(Out):
    """A KPI in focus, or proposed for it, with the latest score of the person that may be read."""

    model_config = example(**_KPI)

    kpi: KpiNameOut
    since: date | None = Field(description="Null of one that the card has in focus for everybody")
    set_by: str
    instead_of: KpiNameOut | None = Field(description="What a proposal would replace")
    figure: FigureOut | None
    band: Band | None


class FocusOut(Out):
    """What a person works on: at most two KPIs, chosen with whoever leads."""

    model_config = example(
        scale=SCALE,
        person=_PERSON,
        company_id=OTHER_ID,
        kpis=[_KPI],
        is_of_card=False,
        proposal=None,
        choices=[KPI],
        may_choose=True,
        may_propose=False,
    )

    scale: ScaleOfScores = ScaleOfScores()
    person: WatchedPlaceOut
    company_id: Id
    kpis: list[FocusKpiOut]
    is_of_card: bool = Field(description="Nothing was chosen: these are in focus on the card, for everybody")
    proposal: FocusKpiOut | None
    choices: list[KpiNameOut] = Field(description="The other KPIs of the card")
    may_choose: bool
    may_propose: bool

    @classmethod
    def told(cls, focus: Focus) -> Self:
        """As it is answered."""
        return cls(
            person=WatchedPlaceOut.of(focus.person),
            company_id=focus.company_id,
            kpis=[FocusKpiOut.of(one) for one in focus.kpis],
            is_of_card=focus.is_of_card,
            proposal=None if focus.proposal is None else FocusKpiOut.of(focus.proposal),
            choices=[KpiNameOut.of(kpi) for kpi in focus.choices],
            may_choose=focus.may_choose,
            may_propose=focus.may_propose,
        )
