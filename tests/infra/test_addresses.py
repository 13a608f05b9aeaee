"""E-mail addresses as people type them, and the mailbox that two spellings share."""

import pytest

from app.infra.addresses import deliverable, mailbox_of, parse_email


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("kari.lunde@fjellbris.example", "kari.lunde@fjellbris.example"),
        ("Kari.Lunde+kpi@FJELLBRIS.example", "Kari.Lunde+kpi@fjellbris.example"),
        ("a@blåbær.no", "a@blåbær.no"),
        ("a@xn--blbr-roah.no", "a@blåbær.no"),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}@b.no", "a@b.no"),
        ("a@b\N{FULLWIDTH FULL STOP}no", "a@b.no"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed: str, kept: str) -> None:
    assert parse_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "kari",
        "@b.no",
        "a@b",
        "a@b.",
        "a@.no",
        "a@-b.no",
        "a..b@c.no",
        ".a@b.no",
        '"a b"@c.no',
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "Kari <a@b.no>",
        "a@b.no, c@d.no",
        "a@b.no;c@d.no",
        "a@b.no ",
        " a@b.no",
        "a@b.no\r\nBcc: c@d.no",
        "a\N{ZERO WIDTH SPACE}@b.no",
        "a@b\N{SOFT HYPHEN}c.no",
        "a\N{NO-BREAK SPACE}b@c.no",
        "a@b\0.no",
        "ølå@b.no",
        f"{'x' * 65}@b.no",
        f"a@{'x' * 64}.no",
        f"a@{'x.' * 130}no",
    ],
)
def test_what_is_not_one_deliverable_mailbox_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        parse_email(typed)


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Kari.Lunde+kpi@fjellbris.example", "kari.lunde@fjellbris.example"),
        ("kari.lunde@FJELLBRIS.example", "kari.lunde@fjellbris.example"),
        ("+kari@b.no", "+kari@b.no"),
        ("a@blåbær.no", "a@xn--blbr-roah.no"),
        ("a@xn--blbr-roah.no", "a@xn--blbr-roah.no"),
        ("a@straße.de", "a@xn--strae-oqa.de"),
    ],
)
def test_two_spellings_of_a_mailbox_are_one(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox


def test_mail_goes_to_the_ascii_form_of_the_domain_with_the_plus_kept() -> None:
    assert deliverable("Kari+kpi@blåbær.no") == "Kari+kpi@xn--blbr-roah.no"
