"""What a round can publish and how far it has come: the nouns, and how they follow from who is asked. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np

from app.deferred import dataclass
from app.errors import FieldError
from app.kpis.rules import length_problems
from app.kpis.values import KpiKind, RaterGroup
from app.organisation.values import SubjectKind
from app.rounds import rules
from app.rounds.values import (
    Assignment,
    Cover,
    FrozenRound,
    FrozenSubject,
    GroupPolicy,
    Marks,
    Mode,
    OverlapPlace,
    Pooling,
)
from app.scoring import atoms
from app.scoring.disclosure import partition
from app.scoring.preview import Preview, Verdict, launch_preview
from app.words import Words


class CellPreview(NamedTuple):
    """What can be published of a rater group at a subject, and how many are asked about it.

    `overlaps`: the group has no figure of its own there, since almost the same people were asked shortly before (R10).
    """

    rater_group: RaterGroup
    verdict: Verdict
    asked: int
    overlaps: bool


class SubjectPreview(NamedTuple):
    """One row of the launch preview."""

    subject_id: str
    name: str
    kind: SubjectKind
    is_rated: bool
    cells: tuple[CellPreview, ...]


@dataclass(frozen=True, slots=True)
class SilentWeight:
    """A rater group that weighs in a KPI but is asked about nobody."""

    kpi_id: str
    kpi_name: Words
    rater_group: RaterGroup


@dataclass(frozen=True, slots=True)
class GroupLoad:
    """A rater group in a round: how many sheets are asked for, and the most minutes it costs one of its raters."""

    policy: GroupPolicy
    asked: int
    minutes: int


@dataclass(frozen=True, slots=True)
class RoundPreview:
    """What the round can publish, said before anything is sent (R13).

    A round of mystery visits alone may ask nobody; then all depends on the visits, which takes a confirmation.
    `letters` counts the people who get one; `unreachable` those without an address; `without_questions` the
    assignments about nothing, since no KPI of the subject's card gives the group weight. `covers` are the control
    measures that the round takes part in, each with the dossier that allows it; `namesakes` open rounds of that name.
    """

    subjects: tuple[SubjectPreview, ...]
    groups: tuple[GroupLoad, ...]
    silent_weights: tuple[SilentWeight, ...]
    can_publish: bool
    needs_confirmation: bool
    letters: int
    unreachable: int
    without_questions: int
    most_minutes: int
    covers: tuple[Cover, ...] = ()
    namesakes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupTracking:
    """How far a rater group has come, over the whole round (R9).

    `percent` is the share that has answered in whole tens, from yesterday, None while fewer than k have; `answered`
    is the exact number, told for `named` and `report` groups only. `enough_at` is the share in per cent from which
    every subject reaches the minimum if answers spread evenly; None where even all are too few.
    """

    policy: GroupPolicy
    asked: int
    percent: int | None
    answered: int | None
    enough_at: int | None
    is_enough: bool


@dataclass(frozen=True, slots=True)
class Tracking:
    """An open round without its content; `counted_on` is the day of the shares of protected groups."""

    groups: tuple[GroupTracking, ...]
    counted_on: date | None


KINDS: Mapping[SubjectKind, atoms.Kind] = {
    SubjectKind.COMPANY: atoms.Kind.UNIT,
    SubjectKind.DEPARTMENT: atoms.Kind.UNIT,
    SubjectKind.TEAM: atoms.Kind.UNIT,
    SubjectKind.PERSON: atoms.Kind.PERSON,
    SubjectKind.COMPETITOR: atoms.Kind.COMPETITOR,
}


class Placed(Protocol):
    """Where a subject stands in the tree of a round."""

    @property
    def id(self) -> str: ...

    @property
    def parent_id(self) -> str | None: ...

    @property
    def kind(self) -> SubjectKind: ...


class Asking(Protocol):
    """Who is asked about whom, and whether that person counts."""

    @property
    def subject_id(self) -> str: ...

    @property
    def rater_group(self) -> str: ...

    @property
    def rater_id(self) -> str: ...

    @property
    def counted(self) -> bool: ...


class Frame(Protocol):
    """What of a frozen round decides how it falls into atoms, besides who is asked."""

    @property
    def subjects(self) -> Sequence[Placed]: ...

    @property
    def groups(self) -> tuple[GroupPolicy, ...]: ...

    @property
    def pooling(self) -> Pooling: ...

    @property
    def overlapping(self) -> frozenset[OverlapPlace]: ...


_NO_HEAD = -1
"""Whoever does not count."""


def divided(frame: Frame, cells: Iterable[atoms.Cell]) -> atoms.Partition:
    """The cells of a round as atoms."""
    return partition(
        atom_subjects(frame),
        atom_groups(frame),
        cells,
        atoms.Pooling(frame.pooling),
        overlapping=atom_overlaps(frame),
    )


def atom_subjects(frozen: Frame) -> tuple[atoms.Subject, ...]:
    """The frozen tree as scoring knows it: places for ids, in the order of `frozen.subjects`."""
    places = {subject.id: place for place, subject in enumerate(frozen.subjects)}
    return tuple(
        atoms.Subject(places.get(subject.parent_id or "", -1), KINDS[subject.kind]) for subject in frozen.subjects
    )


def atom_groups(frozen: Frame) -> tuple[atoms.RaterGroup, ...]:
    """The rater groups as scoring knows them, in the order of `frozen.groups`."""
    return tuple(atoms.RaterGroup(atoms.Mode(one.mode), one.k, one.comment_k) for one in frozen.groups)


def atom_overlaps(frozen: Frame) -> frozenset[atoms.Place]:
    """The places where no atom may form, as scoring knows them."""
    if not frozen.overlapping:
        return frozenset()
    subjects = {subject.id: place for place, subject in enumerate(frozen.subjects)}
    groups = {policy.rater_group: place for place, policy in enumerate(frozen.groups)}
    return frozenset((subjects[one], tuple(groups[group] for group in some)) for one, some in frozen.overlapping)


def atom_cells(frozen: Frame, assignments: Iterable[Asking]) -> tuple[atoms.Cell, ...]:
    """Who is asked, by subject and group: heads are the raters who count, numbered over the whole round."""
    subjects = {subject.id: place for place, subject in enumerate(frozen.subjects)}
    groups: dict[str, int] = {policy.rater_group: place for place, policy in enumerate(frozen.groups)}
    numbers: dict[str, int] = {}
    sheets: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for one in assignments:
        head = numbers.setdefault(one.rater_id, len(numbers)) if one.counted else _NO_HEAD
        sheets[one.subject_id, one.rater_group].append(head)
    return tuple(
        atoms.Cell(subjects[subject], groups[group], frozenset(heads) - {_NO_HEAD}, len(heads))
        for (subject, group), heads in sheets.items()
    )


def answered_cells(frozen: FrozenRound, marks: Marks) -> tuple[atoms.Cell, ...]:
    """What is in, by subject and group, as `atom_cells` has it of those who are asked."""
    subjects = {subject.id: place for place, subject in enumerate(frozen.subjects)}
    groups: dict[str, int] = {policy.rater_group: place for place, policy in enumerate(frozen.groups)}
    sheets = np.bincount(marks.cell_of_mark[marks.answered], minlength=len(marks.cells)).tolist()
    counts, span = marks.answered & marks.counted, int(marks.rater.max(initial=0)) + 1
    heads = np.unique(marks.cell_of_mark[counts] * span + marks.rater[counts])
    bounds = np.searchsorted(heads, span * np.arange(len(marks.cells) + 1)).tolist()
    people = (heads % span).tolist()
    return tuple(
        atoms.Cell(subjects[subject], groups[group], frozenset(people[start:end]), count)
        for (subject, group), count, (start, end) in zip(marks.cells, sheets, pairwise(bounds), strict=True)
        if count
    )


def preview_of(frozen: FrozenRound, assignments: Sequence[Assignment], addressed: Iterable[str]) -> RoundPreview:
    """What can be published if everyone answers and if three in five do.

    `assignments` with the counting of the launch; `addressed` are the raters that a letter can reach.
    """
    subjects = {subject.id: subject for subject in frozen.subjects}
    questions = {
        (subject_id, group): questions_about(frozen, subjects[subject_id], group)
        for subject_id, group in {(one.subject_id, one.rater_group) for one in assignments}
    }
    asked = [one for one in assignments if questions[one.subject_id, one.rater_group]]
    cells = atom_cells(frozen, asked)
    made = launch_preview(
        atom_subjects(frozen), atom_groups(frozen), cells, atoms.Pooling(frozen.pooling), atom_overlaps(frozen)
    )
    rows = _rows(frozen, made, cells)
    raters, reached = {one.rater_id for one in asked}, set(addressed)
    loads, most = _loads(frozen, asked, questions)
    # Whatever visits the period brings comes in at the close: nothing is sure, and nothing is ruled out.
    by_visits = not asked and rules.takes_visits_alone(frozen.groups)
    silent = () if by_visits else _silent_weights(frozen, asked, subjects)
    shown = all(cell.verdict in {Verdict.SHOWN, Verdict.NOT_ASKED} for row in rows for cell in row.cells)
    return RoundPreview(
        subjects=rows,
        groups=loads,
        silent_weights=silent,
        can_publish=made.can_publish or by_visits,
        needs_confirmation=not shown or bool(silent) or by_visits,
        letters=len(raters & reached),
        unreachable=len(raters - reached),
        without_questions=len(assignments) - len(asked),
        most_minutes=most,
    )


def _rows(frozen: FrozenRound, made: Preview, cells: Iterable[atoms.Cell]) -> tuple[SubjectPreview, ...]:
    counts = {cell.key: cell.sheets for cell in cells}
    by_subject: defaultdict[int, list[CellPreview]] = defaultdict(list)
    for promise in made.promises:
        group = frozen.groups[promise.group].rater_group
        asked = counts.get((promise.subject, promise.group), 0)
        by_subject[promise.subject].append(CellPreview(group, promise.verdict, asked, promise.overlaps))
    return tuple(
        SubjectPreview(subject.id, subject.name, subject.kind, subject.is_rated, tuple(by_subject[place]))
        for place, subject in enumerate(frozen.subjects)
        if subject.is_rated or any(cell.verdict is not Verdict.NOT_ASKED for cell in by_subject[place])
    )


def _loads(
    frozen: FrozenRound, asked: Iterable[Assignment], questions_of: Mapping[tuple[str, RaterGroup], int]
) -> tuple[tuple[GroupLoad, ...], int]:
    """Per group the sheets and the most minutes of one rater; and the most minutes of one rater over all groups."""
    sheets: Counter[RaterGroup] = Counter()
    forms: defaultdict[tuple[str, RaterGroup], list[int]] = defaultdict(list)
    for one in asked:
        forms[one.rater_id, one.rater_group].append(questions_of[one.subject_id, one.rater_group])
    for (_, group), questions in forms.items():
        sheets[group] += len(questions)
    minutes = {key: rules.minutes_to_answer(sum(questions), len(questions)) for key, questions in forms.items()}
    loads = tuple(
        GroupLoad(
            policy,
            sheets[policy.rater_group],
            max((spent for (_, group), spent in minutes.items() if group is policy.rater_group), default=0),
        )
        for policy in frozen.groups
    )
    of_rater: Counter[str] = Counter()
    for (rater, _), spent in minutes.items():
        of_rater[rater] += spent
    return loads, max(of_rater.values(), default=0)


def too_long(frozen: FrozenRound) -> list[FieldError]:
    """What is wrong with the round's questions: a group that would need longer for one subject than it has patience."""
    most: Counter[RaterGroup] = Counter()
    cards = {tuple(line.kpi_id for line in subject.card): subject for subject in frozen.subjects if subject.is_rated}
    for subject in cards.values():
        for policy in frozen.groups:
            count = questions_about(frozen, subject, policy.rater_group)
            most[policy.rater_group] = max(most[policy.rater_group], count)
    return length_problems("kpis", most)


