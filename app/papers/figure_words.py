"""What figures of an arithmetic are called, where each stands by itself, and how its parts are written."""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlencode

from app.http.visit import Visit, said
from app.infra.formats import number
from app.kpis.values import KpiKind, RaterGroup
from app.organisation.values import SubjectKind
from app.papers.result_words import withheld_words
from app.releases.trace import Document, FigureKey
from app.releases.values import Withheld
from app.rounds.values import FrozenKpi, Goalposts
from app.scoring.composite import LEAST_KPI_WEIGHT
from app.scoring.errors import ScoringError
from app.scoring.explain import printed
from app.scoring.metrics import LEAST_COMPLETENESS
from app.scoring.soft import LEAST_GROUP_WEIGHT
from app.summaries.rules import piece_of
from app.summaries.values import MISSING, Arithmetic
from app.words import in_locale


def figure_href(found: Arithmetic, key: FigureKey) -> str:
    """The page of one figure."""
    named = {"kpi": key.kpi_id, "group": ",".join(key.rater_groups), "item": key.item_id}
    query = urlencode({name: value for name, value in named.items() if value})
    return f"/results/{found.release.id}/subjects/{found.subject.id}/figure" + (f"?{query}" if query else "")


def item_names(visit: Visit, kpi: FrozenKpi) -> dict[str, str]:
    """What the items of a KPI are called, by id."""
    return {item.id: in_locale(item.name, visit.locale) for item in kpi.items}


def worth_of(visit: Visit, kpi: Document) -> str:
    """How a measured value becomes a score, in figures; empty without goalposts."""
    posts = Goalposts(**kpi["goalposts"]) if kpi["goalposts"] else None
    line = posts and _line(visit, kpi["value"], posts)
    return line or (said(visit, "At or beyond the end of the scale.") if posts else "")


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


def why_withheld(visit: Visit, document: Document, *, least: float) -> str:
    """Why a figure of the document is not told; empty for one that is."""
    why = Withheld(document["reason"]) if document["reason"] else None
    coverage = document.get("coverage", document.get("completeness"))
    return withheld_words(visit, why, coverage=coverage, least=least)


def gap_of(visit: Visit, part: Document, key: FigureKey) -> tuple[str, bool]:
    """Why there is no figure, in words, and whether one is withheld: where nobody was asked there is none to withhold."""
    why = Withheld(part["reason"])
    if key.item_id is not None:
        return withheld_words(visit, why), True
    if key.rater_groups:
        if part["minimum"] == 1:
            return said(visit, "No answer"), False
        visits = key.rater_groups == (RaterGroup.MYSTERY_SHOPPER.value,)
        return withheld_words(visit, why, minimum=part["minimum"], visits=visits), True
    least = LEAST_KPI_WEIGHT
    if key.kpi_id is not None:
        least = LEAST_COMPLETENESS if part["kind"] == KpiKind.HARD else LEAST_GROUP_WEIGHT
    return why_withheld(visit, part, least=least), why not in MISSING


def as_part(reason: str) -> Document:
    """The part of the arithmetic that a KPI on the card would have about which nobody was asked."""
    return {"reason": reason, "kind": KpiKind.SOFT.value, "coverage": 0}


def weight_of(visit: Visit, weight: float, whole: float) -> str:
    """A weight as it was set, and of how much."""
    return said(
        visit, "Weight {weight} of {whole}", weight=number(weight, visit.locale), whole=number(whole, visit.locale)
    )


def person_of(found: Arithmetic) -> str:
    """The name of whom it is about; empty for what is no person."""
    return found.subject.name if found.subject.kind is SubjectKind.PERSON else ""


def name_of(visit: Visit, found: Arithmetic, kpi_id: str) -> str:
    """What a KPI is called."""
    return in_locale(found.kpis[kpi_id].name, visit.locale) if kpi_id in found.kpis else ""


def digits_of(visit: Visit, total: float | None, values: Sequence[float]) -> list[str]:
    """Parts in the digits that add up to the printed total; none without a total.

    Those that do not add up, since somebody has altered what is stored, are told as they are.
    """
    if total is None:
        return ["" for _ in values]
    try:
        shown: Sequence[float | Decimal] = printed(total, values)[1]
    except ScoringError:
        shown = values
    return [number(part, visit.locale, 1) for part in shown]
