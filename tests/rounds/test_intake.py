"""Rounds, groups, KPIs and lists of raters as they come from outside: every refusal by name, nothing guessed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.errors import Invalid
from app.kpis.values import RaterGroup
from app.reports import Row, RowsRefused
from app.rounds.checks import default_policy, policy_problems, weight_problems
from app.rounds.intake import (
    parse_groups,
    parse_rated,
    parse_raters,
    parse_round,
    parse_round_kpis,
    read_moderators,
    rows_of,
)
from app.rounds.values import (
    GroupPolicy,
    Mode,
    Pooling,
    ReleaseMode,
    Round,
    RoundDraft,
    RoundId,
    RoundKpi,
    RoundSource,
    RoundState,
)

COMPLETE: dict[str, Any] = {
    "name": {"nb": "Runde", "en": "Round"},
    "purpose": {"nb": "Vi vil vite.", "en": "We want to know."},
    "asked_by": "Amir Haddad",
    "period_start": "2026-10-01",
    "period_end": "2026-12-31",
    "opens_at": "2026-11-23T09:00:00+01:00",
    "closes_at": "2026-12-07T16:00:00+01:00",
    "reminders": ["2026-12-01T09:00:00+01:00", "2026-11-27T09:00:00+01:00"],
}


def refused(given: dict[str, Any], **options: Any) -> list[str]:
    with pytest.raises(Invalid) as invalid:
        parse_round(given, company_id="c", **options)
    return [problem.field for problem in invalid.value.errors]


def present() -> Round:
    draft = parse_round(COMPLETE, company_id="c")
    values = {name: getattr(draft, name) for name in RoundDraft.__dataclass_fields__}
    return Round(
        id=RoundId("r"),
        company_id="c",
        extended_until=None,
        state=RoundState.DRAFT,
        source=RoundSource.ASKED,
        promise_hash=None,
        launched_at=None,
        closed_at=None,
        released_at=None,
        version=1,
        **values,
    )


def test_a_complete_round_is_read_in_utc_with_its_reminders_in_order() -> None:
    draft = parse_round(COMPLETE, company_id="c")
    assert (draft.scope_id, draft.external_id, draft.pooling) == ("c", None, Pooling.DROP)
    assert draft.opens_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert draft.opens_at.utcoffset() == timedelta(0)
    assert [at.day for at in draft.reminders] == [27, 1]


def test_what_is_not_sent_stays_as_it_is() -> None:
    changed = parse_round({"release_mode": "manual", "reminders": []}, company_id="c", present=present())
    assert changed == replace(parse_round(COMPLETE, company_id="c"), release_mode=ReleaseMode.MANUAL, reminders=())


def test_a_change_of_one_field_keeps_the_reminders() -> None:
    changed = parse_round({"asked_by": "Kari Lunde"}, company_id="c", present=present())
    assert (changed.asked_by, len(changed.reminders)) == ("Kari Lunde", 2)


def test_what_is_sent_replaces_what_was() -> None:
    given = {**COMPLETE, "external_id": "q4", "pooling": "pool", "scope_id": "team", "period_end": "2026-10-01"}
    changed = parse_round(given, company_id="c", present=present())
    assert (changed.external_id, changed.pooling, changed.scope_id) == ("q4", Pooling.POOL, "team")
    assert changed.period_end == date(2026, 10, 1)


def test_who_reads_comments_first_is_said_in_a_few_words_or_not_at_all() -> None:
    moderated = parse_round({"moderated_by": " HR, Ida Øst "}, company_id="c", present=present())
    assert moderated == replace(parse_round(COMPLETE, company_id="c"), moderated_by="HR, Ida Øst")
    left = replace(present(), moderated_by="HR")
    assert parse_round({"asked_by": "Ida"}, company_id="c", present=left).moderated_by == "HR"
    assert parse_round({"moderated_by": ""}, company_id="c", present=left, posted=True).moderated_by is None
    usual = [
        parse_round({**COMPLETE, **said}, company_id="c", moderators="HR") for said in ({}, {"moderated_by": None})
    ]
    assert [one.moderated_by for one in usual] == ["HR", None]
    assert read_moderators({"moderated_by": " HR "}) == "HR"
    for wrong in ("x" * 81, "HR <hr@x.example>"):
        assert refused({"moderated_by": wrong}, present=left) == ["moderated_by"]


def test_an_empty_round_names_everything_that_is_needed() -> None:
    assert sorted(refused({})) == [
        "asked_by", "closes_at", "name.en", "name.nb", "opens_at", "period_end", "period_start", "purpose.en",
        "purpose.nb",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"asked_by": "boss@firm.example"}, "asked_by"),
        ({"asked_by": "Amir\nBcc: x"}, "asked_by"),
        ({"name": {"nb": "x" * 101, "en": "x"}}, "name.nb"),
        ({"purpose": {"nb": "Vi vil vite."}}, "purpose.en"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"period_start": "2026-02-30"}, "period_start"),
        ({"period_end": "2026-09-30"}, "period_end"),
        ({"opens_at": "2026-11-23T09:00:00"}, "opens_at"),
        ({"opens_at": 1700000000}, "opens_at"),
        ({"opens_at": "0001-01-01T00:00:00+01:00"}, "opens_at"),
        ({"closes_at": "9999-12-31T23:59:59-01:00"}, "closes_at"),
        ({"closes_at": "2026-11-23T10:00:00+01:00"}, "closes_at"),
        ({"closes_at": "2026-11-01T10:00:00+01:00"}, "closes_at"),
        ({"closes_at": "2027-12-31T10:00:00+01:00"}, "closes_at"),
        ({"reminders": ["2026-12-08T09:00:00+01:00"]}, "reminders.0"),
        ({"reminders": ["soon"]}, "reminders.0"),
        ({"reminders": ["2026-12-01T09:00:00+01:00"] * 3}, "reminders"),
        ({"pooling": "mix"}, "pooling"),
        ({"release_mode": "later"}, "release_mode"),
        ({"k": 3}, "k"),
    ],
)
def test_each_field_is_refused_by_its_name(changed: dict[str, Any], field: str) -> None:
    assert field in refused({**COMPLETE, **changed})


def test_a_group_brings_its_usual_policy() -> None:
    groups = parse_groups({"groups": [{"rater_group": group.value} for group in RaterGroup]})
    assert groups == tuple(default_policy(group) for group in RaterGroup)
    assert {policy.rater_group.value: (policy.mode.value, policy.k) for policy in groups} == {
        "manager": ("named", 1),
        "self": ("named", 1),
        "colleague": ("confidential", 3),
        "direct_report": ("confidential", 3),
        "customer": ("confidential", 3),
        "mystery_shopper": ("report", 3),
    }


def test_a_group_takes_its_own_minimums() -> None:
    given = {"groups": [
        {"rater_group": "customer", "mode": "anonymous", "k": 5, "comment_k": 8},
        {"rater_group": "colleague", "k": 7},
        {"rater_group": "manager", "mode": "named", "k": 9},
    ]}  # fmt: skip
    assert parse_groups(given) == (
        GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 5, 8),
        GroupPolicy(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL, 7, 7),
        GroupPolicy(RaterGroup.MANAGER, Mode.NAMED, 1, 1),
    )


@pytest.mark.parametrize(
    ("group", "field"),
    [
        ({"rater_group": "boss"}, "groups.0.rater_group"),
        ({"rater_group": "customer", "k": 2}, "groups.0.k"),
        ({"rater_group": "customer", "k": 21}, "groups.0.k"),
        ({"rater_group": "customer", "k": 5, "comment_k": 4}, "groups.0.comment_k"),
        ({"rater_group": "self", "mode": "anonymous"}, "groups.0.mode"),
        ({"rater_group": "manager", "mode": "confidential"}, "groups.0.mode"),
        ({"rater_group": "customer", "mode": "report"}, "groups.0.mode"),
        ({"rater_group": "customer", "mode": "open"}, "groups.0.mode"),
        ({"rater_group": "customer", "weight": 3}, "groups.0.weight"),
    ],
)
def test_a_policy_is_refused_by_its_field(group: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        parse_groups({"groups": [group]})
    assert [problem.field for problem in invalid.value.errors] == [field]


def test_a_group_stands_once() -> None:
    twice = [default_policy(RaterGroup.CUSTOMER)] * 2
    assert [problem.field for problem in policy_problems(twice)] == ["groups.1.rater_group"]


def test_kpis_come_with_the_weights_that_are_not_zero() -> None:
    given = {"kpis": [{"kpi_id": "a", "weights": {"customer": 40, "manager": 0}}, {"kpi_id": "b"}]}
    assert parse_round_kpis(given) == (RoundKpi("a", {RaterGroup.CUSTOMER: 40}), RoundKpi("b", {}))


@pytest.mark.parametrize(
    ("kpi", "field"),
    [
        ({"weights": {}}, "kpis.0.kpi_id"),
        ({"kpi_id": "a", "weights": {"customer": -1}}, "kpis.0.weights.customer"),
        ({"kpi_id": "a", "weights": {"boss": 1}}, "kpis.0.weights.boss"),
        ({"kpi_id": "a", "k": 1}, "kpis.0.k"),
    ],
)
def test_a_kpi_is_refused_by_its_field(kpi: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as invalid:
        parse_round_kpis({"kpis": [kpi]})
    assert [problem.field for problem in invalid.value.errors] == [field]


def test_weights_need_somebody_besides_self() -> None:
    groups = [RaterGroup.SELF, RaterGroup.CUSTOMER]
    assert weight_problems({RaterGroup.CUSTOMER: 1}, groups, "w") == []
    assert [problem.field for problem in weight_problems({RaterGroup.SELF: 1}, groups, "w")] == ["w"]


def test_everybody_rated_stands_once() -> None:
    assert parse_rated({"subject_ids": ["a", "b", "a"]}) == ("a", "b")
    assert parse_rated({"subject_ids": {"0": "a", "1": ""}}, posted=True) == ("a",)


def test_rows_of_a_list_come_as_in_a_file() -> None:
    assert rows_of([{"subject": "a", "name": None}]) == [Row(1, {"subject": "a"})]


@pytest.mark.parametrize("given", ["text", {"a": "b"}, [1], [{"subject": 3}], None])
def test_what_is_no_list_of_rows_is_refused(given: object) -> None:
    with pytest.raises(Invalid) as invalid:
        rows_of(given)
    assert [problem.field for problem in invalid.value.errors] == ["rows"]


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"rater_group": "boss"}, "rater_group"),
        ({"subject": " "}, "subject"),
        ({"email": ""}, "email"),
        ({"name": "a@b"}, "name"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"locale": "de"}, "locale"),
        ({"occasion": "x" * 101}, "occasion"),
        ({"weight": "3"}, "weight"),
    ],
)
def test_a_cell_is_refused_by_row_and_column(cells: dict[str, str], column: str) -> None:
    good = {"rater_group": "customer", "subject": "a", "email": "kunde@kunder.example", "locale": "no"}
    with pytest.raises(RowsRefused) as refused_:
        parse_raters([Row(2, good), Row(3, {**good, **cells})])
    assert [(error.row, error.column) for error in refused_.value.refused] == [(3, column)]
