"""Moderation over HTTP: comments of closed rounds before their release, and what is decided about each."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.comments import QueueListOut, QueueOut, RulingIn
from app.http.access import access
from app.http.visit import reading
from app.moderation.commands import decide
from app.moderation.intake import parse_ruling
from app.moderation.queries import get_queue, get_queued, list_queues

router = resource("Comments")


@router.get("/comments", response_model=QueueListOut)
@access(Action.COMMENTS_MODERATE)
def list_comment_queues(request: Request) -> Response:
    """The closed rounds in which comments wait for their release, with those comments."""
    with reading(request) as (session, visit):
        queues = list_queues(session, visit.viewer, now=visit.now)
    return answer(QueueListOut(items=[QueueOut.of(queue) for queue in queues]))


@router.get("/rounds/{round_id}/comments", response_model=QueueOut)
@access(Action.COMMENTS_MODERATE)
def get_comment_queue(request: Request, round_id: Key) -> Response:
    """The comments of a closed round that could be read, in random order, without rater, time, or small groups."""
    with reading(request) as (session, visit):
        queue = get_queue(session, visit.viewer, round_id, now=visit.now)
    return answer(QueueOut.of(queue))


@router.post("/comments/{comment_id}/decision", status_code=204)
@access(Action.COMMENTS_MODERATE)
def rule_on_comment(request: Request, comment_id: Key, sent: RulingIn) -> Response:
    """Release a comment as written, edit it with its sense kept, withhold it, or let it wait again, until the release."""
    with posting(request) as post:
        comment = get_queued(post.session, post.viewer, comment_id, now=post.now)
        decide(post.session, post.viewer, comment.id, parse_ruling(sent.given(), original=comment.text), now=post.now)
        return post.done()
