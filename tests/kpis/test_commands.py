from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.rules import SERVICE
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.kpis import commands
from app.kpis.intake import content_of, parse_content, parse_goal, parse_kpi, parse_scale, parse_scorecard, parse_target
from app.kpis.queries import get_goal, get_kpi, get_scale, list_targets, list_versions, load_kpis, load_scorecards
from app.kpis.rules import (
    CardFull,
    ExternalIdTaken,
    KpiNotReady,
    PastIsFixed,
    ScaleInUse,
    VersionNeeded,
    WrongKpiState,
)
from app.kpis.tables import GoalRow, ItemRow, KpiRow, KpiVersionRow, ScaleRow, ScorecardRow, TargetRow
from app.kpis.values import KpiKind, KpiState, Level
from tests.company import SmallCompany
from tests.kpis.plain import Plain, card, hard, item, soft, words

TODAY = date(2026, 11, 23)
TABLES = (GoalRow, ScaleRow, KpiRow, KpiVersionRow, ItemRow, TargetRow, ScorecardRow)
LINE = {"floor": 180, "target": 45, "stretch": 20}
ELSEWHERE = "11111111-1111-4111-8111-111111111111"


class Desk:
    """An admin at work: every command with the company and the moment filled in."""

    def __init__(
        self, session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime
    ) -> None:
        self.session, self.company, self.goal_id, self.scale_id, self.now = session, company, goal_id, scale_id, now

    def soft(self, **changed: object) -> Plain:
        return soft(self.goal_id, self.company.owner, self.scale_id, **changed)

    def hard(self, **changed: object) -> Plain:
        return hard(self.goal_id, self.company.owner, **changed)

    def create(self, given: Plain) -> str:
        draft = parse_kpi(given)
        return commands.create_kpi(self.session, self.company.admin, draft, company_id=self.company.id, now=self.now)

    def activate(self, kpi_id: str) -> None:
        commands.activate_kpi(self.session, self.company.admin, kpi_id, now=self.now)

    def active(self, **changed: object) -> str:
        kpi_id = self.create(self.soft(**changed))
        self.activate(kpi_id)
        return kpi_id

    def pause(self, kpi_id: str) -> None:
        commands.pause_kpi(self.session, self.company.admin, kpi_id, reason="Plass til en annen", now=self.now)

    def retire(self, kpi_id: str) -> None:
        commands.retire_kpi(self.session, self.company.admin, kpi_id, reason="Ferdig", now=self.now)

    def version(self, kpi_id: str, **changed: object) -> None:
        given = {
            name: value for name, value in self.soft(**changed).items() if name not in {"kind", "goal_id", "owner_id"}
        }
        content = parse_content(given, KpiKind.SOFT)
        commands.add_kpi_version(self.session, self.company.admin, kpi_id, content, now=self.now)

    def target(self, kpi_id: str, **given: object) -> str:
        draft = parse_target({"starts_on": "2026-11-23", **given})
        return commands.set_target(self.session, self.company.admin, kpi_id, draft, now=self.now)

    def card(self, given: Plain, *, expected_version: int | None = None) -> str:
        return commands.set_scorecard(
            self.session,
            self.company.admin,
            parse_scorecard(given),
            company_id=self.company.id,
            expected_version=expected_version,
            now=self.now,
        )

    def found(self, kpi_id: str, on: date = TODAY) -> KpiState:
        return get_kpi(self.session, self.company.admin, kpi_id, on=on).state


@pytest.fixture
def desk(session: WriteSession, company: SmallCompany, goal_id: str, scale_id: str, now: datetime) -> Desk:
    return Desk(session, company, goal_id, scale_id, now)


def counted(session: WriteSession) -> list[int | None]:
    session.flush()
    return [session.scalar(select(func.count()).select_from(table)) for table in (*TABLES, JournalRow)]


def refused_fields(act: Callable[[], object]) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        act()
    return sorted(error.field for error in refusal.value.errors)


