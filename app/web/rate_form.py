"""The rater's form as a page: rendered once for each shape of form and filled for each rater; as sent when refused."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

from fastapi import Response
from markupsafe import Markup

from app.deferred import dataclass
from app.errors import FieldError, Invalid
from app.http.forms import Form
from app.http.visit import Visit
from app.infra.templates import render
from app.organisation.values import SubjectKind
from app.responses.intake import BEGUN, SUBMISSION
from app.responses.rules import HintsGiven
from app.responses.values import FormItem, FormSubject, RatingForm
from app.web.conditions import COUNTED, WORDED, notes_of
from app.web.render import answer, page, page_text, said
from app.web.stencils import Stencils, slot
from app.words import in_locale

Overview = list[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields and is not sent: the values by field, what is wrong by field, and the list on top.

    `hints` is the mark of advice that was given; then nothing is wrong, and the same may be sent once more.
    """

    chosen: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[tuple[str, str]] = ()
    hints: str = ""


NOTHING_TYPED = Typed({})
BY_ITEM = "items"
FOLDED_FROM = 2
_STATES = {"empty": "Not started", "half": "Begun", "done": "Answered"}
# The questions of a round are frozen, so that most raters get the same page but for names and fields; whoever is the
# first with some shape of form still finds the cards made.
_pages, _cards = Stencils(256), Stencils(1024)


def form_page(visit: Visit, form: RatingForm, token: str, *, by_item: bool = False) -> Response:
    """The form with what was typed and kept, if anything."""
    if form.is_final and all(subject.is_answered for subject in form.subjects):
        return _final_page(visit, form)
    if form.draft or by_item:
        return answer(visit, _page_text(visit, form, f"/r/{token}", Typed(form.draft), by_item=by_item))
    shapes = tuple(map(_shape, form.subjects))
    times = form.closes_at, form.late_until, form.minutes
    key = (_of_round(visit, form), times, bool(form.rater_name), shapes)
    stencil = _pages.get(key, lambda: _blank_page(visit, form))
    texts = {
        "path": f"/r/{token}",
        "submission": form.submission_id,
        "begun": form.begun,
        "rater": (form.rater_name or "").split(" ")[0],
    }
    for place, subject in enumerate(form.subjects):
        texts |= {f"{name}{place}": text for name, text in _texts(subject).items()}
    return answer(visit, stencil.filled(texts))


def preview_page(visit: Visit, form: RatingForm, frame: object) -> Response:
    """The form as its rater will meet it, in a frame that says what it is; it leads nowhere."""
    return answer(visit, _page_text(visit, form, "", NOTHING_TYPED, by_item=False, preview=frame))


def refused_page(visit: Visit, form: RatingForm, token: str, sent: Form, refused: Invalid) -> Response:
    """The form as it was sent, with what is wrong said at its place; nothing typed is lost."""
    chosen = {name: values[0] for name, values in sent.items() if values}
    errors: dict[str, str] = {}
    for error in refused.errors:
        errors[error.field] = " ".join(filter(None, (errors.get(error.field, ""), sentence_of(visit, error))))
    if SUBMISSION not in errors:
        # What is sent next is still the same submit. One that was refused for its id gets a new one.
        form = replace(form, submission_id=chosen.get(SUBMISSION, form.submission_id))
    form = replace(form, begun=chosen.get(BEGUN, form.begun))
    names, ids = _names_by_field(form, visit), _field_ids_by_name(form)
    known = {name: sentence for name, sentence in errors.items() if name in names}
    listed = [(ids.get(name, ""), f"{names.get(name, '')}{sentence}") for name, sentence in errors.items()]
    if not listed:
        listed = [("", said(visit, refused.message, **refused.values))]
    typed = Typed(chosen, known, listed, refused.mark if isinstance(refused, HintsGiven) else "")
    by_item = chosen.get("view") == BY_ITEM
    return answer(visit, _page_text(visit, form, f"/r/{token}", typed, by_item=by_item), status=422)


def overview_of(visit: Visit, form: RatingForm, *, href: str, typed: Typed = NOTHING_TYPED) -> Overview:
    """Whom the form asks about, with how far each is; `href` begins the link to a card, empty for no link."""
    return [
        (subject.name, f"{href}{place}" if href else "", _progress(subject, typed), _state(visit, subject, typed))
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
        begun=slot("begun"),
        subjects=subjects,
    )
    cards = [_blank_card(visit, form, place) for place in range(len(subjects))]
    return _framed(replace(visit, path=slot("path"), query={}), blank, slot("path"), NOTHING_TYPED, cards=cards)


