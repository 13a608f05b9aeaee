"""Receipts over HTTP: what became of a comment, by its code; the code is the right, and comes in the body."""

from fastapi import Request, Response

from app.api.resource import answer, resource
from app.api.schemas.receipts import CodeIn, OutcomeOut
from app.http.access import by_link
from app.http.visit import reading
from app.receipts.intake import parse_code
from app.receipts.queries import get_outcome

router = resource("Receipts")


@router.post("/receipts", response_model=OutcomeOut)
@by_link("whoever holds the code may see what became of the comment")
def tell_outcome(request: Request, sent: CodeIn) -> Response:
    """What became of the comment that a code was given for; neither the comment nor whom it is about. Writes nothing."""
    code = parse_code(sent.given())
    with reading(request) as (session, _):
        outcome = get_outcome(session, code)
    return answer(OutcomeOut.of(outcome))
