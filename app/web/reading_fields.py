"""The fields in which readings are typed: which amounts a KPI takes, with which decimal sign, and what was wrong."""

from collections.abc import Callable, Sequence

from app.errors import AppError, FieldError, Invalid
from app.fields import NO_CHOICE
from app.http.forms import Form
from app.http.visit import Visit
from app.kpis.values import Aggregation
from app.reports import RowError, RowsRefused
from app.web.forms import Filled, refused
from app.web.render import said

COMMA, POINT = "comma", "point"

_COLUMNS = {Aggregation.RATIO: ("numerator", "denominator"), Aggregation.RATE: ("count", "exposure")}
_LABELS = {
    "value": "Value",
    "numerator": "Numerator",
    "denominator": "Denominator",
    "count": "Count",
    "exposure": "Exposure",
    "start": "First day",
    "end": "Last day",
    "reason": "Reason for a correction",
    "decimal": "Decimal sign",
}


def amount_columns(aggregation: Aggregation | None) -> tuple[str, ...]:
    """The columns of a table in which the amounts of a KPI stand.

    >>> amount_columns(Aggregation.MEAN), amount_columns(Aggregation.RATE)
    (('value',), ('count', 'exposure'))
    """
    return _COLUMNS.get(aggregation, ("value",)) if aggregation is not None else ("value",)


def usual_decimal(visit: Visit) -> str:
    """The decimal sign of the visitor's language."""
    return COMMA if visit.locale == "nb" else POINT


def decimal_of(form: Form) -> str:
    """Which decimal sign the form declares; Invalid for anything else."""
    sign = form.one("decimal")
    if sign not in {COMMA, POINT}:
        raise Invalid([FieldError("decimal", NO_CHOICE, f"{COMMA}, {POINT}")])
    return sign


def column_label(visit: Visit, column: str) -> str:
    """What a column is called."""
    return said(visit, _LABELS[column])


def refused_cells(
    visit: Visit,
    form: Form,
    error: AppError,
    *,
    place_of: Callable[[RowError], str],
    names: Sequence[tuple[str, str]] = (),
) -> Filled:
    """A form whose fields stand for cells of rows; `place_of` gives the field of a cell, `names` what rows are called."""
    known = {name: said(visit, label) for name, label in _LABELS.items()} | dict(names)
    if not isinstance(error, RowsRefused):
        return refused(visit, form, error, names=known)
    cells = [FieldError(place_of(one), one.message, one.allowed) for one in error.refused]
    return refused(visit, form, Invalid(cells), names=known)
