from typing import Any

import pytest

from app.kpis.values import ScaleKind
from app.rounds.values import FrozenItem, FrozenScale, Goalposts
from app.scoring.goalposts import Goalposts as ScoringPosts
from app.scoring.goalposts import RangeGoalposts
from app.summaries.rules import closest_point, decimals_to_show, distance_left, is_reached, piece_of

FIVE = FrozenScale(ScaleKind.POINTS, 5, None, None, None)
LOWER, HIGHER = Goalposts(floor=180, target=45, stretch=20), Goalposts(floor=55, target=75, stretch=88)
RANGE = Goalposts(low=2, best_low=4, best_high=7, high=12)


def item(scale: FrozenScale, anchors: tuple[str, ...], *, is_reversed: bool = False) -> FrozenItem:
    words: Any = {"nb": "Møtet", "en": "Welcome"}
    return FrozenItem("i", "welcome", words, words, scale, 1.0, is_reversed, dict.fromkeys(anchors, words))


@pytest.mark.parametrize(("mean", "point"), [(0, "1"), (24.9, "1"), (25, "1"), (25.1, "3"), (75, "3"), (75.1, "5")])
def test_the_closest_wording_is_the_nearest_worded_point_and_the_lower_of_two(mean: float, point: str) -> None:
    assert closest_point(item(FIVE, ("1", "3", "5")), mean) == point


@pytest.mark.parametrize(
    ("scale", "anchors", "is_reversed", "mean", "point"),
    [
        (FIVE, ("1", "5"), True, 90, "1"),
        (
            FrozenScale(ScaleKind.BARS, None, None, None, {"always": 90.0, "never": 0.0, "now": 60.0}),
            ("never", "now"),
            False,
            80,
            "now",
        ),
        (FrozenScale(ScaleKind.YES_PARTLY_NO, None, None, None, None), ("no", "partly", "yes"), False, 60, "partly"),
        (FrozenScale(ScaleKind.RECOMMEND, None, None, None, None), ("0", "10"), False, 51, "10"),
        (FrozenScale(ScaleKind.SLIDER, None, 0.0, 20.0, None), ("0", "20"), False, 10, "0"),
        (FIVE, (), False, 50, None),
    ],
)
def test_every_kind_of_scale_has_a_closest_wording(
    scale: FrozenScale, anchors: tuple[str, ...], is_reversed: bool, mean: float, point: str | None
) -> None:
    assert closest_point(item(scale, anchors, is_reversed=is_reversed), mean) == point


@pytest.mark.parametrize(
    ("value", "posts", "left"),
    [
        (45, LOWER, 0),
        (44, LOWER, 0),
        (52, LOWER, 7),
        (75, HIGHER, 0),
        (60, HIGHER, 15),
        (4, RANGE, 0),
        (7, RANGE, 0),
        (8.5, RANGE, 1.5),
        (1, RANGE, 3),
    ],
)
def test_the_distance_to_the_target_is_nothing_once_it_is_reached(value: float, posts: Goalposts, left: float) -> None:
    assert (distance_left(value, posts), is_reached(value, posts)) == (left, left == 0)


def test_value_and_distance_lead_to_the_target_as_printed() -> None:
    assert decimals_to_show(52, 7, LOWER, 0) == 0
    assert decimals_to_show(69.5, 5.5, HIGHER, 0) == 1  # 70 % and 6 to go would not make 75
    assert decimals_to_show(45.04, 0.04, LOWER, 1) == 2  # 0.0 s to go would read as reached
    assert decimals_to_show(7.00001, 0.00001, RANGE, 1) == 3


@pytest.mark.parametrize("value", [180, 100.5, 45, 44, 21, 20])
def test_the_line_between_goalposts_gives_the_score(value: float) -> None:
    piece = piece_of(value, LOWER)
    assert piece is not None
    assert piece.points == pytest.approx(ScoringPosts(180, 45, 20).points(value))
    assert min(piece.way[0] - piece.way[1], piece.whole[0] - piece.whole[1]) >= 0


@pytest.mark.parametrize("value", [2, 3, 3.9, 7.5, 11, 12])
def test_the_flanks_of_a_range_give_the_score(value: float) -> None:
    piece = piece_of(value, RANGE)
    assert piece is not None
    assert piece.points == pytest.approx(RangeGoalposts(2, 4, 7, 12).points(value))


@pytest.mark.parametrize(("value", "posts"), [(190, LOWER), (10, LOWER), (5, RANGE), (13, RANGE)])
def test_a_capped_or_full_score_lies_on_no_line(value: float, posts: Goalposts) -> None:
    assert piece_of(value, posts) is None
