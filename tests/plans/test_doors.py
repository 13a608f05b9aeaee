"""Plans through both doors: from a decision to a plan, its actions ticked, its end; and the same over HTTP."""

from pathlib import Path

import pytest

from app.accounts.values import Role
from tests.followup.reader import Reader
from tests.followup.watched import S1, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.web.desk import wrong_fields
from tests.web.markup import Element


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(demo), NOW, tmp_path)


def measure_again(leader: Reader, plan_path: str) -> None:
    status, where = leader.send(f"{plan_path}/measure-again", on=plan_path)
    assert status == 303
    assert "A draft that measures the plan again is stored." in leader.page(str(where)).words
    [link] = [one for one in leader.page(plan_path).one("main").all("a") if one.words.startswith("Measured again")]
    assert link.attributes["href"] == str(where).partition("?")[0]


def tell_raters(leader: Reader, plan_path: str) -> None:
    """The letter is seen before it is sent; what was written stays until then."""
    path = f"{plan_path}/tell"
    assert path in [one.attributes.get("href") for one in leader.page(plan_path).all("a")]
    sent = {"heard.nb": "Ingen hilser.", "did.nb": "Vi hilser."}
    status, wrong = leader.send(path, **{**sent, "did.nb": ""}, act="check")
    assert isinstance(wrong, Element)
    assert (status, [href for href, _ in wrong_fields(wrong)]) == (422, ["#did.nb"])
    status, seen = leader.send(path, **sent, act="check")
    assert isinstance(seen, Element)
    assert (status, seen.words.count("Vi hilser.")) == (200, 2)
    _, again = leader.send(path, **sent, act="change")
    assert isinstance(again, Element)
    assert again.all("textarea", name="heard.nb")[0].words == "Ingen hilser."
    assert leader.send(path, **sent, act="send")[0] == 303
    assert "Told to everybody who was asked" in leader.page(plan_path).words
    leader.page(path, status=409)
    assert "Nothing has a verdict yet" in leader.page("/plans/library?verdict=worked").one("main").words


def test_a_decision_to_act_becomes_a_plan_that_is_ticked_and_ended(service: Running) -> None:
    with service.engine.read() as session:
        known = Watching.of(session)
    amir = Reader(service.signed_in("amir", role=Role.MANAGER, at="team-nord"))
    system = service.system("results:read", "decisions:write", subject="team-nord")
    about = {"kpi_id": known.kpis[S1], "subject_id": known.subjects["sofie.berg"]}
    case = ok(system.post("/api/v1/decision-cases", json={**about, "question": "Trengs støtte?"}))
    path = f"/decisions/{case['id']}"
    amir.send(f"{path}/decide", on=path, choice="act", reason="Ja.", version="1")
    [link] = [one.attributes["href"] for one in amir.page(path).one("main").all("a") if one.words == "Make a plan"]
    form = amir.page(link).one("main")
    owners = [option.words for option in form.all("select", name="owner_id")[0].all("option")]
    assert owners == ["Sofie Berg", "Amir Haddad"]
    sent = {
        **about,
        "case_id": case["id"],
        "owner_id": about["subject_id"],
        "what": "Vi øver på møtet.",
        "expected": "5",
        "check_on": "2026-12-31",
        "actions.0.text": "Se to møter",
        "actions.0.due_on": "2026-12-04",
    }
    status, refused = amir.send("/plans/new", on=link, **{**sent, "what": " ", "actions.0.due_on": "2026-01-01"})
    assert isinstance(refused, Element)
    assert (status, [href for href, _ in wrong_fields(refused)]) == (422, ["#what"])
    assert refused.one("main").all("input", name="actions.0.text")[0].attributes["value"] == "Se to møter"
    plan_path = str(amir.send("/plans/new", on=link, **sent)[1]).partition("?")[0]
    assert "This can be told once a round is released" in amir.page(plan_path).one("main").words

    measure_again(amir, plan_path)
    sofie = Reader(service.signed_in("sofie.berg"))
    [tick] = [one.attributes["action"] for one in sofie.page(plan_path).one("main").all("form")]
    assert sofie.send(tick, on=plan_path)[0] == 303
    assert "Done 23 November 2026." in sofie.page(plan_path).one("main").words
    status, _ = amir.send(f"{plan_path}/end", state="done", note="Alle hilser nå.", version="2")
    assert status == 303
    tell_raters(amir, plan_path)
    assert "Vi øver på møtet." in amir.page("/plans?state=done").one("main").words
    assert "No plan here" in amir.page("/plans", lang="en").one("main").words


