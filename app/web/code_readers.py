"""The page on who reads the comments first that come in through a QR code."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.open_answers.commands import change_moderators
from app.open_answers.queries import get_code
from app.open_answers.values import OpenCode
from app.rounds.intake import read_moderators
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.render import page, said, see_other
from app.words import in_locale

router = Pages()


@router.get("/open-codes/{code_id}/comment-readers")
@access(Action.ROUNDS_WRITE)
def show_readers(request: Request, code_id: str) -> Response:
    with reading(request) as (session, visit):
        code = get_code(session, visit.viewer, code_id, now=visit.now)
    return _readers_page(visit, code, fresh({"moderated_by": code.moderated_by}))


@router.post("/open-codes/{code_id}/comment-readers")
@access(Action.ROUNDS_WRITE)
def store_readers(request: Request, code_id: str) -> Response:
    form = posted(request)
    try:
        wanted = read_moderators(nested(form), posted=True)
        with writing(request) as (session, visit):
            change_moderators(session, visit.viewer, code_id, wanted, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            code = get_code(session, visit.viewer, code_id, now=visit.now)
        names = {"moderated_by": said(visit, "Who reads comments first")}
        return _readers_page(visit, code, refused(visit, form, error, names=names))
    return see_other(f"/open-codes/{code_id}", done="readers")


def _readers_page(visit: Visit, code: OpenCode, form: Filled) -> Response:
    name = in_locale(code.name, visit.locale)
    return page(visit, "pages/open_codes/readers.html", status=form.status, code=code, name=name, form=form)
