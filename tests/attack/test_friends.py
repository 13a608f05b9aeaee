"""Somebody who reads the results fills the crowd around one victim: with other spellings of one mailbox, or with friends (T29)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.infra.database import WriteSession
from app.invitations.commands import invite_due_rounds
from app.kpis.values import RaterGroup
from app.organisation.queries import load_people
from app.releases.commands import release_round
from app.releases.tables import ScoreRow
from app.rounds.commands import add_assignments, approve_assignment, launch_round
from app.rounds.intake import parse_raters, rows_of
from app.rounds.queries import load_assignments
from app.rounds.rules import SecondPersonNeeded
from app.rounds.values import AssignmentSource, GroupPolicy, Mode, Round
from app.visits.close import close_round
from tests.fjellbris import Fjellbris, draft_round, fjellbris
from tests.played_round import PlayedRound

SOFIE, AMIR = "Sofie Berg", "Amir Haddad"
VICTIM = "offer@kunder.example"
CUSTOMERS = GroupPolicy(RaterGroup.CUSTOMER, Mode.CONFIDENTIAL, 3, 3)
ALIASES = (
    "leder@kunder.example",
    "Leder@kunder.example",
    "leder+en@kunder.example",
    "LEDER+TO@KUNDER.example",
    "ｌｅｄｅｒ@kunder.example",
)
FRIENDS = tuple(f"venn{number}@kunder.example" for number in range(4))


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


@pytest.fixture
def draft(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    made = draft_round(session, company, now, rated=(SOFIE,), groups=(RaterGroup.MANAGER, CUSTOMERS))
    add(session, company, made, [VICTIM], now)
    add(session, company, made, [address_of_amir()], now, group="manager")
    return made


def address_of_amir() -> str:
    return "amir.haddad@fjellbris.example"


def amir(company: Fjellbris) -> Viewer:
    """Sofie's manager, who starts rounds of his team and reads their results."""
    return Viewer("account:amir", grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))


def add(
    session: WriteSession,
    company: Fjellbris,
    round_: Round,
    emails: Sequence[str],
    now: datetime,
    *,
    group: str = "customer",
    by: Viewer = SERVICE,
    source: AssignmentSource = AssignmentSource.LIST,
) -> None:
    rows = [{"rater_group": group, "subject": company.subjects[SOFIE], "email": email} for email in emails]
    add_assignments(session, by, round_.id, parse_raters(rows_of(rows)), source=source, now=now)


def shown(session: WriteSession, company: Fjellbris, draft: Round, now: datetime) -> Mapping[str, str]:
    """Launch, let everybody answer, release: status of Sofie's groups on the KPI."""
    launched = launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    invite_due_rounds(session, now=now)
    played = PlayedRound(session, company, launched, now)
    asked = {one.rater_id for one in load_assignments(session, draft.id) if one.rater_group is RaterGroup.CUSTOMER}
    for person in load_people(session, asked).values():
        played.rate(person.mailbox or "", {SOFIE: ["2", "2"]})
    close_round(session, SERVICE, draft.id, now=now + timedelta(days=15))
    release = release_round(session, SERVICE, draft.id, now=now + timedelta(days=15))
    query = select(ScoreRow.rater_groups, ScoreRow.status).where(
        ScoreRow.release_id == release.id, ScoreRow.item_id.is_(None), ScoreRow.rater_groups != ""
    )
    rows = session.execute(query.where(ScoreRow.subject_id == company.subjects[SOFIE]))
    return {groups: status for groups, status in rows}  # noqa: C416 - rows are no pairs to mypy


def test_other_spellings_of_one_mailbox_are_one_person(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    add(session, company, draft, ALIASES, now)

    customers = [one for one in load_assignments(session, draft.id) if one.rater_group is RaterGroup.CUSTOMER]
    assert len(customers) == 2
    assert shown(session, company, draft, now)["customer"] == "suppressed"


def test_friends_whom_a_reader_adds_by_hand_do_not_count_until_somebody_else_approves(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    add(session, company, draft, FRIENDS, now, by=amir(company), source=AssignmentSource.HAND)
    for one in load_assignments(session, draft.id):
        if one.source is AssignmentSource.HAND:
            with pytest.raises(SecondPersonNeeded):
                approve_assignment(session, amir(company), one.id, now=now)

    assert shown(session, company, draft, now)["customer"] == "suppressed"


def test_the_same_friends_count_once_a_second_person_has_approved(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    add(session, company, draft, FRIENDS, now, by=amir(company), source=AssignmentSource.HAND)
    for one in load_assignments(session, draft.id):
        approve_assignment(session, SERVICE, one.id, now=now)

    assert shown(session, company, draft, now)["customer"] == "ok"


def test_who_reads_the_results_is_no_crowd_for_others(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    """Amir and those who lead above him, as customers of Sofie: three names beside the victim, and none counts."""
    readers = [address_of_amir(), "ingrid.solheim@fjellbris.example", "ragnhild.torp@fjellbris.example"]
    add(session, company, draft, readers, now)

    assert shown(session, company, draft, now)["customer"] == "suppressed"
