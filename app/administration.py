"""The commands for whoever looks after an installation. Every write is one transaction."""

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app import benchmark_files
from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SERVICE
from app.accounts.values import NewAccount, Role
from app.demo.load import load_demo
from app.doctor import find_problems, masked, tell_worker
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.revision import NEWEST
from app.infra.tabular import read_table
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
from app.reports import BulkReport, Column, Outcome, Row
from app.responses.past import import_ratings
from app.responses.ratings import RATING_COLUMNS
from app.returned import bounces
from app.settings import Settings
from app.terminal import busy, chosen_company, complain, is_behind, opened, say, say_ways_in, sign_in_link
from app.working import working

app = typer.Typer()
importing = typer.Typer(no_args_is_help=True, help="Bring a file in: all of it or nothing; again it changes nothing.")

TableFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV or XLSX")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change and write nothing")]
CompanyOption = Annotated[
    str | None, typer.Option("--company", help="External id or id; needed with several companies")
]


@app.command()
def worker() -> None:
    """Do the due work alone: open, invite, remind, close, release and send. As many as wanted may run on PostgreSQL."""
    settings = Settings()
    with opened(settings) as database, working(settings, database) as stop:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        say.print("The worker is at work. Ctrl-C ends it.")
        while not stop.wait(1.0):
            pass


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""
    with opened(Settings()):
        say.print(f"The database is at revision {NEWEST}.")


@app.command()
def demo() -> None:
    """Put the demo organisation into an empty database."""
    settings = Settings()
    with opened(settings) as database:
        with busy("Loading the demo organisation"), database.write() as session:
            load_demo(session, now=utc_now())
        say_ways_in(settings, database)


@app.command()
def release(round_id: Annotated[str, typer.Argument(metavar="ROUND", help="Id of the closed round")]) -> None:
    """Score a closed round and publish it, once and for all; again it changes nothing."""
    with opened(Settings()) as database, busy("Scoring and sealing"):
        with database.write() as session:
            released = release_round(session, SERVICE, round_id, now=utc_now())
        scrub_released(database, now=utc_now())
    say.print(f"Release {released.id}, sealed {released.sealed_at:%Y-%m-%d %H:%M} UTC.")


@importing.command("organisation")
def import_organisation(file: TableFile, company: CompanyOption = None, *, dry_run: DryRun = False) -> None:
    """Departments, teams and competitors: external_id, kind, name, parent_external_id."""
    _bring_in(file, ORGANISATION_COLUMNS, bring_in.import_organisation, company, dry_run=dry_run)


@importing.command("people")
def import_people(file: TableFile, company: CompanyOption = None, *, dry_run: DryRun = False) -> None:
    """Employees: name, email, unit, and external_id, locale and leads if known."""
    _bring_in(file, PEOPLE_COLUMNS, bring_in.import_people, company, dry_run=dry_run)


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
    with opened(settings) as database, busy(f"Bringing in {file.name}"):
        batch = parse_table(_rows(file, READING_COLUMNS), zone=settings.zone, decimal_comma=decimal_comma)
        with database.write() as session:
            company_id = chosen_company(session, company)
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
    with opened(Settings()) as database, busy(f"Bringing in {file.name}"):
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
    with opened(settings) as database, database.write() as session:
        if not list_companies(session, SERVICE):
            create_company(session, SERVICE, company or "Company", now=now)
            company = None
        company_id = chosen_company(session, company)
        account = create_account(session, SERVICE, NewAccount(email, name), now=now)
        grant_role(session, SERVICE, account.id, Role.ADMIN, (company_id,), now=now)
        link = sign_in_link(session, settings, account.id, now=now)
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


app.command()(recompute)
app.command()(bounces)
app.command()(outbox)
app.add_typer(importing, name="import")
app.add_typer(benchmark_files.app, name="benchmark")


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


def _bring_in(
    file: Path, columns: Sequence[Column], command: Callable[..., BulkReport], company: str | None, *, dry_run: bool
) -> None:
    """A file about the organisation, through the command that takes its rows."""
    with opened(Settings()) as database, busy(f"Bringing in {file.name}"):
        rows = _rows(file, columns)
        with database.write() as session:
            company_id = chosen_company(session, company)
            report = command(session, SERVICE, rows, company_id=company_id, dry_run=dry_run, now=utc_now())
    _tell(report)


def _tell(report: BulkReport) -> None:
    counts = ", ".join(f"{report.count(outcome)} {outcome}" for outcome in Outcome)
    say.print(f"{counts}." + _unless(report.dry_run))
    for warning in report.warnings:
        say.print(warning)


def _unless(dry_run: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return " Nothing was written." if dry_run else ""


def _rows(file: Path, columns: Sequence[Column]) -> list[Row]:
    return read_table(file.read_bytes(), filename=file.name, columns=columns)
