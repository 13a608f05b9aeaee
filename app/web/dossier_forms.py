"""The forms of dossiers: putting a measure on record, changing what is recorded, and writing down a review."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.dossiers import commands
from app.dossiers.intake import parse_dossier, parse_review
from app.dossiers.values import Dossier, DossierContent, Measure
from app.errors import AppError, FieldError, Invalid
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.paths import path_of
from app.organisation.queries import load_people
from app.organisation.values import PersonId
from app.web.dossiers import MEASURES, furthest_review, view_of
from app.web.forms import REFUSED, Filled, flattened, fresh, nested, refused
from app.web.known import NOBODY, find_known, known_people, name_of
from app.web.lists import company_of
from app.web.places import list_units, options_of
from app.web.render import page, said, see_other

router = Pages()

NAMES = {
    "scope_id": "Unit",
    "measures": "What the measure is",
    "legal_basis": "Legal basis",
    "discussed_on": "Discussed on",
    "discussed_with": "Discussed with",
    "notified_on": "Employees told on",
    "notified_how": "How they were told",
    "ends_on": "Last day",
    "review_on": "Review by",
    "responsible_id": "Responsible",
    "conclusion": "What the review came to",
    "next_on": "Next review by",
}


@router.get("/dossiers/new")
@access(Action.ROUNDS_WRITE)
def show_new(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        return _form_page(session, visit, company.id, fresh({"scope_id": visit.query.get("unit")}), None)


@router.post("/dossiers/new")
@access(Action.ROUNDS_WRITE)
def create(request: Request) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            content = _content(session, company.id, form)
            made = commands.create_dossier(session, visit.viewer, company.id, content, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            company = company_of(session, visit)
            return _form_page(session, visit, company.id, _refused(visit, form, error), None)
    return see_other(f"/dossiers/{made.id}", done="created")


@router.get("/dossiers/{dossier_id}/change")
@access(Action.ROUNDS_WRITE)
def show_change(request: Request, dossier_id: str) -> Response:
    with reading(request) as (session, visit):
        found = _writable(session, visit, dossier_id)
        filled = Filled({**fresh(_plain(session, found)).values, "measures": tuple(found.content.measures)})
        return _form_page(session, visit, found.company_id, filled, found)


@router.post("/dossiers/{dossier_id}/change")
@access(Action.ROUNDS_WRITE)
def change(request: Request, dossier_id: str) -> Response:
    form = posted(request)
    try:
        version = _version(form)
        with writing(request) as (session, visit):
            found = _writable(session, visit, dossier_id)
            content = _content(session, found.company_id, form)
            commands.change_dossier(session, visit.viewer, dossier_id, content, expected_version=version, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            found = _writable(session, visit, dossier_id)
            return _form_page(session, visit, found.company_id, _refused(visit, form, error), found)
    return see_other(f"/dossiers/{dossier_id}", done="changed")


@router.get("/dossiers/{dossier_id}/review")
@access(Action.ROUNDS_WRITE)
def show_review(request: Request, dossier_id: str) -> Response:
    with reading(request) as (session, visit):
        return _review_page(session, visit, dossier_id, Filled())


@router.post("/dossiers/{dossier_id}/review")
@access(Action.ROUNDS_WRITE)
def review(request: Request, dossier_id: str) -> Response:
    form = posted(request)
    try:
        draft = parse_review(nested(form), posted=True)
        with writing(request) as (session, visit):
            commands.review_dossier(session, visit.viewer, dossier_id, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _review_page(session, visit, dossier_id, _refused(visit, form, error))
    return see_other(f"/dossiers/{dossier_id}", done="reviewed")


# ------------------------------------------------------------ pieces


def _refused(visit: Visit, form: Form, error: AppError) -> Filled:
    names = {name: said(visit, label) for name, label in NAMES.items()}
    return refused(
        visit,
        form,
        error,
        places=lambda name: "measures" if name.startswith("measures") else name,
        names=names,
    )


def _content(session: ReadSession, company_id: str, form: Form) -> DossierContent:
    """What was typed; who is responsible is typed as an address or external id."""
    typed = form.one("responsible").strip() if "responsible" in form else ""
    person = find_known(session, company_id, typed) if typed else None
    if typed and person is None:
        raise Invalid([FieldError("responsible", NOBODY)])
    given = {
        **nested(form, "version", "responsible", "measures"),
        "measures": list(form.get("measures", ())),
        "responsible_id": person.id if person else None,
    }
    try:
        return parse_dossier(given, company_id=company_id, posted=True)
    except Invalid as error:
        raise Invalid(_typed(error.errors)) from error


def _typed(errors: tuple[FieldError, ...]) -> list[FieldError]:
    return [
        FieldError("responsible", one.message, one.allowed) if one.field == "responsible_id" else one for one in errors
    ]


def _version(form: Form) -> int | None:
    fields = Fields({"version": form.one("version")}, posted=True)
    version = fields.whole("version", 1, 10**9)
    fields.finish()
    return version


def _plain(session: ReadSession, found: Dossier) -> Mapping[str, str]:
    content = found.content
    names = ("scope_id", "name", "purpose", "legal_basis", "discussed_on", "discussed_with", "notified_on")
    others = ("notified_how", "starts_on", "ends_on", "review_on")
    plain = {name: getattr(content, name) for name in (*names, *others)}
    responsible = content.responsible_id or ""
    person = load_people(session, [responsible] if responsible else []).get(PersonId(responsible))
    return dict(flattened({**plain, "responsible": name_of(person) if person else None, "version": found.version}))


def _writable(session: ReadSession, visit: Visit, dossier_id: str) -> Dossier:
    found = view_of(session, visit, dossier_id).dossier
    require(visit.viewer, Action.ROUNDS_WRITE, path_of(session, found.content.scope_id, on=visit.today))
    return found


def _form_page(session: ReadSession, visit: Visit, company_id: str, form: Filled, found: Dossier | None) -> Response:
    units = list_units(session, visit, company_id, Action.ROUNDS_WRITE)
    return page(
        visit,
        "pages/dossiers/form.html",
        status=form.status,
        form=form,
        dossier=found,
        units=options_of(units),
        measures=[(measure.value, said(visit, MEASURES[measure])) for measure in Measure],
        people=known_people(session, visit, company_id),
    )


def _review_page(session: ReadSession, visit: Visit, dossier_id: str, form: Filled) -> Response:
    _writable(session, visit, dossier_id)
    view = view_of(session, visit, dossier_id)
    last = view.dossier.content.ends_on or furthest_review(visit.today)
    return page(
        visit,
        "pages/dossiers/review.html",
        status=form.status,
        form=form,
        view=view,
        latest=min(last, furthest_review(visit.today)),
    )
