"""A customer who was not content asks to be contacted: only who wants it, seen by the owner alone, ended with an outcome."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.accounts.values import Viewer
from app.encounters.tables import ProgrammePeriodRow
from app.errors import Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.invitations.commands import invite_due_rounds
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.organisation.tables import ManagerRoleRow
from app.recovery import rules
from app.recovery.commands import close_case, keep_cases, open_case, tell_owners
from app.recovery.intake import parse_end
from app.recovery.queries import count_open_cases, find_offer, get_case, list_cases
from app.recovery.tables import RecoveryCaseRow, RecoveryContactRow
from app.recovery.values import CaseEnd, CaseOutcome, CaseState, Offer
from app.responses.commands import submit_response
from app.rounds.queries import load_round
from tests.encounters.shop import Shop, open_shop
from tests.fjellbris import address
from tests.played_round import PlayedRound

ALL = PageRequest()
CUSTOMER = "case-0@kunder.example"


@dataclass
class Visit:
    """A customer of Sofie's with a link."""

    shop: Shop
    link: str
    played: PlayedRound

    @property
    def session(self) -> WriteSession:
        return self.shop.session

    def answer(self, *values: str, submission: str = "submission-1") -> Offer | None:
        sent = self.played.posted(CUSTOMER, {"Sofie Berg": values}, submission=submission)
        receipt = submit_response(self.session, self.link, sent, now=self.shop.now)
        return find_offer(self.session, self.link, receipt.low, now=self.shop.now)

    def accept(self, offer: Offer, **wish: Any) -> None:
        given = {"about": offer.about, "ticket": offer.ticket, "contact": "900 00 000", **wish}
        open_case(self.session, self.link, given, posted=True, now=self.shop.now)

    def viewer(self, name: str) -> Viewer:
        """Somebody who is signed in."""
        return Viewer(f"account:{name}", own_subjects=frozenset({self.shop.company.subjects[name]}))


def visit_of(shop: Shop) -> Visit:
    shop.begin()
    shop.send(shop.met("case-0"))
    shop.pass_by(days=7)
    assert shop.draw() == 1
    invite_due_rounds(shop.session, now=shop.now)
    round_id = shop.session.scalars(select(ProgrammePeriodRow.round_id)).one()
    played = PlayedRound(shop.session, shop.company, load_round(shop.session, round_id), shop.now)
    return Visit(shop, played.link_of(CUSTOMER), played)


@pytest.fixture
def visit(session: WriteSession, now: datetime) -> Visit:
    return visit_of(open_shop(session, now))


def test_a_case_is_opened_only_by_a_low_answer_whose_customer_wants_it_and_seen_by_the_owner_alone(
    visit: Visit,
) -> None:
    assert visit.answer("3", "3") is None
    assert visit.answer("na", "na", submission="submission-2") is None
    offer = visit.answer("1", "4", submission="submission-3")
    assert offer is not None
    assert (offer.subject_name, offer.owner_name) == ("Sofie Berg", "Amir Haddad")
    count = select(func.count()).select_from(RecoveryCaseRow)
    assert visit.session.scalar(count) == 0
    with pytest.raises(Invalid):
        visit.accept(offer, contact=" ")
    for _ in range(2):
        visit.accept(offer, name="Kari", message="Jeg ventet lenge.")
    assert visit.session.scalar(count) == 1

    owner = visit.viewer("Amir Haddad")
    [case] = list_cases(visit.session, owner, ALL, state=CaseState.OPEN).items
    assert case.wish is not None
    assert (case.wish.contact, case.wish.name, case.wish.message) == ("900 00 000", "Kari", "Jeg ventet lenge.")
    assert (case.opened_on, case.due_on) == (date(2026, 11, 30), date(2026, 12, 7))
    assert count_open_cases(visit.session, owner) == 1
    for name in ("Sofie Berg", "Ingrid Solheim", "Kari Lunde"):
        other = visit.viewer(name)
        assert (list_cases(visit.session, other, ALL).items, count_open_cases(visit.session, other)) == ((), 0)
        with pytest.raises(NotFound):
            get_case(visit.session, other, case.id)
        with pytest.raises(NotFound):
            close_case(visit.session, other, case.id, CaseEnd(CaseOutcome.SOLVED, ""), now=visit.shop.now)

    closed = close_case(visit.session, owner, case.id, parse_end({"outcome": "made_good"}), now=visit.shop.now)
    assert (closed.state, closed.outcome, closed.wish) == ("closed", "made_good", None)
    assert visit.session.scalar(select(func.count()).select_from(RecoveryContactRow)) == 0
    with pytest.raises(rules.CaseClosed):
        close_case(visit.session, owner, case.id, CaseEnd(CaseOutcome.SOLVED, ""), now=visit.shop.now)
    with pytest.raises(Invalid):
        parse_end({"outcome": "lapsed"})


