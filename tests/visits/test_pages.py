"""A visit over HTTP on both databases: ordered and judged on pages, reported on the link, read by page and API alike."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from httpx2 import Response

from app.accounts.commands import create_account, create_api_key, grant_role
from app.accounts.rules import SCOPES, SERVICE, Action
from app.accounts.values import NewAccount, NewApiKey, Role
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.kpis.values import RaterGroup
from app.rounds.commands import launch_round
from tests.client import Client
from tests.fjellbris import Fjellbris
from tests.served import ADDRESS, OWN_PAGE
from tests.visits.desk import photo, visit_desk
from tests.web.desk import Browser, Desk, desk_of, form_of, with_accounts, wrong_fields
from tests.web.markup import tree

REPORT = {
    "visited_on": "2026-11-23",
    "visited_at": "14:30",
    "item.i1": "5",
    "item.i2": "3",
    "critical.receipt": "no",
    "fact.wait": "75,5",
    "comment": "Hun så meg.",
}


@pytest.fixture
def desk(engine: Database, now: datetime) -> Desk:
    return desk_of(engine, now, visited)


def visited(session: WriteSession, now: datetime) -> tuple[Fjellbris, dict[str, str]]:
    """The company of a visit desk, with two analysts; `scenario` is what shoppers do."""
    ordering = visit_desk(session, now)
    company, accounts = with_accounts(session, ordering.company, now)
    for who in ("analyst", "judge"):
        account = create_account(session, SERVICE, NewAccount(f"{who}@konto.example", who, "en"), now=now)
        grant_role(session, SERVICE, account.id, Role.ANALYST, (company.id,), now=now)
        accounts[who] = account.id
    return company, {**accounts, "scenario": ordering.scenario}


def ordered(desk: Desk, admin: Browser) -> tuple[str, str]:
    """The address of a visit to Sofie that the administrator orders, and the shopper's link."""
    form = form_of(admin.page("/visits/new"), "/visits/new")
    sent = {**form, "scenario_id": desk.accounts["scenario"], "subject_id": desk.company.subjects["Sofie Berg"]}
    wrong = admin.post("/visits/new", {**sent, "until_on": "2026-11-01", "shopper": "ingen"})
    assert (wrong.status_code, [href for href, _ in wrong_fields(tree(wrong.text))]) == (422, ["#until_on"])
    made = admin.post("/visits/new", {**sent, "until_on": "2026-11-27", "shopper": "besok1@besok.example"})
    assert made.status_code == 303, made.text
    path = made.headers["location"].partition("?")[0]
    with desk.engine.read() as session:
        return path, f"/v/{key_of(session).visit_token(path.rpartition('/')[2])}"


def send(shopper: Client, link: str, fields: Mapping[str, str]) -> Response:
    return shopper.post(link, data=dict(fields))


def add(shopper: Client, link: str, raw: bytes, name: str = "a.jpg") -> Response:
    return shopper.post(f"{link}/evidence", data={"kind": "photo"}, files={"file": (name, raw, "image/jpeg")})


def shopper_of(desk: Desk) -> Client:
    return Client(desk.app, ADDRESS, follow_redirects=False, headers={"accept-language": "en", **OWN_PAGE})


def test_a_report_shows_no_points_takes_pictures_only_and_is_never_read_back(desk: Desk) -> None:
    admin = desk.browser("admin")
    path, link = ordered(desk, admin)
    assert "besok1@besok.example" in admin.page(path).one("main").words
    for who in ("teammate", "owner"):
        assert desk.browser(who).get(path).status_code == 404
    shopper = shopper_of(desk)
    before = shopper.get(f"{link}?lang=en")
    assert ("Leaves the customer waiting" in before.text, before.status_code) == (True, 200)
    assert tree(before.text).all("span", class_="scale-digit") == []
    assert shopper.head(link).status_code == 200
    desk.clock.pass_by(timedelta(hours=8))

    assert add(shopper, link, photo(60)).headers["location"] == f"{link}?done=added"
    for raw, name in ((b"", "empty.jpg"), (b"GIF89a", "../../x.jpg"), (photo(61)[:90], "CON"), (b"<svg/>", "gpj.x")):
        refused = add(shopper, link, raw, name)
        assert (refused.status_code, wrong_fields(tree(refused.text))[0][0]) == (422, "#file"), name
    wrong = send(shopper, link, {**REPORT, "item.i1": "5.0", "visited_at": "25:00"})
    assert {href for href, _ in wrong_fields(tree(wrong.text))} == {"#item.i1-1", "#visited_at"}
    assert send(shopper, link, REPORT).headers["location"] == f"{link}/thanks"
    assert "Hun så meg." not in shopper.get(link).text + shopper.get(f"{link}/thanks").text


