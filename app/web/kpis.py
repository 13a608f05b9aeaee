"""The pages of KPIs: the list, the card of one, and how it read in an earlier version."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.decisions.idle import load_idle
from app.deferred import dataclass
from app.errors import NotFound
from app.followup.queries import list_course_places
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.kpis.hints import wording_hints
from app.kpis.history import list_steps
from app.kpis.queries import KPI_ORDERS, get_kpi, list_goals, list_kpis, list_targets, list_versions, load_cards_with
from app.kpis.values import Goal, Kpi, KpiFilter, KpiKind, KpiState, KpiVersion, RaterGroup, Target
from app.organisation.paths import load_subjects
from app.organisation.queries import load_people
from app.organisation.values import Person
from app.summaries.values import Place
from app.web.conditions import condition_of
from app.web.forms import label_of
from app.web.lists import company_of, every, next_href, slice_of
from app.web.policy_fields import EVERYWHERE
from app.web.policy_links import try_href
from app.web.render import Flash, flash_for, page, said
from app.web.sorting import Column, heads_of, sort_of
from app.words import in_locale

router = Pages()

DONE = {
    "created": Flash("good", "The draft is stored.", "Activate it when everything is there."),
    "changed": Flash("good", "The change is stored."),
    "version": Flash("good", "The new version is stored.", "What was released before keeps its own."),
    "activated": Flash("good", "The KPI is in use."),
    "swapped": Flash("good", "The KPI is in use, and another made room.", "The reason stands in the history of both."),
    "paused": Flash("good", "The KPI rests.", "It keeps its place on the cards and takes none up."),
    "retired": Flash("good", "The KPI is laid away.", "What was released with it stays."),
    "target": Flash("good", "The target is stored."),
    "watch": Flash("good", "It is stored how the KPI is watched.", "Its courses are judged that way from now on."),
}


@dataclass(frozen=True, slots=True)
class KpiLine:
    """A KPI in the list, with what it hangs on, who looks after it, and whether it is only statistics."""

    kpi: Kpi
    goal: Goal | None
    owner: Person | None
    is_idle: bool


@dataclass(frozen=True, slots=True)
class Share:
    """What a rater group counts for, from 0 to 1."""

    group: RaterGroup
    share: float


@dataclass(frozen=True, slots=True)
class TargetLine:
    """Goalposts with the name of the unit they are for; none for the whole company."""

    target: Target
    place: str | None


_NAME = "name"
_COLUMNS = (("KPI", _NAME), ("Kind", "kind"), ("Goal", ""), ("Owner", ""), ("State", "state"))


def _columns(visit: Visit, *, by_name: bool) -> list[Column]:
    return [Column(said(visit, label), "" if key == _NAME and not by_name else key) for label, key in _COLUMNS]


@router.get("/kpis")
@access(Action.KPIS_READ)
def show_kpis(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        chosen = _chosen(visit)
        sort = sort_of(visit, (*KPI_ORDERS, _NAME))
        part = slice_of(visit, sort="" if sort.removeprefix("-") == _NAME else sort)
        found = list_kpis(session, visit.viewer, company.id, part, on=visit.today, chosen=chosen)
        goals = goals_of(session, visit, company.id)
        in_use = [kpi.id for kpi in found.items if kpi.state is KpiState.ACTIVE]
        idle = load_idle(session, company.id, in_use, on=visit.today)
        owners: Mapping[str, Person] = {
            str(one.id): one for one in load_people(session, [k.owner_id for k in found.items if k.owner_id]).values()
        }
    lines = [
        KpiLine(kpi, goals.get(kpi.goal_id or ""), owners.get(kpi.owner_id or ""), kpi.id in idle)
        for kpi in found.items
    ]
    is_whole = found.next_cursor is None and "cursor" not in visit.query
    if is_whole and sort.removeprefix("-") in {"", _NAME}:
        # Names are texts in two languages, so that no database sorts them; nearly every company has one slice of KPIs.
        lines.sort(
            key=lambda line: in_locale(line.kpi.current.name, visit.locale).casefold(), reverse=sort.startswith("-")
        )
        sort = sort or _NAME
    return page(
        visit,
        "pages/kpis/list.html",
        flash=flash_for(visit, DONE),
        lines=lines,
        older=next_href(visit, found),
        chosen=chosen,
        heads=heads_of(visit, _columns(visit, by_name=is_whole), sort),
        is_filtered=chosen != KpiFilter(),
        may_write=may(visit.viewer, Action.KPIS_WRITE, company.path),
        reads_results=bool(roots(visit.viewer, Action.RESULTS_READ)),
    )


@router.get("/kpis/{kpi_id}")
@access(Action.KPIS_READ)
def show_kpi(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        kpi = get_kpi(session, visit.viewer, kpi_id, on=visit.today)
        return _card(session, visit, kpi, None)


@router.get("/kpis/{kpi_id}/versions/{number}")
@access(Action.KPIS_READ)
def show_version(request: Request, kpi_id: str, number: str) -> Response:
    with reading(request) as (session, visit):
        kpi = get_kpi(session, visit.viewer, kpi_id, on=visit.today)
        versions = list_versions(session, visit.viewer, kpi_id)
        version = next((one for one in versions if str(one.number) == number), None)
        if version is None:
            raise NotFound
        return _card(session, visit, kpi, version)


def goals_of(session: ReadSession, visit: Visit, company_id: str) -> Mapping[str, Goal]:
    """All goals of a company by id."""
    return {goal.id: goal for goal in every(lambda part: list_goals(session, visit.viewer, company_id, part))}


def _card(session: ReadSession, visit: Visit, kpi: Kpi, shown: KpiVersion | None) -> Response:
    """The card of a KPI, or as it read in another version than today's."""
    versions = list_versions(session, visit.viewer, kpi.id)
    targets = list_targets(session, visit.viewer, kpi.id, on=visit.today) if kpi.kind is KpiKind.HARD else ()
    units = load_subjects(session, [target.subject_id for target in targets if target.subject_id], on=visit.today)
    owners = load_people(session, [kpi.owner_id] if kpi.owner_id else [])
    names = {str(unit.id): unit.name for unit in units.values()}
    current = shown or kpi.current
    may_write = may(visit.viewer, Action.KPIS_WRITE, (kpi.company_id,))
    return page(
        visit,
        "pages/kpis/card.html",
        flash=flash_for(visit, DONE),
        kpi=replace(kpi, current=current),
        is_old=shown is not None and shown.number != kpi.current.number,
        present=kpi.current,
        is_idle=kpi.state is KpiState.ACTIVE and kpi.id in load_idle(session, kpi.company_id, [kpi.id], on=visit.today),
        is_off_cards=kpi.state is KpiState.ACTIVE and not load_cards_with(session, kpi.id, since=visit.today),
        goal=goals_of(session, visit, kpi.company_id).get(kpi.goal_id or ""),
        owner=next(iter(owners.values()), None),
        versions=versions,
        hints=hints_of(visit, current) if may_write else [],
        shares=shares_of(current.rater_weights),
        conditions=[condition_of(visit, item, current.items) for item in current.items],
        targets=[TargetLine(target, names.get(target.subject_id or "")) for target in targets],
        may_write=may_write,
        may_set=bool(roots(visit.viewer, Action.KPIS_WRITE)),
        reads_results=bool(roots(visit.viewer, Action.RESULTS_READ)),
        steps=list_steps(session, visit.viewer, kpi.id, on=visit.today),
        places=_course_places(session, visit, kpi),
        try_href=try_href(session, visit, kpi.company_id, _tried(kpi)),
    )