def test_a_kpi_comes_back_as_it_was_handed_in(desk: Desk) -> None:
    draft = parse_kpi(desk.soft(external_id="K-1"))
    kpi_id = desk.create(desk.soft(external_id="K-1"))
    kpi = get_kpi(desk.session, desk.company.admin, kpi_id, on=TODAY)
    assert (kpi.state, kpi.goal_id, kpi.owner_id, kpi.external_id) == (
        KpiState.DRAFT,
        draft.goal_id,
        draft.owner_id,
        "K-1",
    )
    assert content_of(kpi) == replace(draft.content, starts_on=TODAY)
    assert [item.scale.points for item in kpi.current.items] == [5, 5]


def test_a_hard_kpi_comes_back_as_it_was_handed_in(desk: Desk) -> None:
    rule = {"comparison": "at_most", "limit": 20}
    given = desk.hard(aggregation="share", per=100, share_rule=rule, cadence="week", rollup="weighted", decimals=2)
    kpi = get_kpi(desk.session, desk.company.admin, desk.create(given), on=TODAY)
    assert content_of(kpi) == replace(parse_kpi(given).content, starts_on=TODAY)


def test_a_kpi_goes_its_way_and_the_journal_tells(desk: Desk) -> None:
    kpi_id = desk.active()
    desk.pause(kpi_id)
    desk.activate(kpi_id)
    desk.retire(kpi_id)
    assert desk.found(kpi_id) is KpiState.RETIRED
    told = desk.session.execute(
        select(JournalRow.action, JournalRow.actor, JournalRow.details)
        .where(JournalRow.object_id == kpi_id)
        .order_by(JournalRow.sequence)
    ).all()
    assert [row.action for row in told] == ["kpi.created", "kpi.active", "kpi.paused", "kpi.active", "kpi.retired"]
    assert {row.actor for row in told} == {"account:admin"}
    assert told[2].details == {"reason": "Plass til en annen"}


def test_a_kpi_that_lacks_something_is_not_activated(desk: Desk) -> None:
    kpi_id = desk.create({"kind": "soft", "name": words("Møtet", "Welcome")})
    with pytest.raises(KpiNotReady) as refusal:
        desk.activate(kpi_id)
    assert {"goal_id", "owner_id", "decision_rule", "items", "rater_weights"} <= {e.field for e in refusal.value.errors}
    assert desk.found(kpi_id) is KpiState.DRAFT


def test_a_hard_kpi_needs_goalposts_to_be_activated(desk: Desk) -> None:
    kpi_id = desk.create(desk.hard())
    assert refused_fields(lambda: desk.activate(kpi_id)) == ["targets"]
    desk.target(kpi_id, **LINE)
    desk.activate(kpi_id)
    assert desk.found(kpi_id) is KpiState.ACTIVE


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"goal_id": ELSEWHERE}, "goal_id"),
        ({"goal_id": "no id"}, "goal_id"),
        ({"owner_id": ELSEWHERE}, "owner_id"),
        ({"owner_id": "no id"}, "owner_id"),
        ({"items": [item(ELSEWHERE, "a")]}, "items.0.scale_id"),
        ({"items": [item("no id", "a")]}, "items.0.scale_id"),
    ],
)
def test_what_a_kpi_names_must_exist_in_its_company(desk: Desk, changed: Plain, field: str) -> None:
    before = counted(desk.session)
    assert refused_fields(lambda: desk.create(desk.soft(**changed))) == [field]
    assert counted(desk.session) == before


def test_an_anchor_stands_on_the_scale(desk: Desk) -> None:
    given = desk.soft(items=[item(desk.scale_id, "a", anchors={"6": words("Mer", "More")})])
    assert refused_fields(lambda: desk.create(given)) == ["items.0.anchors.6"]


