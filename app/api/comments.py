"""Moderation over HTTP: comments of closed rounds before their release, and what is decided about each."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.comments import QueueListOut, QueueOut, RulingIn, UsualModeratorsIn, UsualModeratorsOut
from app.http.access import access
from app.http.visit import reading
from app.moderation.intake import parse_ruling
from app.open_answers.review import get_either_comment, get_either_queue, list_every_queue, rule_on_either
from app.rounds import commands, moderators
from app.rounds.intake import read_moderators

router = resource("Comments")


@router.get("/comments", response_model=QueueListOut)
@access(Action.COMMENTS_MODERATE)
def list_comment_queues(request: Request) -> Response:
    """The closed rounds and QR codes in which comments wait to be looked at, with those comments."""
    with reading(request) as (session, visit):
        queues = list_every_queue(session, visit.viewer, now=visit.now)
    return answer(QueueListOut(items=[QueueOut.of(queue) for queue in queues]))


@router.get("/rounds/{round_id}/comments", response_model=QueueOut)
@access(Action.COMMENTS_MODERATE)
def get_comment_queue(request: Request, round_id: Key) -> Response:
    """The comments of a closed round that could be read, in random order, without rater, time, or small groups."""
    with reading(request) as (session, visit):
        queue = get_either_queue(session, visit.viewer, round_id, now=visit.now)
    return answer(QueueOut.of(queue))


@router.get("/open-codes/{code_id}/comments", response_model=QueueOut)
@access(Action.COMMENTS_MODERATE)
def get_open_comment_queue(request: Request, code_id: Key) -> Response:
    """The comments of a QR code that could be shown, of periods that are over and not computed yet."""
    with reading(request) as (session, visit):
        queue = get_either_queue(session, visit.viewer, code_id, now=visit.now)
    return answer(QueueOut.of(queue))


@router.post("/comments/{comment_id}/decision", status_code=204)
@access(Action.COMMENTS_MODERATE)
def rule_on_comment(request: Request, comment_id: Key, sent: RulingIn) -> Response:
    """Release a comment as written, edit it with its sense kept, withhold it, or let it wait again, until the release."""
    with posting(request) as post:
        comment = get_either_comment(post.session, post.viewer, comment_id, now=post.now)
        ruling = parse_ruling(sent.given(), original=comment.text)
        rule_on_either(post.session, post.viewer, comment.id, ruling, now=post.now)
        return post.done()


@router.get("/usual-moderators", response_model=UsualModeratorsOut)
@access(Action.RULES_READ)
def get_usual_moderators(request: Request, company_id: CompanyId = None) -> Response:
    """Who reads comments before their release in rounds, programmes and QR codes that are set up anew."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        usual = moderators.get_usual_moderators(session, visit.viewer, company)
    return answer(UsualModeratorsOut(moderated_by=usual))


@router.post("/usual-moderators", response_model=UsualModeratorsOut)
@access(Action.ROUNDS_WRITE)
def set_usual_moderators(request: Request, sent: UsualModeratorsIn, company_id: CompanyId = None) -> Response:
    """Say who reads comments before their release in what is set up from now on; null: nobody does."""
    wanted = read_moderators(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        usual = commands.set_usual_moderators(post.session, post.viewer, company, wanted, now=post.now)
        return post.answer(UsualModeratorsOut(moderated_by=usual))
