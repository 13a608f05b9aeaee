"""Released rows become series by the length of their rounds; readings become steps of a unit."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.followup.series import Released, Steps, are_alike, comparable, definitions_of, rated_series, spans_of
from app.followup.values import Series
from app.kpis.values import Aggregation, Cadence, Direction, KpiId, RaterGroup, Rollup
from app.metrics.values import Amount, Reading, ReadingId
from app.organisation.values import Membership, Stays, SubjectId
from app.rounds.values import FrozenKpi, FrozenMeasure
from app.scoring.steps import Length
from tests.followup.told import ASKED, MONDAY, OTHERWISE, frozen, row, told
from tests.scoring.facts import agrees

WEEK = timedelta(weeks=1)
SUNDAY = MONDAY + timedelta(6)


def series_of(rows: list[Released], kpis: dict[str, FrozenKpi]) -> tuple[Series, ...]:
    return rated_series(rows, kpis, definitions_of(kpis))


def test_rounds_of_one_length_are_one_series_the_fullest_first() -> None:
    rows = [
        row("q1", date(2026, 1, 1), date(2026, 3, 31), 70.0),
        row("w2", MONDAY + WEEK, SUNDAY + WEEK, 81.0),
        row("w1", MONDAY, SUNDAY, 80.0),
        row("odd", MONDAY, MONDAY + timedelta(9), 60.0),
    ]
    found = series_of(rows, dict.fromkeys(("q1", "w1", "w2", "odd"), frozen()))
    assert [(one.length, [point.value for point in one.told]) for one in found] == [
        (Length.WEEK, [80.0, 81.0]),
        (Length.QUARTER, [70.0]),
        (None, [60.0]),
    ]


def test_of_two_rounds_about_the_same_days_the_later_one_counts() -> None:
    rows = [row("late", MONDAY, SUNDAY, 70.0, sealed=9), row("early", MONDAY, SUNDAY, 90.0)]
    [found] = series_of(rows, dict.fromkeys(("late", "early"), frozen()))
    assert [one.value for one in found.told] == [70.0]


def test_what_is_withheld_stands_in_the_series_without_a_figure() -> None:
    rows = [row("w1", MONDAY, SUNDAY, None), row("w2", MONDAY + WEEK, SUNDAY + WEEK, 81.0)]
    [found] = series_of(rows, dict.fromkeys(("w1", "w2"), frozen()))
    assert [(one.value, one.reason) for one in found.told] == [(None, "too_little_weight"), (81.0, None)]


def test_groups_of_a_kpi_without_a_combined_score_make_no_series() -> None:
    rows = [row("w1", MONDAY, SUNDAY, 81.0, groups="mystery_shopper")]
    assert series_of(rows, {"w1": frozen()}) == ()


def test_a_round_that_did_not_ask_about_the_kpi_is_left_out() -> None:
    assert series_of([row("w1", MONDAY, SUNDAY, 81.0)], {}) == ()


def test_items_and_groups_are_strands_with_their_share_in_the_kpi() -> None:
    rows = [
        row("w1", MONDAY, SUNDAY, 80.0),
        *(
            row("w1", MONDAY, SUNDAY, 80.0, item=item, groups=group)
            for item in ("welcome", "tone")
            for group in ("customer", "manager", "self")
        ),
    ]
    [found] = series_of(rows, {"w1": frozen()})
    shares = {(one.item, one.group): one.weight for one in found.strands}
    assert shares == {
        ("welcome", "customer"): agrees(3 / 16),
        ("tone", "customer"): agrees(9 / 16),
        ("welcome", "manager"): agrees(1 / 16),
        ("tone", "manager"): agrees(3 / 16),
    }
    assert found.rater_groups == ("customer", "manager")
    assert found.item_names == {"welcome": {"en": "Welcome"}, "tone": {"en": "Tone"}}


def test_several_groups_in_one_atom_weigh_together() -> None:
    rows = [
        row("w1", MONDAY, SUNDAY, 80.0),
        row("w1", MONDAY, SUNDAY, 80.0, item="tone", groups="customer+manager"),
    ]
    [found] = series_of(rows, {"w1": frozen(items={"tone": 2.0})})
    assert [(one.group, one.weight) for one in found.strands] == [("customer+manager", agrees(1.0))]


def test_strands_begin_anew_with_another_definition() -> None:
    rows = [
        row(name, MONDAY + place * WEEK, SUNDAY + place * WEEK, 80.0, item=item, groups="customer" if item else "")
        for place, name in enumerate(("w1", "w2"))
        for item in (None, "tone")
    ]
    only = {RaterGroup.CUSTOMER: 1.0}
    [found] = series_of(rows, {"w1": frozen("1", weights=only), "w2": frozen("2", weights=only)})
    assert [len(one.points) for one in found.strands] == [1]


def test_figures_are_comparable_with_the_latest_one_asked_for() -> None:
    found = told([1.0, 2.0, 3.0, 4.0], asked=[ASKED, OTHERWISE, ASKED, OTHERWISE])
    assert [one.value for one in comparable(found)] == [2.0, 4.0]
    assert comparable([]) == []
    assert (are_alike(ASKED, ASKED), are_alike(ASKED, OTHERWISE), are_alike(None, None), are_alike(ASKED, None)) == (
        True,
        False,
        True,
        False,
    )


# ------------------------------------------------------------ readings


def measure(aggregation: Aggregation = Aggregation.SUM, rollup: Rollup = Rollup.POOLED) -> FrozenMeasure:
    return FrozenMeasure(
        unit={},
        direction=Direction.HIGHER,
        aggregation=aggregation,
        percentile=None,
        per=1.0,
        cadence=Cadence.WEEK,
        rollup=rollup,
        prorate=False,
        decimals=0,
    )


def reading(subject: str, day: date, value: float, days: int = 1) -> Reading:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Reading(
        ReadingId(f"{subject}-{day}"),
        "company",
        KpiId("kpi"),
        SubjectId(subject),
        None,
        at,
        at + timedelta(days=days),
        Amount(value),
        "api",
        at,
        1,
    )


def stays(*found: tuple[str, date, date | None], people: tuple[str, ...] = ("ada", "bo", "eva")) -> Stays:
    return Stays(
        frozenset(map(SubjectId, people)),
        [Membership(SubjectId(person), SubjectId("team"), starts, ends) for person, starts, ends in found],
    )


ALWAYS = date(2025, 1, 1)
TODAY = MONDAY + 8 * WEEK


def values(steps: Steps, subject: str) -> list[float | None]:
    return [one.value for one in steps.series(subject).told]


def test_a_team_sums_what_its_people_bring_step_by_step() -> None:
    found = [reading(who, MONDAY + week * WEEK, 1 + week) for who in ("ada", "bo") for week in range(3)]
    steps = Steps(measure(), Length.WEEK, found, stays(("ada", ALWAYS, None), ("bo", ALWAYS, None)), today=TODAY)
    assert values(steps, "team") == [2, 4, 6]
    assert values(steps, "ada") == [1, 2, 3]
    assert values(steps, "eva") == []


def test_readings_of_the_team_itself_come_before_those_below_it() -> None:
    found = [reading("team", MONDAY, 50), reading("ada", MONDAY, 1), reading("ada", MONDAY + WEEK, 2)]
    steps = Steps(measure(), Length.WEEK, found, stays(("ada", ALWAYS, None)), today=TODAY)
    assert values(steps, "team") == [50, 2]


def test_figures_follow_the_membership_of_their_day() -> None:
    moved = MONDAY + 2 * WEEK
    found = [reading(who, MONDAY + week * WEEK, 1) for who in ("ada", "bo") for week in range(4)]
    steps = Steps(measure(), Length.WEEK, found, stays(("ada", ALWAYS, None), ("bo", ALWAYS, moved)), today=TODAY)
    assert values(steps, "team") == [2, 2, 1, 1]


def test_before_anything_is_known_of_somebody_he_hung_where_he_hung_first() -> None:
    found = [reading("ada", MONDAY + week * WEEK, 1) for week in range(4)]
    steps = Steps(measure(), Length.WEEK, found, stays(("ada", MONDAY + 3 * WEEK, None)), today=TODAY)
    assert values(steps, "team") == [1, 1, 1, 1]


def test_a_sum_that_lacks_too_many_is_no_figure() -> None:
    everybody = stays(*((who, ALWAYS, None) for who in ("ada", "bo", "eva")))
    found = [reading(who, MONDAY + week * WEEK, 1) for who in ("ada", "bo", "eva") for week in (0, 2)]
    found.append(reading("ada", MONDAY + WEEK, 1))
    steps = Steps(measure(), Length.WEEK, found, everybody, today=TODAY)
    assert values(steps, "team") == [3, None, 3]


def test_who_has_not_begun_to_report_is_not_missed() -> None:
    everybody = stays(("ada", ALWAYS, None), ("bo", ALWAYS, None))
    found = [reading("ada", MONDAY + week * WEEK, 1) for week in range(3)] + [reading("bo", MONDAY + 2 * WEEK, 1)]
    steps = Steps(measure(), Length.WEEK, found, everybody, today=TODAY)
    assert values(steps, "team") == [1, 1, 2]


def test_the_present_step_and_gaps_at_the_ends_are_left_out() -> None:
    found = [reading("ada", MONDAY + week * WEEK, 1) for week in (1, 3, 4)]
    steps = Steps(measure(), Length.WEEK, found, stays(("ada", ALWAYS, None)), today=MONDAY + 4 * WEEK + timedelta(3))
    assert values(steps, "team") == [1, None, 1]
    assert steps.series("team").told[0].first == MONDAY + WEEK


def test_a_kpi_that_does_not_roll_up_leaves_the_team_without() -> None:
    found = [reading("ada", MONDAY, 1)]
    steps = Steps(measure(rollup=Rollup.NONE), Length.WEEK, found, stays(("ada", ALWAYS, None)), today=TODAY)
    assert (values(steps, "team"), values(steps, "ada")) == ([], [1])


def test_without_any_reading_there_is_an_empty_series() -> None:
    assert Steps(measure(), Length.WEEK, [], stays(), today=TODAY).series("team").told == ()


@pytest.mark.parametrize(("days", "last"), [(0, date(2026, 1, 5)), (1, date(2026, 1, 5)), (7, date(2026, 1, 11))])
def test_a_reading_is_as_many_days_long_as_its_period_wherever_midnight_lies(days: int, last: date) -> None:
    assert list(spans_of([reading("ada", MONDAY, 1, days=days)])) == [(MONDAY, last)]
