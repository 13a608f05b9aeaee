"""A case opens for what moves, waits for its owner, goes up the line, is decided once, and stays in the ledger."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Text, cast, delete, insert, select, update

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Role, Viewer
from app.decisions import rules
from app.decisions.commands import decide_case, keep_cases, open_case, open_due_cases, tell_owners
from app.decisions.idle import is_only_statistics
from app.decisions.intake import parse_case, parse_decision
from app.decisions.queries import get_case, list_cases
from app.decisions.tables import DecisionCaseRow
from app.decisions.values import CaseCause, CaseDraft, CaseFilter, CaseState, Choice, DecisionCase, DecisionDraft
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.mail.tables import OutboxRow
from app.mail.values import Letter
from app.organisation.tables import ManagerRoleRow
from app.plans.tables import ActionPlanRow, PlannedActionRow
from tests.fjellbris import address
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.shelf import NOW, Shelf, demo

ALL = PageRequest()
DUE = date(2026, 12, 7)
LATE = NOW + timedelta(days=15)

CASES = select(DecisionCaseRow.__table__)
NOTES = select(*(column for column in JournalRow.__table__.c if not column.primary_key)).where(
    JournalRow.object_id.in_(select(cast(DecisionCaseRow.id, Text)))
)
OPENED: dict[str, list[list[dict[str, Any]]]] = {}
"""The case and its entry in the journal as the worker made them, by kind of database."""


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


@pytest.fixture
def case(session: WriteSession, known: Watching, shelf: Shelf) -> DecisionCase:
    """The one case that the worker opens, without the plan and the case that the demo has seen through."""
    session.execute(delete(PlannedActionRow))
    session.execute(delete(ActionPlanRow))
    session.execute(delete(DecisionCaseRow))
    if shelf.kind not in OPENED:
        assert [open_due_cases(session, now=NOW) for _ in range(2)] == [1, 0]
        OPENED[shelf.kind] = [[dict(row) for row in session.execute(made).mappings()] for made in (CASES, NOTES)]
    else:
        # What moves in the demo is found once, which takes longer than all that is done about it.
        for table, rows in zip((DecisionCaseRow, JournalRow), OPENED[shelf.kind], strict=True):
            session.execute(insert(table), rows)
    [found] = list_cases(session, SERVICE, known.company_id, ALL, on=TODAY).items
    return found


def manager(known: Watching, at: str = "team-nord") -> Viewer:
    return known.who(Role.MANAGER, at)


def decide(
    session: WriteSession, viewer: Viewer, case: DecisionCase, choice: Choice = Choice.ACT, *, now: datetime = NOW
) -> DecisionCase:
    return decide_case(session, viewer, case.id, DecisionDraft(choice, "Vi øver på møtet."), now=now)


def test_what_moves_waits_for_whoever_leads_there_with_what_was_found_and_a_day(
    session: WriteSession, known: Watching, case: DecisionCase
) -> None:
    assert (case.kpi.name["en"], case.subject.name, case.cause) == ("First impression", "Team Nord", CaseCause.SIGNAL)
    assert case.owner is not None
    assert (case.owner.name, case.opened_on, case.due_on) == ("Amir Haddad", TODAY, DUE)
    assert case.found is not None
    assert case.found.item_name is not None
    found = case.found
    assert (found.series, found.is_low, found.rater_group, found.value, found.usual) == (
        "week",
        True,
        "customer",
        75.0,
        81.125,
    )
    assert (case.found.item_name["nb"], found.noticed_on, found.began_on) == (
        "Møtet",
        date(2026, 11, 16),
        date(2026, 10, 26),
    )
    mine = CaseFilter(CaseState.OPEN, owner_ids=frozenset({known.subjects["amir.haddad"]}))
    others = CaseFilter(CaseState.OPEN, owner_ids=frozenset({known.subjects["sofie.berg"]}))
    found_by = [
        list_cases(session, SERVICE, known.company_id, ALL, chosen=one, on=TODAY).items for one in (mine, others)
    ]
    assert [len(items) for items in found_by] == [1, 0]


@pytest.mark.parametrize(
    ("role", "place", "reads", "decides"),
    [
        (Role.MANAGER, "team-nord", True, True),
        (Role.MANAGER, "customer-centre", True, True),
        (Role.VIEWER, "team-nord", True, False),
        (Role.ANALYST, "", True, False),
        (Role.ADMIN, "", False, False),
        (Role.MANAGER, "team-sor", False, False),
    ],
)
def test_those_who_read_the_results_read_the_case_and_managers_there_decide(
    session: WriteSession, known: Watching, case: DecisionCase, role: Role, place: str, reads: bool, decides: bool
) -> None:
    viewer = known.who(role, place)
    assert len(list_cases(session, viewer, known.company_id, ALL, on=TODAY).items) == reads
    if not reads:
        with pytest.raises(NotFound):
            get_case(session, viewer, case.id, on=TODAY)
    else:
        assert get_case(session, viewer, case.id, on=TODAY).may_decide is decides
    if not decides:
        with pytest.raises(Forbidden if reads else NotFound):
            decide(session, viewer, case)


def test_a_decision_is_taken_once_and_stays_with_its_reason(
    session: WriteSession, known: Watching, case: DecisionCase
) -> None:
    viewer = manager(known)
    with pytest.raises(StaleVersion):
        decide_case(session, viewer, case.id, DecisionDraft(Choice.ACT, "x"), expected_version=9, now=NOW)
    decided = decide(session, viewer, case)
    assert decided.decision is not None
    assert (decided.state, decided.decision.choice, decided.decision.reason, decided.decision.decided_on) == (
        CaseState.DECIDED,
        Choice.ACT,
        "Vi øver på møtet.",
        TODAY,
    )
    assert not decided.may_decide
    with pytest.raises(rules.CaseDecided):
        decide(session, viewer, case, Choice.RETIRE)
    ledger = list_cases(
        session, viewer, known.company_id, ALL, chosen=CaseFilter(CaseState.DECIDED, known.kpis[S1]), on=TODAY
    )
    assert [one.id for one in ledger.items] == [case.id]
    assert list_cases(session, viewer, known.company_id, ALL, chosen=CaseFilter(CaseState.OPEN), on=TODAY).items == ()
    actions = select(JournalRow.action).where(JournalRow.object_id == case.id).order_by(JournalRow.sequence)
    assert session.scalars(actions).all() == ["decision_case.opened", "decision_case.decided"]


@pytest.mark.parametrize(
    ("choice", "after", "opened"),
    [(Choice.ACCEPT, 60, 0), (Choice.ACT, 60, 0), (Choice.FIND_OUT, 29, 0), (Choice.FIND_OUT, 30, 1)],
)
def test_the_same_signal_asks_again_only_where_more_was_to_be_found_out(
    session: WriteSession, known: Watching, case: DecisionCase, choice: Choice, after: int, opened: int
) -> None:
    decide(session, manager(known), case, choice)
    assert open_due_cases(session, now=NOW + timedelta(days=after)) == opened


def test_an_overdue_case_goes_up_the_line_until_nobody_is_above(
    session: WriteSession, known: Watching, case: DecisionCase
) -> None:
    assert keep_cases(session, now=NOW + timedelta(days=14)) == 0
    owners = []
    for days in (15, 16, 30, 45, 60, 75):
        keep_cases(session, now=NOW + timedelta(days=days))
        found = get_case(session, SERVICE, case.id, on=TODAY)
        owners.append((found.owner.name if found.owner else "", found.escalations))
    assert owners == [
        ("Ingrid Solheim", 1),
        ("Ingrid Solheim", 1),
        ("Ragnhild Torp", 2),
        ("Ragnhild Torp", 2),
        ("Ragnhild Torp", 2),
        ("Ragnhild Torp", 2),
    ]
    assert get_case(session, SERVICE, case.id, on=TODAY).due_on < TODAY + timedelta(days=60)


def test_a_case_follows_who_leads(session: WriteSession, known: Watching, case: DecisionCase) -> None:
    amir = known.subjects["amir.haddad"]
    session.execute(update(ManagerRoleRow).where(ManagerRoleRow.subject_id == amir).values(ends_on=TODAY))
    assert [keep_cases(session, now=NOW) for _ in range(2)] == [1, 0]
    found = get_case(session, SERVICE, case.id, on=TODAY)
    assert found.owner is not None
    assert (found.owner.name, found.escalations, found.due_on) == ("Ingrid Solheim", 0, DUE)


def test_an_owner_gets_one_letter_in_working_hours_that_names_nothing(
    session: WriteSession, known: Watching, case: DecisionCase
) -> None:
    night = NOW.replace(hour=20)
    assert [tell_owners(session, now=at) for at in (night, NOW, NOW)] == [0, 1, 0]
    letters = select(OutboxRow).where(OutboxRow.letter == Letter.DECISIONS_WAITING)
    [letter] = session.scalars(letters)
    assert (letter.recipient, letter.parameters) == (
        address("Amir Haddad"),
        {"organisation": "Fjellbris Varme & Service AS", "count": 1, "late": 0, "path": "/decisions"},
    )
    # What comes later on the same day is told on the next working day, not never.
    open_case(session, manager(known), CaseDraft(known.kpis[S1], known.subjects["sofie.berg"], "?"), now=NOW)
    assert [tell_owners(session, now=at) for at in (NOW, NOW + timedelta(days=1))] == [0, 1]
    keep_cases(session, now=LATE)
    assert [tell_owners(session, now=LATE) for _ in range(2)] == [1, 0]
    told = {one.recipient: one.parameters["late"] for one in session.scalars(letters)}
    assert told == {address("Amir Haddad"): 0, address("Ingrid Solheim"): 2}


def test_a_manager_asks_about_somebody_and_nobody_about_himself(
    session: WriteSession, known: Watching, case: DecisionCase
) -> None:
    draft = CaseDraft(known.kpis[S1], known.subjects["sofie.berg"], "Trenger Sofie støtte?")
    asked = open_case(session, manager(known), draft, now=NOW)
    assert (asked.cause, asked.question, asked.found) == (CaseCause.BY_HAND, "Trenger Sofie støtte?", None)
    assert asked.owner is not None
    assert asked.owner.name == "Amir Haddad"
    with pytest.raises(rules.CaseIsOpen):
        open_case(session, manager(known), draft, now=NOW)
    with pytest.raises(Forbidden):
        open_case(session, known.who(Role.VIEWER, "team-nord"), draft, now=NOW)
    with pytest.raises(NotFound):
        open_case(session, manager(known, "team-sor"), draft, now=NOW)
    sofie = Viewer("account:s", grants=manager(known).grants, own_subjects=frozenset({draft.subject_id}))
    with pytest.raises(rules.OwnCase):
        open_case(session, sofie, draft, now=NOW)
    with pytest.raises(rules.OwnCase):
        decide(session, sofie, asked)
    assert not get_case(session, sofie, asked.id, on=TODAY).may_decide
    with pytest.raises(rules.CaseIsOpen):
        open_case(session, manager(known), CaseDraft(known.kpis[S1], case.subject.id, "?"), now=NOW)


def test_a_hard_case_is_read_by_who_reads_readings(session: WriteSession, known: Watching) -> None:
    draft = CaseDraft(known.kpis[H1], known.subjects["team-nord"], "Hvorfor?")
    asked = open_case(session, manager(known), draft, now=NOW)
    results_only = known.key(Action.RESULTS_READ)
    assert asked.id not in {one.id for one in list_cases(session, results_only, known.company_id, ALL, on=TODAY).items}
    with pytest.raises(NotFound):
        get_case(session, results_only, asked.id, on=TODAY)
    both = known.key(Action.RESULTS_READ, Action.READINGS_READ)
    assert get_case(session, both, asked.id, on=TODAY).id == asked.id


def test_a_kpi_without_a_decision_for_two_quarters_is_only_statistics(
    session: WriteSession, known: Watching, case: DecisionCase
) -> None:
    viewer = known.who(Role.MANAGER, "team-nord")
    kpi_id = known.kpis[S1]
    # Weekly rounds and the quarter were released in the second, third and fourth quarter of the year.
    assert is_only_statistics(session, viewer, kpi_id, on=TODAY)
    decide(session, viewer, case)
    assert not is_only_statistics(session, viewer, kpi_id, on=TODAY)


def test_what_is_sent_is_checked() -> None:
    with pytest.raises(Invalid) as refused:
        parse_decision({"choice": "maybe", "reason": " "})
    assert [problem.field for problem in refused.value.errors] == ["choice", "reason"]
    with pytest.raises(Invalid):
        parse_case({"kpi_id": "x", "subject_id": "y"})
