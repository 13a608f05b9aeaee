"""Releases over HTTP: released figures with their intervals, and the arithmetic behind them."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.against import AgainstOut
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.explanations import ExplanationOut
from app.api.schemas.releases import ReleaseOut, ScoreOut, ScoresPage, SubjectScoresOut
from app.errors import NotFound
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.releases import queries
from app.releases.commands import release_round as seal
from app.releases.trace import FigureKey
from app.releases.values import ScoreFilter, ScoreLevel, ScoreStatus
from app.summaries.against import get_against
from app.summaries.reference import Reference

router = resource("Releases")

# Figures never change once they are released (docs/anonymity.md, section "Once, and never again (R5, R11)").
_SEALED = 1


async def _chosen(
    subject_id: str | None = None,
    kpi_id: str | None = None,
    level: ScoreLevel | None = None,
    status: ScoreStatus | None = None,
) -> ScoreFilter:
    return ScoreFilter(subject_id, kpi_id, level, status)


Chosen = Annotated[ScoreFilter, Depends(_chosen)]
Held = Annotated[str, Path(description="What the composite is held against", json_schema_extra={"enum": [*Reference]})]
Group = Annotated[str | None, Query(description="A rater group, or several that were read together: `a,b`")]


@router.post("/rounds/{round_id}/release", response_model=ReleaseOut)
@access(Action.ROUNDS_WRITE)
def release_round(request: Request, round_id: Key) -> Response:
    """Score and publish a closed round, once and for all; a round that is released already gives its release."""
    with posting(request) as post:
        release = seal(post.session, post.viewer, round_id, now=post.now)
        return post.answer(ReleaseOut.of(release))


@router.get("/releases", response_model=PageOut[ReleaseOut])
@access(Action.RESULTS_READ)
def list_releases(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The releases in which somebody's figures may be read, the newest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_releases(session, visit.viewer, company, part, on=visit.today)
    return answer(page_out(ReleaseOut, page))


@router.get("/releases/{release_id}", response_model=ReleaseOut)
@access(Action.RESULTS_READ)
def get_release(request: Request, release_id: Key) -> Response:
    """One release."""
    with reading(request) as (session, visit):
        release = queries.get_release(session, visit.viewer, release_id, on=visit.today)
        digest = queries.find_input_digest(session, visit.viewer, release, on=visit.today)
    # All that can still change is that the deleted sheets were scrubbed.
    version = release.sequence + (release.scrubbed_at is not None)
    return answer(ReleaseOut.of(release).model_copy(update={"input_digest": digest}), version=version)


@router.get("/releases/{release_id}/scores", response_model=ScoresPage)
@access(Action.RESULTS_READ)
def list_scores(request: Request, release_id: Key, part: Slice, chosen: Chosen) -> Response:
    """The figures of a release that may be read, by subject, KPI, item and groups."""
    with reading(request) as (session, visit):
        page = queries.list_scores(session, visit.viewer, release_id, part, on=visit.today, only=chosen)
    return answer(ScoresPage(items=[ScoreOut.of(score) for score in page.items], next_cursor=page.next_cursor))


@router.get("/releases/{release_id}/scores/{subject_id}", response_model=SubjectScoresOut)
@access(Action.RESULTS_READ)
def get_scores(request: Request, release_id: Key, subject_id: Key) -> Response:
    """All figures of a subject, the composite first."""
    with reading(request) as (session, visit):
        scores = queries.get_scores(session, visit.viewer, release_id, subject_id, on=visit.today)
    return answer(SubjectScoresOut(items=[ScoreOut.of(score) for score in scores]), version=_SEALED)


@router.get("/releases/{release_id}/explanations/{subject_id}/against/{reference}", response_model=AgainstOut)
@access(Action.RESULTS_READ)
def get_distance(request: Request, release_id: Key, subject_id: Key, reference: Held) -> Response:
    """What each KPI adds to the distance of a composite from its targets, the unit above or the round before."""
    if reference not in set(Reference):
        raise NotFound
    with reading(request) as (session, visit):
        found = get_against(session, visit.viewer, release_id, subject_id, Reference(reference), on=visit.today)
    return answer(AgainstOut.of(found), version=_SEALED)


async def _figure(kpi_id: str | None = None, group: Group = None, item_id: str | None = None) -> FigureKey | None:
    if kpi_id is None and group is None and item_id is None:
        return None
    return FigureKey(kpi_id or None, tuple(group.split(",")) if group else (), item_id or None)


@router.get("/releases/{release_id}/explanations/{subject_id}", response_model=ExplanationOut)
@access(Action.RESULTS_READ)
def get_explanation(
    request: Request, release_id: Key, subject_id: Key, figure: Annotated[FigureKey | None, Depends(_figure)]
) -> Response:
    """The arithmetic of a subject; with `kpi_id`, `group` or `item_id` that of one figure with its parts."""
    with reading(request) as (session, visit):
        if figure is None:
            document = queries.get_explanation(session, visit.viewer, release_id, subject_id, on=visit.today)
            return answer(ExplanationOut.of_subject(subject_id, document), version=_SEALED)
        found, score = queries.get_traced(session, visit.viewer, release_id, subject_id, figure, on=visit.today)
    return answer(ExplanationOut.of_figure(subject_id, found, score), version=_SEALED)
