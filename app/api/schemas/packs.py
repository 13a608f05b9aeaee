"""Packs, how one is used, and what became of its KPIs, as they are sent and answered."""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from app.api.schemas.base import ID, OTHER_ID, WORDS, Id, In, Out, Texts, example
from app.api.schemas.kpis import VERSION_OUT, VersionOut
from app.packs.values import Made, MadeKpi, PackName

_TARGET = {"floor": 180, "target": 45, "stretch": 20}
_PACKED: dict[str, Any] = {"is_soft": False, "version": VERSION_OUT, "target": _TARGET}
_PACK: dict[str, Any] = {"id": "service", "name": WORDS, "purpose": WORDS, "kpis": [_PACKED]}


class ProposedTargetOut(Out):
    """The target that is proposed for the whole company."""

    model_config = example(**_TARGET)

    floor: float | None
    target: float | None
    stretch: float | None


class PackedKpiOut(Out):
    """A KPI of a pack as it would read; ids stand for what is made when the pack is used."""

    model_config = example(**_PACKED)

    is_soft: bool
    version: VersionOut
    target: ProposedTargetOut | None = Field(description="Of a measured KPI")


class PackOut(Out):
    """Ready-made KPIs for a line of work."""

    model_config = example(**_PACK)

    id: PackName
    name: Texts
    purpose: Texts
    kpis: list[PackedKpiOut]


class PacksOut(Out):
    """All packs."""

    model_config = example(items=[_PACK])

    items: list[PackOut]


class PackUseIn(In):
    """The goal that the KPIs serve, and the person who owns them."""

    model_config = example(goal_id=ID, owner_id=OTHER_ID)

    goal_id: Id
    owner_id: Id


class MadeKpiOut(Out):
    """A KPI of a pack: the draft that was made, or the KPI of its name that was there."""

    model_config = example(kpi_id=ID, name=WORDS, made="created")

    kpi_id: Id
    name: Texts
    made: Made


class MadeKpisOut(Out):
    """What became of the KPIs of a pack, in its order."""

    model_config = example(items=[{"kpi_id": ID, "name": WORDS, "made": "exists"}])

    items: list[MadeKpiOut]

    @classmethod
    def told(cls, made: Iterable[MadeKpi]) -> "MadeKpisOut":
        """As it is answered."""
        return cls(items=[MadeKpiOut.of(one) for one in made])
