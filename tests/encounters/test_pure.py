"""Programmes and encounters as they are written down, and the rules that need no database."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.encounters import rules
from app.encounters.intake import parse_encounters, parse_programme, parse_table
from app.encounters.values import Circumstances, Lot, Reason
from app.errors import Invalid
from app.reports import Row
from tests.encounters.shop import WISH

ROW: dict[str, Any] = {
    "external_id": "a",
    "subject": "S-1",
    "occurred_at": "2026-11-23T10:00:00+01:00",
    "email": "kari@kunder.example",
}


def test_an_encounter_needs_a_customer_an_employee_and_a_moment() -> None:
    [draft] = parse_encounters([{**ROW, "name": "Kari", "locale": "en", "programme": "voice"}]).drafts
    assert (draft.row, draft.occurred_at, draft.locale) == (1, datetime(2026, 11, 23, 9, tzinfo=UTC), "en")
    [row] = parse_table([Row(2, {**ROW, "name": "  "})]).drafts
    assert (row.row, row.name, row.locale) == (2, None, "nb")


@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("external_id", ""),
        ("external_id", "x" * 201),
        ("subject", None),
        ("email", 5),
        ("occurred_at", "2026-11-23"),
        ("occurred_at", None),
        ("name", "Kari\u0000"),
        ("name", "x" * 201),
        ("locale", "de"),
        ("strange", "x"),
    ],
)
def test_a_cell_that_cannot_be_taken_is_named(column: str, given: object) -> None:
    [refused] = parse_encounters([{**ROW, column: given}]).refused
    assert (refused.row, refused.column) == (1, column)


def test_a_programme_is_as_usual_where_nothing_is_said_and_stays_where_it_is_changed() -> None:
    given = {name: value for name, value in WISH.items() if name not in {"rhythm", "k", "quota", "pause_days"}}
    draft = parse_programme({**given, "kpi_ids": ["a", "a"], "external_id": "voice"}, company_id="company")
    assert (draft.scope_id, draft.rhythm, draft.kpi_ids) == ("company", "week", ("a",))
    assert (draft.k, draft.quota, draft.pause_days, draft.answer_days) == (5, 10, 90, 7)
    for said, moderators in (({}, "HR"), ({"moderated_by": None}, None), ({"moderated_by": "Ida"}, "Ida")):
        wish = {**given, "kpi_ids": ["a"], **said}
        assert parse_programme(wish, company_id="company", moderators="HR").moderated_by == moderators


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kpi_ids": []}, "kpi_ids"),
        ({"k": 2}, "k"),
        ({"quota": 0}, "quota"),
        ({"pause_days": 367}, "pause_days"),
        ({"answer_days": 1}, "answer_days"),
        ({"name": {"nb": "Bare norsk"}}, "name.en"),
        ({"starts_on": None}, "starts_on"),
        ({"asked_by": "x@y"}, "asked_by"),
        ({"strange": 1}, "strange"),
    ],
)
def test_a_programme_names_what_it_lacks(change: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_programme({**WISH, "kpi_ids": ["a"], **change}, company_id="company")
    assert [one.field for one in refused.value.errors] == [field]


def test_the_first_reason_against_a_request_is_the_one_that_is_told() -> None:
    free = Circumstances(
        is_over=False,
        is_employee=False,
        has_opted_out=False,
        has_bounced=False,
        is_rated=True,
        is_asked_about=False,
        asked_at=None,
    )
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert rules.ruled_out(free, 90, now=now) is None
    unwilling = Circumstances(
        is_over=False,
        is_employee=False,
        has_opted_out=True,
        has_bounced=True,
        is_rated=False,
        is_asked_about=True,
        asked_at=now,
    )
    found = rules.ruled_out(unwilling, 90, now=now)
    assert found is not None
    assert found.reason is Reason.OPTED_OUT


def test_every_encounter_has_the_same_chance_whatever_its_id_and_the_quota_lasts() -> None:
    lots = [Lot(str(number), f"case-{number}") for number in range(10)]
    drawn = dict.fromkeys((lot.external_id for lot in lots), 0)
    many = 0
    for number in range(3000):
        outcome = rules.draw(lots, seed=number.to_bytes(32, "big"), occasion="Sofie", left=5, draws=2)
        many += len(outcome.drawn)
        for lot in outcome.drawn:
            drawn[lot.external_id] += 1
    # Half of five is two and a half on average; each of ten is then drawn in a quarter of the draws.
    assert abs(many / 3000 - 2.5) < 0.05
    assert all(abs(count / 3000 - 0.25) < 0.04 for count in drawn.values())
