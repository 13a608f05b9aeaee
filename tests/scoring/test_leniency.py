"""Scores are freed of severity where a design allows it, and say why not where it does not."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from app.scoring import obstacles
from app.scoring.connectedness import components
from app.scoring.errors import ScoringError
from app.scoring.fairness import FairScore, NotAdjusted, RaterScores
from app.scoring.leniency import Component, adjust, scores, severities
from app.scoring.obstacles import Assignment, Obstacle, Sizes, design_obstacle
from app.scoring.predictions import effects
from app.scoring.reml import CrossedFit
from tests.scoring.crossings import Organisation, organisation

WEIGHTS = {"manager": 0.4, "colleague": 0.6, "self": 0.0}
ENOUGH = Sizes(subjects=5, raters=10, scores=50, sharing=5)


def adjusted(
    people: Organisation, assignment: Assignment = Assignment.UNRELATED, **changed: Any
) -> tuple[Component, ...]:
    columns = {name: getattr(people, name) for name in ("subject", "rater", "group", "score")} | changed
    return adjust(RaterScores.of(**columns), WEIGHTS, assignment)


def reasons(parts: tuple[Component, ...]) -> Counter[Any]:
    return Counter(score.reason if isinstance(score, NotAdjusted) else None for score in scores(parts).values())


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=25))
def test_components_are_what_union_find_over_the_ratings_gives(pairs: list[tuple[int, int]]) -> None:
    parent = {node: node for pair in pairs for node in (("s", pair[0]), ("r", pair[1]))}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while parent[node] != node:
            node = parent[node]
        return node

    for subject, rater in pairs:
        parent[root(("s", subject))] = root(("r", rater))
    cross = np.zeros((10, 10))
    np.add.at(cross, tuple(np.array(pairs).T), 1)
    found = components(sparse.csr_array(cross))
    number = {("s", place): int(n) for place, n in enumerate(found.subject)}
    number |= {("r", place): int(n) for place, n in enumerate(found.rater)}
    nodes = sorted(parent)
    together = [(root(one) == root(other)) == (number[one] == number[other]) for one in nodes for other in nodes]
    assert all(together)
    ratings = Counter(number["s", subject] for subject, _ in pairs)
    assert [ratings[n] for n in sorted(ratings)] == sorted(ratings.values(), reverse=True)
    assert sorted(ratings) == list(range(len(ratings)))


@pytest.mark.parametrize(
    ("part", "whole", "assignment", "expected"),
    [
        (ENOUGH, ENOUGH, Assignment.UNRELATED, None),
        (ENOUGH, ENOUGH, Assignment.UNKNOWN, Obstacle.ASSIGNMENT_UNKNOWN),
        (ENOUGH, ENOUGH, Assignment.BY_MERIT, Obstacle.ASSIGNED_BY_MERIT),
        (ENOUGH._replace(raters=9), None, Assignment.UNKNOWN, Obstacle.TOO_SMALL),
        (ENOUGH._replace(subjects=4), None, Assignment.UNRELATED, Obstacle.TOO_SMALL),
        (ENOUGH._replace(scores=49), None, Assignment.UNRELATED, Obstacle.TOO_SMALL),
        (ENOUGH._replace(sharing=4), None, Assignment.UNRELATED, Obstacle.FEW_SHARED),
        (ENOUGH._replace(sharing=0), None, Assignment.UNRELATED, Obstacle.NESTED),
        (Sizes(1, 1, 1, 0), Sizes(9, 9, 9, 0), Assignment.UNRELATED, Obstacle.NESTED),
        (Sizes(2, 2, 4, 2), Sizes(9, 9, 99, 9), Assignment.UNRELATED, Obstacle.TOO_SMALL),
        (Sizes(2, 2, 4, 2), Sizes(9, 10, 99, 9), Assignment.UNRELATED, Obstacle.DISCONNECTED),
        (Sizes(2, 2, 4, 2), Sizes(9, 10, 99, 4), Assignment.UNRELATED, Obstacle.DISCONNECTED),
        (ENOUGH, Sizes(100, 100, 300, 9), Assignment.UNRELATED, None),
    ],
)
def test_a_design_is_judged_before_anything_is_fitted(
    part: Sizes, whole: Sizes | None, assignment: Assignment, expected: Obstacle | None
) -> None:
    assert design_obstacle(part, whole or part, assignment) is expected


def test_in_a_connected_organisation_every_score_is_adjusted_or_unreliable() -> None:
    people = organisation(11, people=80, raters=12)
    parts = adjusted(people)
    assert len(parts) == 1
    assert parts[0].sizes == Sizes(80, 80, 960, 80)
    assert reasons(parts)[None] > 40
    assert set(reasons(parts)) <= {None, Obstacle.UNRELIABLE}


def test_fair_scores_are_closer_to_the_truth_than_plain_ones() -> None:
    gained = []
    for seed in range(5):
        people = organisation(seed, people=80, raters=12)
        found = scores(adjusted(people))
        fair = {who: score for who, score in found.items() if isinstance(score, FairScore)}
        truth = 55 + people.worth - 3 * 0.4
        plain = np.sqrt(np.mean([(score.plain - truth[who]) ** 2 for who, score in fair.items()]))
        freed = np.sqrt(np.mean([(score.score - truth[who]) ** 2 for who, score in fair.items()]))
        inside = np.mean([score.interval.lo <= truth[who] <= score.interval.hi for who, score in fair.items()])
        gained.append((plain - freed, inside))
    assert min(gain for gain, _ in gained) > 0.3
    assert 0.9 <= np.mean([inside for _, inside in gained]) <= 0.99


def test_severities_follow_the_true_ones_and_are_signed_so_that_strict_is_above_0() -> None:
    people = organisation(12, people=80, raters=12)
    found = severities(adjusted(people))
    told = np.array([found[who].points for who in range(80)])
    assert np.corrcoef(told, people.severity)[0, 1] > 0.7
    covered = np.abs(told - (people.severity - people.severity.mean())) < 1.96 * np.array(
        [found[who].se for who in range(80)]
    )
    assert covered.mean() > 0.88
    assert sum(severity.n for severity in found.values()) == 960


def test_a_fair_score_is_level_plus_weighted_groups_plus_the_subject() -> None:
    people = organisation(13)
    part = adjusted(people)[0]
    assert isinstance(part.verdict, CrossedFit)
    point, rows = part.verdict.point, part.verdict.rows
    beta = point.projection.beta
    # treatment coding: colleague is the reference, the weight of the manager is .4
    level = rows.centre + beta[0] + 0.4 * beta[1]
    blup = effects(part.verdict.predictor, 0).blup
    fair = dict(part.scores())
    told = {who: score.score for who, score in fair.items() if isinstance(score, FairScore)}
    assert told == {who: pytest.approx(level + blup[who]) for who in told}
    assert len(told) > 5


def test_rounds_shift_all_scores_alike_unless_they_are_weighed_otherwise() -> None:
    people = organisation(14)
    when = np.random.default_rng(1).integers(2025, 2027, len(people.score))
    given_rows = RaterScores.of(
        people.subject, people.rater, people.group, np.clip(people.score + 10 * (when == 2026) - 5, 0, 100), when
    )
    even, last = (scores(adjust(given_rows, WEIGHTS, Assignment.UNRELATED, weights)) for weights in (None, {2026: 1}))
    shifts = {
        round(other.score - score.score, 6)
        for score, other in zip(even.values(), last.values(), strict=True)
        if isinstance(score, FairScore) and isinstance(other, FairScore)
    }
    assert len(shifts) == 1
    assert 2 < shifts.pop() < 8
    assert scores(adjust(given_rows, WEIGHTS, Assignment.UNRELATED, {2031: 1})) == even


def test_a_plain_score_leaves_the_weight_of_a_silent_group_to_the_others() -> None:
    rows = RaterScores.of(
        [1, 1, 1, 2, 2],
        ["a", "b", "c", "a", "b"],
        ["manager", "colleague", "colleague", "colleague", "self"],
        [80, 50, 60, 70, 100],
    )
    found = scores(adjust(rows, WEIGHTS, Assignment.UNRELATED))
    assert {who: (score.plain, score.n) for who, score in found.items()} == {
        1: (pytest.approx(0.4 * 80 + 0.6 * 55), 3),
        2: (70, 1),
    }


def test_a_plain_score_is_never_above_the_scale() -> None:
    weights = {"a": 0.65, "b": 0.9, "c": 0.5, "d": 0.6, "e": 0.95}
    rows = RaterScores.of([1] * 5, list("vwxyz"), list(weights), [100] * 5)
    assert [score.plain for score in scores(adjust(rows, weights, Assignment.UNRELATED)).values()] == [100.0]


def test_islands_are_adjusted_each_for_itself_and_never_under_one_number() -> None:
    one, other = organisation(15), organisation(16, people=50)
    both = Organisation(
        np.concatenate([one.subject, other.subject + 1000]),
        np.concatenate([one.rater, other.rater + 1000]),
        np.concatenate([one.group, other.group]),
        np.concatenate([one.score, other.score]),
        one.worth,
        one.severity,
    )
    alone, together = scores(adjusted(one)), adjusted(both)
    assert [part.number for part in together] == [0, 1]
    assert [part.sizes.subjects for part in together] == [60, 50]
    found = scores(together)
    for who, score in alone.items():
        twin = found[who]
        assert type(twin) is type(score)
        assert twin.plain == pytest.approx(score.plain)
        if isinstance(score, FairScore) and isinstance(twin, FairScore):
            assert (twin.score, twin.se) == pytest.approx((score.score, score.se), rel=1e-4)
    assert {score.component for who, score in found.items() if who >= 1000} == {1}


def test_small_islands_have_no_adjusted_score() -> None:
    teams = np.repeat(range(12), 25)
    subject, rater = teams * 5 + np.tile(np.repeat(range(5), 5), 12), teams * 5 + np.tile(range(5), 60)
    draw = np.random.default_rng(2)
    parts = adjust(
        RaterScores.of(subject, rater, ["colleague"] * 300, draw.uniform(20, 90, 300)), WEIGHTS, Assignment.UNRELATED
    )
    assert (len(parts), reasons(parts)) == (12, {Obstacle.DISCONNECTED: 60})
    assert severities(parts) == {}


def test_raters_of_their_own_leave_only_shrinkage() -> None:
    subject, rater = np.repeat(range(20), 6), np.arange(120)
    parts = adjust(
        RaterScores.of(subject, rater, ["colleague"] * 120, np.linspace(0, 100, 120)), WEIGHTS, Assignment.UNRELATED
    )
    assert reasons(parts) == {Obstacle.NESTED: 20}


def test_whether_raters_were_chosen_by_merit_is_asked_and_not_guessed() -> None:
    people = organisation(17)
    assert set(reasons(adjusted(people, Assignment.UNKNOWN))) == {Obstacle.ASSIGNMENT_UNKNOWN}
    [by_merit] = adjusted(people, Assignment.BY_MERIT)
    assert set(reasons((by_merit,))) == {Obstacle.ASSIGNED_BY_MERIT}
    assert (by_merit.model, by_merit.tests(), by_merit.groups()) == (None, None, ())


def test_raters_who_are_alike_need_no_adjustment() -> None:
    parts = adjusted(organisation(18, severity=0))
    assert set(reasons(parts)) == {Obstacle.NO_SEVERITY}
    assert parts[0].model is not None
    told = parts[0].tests()
    assert told is not None
    assert (told[0].p_value < 0.001, told[1].p_value >= 0.05) == (True, True)
    groups = parts[0].groups()
    assert sum(WEIGHTS[one.group] * one.points for one in groups) == pytest.approx(0, abs=1e-9)


def test_subjects_who_are_alike_have_nothing_to_adjust() -> None:
    people = organisation(21, spread=0)
    assert set(reasons(adjusted(people))) == {Obstacle.NO_DIFFERENCE}
    assert set(reasons(adjusted(people, score=np.full(480, 50.0)))) == {Obstacle.NO_DIFFERENCE}


def test_a_search_that_does_not_settle_adjusts_nothing() -> None:
    part = adjusted(organisation(19))[0]
    assert part.model is not None
    assert obstacles.fit_obstacle(replace(part.model, is_settled=False)) is Obstacle.UNSETTLED


def test_few_ratings_leave_a_subject_unreliable() -> None:
    people = organisation(20, people=80, raters=12)
    kept = ~((people.subject == 7) & (np.cumsum(people.subject == 7) > 1))
    found = scores(
        adjusted(people, **{name: getattr(people, name)[kept] for name in ("subject", "rater", "group", "score")})
    )
    assert found[7] == NotAdjusted(Obstacle.UNRELIABLE, found[7].plain, 1, 0)


@settings(max_examples=8)
@given(st.integers(0, 10**6))
def test_names_and_order_of_rows_change_no_score(seed: int) -> None:
    people, draw = organisation(22), np.random.default_rng(seed)
    order, names, codes = draw.permutation(480), draw.permutation(60), draw.permutation(60)
    turned = Organisation(
        names[people.subject][order],
        codes[people.rater][order],
        people.group[order],
        people.score[order],
        people.worth,
        people.severity,
    )
    one, other = (scores(adjusted(each)) for each in (people, turned))
    for who, score in one.items():
        twin = other[int(names[who])]
        assert type(twin) is type(score)
        assert twin.plain == pytest.approx(score.plain)
        if isinstance(score, FairScore) and isinstance(twin, FairScore):
            assert twin.score == pytest.approx(score.score, abs=1e-4)
            assert twin.reliability == pytest.approx(score.reliability, abs=1e-6)


def test_scores_and_their_intervals_stay_on_the_scale() -> None:
    people = organisation(23, people=80, raters=12, spread=40)
    found = [score for score in scores(adjusted(people)).values() if isinstance(score, FairScore)]
    assert {score.score for score in found} & {0.0, 100.0}
    assert all(0 <= score.interval.lo <= score.score <= score.interval.hi <= 100 for score in found)


def test_without_rows_there_are_no_components() -> None:
    rows = RaterScores.of([1], ["a"], ["self"], [50])
    assert adjust(rows, WEIGHTS, Assignment.UNRELATED) == ()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1, 2], [1], ["a", "a"], [1, 2]), "one subject, rater, group and round in every row"),
        (([1], [1], ["a"], [[1]]), "one subject, rater, group and round in every row"),
        (([1], [1], ["a"], [1], [1, 2]), "one subject, rater, group and round in every row"),
        (([1], [1], ["a"], [-1]), "from 0 to 100"),
        (([1], [1], ["a"], [float("nan")]), "from 0 to 100"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(columns: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        RaterScores.of(*columns)
