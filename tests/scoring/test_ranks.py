"""Places admit what is not known: no order that chance alone could explain, and the same places for ever."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.columns import Floats
from app.scoring.errors import ScoringError
from app.scoring.ranking import Entry, NotRanked, Ranking, Unranked, are_apart, ranking
from app.scoring.ranks import Places, Posterior, joint_interval, joint_ranks, posterior_ranks, shrunken
from app.scoring.results import Composite, GroupScore, Interval, KpiScore, Uncertainty
from app.scoring.soft import RaterMix
from tests.scoring.facts import agrees, facts
from tests.scoring.people import soft

points = st.integers(0, 100)
errors = st.sampled_from([0.0, 0.5, 2.0, 5.0, 12.0])
entries = st.lists(st.tuples(points, errors), min_size=5, max_size=9)


def team(rows: list[tuple[float, float]]) -> list[Entry]:
    return [Entry(f"subject {number}", score, se) for number, (score, se) in enumerate(rows)]


def told(found: Ranking | NotRanked) -> Ranking:
    assert isinstance(found, Ranking)
    return found


def places_of(scores: Floats) -> list[int]:
    """Place of each score among different ones, 1 for the highest."""
    places: list[int] = (1 + np.argsort(np.argsort(-scores))).tolist()
    return places


# ------------------------------------------------------------ joint


@pytest.mark.parametrize("case", facts()["rank_joint"])
def test_joint_places_are_as_in_the_reference(case: dict[str, list[float]]) -> None:
    found = joint_ranks(case["y"], case["se"], level=float(np.asarray(case["conf"])))
    assert [list(ends) for ends in zip(*found, strict=True)] == [case["best"], case["worst"]]
    interval = joint_interval(case["y"], case["se"], level=float(np.asarray(case["conf"])))[0]
    assert (interval.hi - case["y"][0]) / case["se"][0] == agrees(case["z"])


@given(st.lists(st.tuples(points, errors), max_size=12), st.floats(0.5, 0.99))
def test_joint_places_hold_the_place_of_the_score_itself(rows: list[tuple[int, float]], level: float) -> None:
    found = joint_ranks([score for score, _ in rows], [se for _, se in rows], level=level)
    for (score, _), (first, last) in zip(rows, found, strict=True):
        above, below = (sum(sign * (other - score) > 0 for other, _ in rows) for sign in (1, -1))
        assert 1 <= first <= 1 + above <= len(rows) - below <= last <= len(rows)


@given(entries, st.data())
def test_the_order_in_which_subjects_come_changes_nothing(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    given = team(rows)
    order = data.draw(st.permutations(range(len(given))))
    one, other = told(ranking(given, seed="a")), told(ranking([given[place] for place in order], seed="a"))
    assert sorted(other.standings) == sorted(one.standings)


@given(entries, st.integers(0, 8), st.floats(0.1, 30))
def test_more_doubt_about_one_never_narrows_its_joint_places(
    rows: list[tuple[int, float]], place: int, more: float
) -> None:
    place %= len(rows)
    scores, se = [score for score, _ in rows], [error for _, error in rows]
    before, after = (
        joint_ranks(scores, se)[place],
        joint_ranks(scores, [*se[:place], se[place] + more, *se[place + 1 :]])[place],
    )
    assert after.first <= before.first <= before.last <= after.last


def test_scores_without_error_are_in_order_and_equal_ones_share_their_places() -> None:
    exact = told(ranking(team([(90, 0), (80, 0), (80, 0), (70, 0), (60, 0)]), seed="a"))
    places = [Places(1, 1), Places(2, 3), Places(2, 3), Places(4, 4), Places(5, 5)]
    assert [one.proven for one in exact.standings] == places
    assert [one.likely for one in exact.standings] == places
    assert [one.band for one in exact.standings] == [1, 2, 2, 3, 4]


def test_joint_places_of_nobody_and_of_one() -> None:
    assert (joint_ranks([], []), joint_ranks([50], [9])) == ([], [Places(1, 1)])


# ------------------------------------------------------------ likely


def test_scores_are_drawn_to_their_mean_as_far_as_they_are_unsure() -> None:
    found = shrunken([40, 60, 80, 60], [0, 5, 20, 5])
    between = 800 / 3 - (0 + 25 + 400 + 25) / 4
    b = np.array([1, between / (between + 25), between / (between + 400), between / (between + 25)])
    assert found.mean.tolist() == agrees((60 + b * np.array([-20, 0, 20, 0])).tolist())
    assert found.variance.tolist() == agrees((b * np.array([0, 25, 400, 25])).tolist())


def test_scores_that_differ_less_than_their_noise_are_all_believed_to_be_the_mean() -> None:
    found = shrunken([50, 52, 54], [10, 10, 10])
    assert (found.mean.tolist(), found.variance.tolist()) == ([52, 52, 52], [0, 0, 0])
    assert posterior_ranks(["a", "b", "c"], found, seed="") == [Places(1, 3)] * 3


@pytest.mark.parametrize(("scores", "mean"), [([], []), ([70.0], [70.0])])
def test_nobody_and_one_alone_can_be_believed(scores: list[float], mean: list[float]) -> None:
    found = shrunken(scores, [9.0] * len(scores))
    assert found.mean.tolist() == mean
    assert len(posterior_ranks(["a"] * len(scores), found, seed="")) == len(scores)


def test_the_places_hang_on_seed_and_name_alone() -> None:
    believed = Posterior(np.array([60.0, 59.0, 58.0, 57.0]), np.full(4, 25.0))
    names = ["a", "b", "c", "d"]
    found = posterior_ranks(names, believed, seed="release 1", draws=50)
    assert found == posterior_ranks(names, believed, seed="release 1", draws=50)
    few = {tuple(posterior_ranks(names, believed, seed=f"release {number}", draws=1)) for number in range(9)}
    assert len(few) > 1


def test_the_draws_are_those_of_a_published_function_so_that_they_stay_for_ever() -> None:
    """Two subjects, one draw each, by hand: the first eight bytes of SHAKE-256 as a number from 0 to 1."""
    numbers = [
        int.from_bytes(hashlib.shake_256(f"r\x00{name}".encode()).digest(8), "little") / 2**64 for name in ("a", "b")
    ]
    equal = Posterior(np.array([50.0, 50.0]), np.array([1.0, 1.0]))
    first = 1 if numbers[0] > numbers[1] else 2
    assert posterior_ranks(["a", "b"], equal, seed="r", draws=1) == [Places(first, first), Places(3 - first, 3 - first)]


def test_likely_places_agree_with_normal_probabilities() -> None:
    """Two scores 2 apart, standard deviation 1 each: the lower one is above in 7.9 % of the draws."""
    two = Posterior(np.array([52.0, 50.0]), np.array([1.0, 1.0]))
    wide, narrow = (posterior_ranks(["a", "b"], two, seed="s", draws=20_000, level=level) for level in (0.85, 0.83))
    assert (wide, narrow) == ([Places(1, 2), Places(1, 2)], [Places(1, 1), Places(2, 2)])


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "noise"), [(8.0, 6.0), (4.0, 6.0), (10.0, 3.0)])
def test_likely_places_cover_true_places_and_joint_ones_all_of_them(spread: float, noise: float) -> None:
    draw = np.random.default_rng(3)
    names = [f"subject {number}" for number in range(15)]
    likely, joint = [], []
    for number in range(60):
        truth = draw.normal(70, spread, 15)
        se = draw.uniform(0.7, 1.3, 15) * noise
        scores, true_places = truth + draw.normal(0, se), places_of(truth)
        found = posterior_ranks(names, shrunken(scores, se), seed=str(number), draws=500)
        likely.append(np.mean([first <= p <= last for p, (first, last) in zip(true_places, found, strict=True)]))
        proven = joint_ranks(scores, se)
        joint.append(all(first <= p <= last for p, (first, last) in zip(true_places, proven, strict=True)))
    assert 0.88 < np.mean(likely) < 0.98
    assert np.mean(joint) >= 0.95


@pytest.mark.parametrize(("names", "scores"), [(["a", "a"], 2), (["a"], 2), (["a", "b", "c"], 2)])
def test_every_score_has_a_name_of_its_own(names: list[str], scores: int) -> None:
    with pytest.raises(ScoringError, match="each of the 2 scores needs a name of its own"):
        posterior_ranks(names, Posterior(np.zeros(scores), np.zeros(scores)), seed="a")


@pytest.mark.parametrize(("scores", "se"), [([50], []), ([50], [-1]), ([50], [np.nan]), ([np.inf], [1])])
def test_every_score_has_an_error(scores: list[float], se: list[float]) -> None:
    for function in (joint_ranks, shrunken):
        with pytest.raises(ScoringError, match="every score needs a standard error of 0 or more"):
            function(scores, se)


# ------------------------------------------------------------ ranking


@pytest.mark.parametrize("count", range(5))
def test_fewer_than_five_subjects_are_not_ranked(count: int) -> None:
    assert ranking(team([(50, 1)] * count), seed="a") == NotRanked(Unranked.TOO_FEW_SUBJECTS)
    assert list(Unranked) == [Unranked.TOO_FEW_SUBJECTS]


@given(entries)
def test_bands_are_told_apart_as_wholes_and_hang_together(rows: list[tuple[float, float]]) -> None:
    found = told(ranking(team(rows), seed="a"))
    bands = found.bands()
    assert sorted(name for band in bands for name in band) == sorted(found.intervals)
    for place, band in enumerate(bands):
        below = [name for lower in bands[place + 1 :] for name in lower]
        assert all(found.intervals[one].lo > found.intervals[other].hi for one in band for other in below)
        ordered = sorted(band, key=lambda name: found.intervals[name].hi)
        for cut in range(1, len(ordered)):
            assert any(not found.are_apart(one, other) for one in ordered[:cut] for other in ordered[cut:])


@given(entries)
def test_whoever_cannot_be_told_apart_may_hold_the_same_place(rows: list[tuple[float, float]]) -> None:
    found = told(ranking(team(rows), seed="a"))
    for one in found.standings:
        assert 1 <= one.likely.first <= one.likely.last <= len(rows)
        apart = [other for other in found.standings if found.are_apart(one.subject, other.subject)]
        assert one.proven.first == 1 + sum(other.score > one.score for other in apart)
        assert one.proven.last == len(rows) - sum(other.score < one.score for other in apart)


def test_analysts_rank_what_the_model_believes() -> None:
    rows = team([(70, 5), (69, 5), (68, 5), (67, 5), (66, 5)])
    sure = Posterior(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.full(5, 1e-6))
    found = told(ranking(rows, seed="a", believed=sure))
    assert [one.likely for one in found.standings] == [Places(place, place) for place in (5, 4, 3, 2, 1)]
    assert {one.proven for one in found.standings} == {Places(1, 5)}
    assert found.bands() == [[entry.subject for entry in rows]]


def test_five_answers_do_not_beat_forty_by_luck() -> None:
    scores = soft({"peers": {0: [100.0] * 5, 1: [90.0] * 40}}, [RaterMix(kpi, {"peers": 1}) for kpi in (0, 1)]).values()
    few, many = (Entry.of(str(kpi), score) for (_, kpi), score in scores.items() if isinstance(score, KpiScore))
    assert (few.score, many.score) == (100, 90)
    assert not are_apart(few, many)
    assert are_apart(few, Entry("nobody", 20, many.se))


def test_two_alone_are_apart_sooner_than_among_three() -> None:
    pair = Entry("a", 60, 2.4), Entry("b", 50, 2.4)
    assert (are_apart(*pair), are_apart(*pair, among=3)) == (True, False)


def test_a_standing_comes_from_any_score_that_knows_its_error() -> None:
    known, ends = Uncertainty(4, 9, 5), Interval(50, 90)
    group = GroupScore(("peers",), 72, 5, 1, 1, known, ends)
    found = [
        Entry.of("a", score)
        for score in (
            group,
            KpiScore(0, 71, 1, 5, known, ends, (group,)),
            Composite(70, 1, known, ends, (), None, None),
        )
    ]
    assert found == [Entry("a", 72, 4), Entry("a", 71, 4), Entry("a", 70, 4)]


@given(points, errors, points, errors, st.integers(2, 9))
def test_two_among_many_are_apart_as_in_a_ranking_of_so_many(a: int, sa: float, b: int, sb: float, among: int) -> None:
    pair = [Entry("a", a, sa), Entry("b", b, sb)]
    ends = joint_interval([a, b, *[0] * (among - 2)], [sa, sb, *[1] * (among - 2)])
    apart = ends[0].lo > ends[1].hi or ends[1].lo > ends[0].hi
    assert are_apart(*pair, among=among) is are_apart(*pair[::-1], among=among) is apart


@pytest.mark.slow
def test_subjects_who_are_truly_alike_are_hardly_ever_told_apart() -> None:
    """Five subjects with the same true score and five raters each: an error of ten per cent would be allowed."""
    draw = np.random.default_rng(11)
    wrong = 0
    for _ in range(300):
        answers = draw.normal(60, 20, (5, 5))
        v = (8 * 400 + 4 * answers.var(axis=1, ddof=1)) / 12
        ends = joint_interval(answers.mean(axis=1), np.sqrt(v / 5))
        wrong += max(end.lo for end in ends) > min(end.hi for end in ends)
    assert wrong <= 15
