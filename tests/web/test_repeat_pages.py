"""A round that repeats, through both doors: wished for, told where it stands, changed, and refused to others."""

from datetime import timedelta

from sqlalchemy import delete

from app.accounts.commands import create_api_key
from app.accounts.rules import SERVICE
from app.accounts.values import NewApiKey
from app.repeats.queries import get_repetition
from app.repeats.rules import MISSING_GROUP
from app.repeats_due import Repeating
from app.rounds.commands import launch_round
from app.rounds.queries import preview_round
from app.rounds.tables import AssignmentRow
from tests.client import Client
from tests.served import ADDRESS
from tests.web.desk import Browser, Desk, form_of, wrong_fields
from tests.web.markup import tree


def started(desk: Desk) -> str:
    round_id = desk.draft()
    with desk.engine.write() as session:
        launch_round(session, SERVICE, round_id, confirmed=True, now=desk.clock.now)
    return round_id


def test_a_manager_lets_a_round_repeat_and_sees_what_comes_next(desk: Desk, owner: Browser) -> None:
    draft = f"/rounds/{desk.draft()}/repeat"
    assert "Start this round first" in owner.page(draft).one("main").words
    round_id = started(desk)
    path = f"/rounds/{round_id}/repeat"
    [link] = [
        one for one in owner.page(f"/rounds/{round_id}").one("main").all("a") if one.words == "Let this round repeat"
    ]
    assert link.attributes["href"] == path
    form = form_of(owner.page(path), path)
    assert (form["lead_days"], "starts_itself" in form) == (["7"], False)
    wrong = owner.post(path, {**form, "lead_days": "40", "owner": "nobody@here.example"})
    assert (wrong.status_code, [href for href, _ in wrong_fields(tree(wrong.text))]) == (422, ["#owner"])
    wrong = owner.post(path, {**form, "lead_days": "40"})
    assert [href for href, _ in wrong_fields(tree(wrong.text))] == ["#lead_days"]
    sent = {**form, "owner": "amir.haddad@fjellbris.example", "starts_itself": "1"}
    assert owner.post(path, sent).headers["location"] == f"{path}?done=repeats"
    page = owner.page(path)
    assert [one for one in ("Running", "16 February 2027", "Team Nord, fourth quarter") if one not in page.words] == []
    assert form_of(page, path)["owner"] == ["amir.haddad@fjellbris.example"]
    assert "Running" in owner.page("/programmes").one("main").words

    paused = {**form_of(page, path), "state": "paused", "owner": ""}
    assert owner.post(path, paused).status_code == 303
    assert "At rest" in owner.page(path).words
    reader = desk.browser("reader")
    assert "Whoever runs rounds here decides this." in reader.page(path).words
    assert reader.post(path, paused).status_code == 403
    stopped = {**form_of(owner.page(path), path), "state": "stopped"}
    assert owner.post(path, stopped).status_code == 303
    assert "This repetition was stopped." in owner.page(path).words
    assert owner.post(path, {**stopped, "lead_days": "3", "version": "3"}).status_code == 409


def test_a_draft_says_whom_it_misses_why_it_has_not_started_and_that_an_open_round_bears_its_name(
    desk: Desk, owner: Browser
) -> None:
    round_id = started(desk)
    path = f"/rounds/{round_id}/repeat"
    owner.post(path, {**form_of(owner.page(path), path), "starts_itself": "1"})
    with desk.engine.read() as session:
        opens_at = get_repetition(session, SERVICE, round_id, now=desk.clock.now).opens_at or desk.clock.now
    repeat = Repeating()
    assert repeat(desk.engine, opens_at) == 1
    with desk.engine.write() as session:
        draft = get_repetition(session, SERVICE, round_id, now=opens_at).round_id
        session.execute(delete(AssignmentRow).where(AssignmentRow.round_id == draft))
    missing, namesake = "Not everybody is asked who was asked the last time.", "A round of this name is open already."
    for step in ("", "/start"):
        assert missing in owner.page(f"/rounds/{draft}{step}").one("main").words
    assert repeat(desk.engine, opens_at) == 0
    shown = owner.page(path).one("main").words
    assert [one for one in (MISSING_GROUP, "The next round could not be made ready.") if one not in shown] == []

    assert namesake not in owner.page(f"/rounds/{draft}/start").one("main").words
    twin = desk.draft()
    assert namesake in owner.page(f"/rounds/{twin}/start").one("main").words
    with desk.engine.read() as session:
        assert preview_round(session, SERVICE, twin, now=desk.clock.now).namesakes == (round_id,)


def test_a_system_lets_a_round_repeat_and_stops_it(desk: Desk) -> None:
    with desk.engine.write() as session:
        new = NewApiKey("Kalender", ("rounds:read", "rounds:write"), desk.clock.now + timedelta(days=90))
        key = create_api_key(session, SERVICE, new, (desk.company.id,), now=desk.clock.now)
    client = Client(desk.app, ADDRESS, headers={"authorization": f"Bearer {key.secret}"})
    path = f"/api/v1/rounds/{started(desk)}/repetition"
    assert client.get(path).status_code == 404
    made = client.post(path, json={})
    assert (made.status_code, made.json()["lead_days"], made.json()["starts_itself"]) == (201, 7, False)
    again = client.post(path, json={"starts_itself": True})
    assert (again.status_code, again.json()["code"]) == (409, "repeats_already")
    wish = {"starts_itself": True, "lead_days": 14, "owner_id": desk.company.people["Amir Haddad"]}
    changed = client.patch(path, json=wish, headers={"if-match": made.headers["etag"]})
    assert {name: changed.json()[name] for name in wish} == wish
    kept = client.patch(path, json={"state": "paused"}, headers={"if-match": changed.headers["etag"]})
    assert ({name: kept.json()[name] for name in wish}, kept.json()["state"]) == (wish, "paused")
    listed = client.get("/api/v1/repetitions").json()["items"]
    assert listed == [client.get(path).json()]
    told = {name: listed[0][name] for name in ("missing_groups", "visits_left", "failed_at", "problems")}
    assert told == {"missing_groups": [], "visits_left": False, "failed_at": None, "problems": []}
    assert client.patch(path, json={"state": "often"}, headers={"if-match": kept.headers["etag"]}).status_code == 422
