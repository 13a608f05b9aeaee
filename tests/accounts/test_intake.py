"""Passwords, names and keys as they are typed, without a database."""

import pytest

from app.accounts.intake import as_compared, parse_account_name, parse_key, parse_password


@pytest.mark.parametrize(
    "password", ["riktig hest batteri", "Li og Bo på tur i fjellet", "  tolv tegn.  ", "x1y2z3" * 21]
)
def test_a_long_password_is_kept_as_it_is(password: str) -> None:
    assert parse_password(password, email="li.bo@b.no", name="Li Bo") == password


@pytest.mark.parametrize(
    "password", ["elleve tegn", "x1y2z3" * 22, "abababababab", "123456789012", "ponmlkjihgfe", "SolheimIngrid2026"]
)
def test_a_short_endless_or_plain_password_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_password(password, email="ingrid@fjellbris.example", name="Ingrid Solheim")


def test_two_ways_to_write_an_accent_are_one() -> None:
    assert as_compared("a\u030a") == as_compared("å")


@pytest.mark.parametrize("name", ["", " ", "x" * 201, "a\x00b", "\u202ea"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_account_name(name)


def test_a_name_has_single_spaces() -> None:
    assert parse_account_name("  Ingrid   Solheim ") == "Ingrid Solheim"


@pytest.mark.parametrize(
    "presented", ["", "sk_", "sk_0a1b2c3d_short", "SK_0a1b2c3d_" + "x" * 43, "sk_0a1b2c3d_" + "é" * 43]
)
def test_what_is_no_key_is_none(presented: str) -> None:
    assert parse_key(presented) is None
