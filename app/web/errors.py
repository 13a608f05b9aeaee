"""Errors as people read them: what happened, in one sentence, and one way on; the table of the pages stands here."""

from dataclasses import replace
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from app import errors
from app.accounts.proofs import FactorWanted
from app.deferred import dataclass
from app.http.access import Who, access_of
from app.http.kinds import headers_of, status_of
from app.http.visit import met, passing
from app.invitations.rules import UnknownLink
from app.web.render import page, said


@dataclass(frozen=True, slots=True)
class Wording:
    """Title of the page and what to do next; the sentence between them is the error's own."""

    title: str
    advice: str


_WORDINGS: dict[type[errors.AppError], Wording] = {
    errors.Malformed: Wording("This could not be read", "Go back, open the page again and repeat it."),
    errors.NotRecognised: Wording(
        "You are not signed in", "Start again from the first page, or ask an administrator of your organisation."
    ),
    errors.Forbidden: Wording("No access", "Ask an administrator if you need this for your work."),
    errors.NotFound: Wording("Nothing here", "Check the address, or start from the first page."),
    errors.Conflict: Wording("This does not fit", "Go back and look at how things are now."),
    errors.Expired: Wording("No longer in use", "Ask for a new link if you still need it."),
    errors.TooLarge: Wording("Too large", "Send less at once."),
    errors.Invalid: Wording("Another look is needed", "Go back and correct the fields."),
    errors.TooMany: Wording("A little too fast", "Wait a few minutes and try again."),
    errors.Unavailable: Wording("Busy just now", "Try again in a moment. Nothing of what you sent is half stored."),
}
_OTHER = Wording("This did not work", "Go back, open the page again and repeat it.")
_LINK_ADVICE = {
    403: "",
    404: "If you came here from a letter, check that the whole link is in the address bar.",
    410: "",
}
"""What raters are advised to do; a link that is not open yet or not any more says all there is to say."""
_INSIDE_ADVICE = {404: "Check the address, or go on from the menu."}
"""What somebody is advised who is signed in, and hence has a menu."""
FAILED = Wording("Something went wrong here", "It was noted. Try again, or tell those who run the service.")


def error_page(request: Request, error: errors.AppError) -> Response:
    """The page for an error; whoever is not signed in is led to the sign-in page and back, who owes a factor to it."""
    if isinstance(error, errors.Unauthenticated):
        return _to_sign_in(request)
    if isinstance(error, FactorWanted):
        return RedirectResponse("/account/factor", 303)
    wording = next((_WORDINGS[kind] for kind in type(error).__mro__ if kind in _WORDINGS), _OTHER)
    fields = error.errors if isinstance(error, errors.Invalid) else ()
    visit = met(request)
    answer = _plain_page(
        request,
        wording,
        status_of(error),
        text=said(visit, error.message, **error.values),
        details=[said(visit, field.message, **field.values) for field in fields],
        lost_link=isinstance(error, UnknownLink),
    )
    answer.headers.update({name: value for name, value in headers_of(error).items() if name != "WWW-Authenticate"})
    return answer


def failure_page(request: Request) -> Response:
    """The page after a mistake of ours: nothing of it is shown."""
    return _plain_page(request, FAILED, 500, text="", details=[])


def _plain_page(
    request: Request, wording: Wording, status: int, *, text: str, details: list[str], lost_link: bool = False
) -> Response:
    # What failed may have been the menu.
    visit = passing(request) if wording is FAILED else met(request)
    is_rater, is_inside = _came_by_link(request), visit.somebody is not None
    # The way to the other language leaves the address out: it may hold a secret, and pages of misses must be alike.
    visit = replace(visit, path="", query={name: value for name, value in visit.query.items() if name == "lang"})
    advices = _LINK_ADVICE if is_rater else _INSIDE_ADVICE if is_inside else {}
    advice = advices.get(status, wording.advice)
    return page(
        visit,
        "rate/message.html" if is_rater else "pages/errors/error.html",
        status=status,
        title=said(visit, wording.title),
        text=text or said(visit, advice),
        note=said(visit, advice) if text and advice else "",
        details=details,
        lost_link=lost_link,
        is_inside=is_inside,
    )


def _came_by_link(request: Request) -> bool:
    endpoint = request.scope.get("endpoint")
    return endpoint is not None and hasattr(endpoint, "__access__") and access_of(endpoint).who is Who.LINK


def _to_sign_in(request: Request) -> Response:
    back = request.url.path if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        back += f"?{request.url.query}"
    query = "" if back == "/" else "?" + urlencode({"next": back})
    return RedirectResponse(f"/sign-in{query}", 303)
