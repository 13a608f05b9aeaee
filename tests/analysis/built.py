"""A released round in which sixteen customers have rated ten people between them, some strictly and some mildly.

Beside them: three shoppers who came to everybody, managers with their names, three colleagues about Lars Moen, and two
about Sofie Berg, who are too few.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.organisation.queries import path_of
from app.releases.commands import release_round
from app.releases.values import Release
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.values import GroupPolicy, Mode, RoundDraft, RoundKpi
from tests.fjellbris import Fjellbris, fjellbris

NORD = ("Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said")
SOR = ("Elias Dahl", "Mina Olsen", "Oda Strand", "Henrik Lie")
SALG = ("Jonas Eide", "Sara Hagen")
RATED = (*NORD, *SOR, *SALG)
MANAGERS = {"Amir Haddad": NORD, "Kari Lunde": SOR, "Marte Fossum": SALG}
CUSTOMERS, EACH = 16, 6
STRICT, MILD = "kunde-1", "kunde-2"
"""One customer gives far less than the others, one far more."""
GROUPS = (
    GroupPolicy(RaterGroup.CUSTOMER, Mode.CONFIDENTIAL, 5, 5),
    GroupPolicy(RaterGroup.MYSTERY_SHOPPER, Mode.REPORT, 3, 3),
    GroupPolicy(RaterGroup.MANAGER, Mode.NAMED, 1, 1),
    GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, 3, 3),
    GroupPolicy(RaterGroup.SELF, Mode.NAMED, 1, 1),
)

Levels = tuple[int, int]
Sheet = tuple[str, str, RaterGroup, Levels]
"""Who is rated, by whom, as what, and the levels of the two items."""


@dataclass
class Crossed:
    """The company, and what was released of it."""

    company: Fjellbris
    release: Release
    now: datetime
    accounts: dict[str, str] = field(default_factory=dict)

    @property
    def kpi(self) -> str:
        return self.company.kpis["first impression"]

    @property
    def today(self) -> date:
        return self.now.date()

    def viewer(self, role: Role, place: str) -> Viewer:
        """Somebody with one role at one place."""
        return Viewer(f"account:{role}", role.title(), grants=(Grant(role, self.company.subjects[place]),))

    @property
    def analyst(self) -> Viewer:
        """Who analyses the whole company."""
        return self.viewer(Role.ANALYST, "Fjellbris")


def sheets(seed: int = 1) -> list[Sheet]:
    """What everybody has handed in: subjects differ by 8 points, customers by 12, and the two named above by 35."""
    draw = np.random.default_rng(seed)
    subject = dict(zip(RATED, draw.normal(0, 8, len(RATED)), strict=True))
    customers = [f"kunde-{number}" for number in range(1, CUSTOMERS + 1)]
    severity = dict(zip(customers, draw.normal(0, 12, CUSTOMERS), strict=True)) | {STRICT: 35.0, MILD: -35.0}

    def levels(about: str, by: str = "") -> Levels:
        raw = 55 + subject[about] - severity.get(by, 0.0) + draw.normal(0, 10, 2)
        one, other = np.clip(np.rint(1 + raw / 25), 1, 5).astype(int).tolist()
        return one, other

    found: list[Sheet] = []
    for place, by in enumerate(customers):
        asked = [RATED[(place + step) % len(RATED)] for step in range(EACH)]
        found += [(about, by, RaterGroup.CUSTOMER, levels(about, by)) for about in asked]
    for about in RATED:
        found += [(about, f"besok-{one}", RaterGroup.MYSTERY_SHOPPER, levels(about)) for one in range(3)]
    for manager, team in MANAGERS.items():
        found += [(about, manager, RaterGroup.MANAGER, levels(about)) for about in team]
    found += [("Lars Moen", by, RaterGroup.COLLEAGUE, levels("Lars Moen")) for by in ("Sofie Berg", *NORD[2:])]
    found += [("Sofie Berg", by, RaterGroup.COLLEAGUE, (1, 1)) for by in NORD[1:3]]
    found.append(("Sofie Berg", "Sofie Berg", RaterGroup.SELF, (5, 5)))
    return found


def crossed(
    session: WriteSession,
    now: datetime,
    *,
    given: Sequence[Sheet] | None = None,
    modes: Mapping[RaterGroup, Mode] | None = None,
) -> Crossed:
    """The company with its round released."""
    company = fjellbris(session, now)
    release = released(session, company, sheets() if given is None else given, now, modes=modes)
    return Crossed(company, release, now)


def released(
    session: WriteSession,
    company: Fjellbris,
    given: Sequence[Sheet],
    now: datetime,
    *,
    modes: Mapping[RaterGroup, Mode] | None = None,
    scope: str = "Fjellbris",
    name: str = "Høst",
    month: int = 10,
) -> Release:
    """A round filled with past ratings, closed and released."""
    wish = RoundDraft(
        scope_id=company.subjects[scope],
        external_id=None,
        name={"nb": name, "en": name},
        purpose={"nb": "Slik møter vi kundene.", "en": "How we meet our customers."},
        asked_by="Ragnhild Torp",
        period_start=date(2026, month, 1),
        period_end=date(2026, month, 28),
        opens_at=now - timedelta(days=20),
        closes_at=now - timedelta(days=6),
    )
    round_id = create_round(session, SERVICE, company.id, wish, now=now).id
    chosen = [
        GroupPolicy(one.rater_group, (modes or {}).get(one.rater_group, one.mode), one.k, one.comment_k)
        for one in GROUPS
    ]
    set_groups(session, SERVICE, round_id, chosen, now=now)
    set_round_kpis(session, SERVICE, round_id, [RoundKpi(company.kpis["first impression"], {})], now=now)
    rows = [Row(number, cells) for number, cells in enumerate(_cells(given), start=2)]
    import_ratings(session, SERVICE, round_id, rows, now=now)
    return release_round(session, SERVICE, round_id, now=now)


def path(session: WriteSession, made: Crossed, place: str) -> tuple[str, ...]:
    return path_of(session, made.company.subjects[place], on=made.today)


def _cells(given: Sequence[Sheet]) -> Iterator[dict[str, str]]:
    for about, by, group, levels in given:
        for code, level in zip(("welcome", "tone"), levels, strict=True):
            yield {
                "subject": about,
                "rater": by,
                "rater_group": group.value,
                "item": code,
                "value": str(level),
                "occasion": f"{about}-{by}" if group is RaterGroup.MYSTERY_SHOPPER else "",
            }
