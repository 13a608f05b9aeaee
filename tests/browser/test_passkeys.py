"""A passkey in a real browser with an authenticator inside it: made, used to come in, and what is said without scripts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from app.accounts.commands import create_account, grant_role, set_factor_duty
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link
from app.accounts.values import FactorDuty, NewAccount, Role
from app.infra.keys import key_of
from app.organisation.commands import create_company
from tests.browser.live import Live, live
from tests.chromium import PHONE
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
Barriers = Callable[[Page], list[str]]
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, NOW, name="localhost") as running:
        yield running
    shelf.put_back()


def link_of_a_manager(service: Live) -> str:
    """Ingrid leads a company that asks its managers for two steps, and has one: the link."""
    with service.engine.write() as session:
        company = create_company(session, SERVICE, "Fjellbris", now=NOW)
        account = create_account(session, SERVICE, NewAccount("ingrid@fjellbris.example", "Ingrid"), now=NOW)
        grant_role(session, SERVICE, account.id, Role.MANAGER, company.path, now=NOW)
        set_factor_duty(session, SERVICE, company.id, FactorDuty.DECIDERS, now=NOW)
        return f"{service.address}/sign-in/{key_of(session).sign_in_token(start_link(session, account.id, now=NOW))}"


def with_a_device(page: Page) -> Callable[[], None]:
    """Put an authenticator into the browser that recognises its owner; what makes it recognise nobody."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    inside = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**inside, "isUserVerified": True, "automaticPresenceSimulation": True}
    named = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def forget_owner() -> None:
        device.send("WebAuthn.setUserVerified", {**named, "isUserVerified": False})

    return forget_owner


def make(page: Page, barriers: Barriers) -> None:
    page.get_by_role("link", name="Eller bruk en tilgangsnøkkel").click()
    assert barriers(page) == []
    assert not page.locator("#passkey-wrong").is_visible()
    page.fill("#name", "Telefonen min")
    page.get_by_role("button", name="Lag en tilgangsnøkkel").click()
    page.wait_for_url("**/account/passkeys?done=made")
    assert "Telefonen min" in page.inner_text("main table")


def test_a_passkey_is_both_steps_of_a_sign_in(service: Live, new_page: NewPage, barriers: Barriers) -> None:
    page = new_page(viewport=PHONE)
    forget_owner = with_a_device(page)
    page.goto(link_of_a_manager(service))
    page.click("main button[type=submit]")
    page.goto(f"{service.address}/")
    assert page.url.endswith("/account/factor"), "two steps are asked for, and the link was one"
    make(page, barriers)
    page.goto(f"{service.address}/")
    assert page.inner_text("h1") != "Totrinnsinnlogging"

    page.context.clear_cookies()
    page.goto(f"{service.address}/sign-in?next=/account/passkeys")
    page.get_by_text("Logg inn med tilgangsnøkkel").first.click()
    assert barriers(page) == []
    page.get_by_role("button", name="Logg inn med tilgangsnøkkel").click()
    page.wait_for_url("**/account/passkeys")
    assert "Aldri" not in page.inner_text("main table")

    page.get_by_role("link", name="Fjern").click()
    page.locator("dialog").get_by_role("button", name="Fjern").click()
    page.wait_for_url("**/account/passkeys?done=removed")
    assert page.locator("main table").count() == 0

    forget_owner()
    page.get_by_role("button", name="Lag en tilgangsnøkkel").click()
    page.wait_for_selector("#passkey-wrong:not([hidden])")

    plain = new_page(java_script_enabled=False)
    plain.goto(f"{service.address}/sign-in")
    plain.get_by_text("Logg inn med tilgangsnøkkel").first.click()
    assert plain.get_by_text("krever en nettleser som kjører skript").is_visible()
    assert not plain.locator("form[data-passkey]").is_visible()
