"""The bounds of asking over HTTP: who must not rate whom, and how many minutes of forms a rater gets in a month."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut
from app.api.schemas.bounds import (
    ConflictIn,
    ConflictOut,
    LoadCapIn,
    LoadCapOut,
    LoadOut,
    conflict_out,
)
from app.http.access import access
from app.http.lists import Slice
from app.http.visit import reading
from app.rounds import commands, queries

router = resource("Who must not rate whom, and how much")


@router.get("/conflicts", response_model=PageOut[ConflictOut])
@access(Action.ROUNDS_READ)
def list_conflicts(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The conflicts of interest that stand, between people about both of whom you may set up rounds."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_conflicts(session, visit.viewer, company, part, on=visit.today)
    items = [conflict_out(one) for one in page.items]
    return answer(PageOut[ConflictOut](items=items, next_cursor=page.next_cursor))


@router.post("/conflicts", status_code=201, response_model=ConflictOut)
@access(Action.ROUNDS_WRITE)
def mark_conflict(request: Request, sent: ConflictIn) -> Response:
    """Note that two people must not rate each other; drafts lose such raters, and nothing pairs them from now on."""
    with posting(request) as post:
        marked = commands.mark_conflict(
            post.session,
            post.viewer,
            sent.one_id,
            sent.other_id,
            reason=sent.reason,
            since=sent.since,
            now=post.now,
        )
        return post.answer(conflict_out(marked), status=201)


@router.post("/conflicts/{conflict_id}/lift", response_model=ConflictOut)
@access(Action.ROUNDS_WRITE)
def lift_conflict(request: Request, conflict_id: Key) -> Response:
    """Let two people rate each other again; the mark stays on record with its days."""
    with posting(request) as post:
        return post.answer(conflict_out(commands.lift_conflict(post.session, post.viewer, conflict_id, now=post.now)))


@router.get("/load-cap", response_model=LoadCapOut)
@access(Action.RULES_READ)
def get_load_cap(request: Request, company_id: CompanyId = None) -> Response:
    """How many minutes of forms one rater gets in a month at most."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        return answer(LoadCapOut(minutes=queries.get_load_cap(session, visit.viewer, company)))


@router.post("/load-cap", response_model=LoadCapOut)
@access(Action.ROUNDS_WRITE)
def set_load_cap(request: Request, sent: LoadCapIn, company_id: CompanyId = None) -> Response:
    """Set how many minutes of forms one rater gets in a month at most, for what is asked from now on."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        minutes = commands.set_load_cap(post.session, post.viewer, company, sent.minutes, now=post.now)
        return post.answer(LoadCapOut(minutes=minutes))


@router.get("/rounds/{round_id}/loads", response_model=PageOut[LoadOut])
@access(Action.ROUNDS_READ)
def list_loads(request: Request, round_id: Key, part: Slice) -> Response:
    """What the forms of a round and of its month take each rater, the fullest month first; nothing of answers."""
    with reading(request) as (session, visit):
        page, limits = queries.list_loads(session, visit.viewer, round_id, part, now=visit.now)
    items = [
        LoadOut(
            person_id=one.person_id,
            name=one.name,
            email=one.email,
            forms=one.forms,
            seconds=one.seconds,
            month_seconds=one.month_seconds,
            cap=limits.cap,
        )
        for one in page.items
    ]
    return answer(PageOut[LoadOut](items=items, next_cursor=page.next_cursor))
