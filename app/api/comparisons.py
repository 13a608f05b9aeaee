"""Comparisons over HTTP: bands and places below a unit, the company against its competitors, what KPIs really decide."""

from typing import Annotated, Literal

from fastapi import Depends, Query, Request, Response

from app.accounts.rules import SERVICE, Action
from app.api.resource import Key, answer, resource
from app.api.schemas.comparisons import CompetitionOut, InfluenceOut, RankingOut
from app.errors import NotFound
from app.http.access import access
from app.http.visit import reading
from app.infra.tabular import write_csv
from app.kpis.queries import get_scorecard
from app.organisation.values import SubjectKind
from app.summaries.influence import find_influence
from app.summaries.ranked import Wanted
from app.summaries.rivals import COLUMNS, competitor_rows
from app.summaries.standings import get_beside, get_comparison, get_competition

router = resource("Comparisons")

# A release never changes, and what is compared in it neither.
_SEALED = 1


async def _wanted(
    level: Annotated[
        Literal["person", "team", "department"] | None, Query(description="Who is compared; the first there is")
    ] = None,
    kpi_id: Annotated[str | None, Query(description="One KPI instead of the whole scorecard")] = None,
    card: Annotated[int, Query(ge=0, le=99, description="Which scorecard, of `cards`; 0 is the commonest")] = 0,
) -> Wanted:
    return Wanted(None if level is None else SubjectKind(level), kpi_id, card)


WantedHere = Annotated[Wanted, Depends(_wanted)]


@router.get("/releases/{release_id}/rankings/{subject_id}", response_model=RankingOut)
@access(Action.RESULTS_READ)
def get_ranking(request: Request, release_id: Key, subject_id: Key, wanted: WantedHere) -> Response:
    """Bands and places of five or more below a unit, over what all of them have; never a bare order."""
    with reading(request) as (session, visit):
        found = get_comparison(session, visit.viewer, release_id, subject_id, wanted, on=visit.today)
    return answer(RankingOut.of(found), version=_SEALED)


@router.get(
    "/releases/{release_id}/competitors.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "A line per company"}},
)
@access(Action.RESULTS_READ)
def get_competitor_table(request: Request, release_id: Key) -> Response:
    """The same as a table: CSV with semicolons, each line with its source and date."""
    with reading(request) as (session, visit):
        found = get_competition(session, visit.viewer, release_id, on=visit.today)
    raw = write_csv(COLUMNS, competitor_rows(found, visit.locale))
    return Response(raw, media_type="text/csv; charset=utf-8")


@router.get("/releases/{release_id}/competitors", response_model=CompetitionOut)
@access(Action.RESULTS_READ)
def get_competitors(request: Request, release_id: Key) -> Response:
    """The company beside its competitors and benchmarks as the same raters see them, and who can be told apart from us."""
    with reading(request) as (session, visit):
        found = get_competition(session, visit.viewer, release_id, on=visit.today)
    # A release never changes; which files of others stand beside it does, so there is no version.
    return answer(CompetitionOut.of(found))


@router.get("/releases/{release_id}/benchmarks/{unit_id}", response_model=CompetitionOut)
@access(Action.RESULTS_READ)
def get_benchmarks_beside(request: Request, release_id: Key, unit_id: Key) -> Response:
    """The company, a department or a team beside the benchmarks that speak of its level, KPI and rater group."""
    with reading(request) as (session, visit):
        found = get_beside(session, visit.viewer, release_id, unit_id, on=visit.today)
    return answer(CompetitionOut.of(found))


@router.get("/scorecards/{scorecard_id}/influence", response_model=InfluenceOut)
@access(Action.RESULTS_READ)
def get_influence(request: Request, scorecard_id: Key) -> Response:
    """What the KPIs of a card really decide, in the last release that scored with it; for who may read its results."""
    with reading(request) as (session, visit):
        card = get_scorecard(session, SERVICE, scorecard_id, on=visit.today)
        found = find_influence(session, visit.viewer, card, on=visit.today)
    if found is None:
        raise NotFound
    return answer(InfluenceOut.of(found))
