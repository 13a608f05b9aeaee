"""What a version of a KPI changed is told field by field, under the names of the editor; nothing else is."""

from dataclasses import replace

import pytest

from app.errors import NotFound
from app.kpis.changes import Told, compare_versions
from app.kpis.values import (
    Comparison,
    Condition,
    DecisionRule,
    Direction,
    KpiVersion,
    RaterGroup,
    ScaleId,
    ShareRule,
)
from tests.kpis.plain import words
from tests.kpis.test_rules import ITEM, SCALE, VERSION

FIRST = replace(VERSION, number=1)


def told(older: KpiVersion, newer: KpiVersion) -> dict[str, tuple[Told, Told]]:
    found = compare_versions([replace(newer, number=2), older], 2, locale="en")
    return {one.field: (one.before, one.after) for one in found.changes}


def test_versions_that_say_the_same_changed_nothing() -> None:
    assert told(FIRST, FIRST) == {}


def test_words_weights_and_the_decision_rule_are_told_apart() -> None:
    newer = replace(
        FIRST,
        name={**FIRST.name, "en": "Welcome"},
        rater_weights={RaterGroup.CUSTOMER: 40.0},
        decision_rule=DecisionRule(words("Gjør noe", "Act"), 5),
    )
    older = replace(FIRST, rater_weights={RaterGroup.CUSTOMER: 60.0, RaterGroup.MANAGER: 40.0}, decision_rule=None)
    assert told(older, newer) == {
        "name.en": (older.name["en"], "Welcome"),
        "decision_rule.text.nb": (None, "Gjør noe"),
        "decision_rule.text.en": (None, "Act"),
        "decision_rule.days": (None, 5),
        "rater_weights.customer": (60.0, 40.0),
        "rater_weights.manager": (40.0, None),
    }


def test_an_item_is_followed_by_its_code_and_named_when_it_comes_or_goes() -> None:
    kept = replace(ITEM, code="kept", anchors={"1": words("Venter", "Waits")})
    gone, new = replace(ITEM, code="gone", name=words("Ut", "Out")), replace(ITEM, code="new", name=words("Inn", "In"))
    other = replace(SCALE, id=ScaleId("other"), name=words("Annen", "Other"))
    changed = replace(
        kept,
        weight=2.0,
        is_reversed=True,
        scale=other,
        anchors={"1": words("Venter", "Leaves"), "5": words("Hilser", "Greets")},
        condition=Condition("new", "1", "2"),
    )
    older, newer = replace(FIRST, items=(gone, kept)), replace(FIRST, items=(new, changed))
    assert told(older, newer) == {
        "items.0": (None, "In"),
        "items.1.scale_id": (SCALE.name["en"], "Other"),
        "items.1.anchors.1.en": ("Waits", "Leaves"),
        "items.1.anchors.5.nb": (None, "Hilser"),
        "items.1.anchors.5.en": (None, "Greets"),
        "items.1.weight": (1.0, 2.0),
        "items.1.reversed": (False, True),
        "items.1.condition": (None, "new: 1\N{EN DASH}2"),
        "items.2": ("Out", None),
    }


def test_what_is_measured_is_told() -> None:
    older = replace(FIRST, direction=Direction.HIGHER, decimals=0, prorate=False)
    newer = replace(older, direction=Direction.LOWER, decimals=1, share_rule=ShareRule(Comparison.AT_MOST, 20.0))
    assert told(older, newer) == {
        "direction": ("higher", "lower"),
        "decimals": (0, 1),
        "share_rule.comparison": (None, "at_most"),
        "share_rule.limit": (None, 20.0),
    }


def test_only_an_earlier_version_is_compared_with() -> None:
    versions = [replace(FIRST, number=number) for number in (1, 2, 3)]
    assert compare_versions(versions, 3, since=1, locale="nb").older.number == 1
    for number, since in ((1, None), (4, None), (2, 2), (2, 3)):
        with pytest.raises(NotFound):
            compare_versions(versions, number, since=since, locale="nb")
