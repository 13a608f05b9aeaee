"""Every SELECT on readings and their corrections; values come out, never rows.

`get_`, `list_` ask what the viewer may; `load_` serves commands, releases and summaries, which have asked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.values import KpiId
from app.metrics import rules
from app.metrics.tables import ReadingCorrectionRow, ReadingRow
from app.metrics.values import Amount, Reading, ReadingCorrection, ReadingFilter, ReadingId
from app.organisation.queries import load_tree, path_of
from app.organisation.values import SubjectId

EVERY_READING = ReadingFilter()
# SQLite takes 32,766 places in one statement.
_PART = 5000

_COLUMNS = (
    ReadingRow.id,
    ReadingRow.company_id,
    ReadingRow.kpi_id,
    ReadingRow.subject_id,
    ReadingRow.external_id,
    ReadingRow.starts_at,
    ReadingRow.ends_at,
    ReadingRow.value,
    ReadingRow.numerator,
    ReadingRow.denominator,
    ReadingRow.source,
    ReadingRow.recorded_at,
    ReadingRow.version,
)


def get_reading(session: ReadSession, viewer: Viewer, reading_id: str, *, on: date) -> Reading:
    """A reading; NotFound for whoever may not read those of its subject."""
    row = session.execute(_query().where(ReadingRow.id == reading_id)).first() if is_id(reading_id) else None
    if row is None:
        raise NotFound
    require(viewer, Action.READINGS_READ, path_of(session, row.subject_id, on=on))
    return _reading(row)


def list_readings(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    on: date,
    chosen: ReadingFilter = EVERY_READING,
) -> Page[Reading]:
    """The readings of a company that the viewer may see, the latest first."""
    places = _places(session, viewer, company_id, on)
    query = _query().where(ReadingRow.company_id == company_id, *_wanted(chosen))
    if places is not None:
        query = query.where(ReadingRow.subject_id.in_(places))
    keys = (ReadingRow.ends_at, ReadingRow.id)
    rows = session.execute(sliced(query, keys, request, descending=True))
    return page_of(rows, request, key=lambda row: (row.ends_at, row.id)).map(_reading)


def list_corrections(
    session: ReadSession, viewer: Viewer, reading_id: str, *, on: date
) -> tuple[ReadingCorrection, ...]:
    """What a reading was before, the latest correction first."""
    reading = get_reading(session, viewer, reading_id, on=on)
    rows = session.scalars(
        select(ReadingCorrectionRow)
        .where(ReadingCorrectionRow.reading_id == reading.id)
        .order_by(ReadingCorrectionRow.at.desc(), ReadingCorrectionRow.id)
    )
    return tuple(
        ReadingCorrection(row.id, ReadingId(row.reading_id), row.at, row.actor, row.reason, row.old, row.new)
        for row in rows
    )


def load_readings(
    session: ReadSession,
    kpi_ids: Collection[str],
    *,
    start: datetime,
    end: datetime,
    subject_ids: Collection[str] | None = None,
) -> list[Reading]:
    """Readings of KPIs that lie wholly from `start` to `end` (not in it), in the order of event time and entry.

    Of all subjects, or of some; of very many, those of others may come with them.
    """
    query = _within(_query(), kpi_ids, start, end)
    if subject_ids is not None and len(subject_ids) <= _PART:
        query = query.where(ReadingRow.subject_id.in_(subject_ids))
    return [_reading(row) for row in session.execute(query.order_by(*_IN_ORDER))]


def list_changed_since(
    session: ReadSession, kpi_ids: Collection[str], *, since: datetime, start: datetime, end: datetime
) -> list[Reading]:
    """Those of `load_readings` that came or were corrected after a moment, such as the release of their period."""
    corrected = select(ReadingCorrectionRow.reading_id).where(ReadingCorrectionRow.at > since)
    late = or_(ReadingRow.recorded_at > since, ReadingRow.id.in_(corrected))
    rows = session.execute(_within(_query(), kpi_ids, start, end).where(late).order_by(*_IN_ORDER))
    return [_reading(row) for row in rows]


def load_readings_as_of(
    session: ReadSession, kpi_ids: Collection[str], *, start: datetime, end: datetime, at: datetime
) -> list[Reading]:
    """What `load_readings` gave at a moment: without what came later, and with later corrections undone."""
    later = (ReadingRow.kpi_id.in_(kpi_ids), ReadingCorrectionRow.at > at)
    corrected = select(ReadingCorrectionRow.reading_id).join(
        ReadingRow, ReadingRow.id == ReadingCorrectionRow.reading_id
    )
    undone: defaultdict[str, dict[str, object]] = defaultdict(dict)
    corrections = corrected.add_columns(ReadingCorrectionRow.old).where(*later).order_by(ReadingCorrectionRow.at.desc())
    for reading_id, old in session.execute(corrections):
        undone[reading_id] |= old
    near = or_(and_(*_inside(start, end)), ReadingRow.id.in_(corrected.where(*later)))
    rows = session.execute(_query().where(ReadingRow.kpi_id.in_(kpi_ids), ReadingRow.recorded_at <= at, near))
    before = (rules.with_parts(_reading(row), undone.get(row.id, {})) for row in rows)
    inside = (one for one in before if start <= one.starts_at < end and one.ends_at <= end)
    return sorted(inside, key=lambda one: (one.kpi_id, one.subject_id, one.ends_at, one.recorded_at, one.id))


def load_named(session: ReadSession, company_id: str, external_ids: Iterable[str]) -> list[Reading]:
    """The readings of a company with these ids of their own."""
    found: list[Reading] = []
    for part in _parts(external_ids):
        query = _query().where(ReadingRow.company_id == company_id, ReadingRow.external_id.in_(part))
        found += [_reading(row) for row in session.execute(query)]
    return found


def load_unnamed(
    session: ReadSession,
    kpi_ids: Collection[str],
    subject_ids: Iterable[str],
    *,
    start: datetime,
    end: datetime,
) -> list[Reading]:
    """The readings without an id of their own that touch the time from `start` to `end`."""
    found: list[Reading] = []
    for part in _parts(subject_ids):
        query = _query().where(
            ReadingRow.kpi_id.in_(kpi_ids),
            ReadingRow.subject_id.in_(part),
            ReadingRow.external_id.is_(None),
            ReadingRow.ends_at >= start,
            ReadingRow.starts_at <= end,
        )
        found += [_reading(row) for row in session.execute(query)]
    return found


_IN_ORDER = (ReadingRow.kpi_id, ReadingRow.subject_id, ReadingRow.ends_at, ReadingRow.recorded_at, ReadingRow.id)


def _query() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS)


def _within(
    query: Select[*tuple[Any, ...]], kpi_ids: Collection[str], start: datetime, end: datetime
) -> Select[*tuple[Any, ...]]:
    return query.where(ReadingRow.kpi_id.in_(kpi_ids), *_inside(start, end))


def _inside(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    return ReadingRow.starts_at >= start, ReadingRow.starts_at < end, ReadingRow.ends_at <= end


def _wanted(chosen: ReadingFilter) -> Iterator[ColumnElement[bool]]:
    for column, given in ((ReadingRow.kpi_id, chosen.kpi_id), (ReadingRow.subject_id, chosen.subject_id)):
        if given is not None:
            yield column == given if is_id(given) else column.is_(None)
    if chosen.start is not None:
        yield ReadingRow.starts_at >= chosen.start
    if chosen.end is not None:
        yield ReadingRow.ends_at <= chosen.end


def _places(session: ReadSession, viewer: Viewer, company_id: str, on: date) -> Sequence[str] | None:
    """The subjects whose readings a viewer may see, None for all; NotFound when there is none."""
    if may(viewer, Action.READINGS_READ, (company_id,)):
        return None
    if not roots(viewer, Action.READINGS_READ):
        require(viewer, Action.READINGS_READ, (company_id,))
    tree = load_tree(session, SubjectId(company_id), on=on)
    seen = [one for one in tree.subjects if may(viewer, Action.READINGS_READ, tree.path(one))]
    if not seen:
        raise NotFound
    return seen


def _reading(row: Row[Any]) -> Reading:
    return Reading(
        ReadingId(row.id),
        row.company_id,
        KpiId(row.kpi_id),
        SubjectId(row.subject_id),
        row.external_id,
        row.starts_at,
        row.ends_at,
        Amount(row.value, row.numerator, row.denominator),
        row.source,
        row.recorded_at,
        row.version,
    )


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    waiting = iter(sorted(set(names)))
    while part := list(islice(waiting, _PART)):
        yield part
