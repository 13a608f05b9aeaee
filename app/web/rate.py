"""The rater's pages: the form behind a link, sending it, and thanks; opening any of them changes nothing."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request, Response
from markupsafe import Markup, escape

from app.errors import FieldError, Invalid
from app.http.access import by_link
from app.http.doors import PageRoute, posted
from app.http.visit import Visit, reading, writing
from app.infra.formats import choose_locale
from app.infra.templates import render
from app.organisation.values import SubjectKind
from app.responses.commands import submit_response
from app.responses.queries import load_rating_form
from app.responses.values import FormSubject, RatingForm
from app.web.render import page, said, see_other

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Overview = list[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was sent and is not stored: the values by field, what is wrong by field, and the list on top."""

    chosen: Mapping[str, str]
    errors: Mapping[str, str]
    listed: Sequence[tuple[str, str]]


NOTHING_SENT = Refusal({}, {}, ())
_ASSIGNMENT, _NAME = "@assignment@", "@name@"
_BLOCKS_KEPT = 512
# The questions of a round are frozen, so their page is rendered once for each group and language.
_blocks: OrderedDict[tuple[object, ...], str] = OrderedDict()


@router.get("/r/{token}")
@by_link("The link is the right to rate.")
def show_form(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    return _form_page(_in_language_of(form, visit), form, token)


@router.post("/r/{token}")
@by_link("The link is the right to rate.")
def send_form(request: Request, token: str) -> Response:
    sent = posted(request)
    try:
        with writing(request) as (session, visit):
            submit_response(session, token, sent, now=visit.now)
    except Invalid as refused:
        return _form_again(request, token, {name: values[0] for name, values in sent.items() if values}, refused)
    return see_other(f"/r/{token}/thanks")


@router.get("/r/{token}/thanks")
@by_link("The link is the right to rate.")
def show_thanks(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    visit = _in_language_of(form, visit)
    left = [subject for subject in form.subjects if not subject.is_answered]
    return page(
        visit,
        "rate/thanks.html",
        organisation=form.company_name,
        form=form,
        overview=_overview(visit, form, href=""),
        remaining=len(left),
        action=f"/r/{token}",
    )


def _form_again(request: Request, token: str, chosen: Mapping[str, str], refused: Invalid) -> Response:
    """The form as it was sent, with what is wrong said at its place; nothing typed is lost."""
    with reading(request) as (session, visit):
        form = replace(load_rating_form(session, token, now=visit.now), submission_id=chosen.get("submission", ""))
    visit = _in_language_of(form, visit)
    errors = {error.field: _sentence(visit, error) for error in refused.errors}
    places = {field for subject in form.subjects for field in _field_ids(subject)}
    known = {field: sentence for field, sentence in errors.items() if field in places}
    listed = [(_field_ids_by_name(form).get(field, ""), sentence) for field, sentence in errors.items()]
    if not listed:
        listed = [("", said(visit, refused.message, **refused.values))]
    return _form_page(visit, form, token, Refusal(chosen, known, listed))


def _form_page(visit: Visit, form: RatingForm, token: str, sent: Refusal = NOTHING_SENT) -> Response:
    open_subjects = [subject.assignment_id for subject in form.subjects if not subject.is_answered]
    if form.is_final and not open_subjects:
        return _final_page(visit, form)
    return page(
        visit,
        "rate/form.html",
        status=200 if sent is NOTHING_SENT else 422,
        organisation=form.company_name,
        form=form,
        action=f"/r/{token}",
        overview=_overview(visit, form, href="#s-"),
        blocks={subject.assignment_id: _block(visit, form, subject, sent) for subject in form.subjects},
        chosen=sent.chosen,
        errors=sent.errors,
        error_list=sent.listed,
        opened=open_subjects[0] if open_subjects else "",
        troubled=_troubled(form, sent),
    )


def _final_page(visit: Visit, form: RatingForm) -> Response:
    return page(
        visit,
        "rate/message.html",
        organisation=form.company_name,
        title=said(visit, "You have answered"),
        text=said(visit, "Your answer is in. An anonymous answer is final, so there is nothing to change."),
        note=said(visit, "Results come after the round has closed, once and for all."),
    )


def _block(visit: Visit, form: RatingForm, subject: FormSubject, sent: Refusal) -> Markup:
    if sent is not NOTHING_SENT:
        text = _questions(visit, subject, prefix=subject.assignment_id, name=_called(subject), sent=sent)
        return Markup(text)  # noqa: S704 - our own template, escaped there
    key = (form.round_id, form.promise_hash, visit.locale, tuple(item.number for item in subject.items))
    kept = _blocks.get(key)
    if kept is None:
        kept = _blocks[key] = _questions(visit, subject, prefix=_ASSIGNMENT, name=_NAME, sent=sent)
        if len(_blocks) > _BLOCKS_KEPT:
            _blocks.popitem(last=False)
    return Markup(kept.replace(_ASSIGNMENT, subject.assignment_id).replace(_NAME, str(escape(_called(subject)))))  # noqa: S704


def _questions(visit: Visit, subject: FormSubject, *, prefix: str, name: str, sent: Refusal) -> str:
    values = {"prefix": prefix, "name": name, "chosen": sent.chosen, "errors": sent.errors}
    return render(visit.service.templates, "rate/items.html", visit.locale, kpis=subject.kpis, **values)


def _called(subject: FormSubject) -> str:
    """What the questions call a subject: a person by first name."""
    return subject.name.split(" ")[0] if subject.kind is SubjectKind.PERSON else subject.name


def _overview(visit: Visit, form: RatingForm, *, href: str) -> Overview:
    words = {True: said(visit, "Answered"), False: said(visit, "Not started")}
    return [
        (
            subject.name,
            f"{href}{place}" if href else "",
            "done" if subject.is_answered else "empty",
            words[subject.is_answered],
        )
        for place, subject in enumerate(form.subjects, start=1)
    ]


def _troubled(form: RatingForm, sent: Refusal) -> set[str]:
    """The subjects whose cards must be open: something is typed there, or something is wrong there."""
    return {
        subject.assignment_id
        for subject in form.subjects
        if any(sent.chosen.get(field) or field in sent.errors for field in _field_ids(subject))
    }


def _field_ids(subject: FormSubject) -> list[str]:
    numbered = [f"{subject.assignment_id}.{item.number}" for item in subject.items]
    return [*numbered, f"{subject.assignment_id}.comment"]


def _field_ids_by_name(form: RatingForm) -> dict[str, str]:
    """The element that an error's link jumps to: the first radio of a scale, or the field itself."""
    return {
        field: f"{field}-1" if item is not None and item.options else field
        for subject in form.subjects
        for field, item in zip(_field_ids(subject), (*subject.items, None), strict=True)
    }


def _sentence(visit: Visit, error: FieldError) -> str:
    sentence = said(visit, error.message, **error.values)
    return f"{sentence} ({error.allowed})" if error.allowed else sentence


def _in_language_of(form: RatingForm, visit: Visit) -> Visit:
    """The visit in the rater's own language, unless another one was chosen on the page."""
    return replace(visit, locale=visit.chosen_locale or choose_locale(form.locale))
