"""What an analyst sees of a release, and that it is what the model says of the sheets that are shown, and of no other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.analysis.commands import answer_assignment, note_score
from app.analysis.queries import (
    find_analysable,
    get_assignment_answer,
    get_reliability,
    get_severity,
    list_score_notes,
)
from app.analysis.reliable import GroupReliability, Unstudied
from app.analysis.rules import NoFairScore
from app.analysis.values import Absence, Choice, Component, NoteDraft, Severity
from app.errors import Conflict, Forbidden, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.journal.tables import JournalRow
from app.kpis.values import RaterGroup
from app.rounds.values import Mode
from app.scoring.coefficients import Coefficient, OneWay, SubjectTable, one_way, subject_table
from app.scoring.fairness import RaterScores
from app.scoring.generalizability import DStudy, GStudy, d_study, g_study
from app.scoring.leniency import Component as Part
from app.scoring.leniency import adjust, scores
from app.scoring.obstacles import Assignment, Obstacle
from app.scoring.reliability import Gap
from tests.analysis.built import CUSTOMERS, NORD, RATED, Crossed, Sheet, crossed, released, sheets
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE

WEIGHTS = {"customer": 40, "mystery_shopper": 30, "manager": 15, "colleague": 15}


def severity_of(session: WriteSession, made: Crossed, viewer: Viewer | None = None) -> Severity:
    return get_severity(session, viewer or made.analyst, made.release.id, made.kpi, on=made.today)


def shown(given: Sequence[Sheet]) -> list[Sheet]:
    """The sheets that stand in released atoms: no self, and not the two colleagues of Sofie."""
    return [
        one
        for one in given
        if one[2] is not RaterGroup.SELF and not (one[0] == "Sofie Berg" and one[2] is RaterGroup.COLLEAGUE)
    ]


def points(sheet: Sheet) -> float:
    return sum((level - 1) * 25 for level in sheet[3]) / 2


def test_scores_are_freed_of_strict_and_mild_raters_once_somebody_has_said_how_they_came(
    session: WriteSession, now: datetime
) -> None:
    made = crossed(session, now)
    before = severity_of(session, made)
    [component] = before.components
    assert (component.obstacle, before.raters, before.assignment) == (
        Obstacle.ASSIGNMENT_UNKNOWN,
        (),
        Assignment.UNKNOWN,
    )
    assert {(one.fair, one.obstacle) for one in before.subjects} == {(None, Obstacle.ASSIGNMENT_UNKNOWN)}
    assert (component.variances, component.tests, component.groups) == (None, None, ())

    answer = answer_assignment(session, made.analyst, made.release.id, Assignment.UNRELATED, now=now)
    assert (answer.version, answer.answered_by) == (1, "account:analyst")
    found = severity_of(session, made)
    given = shown(sheets())
    about, by, group = ([one[place] for one in given] for place in (0, 1, 2))
    rows = RaterScores.of(about, by, group, [points(one) for one in given])
    [part] = adjust(rows, WEIGHTS, Assignment.UNRELATED)
    model = scores([part])
    [component] = found.components
    is_told_as_modelled(component, part)
    assert [one.name for one in found.subjects] == sorted(RATED)
    for one in found.subjects:
        said = model[one.name]
        assert one.fair is not None
        assert (one.plain, one.fair.score, one.fair.reliability) == (
            agrees(said.plain),
            agrees(said.score),  # type: ignore[union-attr]  # every one of them is adjusted
            agrees(said.reliability),  # type: ignore[union-attr]
        )
        assert one.released == agrees(one.plain)

    are_as_strict_as_made(found)


def are_as_strict_as_made(found: Severity) -> None:
    hidden = [one for one in found.raters if one.name is None]
    assert [one.name for one in found.raters if one.name] == ["Amir Haddad", "Kari Lunde", "Marte Fossum"]
    assert (len(hidden), found.unlisted) == (CUSTOMERS + 3, 3)  # the colleagues have rated Lars alone
    assert {one.person_id for one in hidden} == {None}
    assert all(one.severity.is_integer() and one.lo.is_integer() and one.hi.is_integer() for one in hidden)
    strict, mild = (pick(hidden, key=lambda one: one.severity) for pick in (max, min))
    assert (strict.severity > 25, strict.lo > 0) == (True, True)
    assert (mild.severity < -25, mild.hi < 0) == (True, True)


def is_told_as_modelled(component: Component, part: Part) -> None:
    assert component.tests is not None
    assert [asdict(component.tests.subjects), asdict(component.tests.raters)] == [
        {"statistic": agrees(test.statistic), "p_value": agrees(test.p_value)} for test in part.tests() or ()
    ]
    assert component.tests.raters.p_value < 0.05
    assert [(one.rater_group.value, one.level, one.points, one.se) for one in component.groups] == [
        (one.group, agrees(one.level.value), agrees(one.points), agrees(one.se)) for one in part.groups()
    ]
    assert [one.rater_group.value for one in component.groups] == sorted(WEIGHTS)


@ONE_DATABASE
def test_coefficients_are_those_of_the_shown_sheets(session: WriteSession, now: datetime) -> None:
    made = crossed(session, now)
    found = get_reliability(session, made.analyst, made.release.id, made.kpi, wished=0.8, on=made.today)
    groups = {one.rater_group: one for one in found.groups}
    for group in (RaterGroup.CUSTOMER, RaterGroup.MYSTERY_SHOPPER):
        given = [one for one in shown(sheets()) if one[2] is group]
        expected = one_way([one[0] for one in given], [points(one) for one in given])
        assert isinstance(expected, OneWay)
        assert (groups[group].ratings, groups[group].typical) == (len(given), agrees(expected.k))
        assert groups[group].of_one.value == agrees(expected.single.value)  # type: ignore[union-attr]
        assert groups[group].of_mean.value == agrees(expected.average.value)  # type: ignore[union-attr]
    shoppers = groups[RaterGroup.MYSTERY_SHOPPER]
    by = {(one[0], one[1]): one[3] for one in sheets()}
    table = np.array([[by[about, f"besok-{one}"] for one in range(3)] for about in sorted(RATED)]) * 25.0 - 25
    study = g_study(table.transpose(0, 2, 1))
    assert isinstance(study, GStudy)
    means = d_study(study.raw, 2, 3)
    assert isinstance(means, DStudy)
    assert (shoppers.study.subjects, shoppers.study.items, shoppers.study.raters) == (10, 2, 3)
    assert (shoppers.study.g, shoppers.study.phi) == (agrees(means.g), agrees(means.phi))
    are_those_of_the_full_table(shoppers, table)
    assert shoppers.needed.raters is not None
    assert shoppers.needed.fewest is not None
    assert shoppers.needed.fewest <= shoppers.needed.raters
    colleagues = groups[RaterGroup.COLLEAGUE]
    assert (colleagues.subjects, colleagues.of_one.value, colleagues.study.reason) == (1, None, Unstudied.NOT_CROSSED)
    assert (colleagues.same.raters, colleagues.same.drawn_one.reason, colleagues.uniform.spread) == (
        0,
        Gap.TOO_FEW,
        None,
    )


def are_those_of_the_full_table(told: GroupReliability, table: npt.NDArray[np.float64]) -> None:
    """ICC(2), ICC(3) and the spread of a group whose raters have rated everybody; by subject, rater and item."""
    forms = subject_table(table.mean(axis=2))
    assert isinstance(forms, SubjectTable)
    same, (_, *single), (_, *average) = told.same, *forms
    assert (same.subjects, same.raters) == (len(table), table.shape[1])
    for one, form in zip(
        (same.drawn_one, same.fixed_one, same.drawn_mean, same.fixed_mean), single + average, strict=True
    ):
        assert isinstance(form, Coefficient)
        assert (one.value, one.lo, one.hi) == (agrees(form.value), *map(agrees, form.interval))
    assert (told.uniform.spread, told.without) == (agrees(np.sqrt(table.var(axis=1, ddof=1).mean())), ())


@ONE_DATABASE
def test_nobody_but_an_analyst_learns_that_there_is_anything(session: WriteSession, now: datetime) -> None:
    made = crossed(session, now)
    others = [made.viewer(role, "Fjellbris") for role in (Role.ADMIN, Role.MANAGER, Role.VIEWER)]
    elsewhere = Viewer("account:x", "X", grants=(Grant(Role.ANALYST, "1b1d2a34-8f0b-4c7a-b1de-55c2a6f0d9e2"),))
    for viewer in (*others, elsewhere):
        for ask in (get_severity, get_reliability):
            with pytest.raises(NotFound):
                ask(session, viewer, made.release.id, made.kpi, on=made.today)
        with pytest.raises(NotFound):
            answer_assignment(session, viewer, made.release.id, Assignment.UNRELATED, now=now)
        with pytest.raises(NotFound):
            note_score(session, viewer, made.release.id, note_of(made, "Lars Moen"), now=now)
        assert find_analysable(session, viewer, [made.release.id], on=made.today) == frozenset()
    for viewer in (made.analyst, SERVICE):
        assert len(severity_of(session, made, viewer).subjects) == len(RATED)
        assert find_analysable(session, viewer, [made.release.id], on=made.today) == {made.release.id}


def test_an_analyst_of_a_team_sees_that_team_in_the_one_model_of_all(session: WriteSession, now: datetime) -> None:
    made = crossed(session, now)
    answer_assignment(session, made.analyst, made.release.id, Assignment.UNRELATED, now=now)
    of_team = made.viewer(Role.ANALYST, "Team Nord")
    found, whole = severity_of(session, made, of_team), severity_of(session, made)
    assert [one.name for one in found.subjects] == sorted(NORD)
    assert found.subjects == tuple(one for one in whole.subjects if one.name in NORD)
    assert (found.components, found.is_whole, whole.is_whole) == (whole.components, False, True)
    assert [one.name for one in found.raters if one.name] == ["Amir Haddad"]
    counted = {one.number: one.severity for one in whole.raters if one.name is None}
    hidden = [one for one in found.raters if one.name is None]
    assert {one.subjects for one in hidden} == {3, 4}
    assert all(counted[one.number] == one.severity for one in hidden)
    asked = Counter(one[1] for one in shown(sheets()) if one[0] in NORD)
    assert len(found.raters) + found.unlisted == len(asked)
    assert len(hidden) == sum(subjects >= 3 for rater, subjects in asked.items() if rater != "Amir Haddad")

    with pytest.raises(Forbidden):
        answer_assignment(session, of_team, made.release.id, Assignment.BY_MERIT, now=now)
    with pytest.raises(Forbidden):
        get_reliability(session, of_team, made.release.id, made.kpi, on=made.today)
    with pytest.raises(NotFound):
        note_score(session, of_team, made.release.id, note_of(made, "Elias Dahl"), now=now)
    note_score(session, made.analyst, made.release.id, note_of(made, "Elias Dahl"), now=now)
    seen = list_score_notes(session, of_team, made.release.id, made.kpi, PageRequest(), on=made.today)
    assert seen.items == ()
    assert find_analysable(session, of_team, [made.release.id], on=made.today) == {made.release.id}


@ONE_DATABASE
def test_an_anonymous_group_has_no_raters_to_compare(session: WriteSession, now: datetime) -> None:
    made = crossed(session, now, modes={RaterGroup.CUSTOMER: Mode.ANONYMOUS})
    answer_assignment(session, made.analyst, made.release.id, Assignment.UNRELATED, now=now)
    found = severity_of(session, made)
    assert [(one.rater_group, one.reason) for one in found.left_out] == [(RaterGroup.CUSTOMER, Absence.ANONYMOUS)]
    assert {group for one in found.raters for group in one.rater_groups} <= {
        RaterGroup.MANAGER,
        RaterGroup.MYSTERY_SHOPPER,
    }
    assert sum(one.ratings for one in found.components) == 30 + 10 + 3
    told = get_reliability(session, made.analyst, made.release.id, made.kpi, on=made.today)
    assert RaterGroup.CUSTOMER not in {one.rater_group for one in told.groups}
    assert [one.reason for one in told.left_out] == [Absence.ANONYMOUS]


def test_notes_stand_beside_scores_and_the_journal_tells_nothing_of_them(session: WriteSession, now: datetime) -> None:
    made = crossed(session, now)
    with pytest.raises(NoFairScore):
        note_score(session, made.analyst, made.release.id, note_of(made, "Lars Moen", Choice.FAIR), now=now)
    answer_assignment(session, made.analyst, made.release.id, Assignment.UNRELATED, now=now)
    with pytest.raises(Conflict):
        answer_assignment(session, made.analyst, made.release.id, Assignment.BY_MERIT, expected_version=0, now=now)
    note_score(session, made.analyst, made.release.id, note_of(made, "Lars Moen"), now=now)
    later = now + timedelta(hours=1)
    note = note_score(session, made.analyst, made.release.id, note_of(made, "Lars Moen", Choice.FAIR), now=later)
    lars = next(one for one in severity_of(session, made).subjects if one.name == "Lars Moen")
    assert lars.note is not None
    assert lars.fair is not None
    assert (lars.note.id, note.plain, note.fair) == (note.id, lars.plain, lars.fair.score)
    seen = list_score_notes(session, made.analyst, made.release.id, made.kpi, PageRequest(), on=made.today)
    assert [one.choice for one in seen.items] == [Choice.PLAIN, Choice.FAIR]
    entries = session.scalars(select(JournalRow).where(JournalRow.action.in_(["score.noted", "assignment.answered"])))
    assert {(one.object_kind, one.object_id, str(one.details or {})) for one in entries} == {
        ("release", made.release.id, "{}")
    }


@ONE_DATABASE
def test_earlier_rounds_take_part_where_all_of_them_may(session: WriteSession, now: datetime) -> None:
    made = crossed(session, now)
    later = now + timedelta(days=40)
    second = Crossed(made.company, released(session, made.company, sheets(2), later, name="Vinter"), later)
    answer_assignment(session, made.analyst, second.release.id, Assignment.UNRELATED, now=later)

    def found() -> Severity:
        return get_severity(session, made.analyst, second.release.id, made.kpi, earlier=True, on=second.today)

    assert ([one.release_id for one in found().rounds], found().assignment) == (
        [second.release.id, made.release.id],
        Assignment.UNKNOWN,
    )
    answer_assignment(session, made.analyst, made.release.id, Assignment.UNRELATED, now=later)
    assert get_assignment_answer(session, made.analyst, made.release.id, on=second.today).version == 1
    both = found()
    assert both.assignment is Assignment.UNRELATED
    assert sum(one.ratings for one in both.components) == 2 * 139
    # A name is the same rater in both rounds; a pseudonym holds in one.
    assert [one.name for one in both.raters if one.name] == ["Amir Haddad", "Kari Lunde", "Marte Fossum"]
    assert {one.release_id for one in both.raters if one.name is None} == {made.release.id, second.release.id}
    alone = severity_of(session, Crossed(made.company, second.release, later))
    assert [asdict(one) for one in alone.subjects] != [asdict(one) for one in both.subjects]


def note_of(made: Crossed, about: str, choice: Choice = Choice.PLAIN) -> NoteDraft:
    return NoteDraft(made.company.subjects[about], made.kpi, choice, "Two of five shoppers came in the Easter week.")