def test_an_id_of_ones_own_is_taken_once_in_a_company(desk: Desk) -> None:
    kpi_id = desk.create(desk.soft(external_id="K-1"))
    with pytest.raises(ExternalIdTaken):
        desk.create(desk.soft(external_id="K-1"))
    other = desk.create(desk.soft(external_id="K-2"))
    draft = parse_kpi(desk.soft(external_id="K-1"))
    with pytest.raises(ExternalIdTaken):
        commands.change_kpi(desk.session, desk.company.admin, other, draft, now=desk.now)
    commands.change_kpi(desk.session, desk.company.admin, kpi_id, draft, now=desk.now)


def test_a_draft_changes_as_a_whole_and_keeps_one_version(desk: Desk) -> None:
    kpi_id = desk.create(desk.soft())
    draft = parse_kpi(desk.soft(name=words("Annet", "Other"), items=[item(desk.scale_id, "only")]))
    commands.change_kpi(desk.session, desk.company.admin, kpi_id, draft, expected_version=1, now=desk.now)
    desk.version(kpi_id, name=words("Tredje", "Third"))
    versions = list_versions(desk.session, desk.company.admin, kpi_id)
    assert [(version.number, version.name["en"], len(version.items)) for version in versions] == [(1, "Third", 2)]


def test_an_active_kpi_changes_by_versions_that_begin_on_a_day(desk: Desk) -> None:
    kpi_id = desk.active()
    desk.version(kpi_id, name=words("Ny", "New"), starts_on="2026-12-01")
    names = {
        day: load_kpis(desk.session, [kpi_id], on=day)[kpi_id].current.name["en"]  # type: ignore[index]
        for day in (date(2020, 1, 1), TODAY, date(2026, 11, 30), date(2026, 12, 1), date(2030, 1, 1))
    }
    assert list(names.values()) == ["First impression", "First impression", "First impression", "New", "New"]
    versions = list_versions(desk.session, desk.company.admin, kpi_id)
    assert [(version.number, version.starts_on) for version in versions] == [(2, date(2026, 12, 1)), (1, TODAY)]


def test_the_same_day_again_is_a_version_of_its_own(desk: Desk) -> None:
    kpi_id = desk.active()
    desk.version(kpi_id, name=words("Ny", "New"))
    assert get_kpi(desk.session, desk.company.admin, kpi_id, on=TODAY).current.name["en"] == "New"
    assert len(list_versions(desk.session, desk.company.admin, kpi_id)) == 2


def test_the_past_of_an_active_kpi_is_left_alone(desk: Desk) -> None:
    kpi_id = desk.active()
    with pytest.raises(PastIsFixed):
        desk.version(kpi_id, starts_on="2026-11-22")
    desk.version(kpi_id, starts_on="2026-12-01")
    assert refused_fields(lambda: desk.version(kpi_id, starts_on="2026-11-30")) == ["starts_on"]


def test_an_active_kpi_keeps_what_it_needs(desk: Desk) -> None:
    kpi_id = desk.active()
    assert refused_fields(lambda: desk.version(kpi_id, purpose={"nb": "Bare norsk"})) == ["purpose.en"]
    without_goal = parse_kpi(desk.soft(goal_id=None))
    with pytest.raises(KpiNotReady):
        commands.change_kpi(desk.session, desk.company.admin, kpi_id, without_goal, now=desk.now)


def test_the_content_of_an_active_kpi_changes_by_a_version_only(desk: Desk) -> None:
    kpi_id = desk.active()
    same = parse_kpi(desk.soft(external_id="K-1"))
    commands.change_kpi(desk.session, desk.company.admin, kpi_id, same, now=desk.now)
    assert get_kpi(desk.session, desk.company.admin, kpi_id, on=TODAY).external_id == "K-1"
    other = parse_kpi(desk.soft(name=words("Ny", "New")))
    with pytest.raises(VersionNeeded):
        commands.change_kpi(desk.session, desk.company.admin, kpi_id, other, now=desk.now)


