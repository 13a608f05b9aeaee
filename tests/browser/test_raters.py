"""Who rates whom in a real browser: proposed by who is rated, approved by the manager, declined by one, asked of the next."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.kpis.values import RaterGroup
from app.rounds.commands import propose_assignments, remove_assignment
from app.rounds.queries import load_assignments
from tests.browser.live import Live, live
from tests.browser.test_journey import Desk
from tests.chromium import PHONE, scrolls_sideways
from tests.fjellbris import address, draft_round, fjellbris
from tests.shelf import Shelf, nothing
from tests.smtp import MailServer

pytestmark = pytest.mark.slow
NewPage = Callable[..., Page]
START = datetime(2026, 11, 16, 9, tzinfo=UTC)
SOFIE, AMIR, ELIAS, OMAR = "Sofie Berg", "Amir Haddad", "Elias Dahl", "Omar Said"


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(nothing), mail_server, START) as running:
        yield running
    shelf.put_back()


def prepared(engine: Database) -> str:
    """A draft about Sofie that opens in a week; of her team, Omar is not asked."""
    with engine.write() as session:
        company = fjellbris(session, START)
        groups = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE)
        draft = draft_round(session, company, START + timedelta(days=7), rated=(SOFIE,), groups=groups)
        propose_assignments(session, SERVICE, draft.id, now=START)
        omar = company.people[OMAR]
        for one in load_assignments(session, draft.id):
            if one.rater_id == omar:
                remove_assignment(session, SERVICE, one.id, now=START)
    return f"/rounds/{draft.id}"


def propose_on_phone(service: Live, new_page: NewPage) -> None:
    """Sofie proposes Elias from the letter, without a script."""
    phone = new_page(viewport=PHONE, has_touch=True, is_mobile=True, java_script_enabled=False)
    phone.goto(service.link_in_letter_to(address(SOFIE)))
    phone.fill("[name=email]", address(SOFIE))
    phone.get_by_role("button", name="Foreslå", exact=True).click()
    assert "Du kan ikke foreslå deg selv." in phone.inner_text(".error-summary")
    phone.fill("[name=email]", address(ELIAS))
    phone.get_by_role("button", name="Foreslå", exact=True).click()
    assert "Venter på lederen din" in phone.inner_text("main")
    assert not scrolls_sideways(phone)


def decline_on_phone(service: Live, new_page: NewPage) -> None:
    """Elias says no."""
    phone = new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    phone.goto(service.link_in_letter_to(address(ELIAS)))
    phone.get_by_role("link", name="Jeg har ikke jobbet med Sofie").click()
    assert not scrolls_sideways(phone)
    phone.get_by_label("Vi har ikke jobbet sammen").check()
    phone.get_by_role("button", name="Ikke vurder Sofie").click()
    phone.wait_for_url("**/declined")
    assert not scrolls_sideways(phone)


def test_proposed_approved_declined_and_replaced(service: Live, new_page: NewPage) -> None:
    round_path = prepared(service.engine)
    desk = Desk(service, new_page())
    desk.sign_in(address(AMIR))
    desk.go(f"{round_path}/assignments")
    desk.page.fill("[name=until]", "2026-11-18T12:00")
    desk.press("Be dem foreslå")
    service.work()
    propose_on_phone(service, new_page)
    service.work()
    assert service.link_in_letter_to(address(AMIR)).endswith("/nominations")
    desk.go("/nominations")
    desk.press("Godkjenn")
    desk.go(f"{round_path}/loads")
    desk.go(f"{round_path}/start")
    desk.page.locator("input[name=confirmed]").check()
    desk.press("Start runden")
    service.clock.pass_by(timedelta(days=7))
    service.work()
    decline_on_phone(service, new_page)
    service.work()
    assert "/r/" in service.link_in_letter_to(address(OMAR))
    desk.come_back(address(AMIR))
    desk.go(f"{round_path}/assignments")
    rows = {row.split("\t")[0].split("\n")[0]: row for row in desk.page.locator("tbody tr").all_inner_texts()}
    assert "I stedet for en annen" in rows[OMAR]
    assert "Foreslått av den som vurderes" in rows[ELIAS]
    assert "Har takket nei" not in desk.page.inner_text("main")
