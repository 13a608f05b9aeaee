"""The first page of a summary on paper: the values of `templates/print/summary.typ`, every text as it is printed."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.http.visit import Visit, said
from app.infra.formats import interval, score
from app.infra.templates import macros
from app.organisation.values import Subject, SubjectKind
from app.papers.figures import Row
from app.papers.found_text import ChangeText, Named
from app.papers.result_text import Shown
from app.papers.runs import Paragraph, paragraphs_of, text_of
from app.papers.step_text import StepText
from app.papers.summary_sheets import title_of
from app.summaries.values import Summary

Values = dict[str, Any]

# How wide plots are drawn in the pixels of pages, and the room beside them for marks that stand at either end.
_WIDTH, _ROOM = 280, 12
_HEIGHT = re.compile(r'\bheight="(\d+)"')
_GOOD, _WATCH, _INK = "#256b43", "#8a5200", "#16211f"


def first_page(
    visit: Visit, summary: Summary, company: Subject, told: Shown, questions: Sequence[str]
) -> Mapping[str, Any]:
    """What stands on the page; tables and pictures only where there is something to show or withhold."""
    words = _macros(visit, "print/words.html")
    is_bare = summary.is_empty
    return {
        "lang": visit.locale,
        "title": title_of(visit, summary),
        "organisation": company.name,
        "confidential": said(visit, "Feedback, confidential"),
        "name": summary.subject.name,
        "lead": text_of(words.lead(summary)),
        "hero": None if is_bare else _hero(visit, summary, told),
        "short": _in_short(visit, summary, told),
        "columns": [] if is_bare else _columns(visit, told, questions),
        "step": None if is_bare or told.step is None else _step(visit, told.step),
        "soft": None if is_bare or not told.soft else _soft(visit, told),
        "hard": None if is_bare or not told.hard else _hard(visit, told),
        "key": text_of(words.key(bool(told.hard))),
        "origin": text_of(words.origin(summary)),
        "page": said(visit, "Page {page} of {pages}"),
        "left_out": said(visit, "There is no room for the rater groups here: they stand in the full version."),
    }


def _macros(visit: Visit, template: str) -> Any:
    return macros(visit.service.templates, template, visit.locale)


def _hero(visit: Visit, summary: Summary, told: Shown) -> Values | None:
    """The composite with its interval, its parts and its coverage; hatched where it is withheld."""
    if summary.composite is None:
        return None
    composite, charts, ui = (
        summary.composite,
        _macros(visit, "partials/charts.html"),
        _macros(visit, "partials/ui.html"),
    )
    figure = composite.figure
    label = said(visit, "Composite score")
    is_withheld = figure.score is None
    withheld = text_of(ui.withheld(told.composite_reason, square=False)) if is_withheld else ""
    likely = interval(figure.lo, figure.hi, visit.locale, spoken=True)
    parts = text_of(_macros(visit, "print/words.html").parts(composite.soft, composite.hard))
    return {
        "label": label,
        "score": score(figure.score, visit.locale),
        "words": withheld or ". ".join(word for word in (likely, told.firmness) if word),
        "notes": [note for note in (parts, told.coverage) if note],
        "plot": _picture(charts.withheld_svg("composite", 32), f"{label}: {withheld}") if is_withheld else None,
    }


def _in_short(visit: Visit, summary: Summary, told: Shown) -> list[Paragraph]:
    """The sentences of the page, told of the person by name: a paper is read by two."""
    if summary.is_empty:
        nothing = "Nothing about %(name)s was rated or measured in this round."
        return [[(_filled(visit, nothing, name=summary.subject.name), False)]]
    if summary.composite is not None:
        in_short = _macros(visit, "pages/summary/in_short.html").in_short
        return paragraphs_of(in_short(summary, told, False))  # noqa: FBT003 - a macro of a template
    if summary.subject.kind is SubjectKind.COMPETITOR:
        return [[(said(visit, "A competitor has group scores only."), False)]]
    return [[(said(visit, "No scorecard applies here."), False)]]


def _filled(visit: Visit, message: str, **values: str) -> str:
    """A sentence of a template that takes its values in the manner of templates."""
    return said(visit, message) % values


def _columns(visit: Visit, told: Shown, questions: Sequence[str]) -> list[Values]:
    """Strengths, the development area, and what to talk about first."""
    columns = []
    found = told.standouts
    if found is not None:
        nothing: list[Paragraph] = [[(found.nothing, False)]] if found.nothing else []
        others: list[Paragraph] = [[(found.others, False)]] if found.others else []
        columns = [
            _column(visit, "Strengths", "plus", _GOOD, [*_named(found.strengths), *nothing]),
            _column(visit, "Development area", "up_right", _WATCH, [*_named(found.areas), *others, *nothing]),
        ]
    if questions:
        columns.append(_column(visit, "First question of the talk", "right", _INK, [[(questions[0], False)]]))
    elif told.change is not None:
        since = text_of(_macros(visit, "print/words.html").since(told.change))
        columns.append({**_column(visit, "", "right", _INK, _changes(told.change)), "title": since})
    return columns


def _column(visit: Visit, title: str, icon: str, colour: str, paragraphs: Sequence[Paragraph]) -> Values:
    drawn = _macros(visit, "partials/icons.html").icon(icon)
    return {"title": said(visit, title), "icon": _as_file(drawn, colour), "paragraphs": paragraphs}


def _step(visit: Visit, step: StepText) -> Values:
    """The next step over the whole width: what to work on stands out."""
    work_on, *others = step.sentences
    return _column(visit, "Next step", "right", _INK, [[(work_on, True), (" " + " ".join(others), False)]])


def _named(found: Sequence[Named]) -> list[Paragraph]:
    return [[(f"{one.kpi}, {one.score}", True), (". ", False), (" ".join(one.sentences), False)] for one in found]


def _changes(change: ChangeText) -> list[Paragraph]:
    rows: list[Paragraph] = [[(row.name, True), (f": {row.change}. {row.words}", False)] for row in change.rows]
    return [*rows, [(change.same, False)]] if change.same else rows


# ------------------------------------------------------------ tables with pictures


def _soft(visit: Visit, told: Shown) -> Values:
    charts, icons = _macros(visit, "partials/charts.html"), _macros(visit, "partials/icons.html")
    words = _macros(visit, "print/words.html")

    def kpi(row: Row, place: int) -> Values:
        plot = None
        if row["score"] is not None:
            plot = charts.interval_svg(row["score"], row["lo"], row["hi"])
        elif row["reason"]:
            plot = charts.withheld_svg(f"kpi-{place}", 32)
        return {
            "name": row["name"],
            "score": score(row["score"], visit.locale),
            "plot": plot and _picture(plot, text_of(words.kpi_picture(row))),
            "words": paragraphs_of(charts.kpi_words(row)),
            "groups": [group(one, f"{place}-{number}") for number, one in enumerate(row["groups"])],
        }

    def group(row: Row, place: str) -> Values:
        plot = None
        if row["score"] is not None:
            plot = charts.group_svg(row["group"], row["score"], row["lo"], row["hi"])
        elif row["reason"]:
            plot = charts.withheld_svg(f"group-{place}")
        return {
            "name": row["name"],
            "mark": _as_file(icons.group_mark(row["group"]), _INK),
            "score": score(row["score"], visit.locale),
            "plot": plot and _picture(plot, text_of(words.group_picture(row))),
            "words": paragraphs_of(charts.group_words(row)),
        }

    return {
        "title": said(visit, "Soft KPIs, as others experience it"),
        "heads": [said(visit, head) for head in ("KPI and who has rated", "Score", "Basis")],
        "axis": _picture(charts.axis_svg(), said(visit, "Score from 0 to 100")),
        "rows": [kpi(row, place) for place, row in enumerate(told.soft)],
        "notes": told.soft_notes,
    }


def _hard(visit: Visit, told: Shown) -> Values:
    charts, words = _macros(visit, "partials/charts.html"), _macros(visit, "print/words.html")

    def measured(row: Row, place: int) -> Values:
        plot = None
        if row["withheld"]:
            plot = charts.withheld_svg(f"hard-{place}", 32)
        elif row.get("best_low") is not None:
            plot = charts.range_svg(row)
        elif row.get("floor") is not None:
            plot = charts.bullet_svg(row)
        return {
            "name": row["name"],
            "score": score(row["score"], visit.locale),
            "plot": plot and _picture(plot, text_of(words.measured_picture(row))),
            "icon": _verdict(visit, row),
            "words": paragraphs_of(charts.measured_words(row)),
        }

    return {
        "title": said(visit, "Hard KPIs, measured against the target"),
        "heads": [said(visit, head) for head in ("KPI", "Score", "Measured")],
        "target": said(visit, "Target"),
        "rows": [measured(row, place) for place, row in enumerate(told.hard)],
        "notes": told.hard_notes,
    }


def _verdict(visit: Visit, row: Row) -> str | None:
    """The sign before the words that say whether a target is reached; none without a target."""
    if row["withheld"] or row["value"] is None or (row.get("floor") is None and row.get("best_low") is None):
        return None
    name, colour = ("check", _GOOD) if row["reached"] else ("up_right", _WATCH)
    return _as_file(_macros(visit, "partials/icons.html").icon(name), colour)


def _picture(drawing: str, words: str) -> Values:
    """A drawing of the page at a fixed width, and what is said instead of it."""
    placed = str(drawing).replace('width="100%"', f'x="{_ROOM}" width="{_WIDTH}"', 1)
    height = _HEIGHT.findall(placed)[0]
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH + 2 * _ROOM}" height="{height}">{placed}</svg>'
    return {"svg": whole, "alt": words}


def _as_file(drawing: str, colour: str) -> str:
    """A small drawing that stands by itself: with its name space, and the colour that a page would give it."""
    return str(drawing).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).replace("currentColor", colour)
