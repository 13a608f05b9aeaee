"""Lists that are sorted by links in their heads: in their usual order, the other way round, and slice by slice."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Role
from app.decisions.commands import decide_case, open_case
from app.decisions.queries import CASE_ORDERS, list_cases
from app.decisions.values import CaseDraft, CaseFilter, CaseState, Choice, DecisionDraft
from app.demo.addresses import address
from app.errors import Invalid
from app.infra.database import WriteSession
from app.infra.paging import BadCursor, Page, PageRequest
from app.invitations.addresses import ADDRESS_ORDERS, list_left_alone
from app.kpis.queries import KPI_ORDERS, list_kpis
from app.mail.suppress import suppress
from app.mail.values import SuppressionReason
from app.organisation.queries import PEOPLE_ORDERS, list_people
from app.plans.commands import make_plan
from app.plans.queries import PLAN_ORDERS, list_plans
from app.plans.values import PlanDraft
from app.releases.queries import RELEASE_ORDERS, list_releases
from app.rounds.queries import ROUND_ORDERS, list_rounds
from tests.followup.reader import Reader
from tests.followup.watched import S1, TODAY, Watching
from tests.journeys.service import Running
from tests.shelf import NOW, Shelf, demo
from tests.web.markup import Element


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


def walked(ask: Callable[[PageRequest], Page[Any]], sort: str, size: int) -> list[Any]:
    """A whole list, slice by slice."""
    found: list[Any] = []
    cursor: str | None = None
    while True:
        part = ask(PageRequest(limit=size, sort=sort, cursor=cursor))
        found += part.items
        cursor = part.next_cursor
        if cursor is None:
            return found


def test_every_order_is_kept_over_slices_both_ways(session: WriteSession) -> None:
    known = Watching.of(session)
    nord, place = known.who(Role.MANAGER, "team-nord"), known.subjects["team-nord"]
    for number, kpi in enumerate(sorted(known.kpis.values())[:3]):
        subject = known.subjects["team-nord"] if kpi == known.kpis[S1] else known.subjects["sofie.berg"]
        case = open_case(session, nord, CaseDraft(kpi, subject, f"Hva nå? {number}"), now=NOW)
        choice = (Choice.ACT, Choice.ACCEPT, Choice.FIND_OUT)[number]
        decide_case(session, nord, case.id, DecisionDraft(choice, "Derfor."), now=NOW)
    for what in ("Vi øver", "annet", "Bedre møte"):
        wanted = PlanDraft(known.kpis[S1], place, known.subjects["amir.haddad"], what, 5.0, TODAY, ())
        make_plan(session, nord, wanted, now=NOW)
    for who in ("sofie.berg", "lars.moen", "amir.haddad"):
        reason = SuppressionReason.BOUNCE if who == "lars.moen" else SuppressionReason.BY_HAND
        suppress(session, address(who), reason, now=NOW)
    chief, company = known.who(Role.ANALYST), known.company_id
    decided = CaseFilter(CaseState.DECIDED)
    lists: dict[str, tuple[Collection[str], Callable[[PageRequest], Page[Any]]]] = {
        "people": (PEOPLE_ORDERS, lambda part: list_people(session, SERVICE, company, part, on=TODAY)),
        "KPIs": (KPI_ORDERS, lambda part: list_kpis(session, chief, company, part, on=TODAY)),
        "rounds": (ROUND_ORDERS, lambda part: list_rounds(session, chief, company, part, now=NOW)),
        "cases": (CASE_ORDERS, lambda part: list_cases(session, chief, company, part, chosen=decided, on=TODAY)),
        "plans": (PLAN_ORDERS, lambda part: list_plans(session, chief, company, part, on=TODAY)),
        "releases": (RELEASE_ORDERS, lambda part: list_releases(session, chief, company, part, on=TODAY)),
        "addresses": (ADDRESS_ORDERS, lambda part: list_left_alone(session, SERVICE, company, part)),
    }
    for name, (orders, ask) in lists.items():
        for sort in orders:
            whole = walked(ask, sort, 200)
            assert list(reversed(walked(ask, f"-{sort}", 200))) == whole, (name, sort)
            assert walked(ask, sort, max(1, len(whole) // 3)) == whole, (name, sort)
        with pytest.raises(Invalid):
            ask(PageRequest(sort="-"))
    part = list_people(session, SERVICE, company, PageRequest(limit=2, sort="email"), on=TODAY)
    assert [one.email for one in part.items] == sorted(one.email or "" for one in part.items)
    with pytest.raises(BadCursor):
        list_people(session, SERVICE, company, PageRequest(sort="-email", cursor=part.next_cursor), on=TODAY)


def heads(page: Element) -> dict[str, tuple[str, str]]:
    """Where the link of each head leads and how the list is sorted by it now, by what it is called."""
    found = page.one("main").all("table")[-1].all("thead")[0].all("th")
    return {
        head.words: (
            head.all("a")[0].attributes["href"] if head.all("a") else "",
            head.attributes.get("aria-sort") or "",
        )
        for head in found
    }


def names(page: Element) -> list[str]:
    return [row.all("th")[0].words for row in page.one("main").all("table")[-1].all("tbody")[0].all("tr")]


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_heads_are_links_that_turn_the_order_round(shelf: Shelf, tmp_path: Path) -> None:
    service = Running.on(shelf.show(demo), NOW, tmp_path)
    amir, admin = Reader(service.signed_in("amir.haddad")), Reader(service.signed_in("admin", role=Role.ADMIN))
    people = admin.page("/people?unit=&q=o")
    assert heads(people)["Name"] == ("/people?unit=&q=o&sort=-name", "ascending")
    assert heads(people)["E-mail address"] == ("/people?unit=&q=o&sort=email", "")
    back = admin.page("/people?q=o&sort=-name")
    assert (names(back), heads(back)["Name"]) == (names(people)[::-1], ("/people?q=o&sort=name", "descending"))
    assert back.one("main").all("input", name="sort")[0].attributes["value"] == "-name"
    kpis = amir.page("/kpis")
    assert names(kpis) == sorted(names(kpis), key=str.casefold)
    assert names(amir.page("/kpis?sort=-name")) == names(kpis)[::-1]
    assert heads(amir.page("/kpis?sort=kind"))["Kind"] == ("/kpis?sort=-kind", "ascending")
    rounds = amir.page("/rounds")
    assert heads(rounds)["Opens"] == ("/rounds?sort=opens_at", "descending")
    assert heads(amir.page("/results"))["Released"] == ("/results?sort=sealed_at", "descending")
    # What is no order of the list leaves it in its usual one.
    assert names(amir.page("/rounds?sort=nothing")) == names(rounds)
