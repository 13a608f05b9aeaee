"""What may hang where, what may be called what, and from which day: the decisions about the tree."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from app.errors import Conflict, FieldError, Invalid
from app.organisation.values import UNIT_KINDS, Subject, SubjectKind

MAX_DEPTH = 30
MAX_CHILDREN = 10_000
LONGEST_DEPUTY = timedelta(days=366)

Edges = Mapping[str, Collection[str]]
"""Parents of each subject; more than one where a later move is already known."""


class WrongPlace(Invalid):
    """Such a subject cannot hang under such a parent."""

    code = "wrong_place"

    def __init__(self, message: str) -> None:
        super().__init__([FieldError("parent_id", message, ", ".join(UNIT_KINDS))])


class NameTaken(Conflict):
    """Something else under the same parent has this name."""

    code = "name_taken"
    message = "There is already something called {name} here. Choose another name."


class TooDeep(Conflict):
    """The tree would have more than 30 levels below the company."""

    code = "too_deep"
    message = "The organisation may be 30 levels deep."


class TooManyChildren(Conflict):
    """A unit would hold more than 10,000 subjects directly."""

    code = "too_many_children"
    message = "A unit may hold 10,000 directly. Divide it first."


class WouldLoop(Conflict):
    """The subject would hang below itself."""

    code = "would_loop"
    message = "It cannot be moved below itself."


class MoveTooEarly(Conflict):
    """The place it has now began later than the wanted day."""

    code = "move_too_early"
    message = "It has hung where it is since {day}. Choose a later day."


class AlreadyClosed(Conflict):
    """It hangs nowhere any more."""

    code = "already_closed"
    message = "It is closed already."


class UnitNotEmpty(Conflict):
    """Something still hangs below a unit that is to be closed."""

    code = "unit_not_empty"
    message = "Something still hangs below it. Move or close that first."


class CompanyStays(Conflict):
    """A company hangs under nothing and is not closed."""

    code = "company_stays"
    message = "A company cannot be moved or closed."


class AlreadyLeads(Conflict):
    """The person leads the unit already."""

    code = "already_leads"
    message = "This person leads the unit already."


class AlreadyDeputy(Conflict):
    """The person acts for the manager on some of these days already."""

    code = "already_deputy"
    message = "This person is already the deputy on some of these days."


class LeadsNothing(Conflict):
    """There is nothing to act in."""

    code = "leads_nothing"
    message = "This person leads no unit, so there is nothing to stand in for."


class AnotherPerson(Conflict):
    """Address and external id belong to two different people."""

    code = "another_person"
    message = "The address belongs to one person and the external id to another."


def name_key(name: str) -> str:
    """A name as it is compared: NFKC, casefold, single spaces.

    >>> name_key(" Team  NORD") == name_key("team nord")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def require_place(kind: SubjectKind, parent_kind: SubjectKind) -> None:
    """Raise WrongPlace unless a subject of one kind may hang under one of another.

    Units hold units and persons; a competitor hangs under the company, for access only; a company hangs nowhere.
    """
    if kind is SubjectKind.COMPANY:
        raise WrongPlace("A company stands at the top.")
    if parent_kind not in UNIT_KINDS:
        raise WrongPlace("Only a company, department or team can hold something.")
    if kind is SubjectKind.COMPETITOR and parent_kind is not SubjectKind.COMPANY:
        raise WrongPlace("A competitor hangs directly under the company.")


def require_open(parent: Subject) -> None:
    """Raise WrongPlace for a parent that is closed itself."""
    if parent.closed_on is not None:
        raise WrongPlace("This is closed. Choose another unit.")


def has_unique_name(kind: SubjectKind) -> bool:
    """Whether two of the kind may not share a name under one parent; people may be namesakes.

    >>> has_unique_name(SubjectKind.TEAM), has_unique_name(SubjectKind.PERSON)
    (True, False)
    """
    return kind is not SubjectKind.PERSON


def loop_through(subject_id: str, parents: Edges) -> tuple[str, ...]:
    """The way from a subject upward back to itself; empty if there is none.

    >>> loop_through("a", {"a": ["b"], "b": ["c"], "c": ["a"]})
    ('a', 'b', 'c', 'a')
    >>> loop_through("a", {"a": ["b"], "b": ["c"]})
    ()
    """
    below: dict[str, str] = {}
    waiting = [subject_id]
    while waiting:
        current = waiting.pop()
        for parent in parents.get(current, ()):
            if parent not in below:
                below[parent] = current
                waiting.append(parent)
    if subject_id not in below:
        return ()
    way = [subject_id, below[subject_id]]
    while way[-1] != subject_id:
        way.append(below[way[-1]])
    return tuple(reversed(way))


def levels_below(subject_id: str, parents: Edges) -> int:
    """How many levels hang below a subject.

    >>> levels_below("a", {"b": ["a"], "c": ["b"], "d": ["a"]})
    2
    """
    children: defaultdict[str, set[str]] = defaultdict(set)
    for child, above in parents.items():
        for parent in above:
            children[parent].add(child)
    seen, level, levels = {subject_id}, {subject_id}, -1
    while level:
        levels += 1
        # Planned moves may close a loop that no single day has.
        level = {child for one in level for child in children.get(one, ())} - seen
        seen |= level
    return levels


def require_room(parent_path: Sequence[str], siblings: int, *, levels: int = 0) -> None:
    """Raise TooDeep or TooManyChildren unless a subject with `levels` levels below fits under a parent.

    Parameters
    ----------
    parent_path : subject ids from the company to the new parent
    siblings : how many subjects hang directly under the parent without the new one
    """
    if len(parent_path) + levels > MAX_DEPTH:
        raise TooDeep
    if siblings >= MAX_CHILDREN:
        raise TooManyChildren


def require_period(starts_on: date, ends_on: date, *, today: date) -> None:
    """Raise Invalid unless somebody may be a deputy from one day until another (exclusive): ahead, at most 366 days.

    >>> require_period(date(2026, 7, 1), date(2026, 7, 20), today=date(2026, 6, 1))
    """
    if ends_on <= max(starts_on, today):
        raise Invalid([FieldError("ends_on", "Choose a day after the first one, and after today.")])
    if ends_on - starts_on > LONGEST_DEPUTY:
        raise Invalid([FieldError("ends_on", "Somebody can be a deputy for at most 366 days.", "<= 366 d")])


def end_of_stay(starts_on: date, wanted: date) -> date:
    """The day on which something dated ends; a day before it began is refused.

    Ending on the first day leaves a stay of no days: it never was in force, and its row still tells where it was.

    Raises
    ------
    MoveTooEarly : `wanted` lies before `starts_on`
    """
    if wanted < starts_on:
        raise MoveTooEarly(day=starts_on.isoformat())
    return wanted
