"""A rated person proposes raters, a manager decides, and nobody gets around either: nor around conflicts and the cap."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import AppError, Forbidden, Invalid, NotFound
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.infra.paging import PageRequest
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.organisation.commands import appoint_deputy
from app.organisation.values import NewDeputy
from app.rounds.assign import NO_TIME_LEFT
from app.rounds.commands import (
    approve_nomination,
    call_for_nominations,
    change_round,
    launch_round,
    mark_conflict,
    nominate,
    propose_assignments,
    refuse_nomination,
    set_groups,
    set_load_cap,
    tell_managers,
    withdraw_nomination,
)
from app.rounds.launch import draft_of
from app.rounds.nominate import NOT_AN_EMPLOYEE, NOT_THIS_ONE, NOT_YOURSELF, TOO_MANY, NewNomination
from app.rounds.nominations import (
    Nomination,
    NominationState,
    find_nominator,
    list_nominations,
    load_nomination_forms,
)
from app.rounds.queries import load_assignments
from app.rounds.rules import DecidedAlready, NobodyToNominate, RoundNotDraft, SecondPersonNeeded
from app.rounds.values import AssignmentSource, Round
from tests.fjellbris import Fjellbris, address, draft_round, fjellbris
from tests.served import STRICTER_DATABASE

SOFIE, LARS, ELIAS, MINA = "Sofie Berg", "Lars Moen", "Elias Dahl", "Mina Olsen"
GROUPS = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE, RaterGroup.CUSTOMER)
DAY = timedelta(days=1)


@pytest.fixture
def called(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    """A draft that opens in a week, whose rated people may propose until tomorrow."""
    draft = draft_round(session, company, now + 7 * DAY, groups=GROUPS, rated=(SOFIE, LARS))
    return call_for_nominations(session, SERVICE, draft.id, until=now + DAY, now=now)


def sofie(company: Fjellbris) -> Viewer:
    return Viewer("account:sofie", own_subjects=frozenset({company.subjects[SOFIE]}))


def leader(company: Fjellbris, place: str = "Team Nord") -> Viewer:
    return Viewer("account:amir", grants=(Grant(Role.MANAGER, company.subjects[place]),))


def colleague(name: str) -> NewNomination:
    return NewNomination(RaterGroup.COLLEAGUE, address(name))


def made(session: WriteSession, company: Fjellbris, now: datetime) -> tuple[Nomination, ...]:
    (form,) = load_nomination_forms(session, [company.subjects[SOFIE]], now=now)
    return form.nominations


def test_a_proposal_is_approved_counts_and_takes_a_place_or_is_refused_with_a_reason(
    session: WriteSession, company: Fjellbris, called: Round, now: datetime
) -> None:
    about = company.subjects[SOFIE]
    propose_assignments(session, SERVICE, called.id, now=now)
    customer = NewNomination(RaterGroup.CUSTOMER, "anne@kunder.example", "Anne")
    for new in (colleague(ELIAS), colleague(ELIAS), colleague("Thea Vik"), colleague(MINA), customer):
        nominate(session, sofie(company), called.id, about, new, now=now)
    waiting = list_nominations(session, leader(company), PageRequest(), now=now).items
    assert {one.name for one in waiting} == {ELIAS, "Thea Vik", MINA, "Anne"}
    assert list_nominations(session, leader(company, "Team Sør"), PageRequest(), now=now).items == ()
    assert len(list_nominations(session, SERVICE, PageRequest(), round_id=called.id, now=now).items) == 4
    assert list_nominations(session, SERVICE, PageRequest(), round_id="nothing", now=now).items == ()
    by_name = {one.name: one.id for one in waiting}
    refuse_nomination(session, leader(company), by_name[MINA], reason="Har knapt møttes.", now=now)
    for name in (ELIAS, "Thea Vik", "Anne", "Anne"):
        approve_nomination(session, leader(company), by_name[name], now=now)
    found = {one.name: (one.state, one.reason) for one in made(session, company, now)}
    assert found[MINA] == (NominationState.REFUSED, "Har knapt møttes.")
    assert found[ELIAS] == (NominationState.APPROVED, None)
    nominated = [one for one in load_assignments(session, called.id) if one.source is AssignmentSource.NOMINATION]
    assert len(nominated) == 3
    acts: tuple[Callable[[], None], ...] = (
        lambda: approve_nomination(session, leader(company), by_name[MINA], now=now),
        lambda: refuse_nomination(session, leader(company), by_name[ELIAS], reason="Nei.", now=now),
        lambda: withdraw_nomination(session, sofie(company), by_name[ELIAS]),
    )
    for act in acts:
        with pytest.raises(DecidedAlready):
            act()
    propose_assignments(session, SERVICE, called.id, now=now)
    launch_round(session, SERVICE, called.id, confirmed=True, now=now)
    kept = {one.id: one.counted for one in load_assignments(session, called.id)}
    assert all(kept[one.id] for one in nominated)
    waits = select(OutboxRow.state).where(OutboxRow.letter == Letter.NOMINATION_CALL)
    assert set(session.scalars(waits)) == {"cancelled"}
    assert load_nomination_forms(session, [about], now=now) == ()


def test_only_those_who_can_rate_are_proposed_and_only_by_who_is_rated(
    session: WriteSession, company: Fjellbris, called: Round, now: datetime
) -> None:
    about = company.subjects[SOFIE]
    mark_conflict(session, SERVICE, company.people[SOFIE], company.people[MINA], reason="Gift.", now=now)
    refusals: list[tuple[NewNomination, str]] = [
        (colleague(SOFIE), NOT_YOURSELF),
        (colleague(MINA), NOT_THIS_ONE),
        (NewNomination(RaterGroup.COLLEAGUE, "venn@post.example"), NOT_AN_EMPLOYEE),
        (NewNomination(RaterGroup.COLLEAGUE, "ingen adresse"), ""),
        (NewNomination(RaterGroup.MANAGER, address(LARS)), ""),
    ]
    for new, message in refusals:
        with pytest.raises(Invalid) as refused:
            nominate(session, sofie(company), called.id, about, new, now=now)
        assert message in {"", refused.value.errors[0].message}
    nominate(session, sofie(company), called.id, about, NewNomination(RaterGroup.CUSTOMER, address(LARS)), now=now)
    assert [(one.email, one.name) for one in made(session, company, now)] == [(address(LARS), None)]
    for number in range(11):
        new = NewNomination(RaterGroup.CUSTOMER, f"kunde{number}@kunder.example")
        nominate(session, sofie(company), called.id, about, new, now=now)
    with pytest.raises(Invalid) as refused:
        nominate(
            session, sofie(company), called.id, about, NewNomination(RaterGroup.CUSTOMER, "en@til.example"), now=now
        )
    assert refused.value.errors[0].message == TOO_MANY
    first = made(session, company, now)[0].id
    withdraw_nomination(session, sofie(company), first)
    with pytest.raises(NotFound):
        withdraw_nomination(session, sofie(company), first)
    for viewer, round_id, when in (
        (leader(company), called.id, now),
        (sofie(company), "nothing", now),
        (sofie(company), called.id, now + 2 * DAY),
    ):
        with pytest.raises(NotFound):
            nominate(session, viewer, round_id, about, colleague(ELIAS), now=when)


def test_nobody_decides_about_oneself_or_without_the_right(
    session: WriteSession, company: Fjellbris, called: Round, now: datetime
) -> None:
    about = company.subjects[SOFIE]
    nominate(session, sofie(company), called.id, about, colleague(ELIAS), now=now)
    (one,) = made(session, company, now)
    self_leading = replace(leader(company), own_subjects=frozenset({about}))
    same_actor = replace(leader(company), actor="account:sofie")
    reader = Viewer("account:r", grants=(Grant(Role.VIEWER, company.subjects["Team Nord"]),))
    cases: list[tuple[Viewer, type[AppError]]] = [
        (self_leading, SecondPersonNeeded),
        (same_actor, SecondPersonNeeded),
        (replace(leader(company), stands_in_for=frozenset({about})), SecondPersonNeeded),
        (reader, Forbidden),
        (leader(company, "Team Sør"), NotFound),
    ]
    for viewer, error in cases:
        with pytest.raises(error):
            approve_nomination(session, viewer, one.id, now=now)
    with pytest.raises(NotFound):
        approve_nomination(session, leader(company), "nothing", now=now)
    with pytest.raises(Invalid):
        refuse_nomination(session, leader(company), one.id, reason=" ", now=now)
    approve_nomination(session, leader(company), one.id, now=now)
    with pytest.raises(Invalid) as refused:
        nominate(
            session,
            sofie(company),
            called.id,
            about,
            NewNomination(RaterGroup.COLLEAGUE, "x" + address(ELIAS)),
            now=now,
        )
    assert refused.value.errors[0].message == NOT_AN_EMPLOYEE


@STRICTER_DATABASE
@pytest.mark.parametrize("late", ["refused", "approved", "withdrawn"])
def test_of_two_decisions_at_once_the_first_stands(engine: Database, now: datetime, late: str) -> None:
    with engine.write() as session:
        company = fjellbris(session, now)
        draft = draft_round(session, company, now + 7 * DAY, groups=GROUPS, rated=(SOFIE,))
        call_for_nominations(session, SERVICE, draft.id, until=now + DAY, now=now)
        nominate(session, sofie(company), draft.id, company.subjects[SOFIE], colleague(ELIAS), now=now)
        (one,) = made(session, company, now)

    def decide() -> None:
        with engine.write() as session:
            if late == "refused":
                refuse_nomination(session, SERVICE, one.id, reason="Nei.", now=now)
            elif late == "approved":
                approve_nomination(session, SERVICE, one.id, now=now)
            else:
                withdraw_nomination(session, sofie(company), one.id)

    with ThreadPoolExecutor(1) as pool:
        with engine.write() as session:
            if late == "approved":
                refuse_nomination(session, leader(company), one.id, reason="Nei.", now=now)
            else:
                approve_nomination(session, leader(company), one.id, now=now)
            second = pool.submit(decide)
            wait([second], timeout=0.5)
        with pytest.raises(DecidedAlready):
            second.result()
    with engine.write() as session:
        (found,) = made(session, company, now)
        asked = [one.source for one in load_assignments(session, draft.id)]
    first = NominationState.REFUSED if late == "approved" else NominationState.APPROVED
    assert (found.state, asked) == (first, [] if late == "approved" else [AssignmentSource.NOMINATION])


def test_an_approval_holds_the_cap_and_waits_for_no_started_round(
    session: WriteSession, company: Fjellbris, called: Round, now: datetime
) -> None:
    about = company.subjects[SOFIE]
    nominate(session, sofie(company), called.id, about, colleague(ELIAS), now=now)
    nominate(session, sofie(company), called.id, about, colleague(MINA), now=now)
    elias, mina = (next(one.id for one in made(session, company, now) if one.name == name) for name in (ELIAS, MINA))
    set_load_cap(session, SERVICE, company.id, 10, now=now)
    for _ in range(6):
        other = draft_round(
            session,
            company,
            now,
            groups=(RaterGroup.COLLEAGUE,),
            rated=("Mina Olsen", "Oda Strand", "Henrik Lie"),
            scope="Team Sør",
        )
        propose_assignments(session, SERVICE, other.id, now=now)
        launch_round(session, SERVICE, other.id, confirmed=True, now=now)
    change_round(session, SERVICE, called.id, replace(draft_of(called), opens_at=now + 6 * DAY), now=now)
    with pytest.raises(Invalid) as refused:
        approve_nomination(session, leader(company), elias, now=now)
    assert refused.value.errors[0].message == NO_TIME_LEFT
    propose_assignments(session, SERVICE, called.id, now=now)
    launch_round(session, SERVICE, called.id, confirmed=True, now=now)
    with pytest.raises(RoundNotDraft):
        approve_nomination(session, leader(company), mina, now=now)


def test_the_call_writes_to_who_is_rated_and_managers_and_deputies_get_one_letter_a_day(
    session: WriteSession, company: Fjellbris, called: Round, now: datetime
) -> None:
    def letters(letter: Letter) -> set[tuple[str, int]]:
        rows = session.scalars(select(OutboxRow).where(OutboxRow.letter == letter))
        return {(row.recipient, row.parameters.get("count", 0)) for row in rows}

    assert letters(Letter.NOMINATION_CALL) == {(address(SOFIE), 0), (address(LARS), 0)}
    call_for_nominations(session, SERVICE, called.id, until=now + 2 * DAY, now=now)
    assert len(letters(Letter.NOMINATION_CALL)) == 2
    token = key_of(session).nomination_token(called.id, company.people[SOFIE])
    found = find_nominator(session, token)
    assert found is not None
    assert found[2].own_subjects == {company.subjects[SOFIE]}
    assert find_nominator(session, token[:-1] + "x") is find_nominator(session, "æ") is None
    kari = company.subjects["Kari Lunde"]
    appoint_deputy(session, SERVICE, company.subjects["Amir Haddad"], NewDeputy(kari, now.date() + 7 * DAY), now=now)
    assert tell_managers(session, now=now) == 0
    nominate(session, found[2], called.id, company.subjects[SOFIE], colleague(ELIAS), now=now)
    assert tell_managers(session, now=now) == 2
    nominate(session, found[2], called.id, company.subjects[SOFIE], colleague(MINA), now=now)
    assert tell_managers(session, now=now) == 0
    assert tell_managers(session, now=now + DAY) == 2
    assert letters(Letter.NOMINATIONS_WAITING) == {
        (address(name), count) for name in ("Amir Haddad", "Kari Lunde") for count in (1, 2)
    }


def test_a_call_needs_a_draft_a_time_before_the_opening_and_somebody_who_can_propose(
    session: WriteSession, company: Fjellbris, called: Round, now: datetime
) -> None:
    for until in (now, now + 8 * DAY):
        with pytest.raises(Invalid):
            call_for_nominations(session, SERVICE, called.id, until=until, now=now)
    set_groups(session, SERVICE, called.id, called.groups[:1], now=now)
    with pytest.raises(NobodyToNominate):
        call_for_nominations(session, SERVICE, called.id, until=now + DAY, now=now)
