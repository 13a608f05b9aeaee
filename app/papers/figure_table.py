"""The figures of a summary as a file for a spreadsheet, in the reader's words and with the reader's decimal sign."""

from collections.abc import Sequence

from app.http.visit import Visit, said
from app.infra.formats import day, local_day
from app.infra.tabular import write_csv
from app.papers import result_words
from app.papers.found_text import firm_word, no_trend
from app.releases.values import ScoreLevel
from app.summaries.table import FigureRow, Level, figure_rows, origin_of
from app.summaries.values import ChangeFigure, Figure, Summary
from app.words import Words, in_locale

COLUMNS = (
    "Figure",
    "KPI",
    "Item",
    "Rated by",
    "Score",
    "Interval from",
    "Interval to",
    "Raters",
    "Coverage",
    "Weight",
    "Measured",
    "Unit",
    "Firmness",
    "Changed by",
    "Change from",
    "Change to",
    "About the change",
    "Note",
)
ORIGIN = ("Source", "Period from", "Period to", "Released on")
_LEVELS = {
    Level.COMPOSITE: ("Composite score", ScoreLevel.COMPOSITE),
    Level.SOFT: ("Soft part", ScoreLevel.COMPOSITE),
    Level.HARD: ("Hard part", ScoreLevel.COMPOSITE),
    Level.KPI: ("KPI", ScoreLevel.KPI),
    Level.GROUP: ("Rater group", ScoreLevel.GROUP),
    Level.ITEM: ("Item", ScoreLevel.ITEM),
}


def figure_table(visit: Visit, summary: Summary) -> bytes:
    """A CSV file; figures are unrounded, and what is withheld says why."""
    header = [said(visit, name) for name in (*COLUMNS, *ORIGIN)]
    source, *days = origin_of(summary, on=local_day(summary.release.sealed_at))
    origin = (source, *(day(one, visit.locale) for one in days))
    rows = [(*cells_of(visit, row), *origin) for row in figure_rows(summary)]
    return write_csv(header, rows, decimal="," if visit.locale == "nb" else ".")


def cells_of(visit: Visit, row: FigureRow) -> Sequence[object]:
    """A row under COLUMNS in the reader's words, unrounded."""
    figure = row.figure if isinstance(row.figure, Figure) else None
    name, level = _LEVELS[row.level]
    scored = (row.figure.score, row.figure.lo, row.figure.hi) if row.figure else (None, None, None)
    note = ""
    if figure is not None:
        why = result_words.reason(visit, figure, level=level, rater_groups=row.rater_groups)
        note = why or result_words.missing(visit, figure)
    return (
        said(visit, name),
        _named(visit, row.kpi),
        _named(visit, row.item),
        result_words.group_name(visit, row.rater_groups) if row.rater_groups else "",
        *scored,
        row.raters,
        figure.coverage if figure else None,
        row.weight,
        row.value,
        _named(visit, row.unit),
        firm_word(visit, row.firmness),
        *_changed(visit, row.change),
        note,
    )


def _changed(visit: Visit, change: ChangeFigure | None) -> tuple[object, ...]:
    """As on the page: a number only where more than chance is behind it, or else why there is none."""
    if change is None:
        return (None, None, None, "")
    if change.is_real:
        return (change.points, change.lo, change.hi, "")
    why = said(visit, "No change beyond chance") if change.reason is None else no_trend(visit, change.reason)
    return (None, None, None, why)


def _named(visit: Visit, words: Words | None) -> str:
    return in_locale(words, visit.locale) if words else ""
