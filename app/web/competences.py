"""The pages of competences: what the items of soft KPIs ask people to be good at."""

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.errors import AppError
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis import commands
from app.kpis.intake import parse_competence
from app.kpis.queries import get_competence, list_competences
from app.kpis.values import Competence
from app.web.forms import REFUSED, Filled, flattened, fresh, nested, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.render import Flash, flash_for, page, see_other

router = Pages()

DONE = {
    "created": Flash("good", "The competence is stored.", "Choose it for the items that ask for it."),
    "changed": Flash("good", "The change is stored."),
}


@router.get("/competences")
@access(Action.KPIS_READ)
def show_competences(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_competences(session, visit.viewer, company.id, slice_of(visit))
    return page(
        visit,
        "pages/competences/list.html",
        flash=flash_for(visit, DONE),
        competences=found.items,
        older=next_href(visit, found),
        may_write=may(visit.viewer, Action.KPIS_WRITE, company.path),
    )


@router.get("/competences/new")
@access(Action.KPIS_WRITE)
def show_new_competence(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _form_page(session, visit, Filled(), None)


@router.post("/competences/new")
@access(Action.KPIS_WRITE)
def create_competence(request: Request) -> Response:
    form = posted(request)
    try:
        draft = parse_competence(nested(form), posted=True)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            commands.create_competence(session, visit.viewer, draft, company_id=company.id, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, None)
    return see_other("/competences", done="created")


@router.get("/competences/{competence_id}/change")
@access(Action.KPIS_WRITE)
def show_change_competence(request: Request, competence_id: str) -> Response:
    with reading(request) as (session, visit):
        found = get_competence(session, visit.viewer, competence_id)
        plain = {"name": found.name, "external_id": found.external_id, "version": found.version}
        return _form_page(session, visit, fresh(dict(flattened(plain))), found)


@router.post("/competences/{competence_id}/change")
@access(Action.KPIS_WRITE)
def change_competence(request: Request, competence_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        seen = fields.whole("version", 1, 10**9)
        fields.finish()
        draft = parse_competence(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            commands.change_competence(
                session, visit.viewer, competence_id, draft, expected_version=seen, now=visit.now
            )
    except REFUSED as error:
        return _again(request, form, error, competence_id)
    return see_other("/competences", done="changed")


def _again(request: Request, form: Form, error: AppError, competence_id: str | None) -> Response:
    with reading(request) as (session, visit):
        found = get_competence(session, visit.viewer, competence_id) if competence_id is not None else None
        filled = refused(visit, form, error, places=lambda field: "name.nb" if field == "name" else field)
        return _form_page(session, visit, filled, found)


def _form_page(session: ReadSession, visit: Visit, form: Filled, found: Competence | None) -> Response:
    company_id = found.company_id if found is not None else company_of(session, visit).id
    require(visit.viewer, Action.KPIS_WRITE, (company_id,))
    return page(visit, "pages/competences/competence.html", status=form.status, form=form, competence=found)
