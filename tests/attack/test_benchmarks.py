"""A benchmark file adds no subtraction: its lines lie in the span of what was published, and what would not is broken."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from app.benchmarks.rules import level_figures, why_kept
from app.benchmarks.values import LevelFigure, UnitPlace
from app.organisation.values import SubjectKind
from app.releases.values import Score, ScoreStatus
from app.scoring.atoms import Kind
from tests.attack.organisations import organisation
from tests.attack.played import Played, Release, Row, release
from tests.attack.solving import HELD, PRIME, Matrix, attack, rank, sums_of
from tests.attack.weak import totals_with_hidden_cells

DESIGNS = range(40)
Coefficients = dict[int, Fraction]


def lines_of(played: Played, published: Release) -> list[tuple[LevelFigure, Coefficients]]:
    """The lines that may leave, each with what every score counts in it."""
    units = places_of(played)
    groups = {place: f"g{place}" for place in range(len(played.groups))}
    rows = [row for row in published.rows if str(row.figure.subject) in {one.id for one in units}]
    scores = [score_of(row, groups) for row in rows]
    made = [one for one in level_figures(scores, units) if why_kept(one) is None]
    sums = dict(zip([id(row) for row in published.rows], sums_of(played, published), strict=True))
    return [(one, coefficients(one, rows, units, groups, sums)) for one in made]


def places_of(played: Played) -> list[UnitPlace]:
    """The units of a design: its root is the company, what hangs right below a department, and the rest are teams."""
    parents = [subject.parent for subject in played.subjects]
    return [
        UnitPlace(str(place), None if parent < 0 else str(parent), _kind(parent, parents))
        for place, parent in enumerate(parents)
        if played.subjects[place].kind is Kind.UNIT
    ]


def _kind(parent: int, parents: Sequence[int]) -> SubjectKind:
    if parent < 0:
        return SubjectKind.COMPANY
    return SubjectKind.DEPARTMENT if parents[parent] < 0 else SubjectKind.TEAM


def score_of(row: Row, groups: dict[int, str]) -> Score:
    subject, kpi, names = str(row.figure.subject), str(row.measure), tuple(groups[one] for one in row.figure.groups)
    mean = min(max(row.mean, 0.0), 100.0)
    return Score(subject, kpi, None, names, ScoreStatus.OK, None, mean, 0.0, 100.0, raters=row.sheets)


def coefficients(
    line: LevelFigure,
    rows: Sequence[Row],
    units: Sequence[UnitPlace],
    groups: dict[int, str],
    sums: dict[int, frozenset[int]],
) -> Coefficients:
    """What every score counts in a line: 1/n within its unit, and that by the number of units."""
    kinds = {one.id: one.kind for one in units}
    mine = [
        row
        for row in rows
        if kinds[str(row.figure.subject)] is line.level
        and (str(row.measure), tuple(groups[one] for one in row.figure.groups)) == (line.kpi_id, line.rater_groups)
        and row.sheets >= 5
    ]
    assert len(mine) == line.units
    assert abs(sum(row.mean for row in mine) / line.units - line.score) < 1e-9
    found: Coefficients = {}
    for row in mine:
        for one in sums[id(row)]:
            found[one] = found.get(one, Fraction()) + Fraction(1, line.units * row.sheets)
    return found


def matrix(rows: Sequence[Coefficients], width: int) -> Matrix:
    found = np.zeros((len(rows), width), dtype=np.int64)
    for place, row in enumerate(rows):
        for one, share in row.items():
            found[place, one] = share.numerator * pow(share.denominator, -1, PRIME) % PRIME
    return found


def test_no_file_adds_an_equation_to_what_is_published() -> None:
    levels = set()
    for seed in DESIGNS:
        played = organisation(seed)
        published = release(played)
        width = len(played.sheets) * played.measures
        rows = [dict.fromkeys(row, Fraction(1)) for row in sums_of(played, published)]
        lines = lines_of(played, published)
        levels |= {line.level for line, _ in lines}
        known = matrix(list({tuple(sorted(row.items())): row for row in rows}.values()), width)
        alone = matrix([row for _, row in lines], width)
        assert rank(np.vstack([known, alone])) == rank(known), seed
        assert attack(played, sums_of(played, published)) == HELD
    assert levels == {SubjectKind.COMPANY, SubjectKind.DEPARTMENT, SubjectKind.TEAM}


def test_a_file_with_everybody_in_its_totals_is_broken() -> None:
    """Planted: what a mean over all sheets of the company, those in no atom included, would give away."""
    broken = [attack(played, totals_with_hidden_cells(played)) for played in map(organisation, range(20))]
    assert np.mean([one.isolated for one in broken]) >= 0.5
