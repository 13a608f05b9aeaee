"""Raters proposed, listed, added by hand and approved: all rows or none, each once, counted as disclosure wants it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import func, select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, NotFound
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.organisation.tables import MembershipRow, PersonRow
from app.reports import Outcome, RowsRefused
from app.rounds.commands import (
    add_assignments,
    approve_assignment,
    close_round,
    launch_round,
    propose_assignments,
    remove_assignment,
)
from app.rounds.intake import parse_raters, rows_of
from app.rounds.queries import load_assignments
from app.rounds.rules import RoundNotDraft, RoundNotOpen, SecondPersonNeeded
from app.rounds.tables import AssignmentRow
from app.rounds.values import AssignmentSource, ListedRater, Round
from tests.fjellbris import Fjellbris, address, draft_round

Row = dict[str, str]


@pytest.fixture
def draft(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    groups = (
        RaterGroup.MANAGER,
        RaterGroup.COLLEAGUE,
        RaterGroup.CUSTOMER,
        RaterGroup.MYSTERY_SHOPPER,
        RaterGroup.SELF,
    )
    return draft_round(session, company, now, groups=groups)


def listed(*rows: Row) -> tuple[ListedRater, ...]:
    return parse_raters(rows_of(list(rows)))


def customer(number: int, subject: str = "Sofie Berg", **changed: str) -> Row:
    return {"rater_group": "customer", "subject": subject, "email": f"kunde{number:02}@kunder.example", **changed}


def test_the_structure_proposes_everybody_once(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    report = propose_assignments(session, SERVICE, draft.id, now=now)
    assert report.count(Outcome.CREATED) == 4 * (1 + 3 + 1)
    again = propose_assignments(session, SERVICE, draft.id, now=now)
    assert (again.count(Outcome.CREATED), again.count(Outcome.UNCHANGED), again.warnings) == (0, 20, ())


def test_a_proposal_follows_the_structure_and_leaves_lists_alone(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    propose_assignments(session, SERVICE, draft.id, now=now)
    add_assignments(session, SERVICE, draft.id, listed(customer(1)), now=now)
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.subject_id == company.subjects["Omar Said"])
        .values(parent_id=company.subjects["Team Sør"])
    )
    report = propose_assignments(session, SERVICE, draft.id, now=now)
    assert report.warnings == ("Earlier proposals that no longer fit were taken away.",)
    raters = {
        one.rater_id for one in load_assignments(session, draft.id) if one.subject_id == company.subjects["Sofie Berg"]
    }
    assert company.people["Omar Said"] not in raters
    assert len(raters) == 1 + 2 + 1 + 1


def test_a_list_makes_raters_known_and_the_same_list_again_changes_nothing(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    rows = listed(
        customer(1, locale="en"),
        customer(2, subject=company.subjects["Lars Moen"]),
        {"rater_group": "customer", "subject": "Sofie Berg", "external_id": "C-77"},
        {"rater_group": "mystery_shopper", "subject": "Sofie Berg", "email": "besok1@besok.example", "occasion": "1"},
        {"rater_group": "mystery_shopper", "subject": "Sofie Berg", "email": "besok1@besok.example", "occasion": "2"},
    )
    report = add_assignments(session, SERVICE, draft.id, rows, now=now)
    assert [row.outcome for row in report.rows] == [Outcome.CREATED] * 5
    before = load_assignments(session, draft.id)
    again = add_assignments(session, SERVICE, draft.id, rows, now=now)
    assert [row.outcome for row in again.rows] == [Outcome.UNCHANGED] * 5
    assert [row.id for row in again.rows] == [row.id for row in report.rows]
    assert load_assignments(session, draft.id) == before
    known = dict(session.execute(select(PersonRow.email, PersonRow.locale).where(PersonRow.subject_id.is_(None))).all())
    assert known == {
        "kunde01@kunder.example": "en",
        "kunde02@kunder.example": "nb",
        None: "nb",
        "besok1@besok.example": "nb",
    }


def test_two_spellings_of_a_mailbox_are_one_rater(session: WriteSession, draft: Round, now: datetime) -> None:
    rows = listed(customer(1), customer(1, email="Kunde01+nyhet@KUNDER.example"))
    report = add_assignments(session, SERVICE, draft.id, rows, now=now)
    assert [row.outcome for row in report.rows] == [Outcome.CREATED] * 2
    assert len(load_assignments(session, draft.id)) == 1
    assert report.rows[0].id == report.rows[1].id


def test_a_dry_run_reports_the_same_and_writes_nothing(session: WriteSession, draft: Round, now: datetime) -> None:
    people = session.scalar(select(func.count()).select_from(PersonRow))
    report = add_assignments(session, SERVICE, draft.id, listed(customer(1), customer(2)), dry_run=True, now=now)
    assert (report.dry_run, report.count(Outcome.CREATED)) == (True, 2)
    assert load_assignments(session, draft.id) == ()
    assert session.scalar(select(func.count()).select_from(PersonRow)) == people


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (customer(1, subject="Nobody"), "subject"),
        (customer(1, subject="Kari Lunde"), "subject"),
        (customer(1, rater_group="direct_report"), "rater_group"),
        (customer(1, email="kunde@"), "email"),
        (customer(1, occasion="visit 1"), "occasion"),
        ({"rater_group": "colleague", "subject": "Sofie Berg", "email": address("Sofie Berg")}, "rater_group"),
        ({"rater_group": "self", "subject": "Sofie Berg", "email": address("Lars Moen")}, "rater_group"),
    ],
)
def test_one_bad_row_refuses_the_whole_list(
    session: WriteSession, draft: Round, now: datetime, row: Row, column: str
) -> None:
    with pytest.raises(RowsRefused) as refused:
        add_assignments(session, SERVICE, draft.id, listed(customer(9), row), now=now)
    assert [(error.row, error.column) for error in refused.value.refused] == [(2, column)]
    assert load_assignments(session, draft.id) == ()


def test_while_the_round_is_open_customers_come_in_and_colleagues_do_not(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    propose_assignments(session, SERVICE, draft.id, now=now)
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    rows = listed(customer(1), customer(2, email=address("Ingrid Solheim")))
    add_assignments(session, SERVICE, draft.id, rows, source=AssignmentSource.ENCOUNTER, now=now)
    counted = [one.counted for one in load_assignments(session, draft.id) if one.rater_group is RaterGroup.CUSTOMER]
    assert sorted(counted) == [False, True]
    late = {"rater_group": "colleague", "subject": "Sofie Berg", "email": address("Kari Lunde")}
    with pytest.raises(RowsRefused):
        add_assignments(session, SERVICE, draft.id, listed(late), now=now)
    close_round(session, SERVICE, draft.id, now=now)
    with pytest.raises(RoundNotOpen):
        add_assignments(session, SERVICE, draft.id, listed(customer(3)), now=now)


def manager(company: Fjellbris, actor: str = "account:amir") -> Viewer:
    return Viewer(actor, grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))


@pytest.mark.parametrize("is_open", [False, True])
def test_a_rater_added_by_hand_by_a_reader_counts_after_a_second_person(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime, is_open: bool
) -> None:
    propose_assignments(session, SERVICE, draft.id, now=now)
    if is_open:
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    hand = AssignmentSource.HAND
    report = add_assignments(session, manager(company), draft.id, listed(customer(1)), source=hand, now=now)
    added = str(report.rows[0].id)
    with pytest.raises(SecondPersonNeeded):
        approve_assignment(session, manager(company), added, now=now)
    if not is_open:
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    assert counted(session, added) is False
    approve_assignment(session, manager(company, "account:ingrid"), added, now=now)
    assert counted(session, added) is True
    approve_assignment(session, manager(company), added, now=now)


def test_a_deputy_adds_nobody_by_hand_about_the_manager_without_a_second_person(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    """A deputy reads no results about the manager, and is no stranger by that."""
    deputy = replace(manager(company), hidden=frozenset({company.subjects["Sofie Berg"]}))
    added = add_assignments(session, deputy, draft.id, listed(customer(1)), source=AssignmentSource.HAND, now=now)
    with pytest.raises(SecondPersonNeeded):
        approve_assignment(session, deputy, str(added.rows[0].id), now=now)


def test_a_rater_added_by_hand_by_somebody_who_reads_no_results_counts_at_once(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    admin = Viewer("account:admin", grants=(Grant(Role.ADMIN, company.id),))
    rows = listed(customer(1))
    added = str(add_assignments(session, admin, draft.id, rows, source=AssignmentSource.HAND, now=now).rows[0].id)
    launch_round(session, SERVICE, with_manager(session, draft, now).id, confirmed=True, now=now)
    assert counted(session, added) is True


def test_a_rater_is_taken_off_a_draft_only(session: WriteSession, draft: Round, now: datetime) -> None:
    propose_assignments(session, SERVICE, draft.id, now=now)
    first, second = (one.id for one in load_assignments(session, draft.id)[:2])
    remove_assignment(session, SERVICE, first, now=now)
    assert first not in {one.id for one in load_assignments(session, draft.id)}
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    with pytest.raises(RoundNotDraft):
        remove_assignment(session, SERVICE, second, now=now)


@pytest.mark.parametrize("missing", ["no id", "00000000-0000-4000-8000-000000000000"])
def test_an_assignment_that_is_not_there_is_not_found(session: WriteSession, now: datetime, missing: str) -> None:
    for act in (remove_assignment, approve_assignment):
        with pytest.raises(NotFound):
            act(session, SERVICE, missing, now=now)


def test_who_may_not_write_the_round_changes_nobody(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    add_assignments(session, SERVICE, draft.id, listed(customer(1)), now=now)
    known = load_assignments(session, draft.id)
    reader = Viewer("account:r", grants=(Grant(Role.VIEWER, company.subjects["Team Nord"]),))
    acts: tuple[Callable[[], object], ...] = (
        lambda: propose_assignments(session, reader, draft.id, now=now),
        lambda: add_assignments(session, reader, draft.id, listed(customer(2)), now=now),
        lambda: remove_assignment(session, reader, known[0].id, now=now),
        lambda: approve_assignment(session, reader, known[0].id, now=now),
    )
    for act in acts:
        with pytest.raises(Forbidden):
            act()
    assert load_assignments(session, draft.id) == known


def counted(session: WriteSession, assignment_id: str) -> bool | None:
    return session.scalar(select(AssignmentRow.counted).where(AssignmentRow.id == assignment_id))


def with_manager(session: WriteSession, draft: Round, now: datetime) -> Round:
    propose_assignments(session, SERVICE, draft.id, now=now)
    return draft
