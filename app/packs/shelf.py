"""The packs as they stand on the shelf: read by the intake that the API and the pages use. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid5

from app.kpis.drafts import KpiDraft, Named, SoftMeasure, TargetDraft, drafted_version
from app.kpis.intake import parse_kpi, parse_target
from app.kpis.values import (
    Competence,
    CompetenceId,
    ItemId,
    KpiId,
    KpiVersion,
    KpiVersionId,
    Scale,
    ScaleId,
    ScaleKind,
    Target,
)
from app.packs.sales import SALES
from app.packs.service import SERVICE
from app.packs.teamwork import TEAMWORK
from app.packs.values import Pack, PackedKpi, PackName, PackUse, Plain, Recipe

RECIPES: Mapping[PackName, Recipe] = {
    PackName.SERVICE: SERVICE,
    PackName.SALES: SALES,
    PackName.TEAMWORK: TEAMWORK,
}
SCALE: Plain = {"kind": "points", "points": 5, "name": {"nb": "1 til 5", "en": "1 to 5"}}
POINTS = 5
NOBODYS = str(UUID(int=0))
"""Stands for the company that will use a pack."""


def look_at(name: PackName, *, on: date) -> Pack:
    """A pack as it would read in a company that has no scale and no competence of its own."""
    recipe = RECIPES[name]
    scale = Scale(
        ScaleId(_stand_in("scale")), NOBODYS, ScaleKind.POINTS, SCALE["name"], POINTS, None, None, None, None, 1
    )
    competences = {
        key: Competence(CompetenceId(_stand_in(key)), NOBODYS, words, None, 1)
        for key, words in recipe.competences.items()
    }
    named = Named({scale.id: scale}, {one.id: one for one in competences.values()})
    kpis = []
    for plain in recipe.kpis:
        draft = draft_of(plain, scale_id=scale.id, competences={key: one.id for key, one in competences.items()})
        version = drafted_version(draft.content, number=1, named=named, today=on)
        kpis.append(PackedKpi(_told(version), _target(plain, on), isinstance(draft.content.measure, SoftMeasure)))
    return Pack(name, recipe.name, recipe.purpose, tuple(kpis))


def draft_of(
    plain: Plain,
    *,
    scale_id: str,
    competences: Mapping[str, str],
    use: PackUse | None = None,
) -> KpiDraft:
    """A KPI of a pack as it is wanted, with the ids that its names stand for."""
    given = {key: value for key, value in plain.items() if key != "target"}
    if use is not None:
        given |= {"goal_id": use.goal_id, "owner_id": use.owner_id}
    if "items" in plain:
        given["items"] = [_item(one, scale_id, competences) for one in plain["items"]]
    return parse_kpi(given)


def target_of(plain: Plain, *, starts_on: date) -> TargetDraft | None:
    """The target that a pack proposes for the whole company; none for a KPI that is rated."""
    posts = plain.get("target")
    return None if posts is None else parse_target({"starts_on": starts_on.isoformat(), **posts})


def _item(plain: Plain, scale_id: str, competences: Mapping[str, str]) -> Plain:
    kept = {key: value for key, value in plain.items() if key != "competence"}
    return {**kept, "scale_id": scale_id, "competence_id": competences[plain["competence"]]}


def _told(version: KpiVersion) -> KpiVersion:
    named = version.name["en"]
    items = (replace(item, id=ItemId(_stand_in(f"{named} {item.code}"))) for item in version.items)
    return replace(version, id=KpiVersionId(_stand_in(named)), items=tuple(items))


def _stand_in(name: str) -> str:
    """The id of something that is not made yet, the same each time one looks."""
    return str(uuid5(UUID(NOBODYS), name))


def _target(plain: Plain, on: date) -> Target | None:
    draft = target_of(plain, starts_on=on)
    if draft is None:
        return None
    posts = (draft.floor, draft.target, draft.stretch, draft.low, draft.best_low, draft.best_high, draft.high)
    return Target("", KpiId(""), None, on, *posts)
