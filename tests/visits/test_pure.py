"""Scenarios, orders and reports as they are written down; days, hours and what they mean. Pure."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from app.errors import Invalid
from app.kpis.values import Condition, KpiKind, ScaleKind
from app.rounds.values import FrozenItem, FrozenKpi, FrozenScale
from app.scoring.results import NotScored
from app.visits import rules
from app.visits.intake import parse_order, parse_report, parse_said, parse_scenario
from app.visits.values import Band, Critical, EarlierVisit, Fact, OrderDraft, Report, VisitForm
from tests.kpis.plain import words
from tests.visits.desk import REPORT

SAID = words("Sagt.", "Said.")
POINTS = FrozenScale(ScaleKind.POINTS, 5, None, None, None)
SLIDER = FrozenScale(ScaleKind.SLIDER, None, 0, 10, None)


def asked(code: str, scale: FrozenScale = POINTS) -> FrozenItem:
    return FrozenItem(code, code, SAID, SAID, scale, 1.0, is_reversed=False, anchors={})


def form(*items: FrozenItem) -> VisitForm:
    kpi = FrozenKpi("kpi", "version", KpiKind.SOFT, SAID, SAID, {}, items or (asked("welcome"), asked("tone")), None)
    facts, critical = (Fact("wait", "hard", SAID),), (Critical("receipt", SAID),)
    return VisitForm(SAID, {}, (kpi,), facts, critical, cap=40, appeal_days=14, pictures=0)


def scenario(**changes: Any) -> dict[str, Any]:
    facts, critical = [{"code": "wait", "kpi_id": "k", "question": SAID}], [{"code": "receipt", "question": SAID}]
    return {"name": SAID, "kpi_ids": ["k", "k"], "facts": facts, "critical": critical, **changes}


def refused_fields(parse: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        parse()
    return sorted(one.field for one in refused.value.errors)


def test_a_scenario_has_the_usual_rules_until_it_names_others() -> None:
    usual = parse_scenario(scenario())
    assert (usual.kpi_ids, usual.cap, usual.rotation_months, usual.appeal_days, usual.pictures) == (
        ("k",),
        50,
        6,
        14,
        0,
    )
    own = parse_scenario(scenario(cap=0, rotation_months=0, appeal_days=3, pictures=5))
    assert (own.cap, own.rotation_months, own.appeal_days, own.pictures) == (0, 0, 3, 5)


def test_what_is_wrong_with_a_scenario_is_said_at_once() -> None:
    facts = [{"code": "wait", "kpi_id": "k", "question": SAID}, {"code": "wait", "kpi_id": "k", "question": {}}]
    wrong = scenario(name={}, kpi_ids=[], facts=facts, critical=[{"code": "No!", "question": SAID}], cap=101, more=1)
    assert refused_fields(lambda: parse_scenario(wrong)) == [
        "cap", "critical.0.code", "facts.1.code", "facts.1.question.nb", "kpi_ids", "more", "name.nb",
    ]  # fmt: skip


def test_an_order_is_read_and_what_it_lacks_is_named() -> None:
    given = {
        "scenario_id": "s",
        "subject_id": "p",
        "from_on": "2026-11-23",
        "until_on": "2026-11-24",
        "band": "evening",
    }
    assert parse_order(given).band is Band.EVENING
    assert parse_order({**given, "band": None}).locale == "nb"
    assert refused_fields(lambda: parse_order({"locale": "sv", "band": "night"})) == [
        "band", "from_on", "locale", "scenario_id", "subject_id", "until_on",
    ]  # fmt: skip


def test_a_report_answers_every_item_and_may_leave_facts_out() -> None:
    report = parse_report({**REPORT, "item": {"i1": "na", "i2": "5"}, "fact": {}}, form())
    assert (report.levels, report.facts, report.passed) == ({"welcome": None, "tone": 5.0}, {}, {"receipt": True})
    assert (report.visited_on, report.visited_at) == (date(2026, 11, 23), time(14, 30))
    posted = {**REPORT, "fact": {"wait": "75,5"}, "visited_at": "9.05"}
    assert refused_fields(lambda: parse_report(posted, form(), posted=True)) == ["visited_at"]
    wrong = {
        **REPORT, "item": {"i1": "5.0", "i9": "1"}, "critical": {"receipt": "maybe"}, "fact": {"wait": "x", "other": 1},
        "visited_at": None, "visited_on": "2026-02-30",
    }  # fmt: skip
    assert refused_fields(lambda: parse_report(wrong, form())) == [
        "critical.receipt", "fact.other", "fact.wait", "item.i1", "item.i2", "item.i9", "visited_at", "visited_on",
    ]  # fmt: skip


def test_a_slider_takes_numbers_and_a_text_that_is_asked_for_is_there() -> None:
    report = parse_report({**REPORT, "item": {"i1": 7.5}}, form(asked("welcome", SLIDER)))
    assert report.levels == {"welcome": 7.5}
    assert parse_said({"text": " Nei. "}, "text") == "Nei."
    assert refused_fields(lambda: parse_said({"text": " "}, "text")) == ["text"]


def test_an_item_that_was_not_asked_is_neither_wanted_nor_taken_nor_scored() -> None:
    after = Condition("welcome", "1", "2")
    why = replace(asked("why", SLIDER), weight=0.0, condition=after)
    low = parse_report({**REPORT, "item": {"i1": "2", "i2": 7.5}}, form(asked("welcome"), why))
    assert low.levels == {"welcome": 2.0, "why": 7.5}
    high = parse_report({**REPORT, "item": {"i1": "3", "i2": 7.5}}, form(asked("welcome"), why))
    assert high.levels == {"welcome": 3.0}
    found = rules.scored(form(asked("welcome"), why), low)
    assert not isinstance(found, NotScored)
    assert found.score == 25


def test_a_report_in_which_nothing_was_seen_scores_nothing() -> None:
    seen = parse_report({**REPORT, "item": {"i1": "na", "i2": "na"}}, form())
    assert isinstance(rules.scored(form(), seen), NotScored)


def test_months_end_where_months_end() -> None:
    assert rules.months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert rules.months_before(date(2028, 3, 30), 1) == date(2028, 2, 29)
    assert rules.months_before(date(2026, 5, 31), 0) == date(2026, 5, 31)
    assert rules.months_before(date(2026, 12, 31), 6) == date(2026, 6, 30)


def draft(day: date) -> OrderDraft:
    return OrderDraft("s", "p", "", "nb", day, day, None)


def test_hours_follow_what_was_used_in_the_past_year_at_the_place() -> None:
    day = date(2026, 11, 23)
    used = [
        EarlierVisit("a", "shop", day, day, Band.MORNING),
        EarlierVisit("a", "shop", date(2025, 1, 1), date(2025, 1, 1), Band.MIDDAY),
        EarlierVisit("a", "other", day, day, Band.MIDDAY),
    ]
    assert rules.next_band("shop", draft(day), used) is Band.MIDDAY
    assert rules.next_shopper(["a", "b"], "shop", draft(day), 6, used) == "b"
    assert rules.next_shopper(["a"], "shop", draft(day), 6, used) is None
    assert rules.is_rested("a", "shop", draft(date(2024, 6, 1)), 6, used)


def test_the_evening_lasts_to_midnight() -> None:
    assert rules.is_in_band(time(23, 59, 59, 999), Band.EVENING)
    assert not rules.is_in_band(time(16, 59), Band.EVENING)


def test_the_day_of_a_visit_lies_in_its_window_and_not_ahead() -> None:
    report = Report(date(2026, 11, 23), time(14), {}, {}, {}, "")
    window = {"from_on": date(2026, 11, 23), "until_on": date(2026, 11, 27)}
    assert rules.report_problems(report, **window, today=date(2026, 11, 23)) == []
    early = rules.report_problems(replace(report, visited_on=date(2026, 11, 22)), **window, today=date(2026, 11, 23))
    assert [one.message for one in early] == [rules.OUTSIDE_WINDOW]
