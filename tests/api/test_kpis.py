"""The resources of KPIs as another system uses them, from the goal to the active KPI on a card."""

from typing import Any

from app.kpis.hints import NO_PRACTICE
from tests.client import Client
from tests.served import Served

RESOURCE = {"title": {"nb": "Lytt", "en": "Listen"}, "url": "https://learn.example.org/listen"}
EXERCISE = {"text": {"nb": "Gjenta spørsmålet.", "en": "Repeat the question."}, "minutes": 5}
NAME = {"nb": "Førsteinntrykk", "en": "First impression"}


def created(client: Client, path: str, body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def soft_kpi(goal: str, owner: str, scale: str) -> dict[str, Any]:
    words = {"nb": "Hilser først", "en": "Greets first"}
    anchors = {str(point): {"nb": f"Trinn {point}", "en": f"Step {point}"} for point in (1, 3, 5)}
    return {
        "kind": "soft",
        "name": NAME,
        "purpose": {"nb": "Kunder som ses, kommer igjen.", "en": "Customers who are seen return."},
        "criterion": {"nb": "Slik møter vi kunden.", "en": "How we meet the customer."},
        "decision_rule": {"text": {"nb": "Under 60: samtale.", "en": "Below 60: a talk."}, "days": 14},
        "goal_id": goal,
        "owner_id": owner,
        "external_id": "first",
        "rater_weights": {"customer": 0.6, "colleague": 0.4},
        "items": [{"code": "M1", "name": words, "question": words, "scale_id": scale, "anchors": anchors}],
    }


def practise(client: Client, kpi_id: str, body: dict[str, Any]) -> None:
    """A version that says what helps; what it changed is told."""
    competence = created(client, "/competences", {"name": {"nb": "Lytte", "en": "Listening"}})
    item = body["items"][0] | {"competence_id": competence["id"], "resource": RESOURCE, "exercise": EXERCISE}
    content = {
        name: value for name, value in body.items() if name not in {"kind", "goal_id", "owner_id", "external_id"}
    }
    version = created(client, f"/kpis/{kpi_id}/versions", content | {"items": [item]})
    named = {"id": competence["id"], "name": competence["name"]}
    found = version["current"]["items"][0]
    assert (found["competence"], found["resource"], found["exercise"]) == (named, RESOURCE, EXERCISE)
    changed = client.get(f"/api/v1/kpis/{kpi_id}/versions/2/changes").json()["items"]
    assert {one["field"]: one["after"] for one in changed} == {
        "items.0.competence_id": "Listening",
        "items.0.resource.title.nb": "Lytt",
        "items.0.resource.title.en": "Listen",
        "items.0.resource.url": "https://learn.example.org/listen",
        "items.0.exercise.text.nb": "Gjenta spørsmålet.",
        "items.0.exercise.text.en": "Repeat the question.",
        "items.0.exercise.minutes": 5,
    }


def test_a_kpi_goes_from_goal_to_card(served: Served) -> None:
    client = served.with_key()
    goal = created(client, "/goals", {"name": {"nb": "Fornøyd", "en": "Content"}, "external_id": "G1"})
    scale = created(client, "/scales", {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}})
    body = soft_kpi(goal["id"], served.company.owner, scale["id"])
    kpi = created(client, "/kpis", body)
    assert (kpi["state"], kpi["current"]["items"][0]["scale"]["points"]) == ("draft", 5)

    activated = client.post(f"/api/v1/kpis/{kpi['id']}/activate")
    assert (activated.status_code, activated.json()["state"]) == (200, "active")
    assert [one["message"] for one in activated.json()["warnings"]] == [NO_PRACTICE]

    practise(client, kpi["id"], body)

    line = {"kpi_id": kpi["id"], "weight": 100, "required": True, "focus": True}
    card = created(
        client,
        "/scorecards",
        {"subject_id": served.company.id, "level": "person", "starts_on": "2026-11-23", "lines": [line]},
    )
    assert card["lines"] == [line]
    assert client.get(f"/api/v1/scorecards/{card['id']}").json() == card
    assert client.get("/api/v1/scorecards").json() == {"items": [card], "next_cursor": None}
    listed = client.get("/api/v1/kpis", params={"state": "active", "external_id": "first"}).json()
    assert [one["id"] for one in listed["items"]] == [kpi["id"]]


