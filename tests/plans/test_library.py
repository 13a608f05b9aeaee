"""The library of what worked: told to every reader without the place, slice by slice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.accounts.values import Role
from app.errors import Forbidden
from app.infra.database import WriteSession
from app.infra.paging import Page, PageRequest, decode_cursor
from app.plans import library
from app.plans.commands import end_plan
from app.plans.effect import find_effect
from app.plans.library import load_library
from app.plans.values import PlanEnd, PlanState
from app.scoring.effects import Verdict
from tests.databases import recorded_statements
from tests.followup.watched import S1, Watching
from tests.plans.test_plans import ALL, CHECK, draft, made, manager, release_after
from tests.shelf import NOW


def test_what_worked_in_a_unit_is_told_every_reader_without_the_place(
    session: WriteSession, known: Watching, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = {name: made(session, known, draft(known, subject=name)) for name in ("team-nord", "sofie.berg")}
    release_after(session, known, {known.subjects["team-nord"]: 24.0, known.subjects["sofie.berg"]: 20.0})
    elsewhere, later = known.who(Role.VIEWER, "team-sor"), CHECK + timedelta(days=120)
    assert load_library(session, elsewhere, known.company_id, ALL, on=later) == Page(())
    for plan in plans.values():
        end_plan(session, manager(known), plan.id, PlanEnd(PlanState.DONE, "Alle hilser."), now=NOW)
    # What was done about a person is for those who read the results there.
    [tried] = load_library(session, elsewhere, known.company_id, ALL, on=later).items
    assert (tried.kpi.id, tried.what, tried.plan_id) == (known.kpis[S1], "Vi øver på møtet.", None)
    effect = find_effect(session, manager(known), plans["team-nord"], on=later)
    assert (tried.verdict, effect and effect.verdict) == (Verdict.WORKED, Verdict.WORKED)
    [own] = load_library(session, manager(known), known.company_id, ALL, verdict=Verdict.WORKED, on=later).items
    assert own.plan_id == plans["team-nord"].id
    assert load_library(session, elsewhere, known.company_id, ALL, verdict=Verdict.DID_NOT, on=later) == Page(())
    for stranger in (known.person("sofie.berg"), known.who(Role.ADMIN)):
        with pytest.raises(Forbidden):
            load_library(session, stranger, known.company_id, ALL, on=later)
    # Slice by slice, and a cursor that says nothing of the plan before it.
    plan = made(session, known, replace(draft(known), what="Vi sier navnet vårt."))
    end_plan(session, manager(known), plan.id, PlanEnd(PlanState.DONE, ""), now=NOW)
    first = load_library(session, elsewhere, known.company_id, PageRequest(limit=1), on=later)
    second = load_library(session, elsewhere, known.company_id, PageRequest(1, first.next_cursor), on=later)
    assert {one.what for one in (*first.items, *second.items)} == {tried.what, "Vi sier navnet vårt."}
    assert (decode_cursor(first.next_cursor or "", "", 1), second.next_cursor) == ([1], None)
    # However deep a slice lies, nothing before it is judged for it: of plans that are told of in turn no more is asked.
    monkeypatch.setattr(library, "AT_ONCE", 1)
    with recorded_statements(session.connection()) as asked:
        assert load_library(session, elsewhere, known.company_id, PageRequest(2), on=later).items == (
            *first.items,
            *second.items,
        )
        both = len(asked)
        assert load_library(session, elsewhere, known.company_id, PageRequest(1, first.next_cursor), on=later) == second
    assert len(asked) - both < both
