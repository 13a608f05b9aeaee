"""The early warning of the scenario: a fall in one item of one rater group is noticed long before any red line."""

from datetime import date, timedelta

import pytest

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Role, Viewer
from app.errors import NotFound
from app.followup.queries import get_course
from app.followup.values import Charted, Compared, KpiCourse
from app.infra.database import ReadSession
from app.infra.paging import PageRequest
from app.metrics.queries import load_readings
from app.releases.queries import list_scores, load_scores
from app.releases.values import ScoreFilter
from app.scoring.charts import Side
from app.scoring.courses import State
from app.scoring.projection import Projection, TooEarly, Whole
from app.scoring.steps import Length
from tests.followup.watched import H1, H3, H4, H6, S1, TODAY, Watching
from tests.scoring.facts import agrees
from tests.shelf import NOW

LAST_WEEK = date(2026, 11, 16)
WEEK = timedelta(weeks=1)


def charted(course: KpiCourse) -> Charted:
    assert isinstance(course.judged, Charted)
    return course.judged


# ------------------------------------------------------------ the scenario


def test_the_fall_is_noticed_by_item_and_rater_group_long_before_a_red_line(watching: Watching) -> None:
    course = watching.course(S1, "team-nord")
    values = [told.value for told in course.series.told]
    assert (course.series.length, len(values), course.series.rater_groups) == (Length.WEEK, 27, ("customer",))
    assert sum(value or 0 for value in values[:24]) / 24 == pytest.approx(81, abs=0.5)
    assert values[24:] == [76.25, 73.75, 75.0]
    steps = charted(course).course.steps
    assert {step.state for step in steps[:20]} == {State.LEARNING}
    assert [step.state.value for step in steps[20:]] == [*["in_control"] * 6, "signal"]
    finding = course.finding
    assert (finding.state, finding.side, finding.is_gain) == (State.SIGNAL, Side.LOW, False)
    assert (finding.on, finding.began) == (LAST_WEEK, LAST_WEEK - 3 * WEEK)
    assert course.series.item_names is not None
    assert course.series.item_names[finding.item_id or ""]["en"] == "Welcome"
    assert finding.rater_group == "customer"
    assert min(value for value in values if value is not None) > 50


def test_what_moved_adds_up_to_the_shift(watching: Watching) -> None:
    moved = charted(watching.course(S1, "team-nord")).moved
    assert moved is not None
    assert [(round(one.part, 1), one.is_beyond) for one in moved.movers] == [(-3.1, True), (0.0, False)]
    assert sum(one.part for one in moved.movers) + moved.rest == agrees(moved.shift)
    assert moved.rest == pytest.approx(0, abs=1e-9)


def test_the_first_week_below_the_usual_level_is_silent(watching: Watching) -> None:
    steps = charted(watching.course(S1, "team-nord")).course.steps
    assert [(step.value, step.state.value) for step in steps[-3:]] == [
        (76.25, "in_control"),
        (73.75, "in_control"),
        (75.0, "signal"),
    ]


def test_what_a_false_alarm_costs_is_told_with_the_course(watching: Watching) -> None:
    judged = charted(watching.course(S1, "team-nord"))
    assert judged.run_length == pytest.approx(1002.358, abs=1e-3)
    tested = judged.last_year
    assert (tested.count, tested.judged, tested.learning) == (1, 7, 20)
    assert tested.by_chance == agrees(7 / (judged.run_length or 0))


def test_the_quarters_of_a_team_are_another_series_that_is_compared_round_by_round(watching: Watching) -> None:
    course = watching.course(S1, "team-nord", length="quarter")
    assert course.lengths == (Length.QUARTER, Length.WEEK)
    assert isinstance(course.judged, Compared)
    assert [round(told.value or 0, 1) for told in course.series.told] == [73.6]
    assert (course.finding.state, course.finding.seen) == (State.LEARNING, 1)
    with pytest.raises(NotFound):
        watching.course(S1, "team-nord", length="month")


