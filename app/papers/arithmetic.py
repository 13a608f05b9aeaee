"""The arithmetic of a subject as rows of one nested table: item, rater group, KPI, composite; printed parts add up."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from app.deferred import dataclass
from app.http.visit import Visit, said
from app.infra.formats import measure, number, percent, score
from app.papers.figure_words import (
    as_part,
    digits_of,
    figure_href,
    gap_of,
    item_names,
    name_of,
    person_of,
    weight_of,
    why_withheld,
    worth_of,
)
from app.papers.result_words import SELF, group_name
from app.releases.trace import FigureKey, item_points
from app.releases.values import ScoreStatus
from app.scoring.composite import LEAST_KPI_WEIGHT
from app.summaries.rules import group_rank
from app.summaries.values import Arithmetic
from app.words import in_locale

Document = Mapping[str, Any]
KPI, GROUP, ITEM = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Term:
    """One row: score × weight = part, all as printed; `withheld` is the reason of a row that has no figure.

    level : 0 for a KPI, 1 for what it is made of, 2 for its items
    href : the page of this figure alone; empty for what is no figure of its own
    """

    level: int
    label: str
    score: str
    weight: str = ""
    part: str = ""
    basis: str = ""
    withheld: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """The composite as the sum of its parts; `note` says what is special about how they are put together."""

    score: str
    weight: str
    coverage: str
    withheld: str
    note: str
    href: str


def total_of(visit: Visit, found: Arithmetic) -> Total | None:
    """The last line of the table; None where there is no composite."""
    composite: Document | None = found.document["composite"]
    if composite is None:
        return None
    why = why_withheld(visit, composite, least=LEAST_KPI_WEIGHT)
    whole = "" if why else percent(1, visit.locale)
    share = percent(composite["coverage"], visit.locale)
    included = said(visit, "{share} of the weight is included.", share=share)
    href = figure_href(found, FigureKey())
    return Total(score(composite["score"], visit.locale), whole, included, why, form_of(visit, composite), href)


def form_of(visit: Visit, composite: Document) -> str:
    """How a geometric composite comes out of its parts, since score times weight is not what they add."""
    if composite.get("form") != "geometric" or composite["score"] is None:
        return ""
    return said(
        visit,
        "The composite is a geometric mean: the KPIs are multiplied, each to the power of its weight. "
        "Their contributions share the result out by their logarithms.",
    )


def terms_of(visit: Visit, found: Arithmetic) -> list[Term]:
    """Every row, KPI by KPI, each followed by what it is made of."""
    composite: Document = found.document["composite"] or {}
    parts = {part["kpi_id"]: part for part in composite.get("parts", ())}
    shown = digits_of(visit, composite.get("score"), [part["points"] for part in parts.values()])
    told = {kpi_id: (part, digits) for (kpi_id, part), digits in zip(parts.items(), shown, strict=True)}
    left_out = {one["kpi_id"]: one for one in composite.get("excluded", ())}
    rows: list[Term] = []
    seen: set[str] = set()
    for kpi in found.document["kpis"]:
        seen.add(kpi["kpi_id"])
        rows.append(_kpi_term(visit, found, kpi, told.get(kpi["kpi_id"])))
        inner = _soft_terms if kpi["kind"] == "soft" else _hard_terms
        rows += inner(visit, found, kpi)
    for kpi_id, one in left_out.items():
        if kpi_id not in seen:
            rows.append(_without(visit, KPI, name_of(visit, found, kpi_id), as_part(one["reason"]), FigureKey(kpi_id)))
    return rows


def _kpi_term(visit: Visit, found: Arithmetic, kpi: Document, told: tuple[Document, str] | None) -> Term:
    key = FigureKey(kpi["kpi_id"])
    name, href = name_of(visit, found, kpi["kpi_id"]), figure_href(found, key)
    if kpi["status"] != ScoreStatus.OK:
        return _without(visit, KPI, name, kpi, key, href)
    if told is None:
        return Term(KPI, name, score(kpi["score"], visit.locale), href=href)
    part, digits = told
    whole = math.fsum(one["weight"] for one in found.document["composite"]["parts"])
    return Term(
        KPI,
        name,
        score(kpi["score"], visit.locale),
        percent(part["share"], visit.locale, 1),
        digits,
        weight_of(visit, part["weight"], whole),
        href=href,
    )


def _without(visit: Visit, level: int, name: str, part: Document, key: FigureKey, href: str = "") -> Term:
    """A row without a figure: withheld, or there is nothing to withhold."""
    words, is_withheld = gap_of(visit, part, key)
    told = {"withheld": words} if is_withheld else {"basis": words}
    return Term(level, name, score(None, visit.locale), **told, href=href)


def _soft_terms(visit: Visit, found: Arithmetic, kpi: Document) -> Iterator[Term]:
    """The rater groups of a KPI with their items, those withheld in their places."""
    counting = [group for group in kpi["groups"] if group["rater_groups"] != [SELF]]
    shown = digits_of(visit, kpi["score"], [group["points"] for group in counting])
    digits = {tuple(group["rater_groups"]): part for group, part in zip(counting, shown, strict=True)}
    for group in sorted([*kpi["groups"], *kpi["withheld"]], key=lambda group: group_rank(group["rater_groups"])):
        if "mean" in group:
            yield _group_term(visit, found, kpi, group, digits.get(tuple(group["rater_groups"]), ""))
            yield from _item_terms(visit, found, kpi["kpi_id"], group)
        else:
            key = FigureKey(kpi["kpi_id"], tuple(group["rater_groups"]))
            name = group_name(visit, group["rater_groups"], person=person_of(found))
            yield _without(visit, GROUP, name, group, key, figure_href(found, key))


def _group_term(visit: Visit, found: Arithmetic, kpi: Document, group: Document, part: str) -> Term:
    return Term(
        GROUP,
        group_name(visit, group["rater_groups"], person=person_of(found)),
        score(group["mean"], visit.locale),
        percent(group["share"], visit.locale, 1) if part else "",
        part,
        _group_basis(visit, kpi, group),
        href=figure_href(found, FigureKey(kpi["kpi_id"], tuple(group["rater_groups"]))),
    )


def _group_basis(visit: Visit, kpi: Document, group: Document) -> str:
    if group["rater_groups"] == [SELF]:
        return said(visit, "Does not count.")
    answers = said(visit, "1 answer" if group["n"] == 1 else "{count} answers", count=number(group["n"], visit.locale))
    if kpi["score"] is None:
        return answers
    return f"{answers}. {weight_of(visit, group['weight'], kpi['weight_shown'])}"


def _item_terms(visit: Visit, found: Arithmetic, kpi_id: str, group: Document) -> Iterator[Term]:
    """Items with their parts; without, where not everybody judged every item: then each rater's own mean counts."""
    names = item_names(visit, found.kpis[kpi_id])
    points = item_points(group)
    shown = iter(digits_of(visit, group["mean"], [part for _, part in points.values()]) if points else ())
    for item in group["items"]:
        key = FigureKey(kpi_id, tuple(group["rater_groups"]), item["item_id"])
        name, href = names.get(item["item_id"], ""), figure_href(found, key)
        if "mean" not in item:
            yield _without(visit, ITEM, name, item, key, href)
            continue
        share, _ = points.get(item["item_id"], (None, None))
        weight = percent(share, visit.locale, 1) if share is not None else ""
        yield Term(ITEM, name, score(item["mean"], visit.locale), weight, next(shown, ""), href=href)


def _hard_terms(visit: Visit, found: Arithmetic, kpi: Document) -> Iterator[Term]:
    frozen = found.kpis[kpi["kpi_id"]]
    if kpi.get("value") is None or frozen.measure is None:
        return
    value = measure(kpi["value"], visit.locale, in_locale(frozen.measure.unit, visit.locale), frozen.measure.decimals)
    label = said(visit, "Measured: {value}", value=value)
    yield Term(GROUP, label, score(kpi["score"], visit.locale), basis=worth_of(visit, kpi))