def test_a_kpi_stays_soft_or_hard(desk: Desk) -> None:
    kpi_id = desk.create(desk.soft())
    draft = parse_kpi(desk.hard())
    assert refused_fields(
        lambda: commands.change_kpi(desk.session, desk.company.admin, kpi_id, draft, now=desk.now)
    ) == ["kind"]
    assert refused_fields(
        lambda: commands.add_kpi_version(desk.session, desk.company.admin, kpi_id, draft.content, now=desk.now)
    ) == ["kind"]


def test_a_retired_kpi_changes_no_more(desk: Desk) -> None:
    kpi_id = desk.active()
    desk.retire(kpi_id)
    acts: Sequence[Callable[[], None]] = (
        lambda: desk.version(kpi_id),
        lambda: desk.activate(kpi_id),
        lambda: desk.pause(kpi_id),
        lambda: desk.retire(kpi_id),
    )
    for act in acts:
        with pytest.raises(WrongKpiState):
            act()


def test_a_change_that_saw_another_version_is_refused(desk: Desk) -> None:
    kpi_id = desk.create(desk.soft())
    admin, session, now = desk.company.admin, desk.session, desk.now
    with pytest.raises(StaleVersion):
        commands.activate_kpi(session, admin, kpi_id, expected_version=2, now=now)
    commands.activate_kpi(session, admin, kpi_id, expected_version=1, now=now)
    assert get_kpi(session, admin, kpi_id, on=TODAY).version == 2
    goal = parse_goal({"name": words("Mål", "Goal")})
    with pytest.raises(StaleVersion):
        commands.change_goal(session, admin, desk.goal_id, goal, expected_version=2, now=now)


def test_whoever_may_not_write_kpis_changes_nothing(desk: Desk) -> None:
    kpi_id = desk.create(desk.hard())
    before = counted(desk.session)
    refusals: list[type[AppError]] = []
    for viewer in (desk.company.manager, desk.company.stranger):
        acts: Sequence[Callable[[], object]] = (
            lambda viewer=viewer: commands.create_kpi(  # type: ignore[misc]
                desk.session, viewer, parse_kpi(desk.soft()), company_id=desk.company.id, now=desk.now
            ),
            lambda viewer=viewer: commands.activate_kpi(desk.session, viewer, kpi_id, now=desk.now),  # type: ignore[misc]
            lambda viewer=viewer: commands.set_target(  # type: ignore[misc]
                desk.session, viewer, kpi_id, parse_target({"starts_on": "2026-11-23", **LINE}), now=desk.now
            ),
        )
        for act in acts:
            with pytest.raises(AppError) as refusal:
                act()
            refusals.append(refusal.type)
    assert refusals == [Forbidden] * 3 + [NotFound] * 3
    assert counted(desk.session) == before


@pytest.mark.parametrize("kpi_id", [ELSEWHERE, "no id"])
def test_a_kpi_that_is_not_there_is_not_found(desk: Desk, kpi_id: str) -> None:
    with pytest.raises(NotFound):
        desk.activate(kpi_id)
    with pytest.raises(NotFound):
        get_kpi(desk.session, desk.company.admin, kpi_id, on=TODAY)
    with pytest.raises(NotFound):
        desk.target(kpi_id, **LINE)


def test_goals_form_a_tree(desk: Desk) -> None:
    admin, session, now = desk.company.admin, desk.session, desk.now

    def goal(name: str, parent_id: str | None) -> Plain:
        return {"name": words(name, name), "parent_id": parent_id}

    below = commands.create_goal(
        session, admin, parse_goal(goal("Under", desk.goal_id)), company_id=desk.company.id, now=now
    )
    assert get_goal(session, admin, below).parent_id == desk.goal_id
    for parent_id in (below, desk.goal_id, ELSEWHERE):
        draft = parse_goal(goal("Over", parent_id))
        assert refused_fields(
            lambda draft=draft: commands.change_goal(session, admin, desk.goal_id, draft, now=now)  # type: ignore[misc]
        ) == ["parent_id"]
    commands.change_goal(session, admin, below, parse_goal(goal("Fri", None)), expected_version=1, now=now)
    assert (get_goal(session, admin, below).name["nb"], get_goal(session, admin, below).version) == ("Fri", 2)


