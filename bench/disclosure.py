"""The attacker over many random designs (G1, G4), how much is shown all the same (G16), and the time of atoms and verifier."""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from app.scoring.atoms import Cell, Kind, Mode, Partition, RaterGroup, Subject
from app.scoring.disclosure import partition
from app.scoring.objections import Claimed, Collected
from app.scoring.readable import figures
from app.scoring.standing import cells_of, row_table, standing_of
from app.scoring.verifier import verify
from bench.report import Line
from tests.attack import weak
from tests.attack.designs import answered, random_round
from tests.attack.organisations import History, history, organisation, shares_shown, typical, with_overlaps
from tests.attack.played import Played, release
from tests.attack.solving import Broken, attack, sums_of
from tests.attack.telling import by_keyed_text, by_time, comments_in_time, hits_in_order, told_by_deviation

DESIGNS = 10_000
ORGANISATIONS = 1_000
T = TypeVar("T")

SECONDS = 0.15
WANTED = {"minimum count only": 0.6, "next smallest hidden": 0.08}


def disclosure(_url: str, _folder: Path) -> Iterator[Line]:
    """Attack, utility and speed; no database is asked."""
    yield from _our_atoms()
    yield from _planted(f"{DESIGNS:,} random designs", DESIGNS, _small)
    yield from _planted(f"{ORGANISATIONS:,} organisations of 226 raters", ORGANISATIONS, organisation)
    yield from _telling()
    yield from _histories()
    yield from _utility()
    yield _speed("colleagues and manager", customers=False)
    yield _speed("colleagues, customers and manager", customers=True)


def _small(seed: int) -> Played:
    return answered(random_round(seed, mode=Mode.CONFIDENTIAL))


# ------------------------------------------------------------ the attacker


def _our_atoms() -> Iterator[Line]:
    """Zero solved and zero groups under k, also for one and two raters who put their answers together."""
    for colluders in (0, 1, 2):
        solved, isolated, seeds = 0, 0, []
        for seed in range(DESIGNS):
            played = random_round(seed)
            people = sorted({sheet.person for sheet in played.sheets})
            known = np.random.default_rng(seed).permutation(people)[:colluders].tolist()
            broken = attack(played, sums_of(played, release(played)), known)
            solved, isolated = solved + broken.solved, isolated + broken.isolated
            seeds += [seed] * broken.isolated
        what = f"our atoms, {DESIGNS:,} random designs, {colluders} colluding"
        figure = f"{solved} solved, {isolated} with a group under k {seeds[:5] or ''}".strip()
        yield Line("G1", what, "0", figure, float(isolated), most=0.0)
    broken_ones = [_attacked(organisation(seed)).isolated for seed in range(ORGANISATIONS)]
    what = f"our atoms, {ORGANISATIONS:,} organisations of 226 raters"
    yield Line("G1", what, "0", f"{sum(broken_ones)} with a group under k", float(sum(broken_ones)), most=0.0)


def _attacked(played: Played) -> Broken:
    return attack(played, sums_of(played, release(played)))


def _planted(what: str, number: int, design: Callable[[int], Played]) -> Iterator[Line]:
    """How often each rule in use is broken."""
    for name, rule in weak.SUMS.items():
        broken = [attack(played, rule(played)) for played in map(design, range(number))]
        solved = float(np.mean([one.solved for one in broken]))
        isolated = float(np.mean([one.isolated for one in broken]))
        figure = f"a rater solved in {solved:.1%}, a group under k in {isolated:.1%}"
        yield Line("G4", f"planted: {name}, {what}", "", figure, solved, least=WANTED.get(name, 0.05))


