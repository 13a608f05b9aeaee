"""A shopper on a phone, without a script: two pictures, a report, validation, an objection and what becomes of it.

One question is asked only after a low answer: it says so without a script, and comes and goes with one.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link, use_sign_in_link
from app.accounts.values import NewAccount, Role
from app.infra.keys import key_of
from app.visits.tables import VisitRow
from tests.browser.live import Live, live
from tests.chromium import PHONE, scrolls_sideways
from tests.fjellbris import address
from tests.releases.test_conditional import with_a_follow_up
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer
from tests.visits.desk import VisitDesk, photo, visit_desk

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
Barriers = Callable[[Page], list[str]]
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)
WHEN = "Bare hvis du svarte"


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW) as running:
        yield running
    shelf.put_back()


class Phone:
    """Somebody at 360 px; where a script runs, axe looks at what `tests.pages` does not show: how a visit goes on."""

    def __init__(
        self, service: Live, new_page: NewPage, barriers: Barriers, secret: str = "", **options: object
    ) -> None:
        self.service, self.barriers = service, barriers
        self.has_script = bool(options.get("java_script_enabled", True))
        self.page = new_page(viewport=PHONE, has_touch=True, is_mobile=True, **options)
        if secret:
            self.page.context.add_cookies([{"name": "session", "value": secret, "url": service.address}])

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.service.address + path)
        self.is_narrow()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()
        assert self.page.locator(".error-summary").all_inner_texts() == []
        self.look()

    def look(self) -> None:
        if self.has_script:
            assert self.barriers(self.page) == []
        self.is_narrow()

    def is_narrow(self) -> None:
        assert not scrolls_sideways(self.page), f"{self.page.url} scrolls sideways"


def arranged(service: Live) -> tuple[VisitDesk, dict[str, str]]:
    """An ordered visit to Sofie, and the sessions of those who judge it and of herself."""
    with service.engine.write() as session:
        desk = visit_desk(session, NOW)
        with_a_follow_up(session, desk.company, NOW)
        desk.ordered(session, NOW)
        secrets = {}
        for who, email in (
            ("analyst", "a@konto.example"),
            ("judge", "j@konto.example"),
            ("sofie", address("Sofie Berg")),
        ):
            account = create_account(session, SERVICE, NewAccount(email, who, "nb"), now=NOW)
            if who != "sofie":
                grant_role(session, SERVICE, account.id, Role.ANALYST, (desk.company.id,), now=NOW)
            token = key_of(session).sign_in_token(start_link(session, account.id, now=NOW))
            secrets[who] = use_sign_in_link(session, token, client="Chromium", now=NOW).secret
    service.work()
    return desk, secrets


def report_on_phone(service: Live, new_page: NewPage, barriers: Barriers) -> None:
    """Without a script; beside it the same pages with one, for axe to look at."""
    shopper = Phone(service, new_page, barriers, java_script_enabled=False)
    looking = Phone(service, new_page, barriers)
    link = service.link_in_letter_to("besok1@besok.example")
    shopper.go(link)
    for side, kind in ((300, "photo"), (320, "receipt")):
        shopper.page.select_option("#kind", kind)
        shopper.page.set_input_files("#file", {"name": "bilde.jpg", "mimeType": "image/jpeg", "buffer": photo(side)})
        shopper.press("Legg til bildet")
    looking.go(link)
    look_for_the_follow_up(looking)
    assert WHEN in shopper.page.inner_text("main")
    shopper.page.fill("#visited_at", "14:30")
    for scale in shopper.page.locator("fieldset.scale").all():
        scale.locator("input[type=radio]").nth(4).check()
    shopper.page.locator("input[name='critical.receipt'][value=yes]").check()
    shopper.page.fill("[name='fact.wait']", "75")
    shopper.press("Send rapporten")
    assert "2 bilder følger med." in shopper.page.inner_text("main")
    looking.go(f"{link}/thanks")
    with service.engine.read() as session:
        (visit,) = (row.value() for row in session.scalars(select(VisitRow)))
    assert visit.report is not None
    # The third was answered, too, but not asked after a 5: it is nobody's answer.
    asked = [item.id for item in visit.form.items if visit.form.trigger_of(item) is None]
    assert (len(visit.form.items), dict(visit.report.levels)) == (3, dict.fromkeys(asked, 5.0))


def look_for_the_follow_up(phone: Phone) -> None:
    """With a script it is there after a 2, and gone after a 5."""
    why, first = phone.page.locator("[data-if]"), phone.page.locator("fieldset.scale").first
    expect(why).to_be_hidden()
    first.locator("input[value='2']").check()
    expect(why).to_be_visible()
    assert WHEN in why.inner_text()
    phone.look()
    first.locator("input[value='5']").check()
    expect(why).to_be_hidden()


def test_a_shopper_reports_with_two_pictures_and_the_visited_objects(
    service: Live, new_page: NewPage, barriers: Barriers
) -> None:
    desk, secrets = arranged(service)
    report_on_phone(service, new_page, barriers)
    analyst = Phone(service, new_page, barriers, secrets["analyst"])
    analyst.go("/visits")
    analyst.page.get_by_role("link", name="Sofie Berg").first.click()
    analyst.look()
    visit = analyst.page.url
    assert analyst.page.locator("a[href*='/evidence/']").count() == 2
    analyst.press("Godta rapporten")

    service.work()
    sofie = Phone(service, new_page, barriers, secrets["sofie"])
    sofie.go(visit)
    sofie.look()
    sofie.page.fill("#appeal", "Kvitteringen er fra en annen butikk.")
    sofie.press("Send innvendingen")

    judge = Phone(service, new_page, barriers, secrets["judge"])
    judge.go(visit)
    judge.look()
    judge.page.get_by_label("Det settes til side og teller ikke").check()
    judge.page.fill("#reason", "Den er fra Team Sør.")
    judge.press("Avgjør")
    sofie.go(visit)
    sofie.look()
    assert "Den er fra Team Sør." in sofie.page.inner_text("main")
    sofie.go(f"/visits/about/{desk.company.subjects['Sofie Berg']}")
