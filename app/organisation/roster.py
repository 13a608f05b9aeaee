"""What the people file would do to the people as they are known: pure, so that a dry run and the run cannot differ."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from app.deferred import dataclass
from app.organisation.intake import LEADS_DIVIDER, PersonLine
from app.organisation.plan import ARROW, CROWDED, DEEP, NOTHING
from app.organisation.rules import MAX_CHILDREN, MAX_DEPTH
from app.organisation.values import UNIT_KINDS, Person, Subject, SubjectId, Tree
from app.reports import Outcome, RowError

UNKNOWN_PERSON = "This person belongs to a unit that you cannot change."
UNKNOWN_UNIT = "There is no unit with this external id here."
OTHER_PERSON = "This address belongs to somebody with another external id."
TWO_ROWS = "Two rows are about the same person."
SHARED = "Some addresses look like shared mailboxes, such as post@ or info@. A rater should be one person."

_SHARED_NAMES = frozenset(
    [
        "abuse",
        "admin",
        "booking",
        "contact",
        "faktura",
        "firmapost",
        "hello",
        "help",
        "hostmaster",
        "hr",
        "info",
        "kontakt",
        "kundeservice",
        "mail",
        "marketing",
        "no-reply",
        "noreply",
        "office",
        "ordre",
        "post",
        "postmaster",
        "resepsjon",
        "root",
        "sales",
        "salg",
        "security",
        "service",
        "support",
        "webmaster",
    ]
)


@dataclass(frozen=True, slots=True)
class Crew:
    """The people as they are known: those whom the file may mean, the tree of today, and what may be written."""

    by_external_id: Mapping[str, Person]
    by_mailbox: Mapping[str, Person]
    tree: Tree
    writable: Collection[SubjectId]


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """One row against what is known. `starts` and `ends` are units that the person begins and ceases to lead."""

    line: PersonLine
    known: Person | None
    unit_id: SubjectId
    starts: tuple[SubjectId, ...]
    ends: tuple[SubjectId, ...]
    is_moved: bool
    changes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What becomes of the row."""
        if self.known is None:
            return Outcome.CREATED
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED


def plan_people(lines: Sequence[PersonLine], crew: Crew) -> tuple[list[PlannedPerson], list[RowError]]:
    """Every row planned, and every reason why one cannot be taken.

    Parameters
    ----------
    lines : rows that were checked by themselves; addresses and external ids occur once
    crew : the people as they are known

    Returns
    -------
    The plan in the order of the file, and the refusals; with refusals the plan is not to be carried out.
    """
    units = {
        subject.external_id: subject
        for subject in crew.tree.subjects.values()
        if subject.external_id is not None and subject.kind in UNIT_KINDS and subject.id in crew.writable
    }
    planned: list[PlannedPerson] = []
    refused: list[RowError] = []
    seen: set[str] = set()
    for line in lines:
        known = _known(line, crew)
        problems = list(_wrong_row(line, known, units, crew))
        if known is not None and known.id in seen:
            problems.append(RowError(line.row, "external_id", TWO_ROWS))
        if known is not None:
            seen.add(known.id)
        refused.extend(problems)
        if not problems:
            planned.append(_planned(line, known, units, crew))
    refused.extend(_crowded(planned, crew))
    return planned, refused


def has_shared_mailbox(lines: Sequence[PersonLine]) -> bool:
    """Whether an address looks like one that several people read."""
    return any(line.mailbox is not None and line.mailbox.partition("@")[0] in _SHARED_NAMES for line in lines)


def _known(line: PersonLine, crew: Crew) -> Person | None:
    """Who is meant: by external id first, by address otherwise."""
    by_external_id = crew.by_external_id.get(line.external_id) if line.external_id is not None else None
    return by_external_id or (crew.by_mailbox.get(line.mailbox) if line.mailbox is not None else None)


def _wrong_row(line: PersonLine, known: Person | None, units: Mapping[str, Subject], crew: Crew) -> Iterator[RowError]:
    holder = crew.by_mailbox.get(line.mailbox) if line.mailbox is not None else None
    other_id = known is not None and line.external_id is not None and known.external_id not in {None, line.external_id}
    if other_id or (holder is not None and known is not None and holder.id != known.id):
        yield RowError(line.row, "email", OTHER_PERSON)
    if line.unit not in units:
        yield RowError(line.row, "unit", UNKNOWN_UNIT)
    unknown = [unit for unit in line.leads or () if unit not in units]
    if unknown:
        yield RowError(line.row, "leads", UNKNOWN_UNIT, LEADS_DIVIDER.join(unknown))
    place = known.subject_id if known is not None else None
    if place in crew.tree.subjects and place not in crew.writable:
        yield RowError(line.row, "external_id" if line.external_id else "email", UNKNOWN_PERSON)


def _crowded(planned: Sequence[PlannedPerson], crew: Crew) -> Iterator[RowError]:
    """A unit too deep to hold anybody, or one that would hold too many: told at the first row that goes there."""
    coming = Counter(one.unit_id for one in planned if one.is_moved)
    leaving = Counter(_unit_of(one.known, crew) for one in planned if one.is_moved)
    told: set[SubjectId] = set()
    for one in planned:
        if one.is_moved and one.unit_id not in told:
            told.add(one.unit_id)
            held = len(crew.tree.children(one.unit_id)) - leaving[one.unit_id] + coming[one.unit_id]
            if held > MAX_CHILDREN:
                yield RowError(one.line.row, "unit", CROWDED)
            elif len(crew.tree.path(one.unit_id)) > MAX_DEPTH:
                yield RowError(one.line.row, "unit", DEEP)


def _unit_of(known: Person | None, crew: Crew) -> SubjectId | None:
    """Where a person hangs today."""
    present = crew.tree.subjects.get(known.subject_id) if known and known.subject_id else None
    return present.parent_id if present else None


def _planned(line: PersonLine, known: Person | None, units: Mapping[str, Subject], crew: Crew) -> PlannedPerson:
    subject_id = known.subject_id if known is not None else None
    led = crew.tree.units_led(subject_id) if subject_id is not None else ()
    wanted = led if line.leads is None else tuple(units[unit].id for unit in line.leads)
    one = PlannedPerson(
        line,
        known,
        units[line.unit].id,
        tuple(unit_id for unit_id in wanted if unit_id not in led),
        tuple(unit_id for unit_id in led if unit_id not in wanted and unit_id in crew.writable),
        _unit_of(known, crew) != units[line.unit].id,
    )
    return one if known is None else replace(one, changes=tuple(_changes(one, known, led, crew)))


def _changes(one: PlannedPerson, known: Person, led: Sequence[SubjectId], crew: Crew) -> Iterator[str]:
    line = one.line
    for field, before, after in (
        ("name", known.name, line.name),
        ("email", known.email, line.email or known.email),
        ("external_id", known.external_id, line.external_id or known.external_id),
        ("locale", known.locale, line.locale or known.locale),
    ):
        if before != after:
            yield f"{field}: {before or NOTHING} {ARROW} {after or NOTHING}"
    if one.is_moved:
        unit_id = _unit_of(known, crew)
        yield f"unit: {_names([unit_id] if unit_id else [], crew)} {ARROW} {_names([one.unit_id], crew)}"
    if one.starts or one.ends:
        after_led = [unit_id for unit_id in (*led, *one.starts) if unit_id not in one.ends]
        yield f"leads: {_names(led, crew)} {ARROW} {_names(after_led, crew)}"


def _names(unit_ids: Sequence[SubjectId], crew: Crew) -> str:
    return ", ".join(crew.tree.subjects[unit_id].name for unit_id in unit_ids) or NOTHING
