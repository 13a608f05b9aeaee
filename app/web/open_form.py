"""The page behind a QR code: a short form for whoever scans it, and thanks; opening it changes nothing."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from fastapi import Request, Response

from app.errors import Expired, Invalid
from app.http.access import by_link
from app.http.device import device_of
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, passing, reading, writing
from app.open_answers.commands import submit_open_answer
from app.open_answers.queries import FORM, find_open_code, load_open_form
from app.open_answers.values import OpenForm
from app.responses.rules import answer_field, comment_field
from app.responses.values import CommentCode
from app.web.conditions import notes_of
from app.web.rate_form import points_of, sentence_of
from app.web.receipt import LOOKUP
from app.web.render import page, said, see_other
from app.words import in_locale

router = Pages()


@router.get("/q/{token}")
@by_link("whoever scans the code may answer; that anybody can is what its results say")
def show_open_form(request: Request, token: str) -> Response:
    with reading(request) as (session, visit):
        form = load_open_form(session, token, now=visit.now)
    return _page(visit, form, token, {}, {}, ())


@router.post("/q/{token}")
@by_link("whoever scans the code may answer; that anybody can is what its results say")
def send_open_form(request: Request, token: str) -> Response:
    sent = posted(request)
    try:
        with writing(request) as (session, visit):
            code = submit_open_answer(session, token, sent, device=device_of(request), now=visit.now)
    except Invalid as refused:
        return _again(request, token, sent, refused)
    return see_other(f"/q/{token}/thanks") if code is None else _code_page(request, token, code)


@router.get("/q/{token}/thanks")
@by_link("says thanks, and nothing of what was answered")
def show_open_thanks(request: Request, token: str) -> Response:
    with reading(request) as (session, _):
        find_open_code(session, token)
    visit = passing(request)
    text = said(visit, "Your answer is in. It is shown together with others once the period is over, never alone.")
    return page(visit, "rate/message.html", title=said(visit, "Thank you."), text=text, note="")


def _code_page(request: Request, token: str, code: str) -> Response:
    """The code of the comment, as the answer to the POST itself: on no other page, in no address, and in no cookie."""
    visit, organisation, unit = passing(request), "", ""
    # What is stored is stored: who took the code down at this moment takes no receipt away.
    with suppress(Expired), reading(request) as (session, _):
        form = load_open_form(session, token, now=visit.now)
        organisation, unit = form.organisation, form.subject.name
    return page(
        visit,
        "rate/codes.html",
        organisation=organisation,
        codes=(CommentCode(FORM, unit, code),),
        of_round=False,
        action=f"/q/{token}",
        onward=f"/q/{token}/thanks",
        lookup=f"{visit.settings.address}{LOOKUP}",
    )


def _again(request: Request, token: str, sent: Form, refused: Invalid) -> Response:
    with reading(request) as (session, visit):
        form = load_open_form(session, token, now=visit.now)
    chosen = {name: values[0] for name, values in sent.items() if values}
    errors = {error.field: sentence_of(visit, error) for error in refused.errors}
    anchors = {
        answer_field(
            form.subject.assignment_id, item.number
        ): f"{answer_field(form.subject.assignment_id, item.number)}-1"
        for item in form.subject.items
    }
    comment = comment_field(form.subject.assignment_id)
    anchors[comment] = comment
    listed = [(anchors.get(name, ""), sentence) for name, sentence in errors.items()]
    return _page(visit, form, token, chosen, errors, listed or [("", said(visit, refused.message, **refused.values))])


def _page(
    visit: Visit,
    form: OpenForm,
    token: str,
    chosen: Mapping[str, str],
    errors: Mapping[str, str],
    listed: Sequence[tuple[str, str]],
) -> Response:
    return page(
        visit,
        "rate/open_form.html",
        status=422 if listed else 200,
        organisation=form.organisation,
        form=form,
        place=in_locale(form.code.name, visit.locale),
        action=f"/q/{token}",
        submission=chosen.get("submission", form.submission_id),
        begun=chosen.get("begun", form.begun),
        points={item.number: points_of(visit, item) for item in form.subject.items},
        notes=notes_of(visit, form.subject.items),
        chosen=chosen,
        errors=errors,
        error_list=listed,
    )
