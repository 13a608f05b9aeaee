from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import FieldError, Invalid
from app.kpis.checks import activation_problems, scale_points, target_problems
from app.kpis.drafts import TargetDraft
from app.kpis.hints import practice_hints, wording_hints
from app.kpis.rules import (
    LINE_CAPS,
    CardFull,
    PastIsFixed,
    WrongKpiState,
    card_for,
    check_cap,
    check_following,
    check_start,
    fits_level,
    line_problems,
    live_lines,
    makes_loop,
    next_state,
    target_for,
)
from app.kpis.values import (
    Aggregation,
    DecisionRule,
    Direction,
    Exercise,
    GoalId,
    Item,
    ItemId,
    Kpi,
    KpiId,
    KpiKind,
    KpiState,
    KpiVersion,
    KpiVersionId,
    LearningResource,
    Level,
    Practice,
    RaterGroup,
    Rollup,
    Scale,
    ScaleId,
    ScaleKind,
    Scorecard,
    ScorecardId,
    ScorecardLine,
    Target,
)
from app.organisation.values import SubjectKind
from app.scoring.errors import ScoringError
from app.scoring.goalposts import Goalposts, RangeGoalposts
from tests.kpis.plain import words

DAY = date(2026, 11, 23)
BOTH = {"nb": "Norsk", "en": "English"}
SCALE = Scale(ScaleId("s"), "c", ScaleKind.POINTS, BOTH, 5, None, None, None, None, 1)
ITEM = Item(ItemId("i"), "a", BOTH, BOTH, SCALE, 1.0, False, {"1": BOTH, "5": BOTH})
VERSION = KpiVersion(
    id=KpiVersionId("v"),
    number=1,
    starts_on=DAY,
    name=BOTH,
    purpose=BOTH,
    criterion=BOTH,
    decision_rule=DecisionRule(BOTH, 10),
    rater_weights={RaterGroup.CUSTOMER: 1.0},
    items=(ITEM,),
    unit=BOTH,
    direction=Direction.LOWER,
    aggregation=Aggregation.MEDIAN,
    percentile=None,
    per=1.0,
    cadence=None,
    rollup=Rollup.POOLED,
    prorate=False,
    decimals=0,
)
SOFT = Kpi(KpiId("k"), "c", KpiKind.SOFT, KpiState.DRAFT, GoalId("g"), "o", None, VERSION, 1)
HARD = replace(SOFT, kind=KpiKind.HARD)
TARGET = Target("t", KpiId("k"), None, DAY, 180, 45, 20, None, None, None, None)


def fields(problems: Sequence[FieldError]) -> list[str]:
    return sorted(problem.field for problem in problems)


def with_version(kpi: Kpi, **changed: object) -> Kpi:
    return replace(kpi, current=replace(kpi.current, **changed))  # type: ignore[arg-type]


def test_a_complete_kpi_may_be_activated() -> None:
    assert activation_problems(SOFT, []) == []
    assert activation_problems(HARD, [TARGET]) == []


@pytest.mark.parametrize(
    ("kpi", "missing"),
    [
        (replace(SOFT, goal_id=None), ["goal_id"]),
        (replace(SOFT, owner_id=None), ["owner_id"]),
        (with_version(SOFT, decision_rule=None), ["decision_rule"]),
        (with_version(SOFT, decision_rule=DecisionRule({"nb": "Hvis"}, 10)), ["decision_rule.text.en"]),
        (with_version(SOFT, name={"en": "Name"}), ["name.nb"]),
        (with_version(SOFT, purpose={}), ["purpose.en", "purpose.nb"]),
        (with_version(SOFT, criterion={"nb": "Mål"}), ["criterion.en"]),
        (with_version(SOFT, items=()), ["items"]),
        (with_version(SOFT, rater_weights={}), ["rater_weights"]),
        (with_version(SOFT, rater_weights={RaterGroup.SELF: 0.0}), ["rater_weights"]),
        (with_version(SOFT, items=(replace(ITEM, name={"nb": "A"}),)), ["items.0.name.en"]),
        (with_version(SOFT, items=(ITEM, replace(ITEM, question={}))), ["items.1.question.en", "items.1.question.nb"]),
        (with_version(SOFT, items=(replace(ITEM, anchors={"1": BOTH}),)), ["items.0.anchors"]),
        (with_version(SOFT, items=(replace(ITEM, anchors={"1": BOTH, "5": {"nb": "A"}}),)), ["items.0.anchors.5.en"]),
    ],
)
def test_a_soft_kpi_that_lacks_something_says_what(kpi: Kpi, missing: list[str]) -> None:
    assert fields(activation_problems(kpi, [])) == missing


