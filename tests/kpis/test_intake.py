from collections.abc import Callable, Mapping

import pytest

from app.errors import Invalid
from app.fields import unflattened
from app.kpis.drafts import HardMeasure, ItemDraft, KpiContent, SoftMeasure, TargetDraft
from app.kpis.intake import (
    parse_competence,
    parse_content,
    parse_goal,
    parse_kpi,
    parse_scale,
    parse_scorecard,
    parse_target,
)
from app.kpis.values import (
    Aggregation,
    Comparison,
    Condition,
    DecisionRule,
    Direction,
    KpiKind,
    RaterGroup,
    Rollup,
    ScaleKind,
    ScorecardLine,
    ShareRule,
)
from tests.kpis.plain import Plain, card, hard, item, soft, words

NAME = words("Navn", "Name")


def refused(parse: Callable[[Mapping[str, object]], object], given: Plain) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        parse(given)
    return sorted(error.field for error in refusal.value.errors)


def test_a_soft_kpi_is_read_into_weights_and_items() -> None:
    given = soft("goal", "owner", "scale", items=[item("scale", "welcome", weight=2, reversed=True)])
    draft = parse_kpi(given)
    assert draft.goal_id == "goal"
    assert draft.owner_id == "owner"
    assert draft.content.decision_rule == DecisionRule(
        {"nb": "Hvis den faller, øver vi.", "en": "If it falls, we practise."}, 10
    )
    assert draft.content.measure == SoftMeasure(
        {RaterGroup.MANAGER: 30, RaterGroup.COLLEAGUE: 30, RaterGroup.CUSTOMER: 40, RaterGroup.SELF: 0},
        (
            ItemDraft(
                code="welcome",
                name=words("Møtet", "Welcome"),
                question=words("Hvordan tar {name} imot kunden?", "How does {name} receive the customer?"),
                scale_id="scale",  # type: ignore[arg-type]
                anchors={"1": words("Lar kunden vente", "Leaves the customer waiting"), "5": words("Hilser", "Greets")},
                weight=2,
                is_reversed=True,
            ),
        ),
    )


LISTEN = {"title": {"en": "Listen"}, "url": "https://learn.example.org"}


@pytest.mark.parametrize(
    ("practice", "wrong"),
    [
        ({"competence_id": "c", "resource": LISTEN, "exercise": {"text": {"nb": "Øv."}, "minutes": 10}}, []),
        ({"competence_id": "", "resource": {"title": {}, "url": ""}, "exercise": {}}, []),
        ({"resource": {"title": {"en": "Listen"}}}, ["items.0.resource.url"]),
        ({"resource": {"url": "https://learn.example.org"}}, ["items.0.resource.title"]),
        ({"resource": LISTEN | {"url": "http://learn.example.org"}}, ["items.0.resource.url"]),
        ({"resource": LISTEN | {"url": "javascript:alert(1)"}}, ["items.0.resource.url"]),
        ({"resource": LISTEN | {"kind": "film"}}, ["items.0.resource.kind"]),
        ({"exercise": {"text": {"nb": "Øv."}}}, ["items.0.exercise.minutes"]),
        ({"exercise": {"minutes": 5}}, ["items.0.exercise.text"]),
        ({"exercise": {"text": {"nb": "Øv."}, "minutes": 11}}, ["items.0.exercise.minutes"]),
        ({"exercise": {"text": {"nb": "Ø" * 501}, "minutes": 5}}, ["items.0.exercise.text.nb"]),
    ],
)
def test_what_helps_with_an_item_is_read_whole_or_refused(practice: Plain, wrong: list[str]) -> None:
    given = soft("goal", "owner", "scale", items=[item("scale", "welcome", **practice)])
    if wrong:
        assert refused(parse_kpi, given) == wrong
    else:
        measure = parse_kpi(given).content.measure
        assert isinstance(measure, SoftMeasure)
        found = measure.items[0].practice
        parts = (found.competence_id, found.resource, found.exercise)
        assert all(parts) if practice["competence_id"] else parts == (None, None, None)


def test_a_competence_needs_a_name() -> None:
    assert refused(parse_competence, {"external_id": "c"}) == ["name"]