def test_a_report_is_validated_objected_to_and_set_aside_for_all_to_read(desk: Desk) -> None:
    path, link = ordered(desk, desk.browser("admin"))
    shopper = shopper_of(desk)
    desk.clock.pass_by(timedelta(hours=8))
    add(shopper, link, photo(60))
    send(shopper, link, REPORT)
    analyst, sofie = desk.browser("analyst"), desk.browser("teammate")
    seen = analyst.page(path).one("main")
    assert ("the score is capped" in seen.words, "75.5" in seen.words) == (True, True)
    (href,) = (one.attributes["href"] for one in seen.all("a") if "/evidence/" in one.attributes["href"])
    picture = analyst.get(href)
    assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert picture.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in picture.headers["content-security-policy"]
    for note, status in (("", 422), ("Hvilken kasse?", 303)):
        assert analyst.post(f"{path}/return", {"note": note}).status_code == status
    assert "Hvilken kasse?" in shopper.get(link).text
    assert send(shopper, link, REPORT).status_code == 303
    assert analyst.post(f"{path}/accept").status_code == 303
    assert (shopper.get(link).status_code, add(shopper, link, photo(62)).status_code) == (410, 410)
    assert sofie.post(f"{path}/appeal", {"appeal": "Jeg var ikke på jobb."}).status_code == 303
    _set_aside(desk, path, analyst)
    words = sofie.page(path).one("main").words
    assert ("set aside and does not count" in words, "Vaktlisten viser det." in words) == (True, True)
    assert "besok1" not in sofie.get(path).text + desk.browser("owner").get(path).text
    assert "fewer than 3 visits" in sofie.page(f"/visits/about/{desk.company.subjects['Sofie Berg']}").one("main").words
    assert "Sofie Berg" in sofie.page("/visits").one("main").words


def _set_aside(desk: Desk, path: str, validator: Browser) -> None:
    judge = desk.browser("judge")
    for who, outcome, reason, status in (
        (validator, "stands", "Nei", 409),
        (judge, "maybe", "", 422),
        (judge, "set_aside", "Vaktlisten viser det.", 303),
    ):
        assert who.post(f"{path}/decision", {"outcome": outcome, "reason": reason}).status_code == status


def system(desk: Desk, *scopes: str) -> Client:
    now = desk.clock.now
    with desk.engine.write() as session:
        new = NewApiKey("Visits", scopes, now + timedelta(days=30))
        secret = create_api_key(session, SERVICE, new, (desk.company.id,), now=now).secret
    return Client(desk.app, ADDRESS, headers={"authorization": f"Bearer {secret}"})


def test_systems_do_the_same_through_the_api(desk: Desk) -> None:
    orders, both = system(desk, Action.ROUNDS_READ, Action.ROUNDS_WRITE), system(desk, *SCOPES)
    judges = system(desk, Action.RESULTS_ANALYSE, Action.RESULTS_READ, Action.ROUNDS_READ)
    order = {
        "scenario_id": desk.accounts["scenario"], "subject_id": desk.company.subjects["Team Nord"],
        "from_on": "2026-11-23", "until_on": "2026-11-27", "shopper": "besok1@besok.example",
    }  # fmt: skip
    assert both.post("/api/v1/visits", json=order).json()["code"] == "reader_orders"
    made = orders.post("/api/v1/visits", json=order)
    assert (made.status_code, made.json()["report"], made.json()["shopper_id"]) == (201, None, None)
    path = made.headers["location"]
    desk.clock.pass_by(timedelta(hours=8))
    evidence = _reported(desk, made.json()["id"])
    assert judges.get(f"{path}/evidence").json()["items"] == [evidence]
    assert judges.get(f"{path}/evidence/{evidence['id']}").content[:3] == b"\xff\xd8\xff"
    accepted = judges.post(f"{path}/accept").json()
    assert (accepted["score"], accepted["shopper_id"], accepted["report"]["facts"]) == (100, None, {"wait": 75})
    assert both.post(f"{path}/appeal", json={"text": "Feil dag"}).json()["state"] == "appealed"
    assert both.post(f"{path}/decision", json={"outcome": "stands", "reason": "Riktig dag"}).json()["state"] == "final"
    standing = judges.get(f"/api/v1/visit-standings/{order['subject_id']}").json()
    assert (standing["status"], standing["score"], standing["visits"], standing["largest_pull"]) == ("ok", 100, 1, None)
    assert judges.get("/api/v1/visits", params={"state": "final"}).json()["items"][0]["outcome"] == "stands"
    again = {**order, "from_on": "2026-12-01", "until_on": "2026-12-01", "shopper": "besok2@besok.example"}
    other = orders.post("/api/v1/visits", json=again).headers["location"]
    assert orders.post(f"{other}/cancel").json()["state"] == "cancelled"
    _counts_in_a_round(desk, made.json()["id"], orders, judges)


