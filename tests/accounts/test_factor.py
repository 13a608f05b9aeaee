"""The second factor: what it takes to set it up, how a code is taken once, and who removes it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.accounts import commands
from app.accounts.factors import find_factor, get_factor_duty, is_factor_due
from app.accounts.proofs import CodeDelayed, FactorThere, HalfSessionOver, OwnReset, SignInLinkUsedUp, time_step
from app.accounts.queries import check_password, find_session
from app.accounts.rules import SERVICE
from app.accounts.tables import AttemptRow, HalfSessionRow, RecoveryCodeRow, SecondFactorRow, SessionRow
from app.accounts.values import Account, Entrance, FactorDuty, Grant, Role, Viewer
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.keys import key_of
from app.infra.otp import code_at
from app.journal.queries import list_entries_about
from app.mail.tables import OutboxRow
from tests.accounts.conftest import EMAIL, PASSWORD, Place

STEP = timedelta(seconds=30)


def viewer(account: Account) -> Viewer:
    return Viewer(f"account:{account.id}", account_id=account.id)


def come_in(session: WriteSession, now: datetime) -> Entrance:
    check = check_password(session, EMAIL, PASSWORD, now=now)
    opened = commands.sign_in(session, check, client="Firefox", back="/results", now=now)
    assert opened is not None
    return opened


def code(session: WriteSession, account: Account, now: datetime) -> str:
    """What the app on the phone shows at a moment."""
    factor = find_factor(session, account.id)
    assert factor is not None
    return code_at(key_of(session).factor_secret(factor.id), time_step(now))


def set_up(session: WriteSession, account: Account, now: datetime) -> tuple[str, ...]:
    """An app that counts since the half minute before; its recovery codes."""
    commands.begin_factor(session, viewer(account), now=now - STEP)
    typed = code(session, account, now - STEP)
    codes = commands.confirm_factor(session, viewer(account), typed, here=None, now=now - STEP)
    assert codes is not None
    return codes


def test_an_app_counts_once_it_gave_a_code_and_signs_out_every_other_browser(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    here, there = come_in(session, now), come_in(session, now)
    found = find_session(session, here.secret, now=now)
    assert found is not None
    assert not found[0].is_strong
    me = viewer(ingrid)
    commands.begin_factor(session, me, now=now)
    offered = find_factor(session, ingrid.id)
    assert not come_in(session, now).lacks_code
    commands.begin_factor(session, me, now=now)
    assert find_factor(session, ingrid.id) != offered
    assert commands.confirm_factor(session, me, "000000", here=found[0].id, now=now) is None
    codes = commands.confirm_factor(session, me, code(session, ingrid, now), here=found[0].id, now=now)
    assert codes is not None
    assert len(set(codes)) == 10
    session.expire_all()
    again = find_session(session, here.secret, now=now)
    assert again is not None
    assert again[0].is_strong
    assert find_session(session, there.secret, now=now) is None
    with pytest.raises(FactorThere):
        commands.begin_factor(session, me, now=now)
    with pytest.raises(FactorThere):
        commands.confirm_factor(session, me, "000000", here=None, now=now)


def test_neither_secret_nor_recovery_code_is_stored(session: WriteSession, ingrid: Account, now: datetime) -> None:
    codes = set_up(session, ingrid, now)
    factor = session.scalars(select(SecondFactorRow)).one()
    assert {column.name for column in SecondFactorRow.__table__.columns} == {
        *("id", "account_id", "created_at", "confirmed_at", "last_step")
    }
    kept = session.scalars(select(RecoveryCodeRow.code_hash)).all()
    assert [len(one) for one in kept] == [32] * 10
    assert key_of(session).recovery_mark(factor.id, codes[0].replace("-", "")) in kept
    assert not any(one.replace("-", "").encode() in b"".join(kept) for one in codes)


@pytest.mark.parametrize("way", ["password", "link"])
def test_after_password_and_link_alike_a_code_is_asked(
    session: WriteSession, ingrid: Account, now: datetime, way: str
) -> None:
    set_up(session, ingrid, now)
    if way == "password":
        half = come_in(session, now)
    else:
        token = key_of(session).sign_in_token(commands.start_link(session, ingrid.id, now=now))
        half = commands.use_sign_in_link(session, token, client="Firefox", now=now)
    assert half.lacks_code
    assert session.scalars(select(SessionRow)).all() == []
    assert find_session(session, half.secret, now=now) is None
    assert commands.complete(session, half.secret, "123 45", client="", now=now) is None
    opened = commands.complete(session, half.secret, code(session, ingrid, now), client="Firefox", now=now)
    assert opened is not None
    assert opened.back == ("/results" if way == "password" else "/")
    found = find_session(session, opened.secret, now=now)
    assert found is not None
    assert found[0].is_strong
    assert opened.secret != half.secret
    with pytest.raises(HalfSessionOver):
        commands.complete(session, half.secret, code(session, ingrid, now + STEP), client="", now=now + STEP)
    last = list_entries_about(session, "account", ingrid.id)[-1]
    assert (last.action, last.details) == ("session.started", {"by": f"{way}+code"})


def test_a_code_is_taken_once_and_one_step_late_or_early_at_most(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    set_up(session, ingrid, now)
    now += timedelta(minutes=5)

    def takes(at: datetime) -> bool:
        half = come_in(session, now)
        return commands.complete(session, half.secret, code(session, ingrid, at), client="", now=now) is not None

    assert [takes(now + steps * STEP) for steps in (-2, 2)] == [False, False]
    assert [takes(now + steps * STEP) for steps in (-1, -1, 0, 0, -1, 1, 1)] == [
        *(True, False, True, False, False, True, False)
    ]


def test_a_recovery_code_is_taken_once_in_whatever_way_it_is_typed(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    first, second, *_ = set_up(session, ingrid, now)

    def takes(typed: str) -> bool:
        return commands.complete(session, come_in(session, now).secret, typed, client="", now=now) is not None

    assert [takes(f" {first.lower()} "), takes(first), takes(second.replace("-", ""))] == [True, False, True]
    factor = find_factor(session, ingrid.id)
    assert factor is not None
    assert factor.codes_left == 8
    renewed = commands.renew_recovery_codes(session, viewer(ingrid), code(session, ingrid, now), now=now)
    assert renewed is not None
    third = set(renewed)
    assert [takes(renewed[0]), takes(second)] == [True, False]
    assert commands.renew_recovery_codes(session, viewer(ingrid), "000000", now=now) is None
    assert len(third) == 10


def test_after_five_wrong_codes_each_next_one_waits_longer_whatever_browser_sends_it(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    set_up(session, ingrid, now)
    for _ in range(5):
        assert commands.complete(session, come_in(session, now).secret, "abc", client="", now=now) is None
    half = come_in(session, now)
    with pytest.raises(CodeDelayed) as caught:
        commands.complete(session, half.secret, code(session, ingrid, now), client="", now=now)
    assert caught.value.retry_after == 1
    now += timedelta(seconds=1)
    assert commands.complete(session, half.secret, code(session, ingrid, now), client="", now=now) is not None
    assert session.scalars(select(AttemptRow)).all() == []


def test_half_a_session_ends_after_ten_minutes_and_with_whatever_changes_the_account(
    session: WriteSession, ingrid: Account, now: datetime
) -> None:
    set_up(session, ingrid, now)
    late, void = come_in(session, now), come_in(session, now)
    later = now + timedelta(minutes=10)
    with pytest.raises(HalfSessionOver):
        commands.complete(session, late.secret, code(session, ingrid, later), client="", now=later)
    commands.set_password(session, SERVICE, ingrid.id, "et helt annet langt ord", now=now)
    for secret in (void.secret, "made up"):
        with pytest.raises(HalfSessionOver):
            commands.complete(session, secret, code(session, ingrid, now), client="", now=now)
    check = check_password(session, EMAIL, "et helt annet langt ord", now=now)
    assert commands.sign_in(session, check, client="", now=now) is not None
    commands.clear_out(session, now=later)
    assert session.scalars(select(HalfSessionRow)).all() == []


def test_it_is_removed_with_a_code_and_by_nothing_less(session: WriteSession, ingrid: Account, now: datetime) -> None:
    me = viewer(ingrid)
    for act in (
        lambda: commands.remove_factor(session, me, "000000", here=None, now=now),
        lambda: commands.renew_recovery_codes(session, me, "000000", now=now),
        lambda: commands.confirm_factor(session, me, "000000", here=None, now=now),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(Forbidden):
        commands.begin_factor(session, Viewer("key:1"), now=now)
    set_up(session, ingrid, now)
    assert not commands.remove_factor(session, me, "000000", here=None, now=now)
    assert come_in(session, now).lacks_code
    assert commands.remove_factor(session, me, code(session, ingrid, now), here=None, now=now)
    assert not come_in(session, now).lacks_code
    actions = [entry.action for entry in list_entries_about(session, "account", ingrid.id)]
    assert [one for one in actions if one.startswith("second_factor")] == [
        *("second_factor.set_up", "second_factor.removed")
    ]


def test_an_administrator_resets_it_with_a_reason_and_the_person_is_told(
    session: WriteSession, ingrid: Account, place: Place, now: datetime
) -> None:
    set_up(session, ingrid, now)
    half = come_in(session, now)
    link = key_of(session).sign_in_token(commands.start_link(session, ingrid.id, now=now))
    keeper = Viewer("account:x", grants=(Grant(Role.ADMIN, place.company[0]),))

    def reset(who: Viewer, *paths: tuple[str, ...], reason: str = "Mistet telefonen") -> None:
        commands.reset_sign_in(session, who, ingrid.id, paths, reason=reason, organisation="Fjellbris", now=now)

    with pytest.raises(NotFound):
        reset(keeper)
    with pytest.raises(NotFound):
        reset(keeper, place.team, place.other)
    with pytest.raises(Forbidden):
        reset(Viewer("account:x", grants=(Grant(Role.MANAGER, place.company[0]),)), place.team)
    with pytest.raises(OwnReset):
        reset(Viewer("account:x", account_id=ingrid.id, grants=keeper.grants), place.team)
    with pytest.raises(Invalid):
        reset(keeper, place.team, reason="  ")
    assert find_factor(session, ingrid.id) is not None
    reset(keeper, place.team)
    assert find_factor(session, ingrid.id) is None
    with pytest.raises(HalfSessionOver):
        commands.complete(session, half.secret, "000000", client="", now=now)
    with pytest.raises((SignInLinkUsedUp, NotFound)):
        commands.use_sign_in_link(session, link, client="", now=now)
    letter = session.scalars(select(OutboxRow)).one()
    assert (letter.letter, letter.recipient) == ("sign_in_reset", EMAIL)
    assert letter.parameters["reason"] == "Mistet telefonen"
    last = list_entries_about(session, "account", ingrid.id)[-1]
    assert (last.action, last.actor, last.details) == ("sign_in.reset", "account:x", {"reason": "Mistet telefonen"})
    reset(SERVICE)
    assert not come_in(session, now).lacks_code


def test_a_company_asks_it_of_roles(session: WriteSession, place: Place, now: datetime) -> None:
    keeper = Viewer("account:x", grants=(Grant(Role.ADMIN, place.company[0]),))
    assert get_factor_duty(session, keeper, place.company[0]) is FactorDuty.NOBODY
    assert not is_factor_due(session, keeper)
    for _ in range(2):
        commands.set_factor_duty(session, keeper, place.company[0], FactorDuty.DECIDERS, now=now)
    leads = Viewer("account:y", grants=(Grant(Role.MANAGER, place.team[-1]),), above=frozenset(place.company))
    reads = Viewer("account:y", grants=(Grant(Role.VIEWER, place.team[-1]),), above=frozenset(place.company))
    elsewhere = Viewer("account:z", grants=(Grant(Role.ADMIN, place.other[0]),))
    rated = Viewer("account:r", own_subjects=frozenset({place.team[-1]}))
    everybody = (keeper, leads, reads, elsewhere, rated)
    assert [is_factor_due(session, who) for who in everybody] == [True, True, False, False, False]
    commands.set_factor_duty(session, keeper, place.company[0], FactorDuty.READERS, now=now)
    assert [is_factor_due(session, who) for who in everybody] == [True, True, True, False, False]
    with pytest.raises((Forbidden, NotFound)):
        commands.set_factor_duty(session, leads, place.company[0], FactorDuty.NOBODY, now=now)
    with pytest.raises((Forbidden, NotFound)):
        get_factor_duty(session, leads, place.company[0])
    entries = list_entries_about(session, "company", place.company[0])
    assert [entry.details for entry in entries if entry.action == "sign_in.rule_set"] == [
        {"second_factor": "deciders"},
        {"second_factor": "readers"},
    ]
