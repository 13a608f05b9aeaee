"""A launch freezes what figures will follow from; a later change of the organisation or of KPIs alters nothing."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import Grant, NewAccount, Role, Viewer
from app.errors import Forbidden, NotFound
from app.infra.database import WriteSession
from app.kpis.assign import set_scorecard, set_target
from app.kpis.commands import activate_kpi, create_kpi
from app.kpis.intake import parse_kpi, parse_scorecard, parse_target
from app.kpis.tables import GoalRow, ItemRow, ScorecardLineRow
from app.kpis.values import Aggregation, Cadence, Comparison, Exercise, Practice, RaterGroup, Rollup, ShareRule
from app.organisation.commands import create_subject
from app.organisation.tables import ManagerRoleRow, MembershipRow
from app.organisation.values import NewSubject, SubjectKind
from app.rounds import recipe
from app.rounds.checks import default_policy
from app.rounds.commands import (
    change_round,
    draft_of,
    insert_assignments,
    launch_past_round,
    launch_round,
    propose_assignments,
    set_groups,
    set_rated_subjects,
    set_round_kpis,
)
from app.rounds.preview import Asking, Frame, atom_cells, divided
from app.rounds.queries import get_round, load_assignments, load_frozen_round, load_round
from app.rounds.rows import load_asking, load_frozen_places
from app.rounds.rules import (
    ConfirmationNeeded,
    NothingToPublish,
    RoundIncomplete,
    RoundNotDraft,
    paths_of,
    readers_of,
)
from app.rounds.values import (
    AssignmentSource,
    Goalposts,
    GroupPolicy,
    Mode,
    NewAssignment,
    Pooling,
    Round,
    RoundSource,
    RoundState,
)
from tests.fjellbris import Fjellbris, address, draft_round
from tests.kpis.plain import card, hard


@pytest.fixture
def draft(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    made = draft_round(session, company, now)
    propose_assignments(session, SERVICE, made.id, now=now)
    return load_round(session, made.id)


def launched(session: WriteSession, draft: Round, now: datetime) -> Round:
    return launch_round(session, SERVICE, draft.id, confirmed=True, now=now)


def test_the_frozen_round_holds_tree_cards_kpis_and_policies(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    assert launched(session, draft, now).state is RoundState.OPEN
    frozen = load_frozen_round(session, draft.id)
    assert company.names_of([subject.id for subject in frozen.subjects]) == [
        "Team Nord", "Amir Haddad", "Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik",
    ]  # fmt: skip
    assert [subject.is_rated for subject in frozen.subjects] == [False, False, True, True, True, True]
    assert frozen.subjects[0].parent_id is None
    sofie = frozen.subjects[4]
    assert [line.kpi_id for line in sofie.card] == [company.kpis["first impression"], company.kpis["coaching"]]
    asked = frozen.kpi(company.kpis["first impression"])
    assert asked.weights == {RaterGroup.CUSTOMER: 40, RaterGroup.MANAGER: 15, RaterGroup.COLLEAGUE: 15}
    assert [item.code for item in asked.items] == ["welcome", "tone"]
    assert frozen.kpi(company.kpis["coaching"]).weights == {}
    assert frozen.group(RaterGroup.COLLEAGUE) == GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, 3, 3)


def test_a_hard_kpi_is_frozen_with_its_measure_and_the_goalposts_of_each_place(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    measure = hard(
        first_goal(session, company), company.people["Ingrid Solheim"], aggregation="share", cadence="week",
        share_rule={"comparison": "at_most", "limit": 20}, direction="higher", rollup="mean",
    )  # fmt: skip
    kpi_id = create_kpi(session, SERVICE, parse_kpi(measure), company_id=company.id, now=now)
    today = "2026-11-23"
    for place, target in ((None, 75), (company.subjects["Sofie Berg"], 85)):
        posts = {"subject_id": place, "starts_on": today, "floor": 55, "target": target, "stretch": 90}
        set_target(session, SERVICE, kpi_id, parse_target(posts), now=now)
    activate_kpi(session, SERVICE, kpi_id, now=now)
    lines = card(company.subjects["Team Nord"], "person", [company.kpis["first impression"], kpi_id])
    set_scorecard(session, SERVICE, parse_scorecard(lines), company_id=company.id, now=now)
    launched(session, draft, now)
    frozen = load_frozen_round(session, draft.id)
    kept = frozen.kpi(kpi_id).measure
    assert kept is not None
    assert (kept.aggregation, kept.cadence, kept.rollup) == (Aggregation.SHARE, Cadence.WEEK, Rollup.MEAN)
    assert kept.share_rule == ShareRule(Comparison.AT_MOST, 20)
    targets = {company.name_of(one.id): one.targets for one in frozen.subjects if one.targets}
    assert targets["Sofie Berg"] == {kpi_id: Goalposts(floor=55, target=85, stretch=90)}
    assert targets["Lars Moen"] == {kpi_id: Goalposts(floor=55, target=75, stretch=90)}
    assert recipe.promise_hash(frozen) == frozen.promise_hash


def test_a_round_whose_scope_has_gone_is_not_found(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.subject_id == company.subjects["Team Nord"])
        .values(ends_on=now.date())
    )
    with pytest.raises(NotFound):
        launched(session, draft, now)
    with pytest.raises(NotFound):
        load_frozen_round(session, draft.id)


def test_past_ratings_of_an_incomplete_draft_are_refused(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    with pytest.raises(RoundIncomplete):
        launch_past_round(session, SERVICE, draft_round(session, company, now).id, now=now)


def first_goal(session: WriteSession, company: Fjellbris) -> str:
    return session.scalars(select(GoalRow.id).where(GoalRow.company_id == company.id)).one()


def test_what_changes_after_the_launch_does_not_reach_the_round(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    launched(session, draft, now)
    before = load_frozen_round(session, draft.id)
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.subject_id == company.subjects["Sofie Berg"])
        .values(parent_id=company.subjects["Team Sør"])
    )
    session.execute(update(ManagerRoleRow).values(ends_on=now.date()))
    session.execute(update(ScorecardLineRow).values(weight=99))
    session.execute(update(ItemRow).values(weight=7, name={"nb": "x", "en": "x"}))
    grant(session, company, "viewer@fjellbris.example", Role.VIEWER, company.subjects["Team Nord"], now)
    assert load_frozen_round(session, draft.id) == before


def test_a_round_falls_into_the_same_atoms_without_the_people_nobody_was_asked_about(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    launched(session, draft, now)
    whole, asked = load_frozen_round(session, draft.id), sorted(load_asking(session, draft.id))
    idle = {one.id for one in whole.subjects if one.kind is SubjectKind.PERSON} - {one.subject_id for one in asked}
    places = load_frozen_places(session, draft.id, ())
    assert idle
    assert {one.id for one in whole.subjects} - {one.id for one in places} == idle
    assert {one.id for one in load_frozen_places(session, draft.id, idle)} == {one.id for one in whole.subjects}
    known = load_assignments(session, draft.id)
    assert [tuple(one) for one in asked] == [
        (one.subject_id, one.rater_group, one.rater_id, one.counted, one.answered) for one in known
    ]

    def atoms(frame: Frame, marks: Iterable[Asking]) -> set[tuple[object, ...]]:
        found = divided(frame, atom_cells(frame, marks)).atoms
        return {(frame.subjects[one.subject].id, one.groups, one.minimum, one.heads) for one in found}

    slim = SimpleNamespace(subjects=places, groups=whole.groups, pooling=whole.pooling, overlapping=whole.overlapping)
    assert atoms(slim, asked) == atoms(whole, known) != set()


def test_the_promise_hash_is_computed_again_from_what_was_stored(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    promised = launched(session, draft, now).promise_hash
    frozen = load_frozen_round(session, draft.id)
    assert recipe.promise_hash(frozen) == promised
    moved = replace(frozen, closes_at=now + timedelta(days=30), name={"nb": "Ny", "en": "New"})
    assert recipe.promise_hash(moved) == promised
    # Somebody was promised nothing about exercises, but what the round froze stays as it was for whoever reads it.
    practised = replace(frozen.kpis[0].items[0], practice=Practice(exercise=Exercise({"nb": "Øv.", "en": "Try."}, 5)))
    taught = replace(frozen.kpis[0], items=(practised, *frozen.kpis[0].items[1:]))
    assert recipe.kpis_in(recipe.kpis_out([taught])) == (taught,)
    assert recipe.promise_hash(replace(frozen, kpis=(taught, *frozen.kpis[1:]))) != promised
    softer = replace(frozen, groups=tuple(replace(one, k=one.k + 1) for one in frozen.groups))
    assert recipe.promise_hash(softer) != promised


def test_everybody_who_could_read_is_a_reader_and_nobody_else(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    grant(session, company, "hr@fjellbris.example", Role.ANALYST, company.id, now)
    grant(session, company, "mentor@fjellbris.example", Role.VIEWER, company.subjects["Sofie Berg"], now)
    grant(session, company, "it@fjellbris.example", Role.ADMIN, company.id, now)
    grant(session, company, "other@fjellbris.example", Role.MANAGER, company.subjects["Team Sør"], now)
    launched(session, draft, now)
    frozen = load_frozen_round(session, draft.id)
    paths = paths_of(frozen.subjects)
    above = {address("Amir Haddad"), address("Ingrid Solheim"), address("Ragnhild Torp"), "hr@fjellbris.example"}
    assert readers_of(frozen, paths[company.subjects["Lars Moen"]]) == above
    assert readers_of(frozen, paths[company.subjects["Sofie Berg"]]) == above | {"mentor@fjellbris.example"}


def test_the_subject_and_readers_do_not_count_and_everybody_else_does(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    extra = NewAssignment(company.people["Ingrid Solheim"], company.subjects["Sofie Berg"], RaterGroup.COLLEAGUE)
    insert_assignments(session, draft, [extra], source=AssignmentSource.LIST, actor="account:hr")
    launched(session, draft, now)
    uncounted = {
        (one.rater_group.value, one.rater_id) for one in load_assignments(session, draft.id) if not one.counted
    }
    people = company.people
    assert uncounted == {
        ("manager", people["Amir Haddad"]),
        ("colleague", people["Ingrid Solheim"]),
        *(("self", people[name]) for name in ("Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said")),
    }


def test_assignments_about_nothing_are_dropped(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    draft = draft_round(session, company, now, groups=(RaterGroup.MANAGER, RaterGroup.DIRECT_REPORT))
    asked = NewAssignment(company.people["Lars Moen"], company.subjects["Sofie Berg"], RaterGroup.DIRECT_REPORT)
    insert_assignments(session, draft, [asked], source=AssignmentSource.LIST, actor="account:hr")
    propose_assignments(session, SERVICE, draft.id, now=now)
    launched(session, draft, now)
    assert {one.rater_group for one in load_assignments(session, draft.id)} == {RaterGroup.MANAGER}


def test_a_unit_without_a_card_and_a_competitor_get_what_the_round_asks_about(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    new = NewSubject(SubjectKind.COMPETITOR, "Fjordvarme", company.id)
    rival = create_subject(session, SERVICE, new, now=now).id
    draft = draft_round(
        session, company, now, scope="Fjellbris", groups=(RaterGroup.MYSTERY_SHOPPER, RaterGroup.MANAGER)
    )
    set_rated_subjects(session, SERVICE, draft.id, [rival, company.subjects["Sofie Berg"]], now=now)
    shopper = NewAssignment(company.people["Jonas Eide"], rival, RaterGroup.MYSTERY_SHOPPER, "visit 1")
    insert_assignments(session, draft, [shopper], source=AssignmentSource.LIST, actor="account:hr")
    propose_assignments(session, SERVICE, draft.id, now=now)
    launched(session, draft, now)
    frozen = load_frozen_round(session, draft.id)
    cards = {subject.id: [(line.kpi_id, line.weight) for line in subject.card] for subject in frozen.subjects}
    alike = [(company.kpis["first impression"], 1.0)]
    assert (cards[rival], cards[company.subjects["Team Nord"]]) == (alike, alike)
    assert len(cards[company.subjects["Sofie Berg"]]) == 2
    assert {one.subject_id for one in load_assignments(session, draft.id)} == {rival, company.subjects["Sofie Berg"]}


@pytest.mark.parametrize(
    ("missing", "field"),
    [("groups", "groups"), ("kpis", "kpis"), ("subjects", "subjects"), ("assignments", "assignments")],
)
def test_an_incomplete_draft_is_refused_with_what_is_missing(
    session: WriteSession, company: Fjellbris, now: datetime, missing: str, field: str
) -> None:
    draft = draft_round(session, company, now)
    if missing == "groups":
        set_groups(session, SERVICE, draft.id, [], now=now)
    if missing == "kpis":
        set_round_kpis(session, SERVICE, draft.id, [], now=now)
    if missing == "subjects":
        set_rated_subjects(session, SERVICE, draft.id, [], now=now)
    if missing != "assignments":
        propose_assignments(session, SERVICE, draft.id, now=now)
    with pytest.raises(RoundIncomplete) as refused:
        launched(session, draft, now)
    assert field in {problem.field for problem in refused.value.errors}
    assert load_round(session, draft.id).state is RoundState.DRAFT


def test_a_launch_after_the_closing_time_or_too_short_is_refused(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    for later in (timedelta(days=15), timedelta(days=13, hours=1)):
        with pytest.raises(RoundIncomplete) as refused:
            launch_round(session, SERVICE, draft.id, confirmed=True, now=now + later)
        assert [problem.field for problem in refused.value.errors] == ["closes_at"]


def test_somebody_rated_who_has_left_is_named(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    session.execute(
        update(MembershipRow)
        .where(MembershipRow.subject_id == company.subjects["Sofie Berg"])
        .values(ends_on=now.date())
    )
    with pytest.raises(RoundIncomplete) as refused:
        launched(session, draft, now)
    assert [problem.field for problem in refused.value.errors] == ["subjects"]


def test_a_launch_is_refused_when_nothing_could_be_published(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    draft = draft_round(session, company, now, rated=["Sofie Berg"], groups=(RaterGroup.CUSTOMER, RaterGroup.COLLEAGUE))
    asked = NewAssignment(company.people["Lars Moen"], company.subjects["Sofie Berg"], RaterGroup.COLLEAGUE)
    insert_assignments(session, draft, [asked], source=AssignmentSource.LIST, actor="account:hr")
    with pytest.raises(NothingToPublish):
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)


def test_what_cannot_be_shown_wants_one_confirmation(session: WriteSession, draft: Round, now: datetime) -> None:
    with pytest.raises(ConfirmationNeeded):
        launch_round(session, SERVICE, draft.id, confirmed=False, now=now)
    assert launch_round(session, SERVICE, draft.id, confirmed=True, now=now).promise_hash


def test_after_the_launch_what_was_promised_is_fixed(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    round_ = launched(session, draft, now)
    fixed = (
        lambda: launched(session, draft, now),
        lambda: set_groups(session, SERVICE, draft.id, [default_policy(RaterGroup.CUSTOMER)], now=now),
        lambda: set_round_kpis(session, SERVICE, draft.id, [], now=now),
        lambda: set_rated_subjects(session, SERVICE, draft.id, [], now=now),
        lambda: propose_assignments(session, SERVICE, draft.id, now=now),
        lambda: change_round(session, SERVICE, draft.id, replace(draft_of(round_), pooling=Pooling.POOL), now=now),
    )
    for change in fixed:
        with pytest.raises(RoundNotDraft):
            change()


def test_a_launch_needs_the_right_where_the_round_lies(
    session: WriteSession, company: Fjellbris, draft: Round, now: datetime
) -> None:
    stranger = Viewer("account:s", grants=(Grant(Role.MANAGER, company.subjects["Team Sør"]),))
    with pytest.raises(NotFound):
        launch_round(session, stranger, draft.id, confirmed=True, now=now)
    reader = Viewer("account:r", grants=(Grant(Role.VIEWER, company.subjects["Team Nord"]),))
    with pytest.raises(Forbidden):
        launch_round(session, reader, draft.id, confirmed=True, now=now)
    assert get_round(session, reader, draft.id, now=now).state is RoundState.DRAFT
    manager = Viewer("account:m", grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))
    assert launch_round(session, manager, draft.id, confirmed=True, now=now).state is RoundState.OPEN


def test_past_ratings_close_at_once_and_report_what_cannot_be_shown(
    session: WriteSession, draft: Round, now: datetime
) -> None:
    seen = launch_past_round(session, SERVICE, draft.id, now=now + timedelta(days=100))
    assert seen.needs_confirmation
    round_ = load_round(session, draft.id)
    assert (round_.state, round_.source) == (RoundState.CLOSED, RoundSource.IMPORT)


def grant(session: WriteSession, company: Fjellbris, email: str, role: Role, subject_id: str, now: datetime) -> None:
    account = create_account(session, SERVICE, NewAccount(email, "Noen"), now=now)
    grant_role(session, SERVICE, account.id, role, [company.id, subject_id], now=now)
