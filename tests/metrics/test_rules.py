from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kpis.values import KpiId
from app.metrics.rules import OVERLAPS, Place, ReadingsOverlap, key_of, overlap_problems, refuse, twice_problems
from app.organisation.values import SubjectId
from app.reports import RowError, RowsRefused

START = datetime(2026, 11, 1, tzinfo=UTC)


def place(start: int, end: int, subject: str = "s", kpi: str = "k") -> Place:
    return Place(KpiId(kpi), SubjectId(subject), START + timedelta(days=start), START + timedelta(days=end))


def rows(handed_in: list[Place], stored: list[Place]) -> list[int]:
    return [problem.row for problem in overlap_problems({each: row for row, each in enumerate(handed_in)}, stored)]


def test_periods_that_overlap_are_refused_on_both_sides() -> None:
    assert rows([place(0, 7), place(6, 8), place(8, 9)], []) == [0, 1]


def test_periods_that_touch_do_not_overlap() -> None:
    assert rows([place(0, 7), place(7, 14)], [place(14, 21)]) == []


def test_what_is_stored_stands_in_the_way() -> None:
    assert rows([place(5, 6), place(20, 21)], [place(0, 10)]) == [0]


def test_the_same_period_again_is_a_correction() -> None:
    assert rows([place(0, 7)], [place(0, 7)]) == []


def test_others_subjects_other_kpis_and_moments_are_no_hindrance() -> None:
    assert rows([place(0, 7), place(3, 3), place(0, 7, "other"), place(0, 7, "s", "other")], [place(5, 5)]) == []


spans = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda pair: place(pair[0], pair[0] + pair[1]))


@given(st.lists(spans, max_size=6, unique=True), st.lists(spans, max_size=4, unique=True))
def test_exactly_the_rows_that_overlap_another_place_are_refused(handed_in: list[Place], stored: list[Place]) -> None:
    everything = {*handed_in, *stored}
    expected = [
        row
        for row, one in enumerate(handed_in)
        if any(o != one and o.starts_at < one.ends_at and one.starts_at < o.ends_at for o in everything)
    ]
    assert rows(handed_in, stored) == expected


def test_rows_with_the_same_key_are_all_named() -> None:
    keys = [(2, key_of(None, place(0, 1))), (3, key_of("A", place(0, 1))), (4, key_of(None, place(0, 1)))]
    keys += [(5, key_of("A", place(5, 6)))]
    assert [(problem.row, problem.column) for problem in twice_problems(keys)] == [
        (2, "kpi"),
        (4, "kpi"),
        (3, "external_id"),
        (5, "external_id"),
    ]


def test_only_overlaps_are_a_conflict_anything_else_is_refused_rows() -> None:
    refuse([])
    overlap, other = RowError(3, "start", OVERLAPS), RowError(2, "value", "Other")
    with pytest.raises(ReadingsOverlap) as conflict:
        refuse([overlap])
    assert isinstance(conflict.value, RowsRefused)
    with pytest.raises(RowsRefused) as refusal:
        refuse([overlap, other])
    assert not isinstance(refusal.value, ReadingsOverlap)
    assert refusal.value.refused == (other, overlap)
