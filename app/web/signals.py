"""What moves now at the units that the viewer reads, and which soft KPI moves before which hard one."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, roots
from app.deferred import dataclass
from app.followup.queries import length_name, list_falling, list_signals
from app.followup.relations import list_company_links
from app.followup.values import FallingResponse, LinkedKpis, Signal
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.formats import day, listing, number, percent
from app.scoring.relevance import Doubt, Lack, Link, Relevance, Untold
from app.web import course_words as words
from app.web.lists import company_of, next_href, slice_of
from app.web.render import page, said
from app.web.round_parts import GROUP_NAMES
from app.words import in_locale

router = Pages()

_DOUBTS: Mapping[Doubt, str] = {
    Doubt.CHANCE: "Chance alone explains it.",
    Doubt.TRIED: "It is the best of several distances in time; the interval allows for that.",
    Doubt.ONE_UNIT: "All of it comes from one place.",
    Doubt.SHARED: "It is not seen once what all places share is taken out: season, prices, a campaign.",
    Doubt.NOT_AHEAD: "The soft KPI does not come first.",
}
_LACKS: Mapping[Lack, str] = {
    Lack.FEW: "{n} pairs",
    Lack.CONSTANT: "one of the two never changes",
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
class FallLine:
    """A rater group that answers less than it did."""

    group: str
    subject: str
    series: str
    since: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A pair of KPIs as the list prints it."""

    soft: str
    hard: str
    doubts: Sequence[str]
    stands: bool
    strength: str
    interval: str
    basis: str
    later: str


@router.get("/signals")
@access(SIGNED_IN)
def show_signals(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_signals(session, visit.viewer, company.id, slice_of(visit), on=visit.today)
        falls = () if visit.query.get("cursor") else list_falling(session, visit.viewer, company.id, on=visit.today)
    return page(
        visit,
        "pages/courses/signals.html",
        lines=[_line(visit, signal) for signal in found.items],
        falls=[_fall(visit, one) for one in falls],
        older=next_href(visit, found),
        is_analyst=_is_analyst(visit),
    )


@router.get("/relevance")
@access(Action.RESULTS_ANALYSE)
def show_relevance(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_company_links(session, visit.viewer, company.id, on=visit.today)
    return page(
        visit,
        "pages/courses/relevance.html",
        count=len(found),
        lines=[_link_line(visit, pair, pair.found) for pair in found if isinstance(pair.found, Relevance)],
        lacks=_lacks(visit, found),
        unknown=sum(isinstance(pair.found, Untold) and not pair.found.n for pair in found),
        is_analyst=_is_analyst(visit),
    )


def _is_analyst(visit: Visit) -> bool:
    return bool(roots(visit.viewer, Action.RESULTS_ANALYSE))


def _line(visit: Visit, signal: Signal) -> SignalLine:
    finding = signal.finding
    base = f"/kpis/{signal.kpi.id}/course/{signal.subject.id}?series={length_name(signal.length)}"
    moved = words.lead_of(visit, finding, signal.length, signal.item_name) if finding.side is not None else ""
    series = f"{words.series_name(visit, signal.length)}."
    since = finding.began or (None if signal.red is None else signal.red.since)
    return SignalLine(
        title=words.title_of(visit, signal.kpi, signal.subject, finding, signal.red),
        lead=" ".join(filter(None, (series, moved, words.red_of(visit, signal.kpi, signal.red)))),
        href=base,
        is_gain=finding.is_gain,
        is_moving=finding.side is not None,
        is_red=words.is_beyond(signal.red),
        since="" if since is None else day(since, visit.locale),
        value=words.value_of(visit, signal.kpi, signal.value),
        usual=words.value_of(visit, signal.kpi, signal.usual),
    )


def _fall(visit: Visit, one: FallingResponse) -> FallLine:
    return FallLine(
        group=said(visit, GROUP_NAMES[one.rater_group]),
        subject=one.subject.name,
        series=f"{words.series_name(visit, one.length)}.",
        since=day(one.since, visit.locale),
        before=percent(one.before, visit.locale),
        after=said(visit, "Too few to be shown") if one.after is None else percent(one.after, visit.locale),
    )


def _lacks(visit: Visit, found: Sequence[LinkedKpis]) -> list[tuple[str, str, str]]:
    """Pairs of which too little is known to tell a link, those with most figures side by side first."""
    known = [(pair, pair.found) for pair in found if isinstance(pair.found, Untold) and pair.found.n]
    return [
        (
            in_locale(pair.soft.name, visit.locale),
            in_locale(pair.hard.name, visit.locale),
            said(visit, _LACKS[untold.lack], n=untold.n),
        )
        for pair, untold in sorted(known, key=lambda one: -one[1].n)
    ]


def _link_line(visit: Visit, pair: LinkedKpis, found: Relevance) -> LinkLine:
    return LinkLine(
        soft=in_locale(pair.soft.name, visit.locale),
        hard=in_locale(pair.hard.name, visit.locale),
        stands=pair.stands,
        strength=_strength(visit, found.link.r),
        interval=_interval(visit, found.link),
        basis=_basis(visit, found.link),
        later=said(visit, "{steps} later", steps=words.count_of(visit, found.link.lag, pair.length)).capitalize(),
        doubts=_doubts(visit, found),
    )


def _basis(visit: Visit, link: Link) -> str:
    sentence = "{n} pairs from one place" if link.units == 1 else "{n} pairs from {units} places"
    return said(visit, sentence, n=link.n, units=link.units)


def _interval(visit: Visit, link: Link) -> str:
    ends = [_strength(visit, end) for end in link.interval]
    return listing(ends, visit.locale).replace(" ", "\N{NO-BREAK SPACE}")


def _strength(visit: Visit, r: float) -> str:
    return number(r, visit.locale, 2).replace("-", "\N{MINUS SIGN}")


def _doubts(visit: Visit, found: Relevance) -> list[str]:
    return [said(visit, _DOUBTS[doubt]) for doubt in found.doubts]