def test_a_scale_without_points_needs_no_anchors() -> None:
    slider = replace(SCALE, kind=ScaleKind.SLIDER, points=None, low=0, high=100)
    assert activation_problems(with_version(SOFT, items=(replace(ITEM, scale=slider, anchors={}),)), []) == []


@pytest.mark.parametrize(
    ("kpi", "targets", "missing"),
    [
        (with_version(HARD, unit={"nb": "s"}), [TARGET], ["unit.en"]),
        (with_version(HARD, direction=None), [TARGET], ["direction"]),
        (with_version(HARD, aggregation=None), [TARGET], ["aggregation"]),
        (HARD, [], ["targets"]),
        (with_version(HARD, direction=Direction.HIGHER), [TARGET], ["targets"]),
    ],
)
def test_a_hard_kpi_that_lacks_something_says_what(kpi: Kpi, targets: list[Target], missing: list[str]) -> None:
    assert fields(activation_problems(kpi, targets)) == missing


@pytest.mark.parametrize(
    ("direction", "posts", "refused"),
    [
        (Direction.HIGHER, {"floor": 50, "target": 80, "stretch": 100}, []),
        (Direction.HIGHER, {"floor": 50, "target": 80}, []),
        (Direction.HIGHER, {"floor": 80, "target": 50}, ["target"]),
        (Direction.HIGHER, {"floor": 50, "target": 80, "stretch": 80}, ["target"]),
        (Direction.HIGHER, {"floor": 50}, ["target"]),
        (Direction.HIGHER, {"floor": 50, "target": 80, "low": 1}, ["low"]),
        (Direction.LOWER, {"floor": 180, "target": 45, "stretch": 20}, []),
        (Direction.LOWER, {"floor": 180, "target": 45}, []),
        (Direction.LOWER, {"floor": 180, "target": 20, "stretch": 45}, ["target"]),
        (Direction.IN_RANGE, {"low": 2, "best_low": 4, "best_high": 7, "high": 12}, []),
        (Direction.IN_RANGE, {"low": 2, "best_low": 4, "best_high": 4, "high": 12}, []),
        (Direction.IN_RANGE, {"low": 2, "best_low": 7, "best_high": 4, "high": 12}, ["best_low"]),
        (Direction.IN_RANGE, {"low": 4, "best_low": 4, "best_high": 7, "high": 12}, ["best_low"]),
        (Direction.IN_RANGE, {"low": 2, "best_low": 4}, ["best_high", "high"]),
        (None, {"floor": 1, "target": 2}, []),
        (None, {"floor": 1, "target": 1}, ["target"]),
    ],
)
def test_goalposts_stand_in_the_order_of_the_direction(
    direction: Direction | None, posts: dict[str, float], refused: list[str]
) -> None:
    assert fields(target_problems(TargetDraft(DAY, **posts), direction)) == refused  # type: ignore[arg-type]


post = st.integers(-3, 3).map(float)


@given(post, post, st.none() | post)
def test_line_goalposts_are_taken_exactly_when_they_can_be_scored(
    floor: float, target: float, stretch: float | None
) -> None:
    draft = TargetDraft(DAY, floor=floor, target=target, stretch=stretch)
    taken = any(not target_problems(draft, each) for each in (Direction.HIGHER, Direction.LOWER))
    try:
        Goalposts(floor, target, stretch)
    except ScoringError:
        assert not taken
    else:
        assert taken


@given(post, post, post, post)
def test_range_goalposts_are_taken_exactly_when_they_can_be_scored(a: float, b: float, c: float, d: float) -> None:
    draft = TargetDraft(DAY, low=a, best_low=b, best_high=c, high=d)
    taken = not target_problems(draft, Direction.IN_RANGE)
    try:
        RangeGoalposts(a, b, c, d)
    except ScoringError:
        assert not taken
    else:
        assert taken


def test_a_kpi_goes_from_draft_to_retired_and_never_back() -> None:
    assert next_state(KpiState.DRAFT, KpiState.ACTIVE) is KpiState.ACTIVE
    assert next_state(KpiState.ACTIVE, KpiState.PAUSED) is KpiState.PAUSED
    assert next_state(KpiState.PAUSED, KpiState.ACTIVE) is KpiState.ACTIVE
    assert next_state(KpiState.PAUSED, KpiState.RETIRED) is KpiState.RETIRED
    closed = [
        (KpiState.RETIRED, KpiState.ACTIVE),
        (KpiState.ACTIVE, KpiState.ACTIVE),
        (KpiState.DRAFT, KpiState.PAUSED),
        (KpiState.ACTIVE, KpiState.DRAFT),
    ]
    for state, wanted in closed:
        with pytest.raises(WrongKpiState):
            next_state(state, wanted)


