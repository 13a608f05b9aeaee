"""Acceptance 5 to 7 on page and API alike: the early warning, what leads to no decision, competitors, people in bands."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.decisions.commands import keep_cases, open_due_cases
from tests.followup.reader import Reader
from tests.followup.watched import Watching
from tests.journeys.scenario import S1, kpi_ids
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo

AMIR, INGRID = "Amir Haddad", "Ingrid Solheim"


@pytest.fixture
def service(shelf: Shelf, tmp_path: Path) -> Running:
    return Running.on(shelf.take(demo), NOW, tmp_path)


def items(service: Running, path: str) -> Any:
    return ok(service.system().get(f"/api/v1/{path}"))["items"]


def test_the_demo_warns_early_compares_fairly_and_ranks_in_bands(service: Running) -> None:
    with service.engine.read() as session:
        release = Watching.of(session).release_of("2026-q3")
    ragnhild = Reader(service.signed_in("ragnhild.torp"))
    compared_fairly(service, ragnhild, release)
    stands_beside_a_neighbour(service, release)
    ranked_in_bands(service, ragnhild, release)
    warned_early(service, ragnhild)
    reads_as_statistics(service)
    saw_it_through(service)


def warned_early(service: Running, ragnhild: Reader) -> None:
    """Far above any red line; the case goes to Amir, and unanswered to Ingrid."""
    [signal] = items(service, "signals")
    finding = signal["finding"]
    assert (signal["subject"]["name"], signal["kpi"]["name"]["en"]) == ("Team Nord", "First impression")
    assert (finding["state"], finding["side"], finding["seen"]) == ("signal", "low", 27)
    assert (signal["item_name"]["en"], finding["rater_group"]) == ("Welcome", "customer")
    assert (signal["value"], signal["usual"], signal["red_line"]["low"]) == (75.0, 81.125, 50.0)
    page = ragnhild.page("/signals").one("main").words
    assert all(one in page for one in ("Team Nord", "Welcome", "75.0", "81.1"))

    with service.engine.write() as session:
        open_due_cases(session, now=service.clock.now)
    [case] = items(service, "decision-cases?state=open")
    # Ten working days after a Monday.
    assert (case["owner"]["name"], case["due_on"], case["escalations"]) == (AMIR, "2026-12-07", 0)
    service.clock.now += timedelta(days=16)
    with service.engine.write() as session:
        keep_cases(session, now=service.clock.now)
    [case] = items(service, "decision-cases?state=open")
    assert (case["owner"]["name"], case["escalations"]) == (INGRID, 1)
    assert INGRID in Reader(service.signed_in("ragnhild.torp")).page("/decisions").one("main").words


def reads_as_statistics(service: Running) -> None:
    """What was asked for in two periods and led to no choice says so, until somebody chooses; what was asked in one does not."""
    ragnhild, kpis = Reader(service.signed_in("ragnhild.torp")), kpi_ids(service)
    card = f"/kpis/{kpis[S1]}"
    told = {one["kpi"]["id"]: one for one in items(service, "kpis/value")}
    first = told[kpis[S1]]
    counts = ("decided", "minutes", "open_cases", "overdue_cases")
    assert {name: first[name] for name in counts} == {"decided": 0, "minutes": 308, "open_cases": 1, "overdue_cases": 0}
    # The quarter before the third told these, or weeks did; of the others the third quarter was the first to tell.
    idle = {one["kpi"]["name"]["en"] for one in told.values() if one["is_only_statistics"]}
    measured = {"Phone answer time", "First-contact resolution", "Handling time per case"}
    assert idle == {"First impression", "Teamwork", *measured}
    words = {language: ragnhild.page(card, lang=language).one("main").words for language in ("nb", "en")}
    assert "bare statistikk" in words["nb"]
    assert "statistics only" in words["en"]
    listed = {row.all("a")[0].words: row.words for row in ragnhild.page("/kpis").one("main").one("tbody").all("tr")}
    assert {name for name, row in listed.items() if "Only statistics" in row} == idle
    assert "308" in ragnhild.page(f"{card}/value").one("main").words

    [case] = items(service, "decision-cases?state=open")
    path = f"/decisions/{case['id']}"
    assert (
        ragnhild.send(f"{path}/decide", on=path, choice="act", reason="Vi øver.", version=str(case["version"]))[0]
        == 303
    )
    assert "statistics only" not in ragnhild.page(card).one("main").words
    assert ok(service.system().get(f"/api/v1{card}/value"))["items"][0]["is_only_statistics"] is False


def saw_it_through(service: Running) -> None:
    """From the ledger to the plan that worked beside seven others, and the same over HTTP."""
    amir = Reader(service.signed_in("amir.haddad"))
    ledger = amir.page("/decisions?state=decided").one("main")
    [row] = [one for one in ledger.all("tr") if "Phone answer time for Lars Moen" in one.words]
    [href] = [one.attributes["href"] for one in row.all("a") if one.attributes["href"].startswith("/plans/")]
    assert "It worked" in row.words
    [case] = [one for one in items(service, "decision-cases?state=decided") if one["cause"] == "by_hand"]
    assert case["decision"]["choice"] == "act"
    [plan] = items(service, f"action-plans?case_id={case['id']}")
    effect = ok(service.system().get(f"/api/v1/action-plans/{plan['id']}"))["effect"]
    assert (href, effect["verdict"], effect["others"]) == (f"/plans/{plan['id']}", "worked", 7)
    assert (round(effect["before"], 1), round(effect["after"], 1)) == (47.2, 66.1)
    page = amir.page(href).one("main").words
    assert [one for one in ("It worked", "It was 47.2 before and 66.1", "7 others") if one not in page] == []


def compared_fairly(service: Running, ragnhild: Reader, release: str) -> None:
    """Shoppers against shoppers, with who can be told apart from us."""
    found = ok(service.system().get(f"/api/v1/releases/{release}/competitors"))["contests"]
    contests = [one for one in found if all(rival["source"]["kind"] == "round" for rival in one["rivals"])]
    assert {group for one in contests for group in one["rater_groups"]} == {"mystery_shopper"}
    assert {rival["raters"] for one in contests for rival in one["rivals"]} == {25}
    first = contests[0]
    against = {rival["place"]["name"]: (rival["score"], rival["against"]) for rival in first["rivals"]}
    assert (first["name"]["en"], round(first["score"], 1)) == ("First impression", 68.6)
    assert against == {
        "Hauklid Energi": (47.5, "ahead"),
        "Lunvik Klima": (70.0, "not_apart"),
        "Torsnes Varmepumper": (57.5, "not_apart"),
    }
    path = f"/results/{release}/subjects/{service.subject('fjellbris')}/comparison"
    page = ragnhild.page(path).one("main").words
    assert [one for one in ("68.6", *against, "47.5", "70.0", "57.5") if one not in page] == []


def stands_beside_a_neighbour(service: Running, release: str) -> None:
    """The neighbour's signed file is there, trusted: Amir reads his team beside the mean of its teams, on page and API."""
    team = service.subject("team-nord")
    beside = ok(service.system().get(f"/api/v1/releases/{release}/benchmarks/{team}"))
    told = [
        (one["name"]["en"], one["rater_groups"], one["level"], one["units"], *(line["units"] for line in one["rivals"]))
        for one in beside["contests"]
    ]
    assert told == [("First impression", ["customer"], "team", 1, 6), ("Case ownership", ["customer"], "team", 1, 6)]
    [line] = beside["contests"][0]["rivals"]
    assert {one["source"]["name"] for one in beside["contests"]} == {"Fjellbris Varme & Service AS"}
    # A round about the team alone knows the company by no name of its own.
    weekly = ok(service.system().get("/api/v1/releases?limit=1"))["items"][0]["id"]
    ok(service.system().get(f"/api/v1/releases/{weekly}/benchmarks/{team}"))
    assert (line["name"], line["score"], line["against"], beside["unmatched"]) == (
        "Nordlys Varme AS",
        69.9,
        "not_apart",
        [],
    )
    amir = Reader(service.signed_in("amir.haddad"))
    for path in (f"/overview/{team}", f"/results/{release}/subjects/{team}"):
        page = amir.page(path).one("main")
        assert "Nordlys Varme AS, mean of 6 teams" in page.words
        # Who reads a team alone does not read what the company has brought in.
        assert [link for link in page.all("a") if link.attributes["href"].startswith("/benchmarks")] == []
    company = service.subject("fjellbris")
    whole = ok(service.system().get(f"/api/v1/releases/{release}/benchmarks/{company}"))["contests"]
    shown = ok(service.system().get(f"/api/v1/releases/{release}/competitors"))["contests"]
    assert whole == [one for one in shown if one["level"] == "company" and one["rater_groups"] == ["customer"]]
    assert (
        service.system().get(f"/api/v1/releases/{release}/benchmarks/{service.subject('sofie.berg')}").status_code
        == 404
    )


def ranked_in_bands(service: Running, ragnhild: Reader, release: str) -> None:
    """Eight people whose places overlap stand in one band, by name; of four that can be compared nothing is said."""
    company, team = service.subject("fjellbris"), service.subject("team-nord")
    [band] = ok(service.system().get(f"/api/v1/releases/{release}/rankings/{company}"))["bands"]
    names = [one["place"]["name"] for one in band]
    assert (len(names), names) == (8, sorted(names))
    assert {(one["proven"]["first"], one["proven"]["last"]) for one in band} == {(1, 8)}
    page = ragnhild.page(f"/results/{release}/subjects/{company}/comparison").one("main").words
    assert "They cannot be told apart from each other." in page
    assert [page.index(name) for name in names] == sorted(page.index(name) for name in names)
    refused = ok(service.system().get(f"/api/v1/releases/{release}/rankings/{team}"))
    assert (refused["bands"], refused["reason"]) == ([], "too_few_subjects")
