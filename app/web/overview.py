"""The first page after sign-in: what waits this week, what is still to be set up, and the latest results."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.infra.paging import PageRequest
from app.kpis.queries import list_kpis, load_scorecards
from app.kpis.values import KpiFilter, KpiState
from app.organisation.paths import load_subjects
from app.organisation.values import Subject, SubjectKind
from app.overview.rows import load_latest_composites
from app.papers.result_words import reason
from app.releases.values import Release, Score, ScoreLevel
from app.rounds.queries import list_rounds
from app.summaries.compose import figure_of
from app.web.lists import company_of
from app.web.places import is_unit, list_units
from app.web.render import page
from app.web.results import reads_none
from app.web.week import Week, week_of

router = Pages()

MOST_UNITS = 40


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next: English sentences that the template translates, and where it is done."""

    title: str
    text: str
    act: str
    href: str


FIRST_STEPS: Mapping[str, Step] = {
    "units": Step(
        "Bring in the organisation",
        "Departments, teams and people come from a file, or are added one by one.",
        "Import from a file",
        "/organisation/import",
    ),
    "kpis": Step(
        "Write the first KPI",
        "One thing that decides success, what raters can observe of it, and what you will do when it falls.",
        "New soft KPI",
        "/kpis/new?kind=soft",
    ),
    "drafts": Step(
        "Drafts of KPIs are waiting",
        "A KPI is asked about once it has an owner, a decision rule and both languages.",
        "See the drafts",
        "/kpis?state=draft",
    ),
    "cards": Step(
        "Set a scorecard first",
        "A card says which KPIs count for whom, and how much.",
        "Set a card",
        "/scorecards/edit",
    ),
    "rounds": Step(
        "Ask for the first time",
        "A round asks the right people about the right KPIs. You see what can be shown before anything is sent.",
        "New round",
        "/rounds/new",
    ),
}


@dataclass(frozen=True, slots=True)
class Whole:
    """What the page knows of a company. `readable` are the units that the viewer may read, shown or not."""

    company: Subject
    units: Sequence[Subject]
    week: Week
    readable: int
    results: Sequence[Mapping[str, Any]]
    steps: Sequence[Step]


@router.get("/")
@access(SIGNED_IN)
def show_overview(request: Request) -> Response:
    with reading(request) as (session, visit):
        whole = _whole(session, visit, company_of(session, visit)) if visit.companies else None
    return page(
        visit,
        "pages/overview/overview.html",
        whole=whole,
        most_units=MOST_UNITS,
        companies=visit.companies,
        today=visit.today,
        week_number=visit.today.isocalendar().week,
        is_asker=bool(roots(visit.viewer, Action.ROUNDS_WRITE)),
        is_reader=bool(roots(visit.viewer, Action.RESULTS_READ)),
        reads_none=reads_none(visit.viewer),
    )


def _whole(session: ReadSession, visit: Visit, company: Subject) -> Whole:
    units = list_units(session, visit, company.id)
    readable = [unit for unit in units if may(visit.viewer, Action.RESULTS_READ, unit.path)]
    return Whole(
        company,
        units,
        week_of(session, visit, company),
        len(readable),
        _results(session, visit, readable[:MOST_UNITS]),
        _steps(session, visit, company, units),
    )


def _results(session: ReadSession, visit: Visit, units: Sequence[Subject]) -> list[Mapping[str, Any]]:
    """The latest composite of himself and of each of these units, as rows of the chart."""
    own = load_subjects(session, visit.viewer.own_subjects, on=visit.today)
    wanted = {str(place.id): place for place in (*own.values(), *units)}
    latest = load_latest_composites(session, visit.viewer, wanted, on=visit.today)
    return [_row(visit, place, *latest[subject_id]) for subject_id, place in wanted.items() if subject_id in latest]


def _row(visit: Visit, place: Subject, release: Release, score: Score) -> Mapping[str, Any]:
    figure = figure_of(score)
    return {
        "name": place.name,
        "href": f"/overview/{place.id}" if is_unit(place) else f"/results/{release.id}/subjects/{place.id}",
        "score": figure.score,
        "lo": figure.lo,
        "hi": figure.hi,
        "coverage": figure.coverage,
        "reason": reason(visit, figure, level=ScoreLevel.COMPOSITE),
        "groups": (),
    }


def _steps(session: ReadSession, visit: Visit, company: Subject, units: Sequence[Subject]) -> list[Step]:
    """What is still missing before anybody can be asked, for who may set it up, in the order in which it is done."""
    viewer = visit.viewer
    if not may(viewer, Action.KPIS_WRITE, company.path):
        return []
    active, drafts = (
        list_kpis(
            session, viewer, company.id, PageRequest(limit=1), on=visit.today, chosen=KpiFilter(state=state)
        ).items
        for state in (KpiState.ACTIVE, KpiState.DRAFT)
    )
    has_cards = any(card.lines for card in load_scorecards(session, company.id, on=visit.today))
    has_rounds = bool(list_rounds(session, viewer, company.id, PageRequest(limit=1), now=visit.now).items)
    missing = {
        "units": may(viewer, Action.ORGANISATION_WRITE, company.path)
        and all(unit.kind is SubjectKind.COMPANY for unit in units),
        "kpis": not active and not drafts,
        "drafts": bool(drafts),
        "cards": bool(active) and not has_cards,
        "rounds": bool(active) and has_cards and not has_rounds,
    }
    return [FIRST_STEPS[name] for name, is_missing in missing.items() if is_missing]
