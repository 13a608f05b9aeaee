"""What somebody should look at in an installation, and what they may want to know; nothing is changed here."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import SecretStr

from app.accounts import queries as accounts
from app.heartbeat.queries import find_last_beat
from app.heartbeat.rules import is_missing
from app.infra.database import Database
from app.infra.integrity import find_damage, find_secrets_in_texts
from app.invitations import queries as invitations
from app.mail.queries import load_progress
from app.releases import invariants as releases
from app.responses.sheets import count_stray_sheets
from app.visits import queries as visits

SCRUB_PATIENCE = timedelta(hours=1)
_PASSWORD = re.compile(r"(://[^:/@]*:)[^@/]*@")


def masked(value: object) -> str:
    """A setting as it may be shown."""
    if isinstance(value, SecretStr):
        return "set"
    text = "" if value is None else str(value)
    # An address of a database may hold a password.
    return _PASSWORD.sub(r"\1…@", text)


def tell_worker(database: Database, *, now: datetime) -> str:
    """Whether a worker is at work. No fault of the installation when none is: it may have been stopped."""
    with database.read() as session:
        heard = find_last_beat(session)
    if heard is None:
        return "No worker has run yet; `run` and `worker` start one."
    said = f"last heard of at {heard:%Y-%m-%d %H:%M:%S} UTC"
    if is_missing(heard, is_expected=True, now=now):
        return f"No worker is at work, {said}; `run` and `worker` start one."
    return f"A worker is at work, {said}."


def find_problems(database: Database, *, now: datetime) -> Iterator[str]:
    """What somebody should look at in a database that is current."""
    yield from find_damage(database)
    with database.read() as session:
        secrets = frozenset().union(*(one.load_live_secrets(session) for one in (accounts, invitations, visits)))
        for place in find_secrets_in_texts(session, secrets):
            yield f"{place} holds the secret of a link: void the links of open rounds."
        stray = count_stray_sheets(session)
        thin = releases.count_thin_atoms(session)
        held_at = load_progress(session).held_at
        unscrubbed = releases.count_unscrubbed(session, sealed_before=now - SCRUB_PATIENCE)
    if held_at is not None:
        since = f"{held_at:%Y-%m-%d %H:%M} UTC"
        yield f"No letter leaves since {since}: the outbox is held. See what waits with `outbox`, then let it go."
    if stray:
        yield f"{stray} sheets belong to no assignment."
    if thin:
        yield f"{thin} protected figures rest on fewer people than promised."
    if unscrubbed:
        yield f"{unscrubbed} releases wait for their free pages to be cleared: start the worker."
