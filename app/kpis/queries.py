"""Every SELECT on goals, scales, KPIs, targets and cards; values come out, never rows.

`get_`, `list_` ask what the viewer may; `load_`, `find_` serve commands and other capabilities, which have asked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from app.accounts.rules import Action, may, require, roots
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.lookup import Lookup
from app.infra.paging import Page, PageRequest, ordered, ordered_page, page_of, sliced
from app.infra.types import Day, Id
from app.kpis.rows import card_of, competence_of, goal_of, item_of, kpi_of, line_of, scale_of, target_of, version_of
from app.kpis.tables import (
    CompetenceRow,
    GoalRow,
    ItemRow,
    KpiRow,
    KpiVersionRow,
    ScaleRow,
    ScorecardLineRow,
    ScorecardRow,
    TargetRow,
)
from app.kpis.values import (
    Competence,
    CompetenceId,
    Goal,
    Item,
    Kpi,
    KpiFilter,
    KpiId,
    KpiState,
    KpiVersion,
    Scale,
    ScaleId,
    Scorecard,
    Target,
)
from app.organisation.queries import load_tree, path_of
from app.organisation.values import SubjectId

Row = TypeVar("Row", GoalRow, ScaleRow, CompetenceRow, KpiRow)
EVERY_KPI = KpiFilter()

KPI_ORDERS = {"external_id": func.coalesce(KpiRow.external_id, ""), "kind": KpiRow.kind, "state": KpiRow.state}
"""What KPIs are sorted by."""


def get_goal(session: ReadSession, viewer: Viewer, goal_id: str) -> Goal:
    """A goal; NotFound for whoever may not read the KPIs of its company."""
    return goal_of(_readable(session, viewer, GoalRow, goal_id))


def list_goals(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, external_id: str | None = None
) -> Page[Goal]:
    """The goals of a company, by external id."""
    wanted = [] if external_id is None else [GoalRow.external_id == external_id]
    return _page(session, viewer, company_id, request, GoalRow, wanted).map(goal_of)


def get_scale(session: ReadSession, viewer: Viewer, scale_id: str) -> Scale:
    """A scale; NotFound for whoever may not read the KPIs of its company."""
    return scale_of(_readable(session, viewer, ScaleRow, scale_id))


def list_scales(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, external_id: str | None = None
) -> Page[Scale]:
    """The scales of a company, by external id."""
    wanted = [] if external_id is None else [ScaleRow.external_id == external_id]
    return _page(session, viewer, company_id, request, ScaleRow, wanted).map(scale_of)


def get_competence(session: ReadSession, viewer: Viewer, competence_id: str) -> Competence:
    """A competence; NotFound for whoever may not read the KPIs of its company."""
    return competence_of(_readable(session, viewer, CompetenceRow, competence_id))


def list_competences(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, external_id: str | None = None
) -> Page[Competence]:
    """The competences of a company, by external id."""
    wanted = [] if external_id is None else [CompetenceRow.external_id == external_id]
    return _page(session, viewer, company_id, request, CompetenceRow, wanted).map(competence_of)


def get_kpi(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> Kpi:
    """A KPI in the version of a day; NotFound for whoever may not read the KPIs of its company."""
    return _kpis(session, [_readable(session, viewer, KpiRow, kpi_id)], on)[0]


def list_kpis(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    on: date,
    chosen: KpiFilter = EVERY_KPI,
) -> Page[Kpi]:
    """The KPIs of a company in the version of a day, by external id, kind or state."""
    columns = {
        KpiRow.kind: chosen.kind,
        KpiRow.state: chosen.state,
        KpiRow.goal_id: chosen.goal_id,
        KpiRow.external_id: chosen.external_id,
    }
    if chosen.goal_id is not None and not is_id(chosen.goal_id):
        return Page(())
    wanted = [column == value for column, value in columns.items() if value is not None]
    require(viewer, Action.KPIS_READ, (company_id,))
    query = select(KpiRow).where(KpiRow.company_id == company_id, *wanted)
    rows = session.execute(ordered(query, KPI_ORDERS, KpiRow.id, request, usual="external_id"))
    page = ordered_page(rows, request).map(lambda row: row[0])
    return Page(tuple(_kpis(session, page.items, on)), page.next_cursor)


def list_versions(session: ReadSession, viewer: Viewer, kpi_id: str) -> tuple[KpiVersion, ...]:
    """All versions of a KPI, the newest first."""
    row = _readable(session, viewer, KpiRow, kpi_id)
    found = session.scalars(
        select(KpiVersionRow).where(KpiVersionRow.kpi_id == row.id).order_by(KpiVersionRow.number.desc())
    ).all()
    items = _items(session, [version.id for version in found])
    return tuple(version_of(version, items[version.id]) for version in found)


def list_targets(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> tuple[Target, ...]:
    """Goalposts of a KPI of all days, past and to come: for all, and for what the viewer may see on a day."""
    row = _readable(session, viewer, KpiRow, kpi_id)
    found = load_targets(session, [KpiId(row.id)], on=None)
    places = _places(session, viewer, row.company_id, on)
    return tuple(one for one in found if places is None or one.subject_id is None or one.subject_id in places)


def get_scorecard(session: ReadSession, viewer: Viewer, scorecard_id: str, *, on: date) -> Scorecard:
    """A card; NotFound unless it is set above or below something the viewer was granted."""
    row = session.get(ScorecardRow, scorecard_id) if is_id(scorecard_id) else None
    if row is None:
        raise NotFound
    require(viewer, Action.KPIS_READ, path_of(session, row.subject_id, on=on))
    return _cards(session, [row])[0]


def list_scorecards(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    on: date,
    subject_id: str | None = None,
) -> Page[Scorecard]:
    """The cards of a company, past and to come, that are set above or below something the viewer was granted."""
    require(viewer, Action.KPIS_READ, (company_id,))
    query = select(ScorecardRow).where(ScorecardRow.company_id == company_id)
    places = _places(session, viewer, company_id, on)
    if subject_id is not None:
        places = {subject_id} if is_id(subject_id) and (places is None or subject_id in places) else set()
    if places is not None:
        query = query.where(ScorecardRow.subject_id.in_(places))
    page = page_of(session.scalars(sliced(query, [ScorecardRow.id], request)), request, key=lambda row: (row.id,))
    return Page(tuple(_cards(session, page.items)), page.next_cursor)


def load_kpis(session: ReadSession, kpi_ids: Collection[str], *, on: date) -> Mapping[KpiId, Kpi]:
    """KPIs in the version of a day, in five statements; in none where there are none."""
    if not kpi_ids:
        return {}
    return {kpi.id: kpi for kpi in _kpis(session, _KPIS.rows(session, {"ids": sorted(kpi_ids)}), on)}


def load_company_kpis(
    session: ReadSession,
    company_id: str,
    *,
    on: date,
    states: Collection[KpiState] = (KpiState.ACTIVE, KpiState.PAUSED),
) -> Mapping[KpiId, Kpi]:
    """The KPIs of a company that are in use or rest, in the version of a day, in five statements."""
    query = select(KpiRow).where(KpiRow.company_id == company_id, KpiRow.state.in_(states)).order_by(KpiRow.id)
    return {kpi.id: kpi for kpi in _kpis(session, session.scalars(query).all(), on)}


def load_states(session: ReadSession, company_id: str, kpi_ids: Collection[str]) -> Mapping[KpiId, KpiState]:
    """The states of those KPIs that belong to a company."""
    wanted = [kpi_id for kpi_id in kpi_ids if is_id(kpi_id)]
    query = select(KpiRow.id, KpiRow.state).where(KpiRow.company_id == company_id, KpiRow.id.in_(wanted))
    return {KpiId(kpi_id): KpiState(state) for kpi_id, state in session.execute(query)}


def load_scales(session: ReadSession, company_id: str, scale_ids: Collection[str]) -> Mapping[ScaleId, Scale]:
    """Those of the scales that belong to a company."""
    wanted = [scale_id for scale_id in scale_ids if is_id(scale_id)]
    rows = session.scalars(select(ScaleRow).where(ScaleRow.company_id == company_id, ScaleRow.id.in_(wanted)))
    return {ScaleId(row.id): scale_of(row) for row in rows}


def load_competences(session: ReadSession, company_id: str) -> Mapping[CompetenceId, Competence]:
    """All competences of a company, whoever asks."""
    rows = session.scalars(select(CompetenceRow).where(CompetenceRow.company_id == company_id))
    return {CompetenceId(row.id): competence_of(row) for row in rows}


def load_goals(session: ReadSession, company_id: str) -> tuple[Goal, ...]:
    """All goals of a company, in no order, whoever asks."""
    return tuple(goal_of(row) for row in session.scalars(select(GoalRow).where(GoalRow.company_id == company_id)))


def load_goal_parents(session: ReadSession, company_id: str) -> Mapping[str, str | None]:
    """The tree of goals: the parent of each."""
    query = select(GoalRow.id, GoalRow.parent_id).where(GoalRow.company_id == company_id)
    return {goal.id: goal.parent_id for goal in session.execute(query)}


def load_scorecards(session: ReadSession, company_id: str, *, on: date) -> tuple[Scorecard, ...]:
    """The cards of a company that are valid on a day: of each subject and level the latest begun."""
    return tuple(_cards(session, _VALID_CARDS.rows(session, {"company_id": company_id, "day": on})))


def load_cards_with(session: ReadSession, kpi_id: str, *, since: date) -> tuple[Scorecard, ...]:
    """The cards with a KPI that are valid on a day or begin later."""
    holding = select(ScorecardLineRow.scorecard_id).where(ScorecardLineRow.kpi_id == kpi_id)
    row = session.get_one(KpiRow, kpi_id)
    coming = select(ScorecardRow).where(ScorecardRow.id.in_(holding), ScorecardRow.starts_on > since)
    valid = [
        card
        for card in load_scorecards(session, row.company_id, on=since)
        if any(line.kpi_id == kpi_id for line in card.lines)
    ]
    return (*valid, *_cards(session, session.scalars(coming).all()))


def load_targets(session: ReadSession, kpi_ids: Collection[str], *, on: date | None) -> tuple[Target, ...]:
    """Goalposts of KPIs that have begun by a day (None: all), the latest first."""
    rows = _TARGETS.rows(session, {"ids": sorted(kpi_ids), "day": on or date.max})
    return tuple(target_of(row) for row in rows)


def find_kpis(session: ReadSession, company_id: str, names: Collection[str]) -> Mapping[str, KpiId]:
    """KPIs of a company by what a file calls them, an external id or an id; unknown names are absent."""
    query = select(KpiRow.external_id, KpiRow.id).where(KpiRow.company_id == company_id, KpiRow.external_id.in_(names))
    named = {name: KpiId(kpi_id) for name, kpi_id in session.execute(query) if name is not None}
    ids = load_states(session, company_id, [name for name in names if name not in named])
    return named | {kpi_id: kpi_id for kpi_id in ids}


def has_asked_with(session: ReadSession, scale_id: str) -> bool:
    """Whether an item of a KPI that is no draft any more uses a scale."""
    query = (
        select(ItemRow.id)
        .join(KpiVersionRow, KpiVersionRow.id == ItemRow.kpi_version_id)
        .join(KpiRow, KpiRow.id == KpiVersionRow.kpi_id)
        .where(ItemRow.scale_id == scale_id, KpiRow.state != KpiState.DRAFT)
    )
    return session.scalar(query.limit(1)) is not None


def _readable(session: ReadSession, viewer: Viewer, table: type[Row], row_id: str) -> Row:
    row = session.get(table, row_id) if is_id(row_id) else None
    if row is None:
        raise NotFound
    require(viewer, Action.KPIS_READ, (row.company_id,))
    return row


def _page(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    table: type[Row],
    wanted: Sequence[ColumnElement[bool]],
) -> Page[Row]:
    require(viewer, Action.KPIS_READ, (company_id,))
    query = select(table).where(table.company_id == company_id, *wanted)
    keys = [func.coalesce(table.external_id, ""), table.id]
    rows = session.scalars(sliced(query, keys, request))
    return page_of(rows, request, key=lambda row: (row.external_id or "", row.id))


def _kpis(session: ReadSession, rows: Sequence[KpiRow], on: date) -> list[Kpi]:
    valid: dict[str, KpiVersionRow] = {}
    for version in _VERSIONS.rows(session, {"ids": [row.id for row in rows]}):
        if version.starts_on <= on or version.kpi_id not in valid:
            valid[version.kpi_id] = version
    items = _items(session, [version.id for version in valid.values()])
    return [kpi_of(row, version_of(valid[row.id], items[valid[row.id].id])) for row in rows]


def _items(session: ReadSession, version_ids: Collection[str]) -> Mapping[str, tuple[Item, ...]]:
    """The items of versions, in order; a version without items has none."""
    found: dict[str, tuple[Item, ...]] = dict.fromkeys(version_ids, ())
    items = _ITEMS.rows(session, {"ids": list(version_ids)})
    used = sorted({item.scale_id for item in items})
    scales = {row.id: scale_of(row) for row in _SCALES.rows(session, {"ids": used})}
    for item in items:
        found[item.kpi_version_id] += (item_of(item, scales[item.scale_id], item.competence_name),)
    return found


def _cards(session: ReadSession, rows: Sequence[ScorecardRow]) -> list[Scorecard]:
    lines = defaultdict(list)
    for line in _LINES.rows(session, {"ids": [row.id for row in rows]}):
        lines[line.scorecard_id].append(line_of(line))
    return [card_of(row, tuple(lines[row.id])) for row in rows]


def _places(session: ReadSession, viewer: Viewer, company_id: str, on: date) -> set[str] | None:
    """The subjects whose cards and targets a viewer may see; None for the whole company."""
    if viewer.is_service or company_id in roots(viewer, Action.KPIS_READ):
        return None
    tree = load_tree(session, SubjectId(company_id), on=on)
    return {subject_id for subject_id in tree.subjects if may(viewer, Action.KPIS_READ, tree.path(subject_id))}


# ------------------------------------------------------------ asked for all the time


def _valid_cards() -> Select[Any]:
    """The cards of a `company_id` on a `day`: of each subject and level the latest begun."""
    card = ScorecardRow.__table__.c
    latest = (
        select(card.subject_id, card.level, func.max(card.starts_on).label("starts_on"))
        .where(card.company_id == bindparam("company_id", type_=Id), card.starts_on <= bindparam("day", type_=Day))
        .group_by(card.subject_id, card.level)
        .subquery()
    )
    return select(*card).join(
        latest,
        (card.subject_id == latest.c.subject_id)
        & (card.level == latest.c.level)
        & (card.starts_on == latest.c.starts_on),
    )


_IDS = bindparam("ids", type_=Id, expanding=True)
_VALID_CARDS = Lookup(_valid_cards())
_KPIS = Lookup(select(*KpiRow.__table__.c).where(KpiRow.id.in_(_IDS)))
_VERSIONS = Lookup(
    select(*KpiVersionRow.__table__.c)
    .where(KpiVersionRow.kpi_id.in_(_IDS))
    .order_by(KpiVersionRow.starts_on, KpiVersionRow.number)
)
_ITEMS = Lookup(
    select(*ItemRow.__table__.c, CompetenceRow.name.label("competence_name"))
    .outerjoin(CompetenceRow, CompetenceRow.id == ItemRow.competence_id)
    .where(ItemRow.kpi_version_id.in_(_IDS))
    .order_by(ItemRow.position)
)
_SCALES = Lookup(select(*ScaleRow.__table__.c).where(ScaleRow.id.in_(_IDS)))
_TARGETS = Lookup(
    select(*TargetRow.__table__.c)
    .where(TargetRow.kpi_id.in_(_IDS), TargetRow.starts_on <= bindparam("day", type_=Day))
    .order_by(TargetRow.starts_on.desc(), TargetRow.id)
)
_LINES = Lookup(
    select(*ScorecardLineRow.__table__.c)
    .where(ScorecardLineRow.scorecard_id.in_(_IDS))
    .order_by(ScorecardLineRow.position)
)
