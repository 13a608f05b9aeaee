"""Focus over HTTP: what a person works on, chosen by whoever leads and proposed by the person."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.focus import FocusIn, FocusOut
from app.focus import commands, queries
from app.focus.intake import parse_focus
from app.http.access import access, personal
from app.http.visit import reading, writing

router = resource("Talks")


@router.get("/focus/{subject_id}", response_model=FocusOut)
@access(Action.RESULTS_READ)
def get_focus(request: Request, subject_id: Key) -> Response:
    """What a person works on, with the latest scores of it, what is proposed, and what else the card has."""
    with reading(request) as (session, visit):
        focus = queries.get_focus(session, visit.viewer, subject_id, on=visit.today)
    return answer(FocusOut.told(focus))


@router.post("/focus/{subject_id}", response_model=FocusOut)
@access(Action.DECISIONS_WRITE)
def choose_focus(request: Request, subject_id: Key, sent: FocusIn) -> Response:
    """Put a KPI of the card into focus, in the place of another where two are there; agrees to a proposal of the same.

    For those who lead the person. 409 `focus_full` names the two that are in focus.
    """
    draft = parse_focus(sent.given())
    with posting(request) as post:
        focus = commands.choose_focus(post.session, post.viewer, subject_id, draft, now=post.now)
        return post.answer(FocusOut.told(focus))


@router.post("/focus/{subject_id}/proposal", response_model=FocusOut)
@personal("speaks of the own focus")
def propose_focus(request: Request, subject_id: Key, sent: FocusIn) -> Response:
    """Propose a KPI for the own focus, instead of what was proposed before. For the person alone, hence not for keys."""
    draft = parse_focus(sent.given())
    with posting(request) as post:
        focus = commands.propose_focus(post.session, post.viewer, subject_id, draft, now=post.now)
        return post.answer(FocusOut.told(focus))


@router.delete("/focus/{subject_id}/proposal/{kpi_id}", response_model=FocusOut)
@personal("speaks of the own focus")
def withdraw_focus(request: Request, subject_id: Key, kpi_id: Key) -> Response:
    """Take back what one proposed. For the person alone, hence not for keys."""
    with writing(request) as (session, visit):
        focus = commands.drop_focus(session, visit.viewer, subject_id, kpi_id, now=visit.now)
    return answer(FocusOut.told(focus))


@router.delete("/focus/{subject_id}/kpis/{kpi_id}", response_model=FocusOut)
@access(Action.DECISIONS_WRITE)
def drop_focus(request: Request, subject_id: Key, kpi_id: Key) -> Response:
    """Take a KPI out of focus, or a proposal away. For those who lead the person."""
    with writing(request) as (session, visit):
        focus = commands.drop_focus(session, visit.viewer, subject_id, kpi_id, now=visit.now)
    return answer(FocusOut.told(focus))