def test_what_was_valid_before_today_is_not_rewritten() -> None:
    check_start([], date(2020, 1, 1), DAY)
    check_start([date(2026, 1, 1)], DAY, DAY)
    with pytest.raises(PastIsFixed):
        check_start([date(2026, 1, 1)], date(2026, 11, 22), DAY)


def test_a_version_follows_the_latest_one() -> None:
    check_following(date(2026, 12, 1), date(2026, 12, 1), DAY)
    with pytest.raises(Invalid) as refusal:
        check_following(date(2026, 12, 1), date(2026, 11, 30), DAY)
    assert [(error.field, error.allowed) for error in refusal.value.errors] == [("starts_on", "2026-12-01")]


def test_a_goal_cannot_hang_below_itself() -> None:
    parents = {"a": None, "b": "a", "c": "b"}
    assert makes_loop(parents, "a", "c")
    assert makes_loop(parents, "a", "a")
    assert not makes_loop(parents, "c", "a")
    assert not makes_loop(parents, "c", None)


@pytest.mark.parametrize(
    ("kind", "level", "fits"),
    [
        (SubjectKind.COMPANY, Level.PERSON, True),
        (SubjectKind.TEAM, Level.TEAM, True),
        (SubjectKind.TEAM, Level.DEPARTMENT, False),
        (SubjectKind.PERSON, Level.PERSON, True),
        (SubjectKind.PERSON, Level.TEAM, False),
        (SubjectKind.COMPETITOR, Level.COMPANY, True),
    ],
)
def test_a_card_is_set_at_its_own_level_or_above(kind: SubjectKind, level: Level, fits: bool) -> None:
    assert fits_level(kind, level) is fits