def test_only_who_was_offered_it_may_ask_and_for_two_hours(visit: Visit) -> None:
    offer = visit.answer("1", "1")
    assert offer is not None
    forged = Offer(offer.about, f"{offer.ticket}x", "", "", "", "")
    elsewhere = Offer("00000000-0000-4000-8000-000000000000", offer.ticket, "", "", "", "")
    for wrong in (forged, elsewhere, Offer(offer.about, "", "", "", "", "")):
        with pytest.raises(rules.NotOffered):
            visit.accept(wrong)
    visit.shop.pass_by(hours=2, minutes=1)
    with pytest.raises(rules.OfferOver):
        visit.accept(offer)


def test_no_case_is_left_without_somebody_to_see_to_it_or_kept_too_long(visit: Visit) -> None:
    offer = visit.answer("1", "1")
    assert offer is not None
    visit.accept(offer)
    assert keep_cases(visit.session, now=visit.shop.now) == 0
    amir = visit.shop.company.subjects["Amir Haddad"]
    ended = update(ManagerRoleRow).where(ManagerRoleRow.subject_id == amir).values(ends_on=date(2026, 11, 30))
    visit.session.execute(ended)
    assert keep_cases(visit.session, now=visit.shop.now) == 1
    assert count_open_cases(visit.session, visit.viewer("Amir Haddad")) == 0
    assert count_open_cases(visit.session, visit.viewer("Ingrid Solheim")) == 1
    assert keep_cases(visit.session, now=visit.shop.now + timedelta(days=61)) == 1
    [case] = list_cases(visit.session, visit.viewer("Ingrid Solheim"), ALL).items
    assert (case.outcome, case.wish) == (CaseOutcome.LAPSED, None)


def test_the_owner_is_told_on_the_next_working_day_that_somebody_waits_and_nothing_else(visit: Visit) -> None:
    offer = visit.answer("1", "4")
    assert offer is not None
    visit.accept(offer, name="Kari Nordmann", message="Jeg ventet lenge.")
    asked_at = visit.shop.now
    case_id = visit.session.scalars(select(RecoveryCaseRow.id)).one()
    tomorrow = asked_at.replace(hour=8) + timedelta(days=1)
    # Not on the same day, which would tell the hour of the answer, and not while nobody is at work.
    times = (asked_at, tomorrow.replace(hour=5), tomorrow, tomorrow + timedelta(minutes=1))
    assert [tell_owners(visit.session, now=at) for at in times] == [0, 0, 1, 0]

    [letter] = visit.session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.CASE_WAITING))
    assert (letter.recipient, letter.dated_at) == (address("Amir Haddad"), tomorrow)
    assert set(letter.parameters) == {"organisation", "path"}
    assert letter.parameters["path"] == f"/cases/{case_id}"

    # Whoever takes the case over is told as well.
    amir = visit.shop.company.subjects["Amir Haddad"]
    ended = update(ManagerRoleRow).where(ManagerRoleRow.subject_id == amir).values(ends_on=tomorrow.date())
    visit.session.execute(ended)
    keep_cases(visit.session, now=tomorrow)
    assert [tell_owners(visit.session, now=tomorrow) for _ in range(2)] == [1, 0]
    told = select(OutboxRow.recipient).where(OutboxRow.letter == Letter.CASE_WAITING)
    assert set(visit.session.scalars(told)) == {address("Amir Haddad"), address("Ingrid Solheim")}


def test_a_programme_that_offers_nothing_offers_nothing(session: WriteSession, now: datetime) -> None:
    visit = visit_of(open_shop(session, now, offers_contact=False))
    assert visit.answer("1", "1") is None
