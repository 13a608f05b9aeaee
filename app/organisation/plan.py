"""What the organisation file would do to the tree as it stands: pure, so that a dry run and the run cannot differ."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from app.deferred import dataclass
from app.organisation.intake import SubjectLine
from app.organisation.rules import MAX_CHILDREN, MAX_DEPTH, WrongPlace, has_unique_name, name_key, require_place
from app.organisation.values import Subject, SubjectId, SubjectKind
from app.reports import Outcome, RowError

ARROW = "\N{RIGHTWARDS ARROW}"
NOTHING = "\N{EN DASH}"

UNKNOWN_SUBJECT = "This external id belongs to something that you cannot change."
UNKNOWN_PARENT = "There is no unit with this external id here."
ONE_COMPANY = "The company stands in the file once at most, with its own external id and no parent."
KIND_FIXED = "Only departments and teams can become each other."
LOOP = "These hang below each other in a circle."
DEEP = "The organisation may be 30 levels deep."
CROWDED = "A unit may hold 10,000 directly. Divide it first."
NAME_TWICE = "There is already something with this name here."

_DIVISIONS = frozenset({SubjectKind.DEPARTMENT, SubjectKind.TEAM})


@dataclass(frozen=True, slots=True)
class Standing:
    """The tree as it stands: every subject ever known (closed ones without parent), and what may be written."""

    root: Subject
    subjects: Mapping[SubjectId, Subject]
    writable: Collection[SubjectId]


@dataclass(frozen=True, slots=True)
class PlannedSubject:
    """One row against what is known: `key` is the id of a known subject, or stands for a new one."""

    line: SubjectLine
    key: str
    parent_key: str | None
    known: Subject | None
    changes: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """What becomes of the row."""
        if self.known is None:
            return Outcome.CREATED
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED

    @property
    def is_moved(self) -> bool:
        """Whether a known subject gets another parent."""
        return self.known is not None and self.known.parent_id != self.parent_key


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The file and the tree side by side: the key of each external id of the file, and who has which one now."""

    standing: Standing
    known: Mapping[str, Subject]
    keys: Mapping[str, str]
    companies: int


def plan_organisation(lines: Sequence[SubjectLine], standing: Standing) -> tuple[list[PlannedSubject], list[RowError]]:
    """Every row planned, and every reason why one cannot be taken.

    Parameters
    ----------
    lines : rows that were checked by themselves; external ids occur once
    standing : the tree as it stands

    Returns
    -------
    The plan in the order of the file, and the refusals; with refusals the plan is not to be carried out.
    """
    known = {one.external_id: one for one in standing.subjects.values() if one.external_id is not None}
    companies = sum(line.kind is SubjectKind.COMPANY for line in lines)
    keys = {line.external_id: _key(line, known, standing) for line in lines}
    sheet = _Sheet(standing, known, keys, companies)
    planned: list[PlannedSubject] = []
    refused: list[RowError] = []
    for line in lines:
        one = _planned(line, sheet)
        planned.append(one)
        refused.extend(_wrong_row(one, sheet))
    if not refused:
        refused.extend(_wrong_shape(planned, standing))
    return planned, refused


def _key(line: SubjectLine, known: Mapping[str, Subject], standing: Standing) -> str:
    if line.kind is SubjectKind.COMPANY:
        return standing.root.id
    found = known.get(line.external_id)
    return found.id if found else f"+{line.external_id}"


def _planned(line: SubjectLine, sheet: _Sheet) -> PlannedSubject:
    key = sheet.keys[line.external_id]
    subject = sheet.standing.subjects.get(SubjectId(key))
    parent_key = None if line.kind is SubjectKind.COMPANY else _parent_key(line, subject, sheet)
    changes = () if subject is None else tuple(_changes(line, subject, parent_key, sheet.standing))
    return PlannedSubject(line, key, parent_key, subject, changes)


def _parent_key(line: SubjectLine, subject: Subject | None, sheet: _Sheet) -> str | None:
    """The parent in the file or in the tree; None where there is none that may be written."""
    wanted, standing = line.parent_external_id, sheet.standing
    if wanted is None:
        key: str | None = standing.root.id
    elif wanted in sheet.keys:
        key = sheet.keys[wanted]
    else:
        parent = sheet.known.get(wanted)
        key = parent.id if parent and (parent.parent_id or parent.id == standing.root.id) else None
    stays = subject is not None and subject.parent_id == key
    return key if key is None or stays or key.startswith("+") or key in standing.writable else None


def _wrong_row(one: PlannedSubject, sheet: _Sheet) -> Iterator[RowError]:
    line, root = one.line, sheet.standing.root
    if line.kind is SubjectKind.COMPANY:
        is_other = root.external_id not in {None, line.external_id}
        is_taken = sheet.known.get(line.external_id, root).id != root.id
        if is_other or is_taken or line.parent_external_id is not None or sheet.companies > 1:
            yield RowError(line.row, "kind", ONE_COMPANY, root.external_id or "")
    elif one.parent_key is None:
        yield RowError(line.row, "parent_external_id", UNKNOWN_PARENT)
    if one.known is None:
        return
    if one.known.id not in sheet.standing.writable:
        yield RowError(line.row, "external_id", UNKNOWN_SUBJECT)
    elif one.known.kind is not line.kind and not {one.known.kind, line.kind} <= _DIVISIONS:
        yield RowError(line.row, "kind", KIND_FIXED, one.known.kind)


