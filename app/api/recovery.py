"""Recovery cases over HTTP: the offer accepted by who holds link and ticket, the cases of their owner."""

from fastapi import Request, Response

from app.api.forms import Token
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.recovery import CaseEndIn, CaseOut, ContactIn
from app.http.access import by_link, personal
from app.http.lists import Slice
from app.http.visit import reading, writing
from app.recovery import commands, queries
from app.recovery.intake import parse_end
from app.recovery.values import CaseState

router = resource("Recovery cases")


@router.post("/forms/{token}/contact", status_code=204)
@by_link("whoever has just answered may ask to be contacted; the ticket in the body says so")
def ask_for_contact(request: Request, token: Token, sent: ContactIn) -> Response:
    """Ask to be contacted after answers that were low, with the offer of the receipt; once for each answer."""
    with writing(request) as (session, visit):
        commands.open_case(session, token, sent.given(), now=visit.now)
    return Response(status_code=204)


@router.get("/recovery-cases", response_model=PageOut[CaseOut])
@personal("a case is for its owner alone, who is a person")
def list_recovery_cases(request: Request, part: Slice, state: CaseState | None = None) -> Response:
    """The cases of whoever is signed in, the first due first; nobody else sees them, and no key does."""
    with reading(request) as (session, visit):
        page = queries.list_cases(session, visit.viewer, part, state=state)
    return answer(page_out(CaseOut, page))


@router.get("/recovery-cases/{case_id}", response_model=CaseOut)
@personal("a case is for its owner alone, who is a person")
def get_recovery_case(request: Request, case_id: Key) -> Response:
    """One case, for its owner alone."""
    with reading(request) as (session, visit):
        found = queries.get_case(session, visit.viewer, case_id)
    return answer(CaseOut.of(found), version=found.version)


@router.post("/recovery-cases/{case_id}/close", response_model=CaseOut)
@personal("a case is for its owner alone, who is a person")
def close_recovery_case(request: Request, case_id: Key, sent: CaseEndIn) -> Response:
    """Close a case with its outcome; how to reach the customer is deleted."""
    end = parse_end(sent.given())
    with posting(request) as post:
        found = commands.close_case(post.session, post.viewer, case_id, end, now=post.now)
        return post.answer(CaseOut.of(found), version=found.version)
