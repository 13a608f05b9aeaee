"""What HR, a union observer and an auditor read of a released round: every address of the API, and the pages about it."""

from pathlib import Path
from typing import Any

import pytest

from app.accounts.rules import ALLOWED, Action
from app.accounts.values import Role
from tests.client import Client
from tests.journeys.readable import addresses, ids_of
from tests.journeys.scenario import CLOSES, GRACE, released
from tests.journeys.service import Running, ok
from tests.shelf import Shelf

pytestmark = pytest.mark.slow

WRITES = sorted(action for action in Action if action.endswith((":write", ":manage", ":analyse", ":moderate")))


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(released), CLOSES + GRACE, tmp_path)


def release_of(service: Running) -> dict[str, Any]:
    (release,) = ok(service.system("results:read").get("/api/v1/releases"))["items"]
    found: dict[str, Any] = release
    return found


def scores(client: Client, release: dict[str, Any]) -> list[dict[str, Any]]:
    """Every figure of the release that somebody is told."""
    found: list[dict[str, Any]] = []
    part: dict[str, Any] = {"limit": 200}
    while True:
        page = ok(client.get(f"/api/v1/releases/{release['id']}/scores", params=part))
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        part["cursor"] = page["next_cursor"]


def people(service: Running) -> set[str]:
    items = ok(service.system("organisation:read").get("/api/v1/subjects?kind=person&limit=200"))["items"]
    return {one["id"] for one in items}


def everything(service: Running, client: Client, release: dict[str, Any]) -> dict[str, str]:
    """The text of every address of the API that opens to somebody."""
    ids = ids_of(service, round_id=release["round_id"], release_id=release["id"])
    answers = {address: client.get(address) for address in addresses(service, ids, ("api",))}
    assert all(answer.status_code < 500 for answer in answers.values())
    return {address: answer.text for address, answer in answers.items() if answer.status_code == 200}


def digits(lines: list[dict[str, Any]]) -> set[str]:
    """The figures of lines as they are written in JSON, as far as nobody could meet them by chance."""
    written = {repr(one["score"]) for one in lines if one["score"] is not None}
    return {one for one in written if len(one) > 8}


def test_hr_reads_how_units_do_and_no_figure_of_a_person(service: Running) -> None:
    release, persons = release_of(service), people(service)
    seen_by_all = scores(service.system("results:read"), release)
    of_units = digits([one for one in seen_by_all if one["subject_id"] not in persons])
    of_people = digits([one for one in seen_by_all if one["subject_id"] in persons]) - of_units
    assert of_people
    hr = service.signed_in("hr", role=Role.HR)
    viewer = service.signed_in("vera.visning", role=Role.VIEWER)
    assert {one["subject_id"] for one in scores(hr, release)} == {one["subject_id"] for one in seen_by_all} - persons
    assert any(figure in text for text in everything(service, viewer, release).values() for figure in of_people)
    told = everything(service, hr, release)
    assert {address for address, text in told.items() if any(figure in text for figure in of_people)} == set()
    sofie = service.subject("sofie.berg")
    assert hr.get(f"/api/v1/releases/{release['id']}/scores/{sofie}").status_code == 404
    assert hr.get(f"/results/{release['id']}/subjects/{sofie}").status_code in {403, 404}
    assert viewer.get(f"/results/{release['id']}/subjects/{sofie}").status_code == 200
    assert hr.get(f"/results/{release['id']}/subjects/{service.subject('team-nord')}").status_code == 200
    assert hr.get("/api/v1/readings").status_code == 403


def test_hr_who_leads_a_team_reads_its_people_and_his_own_results_too(service: Running) -> None:
    release, persons = release_of(service), people(service)
    sofie = service.subject("sofie.berg")
    own = service.signed_in("sofie.berg", role=Role.HR)
    assert {one["subject_id"] for one in scores(own, release)} & persons == {sofie}
    hr = service.signed_in("hr", role=Role.HR)
    assert {one["subject_id"] for one in scores(hr, release)} & persons == set()
    reads_team = service.signed_in("hr", role=Role.VIEWER, at="team-nord")
    assert sofie in {one["subject_id"] for one in scores(reads_team, release)}


def test_a_union_observer_reads_rules_and_neither_raters_nor_results(service: Running) -> None:
    release = release_of(service)
    observer = service.signed_in("tillitsvalgt", role=Role.OBSERVER)
    told = everything(service, observer, release)
    round_id = release["round_id"]
    assert {f"/api/v1/rounds/{round_id}", "/api/v1/rounds", "/api/v1/dossiers", "/api/v1/kpis"} <= told.keys()
    figures = digits(scores(service.system("results:read"), release))
    assert {address for address, text in told.items() if any(figure in text for figure in figures)} == set()
    for path in ("assignments", "invitations", "loads", "progress", "tracking"):
        answer = observer.get(f"/api/v1/rounds/{round_id}/{path}")
        assert answer.status_code in {403, 404}, path
    assert observer.get(f"/api/v1/releases/{release['id']}").status_code == 404
    page = observer.get(f"/rounds/{round_id}")
    assert (page.status_code, observer.get("/").status_code) == (200, 200)
    closed = [f"/rounds/{round_id}/{part}" for part in ("assignments", "tracker", "invitations", "loads")]
    assert [path for path in closed if f'href="{path}"' in page.text] == []
    assert {observer.get(path).status_code for path in closed} <= {403, 404}
    assert observer.get(f"/rounds/{round_id}/form").status_code == 200


def test_an_auditor_reads_the_journal_and_computes_again_and_changes_nothing(service: Running) -> None:
    release = release_of(service)
    auditor = service.signed_in("revisor", role=Role.AUDITOR)
    assert ok(auditor.get("/api/v1/journal"))["items"] != []
    again = ok(auditor.get(f"/api/v1/releases/{release['id']}/recomputation"))
    assert again["items"] != []
    assert {one["outcome"] for one in again["items"]} == {"equal"}
    assert scores(auditor, release) == scores(service.system("results:read"), release)
    menu = auditor.get("/").text
    assert ('href="/admin/journal"' in menu, 'href="/admin/accounts"' in menu) == (True, False)


@pytest.mark.parametrize("role", [Role.HR, Role.OBSERVER, Role.AUDITOR])
def test_none_of_the_three_changes_anything(service: Running, role: Role) -> None:
    assert ALLOWED[role].isdisjoint(WRITES)
    somebody = service.signed_in("noen", role=role)
    refused = somebody.post("/api/v1/goals", json={"name": {"nb": "Mål", "en": "Goal"}})
    assert refused.status_code in {403, 404}
