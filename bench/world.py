"""A company with a round for the benchmarks, made by the same commands as everybody's; sizes are given, content is not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.invitations.commands import invite_due_rounds
from app.invitations.tables import InvitationRow
from app.kpis.assign import set_scorecard
from app.kpis.commands import activate_kpi, create_goal, create_kpi, create_scale
from app.kpis.intake import parse_goal, parse_kpi, parse_scale, parse_scorecard
from app.kpis.values import RaterGroup
from app.organisation.commands import create_company
from app.organisation.ensure import ensure_raters, ensure_subjects
from app.organisation.values import NewRater
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.assign import insert_assignments
from app.rounds.commands import create_round, launch_round, set_groups, set_rated_subjects, set_round_kpis
from app.rounds.queries import load_salt
from app.rounds.values import (
    AssignmentSource,
    GroupPolicy,
    Mode,
    NewAssignment,
    Pooling,
    ReleaseMode,
    Round,
    RoundDraft,
    RoundKpi,
)

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.date()
# Groups that may be asked ten questions about one subject.
GROUPS = (RaterGroup.DIRECT_REPORT, RaterGroup.COLLEAGUE)


def _words(text: str) -> dict[str, str]:
    return {"nb": text, "en": text}


@dataclass(frozen=True)
class World:
    """What a benchmark works on."""

    company_id: str
    kpi_ids: tuple[str, ...]
    item_codes: tuple[str, ...]


def found(database: Database, *, kpis: int = 2, items: int = 5) -> World:
    """A company with soft KPIs on the card of every person."""
    with database.write() as session:
        company = create_company(session, SERVICE, "Bench", external_id="bench", now=NOW)
        goal = create_goal(session, SERVICE, parse_goal({"name": _words("Goal")}), company_id=company.id, now=NOW)
        five = {"kind": "points", "points": 5, "name": _words("1-5")}
        scale = create_scale(session, SERVICE, parse_scale(five), company_id=company.id, now=NOW)
        owner = ensure_raters(session, company.id, [NewRater(key="o", external_id="owner", name="Owner")], now=NOW)["o"]
        made = [
            _kpi(session, company.id, number, items, {"goal_id": goal, "owner_id": owner, "scale_id": scale})
            for number in range(kpis)
        ]
        card = {
            "subject_id": company.id,
            "level": "person",
            "starts_on": "2026-01-01",
            "lines": [{"kpi_id": kpi_id, "weight": 1} for kpi_id in made],
        }
        set_scorecard(session, SERVICE, parse_scorecard(card), company_id=company.id, now=NOW)
    return World(company.id, tuple(made), tuple(f"k{kpi}i{item}" for kpi in range(kpis) for item in range(items)))


def _kpi(session: WriteSession, company_id: str, number: int, items: int, known: dict[str, str]) -> str:
    draft: dict[str, Any] = {
        "kind": "soft",
        "external_id": f"S{number}",
        "goal_id": known["goal_id"],
        "owner_id": known["owner_id"],
        "name": _words(f"KPI {number}"),
        "purpose": _words("To be measured"),
        "criterion": _words("It is fast"),
        "decision_rule": {"text": _words("If slow, then mend it"), "days": 10},
        "rater_weights": {"direct_report": 60, "colleague": 40},
        "items": [
            {
                "code": f"k{number}i{item}",
                "name": _words(f"Item {item}"),
                "question": _words("What does {name} do when a customer comes in?"),
                "scale_id": known["scale_id"],
                "weight": 1,
                "anchors": {
                    "1": _words("Leaves the customer without a sign"),
                    "3": _words("Greets and gives own name"),
                    "5": _words("Greets at once, gives name and asks one question"),
                },
            }
            for item in range(items)
        ],
    }
    kpi_id = create_kpi(session, SERVICE, parse_kpi(draft), company_id=company_id, now=NOW)
    activate_kpi(session, SERVICE, kpi_id, now=NOW)
    return kpi_id


def draft(session: WriteSession, world: World, name: str, *, scope_id: str = "", period_end: date = TODAY) -> Round:
    """A draft round about all KPIs with two confidential groups, in a unit or the whole company."""
    wish = RoundDraft(
        scope_id=scope_id or world.company_id,
        external_id=None,
        name=_words(name),
        purpose=_words("We measure how fast this is."),
        asked_by="Bench",
        period_start=period_end - timedelta(days=90),
        period_end=period_end,
        opens_at=NOW - timedelta(hours=1),
        closes_at=NOW + timedelta(days=7),
        pooling=Pooling.DROP,
        release_mode=ReleaseMode.MANUAL,
    )
    made = create_round(session, SERVICE, world.company_id, wish, now=NOW)
    set_groups(session, SERVICE, made.id, [GroupPolicy(group, Mode.CONFIDENTIAL, 3, 3) for group in GROUPS], now=NOW)
    return set_round_kpis(session, SERVICE, made.id, [RoundKpi(kpi_id, {}) for kpi_id in world.kpi_ids], now=NOW)


def open_round(database: Database, world: World, *, raters: int) -> list[str]:
    """A launched round in which every rater rates two of a hundred persons; the secrets of all links."""
    with database.write() as session:
        round_ = draft(session, world, "Open")
        subjects = list(
            ensure_subjects(
                session, world.company_id, [f"P{place}" for place in range(100)], parent_id=world.company_id, now=NOW
            ).values()
        )
        people = list(
            ensure_raters(
                session,
                world.company_id,
                [
                    NewRater(key=f"R{place}", email=f"rater{place}@bench.example", name=f"Rater {place}")
                    for place in range(raters)
                ],
                now=NOW,
            ).values()
        )
        set_rated_subjects(session, SERVICE, round_.id, subjects, now=NOW)
        wanted = [
            NewAssignment(person, subjects[(place + step) % len(subjects)], GROUPS[0])
            for place, person in enumerate(people)
            for step in (0, 1)
        ]
        insert_assignments(session, round_, wanted, source=AssignmentSource.LIST, actor="bench")
        launch_round(session, SERVICE, round_.id, confirmed=True, now=NOW)
        # A thousand at a time, as the worker does.
        while invite_due_rounds(session, now=NOW):
            pass
        return _secrets(session, round_.id)


def _secrets(session: WriteSession, round_id: str) -> list[str]:
    salt, key = load_salt(session, round_id), key_of(session)
    rows = session.execute(select(InvitationRow.id, InvitationRow.rotation).where(InvitationRow.round_id == round_id))
    return [key.rating_token(salt or b"", row.id, row.rotation) for row in rows]


def past_rows(world: World, *, subjects: int, sheets: int, first: int = 0) -> list[Row]:
    """Rows of a file of past ratings: `sheets` sheets about `subjects` persons from `first` on, every item answered."""
    return [
        Row(
            2 + sheet * len(world.item_codes) + place,
            {
                "subject": f"P{first + sheet % subjects}",
                "rater": f"R{sheet}",
                "rater_group": GROUPS[sheet // subjects % 2].value,
                "item": code,
                "value": str(1 + (sheet * 7 + place * 3) % 5),
            },
        )
        for sheet in range(sheets)
        for place, code in enumerate(world.item_codes)
    ]


def closed_round(database: Database, world: World, rows: Sequence[Row]) -> str:
    """A closed round with past ratings; its id."""
    with database.write() as session:
        round_ = draft(session, world, f"Past {len(rows)}")
        import_ratings(session, SERVICE, round_.id, rows, now=utc_now())
        return round_.id
