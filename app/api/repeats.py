"""Rounds that repeat over HTTP: wished for, read, changed, paused and stopped."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.repeats import RepetitionIn, RepetitionOut, RepetitionsOut
from app.http.access import access
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.repeats import queries
from app.repeats.commands import set_repetition
from app.repeats.intake import parse_repetition

router = resource("Rounds")


@router.get("/repetitions", response_model=RepetitionsOut)
@access(Action.ROUNDS_READ)
def list_repetitions(request: Request, company_id: CompanyId = None) -> Response:
    """The rounds that are asked again by themselves."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        found = queries.list_repetitions(session, visit.viewer, company, now=visit.now)
    return answer(RepetitionsOut(items=[RepetitionOut.of(one) for one in found]))


@router.get("/rounds/{round_id}/repetition", response_model=RepetitionOut)
@access(Action.ROUNDS_READ)
def get_repetition(request: Request, round_id: Key) -> Response:
    """How a round is repeated; nothing is found where it is not."""
    with reading(request) as (session, visit):
        found = queries.get_repetition(session, visit.viewer, round_id, now=visit.now)
    return answer(RepetitionOut.of(found), version=found.version)


@router.post("/rounds/{round_id}/repetition", status_code=201, response_model=RepetitionOut)
@access(Action.ROUNDS_WRITE)
def repeat_round(request: Request, round_id: Key, sent: RepetitionIn) -> Response:
    """Let a round that has started be asked again for each period that follows."""
    draft = parse_repetition(sent.given())
    with posting(request) as post:
        made = set_repetition(post.session, post.viewer, round_id, draft, now=post.now)
        return post.created(RepetitionOut.of(made), f"/rounds/{round_id}/repetition", version=made.version)


@router.patch("/rounds/{round_id}/repetition", response_model=RepetitionOut)
@access(Action.ROUNDS_WRITE)
def change_repetition(request: Request, round_id: Key, sent: RepetitionIn) -> Response:
    """Change how a round is repeated, let that rest, or stop it for good; what is left out stays."""
    expected = expected_version(request)
    with writing(request) as (session, visit):
        present = queries.get_repetition(session, visit.viewer, round_id, now=visit.now)
        draft = parse_repetition(sent.given(), present=present)
        changed = set_repetition(session, visit.viewer, round_id, draft, expected_version=expected, now=visit.now)
    return answer(RepetitionOut.of(changed), version=changed.version)
