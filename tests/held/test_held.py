"""Everybody learns what is held about the own person, nobody about another, and nothing of what still comes in."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.accounts.values import Role
from app.held.values import Kind
from app.rounds.tables import AssignmentRow
from app.visits.tables import VisitRow
from app.visits.values import VisitState
from tests.followup.reader import Reader
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo


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
    assert sofie["results"] >= 1
    assert (sofie["readings"] > 0, sofie["letters"] > 0) == (True, True)
    assert {kind for kind, count in admin.items() if count} == {"account", "sessions", "journal"}
    assert service.system().get("/api/v1/account/held").status_code in {401, 403}


def test_nothing_told_here_changes_with_an_answer_or_an_order_of_a_visit(service: Running) -> None:
    before = held(service, "sofie.berg")
    with service.engine.write() as session:
        session.execute(update(AssignmentRow).values(answered=True, declined=None))
    with service.engine.read() as session:
        hidden = session.scalars(select(VisitRow.id).where(VisitRow.state == VisitState.ORDERED)).all()
    after = held(service, "sofie.berg")
    told = {"sessions", "journal"}
    assert {kind: count for kind, count in before.items() if kind not in told} == {
        kind: count for kind, count in after.items() if kind not in told
    }
    assert after["visits"] == 0 or not hidden


def test_the_page_says_what_for_and_how_long(service: Running) -> None:
    page = Reader(service.signed_in("sofie.berg")).page("/account/held", lang="en").one("main")
    assert [cell.words for cell in page.all("th")][:3] == ["What", "How many", "How long"]
    assert "Results about you" in page.words
    assert [link.attributes["href"] for link in page.all("a")][:2] == ["/account/sessions", "/results"]
