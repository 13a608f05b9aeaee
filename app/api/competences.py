"""Competences over HTTP."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import SERVICE, Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.competences import CompetenceIn, CompetenceOut
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.kpis import commands, queries
from app.kpis.intake import parse_competence

router = resource("Competences")


@router.get("/competences", response_model=PageOut[CompetenceOut])
@access(Action.KPIS_READ)
def list_competences(
    request: Request, part: Slice, company_id: CompanyId = None, external_id: Annotated[str | None, Query()] = None
) -> Response:
    """The competences of a company, by external id."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_competences(session, visit.viewer, company, part, external_id=external_id)
    return answer(page_out(CompetenceOut, page))


@router.post("/competences", status_code=201, response_model=CompetenceOut)
@access(Action.KPIS_WRITE)
def create_competence(request: Request, sent: CompetenceIn, company_id: CompanyId = None) -> Response:
    """Write a competence."""
    draft = parse_competence(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        competence_id = commands.create_competence(post.session, post.viewer, draft, company_id=company, now=post.now)
        competence = queries.get_competence(post.session, SERVICE, competence_id)
        return post.created(CompetenceOut.of(competence), f"/competences/{competence_id}", version=competence.version)


@router.get("/competences/{competence_id}", response_model=CompetenceOut)
@access(Action.KPIS_READ)
def get_competence(request: Request, competence_id: Key) -> Response:
    """One competence."""
    with reading(request) as (session, visit):
        competence = queries.get_competence(session, visit.viewer, competence_id)
    return answer(CompetenceOut.of(competence), version=competence.version)


@router.put("/competences/{competence_id}", response_model=CompetenceOut)
@access(Action.KPIS_WRITE)
def change_competence(request: Request, competence_id: Key, sent: CompetenceIn) -> Response:
    """Rewrite a competence as a whole; rounds that have started keep the name they had."""
    draft, expected = parse_competence(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        commands.change_competence(
            session, visit.viewer, competence_id, draft, expected_version=expected, now=visit.now
        )
        competence = queries.get_competence(session, SERVICE, competence_id)
    return answer(CompetenceOut.of(competence), version=competence.version)
