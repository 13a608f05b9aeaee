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
from app.kpis.values import ScaleKind
from app.organisation.values import SubjectKind
from app.responses.commands import submit_response
from app.responses.intake import SUBMISSION
from app.responses.queries import load_rating_form
from app.responses.values import FormItem, FormSubject, RatingForm
from app.web.render import page, said, see_other
from app.words import in_locale

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Overview = list[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was sent and is not stored: the values by field, what is wrong by field, and the list on top."""

    chosen: Mapping[str, str]
    errors: Mapping[str, str]
    listed: Sequence[tuple[str, str]]


NOTHING_SENT = Refusal({}, {}, ())
FOLDED_FROM = 2
_ASSIGNMENT, _NAME, _CALLED = "@assignment@", "@name@", "@called@"
_WORDS = {"yes": "Yes", "partly": "Partly", "no": "No"}
_CARDS_KEPT = 1024
# The questions of a round are frozen, so a card is rendered once for each group, language and place.
_cards: OrderedDict[tuple[object, ...], str] = OrderedDict()


@router.get("/r/{token}")
@by_link("whoever holds the link may rate")
def show_form(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    return _form_page(_in_language_of(form, visit), form, token)


@router.post("/r/{token}")
@by_link("whoever holds the link may rate")
def send_form(request: Request, token: str) -> Response:
    sent = posted(request)
    try:
        with writing(request) as (session, visit):
            submit_response(session, token, sent, now=visit.now)
    except Invalid as refused:
        return _form_again(request, token, {name: values[0] for name, values in sent.items() if values}, refused)
    return see_other(f"/r/{token}/thanks")


@router.get("/r/{token}/thanks")
@by_link("whoever holds the link may rate")
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
        form = load_rating_form(session, token, now=visit.now)
    visit = _in_language_of(form, visit)
    errors = {error.field: _sentence(visit, error) for error in refused.errors}
    if SUBMISSION not in errors:
        # What is sent next is still the same submit. One that was refused for its id gets a new one.
        form = replace(form, submission_id=chosen.get(SUBMISSION, form.submission_id))
    names, ids = _names_by_field(form, visit), _field_ids_by_name(form)
    known = {field: sentence for field, sentence in errors.items() if field in names}
    listed = [(ids.get(field, ""), f"{names.get(field, '')}{sentence}") for field, sentence in errors.items()]
    if not listed:
        listed = [("", said(visit, refused.message, **refused.values))]
    return _form_page(visit, form, token, Refusal(chosen, known, listed))


def _form_page(visit: Visit, form: RatingForm, token: str, sent: Refusal = NOTHING_SENT) -> Response:
    if form.is_final and all(subject.is_answered for subject in form.subjects):
        return _final_page(visit, form)
    overview = _overview(visit, form, href="#s-")
    return page(
        visit,
        "rate/form.html",
        status=200 if sent is NOTHING_SENT else 422,
        organisation=form.company_name,
        form=form,
        action=f"/r/{token}",
        overview=overview,
        cards=[_card(visit, form, place, sent, state) for place, (*_, state) in enumerate(overview)],
        error_list=sent.listed,
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


def _card(visit: Visit, form: RatingForm, place: int, sent: Refusal, state: str) -> Markup:
    """The card of one subject; as long as nothing is typed it is the same for all raters but for names and fields."""
    subject = form.subjects[place]
    is_open = _is_open(form, place, sent)
    if sent is not NOTHING_SENT:
        text = _rendered(visit, form, place, sent, state=state, is_open=is_open, prefix=subject.assignment_id)
        return Markup(text)  # noqa: S704 - our own template, escaped there
    numbers = tuple(item.number for item in subject.items)
    known = (subject.mode, subject.is_answered, subject.is_unit_only, is_open, place, len(form.subjects))
    key = (form.round_id, form.promise_hash, visit.locale, numbers, *known)
    kept = _cards.get(key)
    if kept is None:
        stand_in = replace(form, subjects=_with(form.subjects, place, replace(subject, name=_NAME)))
        kept = _rendered(visit, stand_in, place, sent, state=state, is_open=is_open, prefix=_ASSIGNMENT)
        _cards[key] = kept
        if len(_cards) > _CARDS_KEPT:
            _cards.popitem(last=False)
    filled = kept.replace(_ASSIGNMENT, subject.assignment_id).replace(_CALLED, str(escape(_called(subject))))
    return Markup(filled.replace(_NAME, str(escape(subject.name))))  # noqa: S704 - names are escaped


def _rendered(  # noqa: PLR0913 - the parts of one card, all named
    visit: Visit, form: RatingForm, place: int, sent: Refusal, *, state: str, is_open: bool, prefix: str
) -> str:
    subject = form.subjects[place]
    return render(
        visit.service.templates,
        "rate/card.html",
        visit.locale,
        form=form,
        subject=subject,
        name=subject.name,
        called=_CALLED if subject.name == _NAME else _called(subject),
        prefix=prefix,
        place=place + 1,
        all=len(form.subjects),
        state=state,
        is_folded=len(form.subjects) > FOLDED_FROM and not form.is_final,
        is_open=is_open,
        points={item.number: _points(visit, item) for item in subject.items},
        chosen=sent.chosen,
        errors=sent.errors,
    )


def _points(visit: Visit, item: FormItem) -> list[tuple[int | str, str]]:
    """The rows of a scale: point and anchor in the reader's language."""
    is_counted = item.kind in {ScaleKind.POINTS, ScaleKind.RECOMMEND}
    return [
        (
            int(option.value) if is_counted else option.value,
            in_locale(option.anchor, visit.locale) if option.anchor else said(visit, _WORDS.get(option.value, "")),
        )
        for option in item.options
    ]


def _is_open(form: RatingForm, place: int, sent: Refusal) -> bool:
    """Whether a folded card stands open: the first that is not answered, and where something is typed or wrong."""
    subject = form.subjects[place]
    if any(sent.chosen.get(field) or field in sent.errors for field in _field_ids(subject)):
        return True
    return not subject.is_answered and all(earlier.is_answered for earlier in form.subjects[:place])


def _with(subjects: Sequence[FormSubject], place: int, other: FormSubject) -> tuple[FormSubject, ...]:
    return (*subjects[:place], other, *subjects[place + 1 :])


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


def _names_by_field(form: RatingForm, visit: Visit) -> dict[str, str]:
    """What an error says its field is: the subject, and the question or the comment."""
    return {
        field: f"{subject.name}, {said(visit, 'Comment') if item is None else in_locale(item.name, visit.locale)}: "
        for subject in form.subjects
        for field, item in zip(_field_ids(subject), (*subject.items, None), strict=True)
    }


def _sentence(visit: Visit, error: FieldError) -> str:
    sentence = said(visit, error.message, **error.values)
    return f"{sentence} ({error.allowed})" if error.allowed else sentence


def _in_language_of(form: RatingForm, visit: Visit) -> Visit:
    """The visit in the rater's own language, unless another one was chosen on the page."""
    return replace(visit, locale=visit.chosen_locale or choose_locale(form.locale))
