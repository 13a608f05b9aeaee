"""A rater group that dries up is named from rows that everybody reads; one without a row is never counted."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import insert, select, update

from app.accounts.values import Role
from app.followup.answering import GroupAnswers, falling_of
from app.followup.queries import list_falling
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.releases.values import Release
from app.rounds.tables import AssignmentRow
from app.rounds.values import AssignmentSource
from app.scoring.steps import Length
from app.summaries.values import Place
from tests.crowd import CUSTOMERS, MANAGER, ON, Crowd, Said, crowd, everybody
from tests.served import ONE_DATABASE

TEAM = Place("team", SubjectKind.TEAM, "Team")
MONDAY = date(2026, 1, 5)


def weeks(
    raters: Sequence[int | None], asked: int = 40, *, group: RaterGroup = CUSTOMERS, first: date = MONDAY
) -> list[GroupAnswers]:
    """One week after the other at one unit with a minimum of five."""
    days = [first + timedelta(weeks=place) for place in range(len(raters))]
    return [
        GroupAnswers("team", group, day, day + timedelta(6), n, asked, 5) for day, n in zip(days, raters, strict=True)
    ]


def told(answers: Sequence[GroupAnswers]) -> list[tuple[RaterGroup, date, float, float | None]]:
    return [(one.rater_group, one.since, one.before, one.after) for one in falling_of(answers, {"team": TEAM})]


def test_the_group_that_fell_is_told_with_its_shares_in_hundredths() -> None:
    steady = weeks([9, 9, 9, 9, 9], 10, group=MANAGER)
    found = falling_of([*weeks([20, 21, 20, 6, 6]), *steady], {"team": TEAM})
    [one] = found
    assert (one.subject, one.length, one.rater_group) == (TEAM, Length.WEEK, CUSTOMERS)
    assert (one.since, one.before, one.after) == (date(2026, 1, 26), 0.51, 0.15)
    assert falling_of(weeks([20, 21, 20, 6, 6]), {}) == []


def test_a_fall_that_the_latest_round_has_made_up_is_none() -> None:
    assert told(weeks([20, 20, 20, 4, 4])) != []
    assert told(weeks([20, 20, 20, 4, 4, 20])) == []


def test_a_round_without_a_row_counts_for_nothing() -> None:
    fell = weeks([20, 20, 20, 6, 6])
    assert told([*fell[:2], fell[2]._replace(raters=None), *fell[3:]]) == [(CUSTOMERS, date(2026, 1, 26), 0.5, 0.15)]
    gone = date(2026, 1, 19)
    # It goes on being said while the silence lasts.
    for silent in ([None], [None, None], [None, None, None]):
        assert told(weeks([20, 20, *silent])) == [(CUSTOMERS, gone, 0.5, None)]
    # Nor is it said of a group that had no row before, that has one again, or of which so many were never to be expected.
    for flapping in ([None, 20, None], [20, None, 20], [20, None, 20, None], [None], [None, None]):
        assert told(weeks(flapping)) == []
    for silent in ([None], [None, None]):
        assert told(weeks([9, 9, *silent], 19)) == []
    assert told(weeks([10, 10, None], 20)) == [(CUSTOMERS, gone, 0.5, None)]


def test_rounds_of_another_length_are_another_series_and_the_later_one_of_a_period_counts() -> None:
    months = [one._replace(last=one.last + timedelta(30)) for one in weeks([6, 6], first=date(2026, 3, 2))]
    assert told([*weeks([20, 20, 20]), *months]) == []
    assert (
        told([*weeks([20, 20, 20]), *weeks([2], first=date(2026, 1, 19)), *weeks([20], first=date(2026, 1, 19))]) == []
    )


def test_who_was_erased_since_makes_no_share_above_all() -> None:
    [one] = falling_of([*weeks([20, 20], 18), *weeks([4, 4], first=date(2026, 1, 19))], {"team": TEAM})
    assert (one.before, one.after) == (1.0, 0.1)


# ------------------------------------------------------------ from the tables


def asked_too(made: Crowd, release: Release, more: int) -> None:
    """Make a round of past ratings one that asked, in which so many more customers of each person kept silent."""
    rows = made.session.execute(select(AssignmentRow).where(AssignmentRow.round_id == release.round_id)).scalars().all()
    first = {row.subject_id: row for row in rows if row.rater_group == CUSTOMERS}
    columns = [column.key for column in AssignmentRow.__table__.c]
    copies = [
        {name: getattr(row, name) for name in columns}
        | {"id": new_id(made.session), "occasion": f"more-{number}", "answered": False}
        for row in first.values()
        for number in range(more)
    ]
    made.session.execute(insert(AssignmentRow), copies)
    made.session.execute(
        update(AssignmentRow).where(AssignmentRow.round_id == release.round_id).values(source=AssignmentSource.LIST)
    )


def without_names(said: Said, people: Sequence[str]) -> Said:
    return {key: levels for key, levels in said.items() if key[0] not in people}


@ONE_DATABASE
def test_a_reader_of_a_unit_learns_of_its_groups_and_nobody_of_past_ratings(session: WriteSession) -> None:
    made = crowd(session)
    every, some = everybody([[3] * 6], [[3] * 6]), everybody([[3, 3, 4]], [[3, 3, 4]])
    first, second = made.released(3, every), made.released(5, some)
    reader = made.viewer(Role.VIEWER)
    assert list_falling(session, reader, made.company_id, on=ON) == ()
    asked_too(made, first, 2)
    asked_too(made, second, 5)
    found = list_falling(session, reader, made.company_id, on=ON)
    assert [(one.subject.name, one.rater_group, one.since) for one in found] == [
        ("Crowd", CUSTOMERS, date(2026, 5, 1)),
        ("Team", CUSTOMERS, date(2026, 5, 1)),
    ]
    assert {(one.length, one.before, one.after) for one in found} == {(Length.MONTH, 0.75, 0.38)}
    of_team = list_falling(session, made.viewer(Role.VIEWER, "team"), made.company_id, on=ON)
    assert [one.subject.name for one in of_team] == ["Team"]
    for other in (made.viewer(Role.VIEWER, "p01"), made.viewer(Role.ADMIN)):
        assert list_falling(session, other, made.company_id, on=ON) == ()

    # Three customers of two people are no row of the team, though there were twelve people before.
    third = made.released(7, without_names(some, [name for name in made.subjects if name not in ("p01", "p02")]))
    asked_too(made, third, 50)
    gone = list_falling(session, reader, made.company_id, on=ON)
    assert {(one.subject.name, one.after) for one in gone} == {("Crowd", 0.38), ("Team", 0.38)}