@pytest.mark.parametrize(
    ("condition", "weight", "wrong"),
    [
        ({"item": "welcome", "lowest": "1", "highest": "2"}, None, []),
        ({"item": "welcome", "lowest": "1"}, 0, []),
        ({"item": "", "lowest": "", "highest": ""}, 1, []),
        (None, None, []),
        ({"item": "welcome"}, None, ["items.1.condition.lowest"]),
        ({"lowest": "1"}, None, ["items.1.condition.item"]),
        ({"item": "welcome", "lowest": "1", "until": "2"}, None, ["items.1.condition.until"]),
        ({"item": "welcome", "lowest": "1"}, 2, ["items.1.weight"]),
        (None, 0, ["items.1.weight"]),
    ],
)
def test_a_condition_is_read_whole_or_refused(condition: Plain | None, weight: float | None, wrong: list[str]) -> None:
    second = item("scale", "why", condition=condition, weight=weight)
    given = soft("goal", "owner", "scale", items=[item("scale", "welcome"), second])
    if wrong:
        assert refused(parse_kpi, given) == wrong
        return
    measure = parse_kpi(given).content.measure
    assert isinstance(measure, SoftMeasure)
    on = None if not condition or not condition["item"] else Condition("welcome", "1", condition.get("highest", "1"))
    assert (measure.items[1].condition, measure.items[1].weight) == (on, 0 if on else 1)


def test_a_hard_kpi_is_read_with_its_share_rule() -> None:
    rule = {"comparison": "at_most", "limit": 20}
    given = hard(
        "goal", "owner", aggregation="share", per=100, share_rule=rule, rollup="mean", cadence="week", decimals=1
    )
    measure = parse_kpi(given).content.measure
    assert isinstance(measure, HardMeasure)
    assert measure.aggregation is Aggregation.SHARE
    assert measure.share_rule == ShareRule(Comparison.AT_MOST, 20)
    assert (measure.per, measure.rollup, measure.cadence, measure.decimals) == (100, Rollup.MEAN, "week", 1)


def test_a_draft_may_lack_everything_but_kind_and_name() -> None:
    draft = parse_kpi({"kind": "hard", "name": {"nb": "Svartid"}})
    assert draft.content == KpiContent(
        {"nb": "Svartid"}, {}, {}, None, HardMeasure({}, None, None, rollup=Rollup.POOLED), None
    )


def test_a_posted_form_is_read_like_json() -> None:
    posted = {
        "name.nb": "Møtet",
        "name.en": "Welcome",
        "decision_rule.text.nb": "Hvis den faller, øver vi.",
        "decision_rule.text.en": "",
        "decision_rule.days": "10",
        "rater_weights.customer": "40,5",
        "rater_weights.manager": "30.5",
        "rater_weights.colleague": "",
        "items.0.name.nb": "Møtet",
        "items.0.scale_id": "scale",
        "items.0.weight": "",
        "items.0.reversed": "on",
        "items.0.anchors.1.nb": "Lar kunden vente",
        "items.0.anchors.2.nb": " ",
        "items.10.name.nb": "Tone",
        "items.10.scale_id": "scale",
        "items.2.name.nb": "Lytting",
        "items.2.scale_id": "scale",
    }
    content = parse_content(unflattened(posted), KpiKind.SOFT, posted=True)
    assert content.decision_rule == DecisionRule({"nb": "Hvis den faller, øver vi."}, 10)
    assert isinstance(content.measure, SoftMeasure)
    assert content.measure.rater_weights == {RaterGroup.CUSTOMER: 40.5, RaterGroup.MANAGER: 30.5}
    assert [each.name["nb"] for each in content.measure.items] == ["Møtet", "Lytting", "Tone"]
    assert [each.code for each in content.measure.items] == ["1", "2", "3"]
    assert content.measure.items[0].anchors == {"1": {"nb": "Lar kunden vente"}}
    assert content.measure.items[0].is_reversed


