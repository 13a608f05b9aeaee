"""Starting from a pack: drafts of its KPIs in a company, with the goal and the owner that somebody chose.

It asks for kpis:write at the company, leaves the journal entries of the KPIs, scales, competences and targets that it
writes, and sends nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.paging import PageRequest
from app.kpis import commands
from app.kpis.guard import enter
from app.kpis.intake import parse_competence, parse_scale
from app.kpis.queries import list_scales, load_company_kpis, load_competences
from app.kpis.values import Kpi, KpiState, ScaleId, ScaleKind
from app.packs.shelf import POINTS, RECIPES, SCALE, draft_of, target_of
from app.packs.values import Made, MadeKpi, PackUse
from app.words import Words

_LIVE = (KpiState.DRAFT, KpiState.ACTIVE, KpiState.PAUSED)
_SOME = PageRequest(limit=200)


def use_pack(
    session: WriteSession, viewer: Viewer, use: PackUse, *, company_id: str, now: datetime
) -> tuple[MadeKpi, ...]:
    """Make drafts of the KPIs of a pack, with a target for each measured one; all of them or none.

    A KPI that carries the name of one of the pack, in either language and not laid away, stands for it: a pack that is
    used twice makes nothing twice. Invalid when goal or owner is not of this company.
    """
    enter(session, viewer, company_id)
    recipe = RECIPES[use.pack]
    there = load_company_kpis(session, company_id, on=date.max, states=_LIVE).values()
    known = [_named_like(there, plain["name"]) for plain in recipe.kpis]
    missing = [plain for plain, kpi in zip(recipe.kpis, known, strict=True) if kpi is None]
    asked = {item["competence"] for plain in missing for item in plain.get("items", ())}
    competences = _competences(session, viewer, company_id, {key: recipe.competences[key] for key in asked}, now)
    scale_id = _scale(session, viewer, company_id, now) if asked else ScaleId("")
    made = []
    for plain, kpi in zip(recipe.kpis, known, strict=True):
        if kpi is not None:
            made.append(MadeKpi(kpi.id, kpi.current.name, Made.EXISTS))
            continue
        draft = draft_of(plain, scale_id=scale_id, competences=competences, use=use)
        kpi_id = commands.create_kpi(session, viewer, draft, company_id=company_id, now=now)
        target = target_of(plain, starts_on=local_day(now))
        if target is not None:
            commands.set_target(session, viewer, kpi_id, target, now=now)
        made.append(MadeKpi(kpi_id, draft.content.name, Made.CREATED))
    return tuple(made)


def _named_like(kpis: Iterable[Kpi], name: Words) -> Kpi | None:
    """The KPI of this name in some language."""
    return next((kpi for kpi in kpis if _is_same(kpi.current.name, name)), None)


def _is_same(one: Words, other: Words) -> bool:
    return any(one.get(locale, "").casefold() == text.casefold() for locale, text in other.items())


def _competences(
    session: WriteSession, viewer: Viewer, company_id: str, wanted: Mapping[str, Words], now: datetime
) -> Mapping[str, str]:
    """The competences of the company that carry these names, written where they are missing; by the name in the pack."""
    there = load_competences(session, company_id).values() if wanted else ()
    found: dict[str, str] = {}
    for key, words in sorted(wanted.items()):
        known = next((one.id for one in there if _is_same(one.name, words)), None)
        if known is None:
            draft = parse_competence({"name": words})
            known = commands.create_competence(session, viewer, draft, company_id=company_id, now=now)
        found[key] = known
    return found


def _scale(session: WriteSession, viewer: Viewer, company_id: str, now: datetime) -> ScaleId:
    """A scale of five points: one of the company, or one that is written for it."""
    scales = list_scales(session, SERVICE, company_id, _SOME).items
    known = next((one.id for one in scales if one.kind is ScaleKind.POINTS and one.points == POINTS), None)
    return known or commands.create_scale(session, viewer, parse_scale(SCALE), company_id=company_id, now=now)