def _course_places(session: ReadSession, visit: Visit, kpi: Kpi) -> Sequence[Place]:
    """The units at which its course can be read."""
    return () if kpi.state is KpiState.DRAFT else list_course_places(session, visit.viewer, kpi.id, on=visit.today)


def _tried(kpi: Kpi) -> str:
    """What of a KPI can be tried in another way: its weights, or its target for all."""
    return f"weights.{kpi.id}" if kpi.kind is KpiKind.SOFT else f"posts.{kpi.id}.{EVERYWHERE}"


def hints_of(visit: Visit, version: KpiVersion) -> list[str]:
    """Advice on the wording of items, each with what it is about."""
    return [f"{label_of(visit, hint.field, {})}: {said(visit, hint.message)}" for hint in wording_hints(version)]


def shares_of(weights: Mapping[RaterGroup, float]) -> Sequence[Share]:
    """The weights of rater groups as shares of their sum, the largest first."""
    total = sum(weights.values())
    shares = [Share(group, weight / total if total else 0.0) for group, weight in weights.items()]
    return sorted(shares, key=lambda share: -share.share)


def _chosen(visit: Visit) -> KpiFilter:
    """What the address asks for; what it does not understand it leaves out."""
    kind, state = visit.query.get("kind", ""), visit.query.get("state", "")
    return KpiFilter(
        KpiKind(kind) if kind in set(KpiKind) else None,
        KpiState(state) if state in set(KpiState) else None,
        visit.query.get("goal") or None,
    )
