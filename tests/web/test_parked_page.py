"""Parked answers on their page and over the API: told to analysts after the close, decided, and never what was answered."""

from datetime import timedelta

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import NewAccount, Role
from app.kpis.values import RaterGroup
from app.organisation.queries import path_of
from app.responses.commands import submit_response
from app.responses.intake import BEGUN
from app.responses.queries import load_rating_form
from app.visits.close import close_round
from tests.played_round import customers_of, play
from tests.served import ONE_DATABASE, OWN_PAGE
from tests.web.desk import Desk

SOFIE = "Sofie Berg"


@ONE_DATABASE
def test_an_analyst_decides_about_what_is_parked_and_a_manager_learns_nothing(desk: Desk) -> None:
    now = desk.clock.now
    with desk.engine.write() as session:
        account = create_account(session, SERVICE, NewAccount("analyst@konto.example", "Analyst", "en"), now=now)
        place = path_of(session, desk.company.id, on=now.date())
        grant_role(session, SERVICE, account.id, Role.ANALYST, place, now=now)
        desk.accounts["analyst"] = account.id
        played = play(session, desk.company, now, groups=[RaterGroup.CUSTOMER], customers={SOFIE: 4})
        customer = customers_of(desk.company, SOFIE, 4)[0]
        form = load_rating_form(session, played.link_of(customer), now=now)
        sent = played.posted(customer, {SOFIE: ("5", "4")}) | {BEGUN: [form.begun]}
        submit_response(session, played.link_of(customer), sent, now=now + timedelta(seconds=1))
    analyst, lead = desk.browser("analyst"), desk.browser("second")
    path = f"/rounds/{played.round.id}"
    assert "Parked answers" not in analyst.page(path).words
    assert analyst.get(f"{path}/parked").status_code == 409
    with desk.engine.write() as session:
        close_round(session, SERVICE, played.round.id, now=now)
    assert "Sent faster than the questions can be read" in analyst.page(f"{path}/parked").words
    assert "Parked answers" not in lead.page(path).words
    assert lead.get(f"{path}/parked").status_code == 403

    [parked] = analyst.client.get(f"/api/v1{path}/parked-answers").json()["items"]
    assert (parked["subject_name"], parked["reasons"], parked["state"]) == (SOFIE, ["too_fast"], "parked")
    decision = f"{path}/parked/{parked['id']}"
    assert analyst.post(decision, {"state": "counted"}).headers["location"] == f"{path}/parked?done=decided"
    assert "Counts" in analyst.page(f"{path}/parked").words
    api = f"/api/v1/parked-answers/{parked['id']}/decision"
    assert analyst.client.post(api, json={"state": "left_out"}, headers=OWN_PAGE).status_code == 204
    assert lead.client.post(api, json={"state": "counted"}, headers=OWN_PAGE).status_code == 403
    assert "Left out" in analyst.page(f"{path}/parked").words
