"""The arithmetic of a subject as rows of one nested table: item, rater group, KPI, composite; printed parts add up."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.http.visit import Visit
from app.infra.formats import measure, number, percent, score
from app.organisation.values import SubjectKind
from app.releases.values import ScoreStatus, Withheld
from app.rounds.values import FrozenKpi, Goalposts
from app.scoring.composite import LEAST_KPI_WEIGHT
from app.scoring.explain import printed
from app.scoring.metrics import LEAST_COMPLETENESS
from app.scoring.soft import LEAST_GROUP_WEIGHT
from app.summaries.rules import group_rank, piece_of
from app.summaries.values import MISSING, Arithmetic
from app.web.render import said
from app.web.result_words import SELF, group_name, withheld_words
from app.words import in_locale

Document = Mapping[str, Any]
KPI, GROUP, ITEM = 0, 1, 2
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Term:
    """One row: score × weight = part, all as printed; `withheld` is the reason of a row that has no figure.

    level : 0 for a KPI, 1 for what it is made of, 2 for its items
    """

    level: int
    label: str
    score: str
    weight: str = ""
    part: str = ""
    basis: str = ""
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """The composite as the sum of its parts; `note` says what is special about how they are put together."""

    score: str
    weight: str
    coverage: str
    withheld: str
    note: str


def total_of(visit: Visit, found: Arithmetic) -> Total | None:
    """The last line of the table; None where there is no composite."""
    composite: Document | None = found.document["composite"]
    if composite is None:
        return None
    why = _why(visit, composite, least=LEAST_KPI_WEIGHT)
    whole = "" if why else percent(1, visit.locale)
    share = percent(composite["coverage"], visit.locale)
    included = said(visit, "{share} of the weight is included.", share=share)
    return Total(score(composite["score"], visit.locale), whole, included, why, _form(visit, composite))


def _form(visit: Visit, composite: Document) -> str:
    """How a geometric composite comes out of its parts, since score times weight is not what they add."""
    if composite["form"] != "geometric" or composite["score"] is None:
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
    shown = _printed(visit, composite.get("score"), [part["points"] for part in parts.values()])
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
            why = withheld_words(visit, Withheld(one["reason"]), coverage=0)
            rows.append(_unscored(visit, _name(visit, found, kpi_id), Withheld(one["reason"]), why))
    return rows


def _kpi_term(visit: Visit, found: Arithmetic, kpi: Document, told: tuple[Document, str] | None) -> Term:
    name = _name(visit, found, kpi["kpi_id"])
    if kpi["status"] != ScoreStatus.OK:
        least = LEAST_GROUP_WEIGHT if kpi["kind"] == "soft" else LEAST_COMPLETENESS
        return _unscored(visit, name, Withheld(kpi["reason"]), _why(visit, kpi, least=least))
    if told is None:
        return Term(KPI, name, score(kpi["score"], visit.locale))
    part, digits = told
    whole = math.fsum(one["weight"] for one in found.document["composite"]["parts"])
    return Term(
        KPI,
        name,
        score(kpi["score"], visit.locale),
        percent(part["share"], visit.locale, 1),
        digits,
        _weight_of(visit, part["weight"], whole),
    )


def _unscored(visit: Visit, name: str, why: Withheld, words: str) -> Term:
    """A KPI without a score: withheld, or never asked for."""
    if why in MISSING:
        return Term(KPI, name, score(None, visit.locale), basis=words)
    return Term(KPI, name, score(None, visit.locale), withheld=words)


def _soft_terms(visit: Visit, found: Arithmetic, kpi: Document) -> Iterator[Term]:
    """The rater groups of a KPI with their items, those withheld in their places."""
    counting = [group for group in kpi["groups"] if group["rater_groups"] != [SELF]]
    shown = _printed(visit, kpi["score"], [group["points"] for group in counting])
    digits = {tuple(group["rater_groups"]): part for group, part in zip(counting, shown, strict=True)}
    for group in sorted([*kpi["groups"], *kpi["withheld"]], key=lambda group: group_rank(group["rater_groups"])):
        if "mean" in group:
            yield _group_term(visit, found, kpi, group, digits.get(tuple(group["rater_groups"]), ""))
            yield from _item_terms(visit, found.kpis[kpi["kpi_id"]], group)
        else:
            yield _withheld_group(visit, group, _person(found))


def _group_term(visit: Visit, found: Arithmetic, kpi: Document, group: Document, part: str) -> Term:
    return Term(
        GROUP,
        group_name(visit, group["rater_groups"], person=_person(found)),
        score(group["mean"], visit.locale),
        percent(group["share"], visit.locale, 1) if part else "",
        part,
        _group_basis(visit, kpi, group),
    )


def _withheld_group(visit: Visit, one: Document, person: str) -> Term:
    name = group_name(visit, one["rater_groups"], person=person)
    if one["minimum"] == 1:
        return Term(GROUP, name, score(None, visit.locale), basis=said(visit, "No answer"))
    visits = one["rater_groups"] == ["mystery_shopper"]
    why = withheld_words(visit, Withheld(one["reason"]), minimum=one["minimum"], visits=visits)
    return Term(GROUP, name, score(None, visit.locale), withheld=why)


def _group_basis(visit: Visit, kpi: Document, group: Document) -> str:
    if group["rater_groups"] == [SELF]:
        return said(visit, "Does not count.")
    answers = said(visit, "1 answer" if group["n"] == 1 else "{count} answers", count=number(group["n"], visit.locale))
    if kpi["score"] is None:
        return answers
    return f"{answers}. {_weight_of(visit, group['weight'], kpi['weight_shown'])}"


def _item_terms(visit: Visit, frozen: FrozenKpi, group: Document) -> Iterator[Term]:
    """Items with their parts; without, where not everybody judged every item: then each rater's own mean counts."""
    names = {item.id: in_locale(item.name, visit.locale) for item in frozen.items}
    present = [item for item in group["items"] if "mean" in item]
    whole = math.fsum(item["weight"] for item in present)
    values = [item["weight"] / whole * item["mean"] for item in present] if whole else []
    # Self counts nowhere, so its items contribute nothing.
    adds_up = bool(values) and group["rater_groups"] != [SELF] and abs(math.fsum(values) - group["mean"]) < _TOLERANCE
    shown = iter(_printed(visit, group["mean"], values) if adds_up else [""] * len(present))
    for item in group["items"]:
        name = names.get(item["item_id"], "")
        if "mean" not in item:
            why = withheld_words(visit, Withheld(item["reason"]))
            yield Term(ITEM, name, score(None, visit.locale), withheld=why)
            continue
        weight = percent(item["weight"] / whole, visit.locale, 1) if adds_up else ""
        yield Term(ITEM, name, score(item["mean"], visit.locale), weight, next(shown))