def test_a_scale_keeps_its_points_once_a_kpi_asks_with_it(desk: Desk) -> None:
    admin, session, now = desk.company.admin, desk.session, desk.now
    seven = parse_scale({"kind": "points", "points": 7, "name": words("1 til 7", "1 to 7")})
    kpi_id = desk.create(desk.soft())
    commands.change_scale(session, admin, desk.scale_id, seven, now=now)
    assert get_scale(session, admin, desk.scale_id).points == 7
    desk.activate(kpi_id)
    five = parse_scale({"kind": "points", "points": 5, "name": words("1 til 5", "1 to 5")})
    with pytest.raises(ScaleInUse):
        commands.change_scale(session, admin, desk.scale_id, five, now=now)
    renamed = parse_scale({"kind": "points", "points": 7, "name": words("En til sju", "One to seven")})
    commands.change_scale(session, admin, desk.scale_id, renamed, now=now)
    assert get_scale(session, admin, desk.scale_id).name["en"] == "One to seven"


def test_levels_of_a_scale_come_back_in_their_order(desk: Desk) -> None:
    given = {
        "kind": "bars",
        "name": words("Hvor ofte", "How often"),
        "levels": {"often": 100, "never": 0, "some": 40.5},
    }
    scale_id = commands.create_scale(
        desk.session, desk.company.admin, parse_scale(given), company_id=desk.company.id, now=desk.now
    )
    assert get_scale(desk.session, desk.company.admin, scale_id).levels == {"often": 100, "never": 0, "some": 40.5}


def test_targets_are_dated_and_the_same_day_again_rewrites(desk: Desk) -> None:
    kpi_id = desk.create(desk.hard())
    first = desk.target(kpi_id, starts_on="2026-01-01", **LINE)
    second = desk.target(kpi_id, starts_on="2026-12-01", floor=150, target=40)
    assert desk.target(kpi_id, starts_on="2026-12-01", floor=140, target=30, stretch=10) == second
    with pytest.raises(PastIsFixed):
        desk.target(kpi_id, starts_on="2026-01-01", floor=150, target=40)
    targets = list_targets(desk.session, desk.company.admin, kpi_id, on=TODAY)
    assert [(one.id, one.floor, one.stretch) for one in targets] == [(second, 140, 10), (first, 180, 20)]


def test_a_target_of_a_team_is_the_business_of_its_manager(desk: Desk) -> None:
    kpi_id = desk.create(desk.hard())

    def given(subject_id: str) -> Plain:
        return {"starts_on": "2026-11-23", "subject_id": subject_id, **LINE}

    desk.target(kpi_id, **given(desk.company.south))
    manager = desk.company.manager
    commands.set_target(desk.session, manager, kpi_id, parse_target(given(desk.company.north)), now=desk.now)
    for subject_id, refusal in ((desk.company.south, NotFound), (desk.company.department, Forbidden)):
        with pytest.raises(refusal):
            commands.set_target(desk.session, manager, kpi_id, parse_target(given(subject_id)), now=desk.now)
    seen = list_targets(desk.session, manager, kpi_id, on=TODAY)
    assert [one.subject_id for one in seen] == [desk.company.north]


def test_goalposts_upside_down_are_refused(desk: Desk) -> None:
    kpi_id = desk.create(desk.hard())
    assert refused_fields(lambda: desk.target(kpi_id, floor=45, target=180)) == ["target"]
    assert refused_fields(lambda: desk.target(desk.create(desk.soft()), **LINE)) == ["kpi_id"]


