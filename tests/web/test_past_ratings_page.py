"""Past ratings on their page: the file is looked at, then it fills the draft, which is closed and can be released."""

import pytest

from app.kpis.values import RaterGroup
from app.rounds.queries import load_assignments, load_round
from app.rounds.values import RoundSource, RoundState
from tests.web.desk import ABOUT, Browser, Desk, form_of
from tests.web.markup import tree

GROUPS = [RaterGroup.CUSTOMER, RaterGroup.COLLEAGUE]


@pytest.fixture
def round_id(desk: Desk) -> str:
    return desk.draft(rated=[], groups=GROUPS)


def ratings(*rows: str) -> bytes:
    return "\r\n".join(["subject;rater;rater_group;item;value;comment", *rows, ""]).encode()


def past(raters: int) -> bytes:
    """Each rater's two answers about somebody who is not known yet."""
    return ratings(
        *(f"L1;S{place};customer;{item};{1 + place % 5};" for place in range(raters) for item in ("welcome", "tone"))
    )


def test_the_page_names_the_columns_and_the_codes_of_the_items(owner: Browser, round_id: str) -> None:
    page = owner.page(f"/rounds/{round_id}/past")
    assert [row.one("th").words for row in page.one("tbody").all("tr")] == [
        "subject",
        "rater",
        "rater_group",
        "item",
        "value",
        "comment",
        "occasion",
    ]
    assert [term.words for term in page.one("dl").all("dt")] == ["welcome", "tone"]


def test_a_file_is_looked_at_and_then_fills_and_closes_the_round(desk: Desk, owner: Browser, round_id: str) -> None:
    path, fields = f"/rounds/{round_id}/past", {"create_unknown": "1"}
    looked_at = owner.upload(path, past(4), {**fields, "act": "check"})
    told = tree(looked_at.text).one("div", role="status")
    assert [count.words for count in told.all("dd")] == ["8", "8", "0", "1", "1", "4", "4"]
    with desk.engine.read() as session:
        assert load_round(session, round_id).state is RoundState.DRAFT
    assert owner.post(path, form_of(told, path)).headers["location"] == f"/rounds/{round_id}?done=imported"
    with desk.engine.read() as session:
        found = load_round(session, round_id)
        assert (found.state, found.source) == (RoundState.CLOSED, RoundSource.IMPORT)
        assert len(load_assignments(session, round_id)) == 4
    page = owner.page(f"/rounds/{round_id}")
    assert page.one("a", class_="button-primary").attributes["href"] == f"/rounds/{round_id}/release"
    assert owner.post(f"/rounds/{round_id}/release").status_code == 303


def test_a_file_with_wrong_cells_names_each_and_leaves_the_draft(desk: Desk, owner: Browser, round_id: str) -> None:
    raw = ratings("L1;S1;customer;welcome;6;", "L1;S1;guest;welcome;3;", "L1;S1;customer;grip;3;")
    answer = owner.upload(f"/rounds/{round_id}/past", raw, {"create_unknown": "1", "act": "store"})
    assert answer.status_code == 422
    wrong = tree(answer.text).all("tbody")[0].all("tr")
    assert [(row.one("th").words, row.all("td")[0].words) for row in wrong] == [
        ("2", "value"),
        ("3", "rater_group"),
        ("4", "item"),
    ]
    with desk.engine.read() as session:
        assert load_round(session, round_id).state is RoundState.DRAFT
        assert load_assignments(session, round_id) == ()


def test_ratings_that_no_card_asks_for_are_refused_with_their_rows(desk: Desk, owner: Browser) -> None:
    asked = desk.draft(rated=[], groups=[*GROUPS, RaterGroup.DIRECT_REPORT])
    raw = ratings("L1;S1;customer;welcome;3;", "L1;S2;direct_report;welcome;3;")
    answer = owner.upload(f"/rounds/{asked}/past", raw, {"create_unknown": "1", "act": "store"})
    [row] = tree(answer.text).all("tbody")[0].all("tr")
    assert (answer.status_code, row.one("th").words, row.all("td")[0].words) == (422, "3", "item")
    assert "no such KPI for this rater group" in row.words
    with desk.engine.read() as session:
        assert load_round(session, asked).state is RoundState.DRAFT
        assert load_assignments(session, asked) == ()


def test_without_the_tick_nobody_is_made_known(desk: Desk, owner: Browser, round_id: str) -> None:
    answer = owner.upload(f"/rounds/{round_id}/past", past(1), {"act": "store"})
    assert answer.status_code == 422
    page = tree(answer.text)
    assert "Nobody here has this external id." in page.all("tbody")[0].words
    assert "checked" not in page.one("input", name="create_unknown").attributes


def test_a_draft_that_asks_nothing_says_so_first(owner: Browser) -> None:
    first = form_of(owner.page("/rounds/new"), "/rounds/new")
    begun = owner.post("/rounds/new", {**first, **ABOUT}).headers["location"].partition("/who")[0]
    page = owner.page(f"{begun}/past")
    assert page.one("div", class_="empty").one("h2").words == "The draft has to know what was asked"
    assert page.all("input", type="file") == []
