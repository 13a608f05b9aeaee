"""Passwords are kept as argon2id hashes, and an unknown address takes as long as a wrong password."""

import pytest
from argon2 import PasswordHasher

from app.infra import passwords
from app.infra.passwords import hash_password, is_password

# Kept while the module is loaded, before any fixture of the run.
AS_IT_IS, DUMMY = passwords._hasher, passwords._DUMMY


@pytest.fixture(autouse=True)
def as_the_service_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other tests have made cheap is as it was."""
    monkeypatch.setattr(passwords, "_hasher", AS_IT_IS)
    monkeypatch.setattr(passwords, "_DUMMY", DUMMY)


def test_a_password_fits_its_own_hash_only() -> None:
    stored = hash_password("fjellet er blått i dag")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert is_password(stored, "fjellet er blått i dag")
    assert not is_password(stored, "fjellet er grått i dag")
    assert not is_password("no hash at all", "fjellet er blått i dag")


def test_what_an_unknown_address_is_compared_with_costs_as_much_as_a_real_hash_and_opens_nothing() -> None:
    assert not PasswordHasher().check_needs_rehash(passwords._DUMMY)
    assert PasswordHasher().verify(passwords._DUMMY, "no account has this password")
    assert not is_password(None, "no account has this password")
