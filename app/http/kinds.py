"""The one table from the kinds of errors to HTTP: status and, where due, when to come back."""

from collections.abc import Mapping

from app import errors
from app.http import refusals
from app.infra.versions import StaleVersion

STATUS: Mapping[type[errors.AppError], int] = {
    errors.Malformed: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    refusals.TooSlow: 408,
    errors.Conflict: 409,
    errors.Expired: 410,
    refusals.PreconditionFailed: 412,
    StaleVersion: 412,
    errors.TooLarge: 413,
    refusals.WrongMediaType: 415,
    errors.Invalid: 422,
    refusals.PreconditionRequired: 428,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
BUSY_SECONDS = 2


def status_of(error: errors.AppError) -> int:
    """The status of an error, by its nearest kind."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def headers_of(error: errors.AppError) -> dict[str, str]:
    """Retry-After where waiting helps, WWW-Authenticate where a key does."""
    if isinstance(error, errors.TooMany):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, errors.Unavailable):
        return {"Retry-After": str(BUSY_SECONDS)}
    if isinstance(error, errors.Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    return {}
