"""Drafting, changing, listing and closing rounds; what may move while a round is open, and who may do it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.infra.versions import StaleVersion
from app.journal.queries import list_entries
from app.kpis.commands import pause_kpi
from app.kpis.values import RaterGroup
from app.rounds.checks import default_policy
from app.rounds.commands import (
    change_round,
    close_round,
    create_round,
    delete_round,
    draft_of,
    keep_open_until,
    launch_round,
    mark_released,
    propose_assignments,
    set_groups,
    set_rated_subjects,
    set_round_kpis,
)
from app.rounds.queries import (
    get_round,
    list_assignments,
    list_rounds,
    load_assignments,
    load_rated,
    load_round,
    load_rounds_to_close,
    load_rounds_to_release,
    load_salt,
)
from app.rounds.rules import (
    GRACE,
    ExternalIdTaken,
    RoundNotClosed,
    RoundNotDraft,
    RoundNotOpen,
)
from app.rounds.values import GroupPolicy, Mode, Round, RoundKpi, RoundState
from app.visits.close import close_if_due
from tests.databases import recorded_statements
from tests.fjellbris import Fjellbris, draft_round

ALL = PageRequest()


@pytest.fixture
def draft(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    made = draft_round(session, company, now)
    propose_assignments(session, SERVICE, made.id, now=now)
    return load_round(session, made.id)


@pytest.fixture
def open_round(session: WriteSession, draft: Round, now: datetime) -> Round:
    return launch_round(session, SERVICE, draft.id, confirmed=True, now=now)


def viewer(role: Role, subject_id: str) -> Viewer:
    return Viewer(f"account:{role}", grants=(Grant(role, subject_id),))


def test_a_draft_is_changed_whole_and_the_version_counts(session: WriteSession, draft: Round, now: datetime) -> None:
    wish = replace(draft_of(draft), asked_by="Ingrid Solheim", external_id="q4")
    changed = change_round(session, SERVICE, draft.id, wish, expected_version=draft.version, now=now)
    assert (changed.asked_by, changed.external_id, changed.version) == ("Ingrid Solheim", "q4", draft.version + 1)
    assert change_round(session, SERVICE, draft.id, wish, now=now) == changed
    with pytest.raises(StaleVersion):
        change_round(session, SERVICE, draft.id, wish, expected_version=draft.version, now=now)


def test_an_external_id_is_taken_once_in_a_company(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    wish = replace(draft_of(draft), external_id="q4")
    change_round(session, SERVICE, draft.id, wish, now=now)
    with pytest.raises(ExternalIdTaken):
        create_round(session, SERVICE, company.id, wish, now=now)


def test_another_scope_forgets_who_was_rated(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    wish = replace(draft_of(draft), scope_id=company.subjects["Team Sør"])
    change_round(session, SERVICE, draft.id, wish, now=now)
    assert (load_rated(session, draft.id), load_assignments(session, draft.id)) == ((), ())


def test_an_open_round_may_close_later_and_nothing_else_moves(
    session: WriteSession, open_round: Round, now: datetime
) -> None:
    later = replace(draft_of(open_round), closes_at=open_round.closes_at + timedelta(days=7))
    assert change_round(session, SERVICE, open_round.id, later, now=now).closes_at == later.closes_at
    for wrong in (
        replace(later, asked_by="Kari Lunde"),
        replace(later, opens_at=now + timedelta(days=1)),
    ):
        with pytest.raises(RoundNotDraft):
            change_round(session, SERVICE, open_round.id, wrong, now=now)


@pytest.mark.parametrize(
    ("days", "reminder", "field"), [(-15, None, "closes_at"), (400, None, "closes_at"), (1, 20, "reminders.0")]
)
def test_a_moved_closing_time_stays_within_bounds(
    session: WriteSession, open_round: Round, now: datetime, days: int, reminder: int | None, field: str
) -> None:
    reminders = () if reminder is None else (now + timedelta(days=reminder),)
    wish = replace(draft_of(open_round), closes_at=open_round.closes_at + timedelta(days=days), reminders=reminders)
    with pytest.raises(Invalid) as refused:
        change_round(session, SERVICE, open_round.id, wish, now=now)
    assert [problem.field for problem in refused.value.errors] == [field]


def test_the_last_grace_is_over_before_a_round_closes(session: WriteSession, open_round: Round, now: datetime) -> None:
    closes = open_round.closes_at
    assert load_rounds_to_close(session, now=closes + GRACE - timedelta(seconds=1)) == ()
    assert not close_if_due(session, open_round.id, now=closes + GRACE - timedelta(seconds=1))
    assert load_salt(session, open_round.id) is not None
    assert [one.id for one in load_rounds_to_close(session, now=closes + GRACE)] == [open_round.id]
    assert [close_if_due(session, open_round.id, now=closes + GRACE) for _ in range(2)] == [True, False]
    assert load_rounds_to_close(session, now=closes + GRACE) == ()
    closed = load_round(session, open_round.id)
    assert (closed.state, closed.closed_at) == (RoundState.CLOSED, closes + GRACE)
    assert load_salt(session, open_round.id) is None
    assert [one.id for one in load_rounds_to_release(session)] == [open_round.id]


def test_one_extension_keeps_the_round_open_for_its_figures(
    session: WriteSession, open_round: Round, now: datetime
) -> None:
    until = open_round.closes_at + timedelta(days=2)
    keep_open_until(session, open_round.id, until)
    keep_open_until(session, open_round.id, until - timedelta(days=1))
    assert load_rounds_to_close(session, now=until + GRACE - timedelta(seconds=1)) == ()
    assert not close_if_due(session, open_round.id, now=until + GRACE - timedelta(seconds=1))
    assert [one.id for one in load_rounds_to_close(session, now=until + GRACE)] == [open_round.id]
    assert close_if_due(session, open_round.id, now=until + GRACE)
    with pytest.raises(RoundNotOpen):
        keep_open_until(session, open_round.id, until)


def test_a_round_is_closed_by_hand_at_once_and_only_once(
    session: WriteSession, company: Fjellbris, open_round: Round, now: datetime
) -> None:
    closed = close_round(session, SERVICE, open_round.id, now=now)
    assert close_round(session, SERVICE, open_round.id, now=now + timedelta(days=1)) == closed
    said = [entry.action for entry in list_entries(session, company.id, ALL).items if entry.object_kind == "round"]
    assert said == ["round.closed", "round.launched", "round.created"]


def test_a_draft_is_neither_closed_nor_released(session: WriteSession, draft: Round, now: datetime) -> None:
    with pytest.raises(RoundNotOpen):
        close_round(session, SERVICE, draft.id, now=now)
    with pytest.raises(RoundNotClosed):
        mark_released(session, draft.id, now=now)


def test_a_closed_round_is_marked_released(session: WriteSession, open_round: Round, now: datetime) -> None:
    close_round(session, SERVICE, open_round.id, now=now)
    mark_released(session, open_round.id, now=now)
    assert load_round(session, open_round.id).state is RoundState.RELEASED


def test_a_draft_is_thrown_away_with_all_it_holds(session: WriteSession, draft: Round, now: datetime) -> None:
    delete_round(session, SERVICE, draft.id, now=now)
    with pytest.raises(NotFound):
        get_round(session, SERVICE, draft.id, now=now)
    assert load_assignments(session, draft.id) == ()


def test_a_launched_round_is_not_thrown_away(session: WriteSession, open_round: Round, now: datetime) -> None:
    with pytest.raises(RoundNotDraft):
        delete_round(session, SERVICE, open_round.id, now=now)


def test_groups_that_go_take_their_raters_and_weights_along(session: WriteSession, draft: Round, now: datetime) -> None:
    made = set_groups(session, SERVICE, draft.id, [default_policy(RaterGroup.MANAGER)], now=now)
    assert [policy.rater_group for policy in made.groups] == [RaterGroup.MANAGER]
    assert made.kpis[0].weights == {RaterGroup.MANAGER: 15}
    assert {one.rater_group for one in load_assignments(session, draft.id)} == {RaterGroup.MANAGER}


def test_a_policy_that_protects_nobody_is_refused(session: WriteSession, draft: Round, now: datetime) -> None:
    open_manager = GroupPolicy(RaterGroup.MANAGER, Mode.CONFIDENTIAL, 3, 3)
    with pytest.raises(Invalid) as refused:
        set_groups(session, SERVICE, draft.id, [open_manager], now=now)
    assert [problem.field for problem in refused.value.errors] == ["groups.0.mode"]


def test_only_active_soft_kpis_of_the_company_are_asked_about(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    paused = company.kpis["coaching"]
    pause_kpi(session, SERVICE, paused, reason="Too much at once", now=now)
    first = company.kpis["first impression"]
    wishes = {
        "kpis.0.kpi_id": [RoundKpi("nothing", {})],
        "kpis.1.kpi_id": [RoundKpi(first, {}), RoundKpi(paused, {RaterGroup.MANAGER: 1})],
        "kpis.0.weights.direct_report": [RoundKpi(first, {RaterGroup.DIRECT_REPORT: 1, RaterGroup.MANAGER: 1})],
        "kpis.0.weights": [RoundKpi(first, {RaterGroup.SELF: 1})],
        "kpis": [RoundKpi(first, {}), RoundKpi(first, {})],
    }
    for field, wish in wishes.items():
        with pytest.raises(Invalid) as refused:
            set_round_kpis(session, SERVICE, draft.id, wish, now=now)
        assert [problem.field for problem in refused.value.errors] == [field]


def test_only_subjects_inside_the_scope_are_rated(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    wish = [company.subjects["Sofie Berg"], company.subjects["Kari Lunde"], "nothing"]
    with pytest.raises(Invalid) as refused:
        set_rated_subjects(session, SERVICE, draft.id, wish, now=now)
    assert [problem.field for problem in refused.value.errors] == ["subject_ids.1", "subject_ids.2"]
    set_rated_subjects(session, SERVICE, draft.id, wish[:1], now=now)
    assert {one.subject_id for one in load_assignments(session, draft.id)} == {company.subjects["Sofie Berg"]}


def test_a_round_is_begun_where_one_may_write(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    wish = draft_of(draft)
    lead = viewer(Role.MANAGER, company.subjects["Team Nord"])
    assert create_round(session, lead, company.id, wish, now=now).state is RoundState.DRAFT
    with pytest.raises(Forbidden):
        create_round(session, viewer(Role.ANALYST, company.id), company.id, wish, now=now)
    with pytest.raises(NotFound):
        create_round(session, viewer(Role.MANAGER, company.subjects["Team Sør"]), company.id, wish, now=now)
    with pytest.raises(NotFound):
        create_round(session, SERVICE, company.subjects["Team Nord"], wish, now=now)


def test_a_list_shows_the_rounds_one_may_read_newest_first(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    south = draft_round(session, company, now + timedelta(days=1), scope="Team Sør", rated=["Elias Dahl"])
    whole = draft_round(session, company, now + timedelta(days=2), scope="Fjellbris")
    every = list_rounds(session, SERVICE, company.id, ALL, now=now)
    assert [one.id for one in every.items] == [whole.id, south.id, draft.id]
    first = list_rounds(session, SERVICE, company.id, PageRequest(limit=2), now=now)
    rest = list_rounds(session, SERVICE, company.id, PageRequest(limit=2, cursor=first.next_cursor), now=now)
    assert [one.id for one in (*first.items, *rest.items)] == [whole.id, south.id, draft.id]
    lead = viewer(Role.MANAGER, company.subjects["Team Nord"])
    assert [one.id for one in list_rounds(session, lead, company.id, ALL, now=now).items] == [draft.id]
    opened = list_rounds(session, SERVICE, company.id, ALL, state=RoundState.OPEN, now=now)
    assert opened.items == ()
    with pytest.raises(NotFound):
        list_rounds(session, SERVICE, "nothing", ALL, now=now)


def test_a_list_of_three_takes_no_more_statements_than_of_one(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    counts = []
    for _ in range(2):
        session.expire_all()
        with recorded_statements(session.get_bind().engine) as statements:
            list_rounds(session, SERVICE, company.id, ALL, now=now)
        counts.append(len(statements))
        draft_round(session, company, now, scope="Team Sør", rated=["Elias Dahl"])
        draft_round(session, company, now, scope="Team Sør", rated=["Elias Dahl"])
    assert counts[0] == counts[1]


def test_a_list_of_raters_tells_who_answered_of_open_groups_only(
    session: WriteSession, company: Fjellbris, open_round: Round, now: datetime
) -> None:
    page = list_assignments(session, SERVICE, open_round.id, ALL, now=now)
    told = {line.rater_group.value: line.answered for line in page.items}
    assert told == {"manager": False, "colleague": None, "self": False}
    sofie = company.subjects["Sofie Berg"]
    about = list_assignments(session, SERVICE, open_round.id, ALL, subject_id=sofie, now=now)
    assert [line.subject_name for line in about.items] == ["Sofie Berg"] * 5
    assert {line.rater_name for line in about.items} == {
        "Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik",
    }  # fmt: skip
    assert list_assignments(session, SERVICE, open_round.id, ALL, subject_id="nothing", now=now).items == ()


@pytest.mark.parametrize("missing", ["no id", "00000000-0000-4000-8000-000000000000"])
def test_a_round_that_is_not_there_is_not_found(session: WriteSession, now: datetime, missing: str) -> None:
    with pytest.raises(NotFound):
        get_round(session, SERVICE, missing, now=now)
    with pytest.raises(NotFound):
        close_round(session, SERVICE, missing, now=now)
