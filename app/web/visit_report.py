"""The shopper's pages behind the emailed link: the report, its pictures one by one, and thanks; opening changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

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
from app.responses.rules import levels_asked
from app.responses.values import NOT_OBSERVED
from app.rounds.values import FrozenItem
from app.visits import commands, queries
from app.visits.values import Evidence, EvidenceKind, Visit, VisitLetter
from app.web.conditions import note_of
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
    try:
        with writing(request) as (session, caller):
            commands.remove_evidence(session, token, evidence_id, now=caller.now)
    except REFUSED as error:
        return _report_page(request, token, Form({}), error)
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


class Question(NamedTuple):
    """One question in words; a slider has no answers. What an answer earns is not told.

    when : why it may not be asked; then `after` and `values` are the field that decides, and its answers
    """

    field: str
    name: str
    text: str
    answers: Sequence[tuple[str, str]]
    when: str
    after: str
    values: Collection[str]


def _questions(caller: Caller, found: Visit, called: str) -> list[Question]:
    numbers = {item.id: number for number, item in enumerate(found.form.items, start=1)}
    shown = []
    for item in found.form.items:
        first = found.form.trigger_of(item)
        values = [] if first is None else list(levels_asked(item, first))
        shown.append(
            Question(
                f"item.i{numbers[item.id]}",
                in_locale(item.name, caller.locale),
                in_locale(item.question, caller.locale).replace("{name}", called),
                [] if item.scale.kind is ScaleKind.SLIDER else words_of(caller, item),
                "" if first is None else note_of(caller, first.name, _said_of(caller, first, values)),
                "" if first is None else f"item.i{numbers[first.id]}",
                values,
            )
        )
    return shown


def _said_of(caller: Caller, item: FrozenItem, values: Collection[str]) -> list[str]:
    """Some answers as the report words them."""
    return [said(caller, "“{text}”", text=words) for value, words in words_of(caller, item) if value in values]
