"""The service on a port of its own for a real browser, with a worker that the test lets work and a real mail server."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import uvicorn
from starlette.types import ASGIApp

from app.accounts.queries import find_account
from app.accounts.sign_in import start_link, use_sign_in_link
from app.dispatch import Post
from app.infra.database import Database
from app.infra.keys import key_of
from app.main import create_app
from app.worker import post_of, run_once
from tests.ports import free_port
from tests.served import Clock, settings_of
from tests.smtp import MailServer


@dataclass
class Live:
    """A running service: its address, its clock, and the letters that arrive."""

    address: str
    clock: Clock
    engine: Database
    post: Post
    mail: MailServer

    def work(self) -> None:
        """Let the worker do what is due until nothing is left."""
        while run_once(self.engine, self.post, now=self.clock.now):
            pass

    def session_of(self, email: str) -> str:
        """The secret of whoever opened a link to sign in just now."""
        with self.engine.write() as session:
            account = find_account(session, email)
            assert account is not None, email
            link = key_of(session).sign_in_token(start_link(session, account.id, now=self.clock.now))
            return use_sign_in_link(session, link, client="Chromium", now=self.clock.now).secret

    def link_in_letter_to(self, recipient: str) -> str:
        """The first address of ours in the latest letter to somebody."""
        body = self.mail.to(recipient)[-1].parsed().get_body(("plain",))
        assert body is not None
        found = re.search(rf"{re.escape(self.address)}/\S+", body.get_content())
        assert found is not None
        return found[0]


@contextmanager
def live(engine: Database, mail: MailServer, now: datetime, *, name: str = "127.0.0.1") -> Iterator[Live]:
    """Serve on a free port in a thread until the block ends; by a name where browsers want one."""
    port = free_port()
    settings = settings_of(
        engine,
        port=port,
        base_url=f"http://{name}:{port}",
        smtp_host="127.0.0.1",
        smtp_port=mail.port,
        smtp_security="none",
        mail_from="kpi@fjellbris.example",
    )
    clock = Clock(now)
    with listening(create_app(settings, database=engine, clock=clock), port):
        yield Live(settings.address, clock, engine, post_of(settings, "browser"), mail)


@contextmanager
def listening(app: ASGIApp, port: int) -> Iterator[str]:
    """An application on a port, in a thread until the block ends; its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
