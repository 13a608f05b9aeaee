"""What a posted form may hold, and how everything else is refused."""

from dataclasses import replace

import pytest

from app.errors import Invalid
from app.kpis.values import Condition, KpiKind, RaterGroup, ScaleKind
from app.organisation.values import SubjectKind
from app.responses.intake import parse_comment, parse_level, parse_sheets, parse_submission_id
from app.responses.rules import (
    EmptySubmission,
    NothingAnswered,
    answer_field,
    answer_levels,
    comment_field,
    form_kpi,
    is_low,
    item_numbers,
    levels_asked,
)
from app.responses.values import FormSubject
from app.rounds.rules import kpis_on_card, minutes_to_answer
from app.rounds.values import FrozenItem, FrozenKpi, FrozenScale, Mode

FIVE = FrozenScale(ScaleKind.POINTS, 5, None, None, None)
SLIDER = FrozenScale(ScaleKind.SLIDER, None, 0.0, 10.0, None)
BARS = FrozenScale(ScaleKind.BARS, None, None, None, {"weak": 10.0, "strong": 90.0, "fair": 50.0})
YES = FrozenScale(ScaleKind.YES_PARTLY_NO, None, None, None, None)
RECOMMEND = FrozenScale(ScaleKind.RECOMMEND, None, None, None, None)
SCALES = {"welcome": FIVE, "tone": FIVE, "wait": SLIDER}


def item(item_id: str, scale: FrozenScale = FIVE) -> FrozenItem:
    anchors = {"1": {"nb": "lav", "en": "low"}}
    return FrozenItem(
        item_id, item_id, {"nb": item_id, "en": item_id}, {"nb": "?", "en": "?"}, scale, 1.0, False, anchors
    )


def kpi(kpi_id: str, *items: FrozenItem, kind: KpiKind = KpiKind.SOFT, **weights: float) -> FrozenKpi:
    named = {"nb": kpi_id, "en": kpi_id}
    return FrozenKpi(kpi_id, kpi_id, kind, named, named, {RaterGroup(g): w for g, w in weights.items()}, items, None)


IMPRESSION = kpi("impression", item("welcome"), item("tone"), item("wait", SLIDER), customer=40, colleague=15)
TEAMWORK = kpi("teamwork", item("sharing"), colleague=60, manager=40)
ANSWER_TIME = kpi("answer_time", kind=KpiKind.HARD)


def subject(assignment_id: str = "a1") -> FormSubject:
    asked = form_kpi(IMPRESSION, item_numbers([IMPRESSION]))
    return FormSubject(
        assignment_id,
        "s1",
        "Sofie",
        SubjectKind.PERSON,
        RaterGroup.CUSTOMER,
        Mode.CONFIDENTIAL,
        3,
        3,
        False,
        False,
        (asked,),
    )


def refused_fields(posted: dict[str, list[str]]) -> list[str]:
    with pytest.raises(Invalid) as caught:
        parse_sheets(posted, [subject()], SCALES)
    return [error.field for error in caught.value.errors]


def test_an_answer_is_kept_as_its_level_and_could_not_observe_as_no_level() -> None:
    (sheet,) = parse_sheets(
        {"a1.1": ["4"], "a1.2": ["na"], "a1.3": ["2.5"], "a1.comment": [" fin "]}, [subject()], SCALES
    )
    assert sheet.answers == {"welcome": 4.0, "tone": None, "wait": 2.5}
    assert sheet.comments == {"": "fin"}


def test_a_subject_left_blank_is_no_sheet_and_the_others_are_stored() -> None:
    sheets = parse_sheets({"b2.1": ["5"], "a1.comment": [""], "a1.3": [""]}, [subject("a1"), subject("b2")], SCALES)
    assert [sheet.assignment_id for sheet in sheets] == ["b2"]


@pytest.mark.parametrize(
    "value",
    ["", "0", "6", "-1", "5.0", " 5", "+5", "5 ", "1_0", "0x5", "５", "٣", "NaN", "five", "yes"],
)
def test_only_the_exact_values_of_the_scale_are_answers(value: str) -> None:
    assert refused_fields({"a1.1": [value]}) == ["a1.1"]


def test_the_refusal_names_the_allowed_range() -> None:
    with pytest.raises(Invalid) as caught:
        parse_sheets({"a1.1": ["6"], "a1.3": ["10.5"]}, [subject()], SCALES)
    assert [error.allowed for error in caught.value.errors] == ["1-5", "0-10"]


def test_fields_of_another_form_or_of_nothing_are_refused() -> None:
    assert refused_fields({"a1.1": ["4"], "x9.1": ["4"], "admin": ["1"], "a1.4": ["1"]}) == ["x9.1", "admin", "a1.4"]


def test_a_field_that_comes_twice_is_refused() -> None:
    assert refused_fields({"a1.1": ["4", "5"]}) == ["a1.1"]


def test_a_comment_that_comes_twice_is_refused() -> None:
    assert refused_fields({"a1.1": ["4"], "a1.comment": ["fin", "bra"]}) == ["a1.comment"]


def test_a_comment_alone_asks_for_an_answer() -> None:
    assert refused_fields({"a1.comment": ["fin"]}) == ["a1.comment"]


