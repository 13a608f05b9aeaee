"""Past ratings of items that only some were asked."""

import pytest

from app.kpis.values import Condition, RaterGroup, ScaleKind
from app.reports import Row, RowsRefused
from app.responses.ratings import NOT_ASKED, parse_ratings
from app.rounds.values import FrozenItem, FrozenScale

FIVE = FrozenScale(ScaleKind.POINTS, 5, None, None, None)
WORDS = {"nb": "Møtet", "en": "Welcome"}
WELCOME = FrozenItem("welcome", "welcome", WORDS, WORDS, FIVE, 1.0, is_reversed=False, anchors={})
WHY = FrozenItem("why", "why", WORDS, WORDS, FIVE, 0.0, False, {}, Condition("welcome", "1", "2"))


def row(number: int, rater: str, item: str, value: str) -> Row:
    return Row(number, {"subject": "s1", "rater": rater, "rater_group": "customer", "item": item, "value": value})


def test_a_rating_that_nobody_can_have_been_asked_for_is_refused_by_its_row_whatever_the_order() -> None:
    rows = [
        row(2, "r1", "why", "4"),
        row(3, "r1", "welcome", "2"),
        row(4, "r2", "welcome", "3"),
        row(5, "r2", "why", "4"),
        row(6, "r3", "why", "4"),
    ]
    known = {"welcome": WELCOME, "why": WHY}
    conditions = {"why": ("welcome", frozenset({1.0, 2.0}))}
    with pytest.raises(RowsRefused) as refused:
        parse_ratings(rows, known, [RaterGroup.CUSTOMER], conditions)
    assert [(one.row, one.column, one.message) for one in refused.value.refused] == [
        (5, "item", NOT_ASKED),
        (6, "item", NOT_ASKED),
    ]
    sheets = parse_ratings(rows[:3], known, [RaterGroup.CUSTOMER], conditions)
    assert [sheet.answers for sheet in sheets.values()] == [{"why": 4.0, "welcome": 2.0}, {"welcome": 3.0}]
