"""A new level is accepted by who leads there, with a day and a reason; a watch is set by who writes the KPIs."""

import math
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Role
from app.errors import Forbidden, Invalid, NotFound
from app.followup.commands import accept_shift, set_watch, take_back_shift
from app.followup.queries import get_watch
from app.followup.rules import NO_RANGE_BY_YEAR, NO_RED_LINE_OF_HARD, NOT_IN_COURSE, NothingToAccept, ShiftKnown
from app.followup.values import Method, Red, ShiftDraft, WatchDraft, WatchSetting
from app.infra.database import WriteSession
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.scoring.courses import State
from app.scoring.results import Interval
from app.scoring.seasons import Season
from tests.followup.watched import H1, H6, S1, TODAY, Watching
from tests.shelf import NOW, Shelf, demo

BEGAN = date(2026, 10, 26)
DRAFT = ShiftDraft(BEGAN, "Ny vaktplan fra uke 44")


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def watching(session: WriteSession) -> Watching:
    return Watching.of(session)


def accept(
    session: WriteSession,
    watching: Watching,
    draft: ShiftDraft = DRAFT,
    *,
    who: Role = Role.MANAGER,
    at: str = "team-nord",
    kpi: str = S1,
    subject: str = "team-nord",
) -> str:
    return accept_shift(session, watching.who(who, at), watching.kpis[kpi], watching.subjects[subject], draft, now=NOW)


def entries(session: WriteSession, prefix: str) -> list[JournalRow]:
    return list(
        session.scalars(select(JournalRow).where(JournalRow.action.startswith(prefix)).order_by(JournalRow.sequence))
    )


def test_an_accepted_level_ends_the_signal_and_is_learnt_afresh(session: WriteSession, watching: Watching) -> None:
    assert watching.course(S1, "team-nord").finding.state is State.SIGNAL
    shift_id = accept(session, watching)
    course = watching.course(S1, "team-nord")
    assert (course.finding.state, course.finding.seen, course.finding.side) == (State.LEARNING, 4, None)
    [shift] = course.shifts
    assert (shift.id, shift.starts_on, shift.reason, shift.actor) == (shift_id, BEGAN, DRAFT.reason, "account:manager")
    [entry] = entries(session, "shift.")
    assert (entry.action, entry.actor, entry.object_id) == ("shift.accepted", "account:manager", shift_id)
    assert entry.details["reason"] == DRAFT.reason
    assert watching.course(S1, "sofie.berg").shifts == ()


def test_the_same_day_is_accepted_once(session: WriteSession, watching: Watching) -> None:
    accept(session, watching)
    with pytest.raises(ShiftKnown):
        accept(session, watching)
    accept(session, watching, ShiftDraft(BEGAN + timedelta(7), "Likevel en uke senere"))
    assert [one.starts_on for one in watching.course(S1, "team-nord").shifts] == [BEGAN + timedelta(7), BEGAN]


@pytest.mark.parametrize("day", [date(2024, 1, 1), TODAY])
def test_a_day_outside_the_course_is_refused(session: WriteSession, watching: Watching, day: date) -> None:
    with pytest.raises(Invalid) as refused:
        accept(session, watching, ShiftDraft(day, "Ny vaktplan"))
    assert [(one.field, one.message) for one in refused.value.errors] == [("starts_on", NOT_IN_COURSE)]


def test_where_nothing_is_told_nothing_is_accepted(session: WriteSession, watching: Watching) -> None:
    with pytest.raises(NothingToAccept):
        accept(session, watching, at="team-privat", subject="team-privat")


def test_who_reads_but_does_not_lead_may_not_accept(session: WriteSession, watching: Watching) -> None:
    for role in (Role.VIEWER, Role.ANALYST):
        with pytest.raises(Forbidden):
            accept(session, watching, who=role)
    with pytest.raises(Forbidden):
        accept_shift(
            session,
            watching.person("sofie.berg"),
            watching.kpis[S1],
            watching.subjects["sofie.berg"],
            ShiftDraft(date(2026, 7, 1), "Ny vaktplan"),
            now=NOW,
        )


def test_who_does_not_read_the_course_is_told_nothing_of_it(session: WriteSession, watching: Watching) -> None:
    for role, place in ((Role.ADMIN, ""), (Role.MANAGER, "team-sor")):
        with pytest.raises(NotFound):
            accept(session, watching, who=role, at=place)
    with pytest.raises(NotFound):
        accept_shift(
            session,
            watching.key(Action.KPIS_WRITE),
            watching.kpis[S1],
            watching.subjects["team-nord"],
            DRAFT,
            now=NOW,
        )


