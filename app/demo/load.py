"""The whole demo in one transaction: who is there, what is measured, a released quarter, weeks and an open round."""

from datetime import datetime, timedelta

from app.accounts.commands import create_account, grant_role
from app.accounts.queries import find_account
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, NewAccount, Role, Viewer
from app.analysis.commands import answer_assignment, note_score
from app.analysis.values import Choice, NoteDraft
from app.demo.addresses import address
from app.demo.benchmarks import bring_in_neighbour
from app.demo.calendar import at_local, quarter_of, released_quarter
from app.demo.dossiers import put_on_record
from app.demo.entrances import ADMIN, AMIR, ANALYST
from app.demo.followed_up import follow_up
from app.demo.kpis import create_kpis
from app.demo.open_round import open_round
from app.demo.organisation import create_organisation
from app.demo.past_round import release_past_quarter
from app.demo.programme import set_up_programme
from app.demo.ratings import CONTACTS, customer, shopper
from app.demo.readings import create_readings
from app.demo.scenarios import write_scenario
from app.demo.weekly_rounds import release_weeks
from app.errors import Conflict, NotFound
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.kpis.queries import find_kpis
from app.organisation.commands import ensure_raters
from app.organisation.named import find_subjects
from app.organisation.queries import list_companies
from app.organisation.values import NewRater
from app.releases.values import Release
from app.scoring.obstacles import Assignment

ANALYSED, NOTED = "tobias.lund", "objection-handling"
REASON = (
    "En som var på besøk, er streng mot alle og veier mye her. / One shopper is strict with all and weighs much here."
)
CUSTOMERS = 180
"""So many customers are known; everyone in six reads English, as one of the shoppers does in five."""


class NotEmpty(Conflict):
    """The demo is only put into a database without any company."""

    code = "not_empty"
    message = "There is a company in this database already. The demo needs an empty one."


def load_demo(session: WriteSession, *, now: datetime) -> None:
    """Store Fjellbris as it stands at `now`, through the commands and intakes of everybody.

    For the service alone. Raises NotEmpty when there is any company already.
    """
    if list_companies(session, SERVICE):
        raise NotEmpty
    today = now.astimezone(DEFAULT_ZONE).date()
    released = released_quarter(today)
    first_day = at_local(released.first.replace(month=1), 9)
    counted = min(now, at_local(released.after.first + timedelta(days=4), 9))
    where = create_organisation(session, now=first_day)
    create_kpis(session, SERVICE, where, starts_on=released.first.replace(month=1), now=first_day)
    ensure_raters(session, where.company_id, _outsiders(), now=first_day)
    for quarter in (released.before, released):
        create_readings(session, where.company_id, quarter, improved_on=released.first, now=counted)
    release = release_past_quarter(session, where.company_id, released, now=counted)
    create_readings(session, where.company_id, quarter_of(today), improved_on=released.first, now=now)
    release_weeks(session, where.company_id, first_day=first_day, now=now)
    put_on_record(session, where.company_id, today, now=now)
    write_scenario(session, where.company_id, now=now)
    open_round(session, where.company_id, now=now)
    _create_accounts(session, where.company_id, now=first_day)
    _analyse(session, release, now=counted)
    follow_up(session, where.company_id, released, today, now=now)
    set_up_programme(session, where.company_id, today, now=now)
    bring_in_neighbour(session, release, released, now=now)


def _outsiders() -> list[NewRater]:
    customers = [(customer(number), number % 6 == 0) for number in range(1, CUSTOMERS + 1)]
    shoppers = [(shopper(number), number % 5 == 0) for number in range(1, CONTACTS + 1)]
    return [
        NewRater(key=email, email=email, locale="en" if reads_english else "nb")
        for email, reads_english in (*customers, *shoppers)
    ]


def _create_accounts(session: WriteSession, company_id: str, *, now: datetime) -> None:
    """An administrator, who reads no results, an analyst, and Amir, who may what his role in the organisation lets him."""
    admin = create_account(session, SERVICE, NewAccount(ADMIN, "Administrator"), now=now)
    grant_role(session, SERVICE, admin.id, Role.ADMIN, (company_id,), now=now)
    analyst = create_account(session, SERVICE, NewAccount(ANALYST, "Analytiker"), now=now)
    grant_role(session, SERVICE, analyst.id, Role.ANALYST, (company_id,), now=now)
    create_account(session, SERVICE, NewAccount(address(AMIR), "Amir Haddad"), now=now)


def _analyse(session: WriteSession, release: Release, *, now: datetime) -> None:
    """What the analyst has left: shoppers and customers came by chance, and Tobias met the strict ones."""
    account = find_account(session, ANALYST)
    tobias = find_subjects(session, release.company_id, [ANALYSED])[ANALYSED]
    if account is None:
        raise NotFound
    analyst = Viewer(f"account:{account.id}", account.name, grants=(Grant(Role.ANALYST, release.company_id),))
    answer_assignment(session, analyst, release.id, Assignment.UNRELATED, now=now)
    note = NoteDraft(tobias, find_kpis(session, release.company_id, [NOTED])[NOTED], Choice.FAIR, REASON)
    note_score(session, analyst, release.id, note, now=now)
