"""A company beside others as a file for a spreadsheet, in the reader's words and with the reader's decimal sign."""

from collections.abc import Iterator

from app.http.visit import Visit, said
from app.infra.formats import day
from app.infra.tabular import write_csv
from app.papers.result_words import group_name
from app.papers.rival_words import against_words, line_name
from app.summaries.rivals import Competition, Contest, Rival
from app.words import in_locale

COLUMNS = (
    "KPI",
    "Rated by",
    "Who",
    "Score",
    "Interval from",
    "Interval to",
    "Units",
    "Answers",
    "Source",
    "Period from",
    "Period to",
    "Released on",
    "Method",
    "Against us",
)


def competitor_table(visit: Visit, found: Competition) -> bytes:
    """A CSV file: every line with its source and date, figures unrounded."""
    rows = [row for one in found.contests for row in _rows(visit, one, found.unit.name)]
    return write_csv([said(visit, name) for name in COLUMNS], rows, decimal="," if visit.locale == "nb" else ".")


def _rows(visit: Visit, one: Contest, own: str) -> Iterator[tuple[object, ...]]:
    about = in_locale(one.name, visit.locale), group_name(visit, one.rater_groups)
    yield (*about, line_name(visit, own, one), *_cells(visit, one), "")
    for rival in one.rivals:
        yield (*about, line_name(visit, rival.name, one, of=rival), *_cells(visit, rival), against_words(visit, rival))


def _cells(visit: Visit, line: Contest | Rival) -> tuple[object, ...]:
    source = line.source
    days = (day(one, visit.locale) for one in (source.period_start, source.period_end, source.released_on))
    return (line.score, line.lo, line.hi, line.units, line.raters, source.name, *days, source.method_version)
