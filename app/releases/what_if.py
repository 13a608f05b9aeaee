"""A released round computed under another policy, and who moves because of it. Pure.

What is shown of the other policy is made of the readable rows of the release and of whole released atoms, nothing
else: means of atoms, which larger minimums may only join or withhold. What the release withholds stays withheld.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.deferred import dataclass
from app.releases.lookup import Tables, tables_of
from app.releases.methods import Method
from app.releases.moves import Move
from app.releases.partition import JudgedRound, Laid, Measure, judged_of
from app.releases.recompute import hard_kept
from app.releases.rerun import Kept, is_same, tables_again
from app.releases.rules import ReleaseAstray
from app.releases.score import hard_numbers
from app.releases.sides import Key, Sides
from app.releases.values import Score
from app.rounds.preview import atom_groups, atom_overlaps
from app.rounds.values import FrozenRound
from app.scoring.atoms import Pooling
from app.scoring.coarsening import coarsened, joined
from app.scoring.standing import cells_of


@dataclass(frozen=True, slots=True)
class Compared:
    """What a what-if would move: by size, what has no size first; and how many figures were compared."""

    moves: tuple[Move, ...]
    figures: int


def compared(kept: Kept, method: Method, changed: FrozenRound) -> Compared:
    """Who would move, had a released round been scored as `changed`.

    Raises
    ------
    ReleaseAstray : the release does not follow from what is kept of it, so nothing can be said
    """
    before = tables_again(kept, method)
    released = _figures_of(kept.scores)
    _check(released, before, method)
    after = _tables_after(kept, method, before, changed)
    sides = Sides(before, after, released, _groups_of(kept.scores))
    places = {subject.id: place for place, subject in enumerate(kept.frozen.subjects)}
    computed = _figures_of(method.rows(after, None))
    moves = []
    for key in {**released, **computed}:
        subject_id, kpi_id = key
        move = sides.move(places[subject_id], kpi_id, computed.get(key))
        if move is not None:
            moves.append(move)
    moves.sort(
        key=lambda move: (-abs(move.change) if move.change is not None else -100.5, move.subject.name.casefold())
    )
    return Compared(tuple(moves), len(released))


def _figures_of(scores: Iterable[Score]) -> dict[Key, Score]:
    """Composites and KPIs by subject and KPI."""
    return {(score.subject_id, score.kpi_id): score for score in scores if not score.rater_groups}


def _groups_of(scores: Sequence[Score]) -> dict[Key, list[Score]]:
    """The readable group scores of each KPI of each subject."""
    found: defaultdict[Key, list[Score]] = defaultdict(list)
    for score in scores:
        if score.rater_groups and score.item_id is None and score.score is not None:
            found[score.subject_id, score.kpi_id].append(score)
    return dict(found)


def _check(released: Mapping[Key, Score], before: Tables, method: Method) -> None:
    again = _figures_of(method.rows(before, None))
    if released.keys() != again.keys() or not all(
        is_same(one.score, again[key].score) for key, one in released.items()
    ):
        raise ReleaseAstray


# ------------------------------------------------------------ the other policy


def _tables_after(kept: Kept, method: Method, before: Tables, changed: FrozenRound) -> Tables:
    judged = before.scored.judged
    if [policy.k for policy in changed.groups] != [policy.k for policy in kept.frozen.groups]:
        judged = _raised(judged, kept.frozen, changed)
    kpis = {kpi.kpi_id: kpi for kpi in changed.kpis}
    # Only what KPIs weigh is another thing; what was asked, and may be read, is settled by the release.
    weighed = replace(judged, measures=tuple(Measure(kpis[one.kpi.kpi_id], one.item) for one in judged.measures))
    hard = hard_kept(changed, hard_numbers(changed, weighed), kept.scores)
    return tables_of(changed, method.score(changed, weighed, hard), kept.marks.cells)


def _raised(judged: JudgedRound, frozen: FrozenRound, changed: FrozenRound) -> JudgedRound:
    """The released atoms under larger minimums; a row needs a row of the release for each of its groups."""
    pooling = Pooling(frozen.pooling)
    coarser = coarsened(judged.made, atom_groups(changed), pooling, barred=atom_overlaps(changed))
    places = {cell.key: place for place, cell in enumerate(cells_of(judged.made))}
    order = np.array([places[cell.key] for cell in cells_of(coarser.made)], np.int64)
    nothing = np.zeros(0, np.int64)
    raised = judged_of(
        judged.measures,
        Laid(judged.cells, nothing, (nothing, nothing, np.zeros(0))),
        coarser.made,
        (judged.asked[order], judged.valid[order]),
        joined(judged.released, coarser.into, len(coarser.made.atoms)),
    )
    shown: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for figure, measure in np.argwhere(judged.is_shown).tolist():
        shown[judged.figures[figure].subject, measure].update(judged.figures[figure].groups)
    is_shown = raised.is_shown.copy()
    for figure, measure in np.argwhere(raised.is_shown).tolist():
        one = raised.figures[figure]
        is_shown[figure, measure] = shown[one.subject, measure].issuperset(one.groups)
    return replace(raised, is_shown=is_shown)
