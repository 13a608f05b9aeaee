"""What follows the first page in the full version: the figures as tables, changes, words, comments, the arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.http.visit import Visit, said
from app.infra.formats import measure, number, percent, points_range, score
from app.papers.arithmetic import KPI, Term, terms_of, total_of
from app.papers.figures import Row
from app.papers.found_text import ChangeText
from app.papers.result_text import CommentBlock, KpiWords, Shown
from app.summaries.values import Arithmetic

Section = Mapping[str, Any]

# Tables of three columns of figures stand under each other, hence in step.
_EVEN = 4
_TERM_HEADS = ("KPI, group, item", "Score", "Weight", "Contribution", "Basis")


def appendix(visit: Visit, told: Shown, questions: Sequence[str], found: Arithmetic) -> list[Section]:
    """Sections with a title; each has tables, texts or quotations."""
    return [
        section
        for section in (
            _soft_figures(visit, told.soft),
            _hard_figures(visit, told.hard),
            _changes(visit, told.change),
            _section(said(visit, "What speaks against each other"), texts=questions),
            *_words(visit, told.words),
            *(_comments(visit, block) for block in told.comments),
            *_arithmetic(visit, found),
        )
        if any(section[part] for part in ("tables", "texts", "quotes"))
    ]


def _section(title: str, **parts: Any) -> Section:
    return {"title": title, "note": "", "tables": [], "texts": [], "quotes": [], **parts}


def _table(heads: Sequence[str], rows: Sequence[Mapping[str, Any]], *, words_from: int) -> Section:
    """A table: the first column names the row, columns from `words_from` on are words, those between are figures.

    A last column without a word in it is left away.
    """
    if not any(row["cells"][-1] for row in rows):
        heads, rows = heads[:-1], [{**row, "cells": row["cells"][:-1]} for row in rows]
    return {"heads": heads, "rows": rows, "words_from": words_from, "even": words_from == _EVEN}


def _line(*cells: str, level: int = 0, is_strong: bool = False, withheld: str = "") -> Mapping[str, Any]:
    """A row; where something is withheld that stands in its last cell."""
    told = (*cells[:-1], withheld) if withheld else cells
    return {"cells": told, "level": level, "strong": is_strong, "withheld": bool(withheld)}


def _withheld(visit: Visit, reason: str) -> str:
    return f"{said(visit, 'Withheld:')} {reason}" if reason else ""


def _soft_figures(visit: Visit, rows: Sequence[Row]) -> Section:
    """Every rated figure with number, interval and weight, as under the chart of the page."""
    lines = []
    for kpi in rows:
        likely = points_range(kpi["lo"], kpi["hi"])
        share = percent(kpi["weight"], visit.locale)
        lines.append(
            _line(
                kpi["name"],
                "–",
                score(kpi["score"], visit.locale),
                likely,
                share,
                kpi["basis"],
                is_strong=True,
                withheld=_withheld(visit, kpi["reason"]),
            )
        )
        lines += [_group_line(visit, group) for group in kpi["groups"]]
    heads = ("KPI and who has rated", "Number", "Score", "Probably", "Weight", "Basis")
    table = _table([said(visit, head) for head in heads], lines, words_from=5)
    return _section(said(visit, "Soft KPIs"), tables=[table] if lines else [])


def _group_line(visit: Visit, group: Row) -> Mapping[str, Any]:
    count = number(group["n"], visit.locale) if group["score"] is not None else "–"
    return _line(
        group["name"],
        count,
        score(group["score"], visit.locale),
        points_range(group["lo"], group["hi"]),
        percent(group["weight"], visit.locale),
        group["basis"],
        level=1,
        withheld=_withheld(visit, group["reason"]),
    )


def _hard_figures(visit: Visit, rows: Sequence[Row]) -> Section:
    """Every measured figure with what it was to reach, as under the chart of the page."""
    lines = [
        _line(
            row["name"],
            measure(row["value"], visit.locale, row["unit"], row["decimals"]),
            *_posts(visit, row),
            score(row["score"], visit.locale),
            "",
            withheld=_withheld(visit, row["withheld"]),
        )
        for row in rows
    ]
    heads = ("KPI", "Measured", "Floor", "Target", "Stretch", "Score", "Basis")
    table = _table([said(visit, head) for head in heads], lines, words_from=6)
    return _section(said(visit, "Hard KPIs"), tables=[table] if lines else [])


def _posts(visit: Visit, row: Row) -> tuple[str, str, str]:
    def told(name: str) -> str:
        return number(row[name], visit.locale)

    if row.get("best_low") is not None:
        return f"{told('floor_low')} / {told('floor_high')}", f"{told('best_low')}–{told('best_high')}", "–"
    if row.get("floor") is not None:
        return told("floor"), told("target"), told("stretch")
    return "–", "–", "–"


def _changes(visit: Visit, change: ChangeText | None) -> Section:
    if change is None:
        return _section("")
    lines = [_line(row.name, row.before, row.after, row.change, row.words) for row in change.rows]
    heads = [said(visit, head) for head in ("KPI", "Before", "Now", "Difference", "Basis")]
    title = said(visit, "Since %(period)s") % {"period": change.since}
    tables = [_table(heads, lines, words_from=4)] if lines else []
    return _section(title, tables=tables, texts=[change.same] if change.same else [])


def _words(visit: Visit, kpis: Sequence[KpiWords]) -> Iterator[Section]:
    """The described step nearest to each mean, and whose mean it is."""
    for kpi in kpis:
        quotes = [
            {"about": item.name, "texts": [{"text": words, "note": who} for words, who in item.lines], "withheld": []}
            for item in kpi.items
        ]
        title = f"{kpi.name}: {said(visit, 'The scores in words')}"
        yield _section(title, note=said(visit, "The described step nearest to each average"), quotes=quotes)


def _comments(visit: Visit, block: CommentBlock) -> Section:
    edited = said(visit, "Edited for anonymity")
    quotes = [
        {
            "about": about,
            "texts": [{"text": text, "note": edited if is_edited else ""} for text, is_edited in texts],
            "withheld": [_withheld(visit, reason) for reason in withheld],
        }
        for about, texts, withheld in block.parts
    ]
    note = said(visit, "Random order, without time or name") if block.is_by_chance else ""
    return _section(block.title, note=note, quotes=quotes)


def _arithmetic(visit: Visit, found: Arithmetic) -> Iterator[Section]:
    """A table for each KPI with all it is made of, so that none is torn apart; then how they add up."""
    heads = [said(visit, head) for head in _TERM_HEADS]
    terms, total = terms_of(visit, found), total_of(visit, found)
    tables = [_table(heads, [_term(visit, term) for term in one], words_from=4) for one in _by_kpi(terms)]
    if total is not None:
        points = "" if total.withheld else total.score
        line = _line(
            said(visit, "Composite score"),
            total.score,
            total.weight,
            points,
            total.coverage,
            is_strong=True,
            withheld=_withheld(visit, total.withheld),
        )
        tables.append(_table(heads, [line], words_from=4))
    notes = [
        said(
            visit, "Scores and weights are rounded. The last digits of the contributions are set so that they add up."
        ),
        said(
            visit,
            "Items of a group contribute as such only where everybody judged every item: it is each rater's own mean that "
            "counts.",
        ),
        *([total.note] if total is not None and total.note else []),
    ]
    yield _section(said(visit, "How it is computed"), tables=tables, texts=notes if tables else [])


def _by_kpi(terms: Sequence[Term]) -> list[list[Term]]:
    found: list[list[Term]] = []
    for term in terms:
        if term.level == KPI or not found:
            found.append([])
        found[-1].append(term)
    return found


def _term(visit: Visit, term: Term) -> Mapping[str, Any]:
    return _line(
        term.label,
        term.score,
        term.weight,
        term.part,
        term.basis,
        level=term.level,
        is_strong=term.level == KPI,
        withheld=_withheld(visit, term.withheld),
    )
