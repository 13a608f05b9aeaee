"""The map of a unit as a file: a line per subject and a column per KPI, scores unrounded, or why there are none."""

from collections.abc import Sequence

from app.followup.values import KpiName
from app.http.visit import Visit, said
from app.infra.formats import period
from app.infra.spreadsheet import Sheet, SheetColumn, write_workbook
from app.infra.tabular import write_csv
from app.kpis.values import KpiKind
from app.overview.values import HeatCell, HeatMap, HeatRow
from app.papers.result_words import reason
from app.papers.summary_files import WORKBOOK
from app.releases.values import ScoreLevel
from app.words import in_locale

__all__ = ["CSV", "WORKBOOK", "cell_reason", "heat_file_name", "heat_table", "heat_workbook", "missing_words"]

CSV = "text/csv; charset=utf-8"


def heat_table(visit: Visit, found: HeatMap) -> bytes:
    """A CSV file with the decimal sign of the reader's language."""
    return write_csv(_heads(visit, found), _rows(visit, found), decimal="," if visit.locale == "nb" else ".")


def heat_workbook(visit: Visit, found: HeatMap) -> bytes:
    """An XLSX file: the figures of the page, and what each column was about."""
    heads = _heads(visit, found)
    columns = [SheetColumn(head, 28 if not place else 14) for place, head in enumerate(heads)]
    told = found.told
    about = [[said(visit, "About"), found.place.name]]
    if told is not None:
        about += [
            [said(visit, "Period"), period(told.period_start, told.period_end, visit.locale)],
            [said(visit, "Round"), in_locale(told.name, visit.locale)],
            [said(visit, "Release"), told.release_id],
            [said(visit, "Use"), said(visit, "Confidential")],
        ]
    facts = (SheetColumn(said(visit, "Fact"), 18), SheetColumn(said(visit, "Value"), 44))
    sheets = (
        Sheet(said(visit, "Side by side"), columns, _rows(visit, found)),
        Sheet(said(visit, "About the file"), facts, about),
    )
    return write_workbook(sheets, title=found.place.name, made_at=visit.now if told is None else told.sealed_at)


def heat_file_name(found: HeatMap, ending: str) -> str:
    """A file name that says which period it is of, and nothing of whom."""
    return f"{'' if found.told is None else found.told.period_end}-side-by-side.{ending}".lstrip("-")


def cell_reason(visit: Visit, cell: HeatCell | None, *, is_whole: bool = False) -> str:
    """Why a cell has no score; empty where it has one, or where nobody was asked."""
    level = ScoreLevel.COMPOSITE if is_whole else ScoreLevel.KPI
    return "" if cell is None else reason(visit, cell.figure, level=level)


def missing_words(kpi: KpiName | None) -> str:
    """What stands where there is no figure and none is withheld; English."""
    return "Not measured" if kpi is not None and kpi.kind is KpiKind.HARD else "Not asked"


def _heads(visit: Visit, found: HeatMap) -> list[str]:
    names = [in_locale(kpi.name, visit.locale) for kpi in found.columns]
    return [said(visit, "Unit or person"), said(visit, "Composite score"), *names]


def _rows(visit: Visit, found: HeatMap) -> list[Sequence[object]]:
    lines = [*([found.unit] if found.unit is not None else []), *found.rows]
    return [_cells(visit, row, found.columns) for row in lines]


def _cells(visit: Visit, row: HeatRow, kpis: Sequence[KpiName]) -> Sequence[object]:
    return (
        row.place.name,
        _value(visit, row.whole, None),
        *(_value(visit, cell, kpi) for cell, kpi in zip(row.cells, kpis, strict=True)),
    )


def _value(visit: Visit, cell: HeatCell | None, kpi: KpiName | None) -> object:
    if cell is None:
        return said(visit, missing_words(kpi))
    if cell.figure.score is not None:
        return cell.figure.score
    return said(visit, "Withheld: {reason}", reason=cell_reason(visit, cell, is_whole=kpi is None))
