"""Follow-up over HTTP: courses of KPIs, signals, what speaks against each other, what leads to success, and the watch."""

from typing import Annotated

from fastapi import Depends, Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut
from app.api.schemas.falling import FallingResponsesOut
from app.api.schemas.followup import CourseOut, ShiftIn, SignalOut
from app.api.schemas.relations import ContradictionsOut, RelevanceOut, RelevancesOut
from app.api.schemas.watches import WatchIn, WatchOut, WatchTrialOut, WatchTrialsOut
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, NO_WHOLE
from app.followup import commands, queries, relations
from app.followup.intake import parse_shift, parse_watch
from app.followup.relations import LONGEST_LAG, USUAL_LAGS
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.plain import span
from app.scoring.steps import Length

router = resource("Follow-up")

SERIES = (*(length.value for length in Length), "round")


async def _lags(
    lag: Annotated[
        str,
        Query(
            description="Steps from the soft to the hard value; without it 1, 2 and 3 are tried and allowed for",
            json_schema_extra={"type": "integer", "minimum": 1, "maximum": LONGEST_LAG},
        ),
    ] = "",
) -> tuple[int, ...]:
    if not lag:
        return USUAL_LAGS
    if not (lag.isascii() and lag.isdecimal() and len(lag) < 3 and 1 <= int(lag) <= LONGEST_LAG):
        raise Invalid([FieldError("lag", NO_WHOLE, span(1, LONGEST_LAG))])
    return (int(lag),)


async def _series(
    series: Annotated[
        str,
        Query(
            description="Of figures of this length; without it of those of which there are most",
            json_schema_extra={"enum": list(SERIES)},
        ),
    ] = "",
) -> str:
    if series and series not in SERIES:
        raise Invalid([FieldError("series", NO_CHOICE, ", ".join(SERIES))])
    return series


Lags = Annotated[tuple[int, ...], Depends(_lags)]
Series = Annotated[str, Depends(_series)]


@router.get("/kpis/{kpi_id}/courses/{subject_id}", response_model=CourseOut)
@access(Action.RESULTS_READ)
def get_course(request: Request, kpi_id: Key, subject_id: Key, series: Series) -> Response:
    """The course of a KPI at a subject: learning, in control or signal, what moved, and what a false alarm costs.

    Of a soft KPI for who reads the results of the subject, of a hard one for who reads its readings as well.
    """
    with reading(request) as (session, visit):
        course = queries.get_course(session, visit.viewer, kpi_id, subject_id, length=series, on=visit.today)
    return answer(CourseOut.told(course))


@router.post("/kpis/{kpi_id}/courses/{subject_id}/shifts", status_code=201, response_model=CourseOut)
@access(Action.KPIS_WRITE)
def accept_shift(request: Request, kpi_id: Key, subject_id: Key, sent: ShiftIn) -> Response:
    """Accept a new level from a day on: the usual one is learnt afresh from there. For managers of the subject."""
    draft = parse_shift(sent.given())
    with posting(request) as post:
        commands.accept_shift(post.session, post.viewer, kpi_id, subject_id, draft, now=post.now)
        course = queries.get_course(post.session, post.viewer, kpi_id, subject_id, on=post.today)
        return post.created(CourseOut.told(course), f"/kpis/{kpi_id}/courses/{subject_id}")


@router.delete("/shifts/{shift_id}", status_code=204, response_class=Response)
@access(Action.KPIS_WRITE)
def take_back_shift(request: Request, shift_id: Key) -> Response:
    """Take an accepted level back, as if it had never been."""
    with writing(request) as (session, visit):
        commands.take_back_shift(session, visit.viewer, shift_id, now=visit.now)
    return Response(status_code=204)


@router.get("/signals", response_model=PageOut[SignalOut])
@access(Action.RESULTS_READ)
def list_signals(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """What moves now at the units that may be read, by more than noise, or is beyond its red line: the latest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_signals(session, visit.viewer, company, part, on=visit.today)
    return answer(PageOut(items=[SignalOut.told(one) for one in page.items], next_cursor=page.next_cursor))


@router.get("/falling-responses", response_model=FallingResponsesOut)
@access(Action.RESULTS_READ)
def list_falling_responses(request: Request, company_id: CompanyId = None) -> Response:
    """Rater groups that answer less than they did, at the units that may be read, the latest fall first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        found = queries.list_falling(session, visit.viewer, company, on=visit.today)
    return answer(FallingResponsesOut.told(found))


@router.get("/releases/{release_id}/contradictions/{subject_id}", response_model=ContradictionsOut)
@access(Action.RESULTS_READ)
def get_contradictions(request: Request, release_id: Key, subject_id: Key) -> Response:
    """What speaks against each other at a subject: against targets, and in the change since the release before."""
    with reading(request) as (session, visit):
        found = relations.get_prompts(session, visit.viewer, release_id, subject_id, on=visit.today)
    return answer(ContradictionsOut.told(found))


@router.get("/kpis/{kpi_id}/relevance", response_model=RelevancesOut)
@access(Action.RESULTS_ANALYSE)
def list_relevance(request: Request, kpi_id: Key, lags: Lags, hard_kpi_id: str | None = None) -> Response:
    """Whether a soft KPI moves before hard ones, within units; of a hard KPI, which soft ones move before it.

    With the number of pairs, an interval that allows for the lags tried, and what speaks against reading much into it.
    """
    with reading(request) as (session, visit):
        found = relations.list_links(session, visit.viewer, kpi_id, other_id=hard_kpi_id, lags=lags, on=visit.today)
    return answer(RelevancesOut(items=[RelevanceOut.told(pair) for pair in found]))


@router.get("/kpis/{kpi_id}/watch", response_model=WatchOut)
@access(Action.KPIS_READ)
def get_watch(request: Request, kpi_id: Key) -> Response:
    """How a KPI is watched."""
    with reading(request) as (session, visit):
        setting = queries.get_watch(session, visit.viewer, kpi_id, on=visit.today)
    return answer(WatchOut.of(setting), version=setting.version)


@router.get("/kpis/{kpi_id}/watch/trials", response_model=WatchTrialsOut)
@access(Action.KPIS_READ)
def list_watch_trials(request: Request, kpi_id: Key) -> Response:
    """What each method would have given in the last year, before one is chosen: alerts, and those of chance alone."""
    with reading(request) as (session, visit):
        trials = queries.try_methods(session, visit.viewer, kpi_id, on=visit.today)
    return answer(WatchTrialsOut(items=[WatchTrialOut.told(trial) for trial in trials]))


@router.put("/kpis/{kpi_id}/watch", response_model=WatchOut)
@access(Action.KPIS_WRITE)
def set_watch(request: Request, kpi_id: Key, sent: WatchIn) -> Response:
    """Say how a KPI is watched, over its whole history."""
    draft, expected = parse_watch(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        commands.set_watch(session, visit.viewer, kpi_id, draft, expected_version=expected, now=visit.now)
        setting = queries.get_watch(session, visit.viewer, kpi_id, on=visit.today)
    return answer(WatchOut.of(setting), version=setting.version)
