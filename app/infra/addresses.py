"""E-mail addresses: read strictly, and brought to the one form that makes two spellings of a mailbox equal."""

import unicodedata

from email_validator import EmailNotValidError, validate_email

MAX_LOCAL_BYTES = 64
MAX_CHARACTERS = 254

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
    plain = unicodedata.normalize("NFKC", text)
    local, at, domain = plain.rpartition("@")
    if not at or not _has_name_and_top(domain):
        raise ValueError(NOT_AN_ADDRESS)
    if not local.isascii():
        raise ValueError(ASCII_BEFORE_AT)
    if len(local.encode()) > MAX_LOCAL_BYTES:
        raise ValueError(TOO_LONG)
    try:
        read = validate_email(plain, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError:
        raise ValueError(NOT_AN_ADDRESS) from None
    return read.normalized


def deliverable(email: str) -> str:
    """The same address with its domain in ASCII (A-labels), as SMTP wants it."""
    local, _, domain = email.rpartition("@")
    return f"{local}@{_ascii_domain(domain)}"


def mailbox_of(email: str) -> str:
    """One mailbox, one text: NFKC, casefold, what follows a plus left out, domain in ASCII."""
    local, _, domain = unicodedata.normalize("NFKC", email).rpartition("@")
    name = local.partition("+")[0] or local
    return f"{name.casefold()}@{_ascii_domain(domain)}"


def _has_name_and_top(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(labels) and not labels[-1].isdecimal()


def _ascii_domain(domain: str) -> str:
    # Every address in the tables was read by `parse_email`, whose result this reads back without fail.
    if domain.isascii():
        return domain.lower()
    return validate_email(
        f"a@{domain}", check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
    ).ascii_domain
