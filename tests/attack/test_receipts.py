"""Whoever holds the files of the database, and a code that was found, looks for what the release was to destroy."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Role
from app.infra.database import Database
from app.infra.keys import key_of
from app.kpis.values import RaterGroup
from app.moderation.commands import decide
from app.moderation.queries import get_queue
from app.moderation.values import Ruling, Verdict
from app.open_answers.commands import create_code
from app.open_answers.intake import parse_code
from app.open_answers.seal import compute_and_scrub
from app.receipts.rules import read
from app.receipts.tables import ReceiptRow
from app.receipts.values import WithheldReason
from app.releases.commands import release_round, scrub_released
from app.rounds.queries import load_assignments
from tests.attack.vault import Vault
from tests.fjellbris import draft_round, fjellbris
from tests.moderation.built import CLOSED, WRITTEN, Moderated, closed, moderated
from tests.open_answers.test_open_answers import given, scan

EDITED = "Fikk svar med en gang."
RULINGS = {
    WRITTEN[1]: Ruling(Verdict.EDITED, WithheldReason.NAMES_OTHERS, EDITED),
    WRITTEN[2]: Ruling(Verdict.WITHHELD, WithheldReason.PRIVATE),
}


def test_what_was_edited_or_withheld_and_every_way_from_a_code_is_gone_from_the_files(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        made = moderated(session, now, RaterGroup.CUSTOMER)
        marks = [mark for mark in session.scalars(select(ReceiptRow.comment)) if mark is not None]
    vault = Vault(engine, made.company, made.played.round, now, [])
    hidden = [WRITTEN[1].encode(), WRITTEN[2].encode(), *marks]
    assert len(marks) == len(made.codes) == 7
    assert [needle for needle in hidden if needle not in vault.raw()] == [], "the attacker sees what is there"
    with engine.write() as session:
        decided(replace(made, session=session))
        release_round(session, SERVICE, made.played.round.id, now=now + CLOSED)
    assert scrub_released(engine, now=now + CLOSED) == 1

    raw = vault.raw()
    assert EDITED.encode() in raw
    assert [needle for needle in hidden if needle in raw] == []
    with engine.read() as session:
        key = key_of(session)
        assert all(key.receipt_key(read(code)) in raw for code in made.codes.values()), "a code still tells its state"
        assert not any(code.encode() in raw or read(code).encode() in raw for code in made.codes.values())
        # With the instance key every sheet can be found from its assignment, and from there no receipt any more.
        sheets = [key.sheet_key(one.id) for one in load_assignments(session, made.played.round.id)]
        assert not {key.comment_mark(sheet, "") for sheet in sheets} & {
            row.comment for row in session.execute(select(ReceiptRow.comment))
        }


def test_a_receipt_of_an_open_answer_follows_from_nothing_stored_and_leads_nowhere_once_its_period_is_computed(
    engine: Database, now: datetime
) -> None:
    with engine.write() as session:
        company = fjellbris(session, now)
        code = create_code(session, SERVICE, company.id, parse_code(given(company)), now=now)
        said = [f"Ved disken sto nummer {number}." for number in range(5)]
        codes = [
            scan(session, code, now + timedelta(minutes=20 * number), f"phone-{number}", comment=text) or ""
            for number, text in enumerate(said)
        ]
        marks = [mark for mark in session.scalars(select(ReceiptRow.comment)) if mark is not None]
        vault = Vault(engine, company, draft_round(session, company, now), now, [])
    raw = vault.raw()
    assert [needle for needle in (*map(str.encode, said), *marks) if needle not in raw] == []
    assert b"from-phone" not in raw, "the id of a submit, from which its code follows, stands nowhere"
    assert compute_and_scrub(engine, now=now + timedelta(days=31)) == 1
    raw = vault.raw()
    assert not [mark for mark in marks if mark in raw]
    with engine.read() as session:
        key = key_of(session)
        assert all(key.receipt_key(read(code)) in raw for code in codes), "a code still tells its state"


def decided(made: Moderated) -> None:
    """The round is closed, and every comment looked at."""
    closed(made)
    reader = made.viewer((Role.MODERATOR, "Fjellbris"))
    for one in get_queue(made.session, reader, made.played.round.id, now=made.now + CLOSED).comments:
        ruling = RULINGS.get(one.text, Ruling(Verdict.RELEASED))
        decide(made.session, reader, one.id, ruling, now=made.now + CLOSED)
