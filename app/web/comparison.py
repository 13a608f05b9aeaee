"""The page that compares the people or units below a unit: bands with a statement each, and competitors."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.deferred import dataclass
from app.http.access import SIGNED_IN, access
from app.http.downloads import download
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.formats import counted, listing, number, percent
from app.organisation.values import SubjectKind
from app.papers.figures import Row
from app.papers.result_words import group_listing
from app.papers.rival_table import competitor_table
from app.papers.rival_words import unmatched_words
from app.releases.values import LeftOut, Uncompared
from app.scoring.ranks import Places
from app.summaries.ranked import Basis, Compared, Peers, Stand, Wanted
from app.summaries.rivals import Competition
from app.summaries.standings import get_comparison, get_competition
from app.summaries.values import Place
from app.web.contests import contest_texts
from app.web.render import page, said
from app.web.summary import way_to
from app.words import in_locale

router = Pages()

MOST_NAMED = 3
_REASONS = {
    Uncompared.TOO_FEW_SUBJECTS: "Fewer than five can be compared, and among so few a rank says nothing.",
    Uncompared.TOO_LITTLE_SHARED: "Too little of the weight is there for all of them.",
}
_KINDS = {SubjectKind.PERSON: "People", SubjectKind.TEAM: "Teams", SubjectKind.DEPARTMENT: "Departments"}
_LEFT_OUT = {
    LeftOut.OTHER_CARD: "Another scorecard: {names}.",
    LeftOut.NO_SCORE: "No score: {names}.",
    LeftOut.OTHER_GROUPS: "Without a rater group that nearly all have: {names}.",
    LeftOut.ERROR_UNKNOWN: "Measured once only, so that nobody knows how surely: {names}.",
}


@dataclass(frozen=True, slots=True)
class BandText:
    """A band: what it is called, what holds for it, and its rows."""

    title: str
    statement: str
    rows: tuple[Row, ...]


@router.get("/results/{release_id}/subjects/{unit_id}/comparison")
@access(SIGNED_IN)
def show_comparison(request: Request, release_id: str, unit_id: str) -> Response:
    with reading(request) as (session, visit):
        found = get_comparison(session, visit.viewer, release_id, unit_id, _wanted(visit), on=visit.today)
        rivals = None
        if found.unit.kind is SubjectKind.COMPANY:
            rivals = get_competition(session, visit.viewer, release_id, on=visit.today)
    base = f"/results/{release_id}/subjects/"
    return page(
        visit,
        "pages/summary/comparison.html",
        found=found,
        way=way_to(found.above, base),
        summary_href=f"{base}{unit_id}",
        finding=_finding(visit, found),
        basis=_basis(visit, found.basis),
        left_out=_left_out(visit, found),
        bands=_bands(visit, found, base),
        kinds=_kinds(visit, found, f"{base}{unit_id}/comparison"),
        choices=_choices(visit, found),
        peers=_peers(visit, found, f"{base}{unit_id}/comparison"),
        contests=contest_texts(visit, rivals, base) if rivals else [],
        unmatched=_unmatched(visit, rivals) if rivals else [],
        competition=rivals,
    )


@router.get("/results/{release_id}/competitors.csv")
@access(SIGNED_IN)
def download_competitors(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        found = get_competition(session, visit.viewer, release_id, on=visit.today)
    name = f"{found.round.period_end}-competitors.csv"
    return download(competitor_table(visit, found), name, "text/csv; charset=utf-8")


def _wanted(visit: Visit) -> Wanted:
    level = visit.query.get("level", "")
    kind = SubjectKind(level) if level in set(SubjectKind) else None
    card = visit.query.get("card", "0")
    return Wanted(kind, visit.query.get("kpi_id") or None, int(card) if card.isascii() and card.isdigit() else 0)


def _kinds(visit: Visit, found: Compared, href: str) -> list[tuple[str, str, bool]]:
    return [(said(visit, _KINDS[kind]), f"{href}?level={kind}", kind is found.kind) for kind in found.kinds]


def _choices(visit: Visit, found: Compared) -> list[tuple[str, str]]:
    """What can be chosen: the card as a whole, and each KPI on which anybody is ranked."""
    return [
        (choice.kpi_id or "", in_locale(choice.name, visit.locale))
        for choice in found.choices
        if choice.is_ranked or choice.kpi_id in {None, found.kpi_id}
    ]


def _peers(visit: Visit, found: Compared, href: str) -> list[tuple[str, str, bool]]:
    """The scorecards to compare on: how many share one, and what is not alike on all."""
    return [
        (
            _peers_words(visit, one),
            f"{href}?level={found.kind}&card={one.card}",
            one.card == found.card and not found.kpi_id,
        )
        for one in found.peers
    ]


def _peers_words(visit: Visit, one: Peers) -> str:
    lines = one.lines[:MOST_NAMED]
    names = [f"{in_locale(line.name, visit.locale)} ({percent(line.share, visit.locale)})" for line in lines]
    facts = {"count": counted(one.count, visit.locale), "kpis": listing(names, visit.locale)}
    words = said(visit, "{count} on a scorecard with {kpis}", **facts)
    return words[:1].upper() + words[1:]


# ------------------------------------------------------------ what is said


def _finding(visit: Visit, found: Compared) -> tuple[str, str]:
    """The finding as a bold sentence and one more."""
    if found.reason is not None or not found.bands:
        reason = found.reason or Uncompared.TOO_FEW_SUBJECTS
        return said(visit, "Nobody is ranked here."), said(visit, _REASONS[reason])
    shown = [stand for band in found.bands for stand in band]
    apart = [stand for stand in shown if stand.ahead_of or stand.behind]
    if not apart:
        return (
            said(visit, "They cannot be told apart from each other."),
            said(visit, "Chance alone could explain the order."),
        )
    return _first_words(visit, len(shown) - len(apart), len(shown)), _who_leads(visit, shown)


def _first_words(visit: Visit, alike: int, everybody: int) -> str:
    if not alike:
        return said(visit, "Some can be told apart from others.")
    facts = {"count": counted(alike, visit.locale).capitalize(), "all": counted(everybody, visit.locale)}
    return said(visit, "{count} of {all} cannot be told apart from anyone.", **facts)


def _who_leads(visit: Visit, shown: Sequence[Stand]) -> str:
    """Who lies above whom, where that is short enough to be said."""
    leading = [stand for stand in shown if stand.ahead_of]
    if len(leading) > MOST_NAMED:
        return said(visit, "Who from whom, stands with each of them.")
    return " ".join(
        said(visit, "{name} lies above {names}.", name=_listed(visit, [one.place]), names=_listed(visit, one.ahead_of))
        for one in leading
    )


def _basis(visit: Visit, basis: Sequence[Basis]) -> list[str]:
    """What is compared, KPI by KPI, with the rater groups that all have."""
    return [_basis_of(visit, one) for one in basis]


def _basis_of(visit: Visit, one: Basis) -> str:
    name, share = in_locale(one.name, visit.locale), percent(one.share, visit.locale)
    if not one.rater_groups:
        return said(visit, "{kpi}, {share} of the weight, measured.", kpi=name, share=share)
    groups = group_listing(visit, [group for row in one.rater_groups for group in row], inside=True)
    return said(visit, "{kpi}, {share} of the weight, rated by {groups}.", kpi=name, share=share, groups=groups)


def _left_out(visit: Visit, found: Compared) -> list[str]:
    """Who is not compared and why, and what the bands leave out."""
    notes = []
    for reason, message in _LEFT_OUT.items():
        names = [one.place.name for one in found.absent if one.reason is reason]
        if names:
            notes.append(said(visit, message, names=listing(names, visit.locale)))
    if found.unsure:
        names = [in_locale(name, visit.locale) for name in found.unsure]
        told = said(
            visit, "The error of {names} is not known and not in the interval.", names=listing(names, visit.locale)
        )
        notes.append(told)
    named = sum(len(band) for band in found.bands)
    if 0 < named < found.count:
        notes.append(
            said(visit, "{count} more are compared, whose results you do not read.", count=found.count - named)
        )
    return notes


# ------------------------------------------------------------ bands


def _bands(visit: Visit, found: Compared, base: str) -> list[BandText]:
    last = len(found.bands)
    return [
        BandText(
            _band_title(visit, place, last),
            _band_words(visit, band),
            tuple(_row(visit, stand, base, found.count) for stand in band),
        )
        for place, band in enumerate(found.bands, start=1)
    ]


def _band_title(visit: Visit, place: int, last: int) -> str:
    if last == 1:
        return said(visit, "One band")
    if place in {1, last}:
        return said(visit, "Upper band" if place == 1 else "Lower band")
    return said(visit, "Band {place} of {last}", place=place, last=last)


def _band_words(visit: Visit, band: Sequence[Stand]) -> str:
    """What holds for a band as a whole."""
    if len(band) == 1:
        return ""
    inside = {stand.place.id for stand in band}
    if any(other.id in inside for stand in band for other in (*stand.ahead_of, *stand.behind)):
        return said(visit, "The order within the band is not known as a whole")
    return said(visit, "Cannot be told apart from each other")


def _row(visit: Visit, stand: Stand, base: str, count: int) -> Row:
    return {
        "name": stand.place.name,
        "href": f"{base}{stand.place.id}",
        "score": stand.score,
        "lo": stand.lo,
        "hi": stand.hi,
        "place": _place_words(visit, stand.likely, count),
        "proven": _place_words(visit, stand.proven, count),
        "statement": _statement(visit, stand),
    }


def _place_words(visit: Visit, places: Places, count: int) -> str:
    facts = {"first": places.first, "last": places.last, "count": number(count, visit.locale)}
    return said(visit, "{first} of {count}" if places.first == places.last else "{first} to {last} of {count}", **facts)


def _statement(visit: Visit, stand: Stand) -> str:
    sentences = [
        said(visit, message, names=_listed(visit, places))
        for message, places in (("Above {names}", stand.ahead_of), ("Below {names}", stand.behind))
        if places
    ]
    return ". ".join(sentences) or said(visit, "Cannot be told apart from anyone")


def _listed(visit: Visit, places: Sequence[Place]) -> str:
    """First names of people, or how many there are; a long list says less than its length."""
    if len(places) > MOST_NAMED:
        return said(visit, "{count} others", count=counted(len(places), visit.locale))
    names = [one.name.split(maxsplit=1)[0] if one.kind is SubjectKind.PERSON else one.name for one in places]
    return listing(names, visit.locale)


# ------------------------------------------------------------ competitors


def _unmatched(visit: Visit, found: Competition) -> list[str]:
    """Lines of benchmarks that stand beside nothing of ours, and why."""
    return [unmatched_words(visit, one, found) for one in found.unmatched]
