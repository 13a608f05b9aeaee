"""Passkeys: what it takes to make one, what opens the door, and what everybody tries who should not come in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts import commands
from app.accounts.factors import list_passkeys
from app.accounts.proofs import CHALLENGE_LIFE, MOST_PASSKEYS, PasskeysFull, StrongerWanted
from app.accounts.queries import check_password, find_session
from app.accounts.rules import SERVICE
from app.accounts.tables import PasskeyChallengeRow, PasskeyRow, PasskeyUserRow, SessionRow
from app.accounts.values import Account, Entrance, NewAccount, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.site import Site
from app.journal.queries import list_entries_about
from tests.accounts.conftest import EMAIL, PASSWORD
from tests.authenticator import PRESENT, Authenticator

SITE = Site("kpi.example.org", "https://kpi.example.org", "Soft KPI")


def viewer(account: Account) -> Viewer:
    return Viewer(f"account:{account.id}", account_id=account.id)


def by_password(session: WriteSession, now: datetime) -> str:
    """The id of a session that was opened by one factor."""
    check = check_password(session, EMAIL, PASSWORD, now=now)
    opened = commands.sign_in(session, check, client="Firefox", now=now)
    assert opened is not None
    return session_of(session, opened, now)[0]


def session_of(session: WriteSession, opened: Entrance | None, now: datetime) -> tuple[str, bool, str]:
    """The id of a session, whether it is strong, and whose it is."""
    assert opened is not None
    session.expire_all()
    found = find_session(session, opened.secret, now=now)
    assert found is not None
    return found[0].id, found[0].is_strong, found[1].id


def made(session: WriteSession, account: Account, now: datetime, *, here: str | None = None) -> Authenticator:
    """A device with a passkey of an account."""
    device = Authenticator(SITE.origin, SITE.host, credential_id=f"key of {account.id}".encode())
    asked = commands.begin_passkey(session, viewer(account), site=SITE, here=here, now=now)
    answer = device.make(asked)
    assert commands.register_passkey(
        session, viewer(account), answer, name=" Telefonen ", site=SITE, here=here, now=now
    )
    return device


def entered(session: WriteSession, answer: str, now: datetime) -> Entrance | None:
    return commands.enter_by_passkey(session, answer, site=SITE, client="Safari", back="/results", now=now)


def asked(session: WriteSession, now: datetime) -> str:
    return commands.begin_entry(session, site=SITE, now=now)


def test_a_passkey_is_made_opens_a_strong_session_and_is_removed(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    here = by_password(session, now)
    device = made(session, ingrid, now, here=here)
    opened = entered(session, device.show(asked(session, now)), now)
    assert opened is not None
    assert (opened.back, opened.lacks_code) == ("/results", False)
    assert session_of(session, opened, now)[1:] == (True, ingrid.id)
    (passkey,) = list_passkeys(session, viewer(ingrid))
    assert (passkey.name, passkey.created_at, passkey.last_used_at) == ("Telefonen", now, now)
    known_as = session.scalars(select(PasskeyUserRow.known_as)).one()
    assert (len(known_as), ingrid.id.encode() in known_as) == (64, False)
    other = commands.create_account(session, SERVICE, NewAccount("kari@x.example", "Kari"), now=now)
    for somebody in (viewer(other), Viewer("key:1")):
        with pytest.raises((NotFound, Forbidden)):
            commands.remove_passkey(session, somebody, passkey.id, now=now)
    commands.remove_passkey(session, viewer(ingrid), passkey.id, here=here, now=now)
    assert list_passkeys(session, viewer(ingrid)) == ()
    assert find_session(session, opened.secret, now=now) is None
    assert session.scalars(select(SessionRow.is_strong)).all() == [False]
    assert entered(session, device.show(asked(session, now)), now) is None
    noted = [one.action for one in list_entries_about(session, "account", ingrid.id)]
    assert {"passkey.made", "passkey.removed"} <= set(noted)


Tamper = Callable[[Authenticator], Authenticator]
TAMPERED: dict[str, Tamper] = {
    "another origin": lambda device: replace(device, origin="https://kpi.example.org.evil.example"),
    "another host": lambda device: replace(device, host="evil.example"),
    "nobody recognised": lambda device: replace(device, flags=PRESENT),
    "another key": lambda device: replace(device, key=Authenticator("", "").key),
    "another person": lambda device: replace(device, known_as=bytes(64)),
    "nobody named": lambda device: replace(device, known_as=b""),
    "an unknown key": lambda device: replace(device, credential_id=b"made up"),
}


def test_whoever_tampers_stays_outside(session: WriteSession, ingrid: Account, now: datetime) -> None:
    device = made(session, ingrid, now)
    for what, tamper in TAMPERED.items():
        question = asked(session, now)
        assert entered(session, tamper(device).show(question), now) is None, what
        assert entered(session, device.show(question), now) is None, f"{what}: the challenge was used up"
    answer = device.show(asked(session, now))
    assert entered(session, answer, now) is not None
    assert entered(session, answer, now) is None, "replayed"
    late = device.show(asked(session, now))
    assert entered(session, late, now + CHALLENGE_LIFE) is None, "too late"
    own = commands.begin_passkey(session, viewer(ingrid), site=SITE, here=strong(session, device, now), now=now)
    assert entered(session, device.show(own), now) is None, "a challenge to make one"
    for nonsense in ("", "{}", "[]", '{"id":"","response":{"clientDataJSON":"e30"}}', "\x00"):
        assert entered(session, nonsense, now) is None, nonsense
    commands.set_active(session, SERVICE, ingrid.id, is_active=False, now=now)
    assert entered(session, device.show(asked(session, now)), now) is None, "a closed account"


def strong(session: WriteSession, device: Authenticator, now: datetime) -> str:
    return session_of(session, entered(session, device.show(asked(session, now)), now), now)[0]


def test_a_counter_that_goes_back_stops_the_passkey_and_is_noted(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    device = made(session, ingrid, now)
    device.counter = 5
    assert entered(session, device.show(asked(session, now)), now) is not None
    copy = replace(device, counter=5)
    assert entered(session, copy.show(asked(session, now)), now) is None
    device.counter = 6
    assert entered(session, device.show(asked(session, now)), now) is None, "nobody knows which of the two is the copy"
    (passkey,) = list_passkeys(session, viewer(ingrid))
    assert passkey.doubted_at == now
    noted = [one.action for one in list_entries_about(session, "account", ingrid.id)]
    assert noted.count("passkey.doubted") == 1


def test_a_passkey_is_made_once_from_here_and_only_by_who_asked(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    kari = commands.create_account(session, SERVICE, NewAccount("kari@x.example", "Kari"), now=now)
    device = Authenticator(SITE.origin, SITE.host)

    def kept(who: Account, answer: str, at: datetime = now) -> bool:
        return commands.register_passkey(session, viewer(who), answer, name="Nøkkel", site=SITE, here=None, now=at)

    def question() -> str:
        return commands.begin_passkey(session, viewer(ingrid), site=SITE, here=None, now=now)

    assert not kept(kari, device.make(question()))
    assert not kept(ingrid, device.make(question()), now + CHALLENGE_LIFE)
    assert not kept(ingrid, device.show(question()))
    for wrong in ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"flags": PRESENT}):
        assert not kept(ingrid, replace(device, **wrong).make(question())), wrong
    with pytest.raises(Invalid):
        commands.register_passkey(
            session, viewer(ingrid), device.make(question()), name=" ", site=SITE, here=None, now=now
        )
    answer = device.make(question())
    assert kept(ingrid, answer)
    assert session.scalars(select(PasskeyRow.account_id)).all() == [ingrid.id]
    taken = device.make(commands.begin_passkey(session, viewer(kari), site=SITE, here=None, now=now))
    assert not kept(kari, taken), "a key belongs to one account"
    asked(session, now + 2 * CHALLENGE_LIFE)
    assert len(session.scalars(select(PasskeyChallengeRow)).all()) == 1
    commands.clear_out(session, now=now + 3 * CHALLENGE_LIFE)
    assert session.scalars(select(PasskeyChallengeRow)).all() == []


def test_beside_a_passkey_nobody_makes_himself_at_home_with_the_password_alone(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    device = made(session, ingrid, now)
    weak, later = by_password(session, now), now + timedelta(minutes=1)
    with pytest.raises(StrongerWanted):
        commands.begin_passkey(session, viewer(ingrid), site=SITE, here=weak, now=now)
    with pytest.raises(StrongerWanted):
        commands.register_passkey(session, viewer(ingrid), "{}", name="Ny", site=SITE, here=weak, now=now)
    commands.begin_factor(session, viewer(ingrid), now=now)
    with pytest.raises(StrongerWanted):
        commands.confirm_factor(session, viewer(ingrid), "123456", here=weak, now=now)
    here = strong(session, device, later)
    for number in range(1, MOST_PASSKEYS):
        question = commands.begin_passkey(session, viewer(ingrid), site=SITE, here=here, now=later)
        another = replace(device, credential_id=bytes([number]) * 16)
        assert commands.register_passkey(
            session, viewer(ingrid), another.make(question), name=f"{number}", site=SITE, here=here, now=later
        )
    with pytest.raises(PasskeysFull):
        commands.begin_passkey(session, viewer(ingrid), site=SITE, here=here, now=later)
    commands.reset_sign_in(session, SERVICE, ingrid.id, (), reason="Mistet alt", now=later)
    assert entered(session, device.show(asked(session, later)), later) is None
    assert list_passkeys(session, viewer(ingrid)) == ()
