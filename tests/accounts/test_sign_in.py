"""Coming in by password or link, staying in, and going out."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts import commands
from app.accounts.proofs import SignInDelayed, SignInLinkUsedUp, UnknownSignInLink
from app.accounts.queries import check_password, find_session, list_sessions
from app.accounts.rules import SERVICE
from app.accounts.tables import AccountRow, AttemptRow, SessionRow, SignInLinkRow
from app.accounts.values import Account, Viewer
from app.errors import Invalid, NotFound
from app.infra.database import ReadSession, WriteSession
from app.infra.keys import key_of
from app.journal.queries import list_entries_about
from app.mail.tables import OutboxRow
from tests.accounts.conftest import EMAIL, PASSWORD

WRONG = "galt hest batteri stift"


def try_password(
    session: WriteSession, password: str, now: datetime, *, email: str = EMAIL, address: str = "10.0.0.1"
) -> str | None:
    check = check_password(session, email, password, address=address, now=now)
    opened = commands.sign_in(session, check, client="Firefox", now=now)
    return opened.secret if opened is not None else None


def come_in(session: WriteSession, now: datetime, *, email: str = EMAIL) -> str:
    secret = try_password(session, PASSWORD, now, email=email)
    assert secret is not None
    return secret


def link_of(session: ReadSession) -> str:
    """The secret in the newest letter."""
    row = session.scalars(select(OutboxRow).order_by(OutboxRow.dated_at.desc())).first()
    assert row is not None
    return key_of(session).sign_in_token(row.reference)


def test_the_right_password_opens_a_session_of_its_own_each_time(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    first, second = come_in(session, now), come_in(session, now, email=" Ingrid+kpi@FJELLBRIS.example ")
    assert first != second
    found = find_session(session, first, now=now)
    assert found is not None
    assert (found[0].client, found[0].expires_at, found[1]) == ("Firefox", now + timedelta(hours=12), ingrid)
    assert find_session(session, second, now=now) is not None
    assert find_session(session, "guessed", now=now) is None


def test_neither_secret_nor_password_is_stored(session: WriteSession, ingrid: Account, now: datetime) -> None:
    secret = come_in(session, now)
    row, account = session.scalars(select(SessionRow)).one(), session.scalars(select(AccountRow)).one()
    assert secret.encode() not in row.token_hash
    assert len(row.token_hash) == 32
    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$")
    assert PASSWORD not in account.password_hash
    assert [entry.action for entry in list_entries_about(session, "account", ingrid.id)][-1] == "session.started"


@pytest.mark.parametrize("email", [EMAIL, "nobody@fjellbris.example", "no address", ""])
def test_a_wrong_password_and_an_unknown_address_look_alike(
    session: WriteSession, ingrid: Account, now: datetime, email: str
) -> None:
    assert try_password(session, WRONG, now, email=email) is None
    assert session.scalars(select(SessionRow)).all() == []


def fail(session: WriteSession, now: datetime, times: int, *, email: str = EMAIL, address: str = "10.0.0.1") -> None:
    """Fail so many times in a row, comparing the password once: hashing takes its time."""
    check = check_password(session, email, WRONG, address=address, now=now)
    assert [commands.sign_in(session, check, client="", now=now) for _ in range(times)] == [None] * times


def test_after_five_failures_each_next_one_waits_longer(session: WriteSession, ingrid: Account, now: datetime) -> None:
    fail(session, now, 5, address="")
    with pytest.raises(SignInDelayed) as caught:
        try_password(session, PASSWORD, now, address="")
    assert caught.value.retry_after == 1
    now += timedelta(seconds=1)
    fail(session, now, 1, address="")
    with pytest.raises(SignInDelayed) as caught:
        try_password(session, PASSWORD, now, address="")
    assert caught.value.retry_after == 2
    now += timedelta(seconds=2)
    assert try_password(session, PASSWORD, now, address="") is not None
    fail(session, now, 4, address="")
    assert try_password(session, PASSWORD, now, address="") is not None


def test_a_password_compared_before_the_delay_began_is_not_let_in_during_it(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    check = check_password(session, EMAIL, PASSWORD, now=now)
    fail(session, now, 5)
    with pytest.raises(SignInDelayed):
        commands.sign_in(session, check, client="", now=now)


def test_a_password_compared_before_it_was_changed_does_not_let_in(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    check = check_password(session, EMAIL, PASSWORD, now=now)
    commands.set_password(session, SERVICE, ingrid.id, "et helt annet langt ord", now=now)
    assert commands.sign_in(session, check, client="", now=now) is None


def test_one_place_that_tries_many_accounts_waits_as_well(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    fail(session, now, 3, email="a@fjellbris.example")
    fail(session, now, 2, email="b@fjellbris.example")
    with pytest.raises(SignInDelayed):
        try_password(session, PASSWORD, now)
    assert try_password(session, PASSWORD, now, address="10.0.0.2") is not None


def test_failures_are_forgotten_after_a_day(session: WriteSession, ingrid: Account, now: datetime) -> None:
    fail(session, now, 5)
    later = now + timedelta(hours=24)
    fail(session, later, 1)
    assert {row.count for row in session.scalars(select(AttemptRow))} == {1}
    assert try_password(session, PASSWORD, later) is not None
    assert [row.what.partition(":")[0] for row in session.scalars(select(AttemptRow))] == ["address"]


def test_counters_name_neither_address_nor_place(session: WriteSession, ingrid: Account, now: datetime) -> None:
    try_password(session, WRONG, now)
    kept = " ".join(session.scalars(select(AttemptRow.what)))
    assert "ingrid" not in kept
    assert "10.0.0.1" not in kept
    assert session.scalars(select(AttemptRow.what)).all() != []


def test_a_session_ends_after_half_an_hour_of_rest_and_twelve_hours_at_most(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    secret = come_in(session, now)
    assert find_session(session, secret, now=now + timedelta(minutes=29)) is not None
    assert find_session(session, secret, now=now + timedelta(minutes=30)) is None
    moment = now
    for _ in range(23):
        moment += timedelta(minutes=29)
        found = find_session(session, secret, now=moment)
        assert found is not None
        commands.touch_session(session, found[0].id, now=moment)
    assert find_session(session, secret, now=moment + timedelta(minutes=29)) is not None
    assert find_session(session, secret, now=now + timedelta(hours=12)) is None


def test_browsers_are_listed_and_ended_one_by_one(session: WriteSession, ingrid: Account, now: datetime) -> None:
    here, there = come_in(session, now), come_in(session, now + timedelta(minutes=1))
    me = Viewer(f"account:{ingrid.id}", account_id=ingrid.id)
    listed = list_sessions(session, ingrid.id, now=now)
    found = find_session(session, there, now=now)
    assert found is not None
    assert listed[0].id == found[0].id
    assert len(listed) == 2
    commands.revoke_session(session, me, found[0].id, now=now)
    assert find_session(session, there, now=now) is None
    assert find_session(session, here, now=now) is not None
    for who, session_id in ((me, found[0].id), (me, "nonsense"), (Viewer("account:9"), listed[1].id)):
        with pytest.raises(NotFound):
            commands.revoke_session(session, who, session_id, now=now)
    commands.sign_out(session, here)
    assert list_sessions(session, ingrid.id, now=now) == ()


def test_a_closed_account_is_out_and_stays_out(session: WriteSession, ingrid: Account, now: datetime) -> None:
    secret = come_in(session, now)
    commands.set_active(session, SERVICE, ingrid.id, is_active=False, now=now)
    assert find_session(session, secret, now=now) is None
    assert try_password(session, PASSWORD, now) is None
    commands.request_sign_in_link(session, EMAIL, now=now)
    assert session.scalars(select(OutboxRow)).all() == []
    assert commands.set_active(session, SERVICE, ingrid.id, is_active=True, now=now).is_active
    assert try_password(session, PASSWORD, now) is not None


# ------------------------------------------------------------ links


def test_a_link_lets_in_once(session: WriteSession, ingrid: Account, now: datetime) -> None:
    commands.request_sign_in_link(session, EMAIL, organisation="Fjellbris", now=now)
    row = session.scalars(select(OutboxRow)).one()
    assert (row.letter, row.recipient, row.deadline_at) == ("sign_in", EMAIL, now + timedelta(minutes=30))
    assert row.parameters["organisation"] == "Fjellbris"
    secret = link_of(session)
    assert secret not in str(row.parameters)
    assert session.scalars(select(SignInLinkRow)).one().token_hash != secret.encode()
    opened = commands.use_sign_in_link(session, secret, client="Firefox", now=now + timedelta(minutes=29))
    assert find_session(session, opened.secret, now=now + timedelta(minutes=29)) is not None
    with pytest.raises(SignInLinkUsedUp):
        commands.use_sign_in_link(session, secret, client="Firefox", now=now + timedelta(minutes=29))


def test_a_link_dies_after_half_an_hour(session: WriteSession, ingrid: Account, now: datetime) -> None:
    commands.request_sign_in_link(session, EMAIL, now=now)
    with pytest.raises(SignInLinkUsedUp):
        commands.use_sign_in_link(session, link_of(session), client="", now=now + timedelta(minutes=30))


def test_a_link_dies_with_the_password_that_it_was_made_under(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    commands.request_sign_in_link(session, EMAIL, now=now)
    secret = link_of(session)
    session.execute(update(AccountRow).values(credential_version=AccountRow.credential_version + 1))
    session.expire_all()
    with pytest.raises(SignInLinkUsedUp):
        commands.use_sign_in_link(session, secret, client="", now=now)


def test_an_unknown_link_is_unknown(session: WriteSession, now: datetime) -> None:
    with pytest.raises(UnknownSignInLink):
        commands.use_sign_in_link(session, "guessed", client="", now=now)
    with pytest.raises(NotFound):
        commands.start_link(session, "00000000-0000-4000-8000-000000000000", now=now)


def test_nobody_learns_who_has_an_account_and_nobody_is_flooded(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    for email in ("nobody@fjellbris.example", "no address", ""):
        commands.request_sign_in_link(session, email, now=now)
    assert session.scalars(select(OutboxRow)).all() == []
    for _ in range(9):
        commands.request_sign_in_link(session, EMAIL, now=now)
    assert len(session.scalars(select(OutboxRow)).all()) == 5
    commands.request_sign_in_link(session, EMAIL, now=now + timedelta(hours=1))
    assert len(session.scalars(select(OutboxRow)).all()) == 6


# ------------------------------------------------------------ passwords


def test_a_new_password_ends_every_session_and_link(session: WriteSession, ingrid: Account, now: datetime) -> None:
    me = Viewer(f"account:{ingrid.id}", account_id=ingrid.id)
    secret = come_in(session, now)
    commands.request_sign_in_link(session, EMAIL, now=now)
    link = link_of(session)
    new = "et helt annet langt ord"
    commands.set_password(session, me, ingrid.id, new, current=PASSWORD, now=now)
    assert find_session(session, secret, now=now) is None
    with pytest.raises(UnknownSignInLink):
        commands.use_sign_in_link(session, link, client="", now=now)
    assert try_password(session, PASSWORD, now) is None
    assert try_password(session, new, now) is not None


def test_a_password_that_is_easy_to_guess_is_refused(session: WriteSession, ingrid: Account, now: datetime) -> None:
    with pytest.raises(Invalid) as caught:
        commands.set_password(session, SERVICE, ingrid.id, "IngridSolheim1", now=now)
    assert [(error.field, error.message, error.allowed) for error in caught.value.errors] == [
        (
            "password",
            "This password is easy to guess. Take a longer one without your name or a simple pattern.",
            "12-128",
        )
    ]


def test_the_present_password_is_asked_for_unless_a_link_was_just_used(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    me = Viewer(f"account:{ingrid.id}", account_id=ingrid.id)
    new = "et helt annet langt ord"
    with pytest.raises(Invalid) as caught:
        commands.set_password(session, me, ingrid.id, new, current=WRONG, now=now)
    assert [error.field for error in caught.value.errors] == ["current"]
    commands.request_sign_in_link(session, EMAIL, now=now)
    commands.use_sign_in_link(session, link_of(session), client="", now=now)
    with pytest.raises(Invalid):
        commands.set_password(session, me, ingrid.id, new, now=now + timedelta(minutes=30))
    commands.set_password(session, me, ingrid.id, new, now=now + timedelta(minutes=29))
    assert try_password(session, new, now) is not None


def test_nobody_sets_the_password_of_somebody_else(session: WriteSession, ingrid: Account, now: datetime) -> None:
    with pytest.raises(NotFound):
        commands.set_password(session, Viewer("account:9"), ingrid.id, "et helt annet langt ord", now=now)


def test_accents_written_in_two_ways_are_one_password(session: WriteSession, ingrid: Account, now: datetime) -> None:
    commands.set_password(session, SERVICE, ingrid.id, "blåbærsyltetøy til alle", now=now)
    assert try_password(session, "bla\u030abærsyltetøy til alle", now) is not None
