"""A talk through both doors: from feedback that waits to two signatures and a plan; and the same over HTTP."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts.values import Role
from tests.followup.reader import Reader
from tests.followup.watched import S1, TODAY, Watching
from tests.journeys.service import Running, ok, text_of
from tests.shelf import NOW, Shelf, demo
from tests.talks.waiting import LATEST, QUARTER, hold
from tests.web.desk import wrong_fields
from tests.web.markup import Element


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(demo), NOW, tmp_path)


def waiting(service: Running) -> tuple[Watching, str]:
    """The demo with Sofie's feedback held back, and the address of its page."""
    with service.engine.write() as session:
        known = Watching.of(session)
        hold(session, known, "sofie.berg")
        return known, f"/results/{known.release_of(QUARTER)}/subjects/{known.subjects['sofie.berg']}"


def test_the_person_is_told_until_when_the_feedback_waits(service: Running) -> None:
    _, summary = waiting(service)
    sofie = Reader(service.signed_in("sofie.berg"))
    for path in (summary, f"{summary}/talk"):
        away = sofie.client.get(path)
        assert away.status_code == 303
        assert "This opens to you on 7 December 2026." in sofie.page(away.headers["location"]).one("main").words
    assert "Opens to you on 7 December 2026" in sofie.page("/results").one("main").words
    paper = "/api/v1/releases/{}/summaries/{}".format(*summary.removeprefix("/results/").split("/subjects/"))
    for path in (f"{summary}/figures.csv", f"{summary}/arithmetic", f"{paper}.pdf", f"{paper}.xlsx", paper):
        assert sofie.client.get(path).status_code == 403
    assert summary not in sofie.client.get("/").text


def arranged(service: Running, amir: Reader, summary: str) -> str:
    """The address of a talk today, with one agreement, signed by who leads."""
    talk, edit = f"{summary}/talk", f"{summary}/talk/edit"
    agenda = amir.page(edit).one("main").all("textarea", name="agenda")[0].words
    sent = {"version": "0", "talk_on": TODAY.isoformat(), "agenda": agenda, "agreements.0.text": "Vi øver på løfter"}
    sent |= {"agreements.0.side": "person", "agreements.1.side": "person"}
    status, refused = amir.send(edit, **sent)
    assert isinstance(refused, Element)
    assert (status, [href for href, _ in wrong_fields(refused)]) == (422, ["#agreements.0.due_on"])
    assert amir.send(edit, **sent, **{"agreements.0.due_on": "2026-12-18"}) == (303, f"{talk}?done=arranged")
    assert "Vi øver på løfter" in amir.page(talk).one("main").words
    assert amir.send(f"{talk}/sign", on=talk, version="9")[0] == 412
    assert amir.send(f"{talk}/sign", on=talk, version="1") == (303, f"{talk}?done=signed")
    return talk


def test_feedback_that_waits_becomes_a_talk_a_reply_two_signatures_and_a_plan(service: Running) -> None:
    known, summary = waiting(service)
    amir = Reader(service.signed_in("amir", role=Role.MANAGER, at="team-nord"))
    sofie = Reader(service.signed_in("sofie.berg"))
    main = amir.page(summary).one("main")
    assert "Sofie Berg reads this from 7 December 2026 on." in main.words
    assert [one.attributes["href"] for one in main.all("a") if one.words == "Set the day"] == [f"{summary}/talk/edit"]
    assert "What works well: First impression." in amir.page(f"{summary}/talk").one("main").words
    talk = arranged(service, amir, summary)

    assert "I have read this" in sofie.page(summary).one("main").words
    status, too_long = sofie.send(f"{talk}/read", on=talk, reply="x" * 2001)
    assert isinstance(too_long, Element)
    assert (status, [href for href, _ in wrong_fields(too_long)]) == (422, ["#reply"])
    assert sofie.send(f"{talk}/read", on=summary, reply="Jeg kjenner meg igjen.") == (303, f"{summary}?done=replied")
    assert sofie.send(f"{talk}/sign", on=talk, version="3")[0] == 303
    assert "Signed by both" in sofie.page(talk).one("main").words
    read = Reader(service.signed_in("reader", role=Role.VIEWER))
    assert "Jeg kjenner meg igjen." in read.page(summary).one("main").words
    assert read.client.get(talk).status_code == 403

    form = next(one for one in amir.page(talk).one("main").all("form") if one.attributes["action"] == "/plans/new")
    [subject] = form.all("input", name="subject_id")
    assert subject.attributes["value"] == known.subjects["sofie.berg"]
    about = f"/plans/new?subject_id={subject.attributes['value']}&kpi_id={known.kpis[S1]}&what=Vi+%C3%B8ver"
    assert amir.page(about).one("main").all("textarea", name="what")[0].words == "Vi øver"


