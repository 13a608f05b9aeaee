"""What moves now at the units that the viewer reads, and which soft KPI moves before which hard one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from app.accounts.rules import Action, roots
from app.followup.queries import length_name, list_signals
from app.followup.relations import list_links
from app.followup.values import LinkedKpis, Signal
from app.http.access import SIGNED_IN, access
from app.http.doors import PageRoute
from app.http.visit import Visit, reading
from app.infra.formats import day, listing, number
from app.kpis.queries import list_kpis
from app.kpis.values import Kpi, KpiFilter, KpiKind, KpiState
from app.scoring.relevance import Doubt, Lack, Link, Relevance, Untold
from app.scoring.steps import Length
from app.web import course_words as words
from app.web.lists import company_of, every, next_href, slice_of
from app.web.render import page, said
from app.words import in_locale

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_DOUBTS: Mapping[Doubt, str] = {
    Doubt.CHANCE: "Chance alone explains it.",
    Doubt.TRIED: "It is the best of several distances in time; the interval allows for that.",
    Doubt.ONE_UNIT: "All of it comes from one place.",
    Doubt.SHARED: "It is not seen once what all places share is taken out: season, prices, a campaign.",
    Doubt.NOT_AHEAD: "The soft KPI does not come first.",
}
_LACKS: Mapping[Lack, str] = {
    Lack.FEW: "Too little is known: {n} pairs, at least 20 are needed.",
    Lack.CONSTANT: "One of the two never changes.",
}
_LATER: Mapping[Length, str] = {
    Length.DAY: "{lag} days later",
    Length.WEEK: "{lag} weeks later",
    Length.MONTH: "{lag} months later",
    Length.QUARTER: "{lag} quarters later",
    Length.YEAR: "{lag} years later",
}


@dataclass(frozen=True, slots=True)
class SignalLine:
    """A signal as the list prints it."""

    title: str
    lead: str
    href: str
    is_gain: bool
    is_moving: bool
    is_red: bool
    since: str
    value: str
    usual: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A pair of KPIs as the list prints it; without a link only what is missing."""

    name: str
    doubts: Sequence[str]
    stands: bool = False
    strength: str = "–"
    interval: str = "–"
    basis: str = ""
    later: str = ""


@router.get("/signals")
@access(SIGNED_IN)
def show_signals(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_signals(session, visit.viewer, company.id, slice_of(visit), on=visit.today)
    return page(
        visit,
        "pages/courses/signals.html",
        lines=[_line(visit, signal) for signal in found.items],
        older=next_href(visit, found),
        is_analyst=_is_analyst(visit),
    )


@router.get("/relevance")
@access(Action.RESULTS_ANALYSE)
def show_relevance(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        hard = every(
            lambda part: list_kpis(
                session, visit.viewer, company.id, part, on=visit.today, chosen=KpiFilter(KpiKind.HARD, KpiState.ACTIVE)
            )
        )
        wanted = visit.query.get("hard", "")
        chosen = next((kpi for kpi in hard if kpi.id == wanted), hard[0] if hard else None)
        found = () if chosen is None else list_links(session, visit.viewer, chosen.id, on=visit.today)
    return page(
        visit,
        "pages/courses/relevance.html",
        hard=_options(visit, hard),
        chosen=chosen,
        lines=[_link_line(visit, one) for one in found],
        is_analyst=_is_analyst(visit),
    )


def _is_analyst(visit: Visit) -> bool:
    return bool(roots(visit.viewer, Action.RESULTS_ANALYSE))


def _options(visit: Visit, kpis: Sequence[Kpi]) -> list[tuple[str, str]]:
    named = [(str(kpi.id), in_locale(kpi.current.name, visit.locale)) for kpi in kpis]
    return sorted(named, key=lambda one: one[1].casefold())


def _line(visit: Visit, signal: Signal) -> SignalLine:
    finding = signal.finding
    base = f"/kpis/{signal.kpi.id}/course/{signal.subject.id}?series={length_name(signal.length)}"
    moved = words.lead_of(visit, finding, signal.length, signal.item_name) if finding.side is not None else ""
    since = finding.began or (None if signal.red is None else signal.red.since)
    return SignalLine(
        title=words.title_of(visit, signal.kpi, signal.subject, finding, signal.red),
        lead=" ".join(filter(None, (moved, words.red_of(visit, signal.kpi, signal.red)))),
        href=base,
        is_gain=finding.is_gain,
        is_moving=finding.side is not None,
        is_red=words.is_beyond(signal.red),
        since="" if since is None else day(since, visit.locale),
        value=words.value_of(visit, signal.kpi, signal.value),
        usual=words.value_of(visit, signal.kpi, signal.usual),
    )


def _link_line(visit: Visit, pair: LinkedKpis) -> LinkLine:
    name = in_locale(pair.soft.name, visit.locale)
    found = pair.found
    if isinstance(found, Untold):
        return LinkLine(name, [said(visit, _LACKS[found.lack], n=found.n)])
    return LinkLine(
        name=name,
        stands=pair.stands,
        strength=number(found.link.r, visit.locale, 2),
        interval=_interval(visit, found.link),
        basis=said(visit, "{n} pairs from {units} places", n=found.link.n, units=found.link.units),
        later="" if pair.length is None else said(visit, _LATER[pair.length], lag=found.link.lag),
        doubts=_doubts(visit, found),
    )


def _interval(visit: Visit, link: Link) -> str:
    ends = [number(end, visit.locale, 2) for end in link.interval]
    return listing(ends, visit.locale)


def _doubts(visit: Visit, found: Relevance) -> list[str]:
    return [said(visit, _DOUBTS[doubt]) for doubt in found.doubts]
