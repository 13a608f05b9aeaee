"""A summary as a workbook: a sheet each for composite, rated KPIs, measured KPIs, and what is withheld with its reasons."""

from collections.abc import Iterator, Sequence

from app.http.visit import Visit, said
from app.infra.formats import day, local_day, period
from app.infra.spreadsheet import Sheet, SheetColumn, write_workbook
from app.organisation.values import Subject
from app.papers.figure_table import COLUMNS, cells_of
from app.papers.result_words import SELF, comments_title, group_name, withheld_comments
from app.papers.step_text import step_text
from app.releases.values import ScoreStatus
from app.rounds.values import Goalposts
from app.summaries.table import FigureRow, composite_rows, figure_rows, hard_row, soft_rows
from app.summaries.values import Figure, HardKpi, Summary
from app.words import in_locale

Rows = Sequence[Sequence[object]]

_SHARE, _WHOLE, _AS_IT_IS, _SIGNED = "0 %", "0", "0.##", "+0.0;-0.0;0.0"
_WIDTHS = {"Figure": 18, "KPI": 28, "Item": 28, "Rated by": 20, "About the change": 28, "Note": 44}
_SHOWN = {
    "Coverage": _SHARE,
    "Raters": _WHOLE,
    "Weight": _AS_IT_IS,
    "Measured": _AS_IT_IS,
    "Changed by": _SIGNED,
    "Change from": _SIGNED,
    "Change to": _SIGNED,
}
_CHANGE = ("Firmness", "Changed by", "Change from", "Change to", "About the change", "Note")
_COMPOSITE = ("Figure", "Score", "Interval from", "Interval to", "Coverage", *_CHANGE)
_SOFT = (
    *("Figure", "KPI", "Item", "Rated by", "Score", "Interval from", "Interval to", "Raters"),
    *("Coverage", "Weight", *_CHANGE),
)
_HARD = ("KPI", "Measured", "Unit", "Score", "Interval from", "Interval to", "Weight", *_CHANGE[1:])
_POSTS = ("Floor", "Target", "Stretch", "Lower floor", "Best range from", "Best range to", "Upper floor")
_WITHHELD = ("Figure", "KPI", "Item", "Rated by", "Note")


def summary_workbook(visit: Visit, summary: Summary, company: Subject) -> bytes:
    """An XLSX file with the figures of a summary, unrounded, in the reader's words."""
    sheets = (
        _sheet(visit, "Composite", _COMPOSITE, [_picked(visit, row, _COMPOSITE) for row in composite_rows(summary)]),
        _sheet(
            visit,
            "Soft KPIs",
            _SOFT,
            [_picked(visit, row, _SOFT) for kpi in summary.soft if not summary.is_empty for row in soft_rows(kpi)],
        ),
        _sheet(
            visit,
            "Hard KPIs",
            (*_HARD[:3], *_POSTS, "Reached", "Distance left", *_HARD[3:]),
            [_hard_cells(visit, kpi) for kpi in summary.hard if not summary.is_empty],
        ),
        _next_step(visit, summary),
        _sheet(visit, "Withheld", _WITHHELD, list(_withheld(visit, summary))),
        _about(visit, summary, company),
    )
    return write_workbook(sheets, title=title_of(visit, summary), made_at=summary.release.sealed_at)


def title_of(visit: Visit, summary: Summary) -> str:
    """Whose results, of which period."""
    return f"{summary.subject.name}, {period(summary.round.period_start, summary.round.period_end, visit.locale)}"


def _sheet(visit: Visit, name: str, headings: Sequence[str], rows: Rows) -> Sheet:
    columns = [
        SheetColumn(said(visit, heading), _WIDTHS.get(heading, 12), _SHOWN.get(heading, _posted(heading)))
        for heading in headings
    ]
    return Sheet(said(visit, name), columns, rows)


def _posted(heading: str) -> str:
    return _AS_IT_IS if heading in {*_POSTS, "Distance left"} else "0.0"


def _picked(visit: Visit, row: FigureRow, headings: Sequence[str]) -> list[object]:
    """The cells of the table of all figures that a sheet takes."""
    cells = dict(zip(COLUMNS, cells_of(visit, row), strict=True))
    return [cells[heading] for heading in headings]


def _hard_cells(visit: Visit, kpi: HardKpi) -> list[object]:
    cells = _picked(visit, hard_row(kpi), _HARD)
    posts = kpi.posts or Goalposts()
    reached = "" if kpi.is_reached is None else said(visit, "Yes" if kpi.is_reached else "No")
    return [
        *cells[:3],
        *(posts.floor, posts.target, posts.stretch, posts.low, posts.best_low, posts.best_high, posts.high),
        reached,
        kpi.left,
        *cells[3:],
    ]


def _withheld(visit: Visit, summary: Summary) -> Iterator[list[object]]:
    """Every figure that is withheld with its reason, then how many comments are; nothing where nobody was asked."""
    for row in figure_rows(summary):
        figure = row.figure
        is_own = row.rater_groups == (SELF,)
        if isinstance(figure, Figure) and figure.status != ScoreStatus.OK and not figure.is_missing and not is_own:
            yield _picked(visit, row, _WITHHELD)
    for block in summary.comments:
        for one in block.withheld:
            about = in_locale(block.item_name, visit.locale) if block.item_name else ""
            title = comments_title(visit, block.rater_groups, [])
            yield [title, "", about, group_name(visit, block.rater_groups), withheld_comments(visit, one)]


def _next_step(visit: Visit, summary: Summary) -> Sheet:
    """What to work on next, in the sentences of the page and with its figures unrounded; empty where there is none."""
    step, told = summary.step, step_text(visit, summary)
    facts: list[tuple[str, object]] = []
    if step is not None and told is not None:
        figure, exercise, resource = step.item.figure, step.item.practice.exercise, step.item.practice.resource
        facts = [
            ("KPI", in_locale(step.kpi, visit.locale)),
            ("Item", in_locale(step.item.name, visit.locale)),
            ("Score", figure.score),
            ("Interval from", figure.lo),
            ("Interval to", figure.hi),
            ("Target", step.target),
            ("Minutes", exercise.minutes if exercise else None),
            ("Address", resource.url if resource else ""),
            ("Next step", " ".join(told.sentences)),
        ]
    columns = (SheetColumn(said(visit, "Fact"), 18), SheetColumn(said(visit, "Value"), 44))
    return Sheet(said(visit, "Next step"), columns, [[said(visit, name), value] for name, value in facts])


def _about(visit: Visit, summary: Summary, company: Subject) -> Sheet:
    """Which release the file is of, so that it can be found again."""
    released = day(local_day(summary.release.sealed_at, zone=visit.settings.zone), visit.locale)
    facts = (
        ("Organisation", company.name),
        ("About", summary.subject.name),
        ("Period", period(summary.round.period_start, summary.round.period_end, visit.locale)),
        ("Round", in_locale(summary.round.name, visit.locale)),
        ("Released", released),
        ("Method", summary.release.method_version),
        ("Release", summary.release.id),
        ("Use", said(visit, "Confidential")),
    )
    columns = (SheetColumn(said(visit, "Fact"), 18), SheetColumn(said(visit, "Value"), 44))
    return Sheet(said(visit, "About the file"), columns, [[said(visit, name), value] for name, value in facts])
