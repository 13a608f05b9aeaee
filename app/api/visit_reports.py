"""The report of a visit over HTTP: the form behind a shopper's link, the report, its pictures; no key is needed."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.api.resource import answer, resource
from app.api.schemas.visit_reports import PICTURE, ReportedOut, ReportFormOut, ReportIn
from app.api.schemas.visits import EvidenceListOut, EvidenceOut
from app.errors import FieldError, Invalid
from app.fields import REQUIRED
from app.http.access import by_link
from app.http.doors import sent_file, takes_file
from app.http.visit import reading, writing
from app.infra.pictures import encoded_anew
from app.visits import commands, queries
from app.visits.values import EvidenceKind

router = resource("Visits")

Token = Annotated[str, Path(description="The secret of a shopper's link")]


@router.get("/visit-reports/{token}", response_model=ReportFormOut)
@by_link("the link is the right to report")
def get_report_form(request: Request, token: Token) -> Response:
    """What a visit asks; never what was handed in."""
    with reading(request) as (session, visit):
        found = queries.find_visit_by_link(session, token, now=visit.now)
        about = queries.letter_about(session, found, on=visit.today)
    return answer(ReportFormOut.for_visit(found, about.subject_name))


@router.put("/visit-reports/{token}", response_model=ReportedOut)
@by_link("the link is the right to report")
def put_report(request: Request, token: Token, sent: ReportIn) -> Response:
    """Hand in the report; until it is accepted another one takes its place."""
    with writing(request) as (session, visit):
        found = commands.report_visit(session, token, sent.given(), now=visit.now)
    return answer(ReportedOut(state=found.state))


@router.post("/visit-reports/{token}/evidence", response_model=EvidenceListOut, openapi_extra=PICTURE)
@by_link("the link is the right to report")
@takes_file
def add_report_evidence(
    request: Request, token: Token, kind: Annotated[EvidenceKind, Query()] = EvidenceKind.PHOTO
) -> Response:
    """Add a picture: JPEG, PNG or WebP, at most 10 MB; it is encoded anew and loses whatever else the file held."""
    with reading(request) as (session, visit):
        queries.find_visit_by_link(session, token, now=visit.now)
    file = sent_file(request)
    if file is None:
        raise Invalid([FieldError("file", REQUIRED, "JPEG, PNG, WebP")])
    picture = encoded_anew(file.raw)
    with writing(request) as (session, visit):
        commands.add_evidence(session, token, kind, picture, now=visit.now)
        found = queries.load_evidence(session, queries.find_visit_by_link(session, token, now=visit.now).id)
    return answer(EvidenceListOut(items=[EvidenceOut.of(one) for one in found]))


@router.delete("/visit-reports/{token}/evidence/{evidence_id}", status_code=204)
@by_link("the link is the right to report")
def remove_report_evidence(request: Request, token: Token, evidence_id: str) -> Response:
    """Take a picture away again."""
    with writing(request) as (session, visit):
        commands.remove_evidence(session, token, evidence_id, now=visit.now)
    return Response(status_code=204)
