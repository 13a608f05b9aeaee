"""Somebody who works with KPIs: every command with the company and the moment filled in."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import func, select

from app.errors import Invalid
from app.infra.database import WriteSession
from app.journal.tables import JournalRow
from app.kpis import commands
from app.kpis.drafts import SwapDraft
from app.kpis.intake import parse_content, parse_kpi, parse_scorecard, parse_target
from app.kpis.queries import get_kpi
from app.kpis.tables import GoalRow, ItemRow, KpiRow, KpiVersionRow, ScaleRow, ScorecardRow, TargetRow
from app.kpis.values import KpiKind, KpiState
from tests.company import SmallCompany
from tests.kpis.plain import Plain, hard, soft

TODAY = date(2026, 11, 23)

TABLES = (GoalRow, ScaleRow, KpiRow, KpiVersionRow, ItemRow, TargetRow, ScorecardRow)

LINE = {"floor": 180, "target": 45, "stretch": 20}

ELSEWHERE = "11111111-1111-4111-8111-111111111111"


class Desk:
    """An admin at work: every command with the company and the moment filled in."""

    def __init__(
        self, session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime
    ) -> None:
        self.session, self.company, self.goal_id, self.scale_id, self.now = session, company, goal_id, scale_id, now

    def soft(self, **changed: object) -> Plain:
        return soft(self.goal_id, self.company.owner, self.scale_id, **changed)

    def hard(self, **changed: object) -> Plain:
        return hard(self.goal_id, self.company.owner, **changed)

    def create(self, given: Plain) -> str:
        draft = parse_kpi(given)
        return commands.create_kpi(self.session, self.company.admin, draft, company_id=self.company.id, now=self.now)

    def activate(self, kpi_id: str, *, swap: SwapDraft | None = None) -> None:
        commands.activate_kpi(self.session, self.company.admin, kpi_id, swap=swap, now=self.now)

    def active(self, **changed: object) -> str:
        kpi_id = self.create(self.soft(**changed))
        self.activate(kpi_id)
        return kpi_id

    def pause(self, kpi_id: str) -> None:
        commands.pause_kpi(self.session, self.company.admin, kpi_id, reason="Plass til en annen", now=self.now)

    def retire(self, kpi_id: str) -> None:
        commands.retire_kpi(self.session, self.company.admin, kpi_id, reason="Ferdig", now=self.now)

    def version(self, kpi_id: str, **changed: object) -> None:
        given = {
            name: value for name, value in self.soft(**changed).items() if name not in {"kind", "goal_id", "owner_id"}
        }
        content = parse_content(given, KpiKind.SOFT)
        commands.add_kpi_version(self.session, self.company.admin, kpi_id, content, now=self.now)

    def target(self, kpi_id: str, **given: object) -> str:
        draft = parse_target({"starts_on": "2026-11-23", **given})
        return commands.set_target(self.session, self.company.admin, kpi_id, draft, now=self.now)

    def card(self, given: Plain, *, expected_version: int | None = None) -> str:
        return commands.set_scorecard(
            self.session,
            self.company.admin,
            parse_scorecard(given),
            company_id=self.company.id,
            expected_version=expected_version,
            now=self.now,
        )

    def found(self, kpi_id: str, on: date = TODAY) -> KpiState:
        return get_kpi(self.session, self.company.admin, kpi_id, on=on).state


def counted(session: WriteSession) -> list[int | None]:
    session.flush()
    return [session.scalar(select(func.count()).select_from(table)) for table in (*TABLES, JournalRow)]


def refused_fields(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        act()
    return sorted(error.field for error in refusal.value.errors)
