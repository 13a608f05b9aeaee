"""The nouns of focus: a KPI that a person works on now, and everything that is known of it before it is changed."""

from datetime import date
from enum import StrEnum

from app.deferred import dataclass
from app.followup.values import KpiName
from app.scoring.bands import Band
from app.summaries.values import Figure, Place


class FocusState(StrEnum):
    """Chosen by whoever leads, or proposed by the person and waiting for that."""

    CHOSEN = "chosen"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class FocusDraft:
    """A KPI that is to be in focus, and which of two it replaces, if it has to."""

    kpi_id: str
    instead_of_id: str | None = None


@dataclass(frozen=True, slots=True)
class FocusKpi:
    """A KPI in focus, or proposed for it.

    since : day from which it has stood there; none of one that the card has in focus for everybody
    set_by : who chose or proposed it; empty where that account is gone
    instead_of : what a proposal would replace
    figure : latest released score of the person that may be read, with its band; none before there is one
    """

    kpi: KpiName
    since: date | None = None
    set_by: str = ""
    instead_of: KpiName | None = None
    figure: Figure | None = None
    band: Band | None = None


@dataclass(frozen=True, slots=True)
class Focus:
    """What a person works on.

    kpis : at most two: those that were chosen, else those that the card has in focus for everybody
    is_of_card : whether it is the latter
    proposal : of the person, waiting for whoever leads
    choices : the other KPIs of the card
    may_choose, may_propose : whether the viewer leads the person, or is the person
    """

    person: Place
    company_id: str
    kpis: tuple[FocusKpi, ...]
    is_of_card: bool
    proposal: FocusKpi | None
    choices: tuple[KpiName, ...]
    may_choose: bool
    may_propose: bool
