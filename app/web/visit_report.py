"""The shopper's pages behind the emailed link: the report, its pictures one by one, and thanks; opening changes nothing."""

from collections.abc import Sequence
from dataclasses import replace

from fastapi import Request, Response

from app.errors import AppError, FieldError, Invalid
from app.fields import REQUIRED
from app.http.access import by_link
from app.http.doors import posted, takes_file
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit as Caller
from app.http.visit import reading, writing
from app.infra.formats import choose_locale
from app.infra.pictures import encoded_anew
from app.kpis.values import ScaleKind
from app.organisation.queries import load_people
from app.organisation.values import PersonId
from app.responses.values import NOT_OBSERVED
from app.visits import commands, queries
from app.visits.values import Evidence, EvidenceKind, Visit, VisitLetter
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.visit_view import BANDS, EVIDENCE, words_of
from app.words import in_locale

router = Pages()

DONE = {
    "added": Flash("good", "The picture is in."),
    "removed": Flash("good", "The picture is taken away."),
}
NAMES = {
    "visited_on": "The day you were there",
    "visited_at": "The time you were there",
    "item": "Answer",
    "fact": "Figure",
    "critical": "Yes or no",
    "comment": "Comment",
    "pictures": "Pictures",
}


@router.get("/v/{token}")
@by_link("whoever holds the link may report the visit")
def show_report(request: Request, token: str) -> Response:
    return _report_page(request, token)


@router.post("/v/{token}")
@by_link("whoever holds the link may report the visit")
def send_report(request: Request, token: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, caller):
            commands.report_visit(session, token, nested(form), posted=True, now=caller.now)
    except REFUSED as error:
        return _report_page(request, token, form, error)
    return see_other(f"/v/{token}/thanks")


@router.post("/v/{token}/evidence")
@by_link("whoever holds the link may report the visit")
@takes_file
def add_picture(request: Request, token: str) -> Response:
    form = posted(request)
    try:
        file = form.file("file")
        if file is None:
            raise Invalid([FieldError("file", REQUIRED)])
        with reading(request) as (session, caller):
            queries.find_visit_by_link(session, token, now=caller.now)
        picture = encoded_anew(file.raw)
        kind = EvidenceKind.RECEIPT if form.one("kind") == EvidenceKind.RECEIPT else EvidenceKind.PHOTO
        with writing(request) as (session, caller):
            commands.add_evidence(session, token, kind, picture, now=caller.now)
    except REFUSED as error:
        return _report_page(request, token, Form({}), error)
    return see_other(f"/v/{token}", done="added")


@router.post("/v/{token}/evidence/{evidence_id}/remove")
@by_link("whoever holds the link may report the visit")
def remove_picture(request: Request, token: str, evidence_id: str) -> Response:
    with writing(request) as (session, caller):
        commands.remove_evidence(session, token, evidence_id, now=caller.now)
    return see_other(f"/v/{token}", done="removed")


@router.get("/v/{token}/thanks")
@by_link("whoever holds the link may report the visit")
def show_thanks(request: Request, token: str) -> Response:
    caller, _, about, pictures = _opened(request, token)
    return page(caller, "rate/visit_thanks.html", organisation=about.organisation, about=about, pictures=pictures)


# ------------------------------------------------------------ pieces


def _opened(request: Request, token: str) -> tuple[Caller, Visit, VisitLetter, Sequence[Evidence]]:
    """The visit behind a link, in the shopper's own language unless another one was chosen on the page."""
    with reading(request) as (session, caller):
        found = queries.find_visit_by_link(session, token, now=caller.now)
        about = queries.letter_about(session, found, on=caller.today)
        pictures = queries.load_evidence(session, found.id)
        shopper = load_people(session, [found.shopper_id])[PersonId(found.shopper_id)]
    return replace(caller, locale=caller.chosen_locale or choose_locale(shopper.locale)), found, about, pictures


def _report_page(request: Request, token: str, sent: Form | None = None, error: AppError | None = None) -> Response:
    caller, found, about, pictures = _opened(request, token)
    names = {name: said(caller, label) for name, label in NAMES.items()}
    form = refused(caller, sent, error, places=_place, names=names) if sent is not None and error else Filled()
    return page(
        caller,
        "rate/visit.html",
        status=form.status,
        flash=flash_for(caller, DONE),
        organisation=about.organisation,
        form=form,
        action=f"/v/{token}",
        found=found,
        about=about,
        band=said(caller, BANDS[found.band]),
        questions=_questions(caller, found, about.subject_name),
        not_observed=NOT_OBSERVED,
        pictures=[(one, said(caller, EVIDENCE[one.kind])) for one in pictures],
        kinds=[(kind.value, said(caller, EVIDENCE[kind])) for kind in EvidenceKind],
        earliest=found.from_on.isoformat(),
        today=min(found.until_on, caller.today).isoformat(),
    )


def _place(name: str) -> str:
    """The control that answers a refused field: of radios the first one."""
    if name.startswith(("item.", "critical.")):
        return f"{name}-1"
    return "file" if name == "pictures" else name


def _questions(caller: Caller, found: Visit, called: str) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Name of the field, item, question and answers in words; a slider has none. What an answer earns is not told."""
    return [
        (
            f"item.i{number}",
            in_locale(item.name, caller.locale),
            in_locale(item.question, caller.locale).replace("{name}", called),
            [] if item.scale.kind is ScaleKind.SLIDER else words_of(caller, item),
        )
        for number, item in enumerate(found.form.items, start=1)
    ]
