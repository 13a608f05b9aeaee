from datetime import date
from functools import partial

import pytest

from app.errors import Forbidden, NotFound
from app.infra.versions import StaleVersion
from app.kpis import commands
from app.kpis.drafts import SwapDraft
from app.kpis.history import list_steps
from app.kpis.intake import parse_scorecard, parse_target
from app.kpis.queries import list_targets, load_scorecards
from app.kpis.room import get_room
from app.kpis.rules import CardFull, PastIsFixed, card_for
from app.kpis.values import KpiId, KpiState, Level
from tests.kpis.desk import ELSEWHERE, LINE, TODAY, Desk, refused_fields
from tests.kpis.plain import Plain, card


def test_a_hard_kpi_needs_goalposts_to_be_activated(desk: Desk) -> None:
    kpi_id = desk.create(desk.hard())
    assert refused_fields(lambda: desk.activate(kpi_id)) == ["targets"]
    desk.target(kpi_id, **LINE)
    desk.activate(kpi_id)
    assert desk.found(kpi_id) is KpiState.ACTIVE


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
    kpis = [desk.active(rater_weights={"colleague": 1}) for _ in range(7)]
    desk.card(card(desk.company.sofie, "person", kpis[:6]))
    with pytest.raises(CardFull):
        desk.card(card(desk.company.sofie, "person", kpis))
    desk.pause(kpis[0])
    desk.card(card(desk.company.sofie, "person", kpis))
    with pytest.raises(CardFull):
        desk.activate(kpis[0])
    assert desk.found(kpis[0]) is KpiState.PAUSED
    strange = desk.active(rater_weights={"colleague": 1})
    for wrong in (strange, kpis[0], "nothing"):
        swap = SwapDraft(KpiId(wrong), KpiState.RETIRED, "Den måler det samme.")
        assert refused_fields(partial(desk.activate, kpis[0], swap=swap)) == ["kpi_id"]
    assert [desk.found(one) for one in (strange, kpis[0], kpis[1])] == ["active", "paused", "active"]

    desk.activate(kpis[0], swap=SwapDraft(KpiId(kpis[1]), KpiState.RETIRED, "Den måler det samme."))
    assert [desk.found(one) for one in kpis[:3]] == ["active", "retired", "active"]
    told = [list_steps(desk.session, desk.company.admin, one, on=TODAY)[0] for one in kpis[:2]]
    assert [(step.state, step.reason, step.other_id) for step in told] == [
        (KpiState.ACTIVE, "Den måler det samme.", kpis[1]),
        (KpiState.RETIRED, "Den måler det samme.", kpis[0]),
    ]
    # Two cards without a KPI in common: one exchange does not make room on both.
    desk.pause(kpis[0])
    others = [desk.active(rater_weights={"colleague": 1}) for _ in range(7)]
    desk.card(card(desk.company.sofie, "person", [kpis[0], *kpis[2:], others[0]]))
    desk.card(card(desk.company.north, "person", [kpis[0], *others[1:]]))
    room = get_room(desk.session, desk.company.admin, kpis[0], on=TODAY)
    assert (len(room.full), room.choices) == (2, ())


def test_a_paused_kpi_does_not_come_back_onto_a_card_of_a_later_day(desk: Desk) -> None:
    kpis = [desk.active(rater_weights={"colleague": 1}) for _ in range(7)]
    desk.pause(kpis[0])
    desk.card(card(desk.company.sofie, "person", kpis, "2027-01-01"))
    with pytest.raises(CardFull):
        desk.activate(kpis[0])
    desk.card(card(desk.company.sofie, "person", kpis[:6], "2027-01-01"))
    desk.activate(kpis[0])


def test_a_card_asks_no_longer_than_people_have_patience_for(desk: Desk) -> None:
    def about(weights: dict[str, float]) -> list[str]:
        return [desk.active(rater_weights=weights) for _ in range(3)]

    assert refused_fields(lambda: desk.card(card(desk.company.sofie, "person", about({"customer": 1})))) == ["lines"]
    desk.card(card(desk.company.sofie, "person", about({"colleague": 1})))
    of_customers = about({"customer": 1})
    desk.pause(of_customers[0])
    desk.card(card(desk.company.sofie, "person", of_customers))


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


def test_a_card_without_lines_lets_the_next_one_upward_apply_again(desk: Desk) -> None:
    kpi_id = desk.active()
    above = desk.card(card(desk.company.north, "person", [kpi_id]))
    desk.card(card(desk.company.sofie, "person", [kpi_id]))
    desk.card(card(desk.company.sofie, "person", [], "2026-12-01"))
    path = [desk.company.id, desk.company.department, desk.company.north, desk.company.sofie]
    cards = load_scorecards(desk.session, desk.company.id, on=date(2026, 12, 1))
    found = card_for(cards, path, Level.PERSON)
    assert found is not None
    assert found.id == above
