"""Whoever holds a copy of the database tries to say who handed in which anonymous sheet, by anything but its content (T36)."""

from datetime import datetime

import pytest
from sqlalchemy import select, text

from app.accounts.rules import SERVICE
from app.infra.database import Database
from app.invitations.commands import invite_due_rounds
from app.kpis.values import RaterGroup
from app.receipts.rules import read
from app.responses.tables import AnonymousSheetRow, SheetRow
from app.rounds.commands import add_assignments, launch_round, propose_assignments
from app.rounds.intake import parse_raters, rows_of
from app.worker import close_due
from tests.attack.telling import beyond_chance, beyond_chance_together, hits_in_order
from tests.attack.vault import ANONYMOUS, CLOSED, LARS, SEED, Vault, comment_of
from tests.dump import tables_of
from tests.fjellbris import address, draft_round, fjellbris
from tests.played_round import PlayedRound, customers_of

CUSTOMERS = 24


@pytest.fixture
def vault(engine: Database, now: datetime) -> Vault:
    return Vault.filled(engine, now, customers=CUSTOMERS)


def linked(vault: Vault, table: str) -> dict[tuple[str, str, str], int]:
    """The pairs of orders that agree more often than chance has it: once, on average."""
    return {orders: hits for orders, hits in vault.hits(table).items() if beyond_chance(hits, 1)}


def test_from_the_close_on_nothing_links_an_anonymous_sheet_or_a_receipt_to_its_rater(vault: Vault) -> None:
    if vault.kind == "postgresql":
        # The attacker has teeth: while the round is open, place and transaction tell everything.
        order = "xmin::text::bigint"
        assert vault.hits("anonymous_sheet")[order, "assignment", order] == CUSTOMERS
        assert vault.hits("receipt")[order, "assignment", order] == CUSTOMERS
        assert (vault.joined_by_transaction(), vault.receipts_joined_by_transaction()) == (CUSTOMERS, CUSTOMERS)
    vault.close()

    assert linked(vault, "anonymous_sheet") == {}, SEED
    assert linked(vault, "receipt") == {}, SEED
    if vault.kind == "postgresql":
        assert (vault.joined_by_transaction(), vault.receipts_joined_by_transaction()) == (0, 0)
    vault.release()
    assert linked(vault, "released_comment") == {}, SEED
    assert linked(vault, "receipt") == {}, SEED
    assert not beyond_chance_together({*vault.guesses("released_comment").values()}), SEED


def test_the_worker_closes_in_the_same_way(vault: Vault) -> None:
    assert close_due(vault.engine, vault.now + CLOSED) == 1

    assert linked(vault, "anonymous_sheet") == {}, SEED
    assert vault.kind == "sqlite" or vault.joined_by_transaction() == 0


def test_sheets_and_receipts_from_before_a_reminder_and_after_it_lie_alike(vault: Vault) -> None:
    """Who was reminded stands in the outbox, so that even a mere order of arrival would tell something."""
    vault.close()

    assert lies_alike(vault, "anonymous_sheet")
    assert lies_alike(vault, "receipt")
    vault.release()
    assert lies_alike(vault, "receipt")


def lies_alike(vault: Vault, table: str) -> bool:
    """Whether the rows lie in the order of their random keys, all of one transaction."""
    place, transaction = ("ctid", "xmin::text") if vault.kind == "postgresql" else ("key", "1")
    with vault.engine.read() as session:
        laid = text(f"SELECT key, {transaction} FROM {table} ORDER BY {place}")
        keys, transactions = zip(*session.execute(laid), strict=True)
    in_order = [bytes(key) for key in keys]
    return in_order == sorted(in_order) and len(set(transactions)) == 1


def test_one_submit_leaves_no_mark_that_links_its_sheets(engine: Database, now: datetime) -> None:
    """Lars rates himself by name, and in the same form colleagues under a pseudonym and as a customer anonymously."""
    with engine.write() as session:
        company = fjellbris(session, now)
        customer = {"email": address(LARS), "subject": company.subjects["Thea Vik"], "rater_group": "customer"}
        groups = (RaterGroup.SELF, RaterGroup.COLLEAGUE, ANONYMOUS)
        draft = draft_round(session, company, now, groups=groups)
        propose_assignments(session, SERVICE, draft.id, now=now)
        add_assignments(session, SERVICE, draft.id, parse_raters(rows_of([customer])), now=now)
        launched = launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
        invite_due_rounds(session, now=now)
        PlayedRound(session, company, launched, now).rate(LARS, {name: ["4", "5"] for name in company.subjects})

    with engine.read() as session:
        kept = session.execute(select(SheetRow.submission_id, SheetRow.rater_id.is_not(None))).all()
        anonymous = session.scalars(select(AnonymousSheetRow.submission_id)).all()
    assert (sum(is_named for _, is_named in kept), len(kept), len(anonymous)) == (1, 4, 1)
    assert len({*(mark for mark, _ in kept), *anonymous}) == 5


def test_rows_in_order_of_arrival_would_be_linked_on_either_database(vault: Vault) -> None:
    """Planted: a table that keeps its rows as they came in."""
    in_time = [comment_of(customer) for customer in vault.arrived]
    with vault.engine.write() as session:
        session.execute(text("CREATE TEMPORARY TABLE planted (comment TEXT)"))
        for comment in in_time:
            session.execute(text("INSERT INTO planted VALUES (:comment)"), {"comment": comment})
        place = "rowid" if vault.kind == "sqlite" else "ctid"
        laid = session.execute(text(f"SELECT comment FROM planted ORDER BY {place}")).scalars().all()
        session.execute(text("DROP TABLE planted"))

    assert beyond_chance(hits_in_order(laid, in_time), 1)


def test_a_comment_that_is_not_shown_is_nowhere_in_the_files_once_they_are_scrubbed(vault: Vault) -> None:
    """Two customers of Lars are too few; what they wrote is deleted with their sheets."""
    secret = "Dette vet bare vi to om."
    for customer in customers_of(vault.company, LARS, 2):
        vault.rate(customer, LARS, secret)
    assert secret.encode() in vault.raw(), "the attacker sees what is there"
    vault.close()
    vault.release()

    assert secret not in str(tables_of(vault.engine))
    assert secret.encode() not in vault.raw()
    assert comment_of(vault.arrived[0]).encode() in vault.raw(), "what is shown is there"


def test_texts_addresses_and_links_stand_in_their_own_tables_only(vault: Vault) -> None:
    with vault.engine.read() as session:
        links = [vault.played(session).link_of(customer) for customer in vault.arrived]
    vault.close()
    vault.release()
    tables = {name: "\n".join(rows) for name, rows in tables_of(vault.engine).items()}

    def holding(needles: list[str]) -> set[str]:
        return {name for name, rows in tables.items() if any(needle in rows for needle in needles)}

    assert holding(links) == set()
    assert holding([*vault.codes.values(), *(read(code) for code in vault.codes.values())]) == set()
    assert holding([comment_of(customer) for customer in vault.arrived]) == {"released_comment"}
    assert holding(vault.arrived) == {"outbox_message", "person"}
