"""Rating forms over HTTP: the form behind a link as JSON, and its submission; the link is the right, no key is needed."""

from typing import Annotated

from fastapi import Path, Request, Response

from app.api.resource import answer, resource
from app.api.schemas.forms import DeclineIn, DraftIn, FormOut, OfferOut, ReceiptOut, SubmissionIn
from app.http.access import by_link
from app.http.visit import reading, writing, written_together
from app.invitations.decline import decline
from app.recovery.queries import find_offer
from app.responses.commands import submit_response
from app.responses.keep_draft import save_draft
from app.responses.queries import load_rating_form

router = resource("Rating forms")

# No length is asked for here: a link that is too long must look like any other that leads nowhere.
Token = Annotated[str, Path(description="The secret of a rating link")]


@router.get("/forms/{token}", response_model=FormOut)
@by_link("the link is the right to rate")
def get_form(request: Request, token: Token) -> Response:
    """What a rating link asks; reading it changes nothing."""
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    return answer(FormOut.of(form))


@router.put("/forms/{token}", response_model=ReceiptOut)
@by_link("the link is the right to rate")
def submit_form(request: Request, token: Token, sent: SubmissionIn) -> Response:
    """Hand in a sheet for each subject with an answer; a sheet that is there is replaced until the round closes."""
    receipt = written_together(request, lambda session, now: submit_response(session, token, sent.posted(), now=now))
    told = ReceiptOut.of(receipt)
    if receipt.low:
        with reading(request) as (session, visit):
            offer = find_offer(session, token, receipt.low, now=visit.now)
        told = told if offer is None else told.model_copy(update={"offer": OfferOut.of(offer)})
    return answer(told)


@router.post("/forms/{token}/decline", status_code=204)
@by_link("the link is the right to say no")
def decline_subject(request: Request, token: Token, sent: DeclineIn) -> Response:
    """Do not rate one of those asked about, with a reason; the next fair one may be asked instead. Cannot be undone."""
    with writing(request) as (session, visit):
        decline(session, token, sent.assignment_id, sent.reason_given(), now=visit.now)
    return Response(status_code=204)


@router.put("/forms/{token}/draft", status_code=204)
@by_link("the link is the right to rate")
def put_draft(request: Request, token: Token, sent: DraftIn) -> Response:
    """Keep what is typed so far until it is sent; it comes back with the form. Not for anonymous groups."""
    written_together(request, lambda session, now: save_draft(session, token, sent.posted(), now=now))
    return Response(status_code=204)
