"""E-mail addresses: read strictly, and brought to the one form that makes two spellings of a mailbox equal."""

import re
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

MAX_LOCAL_BYTES = 64
MAX_CHARACTERS = 254

# The dot-atom of RFC 5322; quoted names before the @ are refused, as they hardly ever arrive.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")

NOT_AN_ADDRESS = "Write one e-mail address, such as kari@firma.no, without a name, quotes or spaces."
ASCII_BEFORE_AT = "Before the @ only letters a to z, digits and signs can be delivered everywhere."
TOO_LONG = "The address is too long: at most 64 characters before the @ and 254 in all."


def parse_email(text: str) -> str:
    """The address as it is kept: NFKC, domain in small Unicode letters; a ValueError with a plain sentence if not one.

    Accepts internationalised domains, and those set aside for examples; refuses what is not one deliverable
    mailbox. Letters beyond ASCII before the @ are refused, since most servers do not take them (SMTPUTF8).
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(TOO_LONG)
    if any(unicodedata.category(character)[0] in "CZ" for character in text):
        raise ValueError(NOT_AN_ADDRESS)
    local, at, domain = unicodedata.normalize("NFKC", text).rpartition("@")
    if not at:
        raise ValueError(NOT_AN_ADDRESS)
    if not local.isascii():
        raise ValueError(ASCII_BEFORE_AT)
    if len(local) > MAX_LOCAL_BYTES:
        raise ValueError(TOO_LONG)
    shown, in_ascii = _domain(domain)
    if not shown or not _LOCAL.fullmatch(local):
        raise ValueError(NOT_AN_ADDRESS)
    if len(local) + 1 + len(in_ascii) > MAX_CHARACTERS:
        raise ValueError(TOO_LONG)
    return f"{local}@{shown}"


def deliverable(email: str) -> str:
    """The same address with its domain in ASCII (A-labels), as SMTP wants it."""
    local, _, domain = email.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}"


def domain_of(email: str) -> str:
    """The domain of an address as mail servers know it."""
    return _ascii_domain(email.rpartition("@")[2])


def mailbox_of(email: str) -> str:
    """One mailbox, one text: NFKC, casefold, what follows a plus left out, domain in ASCII."""
    local, _, domain = unicodedata.normalize("NFKC", email).rpartition("@")
    name = local.partition("+")[0] or local
    return f"{name.casefold()}@{_ascii_domain(domain)}"


def _ascii_domain(domain: str) -> str:
    return _domain(domain)[1] or domain.lower()


# A file names a few domains thousands of times, and judging one takes longer than all the rest.
@lru_cache(maxsize=4096)
def _domain(domain: str) -> tuple[str, str]:
    """A domain as it is shown and in ASCII, both empty for what is none: it has a dot, and no number at its end."""
    labels = domain.split(".")
    if len(labels) < 2 or not all(labels) or labels[-1].isdecimal():
        return "", ""
    try:
        read = validate_email(
            f"a@{domain}", check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except EmailNotValidError:
        return "", ""
    return read.domain, read.ascii_domain or ""
