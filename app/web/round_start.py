"""The last step of a round: what it can show, said before anything is sent, and its start with one confirmation."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.accounts.rules import Action
from app.errors import AppError, Invalid
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.invitations.commands import invite_due_rounds
from app.repeats.queries import find_repetition
from app.rounds.commands import launch_round
from app.rounds.queries import preview_round
from app.rounds.rules import ConfirmationNeeded
from app.web.dossiers import cover_names
from app.web.forms import REFUSED, Filled, refused
from app.web.launch_view import launch_view
from app.web.render import flash_for, page, said, see_other
from app.web.repeats import missing_in
from app.web.round_parts import DONE, Gap, draft_frame, problems_of

router = Pages()

SEEN = "confirmed"


@router.get("/rounds/{round_id}/start")
@access(Action.ROUNDS_WRITE)
def show_start(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _start_page(session, visit, round_id, Filled())


@router.post("/rounds/{round_id}/start")
@access(Action.ROUNDS_WRITE)
def start(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            launch_round(session, visit.viewer, round_id, confirmed=form.one(SEEN) == "1", now=visit.now)
            invite_due_rounds(session, now=visit.now)
    except REFUSED as error:
        return _again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/tracker", done="launched")


def _again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        if isinstance(error, ConfirmationNeeded):
            sentence = said(visit, error.message)
            sent = Filled(form, {SEEN: sentence}, ((SEEN, sentence),), status=409)
            return _start_page(session, visit, round_id, sent)
        gaps = [(one.field, one.message, one.values) for one in error.errors] if isinstance(error, Invalid) else []
        return _start_page(session, visit, round_id, refused(visit, form, error), gaps)


def _start_page(session: ReadSession, visit: Visit, round_id: str, form: Filled, gaps: Sequence[Gap] = ()) -> Response:
    frame = draft_frame(session, visit, round_id, "start")
    preview = preview_round(session, visit.viewer, round_id, now=visit.now)
    repetition = find_repetition(session, visit.viewer, round_id, now=visit.now)
    ids = [cover.dossier_id for cover in preview.covers if cover.dossier_id is not None]
    names = cover_names(session, visit, ids)
    return page(
        visit,
        "pages/rounds/start.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form,
        gaps=problems_of(visit, gaps, round_id),
        preview=preview,
        view=launch_view(visit, preview, names),
        missing=missing_in(visit, repetition),
    )
