"""The whole way in a real browser: sign in, make a round, rate from the letter on a phone, measure, close, read."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from tests.browser.live import Live, live
from tests.chromium import PHONE, scrolls_sideways
from tests.shelf import Shelf, company
from tests.smtp import MailServer

pytestmark = pytest.mark.slow

START = datetime(2026, 9, 21, 9, tzinfo=UTC)
INGRID = "ingrid.solheim@fjellbris.example"
Barriers = Callable[[Page], list[str]]
NewPage = Callable[..., Page]


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(company), mail_server, START) as running:
        yield running
    shelf.put_back()


class Desk:
    """A manager at a wide screen. What axe finds on a page is asked once for every page, see `tests.pages`."""

    def __init__(self, service: Live, page: Page) -> None:
        self.service = service
        self.page = page

    def go(self, path: str) -> None:
        self.page.goto(self.service.address + path)
        self.look()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()
        assert self.page.locator(".error-summary").all_inner_texts() == []
        self.look()

    def choose(self, name: str, text: str) -> None:
        options = self.page.locator(f"select[name='{name}'] option", has_text=text)
        self.page.select_option(f"select[name='{name}']", value=options.first.get_attribute("value"))

    def look(self) -> None:
        assert not scrolls_sideways(self.page), f"{self.page.url} scrolls sideways"

    def sign_in(self, email: str) -> None:
        self.go("/")
        self.page.fill("#link-email", email)
        self.press("Send meg en lenke")
        self.service.work()
        self.page.goto(self.service.link_in_letter_to(email))
        self.look()
        self.press("Logg inn")

    def come_back(self, email: str) -> None:
        """Signed in already: the way by letter is walked by `sign_in`."""
        secret = self.service.session_of(email)
        self.page.context.add_cookies([{"name": "session", "value": secret, "url": self.service.address}])


def make_round(desk: Desk) -> str:
    """From the first page to a started round; the address of the round."""
    page = desk.page
    desk.go("/rounds/new")
    desk.choose("scope_id", "Team Nord")
    for name, text in {
        "name.nb": "Team Nord, 3. kvartal",
        "name.en": "Team North, third quarter",
        "period_start": "2026-07-01",
        "period_end": "2026-09-30",
        "asked_by": "Ingrid Solheim",
        "purpose.nb": "Svarene brukes i samtalene om 3. kvartal.",
        "purpose.en": "The answers are used in the talks about the third quarter.",
    }.items():
        page.fill(f"[name='{name}']", text)
    desk.press("Lagre og velg hvem")
    for name in ("Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said"):
        page.get_by_label(name, exact=True).check()
    for group in ("manager", "colleague", "self"):
        page.check(f"input[name=groups][value={group}]")
    desk.press("Lagre og velg hva")
    # What stands on the cards is ticked already.
    ticked = page.locator("input[name$='.kpi_id']:checked")
    while ticked.count():
        ticked.first.uncheck()
    page.get_by_label("Spør om Samspill", exact=True).check()
    desk.press("Lagre og avklar personvern")
    desk.press("Lagre og se brevet")
    desk.press("Lagre og se hva som kan vises")
    round_path = page.url.replace(desk.service.address, "").rsplit("/", 1)[0]
    confirm = page.locator("input[name=confirmed]")
    if confirm.count():
        confirm.check()
    desk.press("Start runden")
    return round_path


def rate_on_phone(service: Live, new_page: NewPage, rater: str, point: int, barriers: Barriers | None = None) -> None:
    """By the link of the letter; axe looks where the page is another than that of whoever came before."""
    phone = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto(service.link_in_letter_to(rater))
    assert barriers is None or barriers(phone) == []
    assert not scrolls_sideways(phone)
    folded = phone.locator("details.subject-card:not([open]) > summary")
    while folded.count():
        folded.first.click()
    for scale in phone.locator("fieldset.scale").all():
        scale.locator("input[type=radio]").nth(point - 1).check()
    phone.locator("form.rate-form > button.button-primary").click()
    phone.wait_for_url("**/thanks")
    assert barriers is None or barriers(phone) == []
    phone.context.close()


def measure(desk: Desk) -> None:
    """Type in Sofie's answer time for August; September is not over yet."""
    desk.go("/readings/enter")
    desk.choose("kpi", "Svartid telefon")
    desk.choose("unit", "Team Nord")
    desk.page.fill("[name=start]", "2026-08-01")
    desk.page.fill("[name=end]", "2026-08-31")
    desk.press("Gå videre")
    desk.page.get_by_label("Sofie Berg").first.fill("52")
    desk.press("Lagre målingene")


def test_from_an_empty_round_to_a_summary_that_can_be_read(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    desk = Desk(service, new_page())
    desk.sign_in(INGRID)
    round_path = make_round(desk)
    # Unless somebody chooses another time, a round opens the next morning.
    service.clock.pass_by(timedelta(days=1))
    service.work()
    rate_on_phone(service, new_page, "sofie.berg@fjellbris.example", 4, barriers)
    rate_on_phone(service, new_page, "lars.moen@fjellbris.example", 4, barriers)
    for name in ("thea.vik", "omar.said"):
        rate_on_phone(service, new_page, f"{name}@fjellbris.example", 4)
    rate_on_phone(service, new_page, "amir.haddad@fjellbris.example", 3, barriers)

    desk.come_back(INGRID)
    measure(desk)
    desk.go(f"{round_path}/tracker")
    desk.go(f"{round_path}/close")
    desk.press("Steng runden")
    service.clock.pass_by(timedelta(hours=1))
    service.work()
    desk.come_back(INGRID)
    desk.go("/results")
    desk.page.get_by_role("link", name="Team Nord").first.click()
    desk.look()
    desk.page.get_by_role("link", name="Sofie Berg").first.click()
    desk.look()
    shown = desk.page.inner_text("main")
    # Three colleagues with 4 and 4, the manager with 3 and 3: 0.6 * 75 + 0.4 * 50.
    assert "65,0" in shown
    assert "52\u00a0s" in shown
    desk.page.get_by_role("link", name="Slik er det regnet").click()
    desk.look()
    assert "65,0" in desk.page.inner_text("main")
