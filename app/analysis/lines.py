"""What is told of the model: subjects with both scores, raters with their severity. Pure; by name, never by figure."""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from typing import NamedTuple

from app.analysis.compose import Design, Fitted, Ratings, Voice
from app.analysis.rules import coarsely, is_listed
from app.analysis.values import Component, FairFigure, RaterSeverity, ScoreNote, SubjectScores
from app.deferred import dataclass
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.releases.values import Score
from app.scoring.fairness import FairScore, NotAdjusted, Severity
from app.scoring.intervals import t_interval
from app.scoring.reliability import firmness


class Told(NamedTuple):
    """What is known of a subject beside the model: its name, its released score, and the latest note."""

    name: str
    kind: SubjectKind
    released: Score
    note: ScoreNote | None

    @property
    def is_scored(self) -> bool:
        """Whether a score of it was released."""
        return self.released.score is not None


def subject_lines(design: Design, found: Fitted, told: Mapping[str, Told]) -> tuple[SubjectScores, ...]:
    """The subjects of whom something may be told, by component and name."""
    lines = [
        _subject_line(subject_id, said, told[subject_id])
        for place, said in found.scores.items()
        if (subject_id := design.subjects[place]) in told
    ]
    return tuple(sorted(lines, key=lambda line: (line.component, line.name, line.subject_id)))


def components_of(design: Design, found: Fitted, mine: Collection[str]) -> tuple[Component, ...]:
    """The components in which somebody is whom the viewer analyses, as large as they are."""
    seen = {said.component for place, said in found.scores.items() if design.subjects[place] in mine}
    return tuple(one for one in found.components if one.number in seen)


def rater_lines(
    design: Design, found: Fitted, rounds: Sequence[Ratings], names: Mapping[str, str], mine: Collection[str]
) -> tuple[tuple[RaterSeverity, ...], int]:
    """The raters who are listed, by name, then by round and number; and how many are not.

    Parameters
    ----------
    design, found : the model
    rounds : its ratings, this round's first; they number the raters without a name
    names : of the others, by person
    mine : subjects that the viewer analyses; whoever has rated none of them is left out
    """
    by_rater = _rated(design, mine)
    places = {voice: (place, number) for place, one in enumerate(rounds) for voice, number in one.numbers.items()}
    listed: list[tuple[tuple[str, int, int], RaterSeverity]] = []
    for rater, said in found.severities.items():
        if rater not in by_rater:
            continue
        voice, by = design.voices[rater], by_rater[rater]
        if not is_listed(len(by.subjects), is_named=voice.is_named):
            continue
        if voice.is_named:
            name = names.get(voice.mark, "")
            listed.append(((name, -1, 0), _line(voice, by, said, rounds[0].release_id, name=name)))
        else:
            place, number = places[voice]
            listed.append((("", place, number), _line(voice, by, said, voice.release_id, number=number)))
    listed.sort(key=lambda pair: (pair[0][1] >= 0, *pair[0]))
    return tuple(line for _, line in listed), len(found.severities.keys() & by_rater.keys()) - len(listed)


@dataclass(frozen=True, slots=True)
class _Rated:
    """Whom a rater has rated, and as what."""

    subjects: set[int] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)


def _rated(design: Design, mine: Collection[str]) -> Mapping[int, _Rated]:
    found: defaultdict[int, _Rated] = defaultdict(_Rated)
    seen = {place for place, subject_id in enumerate(design.subjects) if subject_id in mine}
    columns = (design.rows.rater, design.rows.subject, design.rows.group)
    for rater, subject, group in zip(*(column.tolist() for column in columns), strict=True):
        if subject in seen:
            found[rater].subjects.add(subject)
            found[rater].groups.add(group)
    return dict(found)


def _subject_line(subject_id: str, said: FairScore | NotAdjusted, told: Told) -> SubjectScores:
    fair = None
    if isinstance(said, FairScore):
        fair = FairFigure(said.score, said.interval.lo, said.interval.hi, said.reliability, firmness(said.reliability))
    return SubjectScores(
        subject_id=subject_id,
        name=told.name,
        kind=told.kind,
        component=said.component,
        ratings=said.n,
        plain=said.plain,
        released=said.plain if told.released.score is None else told.released.score,
        lo=told.released.lo,
        hi=told.released.hi,
        fair=fair,
        obstacle=said.reason if isinstance(said, NotAdjusted) else None,
        note=told.note,
    )


def _line(
    voice: Voice, by: _Rated, said: Severity, release_id: str, *, name: str = "", number: int = 0
) -> RaterSeverity:
    figures = (said.points, *t_interval(said.points, said.se, math.inf))
    return RaterSeverity(
        name if voice.is_named else None,
        voice.mark if voice.is_named else None,
        None if voice.is_named else number,
        release_id,
        tuple(group for group in RaterGroup if group.value in by.groups),
        len(by.subjects),
        *(figures if voice.is_named else coarsely(*figures)),
        said.component,
    )
