"""What is lacking at a unit as a file: a line per competence and subject, the unit as a whole first, or why there is none."""

from collections.abc import Iterator, Sequence

from app.http.visit import Visit, said
from app.infra.formats import number, period
from app.infra.spreadsheet import Sheet, SheetColumn, write_workbook
from app.infra.tabular import write_csv
from app.organisation.values import SubjectKind
from app.papers.result_words import missing, reason
from app.papers.summary_files import WORKBOOK
from app.releases.values import ScoreLevel
from app.scoring.goalposts import DEFAULT_TARGET_SCORE
from app.summaries.competences import CompetenceGaps, Lack
from app.summaries.gaps import MOST_BELOW, GapReport
from app.words import in_locale

__all__ = ["CSV", "KINDS", "WORKBOOK", "cut_words", "gap_file_name", "gap_table", "gap_workbook", "lack_reason"]

CSV = "text/csv; charset=utf-8"
KINDS = {
    SubjectKind.COMPANY: "Company",
    SubjectKind.DEPARTMENT: "Department",
    SubjectKind.TEAM: "Team",
    SubjectKind.PERSON: "Person",
}
_CUT = "More than {most} people and units stand below. These are the units, {most} of them at most; each has its own people on its page."
_HEADS = (
    ("Competence", 28),
    ("Unit or person", 28),
    ("Kind", 14),
    ("Score", 12),
    ("Interval from", 12),
    ("Interval to", 12),
    ("Missing to the target", 14),
    ("Coverage", 12),
    ("Below the target", 14),
    ("With a figure", 14),
    ("Note", 44),
)


def gap_table(visit: Visit, found: GapReport) -> bytes:
    """A CSV file with the decimal sign of the reader's language; figures are unrounded."""
    heads = [said(visit, name) for name, _ in _HEADS]
    return write_csv(heads, list(_rows(visit, found)), decimal="," if visit.locale == "nb" else ".")


def gap_workbook(visit: Visit, found: GapReport) -> bytes:
    """An XLSX file: the same lines, and what they are about."""
    told = found.summary
    about: list[list[object]] = [
        [said(visit, "About"), told.subject.name],
        [said(visit, "Period"), period(told.round.period_start, told.round.period_end, visit.locale)],
        [said(visit, "Round"), in_locale(told.round.name, visit.locale)],
        [said(visit, "Release"), str(told.release.id)],
        [said(visit, "Target"), DEFAULT_TARGET_SCORE],
        [said(visit, "Use"), said(visit, "Confidential")],
    ]
    facts = (SheetColumn(said(visit, "Fact"), 18), SheetColumn(said(visit, "Value"), 44))
    sheets = (
        Sheet(
            said(visit, "Competences"),
            [SheetColumn(said(visit, name), width) for name, width in _HEADS],
            list(_rows(visit, found)),
        ),
        Sheet(said(visit, "About the file"), facts, about),
    )
    return write_workbook(sheets, title=told.subject.name, made_at=told.release.sealed_at)


def gap_file_name(found: GapReport, ending: str) -> str:
    """A file name that says which period it is of, and nothing of whom."""
    return f"{found.summary.round.period_end}-gaps.{ending}"


def lack_reason(visit: Visit, lack: Lack) -> str:
    """Why there is no figure; empty where there is one."""
    return reason(visit, lack.figure, level=ScoreLevel.KPI) or missing(visit, lack.figure)


def cut_words(visit: Visit, found: GapReport) -> str:
    """What is left out where more hang below a unit than are read at once; empty where nothing is."""
    if not found.is_cut:
        return ""
    return said(visit, _CUT, most=number(MOST_BELOW, visit.locale))


def _rows(visit: Visit, found: GapReport) -> Iterator[Sequence[object]]:
    for one in found.gaps:
        if one.whole is not None:
            note = lack_reason(visit, one.whole) or cut_words(visit, found)
            yield (*_cells(visit, one, one.whole)[:8], one.lacking, one.told, note)
        yield from (_cells(visit, one, lack) for lack in one.below)


def _cells(visit: Visit, one: CompetenceGaps, lack: Lack) -> Sequence[object]:
    figure = lack.figure
    return (
        in_locale(one.competence.name, visit.locale),
        lack.place.name,
        said(visit, KINDS[lack.place.kind]),
        figure.score,
        figure.lo,
        figure.hi,
        lack.gap,
        figure.coverage,
        None,
        None,
        lack_reason(visit, lack),
    )
