"""Everybody learns what is held about the own person, nobody about another, and nothing of what still comes in."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from app.accounts.values import AccountId, Role
from app.held.queries import list_held
from app.held.values import Kind
from app.infra.database import WriteSession
from app.rounds.tables import AssignmentRow
from tests.followup.reader import Reader
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo
from tests.visits.desk import visit_desk


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(demo), NOW, tmp_path)


def held(service: Running, who: str, **role: object) -> dict[str, int]:
    found = ok(service.signed_in(who, **role).get("/api/v1/account/held"))["items"]  # type: ignore[arg-type]
    return {one["kind"]: one["count"] for one in found}


def test_each_kind_of_record_is_counted_for_its_person_alone(service: Running) -> None:
    sofie, admin = held(service, "sofie.berg"), held(service, "admin", role=Role.ADMIN)
    assert list(sofie) == [kind.value for kind in Kind]
    assert (sofie["person"], sofie["places"], sofie["account"]) == (1, 1, 0)
    # One released quarter and one open round; she rates colleagues in both.
    assert (sofie["rated"], sofie["asked"]) == (2, 2)
    system, her = service.system(), service.subject("sofie.berg")
    releases = [one["id"] for one in ok(system.get("/api/v1/releases", params={"limit": 200}))["items"]]
    answers = [system.get(f"/api/v1/releases/{one}/scores/{her}") for one in releases]
    scored = [answer.json()["items"] for answer in answers if answer.is_success]
    assert 0 < sofie["results"] == sum(any(row["status"] == "ok" for row in rows) for rows in scored) < len(releases)
    assert (sofie["readings"] > 0, sofie["letters"] > 0) == (True, True)
    assert {kind for kind, count in admin.items() if count} == {"account", "sessions", "journal"}
    assert service.system().get("/api/v1/account/held").status_code in {401, 403}


def test_nothing_told_here_changes_with_an_answer(service: Running) -> None:
    before = held(service, "sofie.berg")
    with service.engine.write() as session:
        session.execute(update(AssignmentRow).values(answered=True, declined=None))
    after = held(service, "sofie.berg")
    told = {"sessions", "journal"}
    assert {kind: count for kind, count in before.items() if kind not in told} == {
        kind: count for kind, count in after.items() if kind not in told
    }


def test_a_visit_is_known_of_once_its_report_is_accepted(session: WriteSession, now: datetime) -> None:
    desk = visit_desk(session, now)
    sofie = replace(desk.sofie, account_id=AccountId("6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"))

    def visits() -> int:
        return next(one.count for one in list_held(session, sofie) if one.kind is Kind.VISITS)

    desk.reported(session, now)
    assert visits() == 0
    desk.accepted(session, now)
    assert visits() == 1


def test_the_page_says_what_for_and_how_long(service: Running) -> None:
    page = Reader(service.signed_in("sofie.berg")).page("/account/held", lang="en").one("main")
    assert [cell.words for cell in page.all("th")][:3] == ["What", "How many", "How long"]
    assert "Results about you" in page.words
    assert [link.attributes["href"] for link in page.all("a")][:2] == ["/account/sessions", "/results"]
