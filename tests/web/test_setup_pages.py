"""The pages on which a company is set up: who may open which, that each has its parts, and what they cost to read."""

import pytest

from app.accounts.commands import create_api_key, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import NewApiKey, Role
from app.organisation.commands import create_company
from app.organisation.queries import path_of
from tests.web.desk import Browser, Desk, form_of
from tests.web.markup import Element
from tests.web.test_round_pages import asked_by

MISSING = "00000000-0000-4000-8000-000000000000"
KPI, TEAM, PERSON = "{kpi}", "{team}", "{person}"


def addresses(desk: Desk, *paths: str) -> list[str]:
    company = desk.company
    known = {
        "kpi": company.kpis["first impression"],
        "team": company.subjects["Team Nord"],
        "south": company.subjects["Team Sør"],
        "person": company.people["Lars Moen"],
        "company": company.id,
    }
    return [path.format(**known) for path in paths]


READ_BY_ALL_WITH_A_ROLE = (
    "/organisation",
    "/organisation/{team}",
    "/people",
    "/people/{person}",
    "/kpis",
    "/kpis/{kpi}",
    "/kpis/{kpi}/versions/1",
    "/goals",
    "/scales",
    "/scorecards",
)
OF_THE_ADMINISTRATOR = (
    "/organisation/{team}/new",
    "/organisation/{team}/change",
    "/organisation/{team}/move",
    "/organisation/{team}/close",
    "/organisation/{team}/leaders/new",
    "/organisation/import",
    "/organisation/import/units.csv",
    "/people/new",
    "/people/{person}/change",
    "/kpis/new?kind=soft",
    "/kpis/new?kind=hard",
    "/kpis/{kpi}/change",
    "/kpis/{kpi}/versions/new",
    "/kpis/{kpi}/activate",
    "/kpis/{kpi}/pause",
    "/kpis/{kpi}/retire",
    "/goals/new",
    "/scales/new",
    "/scales/new?kind=bars",
)
OF_WHO_MANAGES_ACCOUNTS = (
    "/admin/accounts",
    "/admin/accounts/new",
    "/admin/keys",
    "/admin/keys/new",
    "/admin/journal",
)
EVERY_PAGE = ("/", *READ_BY_ALL_WITH_A_ROLE, *OF_THE_ADMINISTRATOR, *OF_WHO_MANAGES_ACCOUNTS)


def statuses(browser: Browser, paths: list[str]) -> dict[str, int]:
    return {path: browser.get(path).status_code for path in paths}


def test_who_holds_a_role_reads_units_people_and_kpis(desk: Desk) -> None:
    paths = addresses(desk, *READ_BY_ALL_WITH_A_ROLE)
    for who in ("admin", "owner", "second", "reader"):
        assert statuses(desk.browser(who), paths) == dict.fromkeys(paths, 200), who


def test_somebody_of_another_company_finds_none_of_ours(desk: Desk) -> None:
    paths = addresses(desk, "/organisation/{team}", "/people/{person}", "/kpis/{kpi}", "/kpis/{kpi}/versions/1")
    paths += [f"{path}?company={desk.company.id}" for path in ("/organisation", "/people", "/kpis", "/goals")]
    assert statuses(desk.browser("stranger"), paths) == dict.fromkeys(paths, 404)


def test_a_colleague_reads_the_own_page_and_nobody_elses(desk: Desk) -> None:
    teammate, people = desk.browser("teammate"), desk.company.people
    assert teammate.get(f"/people/{people['Sofie Berg']}").status_code == 200
    assert teammate.get(f"/people/{people['Lars Moen']}").status_code == 404
    assert [row.words for row in teammate.page("/people").all("th", scope="row")] == ["Sofie Berg"]
    assert teammate.get("/kpis").status_code == 404


def test_only_the_administrator_opens_what_changes_the_company(desk: Desk) -> None:
    paths = addresses(desk, *OF_THE_ADMINISTRATOR)
    expected = {"admin": 200, "owner": 403, "reader": 403}
    for who, status in expected.items():
        assert statuses(desk.browser(who), paths) == dict.fromkeys(paths, status), who


def test_accounts_keys_and_journal_are_the_administrators_alone(desk: Desk) -> None:
    paths = list(OF_WHO_MANAGES_ACCOUNTS)
    assert statuses(desk.browser("admin"), paths) == dict.fromkeys(paths, 200)
    for who in ("owner", "teammate", "stranger"):
        assert set(statuses(desk.browser(who), paths).values()) <= {403, 404}, who


def test_every_page_has_one_heading_and_at_most_one_primary_button(desk: Desk) -> None:
    admin = desk.browser("admin")
    for path in addresses(desk, *(path for path in EVERY_PAGE if not path.endswith(".csv"))):
        main = admin.page(path).one("main")
        assert len(main.all("h1")) == 1, path
        primary = [*main.all("a", class_="button-primary"), *main.all("button", class_="button-primary")]
        assert len(primary) <= 1, path


