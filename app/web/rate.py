"""The rater's doors: the form behind a link, sending it, and thanks; opening any of them changes nothing."""

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from app.errors import Invalid
from app.http.access import by_link
from app.http.doors import PageRoute, posted
from app.http.visit import Visit, reading, writing
from app.infra.formats import choose_locale
from app.responses.commands import submit_response
from app.responses.queries import load_rating_form
from app.responses.values import RatingForm
from app.web.rate_form import form_page, overview_of, refused_page
from app.web.render import page, see_other

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/r/{token}")
@by_link("whoever holds the link may rate")
def show_form(request: Request, token: str) -> Response:
    visit, form = _opened(request, token)
    return form_page(visit, form, token)


@router.post("/r/{token}")
@by_link("whoever holds the link may rate")
def send_form(request: Request, token: str) -> Response:
    sent = posted(request)
    try:
        with writing(request) as (session, visit):
            submit_response(session, token, sent, now=visit.now)
    except Invalid as refused:
        visit, form = _opened(request, token)
        return refused_page(visit, form, token, {name: values[0] for name, values in sent.items() if values}, refused)
    return see_other(f"/r/{token}/thanks")


@router.get("/r/{token}/thanks")
@by_link("whoever holds the link may rate")
def show_thanks(request: Request, token: str) -> Response:
    visit, form = _opened(request, token)
    left = [subject for subject in form.subjects if not subject.is_answered]
    return page(
        visit,
        "rate/thanks.html",
        organisation=form.company_name,
        form=form,
        overview=overview_of(visit, form, href=""),
        remaining=len(left),
        action=f"/r/{token}",
    )


def _opened(request: Request, token: str) -> tuple[Visit, RatingForm]:
    """The form, and the visit in the rater's own language unless another one was chosen on the page."""
    with reading(request) as (session, visit):
        form = load_rating_form(session, token, now=visit.now)
    return replace(visit, locale=visit.chosen_locale or choose_locale(form.locale)), form
