"""Where subjects hang on a day: their paths, and the subjects with them. Whoever asks: permission is asked above."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ScalarSelect, Select, and_, bindparam, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.lookup import Lookup
from app.infra.types import Day
from app.organisation.tables import DeputyRow, ManagerRoleRow, MembershipRow, SubjectRow
from app.organisation.values import Subject, SubjectId, SubjectKind

# A path has at most 31 subjects; the rest is for a loop that should not be there.
_LONGEST = 40
# Both databases take a statement with this many values.
_AT_ONCE = 10_000


def path_of(session: ReadSession, subject_id: str, *, on: date) -> tuple[SubjectId, ...]:
    """From the company to the subject on a day; for one that is closed by then, its last path."""
    path = load_paths(session, [subject_id], on=on).get(SubjectId(subject_id))
    if path is None:
        raise NotFound
    return path


def load_paths(session: ReadSession, subject_ids: Iterable[str], *, on: date) -> dict[SubjectId, tuple[SubjectId, ...]]:
    """The paths of many subjects on a day, in one statement for 10,000; unknown ids are left out."""
    paths: dict[SubjectId, tuple[SubjectId, ...]] = {}
    for wanted in in_parts(subject_ids):
        for start, place in _PATHS.rows(session, {"wanted": wanted, "day": on}):
            paths[start] = (*paths.get(start, ()), place)
    return paths


def load_subjects(session: ReadSession, subject_ids: Iterable[str], *, on: date) -> dict[SubjectId, Subject]:
    """Many subjects with their paths on a day, whoever asks; unknown ids are left out."""
    paths = load_paths(session, subject_ids, on=on)
    found: dict[SubjectId, Subject] = {}
    for wanted in in_parts(paths):
        for row in _SUBJECTS.rows(session, {"wanted": wanted, "day": on}):
            path = paths[SubjectId(row.id)]
            parent_id = path[-2] if len(path) > 1 else None
            found[path[-1]] = subject_of(
                row, path, parent_id, row.ends_on if row.ends_on and row.ends_on <= on else None
            )
    return found


def below(subject_ids: Sequence[str], *, on: date) -> Select[tuple[str]]:
    """The ids of subjects and of everything that hangs below them on a day, what is closed where it last hung.

    So a subject is below another exactly when the other is on its path of `load_paths`.
    """
    found = select(SubjectRow.id.label("id")).where(SubjectRow.id.in_(subject_ids)).cte(recursive=True)
    found = found.union(
        select(MembershipRow.subject_id).where(
            MembershipRow.parent_id == found.c.id,
            MembershipRow.starts_on == _chosen_start(MembershipRow.subject_id, on),
        )
    )
    return select(found.c.id)


def holds(
    table: type[MembershipRow] | type[ManagerRoleRow] | type[DeputyRow], on: date | BindParameter[date]
) -> ColumnElement[bool]:
    """The condition that a dated row is in force on a day."""
    return and_(table.starts_on <= on, or_(table.ends_on.is_(None), table.ends_on > on))


def in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    wanted = sorted({one for one in ids if is_id(one)})
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]


def known_id(subject_id: str) -> str:
    """An id that PostgreSQL can compare; text that is none names nothing."""
    if not is_id(subject_id):
        raise NotFound
    return subject_id


def subject_of(
    row: SubjectRow, path: tuple[SubjectId, ...], parent_id: str | None, closed_on: date | None = None
) -> Subject:
    return Subject(
        SubjectId(row.id),
        SubjectId(row.company_id),
        SubjectKind(row.kind),
        row.name,
        row.external_id,
        SubjectId(parent_id) if parent_id else None,
        path,
        row.version,
        closed_on,
    )


def _chosen_start(
    subject_id: ColumnElement[str] | InstrumentedAttribute[str], on: date | BindParameter[date]
) -> ColumnElement[date]:
    """When the membership that counts on a day began: the one in force, else the last, else the first to come."""
    other = MembershipRow.__table__.alias("other")
    of_subject = other.c.subject_id == subject_id
    last: ScalarSelect[date] = (
        select(func.max(other.c.starts_on)).where(of_subject, other.c.starts_on <= on).scalar_subquery()
    )
    first: ScalarSelect[date] = select(func.min(other.c.starts_on)).where(of_subject).scalar_subquery()
    return func.coalesce(last, first)


def _paths() -> Select[Any]:
    """Subject and place of every step of the paths of `wanted` on a `day`, from the company down."""
    chain = (
        select(SubjectRow.id.label("start"), SubjectRow.id.label("place"), literal(0).label("level"))
        .where(SubjectRow.id.in_(bindparam("wanted", expanding=True)))
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        select(chain.c.start, MembershipRow.parent_id, chain.c.level + 1)
        .join(MembershipRow, MembershipRow.subject_id == chain.c.place)
        .where(MembershipRow.starts_on == _chosen_start(chain.c.place, bindparam("day", type_=Day)))
        .where(chain.c.level < _LONGEST)
    )
    return select(chain.c.start, chain.c.place).order_by(chain.c.level.desc())


_PATHS = Lookup(_paths())
_SUBJECTS = Lookup(
    select(*SubjectRow.__table__.c, MembershipRow.ends_on)
    .outerjoin(
        MembershipRow,
        and_(
            MembershipRow.subject_id == SubjectRow.id,
            MembershipRow.starts_on == _chosen_start(SubjectRow.id, bindparam("day", type_=Day)),
        ),
    )
    .where(SubjectRow.id.in_(bindparam("wanted", expanding=True)))
)
