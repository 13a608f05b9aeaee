"""The rater's form as a page: rendered once for each shape of form and filled for each rater; as sent when refused."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import Response
from markupsafe import Markup

from app.errors import FieldError, Invalid
from app.http.visit import Visit
from app.infra.templates import render
from app.kpis.values import ScaleKind
from app.organisation.values import SubjectKind
from app.responses.intake import SUBMISSION
from app.responses.values import FormItem, FormSubject, RatingForm
from app.web.render import answer, page, page_text, said
from app.web.stencils import Stencils, slot
from app.words import in_locale

Overview = list[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was sent and is not stored: the values by field, what is wrong by field, and the list on top."""

    chosen: Mapping[str, str]
    errors: Mapping[str, str]
    listed: Sequence[tuple[str, str]]


NOTHING_SENT = Refusal({}, {}, ())
FOLDED_FROM = 2
_WORDS = {"yes": "Yes", "partly": "Partly", "no": "No"}
# The questions of a round are frozen, so that most raters get the same page but for names and fields; whoever is the
# first with some shape of form still finds the cards made.
_pages, _cards = Stencils(256), Stencils(1024)


def form_page(visit: Visit, form: RatingForm, token: str) -> Response:
    """The form as it stands before anything is typed."""
    if form.is_final and all(subject.is_answered for subject in form.subjects):
        return _final_page(visit, form)
    shapes = tuple(map(_shape, form.subjects))
    key = (_of_round(visit, form), form.closes_at, form.minutes, bool(form.rater_name), shapes)
    stencil = _pages.get(key, lambda: _blank_page(visit, form))
    texts = {"path": f"/r/{token}", "submission": form.submission_id, "rater": (form.rater_name or "").split(" ")[0]}
    for place, subject in enumerate(form.subjects):
        texts |= {f"{name}{place}": text for name, text in _texts(subject).items()}
    return answer(visit, stencil.filled(texts))


def refused_page(visit: Visit, form: RatingForm, token: str, chosen: Mapping[str, str], refused: Invalid) -> Response:
    """The form as it was sent, with what is wrong said at its place; nothing typed is lost."""
    errors = {error.field: _sentence(visit, error) for error in refused.errors}
    if SUBMISSION not in errors:
        # What is sent next is still the same submit. One that was refused for its id gets a new one.
        form = replace(form, submission_id=chosen.get(SUBMISSION, form.submission_id))
    names, ids = _names_by_field(form, visit), _field_ids_by_name(form)
    known = {field: sentence for field, sentence in errors.items() if field in names}
    listed = [(ids.get(field, ""), f"{names.get(field, '')}{sentence}") for field, sentence in errors.items()]
    if not listed:
        listed = [("", said(visit, refused.message, **refused.values))]
    sent = Refusal(chosen, known, listed)
    cards = [_card(visit, form, place, sent) for place in range(len(form.subjects))]
    return answer(visit, _page_text(visit, form, f"/r/{token}", cards, sent), status=422)


def overview_of(visit: Visit, form: RatingForm, *, href: str) -> Overview:
    """Whom the form asks about, with how far each is; `href` begins the link to a card, empty for no link."""
    return [
        (
            subject.name,
            f"{href}{place}" if href else "",
            "done" if subject.is_answered else "empty",
            _state(visit, subject),
        )
        for place, subject in enumerate(form.subjects, start=1)
    ]


# ------------------------------------------------------------ a form that is blank


def _blank_page(visit: Visit, form: RatingForm) -> str:
    """The page with slots for what differs from rater to rater."""
    subjects = tuple(
        replace(subject, name=slot(f"name{place}"), assignment_id=slot(f"prefix{place}"))
        for place, subject in enumerate(form.subjects)
    )
    blank = replace(
        form,
        rater_name=slot("rater") if form.rater_name else form.rater_name,
        submission_id=slot("submission"),
        subjects=subjects,
    )
    cards = [_blank_card(visit, form, place) for place in range(len(subjects))]
    return _page_text(replace(visit, path=slot("path"), query={}), blank, slot("path"), cards, NOTHING_SENT)


def _blank_card(visit: Visit, form: RatingForm, place: int) -> Markup:
    """The card of one subject with the slots of its place on the page."""
    subject = form.subjects[place]
    is_open = _is_open(form, place, NOTHING_SENT)
    key = (_of_round(visit, form), _shape(subject), is_open, place, len(form.subjects))
    names = {name: slot(name) for name in ("name", "called", "prefix")}
    stencil = _cards.get(key, lambda: _rendered(visit, form, place, NOTHING_SENT, **names))
    return stencil.filled({name: Markup(slot(f"{name}{place}")) for name in names})  # noqa: S704 - filled on the page


def _of_round(visit: Visit, form: RatingForm) -> Hashable:
    """What the texts of all forms of a round depend on."""
    return form.round_id, form.promise_hash, visit.locale


def _shape(subject: FormSubject) -> Hashable:
    """What the texts about a subject depend on besides its name."""
    numbers = tuple(item.number for item in subject.items)
    return subject.kind, subject.rater_group, numbers, subject.is_answered, subject.is_unit_only


def _texts(subject: FormSubject) -> dict[str, str]:
    """What fills the slots of one subject; questions call a person by first name."""
    called = subject.name.split(" ")[0] if subject.kind is SubjectKind.PERSON else subject.name
    return {"name": subject.name, "called": called, "prefix": subject.assignment_id}


# ------------------------------------------------------------ pieces


def _page_text(visit: Visit, form: RatingForm, action: str, cards: Sequence[Markup], sent: Refusal) -> str:
    return page_text(
        visit,
        "rate/form.html",
        organisation=form.company_name,
        form=form,
        action=action,
        overview=overview_of(visit, form, href="#s-"),
        cards=cards,
        error_list=sent.listed,
    )


def _card(visit: Visit, form: RatingForm, place: int, sent: Refusal) -> Markup:
    """The card of one subject with what was typed."""
    text = _rendered(visit, form, place, sent, **_texts(form.subjects[place]))
    return Markup(text)  # noqa: S704 - our own template, escaped there


def _rendered(visit: Visit, form: RatingForm, place: int, sent: Refusal, **names: str) -> str:
    subject = form.subjects[place]
    return render(
        visit.service.templates,
        "rate/card.html",
        visit.locale,
        form=form,
        subject=subject,
        place=place + 1,
        all=len(form.subjects),
        state=_state(visit, subject),
        is_folded=len(form.subjects) > FOLDED_FROM and not form.is_final,
        is_open=_is_open(form, place, sent),
        points={item.number: _points(visit, item) for item in subject.items},
        chosen=sent.chosen,
        errors=sent.errors,
        **names,
    )


def _state(visit: Visit, subject: FormSubject) -> str:
    return said(visit, "Answered") if subject.is_answered else said(visit, "Not started")


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


def _final_page(visit: Visit, form: RatingForm) -> Response:
    return page(
        visit,
        "rate/message.html",
        organisation=form.company_name,
        title=said(visit, "You have answered"),
        text=said(visit, "Your answer is in. An anonymous answer is final, so there is nothing to change."),
        note=said(visit, "Results come after the round has closed, once and for all."),
    )
