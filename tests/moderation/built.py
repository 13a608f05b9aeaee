"""A closed round whose comments are read before they are released, and those who may."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, NewAccount, Role, Viewer
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.receipts.queries import get_outcome
from app.releases.review import begin_review
from app.rounds.values import GroupPolicy, Mode
from app.visits.close import close_round
from tests.fjellbris import Fjellbris, fjellbris
from tests.played_round import PlayedRound, customers_of, play

SOFIE, LARS, AMIR = "Sofie Berg", "Lars Moen", "Amir Haddad"
ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)
CLOSED = timedelta(days=15)
WRITTEN = (
    "Ringer alltid tilbake samme dag.",
    "Gunvor i Bergen fikk svar med en gang.",
    "Var borte da mannen min ble syk.",
    "Hilser først når vi kommer inn.",
    "Skriver klare svar på e-post.",
)


@dataclass(frozen=True)
class Moderated:
    """Five customers of Sofie's have written something each, two of Lars's as well, and the manager."""

    session: WriteSession
    company: Fjellbris
    played: PlayedRound
    now: datetime
    codes: dict[str, str]
    """The receipt code of each comment, by its text."""

    def viewer(self, *roles: tuple[Role, str], own: str = "") -> Viewer:
        """Somebody with roles on subjects by name, who may be one of the rated."""
        subjects = self.company.subjects
        grants = tuple(Grant(role, subjects[subject]) for role, subject in roles)
        return Viewer("account:x", grants=grants, own_subjects=frozenset({subjects[own]} if own else ()))

    def states(self) -> dict[str, tuple[str, str | None]]:
        """What each code tells, by the text of the comment."""
        told = {text: get_outcome(self.session, code) for text, code in self.codes.items()}
        return {text: (str(one.state), one.reason and str(one.reason)) for text, one in told.items()}


def give_moderator(session: WriteSession, company: Fjellbris, now: datetime, locale: str = "en") -> str:
    """Somebody who may read comments of the whole company before their release; the account."""
    new = NewAccount("hr@konto.example", "Ingrid Lund", locale)
    account = create_account(session, SERVICE, new, now=now)
    grant_role(session, SERVICE, account.id, Role.MODERATOR, (company.id,), now=now)
    return account.id


def moderated(session: WriteSession, now: datetime, policy: RaterGroup | GroupPolicy) -> Moderated:
    company = fjellbris(session, now)
    give_moderator(session, company, now, "nb")
    asked = {SOFIE: 5, LARS: 2}
    groups = (RaterGroup.MANAGER, policy)
    played = play(session, company, now, groups=groups, customers=asked, moderated_by="HR")
    codes = {}
    for customer, text in zip(customers_of(company, SOFIE, 5), WRITTEN, strict=True):
        (code,) = played.rate(customer, {SOFIE: ("4", "5")}, comment=text).codes
        codes[text] = code.code
    for place, customer in enumerate(customers_of(company, LARS, 2)):
        text = f"Dette vet bare vi to om, nummer {place}."
        (code,) = played.rate(customer, {LARS: ("4", "5")}, comment=text).codes
        codes[text] = code.code
    played.rate(AMIR, {SOFIE: ("4", "5")}, comment="Jeg leder deg gjerne.")
    return Moderated(session, company, played, now, codes)


def closed(made: Moderated) -> None:
    """Close the round and lay its comments out."""
    close_round(made.session, SERVICE, made.played.round.id, now=made.now + CLOSED)
    begin_review(made.session, made.played.round.id, now=made.now + CLOSED)