def _telling() -> Iterator[Line]:
    """What a deviation and an order of comments would tell."""
    played = [organisation(seed) for seed in range(ORGANISATIONS)]
    published = [release(one) for one in played]
    told = float(np.mean([told_by_deviation(one, of) for one, of in zip(played, published, strict=True)]))
    what = "planted: mean with standard deviation: the others' answers told to one of a small atom"
    yield Line("G4", what, "", f"in {told:.1%} of organisations", told, least=0.6)
    lists = [texts for one, of in zip(played, published, strict=True) for texts in comments_in_time(one, of)]
    comments, chance = sum(map(len, lists)), len(lists)
    for name, order, limits in (
        ("planted: comments by time", by_time, {"least": 0.95}),
        ("our order of comments", by_keyed_text, {"most": 1.05 * chance / comments}),
    ):
        rate = sum(hits_in_order(order(texts), texts) for texts in lists) / comments
        figure = f"{rate:.1%} of {comments:,} linked"
        yield Line("G4" if "least" in limits else "G1", name, f"chance {chance / comments:.1%}", figure, rate, **limits)


def _histories() -> Iterator[Line]:
    """Rounds close together with almost the same people, with R10 and without."""
    for rounds in (2, 3, 4):
        plain = [history(seed, rounds) for seed in range(ORGANISATIONS)]
        without = sum(_history_attacked(told).isolated for told in plain) / ORGANISATIONS
        broken = [seed for seed, told in enumerate(plain) if _history_attacked(with_overlaps(told)).isolated]
        what = f"{ORGANISATIONS:,} histories of {rounds} rounds, overlaps carried up (R10)"
        figure = f"{len(broken)} with a group under k {broken[:5] or ''}".strip()
        yield Line("G1", what, f"without {without:.1%}", figure, float(len(broken)), most=0.0)


def _history_attacked(told: History) -> Broken:
    return attack(told.universe, told.sums((played, sums_of(played, release(played))) for played in told.rounds))


# ------------------------------------------------------------ what is left to read


def _utility() -> Iterator[Line]:
    """How many of those who answered stand in a row of a unit, and in one of the company."""
    shares = np.array([shares_shown(typical(seed)) for seed in range(ORGANISATIONS)])
    for place, (what, least) in enumerate((("in a row of a unit", 0.9), ("in a row of the company", 0.99))):
        mean, worst = float(shares[:, place].mean()), float(shares[:, place].min())
        figure = f"{mean:.2%}, the worst organisation {worst:.2%}"
        name = f"{ORGANISATIONS:,} usual organisations: people {what}; left out ÷ {1 - least:.0%}"
        yield Line("G16", name, f"at least {least:.0%}", figure, (1 - mean) / (1 - least), most=1.0)


# ------------------------------------------------------------ speed