def test_a_decision_shows_the_plan_it_became(service: Running) -> None:
    with service.engine.read() as session:
        known = Watching.of(session)
    about = {"kpi_id": known.kpis[S1], "subject_id": known.subjects["sofie.berg"]}
    system = service.system("results:read", "decisions:write", subject="team-nord")
    case = ok(system.post("/api/v1/decision-cases", json={**about, "question": "Trengs støtte?"}))
    ok(system.post(f"/api/v1/decision-cases/{case['id']}/decision", json={"choice": "act", "reason": "Ja."}))
    wanted = {"owner_id": about["subject_id"], "what": "Øve", "expected": 5, "check_on": "2026-12-31"}
    made = system.post("/api/v1/action-plans", json={**about, **wanted, "case_id": case["id"]}).json()
    amir = Reader(service.signed_in("amir", role=Role.MANAGER, at="team-nord"))
    links = {one.words: one.attributes["href"] for one in amir.page(f"/decisions/{case['id']}").one("main").all("a")}
    assert links["Øve"] == f"/plans/{made['id']}"
    assert "Make a plan" not in links


def test_a_system_makes_reads_ticks_and_ends_a_plan(service: Running) -> None:
    with service.engine.read() as session:
        known = Watching.of(session)
    system = service.system("results:read", "decisions:write", subject="team-nord")
    sent = {
        "kpi_id": known.kpis[S1],
        "subject_id": known.subjects["team-nord"],
        "owner_id": known.subjects["sofie.berg"],
        "what": "Vi øver på møtet.",
        "expected": 5,
        "check_on": "2026-12-31",
        "actions": [{"text": "Se to møter", "due_on": "2026-12-04"}],
    }
    made = system.post("/api/v1/action-plans", json=sent)
    assert (made.status_code, made.json()["owner_name"], made.json()["effect"]) == (201, "Sofie Berg", None)
    path = made.headers["location"]
    [action] = made.json()["actions"]
    assert ok(system.post(f"/api/v1/actions/{action['id']}/done"))["actions"][0]["done_on"] == "2026-11-23"
    # Whose plan it is ticks it without any role.
    undone = ok(service.signed_in("sofie.berg").post(f"/api/v1/actions/{action['id']}/not-done"))
    assert undone["actions"][0]["done_on"] is None
    (listed,) = ok(system.get("/api/v1/action-plans", params={"state": "open"}))["items"]
    assert listed["id"] == made.json()["id"]
    assert ok(system.get(path))["what"] == sent["what"]
    asking = service.system("results:read", "decisions:write", "rounds:write", subject="team-nord")
    again = asking.post(f"{path}/measure-again")
    assert (again.status_code, again.json()["period_start"], again.json()["state"]) == (201, "2026-11-24", "draft")
    assert ok(system.get(path))["round_ids"] == [again.json()["id"]]
    assert system.post(f"{path}/measure-again").status_code == 403
    words = {"heard": {"en": "Nobody greets."}, "did": {"en": "We greet."}}
    assert system.post(f"{path}/we-did", json=words).json()["code"] == "nobody_to_tell"
    assert ok(system.post(f"{path}/end", json={"state": "done"}))["state"] == "done"
    told = system.post(f"{path}/we-did", json=words)
    assert (told.status_code, told.json()["did"]) == (201, words["did"])
    assert system.post(f"{path}/we-did", json=words).json()["code"] == "told_already"
    again = system.post(f"{path}/end", json={"state": "done"})
    assert (again.status_code, again.json()["code"]) == (409, "plan_ended")
    assert ok(system.get("/api/v1/action-plan-library", params={"verdict": "worked"}))["items"] == []
    wrong = system.post("/api/v1/action-plans", json={**sent, "owner_id": "x", "expected": 500}).json()["errors"]
    assert [one["field"] for one in wrong] == ["expected"]
