"""A company whose people may be visited, everybody around a visit, and one that is ordered, reported or accepted."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from PIL import Image

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.infra.database import WriteSession
from app.infra.keys import key_of
from app.infra.paging import PageRequest
from app.kpis.assign import set_target
from app.kpis.commands import activate_kpi, create_kpi
from app.kpis.intake import parse_kpi, parse_target
from app.kpis.queries import list_goals
from app.visits.commands import accept_visit, create_scenario, order_visit, report_visit
from app.visits.intake import parse_order, parse_scenario
from app.visits.values import Visit
from tests.fjellbris import Fjellbris, fjellbris
from tests.kpis.plain import hard, words
from tests.originals import copied

REPORT: Mapping[str, Any] = {
    "visited_on": "2026-11-23",
    "visited_at": "14:30",
    "item": {"i1": "5", "i2": "3"},
    "fact": {"wait": 75},
    "critical": {"receipt": "yes"},
    "comment": "Hun så meg med en gang.",
}
"""100 and 50 points, so 75."""


@dataclass
class VisitDesk:
    """Viewers by what they are; `scenario` scores the first impression and measures the wait."""

    company: Fjellbris
    scenario: str
    wait: str
    admin: Viewer
    analyst: Viewer
    second: Viewer
    manager: Viewer
    sofie: Viewer
    shoppers: int = field(default=0)

    def order(self, about: str = "Sofie Berg", **changes: Any) -> dict[str, Any]:
        given = {
            "scenario_id": self.scenario,
            "subject_id": self.company.subjects[about],
            "shopper": "besok1@besok.example",
            "from_on": "2026-11-23",
            "until_on": "2026-11-27",
        }
        return {**given, **changes}

    def ordered(self, session: WriteSession, now: datetime, about: str = "Sofie Berg", **changes: Any) -> Visit:
        draft = parse_order(self.order(about, **changes))
        return order_visit(session, self.admin, self.company.id, draft, now=now)

    def reported(self, session: WriteSession, now: datetime, *, about: str = "Sofie Berg", **report: Any) -> Visit:
        """A visit by a shopper of its own, reported on its first day."""
        self.shoppers += 1
        made = self.ordered(session, now, about, shopper=f"ny{self.shoppers}@besok.example")
        token = key_of(session).visit_token(made.id)
        return report_visit(session, token, {**REPORT, **report}, now=now + timedelta(hours=8))

    def accepted(self, session: WriteSession, now: datetime, *, about: str = "Sofie Berg", **report: Any) -> Visit:
        made = self.reported(session, now, about=about, **report)
        return accept_visit(session, self.analyst, made.id, now=now + timedelta(hours=9))


def scenario(company: Fjellbris, wait: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": words("Spør om varmepumpe", "Ask about a heat pump"),
        "task": words("Si at huset er på 120 m².", "Say that the house has 120 m²."),
        "kpi_ids": [company.kpis["first impression"]],
        "facts": [{"code": "wait", "kpi_id": wait, "question": words("Sekunder du ventet?", "Seconds you waited?")}],
        "critical": [{"code": "receipt", "question": words("Fikk du kvittering?", "Did you get a receipt?")}],
        "cap": 40,
        **changes,
    }


def visit_desk(session: WriteSession, now: datetime) -> VisitDesk:
    return copied(session, _furnished, now)


def _furnished(session: WriteSession, now: datetime) -> VisitDesk:
    company = fjellbris(session, now)
    goal = list_goals(session, SERVICE, company.id, PageRequest()).items[0].id
    measure = hard(
        goal,
        company.people["Ingrid Solheim"],
        unit=words("s", "s"),
        aggregation="mean",
        direction="lower",
        cadence="week",
    )
    wait = create_kpi(session, SERVICE, parse_kpi(measure), company_id=company.id, now=now)
    posts = {"starts_on": "2026-11-23", "floor": 180, "target": 60, "stretch": 20}
    set_target(session, SERVICE, wait, parse_target(posts), now=now)
    activate_kpi(session, SERVICE, wait, now=now)
    made = create_scenario(session, SERVICE, company.id, parse_scenario(scenario(company, wait)), now=now)

    def somebody(name: str, role: Role, place: str) -> Viewer:
        return Viewer(f"account:{name}", name, grants=(Grant(role, place),))

    north, own = company.subjects["Team Nord"], frozenset({company.subjects["Sofie Berg"]})
    return VisitDesk(
        company,
        made.id,
        wait,
        somebody("admin", Role.ADMIN, company.id),
        somebody("analyst", Role.ANALYST, company.id),
        somebody("second", Role.ANALYST, company.id),
        somebody("manager", Role.MANAGER, north),
        Viewer("account:sofie", "Sofie", own_subjects=own),
    )


def photo(side: int = 60, kind: str = "JPEG", **options: Any) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side // 2), (120, side % 256, 30)).save(made, kind, **options)
    return made.getvalue()
