"""Whether the cards of a KPI have room for it once it is in use, and which others could make room.

`get_` asks what the viewer may; `load_` serves commands, which have asked.
"""

from datetime import date

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import ReadSession
from app.kpis.queries import get_kpi, load_cards_with, load_kpis, load_states
from app.kpis.rules import is_over, swap_choices
from app.kpis.values import Kpi, KpiState, Scorecard


@dataclass(frozen=True, slots=True)
class Room:
    """The cards on which a KPI would be one too many, and those in use that could make room on all of them."""

    full: tuple[Scorecard, ...]
    choices: tuple[Kpi, ...]


def get_room(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> Room:
    """What stands in the way of putting a KPI to use; NotFound for whoever may not read the KPIs of its company."""
    return load_room(session, get_kpi(session, viewer, kpi_id, on=date.max), since=on)


def load_room(session: ReadSession, kpi: Kpi, *, since: date) -> Room:
    """The same, whoever asks; cards that are valid on a day or begin later."""
    cards = load_cards_with(session, kpi.id, since=since)
    ids = {line.kpi_id for card in cards for line in card.lines}
    states = {**load_states(session, kpi.company_id, ids), kpi.id: KpiState.ACTIVE}
    full = tuple(card for card in cards if is_over(card.level, card.lines, states))
    choices = swap_choices(full, kpi.id, states)
    found = load_kpis(session, choices, on=since) if choices else {}
    return Room(full, tuple(found[one] for one in choices))
