"""Following a round on its pages: only what may be told, moving its times, closing and releasing it, its letters."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.accounts.rules import SERVICE
from app.invitations.commands import invite_due_rounds
from app.kpis.values import RaterGroup
from app.reports import Row
from app.rounds.commands import (
    add_assignments,
    launch_round,
    mark_answered,
    refresh_shares,
)
from app.rounds.intake import parse_raters
from app.rounds.queries import load_assignments, load_round
from app.rounds.values import RoundState
from app.worker import close_due
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import Element, tree

PATHS = ("", "/tracker", "/invitations", "/times", "/close", "/assignments")


@pytest.fixture
def round_id(desk: Desk) -> str:
    """An open round: five customers about Sofie, and what the structure proposes about all four."""
    made = desk.draft()
    rows = [
        Row(place, {"rater_group": "customer", "subject": "Sofie Berg", "email": f"kunde{place}@kunder.example"})
        for place in range(1, 6)
    ]
    with desk.engine.write() as session:
        add_assignments(session, SERVICE, made, parse_raters(rows), now=desk.clock.now)
        launch_round(session, SERVICE, made, confirmed=True, now=desk.clock.now)
        invite_due_rounds(session, now=desk.clock.now)
    return made


def answer(desk: Desk, round_id: str, group: RaterGroup, count: int) -> None:
    """So many of a group answer, and the day's counting is done."""
    with desk.engine.write() as session:
        found = [one.id for one in load_assignments(session, round_id) if one.rater_group is group and not one.answered]
        mark_answered(session, found[:count])


def count_again(desk: Desk) -> None:
    desk.clock.pass_by(timedelta(days=1))
    with desk.engine.write() as session:
        refresh_shares(session, now=desk.clock.now)


def groups_of(page: Element) -> dict[str, Sequence[str]]:
    """Words and badge of every rater group."""
    rows = page.one("tbody").all("tr")
    return {row.one("th").words: [cell.words for cell in row.all("td")] for row in rows}


def test_a_protected_group_is_told_as_under_three_then_in_whole_tens(desk: Desk, round_id: str) -> None:
    told = []
    for _ in range(4):
        told.append(
            groups_of(desk.browser("owner").page(f"/rounds/{round_id}/tracker"))["Customers 5 asked, shown from 3"]
        )
        answer(desk, round_id, RaterGroup.CUSTOMER, 1)
        count_again(desk)
    assert told == [["under 3", "Too few to count"]] * 3 + [["60%", "Enough"]]


def test_nothing_on_any_page_moves_with_a_protected_answer_until_the_day_is_counted(desk: Desk, round_id: str) -> None:
    owner = desk.browser("owner")
    before = [owner.get(f"/rounds/{round_id}{path}").text for path in PATHS]
    answer(desk, round_id, RaterGroup.CUSTOMER, 5)
    answer(desk, round_id, RaterGroup.COLLEAGUE, 12)
    assert [owner.get(f"/rounds/{round_id}{path}").text for path in PATHS] == before


def test_a_named_group_is_counted_at_once(desk: Desk, round_id: str, owner: Browser) -> None:
    answer(desk, round_id, RaterGroup.MANAGER, 2)
    assert groups_of(owner.page(f"/rounds/{round_id}/tracker"))["Manager 4 asked, with name"] == [
        "2 of 4",
        "Needs more",
    ]


def test_the_tracker_says_when_everything_is_computed(desk: Desk, round_id: str, owner: Browser) -> None:
    page = owner.page(f"/rounds/{round_id}/tracker")
    banner = page.one("div", class_="banner-note").words
    assert banner == (
        "No figures before the close. A figure that moves when one answer comes in would give that answer away."
        " Everything is computed once after Monday 7 December at 10:30, and then stays."
    )
    to_mailbox = [one for one in page.one("main").all("a") if one.words == "Read them in the mailbox"]
    assert [one.attributes["href"] for one in to_mailbox] == ["/mailbox"]


def test_an_open_round_is_followed_by_those_who_may_read_it(desk: Desk, round_id: str) -> None:
    answers = {
        who: [
            desk.browser(who).get(f"/rounds/{round_id}{path}").status_code for path in ("/tracker", "/times", "/close")
        ]
        for who in ("owner", "reader", "teammate", "stranger")
    }
    assert answers == {
        "owner": [200, 200, 200],
        "reader": [200, 403, 403],
        "teammate": [404, 404, 404],
        "stranger": [404, 404, 404],
    }


def test_a_draft_has_nothing_to_follow(desk: Desk, owner: Browser) -> None:
    made = desk.draft()
    assert [owner.get(f"/rounds/{made}{path}").status_code for path in ("/tracker", "/invitations", "/close")] == [
        409
    ] * 3


def test_the_closing_time_moves_and_what_was_promised_does_not(desk: Desk, round_id: str, owner: Browser) -> None:
    path = f"/rounds/{round_id}/times"
    form = form_of(owner.page(path), path)
    assert owner.post(path, {**form, "closes_at": "2026-12-11T16:00", "pooling": "pool"}).status_code == 409
    assert (
        owner.post(path, {**form, "closes_at": "2026-12-11T16:00"}).headers["location"].endswith("/tracker?done=moved")
    )
    with desk.engine.read() as session:
        assert load_round(session, round_id).closes_at.isoformat() == "2026-12-11T15:00:00+00:00"