SOFT_REFUSALS: Mapping[str, tuple[Plain, list[str]]] = {
    "no name": ({"name": None}, ["name"]),
    "an empty name": ({"name": {"nb": " "}}, ["name"]),
    "a name of only invisible signs": ({"name": {"nb": "\u3164"}}, ["name"]),
    "a name of 201 characters": ({"name": {"nb": "x" * 201}}, ["name.nb"]),
    "a name with a bidi control": ({"name": {"nb": "a\u202eb"}}, ["name.nb"]),
    "a name with a line break": ({"name": {"nb": "a\nb"}}, ["name.nb"]),
    "a name that is no text": ({"name": {"nb": 5}}, ["name.nb"]),
    "a third language": ({"name": {**NAME, "de": "Name"}}, ["name.de"]),
    "a text where languages belong": ({"purpose": "Viser mye"}, ["purpose"]),
    "a purpose of 2,001 characters": ({"purpose": {"nb": "x" * 2001}}, ["purpose.nb"]),
    "a decision rule without days": ({"decision_rule": {"text": NAME}}, ["decision_rule.days"]),
    "a decision within 0 days": ({"decision_rule": {"text": NAME, "days": 0}}, ["decision_rule.days"]),
    "half a day": ({"decision_rule": {"text": NAME, "days": 1.5}}, ["decision_rule.days"]),
    "a true day": ({"decision_rule": {"text": NAME, "days": True}}, ["decision_rule.days"]),
    "2^63 days": ({"decision_rule": {"text": NAME, "days": 2**63}}, ["decision_rule.days"]),
    "weights that sum to 0": ({"rater_weights": {"customer": 0, "manager": 0}}, ["rater_weights"]),
    "a negative weight": ({"rater_weights": {"customer": -1, "manager": 1}}, ["rater_weights.customer"]),
    "a weight that is no number": ({"rater_weights": {"manager": float("nan")}}, ["rater_weights.manager"]),
    "an infinite weight": ({"rater_weights": {"manager": float("inf")}}, ["rater_weights.manager"]),
    "a weight as text": ({"rater_weights": {"manager": "40"}}, ["rater_weights.manager"]),
    "a true weight": ({"rater_weights": {"manager": True}}, ["rater_weights.manager"]),
    "seven decimals": ({"rater_weights": {"manager": 0.1234567}}, ["rater_weights.manager"]),
    "a self weight": ({"rater_weights": {"self": 1, "manager": 1}}, ["rater_weights.self"]),
    "an unknown rater group": ({"rater_weights": {"boss": 1}}, ["rater_weights.boss"]),
    "the same code twice": ({"items": [item("s", "a"), item("s", "a")]}, ["items.1.code"]),
    "an item without a scale": ({"items": [item("", "a")]}, ["items.0.scale_id"]),
    "an item of weight 0": ({"items": [item("s", "a", weight=0)]}, ["items.0.weight"]),
    "an item with an unknown field": ({"items": [item("s", "a", colour="red")]}, ["items.0.colour"]),
    "an item that is none": ({"items": ["a"]}, ["items.0", "items.0.name", "items.0.scale_id"]),
    "items that are no list": ({"items": {"0": {}}}, ["items"]),
    "items as a text": ({"items": "abc"}, ["items"]),
    "21 items": ({"items": [item("s", str(n)) for n in range(21)]}, ["items"]),
    "a flag that is none": ({"items": [item("s", "a", reversed=1)]}, ["items.0.reversed"]),
    "an unknown kind": ({"kind": "medium"}, ["kind"]),
    "no kind": ({"kind": None}, ["kind"]),
    "an unknown field": ({"colour": "red"}, ["colour"]),
    "a field of hard KPIs": ({"unit": NAME}, ["unit"]),
    "a day that does not exist": ({"starts_on": "2026-02-30"}, ["starts_on"]),
    "a day in a year without 29 February": ({"starts_on": "2026-02-29"}, ["starts_on"]),
    "the year 0": ({"starts_on": "0000-01-01"}, ["starts_on"]),
    "a day as seconds": ({"starts_on": 1700000000}, ["starts_on"]),
    "an ISO week": ({"starts_on": "2026-W53-1"}, ["starts_on"]),
}


@pytest.mark.parametrize("case", SOFT_REFUSALS)
def test_a_soft_kpi_is_refused_by_field(case: str) -> None:
    changed, fields = SOFT_REFUSALS[case]
    assert refused(parse_kpi, soft("goal", "owner", "s") | changed) == fields


HARD_REFUSALS: Mapping[str, tuple[Plain, list[str]]] = {
    "a percentile without the number": ({"aggregation": "percentile"}, ["percentile"]),
    "a percentile of 100": ({"aggregation": "percentile", "percentile": 100}, ["percentile"]),
    "a number for a median": ({"percentile": 50}, ["percentile"]),
    "a share without a rule": ({"aggregation": "share"}, ["share_rule"]),
    "a rule without a limit": (
        {"aggregation": "share", "share_rule": {"comparison": "at_most"}},
        ["share_rule.limit"],
    ),
    "a rule for a median": ({"share_rule": {"comparison": "at_most", "limit": 1}}, ["share_rule"]),
    "a factor for a median": ({"per": 100}, ["per"]),
    "a factor of 0": ({"aggregation": "ratio", "per": 0}, ["per"]),
    "a prorated median": ({"prorate": True, "cadence": "week"}, ["prorate"]),
    "a prorated sum without cadence": ({"aggregation": "sum", "prorate": True}, ["cadence"]),
    "an unknown direction": ({"direction": "sideways"}, ["direction"]),
    "seven decimals to show": ({"decimals": 7}, ["decimals"]),
    "rater weights": ({"rater_weights": {"manager": 1}}, ["rater_weights"]),
}


@pytest.mark.parametrize("case", HARD_REFUSALS)
def test_a_hard_kpi_is_refused_by_field(case: str) -> None:
    changed, fields = HARD_REFUSALS[case]
    assert refused(parse_kpi, hard("goal", "owner") | changed) == fields


