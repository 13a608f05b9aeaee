"""Accounts, roles and keys: who may make them, what they hold, how they end; and what is kept for a while."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.accounts import commands
from app.accounts.keys import find_api_key, get_api_key, list_api_keys
from app.accounts.queries import (
    check_password,
    find_account,
    find_session,
    get_account,
    list_accounts,
    list_journal,
    load_idempotent_answer,
    load_readers,
)
from app.accounts.rules import READING_ROLES, SERVICE, KeyReused, OwnGrant, ScopesTooWide
from app.accounts.tables import ApiKeyRow, AttemptRow, IdempotentAnswerRow, SessionRow, SignInLinkRow
from app.accounts.values import Account, ApiKey, Grant, NewAccount, NewApiKey, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound, TooMany
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from tests.accounts.conftest import EMAIL, PASSWORD, Place

ALL = PageRequest(limit=200)
MISSING = "00000000-0000-4000-8000-000000000000"


def keeper(path: tuple[str, ...], role: Role = Role.ADMIN) -> Viewer:
    return Viewer("account:keeper", grants=(Grant(role, path[-1]),))


def new_key(now: datetime, *scopes: str, name: str = "Kasse", days: int = 30) -> NewApiKey:
    return NewApiKey(name, scopes or ("readings:write",), now + timedelta(days=days))


# ------------------------------------------------------------ accounts


def test_one_mailbox_is_one_account(session: WriteSession, ingrid: Account, place: Place, now: datetime) -> None:
    again = commands.create_account(
        session, keeper(place.company), NewAccount("INGRID+kpi@fjellbris.example", "Someone"), now=now
    )
    assert again == ingrid
    assert find_account(session, EMAIL) == ingrid
    assert find_account(session, "nobody@fjellbris.example") is None


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewAccount("no address", " "), ["email", "name"]),
        (NewAccount("a@b.no", "x" * 201), ["name"]),
        (NewAccount("a@b.no", "A\u202eB"), ["name"]),
        (NewAccount("a@b.no", "A", password="short"), ["password"]),
    ],
)
def test_everything_wrong_with_an_account_is_told_at_once(
    session: WriteSession, now: datetime, new: NewAccount, fields: list[str]
) -> None:
    with pytest.raises(Invalid) as caught:
        commands.create_account(session, SERVICE, new, now=now)
    assert [error.field for error in caught.value.errors] == fields


def test_accounts_are_made_by_who_manages_some_and_passwords_for_others_by_nobody(
    session: WriteSession, place: Place, now: datetime
) -> None:
    made = commands.create_account(session, keeper(place.team), NewAccount("a@b.no", "A", "en"), now=now)
    assert (made.name, made.locale, made.has_password, made.grants) == ("A", "en", False, ())
    for who, new in (
        (keeper(place.company, Role.MANAGER), NewAccount("c@b.no", "C")),
        (keeper(place.company), NewAccount("c@b.no", "C", password=PASSWORD)),
    ):
        with pytest.raises(Forbidden):
            commands.create_account(session, who, new, now=now)
    assert commands.ensure_account(session, "d@b.no", "", locale="de", now=now).name == "d"


def test_everybody_changes_his_own_name_and_language(session: WriteSession, ingrid: Account, now: datetime) -> None:
    me = Viewer(f"account:{ingrid.id}", account_id=ingrid.id)
    changed = commands.change_account(session, me, name="Ingrid S.", locale="en", now=now)
    assert (changed.name, changed.locale, changed.version) == ("Ingrid S.", "en", ingrid.version + 1)
    assert commands.change_account(session, me, now=now) == changed
    with pytest.raises(Invalid) as caught:
        commands.change_account(session, me, name="", locale="de", now=now)
    assert [error.field for error in caught.value.errors] == ["name", "locale"]
    for who in (Viewer("account:9"), Viewer("key:1", scopes=frozenset())):
        with pytest.raises(NotFound):
            commands.change_account(session, who, name="X", now=now)
    with pytest.raises(NotFound):
        get_account(session, Viewer("account:9"), ingrid.id)


def test_only_the_service_closes_an_account(
    session: WriteSession, ingrid: Account, place: Place, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        commands.set_active(session, keeper(place.company), ingrid.id, is_active=False, now=now)
    assert commands.set_active(session, SERVICE, ingrid.id, is_active=True, now=now) == ingrid
    with pytest.raises(NotFound):
        commands.set_active(session, SERVICE, MISSING, is_active=True, now=now)


# ------------------------------------------------------------ roles


def test_a_role_is_granted_once_and_taken_away_with_every_session(
    session: WriteSession, ingrid: Account, place: Place, now: datetime
) -> None:
    who = keeper(place.company)
    granted = commands.grant_role(session, who, ingrid.id, Role.ANALYST, place.team, now=now)
    assert granted.grants == (Grant(Role.ANALYST, place.team[-1]),)
    assert commands.grant_role(session, who, ingrid.id, Role.ANALYST, place.team, now=now) == granted
    opened = commands.sign_in(session, check_password(session, EMAIL, PASSWORD, now=now), client="", now=now)
    assert opened is not None
    assert commands.revoke_role(session, who, ingrid.id, Role.ANALYST, place.team, now=now).grants == ()
    assert find_session(session, opened.secret, now=now) is None
    assert commands.revoke_role(session, who, ingrid.id, Role.ANALYST, place.team, now=now).grants == ()
    actions = [entry.action for entry in list_journal(session, who, place.company[0], ALL).items]
    assert actions[:2] == ["role.revoked", "role.granted"]


def test_roles_are_given_only_where_one_manages_and_not_to_oneself(
    session: WriteSession, ingrid: Account, place: Place, now: datetime
) -> None:
    for change in (commands.grant_role, commands.revoke_role):
        with pytest.raises(NotFound):
            change(session, keeper(place.team), ingrid.id, Role.VIEWER, place.company, now=now)
        with pytest.raises(NotFound):
            change(session, keeper(place.company), ingrid.id, Role.VIEWER, place.other, now=now)
        with pytest.raises(NotFound):
            change(session, keeper(place.company), MISSING, Role.VIEWER, place.company, now=now)
        with pytest.raises(Forbidden):
            change(session, keeper(place.company, Role.MANAGER), ingrid.id, Role.VIEWER, place.team, now=now)
    me = Viewer(f"account:{ingrid.id}", account_id=ingrid.id, grants=(Grant(Role.ADMIN, place.company[-1]),))
    with pytest.raises(OwnGrant):
        commands.grant_role(session, me, ingrid.id, Role.VIEWER, place.company, now=now)


def test_accounts_are_listed_with_what_they_hold_in_the_company(
    session: WriteSession, ingrid: Account, place: Place, now: datetime
) -> None:
    other = commands.create_account(session, SERVICE, NewAccount("anne@nabo.example", "Anne"), now=now)
    for account, role, path in (
        (ingrid, Role.ADMIN, place.company),
        (ingrid, Role.VIEWER, place.other),
        (other, Role.VIEWER, place.other),
        (other, Role.MANAGER, place.team),
    ):
        commands.grant_role(session, SERVICE, account.id, role, path, now=now)
    page = list_accounts(session, keeper(place.company), place.company[0], ALL)
    assert [(account.name, account.grants) for account in page.items] == [
        ("Anne", (Grant(Role.MANAGER, place.team[-1]),)),
        ("Ingrid Solheim", (Grant(Role.ADMIN, place.company[0]),)),
    ]
    first = list_accounts(session, keeper(place.company), place.company[0], PageRequest(limit=1))
    rest = list_accounts(session, keeper(place.company), place.company[0], PageRequest(1, first.next_cursor))
    assert (first.items + rest.items, rest.next_cursor) == (page.items, None)
    with pytest.raises(NotFound):
        list_accounts(session, keeper(place.other), place.company[0], ALL)
    with pytest.raises(Forbidden):
        list_accounts(session, keeper(place.company, Role.VIEWER), place.company[0], ALL)


def test_readers_of_subjects_are_found_by_mailbox(
    session: WriteSession, ingrid: Account, place: Place, now: datetime
) -> None:
    commands.grant_role(session, SERVICE, ingrid.id, Role.ADMIN, place.company, now=now)
    commands.grant_role(session, SERVICE, ingrid.id, Role.ANALYST, place.team, now=now)
    assert load_readers(session, place.team, READING_ROLES) == [(EMAIL, Grant(Role.ANALYST, place.team[-1]))]


# ------------------------------------------------------------ keys


def make_key(session: WriteSession, place: Place, now: datetime, *scopes: str) -> ApiKey:
    return commands.create_api_key(session, keeper(place.company), new_key(now, *scopes), place.team, now=now)


def test_a_key_is_shown_once_and_stored_as_a_hash(session: WriteSession, place: Place, now: datetime) -> None:
    key = make_key(session, place, now, "readings:write", "kpis:read", "kpis:read")
    assert key.secret is not None
    assert key.secret.startswith(f"sk_{key.prefix}_")
    assert key.scopes == ("kpis:read", "readings:write")
    assert key.secret not in repr(key)
    row = session.scalars(select(ApiKeyRow)).one()
    assert key.secret[12:].encode() not in row.secret_hash
    found = find_api_key(session, key.secret, now=now)
    assert found == get_api_key(session, key.id)
    assert found is not None
    assert (found.secret, found.subject_id) == (None, place.team[-1])


def test_a_key_that_is_not_quite_right_is_no_key(session: WriteSession, place: Place, now: datetime) -> None:
    secret = make_key(session, place, now).secret
    assert secret is not None
    for presented in (
        "",
        "sk_",
        secret[:-1],
        secret + "x",
        secret.replace("sk_", "pk_"),
        secret[:12] + "A" * 43,
        "sk_00000000_" + secret[12:],
        secret.upper(),
        secret + "\n",
    ):
        assert find_api_key(session, presented, now=now) is None


def test_a_key_ends_by_time_and_by_hand(session: WriteSession, place: Place, now: datetime) -> None:
    key = make_key(session, place, now)
    assert key.secret is not None
    assert find_api_key(session, key.secret, now=key.expires_at - timedelta(seconds=1)) is not None
    assert find_api_key(session, key.secret, now=key.expires_at) is None
    ended = commands.revoke_api_key(session, keeper(place.company), key.id, place.team, now=now)
    assert ended.revoked_at == now
    assert find_api_key(session, key.secret, now=now) is None
    later = now + timedelta(days=1)
    assert commands.revoke_api_key(session, keeper(place.company), key.id, place.team, now=later) == ended


@pytest.mark.parametrize(
    ("name", "scopes", "days", "fields"),
    [
        ("", ("kpis:read",), 30, ["name"]),
        ("Kasse", (), 30, ["scopes"]),
        ("Kasse", ("kpis:read",), 0, ["expires_at"]),
        (" ", (), 732, ["name", "scopes", "expires_at"]),
    ],
)
def test_everything_wrong_with_a_key_is_told_at_once(
    session: WriteSession, place: Place, now: datetime, name: str, scopes: tuple[str, ...], days: int, fields: list[str]
) -> None:
    new = NewApiKey(name, scopes, now + timedelta(days=days))
    with pytest.raises(Invalid) as caught:
        commands.create_api_key(session, SERVICE, new, place.company, now=now)
    assert [error.field for error in caught.value.errors] == fields


def test_a_key_is_made_where_one_manages_with_what_one_may(session: WriteSession, place: Place, now: datetime) -> None:
    with pytest.raises(ScopesTooWide):
        make_key(session, place, now, "results:read")
    with pytest.raises(ScopesTooWide):
        make_key(session, place, now, "everything")
    with pytest.raises(NotFound):
        commands.create_api_key(session, keeper(place.other), new_key(now), place.team, now=now)
    with pytest.raises(Forbidden):
        commands.create_api_key(session, keeper(place.team, Role.MANAGER), new_key(now), place.team, now=now)
    key = make_key(session, place, now)
    for who, key_id, path in (
        (keeper(place.other), key.id, place.team),
        (keeper(place.company), key.id, place.company),
        (keeper(place.company), MISSING, place.team),
        (keeper(place.company), "nonsense", place.team),
        (keeper(place.company), key.id, ()),
    ):
        with pytest.raises(NotFound):
            commands.revoke_api_key(session, who, key_id, path, now=now)
    with pytest.raises(NotFound):
        get_api_key(session, "nonsense")


def test_the_day_of_use_is_noted_and_never_set_back(session: WriteSession, place: Place, now: datetime) -> None:
    key = make_key(session, place, now)
    for day in (date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 24)):
        commands.touch_api_key(session, key.id, on=day)
    session.expire_all()
    assert get_api_key(session, key.id).last_used_on == date(2026, 11, 25)


def test_keys_are_listed_by_name_in_their_company(session: WriteSession, place: Place, now: datetime) -> None:
    for name, path in (("B", place.team), ("A", place.company), ("C", place.other)):
        commands.create_api_key(session, SERVICE, new_key(now, name=name), path, now=now)
    page = list_api_keys(session, keeper(place.company), place.company[0], ALL)
    assert [(key.name, key.secret) for key in page.items] == [("A", None), ("B", None)]
    with pytest.raises(NotFound):
        list_api_keys(session, keeper(place.team), place.company[0], ALL)


# ------------------------------------------------------------ kept for a while


def test_attempts_are_counted_in_a_window(session: WriteSession, now: datetime) -> None:
    hour = timedelta(hours=1)

    def attempt(what: str, at: datetime) -> None:
        commands.count_attempt(session, what, limit=3, window=hour, now=at)

    for _ in range(3):
        attempt("a", now)
    for _ in range(2):
        with pytest.raises(TooMany) as caught:
            attempt("a", now + timedelta(minutes=45))
        assert caught.value.retry_after == 900
    attempt("b", now)
    attempt("a", now + hour)
    assert {row.what: row.count for row in session.scalars(select(AttemptRow))} == {"a": 1, "b": 1}


def test_the_same_request_gets_the_same_answer_for_a_day(session: WriteSession, now: datetime) -> None:
    def keep(request_hash: bytes, body: object, at: datetime) -> None:
        commands.keep_idempotent_answer(session, "key:1", "k", request_hash, status=201, body=body, now=at)

    body = {"id": "1", "name": "Øst", "items": [1, 2.5, None]}
    assert load_idempotent_answer(session, "key:1", "k", b"one", now=now) is None
    keep(b"one", body, now)
    assert load_idempotent_answer(session, "key:1", "k", b"one", now=now) == (201, body)
    assert load_idempotent_answer(session, "key:2", "k", b"one", now=now) is None
    with pytest.raises(KeyReused):
        load_idempotent_answer(session, "key:1", "k", b"two", now=now)
    with pytest.raises(KeyReused):
        keep(b"two", {}, now)
    tomorrow = now + timedelta(hours=24)
    assert load_idempotent_answer(session, "key:1", "k", b"two", now=tomorrow) is None
    keep(b"two", {}, tomorrow)
    session.expire_all()
    assert load_idempotent_answer(session, "key:1", "k", b"two", now=tomorrow) == (201, {})


def test_what_has_had_its_time_is_cleared_out(session: WriteSession, ingrid: Account, now: datetime) -> None:
    opened = commands.sign_in(session, check_password(session, EMAIL, PASSWORD, now=now), client="", now=now)
    commands.sign_in(session, check_password(session, "nobody@b.no", PASSWORD, now=now), client="", now=now)
    commands.request_sign_in_link(session, EMAIL, now=now)
    commands.keep_idempotent_answer(session, "a", "k", b"", status=200, body={}, now=now)
    tables = (SessionRow, SignInLinkRow, AttemptRow, IdempotentAnswerRow)

    def counts() -> list[int | None]:
        return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    commands.clear_out(session, now=now + timedelta(minutes=29))
    assert counts() == [1, 1, 1, 1]
    assert opened is not None
    commands.clear_out(session, now=now + timedelta(days=2))
    assert counts() == [0, 0, 0, 0]


def test_the_journal_is_read_by_who_may(session: WriteSession, place: Place, now: datetime) -> None:
    page = list_journal(session, keeper(place.company), place.company[0], ALL)
    assert [(entry.action, entry.actor, entry.at) for entry in page.items] == [
        ("subject.created", "service", now),
        ("company.created", "service", now),
    ]
    with pytest.raises(Forbidden):
        list_journal(session, keeper(place.company, Role.MANAGER), place.company[0], ALL)
    with pytest.raises(NotFound):
        list_journal(session, keeper(place.other), place.company[0], ALL)
