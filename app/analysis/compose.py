"""From kept sheets to columns, and from columns to what the model says. Pure; what is told of it is in `lines`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.analysis.values import ChanceTest, Component, GroupLevel, Variances, VarianceTests
from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.responses.values import KeptSheets, SheetColumns
from app.rounds.recipe import scale_of
from app.rounds.values import FrozenKpi
from app.scoring.fairness import FairScore, NotAdjusted, RaterScores, Severity
from app.scoring.leniency import Component as Part
from app.scoring.leniency import adjust, scores, severities
from app.scoring.obstacles import Assignment, Obstacle
from app.scoring.raters import rater_scores

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Voice(NamedTuple):
    """A rater as the model knows one: by name over all rounds, or by a mark that holds in one round only.

    release_id : the round; empty for a rater with a name
    mark : id of the person, or what stands for somebody without a name
    """

    release_id: str
    mark: str

    @property
    def is_named(self) -> bool:
        """Whether the rater's group says who has rated."""
        return not self.release_id


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """The valid rater scores of one round on one KPI that stand in released atoms: one row each.

    release_id : of the round
    subjects, groups, voices : who was rated, by which rater group, by whom
    points : [row, item] 0-100, NaN where an item was not answered
    scores : 0-100
    numbers : what the raters without a name are called in this round
    """

    release_id: str
    subjects: tuple[str, ...]
    groups: tuple[str, ...]
    voices: tuple[Voice, ...]
    points: Floats
    scores: Floats
    numbers: Mapping[Voice, int]


def ratings_of(
    release_id: str,
    kpi: FrozenKpi,
    sheets: KeptSheets,
    name: Callable[[str, str], Voice],
    cells: Collection[tuple[str, str]],
) -> Ratings:
    """The rows of a round; a mystery visit that was capped scores what the release has used, its items stay as seen.

    Parameters
    ----------
    release_id : of the round
    kpi : as frozen
    sheets : kept sheets, items numbered by their place among those of the score
    name : from a sheet's rater group and voice to who it is for the model
    cells : subject and rater group of the released atoms that are a subject's own
    """
    columns = sheets.columns
    points = _points(kpi, columns, len(sheets.voices))
    found = rater_scores(points, [item.weight for item in kpi.scored_items])
    for place, share in columns.held.items():
        found[place] *= share
    given = [columns.cells[cell] for cell in columns.cell_of_sheet.tolist()]
    voices = [name(group, voice) for (_, group), voice in zip(given, sheets.voices, strict=True)]
    shown = np.array([cell in cells for cell in columns.cells], np.bool_)[columns.cell_of_sheet]
    rows = np.flatnonzero(shown & ~np.isnan(found)).tolist()
    hidden = sorted({voice for voice in voices if not voice.is_named})
    return Ratings(
        release_id,
        tuple(given[row][0] for row in rows),
        tuple(given[row][1] for row in rows),
        tuple(voices[row] for row in rows),
        points[rows],
        found[rows],
        {voice: number for number, voice in enumerate(hidden, start=1)},
    )


# ------------------------------------------------------------ the model


def _points(kpi: FrozenKpi, columns: SheetColumns, n_sheets: int) -> Floats:
    """[sheet, item] 0-100 as it was seen, NaN where an item was not answered."""
    points = np.full((n_sheets, len(kpi.scored_items)), np.nan)
    for column, item in enumerate(kpi.scored_items):
        chosen = columns.answer_items == column
        worth = scale_of(item.scale).map(columns.levels[chosen], is_reversed=item.is_reversed)
        points[columns.answer_sheets[chosen], column] = worth
    return points


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The ratings of some rounds as the model takes them: subjects and raters by their place in `subjects`, `voices`."""

    rows: RaterScores
    subjects: tuple[str, ...]
    voices: tuple[Voice, ...]

    def digest(self, weights: Mapping[str, float], assignment: Assignment) -> bytes:
        """What no other question to the model has: equal questions have equal answers."""
        told = sha256(repr((sorted(weights.items()), assignment.value, self.rows.group.tolist())).encode())
        for column in (self.rows.subject, self.rows.rater, self.rows.rounds, self.rows.score):
            told.update(column.tobytes())
        return told.digest()


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the model says, without the matrices that it took: components, and scores and severities by place."""

    components: tuple[Component, ...]
    scores: Mapping[int, FairScore | NotAdjusted]
    severities: Mapping[int, Severity]


def design_of(rounds: Sequence[Ratings]) -> Design:
    """The rows of some rounds together."""
    subjects, subject = _numbered([one for each in rounds for one in each.subjects])
    voices, rater = _numbered([one for each in rounds for one in each.voices])
    when = np.repeat(np.arange(len(rounds)), [len(each.scores) for each in rounds])
    groups = [group for each in rounds for group in each.groups]
    given = np.concatenate([each.scores for each in rounds])
    return Design(RaterScores.of(subject, rater, np.array(groups, np.str_), given, when), subjects, voices)


def fitted(design: Design, weights: Mapping[str, float], assignment: Assignment) -> Fitted:
    """Have the raters compared.

    Parameters
    ----------
    design : rows
    weights : of the rater groups on the KPI
    assignment : how raters came to their subjects, in all rounds together
    """
    parts = adjust(design.rows, weights, assignment)
    return Fitted(tuple(map(_component, parts)), scores(parts), severities(parts))


def _numbered(labels: Sequence[Any]) -> tuple[tuple[Any, ...], Integers]:
    """The distinct labels, sorted, and the place of each one given."""
    distinct = tuple(sorted(set(labels)))
    places = {label: place for place, label in enumerate(distinct)}
    return distinct, np.fromiter((places[label] for label in labels), np.int64, len(labels))


def _component(part: Part) -> Component:
    found = part.model.variances if part.model is not None else None
    tests = part.tests()
    return Component(
        number=part.number,
        subjects=part.sizes.subjects,
        raters=part.sizes.raters,
        ratings=part.sizes.scores,
        sharing=part.sizes.sharing,
        obstacle=part.verdict if isinstance(part.verdict, Obstacle) else None,
        variances=Variances(found.subject, found.rater, found.residual) if found is not None else None,
        tests=VarianceTests(*(ChanceTest(*test) for test in tests)) if tests is not None else None,
        groups=tuple(
            GroupLevel(RaterGroup(one.group), *one.level, one.points, one.se, *one.interval) for one in part.groups()
        ),
    )
