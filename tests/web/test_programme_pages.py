"""Programmes and encounters on their pages: set up, fed from a file, followed, changed and stopped."""

from datetime import timedelta

import pytest

from app.encounters_due import begin_due, draw_all_due
from tests.served import ONE_DATABASE
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import tree

HEAD = "external_id;subject;occurred_at;email\r\n"


@pytest.fixture
def lead(desk: Desk) -> Browser:
    """Leads the customer centre."""
    return desk.browser("second")


@pytest.fixture
def home(desk: Desk, lead: Browser) -> str:
    """The page of a programme that has begun its first round."""
    wish = {
        **form_of(lead.page("/programmes/new"), "/programmes/new"),
        "scope_id": desk.company.subjects["Kundesenter"],
        "name.nb": "Kundens stemme",
        "name.en": "The customer's voice",
        "purpose.nb": "Vi vil vite hvordan kundene blir møtt.",
        "purpose.en": "We want to know how customers are met.",
    }
    refused = lead.post("/programmes/new", {**wish, "quota": "0"})
    assert (refused.status_code, [href for href, _ in wrong_fields(tree(refused.text))]) == (
        422,
        ["#kpi_ids", "#quota"],
    )
    made = lead.post("/programmes/new", {**wish, "kpi_ids": [desk.company.kpis["first impression"]]})
    assert (begin_due(desk.engine, desk.clock.now), begin_due(desk.engine, desk.clock.now)) == (1, 0)
    return made.headers["location"].partition("?")[0]


@ONE_DATABASE
def test_a_file_of_encounters_is_looked_at_stored_and_followed_to_the_draw(
    desk: Desk, lead: Browser, home: str
) -> None:
    rows = HEAD + "a;Sofie Berg;2026-11-23T09:00:00+01:00;kari@kunder.example\r\n"
    rows += "b;Sofie Berg;2026-11-23T09:30:00+01:00;lars.moen@fjellbris.example\r\n"
    wrong = lead.upload("/encounters/import", (HEAD + "a;Nobody;yesterday;x\r\n").encode(), {"act": "check"})
    assert (wrong.status_code, "occurred_at" in wrong.text) == (422, True)
    checked = tree(lead.upload("/encounters/import", rows.encode(), {"act": "check"}).text)
    assert [part.words for part in checked.all("dt")][-2:] == ["Waits for the draw", "Works here"]
    carried = checked.one("input", name="content").attributes["value"]
    stored = lead.post("/encounters/import", {"content": carried, "act": "store"})
    assert stored.headers["location"] == "/programmes?done=recorded"
    desk.clock.pass_by(timedelta(days=7))
    assert draw_all_due(desk.engine, desk.clock.now) == 1
    again = desk.browser("second")
    listed = again.page(f"{home}/encounters?state=sent")
    assert [row.words for row in listed.one("tbody").all("th")] == ["a"]
    shown = again.page(home).words
    assert ("23–29" in shown, "Works here" in shown) == (True, True)


@ONE_DATABASE
def test_a_programme_is_changed_and_stopped_by_those_who_may(desk: Desk, lead: Browser, home: str) -> None:
    change = {
        **form_of(lead.page(f"{home}/change"), f"{home}/change"),
        "kpi_ids": [desk.company.kpis["first impression"]],
    }
    assert lead.post(f"{home}/change", {**change, "quota": "3"}).status_code == 303
    assert lead.post(f"{home}/change", {**change, "quota": "4"}).status_code == 412
    assert "Stop The customer's voice?" in lead.page(f"{home}/stop").words
    assert lead.post(f"{home}/stop").headers["location"].endswith("done=stopped")
    assert "The customer's voice" in lead.page("/programmes").words
    reader, stranger = desk.browser("reader"), desk.browser("stranger")
    assert reader.get(home).status_code == 404
    assert reader.get("/encounters/import").status_code == 403
    assert stranger.get(home).status_code == 404
    assert stranger.post(f"{home}/stop").status_code == 404
