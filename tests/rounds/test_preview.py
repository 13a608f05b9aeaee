"""What a launch promises, what a tracker tells: never more than may be told, and nothing by one answer."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import NotFound
from app.infra.database import WriteSession
from app.kpis.values import RaterGroup
from app.rounds.commands import (
    add_assignments,
    launch_round,
    mark_answered,
    propose_assignments,
    refresh_shares,
)
from app.rounds.intake import parse_raters, rows_of
from app.rounds.preview import GroupTracking
from app.rounds.queries import load_assignments, preview_round, track_round
from app.rounds.tables import AssignmentRow
from app.rounds.values import GroupPolicy, Mode, Round
from app.scoring.preview import Verdict
from tests.fjellbris import Fjellbris, draft_round

GROUPS = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE, GroupPolicy(RaterGroup.CUSTOMER, Mode.CONFIDENTIAL, 5, 5))


def customers(subject: str, count: int) -> list[dict[str, str]]:
    return [
        {"rater_group": "customer", "subject": subject, "email": f"kunde{subject[:3]}{number}@kunder.example"}
        for number in range(count)
    ]


@pytest.fixture
def draft(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    made = draft_round(session, company, now, groups=GROUPS)
    propose_assignments(session, SERVICE, made.id, now=now)
    rows = [*customers("Sofie Berg", 9), *customers("Lars Moen", 6), *customers("Thea Vik", 2)]
    add_assignments(session, SERVICE, made.id, parse_raters(rows_of(rows)), now=now)
    return made


def test_the_preview_says_cell_by_cell_what_can_be_shown(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    seen = preview_round(session, SERVICE, draft.id, now=now)
    verdicts = {
        company.name_of(row.subject_id): {
            cell.rater_group.value: (cell.verdict.value, cell.asked) for cell in row.cells
        }
        for row in seen.subjects
    }
    assert verdicts["Sofie Berg"] == {
        "manager": ("shown", 1),
        "colleague": ("if_all_answer", 3),
        "customer": ("shown", 9),
    }
    assert verdicts["Lars Moen"]["customer"] == ("if_all_answer", 6)
    assert verdicts["Thea Vik"]["customer"] == ("nowhere", 2)
    assert verdicts["Omar Said"]["customer"] == ("not_asked", 0)
    # only two of the team have a row of customers, and a unit's row takes three
    assert (verdicts["Team Nord"]["customer"][0], verdicts["Team Nord"]["manager"][0]) == ("nowhere", "shown")
    assert (seen.can_publish, seen.needs_confirmation) == (True, True)
    assert (seen.letters, seen.unreachable, seen.without_questions) == (1 + 4 + 17, 0, 0)


def test_the_preview_tells_weights_that_nobody_will_fill(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    draft = draft_round(session, company, now, groups=(RaterGroup.MANAGER, RaterGroup.CUSTOMER))
    propose_assignments(session, SERVICE, draft.id, now=now)
    seen = preview_round(session, SERVICE, draft.id, now=now)
    assert [(one.kpi_id, one.rater_group) for one in seen.silent_weights] == [
        (company.kpis["first impression"], RaterGroup.CUSTOMER)
    ]
    assert seen.needs_confirmation


def test_the_preview_tells_the_load(session: WriteSession, draft: Round, now: datetime) -> None:
    seen = preview_round(session, SERVICE, draft.id, now=now)
    loads = {load.policy.rater_group.value: (load.asked, load.minutes) for load in seen.groups}
    # two questions of 12 seconds and 15 for the subject: the manager has four subjects, a colleague three
    assert loads == {"manager": (4, 3), "colleague": (12, 2), "customer": (17, 1)}
    assert seen.most_minutes == 3


def test_a_rater_without_an_address_is_told_beforehand(session: WriteSession, draft: Round, now: datetime) -> None:
    row = {"rater_group": "customer", "subject": "Thea Vik", "external_id": "C-1"}
    add_assignments(session, SERVICE, draft.id, parse_raters(rows_of([row])), now=now)
    assert preview_round(session, SERVICE, draft.id, now=now).unreachable == 1


def test_the_preview_of_a_launched_round_is_that_of_its_launch(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    before = preview_round(session, SERVICE, draft.id, now=now)
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    after = preview_round(session, SERVICE, draft.id, now=now)
    assert (after.subjects, after.groups) == (before.subjects, before.groups)


def test_a_protected_group_is_counted_once_a_day_in_whole_tens(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    answer(session, draft, RaterGroup.CUSTOMER, 4)
    refresh_shares(session, now=now)
    assert tracked(session, draft, now)["customer"].percent is None
    answer(session, draft, RaterGroup.CUSTOMER, 9)
    assert refresh_shares(session, now=now + timedelta(hours=10)) == 0
    assert tracked(session, draft, now)["customer"].percent is None
    assert refresh_shares(session, now=now + timedelta(days=1)) == 1
    customers_ = tracked(session, draft, now)["customer"]
    assert (customers_.asked, customers_.percent, customers_.answered) == (17, 50, None)


def test_one_answer_of_a_protected_group_changes_nothing_that_can_be_read(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    refresh_shares(session, now=now)
    before = track_round(session, SERVICE, draft.id, now=now)
    answer(session, draft, RaterGroup.COLLEAGUE, 12)
    assert track_round(session, SERVICE, draft.id, now=now) == before


def test_a_named_group_is_counted_exactly_and_at_once(session: WriteSession, draft: Round, now: datetime) -> None:
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    answer(session, draft, RaterGroup.MANAGER, 2)
    managers = tracked(session, draft, now)["manager"]
    assert (managers.answered, managers.percent, managers.is_enough) == (2, 50, False)
    answer(session, draft, RaterGroup.MANAGER, 4)
    assert tracked(session, draft, now)["manager"].is_enough


def test_enough_is_where_every_subject_reaches_the_minimum(session: WriteSession, draft: Round, now: datetime) -> None:
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    # nine customers need five, six need five; the two of Thea can never reach it and do not hold the mark up
    assert tracked(session, draft, now)["customer"].enough_at == 84
    session.execute(update(AssignmentRow).where(AssignmentRow.round_id == draft.id).values(answered=True))
    refresh_shares(session, now=now)
    assert tracked(session, draft, now)["customer"].is_enough


def test_a_stranger_sees_neither_preview_nor_tracking(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    stranger = Viewer("account:s", grants=(Grant(Role.MANAGER, company.subjects["Salg"]),))
    for query in (preview_round, track_round):
        with pytest.raises(NotFound):
            query(session, stranger, draft.id, now=now)


def test_a_verdict_for_every_group_of_every_row(session: WriteSession, draft: Round, now: datetime) -> None:
    seen = preview_round(session, SERVICE, draft.id, now=now)
    assert {len(row.cells) for row in seen.subjects} == {3}
    assert {cell.verdict for row in seen.subjects for cell in row.cells} <= set(Verdict)


def answer(session: WriteSession, draft: Round, group: RaterGroup, count: int) -> None:
    of_group = [one.id for one in load_assignments(session, draft.id) if one.rater_group is group]
    mark_answered(session, of_group[:count])
    answered = session.scalars(select(AssignmentRow.id).where(AssignmentRow.answered)).all()
    assert len(set(answered) & set(of_group)) == count


def tracked(session: WriteSession, draft: Round, now: datetime) -> dict[str, GroupTracking]:
    tracking = track_round(session, SERVICE, draft.id, now=now)
    return {group.policy.rater_group.value: group for group in tracking.groups}
