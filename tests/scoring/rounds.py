"""Small words to write down trees, rater groups and cells in the disclosure tests."""

from collections.abc import Iterable

from app.scoring.atoms import Cell, Kind, Mode, Partition, RaterGroup, Subject


def unit(parent: int = -1) -> Subject:
    return Subject(parent, Kind.UNIT)


def person(parent: int = -1) -> Subject:
    return Subject(parent, Kind.PERSON)


def competitor(parent: int = -1) -> Subject:
    return Subject(parent, Kind.COMPETITOR)


def protected(k: int = 3, *, comment_k: int | None = None, mode: Mode = Mode.CONFIDENTIAL) -> RaterGroup:
    return RaterGroup(mode, k, k if comment_k is None else comment_k)


def named() -> RaterGroup:
    return RaterGroup(Mode.NAMED, 1, 1)


def report(k: int = 3) -> RaterGroup:
    return RaterGroup(Mode.REPORT, k, k)


def cell(subject: int, group: int, people: Iterable[int], *, uncounted: int = 0, sheets: int | None = None) -> Cell:
    """A sheet from each of the people, and some from people who do not count."""
    heads = frozenset(people)
    return Cell(subject, group, heads, len(heads) + uncounted if sheets is None else sheets)


def labels(made: Partition) -> list[tuple[int, tuple[int, ...], int]]:
    """Subject, rater groups and distinct people of each atom."""
    return [(atom.subject, atom.groups, len(atom.heads)) for atom in made.atoms]


def refusals(made: Partition) -> list[tuple[int, int, str]]:
    """Subject, rater group and reason of each unpublished cell."""
    return [(one.subject, one.group, one.reason.value) for one in made.unpublished]
