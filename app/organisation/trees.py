"""Trees of subjects on a day, whole or in part, and who hung where over all days. Whoever asks: permission is asked above."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select

from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.lookup import Lookup
from app.infra.types import Day, Id
from app.organisation.paths import holds, known_id, load_paths, load_subjects
from app.organisation.tables import MembershipRow, SubjectRow
from app.organisation.values import UNIT_KINDS, Membership, Stays, Subject, SubjectId, SubjectKind, Tree, tree_of
from app.organisation.viewers import load_manager_roles, load_roles_at

# Columns and no mapped rows: this is asked for whole companies.
_HANGING: Select[*tuple[Any, ...]] = select(
    SubjectRow.id, SubjectRow.kind, SubjectRow.name, SubjectRow.external_id, SubjectRow.version, MembershipRow.parent_id
)
_KINDS = [kind.value for kind in UNIT_KINDS]
# Asked for by every other page: plain rows, hung up once.
_UNITS = Lookup(
    _HANGING.select_from(SubjectRow)
    .outerjoin(
        MembershipRow,
        and_(MembershipRow.subject_id == SubjectRow.id, holds(MembershipRow, bindparam("day", type_=Day))),
    )
    .where(SubjectRow.company_id == bindparam("company_id", type_=Id))
    .where(SubjectRow.kind.in_(bindparam("kinds", expanding=True))),
    is_plain=True,
)

_STAYS = (
    select(
        MembershipRow.subject_id,
        MembershipRow.parent_id,
        MembershipRow.starts_on,
        MembershipRow.ends_on,
        SubjectRow.kind,
    )
    .join(SubjectRow, SubjectRow.id == MembershipRow.subject_id)
    .order_by(MembershipRow.starts_on, MembershipRow.subject_id)
)


def load_tree(session: ReadSession, company_id: str, *, on: date) -> Tree:
    """A company as it stands on a day, in two statements; NotFound if there is no such company."""
    subjects = load_all_subjects(session, company_id, on=on)
    root = subjects.get(SubjectId(company_id))
    if root is None:
        raise NotFound
    hanging = (subject for subject in subjects.values() if subject.parent_id is not None)
    return tree_of(root, hanging, load_manager_roles(session, company_id, on=on))


def load_branches(session: ReadSession, company_id: str, subject_ids: Iterable[str], *, on: date) -> Tree:
    """The tree of a day as far as it leads to some subjects and to who leads the units above them."""
    places = {place for path in load_paths(session, subject_ids, on=on).values() for place in path}
    roles = load_roles_at(session, places, on=on)
    paths = load_paths(session, places.union(role.subject_id for role in roles), on=on)
    known = load_subjects(session, {company_id}.union(*paths.values()), on=on)
    hanging = (one for one in known.values() if one.parent_id is not None and one.closed_on is None)
    return tree_of(known[SubjectId(company_id)], hanging, roles)


def load_units(session: ReadSession, company_id: str, *, on: date) -> tuple[Subject, ...]:
    """The units of a company that hang in it on a day, in the order of the tree, whoever asks; one statement."""
    rows = _UNITS.rows(session, {"company_id": known_id(company_id), "kinds": _KINDS, "day": on})
    hanging: defaultdict[str | None, list[Sequence[Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda one: (one[2].casefold(), one[0]), reverse=True):
        hanging[row[-1]].append(row)
    company = SubjectId(company_id)
    found: dict[SubjectId, Subject] = {}
    waiting: list[tuple[Sequence[Any], tuple[SubjectId, ...]]] = [(row, ()) for row in rows if row[0] == company_id]
    while waiting:
        (id_, kind, name, external_id, version, parent_id), above = waiting.pop()
        # Whatever is in the tree already is not hung a second time, should there ever be a loop.
        if id_ not in found:
            path = (*above, id_)
            found[id_] = Subject(id_, company, SubjectKind(kind), name, external_id, parent_id, path, version)
            waiting += [(one, path) for one in hanging[id_]]
    return tuple(found.values())


def load_members(session: ReadSession, unit: Subject, *, on: date) -> tuple[Subject, ...]:
    """The persons directly in a unit on a day, by name, whoever asks; one statement."""
    query = _HANGING.where(MembershipRow.parent_id == unit.id, SubjectRow.kind == SubjectKind.PERSON)
    found = _hanging(session, query, unit.company_id, on=on)
    people = (replace(one, path=(*unit.path, one.id)) for one in found)
    return tuple(sorted(people, key=lambda one: (one.name.casefold(), one.id)))


def load_paths_inside(
    session: ReadSession, place_id: str | None, subject_ids: Iterable[str], *, on: date
) -> dict[SubjectId, tuple[SubjectId, ...]]:
    """The paths of those of some subjects that are a place or hang below it on a day, competitors left out.

    Of all of them without a place, closed ones and competitors, too. Looked at from them upwards: few are asked about,
    and below a company there are all.
    """
    paths = load_paths(session, subject_ids, on=on)
    inside = [one for one, path in paths.items() if place_id in path]
    if place_id is None or not inside:
        return paths if place_id is None else {}
    hanging = select(MembershipRow.subject_id).where(
        MembershipRow.subject_id == SubjectRow.id, holds(MembershipRow, on)
    )
    query = select(SubjectRow.id).where(
        SubjectRow.id.in_(inside),
        SubjectRow.kind != SubjectKind.COMPETITOR,
        or_(SubjectRow.id == SubjectRow.company_id, hanging.exists()),
    )
    return {SubjectId(one): paths[SubjectId(one)] for one in session.scalars(query)}


def load_all_subjects(session: ReadSession, company_id: str, *, on: date) -> dict[SubjectId, Subject]:
    """Every subject a company ever had, without paths; what hangs nowhere on a day has no parent."""
    query = _HANGING.where(SubjectRow.company_id == known_id(company_id))
    return {one.id: one for one in _hanging(session, query, company_id, on=on)}


def load_stays(session: ReadSession, company_id: str) -> Stays:
    """Who of a company hung where over all days, whoever asks; two statements."""
    company = known_id(company_id)
    people = session.scalars(
        select(SubjectRow.id).where(SubjectRow.company_id == company, SubjectRow.kind == SubjectKind.PERSON)
    )
    rows = session.execute(_STAYS.where(SubjectRow.company_id == company))
    stays = [Membership(SubjectId(one), SubjectId(parent), starts, ends) for one, parent, starts, ends, _ in rows]
    return Stays(frozenset(map(SubjectId, people)), tuple(stays))


def load_stays_below(session: ReadSession, subject_ids: Collection[str]) -> Stays:
    """Who ever hung below some subjects, and where else over all days, whoever asks; one statement."""
    ever = select(SubjectRow.id).where(SubjectRow.id.in_(list(subject_ids))).cte(recursive=True)
    ever = ever.union(select(MembershipRow.subject_id).where(MembershipRow.parent_id == ever.c.id))
    rows = session.execute(_STAYS.where(SubjectRow.id.in_(select(ever.c.id)))).all()
    stays = [Membership(SubjectId(one), SubjectId(parent), starts, ends) for one, parent, starts, ends, _ in rows]
    return Stays(
        frozenset(stay.subject_id for stay, row in zip(stays, rows, strict=True) if row.kind == SubjectKind.PERSON),
        tuple(stays),
    )


def _hanging(session: ReadSession, query: Select[*tuple[Any, ...]], company_id: str, *, on: date) -> Iterator[Subject]:
    """Subjects of a company with their parents of a day and without paths."""
    hangs = and_(MembershipRow.subject_id == SubjectRow.id, holds(MembershipRow, on))
    for id_, kind, name, external_id, version, parent_id in session.execute(
        query.select_from(SubjectRow).outerjoin(MembershipRow, hangs)
    ):
        parent = SubjectId(parent_id) if parent_id else None
        yield Subject(SubjectId(id_), SubjectId(company_id), SubjectKind(kind), name, external_id, parent, (), version)
