"""A round whose anonymous customers answer one by one, and a copy of its database in the hands of somebody curious."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from app.accounts.rules import SERVICE
from app.infra.database import Database, ReadSession
from app.infra.keys import key_of
from app.kpis.values import RaterGroup
from app.receipts.rules import read
from app.releases.commands import release_round, scrub_released
from app.rounds.values import GroupPolicy, Mode, Round
from app.visits.close import close_round
from tests.attack.telling import hits_in_order
from tests.fjellbris import Fjellbris, fjellbris
from tests.played_round import PlayedRound, customers_of, play

SEED = 20261123
SOFIE, LARS = "Sofie Berg", "Lars Moen"
ANONYMOUS = GroupPolicy(RaterGroup.CUSTOMER, Mode.ANONYMOUS, 3, 3)
CLOSED = timedelta(days=15)

Orders = Mapping[str, Sequence[str]]

# What a database lets rows be sorted by: places, transactions, ids, times.
RATERS: Mapping[str, Orders] = {
    "sqlite": {"assignment": ("rowid", "id"), "invitation": ("rowid", "id", "created_at"), "person": ("rowid", "id")},
    "postgresql": {
        "assignment": ("ctid", "xmin::text::bigint", "id"),
        "invitation": ("ctid", "xmin::text::bigint", "id", "created_at"),
        "person": ("ctid", "xmin::text::bigint", "id"),
    },
}
SHEETS: Mapping[str, Orders] = {
    "sqlite": {
        "anonymous_sheet": ("key", "submission_id"),
        "receipt": ("key", "comment"),
        "released_comment": ("rowid", "id", "position"),
    },
    "postgresql": {
        "anonymous_sheet": ("ctid", "xmin::text::bigint", "key", "submission_id"),
        "receipt": ("ctid", "xmin::text::bigint", "key", "comment"),
        "released_comment": ("ctid", "xmin::text::bigint", "id", "position"),
    },
}
_NAMES = {
    "assignment": "JOIN person p ON p.id = t.rater_id WHERE t.answered",
    "invitation": "JOIN person p ON p.id = t.person_id",
    "person": "JOIN person p ON p.id = t.id",
}
_TEXTS = {"anonymous_sheet": "t.comments", "receipt": "t.key", "released_comment": "t.text"}


@dataclass
class Vault:
    """The database of a round; `arrived` are the customers in the order in which they answered about Sofie."""

    engine: Database
    company: Fjellbris
    round: Round
    now: datetime
    arrived: list[str]
    codes: dict[str, str] = field(default_factory=dict)
    """The receipt code of each customer about Sofie; known to nobody but that customer."""

    @classmethod
    def filled(cls, engine: Database, now: datetime, *, customers: int) -> "Vault":
        """Customers of Sofie answer; two of Lars are asked."""
        with engine.write() as session:
            company = fjellbris(session, now)
            asked = {SOFIE: customers, LARS: 2}
            played = play(session, company, now, groups=(RaterGroup.MANAGER, ANONYMOUS), customers=asked)
        asked_about_sofie = customers_of(company, SOFIE, customers)
        arrived = [asked_about_sofie[place] for place in np.random.default_rng(SEED).permutation(customers)]
        made = cls(engine, company, played.round, now, arrived)
        for customer in arrived:
            made.rate(customer, SOFIE, comment_of(customer))
        return made

    @property
    def kind(self) -> str:
        return self.engine.engine.dialect.name

    def played(self, session: Any) -> PlayedRound:
        return PlayedRound(session, self.company, self.round, self.now)

    def rate(self, customer: str, about: str, comment: str) -> None:
        with self.engine.write() as session:
            receipt = self.played(session).rate(customer, {about: ["4", "3"]}, comment=comment)
        if about == SOFIE:
            (code,) = receipt.codes
            self.codes[customer] = code.code

    def close(self) -> None:
        with self.engine.write() as session:
            close_round(session, SERVICE, self.round.id, now=self.now + CLOSED)

    def release(self) -> None:
        with self.engine.write() as session:
            release_round(session, SERVICE, self.round.id, now=self.now + CLOSED)
        scrub_released(self.engine, now=self.now + CLOSED)

    # -------------------------------------------------------- what a copy tells

    def hits(self, table: str) -> dict[tuple[str, str, str], int]:
        """For every order of sheets and every order of raters, how many sheets are given to the right one."""
        return {orders: hits_in_order(written, named) for orders, (written, named) in self.guesses(table).items()}

    def guesses(self, table: str) -> dict[tuple[str, str, str], tuple[tuple[str, ...], tuple[str, ...]]]:
        """For every order of sheets and every order of raters, who wrote the sheets and who the attacker says did."""
        with self.engine.read() as session:
            writers = {order: self._writers(session, table, order) for order in SHEETS[self.kind][table]}
            raters = {
                (name, order): self._raters(session, name, order)
                for name, orders in RATERS[self.kind].items()
                for order in orders
            }
        return {
            (order, *by): (tuple(written), tuple(named))
            for (order, written), (by, named) in product(writers.items(), raters.items())
        }

    def receipts_joined_by_transaction(self) -> int:
        """PostgreSQL: how many receipts are joined to the one assignment that the same transaction marked."""
        query = (
            "SELECT r.key, min(p.email) FROM receipt r JOIN assignment a ON a.xmin::text = r.xmin::text"
            " JOIN person p ON p.id = a.rater_id GROUP BY r.key HAVING count(*) = 1"
        )
        with self.engine.read() as session:
            keys = {customer: key_of(session).receipt_key(read(code)) for customer, code in self.codes.items()}
            return sum(keys.get(email) == bytes(key) for key, email in session.execute(text(query)))

    def joined_by_transaction(self) -> int:
        """PostgreSQL: how many sheets are joined to the one assignment that the same transaction marked."""
        query = (
            "SELECT s.comments, min(p.email) FROM anonymous_sheet s JOIN assignment a ON a.xmin::text = s.xmin::text"
            " JOIN person p ON p.id = a.rater_id GROUP BY s.key HAVING count(*) = 1"
        )
        with self.engine.read() as session:
            return sum(_said(comments) == comment_of(email) for comments, email in session.execute(text(query)))

    def raw(self) -> bytes:
        """The files of the database as they lie on the disk."""
        if self.kind == "sqlite":
            path = Path(str(self.engine.url.database))
            # By another process: when a process closes a file, it gives up every lock it holds on it, SQLite's too.
            files = sorted(path.parent.glob(f"{path.name}*"))
            return subprocess.run(["cat", *files], check=True, stdout=subprocess.PIPE).stdout
        with self.engine.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CHECKPOINT")
            tables = "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class WHERE relkind IN ('r', 't')"
            own = " AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
            return b"".join(bytes(row[0]) for row in connection.exec_driver_sql(tables + own) if row[0])

    def _writers(self, session: ReadSession, table: str, order: str) -> list[str]:
        # Whose receipt is whose is known to who judges the attacker, and to nobody who holds a copy.
        keys = {key_of(session).receipt_key(read(code)): customer for customer, code in self.codes.items()}
        by_comment = {comment_of(customer): customer for customer in self.arrived} | keys
        found = session.execute(text(f"SELECT {_TEXTS[table]} FROM {table} t ORDER BY t.{order}")).scalars()
        return [by_comment[said] for one in found if (said := _said(one)) in by_comment]

    def _raters(self, session: ReadSession, table: str, order: str) -> list[str]:
        query = f"SELECT p.email FROM {table} t {_NAMES[table]} ORDER BY t.{order}"
        return [email for email in session.execute(text(query)).scalars() if email in self.arrived]


def comment_of(customer: str) -> str:
    """What a customer writes: nobody else does."""
    return f"Setning fra {customer.partition('@')[0][::-1]}."


def _said(stored: Any) -> str | bytes:
    """The comment of a sheet or of a release, or the key of a receipt, however the database hands it out."""
    if isinstance(stored, bytes | memoryview):
        return bytes(stored)
    if isinstance(stored, str) and stored.startswith("{"):
        stored = json.loads(stored)
    return str(next(iter(stored.values()), "")) if isinstance(stored, dict) else str(stored)
