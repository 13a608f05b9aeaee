"""Errors as machines read them: RFC 9457 problem details, in the language asked for, never repeating the input."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from app.errors import AppError, FieldError, Invalid, NotFound
from app.http.kinds import headers_of, status_of
from app.http.service import service_of
from app.http.validation import field_errors
from app.infra.formats import Locale, choose_locale
from app.infra.templates import translate
from app.reports import RowsRefused

MEDIA_TYPE = "application/problem+json"
FAILED = "Something went wrong here. It was noted; try again, or tell those who run the service."


class ProblemResponse(JSONResponse):
    """An RFC 9457 answer."""

    media_type = MEDIA_TYPE


def problem_of(request: Request, error: AppError) -> ProblemResponse:
    """The answer to an error of a known kind."""
    locale = _language(request)
    body = _body(status_of(error), error.code, _said(request, locale, error.message, error.values))
    if isinstance(error, RowsRefused):
        body["rows"] = [
            {
                "row": row.row,
                "column": row.column,
                "message": _said(request, locale, row.message),
                "allowed": row.allowed,
            }
            for row in error.refused
        ]
        body["refused_rows"] = error.total
    elif isinstance(error, Invalid):
        body["errors"] = [_field(request, locale, one) for one in error.errors]
    return ProblemResponse(body, status_of(error), headers_of(error))


def problem_of_validation(request: Request, error: RequestValidationError) -> ProblemResponse:
    """The answer to fields that a schema refused; an id that is none looks like one that is not there."""
    found: Sequence[Any] = error.errors()
    if any(one["loc"][0] == "path" for one in found):
        return problem_of(request, NotFound())
    return problem_of(request, Invalid(field_errors(found)))


def problem_of_status(request: Request, error: HTTPException) -> ProblemResponse:
    """The answer to what the framework refused by itself: unknown addresses and methods."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_of(request, NotFound())
    status = HTTPStatus(error.status_code)
    code = status.name.lower()
    return ProblemResponse(_body(status, code, status.description or status.phrase), status, error.headers)


def problem_of_failure(request: Request) -> ProblemResponse:
    """The answer to a mistake of ours: nothing of it is shown."""
    return ProblemResponse(_body(500, "failed", _said(request, _language(request), FAILED)), 500)


def _body(status: int, code: str, detail: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": int(status), "detail": detail, "code": code}


def _field(request: Request, locale: Locale, error: FieldError) -> dict[str, str]:
    return {
        "field": error.field,
        "message": _said(request, locale, error.message, error.values),
        "allowed": error.allowed,
    }


def _said(request: Request, locale: Locale, message: str, values: Mapping[str, object] | None = None) -> str:
    return translate(service_of(request).templates, message, locale, **(values or {}))


def _language(request: Request) -> Locale:
    return choose_locale(request.headers.get("accept-language", "en"))
