"""The page on which people set their own password."""

from fastapi import Request, Response

from app.accounts.commands import set_password
from app.errors import FieldError, Invalid, NotFound
from app.http.access import SIGNED_IN, access
from app.http.cookies import end_session
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.web.render import page, said, see_other

router = Pages()

NOT_ALIKE = "The two passwords are not alike."


@router.get("/account/password")
@access(SIGNED_IN)
def show_password(request: Request) -> Response:
    with reading(request) as (_session, visit):
        return _password_page(visit)


@router.post("/account/password")
@access(SIGNED_IN)
def change_password(request: Request) -> Response:
    form = posted(request)
    new = form.one("password")
    try:
        _check_alike(new, form.one("again"))
        with writing(request) as (session, visit):
            if visit.account is None:
                raise NotFound
            set_password(session, visit.viewer, visit.account.id, new, current=form.one("current"), now=visit.now)
    except Invalid as refused:
        with reading(request) as (_session, visit):
            return _password_page(visit, refused)
    # Every browser was signed out with it, this one, too.
    answer = see_other("/sign-in", done="password")
    end_session(answer, visit.settings)
    return answer


def _check_alike(new: str, again: str) -> None:
    if new != again:
        raise Invalid([FieldError("again", NOT_ALIKE)])


def _password_page(visit: Visit, refused: Invalid | None = None) -> Response:
    errors = (
        {} if refused is None else {error.field: said(visit, error.message, **error.values) for error in refused.errors}
    )
    return page(
        visit,
        "pages/sign_in/password.html",
        status=200 if refused is None else 422,
        errors=errors,
        email=visit.account.email if visit.account is not None else "",
        has_password=visit.account is not None and visit.account.has_password,
    )
