"""The page of a unit or a person: who needs help with what, where everybody stands, how it got there, what is under way."""

from fastapi import Request, Response

from app.errors import NotFound
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.infra.formats import percent
from app.organisation.values import UNIT_KINDS
from app.overview.queries import get_overview
from app.overview.rules import MOST_NEAR
from app.overview.values import Overview
from app.summaries.values import Place
from app.web import unit_words as words
from app.web.contests import ContestText, beside_texts
from app.web.lists import company_of
from app.web.render import page, see_other
from app.worth.queries import list_worth_units

router = Pages()


@router.get("/overview")
@access(SIGNED_IN)
def open_overview(request: Request) -> Response:
    """On to the highest unit whose results the viewer reads, or else to the own page."""
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = [one.id for one in list_worth_units(session, visit.viewer, company.id, on=visit.today)]
        own = sorted(visit.viewer.own_subjects)
    if not found and not own:
        raise NotFound
    return see_other(f"/overview/{(found or own)[0]}")


@router.get("/overview/{subject_id}")
@access(SIGNED_IN)
def show_overview(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        most = None if "all" in visit.query else MOST_NEAR
        overview = get_overview(session, visit.viewer, subject_id, most=most, on=visit.today)
        beside = _beside(session, visit, overview)
    share = [percent(point.figure.coverage, visit.locale) for point in overview.course]
    return page(
        visit,
        "pages/overview/unit.html",
        overview=overview,
        way=way_of(overview.above),
        is_unit=overview.place.kind in UNIT_KINDS,
        helps=words.helps_of(visit, overview),
        lines=words.standing_lines(visit, overview),
        chart=words.course_chart(visit, overview),
        heads=words.course_heads(visit),
        rows=words.course_rows(visit, overview, share),
        facts=_facts(visit, overview),
        beside=beside,
        today=visit.today,
    )


def _beside(session: ReadSession, visit: Visit, overview: Overview) -> list[ContestText]:
    """A unit beside other companies, in the round that its composite is of."""
    told = overview.standing.told
    if told is None or overview.place.kind not in UNIT_KINDS:
        return []
    return beside_texts(session, visit, overview.company_id, told.release_id, overview.place.id)


def way_of(above: tuple[Place, ...]) -> list[tuple[str, str]]:
    """The overviews above that the viewer may read, for the breadcrumb."""
    return [(one.name, f"/overview/{one.id}") for one in above if one.is_readable]


def _facts(visit: Visit, overview: Overview) -> list[tuple[str, str]]:
    """How much of the card the composite stands on, of the unit and of each below that has one."""
    known = [overview.standing, *(branch.standing for branch in overview.branches)]
    return [
        (one.place.name, percent(one.figure.coverage, visit.locale))
        for one in known
        if one.figure is not None and one.figure.coverage is not None
    ]
