"""What changed between two versions of a KPI, field by field, as somebody would read it; pure.

Targets are no part of a version: they have days of their own.
"""

from collections.abc import Iterable, Mapping, Sequence

from app.deferred import dataclass
from app.errors import NotFound
from app.kpis.values import Item, KpiVersion, Practice
from app.words import LOCALES, Words, in_locale

Told = str | float | None


@dataclass(frozen=True, slots=True)
class Change:
    """One field that reads otherwise, under the name that the API and the editor use; none where it is empty.

    Items are numbered as the later version has them, those that it left out after them. Of an item that came or went
    only the name is told.
    """

    field: str
    before: Told
    after: Told


@dataclass(frozen=True, slots=True)
class VersionChanges:
    """Two versions, and what is different in the later one."""

    older: KpiVersion
    newer: KpiVersion
    changes: tuple[Change, ...]


def compare_versions(
    versions: Iterable[KpiVersion], number: int, *, since: int | None = None, locale: str
) -> VersionChanges:
    """What a version changed.

    Parameters
    ----------
    versions : all versions of a KPI, in any order
    number : of the later version
    since : number of the earlier one; the one before it unless said
    locale : language in which items and scales are named

    Raises
    ------
    NotFound : there is no such version, or the earlier one is not earlier
    """
    known = {version.number: version for version in versions}
    newer, older = known.get(number), known.get(number - 1 if since is None else since)
    if newer is None or older is None or older.number >= newer.number:
        raise NotFound
    codes = list(dict.fromkeys(item.code for version in (newer, older) for item in version.items))
    shared = {item.code for item in older.items} & {item.code for item in newer.items}
    before, after = (_fields(version, codes, shared, locale) for version in (older, newer))
    changes = (Change(name, before.get(name), after.get(name)) for name in dict.fromkeys((*after, *before)))
    return VersionChanges(older, newer, tuple(one for one in changes if one.before != one.after))


def _fields(version: KpiVersion, codes: Sequence[str], shared: Iterable[str], locale: str) -> Mapping[str, Told]:
    """What a version says, by field; empty fields are left out."""
    rule, share = version.decision_rule, version.share_rule
    found: dict[str, Told] = {
        **_texts("name", version.name),
        **_texts("purpose", version.purpose),
        **_texts("criterion", version.criterion),
        **(_texts("decision_rule.text", rule.text) | {"decision_rule.days": rule.days} if rule is not None else {}),
        **{f"rater_weights.{group}": weight for group, weight in version.rater_weights.items()},
    }
    for item in version.items:
        place = f"items.{codes.index(item.code)}"
        found |= _item(place, item, locale) if item.code in shared else {place: in_locale(item.name, locale)}
    return found | {
        **_texts("unit", version.unit),
        "direction": version.direction,
        "aggregation": version.aggregation,
        "percentile": version.percentile,
        "per": version.per,
        "share_rule.comparison": None if share is None else share.comparison,
        "share_rule.limit": None if share is None else share.limit,
        "cadence": version.cadence,
        "rollup": version.rollup,
        "prorate": version.prorate,
        "decimals": version.decimals,
    }


def _item(place: str, item: Item, locale: str) -> Mapping[str, Told]:
    on = item.condition
    anchors = [_texts(f"{place}.anchors.{point}", words) for point, words in item.anchors.items()]
    return {
        **_texts(f"{place}.name", item.name),
        **_texts(f"{place}.question", item.question),
        f"{place}.scale_id": in_locale(item.scale.name, locale),
        **{name: text for texts in anchors for name, text in texts.items()},
        f"{place}.weight": item.weight,
        f"{place}.reversed": item.is_reversed,
        **_practice(place, item.practice, locale),
        f"{place}.condition": None if on is None else f"{on.item}: {on.lowest}\N{EN DASH}{on.highest}",
    }


def _practice(place: str, practice: Practice, locale: str) -> Mapping[str, Told]:
    competence, resource, exercise = practice.competence, practice.resource, practice.exercise
    return {
        f"{place}.competence_id": None if competence is None else in_locale(competence.name, locale),
        **({} if resource is None else _texts(f"{place}.resource.title", resource.title)),
        f"{place}.resource.url": None if resource is None else resource.url,
        **({} if exercise is None else _texts(f"{place}.exercise.text", exercise.text)),
        f"{place}.exercise.minutes": None if exercise is None else exercise.minutes,
    }


def _texts(name: str, words: Words) -> dict[str, Told]:
    return {f"{name}.{locale}": words[locale] for locale in LOCALES if words.get(locale)}
