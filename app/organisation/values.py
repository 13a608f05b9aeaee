"""The nouns of the organisation: subjects, people, membership and manager roles."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass

SubjectId = NewType("SubjectId", str)
PersonId = NewType("PersonId", str)


class SubjectKind(StrEnum):
    """What a subject is."""

    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"
    PERSON = "person"
    COMPETITOR = "competitor"


UNIT_KINDS = (SubjectKind.COMPANY, SubjectKind.DEPARTMENT, SubjectKind.TEAM)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what is rated or scored. `path` runs from the company to the subject itself.

    `closed_on` is the first day on which it hangs nowhere any more; its path is then the last one it had.
    """

    id: SubjectId
    company_id: SubjectId
    kind: SubjectKind
    name: str
    external_id: str | None
    parent_id: SubjectId | None
    path: tuple[SubjectId, ...]
    version: int = 1
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A human known to the service: employee, customer or shopper. Only employees are subjects as well."""

    id: PersonId
    company_id: SubjectId
    name: str | None
    email: str | None
    mailbox: str | None
    locale: str
    external_id: str | None
    subject_id: SubjectId | None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Membership:
    """A subject hangs under a parent from a day on, until a day (exclusive) or for good."""

    subject_id: SubjectId
    parent_id: SubjectId
    starts_on: date
    ends_on: date | None


class Stays:
    """Who of a company hung where, over all days."""

    def __init__(self, people: frozenset[SubjectId], stays: Sequence[Membership]) -> None:
        self._people = people
        self._under: defaultdict[SubjectId, list[Membership]] = defaultdict(list)
        self._first: dict[SubjectId, date] = {}
        for stay in sorted(stays, key=lambda one: one.starts_on):
            self._under[stay.parent_id].append(stay)
            self._first.setdefault(stay.subject_id, stay.starts_on)
        self._changes = sorted({day for stay in stays for day in (stay.starts_on, stay.ends_on) if day is not None})
        self._known: dict[tuple[SubjectId, int], frozenset[SubjectId]] = {}

    def people_below(self, unit_id: SubjectId, *, on: date) -> frozenset[SubjectId]:
        """The persons below a unit on a day; before anything is known of a subject, it hung where it hung first."""
        key = (unit_id, bisect_right(self._changes, on))
        if key not in self._known:
            self._known[key] = self._people & self._below(unit_id, on)
        return self._known[key]

    def ever_below(self, unit_id: SubjectId) -> frozenset[SubjectId]:
        """The persons who have ever hung below a unit."""
        return self._people & self._below(unit_id, None)

    def _below(self, unit_id: SubjectId, on: date | None) -> set[SubjectId]:
        found: set[SubjectId] = set()
        waiting = [unit_id]
        while waiting:
            stays = self._under.get(waiting.pop(), ())
            below = {stay.subject_id for stay in stays if on is None or self._holds(stay, on)} - found
            found |= below
            waiting += below
        return found

    def _holds(self, stay: Membership, on: date) -> bool:
        day = max(on, self._first[stay.subject_id])
        return stay.starts_on <= day and (stay.ends_on is None or day < stay.ends_on)


@dataclass(frozen=True, slots=True)
class ManagerRole:
    """A person-subject leads a unit from a day on, until a day (exclusive) or for good."""

    id: str
    unit_id: SubjectId
    subject_id: SubjectId
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Deputy:
    """A person-subject acts for a manager (`subject_id`) from a day on, until a day (exclusive)."""

    id: str
    subject_id: SubjectId
    deputy_id: SubjectId
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class NewDeputy:
    """Who is to act for a manager; from `starts_on` on, or from today, until `ends_on` (exclusive)."""

    deputy_id: str
    ends_on: date
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewSubject:
    """A subject to be made under a parent; from `starts_on` on, or from today."""

    kind: SubjectKind
    name: str
    parent_id: str
    external_id: str = ""
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class SubjectChange:
    """What to change of a subject; None keeps, an empty external id removes it."""

    name: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Where a subject goes, and from which day on (None: today)."""

    parent_id: str
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A human to be known; with a unit an employee, who is a subject there from `starts_on` on, or from today."""

    name: str
    email: str = ""
    external_id: str = ""
    locale: str = ""
    unit_id: str = ""
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What to change of a person; None keeps, an empty text removes what may be absent."""

    name: str | None = None
    email: str | None = None
    external_id: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class NewRater:
    """A rater as a list names one: by address or external id; `key` is what the list calls the rater."""

    key: str
    email: str | None = None
    external_id: str | None = None
    name: str | None = None
    locale: str = "nb"


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Which subjects a list keeps; `kinds` are several at once, `prefix` is the beginning of the name."""

    kind: SubjectKind | None = None
    parent_id: str | None = None
    prefix: str = ""
    kinds: tuple[SubjectKind, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """Which people a list keeps: who hangs in or below a unit; `prefix` is the beginning of name or address."""

    unit_id: str | None = None
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """A company on one day: every subject with its path, and who leads which unit. Made by `tree_of`.

    All answers are ids, in the order of names; a subject that is not in the tree is a KeyError.
    """

    root_id: SubjectId
    subjects: Mapping[SubjectId, Subject]
    below: Mapping[SubjectId, tuple[SubjectId, ...]]
    led_by: Mapping[SubjectId, tuple[SubjectId, ...]]
    leading: Mapping[SubjectId, tuple[SubjectId, ...]]

    def children(self, subject_id: SubjectId) -> tuple[SubjectId, ...]:
        """What hangs directly under a subject, persons and competitors included."""
        return self.below.get(subject_id, ())

    def path(self, subject_id: SubjectId) -> tuple[SubjectId, ...]:
        """From the company to the subject itself."""
        return self.subjects[subject_id].path

    def members(self, unit_id: SubjectId) -> tuple[SubjectId, ...]:
        """The person-subjects directly in a unit, its leaders included when they hang there."""
        return tuple(child for child in self.children(unit_id) if self.subjects[child].kind is SubjectKind.PERSON)

    def leaders(self, unit_id: SubjectId) -> tuple[SubjectId, ...]:
        """The person-subjects that lead a unit."""
        return self.led_by.get(unit_id, ())

    def units_led(self, person_id: SubjectId) -> tuple[SubjectId, ...]:
        """The units that a person-subject leads."""
        return self.leading.get(person_id, ())

    def managers_of(self, person_id: SubjectId) -> tuple[SubjectId, ...]:
        """Who leads the nearest unit above that has a leader and that the person does not lead."""
        for unit_id in reversed(self.path(person_id)[:-1]):
            leaders = self.leaders(unit_id)
            if leaders and person_id not in leaders:
                return leaders
        return ()

    def subtree(self, subject_id: SubjectId) -> Iterator[SubjectId]:
        """A subject and everything below it, parents before children."""
        waiting = [subject_id]
        while waiting:
            current = waiting.pop()
            yield current
            waiting.extend(reversed(self.children(current)))


def tree_of(root: Subject, others: Iterable[Subject], roles: Iterable[ManagerRole]) -> Tree:
    """A tree from subjects with their parents (paths are worked out here; whatever hangs loose is left out)."""
    hanging: defaultdict[SubjectId | None, list[Subject]] = defaultdict(list)
    for subject in sorted(others, key=lambda one: (one.name.casefold(), one.id)):
        hanging[subject.parent_id].append(subject)
    subjects = {root.id: replace(root, path=(root.id,))}
    waiting = [root.id]
    while waiting:
        parent_id = waiting.pop()
        # Whatever is in the tree already is not hung a second time, should there ever be a loop.
        for child in (one for one in hanging[parent_id] if one.id not in subjects):
            subjects[child.id] = _hung(child, subjects[parent_id].path)
            waiting.append(child.id)
    known = [role for role in roles if role.unit_id in subjects and role.subject_id in subjects]
    return Tree(
        root.id,
        subjects,
        {parent: tuple(child.id for child in found) for parent, found in hanging.items() if parent in subjects},
        _grouped((role.unit_id, role.subject_id) for role in known),
        _grouped((role.subject_id, role.unit_id) for role in known),
    )


def _hung(one: Subject, above: tuple[SubjectId, ...]) -> Subject:
    """A subject with its path. As `replace` would do, which for a company of thousands takes three times as long."""
    path = (*above, one.id)
    return Subject(
        one.id, one.company_id, one.kind, one.name, one.external_id, one.parent_id, path, one.version, one.closed_on
    )


def _grouped(pairs: Iterable[tuple[SubjectId, SubjectId]]) -> dict[SubjectId, tuple[SubjectId, ...]]:
    groups: defaultdict[SubjectId, list[SubjectId]] = defaultdict(list)
    for key, value in sorted(set(pairs)):
        groups[key].append(value)
    return {key: tuple(found) for key, found in groups.items()}