def _changes(line: SubjectLine, subject: Subject, parent_key: str | None, standing: Standing) -> Iterator[str]:
    if subject.external_id != line.external_id:
        yield f"external_id: {subject.external_id or NOTHING} {ARROW} {line.external_id}"
    if subject.kind is not line.kind:
        yield f"kind: {subject.kind} {ARROW} {line.kind}"
    if subject.name != line.name:
        yield f"name: {subject.name} {ARROW} {line.name}"
    if subject.parent_id != parent_key:
        yield f"parent: {_name(subject.parent_id, standing)} {ARROW} {_name(parent_key, standing)}"


def _name(key: str | None, standing: Standing) -> str:
    if key is None:
        return NOTHING
    return key[1:] if key.startswith("+") else standing.subjects[SubjectId(key)].name


def _label(key: str, by_key: Mapping[str, PlannedSubject], standing: Standing) -> str:
    """What the author of the file calls a subject."""
    if key in by_key:
        return by_key[key].line.external_id
    return standing.subjects[SubjectId(key)].external_id or standing.subjects[SubjectId(key)].name


# ------------------------------------------------------------ the tree that would be


def _wrong_shape(planned: Sequence[PlannedSubject], standing: Standing) -> Iterator[RowError]:
    by_key = {one.key: one for one in planned}
    parents: dict[str, str | None] = {one.id: one.parent_id for one in standing.subjects.values()}
    parents |= {one.key: one.parent_key for one in planned}
    kinds = {one.id: one.kind for one in standing.subjects.values()} | {one.key: one.line.kind for one in planned}
    for one in planned:
        yield from _wrong_place(one, kinds)
    levels, loops = _levels(parents, standing.root.id)
    for loop in loops:
        first = min((key for key in loop if key in by_key), key=lambda key: by_key[key].line.row)
        # Told from the row that is named; the last of a loop is its first once more.
        once_around = [*loop[loop.index(first) : -1], *loop[: loop.index(first)], first]
        way = f" {ARROW} ".join(_label(key, by_key, standing) for key in once_around)
        yield RowError(by_key[first].line.row, "parent_external_id", LOOP, way)
    for row in sorted({_row_above(key, parents, by_key) for key, level in levels.items() if level > MAX_DEPTH}):
        yield RowError(row, "parent_external_id", DEEP)
    yield from _crowded(planned, parents)
    yield from _namesakes(planned, parents, kinds, standing)


def _wrong_place(one: PlannedSubject, kinds: Mapping[str, SubjectKind]) -> Iterator[RowError]:
    if one.parent_key is None:
        return
    try:
        require_place(one.line.kind, kinds[one.parent_key])
    except WrongPlace as wrong:
        yield RowError(one.line.row, "parent_external_id", wrong.errors[0].message, wrong.errors[0].allowed)


def _levels(parents: Mapping[str, str | None], root_id: str) -> tuple[dict[str, int], list[list[str]]]:
    """How many levels below the company each key hangs (-1: nowhere), and the loops; one pass over all."""
    levels = {root_id: 0}
    loops: list[list[str]] = []
    for key in parents:
        way: dict[str, None] = {}
        current: str | None = key
        while current is not None and current not in levels and current not in way:
            way[current] = None
            current = parents.get(current)
        if current in way:
            found = list(way)
            loops.append([*found[found.index(str(current)) :], str(current)])
        level = levels.get(current or "", -1)
        for one in reversed(way):
            level = level + 1 if level >= 0 else -1
            levels[one] = level
    return levels, loops


def _row_above(key: str, parents: Mapping[str, str | None], by_key: Mapping[str, PlannedSubject]) -> int:
    """The row to blame for the place of a key: its own, or that of the nearest one above that is in the file."""
    current: str | None = key
    while current is not None and current not in by_key:
        current = parents.get(current)
    return by_key[current].line.row if current is not None else 0


def _crowded(planned: Sequence[PlannedSubject], parents: Mapping[str, str | None]) -> Iterator[RowError]:
    children = Counter(parents.values())
    told: set[str | None] = set()
    for one in planned:
        comes = one.known is None or one.is_moved
        if comes and children[one.parent_key] > MAX_CHILDREN and one.parent_key not in told:
            told.add(one.parent_key)
            yield RowError(one.line.row, "parent_external_id", CROWDED)


def _namesakes(
    planned: Sequence[PlannedSubject],
    parents: Mapping[str, str | None],
    kinds: Mapping[str, SubjectKind],
    standing: Standing,
) -> Iterator[RowError]:
    names = {one.id: one.name for one in standing.subjects.values()} | {one.key: one.line.name for one in planned}
    rows = {one.key: one.line.row for one in planned}
    holders: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for key, parent in parents.items():
        if parent is not None and has_unique_name(kinds[key]):
            holders[parent, name_key(names[key])].append(key)
    for keys in holders.values():
        in_file = sorted(rows[key] for key in keys if key in rows)
        # The first of the file may have the name if nobody outside the file has it.
        for row in in_file[1 if len(in_file) == len(keys) else 0 :]:
            yield RowError(row, "name", NAME_TWICE)
