"""Dossiers of control measures over HTTP: put on record, read by those they are about, reviewed."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.dossiers import DossierIn, DossierOut, DossierReviewIn, DossierReviewOut, DossierReviewsOut
from app.dossiers import commands, queries
from app.dossiers.intake import parse_dossier, parse_review
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing

router = resource("Dossiers")


@router.get("/dossiers", response_model=PageOut[DossierOut])
@access(Action.RULES_READ, own=True)
def list_dossiers(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The control measures of a company, the latest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_dossiers(session, visit.viewer, company, part, on=visit.today)
    return answer(page_out(DossierOut, page))


@router.post("/dossiers", status_code=201, response_model=DossierOut)
@access(Action.ROUNDS_WRITE)
def create_dossier(request: Request, sent: DossierIn, company_id: CompanyId = None) -> Response:
    """Put a control measure on record."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        content = parse_dossier(sent.given(), company_id=company)
        made = commands.create_dossier(post.session, post.viewer, company, content, now=post.now)
        return post.created(DossierOut.of(made), f"/dossiers/{made.id}", version=made.version)


@router.get("/dossiers/{dossier_id}", response_model=DossierOut)
@access(Action.RULES_READ, own=True)
def get_dossier(request: Request, dossier_id: Key) -> Response:
    """One control measure; whoever it is about may read it, too."""
    with reading(request) as (session, visit):
        found = queries.get_dossier(session, visit.viewer, dossier_id, on=visit.today)
    return answer(DossierOut.of(found), version=found.version)


@router.put("/dossiers/{dossier_id}", response_model=DossierOut)
@access(Action.ROUNDS_WRITE)
def change_dossier(request: Request, dossier_id: Key, sent: DossierIn) -> Response:
    """Rewrite a dossier as a whole; the journal says which parts changed."""
    expected = expected_version(request)
    with writing(request) as (session, visit):
        found = queries.get_dossier(session, visit.viewer, dossier_id, on=visit.today)
        content = parse_dossier(sent.given(), company_id=found.company_id)
        changed = commands.change_dossier(
            session, visit.viewer, dossier_id, content, expected_version=expected, now=visit.now
        )
    return answer(DossierOut.of(changed), version=changed.version)


@router.get("/dossiers/{dossier_id}/reviews", response_model=DossierReviewsOut)
@access(Action.RULES_READ, own=True)
def list_dossier_reviews(request: Request, dossier_id: Key) -> Response:
    """What the reviews of a control measure came to, the latest first."""
    with reading(request) as (session, visit):
        found = queries.get_dossier(session, visit.viewer, dossier_id, on=visit.today)
        reviews = queries.list_reviews(session, found.id)
    return answer(DossierReviewsOut(items=[DossierReviewOut.of(one) for one in reviews]))


@router.post("/dossiers/{dossier_id}/reviews", status_code=201, response_model=DossierOut)
@access(Action.ROUNDS_WRITE)
def review_dossier(request: Request, dossier_id: Key, sent: DossierReviewIn) -> Response:
    """Keep what a review came to; the day of the next one becomes the dossier's."""
    draft = parse_review(sent.given())
    with posting(request) as post:
        found = commands.review_dossier(post.session, post.viewer, dossier_id, draft, now=post.now)
        return post.created(DossierOut.of(found), f"/dossiers/{dossier_id}/reviews", version=found.version)
