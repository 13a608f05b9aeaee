"""Deputies over HTTP: who acts for a manager in a period."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.organisation import CloseIn, DeputyIn, DeputyOut
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.organisation import deputise, queries
from app.organisation.values import NewDeputy

router = resource("Deputies")


@router.get("/subjects/{subject_id}/deputies", response_model=PageOut[DeputyOut])
@access(Action.ORGANISATION_READ)
def list_deputies(request: Request, subject_id: Key, part: Slice) -> Response:
    """Who acts, acted or will act for a manager, the latest first."""
    with reading(request) as (session, visit):
        page = queries.list_deputies(session, visit.viewer, subject_id, part, on=visit.today)
    return answer(page_out(DeputyOut, page))


@router.post("/subjects/{subject_id}/deputies", status_code=201, response_model=DeputyOut)
@access(Action.ORGANISATION_WRITE, own=True)
def appoint_deputy(request: Request, subject_id: Key, sent: DeputyIn) -> Response:
    """Let somebody act for a manager in a period: sight of what the manager leads, approvals, the manager's letters."""
    new = NewDeputy(sent.deputy_id, sent.ends_on, sent.starts_on)
    with posting(request) as post:
        deputy = deputise.appoint_deputy(post.session, post.viewer, subject_id, new, now=post.now)
        return post.answer(DeputyOut.of(deputy), status=201)


@router.post("/deputies/{deputy_id}/end", response_model=DeputyOut)
@access(Action.ORGANISATION_WRITE, own=True)
def end_deputy(request: Request, deputy_id: Key, sent: CloseIn) -> Response:
    """Let somebody act for a manager no longer; from that day on the rights are gone."""
    with posting(request) as post:
        deputy = deputise.end_deputy(post.session, post.viewer, deputy_id, ends_on=sent.ends_on, now=post.now)
        return post.answer(DeputyOut.of(deputy))
