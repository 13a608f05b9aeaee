from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.kpis import commands
from app.kpis.drafts import content_of
from app.kpis.intake import parse_goal, parse_kpi, parse_scale, parse_target
from app.kpis.queries import get_goal, get_kpi, get_scale, list_versions, load_kpis
from app.kpis.rules import CardFull, ExternalIdTaken, KpiNotReady, PastIsFixed, ScaleInUse, VersionNeeded, WrongKpiState
from app.kpis.values import KpiState
from tests.kpis.desk import ELSEWHERE, LINE, TODAY, Desk, counted, refused_fields
from tests.kpis.plain import Plain, item, words


def test_a_kpi_comes_back_as_it_was_handed_in(desk: Desk) -> None:
    after = {"item": "welcome", "lowest": "1", "highest": "2"}
    given = desk.soft(
        external_id="K-1",
        items=[item(desk.scale_id, "welcome"), item(desk.scale_id, "why", condition=after)],
    )
    draft = parse_kpi(given)
    kpi_id = desk.create(given)
    kpi = get_kpi(desk.session, desk.company.admin, kpi_id, on=TODAY)
    assert (kpi.state, kpi.goal_id, kpi.owner_id, kpi.external_id) == (
        KpiState.DRAFT,
        draft.goal_id,
        draft.owner_id,
        "K-1",
    )
    assert content_of(kpi) == replace(draft.content, starts_on=TODAY)
    assert [(item.scale.points, item.weight) for item in kpi.current.items] == [(5, 1), (5, 0)]
    with pytest.raises(Invalid):
        desk.create(
            desk.soft(items=[*given["items"], item(desk.scale_id, "more", condition={**after, "highest": "9"})])
        )


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


def test_an_item_names_a_competence_of_its_own_company(desk: Desk) -> None:
    practised = item(desk.scale_id, "welcome", competence_id=ELSEWHERE)
    assert refused_fields(lambda: desk.create(desk.soft(items=[practised]))) == ["items.0.competence_id"]


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


def test_a_day_is_a_day_where_the_company_is(desk: Desk) -> None:
    desk.now = datetime.fromisoformat("2026-11-23T23:30:00+00:00")
    kpi_id = desk.active()
    assert [one.starts_on for one in list_versions(desk.session, SERVICE, kpi_id)] == [TODAY + timedelta(days=1)]


def test_every_conflict_of_kpis_has_a_code_of_its_own() -> None:
    codes = {error.code for error in (CardFull, ExternalIdTaken, PastIsFixed, ScaleInUse, VersionNeeded, WrongKpiState)}
    assert codes.isdisjoint({Conflict.code})
    assert len(codes) == 6