def test_a_person_has_a_course_of_his_own(watching: Watching) -> None:
    course = watching.course(S1, "sofie.berg")
    assert [round(told.value or 0, 1) for told in course.series.told] == [77.1]
    assert set(course.series.rater_groups) == {"customer", "mystery_shopper", "manager", "colleague"}


def test_where_nothing_is_told_there_is_a_course_without_figures(watching: Watching) -> None:
    for subject in ("team-privat", "lunvik"):
        course = watching.course(S1, subject)
        assert (course.judged, course.series.told, course.finding.seen) == (None, (), 0)


# ------------------------------------------------------------ hard KPIs


def test_readings_make_a_course_in_the_steps_in_which_they_come(watching: Watching) -> None:
    course = watching.course(H1, "team-nord")
    assert (course.series.length, len(course.series.told)) == (Length.WEEK, 33)
    assert course.series.told[-1].first == LAST_WEEK
    judged = charted(course)
    assert judged.watch.better.bad_sides(60) == (Side.HIGH,)
    assert (course.finding.state, judged.moved) == (State.IN_CONTROL, None)


def test_a_unit_has_the_figure_of_all_below_it_and_a_person_his_own(watching: Watching) -> None:
    at = {name: watching.course(H1, name).series.told[0] for name in ("team-nord", "customer-centre", "sofie.berg")}
    first = at["sofie.berg"].first
    assert {told.first for told in at.values()} == {first}
    readings = [
        one.amount.value
        for one in load_readings(
            watching.session,
            [watching.kpis[H1]],
            start=NOW - timedelta(days=400),
            end=NOW,
        )
        if one.starts_at.date() in {first, first - timedelta(1)}
    ]
    assert len(readings) == 8
    middle = sorted(value or 0 for value in readings)[3:5]
    assert at["customer-centre"].value == agrees(sum(middle) / 2)


def test_months_of_readings_are_learnt_and_never_compared_like_rounds(watching: Watching) -> None:
    course = watching.course(H4, "jonas.eide")
    assert course.series.length is Length.MONTH
    assert (charted(course).run_length, course.finding.state) == (None, State.LEARNING)


def test_a_step_that_is_not_over_is_left_out(watching: Watching) -> None:
    told = watching.course(H1, "team-nord", on=LAST_WEEK).series.told
    assert told[-1].first == LAST_WEEK - WEEK


def test_a_best_range_is_watched_on_both_sides(watching: Watching) -> None:
    judged = charted(watching.course(H6, "team-nord"))
    assert judged.watch.better.bad_sides(6.5) == (Side.LOW, Side.HIGH)
    assert judged.run_length == pytest.approx(494.386, abs=1e-3)


# ------------------------------------------------------------ the chance of a target


def test_the_chance_to_reach_a_target_is_told_from_eight_steps_on(watching: Watching) -> None:
    early = watching.course(H6, "sofie.berg").chance
    assert early is not None
    assert (early.first, early.last, early.whole) == (date(2026, 10, 1), date(2026, 12, 31), Whole.AVERAGE)
    assert early.projection == TooEarly(7, 8)
    at_the_end = watching.course(H3, "jonas.eide", on=date(2026, 10, 1)).chance
    assert at_the_end is not None
    assert isinstance(at_the_end.projection, TooEarly)


def test_at_the_end_of_a_quarter_its_average_has_a_chance_in_steps_of_five(watching: Watching) -> None:
    chance = watching.course(H6, "sofie.berg", on=date(2026, 9, 21)).chance
    assert chance is not None
    projection = chance.projection
    assert isinstance(projection, Projection)
    assert (chance.first, chance.last) == (date(2026, 7, 1), date(2026, 9, 30))
    assert 4 < projection.forecast < 7
    assert projection.shown == 95
    assert projection.steps_left == 2


def test_a_median_has_no_chance_to_tell(watching: Watching) -> None:
    assert watching.course(H1, "team-nord").chance is None


