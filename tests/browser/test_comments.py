"""A comment and its code in a real browser: sent on a phone, read before its release, and looked up by the code."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from app.kpis.values import RaterGroup
from tests.browser.live import Live, live
from tests.browser.test_journey import Desk
from tests.chromium import PHONE
from tests.moderation.built import CLOSED, SOFIE, moderated
from tests.played_round import customers_of
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
COMMENT = "Spør alltid hva jeg trenger."


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW) as running:
        yield running
    shelf.put_back()


def code_of(phone: Desk, link: str) -> str:
    """Rate and write something; the code that comes is there once."""
    page = phone.page
    phone.go(link)
    page.get_by_text("Hvem ser hva").click()
    assert "HR leser kommentaren din før den vises" in page.inner_text("main")
    for scale in page.locator("fieldset.scale").all():
        scale.locator("input[type=radio]").nth(3).check()
    page.fill("textarea", COMMENT)
    phone.press("Send inn")
    code = page.inner_text("code.secret")
    page.get_by_role("link", name="Jeg har tatt vare på den").click()
    page.wait_for_url("**/thanks")
    assert code not in page.content()
    return code


def told(phone: Desk, code: str) -> str:
    phone.go("/receipt")
    phone.page.fill("#code", code.lower().replace("-", " "))
    phone.press("Se hva det ble av den")
    assert code not in phone.page.url
    return phone.page.inner_text("[role=status]")


def decide(desk: Desk, comment: str, act: str) -> None:
    card = desk.page.locator("section.card", has_text=comment)
    card.get_by_text(act, exact=True).click()
    desk.page.wait_for_load_state()
    desk.look()


def moderate(desk: Desk) -> None:
    """On a phone: one is edited, one withheld, the others released as written."""
    page = desk.page
    desk.come_back("hr@konto.example")
    desk.go("/comments")
    page.get_by_role("link", name="Team Nord, 4. kvartal").click()
    decide(desk, "Gunvor i Bergen", "Rediger")
    page.fill("[name=text]", "Fikk svar med en gang.")
    page.get_by_label("Den nevner eller utleverer noen andre.").check()
    desk.press("Vis den redigert")
    decide(desk, "mannen min", "Hold tilbake")
    page.get_by_label("Den handler om helse eller privatliv.").check()
    desk.press("Hold kommentaren tilbake")
    for comment in (COMMENT, "Hilser først", "Skriver klare svar"):
        decide(desk, comment, "Vis som skrevet")
    assert "Alle kommentarer er sett på." in page.inner_text("main")


def test_a_comment_goes_from_the_phone_past_the_reader_to_the_release_and_its_code_tells_so(
    service: Live, new_page: NewPage
) -> None:
    with service.engine.write() as session:
        made = moderated(session, NOW, RaterGroup.CUSTOMER)
        link = made.played.link_of(customers_of(made.company, SOFIE, 1)[0])
    phone = Desk(service, new_page(viewport=PHONE, has_touch=True, is_mobile=True))
    code = code_of(phone, f"/r/{link}")
    assert told(phone, code).startswith("Mottatt")
    assert told(phone, made.codes["Ringer alltid tilbake samme dag."]).startswith("Erstattet")

    service.clock.pass_by(CLOSED + timedelta(hours=1))
    service.work()
    moderate(Desk(service, new_page(viewport=PHONE)))
    service.work()
    assert told(phone, code).startswith("Vist som skrevet")
    assert told(phone, made.codes["Gunvor i Bergen fikk svar med en gang."]).startswith("Vist redigert")
    assert "helse eller privatliv" in told(phone, made.codes["Var borte da mannen min ble syk."])
