"""A manager appoints a deputy on the own page; the deputy approves, is told from the manager, and the journal says so."""

from datetime import timedelta

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.paging import PageRequest
from app.rounds.commands import launch_round
from app.rounds.queries import list_assignments
from app.rounds.tables import RoundReaderRow
from tests.fjellbris import address
from tests.web.desk import Browser, Desk, account_of, wrong_fields
from tests.web.markup import tree


def test_a_deputy_is_appointed_acts_and_is_noted(desk: Desk) -> None:
    amir, path = account_of(desk, "Amir Haddad"), f"/people/{desk.company.people['Amir Haddad']}"
    owner, today = desk.browser(amir), desk.clock.now.date()
    back = (today + timedelta(days=7)).isoformat()
    assert "Appoint a deputy" in owner.page(path).words
    fields = {"deputy_id": "nobody@x.example", "starts_on": today.isoformat(), "ends_on": today.isoformat()}
    page = tree(owner.post(f"{path}/deputies/new", fields).text)
    assert wrong_fields(page)[0][0] == "#deputy_id"
    fields |= {"deputy_id": address("Sofie Berg")}
    assert wrong_fields(tree(owner.post(f"{path}/deputies/new", fields).text))[0][0] == "#ends_on"
    assert owner.post(f"{path}/deputies/new", fields | {"ends_on": back}).headers["location"].startswith(path)
    assert "Sofie Berg" in owner.page(path).words

    teammate, round_id = desk.browser("teammate"), desk.draft()
    what_waits_is_in_the_week_and_says_for_whom(desk, owner, teammate)
    it_acts_and_is_noted(desk, owner, teammate, round_id)
    stranger = desk.browser("reader")
    assert stranger.get(f"{path}/deputies/new").status_code == 403
    (end,) = [one.attributes["href"] for one in owner.page(path).all("a") if one.words == "End it"]
    assert "no longer Amir Haddad's deputy" in owner.page(end).words
    assert owner.get(f"{path}/deputies/{round_id}/end").status_code == 404
    assert owner.post(end).headers["location"] == f"{path}?done=no_deputy"
    assert teammate.get(f"/rounds/{round_id}").status_code == 404
    over_http = {"deputy_id": desk.company.subjects["Sofie Berg"], "ends_on": back}
    again = owner.client.post(f"/api/v1/subjects/{desk.company.subjects['Amir Haddad']}/deputies", json=over_http)
    assert again.status_code == 201, again.text
    assert owner.client.post(f"/api/v1/deputies/{again.json()['id']}/end", json={}).status_code == 200
    assert teammate.client.post(f"/api/v1/deputies/{again.json()['id']}/end", json={}).status_code == 404


def what_waits_is_in_the_week_and_says_for_whom(desk: Desk, owner: Browser, teammate: Browser) -> None:
    about = {"subject_id": desk.company.subjects["Team Nord"], "kpi_id": desk.company.kpis["first impression"]}
    asked = owner.client.post("/api/v1/decision-cases", json={**about, "question": "Øver vi mer?"})
    assert asked.status_code == 201, asked.text
    own, stood_in = (browser.page("/").one("main").words for browser in (owner, teammate))
    assert ("Øver vi mer?" in own, "whose deputy you are" in own, "You stand in for" in own) == (True, False, False)
    assert "You stand in for Amir Haddad." in stood_in
    # The case, and the draft of a round.
    assert ("Øver vi mer?" in stood_in, stood_in.count("For Amir Haddad, whose deputy you are")) == (True, 2)
    assert "Øver vi mer?" not in desk.browser("second").page("/").one("main").words


def it_acts_and_is_noted(desk: Desk, owner: Browser, teammate: Browser, round_id: str) -> None:
    added = {"rater_group": "customer", "subject": "Lars Moen", "email": "anne@kunder.example", "locale": "nb"}
    assert owner.post(f"/rounds/{round_id}/assignments/add", added).status_code == 303
    with desk.engine.read() as session:
        lines = list_assignments(session, SERVICE, round_id, PageRequest(), now=desk.clock.now).items
        by_owner = next(one.id for one in lines if one.needs_approval)
    approve = f"/rounds/{round_id}/assignments/{by_owner}/approve"
    assert teammate.post(approve).status_code == 409
    assert desk.browser("second").post(approve).status_code == 303
    with desk.engine.write() as session:
        launch_round(session, SERVICE, round_id, confirmed=True, now=desk.clock.now)
        assert address("Sofie Berg") in set(session.scalars(select(RoundReaderRow.mailbox)))
    assert teammate.post(f"/rounds/{round_id}/close").status_code == 303
    journal = desk.browser("admin").page("/admin/journal").one("tbody").all("tr")
    assert "Closed a round" in journal[0].words
    assert "as deputy of Amir Haddad" in journal[0].words
