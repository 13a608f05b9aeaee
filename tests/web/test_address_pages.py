"""The list of addresses that get no letters, and the letters of a round beside it: why, and what to do about each."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.infra.keys import key_of
from app.invitations.commands import invite_due_rounds, opt_out
from app.mail.commands import suppress
from app.mail.tables import OutboxRow
from app.mail.values import OutboxState, SuppressionReason
from app.rounds.commands import launch_round
from tests.fjellbris import address
from tests.web.desk import Browser, Desk, wrong_fields
from tests.web.markup import Element, tree

PATH = "/admin/addresses"
SOFIE, LARS, THEA, OMAR, AMIR = "Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said", "Amir Haddad"


@pytest.fixture
def admin(desk: Desk) -> Browser:
    return desk.browser("admin")


@pytest.fixture
def round_id(desk: Desk) -> str:
    """Team Nord's round, its letters sent."""
    made = desk.draft()
    with desk.engine.write() as session:
        launch_round(session, SERVICE, made, confirmed=True, now=desk.clock.now)
        invite_due_rounds(session, now=desk.clock.now)
        session.execute(update(OutboxRow).values(state=OutboxState.SENT, copies=1))
    return made


def came_back(desk: Desk, name: str, reply: str) -> None:
    with desk.engine.write() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.recipient == address(name)).values(state=OutboxState.BOUNCED, reply=reply)
        )
        suppress(session, address(name), SuppressionReason.BOUNCE, note=reply, now=desk.clock.now)


def rows(page: Element) -> dict[str, list[str]]:
    return {
        row.one("th").words.split("@")[0]: [cell.words for cell in row.all("td")] for row in page.one("tbody").all("tr")
    }


def test_the_list_says_why_since_when_and_what_to_do(desk: Desk, admin: Browser, round_id: str) -> None:
    assert "Every address gets letters" in admin.page(PATH).words
    came_back(desk, SOFIE, "550 5.1.1 No such user")
    came_back(desk, THEA, "552 5.2.2 Mailbox full")
    with desk.engine.write() as session:
        opt_out(session, key_of(session).opt_out_token(desk.company.people[LARS]), now=desk.clock.now)
    found = rows(admin.page(PATH))
    since = "Monday 23 November 2026 at 10:00"
    assert found == {
        "Lars Moen lars.moen": ["Wants no letters", since, "Respect it, or ask in person.", ""],
        "Sofie Berg sofie.berg": [
            "Came back 550 5.1.1 No such user",
            since,
            "Correct the address, then send the letter again.",
            "Write again",
        ],
        "Thea Vik thea.vik": [
            "Came back 552 5.2.2 Mailbox full",
            since,
            "Ask the person for another address, or whether the mailbox takes letters again.",
            "Write again",
        ],
    }


def test_an_address_is_added_and_taken_off_with_a_reason(desk: Desk, admin: Browser, round_id: str) -> None:
    refused = admin.post(f"{PATH}/new", {"email": "nobody@x.example", "reason": "Ba om det"})
    assert wrong_fields(tree(refused.text)) == [
        ("#email", "E-mail address: Nobody is known here by this address or external id.")
    ]
    refused = admin.post(f"{PATH}/new", {"email": address(SOFIE), "reason": " "})
    assert [place for place, _ in wrong_fields(tree(refused.text))] == ["#reason"]
    added = admin.post(f"{PATH}/new", {"email": address(SOFIE), "reason": "Er i permisjon"})
    assert added.headers["location"] == f"{PATH}?done=added"
    assert rows(admin.page(PATH))["Sofie Berg sofie.berg"][0] == "By hand Er i permisjon"
    path = f"{PATH}/{desk.company.people[SOFIE]}/lift"
    assert "On the list because: Er i permisjon" in admin.page(path).words
    assert [place for place, _ in wrong_fields(tree(admin.post(path, {"reason": ""}).text))] == ["#reason"]
    assert admin.post(path, {"reason": "Er tilbake"}).headers["location"] == f"{PATH}?done=lifted"
    assert admin.get(path).status_code == 404
    journal = [row.one("th").words for row in admin.page("/admin/journal").one("tbody").all("tr")]
    assert journal[:2] == ["Wrote to an address again", "Sent somebody no more letters"]


