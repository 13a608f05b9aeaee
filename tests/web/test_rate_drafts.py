"""What is typed and not sent: kept for the same link, gone once sent or closed; hints before sending; two ways to look."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.kpis.values import RaterGroup
from app.main import create_app
from app.responses.keep_draft import forget_drafts
from app.responses.tables import DraftRow
from app.rounds.commands import close_round
from app.rounds.values import GroupPolicy, Mode
from tests.client import Client
from tests.open_round import AMIR, SOFIE, OpenRound, open_round
from tests.served import ADDRESS, Clock, settings_of
from tests.web.markup import Element, tree

ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)
COMMENT = "Ringte tilbake samme dag."


@pytest.fixture
def opened(engine: Database, now: datetime) -> OpenRound:
    return open_round(engine, now)


def rater_of(opened: OpenRound, **headers: str) -> Client:
    app = create_app(settings_of(opened.engine), database=opened.engine, clock=Clock(opened.now))
    return Client(app, ADDRESS, follow_redirects=False, headers={"cookie": "lang=en", **headers})


def chosen(page: Element) -> list[tuple[str, str]]:
    """The answers that stand on a form, and its texts."""
    radios = [one for one in page.all("input", type="radio") if "checked" in one.attributes]
    typed = [(one.attributes["name"].split(".")[1], one.attributes["value"]) for one in radios]
    return typed + [("comment", one.words) for one in page.all("textarea") if one.words]


def drafts(opened: OpenRound) -> list[dict[str, str]]:
    with opened.engine.read() as session:
        return list(session.scalars(select(DraftRow.fields)))


def form_of(rater: Client, path: str) -> Element:
    answer = rater.get(path)
    assert answer.status_code == 200
    return tree(answer.text)


def test_a_draft_is_there_on_another_device_until_it_is_sent(opened: OpenRound) -> None:
    customer = opened.customers[0]
    path = f"/r/{opened.links[customer]}"
    typed = opened.fields(customer, ["4"], comment=COMMENT)
    kept = rater_of(opened).post(f"{path}/draft", data=typed)
    assert (kept.status_code, kept.headers["location"]) == (303, f"{path}?kept=1#content")
    other_device = rater_of(opened)
    page = form_of(other_device, f"{path}?kept=1")
    assert chosen(page) == [("1", "4"), ("comment", COMMENT)]
    assert "Your draft is kept." in page.words
    assert (opened.stored(), opened.marks()) == ([], 0)
    assert form_of(other_device, f"/r/{opened.links[opened.customers[1]]}").all("input", checked="") == []

    assert other_device.post(path, data=opened.fields(customer, ["4", "5"], comment=COMMENT)).status_code == 200
    assert chosen(form_of(other_device, path)) == []
    assert drafts(opened) == []


def test_a_draft_says_nothing_of_who_rates_whom(opened: OpenRound) -> None:
    customer = opened.customers[0]
    rater_of(opened).post(f"/r/{opened.links[customer]}/draft", data=opened.fields(customer, ["4"]))
    (fields,) = drafts(opened)
    assert list(fields.values()) == ["4"]
    assert opened.subject(customer).assignment_id not in str(fields)


def test_nothing_typed_is_judged_and_what_is_not_asked_is_left_out(opened: OpenRound) -> None:
    customer = opened.customers[0]
    path = f"/r/{opened.links[customer]}"
    rater = rater_of(opened)
    field = f"{opened.subject(customer).assignment_id}.1"
    assert rater.post(f"{path}/draft", data={"submission": "submission-1", field: "9", "x": "1"}).status_code == 303
    assert list(drafts(opened)[0].values()) == ["9"]
    assert chosen(form_of(rater, path)) == []
    assert rater.post(f"{path}/draft", data={"submission": "submission-1", field: " "}).status_code == 303
    assert drafts(opened) == []


def test_a_draft_that_arrives_after_its_form_was_sent_is_none(opened: OpenRound) -> None:
    customer = opened.customers[0]
    path, rater = f"/r/{opened.links[customer]}", rater_of(opened, accept="application/json")
    sent = opened.fields(customer, ["4", "5"])
    assert rater.post(path, data=sent).status_code == 303
    assert rater.post(f"{path}/draft", data=sent).status_code == 204
    assert drafts(opened) == []
    assert rater.post(f"{path}/draft", data={**sent, "submission": "submission-2"}).status_code == 204
    assert len(drafts(opened)) == 1


def test_drafts_go_when_the_round_closes(opened: OpenRound) -> None:
    customer = opened.customers[0]
    rater_of(opened).post(f"/r/{opened.links[customer]}/draft", data=opened.fields(customer, ["4"]))
    with opened.engine.write() as session:
        assert forget_drafts(session) == 0
        close_round(session, SERVICE, opened.round.id, now=opened.now)
        assert forget_drafts(session) == 1
    late = rater_of(opened).post(f"/r/{opened.links[customer]}/draft", data=opened.fields(customer, ["4"]))
    assert (late.status_code, drafts(opened)) == (410, [])


def test_a_draft_of_an_anonymous_form_stays_on_the_device_and_says_so(engine: Database, now: datetime) -> None:
    hidden = open_round(engine, now, groups=(RaterGroup.MANAGER, ANONYMOUS))
    customer = hidden.customers[0]
    path, rater = f"/r/{hidden.links[customer]}", rater_of(hidden)
    refused = rater.post(f"{path}/draft", data=hidden.fields(customer, ["4"]))
    assert (refused.status_code, drafts(hidden)) == (409, [])
    page = form_of(rater, path)
    assert page.one("form", class_="rate-form").attributes["data-draft"] == "device"
    assert "Your draft is kept on this device only, until you send." in page.words


def test_the_api_keeps_the_same_draft(opened: OpenRound) -> None:
    customer = opened.customers[0]
    rater, token = rater_of(opened), opened.links[customer]
    answers = {name: value for name, value in opened.fields(customer, ["4"]).items() if name != "submission"}
    put = rater.put(f"/api/v1/forms/{token}/draft", json={"submission_id": "submission-1", "answers": answers})
    assert put.status_code == 204
    assert rater.get(f"/api/v1/forms/{token}").json()["draft"] == answers
    assert chosen(form_of(rater, f"/r/{token}")) == [("1", "4")]


def test_hints_are_given_once_and_the_same_words_may_be_sent(opened: OpenRound) -> None:
    customer = opened.customers[0]
    path, rater = f"/r/{opened.links[customer]}", rater_of(opened)
    sent = opened.fields(customer, ["4", "5"], comment="Lars var håpløs.")
    advised = rater.post(path, data=sent)
    page = tree(advised.text)
    assert (advised.status_code, opened.stored()) == (422, [])
    assert "This names somebody." in page.words
    assert "This could hurt." in page.words
    assert chosen(page) == [("1", "4"), ("2", "5"), ("comment", "Lars var håpløs.")]
    seen = page.one("input", name="hints").attributes["value"]
    other = rater.post(
        path, data={**sent, f"{opened.subject(customer).assignment_id}.comment": "Se over", "hints": seen}
    )
    assert other.status_code == 422
    assert rater.post(path, data={**sent, "hints": seen}).status_code == 200
    assert opened.stored() == [("submission-1", [4.0, 5.0], ["Lars var håpløs."])]


def test_a_program_says_that_hints_do_not_matter(opened: OpenRound) -> None:
    customer = opened.customers[0]
    rater, token = rater_of(opened), opened.links[customer]
    fields = opened.fields(customer, ["4", "5"], comment="ok")
    answers = {name: value for name, value in fields.items() if name != "submission"}
    sent = {"submission_id": "submission-1", "answers": answers}
    refused = rater.put(f"/api/v1/forms/{token}", json=sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "comment_hints")
    assert [error["field"].rsplit(".", 1)[1] for error in refused.json()["errors"]] == ["comment"]
    assert rater.put(f"/api/v1/forms/{token}", json={**sent, "hints_seen": True}).status_code == 200


def test_questions_one_at_a_time_are_the_same_form(opened: OpenRound) -> None:
    path, rater = f"/r/{opened.links[AMIR]}", rater_of(opened)
    by_person, by_item = form_of(rater, path), form_of(rater, f"{path}?view=items")
    names = [{one.attributes["name"] for one in page.all("input", type="radio")} for page in (by_person, by_item)]
    assert names[0] == names[1]
    questions = len(opened.forms[AMIR].subjects[0].items)
    assert len(by_item.all("h2", class_="subject-name")) == questions + 1
    legends = [one.words for one in by_item.all("span", class_="scale-name")]
    people = [subject.name for subject in opened.forms[AMIR].subjects]
    assert legends == people * questions
    # The button that changes the view keeps what is typed on the way.
    typed = opened.fields(AMIR, ["4"])
    moved = rater.post(f"{path}/draft", data={**typed, "show": "items"})
    assert moved.headers["location"] == f"{path}?kept=1&view=items#content"
    assert chosen(form_of(rater, moved.headers["location"])) == [("1", "4")]
    back = rater.post(f"{path}/draft", data={**typed, "view": "items", "show": "subjects"})
    assert back.headers["location"] == f"{path}?kept=1#content"
    refused = tree(rater.post(path, data={**typed, "view": "items", f"{SOFIE}.1": "5"}).text)
    assert refused.one("input", name="view").attributes["value"] == "items"


def test_a_folded_form_saves_and_goes_on_to_the_next(opened: OpenRound) -> None:
    path, rater = f"/r/{opened.links[AMIR]}", rater_of(opened)
    first = opened.forms[AMIR].subjects[0]
    page = form_of(rater, path)
    buttons = [one for one in page.all("button") if "formaction" in one.attributes]
    assert {one.attributes["formaction"] for one in buttons} == {f"{path}/draft"}
    fields = {f"{first.assignment_id}.{item.number}": "4" for item in first.items}
    moved = rater.post(f"{path}/draft", data={"submission": "submission-1", **fields, "go": "2"})
    assert moved.headers["location"] == f"{path}?kept=1#s-2"
    page = form_of(rater, path)
    cards = page.all("details", class_="subject-card")
    assert ["open" in card.attributes for card in cards] == [False, True] + [False] * (len(cards) - 2)
    assert "Begun" in page.one("ul", class_="subject-list").words


def test_the_closing_time_holds_for_drafts_as_for_answers(opened: OpenRound) -> None:
    early = OpenRound(**{**vars(opened), "now": opened.round.opens_at - timedelta(hours=1)})
    customer = opened.customers[0]
    answer = rater_of(early).post(f"/r/{opened.links[customer]}/draft", data=opened.fields(customer, ["4"]))
    assert (answer.status_code, drafts(opened)) == (403, [])
