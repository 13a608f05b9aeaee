"""The page on who reads comments first in what a company sets up anew."""

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.rounds.commands import set_usual_moderators
from app.rounds.intake import read_moderators
from app.rounds.moderators import get_usual_moderators
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of
from app.web.render import Flash, flash_for, page, said, see_other

router = Pages()

DONE = {"set": Flash("good", "It is stored.", "It holds for what is set up from now on.")}


@router.get("/usual-moderators")
@access(Action.ROUNDS_WRITE)
def show_usual_moderators(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _page(session, visit, None)


@router.post("/usual-moderators")
@access(Action.ROUNDS_WRITE)
def store_usual_moderators(request: Request) -> Response:
    form = posted(request)
    try:
        moderators = read_moderators(nested(form), posted=True)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            set_usual_moderators(session, visit.viewer, company.id, moderators, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {"moderated_by": said(visit, "Who reads comments first")}
            return _page(session, visit, refused(visit, form, error, names=names))
    return see_other("/usual-moderators", done="set")


def _page(session: ReadSession, visit: Visit, form: Filled | None) -> Response:
    company = company_of(session, visit)
    require(visit.viewer, Action.ROUNDS_WRITE, (company.id,))
    usual = get_usual_moderators(session, visit.viewer, company.id)
    return page(
        visit,
        "pages/comments/usual.html",
        status=form.status if form else 200,
        flash=flash_for(visit, DONE),
        form=form or fresh({"moderated_by": usual}),
    )
