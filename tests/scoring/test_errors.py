"""Standard errors from integer sums are those of the formula rater by rater, with answers missing in any pattern."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.columns import Floats
from app.scoring.errors import ScoringError
from app.scoring.linear import Coefficients, Terms, combined, error_terms, kish_size
from app.scoring.pooling import PooledCovariance, pooled_covariance, prior_variance
from app.scoring.released import Released, ReleasedGroup
from app.scoring.tally import UNIT
from app.scoring.totals import AtomSums, AtomTotals, CellSums
from tests.scoring.facts import agrees
from tests.scoring.naive import pooled, square_of_group, totals_of

NAN = math.nan
COVARIANCE = np.array([[400, 200, 150], [200, 500, -50], [150, -50, 600]], np.float64)
KNOWN = PooledCovariance(
    variances={k: COVARIANCE[k, k] for k in range(3)},
    covariances={(0, 1): 200.0, (0, 2): 150.0, (1, 2): -50.0},
)

answers = st.sampled_from([0.0, 12.5, 37.5, 50.0, 62.5, 100.0, NAN])


@st.composite
def atoms(draw: st.DrawFn) -> list[Floats]:
    """One to three atoms of one to six raters on three KPIs; each KPI has a score somewhere."""
    found = [np.full((1, 3), 50.0)]
    for _ in range(draw(st.integers(0, 2))):
        rows = draw(st.lists(st.tuples(answers, answers, answers), min_size=1, max_size=6))
        found.append(np.array(rows, np.float64))
    return [*found[1:], np.concatenate([found[0], *found[1:2]])]


def coefficients(a: dict[int, float]) -> Coefficients:
    zeros = np.zeros(len(a), np.int64)
    return Coefficients(zeros, zeros, np.array(list(a), np.int64), np.array(list(a.values()), np.float64))


def terms_of(totals: AtomTotals, a: dict[int, float], known: PooledCovariance = KNOWN) -> Terms:
    released = Released.of(totals, [ReleasedGroup(0, ("customer",), tuple(range(totals.n_atoms)))])
    return error_terms(released, coefficients(a), {"customer": known})


@given(atoms(), st.tuples(*[st.floats(-1, 1).filter(lambda a: abs(a) > 0.01)] * 3))
def test_the_error_of_any_linear_score_is_that_of_its_raters(atoms: list[Floats], a: tuple[float, ...]) -> None:
    by_kpi = dict(enumerate(a))
    found = terms_of(totals_of(atoms), by_kpi)
    expected = square_of_group(atoms, by_kpi, COVARIANCE)
    assert (found.square[0], found.spent[0]) == pytest.approx(expected[:2], rel=1e-8, abs=1e-9)
    assert found.raters[0] == expected[2]


@given(atoms())
def test_atoms_that_kept_only_their_sums_give_the_same_error(atoms: list[Floats]) -> None:
    totals = totals_of(atoms)
    kept = AtomTotals.from_sums([totals.atom(number) for number in range(totals.n_atoms)])
    ours, theirs = (terms_of(each, {0: 0.5, 1: 0.3, 2: 0.2}) for each in (totals, kept))
    assert [column.tolist() for column in ours] == [column.tolist() for column in theirs]


def test_one_rater_has_the_prior_variance_alone() -> None:
    found = terms_of(totals_of([np.array([[75.0, NAN, NAN]])]), {0: 1.0})
    assert (found.square[0], found.raters[0], combined(found.square[0], found.spent[0])) == (400, 1, (20, 8))


def test_a_mixed_atom_has_the_prior_of_its_groups_weighted_by_heads() -> None:
    totals = totals_of([np.array([[75.0], [75.0], [75.0], [75.0]])])
    released = Released.of(totals, [ReleasedGroup(0, ("customer", "supplier"), (0,), (3, 1))])
    spread = {"customer": PooledCovariance(variances={0: 100.0}), "supplier": PooledCovariance(variances={0: 500.0})}
    assert error_terms(released, coefficients({0: 1.0}), spread).square[0] == agrees(8 * 200 / 11 / 4)


def test_a_group_without_pooled_variance_has_that_of_one_item() -> None:
    released = Released.of(totals_of([np.array([[75.0]])]), [ReleasedGroup(0, ("customer",), (0,))])
    assert error_terms(released, coefficients({0: 1.0}), {}).square[0] == 900


def test_no_terms_need_no_sums() -> None:
    nothing = Released.of(totals_of([np.ones((1, 1))]), [])
    assert [column.tolist() for column in error_terms(nothing, coefficients({}), {})] == [[], [], []]


@given(st.lists(st.lists(st.tuples(answers, answers), min_size=1, max_size=9), min_size=4, max_size=7))
def test_pooled_covariances_are_those_of_the_raters_with_both(rows: list[list[tuple[float, float]]]) -> None:
    atoms = [np.array(atom, np.float64) for atom in rows]
    found = pooled_covariance(totals_of(atoms), range(len(atoms)), {0: 3, 1: 2}, least_df=3)
    for j, k in ((0, 0), (1, 1), (0, 1)):
        expected, df = pooled(atoms, j, k)
        pool = found.variances.get(j) if j == k else found.covariances.get((j, k))
        if df < 3 or (j == k and expected == 0):
            assert pool is None
        else:
            assert pool == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_fewer_than_20_degrees_of_freedom_leave_the_prior() -> None:
    def spread_of(n: int) -> PooledCovariance:
        column = np.array([[0.0, 50.0], [100.0, 100.0]] * (n // 2))
        return pooled_covariance(totals_of([column]), [0], {0: 3, 1: 12})

    assert (spread_of(20).variance(0), spread_of(20).covariance(0, 1)) == (500, agrees(0.5 * math.sqrt(500 * 350)))
    assert (spread_of(22).variance(0), spread_of(22).covariance(1, 0)) == agrees((55000 / 21, 27500 / 21))
    twenty = np.array([[0.0], [100.0], [50.0]] * 7)
    assert pooled_covariance(totals_of([twenty]), [0], {}).variance(0) == agrees(14 * 2500 / 20)


def test_a_spread_of_less_than_a_point_is_one() -> None:
    known = PooledCovariance(variances={0: 1.0, 1: 1.0}, covariances={(0, 1): -0.5})
    linear = known.of_linear(np.array([0, 0]), np.array([0, 1]), np.array([0.5, 0.5]), 1)
    assert linear.tolist() == [0.25]


def test_a_pool_in_which_nobody_differs_leaves_the_prior() -> None:
    alike = totals_of([np.full((30, 1), 100.0)])
    assert pooled_covariance(alike, [0], {0: 2}).variance(0) == 600


def test_only_the_chosen_atoms_are_pooled() -> None:
    totals = totals_of([np.array([[0.0], [100.0]] * 15), np.full((30, 1), 50.0)])
    assert pooled_covariance(totals, [0], {}).variance(0) == agrees(30 * 2500 / 29)


def test_an_impossible_matrix_gives_way_to_correlations_of_one_half() -> None:
    impossible = PooledCovariance(variances={0: 100.0, 1: 100.0}, covariances={(0, 1): -150.0})
    parts, kpis, halves = np.array([0, 0]), np.array([0, 1]), np.array([0.5, 0.5])
    assert impossible.of_linear(parts, kpis, halves, 1).tolist() == [75]


def test_a_pooled_variance_is_above_0() -> None:
    with pytest.raises(ScoringError, match=r"a pooled variance must be finite and above 0, got \[0\.0\]"):
        PooledCovariance(variances={0: 0.0})


def test_the_prior_variance_falls_with_the_number_of_items() -> None:
    assert [prior_variance(items) ** 0.5 for items in (1, 2, 3, 5, 8, 11)] == pytest.approx(
        [30.0, 24.5, 22.4, 20.5, 19.4, 18.8], abs=0.05
    )


def test_a_kpi_has_an_item() -> None:
    with pytest.raises(ScoringError, match="a kpi has at least 1 item, got 0"):
        prior_variance(0)


def test_kish_size_of_equal_weights_is_the_number_of_raters() -> None:
    assert kish_size([0.25] * 4, [5] * 4) == agrees(20)


@pytest.mark.parametrize("names", [("customer",), ("customer", "supplier")])
def test_a_group_is_released_once_per_subject_alone_and_once_in_a_mixed_one(names: tuple[str, ...]) -> None:
    totals = totals_of([np.ones((1, 1))] * 3)
    mixed = ReleasedGroup(0, ("customer", "supplier"), (1,), (1, 1))
    groups = [ReleasedGroup(0, ("customer",), (0,)), mixed]
    assert len(Released.of(totals, groups).mean) == 2
    groups.append(ReleasedGroup(0, names, (2,), (1, 1) if len(names) > 1 else ()))
    with pytest.raises(ScoringError, match="a rater group can be released once per subject only"):
        Released.of(totals, groups)


@pytest.mark.parametrize("atom", [-1, 1])
def test_a_group_holds_known_atoms(atom: int) -> None:
    with pytest.raises(ScoringError, match="atoms of a group must be from 0 to 0"):
        Released.of(totals_of([np.ones((1, 1))]), [ReleasedGroup(0, ("customer",), (atom,))])


@pytest.mark.parametrize(("groups", "atoms"), [((), (0,)), (("customer",), ())])
def test_a_group_without_a_name_or_an_atom_is_refused(groups: tuple[str, ...], atoms: tuple[int, ...]) -> None:
    with pytest.raises(ScoringError, match="a released group needs a rater group and an atom"):
        ReleasedGroup(0, groups, atoms)


@pytest.mark.parametrize("head_counts", [(), (3,), (3, 0)])
def test_a_mixed_group_says_how_many_of_each_it_holds(head_counts: tuple[int, ...]) -> None:
    with pytest.raises(ScoringError, match="several rater groups in one need a head count above 0 for each"):
        ReleasedGroup(0, ("customer", "supplier"), (0,), head_counts)


def test_sums_never_give_a_negative_spread() -> None:
    rounded_down = AtomSums({0: CellSums(2, 2 * 3333333334, 2 * 1111 * UNIT)}, {}, ((1, 2),))
    assert terms_of(AtomTotals.from_sums([rounded_down]), {0: 1.0}).square[0] == agrees(8 * 400 / 9 / 2)