def test_who_leads_opens_feedback_at_once_and_a_letter_says_so(service: Running) -> None:
    _, summary = waiting(service)
    amir = Reader(service.signed_in("amir", role=Role.MANAGER, at="team-nord"))
    talk = f"{summary}/talk"
    assert amir.send(f"{talk}/open", on=talk) == (303, f"{talk}?done=opened")
    service.work()
    # One letter a day comes unasked, and this morning there was an invitation.
    service.clock.now += timedelta(days=1)
    service.work()
    letters = service.letters()["sofie.berg@fjellbris.example"]
    assert any(summary in text_of(letter) for letter in letters)
    assert Reader(service.signed_in("sofie.berg")).page(summary).one("h1").words.startswith("Sofie Berg")


def test_a_system_arranges_a_talk_and_people_sign_themselves(service: Running) -> None:
    known, summary = waiting(service)
    release, subject = summary.split("/")[2], known.subjects["sofie.berg"]
    path = f"/api/v1/releases/{release}/subjects/{subject}/talk"
    system = service.system("results:read", "decisions:write", subject="team-nord")
    found = system.get(path)
    assert (found.json()["opens_on"], found.json()["version"]) == (LATEST.isoformat(), 0)
    assert [one["kind"] for one in found.json()["proposed"]][:3] == ["focus", "strength", "development"]
    sofie = service.signed_in("sofie.berg")
    refused = sofie.get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "opens_later")
    agreed = {"text": "Øve", "side": "leader", "due_on": "2026-12-18"}
    sent = {"talk_on": TODAY.isoformat(), "agreements": [agreed]}
    made = system.put(path, json=sent, headers={"if-match": found.headers["etag"]})
    assert (made.status_code, made.json()["opens_on"]) == (200, TODAY.isoformat())
    assert [{name: one[name] for name in agreed} for one in made.json()["agreements"]] == [agreed]
    assert ok(system.post(f"{path}/opening"))["version"] == made.json()["version"]
    for act in ("acknowledgement", "signature"):
        assert system.post(f"{path}/{act}", json={"reply": "Ja."}).status_code == 403

    own = {"origin": str(sofie.base_url), "sec-fetch-site": "same-origin"}
    read = sofie.post(f"{path}/acknowledgement", json={"reply": "Ja."}, headers=own)
    assert (read.status_code, read.json()["reply"], read.json()["proposed"] != []) == (200, "Ja.", True)
    early = sofie.post(f"{path}/signature", headers=own)
    assert (early.status_code, early.json()["code"]) == (409, "leader_signs_first")
    amir = service.signed_in("amir", role=Role.MANAGER, at="team-nord")
    due = {one["subject"]["name"]: one["task"] for one in ok(amir.get("/api/v1/talks"))["items"]}
    assert due == {"Sofie Berg": "sign", "Thea Vik": "hold"}
    assert ok(amir.post(f"{path}/signature", headers=own))["leader_signed_on"] == TODAY.isoformat()
    assert ok(sofie.post(f"{path}/signature", headers=own))["is_signed"] is True
    assert [one["subject"]["name"] for one in ok(amir.get("/api/v1/talks"))["items"]] == ["Thea Vik"]
