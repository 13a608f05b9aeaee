"""A customer on a phone, from the encounter to thanks: the letter, two questions, an offer of contact; a QR code beside."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import NewAccount, Role
from app.organisation.queries import path_of
from tests.browser.live import Live, live
from tests.browser.test_journey import Desk
from tests.chromium import PHONE, scrolls_sideways
from tests.encounters.shop import Shop, open_shop
from tests.fjellbris import address
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
Barriers = Callable[[Page], list[str]]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
CUSTOMER, ANOTHER = "case-1@kunder.example", "case-2@kunder.example"


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW) as running:
        yield running
    shelf.put_back()


def open_centre(service: Live) -> Shop:
    """A customer centre with a programme; Amir leads its team in the north and may sign in."""
    with service.engine.write() as session:
        shop = open_shop(session, NOW)
        account = create_account(session, SERVICE, NewAccount(address("Amir Haddad"), "Amir Haddad", "nb"), now=NOW)
        place = path_of(session, shop.company.subjects["Kundesenter"], on=NOW.date())
        grant_role(session, SERVICE, account.id, Role.MANAGER, place, now=NOW)
        shop.send(shop.met("case-1"), shop.met("case-2", "Lars Moen"))
    return shop


def phone_at(new_page: NewPage, url: str, **options: object) -> Page:
    page = new_page(viewport=PHONE, has_touch=True, is_mobile=True, **options)
    page.goto(url)
    return page


def rate(page: Page, point: int) -> None:
    for scale in page.locator("fieldset.scale").all():
        scale.locator("input[type=radio]").nth(point - 1).check()
    page.locator("form.rate-form > button.button-primary").click()


def ask_for_contact(phone: Page, barriers: Barriers) -> None:
    """Rate low and accept the offer, forgetting the number at first."""
    assert (phone.locator("fieldset.scale").count(), barriers(phone)) == (2, [])
    # Two questions and a comment on a screen and a half: a minute, and no more.
    assert "ett minutt" in phone.inner_text("main")
    rate(phone, 1)
    phone.wait_for_url("**/contact?*")
    assert barriers(phone) == []
    assert not scrolls_sideways(phone)
    phone.get_by_role("button", name="Kontakt meg").click()
    assert phone.locator(".error-summary").count() == 1
    phone.fill("#contact", "900 00 000")
    phone.get_by_role("button", name="Kontakt meg").click()
    phone.wait_for_url("**/contact/thanks")
    assert barriers(phone) == []


def thank_without_a_script(phone: Page) -> None:
    """Rate low, forgetting to answer at first, decline the offer, and be thanked."""
    phone.locator("form.rate-form > button.button-primary").click()
    assert "Ingenting er besvart ennå" in phone.inner_text(".error-summary")
    rate(phone, 2)
    phone.wait_for_url("**/contact?*")
    phone.get_by_role("link", name="Nei takk").click()
    phone.wait_for_url("**/thanks")
    assert phone.inner_text("h1") == "Takk."


def test_from_the_encounter_to_thanks_and_to_who_puts_it_right(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    shop = open_centre(service)
    service.work()
    service.clock.pass_by(timedelta(days=7))
    service.work()
    link = service.link_in_letter_to(CUSTOMER)
    ask_for_contact(phone_at(new_page, link), barriers)
    thank_without_a_script(phone_at(new_page, service.link_in_letter_to(ANOTHER), java_script_enabled=False))
    narrow = new_page(viewport=PHONE)
    desk = Desk(service, narrow)
    desk.sign_in(address("Amir Haddad"))
    assert "En kunde venter på å høre fra deg" in narrow.inner_text("main")
    desk.go("/cases")
    narrow.get_by_role("link", name="Sofie Berg").click()
    desk.look()
    assert "900 00 000" in narrow.inner_text("main")
    narrow.get_by_label("Løst", exact=True).check()
    desk.press("Avslutt saken")
    for path in ("/programmes", "/programmes/new", f"/programmes/{shop.programme.id}", "/encounters/import"):
        desk.go(path)
    desk.go(f"/programmes/{shop.programme.id}/encounters")
    assert "Trukket ut" in narrow.inner_text("main")


def test_whoever_scans_a_code_answers_without_a_script(service: Live, new_page: NewPage) -> None:
    open_centre(service)
    page = new_page(viewport=PHONE)
    desk = Desk(service, page)
    desk.come_back(address("Amir Haddad"))
    desk.go("/open-codes/new")
    desk.choose("subject_id", "Team Nord")
    page.fill("[name='name.nb']", "Disken i nord")
    page.fill("[name='name.en']", "The counter in the north")
    page.locator("input[name=kpi_ids]").first.check()
    desk.press("Lag koden")
    scanned = page.locator("a[href*='/q/']").get_attribute("href") or ""
    plain = phone_at(new_page, scanned, java_script_enabled=False)
    rate(plain, 5)
    plain.wait_for_url("**/thanks")
    assert "aldri alene" in plain.inner_text("main")
