"""Packs: worded as we ask everybody to word KPIs, looked at before anything is stored, and never made twice."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from app.infra.database import Database
from app.kpis.checks import activation_problems
from app.kpis.hints import practice_hints, wording_hints
from app.kpis.rules import length_problems, questions_asked
from app.kpis.values import GoalId, Kpi, KpiId, KpiKind, KpiState
from app.packs.shelf import look_at
from app.packs.values import PackedKpi, PackName
from app.words import LOCALES
from tests.web.desk import Browser, Desk, desk_of, form_of, wrong_fields
from tests.web.markup import tree

TODAY = date(2026, 11, 23)
PACKED = [(name, one) for name in PackName for one in look_at(name, on=TODAY).kpis]
GOAL = "33333333-3333-4333-8333-333333333333"


@pytest.fixture
def desk(engine: Database, now: datetime) -> Desk:
    return desk_of(engine, now)


@pytest.mark.parametrize(("name", "packed"), PACKED)
def test_a_pack_needs_nothing_but_goal_and_owner_and_our_own_advice_finds_nothing(
    name: PackName, packed: PackedKpi
) -> None:
    version = packed.version
    kind = KpiKind.SOFT if packed.is_soft else KpiKind.HARD
    kpi = Kpi(KpiId(""), "", kind, KpiState.DRAFT, GoalId("goal"), "owner", None, version, 1)
    assert activation_problems(kpi, [packed.target] if packed.target is not None else []) == [], name
    assert [*wording_hints(version), *practice_hints(version)] == []
    assert length_problems("items", questions_asked([version])) == []
    if packed.is_soft:
        assert 3 <= len(version.items) <= 5
        for item in version.items:
            exercise, competence = item.practice.exercise, item.practice.competence
            assert exercise is not None
            assert competence is not None
            assert set(exercise.text) == set(competence.name) == set(LOCALES)
            assert tuple(item.anchors) == ("1", "3", "5")
    assert practice_hints(replace(version, items=())) == []


def test_a_pack_is_seen_made_as_drafts_in_one_go_and_never_made_twice(desk: Desk) -> None:
    admin, path = desk.browser("admin"), "/kpis/packs/service"
    [link] = [one.attributes["href"] for one in admin.page("/kpis").all("a") if one.words == "Start from a pack"]
    assert path in [one.attributes["href"] for one in admin.page(link).one("main").all("a")]
    seen = admin.page(path)
    assert "Greets at once, gives name and shows with one question that the customer is seen" in seen.words
    goal = seen.one("select", id="goal_id").all("option")[1].attributes["value"]
    before = len(admin.get("/api/v1/kpis").json()["items"])
    refused = admin.post(path, {"goal_id": "", "owner_id": "ola@x.example"})
    assert (refused.status_code, wrong_fields(tree(refused.text))) == (
        422,
        [("#owner_id", "Owner: Nobody is known here by this address or external id.")],
    )
    use = {"goal_id": goal, "owner_id": "amir.haddad@fjellbris.example"}
    assert admin.post(path, {**use, "goal_id": GOAL}).status_code == 422
    assert len(admin.get("/api/v1/kpis").json()["items"]) == before
    assert form_of(admin.page(path), path).keys() >= use.keys()

    made = tree(admin.post(path, use).text)
    assert made.one("h1").words == "1 draft is stored"
    assert [one.words for one in made.one("ul", class_="checks").all("li")] == [
        "Answer time Stored as a draft",
        "First impression Was here already, left alone",
    ]
    again = tree(admin.post(path, use).text)
    assert again.one("h1").words == "Everything of this pack is here already"
    check_over_http(admin, goal)


def check_over_http(admin: Browser, goal: str) -> None:
    """The other door makes drafts alike, and all of them can be put to use as they are."""
    drafts = admin.get("/api/v1/kpis?state=draft").json()["items"]
    [draft] = [one for one in drafts if one["current"]["name"]["en"] == "Answer time"]
    assert (draft["goal_id"], draft["kind"]) == (goal, "hard")
    owner = {"goal_id": goal, "owner_id": draft["owner_id"]}
    sent = admin.client.post("/api/v1/kpi-packs/sales", json=owner)
    assert [(one["name"]["en"], one["made"]) for one in sent.json()["items"]] == [
        ("Meetings with new customers", "created"),
        ("Objection handling", "created"),
    ]
    for one in (draft["id"], *(one["kpi_id"] for one in sent.json()["items"])):
        activated = admin.client.post(f"/api/v1/kpis/{one}/activate")
        assert (activated.status_code, activated.json()["warnings"]) == (200, []), activated.text
    assert admin.client.post("/api/v1/kpi-packs/nothing", json=owner).status_code == 404
    packs = admin.get("/api/v1/kpi-packs").json()["items"]
    assert [one["id"] for one in packs] == ["service", "sales", "teamwork"]
    assert admin.get("/api/v1/kpi-packs/teamwork").json() == packs[2]
