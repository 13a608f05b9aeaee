"""The command line: run, worker, migrate, import, benchmark, create-admin, doctor, recompute, bounces, outbox. Every write is one transaction.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 what was given cannot be taken, 4 not there, 5 does not fit
the present state, 6 busy or away.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app import benchmark_files, errors
from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link
from app.accounts.values import NewAccount, Role
from app.demo.entrances import ways_in
from app.doctor import find_problems, is_behind, masked, tell_worker
from app.infra.arenas import keep_few_arenas
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.infra.later import later
from app.infra.logs import configure_logs
from app.infra.revision import NEWEST
from app.infra.tabular import read_table
from app.main import create_app
from app.metrics.commands import record_readings
from app.metrics.intake import COLUMNS as READING_COLUMNS
from app.metrics.intake import parse_table
from app.metrics.values import Source
from app.organisation import bring_in
from app.organisation.commands import create_company
from app.organisation.intake import ORGANISATION_COLUMNS, PEOPLE_COLUMNS
from app.organisation.queries import list_companies
from app.outbox import outbox
from app.recomputing import recompute
from app.releases.commands import release_round, scrub_released
from app.releases.invariants import INVARIANTS
from app.reports import BulkReport, Column, Outcome, Row, RowsRefused
from app.responses.past import import_ratings
from app.responses.ratings import RATING_COLUMNS
from app.returned import bounces
from app.settings import Settings
from app.worker import working

if TYPE_CHECKING:
    from app.demo import load as demonstration
    from app.infra import migrate as migrations
else:
    demonstration, migrations = later("app.demo.load"), later("app.infra.migrate")

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

app = typer.Typer(no_args_is_help=True, help="Soft KPI: asks people, scores what they say, feeds it back.")
importing = typer.Typer(no_args_is_help=True, help="Bring a file in: all of it or nothing; again it changes nothing.")
app.add_typer(importing, name="import")
app.add_typer(benchmark_files.app, name="benchmark")
app.command()(recompute)
app.command()(bounces)
app.command()(outbox)
say = Console(soft_wrap=True, highlight=False)
complain = Console(stderr=True, soft_wrap=True, highlight=False)

TableFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or XLSX")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change and write nothing")]
CompanyOption = Annotated[
    str | None, typer.Option("--company", help="External id or id; needed with several companies")
]


def main() -> None:
    """Run a command; what goes wrong is said in a sentence and told by the exit code."""
    try:
        app()
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


@app.command()
def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on")] = None,
    *,
    demo: Annotated[bool | None, typer.Option(help="Load the demo organisation into an empty database")] = None,
) -> None:
    """Migrate, serve the pages and the API, and do the due work beside them."""
    given = {"host": host, "port": port, "demo": demo}
    settings = Settings.model_validate({name: value for name, value in given.items() if value is not None})
    with _listening(settings) as listening, _opened(settings) as database:
        if settings.demo:
            _load_demo_once(database)
        _greet(settings, database)
        service = uvicorn.Config(
            create_app(settings, database=database),
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        # Uvicorn raises the signal that ended it once more: then the worker must still come to an end.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        # The first request is answered before the first round of due work takes the processor.
        beside = working(settings, database, after=settings.worker_pause) if settings.worker else nullcontext()
        with beside, suppress(KeyboardInterrupt):
            uvicorn.Server(service).run(sockets=[listening])


@app.command()
def worker() -> None:
    """Do the due work alone: open, invite, remind, close, release and send. As many as wanted may run on PostgreSQL."""
    settings = Settings()
    with _opened(settings) as database, working(settings, database) as stop:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        say.print("The worker is at work. Ctrl-C ends it.")
        while not stop.wait(1.0):
            pass


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    with _opened(Settings()):
        say.print(f"The database is at revision {NEWEST}.")


@app.command()
def demo() -> None:
    """Put the demo organisation into an empty database."""
    settings = Settings()
    with _opened(settings) as database:
        with _busy("Loading the demo organisation"), database.write() as session:
            demonstration.load_demo(session, now=utc_now())
        _say_ways_in(settings, database)


@app.command()
def release(round_id: Annotated[str, typer.Argument(metavar="ROUND", help="Id of the closed round")]) -> None:
    """Score a closed round and publish it, once and for all; again it changes nothing."""
    with _opened(Settings()) as database, _busy("Scoring and sealing"):
        with database.write() as session:
            released = release_round(session, SERVICE, round_id, now=utc_now())
        scrub_released(database, now=utc_now())
    say.print(f"Release {released.id}, sealed {released.sealed_at:%Y-%m-%d %H:%M} UTC.")


@importing.command("organisation")
def import_organisation(file: TableFile, company: CompanyOption = None, *, dry_run: DryRun = False) -> None:
    """Departments, teams and competitors: external_id, kind, name, parent_external_id."""
    with _opened(Settings()) as database, _busy(f"Bringing in {file.name}"):
        rows = _rows(file, ORGANISATION_COLUMNS)
        with database.write() as session:
            company_id = _company(session, company)
            report = bring_in.import_organisation(
                session, SERVICE, rows, company_id=company_id, dry_run=dry_run, now=utc_now()
            )
    _tell(report)


@importing.command("people")
def import_people(file: TableFile, company: CompanyOption = None, *, dry_run: DryRun = False) -> None:
    """Employees: name, email, unit, and external_id, locale and leads if known."""
    with _opened(Settings()) as database, _busy(f"Bringing in {file.name}"):
        rows = _rows(file, PEOPLE_COLUMNS)
        with database.write() as session:
            company_id = _company(session, company)
            report = bring_in.import_people(
                session, SERVICE, rows, company_id=company_id, dry_run=dry_run, now=utc_now()
            )
    _tell(report)


@importing.command("readings")
def import_readings(
    file: TableFile,
    company: CompanyOption = None,
    *,
    dry_run: DryRun = False,
    decimal_comma: Annotated[bool, typer.Option("--decimal-comma", help="Numbers are written 4,5")] = False,
) -> None:
    """Hard readings: kpi, subject, at or start and end, and value or numerator and denominator."""
    settings = Settings()
    with _opened(settings) as database, _busy(f"Bringing in {file.name}"):
        batch = parse_table(_rows(file, READING_COLUMNS), zone=settings.zone, decimal_comma=decimal_comma)
        with database.write() as session:
            company_id = _company(session, company)
            report = record_readings(
                session, SERVICE, batch, company_id=company_id, source=Source.FILE, dry_run=dry_run, now=utc_now()
            )
    _tell(report)


@importing.command("ratings")
def import_past_ratings(
    file: TableFile,
    round_id: Annotated[str, typer.Option("--round", help="Id of the draft round that they fill")],
    *,
    dry_run: DryRun = False,
) -> None:
    """Past ratings of a closed round: subject, rater, rater_group, item, value, and comment if there is one."""
    with _opened(Settings()) as database, _busy(f"Bringing in {file.name}"):
        rows = _rows(file, RATING_COLUMNS)
        with database.write() as session:
            done = import_ratings(session, SERVICE, round_id, rows, dry_run=dry_run, now=utc_now())
    say.print(f"{done.sheets} sheets by {done.raters} raters about {done.subjects} subjects." + _unless(dry_run))


@app.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Argument(help="Address of the administrator")],
    name: Annotated[str, typer.Option(help="Name of the administrator")] = "Administrator",
    company: Annotated[str | None, typer.Option(help="External id, or the name of a new first company")] = None,
) -> None:
    """Make somebody administrator of a company, and print a link to sign in with."""
    settings, now = Settings(), utc_now()
    with _opened(settings) as database, database.write() as session:
        if not list_companies(session, SERVICE):
            create_company(session, SERVICE, company or "Company", now=now)
            company = None
        company_id = _company(session, company)
        account = create_account(session, SERVICE, NewAccount(email, name), now=now)
        grant_role(session, SERVICE, account.id, Role.ADMIN, (company_id,), now=now)
        link = _sign_in_link(session, settings, account.id, now=now)
    say.print(f"{account.email} is administrator. Sign in within half an hour, once:\n{link}")


@app.command()
def doctor(*, invariants: Annotated[bool, typer.Option("--invariants", help="Check all that holds")] = False) -> None:
    """Say which settings are in force and whether the installation is sound."""
    settings = Settings()
    table = Table("Setting", "Value", box=None, pad_edge=False)
    for name in type(settings).model_fields:
        table.add_row(f"SOFTKPI_{name.upper()}", masked(getattr(settings, name)))
    say.print(table)
    database = Database(settings.database_url, key=settings.instance_key())
    try:
        problems = list(_found(database, now=utc_now(), invariants=invariants))
    finally:
        database.dispose()
    for problem in problems:
        complain.print(problem)
    say.print("Everything is sound." if not problems else f"{len(problems)} to look at.")
    sys.exit(1 if problems else 0)


# ------------------------------------------------------------ pieces


def _found(database: Database, *, now: datetime, invariants: bool) -> Iterator[str]:
    """What somebody should look at; on the way, what is only to be known."""
    if is_behind(database):
        yield f"The database waits for revision {NEWEST}: run `migrate`."
        return
    say.print(tell_worker(database, now=now))
    yield from find_problems(database, now=now)
    if not invariants:
        return
    for one in INVARIANTS:
        wrong = [f"{one.name}: {violation}." for violation in one.wrong(database)]
        say.print(f"{one.name:<4} {'wrong' if wrong else 'ok':<6} {one.says}")
        yield from wrong


def _listening(settings: Settings) -> socket.socket:
    """The socket of the service, taken before anything is loaded and anybody is told an address."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        place = f"{settings.host}, port {settings.port}"
        sentence = f"Cannot listen on {place}: {os.strerror(error.errno or 0)}. SOFTKPI_PORT names another port."
        raise errors.Conflict(sentence) from error


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    """The database of the settings at the newest revision."""
    keep_few_arenas()
    configure_logs(settings.log_format, settings.log_level)
    database = Database(settings.database_url, key=settings.instance_key())
    if database.is_sqlite and database.url.database:
        Path(database.url.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        if is_behind(database):
            migrations.upgrade(database.engine)
        yield database
    finally:
        database.dispose()


def _load_demo_once(database: Database) -> None:
    with database.read() as session:
        is_empty = not list_companies(session, SERVICE)
    if is_empty:
        with _busy("Loading the demo organisation"), database.write() as session:
            demonstration.load_demo(session, now=utc_now())


def _greet(settings: Settings, database: Database) -> None:
    """Where to go, how to sign in where only this machine can, and what is missing."""
    for package in ("uvloop", "httptools"):
        if find_spec(package) is None:
            complain.print(f"{package} is not installed; the service works, more slowly.")
    say.print(f"Soft KPI is at {settings.address}")
    if settings.shows_mailbox:
        say.print(f"No mail leaves this machine: letters are at {settings.address}/mailbox")
        _say_ways_in(settings, database)
    say.print("Ctrl-C ends it.")


def _say_ways_in(settings: Settings, database: Database) -> None:
    """One-time links for the people of the demo; nothing where it is not loaded."""
    now = utc_now()
    with database.write() as session:
        links = [(one.who, _sign_in_link(session, settings, one.account_id, now=now)) for one in ways_in(session)]
    for who, link in links:
        say.print(f"Sign in once as {who}: {link}")


def _sign_in_link(session: WriteSession, settings: Settings, account_id: str, *, now: datetime) -> str:
    token = key_of(session).sign_in_token(start_link(session, account_id, now=now))
    return f"{settings.address}/sign-in/{token}"


def _company(session: WriteSession, named: str | None) -> str:
    companies = list_companies(session, SERVICE)
    found = [one.id for one in companies if named is None or named in {one.id, one.external_id, one.name}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.external_id or one.name for one in companies)
    raise errors.Invalid([errors.FieldError("company", "Say which company is meant.", known)])


def _tell(report: BulkReport) -> None:
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in Outcome)
    say.print(f"{counts}." + _unless(report.dry_run))
    for warning in report.warnings:
        say.print(warning)


def _unless(dry_run: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return " Nothing was written." if dry_run else ""


def _rows(file: Path, columns: Sequence[Column]) -> list[Row]:
    return read_table(file.read_bytes(), filename=file.name, columns=columns)


def _details(error: errors.AppError) -> Iterator[str]:
    """Field by field, or row by row, what was refused."""
    if isinstance(error, RowsRefused):
        for row in error.refused:
            yield f"row {row.row}, {row.column}: {row.message}" + (f" ({row.allowed})" if row.allowed else "")
    elif isinstance(error, errors.Invalid):
        for field in error.errors:
            sentence = field.message.format_map(field.values) if field.values else field.message
            yield f"{field.field}: {sentence}" + (f" ({field.allowed})" if field.allowed else "")


@contextmanager
def _busy(doing: str) -> Iterator[None]:
    """A moving bar while something long is done, where somebody looks."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=complain, transient=True) as progress:
        progress.add_task(doing, total=None)
        yield
