"""What a letter leads to besides rating, on a phone with and without a script: the link once more, and no more letters."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.browser.live import Live, live
from tests.chromium import PHONE, scrolls_sideways
from tests.open_round import open_round
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
Barriers = Callable[[Page], list[str]]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW) as running:
        yield running
    shelf.put_back()


def phones(new_page: NewPage) -> tuple[Page, Page]:
    """The same phone with and without a script."""
    touched = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    return new_page(**touched), new_page(**touched, java_script_enabled=False)


def look(page: Page, barriers: Barriers) -> None:
    """Nothing is in the way on what `tests.pages` does not show; axe needs a script, so it looks where there is one."""
    assert barriers(page) == []
    assert not scrolls_sideways(page)


def ask_again(phone: Page, service: Live, email: str) -> None:
    """From a link that leads nowhere to the page that says the same to everybody."""
    phone.goto(f"{service.address}/r/a-link-that-was-cut-off")
    phone.get_by_role("link", name="Send meg lenken på nytt").click()
    phone.fill("[name=email]", email)
    phone.get_by_role("button", name="Send lenkene på nytt").click()
    phone.wait_for_url("**/link/sent")


def test_a_lost_link_comes_again_on_request(service: Live, new_page: NewPage, barriers: Barriers) -> None:
    opened = open_round(service.engine, NOW)
    service.work()
    service.clock.pass_by(timedelta(hours=2))
    scripted, plain = phones(new_page)
    for phone, email in ((scripted, opened.customers[0]), (plain, opened.customers[1])):
        ask_again(phone, service, email)
        service.work()
        assert len(service.mail.to(email)) == 2
        phone.goto(service.link_in_letter_to(email))
        assert phone.url.endswith(opened.links[email])
    scripted.goto(f"{service.address}/r/a-link-that-was-cut-off")
    look(scripted, barriers)
    # A stranger reads the same page, and gets no letter.
    scripted.goto(f"{service.address}/link/sent")
    said = scripted.inner_text("main")
    ask_again(scripted, service, "fremmed@kunder.example")
    service.work()
    assert (scripted.inner_text("main"), service.mail.to("fremmed@kunder.example")) == (said, [])


def test_letters_stop_by_one_click_and_start_again_by_another(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    opened = open_round(service.engine, NOW)
    service.work()
    scripted, plain = phones(new_page)
    for phone, email in ((scripted, opened.customers[0]), (plain, opened.customers[1])):
        stop = str(service.mail.to(email)[-1].parsed()["List-Unsubscribe"]).strip("<>")
        phone.goto(stop)
        # Opening it has stopped nothing: mail scanners open links, too.
        assert phone.inner_text("h1") == "Ingen flere brev?"
        phone.get_by_role("button", name="Ikke send meg flere brev").click()
        assert phone.inner_text("h1") == "Brevene er slått av"
        phone.goto(stop)
        assert phone.inner_text("h1") == "Brevene er slått av"
        if phone is scripted:
            look(phone, barriers)
        phone.get_by_role("button", name="Send meg brev igjen").click()
        assert phone.inner_text("h1") == "Brevene er slått på igjen"
        phone.get_by_role("link", name="English").click()
        assert phone.inner_text("h1") == "Letters are on again"
        phone.get_by_role("link", name="Norsk").click()
        if phone is scripted:
            look(phone, barriers)