def test_a_refusal_names_the_allowed_range() -> None:
    with pytest.raises(Invalid) as refusal:
        parse_scale({"kind": "points", "points": 12, "name": NAME})
    assert [(error.field, error.allowed) for error in refusal.value.errors] == [("points", "2–11")]


SCALE_REFUSALS: Mapping[str, tuple[Plain, list[str]]] = {
    "one point": ({"kind": "points", "points": 1}, ["points"]),
    "twelve points": ({"kind": "points", "points": 12}, ["points"]),
    "points that are missing": ({"kind": "points"}, ["points"]),
    "points and ends": ({"kind": "points", "points": 5, "low": 1, "high": 5}, ["high", "low"]),
    "ends the wrong way round": ({"kind": "slider", "low": 5, "high": 1}, ["high"]),
    "a slider of no step": ({"kind": "slider", "low": 5, "high": 5}, ["high"]),
    "a slider of 102 steps": ({"kind": "slider", "low": 0, "high": 101}, ["high"]),
    "levels of equal value": ({"kind": "bars", "levels": {"a": 0, "b": 50, "c": 50}}, ["levels"]),
    "a level above 100": ({"kind": "bars", "levels": {"a": 0, "b": 101}}, ["levels.b"]),
    "a level without a value": ({"kind": "bars", "levels": {"a": 0, "b": None}}, ["levels.b"]),
    "one level": ({"kind": "bars", "levels": {"a": 0}}, ["levels"]),
    "a level with a dot": ({"kind": "bars", "levels": {"a.b": 0, "c": 100}}, ["levels.a.b"]),
    "points for yes and no": ({"kind": "yes_partly_no", "points": 3}, ["points"]),
    "no kind": ({}, ["kind"]),
}


@pytest.mark.parametrize("case", SCALE_REFUSALS)
def test_a_scale_is_refused_by_field(case: str) -> None:
    changed, fields = SCALE_REFUSALS[case]
    assert refused(parse_scale, {"name": NAME, **changed}) == fields


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "points", "points": 2},
        {"kind": "points", "points": 11},
        {"kind": "slider", "low": 0, "high": 100},
        {"kind": "slider", "low": -1, "high": 0},
        {"kind": "bars", "levels": {"never": 0, "often": 75, "always": 100}},
        {"kind": "yes_partly_no"},
        {"kind": "recommend"},
    ],
)
def test_every_kind_of_scale_is_read(given: Plain) -> None:
    assert parse_scale({"name": NAME, **given}).kind is ScaleKind(given["kind"])


def test_a_goal_needs_a_name() -> None:
    assert refused(parse_goal, {"description": NAME}) == ["name"]
    assert parse_goal({"name": NAME, "parent_id": "above"}).parent_id == "above"


def test_goalposts_are_read_as_numbers() -> None:
    target = parse_target({"starts_on": "2026-07-01", "floor": 180, "target": 45, "stretch": -0.0})
    assert (target.floor, target.target, str(target.stretch)) == (180, 45, "0.0")
    assert refused(parse_target, {"floor": 1e300, "target": "1"}) == ["floor", "starts_on", "target"]


def test_a_posted_number_is_plain_digits() -> None:
    def field_errors(text: str) -> list[str]:
        return refused(lambda given: parse_target(given, posted=True), {"starts_on": "2026-07-01", "floor": text})

    for text in ("1_0", "0x5", "５", "٣", "1.234,5", "1e3", "nan", "1.2345678"):
        assert field_errors(text) == ["floor"]
    assert parse_target({"starts_on": "2026-07-01", "floor": " 4,5 "}, posted=True).floor == 4.5


def test_a_card_is_read_with_its_lines() -> None:
    given = card("team", "person", ["a"]) | {"lines": [{"kpi_id": "a", "weight": 20, "required": True, "focus": True}]}
    assert parse_scorecard(given).lines == (ScorecardLine("a", 20, True, True),)  # type: ignore[arg-type]


def test_a_card_is_refused_by_field() -> None:
    assert refused(parse_scorecard, {}) == ["level", "lines", "starts_on", "subject_id"]
    line = {"kpi_id": "a", "weight": 0}
    assert refused(parse_scorecard, card("team", "galaxy", []) | {"lines": [line]}) == ["level", "lines.0.weight"]
    assert refused(parse_scorecard, card("team", "person", ["a"] * 31)) == ["lines"]


def test_names_that_contradict_each_other_are_refused() -> None:
    for posted in ({"name": "A", "name.nb": "B"}, {"name.nb": "B", "name": "A"}):
        with pytest.raises(Invalid):
            unflattened(posted)


def test_a_target_draft_has_a_day() -> None:
    assert isinstance(parse_target({"starts_on": "2026-07-01"}), TargetDraft)
    assert Direction("lower") is Direction.LOWER
