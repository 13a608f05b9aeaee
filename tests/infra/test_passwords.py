"""Passwords are kept as argon2id hashes, and an unknown address takes as long as a wrong password."""

from argon2 import PasswordHasher

from app.infra import passwords
from app.infra.passwords import hash_password, is_password


def test_a_password_fits_its_own_hash_only() -> None:
    stored = hash_password("fjellet er blått i dag")
    assert stored.startswith("$argon2id$")
    assert is_password(stored, "fjellet er blått i dag")
    assert not is_password(stored, "fjellet er grått i dag")
    assert not is_password("no hash at all", "fjellet er blått i dag")


def test_what_an_unknown_address_is_compared_with_costs_as_much_as_a_real_hash_and_opens_nothing() -> None:
    assert not PasswordHasher().check_needs_rehash(passwords._DUMMY)
    assert PasswordHasher().verify(passwords._DUMMY, "no account has this password")
    assert not is_password(None, "no account has this password")