@pytest.mark.parametrize("locale", ["nb", "en"])
def test_every_page_is_written_in_the_readers_language(desk: Desk, locale: str) -> None:
    admin = desk.browser("admin")
    for path in addresses(desk, *(path for path in EVERY_PAGE if not path.endswith(".csv"))):
        page = admin.page(f"{path}{'&' if '?' in path else '?'}lang={locale}")
        assert page.one("html").attributes["lang"] == locale, path


def test_what_is_not_there_leads_nowhere(desk: Desk) -> None:
    admin = desk.browser("admin")
    for start in ("/organisation/", "/people/", "/kpis/", "/scorecards/", "/admin/accounts/"):
        assert [admin.get(f"{start}{end}").status_code for end in (MISSING, "7", "x'y")] == [404, 404, 404], start


def test_a_page_costs_as_many_statements_for_three_as_for_one(desk: Desk) -> None:
    admin = desk.browser("admin")
    lists = addresses(
        desk,
        "/people?q=s",
        "/organisation/{south}",
        "/kpis",
        "/goals",
        "/scales",
        "/scorecards",
        "/admin/accounts",
        "/admin/keys",
        "/admin/journal",
    )
    add_of_each(desk, admin, [0])
    before = {path: asked_by(desk, admin, path) for path in lists}
    add_of_each(desk, admin, [1, 2])
    assert {path: asked_by(desk, admin, path) for path in lists} == before


def add_of_each(desk: Desk, admin: Browser, numbers: list[int]) -> None:
    south = desk.company.subjects["Team Sør"]
    for number in numbers:
        sent = [
            admin.post("/people/new", {"name": f"Siv {number}", "email": f"s{number}@x.example", "unit_id": south}),
            admin.post("/goals/new", {"name.nb": f"Mål {number}"}),
            admin.post("/scales/new", {"name.nb": f"Skala {number}", "kind": "points", "points": "5"}),
            admin.post("/kpis/new", {"name.nb": f"KPI {number}", "kind": "hard"}),
            admin.post("/admin/accounts/new", account(number, south)),
        ]
        assert {answer.status_code for answer in sent} == {303}
    with desk.engine.write() as session:
        for number in numbers:
            new = NewApiKey(f"Nøkkel {number}", ("kpis:read",), desk.clock.now.replace(year=2027))
            path = path_of(session, south, on=desk.clock.now.date())
            create_api_key(session, SERVICE, new, path, now=desk.clock.now)


def account(number: int, place: str) -> dict[str, str]:
    return {"name": f"Ola {number}", "email": f"o{number}@x.example", "role": "viewer", "subject_id": place}


def test_the_menu_leads_to_what_the_visitor_may_open(desk: Desk) -> None:
    def menu(who: str) -> dict[str, str]:
        page = desk.browser(who).page("/")
        links = [link for nav in page.all("nav") for link in nav.all("a")]
        return {link.words: link.attributes["href"] for link in links}

    administrator, colleague = menu("admin"), menu("teammate")
    assert administrator["Accounts"] == "/admin/accounts"
    assert administrator["Organisation"] == "/organisation"
    assert {"Accounts", "KPIs", "Organisation"} & set(colleague) == set()


def test_only_one_entry_of_the_menu_is_where_one_is(desk: Desk) -> None:
    admin = desk.browser("admin")
    current = {path: here(admin.page(path)) for path in ("/", "/people", "/goals", "/scales", "/scorecards")}
    assert current == {
        "/": ["My week"],
        "/people": ["Organisation"],
        "/goals": ["KPIs"],
        "/scales": ["KPIs"],
        "/scorecards": ["KPIs"],
    }


def here(page: Element) -> list[str]:
    nav = page.one("nav", class_="bar-nav")
    return [link.words for link in nav.all("a", aria_current="page")]


def test_a_form_carries_what_the_thing_is_now(desk: Desk) -> None:
    admin, person = desk.browser("admin"), desk.company.people["Lars Moen"]
    sent = form_of(admin.page(f"/people/{person}/change"), f"/people/{person}/change")
    assert (sent["name"], sent["email"], sent["locale"]) == (["Lars Moen"], ["lars.moen@fjellbris.example"], ["nb"])


def test_who_sees_two_companies_stays_in_the_one_that_was_chosen(desk: Desk) -> None:
    with desk.engine.write() as session:
        other = create_company(session, SERVICE, "Zeta", now=desk.clock.now)
        grant_role(session, SERVICE, desk.accounts["admin"], Role.ADMIN, other.path, now=desk.clock.now)
    admin = desk.browser("admin")
    assert admin.page("/organisation").one("h1").words == "Fjellbris"
    choice = admin.page("/").one("nav", aria_label="Companies").one("a").attributes["href"]
    assert admin.page(choice).one("a", class_="bar-name").words == "Zeta"
    admin.post("/goals/new", {"name.en": "Only here"})
    assert admin.page("/goals").one("tbody").one("th").words == "Only here"
    assert "Only here" not in admin.get(f"/goals?company={desk.company.id}").text
