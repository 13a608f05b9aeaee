"""The pages of moderation: comments of closed rounds and of QR codes before anybody else reads them, decided one by one."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import AppError, NotFound
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.moderation.intake import parse_ruling
from app.moderation.rules import EDIT_REASONS, WITHHOLD_REASONS
from app.moderation.values import QueuedComment, Verdict
from app.open_answers.review import get_either_comment, get_either_queue, list_every_queue, rule_on_either
from app.papers.comment_words import COMMENT_REASONS, VERDICTS
from app.papers.result_words import group_listing
from app.receipts.values import WithheldReason
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.render import Flash, flash_for, page, said, see_other
from app.words import in_locale

router = Pages()

DONE = {"decided": Flash("good", "The decision is stored.", "It can be taken back until the release.")}


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment with its place, its state and the reason in words."""

    comment: QueuedComment
    place: str
    state: tuple[str, str]
    reason: str


@router.get("/comments")
@access(Action.COMMENTS_MODERATE)
def show_queues(request: Request) -> Response:
    with reading(request) as (session, visit):
        queues = list_every_queue(session, visit.viewer, now=visit.now)
    return page(visit, "pages/comments/list.html", queues=queues)


@router.get("/comments/{queue_id}")
@access(Action.COMMENTS_MODERATE)
def show_queue(request: Request, queue_id: str) -> Response:
    with reading(request) as (session, visit):
        queue = get_either_queue(session, visit.viewer, queue_id, now=visit.now)
    lines = [_line(visit, one) for one in queue.comments]
    return page(visit, "pages/comments/queue.html", flash=flash_for(visit, DONE), queue=queue, lines=lines)


@router.post("/comments/{queue_id}/{comment_id}")
@access(Action.COMMENTS_MODERATE)
def rule(request: Request, queue_id: str, comment_id: str) -> Response:
    return _ruled(request, queue_id, comment_id, posted(request), "")


@router.get("/comments/{queue_id}/{comment_id}/edit")
@access(Action.COMMENTS_MODERATE)
def show_edit(request: Request, queue_id: str, comment_id: str) -> Response:
    return _form_page(request, queue_id, comment_id, "edit")


@router.post("/comments/{queue_id}/{comment_id}/edit")
@access(Action.COMMENTS_MODERATE)
def edit(request: Request, queue_id: str, comment_id: str) -> Response:
    return _ruled(request, queue_id, comment_id, posted(request), "edit")


@router.get("/comments/{queue_id}/{comment_id}/withhold")
@access(Action.COMMENTS_MODERATE)
def show_withhold(request: Request, queue_id: str, comment_id: str) -> Response:
    return _form_page(request, queue_id, comment_id, "withhold")


@router.post("/comments/{queue_id}/{comment_id}/withhold")
@access(Action.COMMENTS_MODERATE)
def withhold(request: Request, queue_id: str, comment_id: str) -> Response:
    return _ruled(request, queue_id, comment_id, posted(request), "withhold")


_VERDICTS = {"edit": Verdict.EDITED, "withhold": Verdict.WITHHELD}
_REASONS = {"edit": EDIT_REASONS, "withhold": WITHHOLD_REASONS}


def _ruled(request: Request, queue_id: str, comment_id: str, form: Form, kind: str) -> Response:
    """What was decided, stored; or the form again, with what is wrong."""
    given = nested(form) | ({"verdict": _VERDICTS[kind].value} if kind else {})
    try:
        with writing(request) as (session, visit):
            comment = _of(session, visit, queue_id, comment_id)
            rule_on_either(
                session,
                visit.viewer,
                comment.id,
                parse_ruling(given, original=comment.text, posted=True),
                now=visit.now,
            )
    except REFUSED as error:
        if not kind:
            raise
        return _form_page(request, queue_id, comment_id, kind, (form, error))
    return see_other(f"/comments/{queue_id}", done="decided")


def _form_page(
    request: Request, queue_id: str, comment_id: str, kind: str, sent: tuple[Form, AppError] | None = None
) -> Response:
    with reading(request) as (session, visit):
        comment = _of(session, visit, queue_id, comment_id)
        queue = get_either_queue(session, visit.viewer, queue_id, now=visit.now)
    names = {"text": said(visit, "What is released"), "reason": said(visit, "Reason")}
    form = refused(visit, *sent, names=names) if sent is not None else _as_it_is(comment, kind)
    reasons = [(one.value, said(visit, COMMENT_REASONS[one]), "") for one in _REASONS[kind]]
    return page(
        visit,
        f"pages/comments/{kind}.html",
        status=form.status,
        form=form,
        queue=queue,
        line=_line(visit, comment),
        reasons=reasons,
    )


def _as_it_is(comment: QueuedComment, kind: str) -> Filled:
    ruling = comment.ruling
    reason = ruling.reason.value if ruling.reason is not None and ruling.verdict is _VERDICTS[kind] else None
    return fresh({"text": ruling.text or comment.text, "reason": reason})


def _of(session: ReadSession, visit: Visit, queue_id: str, comment_id: str) -> QueuedComment:
    comment = get_either_comment(session, visit.viewer, comment_id, now=visit.now)
    if comment.queue_id != queue_id:
        raise NotFound
    return comment


def _line(visit: Visit, comment: QueuedComment) -> CommentLine:
    groups = group_listing(visit, comment.rater_groups)
    place = f"{groups}. {in_locale(comment.item, visit.locale)}" if comment.item else groups
    why: WithheldReason | None = comment.ruling.reason
    return CommentLine(
        comment, place, VERDICTS[comment.ruling.verdict], said(visit, COMMENT_REASONS[why]) if why else ""
    )
