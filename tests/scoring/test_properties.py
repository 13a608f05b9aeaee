"""What holds for every round: order and swaps change no byte, better answers never hurt, scores stay on the scale."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.scoring.columns import Integers
from app.scoring.composite import CardEntry, Form, Scorecard, score_composites
from app.scoring.pooling import pooled_covariance
from app.scoring.raters import rater_scores
from app.scoring.released import Released, ReleasedGroup
from app.scoring.results import Composite, KpiScore
from app.scoring.scales import point_scale
from app.scoring.soft import RaterMix, SoftScores, score_kpis
from app.scoring.totals import AtomTotals

GROUPS = ("manager", "colleague", "customer")
N_KPIS, N_ITEMS, N_ATOMS = 2, 3, 6
WEIGHTS = ([1, 2, 1], [3, 1, 1])
MIXES = [
    RaterMix(0, {"manager": 0.35, "colleague": 0.25, "customer": 0.4}),
    RaterMix(1, {"manager": 1, "colleague": 2, "customer": 1}),
]
quick = settings(max_examples=50)  # each example scores a round, or two
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


def scored(sheets: Sheets) -> SoftScores:
    levels = np.where(sheets.answers == 0, np.nan, sheets.answers)
    points = point_scale(5).map(levels)
    scores = np.stack([rater_scores(points[:, kpi], WEIGHTS[kpi]) for kpi in range(N_KPIS)], axis=1)
    n = len(scores)
    totals = AtomTotals.from_scores(
        sheets.atoms,
        np.repeat(np.arange(n), N_KPIS),
        np.tile(np.arange(N_KPIS), n),
        scores.reshape(-1),
        n_atoms=N_ATOMS,
    ).with_at_least(np.array([1, 2, 2] * 2))
    groups = [ReleasedGroup(atom // 3, (GROUPS[atom % 3],), (atom,)) for atom in range(N_ATOMS)]
    spread = {
        name: pooled_covariance(totals, [place, place + 3], {0: 3, 1: 3}, least_df=4)
        for place, name in enumerate(GROUPS)
    }
    return score_kpis(Released.of(totals, groups), MIXES, spread)


def bytes_of(scores: SoftScores) -> list[bytes]:
    return [column.tobytes() for table in (scores.group_rows, scores.kpi_rows) for column in table]


def points_of(scores: SoftScores) -> dict[tuple[int, int], float]:
    return {key: score.score for key, score in scores.values().items() if isinstance(score, KpiScore)}


def composites(scores: SoftScores, form: Form) -> dict[int, Composite]:
    found = score_composites(scores, dict.fromkeys(range(2), Scorecard(ENTRIES, form)), {})
    return {subject: score for subject, score in found.items() if isinstance(score, Composite)}


@quick
@given(rounds(), st.data())
def test_the_order_of_sheets_changes_no_byte(sheets: Sheets, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(sheets.atoms))))
    turned = Sheets(sheets.atoms[order], sheets.answers[order])
    assert bytes_of(scored(turned)) == bytes_of(scored(sheets))


@quick
@given(rounds(), st.data())
def test_swapping_two_sheets_of_one_atom_changes_no_byte(sheets: Sheets, data: st.DataObject) -> None:
    atom = data.draw(st.sampled_from(sheets.atoms.tolist()))
    mine = np.flatnonzero(sheets.atoms == atom)
    one, other = data.draw(st.tuples(*[st.sampled_from(mine.tolist())] * 2))
    answers = sheets.answers.copy()
    answers[[one, other]] = answers[[other, one]]
    assert bytes_of(scored(Sheets(sheets.atoms, answers))) == bytes_of(scored(sheets))


@quick
@given(rounds(), st.data())
def test_a_sheet_in_no_atom_changes_no_byte(sheets: Sheets, data: st.DataObject) -> None:
    answers = sheets.answers.copy()
    outside = np.flatnonzero(sheets.atoms == -1)
    answers[outside] = data.draw(st.integers(0, 5))
    assert bytes_of(scored(Sheets(sheets.atoms, answers))) == bytes_of(scored(sheets))


@quick
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


@quick
@given(rounds())
def test_scores_and_their_intervals_stay_on_the_scale(sheets: Sheets) -> None:
    scores = scored(sheets)
    found = [score for score in scores.values().values() if isinstance(score, KpiScore)]
    told = [(*score.interval, score.score) for score in found]
    told += [(*group.interval, group.mean) for score in found for group in score.groups]
    told += [(*score.interval, score.score) for form in Form for score in composites(scores, form).values()]
    assert [ends for ends in told if not 0 <= ends[0] <= ends[2] <= ends[1] <= 100 or ends[0] == ends[1]] == []


@quick
@given(rounds())
def test_a_geometric_composite_is_never_above_the_arithmetic(sheets: Sheets) -> None:
    arithmetic, geometric = (composites(scored(sheets), form) for form in Form)
    above = [subject for subject, score in geometric.items() if score.score > max(1, arithmetic[subject].score) + 1e-9]
    assert (set(arithmetic), above) == (set(geometric), [])


@quick
@given(rounds())
def test_parts_add_up_to_their_totals(sheets: Sheets) -> None:
    scores = scored(sheets)
    for score in scores.values().values():
        if isinstance(score, KpiScore):
            assert abs(sum(group.share * group.mean for group in score.groups) - score.score) < 1e-9
            assert abs(sum(group.share for group in score.groups) - 1) < 1e-9
    for composite in composites(scores, Form.ARITHMETIC).values():
        assert abs(sum(part.points for part in composite.parts) - composite.score) < 1e-9
