"""When an item may hang on an answer to another one."""

from dataclasses import replace

import pytest

from app.kpis.checks import condition_problems, content_problems
from app.kpis.drafts import content_of
from app.kpis.values import Condition, Item, Scale, ScaleKind
from tests.kpis.test_rules import ITEM, SCALE, SOFT, fields, with_version


def asked_after(item: str, lowest: str, highest: str, weight: float = 0.0) -> tuple[Item, ...]:
    """Two items, of which the second is asked after some answers."""
    return ITEM, replace(ITEM, code="b", weight=weight, condition=Condition(item, lowest, highest))


@pytest.mark.parametrize(
    ("items", "wrong"),
    [
        (asked_after("a", "1", "2"), []),
        (asked_after("a", "2", "2"), []),
        # Nothing else can close a circle: an item hangs on an earlier one of its KPI, or on nothing.
        (asked_after("b", "1", "2"), ["items.1.condition.item"]),
        (tuple(reversed(asked_after("a", "1", "2"))), ["items.0.condition.item"]),
        (asked_after("other", "1", "2"), ["items.1.condition.item"]),
        (asked_after("a", "1", "2", weight=1.0), ["items.1.weight"]),
    ],
)
def test_a_condition_names_an_earlier_item_of_the_kpi_and_weighs_nothing(
    items: tuple[Item, ...], wrong: list[str]
) -> None:
    assert fields(content_problems(content_of(with_version(SOFT, items=items)))) == wrong


@pytest.mark.parametrize(
    ("scale", "ends", "wrong"),
    [
        (SCALE, ("1", "2"), []),
        (SCALE, ("0", "6"), ["items.1.condition.highest", "items.1.condition.lowest"]),
        (SCALE, ("3", "2"), ["items.1.condition.highest"]),
        (SCALE, ("1", "5"), ["items.1.condition.highest"]),
        (replace(SCALE, kind=ScaleKind.YES_PARTLY_NO, points=None), ("no", "partly"), []),
        (replace(SCALE, kind=ScaleKind.SLIDER, points=None, low=0, high=10), ("0", "5"), ["items.1.condition.item"]),
    ],
)
def test_a_condition_names_answers_of_the_scale_and_leaves_some_out(
    scale: Scale, ends: tuple[str, str], wrong: list[str]
) -> None:
    first, second = asked_after("a", *ends)
    assert fields(condition_problems((replace(first, scale=scale), second))) == wrong
