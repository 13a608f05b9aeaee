"""What several commands do: open the database, find the company, say something, show that they are busy, let somebody in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.accounts.rules import SERVICE
from app.accounts.sign_in import start_link
from app.demo.entrances import ways_in
from app.errors import Conflict, FieldError, Invalid, Unavailable
from app.infra.arenas import keep_few_arenas
from app.infra.clock import utc_now
from app.infra.database import Database, WriteSession
from app.infra.keys import key_of
from app.infra.later import later
from app.infra.logs import configure_logs
from app.infra.revision import NEWEST, current_revision
from app.organisation.queries import list_companies
from app.settings import Settings

if TYPE_CHECKING:
    from app.infra import migrate as migrations
else:
    migrations = later("app.infra.migrate")

say = Console(soft_wrap=True, highlight=False)
complain = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
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


def is_behind(database: Database) -> bool:
    """Whether migrations are missing; Conflict when a newer program has written here, Unavailable with the reason."""
    try:
        with database.read() as session:
            revision = current_revision(session)
    except Unavailable as error:
        reason = str(error.__cause__).partition("\n")[0]
        raise Unavailable("The database does not answer: {reason}", reason=reason) from error
    if revision is not None and revision > NEWEST:
        sentence = (
            "The database is at revision {there}, which this program ({here}) does not know: install a newer one."
        )
        raise Conflict(sentence, there=revision, here=NEWEST)
    return revision != NEWEST


def say_ways_in(settings: Settings, database: Database) -> None:
    """One-time links for the people of the demo; nothing where it is not loaded."""
    now = utc_now()
    with database.write() as session:
        links = [(one.who, sign_in_link(session, settings, one.account_id, now=now)) for one in ways_in(session)]
    for who, link in links:
        say.print(f"Sign in once as {who}: {link}")


def sign_in_link(session: WriteSession, settings: Settings, account_id: str, *, now: datetime) -> str:
    """An address that signs an account in, once."""
    token = key_of(session).sign_in_token(start_link(session, account_id, now=now))
    return f"{settings.address}/sign-in/{token}"


def chosen_company(session: WriteSession, named: str | None) -> str:
    """The id of the company that is named, or of the only one; Invalid with their names where it is not one."""
    companies = list_companies(session, SERVICE)
    found = [one.id for one in companies if named is None or named in {one.id, one.external_id, one.name}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.external_id or one.name for one in companies)
    raise Invalid([FieldError("company", "Say which company is meant.", known)])


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """A moving bar while something long is done, where somebody looks."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=complain, transient=True) as progress:
        progress.add_task(doing, total=None)
        yield