# ------------------------------------------------------------ who may read


def test_a_reader_of_the_team_reads_its_course_and_nobody_elses(watching: Watching) -> None:
    viewer = watching.who(Role.VIEWER, "team-nord")
    assert watching.course(S1, "team-nord", viewer=viewer).finding.state is State.SIGNAL
    assert watching.course(H1, "sofie.berg", viewer=viewer).series.told
    for kpi, subject in ((S1, "customer-centre"), (S1, "jonas.eide"), (H1, "team-sor")):
        with pytest.raises(NotFound):
            watching.course(kpi, subject, viewer=viewer)


def test_somebody_reads_his_own_released_course_and_no_readings(watching: Watching) -> None:
    sofie = watching.person("sofie.berg")
    assert watching.course(S1, "sofie.berg", viewer=sofie).series.told
    for kpi, subject in ((H1, "sofie.berg"), (S1, "team-nord")):
        with pytest.raises(NotFound):
            watching.course(kpi, subject, viewer=sofie)


@pytest.mark.parametrize("role", [Role.ADMIN])
def test_who_sees_no_result_sees_no_course(watching: Watching, role: Role) -> None:
    for kpi in (S1, H1):
        with pytest.raises(NotFound):
            watching.course(kpi, "team-nord", viewer=watching.who(role))


def test_a_key_needs_the_scope_of_results_and_for_readings_that_as_well(watching: Watching) -> None:
    assert watching.course(S1, "team-nord", viewer=watching.key(Action.RESULTS_READ)).series.told
    assert watching.course(H1, "team-nord", viewer=watching.key(Action.RESULTS_READ, Action.READINGS_READ)).series.told
    for kpi, scopes in ((H1, [Action.RESULTS_READ]), (S1, [Action.READINGS_READ]), (H1, [Action.READINGS_READ])):
        with pytest.raises(NotFound):
            watching.course(kpi, "team-nord", viewer=watching.key(*scopes))


@pytest.mark.parametrize("wrong", ["", "x", "6f1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"])
def test_what_is_not_there_has_no_course(watching: Watching, wrong: str) -> None:
    for kpi_id, subject_id in ((wrong, watching.subjects["team-nord"]), (watching.kpis[S1], wrong)):
        with pytest.raises(NotFound):
            get_course(watching.session, SERVICE, kpi_id, subject_id, on=TODAY)


# ------------------------------------------------------------ nothing but what was published


def published(session: ReadSession, viewer: Viewer, release_id: str, kpi_id: str, subject_id: str) -> set[object]:
    only = ScoreFilter(subject_id=subject_id, kpi_id=kpi_id)
    page = list_scores(session, viewer, release_id, PageRequest(limit=200), on=TODAY, only=only)
    return {(score.score, score.lo, score.hi) for score in page.items}


def test_every_figure_and_interval_of_a_course_is_a_published_one(watching: Watching) -> None:
    viewer = watching.who(Role.VIEWER, "team-nord")
    for subject in ("team-nord", "sofie.berg"):
        for told in watching.course(S1, subject, viewer=viewer).series.told:
            assert told.release_id is not None
            known = published(watching.session, viewer, told.release_id, watching.kpis[S1], watching.subjects[subject])
            assert (told.value, told.lo, told.hi) in known


def test_small_groups_keep_their_intervals_in_whole_points(watching: Watching) -> None:
    scores = load_scores(watching.session, watching.release_of("2026-q3"), watching.subjects["lars.moen"])
    combined = next(one for one in scores if one.kpi_id == watching.kpis[S1] and not one.rater_groups)
    assert combined.score is not None
    assert combined.se is None, "somebody is in a small group, or this proves nothing"
    told = watching.course(S1, "lars.moen", viewer=watching.who(Role.ANALYST)).series.told[0]
    assert (told.value, told.lo, told.hi) == (combined.score, combined.lo, combined.hi)
    assert [told.lo, told.hi] == [int(told.lo or 0), int(told.hi or 0)]