def questions_about(frozen: FrozenRound, subject: FrozenSubject, rater_group: RaterGroup) -> int:
    """How many questions a rater of a group gets about a subject."""
    return sum(len(kpi.items) for kpi in rules.kpis_asked(frozen.kpis, subject, rater_group))


def _silent_weights(
    frozen: FrozenRound, asked: Iterable[Assignment], subjects: Mapping[str, FrozenSubject]
) -> tuple[SilentWeight, ...]:
    heard = {(line.kpi_id, one.rater_group) for one in asked for line in subjects[one.subject_id].card}
    return tuple(
        SilentWeight(kpi.kpi_id, kpi.name, group)
        for kpi in frozen.kpis
        for group in kpi.weights
        if kpi.kind is KpiKind.SOFT and group is not RaterGroup.SELF and (kpi.kpi_id, group) not in heard
    )


def tracking_of(
    groups: Iterable[GroupPolicy],
    assignments: Sequence[Assignment],
    shares: Mapping[str, int | None],
    counted_on: date | None,
) -> Tracking:
    """How far each group has come: protected ones from the shares of `counted_on`, the others as of now."""
    return Tracking(tuple(_group_tracking(policy, assignments, shares) for policy in groups), counted_on)


def shares_of(groups: Iterable[GroupPolicy], assignments: Sequence[Assignment]) -> dict[str, int | None]:
    """The share that has answered of each protected group in whole tens; None while fewer than k people have."""
    shares: dict[str, int | None] = {}
    for policy in groups:
        if rules.is_protected(policy.mode):
            of_group = [one for one in assignments if one.rater_group is policy.rater_group]
            people = {one.rater_id for one in of_group if one.answered}
            sheets = sum(one.answered for one in of_group)
            is_enough = len(people) >= policy.k
            shares[policy.rater_group] = rules.percent_in_tens(sheets, len(of_group), policy.k) if is_enough else None
    return shares


def _group_tracking(
    policy: GroupPolicy, assignments: Sequence[Assignment], shares: Mapping[str, int | None]
) -> GroupTracking:
    of_group = [one for one in assignments if one.rater_group is policy.rater_group]
    enough_at = _enough_at(policy, of_group)
    if rules.is_protected(policy.mode):
        percent, answered = shares.get(policy.rater_group), None
    else:
        answered = sum(one.answered for one in of_group)
        percent = answered * 100 // len(of_group) if of_group else None
    is_enough = enough_at is not None and percent is not None and percent >= enough_at
    return GroupTracking(policy, len(of_group), percent, answered, enough_at, is_enough)


def _enough_at(policy: GroupPolicy, assignments: Iterable[Assignment]) -> int | None:
    """The share in per cent from which each subject that can reach the minimum does, if answers spread evenly."""
    if policy.mode is Mode.NAMED:
        return 100
    cells = Counter(one.subject_id for one in assignments if one.counted)
    needed = [-(-policy.k * 100 // count) for count in cells.values() if count >= policy.k]
    return max(needed, default=None)