def _hard_terms(visit: Visit, found: Arithmetic, kpi: Document) -> Iterator[Term]:
    frozen = found.kpis[kpi["kpi_id"]]
    if kpi.get("value") is None or frozen.measure is None:
        return
    value = measure(kpi["value"], visit.locale, in_locale(frozen.measure.unit, visit.locale), frozen.measure.decimals)
    posts = Goalposts(**kpi["goalposts"]) if kpi["goalposts"] else None
    line = posts and _line(visit, kpi["value"], posts)
    basis = line or (said(visit, "At or beyond the end of the scale.") if posts else "")
    yield Term(GROUP, said(visit, "Measured: {value}", value=value), score(kpi["score"], visit.locale), basis=basis)


def _line(visit: Visit, value: float, posts: Goalposts) -> str:
    """The straight line between two goalposts in figures: 75 × (180 − 52) / (180 − 45)."""
    piece = piece_of(value, posts)
    if piece is None:
        return said(visit, "Inside the best range.") if posts.target is None and _is_best(value, posts) else ""

    def told(figure: float) -> str:
        return number(figure, visit.locale)

    start = f"{told(piece.start)} {'+' if piece.gain > 0 else '−'} " if piece.start else ""
    way, whole = (" − ".join(map(told, pair)) for pair in (piece.way, piece.whole))
    return f"{start}{told(abs(piece.gain))} × ({way}) / ({whole})"


def _is_best(value: float, posts: Goalposts) -> bool:
    return posts.best_low is not None and posts.best_high is not None and posts.best_low <= value <= posts.best_high


def _why(visit: Visit, document: Document, *, least: float) -> str:
    why = Withheld(document["reason"]) if document["reason"] else None
    coverage = document.get("coverage", document.get("completeness"))
    return withheld_words(visit, why, coverage=coverage, least=least)


def _weight_of(visit: Visit, weight: float, whole: float) -> str:
    return said(
        visit, "Weight {weight} of {whole}", weight=number(weight, visit.locale), whole=number(whole, visit.locale)
    )


def _person(found: Arithmetic) -> str:
    return found.subject.name if found.subject.kind is SubjectKind.PERSON else ""


def _name(visit: Visit, found: Arithmetic, kpi_id: str) -> str:
    return in_locale(found.kpis[kpi_id].name, visit.locale) if kpi_id in found.kpis else ""


def _printed(visit: Visit, total: float | None, values: Sequence[float]) -> list[str]:
    """Parts in the digits that add up to the printed total; none without a total."""
    if total is None:
        return ["" for _ in values]
    _, shown = printed(total, values)
    return [number(part, visit.locale, 1) for part in shown]
