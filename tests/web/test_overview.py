"""The first page: what is to be done, what collects answers, and released figures of those places one may read."""

from datetime import datetime

import pytest

from app.accounts.commands import create_account
from app.accounts.rules import SERVICE
from app.accounts.values import NewAccount
from app.infra.database import Database
from app.web import overview as first_page
from tests.served import Served
from tests.summaries.built import Quarter, served_quarter
from tests.web.desk import Desk, desk_of
from tests.web.markup import Element, tree
from tests.web.test_round_pages import asked_by


@pytest.fixture
def read(engine: Database, now: datetime) -> tuple[Served, Quarter]:
    return served_quarter(engine, now)


@pytest.fixture
def desk(engine: Database, now: datetime) -> Desk:
    return desk_of(engine, now)


def overview(served: Served, who: str, lang: str = "nb") -> Element:
    answer = served.signed_in(who).get("/", params={"lang": lang})
    assert answer.status_code == 200, answer.text
    return tree(answer.text)


def results(page: Element) -> dict[str, tuple[str, str]]:
    rows = [row for row in page.all("tr") if row.all("td", class_="chart-words")]
    return {
        row.one("th").words: (row.one("td", class_="chart-figure").words, row.one("td", class_="chart-words").words)
        for row in rows
    }


def test_a_rated_person_sees_the_own_figure_and_nobody_elses(read: tuple[Served, Quarter]) -> None:
    served, made = read
    page = overview(served, "sofie.berg")
    assert results(page) == {"Sofie Berg": ("79,2", "Trolig 72–85. 90 % av vekten")}
    link = page.one("table", class_="chart").one("a").attributes["href"]
    assert link == f"/results/{made.release.id}/subjects/{made.subjects['sofie.berg']}"


def test_a_leader_sees_himself_and_the_units_he_may_read(read: tuple[Served, Quarter]) -> None:
    served, _ = read
    found = results(overview(served, "amir.haddad"))
    assert list(found) == ["Team Nord"]


def test_units_stand_in_the_order_of_the_organisation(read: tuple[Served, Quarter]) -> None:
    served, _ = read
    found = list(results(overview(served, "analyst")))
    assert found == ["Fjellbris Varme & Service AS", "Kundesenter", "Team Nord", "Team Sør"]


def test_what_is_not_shown_of_many_units_is_said(read: tuple[Served, Quarter], monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Av 10 enheter vises de 2 første."
    assert said not in overview(read[0], "analyst").words
    monkeypatch.setattr(first_page, "MOST_UNITS", 2)
    page = overview(read[0], "analyst")
    assert said in page.words
    assert list(results(page)) == ["Fjellbris Varme & Service AS"]


def test_who_only_sets_things_up_sees_no_figure(read: tuple[Served, Quarter]) -> None:
    served, _ = read
    page = overview(served, "admin", "en")
    assert results(page) == {}
    assert "Your role reads no results" in [head.words for head in page.all("h2")]


def test_the_same_figures_stand_there_in_both_languages(read: tuple[Served, Quarter]) -> None:
    served, _ = read
    nb, en = (results(overview(served, "analyst", lang)) for lang in ("nb", "en"))
    assert [figure.replace(",", ".") for figure, _ in nb.values()] == [figure for figure, _ in en.values()]


def test_a_new_company_is_led_from_step_to_step(desk: Desk) -> None:
    admin = desk.browser("admin")
    assert [head.words for head in admin.page("/").all("strong")][:1] == ["Ask for the first time."]
    desk.draft()
    page = admin.page("/")
    [draft] = [card.words for card in page.all("div", class_="card") if card.all("h3")]
    assert "A draft. Nothing is sent yet." in draft
    primary = page.one("main").one("a", class_="button-primary")
    assert (primary.words, primary.attributes["href"]) == ("New round", "/rounds/new")


def test_somebody_without_any_place_is_told_what_will_come(desk: Desk) -> None:
    with desk.engine.write() as session:
        new = NewAccount("ny@konto.example", "Ny", "en")
        desk.accounts["nobody"] = create_account(session, SERVICE, new, now=desk.clock.now).id
    page = desk.browser("nobody").page("/")
    assert page.one("div", class_="empty").one("h2").words == "Nothing is open to you yet"


def test_the_page_costs_as_much_for_three_drafts_as_for_one(desk: Desk) -> None:
    owner = desk.browser("owner")
    desk.draft()
    of_one = asked_by(desk, owner, "/")
    desk.draft()
    desk.draft()
    assert asked_by(desk, owner, "/") == of_one