def _counts_in_a_round(desk: Desk, visit_id: str, orders: Client, judges: Client) -> None:
    """The round of its period closes with the visit; who came is told to people only who read no results there."""
    round_id = desk.draft(groups=(RaterGroup.MANAGER, RaterGroup.MYSTERY_SHOPPER), rated=("Team Nord",))
    admin, manager = desk.browser("admin"), desk.browser("owner")
    assert "come in by themselves when the round closes" in admin.page(f"/rounds/{round_id}/start").one("main").words
    with desk.engine.write() as session:
        launch_round(session, SERVICE, round_id, confirmed=True, now=desk.clock.now)
    assert orders.post(f"/api/v1/rounds/{round_id}/close").json()["state"] == "closed"
    listed = f"/rounds/{round_id}/assignments"
    shoppers = [
        next(one for one in system.get(f"/api/v1{listed}").json()["items"] if one["source"] == "encounter")
        for system in (orders, judges)
    ]
    assert [one["rater_email"] for one in shoppers] == [None, None], "nobody knows who holds a key"
    assert [bool(one["rater_id"]) for one in shoppers] == [False, False]
    assert judges.get(f"/api/v1/visits/{visit_id}").json()["round_id"] == round_id
    seen = manager.page(listed).one("main")
    assert ("From a mystery visit" in seen.words, "besok1" in seen.words) == (True, False)
    assert f"/visits/{visit_id}" in [one.attributes["href"] for one in seen.all("a")]
    assert "besok1@besok.example" in admin.page(listed).one("main").words
    assert "Team Nord, fourth quarter" in manager.page(f"/visits/{visit_id}").one("main").words


def _reported(desk: Desk, visit_id: str) -> Any:
    """A report through the link, sent back once; the picture that goes with it."""
    with desk.engine.read() as session:
        link = f"/api/v1/visit-reports/{key_of(session).visit_token(visit_id)}"
    shopper = Client(desk.app, ADDRESS)
    form = shopper.get(link).json()
    assert ([one["field"] for one in form["items"]], form["subject"]) == (["i1", "i2"], "Team Nord")
    raw = photo(60, "PNG")
    kept = [
        shopper.post(f"{link}/evidence?kind={kind}", files={"file": ("r.png", raw, "image/png")})
        for kind in ("photo", "receipt")
    ]
    assert [len(one.json()["items"]) for one in kept] == [1, 1]
    (first,) = kept[0].json()["items"]
    assert shopper.delete(f"{link}/evidence/{first['id']}").status_code == 204
    again = shopper.post(f"{link}/evidence?kind=receipt", files={"file": ("r.png", raw, "image/png")})
    assert shopper.post(f"{link}/evidence", json={"file": "x"}).status_code == 422
    report = {
        "visited_on": "2026-11-23", "visited_at": "14:30", "item": {"i1": "5", "i2": "na"}, "fact": {"wait": 75},
        "critical": {"receipt": "yes"},
    }  # fmt: skip
    assert shopper.put(link, json={**report, "item": {"i1": "5"}}).json()["errors"][0]["field"] == "item.i2"
    assert shopper.get("/api/v1/visit-reports/nowhere").status_code == 404
    path = f"/api/v1/visits/{visit_id}"
    assert shopper.put(link, json=report).json() == {"state": "reported"}
    assert system(desk, *SCOPES).post(f"{path}/return", json={"text": "Når?"}).json()["state"] == "returned"
    assert shopper.get(link).json()["note"] == "Når?"
    assert shopper.put(link, json=report).json() == {"state": "reported"}
    (evidence,) = again.json()["items"]
    assert (evidence["kind"], evidence["width"]) == ("receipt", 60)
    return evidence


def test_a_scenario_is_written_and_changed_on_its_page(desk: Desk) -> None:
    admin = desk.browser("admin")
    path = f"/visits/scenarios/{desk.accounts['scenario']}/change"
    form = form_of(admin.page(path), path)
    assert (form["facts.0.code"], form["critical.0.code"]) == (["wait"], ["receipt"])
    assert admin.post(path, {**form, "cap": "25", "critical.1.code": "greeting"}).status_code == 422
    added = {"critical.1.code": "greeting", "critical.1.question.nb": "Hilste noen?", "cap": "25"}
    assert admin.post(path, {**form, **added}).headers["location"] == "/visits/scenarios?done=changed"
    new = form_of(admin.page("/visits/scenarios/new"), "/visits/scenarios/new")
    kpi = desk.company.kpis["first impression"]
    made = admin.post("/visits/scenarios/new", {**new, "name.nb": "Ring inn", "name.en": "Call in", "kpi_ids": [kpi]})
    assert made.headers["location"] == "/visits/scenarios?done=created"
    refused = admin.post("/visits/scenarios/new", {**new, "name.nb": ""})
    assert {href for href, _ in wrong_fields(tree(refused.text))} == {"#name.nb", "#kpi_ids"}
    listed = admin.page("/visits/scenarios").one("main").words
    assert ("Call in" in listed, "Ask about a heat pump" in listed) == (True, True)
