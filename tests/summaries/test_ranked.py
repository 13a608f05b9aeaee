"""Bands and places follow from what a release kept; who may not be read is counted and never named."""

import math
from datetime import date
from typing import Any

import pytest

from app.organisation.values import SubjectKind
from app.releases.values import LeftOut, Uncompared
from app.scoring.ranks import Places
from app.summaries.ranked import Told, absent_of, bands_of, choices_of, reason_of
from app.summaries.rivals import Against, Contest, Field, Origin, Source, contests_of
from app.summaries.values import Place

NAMES = ("Ada", "Ben", "Cleo", "Dag", "Eva")
KPI = {"k": {"nb": "Møtet", "en": "Welcome"}}
WHOLE = {"nb": "Alt", "en": "All"}


def told(*names: str, is_analysed: bool = False) -> Told:
    places = {name: Place(name, SubjectKind.PERSON, name) for name in names or NAMES}
    return Told(places, KPI, "a release", is_analysed)


def entry(name: str, score: float, se: float | None, *, half: float = 10.0) -> dict[str, Any]:
    return {"subject_id": name, "score": score, "lo": score - half, "hi": score + half, "se": se}


def document(*entries: dict[str, Any], left_out: Any = ()) -> dict[str, Any]:
    return {"reason": None, "entries": list(entries), "left_out": list(left_out), "kpis": {}}


FIVE = document(*(entry(name, score, 2.0) for name, score in zip(NAMES, (82, 80, 60, 59, 58), strict=True)))


def test_bands_hold_who_cannot_be_told_apart_by_name() -> None:
    first, second = bands_of(FIVE, told())
    assert [[one.place.name for one in band] for band in (first, second)] == [["Ada", "Ben"], ["Cleo", "Dag", "Eva"]]
    assert (first[0].proven, second[2].proven) == (Places(1, 2), Places(3, 5))
    assert [one.name for one in first[1].ahead_of] == ["Cleo", "Dag", "Eva"]
    assert [one.name for one in second[0].behind] == ["Ada", "Ben"]
    assert [(one.ahead_of, len(one.behind)) for one in second] == [((), 2)] * 3


def test_who_may_not_be_read_is_not_named_anywhere() -> None:
    (band,) = bands_of(FIVE, told("Cleo", "Eva"))
    assert [(one.place.name, one.behind, one.ahead_of) for one in band] == [("Cleo", (), ()), ("Eva", (), ())]
    assert band[0].proven == Places(3, 5)
    left_out = document(left_out=[["Ada", "no_score"], ["Gro", "other_card"]])
    assert [(one.place.name, one.reason) for one in absent_of(left_out, told("Ada"))] == [("Ada", LeftOut.NO_SCORE)]


def test_errors_are_for_analysts() -> None:
    assert {one.se for band in bands_of(FIVE, told()) for one in band} == {None}
    assert {one.se for band in bands_of(FIVE, told(is_analysed=True)) for one in band} == {2.0}


def test_where_no_error_was_kept_the_interval_speaks() -> None:
    """Ends 19.6 points away stand for an error of 10: nobody is told apart any more who was by an error of 2."""
    small = document(*(entry(one["subject_id"], one["score"], None, half=19.6) for one in FIVE["entries"]))
    large = document(*(entry(one["subject_id"], one["score"], 10.0, half=1.0) for one in FIVE["entries"]))
    found = [bands_of(one, told()) for one in (small, large)]
    assert [[(one.proven, one.likely) for one in band] for band in found[0]] == [
        [(one.proven, one.likely) for one in band] for band in found[1]
    ]
    assert len(found[0]) == 1


def test_fewer_than_five_are_not_ranked() -> None:
    four = document(*FIVE["entries"][:4])
    assert (bands_of(four, told()), bands_of(None, told())) == ((), ())
    assert [reason_of(one) for one in (None, FIVE, {"reason": "too_little_shared"})] == [
        Uncompared.TOO_FEW_SUBJECTS,
        None,
        Uncompared.TOO_LITTLE_SHARED,
    ]


def test_what_can_be_chosen_says_whether_anybody_is_ranked_on_it() -> None:
    whole = {"composite": {"reason": "too_few_subjects"}, "kpis": {"k": FIVE}}
    found = choices_of(whole, told(), WHOLE)
    assert [(one.kpi_id, one.name, one.is_ranked) for one in found] == [(None, WHOLE, False), ("k", KPI["k"], True)]
    assert [(one.kpi_id, one.is_ranked) for one in choices_of(None, told(), WHOLE)] == [(None, False)]


def contest(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "kpis": [{"kpi_id": "k", "rater_groups": ["customer"], "entries": [{**one, "raters": 9} for one in entries]}]
    }


def contests(document: dict[str, Any], known: Told) -> tuple[Contest, ...]:
    day = date(2026, 10, 12)
    return contests_of(Field(document, (), (), Source(Origin.ROUND, "Us", day, day, day, "1")), "us", known)


@pytest.mark.parametrize(
    ("theirs", "stands"), [(60.0, Against.AHEAD), (84.0, Against.BEHIND), (68.0, Against.NOT_APART)]
)
def test_a_competitor_is_ahead_or_behind_only_beyond_chance(theirs: float, stands: Against) -> None:
    (found,) = contests(contest(entry("us", 72, 2.0), entry("them", theirs, 2.0)), told("us", "them"))
    (rival,) = found.rivals
    assert (found.score, found.raters, rival.against, rival.points) == (72, 9, stands, 72 - theirs)


def test_a_competitor_that_is_not_read_is_no_rival_and_still_counts_among_those_compared() -> None:
    """Of two, 4.6 errors of 1 apart are told apart; of ten they are not, whoever is shown."""
    pair = entry("us", 72, 1.0), entry("them", 67.4, 1.0)
    others = [entry(f"x{place}", 50, 1.0) for place in range(8)]
    (two,), (ten,) = (contests(contest(*pair, *more), told("us", "them")) for more in ([], others))
    assert [one.rivals[0].against for one in (two, ten)] == [Against.AHEAD, Against.NOT_APART]
    assert len(ten.rivals) == 1
    assert contests(contest(*pair), told("us")) == ()


def test_a_seed_gives_the_same_places_for_ever() -> None:
    once, again, other = (
        [one.likely for band in bands_of(FIVE, Told(told().places, KPI, seed, is_analysed=False)) for one in band]
        for seed in ("one", "one", "other")
    )
    assert once == again
    assert all(math.isclose(a.first, b.first, abs_tol=1) for a, b in zip(once, other, strict=True))
