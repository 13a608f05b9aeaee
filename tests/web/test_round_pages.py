"""Rounds as their pages show them, to those who may and to those who may not."""

from app.kpis.values import RaterGroup
from tests.web.desk import Browser, Desk

OF_A_DRAFT = ("", "/about", "/who", "/what", "/privacy", "/letter", "/start", "/past", "/delete", "/assignments/add")


def test_the_list_teaches_before_there_is_a_round(owner: Browser) -> None:
    page = owner.page("/rounds")
    assert page.one("div", class_="empty").one("h2").words == "No round yet"
    assert [link.attributes["href"] for link in page.all("a", class_="button-primary")] == ["/rounds/new"]


def test_the_list_names_each_round_with_its_unit_and_state(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    row = owner.page("/rounds").one("tbody").one("tr")
    assert row.one("th").words == "Team Nord, fourth quarter Team Nord"
    assert row.one("th").one("a").attributes["href"] == f"/rounds/{round_id}"
    assert row.one("span", class_="badge").words == "Draft"


def test_the_list_keeps_to_one_state(desk: Desk, owner: Browser) -> None:
    desk.draft()
    found = {
        state: len(owner.page(f"/rounds?state={state}").all("th", scope="row")) for state in ("draft", "open", "7")
    }
    assert found == {"draft": 1, "open": 0, "7": 1}


def test_nobody_sees_the_rounds_of_another_company(desk: Desk) -> None:
    desk.draft()
    stranger = desk.browser("stranger")
    assert stranger.page("/rounds").all("tbody") == []
    assert stranger.get(f"/rounds?company={desk.company.id}").status_code == 404


def test_the_pages_of_a_draft_open_for_its_manager_only(desk: Desk) -> None:
    round_id = desk.draft()
    expected = {"owner": 200, "admin": 200, "stranger": 404, "teammate": 404}
    for who, status in expected.items():
        browser = desk.browser(who)
        answers = {path: browser.get(f"/rounds/{round_id}{path}").status_code for path in OF_A_DRAFT}
        assert answers == dict.fromkeys(OF_A_DRAFT, status), who


def test_who_only_reads_sees_the_draft_and_none_of_its_steps(desk: Desk) -> None:
    round_id, reader = desk.draft(), desk.browser("reader")
    answers = {path: reader.get(f"/rounds/{round_id}{path}").status_code for path in OF_A_DRAFT}
    assert answers == {path: 200 if path == "" else 403 for path in OF_A_DRAFT}


def test_an_address_without_a_round_leads_nowhere(owner: Browser) -> None:
    missing = "/rounds/00000000-0000-4000-8000-000000000000"
    assert [owner.get(path).status_code for path in (missing, "/rounds/7", f"{missing}/tracker")] == [404, 404, 404]


def test_the_page_of_a_draft_says_what_is_promised_to_whom(desk: Desk, owner: Browser) -> None:
    page = owner.page(f"/rounds/{desk.draft()}")
    rows = {row.one("th").words: [cell.words for cell in row.all("td")] for row in page.all("tr") if row.all("td")}
    assert rows["Colleagues Confidential"] == [
        "Shown as an average only, from three who answered. Answers can be changed until the close.",
        "3",
        "3",
    ]
    assert rows["Manager With name"][1:] == ["–", "–"]
    assert rows["First impression"] == ["Manager 21%, Colleagues 21%, Customers 57%"]


def test_each_page_of_a_draft_has_one_heading_and_at_most_one_primary_button(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    for path in (*OF_A_DRAFT, "/assignments", "/assignments/list"):
        page = owner.page(f"/rounds/{round_id}{path}")
        assert len(page.all("h1")) == 1, path
        assert len([*page.all("button", class_="button-primary"), *page.all("a", class_="button-primary")]) <= 1, path


def test_a_draft_is_deleted_after_a_question(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    assert owner.page(f"/rounds/{round_id}/delete").one("h1").words == "Delete the draft?"
    assert owner.post(f"/rounds/{round_id}/delete").headers["location"] == "/rounds?done=deleted"
    assert owner.get(f"/rounds/{round_id}").status_code == 404


def test_a_round_is_asked_again_with_one_button(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    [form] = [one for one in owner.page(f"/rounds/{round_id}").all("form") if one.words == "Ask like this again"]
    where = owner.post(form.attributes["action"]).headers["location"]
    assert where.partition("?")[0] not in {"", f"/rounds/{round_id}"}
    page = owner.page(where)
    assert "A draft like the earlier round is stored." in page.words
    assert "Q1 2027" in page.one("main").words
    # Visits are ordered for a round that has started: what is not taken along is said.
    visited = desk.draft(groups=(RaterGroup.MANAGER, RaterGroup.MYSTERY_SHOPPER))
    notes = {one: "Mystery visits are not ordered" in owner.page(f"/rounds/{one}").words for one in (round_id, visited)}
    assert notes == {round_id: False, visited: True}
    reader = desk.browser("reader")
    assert "Ask like this again" not in reader.page(f"/rounds/{round_id}").words
    assert reader.post(f"/rounds/{round_id}/clone").status_code == 403


def test_a_post_without_the_hidden_field_changes_nothing(desk: Desk, owner: Browser) -> None:
    round_id = desk.draft()
    assert Browser(owner.client, "").post(f"/rounds/{round_id}/delete").status_code == 403
    assert owner.get(f"/rounds/{round_id}").status_code == 200


def test_a_page_asks_the_database_as_often_for_three_as_for_one(desk: Desk, owner: Browser) -> None:
    few, many = desk.draft(rated=["Sofie Berg"]), desk.draft(rated=["Sofie Berg", "Lars Moen", "Thea Vik"])
    for path in ("", "/assignments", "/start", "/who"):
        assert asked_by(desk, owner, f"/rounds/{few}{path}") == asked_by(desk, owner, f"/rounds/{many}{path}"), path
    of_two = asked_by(desk, owner, "/rounds")
    desk.draft()
    assert asked_by(desk, owner, "/rounds") == of_two


def asked_by(desk: Desk, browser: Browser, path: str) -> int:
    browser.get(path)
    with desk.statements() as asked:
        assert browser.get(path).status_code == 200
    return len(asked)
