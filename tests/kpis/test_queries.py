from datetime import date, datetime
from typing import Any

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.paging import BadCursor, Page, PageRequest, encode_cursor
from app.kpis import commands, queries
from app.kpis.intake import parse_goal, parse_kpi, parse_scorecard
from app.kpis.values import KpiFilter, KpiKind, KpiState
from tests.company import SmallCompany
from tests.databases import recorded_statements
from tests.kpis.plain import card, hard, soft, words

TODAY = date(2026, 11, 23)
ELSEWHERE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def kpi_ids(session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime) -> dict[str, str]:
    """Three soft KPIs and a hard one by external id; all of them drafts."""
    given = {name: soft(goal_id, company.owner, scale_id) for name in ("c", "a", "b")}
    given["h"] = hard(goal_id, company.owner)
    return {
        name: commands.create_kpi(
            session, SERVICE, parse_kpi({**plain, "external_id": name}), company_id=company.id, now=now
        )
        for name, plain in given.items()
    }


def names(page: Page[Any]) -> list[str | None]:
    return [one.external_id for one in page.items]


def test_kpis_come_in_pages_by_the_id_of_their_own(
    session: WriteSession, company: SmallCompany, kpi_ids: dict[str, str]
) -> None:
    first = queries.list_kpis(session, company.admin, company.id, PageRequest(limit=3), on=TODAY)
    assert names(first) == ["a", "b", "c"]
    rest = queries.list_kpis(session, company.admin, company.id, PageRequest(3, first.next_cursor), on=TODAY)
    assert (names(rest), rest.next_cursor) == (["h"], None)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (KpiFilter(kind=KpiKind.HARD), ["h"]),
        (KpiFilter(external_id="b"), ["b"]),
        (KpiFilter(state=KpiState.ACTIVE), []),
        (KpiFilter(goal_id=ELSEWHERE), []),
        (KpiFilter(goal_id="no id"), []),
    ],
)
def test_kpis_are_chosen_by_what_they_are(
    session: WriteSession, company: SmallCompany, kpi_ids: dict[str, str], chosen: KpiFilter, found: list[str]
) -> None:
    assert names(queries.list_kpis(session, company.admin, company.id, PageRequest(), on=TODAY, chosen=chosen)) == found


def test_a_page_of_kpis_takes_as_many_statements_for_one_as_for_three(
    session: WriteSession, company: SmallCompany, kpi_ids: dict[str, str]
) -> None:
    def statements(limit: int) -> int:
        with recorded_statements(session.get_bind()) as recorded:
            queries.list_kpis(session, company.admin, company.id, PageRequest(limit), on=TODAY)
        return len(recorded)

    session.flush()
    assert statements(1) == statements(3)


@pytest.mark.parametrize("values", [["a", "no id"], ["a", 5], [], ["a", "b", "c"]])
def test_a_cursor_of_another_make_is_refused(
    session: WriteSession, company: SmallCompany, values: list[object]
) -> None:
    with pytest.raises(BadCursor):
        queries.list_kpis(session, company.admin, company.id, PageRequest(3, encode_cursor(values, "")), on=TODAY)


def test_goals_and_scales_are_listed(
    session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime
) -> None:
    draft = parse_goal({"name": words("Vekst", "Growth"), "external_id": "growth"})
    commands.create_goal(session, SERVICE, draft, company_id=company.id, now=now)
    assert names(queries.list_goals(session, company.admin, company.id, PageRequest())) == ["customers", "growth"]
    assert names(queries.list_goals(session, company.admin, company.id, PageRequest(), external_id="growth")) == [
        "growth"
    ]
    scales = queries.list_scales(session, company.admin, company.id, PageRequest())
    assert [scale.id for scale in scales.items] == [scale_id]
    assert queries.list_scales(session, company.admin, company.id, PageRequest(), external_id="x").items == ()


def test_a_stranger_finds_nothing(
    session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, kpi_ids: dict[str, str], now: datetime
) -> None:
    stranger, request = company.stranger, PageRequest()
    draft = parse_scorecard(card(company.north, "person", [kpi_ids["a"]]))
    card_id = commands.set_scorecard(session, SERVICE, draft, company_id=company.id, now=now)
    assert queries.get_scorecard(session, company.admin, card_id, on=TODAY).id == card_id
    asks = (
        lambda: queries.get_goal(session, stranger, goal_id),
        lambda: queries.get_scale(session, stranger, scale_id),
        lambda: queries.get_kpi(session, stranger, kpi_ids["a"], on=TODAY),
        lambda: queries.get_scorecard(session, stranger, card_id, on=TODAY),
        lambda: queries.get_scorecard(session, company.admin, ELSEWHERE, on=TODAY),
        lambda: queries.get_scorecard(session, company.admin, "no id", on=TODAY),
        lambda: queries.list_goals(session, stranger, company.id, request),
        lambda: queries.list_scales(session, stranger, company.id, request),
        lambda: queries.list_kpis(session, stranger, company.id, request, on=TODAY),
        lambda: queries.list_versions(session, stranger, kpi_ids["a"]),
        lambda: queries.list_targets(session, stranger, kpi_ids["h"], on=TODAY),
        lambda: queries.list_scorecards(session, stranger, company.id, request, on=TODAY),
    )
    for ask in asks:
        with pytest.raises(NotFound):
            ask()


def test_a_manager_sees_the_cards_above_and_in_the_own_team(
    session: WriteSession, company: SmallCompany, kpi_ids: dict[str, str], now: datetime
) -> None:
    places = (company.id, company.department, company.north, company.south, company.sofie, company.kari)
    for place in places:
        draft = parse_scorecard(card(place, "person", [kpi_ids["a"]]))
        commands.set_scorecard(session, SERVICE, draft, company_id=company.id, now=now)

    def seen(viewer: Viewer, subject_id: str | None = None) -> set[str]:
        page = queries.list_scorecards(session, viewer, company.id, PageRequest(), on=TODAY, subject_id=subject_id)
        return {one.subject_id for one in page.items}

    assert seen(company.admin) == set(places)
    assert seen(company.manager) == {company.id, company.department, company.north, company.sofie}
    assert seen(company.manager, company.sofie) == {company.sofie}
    assert seen(company.manager, company.kari) == set()
    assert seen(company.admin, "no id") == set()


def test_kpis_are_found_by_what_a_file_calls_them(
    session: WriteSession, company: SmallCompany, kpi_ids: dict[str, str]
) -> None:
    asked = ["a", kpi_ids["b"], "nobody", ELSEWHERE]
    assert queries.find_kpis(session, company.id, asked) == {"a": kpi_ids["a"], kpi_ids["b"]: kpi_ids["b"]}
    assert queries.find_kpis(session, ELSEWHERE, asked) == {}