def test_a_closing_time_in_the_past_is_refused_and_kept(desk: Desk, round_id: str) -> None:
    desk.clock.pass_by(timedelta(days=4))
    owner, path = desk.browser("owner"), f"/rounds/{round_id}/times"
    refused = owner.post(path, {**form_of(owner.page(path), path), "closes_at": "2026-11-26T16:00"})
    assert refused.status_code == 422
    page = tree(refused.text)
    assert wrong_fields(page) == [("#closes_at", "Closes: The closing time has passed. Choose a later one.")]
    assert page.one("input", name="closes_at").attributes["value"] == "2026-11-26T16:00"


def test_a_round_is_closed_after_a_question_that_names_the_consequence(
    desk: Desk, round_id: str, owner: Browser
) -> None:
    page = owner.page(f"/rounds/{round_id}/close")
    assert page.one("form", class_="confirmation").one("p").words == (
        "No answers are taken after this, and the figures are computed once."
        " 4 rater groups need more answers and may be withheld."
    )
    assert owner.post(f"/rounds/{round_id}/close").headers["location"] == f"/rounds/{round_id}?done=closed"
    with desk.engine.read() as session:
        assert load_round(session, round_id).state is RoundState.CLOSED
    assert owner.get(f"/rounds/{round_id}/close").status_code == 409


def test_a_closed_round_is_released_once_by_who_may(desk: Desk, round_id: str, owner: Browser) -> None:
    assert owner.get(f"/rounds/{round_id}/release").status_code == 409
    desk.clock.pass_by(timedelta(days=15))
    assert close_due(desk.engine, desk.clock.now) == 1
    assert desk.browser("reader").post(f"/rounds/{round_id}/release").status_code == 403
    owner = desk.browser("owner")
    assert owner.page(f"/rounds/{round_id}/release").one("h1").words == "Release the figures?"
    for _ in range(2):
        assert owner.post(f"/rounds/{round_id}/release").headers["location"] == f"/rounds/{round_id}?done=released"
    page = owner.page(f"/rounds/{round_id}")
    assert page.one("span", class_="badge").words == "Released"
    results = page.one("a", class_="button-primary").attributes["href"]
    assert owner.get(results).headers["location"].startswith(f"{results}/subjects/")
    shown = desk.browser("admin").page(f"/rounds/{round_id}")
    assert shown.all("a", class_="button-primary") == []
    assert shown.one("div", class_="banner").words.startswith("The figures are released.")


def test_the_letters_name_their_state_and_never_whether_they_were_opened(
    desk: Desk, round_id: str, owner: Browser
) -> None:
    page = owner.page(f"/rounds/{round_id}/invitations")
    rows = {row.one("th").words: row.all("td")[0].words for row in page.one("tbody").all("tr")}
    assert rows["kunde1@kunder.example"] == "Waiting to be sent"
    assert rows["Amir Haddad amir.haddad@fjellbris.example"] == "Waiting to be sent Has not answered"
    assert rows["Sofie Berg sofie.berg@fjellbris.example"] == "Waiting to be sent"


def test_a_link_is_taken_back_after_a_question_and_given_anew(desk: Desk, round_id: str, owner: Browser) -> None:
    path = void_of(owner, round_id, "kunde1@kunder.example")
    assert owner.page(path).one("h1").words == "Take the link of kunde1@kunder.example back?"
    assert owner.post(path).headers["location"] == f"/rounds/{round_id}/invitations?done=voided"
    assert state_of(owner, round_id, "kunde1@kunder.example") == "Link taken back"
    assert owner.post(path.replace("/void", "/resend")).headers["location"].endswith("?done=resent")
    assert state_of(owner, round_id, "kunde1@kunder.example") == "Waiting to be sent"


def test_a_letter_that_just_left_is_not_sent_again(desk: Desk, round_id: str, owner: Browser) -> None:
    path = void_of(owner, round_id, "kunde1@kunder.example").replace("/void", "/resend")
    refused = owner.post(path)
    assert refused.status_code == 429
    assert "Wait a day before it goes out again." in tree(refused.text).words


def test_one_rater_gets_more_time_within_two_weeks(desk: Desk, round_id: str, owner: Browser) -> None:
    path = void_of(owner, round_id, "kunde1@kunder.example").replace("/void", "/extend")
    late = owner.post(path, {"until": "2026-12-30T10:00"})
    assert late.status_code == 422
    page = tree(late.text)
    assert [place for place, _ in wrong_fields(page)] == ["#until"]
    assert page.one("input", name="until").attributes["value"] == "2026-12-30T10:00"
    assert owner.post(path, {"until": "2026-12-10T10:00"}).headers["location"].endswith("?done=extended")
    assert state_of(owner, round_id, "kunde1@kunder.example") == "Waiting to be sent Has until 10 Dec, 10:00"


def test_letters_are_touched_by_those_only_who_may_write_the_round(desk: Desk, round_id: str, owner: Browser) -> None:
    path = void_of(owner, round_id, "kunde1@kunder.example")
    statuses = {who: desk.browser(who).post(path).status_code for who in ("reader", "teammate", "stranger")}
    assert statuses == {"reader": 403, "teammate": 404, "stranger": 404}
    assert state_of(owner, round_id, "kunde1@kunder.example") == "Waiting to be sent"


def void_of(browser: Browser, round_id: str, rater: str) -> str:
    """The address of the question whether to take back somebody's link."""
    row = row_of(browser, round_id, rater)
    return next(link.attributes["href"] for link in row.all("a") if link.attributes["href"].endswith("/void"))


def state_of(browser: Browser, round_id: str, rater: str) -> str:
    return row_of(browser, round_id, rater).all("td")[0].words


def row_of(browser: Browser, round_id: str, rater: str) -> Element:
    rows = browser.page(f"/rounds/{round_id}/invitations").one("tbody").all("tr")
    return next(row for row in rows if row.one("th").words == rater)
