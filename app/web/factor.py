"""The pages on which people set up two-step sign-in for themselves, get new recovery codes, or remove it."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request, Response

from app.accounts.commands import begin_factor, confirm_factor, remove_factor, renew_recovery_codes
from app.accounts.factors import find_factor
from app.accounts.proofs import CodeDelayed, WrongCode
from app.accounts.values import Account, SecondFactor
from app.errors import AppError, NotFound
from app.http.access import personal
from app.http.doors import posted
from app.http.kinds import headers_of, status_of
from app.http.routes import Pages
from app.http.visit import Visit, passing, reading, writing
from app.infra.database import WriteSession
from app.infra.otp import address_of, in_base32
from app.infra.qr import qr_path
from app.web.render import PRODUCT, Flash, flash_for, page, said, see_other

T = TypeVar("T")

router = Pages()

DONE = {"removed": Flash("good", "Two-step sign-in is removed.", "Every other browser is signed out.")}

_OWN = "one's own second factor"


@router.get("/account/factor")
@personal(_OWN, before_factor=True)
def show_factor(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _factor_page(visit, find_factor(session, _account(visit).id))


@router.post("/account/factor/begin")
@personal(_OWN, before_factor=True)
def begin(request: Request) -> Response:
    with writing(request) as (session, visit):
        begin_factor(session, visit.viewer, now=visit.now)
    return see_other("/account/factor/confirm")


@router.get("/account/factor/confirm")
@personal(_OWN, before_factor=True)
def show_confirm(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _confirm_page(visit, find_factor(session, _account(visit).id))


@router.post("/account/factor/confirm")
@personal(_OWN, before_factor=True)
def confirm(request: Request) -> Response:
    visit, codes, problem = _tried(request, _confirmed)
    if codes is not None:
        return _codes_page(visit, codes, is_new=True)
    with reading(request) as (session, visit):
        return _confirm_page(visit, find_factor(session, _account(visit).id), problem)


@router.post("/account/factor/codes")
@personal(_OWN)
def renew(request: Request) -> Response:
    visit, codes, problem = _tried(request, _renewed)
    return _codes_page(visit, codes, is_new=False) if codes is not None else _again(request, "codes", problem)


@router.post("/account/factor/remove")
@personal(_OWN)
def remove(request: Request) -> Response:
    _, is_removed, problem = _tried(request, _removed)
    return see_other("/account/factor", done="removed") if is_removed else _again(request, "remove", problem)


def _tried(request: Request, use: Callable[[WriteSession, Visit, str], T | None]) -> tuple[Visit, T | None, AppError]:
    """What a command made of the typed code, which is committed whether it fits or not; and what to say if not."""
    typed = posted(request).one("code")
    try:
        with writing(request) as (session, visit):
            return visit, use(session, visit, typed), WrongCode()
    except CodeDelayed as delayed:
        return passing(request), None, delayed


def _confirmed(session: WriteSession, visit: Visit, typed: str) -> tuple[str, ...] | None:
    return confirm_factor(session, visit.viewer, typed, here=_here(visit), now=visit.now)


def _renewed(session: WriteSession, visit: Visit, typed: str) -> tuple[str, ...] | None:
    return renew_recovery_codes(session, visit.viewer, typed, now=visit.now)


def _removed(session: WriteSession, visit: Visit, typed: str) -> bool:
    return remove_factor(session, visit.viewer, typed, here=_here(visit), now=visit.now)


def _again(request: Request, what: str, problem: AppError) -> Response:
    with reading(request) as (session, visit):
        return _factor_page(visit, find_factor(session, _account(visit).id), what, problem)


def _factor_page(
    visit: Visit, factor: SecondFactor | None, what: str = "", problem: AppError | None = None
) -> Response:
    is_there = factor is not None and factor.confirmed_at is not None
    answer = page(
        visit,
        "pages/sign_in/factor.html",
        status=_status(problem),
        flash=flash_for(visit, DONE),
        factor=factor if is_there else None,
        owes_factor=visit.owes_factor,
        errors={what: _said(visit, problem)} if problem is not None else {},
    )
    return _with_patience(answer, problem)


def _confirm_page(visit: Visit, factor: SecondFactor | None, problem: AppError | None = None) -> Response:
    if factor is None or factor.confirmed_at is not None:
        return see_other("/account/factor")
    secret = visit.service.key.factor_secret(factor.id)
    address = address_of(secret, name=_account(visit).email, issuer=visit.organisation or PRODUCT)
    squares, size = qr_path(address)
    typed = in_base32(secret)
    answer = page(
        visit,
        "pages/sign_in/factor_confirm.html",
        status=_status(problem),
        squares=squares,
        size=size,
        address=address,
        secret=" ".join(typed[start : start + 4] for start in range(0, len(typed), 4)),
        problem=_said(visit, problem),
    )
    return _with_patience(answer, problem)


def _codes_page(visit: Visit, codes: tuple[str, ...], *, is_new: bool) -> Response:
    # No redirect: the codes are nowhere else, and must not stand in an address.
    return page(visit, "pages/sign_in/recovery_codes.html", codes=codes, is_new=is_new)


def _status(problem: AppError | None) -> int:
    return 200 if problem is None else status_of(problem) if isinstance(problem, CodeDelayed) else 422


def _said(visit: Visit, problem: AppError | None) -> str:
    return said(visit, problem.message, **problem.values) if problem is not None else ""


def _with_patience(answer: Response, problem: AppError | None) -> Response:
    if isinstance(problem, CodeDelayed):
        answer.headers.update(headers_of(problem))
    return answer


def _account(visit: Visit) -> Account:
    if visit.account is None:
        raise NotFound
    return visit.account


def _here(visit: Visit) -> str | None:
    return visit.sign_in.id if visit.sign_in is not None else None
