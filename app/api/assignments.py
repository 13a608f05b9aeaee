"""Who rates whom, over HTTP: proposed from the structure, listed by file or rows, added and approved by hand."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.assignments import AssignmentOut
from app.api.schemas.base import Flag, PageOut, page_out
from app.api.schemas.bulk import UPLOAD, BulkReportOut, report_out
from app.api.sent_rows import DryRun, table_of
from app.encounters import commands as encounters
from app.http.access import access
from app.http.doors import takes_table
from app.http.lists import Slice
from app.http.visit import reading, writing
from app.rounds import commands, queries
from app.rounds.intake import RATER_COLUMNS, parse_raters
from app.rounds.values import AssignmentSource

router = resource("Who rates whom")

ByHand = Annotated[Flag, Query(description="Added one by one, not from a list; a reader's own needs approval")]


@router.get("/rounds/{round_id}/assignments", response_model=PageOut[AssignmentOut])
@access(Action.ROUNDS_READ)
def list_assignments(request: Request, round_id: Key, part: Slice, subject_id: str | None = None) -> Response:
    """Who rates whom; who has answered is told of `named` and `report` groups only."""
    with reading(request) as (session, visit):
        page = queries.list_assignments(session, visit.viewer, round_id, part, subject_id=subject_id, now=visit.now)
    return answer(page_out(AssignmentOut, page))


@router.post("/rounds/{round_id}/assignments", response_model=BulkReportOut, openapi_extra=UPLOAD)
@access(Action.ROUNDS_WRITE)
@takes_table
def add_assignments(request: Request, round_id: Key, *, dry_run: DryRun = False, by_hand: ByHand = False) -> Response:
    """Add raters: columns rater_group, subject, and email or external_id; name, locale and occasion if known."""
    rows = parse_raters(table_of(request, RATER_COLUMNS))
    source = AssignmentSource.HAND if by_hand else AssignmentSource.LIST
    with posting(request) as post:
        report = commands.add_assignments(
            post.session, post.viewer, round_id, rows, source=source, dry_run=dry_run, now=post.now
        )
        return post.answer(report_out(report))


@router.post("/rounds/{round_id}/assignments/propose", response_model=BulkReportOut)
@access(Action.ROUNDS_WRITE)
def propose_assignments(request: Request, round_id: Key) -> Response:
    """Let the structure of today and recent encounters name managers, colleagues, direct reports, self and customers.

    Of more than eight colleagues, eight are named about each person, or twice the minimum of the group where that is
    more, so that everybody gets about as many forms; a warning says so. Where customers are asked, those whom somebody
    rated has served in the last 90 days are named, if they are known as raters and nothing rules them out: opt-out,
    bounce, the pause between two requests. Each about one person, at most 20 about each, or four times the minimum.
    `source` of an assignment says where it came from. Others can be added by hand or from a list.
    """
    with posting(request) as post:
        report = encounters.propose_assignments(post.session, post.viewer, round_id, now=post.now)
        return post.answer(report_out(report))


@router.delete("/assignments/{assignment_id}", status_code=204)
@access(Action.ROUNDS_WRITE)
def remove_assignment(request: Request, assignment_id: Key) -> Response:
    """Take a rater off a draft."""
    with writing(request) as (session, visit):
        commands.remove_assignment(session, visit.viewer, assignment_id, now=visit.now)
    return Response(status_code=204)


@router.post("/assignments/{assignment_id}/approve", status_code=204)
@access(Action.ROUNDS_WRITE)
def approve_assignment(request: Request, assignment_id: Key) -> Response:
    """Approve a rater whom a reader of results added by hand, so that the rater counts towards the minimum."""
    with posting(request) as post:
        commands.approve_assignment(post.session, post.viewer, assignment_id, now=post.now)
        return post.done()
