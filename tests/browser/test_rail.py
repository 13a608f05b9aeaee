"""The whole rail in a real browser: asked, read in a talk, acted on, measured again, told, and kept in the ledger."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from app.accounts.rules import SERVICE
from app.kpis.queries import find_kpis
from app.organisation.queries import list_companies
from tests.browser.live import Live, live
from tests.browser.test_journey import Desk, NewPage, rate_on_phone
from tests.chromium import PHONE
from tests.shelf import Shelf, company
from tests.smtp import MailServer

pytestmark = pytest.mark.slow

START = datetime(2026, 9, 21, 9, tzinfo=UTC)
AMIR, SOFIE = "amir.haddad@fjellbris.example", "sofie.berg@fjellbris.example"
COLLEAGUES = [f"{name}@fjellbris.example" for name in ("lars.moen", "thea.vik", "omar.said")]
REASON = "Ja, vi øver i oktober."
WHAT = "Hver fredag skriver vi ned ett råd."
DID = "Nå skriver vi dem ned hver fredag."
Barriers = Callable[[Page], list[str]]


@pytest.fixture
def service(shelves: Callable[[str], Shelf], mail_server: MailServer) -> Iterator[Live]:
    shelf = shelves("sqlite")
    with live(shelf.take(company), mail_server, START) as running:
        yield running
    shelf.put_back()


class Rail:
    """Amir at his desk and Sofie on her phone; the clock goes from day to day."""

    def __init__(self, service: Live, new_page: NewPage, barriers: Barriers) -> None:
        self.service, self.new_page, self.barriers = service, new_page, barriers
        self.amir = Desk(service, new_page())
        self.sofie = Desk(service, new_page(viewport=PHONE, has_touch=True, is_mobile=True))

    def on(self, month: int, day: int, hour: int = 9) -> None:
        """The worker does what is due by then."""
        self.service.clock.now = datetime(2026, month, day, hour, tzinfo=UTC)
        self.service.work()

    def answers(self, point: int) -> None:
        """The colleagues and the manager answer by the links of their letters."""
        for rater in COLLEAGUES:
            rate_on_phone(self.service, self.new_page, rater, point)
        rate_on_phone(self.service, self.new_page, AMIR, point, self.barriers)

    def told(self, recipient: str, what: str) -> bool:
        """Whether a letter says so."""
        bodies = (one.parsed().get_body(("plain",)) for one in self.service.mail.to(recipient))
        return any(body is not None and what in body.get_content() for body in bodies)


def fill(desk: Desk, **fields: str) -> None:
    for name, text in fields.items():
        desk.page.fill(f"[name='{name.replace('__', '.')}']", text)


def start(desk: Desk) -> None:
    confirm = desk.page.locator("input[name=confirmed]")
    if confirm.count():
        confirm.check()
    desk.press("Start runden")


def ask_behind_the_talk(rail: Rail) -> None:
    """Amir asks the team about Sofie; she reads it on the day of the talk."""
    desk, page = rail.amir, rail.amir.page
    desk.sign_in(AMIR)
    desk.go("/rounds/new")
    desk.choose("scope_id", "Team Nord")
    fill(desk, name__nb="Team Nord, 3. kvartal", name__en="Team North, third quarter", asked_by="Amir Haddad")
    fill(desk, purpose__nb="Vi vil øve på samspill.", purpose__en="We want to practise teamwork.")
    fill(desk, period_start="2026-07-01", period_end="2026-09-20")
    desk.press("Lagre og velg hvem")
    page.get_by_label("Sofie Berg", exact=True).check()
    for group in ("manager", "colleague"):
        page.check(f"input[name=groups][value={group}]")
    desk.press("Lagre og velg hva")
    # What stands on the cards is ticked already.
    ticked = page.locator("input[name$='.kpi_id']:checked")
    while ticked.count():
        ticked.first.uncheck()
    page.get_by_label("Spør om Samspill", exact=True).check()
    desk.press("Lagre og avklar personvern")
    desk.press("Lagre og se brevet")
    page.check("input[name=talk_days][value='10']")
    desk.press("Lagre og se hva som kan vises")
    start(desk)


def talk(rail: Rail) -> str:
    """The day is set, Sofie is told, reads, replies; both sign what they agreed. The address of her summary."""
    amir, sofie = rail.amir, rail.sofie
    amir.come_back(AMIR)
    amir.go("/results")
    amir.page.get_by_role("link", name="Team Nord").first.click()
    amir.page.get_by_role("link", name="Sofie Berg").first.click()
    summary = amir.page.url.removeprefix(rail.service.address).partition("?")[0]
    assert "50,0" in amir.page.inner_text("main")
    sofie.sign_in(SOFIE)
    sofie.go("/results")
    assert "50,0" not in sofie.page.inner_text("main")
    assert sofie.page.locator(f"a[href='{summary}']").count() == 0

    amir.go(f"{summary}/talk/edit")
    fill(amir, talk_on="2026-10-08", agreements__0__text="Vi øver på å dele", agreements__0__due_on="2026-10-30")
    amir.press("Lagre")
    rail.on(10, 8)
    assert rail.told(SOFIE, summary)
    # Nobody stays signed in over night.
    amir.come_back(AMIR)
    sofie.come_back(SOFIE)
    sofie.go(summary)
    assert "50,0" in sofie.page.inner_text("main")
    fill(sofie, reply="Jeg kjenner meg igjen.")
    sofie.press("Jeg har lest dette")
    amir.go(f"{summary}/talk")
    assert "Jeg kjenner meg igjen." in amir.page.inner_text("main")
    amir.press("Signer")
    sofie.go(f"{summary}/talk")
    sofie.press("Signer")
    assert "Signert av begge" in sofie.page.inner_text("main")
    return summary


def act(rail: Rail, summary: str) -> tuple[str, str]:
    """A decision, and the plan it leads to about one item, measured again in a month. Their addresses."""
    desk, page = rail.amir, rail.amir.page
    with rail.service.engine.read() as session:
        kpi_id = find_kpis(session, list_companies(session, SERVICE)[0].id, ["teamwork"])["teamwork"]
    subject_id = summary.rpartition("/")[2]
    desk.go(f"/decisions/new?kpi={kpi_id}&subject={subject_id}")
    fill(desk, question="Trenger Sofie støtte til å dele?")
    desk.press("Be om en beslutning")
    case = page.url.partition("?")[0]
    page.locator("input[name=choice][value=act]").check()
    fill(desk, reason=REASON)
    desk.press("Avgjør")
    page.locator("main a[href^='/plans/new']").click()
    fill(desk, what=WHAT, expected="20", check_on="2026-11-09")
    fill(desk, actions__0__text="Sett av en halvtime", actions__0__due_on="2026-10-16")
    desk.choose("item_id", "Deling")
    desk.choose("owner_id", "Sofie Berg")
    desk.press("Lag planen")
    plan = page.url.partition("?")[0]
    desk.press("Mål på nytt")
    page.goto(plan)
    page.locator("main a[href^='/rounds/']").first.click()
    again = page.url.removeprefix(rail.service.address).partition("?")[0]
    desk.go(f"{again}/assignments")
    page.locator("form[action$='/assignments/propose'] button").first.click()
    page.wait_for_load_state()
    desk.go(f"{again}/start")
    start(desk)
    return case, plan


def tell(rail: Rail, plan: str) -> None:
    """What is planned is done, its effect is looked at, and those who rated are told."""
    desk = rail.amir
    desk.come_back(AMIR)
    desk.page.goto(plan)
    desk.press("Ferdig")
    desk.page.get_by_role("link", name="Avslutt planen").click()
    desk.page.locator("input[name=state][value=done]").check()
    fill(desk, note="Rådene brukes.")
    desk.press("Avslutt planen")
    desk.page.goto(plan)
    shown = desk.page.inner_text("main")
    assert "Det var 50,0 før og 100 i 9. oktober" in shown.replace("\u00a0", " ")
    # One person alone: the page says why nobody can tell.
    assert ("Uklart" in shown, "færre enn tre andre å sammenligne med" in shown) == (True, True)
    desk.page.get_by_role("link", name="Skriv til dem som vurderte").click()
    fill(desk, heard__nb="Råd blir ikke delt.", did__nb=DID)
    desk.press("Se brevet")
    desk.press("Send brevene")


def test_from_a_round_to_what_its_decision_led_to(service: Live, new_page: NewPage, barriers: Barriers) -> None:
    rail = Rail(service, new_page, barriers)
    ask_behind_the_talk(rail)
    rail.on(9, 22)
    rail.answers(3)
    rail.on(10, 7)
    summary = talk(rail)
    case, plan = act(rail, summary)

    rail.on(11, 10)
    rail.answers(5)
    rail.on(11, 27)
    tell(rail, plan)
    rail.on(11, 30)
    assert [one for one in COLLEAGUES if not rail.told(one, DID)] == []
    desk = rail.amir
    desk.come_back(AMIR)
    desk.go("/decisions?state=decided")
    # The ledger tells the decision with its reason, what it led to, and whether that worked.
    ledger = desk.page.inner_text("main")
    assert [one for one in (REASON, WHAT, "Uklart") if one not in ledger] == []
    desk.page.goto(case)
    assert "Uklart" in desk.page.inner_text("main")
    desk.page.get_by_role("link", name=WHAT).click()
    assert desk.page.url.partition("?")[0] == plan
