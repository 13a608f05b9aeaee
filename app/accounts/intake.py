"""Passwords, names and API keys as they are typed or sent, checked."""

import re
import unicodedata
from itertools import pairwise

from app.fields import BAD_CHARACTERS, REQUIRED, TOO_LONG
from app.plain import is_clean, visible
from app.receipts.rules import LETTERS, read

MIN_PASSWORD = 12
MAX_PASSWORD = 128
MAX_NAME = 200
MAX_CODE = 64
CODE_DIGITS = 6

PASSWORD_SHORT = "A password needs at least 12 characters."
PASSWORD_PLAIN = "This password is easy to guess. Take a longer one without your name or a simple pattern."
KEY_PREFIX = "sk"

_KEY = re.compile(r"sk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})")


def parse_password(text: str, *, email: str = "", name: str = "") -> str:
    """A password of 12-128 characters that is neither a pattern nor the owner's name; a ValueError otherwise.

    Spaces count and nothing is cut off.
    """
    password = as_compared(text)
    if len(password) < MIN_PASSWORD:
        raise ValueError(PASSWORD_SHORT)
    if len(password) > MAX_PASSWORD:
        raise ValueError(TOO_LONG)
    if _is_plain(password.casefold(), (email.casefold(), *email.casefold().split("@"), *name.casefold().split())):
        raise ValueError(PASSWORD_PLAIN)
    return password


def as_compared(password: str) -> str:
    """A password in NFC, so that one keyboard and another give the same."""
    return unicodedata.normalize("NFC", password)


def parse_code(typed: str) -> str:
    """A code as it is compared: six digits of an app, or a recovery code; empty for what can be neither.

    >>> parse_code(" 123 456 "), parse_code("7k3m-x9qt-4hbw-zp2d"), parse_code("12345"), parse_code("١٢٣٤٥٦")
    ('123456', '7K3MX9QT4HBWZP2D', '', '')
    """
    if len(typed) > MAX_CODE or not typed.isascii():
        return ""
    digits = "".join(typed.split())
    if len(digits) == CODE_DIGITS and digits.isdecimal():
        return digits
    code = read(typed)
    return code if len(code) == LETTERS else ""


def parse_account_name(text: str) -> str:
    """The name of an account or of a key, 1-200 visible characters; a ValueError otherwise."""
    name = " ".join(unicodedata.normalize("NFC", visible(text)).split())
    if not name:
        raise ValueError(REQUIRED)
    if len(name) > MAX_NAME:
        raise ValueError(TOO_LONG)
    if not is_clean(name):
        raise ValueError(BAD_CHARACTERS)
    return name


def parse_key(presented: str) -> tuple[str, str] | None:
    """Prefix and secret of an API key, or None for what is none.

    >>> parse_key("sk_0a1b2c3d_" + "x" * 43)[0]
    '0a1b2c3d'
    """
    found = _KEY.fullmatch(presented)
    return (found[1], found[2]) if found else None


def _is_plain(password: str, own_words: tuple[str, ...]) -> bool:
    """Fewer than five different characters, mostly runs of neighbours, or hardly more than the owner's name."""
    if len(set(password)) < 5:
        return True
    close = sum(abs(ord(after) - ord(before)) <= 1 for before, after in pairwise(password))
    if close > 0.7 * len(password):
        return True
    rest = password
    for word in sorted(own_words, key=len, reverse=True):
        if len(word) >= 4:
            rest = rest.replace(word, "")
    return len(rest) < MIN_PASSWORD // 2
