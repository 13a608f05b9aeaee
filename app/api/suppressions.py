"""The addresses of a company that get no letters, over HTTP: which and why, adding one, taking one off; always with a reason."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.delivery import LiftIn, SuppressionIn, SuppressionOut
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.invitations import addresses, commands

router = resource("Delivery")


@router.get("/suppressions", response_model=PageOut[SuppressionOut])
@access(Action.JOURNAL_READ)
def list_suppressions(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The addresses that get no letters, by name: why, since when, what was said, and what can be done."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = addresses.list_left_alone(session, visit.viewer, company, part)
    return answer(page_out(SuppressionOut, page))


@router.get("/suppressions/{person_id}", response_model=SuppressionOut)
@access(Action.JOURNAL_READ)
def get_suppression(request: Request, person_id: Key, company_id: CompanyId = None) -> Response:
    """Why the address of one person gets no letters; not there while it does."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        found = addresses.get_left_alone(session, visit.viewer, company, person_id)
    return answer(SuppressionOut.of(found))


@router.post("/suppressions", status_code=201, response_model=SuppressionOut)
@access(Action.ORGANISATION_WRITE)
def add_suppression(request: Request, sent: SuppressionIn, company_id: CompanyId = None) -> Response:
    """Send a person no more letters unasked, and say why; a wish of the person's own stays as it is."""
    reason = _reason(sent.reason)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        found = commands.leave_alone(post.session, post.viewer, company, sent.person_id, reason=reason, now=post.now)
        return post.created(SuppressionOut.of(found), f"/suppressions/{found.person_id}")


@router.post("/suppressions/{person_id}/lift", response_model=SuppressionOut)
@access(Action.ORGANISATION_WRITE)
def lift_suppression(request: Request, person_id: Key, sent: LiftIn, company_id: CompanyId = None) -> Response:
    """Write to an address again, and say why; answers with what stood on the list. Not where the person stopped it."""
    reason = _reason(sent.reason)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        found = commands.write_again(post.session, post.viewer, company, person_id, reason=reason, now=post.now)
        return post.answer(SuppressionOut.of(found))


def _reason(given: str) -> str:
    fields = Fields({"reason": given})
    reason = fields.text("reason", longest=TEXT_LENGTH, required=True)
    fields.finish()
    return reason or ""
