"""Scales over HTTP."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import SERVICE, Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.kpis import ScaleIn, ScaleOut
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.kpis import commands, queries
from app.kpis.intake import parse_scale

router = resource("Scales")


@router.get("/scales", response_model=PageOut[ScaleOut])
@access(Action.KPIS_READ)
def list_scales(
    request: Request, part: Slice, company_id: CompanyId = None, external_id: Annotated[str | None, Query()] = None
) -> Response:
    """The scales of a company, by external id."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_scales(session, visit.viewer, company, part, external_id=external_id)
    return answer(page_out(ScaleOut, page))


@router.post("/scales", status_code=201, response_model=ScaleOut)
@access(Action.KPIS_WRITE)
def create_scale(request: Request, sent: ScaleIn, company_id: CompanyId = None) -> Response:
    """Write a scale."""
    draft = parse_scale(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        scale_id = commands.create_scale(post.session, post.viewer, draft, company_id=company, now=post.now)
        scale = queries.get_scale(post.session, SERVICE, scale_id)
        return post.created(ScaleOut.of(scale), f"/scales/{scale_id}", version=scale.version)


@router.get("/scales/{scale_id}", response_model=ScaleOut)
@access(Action.KPIS_READ)
def get_scale(request: Request, scale_id: Key) -> Response:
    """One scale."""
    with reading(request) as (session, visit):
        scale = queries.get_scale(session, visit.viewer, scale_id)
    return answer(ScaleOut.of(scale), version=scale.version)


@router.put("/scales/{scale_id}", response_model=ScaleOut)
@access(Action.KPIS_WRITE)
def change_scale(request: Request, scale_id: Key, sent: ScaleIn) -> Response:
    """Rewrite a scale as a whole; its points only while no activated KPI asks with it."""
    draft, expected = parse_scale(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        commands.change_scale(session, visit.viewer, scale_id, draft, expected_version=expected, now=visit.now)
        scale = queries.get_scale(session, SERVICE, scale_id)
    return answer(ScaleOut.of(scale), version=scale.version)