def test_an_incomplete_kpi_names_everything_that_is_missing(served: Served) -> None:
    client = served.with_key()
    kpi = created(client, "/kpis", {"kind": "soft", "name": NAME})
    refused = client.post(f"/api/v1/kpis/{kpi['id']}/activate")
    assert refused.status_code == 422
    assert {"goal_id", "owner_id"} <= {error["field"] for error in refused.json()["errors"]}


def test_a_change_names_the_version_it_saw(served: Served) -> None:
    client = served.with_key()
    goal = created(client, "/goals", {"name": {"nb": "Fornøyd"}})
    path, body = f"/api/v1/goals/{goal['id']}", {"name": {"nb": "Mer fornøyd"}}
    assert client.get(path).headers["etag"] == '"1"'
    assert client.put(path, json=body).status_code == 428
    changed = client.put(path, json=body, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["name"]) == (200, '"2"', body["name"])
    for stale in ('"1"', '"7"', "*", 'W/"2"', "2"):
        assert client.put(path, json=body, headers={"if-match": stale}).status_code == 412


def test_the_same_key_and_body_give_the_same_answer_and_one_goal(served: Served) -> None:
    client = served.with_key()
    key, body = {"idempotency-key": "0001"}, {"name": {"nb": "Fornøyd"}}
    first = client.post("/api/v1/goals", json=body, headers=key)
    again = client.post("/api/v1/goals", json=body, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert client.post("/api/v1/goals", json={"name": {"nb": "Annet"}}, headers=key).status_code == 409
    assert len(client.get("/api/v1/goals").json()["items"]) == 1


def test_lists_come_in_slices_that_hold_everything_once(served: Served) -> None:
    client = served.with_key()
    for number in range(5):
        created(client, "/goals", {"name": {"nb": f"Mål {number}"}, "external_id": f"G{number}"})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        part = client.get("/api/v1/goals", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["external_id"] for one in part["items"]]
        cursor = part["next_cursor"]
    assert seen == [f"G{number}" for number in range(5)]


def test_a_list_refuses_limits_cursors_and_parameters_that_are_none(served: Served) -> None:
    client = served.with_key("kpis:read")
    for limit in ("-1", "0", "1e3", "201", "1" + "0" * 20, "+5", " 5", "５", "5.0", ""):
        assert client.get("/api/v1/goals", params={"limit": limit}).status_code == 422, limit
    for cursor in ("x", "AAAA", "bm90IGpzb24", "W10", "😀", "bnVsbA"):
        assert client.get("/api/v1/goals", params={"cursor": cursor}).status_code == 400, cursor
    assert client.get("/api/v1/goals", params={"limt": "5"}).status_code == 422
    assert client.get("/api/v1/goals?limit=5&limit=6").status_code == 400


def test_an_item_is_asked_after_some_answers_and_its_form_is_looked_at_in_both_languages(served: Served) -> None:
    client = served.with_key()
    goal = created(client, "/goals", {"name": {"nb": "Fornøyd", "en": "Content"}})
    scale = created(client, "/scales", {"kind": "points", "points": 5, "name": {"nb": "Fem", "en": "Five"}})
    wish = soft_kpi(goal["id"], served.company.owner, scale["id"])
    wish["items"].append({**wish["items"][0], "code": "M2", "condition": {"item": "M1", "lowest": "1", "highest": "2"}})
    kpi = created(client, "/kpis", wish)
    assert [(one["weight"], one["condition"]) for one in kpi["current"]["items"]] == [
        (1, None),
        (0, {"item": "M1", "lowest": "1", "highest": "2"}),
    ]
    path = f"/api/v1/kpis/{kpi['id']}/form"
    shown = client.get(path, params={"rater_group": "customer"}).json()
    first, second = shown["subjects"][0]["items"]
    assert (first["condition"], second["condition"]) == (None, {"field": first["field"], "values": ["1", "2"]})
    assert (shown["questions"], shown["seconds"], shown["most_seconds"], shown["promise_hash"]) == (2, 35, 60, None)
    assert (shown["rater_group"], shown["rater_groups"]) == ("customer", ["colleague", "customer", "self"])
    assert [lines[0] for lines in shown["promise"].values()] == [
        "Svaret ditt vises aldri alene.",
        "Your answer is never shown alone.",
    ]
    assert "at least 3 have answered" in shown["promise"]["en"][1]
    assert client.get(path, params={"rater_group": "manager"}).status_code == 404
    assert client.get(path, params={"rater_group": "everybody"}).status_code == 422
