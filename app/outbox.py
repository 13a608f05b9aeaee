"""The command about an outbox that is held after the database was put back: what waits, and whether it may leave."""

from enum import StrEnum
from typing import Annotated

import typer

from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.infra.logs import configure_logs
from app.mail.commands import drop_waiting, hold_outbox, let_go
from app.mail.queries import count_by_state, load_progress
from app.mail.values import OutboxState
from app.settings import Settings
from app.terminal import say


class Deed(StrEnum):
    """What to do with the letters that wait."""

    HOLD = "hold"
    SEND = "send"
    DROP = "drop"


def outbox(
    deed: Annotated[
        Deed | None, typer.Argument(help="hold: nothing leaves; send: let go; drop: cancel, then let go")
    ] = None,
) -> None:
    """Say what waits in the outbox and whether it is held, as after a restore from backup; hold it, or let it go."""
    settings = Settings()
    configure_logs(settings.log_format, settings.log_level)
    database = Database(settings.database_url, key=settings.instance_key())
    try:
        with database.write() as session:
            if deed is not None:
                say.print(_do(session, deed))
            _tell(session)
    finally:
        database.dispose()


def _do(session: WriteSession, deed: Deed) -> str:
    if deed is Deed.HOLD:
        hold_outbox(session, now=utc_now())
        return "Nothing leaves from now on, but for sign-in links that are asked for."
    dropped = drop_waiting(session, now=utc_now()) if deed is Deed.DROP else 0
    was_held = let_go(session)
    told = f"Letters cancelled: {dropped}. " if deed is Deed.DROP else ""
    return told + ("The outbox is let go." if was_held else "The outbox was not held.")


def _tell(session: WriteSession) -> None:
    progress, waiting = load_progress(session), count_by_state(session).get(OutboxState.QUEUED, 0)
    held = f"held since {progress.held_at:%Y-%m-%d %H:%M} UTC" if progress.held_at is not None else "not held"
    say.print(f"Letters waiting: {waiting}; the outbox is {held}.")
