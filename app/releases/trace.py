"""One figure of a stored arithmetic: what it is made of, and what it becomes part of. Pure.

Terms of a figure that is a weighted mean add up to it. Items add up to the mean of their rater group only where
everybody has judged every item: else it is each rater's own mean that counts, and items have no points.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.deferred import dataclass
from app.errors import FieldError, Invalid, NotFound
from app.fields import REQUIRED
from app.kpis.values import RaterGroup

Document = Mapping[str, Any]
TOLERANCE = 1e-6
_SELF = (RaterGroup.SELF.value,)


@dataclass(frozen=True, slots=True)
class FigureKey:
    """Which figure of a subject: composite (no KPI), KPI, rater group of a KPI, or item of a group."""

    kpi_id: str | None = None
    rater_groups: tuple[str, ...] = ()
    item_id: str | None = None

    def __post_init__(self) -> None:
        needed = (
            ("kpi_id", self.rater_groups or self.item_id, self.kpi_id),
            ("group", self.item_id, self.rater_groups),
        )
        missing = [FieldError(name, REQUIRED) for name, is_needed, given in needed if is_needed and not given]
        if missing:
            raise Invalid(missing)


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a figure is made of, or that it becomes part of.

    score, n : 0-100, and how many answers; none of what is withheld
    weight, share : as set, and divided by all that is shown, 0-1
    points : share times score; none where the terms do not add up, or of what is left out
    reason : why it is left out
    """

    key: FigureKey
    score: float | None = None
    n: int | None = None
    weight: float | None = None
    share: float | None = None
    points: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """One figure with its part of the arithmetic.

    part : of the document, as it is stored
    terms : what it is made of, what is left out last; empty for items and hard KPIs
    used_in : the figure it is part of, with its share there; none for a composite or what counts nowhere
    """

    key: FigureKey
    part: Document
    terms: tuple[Term, ...]
    used_in: Term | None


def traced(document: Document, key: FigureKey) -> Traced:
    """One figure of a subject's arithmetic.

    Raises
    ------
    NotFound : the document has no such figure
    """
    if key.kpi_id is None:
        composite = document["composite"]
        if composite is None:
            raise NotFound
        return Traced(key, composite, tuple(_card_terms(document)), None)
    kpi = _only([one for one in document["kpis"] if one["kpi_id"] == key.kpi_id])
    if not key.rater_groups:
        return Traced(key, kpi, tuple(_group_terms(kpi)), _use_of_kpi(document["composite"], key.kpi_id))
    group = _only([one for one in _groups(kpi) if tuple(one["rater_groups"]) == key.rater_groups])
    items = tuple(_item_terms(key.kpi_id, group))
    if key.item_id is None:
        return Traced(key, group, items, _use_of_group(kpi, group))
    item = _only([one for one in group.get("items", ()) if one["item_id"] == key.item_id])
    use = next(term for term in items if term.key.item_id == key.item_id)
    above = FigureKey(key.kpi_id, key.rater_groups)
    used_in = Term(above, group["mean"], group["n"], use.weight, use.share, use.points) if use.share else None
    return Traced(key, item, (), used_in)


def item_points(group: Document) -> dict[str, tuple[float, float]]:
    """Share and points of the items of a group; empty where they do not add up to its mean, or count nowhere."""
    present = [item for item in group.get("items", ()) if "mean" in item]
    whole = math.fsum(item["weight"] for item in present)
    if not whole or tuple(group["rater_groups"]) == _SELF:
        return {}
    found = {item["item_id"]: (item["weight"] / whole, item["weight"] / whole * item["mean"]) for item in present}
    total = math.fsum(points for _, points in found.values())
    return found if abs(total - group["mean"]) < TOLERANCE else {}


def _card_terms(document: Document) -> Iterator[Term]:
    composite = document["composite"]
    scores = {kpi["kpi_id"]: kpi["score"] for kpi in document["kpis"]}
    for part in composite["parts"]:
        figures = (part["score"], None, part["weight"], part["share"], part["points"])
        yield Term(FigureKey(part["kpi_id"]), *figures)
    for one in composite["excluded"]:
        # Of a composite that is withheld all KPIs are left out, those with a score too.
        score = scores.get(one["kpi_id"])
        yield Term(
            FigureKey(one["kpi_id"]), score, None, one["weight"], reason=one["reason"] if score is None else None
        )


def _group_terms(kpi: Document) -> Iterator[Term]:
    for group in kpi.get("groups", ()):
        counts = kpi["score"] is not None and tuple(group["rater_groups"]) != _SELF
        figures = (group["mean"], group["n"], group["weight"])
        used = (group["share"], group["points"]) if counts else (None, None)
        yield Term(FigureKey(kpi["kpi_id"], tuple(group["rater_groups"])), *figures, *used)
    for one in kpi.get("withheld", ()):
        key = FigureKey(kpi["kpi_id"], tuple(one["rater_groups"]))
        yield Term(key, weight=one["weight"], reason=one["reason"])


def _item_terms(kpi_id: str, group: Document) -> Iterator[Term]:
    points = item_points(group)
    for item in group.get("items", ()):
        key = FigureKey(kpi_id, tuple(group["rater_groups"]), item["item_id"])
        used = points.get(item["item_id"], (None, None))
        if "mean" in item:
            yield Term(key, item["mean"], item["n"], item["weight"], *used)
        else:
            yield Term(key, weight=item["weight"], reason=item["reason"])


def _use_of_kpi(composite: Document | None, kpi_id: str) -> Term | None:
    parts = [part for part in composite["parts"] if part["kpi_id"] == kpi_id] if composite is not None else []
    if composite is None or not parts:
        return None
    return Term(FigureKey(), composite["score"], None, parts[0]["weight"], parts[0]["share"], parts[0]["points"])


def _use_of_group(kpi: Document, group: Document) -> Term | None:
    if kpi["score"] is None or not group.get("share"):
        return None
    return Term(FigureKey(kpi["kpi_id"]), kpi["score"], None, group["weight"], group["share"], group["points"])


def _groups(kpi: Document) -> list[Document]:
    return [*kpi.get("groups", ()), *kpi.get("withheld", ())]


def _only(found: Sequence[Document]) -> Document:
    if not found:
        raise NotFound
    return found[0]
