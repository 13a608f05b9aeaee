"""Courses, signals, links and the watch as another system meets them: the same answer for every reader, or none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.accounts.values import Role
from tests.followup.watched import H1, H4, H5, H6, S1, Watching
from tests.journeys.service import Running, ok
from tests.scoring.facts import agrees
from tests.shelf import NOW, Shelf, demo


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(demo), NOW, tmp_path)


@pytest.fixture
def known(service: Running) -> Iterator[Watching]:
    with service.engine.read() as session:
        yield Watching.of(session)


def test_a_course_reads_the_same_for_every_role_or_not_at_all(service: Running, known: Watching) -> None:
    path = f"/api/v1/kpis/{known.kpis[S1]}/courses/{known.subjects['team-nord']}"
    readers = [
        service.system("results:read"),
        service.system(),
        *(service.signed_in(role, role=role, at="team-nord") for role in (Role.VIEWER, Role.MANAGER, Role.ANALYST)),
    ]
    answers = [reader.get(path) for reader in readers]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text for answer in answers} == {answers[0].text}
    course = answers[0].json()
    assert (course["series"], course["other_series"], course["rater_groups"]) == ("week", ["quarter"], ["customer"])
    assert (len(course["points"]), course["alerts"], course["shifts"]) == (27, ["2026-11-16"], [])
    finding = course["finding"]
    assert (finding["state"], finding["side"], finding["began"]) == ("signal", "low", "2026-10-26")
    assert [(one["item_name"]["en"], one["is_beyond"]) for one in course["moved"]] == [
        ("Welcome", True),
        ("Tone", False),
    ]
    assert course["points"][-1]["smoothed"] < course["points"][-1]["lower_limit"]
    assert course["red_line"] == {"low": 50.0, "high": None, "margin": 5.0, "since": None}
    assert (course["last_year"]["alerts"], course["last_year"]["judged"]) == (1, 7)

    quarter = ok(readers[0].get(path, params={"series": "quarter"}))
    assert [(one["state"], one["smoothed"], one["difference"]) for one in quarter["points"]] == [
        ("learning", None, None)
    ]
    assert (quarter["run_length"], quarter["last_year"], quarter["alerts"]) == (None, None, [])
    hard = ok(service.system().get(f"/api/v1/kpis/{known.kpis[H6]}/courses/{known.subjects['sofie.berg']}"))
    assert (hard["chance"]["goal_low"], hard["chance"]["goal_high"], hard["chance"]["seen"]) == (4.0, 7.0, 7)
    assert (hard["chance"]["chance"], hard["moved"], hard["rater_groups"]) == (None, [], [])

    for hidden in (service.signed_in("admin", role=Role.ADMIN), service.signed_in("sofie.berg")):
        assert hidden.get(path).status_code == 404
    assert readers[0].get(path, params={"series": "month"}).status_code == 404
    [refusal] = readers[0].get(path, params={"series": "hour"}).json()["errors"]
    assert (refusal["field"], refusal["allowed"]) == ("series", "day, week, month, quarter, year, round")


def test_a_level_is_accepted_and_taken_back(service: Running, known: Watching) -> None:
    manager = service.system("results:read", "kpis:write", subject="team-nord")
    path = f"/api/v1/kpis/{known.kpis[S1]}/courses/{known.subjects['team-nord']}"
    sent = {"starts_on": "2026-10-26", "reason": "Ny vaktplan"}
    made = manager.post(f"{path}/shifts", json=sent)
    assert (made.status_code, made.headers["location"]) == (201, path)
    course = made.json()
    [shift] = course["shifts"]
    assert (shift["starts_on"], shift["reason"], course["finding"]["state"]) == (*sent.values(), "learning")
    again = manager.post(f"{path}/shifts", json=sent)
    assert (again.status_code, again.json()["code"]) == (409, "shift_known")
    outside = manager.post(f"{path}/shifts", json={**sent, "starts_on": "2020-01-01"})
    assert [one["field"] for one in outside.json()["errors"]] == ["starts_on"]
    assert service.system("results:read").delete(f"/api/v1/shifts/{shift['id']}").status_code == 403
    assert manager.delete(f"/api/v1/shifts/{shift['id']}").status_code == 204
    assert manager.delete(f"/api/v1/shifts/{shift['id']}").status_code == 404
    assert ok(manager.get(path))["finding"]["state"] == "signal"


def test_a_watch_is_set_after_its_trial_and_a_red_line_is_a_signal_of_its_own(
    service: Running, known: Watching
) -> None:
    system, path = service.system(), f"/api/v1/kpis/{known.kpis[S1]}/watch"
    [ewma, cusum] = ok(system.get(f"{path}/trials"))["items"]
    assert [(one["method"], one["units"], one["last_year"]["alerts"]) for one in (ewma, cusum)] == [
        ("ewma", 1, 1),
        ("cusum", 1, 1),
    ]
    assert ewma["last_year"]["by_chance"] == agrees(7 / ewma["run_length"])
    before = system.get(path)
    assert (before.json()["baseline"], before.json()["red_line"], before.headers["etag"]) == (20, 50.0, '"1"')
    sent = {"method": "cusum", "baseline": 200, "red_line": 74.5}
    stored = system.put(path, json=sent, headers={"if-match": '"1"'})
    assert (stored.json(), stored.headers["etag"]) == ({**sent, "kpi_id": known.kpis[S1], "season": "none"}, '"2"')
    assert system.put(path, json=sent, headers={"if-match": '"1"'}).status_code == 412
    hard = system.put(
        f"/api/v1/kpis/{known.kpis[H1]}/watch", json={"method": "ewma", "red_line": 50}, headers={"if-match": '"0"'}
    )
    assert [one["field"] for one in hard.json()["errors"]] == ["red_line"]

    # Two hundred weeks are never known, so that nothing but the red line speaks.
    signals = ok(service.system("results:read", subject="team-nord").get("/api/v1/signals"))["items"]
    assert [(one["subject"]["name"], one["series"], one["red_line"]["since"]) for one in signals] == [
        ("Team Nord", "week", "2026-11-09"),
        ("Team Nord", "quarter", "2026-07-01"),
    ]
    finding = signals[0]["finding"]
    assert (finding["state"], finding["side"], signals[0]["usual"]) == ("learning", None, None)
    assert ok(service.system("results:read", subject="sales").get("/api/v1/signals"))["items"] == []


def test_what_speaks_against_each_other_and_what_leads_to_success_are_told_with_their_doubts(
    service: Running, known: Watching
) -> None:
    release, jonas = known.release_of("2026-q3"), known.subjects["jonas.eide"]
    found = ok(service.system("results:read").get(f"/api/v1/releases/{release}/contradictions/{jonas}"))
    assert ("more_at_less_yield", [known.kpis[H4], known.kpis[H5]]) in [
        (one["question"], one["kpi_ids"]) for one in found["items"]
    ]

    path = f"/api/v1/kpis/{known.kpis[S1]}/relevance"
    analyst = service.signed_in("analyst", role=Role.ANALYST)
    [link] = ok(analyst.get(path, params={"hard_kpi_id": known.kpis[H1], "lag": "2"}))["items"]
    assert (link["lags"], link["link"]["lag"], link["pairs"], link["stands"]) == ([2], 2, 23, False)
    assert link["link"]["lo"] < link["link"]["r"] < link["link"]["hi"]
    assert "one_unit" in link["doubts"]
    lacking = ok(analyst.get(path, params={"hard_kpi_id": known.kpis[H4]}))["items"][0]
    assert (lacking["link"], lacking["tried"], lacking["doubts"], lacking["lack"]) == (None, [], [], "few")
    for wrong in ("0", "13", "1.5", "x", "²"):
        [refusal] = analyst.get(path, params={"lag": wrong}).json()["errors"]
        assert (refusal["field"], refusal["allowed"]) == ("lag", "1–12")
    assert service.signed_in("leser", role=Role.VIEWER).get(path).status_code == 403
