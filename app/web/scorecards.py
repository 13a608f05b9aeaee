"""The pages of scorecards: which are set where, and one with its weights as shares."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.kpis.queries import get_scorecard, list_scorecards, load_kpis, load_scorecards
from app.kpis.rules import LINE_CAPS, live_lines, patience, questions_asked, sheet_seconds
from app.kpis.values import Kpi, KpiId, KpiKind, Level, RaterGroup, Scorecard, ScorecardLine
from app.organisation.paths import load_subjects
from app.organisation.values import Subject
from app.summaries.influence import find_influence
from app.web.lists import company_of, next_href, slice_of
from app.web.policy_links import try_href
from app.web.render import Flash, flash_for, page

router = Pages()

DONE = {"stored": Flash("good", "The card is stored.", "Rounds that have started keep the card they had.")}
_LEVELS = ("company", "department", "team", "person")


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card in the list: where it is set, and whether it counts today."""

    card: Scorecard
    place: Subject
    is_valid: bool


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A KPI on a card with its share of the weight; none while it takes no place."""

    line: ScorecardLine
    kpi: Kpi
    share: float | None


@router.get("/scorecards")
@access(Action.KPIS_READ)
def show_scorecards(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_scorecards(session, visit.viewer, company.id, slice_of(visit), on=visit.today)
        valid = {card.id for card in load_scorecards(session, company.id, on=visit.today)}
        places = load_subjects(session, [card.subject_id for card in found.items], on=visit.today)
    by_id: Mapping[str, Subject] = {str(place.id): place for place in places.values()}
    lines = [CardLine(card, by_id[card.subject_id], card.id in valid) for card in found.items]
    if found.next_cursor is None and "cursor" not in visit.query:
        lines.sort(key=lambda line: (_LEVELS.index(line.card.level), line.place.name.casefold(), line.card.starts_on))
    return page(
        visit,
        "pages/scorecards/list.html",
        flash=flash_for(visit, DONE),
        lines=lines,
        older=next_href(visit, found),
        may_write=bool(roots(visit.viewer, Action.KPIS_WRITE)),
    )


@router.get("/scorecards/{scorecard_id}")
@access(Action.KPIS_READ)
def show_scorecard(request: Request, scorecard_id: str) -> Response:
    with reading(request) as (session, visit):
        card = get_scorecard(session, visit.viewer, scorecard_id, on=visit.today)
        place = load_subjects(session, [card.subject_id], on=visit.today)
        kpis = load_kpis(session, [line.kpi_id for line in card.lines], on=max(visit.today, card.starts_on))
        valid = _is_valid(session, visit, card)
        influence = find_influence(session, visit.viewer, card, on=visit.today)
        tried = try_href(session, visit, card.company_id, f"card.{card.level}.{card.subject_id}")
    subject = next(iter(place.values()))
    lines = shares(card.lines, kpis)
    return page(
        visit,
        "pages/scorecards/card.html",
        flash=flash_for(visit, DONE),
        card=card,
        place=subject,
        lines=lines,
        live=sum(line.share is not None for line in lines),
        cap=LINE_CAPS[card.level],
        lengths=_lengths([line.kpi for line in lines if line.share is not None]) if card.level is Level.PERSON else (),
        is_valid=valid,
        decides={} if influence is None else {one.kpi_id: one for one in influence.kpis},
        influence=influence,
        try_href=tried,
        may_write=may(visit.viewer, Action.KPIS_WRITE, subject.path),
    )


def _lengths(live: Sequence[Kpi]) -> list[tuple[RaterGroup, int, int]]:
    """How long each rater group needs for one subject with this card, in seconds, and how long it may."""
    asked = questions_asked(kpi.current for kpi in live if kpi.kind is KpiKind.SOFT)
    return [(group, sheet_seconds(asked[group]), patience(group)) for group in RaterGroup if asked.get(group)]


def shares(lines: Sequence[ScorecardLine], kpis: Mapping[KpiId, Kpi]) -> list[ShareLine]:
    """The lines of a card with their shares; a KPI that rests or is laid away has none."""
    live = live_lines(lines, {kpi.id: kpi.state for kpi in kpis.values()})
    total = sum(line.weight for line in live)
    return [ShareLine(line, kpis[line.kpi_id], line.weight / total if line in live else None) for line in lines]


def _is_valid(session: ReadSession, visit: Visit, card: Scorecard) -> bool:
    return any(one.id == card.id for one in load_scorecards(session, card.company_id, on=visit.today))
