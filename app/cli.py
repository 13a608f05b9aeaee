"""The command line: which commands there are, and how what goes wrong is said.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 what was given cannot be taken, 4 not there, 5 does not fit
the present state, 6 busy or away.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from app import errors
from app.infra.later import later
from app.reports import RowsRefused
from app.serving import run
from app.terminal import complain

if TYPE_CHECKING:
    from app import administration
else:
    administration = later("app.administration")

EXIT_CODES: Mapping[type[errors.AppError], int] = {
    errors.Invalid: 3,
    errors.Malformed: 3,
    errors.TooLarge: 3,
    errors.NotFound: 4,
    errors.Forbidden: 5,
    errors.Conflict: 5,
    errors.Expired: 5,
    errors.TooMany: 6,
    errors.Unavailable: 6,
}


def main() -> None:
    """Run a command; what goes wrong is said in a sentence and told by the exit code."""
    try:
        _commands(sys.argv[1:])()
    except ValidationError as error:
        for one in error.errors():
            name = "SOFTKPI_" + "_".join(str(part) for part in one["loc"]).upper() if one["loc"] else "Settings"
            complain.print(f"{name}: {one['msg'].removeprefix('Value error, ')}")
        sys.exit(2)
    except errors.AppError as error:
        complain.print(error.text)
        for line in _details(error):
            complain.print(f"  {line}")
        sys.exit(next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), 1))


def _commands(arguments: Sequence[str]) -> typer.Typer:
    """All commands; `run` alone where it is asked for: it starts the service, and the others take a while to load."""
    app = typer.Typer(no_args_is_help=True)
    app.callback()(_soft_kpi)
    app.command()(run)
    if arguments[:1] != ["run"]:
        app.add_typer(administration.app)
    return app


def _soft_kpi() -> None:
    """Soft KPI: asks people, scores what they say, feeds it back."""


def _details(error: errors.AppError) -> Iterator[str]:
    """Field by field, or row by row, what was refused."""
    if isinstance(error, RowsRefused):
        for row in error.refused:
            yield f"row {row.row}, {row.column}: {row.message}" + (f" ({row.allowed})" if row.allowed else "")
    elif isinstance(error, errors.Invalid):
        for field in error.errors:
            sentence = field.message.format_map(field.values) if field.values else field.message
            yield f"{field.field}: {sentence}" + (f" ({field.allowed})" if field.allowed else "")
