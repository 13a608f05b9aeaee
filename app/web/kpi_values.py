"""KPIs as forms hold them: the fields of a stored one, the posted fields brought in order, the parts of the editor."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from app.deferred import dataclass
from app.http.forms import Form
from app.http.visit import Visit
from app.kpis.checks import scale_points
from app.kpis.values import Item, Kpi, KpiKind, KpiVersion, RaterGroup, Scale, ScaleKind
from app.web.forms import Filled, figure, flattened
from app.web.render import said
from app.words import LOCALES, in_locale

OPEN_ITEMS = 2
_ITEM = re.compile(r"items\.([0-9]{1,4})\.(.+)")
_POINT = re.compile(r"items\.[0-9]{1,4}\.anchors\.([^.]+)\.(?:nb|en)")
_SAY_NOTHING = frozenset({"scale_id", "competence_id", "weight", "reversed", "code"})
_ITEM_PLACES = {
    "name": "name.nb",
    "anchors": "anchors",
    "resource": "resource.url",
    "resource.title": "resource.title.nb",
    "exercise": "exercise.text.nb",
    "exercise.text": "exercise.text.nb",
}
_WORDED = frozenset({ScaleKind.POINTS, ScaleKind.BARS})

GROUPS = tuple(group for group in RaterGroup if group is not RaterGroup.SELF)
"""Who may have a weight; a self-rating never counts."""

PLACES: Mapping[str, str] = {
    "name": "name.nb",
    "decision_rule": "decision_rule.text.nb",
    "rater_weights": "rater_weights.customer",
    "rater_weights.self": "rater_weights.customer",
    "items": "items.0.name.nb",
    "targets": "unit.nb",
    "share_rule": "share_rule.comparison",
    "unit": "unit.nb",
}


@dataclass(frozen=True, slots=True)
class ItemFields:
    """One item in the editor: the beginning of its field names, and the scale points that may be worded.

    `ends` are the lowest, the middle and the highest point, `between` the others; `earlier` are the items before
    it, by code, as one chooses among them.
    """

    prefix: str
    number: int
    ends: tuple[str, ...]
    between: tuple[str, ...]
    is_extra: bool
    earlier: tuple[tuple[str, str], ...]


def place_of(field: str) -> str:
    """The control of the editor that answers a refused field."""
    if field in PLACES:
        return PLACES[field]
    found = _ITEM.fullmatch(field)
    if found and found[2] in _ITEM_PLACES:
        return f"items.{found[1]}.{_ITEM_PLACES[found[2]]}"
    return field


def values_of(visit: Visit, kpi: Kpi) -> dict[str, str | None]:
    """The fields of the editor for a KPI as it is stored; goal and owner stand beside them."""
    version = kpi.current
    rule = version.decision_rule
    plain: dict[str, Any] = {
        "kind": kpi.kind.value,
        "external_id": kpi.external_id,
        "goal_id": kpi.goal_id,
        "version": kpi.version,
        "name": version.name,
        "purpose": version.purpose,
        "criterion": version.criterion,
        "decision_rule": {"text": rule.text, "days": rule.days} if rule else {},
        **(_soft(visit, version) if kpi.kind is KpiKind.SOFT else _hard(visit, version)),
    }
    return dict(flattened(plain))


def in_order(form: Form) -> Form:
    """The form without the items that were left blank, the others counted from 0."""
    items: dict[int, dict[str, Sequence[str]]] = {}
    kept: dict[str, Sequence[str]] = {}
    for name in form:
        found = _ITEM.fullmatch(name)
        if found:
            items.setdefault(int(found[1]), {})[found[2]] = form[name]
        else:
            kept[name] = form[name]
    filled = [items[place] for place in sorted(items) if not _is_blank(items[place])]
    for place, item in enumerate(filled):
        kept |= {f"items.{place}.{name}": texts for name, texts in item.items()}
    return Form(kept)


def items_of(visit: Visit, form: Filled, scales: Sequence[Scale]) -> list[ItemFields]:
    """The items of the editor: those with something in them, at least two, and one to spare."""
    filled = {int(found[1]) for name in form.values if (found := _ITEM.fullmatch(name))}
    count = max([OPEN_ITEMS, *(place + 1 for place in filled)])
    named = tuple((_code_of(form, place), _called(visit, form, place)) for place in range(count))
    return [
        replace(_fields_of(form, place, scales, is_extra=place == count), earlier=named[:place])
        for place in range(count + 1)
    ]


def _code_of(form: Filled, place: int) -> str:
    """What an item is called by others: its code, or the one that it will get."""
    return form.value(f"items.{place}.code") or str(place + 1)


def _called(visit: Visit, form: Filled, place: int) -> str:
    texts = {locale: form.value(f"items.{place}.name.{locale}") for locale in LOCALES}
    name = in_locale({locale: text for locale, text in texts.items() if text}, visit.locale)
    label = said(visit, "Item {place}", place=place + 1)
    return f"{label}: {name}" if name else label


def _fields_of(form: Filled, place: int, scales: Sequence[Scale], *, is_extra: bool) -> ItemFields:
    chosen = form.value(f"items.{place}.scale_id")
    scale = next((scale for scale in scales if scale.id == chosen), scales[0] if scales else None)
    points = scale_points(scale) if scale is not None and scale.kind in _WORDED else ()
    typed = dict.fromkeys(_typed_points(form, place))
    ends = tuple(dict.fromkeys((points[0], points[len(points) // 2], points[-1]))) if points else ()
    between = tuple(point for point in (*points, *(each for each in typed if each not in points)) if point not in ends)
    return ItemFields(f"items.{place}", place + 1, ends, between, is_extra, ())


def _typed_points(form: Filled, place: int) -> Iterator[str]:
    for name in form.values:
        found = _POINT.fullmatch(name)
        if found and name.startswith(f"items.{place}.") and form.value(name):
            yield found[1]


def _is_blank(item: Mapping[str, Sequence[str]]) -> bool:
    return not any(text.strip() for name, texts in item.items() if name not in _SAY_NOTHING for text in texts)


def _soft(visit: Visit, version: KpiVersion) -> dict[str, Any]:
    return {
        "rater_weights": {group.value: figure(visit, weight) for group, weight in version.rater_weights.items()},
        "items": [_item(visit, item) for item in version.items],
    }


def _item(visit: Visit, item: Item) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": item.name,
        "question": item.question,
        "scale_id": item.scale.id,
        "weight": figure(visit, item.weight) if item.weight else None,
        "reversed": item.is_reversed,
        "anchors": item.anchors,
        "condition": asdict(item.condition) if item.condition else {},
        "competence_id": item.practice.competence.id if item.practice.competence else None,
        "resource": asdict(item.practice.resource) if item.practice.resource else {},
        "exercise": asdict(item.practice.exercise) if item.practice.exercise else {},
    }


def _hard(visit: Visit, version: KpiVersion) -> dict[str, Any]:
    rule = version.share_rule
    return {
        "unit": version.unit,
        "direction": version.direction,
        "aggregation": version.aggregation,
        "percentile": figure(visit, version.percentile),
        "per": figure(visit, version.per),
        "share_rule": {"comparison": rule.comparison, "limit": figure(visit, rule.limit)} if rule else {},
        "cadence": version.cadence,
        "rollup": version.rollup,
        "prorate": version.prorate,
        "decimals": version.decimals,
    }