def test_nothing_answered_is_said_plainly() -> None:
    with pytest.raises(NothingAnswered):
        parse_sheets({"submission": ["12345678"], "a1.comment": ["  "]}, [subject()], SCALES)


def test_a_comment_of_2001_characters_is_refused_with_its_count() -> None:
    with pytest.raises(Invalid) as caught:
        parse_sheets({"a1.1": ["4"], "a1.comment": ["x" * 2001]}, [subject()], SCALES)
    (error,) = caught.value.errors
    assert error.message.format_map(error.values) == "Use at most 2000 characters. There are 2001."


@pytest.mark.parametrize("text", ["a\x00b", "a\x07b", "a\x9bb"])
def test_control_characters_in_a_comment_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="control"):
        parse_comment(text)


def test_a_comment_far_too_long_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(ValueError, match="at most 2000"):
        parse_comment("\x00" * 10_000)


def test_comments_keep_newlines_tabs_and_family_emoji_and_lose_what_cannot_be_seen() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert parse_comment(f"to\r\nlinjer\tog {family}\u202e\u200b") == f"to\nlinjer\tog {family}"
    assert parse_comment("\u3164 \u200b") == ""
    assert len(parse_comment("z" + "\u0328" * 50)) <= 10


def test_a_submission_id_is_needed_and_an_empty_post_is_told_apart() -> None:
    assert parse_submission_id({"submission": ["abcDEF12"]}) == "abcDEF12"
    with pytest.raises(EmptySubmission):
        parse_submission_id({})
    with pytest.raises(Invalid):
        parse_submission_id({"submission": ["<script>"]})


def test_every_scale_has_its_own_levels() -> None:
    assert answer_levels(BARS) == (("weak", 1.0), ("fair", 2.0), ("strong", 3.0))
    assert parse_level("partly", YES) == 1.0
    assert parse_level("10", RECOMMEND) == 10.0
    assert answer_levels(SLIDER) == ()
    with pytest.raises(ValueError, match="no, partly, yes"):
        parse_level("maybe", YES)


def test_a_group_sees_what_it_weighs_in_and_self_sees_all() -> None:
    kpis = [IMPRESSION, TEAMWORK, ANSWER_TIME]
    card = ["impression", "teamwork", "answer_time"]
    seen = {group: [asked.kpi_id for asked in kpis_on_card(kpis, card, group)] for group in RaterGroup}
    assert seen[RaterGroup.CUSTOMER] == ["impression"]
    assert seen[RaterGroup.COLLEAGUE] == ["impression", "teamwork"]
    assert seen[RaterGroup.SELF] == ["impression", "teamwork"]
    assert seen[RaterGroup.MYSTERY_SHOPPER] == []
    assert [asked.kpi_id for asked in kpis_on_card(kpis, ["teamwork"], RaterGroup.COLLEAGUE)] == ["teamwork"]


def test_items_are_numbered_through_the_round_and_fields_named_by_them() -> None:
    numbers = item_numbers([IMPRESSION, TEAMWORK])
    assert numbers == {"welcome": 1, "tone": 2, "wait": 3, "sharing": 4}
    assert [asked.options[0].anchor for asked in form_kpi(TEAMWORK, numbers).items] == [{"nb": "lav", "en": "low"}]
    assert (answer_field("a", 3), comment_field("a")) == ("a.3", "a.comment")


def test_the_printed_minutes_grow_with_items_and_subjects() -> None:
    assert [minutes_to_answer(2, 1), minutes_to_answer(6, 3), minutes_to_answer(0, 0)] == [1, 2, 1]


def test_what_is_sent_where_the_condition_does_not_hold_is_nobodys_answer() -> None:
    # Why is asked after 1 or 2 for the welcome, and more after a yes to why.
    why = replace(item("why", YES), weight=0.0, condition=Condition("welcome", "1", "2"))
    more = replace(item("more"), weight=0.0, condition=Condition("why", "yes", "yes"))
    asked = kpi("impression", item("welcome"), why, more, customer=1)
    about = replace(subject(), kpis=(form_kpi(asked, item_numbers([asked])),))
    scales = {"welcome": FIVE, "why": YES, "more": FIVE}

    def answers(*values: str) -> dict[str, float | None]:
        (sheet,) = parse_sheets({f"a1.{n}": [value] for n, value in enumerate(values, 1)}, [about], scales)
        return dict(sheet.answers)

    assert answers("2", "yes", "4") == {"welcome": 2.0, "why": 2.0, "more": 4.0}
    assert answers("2", "no", "4") == {"welcome": 2.0, "why": 0.0}
    # Not even a value that no form offers is looked at, and a chain ends with its first link.
    assert answers("3", "yes", "9") == {"welcome": 3.0}
    assert answers("na", "yes", "4") == {"welcome": None}
    with pytest.raises(NothingAnswered):
        parse_sheets({"a1.2": ["yes"]}, [about], scales)
    assert levels_asked(why, item("welcome")) == {"1": 1.0, "2": 2.0}
    assert levels_asked(item("tone"), item("welcome")) == dict(answer_levels(FIVE))
    condition = about.items[1].condition
    assert condition is not None
    assert (condition.number, sorted(condition.values)) == (1, ["1", "2"])
    # What says more about an answer does not make it lower or higher.
    assert [is_low({"welcome": 3.0, "more": level}, [asked]) for level in (1.0, 5.0)] == [False, False]
