"""The commands about benchmark files: make one of a release, look at one, bring one in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.accounts.rules import SERVICE
from app.benchmarks.commands import export_benchmark, import_benchmark
from app.benchmarks.intake import parse_file, parse_mapping, require_small
from app.benchmarks.queries import look_at
from app.benchmarks.rules import document_of
from app.benchmarks.values import Look, Trust
from app.http.json_reader import read_json
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.infra.formats import local_day
from app.settings import Settings
from app.terminal import chosen_company, say

app = typer.Typer(no_args_is_help=True, help="Files of figures for other companies, and of theirs.")

_TRUST = {Trust.TRUSTED: "trusted", Trust.UNKNOWN: "not trusted yet", Trust.ENDED: "trusted no more"}


@app.command()
def make(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="Id of the release")],
    file: Annotated[Path, typer.Argument(dir_okay=False, writable=True, help="Where the file goes")],
    kpi: Annotated[list[str] | None, typer.Option(help="Id of a KPI that goes in; none: all that may leave")] = None,
) -> None:
    """Sign what a release may give away, with the key of its company."""
    with _writing() as session:
        made = export_benchmark(session, SERVICE, release, kpi_ids=kpi or None, now=utc_now())
    file.write_text(json.dumps(document_of(made), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    say.print(f"{len(made.lines)} lines of {made.source}, signed with {made.public_key}.")


@app.command()
def take(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file, JSON")],
    company: Annotated[str | None, typer.Option(help="External id or id; needed with several companies")] = None,
    trust: Annotated[str | None, typer.Option(help="Fingerprint of its key, compared by another way")] = None,
    compare: Annotated[
        list[str] | None, typer.Option(help="THEIR_KPI=OUR_KPI, by id; none: what is proposed by name")
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is in it and write nothing")] = False,
) -> None:
    """Bring a file of another company in; the same one again changes nothing."""
    found = parse_file(read_json(require_small(file.read_bytes())))
    with _writing() as session:
        company_id, now = chosen_company(session, company), utc_now()
        look = look_at(session, SERVICE, company_id, found, on=local_day(now))
        for line in _told(look):
            say.print(line)
        if dry_run:
            say.print("Nothing was written.")
            return
        pairs = [(theirs, ours) for theirs, _, ours in (one.partition("=") for one in compare or ())]
        chosen = parse_mapping(pairs, (line.kpi_id for line in found.lines)) if compare else None
        made = import_benchmark(session, SERVICE, company_id, found, own_kpis=chosen, confirmed=trust, now=now)
    say.print(f"Benchmark {made.id}, {len(made.own_kpis)} KPIs compared.")


def _told(look: Look) -> Iterator[str]:
    yield f"{len(look.file.lines)} lines of {look.file.source}, made {look.file.made_on}; the signature fits."
    yield f"Key {look.fingerprint}, {_TRUST[look.trust]}."
    for one in look.proposals:
        name = next(iter(one.kpi.values()))
        yield f"{one.kpi_id} {name}: {one.own_kpi_id or 'no KPI of that name'}"


@contextmanager
def _writing() -> Iterator[WriteSession]:
    settings = Settings()
    database = Database(settings.database_url, key=settings.instance_key())
    try:
        with database.write() as session:
            yield session
    finally:
        database.dispose()