def test_a_card_is_stored_and_rewritten_on_its_day(desk: Desk) -> None:
    a, b = desk.active(), desk.active()
    card_id = desk.card(card(desk.company.north, "person", [a, b]))
    lines = [{"kpi_id": b, "weight": 2.5, "required": True, "focus": True}]
    given = card(desk.company.north, "person", []) | {"lines": lines}
    with pytest.raises(StaleVersion):
        desk.card(given, expected_version=2)
    assert desk.card(given, expected_version=1) == card_id
    (found,) = load_scorecards(desk.session, desk.company.id, on=TODAY)
    assert (found.subject_id, found.level, found.version) == (desk.company.north, Level.PERSON, 2)
    assert [(one.kpi_id, one.weight, one.is_required, one.in_focus) for one in found.lines] == [(b, 2.5, True, True)]


def test_cards_are_dated(desk: Desk) -> None:
    a, b = desk.active(), desk.active()
    desk.card(card(desk.company.north, "person", [a], "2026-01-01"))
    desk.card(card(desk.company.north, "person", [b], "2026-12-01"))
    with pytest.raises(PastIsFixed):
        desk.card(card(desk.company.north, "person", [b], "2026-11-22"))
    held = {
        day: [line.kpi_id for one in load_scorecards(desk.session, desk.company.id, on=day) for line in one.lines]
        for day in (date(2025, 12, 31), TODAY, date(2026, 12, 1))
    }
    assert list(held.values()) == [[], [a], [b]]


def test_a_seventh_kpi_is_refused_until_one_is_paused(desk: Desk) -> None:
    kpis = [desk.active() for _ in range(7)]
    desk.card(card(desk.company.sofie, "person", kpis[:6]))
    with pytest.raises(CardFull):
        desk.card(card(desk.company.sofie, "person", kpis))
    desk.pause(kpis[0])
    desk.card(card(desk.company.sofie, "person", kpis))
    with pytest.raises(CardFull):
        desk.activate(kpis[0])
    assert desk.found(kpis[0]) is KpiState.PAUSED


def test_a_paused_kpi_does_not_come_back_onto_a_card_of_a_later_day(desk: Desk) -> None:
    kpis = [desk.active() for _ in range(7)]
    desk.pause(kpis[0])
    desk.card(card(desk.company.sofie, "person", kpis, "2027-01-01"))
    with pytest.raises(CardFull):
        desk.activate(kpis[0])
    desk.card(card(desk.company.sofie, "person", kpis[:6], "2027-01-01"))
    desk.activate(kpis[0])


def test_a_card_is_refused_by_field(desk: Desk) -> None:
    kpi_id = desk.active()
    assert refused_fields(lambda: desk.card(card(desk.company.sofie, "team", [kpi_id]))) == ["level"]
    assert refused_fields(lambda: desk.card(card(desk.company.sofie, "person", [kpi_id, ELSEWHERE, "no id"]))) == [
        "lines.1.kpi_id",
        "lines.2.kpi_id",
    ]
    for nowhere in (ELSEWHERE, "no id"):
        with pytest.raises(NotFound):
            desk.card(card(nowhere, "person", [kpi_id]))


def test_a_manager_sets_cards_in_the_own_team_only(desk: Desk) -> None:
    kpi_id = desk.active()

    def put(subject_id: str) -> None:
        draft = parse_scorecard(card(subject_id, "person", [kpi_id]))
        commands.set_scorecard(desk.session, desk.company.manager, draft, company_id=desk.company.id, now=desk.now)

    put(desk.company.sofie)
    for subject_id, refusal in ((desk.company.kari, NotFound), (desk.company.department, Forbidden)):
        with pytest.raises(refusal):
            put(subject_id)


def test_a_day_is_a_day_where_the_company_is(desk: Desk) -> None:
    desk.now = datetime.fromisoformat("2026-11-23T23:30:00+00:00")
    kpi_id = desk.active()
    assert [one.starts_on for one in list_versions(desk.session, SERVICE, kpi_id)] == [TODAY + timedelta(days=1)]


def test_every_conflict_of_kpis_has_a_code_of_its_own() -> None:
    codes = {error.code for error in (CardFull, ExternalIdTaken, PastIsFixed, ScaleInUse, VersionNeeded, WrongKpiState)}
    assert codes.isdisjoint({Conflict.code})
    assert len(codes) == 6
