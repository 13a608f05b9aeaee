"""The parts of a policy that a what-if can change, in words: what there is, the form of one, and what is changed."""

import math
from collections.abc import Iterator, Mapping, Sequence

from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.formats import measure, number, percent
from app.kpis.values import Level, RaterGroup
from app.organisation.values import SubjectKind
from app.papers.result_words import group_name
from app.plain import parse_number
from app.releases.choices import CardChoice, Choices, PostsChoice
from app.rounds.values import FrozenKpi, Mode
from app.web.forms import figure
from app.web.policy_fields import EVERYWHERE, POST_NAMES, PolicyFields, known_values
from app.web.render import said
from app.words import in_locale

_LEVELS: Mapping[Level, str] = {
    Level.COMPANY: "For the company",
    Level.DEPARTMENT: "For departments",
    Level.TEAM: "For teams",
    Level.PERSON: "For people",
}
_WEIGHED = ("weights.", "card.")
_POSTS: Mapping[str, str] = {
    "floor": "Floor",
    "target": "Target",
    "stretch": "Stretch",
    "low": "Lower end",
    "best_low": "Best range from",
    "best_high": "Best range to",
    "high": "Upper end",
}


@dataclass(frozen=True, slots=True)
class PolicyPart:
    """Something that can be changed as one: the weights on a KPI, a card, a target, the minimums.

    `is_single` marks a card that was set at one person.
    """

    key: str
    label: str
    note: str
    fields: tuple[tuple[str, str], ...]
    suffix: str = ""
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A part that is changed: its key, its name, and every changed value before and after."""

    key: str
    label: str
    words: tuple[str, ...]


def parts_of(visit: Visit, choices: Choices) -> list[tuple[str, list[PolicyPart]]]:
    """Everything that can be changed, under headings."""
    soft = [kpi for kpi in choices.frozen.kpis if kpi.weights]
    headed = (
        (said(visit, "Weights of rater groups"), [_weights(visit, choices, kpi) for kpi in soft]),
        (said(visit, "Targets"), [_posts(visit, choices, one) for one in choices.targets]),
        (said(visit, "Fewest answers"), _minimums(visit, choices)),
        (said(visit, "Weights on cards"), [_card(visit, choices, card) for card in _in_order(choices.cards)]),
    )
    return [(heading, parts) for heading, parts in headed if parts]


def find_part(visit: Visit, choices: Choices, key: str) -> PolicyPart | None:
    """One of them, if there is one of this key."""
    return next((part for _, parts in parts_of(visit, choices) for part in parts if part.key == key), None)


def values_of(visit: Visit, choices: Choices, part: PolicyPart, tried: PolicyFields) -> dict[str, str | None]:
    """The texts in the fields of a part: as tried, else as they were."""
    known = known_values(choices)
    started = any(name in tried.values for name, _ in part.fields) and part.key.startswith("posts.")
    return {
        name: tried.values.get(name) or (None if started else figure(visit, known.get(name))) for name, _ in part.fields
    }


def shares_of(visit: Visit, choices: Choices, part: PolicyPart) -> dict[str, str]:
    """What each weight of a part came to in the round, in per cent; nothing for what is no weight."""
    known = known_values(choices)
    weights = {name: known.get(name, 0.0) for name, _ in part.fields if name.startswith(_WEIGHED)}
    whole = math.fsum(weights.values())
    return {
        name: said(visit, "was {share}", share=percent(weight / whole, visit.locale))
        for name, weight in weights.items()
    }


def changed_lines(visit: Visit, choices: Choices, tried: PolicyFields) -> list[ChangedLine]:
    """What is changed, part by part."""
    known = known_values(choices)
    lines = []
    for part in (part for _, parts in parts_of(visit, choices) for part in parts):
        before = {name: known.get(name, 0.0) for name, _ in part.fields}
        after = {name: _number(tried.values[name]) for name, _ in part.fields if name in tried.values}
        if after:
            lines.append(ChangedLine(part.key, part.label, tuple(_told(visit, part, before, after))))
    return lines


def _told(visit: Visit, part: PolicyPart, before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[str]:
    """`Customers: 40 (47 %) becomes 10 (18 %)`, with the shares where weights are meant."""
    is_weighed = part.key.startswith(_WEIGHED)
    whole = math.fsum(before.values()), math.fsum({**before, **after}.values())
    for name, label in part.fields:
        if name not in after or after[name] == before[name]:
            continue
        sides = [
            _weight(visit, value, total) if is_weighed else measure(value, visit.locale, part.suffix)
            for value, total in zip((before[name], after[name]), whole, strict=True)
        ]
        yield said(visit, "{name}: {before} becomes {after}", name=label, before=sides[0], after=sides[1])


def _weight(visit: Visit, weight: float, whole: float) -> str:
    share = percent(weight / whole, visit.locale) if whole else percent(0, visit.locale)
    return f"{number(weight, visit.locale)} ({share})"


def _number(text: str) -> float:
    return parse_number(text) or 0.0


# ------------------------------------------------------------ the parts


def _weights(visit: Visit, choices: Choices, kpi: FrozenKpi) -> PolicyPart:
    groups = [policy.rater_group for policy in choices.frozen.groups if policy.rater_group is not RaterGroup.SELF]
    fields = tuple((f"weights.{kpi.kpi_id}.{group}", group_name(visit, [group])) for group in groups)
    return PolicyPart(f"weights.{kpi.kpi_id}", in_locale(kpi.name, visit.locale), "", fields)


def _card(visit: Visit, choices: Choices, card: CardChoice) -> PolicyPart:
    names = {kpi.kpi_id: in_locale(kpi.name, visit.locale) for kpi in choices.frozen.kpis}
    key = f"card.{card.level}.{card.place.id}"
    fields = tuple((f"{key}.{line.kpi_id}", names.get(line.kpi_id, "")) for line in card.lines)
    label = f"{card.place.name}, {_lower(said(visit, _LEVELS[card.level]))}"
    is_single = card.place.kind == SubjectKind.PERSON
    return PolicyPart(key, label, "" if is_single else _count(visit, card), fields, is_single=is_single)


def _posts(visit: Visit, choices: Choices, one: PostsChoice) -> PolicyPart:
    kpi = choices.frozen.kpi(one.kpi_id)
    place = EVERYWHERE if one.place is None else one.place.id
    key = f"posts.{one.kpi_id}.{place}"
    given = [name for name in POST_NAMES if getattr(one.posts, name) is not None]
    wanted = [*given, "stretch"] if "target" in given and "stretch" not in given else given
    fields = tuple((f"{key}.{name}", said(visit, _POSTS[name])) for name in wanted)
    at = said(visit, "for all") if one.place is None else one.place.name
    unit = in_locale(kpi.measure.unit, visit.locale) if kpi.measure is not None else ""
    return PolicyPart(key, f"{in_locale(kpi.name, visit.locale)}, {at}", _count(visit, one), fields, unit)


def _minimums(visit: Visit, choices: Choices) -> list[PolicyPart]:
    groups = [policy for policy in choices.frozen.groups if policy.mode is not Mode.NAMED]
    fields = tuple((f"minimum.{one.rater_group}", group_name(visit, [one.rater_group])) for one in groups)
    return [PolicyPart("minimum", said(visit, "Fewest answers for each rater group"), "", fields)] if fields else []


def _count(visit: Visit, one: CardChoice | PostsChoice) -> str:
    if one.subjects == 1:
        return said(visit, "counts for one")
    return said(visit, "counts for {count}", count=number(one.subjects, visit.locale))


def _in_order(cards: Sequence[CardChoice]) -> list[CardChoice]:
    """By level, people first; in it those that count for most first."""
    levels = list(Level)[::-1]
    return sorted(cards, key=lambda one: (levels.index(one.level), -one.subjects, one.place.name.casefold()))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
