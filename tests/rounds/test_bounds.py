"""Two who are kept apart are never paired, and nobody is asked for more minutes a month than the cap: in every way in."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.errors import AppError, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.journal.queries import list_entries_about
from app.kpis.values import RaterGroup
from app.reports import RowsRefused
from app.responses.past import import_ratings
from app.rounds.assign import KEPT_APART
from app.rounds.commands import (
    add_assignments,
    change_round,
    launch_round,
    lift_conflict,
    mark_conflict,
    propose_assignments,
    set_load_cap,
    set_usual_moderators,
)
from app.rounds.intake import parse_raters, rows_of
from app.rounds.launch import draft_of
from app.rounds.limits import list_conflicts, load_spent
from app.rounds.moderators import get_usual_moderators
from app.rounds.plan import within_cap
from app.rounds.propose import CAP_REACHED
from app.rounds.queries import get_load_cap, list_loads, load_assignments
from app.rounds.rules import AlreadyApart, RoundIncomplete
from tests.fjellbris import Fjellbris, address, draft_round
from tests.moderation.built import give_moderator

DAY = timedelta(days=1)
PEERS = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE)
REASON = "They are married."

places = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from(["g", "h"])), min_size=1, unique=True)


@given(places, st.integers(1, 6), st.lists(st.integers(0, 300), min_size=6, max_size=6), st.integers(1, 120))
def test_nobody_gets_more_than_is_left_and_nobody_twice(
    wanted: list[tuple[str, str]], most: int, left: list[int], seconds: int
) -> None:
    team = "abcdef"
    chosen = {place: list(team[:most]) for place in wanted}
    candidates = dict.fromkeys(wanted, tuple(team))
    has = dict(zip(team, left, strict=True))
    kept, full = within_cap(chosen, candidates, dict.fromkeys(wanted, seconds), has, "seed")
    asked = Counter(rater for raters in kept.values() for rater in raters)
    assert all(count * seconds <= has[rater] for rater, count in asked.items())
    assert all(len(set(raters)) == len(raters) <= most for raters in kept.values())
    # A place is short of raters only when nobody who is not asked there has time.
    for raters in kept.values():
        if len(raters) < most:
            assert all((asked[one] + 1) * seconds > has[one] for one in set(team) - set(raters))
    assert full or kept == {place: tuple(raters) for place, raters in chosen.items()}


def pairs(session: WriteSession, round_id: str) -> set[tuple[str, str]]:
    return {(one.rater_id, one.subject_id) for one in load_assignments(session, round_id)}


def row_of(name: str, subject: str, group: str = "colleague") -> list[dict[str, str]]:
    return [{"rater_group": group, "subject": subject, "email": address(name)}]


def test_two_who_are_kept_apart_are_paired_by_nothing(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    sofie, lars = company.people["Sofie Berg"], company.people["Lars Moen"]
    both = {(sofie, company.subjects["Lars Moen"]), (lars, company.subjects["Sofie Berg"])}
    draft = draft_round(session, company, now, groups=PEERS)
    propose_assignments(session, SERVICE, draft.id, now=now)
    assert both <= pairs(session, draft.id)
    marked = mark_conflict(session, SERVICE, sofie, lars, reason=REASON, since=now.date() - DAY, now=now)
    assert [one.name for one in marked.people] == ["Lars Moen", "Sofie Berg"]
    assert not both & pairs(session, draft.id)
    report = propose_assignments(session, SERVICE, draft.id, now=now)
    assert not both & pairs(session, draft.id)
    assert len(report.rows) == 4 * (1 + 3) - 2
    rows = parse_raters(rows_of(row_of("Sofie Berg", "Lars Moen")))
    with pytest.raises(RowsRefused) as refused:
        add_assignments(session, SERVICE, draft.id, rows, now=now)
    assert refused.value.refused[0].column == "subject"
    past = draft_round(session, company, now, groups=PEERS, rated=())
    rating = {
        "subject": "Lars Moen",
        "rater": address("Sofie Berg"),
        "rater_group": "colleague",
        "item": "welcome",
        "value": "4",
    }
    with pytest.raises(RowsRefused) as refused:
        import_ratings(session, SERVICE, past.id, rows_of([rating]), now=now)
    assert refused.value.refused[0].message == KEPT_APART
    page = list_conflicts(session, SERVICE, company.id, PageRequest(), on=now.date())
    assert page.items == (marked,)
    lifted = lift_conflict(session, SERVICE, marked.id, now=now)
    assert (lifted.lifted_on, lift_conflict(session, SERVICE, marked.id, now=now)) == (now.date(), lifted)
    propose_assignments(session, SERVICE, draft.id, now=now)
    assert both <= pairs(session, draft.id)


def test_a_mark_has_two_people_a_reason_a_day_and_somebody_who_may(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    sofie, lars, elias = (company.people[name] for name in ("Sofie Berg", "Lars Moen", "Elias Dahl"))
    leader = Viewer("account:amir", grants=(Grant(Role.MANAGER, company.subjects["Team Nord"]),))
    refused: list[tuple[Viewer, str, str, str, datetime, type[AppError]]] = [
        (SERVICE, sofie, sofie, REASON, now, Invalid),
        (SERVICE, sofie, lars, "  ", now, Invalid),
        (SERVICE, sofie, lars, REASON, now + DAY, Invalid),
        (SERVICE, sofie, "nobody", REASON, now, NotFound),
        (leader, sofie, elias, REASON, now, NotFound),
    ]
    for viewer, one, other, reason, since, error in refused:
        with pytest.raises(error):
            mark_conflict(session, viewer, one, other, reason=reason, since=since.date(), now=now)
    mark_conflict(session, SERVICE, sofie, elias, reason=REASON, now=now)
    mark_conflict(session, leader, sofie, lars, reason=REASON, now=now)
    with pytest.raises(AlreadyApart):
        mark_conflict(session, leader, lars, sofie, reason=REASON, now=now)
    seen = list_conflicts(session, leader, company.id, PageRequest(limit=1), on=now.date())
    assert [{one.name for one in conflict.people} for conflict in seen.items] == [{"Sofie Berg", "Lars Moen"}]
    first = list_conflicts(session, SERVICE, company.id, PageRequest(limit=1), on=now.date())
    rest = list_conflicts(session, SERVICE, company.id, PageRequest(cursor=first.next_cursor), on=now.date())
    assert len({one.id for one in (*first.items, *rest.items)}) == 2
    for act in (
        lambda: lift_conflict(session, leader, "nobody", now=now),
        lambda: list_conflicts(session, SERVICE, "nobody", PageRequest(), on=now.date()),
    ):
        with pytest.raises(NotFound):
            act()


def test_the_cap_of_a_month_holds_over_all_rounds(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    """A form takes 35 seconds: two questions and a name. Ten minutes are seventeen forms."""
    assert get_load_cap(session, SERVICE, company.id) == 60
    set_load_cap(session, SERVICE, company.id, 10, now=now)
    assert set_load_cap(session, SERVICE, company.id, 10, now=now) == get_load_cap(session, SERVICE, company.id) == 10
    with pytest.raises(Invalid):
        set_load_cap(session, SERVICE, company.id, 9, now=now)
    amir = company.people["Amir Haddad"]
    for turn in range(1, 5):
        draft = draft_round(session, company, now, groups=PEERS)
        assert CAP_REACHED not in propose_assignments(session, SERVICE, draft.id, now=now).warnings
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
        assert load_spent(session, company.id, now.date().replace(day=1))[amir] == turn * 4 * 35
    full = draft_round(session, company, now, groups=PEERS)
    assert CAP_REACHED in propose_assignments(session, SERVICE, full.id, now=now).warnings
    page, limits = list_loads(session, SERVICE, full.id, PageRequest(limit=2), now=now)
    assert (page.items[0].person_id, page.items[0].forms, page.items[0].month_seconds) == (amir, 1, 17 * 35)
    rest, _ = list_loads(session, SERVICE, full.id, PageRequest(cursor=page.next_cursor), now=now)
    assert len({one.person_id for one in (*page.items, *rest.items)}) == 5
    assert limits.cap == 600
    rows = parse_raters(
        rows_of(row_of("Amir Haddad", "Lars Moen", "manager") + row_of("Amir Haddad", "Thea Vik", "manager"))
    )
    with pytest.raises(RowsRefused) as refused:
        add_assignments(session, SERVICE, full.id, rows, now=now)
    assert {(error.column, error.allowed) for error in refused.value.refused} == {("email", "<= 10 min")}


def test_who_usually_reads_comments_first_is_said_by_who_sets_up_rounds_of_the_whole_company(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    for place, role in ((company.id, Role.VIEWER), (company.subjects["Kundesenter"], Role.MANAGER)):
        with pytest.raises(AppError):
            set_usual_moderators(session, Viewer("x", grants=(Grant(role, place),)), company.id, "HR", now=now)
    with pytest.raises(Invalid) as refused:
        set_usual_moderators(session, SERVICE, company.id, "HR", now=now)
    assert [error.field for error in refused.value.errors] == ["moderated_by"], "nobody has the role there"
    give_moderator(session, company, now)
    for wanted in ("HR", "HR, Ida", "HR, Ida", None, None, "HR"):
        assert set_usual_moderators(session, SERVICE, company.id, wanted, now=now) == wanted
        assert get_usual_moderators(session, SERVICE, company.id) == wanted
    told = [one.action for one in list_entries_about(session, "company", company.id)]
    assert told.count("usual_moderators.set") == 4
    with pytest.raises(NotFound):
        get_usual_moderators(session, Viewer("nobody"), company.id)


def test_a_round_that_would_take_somebody_too_long_does_not_start(
    session: WriteSession, company: Fjellbris, now: datetime
) -> None:
    """Added for a month with time, opened in one without."""
    set_load_cap(session, SERVICE, company.id, 10, now=now)
    for _ in range(4):
        draft = draft_round(session, company, now, groups=PEERS)
        propose_assignments(session, SERVICE, draft.id, now=now)
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    later = draft_round(session, company, now + 14 * DAY, groups=PEERS)
    propose_assignments(session, SERVICE, later.id, now=now)
    wish = replace(draft_of(later), opens_at=now, closes_at=now + 7 * DAY)
    change_round(session, SERVICE, later.id, wish, now=now)
    with pytest.raises(RoundIncomplete) as refused:
        launch_round(session, SERVICE, later.id, confirmed=True, now=now)
    (problem,) = refused.value.errors
    assert (problem.field, problem.values) == ("assignments", {"name": "Amir Haddad", "minutes": 12})