def test_a_manager_above_accepts_readings_as_well(session: WriteSession, watching: Watching) -> None:
    accept(session, watching, at="customer-centre", kpi=H1)
    assert watching.course(H1, "team-nord").finding.seen == 4


def test_an_accepted_level_can_be_taken_back_and_the_journal_keeps_it(
    session: WriteSession, watching: Watching
) -> None:
    shift_id = accept(session, watching)
    for viewer, error in (
        (watching.who(Role.VIEWER, "team-nord"), Forbidden),
        (watching.who(Role.MANAGER, "team-sor"), NotFound),
        (watching.who(Role.ADMIN), NotFound),
    ):
        with pytest.raises(error):
            take_back_shift(session, viewer, shift_id, now=NOW)
    take_back_shift(session, watching.who(Role.MANAGER, "team-nord"), shift_id, now=NOW)
    course = watching.course(S1, "team-nord")
    assert (course.finding.state, course.shifts) == (State.SIGNAL, ())
    assert [entry.action for entry in entries(session, "shift.")] == ["shift.accepted", "shift.taken_back"]
    for gone in (shift_id, "x"):
        with pytest.raises(NotFound):
            take_back_shift(session, SERVICE, gone, now=NOW)


# ------------------------------------------------------------ the watch


def set_it(
    session: WriteSession, watching: Watching, draft: WatchDraft, kpi: str = S1, *, seen: int | None = None
) -> None:
    set_watch(session, watching.who(Role.ADMIN), watching.kpis[kpi], draft, expected_version=seen, now=NOW)


def test_a_watch_holds_from_now_on_over_the_whole_history(session: WriteSession, watching: Watching) -> None:
    kpi_id = watching.kpis[S1]
    assert get_watch(session, SERVICE, watching.kpis[H1], on=TODAY) == WatchSetting(watching.kpis[H1])
    assert get_watch(session, SERVICE, kpi_id, on=TODAY) == WatchSetting(kpi_id, red_line=50.0, version=1)
    assert watching.course(S1, "team-nord").red == Red(Interval(50.0, math.inf), 5.0, None)
    set_it(session, watching, WatchDraft(Method.CUSUM, Season.NONE, 24, 74.5), seen=1)
    assert get_watch(session, SERVICE, kpi_id, on=TODAY) == WatchSetting(kpi_id, Method.CUSUM, Season.NONE, 24, 74.5, 2)
    course = watching.course(S1, "team-nord")
    assert (course.finding.needed, course.setting.method) == (24, Method.CUSUM)
    # 73.75 crossed the line two weeks ago, and 75 is not five points above it.
    assert course.red == Red(Interval(74.5, math.inf), 5.0, date(2026, 11, 9))
    entry = entries(session, "watch.")[-1]
    assert entry.details == {"method": "cusum", "season": "none", "baseline": 24, "red_line": 74.5}


def test_a_watch_that_somebody_else_has_set_is_not_overwritten(session: WriteSession, watching: Watching) -> None:
    draft = WatchDraft(Method.EWMA, Season.NONE, 30)
    set_it(session, watching, draft, H1, seen=0)
    with pytest.raises(StaleVersion):
        set_it(session, watching, draft, H1, seen=0)
    set_it(session, watching, draft, H1, seen=1)
    assert get_watch(session, SERVICE, watching.kpis[H1], on=TODAY).version == 2


def test_a_season_that_a_range_cannot_have_and_a_red_line_of_a_hard_kpi_are_refused(
    session: WriteSession, watching: Watching
) -> None:
    with pytest.raises(Invalid) as refused:
        set_it(session, watching, WatchDraft(Method.EWMA, Season.WEEKS, 20, 4.0), H6)
    assert [(one.field, one.message) for one in refused.value.errors] == [
        ("season", NO_RANGE_BY_YEAR),
        ("red_line", NO_RED_LINE_OF_HARD),
    ]


def test_the_watch_of_a_kpi_is_set_by_who_writes_kpis_in_the_company(session: WriteSession, watching: Watching) -> None:
    draft = WatchDraft(Method.EWMA, Season.NONE, 30)
    for role, place in ((Role.MANAGER, "team-nord"), (Role.VIEWER, ""), (Role.ANALYST, "")):
        with pytest.raises(Forbidden):
            set_watch(session, watching.who(role, place), watching.kpis[S1], draft, now=NOW)
    with pytest.raises(NotFound):
        set_watch(session, watching.person("sofie.berg"), watching.kpis[S1], draft, now=NOW)
