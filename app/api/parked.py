"""Parked answers over HTTP: what is suspicious about a closed round, and whether it counts; for analysts."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.parked import DecisionIn, ParkedListOut, ParkedOut
from app.http.access import access
from app.http.visit import reading
from app.releases.review import review_counted
from app.responses.intake import parse_decision
from app.responses.parked import list_parked

router = resource("Parked answers")


@router.get("/rounds/{round_id}/parked-answers", response_model=ParkedListOut)
@access(Action.RESULTS_ANALYSE)
def list_parked_answers(request: Request, round_id: Key) -> Response:
    """The answers of a closed round that count in nothing until somebody says so, and why."""
    with reading(request) as (session, visit):
        found = list_parked(session, visit.viewer, round_id, now=visit.now)
    return answer(ParkedListOut(items=[ParkedOut.of(one) for one in found]))


@router.post("/parked-answers/{parked_id}/decision", status_code=204)
@access(Action.RESULTS_ANALYSE)
def decide_parked_answer(request: Request, parked_id: Key, sent: DecisionIn) -> Response:
    """Let a parked answer count, leave it out, or park it again, until the release."""
    wanted = parse_decision(sent.given())
    with posting(request) as post:
        review_counted(post.session, post.viewer, parked_id, wanted, now=post.now)
        return post.done()