@pytest.mark.parametrize(
    ("kind", "points"),
    [
        (ScaleKind.YES_PARTLY_NO, ("no", "partly", "yes")),
        (ScaleKind.RECOMMEND, ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")),
        (ScaleKind.POINTS, ("1", "2", "3", "4", "5")),
        (ScaleKind.SLIDER, ("0", "100")),
        (ScaleKind.BARS, ("never", "some", "often")),
    ],
)
def test_a_scale_offers_its_answers_lowest_first(kind: ScaleKind, points: tuple[str, ...]) -> None:
    levels = {"often": 100.0, "never": 0.0, "some": 40.0}
    assert scale_points(replace(SCALE, kind=kind, low=0, high=100, levels=levels)) == points


def line(name: str, *, focus: bool = False) -> ScorecardLine:
    return ScorecardLine(KpiId(name), 1.0, False, focus)


@pytest.mark.parametrize("level", Level)
def test_one_kpi_more_than_the_level_may_have_is_refused(level: Level) -> None:
    assert LINE_CAPS == {Level.PERSON: 6, Level.TEAM: 8, Level.DEPARTMENT: 8, Level.COMPANY: 10}
    lines = [line(str(n)) for n in range(LINE_CAPS[level] + 1)]
    states = {each.kpi_id: KpiState.ACTIVE for each in lines}
    check_cap(level, lines[1:], states)
    with pytest.raises(CardFull) as refusal:
        check_cap(level, lines, states)
    assert refusal.value.text == f"The card has {LINE_CAPS[level]} KPIs. Pause one before you add another."
    for resting in (KpiState.PAUSED, KpiState.RETIRED):
        check_cap(level, lines, {**states, KpiId("0"): resting})


def test_paused_and_retired_kpis_take_no_place() -> None:
    lines = [line(state) for state in KpiState]
    assert [each.kpi_id for each in live_lines(lines, {KpiId(state): state for state in KpiState})] == [
        "draft",
        "active",
    ]


def test_lines_are_refused_by_place() -> None:
    states = {KpiId("a"): KpiState.ACTIVE, KpiId("r"): KpiState.RETIRED}
    lines = [line("a"), line("a"), line("x"), line("r")]
    refused = fields(line_problems(lines, Level.PERSON, states))
    assert refused == ["lines.1.kpi_id", "lines.2.kpi_id", "lines.3.kpi_id"]


def test_a_person_has_two_kpis_in_focus_at_most_and_a_unit_none() -> None:
    lines = [line(name, focus=True) for name in "abc"]
    states = {KpiId(name): KpiState.ACTIVE for name in "abc"}
    assert fields(line_problems(lines[:2], Level.PERSON, states)) == []
    assert fields(line_problems(lines, Level.PERSON, states)) == ["lines.2.focus"]
    assert fields(line_problems(lines[:1], Level.TEAM, states)) == ["lines.0.focus"]


def scorecard(subject_id: str, level: Level = Level.PERSON, starts_on: date = DAY, *, empty: bool = False) -> Scorecard:
    lines = () if empty else (line("a"),)
    return Scorecard(ScorecardId(f"{subject_id} {starts_on}"), "c", subject_id, level, starts_on, lines, 1)


def test_the_nearest_card_upward_of_the_level_applies() -> None:
    cards = [scorecard("c"), scorecard("team"), scorecard("team", Level.TEAM), scorecard("other")]
    assert card_for(cards, ["c", "dep", "team", "p"], Level.PERSON) == cards[1]
    assert card_for(cards, ["c", "dep", "p"], Level.PERSON) == cards[0]
    assert card_for(cards, ["c", "dep", "team"], Level.TEAM) == cards[2]
    assert card_for(cards, ["c"], Level.COMPANY) is None


def test_a_card_without_lines_gives_way_and_a_later_one_replaces() -> None:
    cards = [scorecard("c", starts_on=date(2026, 1, 1)), scorecard("c"), scorecard("team", empty=True)]
    assert card_for(cards, ["c", "team", "p"], Level.PERSON) == cards[1]


def goal(subject_id: str | None, starts_on: date) -> Target:
    return replace(TARGET, id=f"{subject_id} {starts_on}", subject_id=subject_id, starts_on=starts_on)


def test_the_nearest_goalposts_upward_apply_and_the_latest_there() -> None:
    early, late = date(2026, 1, 1), date(2026, 6, 1)
    targets = [goal(None, late), goal("team", early), goal("team", late), goal("c", late), goal("other", late)]
    path = ["c", "team", "p"]
    assert target_for(targets, KpiId("k"), path) == targets[2]
    assert target_for(targets, KpiId("k"), ["c", "p"]) == targets[3]
    assert target_for(targets[:1], KpiId("k"), path) == targets[0]
    assert target_for(targets, KpiId("x"), path) is None


PRACTISED = Practice(
    None, LearningResource({"nb": "Lytt"}, "https://learn.example.org"), Exercise({"en": "Repeat the question."}, 5)
)


def test_what_helps_with_an_item_is_worded_in_both_languages_and_missed_where_no_item_has_any() -> None:
    practised = replace(ITEM, practice=PRACTISED)
    found = activation_problems(with_version(SOFT, items=(ITEM, practised)), [])
    assert fields(found) == ["items.1.exercise.text.nb", "items.1.resource.title.en"]
    assert practice_hints(replace(VERSION, items=(ITEM, practised))) == []
    assert fields(practice_hints(replace(VERSION, items=(ITEM,)))) == ["items"]
    assert practice_hints(replace(VERSION, items=())) == []


def hinted(**changed: object) -> list[str]:
    return fields(wording_hints(replace(VERSION, items=(replace(ITEM, **changed),))))  # type: ignore[arg-type]


def test_an_item_that_names_one_behaviour_gets_no_hint() -> None:
    question = words("Hvordan tar {name} imot kunden?", "How does {name} receive the customer?")
    anchors = {"1": words("Avbryter", "Interrupts"), "5": words("Lar kunden snakke ut", "Lets the customer finish")}
    assert hinted(question=question, anchors=anchors) == []


@pytest.mark.parametrize(
    "question",
    [
        words("Hvordan spør {name}, og hva skjer så?", "What does {name} ask and how?"),
        words("Lytter hun? Spør hun?", "Listening? Asking?"),
        words("Er hun både rask og vennlig?", "Is she quick and/or friendly?"),
        words("Hva tenker {name}?", "How motivated is {name}?"),
    ],
)
def test_a_question_that_asks_twice_gets_a_hint(question: dict[str, str]) -> None:
    anchors = {"1": words("Avbryter", "Interrupts")}
    assert hinted(question=question, anchors=anchors) == ["items.0.question.en", "items.0.question.nb"]


def test_an_anchor_that_judges_rambles_or_repeats_gets_a_hint() -> None:
    anchors = {"1": words("Svært dårlig", "Interrupts"), "3": words("Spør", "ask " * 21), "5": words("spør", "Good")}
    assert hinted(anchors=anchors) == [
        "items.0.anchors.1.nb",
        "items.0.anchors.3.en",
        "items.0.anchors.5.en",
        "items.0.anchors.5.nb",
    ]


@pytest.mark.parametrize(
    "texts",
    [
        words("Ønsker å hjelpe", "Has a positive attitude"),
        words("Hilser. Følger til døra", "Greets; walks to the door"),
        words("Ringer og/eller skriver", "Calls and/or writes"),
    ],
)
def test_an_anchor_that_nobody_can_see_or_that_names_two_behaviours_gets_a_hint(texts: dict[str, str]) -> None:
    assert hinted(anchors={"1": texts}) == ["items.0.anchors.1.en", "items.0.anchors.1.nb"]
