"""The command that takes in mail which came back: from files, or piped in by the mail server, one mail each."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from app.errors import Unavailable
from app.infra.clock import utc_now
from app.infra.database import Database
from app.infra.logs import configure_logs
from app.mail.commands import take_report
from app.mail.intake import parse_returned
from app.settings import Settings
from app.terminal import say

TRY_LATER = 75
"""What a mail server understands as "keep it and come again" (EX_TEMPFAIL of sysexits.h)."""


def bounces(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Mails that came back, as .eml; none: from the pipe")
    ] = None,
    *,
    recipient: Annotated[str, typer.Option(help="Address that the mail came in on, if the mail server knows it")] = "",
) -> None:
    """Take in mail that came back: delivery reports and complaints about letters of ours; the rest is passed over.

    Ends well whatever the mail says, so that a mail server never answers it; with 75 while the database is away.
    """
    settings = Settings()
    configure_logs(settings.log_format, settings.log_level)
    database = Database(settings.database_url, key=settings.instance_key())
    mails = [(str(file), file.read_bytes()) for file in files or ()] or [("-", sys.stdin.buffer.read())]
    try:
        for name, raw in mails:
            say.print(f"{name}: {_taken(database, raw, recipient)}")
    except Unavailable:
        raise typer.Exit(TRY_LATER) from None
    finally:
        database.dispose()


def _taken(database: Database, raw: bytes, recipient: str) -> str:
    report = parse_returned(raw, recipient=recipient)
    if report is None:
        return "no report about a letter."
    with database.write() as session:
        known = take_report(session, report, now=utc_now())
    return f"{report.kind}, {report.reply}" if known else "a report about a letter that is not known here."
