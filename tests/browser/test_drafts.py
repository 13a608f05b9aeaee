"""Somebody with several people to rate goes on with the draft on another device, with and without a script."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from app.kpis.values import RaterGroup
from app.rounds.values import GroupPolicy, Mode
from tests.browser.live import Live, live
from tests.chromium import PHONE
from tests.open_round import AMIR, OpenRound, open_round
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
Barriers = Callable[[Page], list[str]]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW) as running:
        yield running
    shelf.put_back()


def phone_at(new_page: NewPage, service: Live, token: str, **options: object) -> Page:
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True, **options)
    page.goto(f"{service.address}/r/{token}")
    return page


def choose(page: Page, card: int, level: int) -> None:
    for scale in page.locator(f"#s-{card} fieldset.scale").all():
        scale.locator("input[type=radio]").nth(level - 1).check()


def chosen(page: Page) -> int:
    return page.locator("input[type=radio]:checked").count()


def test_a_draft_saved_by_itself_is_there_on_another_device(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    opened = open_round(service.engine, NOW)
    questions = len(opened.forms[AMIR].subjects[0].items)
    phone = phone_at(new_page, service, opened.links[AMIR])
    choose(phone, 1, 4)
    note = phone.locator("[data-draft-note]")
    expect(note).to_contain_text("Utkast lagret kl.")
    phone.get_by_role("button", name="Lagre og gå til").first.click()
    expect(phone.locator("#s-2")).to_have_attribute("open", "")
    assert barriers(phone) == []

    desk = new_page()
    desk.goto(f"{service.address}/r/{opened.links[AMIR]}")
    assert chosen(desk) == questions
    assert barriers(desk) == []
    choose(desk, 2, 3)
    desk.fill("#s-2 textarea", "Se over.")
    desk.get_by_role("button", name="Send inn").click()
    assert desk.locator(".advice-summary").inner_text().startswith("Les dette én gang til")
    assert barriers(desk) == []
    opened.submissions.add(desk.input_value("[name=submission]"))
    desk.get_by_role("button", name="Send svarene som de er").click()
    desk.wait_for_url("**/thanks")
    assert len(opened.stored()) == 2
    phone.goto(f"{service.address}/r/{opened.links[AMIR]}")
    assert chosen(phone) == 0


def test_without_a_script_a_button_keeps_the_draft_and_goes_on(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    opened = open_round(service.engine, NOW)
    questions = len(opened.forms[AMIR].subjects[0].items)
    phone = phone_at(new_page, service, opened.links[AMIR], java_script_enabled=False)
    choose(phone, 1, 4)
    phone.get_by_role("button", name="Lagre og gå til").first.click()
    assert "Utkastet er lagret." in phone.inner_text("main")
    assert (chosen(phone), phone.locator("#s-2").get_attribute("open")) == (questions, "")
    phone.get_by_role("button", name="Ett spørsmål om gangen").click()
    assert chosen(phone) == questions
    opened.submissions.add(phone.input_value("[name=submission]"))
    phone.get_by_role("button", name="Send inn").click()
    phone.wait_for_url("**/thanks")
    assert len(opened.stored()) == 1


def test_an_anonymous_draft_stays_on_its_device_and_goes_when_it_is_sent(service: Live, new_page: NewPage) -> None:
    opened: OpenRound = open_round(service.engine, NOW, groups=(RaterGroup.MANAGER, ANONYMOUS))
    token = opened.links[opened.customers[0]]
    phone = phone_at(new_page, service, token)
    expect(phone.locator("[data-draft-note]")).to_have_text("Utkastet ligger bare på denne enheten, til du sender.")
    choose(phone, 1, 4)
    expect(phone.locator("[data-draft-note]")).to_contain_text("Utkast lagret kl.")
    phone.reload()
    assert chosen(phone) > 0
    other = phone_at(new_page, service, token)
    assert chosen(other) == 0
    phone.get_by_role("button", name="Send inn").click()
    phone.wait_for_url("**/thanks")
    assert phone.evaluate("localStorage.length") == 0