def _blank_card(visit: Visit, form: RatingForm, place: int) -> Markup:
    """The card of one subject with the slots of its place on the page."""
    subject = form.subjects[place]
    is_open = _is_open(form, place, NOTHING_TYPED)
    key = (_of_round(visit, form), _shape(subject), is_open, place, len(form.subjects))
    names = {name: slot(name) for name in ("name", "called", "prefix", "following")}
    stencil = _cards.get(key, lambda: _card(visit, form, slot("path"), place, NOTHING_TYPED, **names))
    filled = {name: f"{name}{place}" for name in ("name", "called", "prefix")}
    filled |= {"following": f"called{(place + 1) % len(form.subjects)}", "path": "path"}
    slots = {name: Markup(slot(of_page)) for name, of_page in filled.items()}  # noqa: S704 - filled there
    return Markup(stencil.filled(slots).decode())  # noqa: S704 - our template, escaped as it was filled


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


def _page_text(visit: Visit, form: RatingForm, action: str, typed: Typed, *, by_item: bool, **more: object) -> str:
    if by_item:
        items = [item for subject in form.subjects for item in subject.items]
        parts = {"points": {item.number: points_of(visit, item) for item in items}, "notes": notes_of(visit, items)}
        return _framed(visit, form, action, typed, questions=_by_item(visit, form), **parts)
    names = [_texts(subject) for subject in form.subjects]
    following = [one["called"] for one in (*names[1:], *names[:1])]
    cards = [
        Markup(_card(visit, form, action, place, typed, **names[place], following=following[place]))  # noqa: S704 - our template
        for place in range(len(form.subjects))
    ]
    return _framed(visit, form, action, typed, cards=cards, **more)


def _framed(visit: Visit, form: RatingForm, action: str, typed: Typed, **content: Any) -> str:
    return page_text(
        visit,
        "rate/form.html",
        organisation=form.company_name,
        form=form,
        action=action,
        overview=overview_of(visit, form, href="#s-", typed=typed),
        chosen=typed.chosen,
        errors=typed.errors,
        error_list=typed.listed,
        hints=typed.hints,
        is_kept=visit.query.get("kept") == "1",
        is_folded=_is_folded(form),
        **content,
    )


def _card(visit: Visit, form: RatingForm, action: str, place: int, typed: Typed, **names: str) -> str:
    """The card of one subject with what is typed."""
    subject = form.subjects[place]
    return render(
        visit.service.templates,
        "rate/card.html",
        visit.locale,
        form=form,
        action=action,
        subject=subject,
        place=place + 1,
        next=place + 2 if place + 1 < len(form.subjects) else 0,
        all=len(form.subjects),
        state=_state(visit, subject, typed),
        is_folded=_is_folded(form),
        is_open=_is_open(form, place, typed),
        points={item.number: points_of(visit, item) for item in subject.items},
        notes=notes_of(visit, subject.items),
        chosen=typed.chosen,
        errors=typed.errors,
        hints=typed.hints,
        **names,
    )


def _by_item(visit: Visit, form: RatingForm) -> list[tuple[str, str, list[tuple[FormItem, FormSubject, str]]]]:
    """The questions one by one, each with everybody it is asked about: names of KPI and question, and the rows."""
    asked: dict[int, tuple[str, str, list[tuple[FormItem, FormSubject, str]]]] = {}
    for subject in form.subjects:
        for kpi in subject.kpis:
            for item in kpi.items:
                names = in_locale(kpi.name, visit.locale), in_locale(item.name, visit.locale)
                asked.setdefault(item.number, (*names, []))[2].append((item, subject, _texts(subject)["called"]))
    return [asked[number] for number in sorted(asked)]


def _is_folded(form: RatingForm) -> bool:
    return len(form.subjects) > FOLDED_FROM and not form.is_final


def _progress(subject: FormSubject, typed: Typed) -> str:
    if any(typed.chosen.get(name) for name in _field_ids(subject)):
        return "half"
    return "done" if subject.is_answered else "empty"


def _state(visit: Visit, subject: FormSubject, typed: Typed) -> str:
    return said(visit, _STATES[_progress(subject, typed)])


def points_of(visit: Visit, item: FormItem) -> list[tuple[int | str, str]]:
    """The rows of a scale: point and anchor in the reader's language."""
    is_counted = item.kind in COUNTED
    return [
        (
            int(option.value) if is_counted else option.value,
            in_locale(option.anchor, visit.locale) if option.anchor else said(visit, WORDED.get(option.value, "")),
        )
        for option in item.options
    ]


def _is_open(form: RatingForm, place: int, typed: Typed) -> bool:
    """Whether a folded card stands open: where something is wrong, and the first that is not filled in."""
    if any(name in typed.errors for name in _field_ids(form.subjects[place])):
        return True
    if typed.errors:
        return False
    unfinished = [number for number, subject in enumerate(form.subjects) if not _is_filled(subject, typed)]
    return unfinished[:1] == [place]


def _is_filled(subject: FormSubject, typed: Typed) -> bool:
    *questions, _comment = _field_ids(subject)
    is_touched = any(typed.chosen.get(name) for name in questions)
    return all(typed.chosen.get(name) for name in questions) if is_touched else subject.is_answered


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


def sentence_of(visit: Visit, error: FieldError) -> str:
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
