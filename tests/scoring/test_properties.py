"""What holds for every round: order, swaps and hidden sheets change no byte, better answers never hurt, scores stay on their scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.columns import Integers
from app.scoring.composite import CardEntry, Form, HardScores, Scorecard, score_composites
from app.scoring.goalposts import Goalposts, score_metric
from app.scoring.metrics import Aggregation, Method, measure
from app.scoring.pooling import pooled_covariance
from app.scoring.raters import rater_scores
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite, KpiScore
from app.scoring.scales import point_scale
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.totals import AtomTotals
from tests.scoring.readings import days, told

GROUPS = ("manager", "colleague", "customer")
N_KPIS, N_ITEMS, N_ATOMS = 2, 3, 6
WEIGHTS = ([1, 2, 1], [3, 1, 1])
MIXES = [
    RaterMix(0, {"manager": 0.35, "colleague": 0.25, "customer": 0.4}),
    RaterMix(1, {"manager": 1, "colleague": 2, "customer": 1}),
]
ENTRIES = (CardEntry(0, 0.7), CardEntry(1, 0.3))


@dataclass(frozen=True)
class Sheets:
    """Atom and answers of each sheet; two subjects with one atom per rater group, answers 1..5 or 0 for none."""

    atoms: Integers
    answers: Integers


@st.composite
def rounds(draw: st.DrawFn) -> Sheets:
    n = draw(st.integers(1, 12))
    atoms = draw(st.lists(st.integers(-1, N_ATOMS - 1), min_size=n, max_size=n))
    row = st.lists(st.integers(0, 5), min_size=N_KPIS * N_ITEMS, max_size=N_KPIS * N_ITEMS)
    answers = draw(st.lists(row, min_size=n, max_size=n))
    return Sheets(np.array(atoms, np.int64), np.array(answers, np.int64).reshape(n, N_KPIS, N_ITEMS))


def totals_of(sheets: Sheets, items: Sequence[Sequence[float]] = WEIGHTS) -> AtomTotals:
    levels = np.where(sheets.answers == 0, np.nan, sheets.answers)
    points = point_scale(5).map(levels)
    scores = np.stack([rater_scores(points[:, kpi], items[kpi]) for kpi in range(N_KPIS)], axis=1)
    n = len(scores)
    return AtomTotals.from_scores(
        sheets.atoms,
        np.repeat(np.arange(n), N_KPIS),
        np.tile(np.arange(N_KPIS), n),
        scores.reshape(-1),
        n_atoms=N_ATOMS,
    )


def scored_from(totals: AtomTotals, mixes: Sequence[RaterMix] = MIXES, least: Sequence[int] = (1, 2, 2)) -> SoftScores:
    """Scores of two subjects; groups with fewer raters than their least are withheld."""
    kept = totals.with_at_least(np.array([*least] * 2))
    groups = [ReleasedGroup(atom // 3, (GROUPS[atom % 3],), (atom,)) for atom in range(N_ATOMS)]
    spread = {
        name: pooled_covariance(kept, [place, place + 3], {0: 3, 1: 3}, least_df=4) for place, name in enumerate(GROUPS)
    }
    return score_kpis(Released.of(kept, groups), mixes, spread)


def scored(sheets: Sheets) -> SoftScores:
    return scored_from(totals_of(sheets))


def sheets_of(rows: Sequence[tuple[int, Sequence[int]]]) -> Sheets:
    """From the atom and the answers of each sheet."""
    answers = np.array([row for _, row in rows], np.int64).reshape(-1, N_KPIS, N_ITEMS)
    return Sheets(np.array([atom for atom, _ in rows], np.int64), answers)


def bytes_of(scores: SoftScores) -> list[bytes]:
    return [column.tobytes() for table in (scores.group_rows, scores.kpi_rows) for column in table]


def points_of(scores: SoftScores) -> dict[tuple[int, int], float]:
    return {key: score.score for key, score in scores.values().items() if isinstance(score, KpiScore)}


def composites(
    scores: SoftScores, form: Form, entries: Sequence[CardEntry] = ENTRIES, hard: HardScores | None = None
) -> dict[int, Composite]:
    found = score_composites(scores, dict.fromkeys(range(2), Scorecard(tuple(entries), form)), hard or {})
    return {subject: score for subject, score in found.items() if isinstance(score, Composite)}


@given(rounds(), st.data())
def test_the_order_of_sheets_changes_no_byte(sheets: Sheets, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(sheets.atoms))))
    turned = Sheets(sheets.atoms[order], sheets.answers[order])
    assert bytes_of(scored(turned)) == bytes_of(scored(sheets))


@given(rounds(), st.data())
def test_swapping_two_sheets_of_one_atom_changes_no_byte(sheets: Sheets, data: st.DataObject) -> None:
    atom = data.draw(st.sampled_from(sheets.atoms.tolist()))
    mine = np.flatnonzero(sheets.atoms == atom)
    one, other = data.draw(st.tuples(*[st.sampled_from(mine.tolist())] * 2))
    answers = sheets.answers.copy()
    answers[[one, other]] = answers[[other, one]]
    assert bytes_of(scored(Sheets(sheets.atoms, answers))) == bytes_of(scored(sheets))


@given(rounds(), st.data())
def test_a_sheet_in_no_atom_changes_no_byte(sheets: Sheets, data: st.DataObject) -> None:
    answers = sheets.answers.copy()
    outside = np.flatnonzero(sheets.atoms == -1)
    answers[outside] = data.draw(st.integers(0, 5))
    assert bytes_of(scored(Sheets(sheets.atoms, answers))) == bytes_of(scored(sheets))


@given(rounds(), st.data())
def test_a_better_answer_never_lowers_a_score(sheets: Sheets, data: st.DataObject) -> None:
    place = tuple(data.draw(st.integers(0, size - 1)) for size in sheets.answers.shape)
    answers = sheets.answers.copy()
    if answers[place]:
        answers[place] = data.draw(st.integers(int(answers[place]), 5))
    before, after = scored(sheets), scored(Sheets(sheets.atoms, answers))
    fell = [key for key, points in points_of(before).items() if points_of(after)[key] < points - 1e-9]
    assert fell == []
    for form in Form:
        old, new = composites(before, form), composites(after, form)
        assert [subject for subject in old if new[subject].score < old[subject].score - 1e-9] == []


@given(rounds())
def test_scores_and_their_intervals_stay_on_the_scale(sheets: Sheets) -> None:
    scores = scored(sheets)
    found = [score for score in scores.values().values() if isinstance(score, KpiScore)]
    told = [(*score.interval, score.score) for score in found]
    told += [(*group.interval, group.mean) for score in found for group in score.groups]
    told += [(*score.interval, score.score) for form in Form for score in composites(scores, form).values()]
    assert [ends for ends in told if not 0 <= ends[0] <= ends[2] <= ends[1] <= 100 or ends[0] == ends[1]] == []


@given(rounds())
def test_a_geometric_composite_is_never_above_the_arithmetic(sheets: Sheets) -> None:
    arithmetic, geometric = (composites(scored(sheets), form) for form in Form)
    above = [subject for subject, score in geometric.items() if score.score > max(1, arithmetic[subject].score) + 1e-9]
    assert (set(arithmetic), above) == (set(geometric), [])


@given(rounds())
def test_parts_add_up_to_their_totals(sheets: Sheets) -> None:
    scores = scored(sheets)
    for score in scores.values().values():
        if isinstance(score, KpiScore):
            assert abs(sum(group.share * group.mean for group in score.groups) - score.score) < 1e-9
            assert abs(sum(group.share for group in score.groups) - 1) < 1e-9
    for composite in composites(scores, Form.ARITHMETIC).values():
        assert abs(sum(part.points for part in composite.parts) - composite.score) < 1e-9


sheet = st.tuples(st.integers(0, N_ATOMS - 1), st.lists(st.integers(0, 5), min_size=6, max_size=6))


@given(st.lists(sheet, min_size=1, max_size=12), st.data())
def test_replacing_a_sheet_gives_the_bytes_of_a_fresh_start(
    rows: list[tuple[int, list[int]]], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    old, new = rows[place], (rows[place][0], data.draw(sheet)[1])
    kept = totals_of(sheets_of(rows)).minus(totals_of(sheets_of([old]))).plus(totals_of(sheets_of([new])))
    fresh = totals_of(sheets_of([*rows[:place], new, *rows[place + 1 :]]))
    assert bytes_of(scored_from(kept)) == bytes_of(scored_from(fresh))


@given(st.lists(sheet, max_size=12), sheet)
def test_a_rater_who_joins_a_group_that_stays_hidden_changes_no_byte(
    rows: list[tuple[int, list[int]]], joining: tuple[int, list[int]]
) -> None:
    least = (1, 4, 4)
    in_group = sum(atom == joining[0] for atom, _ in rows)
    if in_group + 1 < least[joining[0] % 3]:
        before, after = (scored_from(totals_of(sheets_of(given)), least=least) for given in (rows, [*rows, joining]))
        assert bytes_of(after) == bytes_of(before)
        for form in Form:
            assert composites(after, form) == composites(before, form)


@given(st.lists(sheet, min_size=1, max_size=12), st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_weights_count_by_their_proportions_only(rows: list[tuple[int, list[int]]], one: float, other: float) -> None:
    sheets = sheets_of(rows)
    cents = [RaterMix(mix.kpi, {name: one * weight for name, weight in mix.weights.items()}) for mix in MIXES]
    ours = scored(sheets)
    theirs = scored_from(totals_of(sheets, [[other * w for w in WEIGHTS[0]], [one * w for w in WEIGHTS[1]]]), cents)
    for table, again in zip(
        (*ours.kpi_rows[2:], *composites_as_rows(ours)),
        (*theirs.kpi_rows[2:], *composites_as_rows(theirs, other)),
        strict=True,
    ):
        assert np.asarray(again) == pytest.approx(np.asarray(table), rel=1e-6, abs=1e-6, nan_ok=True)


def composites_as_rows(scores: SoftScores, unit: float = 1.0) -> list[list[float]]:
    entries = [CardEntry(entry.kpi, unit * entry.weight) for entry in ENTRIES]
    return [
        [one.score, one.coverage, *one.uncertainty, *one.interval]
        for form in Form
        for one in composites(scores, form, entries).values()
    ]


@given(st.integers(1, 5), st.lists(st.integers(0, N_ATOMS - 1), min_size=1, max_size=12))
def test_where_all_say_the_same_that_is_the_score_and_it_is_not_certain(level: int, atoms: list[int]) -> None:
    found = points_of(scores := scored(sheets_of([(atom, [level] * 6) for atom in atoms])))
    assert list(found.values()) == pytest.approx([25 * (level - 1)] * len(found))
    widths = (scores.kpi_rows.hi - scores.kpi_rows.lo)[scores.kpi_rows.scored]
    assert (widths > 1).all()


@given(sheet)
def test_one_rater_alone_is_a_score_where_one_may_be_shown(one: tuple[int, list[int]]) -> None:
    atom, answers = one
    found = points_of(scored(sheets_of([one])))
    weights = [mix.weights[GROUPS[atom % 3]] / math.fsum(mix.weights.values()) for mix in MIXES]
    enough = [atom % 3 == 0 and weights[kpi] >= 0.5 for kpi in range(N_KPIS)]
    assert [kpi for _, kpi in found] == [kpi for kpi in range(N_KPIS) if enough[kpi] and any(answers)]


@given(st.lists(st.integers(-1, N_ATOMS - 1), max_size=12))
def test_where_nobody_answers_there_is_no_score_and_no_composite(atoms: list[int]) -> None:
    scores = scored(sheets_of([(atom, [0] * 6) for atom in atoms]))
    assert (scores.values(), composites(scores, Form.ARITHMETIC)) == ({}, {})


readings = st.lists(st.floats(-20, 120), min_size=1, max_size=6)


@given(rounds(), readings, readings, st.sampled_from(Form), st.tuples(*[st.floats(0.01, 1)] * 3))
def test_composites_of_soft_and_hard_kpis_stay_on_the_scale_and_fall_into_parts(
    sheets: Sheets, first: list[float], second: list[float], form: Form, weights: tuple[float, ...]
) -> None:
    entries = [CardEntry(kpi, weight) for kpi, weight in enumerate(weights)]
    hard = {
        (subject, 2): score_metric(2, told(measure(Aggregation(Method.MEAN), days(given))), Goalposts(0, 75, 100))
        for subject, given in enumerate((first, second))
    }
    for one in composites(scored(sheets), form, entries, hard).values():
        assert 0 <= one.interval.lo <= one.score <= one.interval.hi <= 100
        assert math.fsum(part.points for part in one.parts) == pytest.approx(one.score, abs=1e-9)
        assert one.uncertainty.se >= 0
