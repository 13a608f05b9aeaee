"""The page of a unit's people or units beside each other, KPI by KPI, and the files of the same figures."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.deferred import dataclass
from app.http.access import SIGNED_IN, access
from app.http.downloads import download
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.infra.formats import measure, period, points_range, score
from app.organisation.values import UNIT_KINDS
from app.overview.queries import get_heat_map
from app.overview.rules import NAME, WHOLE
from app.overview.values import HeatCell, HeatMap, HeatRow, ToldRound
from app.papers.heat_table import CSV, WORKBOOK, cell_reason, heat_file_name, heat_table, heat_workbook, missing_words
from app.scoring.bands import Band
from app.web.render import page, said
from app.web.sorting import Column, heads_of
from app.web.unit_overview import way_of
from app.words import in_locale

router = Pages()


@dataclass(frozen=True, slots=True)
class CellText:
    """A cell as it is printed."""

    label: str
    score: str
    ends: str
    band: Band | None
    withheld: str
    nothing: str
    value: str


@dataclass(frozen=True, slots=True)
class RowText:
    """A row as it is printed."""

    name: str
    href: str
    is_unit: bool
    cells: Sequence[CellText]


@router.get("/overview/{unit_id}/heat-map.csv")
@access(SIGNED_IN)
def download_heat_table(request: Request, unit_id: str) -> Response:
    with reading(request) as (session, visit):
        found = _found(session, visit, unit_id)
    return download(heat_table(visit, found), heat_file_name(found, "csv"), CSV)


@router.get("/overview/{unit_id}/heat-map.xlsx")
@access(SIGNED_IN)
def download_heat_workbook(request: Request, unit_id: str) -> Response:
    with reading(request) as (session, visit):
        found = _found(session, visit, unit_id)
    return download(heat_workbook(visit, found), heat_file_name(found, "xlsx"), WORKBOOK)


@router.get("/overview/{unit_id}/heat-map")
@access(SIGNED_IN)
def show_heat_map(request: Request, unit_id: str) -> Response:
    with reading(request) as (session, visit):
        found = _found(session, visit, unit_id)
    labels = [said(visit, "Composite score"), *(in_locale(kpi.name, visit.locale) for kpi in found.columns)]
    keys = [WHOLE, *(kpi.id for kpi in found.columns)]
    numbers = [Column(label, key, "figure") for label, key in zip(labels, keys, strict=True)]
    return page(
        visit,
        "pages/overview/heat_map.html",
        found=found,
        way=way_of(found.above),
        heads=heads_of(visit, [Column(said(visit, "Unit or person"), NAME), *numbers], found.sort),
        unit=None if found.unit is None else _row(visit, found, found.unit, labels),
        rows=[_row(visit, found, row, labels) for row in found.rows],
        rounds=[(told.release_id, _period(visit, told)) for told in found.rounds],
        files=_files(found),
        period=None if found.told is None else _period(visit, found.told),
    )


def _found(session: ReadSession, visit: Visit, unit_id: str) -> HeatMap:
    wanted, sort = visit.query.get("release") or None, visit.query.get("sort", "")
    return get_heat_map(session, visit.viewer, unit_id, release_id=wanted, sort=sort, on=visit.today)


def _files(found: HeatMap) -> str:
    """What the addresses of the files end in, so that they hold what the page shows in the order of the page."""
    told = "" if found.told is None else f"&release={found.told.release_id}"
    return f"?sort={found.sort}{told}"


def _period(visit: Visit, told: ToldRound) -> str:
    return period(told.period_start, told.period_end, visit.locale)


def _row(visit: Visit, found: HeatMap, row: HeatRow, labels: Sequence[str]) -> RowText:
    is_unit = row.place.kind in UNIT_KINDS
    told = "" if found.told is None else found.told.release_id
    href = f"/overview/{row.place.id}/heat-map" if is_unit else f"/results/{told}/subjects/{row.place.id}"
    whole = _cell(visit, row.whole, labels[0], is_whole=True)
    parts = zip(row.cells, found.columns, labels[1:], strict=True)
    cells = [
        _cell(
            visit,
            cell,
            label,
            nothing=said(visit, missing_words(kpi)),
            unit=in_locale(kpi.unit, visit.locale) if kpi.unit else "",
            decimals=kpi.decimals,
        )
        for cell, kpi, label in parts
    ]
    return RowText(row.place.name, "" if row is found.unit else href, is_unit, [whole, *cells])


def _cell(  # noqa: PLR0913 - a figure, what it is called, and how it is printed
    visit: Visit,
    cell: HeatCell | None,
    label: str,
    *,
    is_whole: bool = False,
    nothing: str = "",
    unit: str = "",
    decimals: int = 1,
) -> CellText:
    if cell is None:
        return CellText(label, "", "", None, "", nothing or said(visit, "Not asked"), "")
    figure = cell.figure
    ends = points_range(figure.lo, figure.hi) if figure.lo is not None else ""
    return CellText(
        label=label,
        score=score(figure.score, visit.locale) if figure.score is not None else "",
        ends=ends,
        band=cell.band,
        withheld=cell_reason(visit, cell, is_whole=is_whole),
        nothing="",
        value="" if cell.value is None else measure(cell.value, visit.locale, unit, decimals),
    )
