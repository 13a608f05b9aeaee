"""What a dossier lacks, which days contradict each other, what it allows, and when somebody is reminded. Pure."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.accounts.values import Grant, Role, Viewer
from app.dossiers import rules
from app.dossiers.intake import parse_dossier, parse_review
from app.dossiers.values import Dossier, DossierContent, DossierId, Measure
from app.errors import Invalid
from tests.dossiers.plain import SAID, complete

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
VISITS, RATINGS = Measure.MYSTERY_VISITS, Measure.CUSTOMER_RATINGS


def content(**changes: Any) -> DossierContent:
    return parse_dossier(complete("somebody", **changes), company_id="company")


def dossier(name: str = "one", **changes: Any) -> Dossier:
    return Dossier(DossierId(name), "company", content(**changes), 1)


def problems(*dossiers: Dossier, needed: tuple[Measure, ...] = (VISITS,), last: date = TODAY + DAY) -> list[str]:
    return [one.field for one in rules.launch_problems(dossiers, needed, TODAY, last, today=TODAY)]


def test_each_of_the_things_that_a_round_asks_for_is_missed_by_its_name() -> None:
    bare = parse_dossier({"name": SAID}, company_id="company")
    assert [gap.field for gap in rules.gaps(bare)] == [
        "measures", "purpose", "discussed_on", "discussed_with", "notified_on", "notified_how", "starts_on", "ends_on",
        "review_on", "responsible_id",
    ]  # fmt: skip
    assert (bare.scope_id, rules.gaps(content())) == ("company", [])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ends_on": "2026-03-31", "review_on": None}, "ends_on"),
        ({"review_on": "2026-04-01"}, "review_on"),
        ({"review_on": "2028-04-01"}, "review_on"),
        ({"review_on": "2028-03-01"}, "review_on"),
        ({"discussed_on": "2026-04-02"}, "discussed_on"),
        ({"notified_on": "2026-04-02"}, "notified_on"),
    ],
)
def test_days_that_contradict_each_other_are_named(changes: dict[str, Any], field: str) -> None:
    assert [one.field for one in rules.date_problems(content(**changes), today=TODAY)] == [field]
    assert rules.date_problems(content(), today=TODAY) == []


def test_a_measure_needs_a_dossier_that_is_about_it() -> None:
    assert problems(dossier(measures=["customer_ratings"])) == ["dossier"]
    assert problems(dossier(), needed=(VISITS, RATINGS)) == []
    assert problems(dossier(), needed=()) == []


def test_the_dossier_that_comes_nearest_says_what_it_lacks() -> None:
    far, near = dossier("far", purpose=None, notified_on=None), dossier("near", purpose=None)
    assert problems(far, near) == ["dossier.near.purpose"]
    assert problems(far, near, dossier("whole")) == []
    assert rules.applying([far, near, dossier("whole")], VISITS, TODAY, TODAY, today=TODAY) == dossier("whole")
    assert rules.applying([far], VISITS, TODAY, TODAY, today=TODAY) is None


def test_a_dossier_covers_its_own_time_only_and_what_it_tells_of_has_happened() -> None:
    assert problems(dossier(), last=date(2028, 3, 31)) == []
    assert problems(dossier(), last=date(2028, 4, 1)) == ["dossier.one.starts_on"]
    ahead = dossier(starts_on="2026-11-23", discussed_on="2026-11-23", notified_on="2026-11-23", review_on="2026-12-23")
    assert problems(ahead) == []
    later = [one.field for one in rules.launch_problems([ahead], [VISITS], TODAY, TODAY, today=TODAY - DAY)]
    assert later == ["dossier.one.discussed_on", "dossier.one.notified_on"]


def test_nothing_starts_after_the_day_of_a_review_without_one() -> None:
    due = dossier(review_on=TODAY.isoformat())
    assert problems(due) == []
    assert problems(dossier(review_on=(TODAY - DAY).isoformat())) == ["dossier.one.review_on"]
    moved = replace(due.content, review_on=TODAY + 90 * DAY)
    assert rules.hides_overdue_review(due.content, moved, today=TODAY)
    assert not rules.hides_overdue_review(due.content, due.content, today=TODAY)
    assert not rules.hides_overdue_review(content(), moved, today=TODAY)


@pytest.mark.parametrize(("until", "reminder"), [(15, None), (14, 0), (1, 0), (0, 1), (-30, 1)], ids=str)
def test_a_review_is_reminded_of_two_weeks_before_and_on_the_day(until: int, reminder: int | None) -> None:
    near = content(review_on=(TODAY + until * DAY).isoformat())
    assert rules.due_reminder(near, today=TODAY) == reminder
    assert rules.due_reminder(replace(near, ends_on=TODAY - DAY), today=TODAY) is None
    assert rules.due_reminder(replace(near, review_on=None), today=TODAY) is None


def test_the_next_review_lies_ahead_within_a_year_and_within_the_measure() -> None:
    assert rules.review_problems(TODAY + DAY, None, today=TODAY) == []
    for next_on, ends_on in ((TODAY, None), (TODAY + 367 * DAY, None), (TODAY + 2 * DAY, TODAY + DAY)):
        assert [one.field for one in rules.review_problems(next_on, ends_on, today=TODAY)] == ["next_on"]


def test_whoever_the_measure_is_about_may_read_its_dossier_and_a_neighbour_may_not() -> None:
    sofie, reader = Viewer("account:sofie"), Viewer("account:reader", grants=(Grant(Role.VIEWER, "north"),))
    assert rules.may_read(reader, ("company", "north"), [])
    assert not rules.may_read(reader, ("company",), [])
    assert rules.may_read(replace(reader, above=frozenset({"company"})), ("company",), [])
    assert rules.may_read(sofie, ("company", "north"), [("company", "north", "sofie")])
    assert not rules.may_read(sofie, ("company", "south"), [("company", "north", "sofie")])


def test_what_cannot_be_read_is_refused_field_by_field() -> None:
    with pytest.raises(Invalid) as refused:
        parse_dossier(complete("x", name={}, measures=["spying"], starts_on="soon", why="x"), company_id="company")
    assert {one.field for one in refused.value.errors} == {"name.nb", "measures.0", "starts_on", "why"}
    with pytest.raises(Invalid) as refused:
        parse_review({"next_on": "2026-02-30"})
    assert {one.field for one in refused.value.errors} == {"conclusion", "next_on"}
    draft = parse_review({"conclusion": "Fortsetter.\nMildere.", "next_on": "2027-05-03"})
    assert (draft.conclusion, draft.next_on) == ("Fortsetter.\nMildere.", date(2027, 5, 3))