def test_what_the_person_stopped_is_explained_and_not_offered(desk: Desk, admin: Browser) -> None:
    with desk.engine.write() as session:
        opt_out(session, key_of(session).opt_out_token(desk.company.people[LARS]), now=desk.clock.now)
    path = f"{PATH}/{desk.company.people[LARS]}/lift"
    page = admin.page(path)
    assert "only the person can start them" in page.words
    assert page.one("main").all("form") == []
    refused = admin.post(path, {"reason": "Vi vil skrive"})
    assert refused.status_code == 409


def test_the_list_is_for_administrators(desk: Desk) -> None:
    for who in ("owner", "reader", "teammate", "stranger"):
        browser = desk.browser(who)
        assert browser.get(PATH).status_code in {403, 404}, who
        assert browser.post(f"{PATH}/new", {"email": address(SOFIE), "reason": "x"}).status_code in {403, 404}, who


# ------------------------------------------------------------ the letters of a round


def test_each_letter_says_what_to_do_and_leads_there(desk: Desk, round_id: str) -> None:
    owner = desk.browser("owner")
    came_back(desk, SOFIE, "550 5.1.1 No such user")
    with desk.engine.write() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.recipient == address(LARS))
            .values(state=OutboxState.BOUNCED, reply="554 5.7.1 Blocked")
        )
        session.execute(
            update(OutboxRow).where(OutboxRow.recipient == address(THEA)).values(state=OutboxState.ATTENTION)
        )
        waits: dict[str, Any] = {"state": OutboxState.QUEUED, "next_attempt_at": desk.clock.now + timedelta(hours=20)}
        for name, reply in ((OMAR, None), (AMIR, "450 4.2.1 Busy")):
            session.execute(update(OutboxRow).where(OutboxRow.recipient == address(name)).values(**waits, reply=reply))
    page = owner.page(f"/rounds/{round_id}/invitations")
    told = {name: cells[1] for name, cells in rows(page).items()}
    assert told["Sofie Berg sofie.berg"] == (
        "Correct the address, then send the letter again. Change the address The other side said: 550 5.1.1 No such user"
    )
    assert told["Lars Moen lars.moen"] == (
        "The other side does not take our letters. Tell those who run the service."
        " The other side said: 554 5.7.1 Blocked"
    )
    assert told["Thea Vik thea.vik"] == "Ask whether the letter came. If it did not, send it again."
    assert told["Omar Said omar.said"].endswith(" at the earliest: nobody gets more than one letter a day.")
    assert told["Amir Haddad amir.haddad"].startswith("The other side has not taken it yet. It is tried again ")
    assert f"/people/{desk.company.people[SOFIE]}/change" in {a.attributes["href"] for a in page.one("tbody").all("a")}


def test_a_bad_address_is_tried_again_with_a_button_of_its_own(desk: Desk, round_id: str) -> None:
    owner = desk.browser("owner")
    came_back(desk, SOFIE, "550 5.1.1 No such user")
    page = owner.page(f"/rounds/{round_id}/invitations")
    row = next(row for row in page.one("tbody").all("tr") if row.one("th").words.startswith(SOFIE))
    form = row.one("form")
    assert form.one("button").words == "Try this address again"
    path = form.attributes["action"]
    plain = owner.post(path)
    assert plain.status_code == 409
    assert "Letters to this address come back: 550 5.1.1 No such user" in tree(plain.text).words
    assert owner.post(path, {"despite_bounce": "1"}).headers["location"].endswith("?done=resent")


def test_a_link_is_replaced_after_a_question_and_its_letter_waits_for_nothing(desk: Desk, round_id: str) -> None:
    owner = desk.browser("owner")
    page = owner.page(f"/rounds/{round_id}/invitations")
    row = next(row for row in page.one("tbody").all("tr") if row.one("th").words.startswith(SOFIE))
    path = next(link.attributes["href"] for link in row.all("a") if link.attributes["href"].endswith("/rotate"))
    assert owner.page(path).one("form", class_="confirmation").one("h1").words == "Give Sofie Berg a new link?"
    assert owner.post(path).headers["location"].endswith("?done=rotated")
    told = rows(owner.page(f"/rounds/{round_id}/invitations"))["Sofie Berg sofie.berg"]
    assert (told[0], "It leaves" in " ".join(told)) == ("Waiting to be sent", False)
    assert desk.browser("reader").post(path).status_code == 403
    with desk.engine.read() as session:
        assert len(session.scalars(select(OutboxRow).where(OutboxRow.recipient == address(SOFIE))).all()) == 2
