"""The nouns of packs: KPIs that are worded, weighed and practised already, and what became of them in a company."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.deferred import dataclass
from app.kpis.values import KpiId, KpiVersion, Target
from app.words import Words

Plain = dict[str, Any]
Pair = tuple[str, str]
"""A text in bokmål and in English."""


class PackName(StrEnum):
    """The lines of work that there is a pack for."""

    SERVICE = "service"
    SALES = "sales"
    TEAMWORK = "teamwork"


class Made(StrEnum):
    """What became of a KPI of a pack: a draft of its own, or the company has one of this name already."""

    CREATED = "created"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a pack is made of: names, and its KPIs and competences as plain mappings of the shape that the API takes."""

    name: Words
    purpose: Words
    kpis: tuple[Plain, ...]
    competences: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class PackUse:
    """A pack that is wanted in a company, the goal that its KPIs serve there, and the person who owns them."""

    pack: PackName
    goal_id: str
    owner_id: str


@dataclass(frozen=True, slots=True)
class PackedKpi:
    """A KPI of a pack as it would read, with the target that is proposed for a measured one."""

    version: KpiVersion
    target: Target | None
    is_soft: bool


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as somebody looks at it before anything is stored."""

    id: PackName
    name: Words
    purpose: Words
    kpis: tuple[PackedKpi, ...]


@dataclass(frozen=True, slots=True)
class MadeKpi:
    """A KPI of a pack after the pack was used: the draft that was made, or the KPI of its name that was there."""

    kpi_id: KpiId
    name: Words
    made: Made


def in_both(pair: Pair) -> Plain:
    """A text in both languages."""
    return {"nb": pair[0], "en": pair[1]}


def item(code: str, name: Pair, question: Pair, anchors: tuple[Pair, Pair, Pair], practice: Plain) -> Plain:
    """An item with anchors at 1, 3 and 5 and what helps to get better at it; the scale is filled in when it is known."""
    points = zip(("1", "3", "5"), map(in_both, anchors), strict=True)
    return {"code": code, "name": in_both(name), "question": in_both(question), "anchors": dict(points), **practice}


def practice(competence: str, minutes: int, exercise: Pair) -> Plain:
    """A competence by its name in the pack, and an exercise."""
    return {"competence": competence, "exercise": {"text": in_both(exercise), "minutes": minutes}}
