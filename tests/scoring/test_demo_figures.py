"""The acceptance figures of the demo organisation, from answers on 1 to 5 and goalposts to the card."""

from collections.abc import Mapping

from app.scoring.composite import CardEntry, Scorecard, score_composites
from app.scoring.goalposts import Goalposts, RangeGoalposts, score_metric
from app.scoring.metrics import known
from app.scoring.results import Composite, HardScore, KpiScore, NotScored, Reason
from app.scoring.scales import slider
from app.scoring.soft import RaterMix, SoftScores
from tests.scoring.facts import agrees
from tests.scoring.people import soft

SOFIE = [
    RaterMix(0, {"customer": 40, "shopper": 30, "manager": 15, "colleague": 15}),
    RaterMix(1, {"customer": 40, "manager": 30, "colleague": 30}),
    RaterMix(2, {"colleague": 60, "manager": 40}),
]
SOFIE_CARD = Scorecard(tuple(CardEntry(kpi, weight) for kpi, weight in enumerate((20, 20, 10, 15, 20, 15))))
SOFIE_HARD = {
    (0, 3): score_metric(3, known(52), Goalposts(180, 45, 20)),
    (0, 4): score_metric(4, known(79), Goalposts(55, 75, 88)),
    (0, 5): score_metric(5, known(6.2), RangeGoalposts(2, 4, 7, 12)),
}
JONAS = [
    RaterMix(0, {"customer": 40, "shopper": 30, "manager": 30}),
    RaterMix(1, {"shopper": 35, "manager": 35, "colleague": 30}),
]
JONAS_HARD = {
    (0, 2): score_metric(2, known(5), Goalposts(2, 6, 9)),
    (0, 3): score_metric(3, known(345), Goalposts(150, 300, 420)),
    (0, 4): score_metric(4, known(18), Goalposts(12, 25, 35)),
}
JONAS_CARD = Scorecard(tuple(CardEntry(kpi, weight) for kpi, weight in enumerate((25, 25, 15, 20, 15))))
K = {"customer": 5, "colleague": 3, "shopper": 3, "manager": 1}


def points(mean: float, n: int) -> list[float]:
    """Rater scores of n people whose answers on 1 to 5 have this mean."""
    return [slider(1, 5).points(mean)] * n


def scored(answers: Mapping[str, Mapping[int, list[float]]], mixes: list[RaterMix]) -> SoftScores:
    return soft(answers, mixes, least=K)


def figures(scores: SoftScores, count: int) -> list[float | NotScored]:
    found = [scores.values()[0, kpi] for kpi in range(count)]
    return [round(score.score, 6) if isinstance(score, KpiScore) else score for score in found]


def composite(scores: SoftScores, card: Scorecard, hard: Mapping[tuple[int, int], HardScore]) -> Composite:
    found = score_composites(scores, {0: card}, hard)[0]
    assert isinstance(found, Composite)
    return found


SOFIE_ANSWERS = {
    "customer": {0: points(4.25, 12), 1: points(3.9, 10)},
    "shopper": {0: points(3.9, 5)},
    "manager": {0: points(4, 1), 1: points(3.5, 1), 2: points(4, 1)},
}
TWO = {0: points(4, 2), 1: points(3.5, 2), 2: points(4, 2)}
THREE = {
    kpi: [slider(1, 5).points(answer) for answer in answers]
    for kpi, answers in enumerate([(4, 4, 5), (3, 4, 4), (4, 4, 5)])
}


def test_sofie_with_two_colleagues_is_scored_without_them() -> None:
    scores = scored(SOFIE_ANSWERS | {"colleague": TWO}, SOFIE)
    assert figures(scores, 3) == [77.058824, 68.214286, NotScored(Reason.INSUFFICIENT, 0.4)]
    assert scores.kpi_rows.coverage.tolist() == agrees([0.85, 0.7, 0.4])


def test_what_two_colleagues_say_changes_nothing() -> None:
    silent, loud = (
        scored(SOFIE_ANSWERS | {"colleague": two}, SOFIE) for two in (TWO, {0: [0.0, 100.0], 2: [0.0, 0.0]})
    )
    assert silent.values() == loud.values()


def test_sofies_hard_kpis_and_card_come_out() -> None:
    found = composite(scored(SOFIE_ANSWERS | {"colleague": TWO}, SOFIE), SOFIE_CARD, SOFIE_HARD)
    assert [round(score.score, 1) for score in SOFIE_HARD.values()] == [71.1, 82.7, 100]
    assert (round(found.score, 1), found.coverage) == (79.2, agrees(0.9))
    assert (round(found.soft or 0, 1), round(found.hard or 0, 1)) == (72.6, 84.4)


def test_a_third_colleague_brings_the_group_in() -> None:
    scores = scored(SOFIE_ANSWERS | {"colleague": THREE}, SOFIE)
    assert figures(scores, 3) == [78, 67.75, 80]
    found = composite(scores, SOFIE_CARD, SOFIE_HARD)
    assert (round(found.score, 1), found.coverage) == (79.4, agrees(1))


def test_jonas_sells_well_and_talks_badly() -> None:
    answers = {
        "customer": {0: points(4.1, 10)},
        "shopper": {0: points(3.6, 5), 1: points(3.2, 5)},
        "manager": {0: points(3.5, 1), 1: points(3, 1)},
        "colleague": {1: points(3.5, 3)},
    }
    scores = scored(answers, JONAS)
    assert figures(scores, 2) == [69.25, 55.5]
    assert [round(score.score, 2) for score in JONAS_HARD.values()] == [56.25, 84.38, 34.62]
    assert round(composite(scores, JONAS_CARD, JONAS_HARD).score, 1) == 61.7
