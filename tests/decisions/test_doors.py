"""Decisions through both doors: what waits, a refused form that keeps what was typed, the ledger, and the same over HTTP."""

from pathlib import Path

import pytest

from app.accounts.values import Role
from app.decisions.commands import open_due_cases
from tests.followup.reader import Reader
from tests.followup.watched import S1, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.web.desk import wrong_fields
from tests.web.markup import Element


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    service = Running.on(shelf.take(demo), NOW, tmp_path)
    with service.engine.write() as session:
        open_due_cases(session, now=NOW)
    return service


def test_from_what_waits_to_the_ledger(service: Running) -> None:
    with service.engine.read() as session:
        kpi_id = Watching.of(session).kpis[S1]
    amir = Reader(service.signed_in("amir", role=Role.MANAGER, at="team-nord"))
    # Nobody has decided anything for two quarters, and the KPI says so.
    card = f"/kpis/{kpi_id}"
    assert "No decision in two quarters: statistics only." in amir.page(card).one("main").words
    [row] = amir.page("/decisions").one("main").all("tbody")[0].all("tr")
    assert "First impression is falling in Team Nord" in row.words
    assert "It was 75.0; usual is 81.1." in row.words
    path = row.all("a")[0].attributes["href"]
    system = service.system("results:read", "decisions:write", subject="team-nord")
    [case] = ok(system.get("/api/v1/decision-cases", params={"state": "open"}))["items"]
    assert (path, case["found"]["value"], case["owner"]["name"]) == (f"/decisions/{case['id']}", 75.0, "Amir Haddad")
    assert "Førsteinntrykk faller i Team Nord" in amir.page(path, lang="nb").one("h1").words

    version = {"version": str(case["version"])}
    status, refused = amir.send(f"{path}/decide", on=path, choice="act", reason=" ", **version)
    assert isinstance(refused, Element)
    assert (status, [href for href, _ in wrong_fields(refused)]) == (422, ["#reason"])
    assert [one.attributes["value"] for one in refused.all("input", type="radio") if "checked" in one.attributes] == [
        "act"
    ]
    status, where = amir.send(f"{path}/decide", on=path, choice="act", reason="Vi øver på møtet.", **version)
    assert (status, where) == (303, f"{path}?done=decided")
    assert "Vi øver på møtet. No plan yet" in amir.page("/decisions?state=decided").one("main").words
    assert "statistics only" not in amir.page(card).one("main").words
    assert "Nothing waits for a decision" in amir.page("/decisions").one("main").words


def test_a_system_asks_and_decides(service: Running) -> None:
    with service.engine.read() as session:
        known = Watching.of(session)
    sent = {"kpi_id": known.kpis[S1], "subject_id": known.subjects["sofie.berg"], "question": "Trenger Sofie støtte?"}
    system = service.system("results:read", "decisions:write", subject="team-nord")
    asked = system.post("/api/v1/decision-cases", json=sent)
    assert (asked.status_code, asked.json()["question"]) == (201, sent["question"])
    again = system.post("/api/v1/decision-cases", json=sent)
    assert (again.status_code, again.json()["code"]) == (409, "case_is_open")
    decision = f"{asked.headers['location']}/decision"
    wrong = system.post(decision, json={"choice": "maybe", "reason": "x"}).json()["errors"]
    assert [one["allowed"] for one in wrong] == ["act, accept, adjust, retire, need_data"]
    decided = ok(system.post(decision, json={"choice": "need_data", "reason": "For få svar."}))
    assert (decided["state"], decided["decision"]["choice"]) == ("decided", "need_data")
    assert system.post(decision, json={"choice": "act", "reason": "x"}).json()["code"] == "case_decided"
    # Nothing is decided about somebody behind the back: whoever reads the own results reads the case as well.
    assert [one["question"] for one in ok(service.signed_in("sofie.berg").get("/api/v1/decision-cases"))["items"]] == [
        sent["question"]
    ]


def test_a_question_is_asked_from_the_course(service: Running) -> None:
    with service.engine.read() as session:
        known = Watching.of(session)
        about = {"kpi_id": known.kpis[S1], "subject_id": known.subjects["customer-centre"]}
    manager = Reader(service.signed_in("ingrid", role=Role.MANAGER, at="customer-centre"))
    form = f"/decisions/new?kpi={about['kpi_id']}&subject={about['subject_id']}"
    status, where = manager.send("/decisions/new", on=form, question="Skal vi øve mer?", **about)
    assert status == 303
    assert "Skal vi øve mer?" in manager.page(str(where)).one("main").words
    viewer = Reader(service.signed_in("leser", role=Role.VIEWER, at="customer-centre"))
    viewer.page(form, status=403)