def _speed(what: str, *, customers: bool) -> Line:
    subjects, groups, cells = _large(customers=customers)
    made, dividing = _timed(lambda: partition(subjects, groups, cells))
    collected, claimed = _columns(subjects, groups, made)
    _, verifying = _timed(lambda: verify(collected, claimed))
    figure = (
        f"{dividing:.3f} s + {verifying:.3f} s, {len(claimed.row_subject):,} rows on {len(claimed.use_row):,} atoms"
    )
    name = f"atoms and verifier, 10,000 people × 20 KPIs, {what}: ÷ {SECONDS} s"
    return Line("-", name, f"{SECONDS} s", figure, (dividing + verifying) / SECONDS, most=1.0)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and the processor time of the fastest of five."""
    spent = []
    for _ in range(5):
        gc.collect()
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return work(), min(spent)


def _large(*, customers: bool) -> tuple[Sequence[Subject], Sequence[RaterGroup], Sequence[Cell]]:
    """10,000 people in teams of eight and departments of ten teams: rated by manager, colleagues and, if so, customers."""
    draw = np.random.default_rng(1)
    departments, teams, size = 125, 1250, 8
    subjects = [Subject(-1, Kind.UNIT), *(Subject(0, Kind.UNIT) for _ in range(departments))]
    subjects += [Subject(1 + team % departments, Kind.UNIT) for team in range(teams)]
    first = len(subjects)
    subjects += [Subject(1 + departments + person // size, Kind.PERSON) for person in range(teams * size)]
    groups = [RaterGroup(Mode.NAMED, 1, 1), RaterGroup(Mode.CONFIDENTIAL, 3, 3), RaterGroup(Mode.ANONYMOUS, 3, 5)]
    cells = []
    for person in range(teams * size):
        team = range(person // size * size, person // size * size + size)
        mates = frozenset(other for other in team if other != person and draw.random() < 0.7)
        cells.append(Cell(first + person, 0, frozenset({1_000_000 + person // size}), 1))
        cells.append(Cell(first + person, 1, mates, len(mates)))
        if customers:
            asked = frozenset(range(2_000_000 + 10 * person, 2_000_000 + 10 * person + int(draw.integers(0, 9))))
            cells.append(Cell(first + person, 2, asked, len(asked)))
    return subjects, groups if customers else groups[:2], cells


def _columns(
    subjects: Sequence[Subject], groups: Sequence[RaterGroup], made: Partition, measures: int = 20
) -> tuple[Collected, Claimed]:
    """What is in, seven in a hundred scores blank, and what is claimed of it: rows, KPI scores and cards."""
    draw, cells = np.random.default_rng(2), cells_of(made)
    sheets = np.array([cell.sheets for cell in cells])
    asked = np.ones((len(cells), measures), dtype=np.bool_)
    valid = draw.binomial(np.repeat(sheets[:, None], measures, axis=1), 0.93)
    heads = np.array([(place, head) for place, cell in enumerate(cells) for head in sorted(cell.heads)])
    collected = Collected(
        parent=np.array([subject.parent for subject in subjects]),
        kind=[subject.kind.value for subject in subjects],
        mode=[group.mode.value for group in groups],
        k=np.array([group.k for group in groups]),
        cell_subject=np.array([cell.subject for cell in cells]),
        cell_group=np.array([cell.group for cell in cells]),
        cell_sheets=sheets,
        head_cell=heads[:, 0],
        head_person=heads[:, 1],
        asked=asked,
        valid=valid,
        total=valid * 50,
        steps=1,
    )
    return collected, _claimed(made, asked, valid)


def _claimed(made: Partition, asked: np.typing.NDArray[np.bool_], valid: np.typing.NDArray[np.int64]) -> Claimed:
    standing, rows, measures = standing_of(made, asked, valid), figures(made), asked.shape[1]
    table = row_table(made, rows, standing)
    figure, measure = np.nonzero(table.is_shown)
    number = np.full(table.is_shown.shape, -1)
    number[figure, measure] = np.arange(len(figure))
    use_row, use_atom = number[table.use_figure, table.use_measure], table.use_atom
    sheets = np.zeros(len(figure), dtype=np.int64)
    np.add.at(sheets, use_row, standing.valid[use_atom, table.use_measure])
    labels = sorted({atom.groups for atom in made.atoms})
    subject = np.array([row.subject for row in rows])[figure]
    atoms, span = len(made.atoms), measures + 1
    of_kpi, of_card = subject[use_row] * span + measure[use_row] + 1, subject[use_row] * span
    shares = np.unique(np.concatenate([of_kpi * atoms + use_atom, of_card * atoms + use_atom]))
    combined, place = np.unique(shares // atoms, return_inverse=True)
    return Claimed(
        labels=labels,
        atom_subject=np.array([atom.subject for atom in made.atoms]),
        atom_label=np.array([labels.index(atom.groups) for atom in made.atoms]),
        member_atom=np.repeat(np.arange(atoms), [len(atom.cells) for atom in made.atoms]),
        member_cell=np.arange(len(asked)),
        row_subject=subject,
        row_label=np.array([labels.index(row.groups) for row in rows])[figure],
        row_measure=measure,
        row_sheets=sheets,
        row_mean=np.full(len(figure), 50.0),
        use_row=use_row,
        use_atom=use_atom,
        combined_subject=combined // span,
        combined_measure=combined % span - 1,
        share_combined=place.reshape(-1),
        share_atom=shares % atoms,
    )
