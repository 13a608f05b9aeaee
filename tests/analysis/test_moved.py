"""What analysts read of changes: the same change as everybody, with an error that knows how alike the same raters answer."""

import math

import numpy as np
import pytest

from app.accounts.values import Role
from app.analysis.compose import Ratings, Voice
from app.analysis.moved import correlation_of
from app.analysis.queries import get_changes
from app.infra.database import WriteSession
from app.releases.queries import load_all_scores, load_findings
from app.releases.values import Release
from app.rounds.values import GroupPolicy, Mode
from app.scoring.trend import Untrended
from tests.crowd import CUSTOMERS, GROUPS, MANAGER, ON, PEOPLE, WELCOME, crowd, everybody
from tests.scoring.facts import agrees
from tests.served import ONE_DATABASE

SPREAD = [[1, 2, 3, 4, 5, 3], [2, 3, 3, 5, 5, 4], [1, 1, 2, 3, 4, 4]]
LATER = [[2, 2, 4, 4, 5, 3], [3, 5, 3, 5, 4, 4], [2, 1, 3, 3, 5, 5]]
STEADY = [3, 4, 3, 4, 3, 4]


def ratings(release: str, rows: list[tuple[str, str, str, float]], *, named: bool = False) -> Ratings:
    """Scores by subject, group and person; without a name a person has another mark in every round."""
    voices = tuple(Voice("" if named else release, who if named else f"{release}-{who}") for _, _, who, _ in rows)
    scores = np.array([score for *_, score in rows])
    return Ratings(release, tuple(r[0] for r in rows), tuple(r[1] for r in rows), voices, scores[:, None], scores, {})


def design(seed: int, subjects: int) -> list[tuple[str, str, str, float]]:
    draw = np.random.default_rng(seed)
    pairs = [(f"s{one}", f"r{who}") for one in range(subjects) for who in range(6)]
    return [(subject, "customer", who, float(draw.integers(0, 101))) for subject, who in pairs]


def test_the_same_people_are_matched_over_two_rounds_and_compared_within_subject_and_group() -> None:
    first, second = design(1, 5), design(2, 5)
    people = {Voice(release, f"{release}-r{who}"): f"r{who}" for release in "ab" for who in range(6)}
    expected = np.array([[row[3] for row in rows] for rows in (first, second)]).reshape(2, 5, 6)
    expected -= expected.mean(axis=2, keepdims=True)
    rho = np.corrcoef(expected.reshape(2, -1))[0, 1]
    assert correlation_of(ratings("a", first), ratings("b", second), people) == (30, agrees(float(rho)))
    # Who comes twice counts with the mean, and who was not asked before with nothing.
    twice = [*first[:-1], (*first[-1][:3], first[-1][3] - 9), (*first[-1][:3], first[-1][3] + 9)]
    more = [*second, ("s0", "customer", "new", 100.0)]
    assert correlation_of(ratings("a", twice), ratings("b", more), people) == (30, agrees(float(rho)))
    named = [(subject, "manager", who, score) for subject, _, who, score in first]
    assert correlation_of(ratings("a", named, named=True), ratings("b", named, named=True), {}) == (30, 1.0)


@pytest.mark.parametrize("subjects", [1, 4])
def test_fewer_than_five_subjects_tell_no_correlation(subjects: int) -> None:
    rows = design(1, subjects)
    assert correlation_of(ratings("a", rows, named=True), ratings("b", rows, named=True), {}) == (6 * subjects, None)


def squares(session: WriteSession, release: Release, subject_id: str, kpi: str) -> dict[str, float]:
    """Squared standard errors by rater group."""
    return {
        one.rater_groups[0]: (one.se or 0.0) ** 2
        for one in load_all_scores(session, release.id)
        if (one.subject_id, one.kpi_id, one.item_id) == (subject_id, kpi, None) and one.rater_groups
    }


@ONE_DATABASE
def test_an_analyst_reads_a_change_with_the_correlation_of_those_who_answered_twice(session: WriteSession) -> None:
    made = crowd(session)
    first = made.released(3, everybody(SPREAD, [STEADY]))
    second = made.released(5, everybody(LATER, [STEADY], manager=4))
    analyst, kpi = made.viewer(Role.ANALYST), made.kpis[WELCOME]
    found = get_changes(session, analyst, second.id, kpi, on=ON)
    [since] = found.rounds
    both = np.array([SPREAD * 4, LATER * 4], np.float64)
    rho = float(np.corrcoef((both - both.mean(axis=2, keepdims=True)).reshape(2, -1))[0, 1])
    assert (since.release_id, since.pairs) == (first.id, 12 * 6 + 12)
    assert since.correlation == agrees(rho)  # managers are alone in their cells and add nothing
    one = next(line for line in found.subjects if line.name == "p01")
    known = load_findings(session, second.id, [one.subject_id])[one.subject_id]["change"]["kpis"]
    told = next(each for each in known if each["kpi_id"] == kpi)
    assert (one.before, one.after, one.points) == (told["before"], told["after"], told["points"])
    errors = [squares(session, release, one.subject_id, kpi) for release in (first, second)]
    shares = {CUSTOMERS: 0.6, MANAGER: 0.4}
    square = sum(
        share**2 * (sum(each[group] for each in errors) - 2 * rho * math.sqrt(errors[0][group] * errors[1][group]))
        for group, share in shares.items()
    )
    assert one.points is not None
    assert (one.se, one.index) == (agrees(math.sqrt(square)), agrees(one.points / math.sqrt(square)))
    assert told["se"] != agrees(math.sqrt(square))
    of_one = get_changes(session, made.viewer(Role.ANALYST, "p01"), second.id, kpi, on=ON)
    assert (of_one.rounds, of_one.subjects) == (found.rounds, (one,))
    assert {line.name for line in found.subjects} >= set(PEOPLE)

    made.reword(WELCOME, "Noe annet?", starts_on="2026-06-01")
    third = made.released(7, everybody(LATER, [STEADY]))
    changes = get_changes(session, analyst, third.id, kpi, on=ON)
    again = next(line for line in changes.subjects if line.name == "p01")
    assert (again.reason, again.points, again.is_real) == (Untrended.OTHER_DEFINITION, None, False)
    # Answers to two different questions are not alike or unlike.
    assert [(one.release_id, one.pairs, one.correlation) for one in changes.rounds] == [(second.id, 0, None)]


@ONE_DATABASE
def test_groups_without_names_have_the_correlation_of_readers(session: WriteSession) -> None:
    made = crowd(session)
    silent = [GroupPolicy(CUSTOMERS, Mode.ANONYMOUS, 3, 3), *GROUPS[1:]]
    made.released(3, everybody(SPREAD, [STEADY]), groups=silent)
    second = made.released(5, everybody(LATER, [STEADY]), groups=silent)
    found = get_changes(session, made.viewer(Role.ANALYST), second.id, made.kpis[WELCOME], on=ON)
    [since] = found.rounds
    one = next(line for line in found.subjects if line.name == "p01")
    known = load_findings(session, second.id, [one.subject_id])[one.subject_id]["change"]["kpis"]
    told = next(each for each in known if each["kpi_id"] == made.kpis[WELCOME])
    assert (since.pairs, since.correlation, one.se) == (12, None, told["se"])
