"""A letter that is flattened once and filled for each: the same mail to the reader as one built anew, whatever fills it."""

import email
from email import policy
from email.header import decode_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.infra.mime import (
    FlatMail,
    FlatText,
    HeaderBroken,
    address_header,
    encoded_words,
    has_places,
    header,
    place,
    quoted,
)

# What a text may hold: no surrogates, no private-use characters, line ends as templates make them.
TEXT = st.text(st.characters(exclude_categories=("Cs", "Co", "Cc"), include_characters="\n\t"), max_size=300)
LINE = st.text(st.characters(exclude_categories=("Cs", "Co", "Cc")), max_size=120)


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=policy.default)


def part_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@given(TEXT, TEXT, st.lists(LINE, min_size=2, max_size=2))
def test_what_is_filled_in_reads_as_if_it_had_been_there(before: str, after: str, values: list[str]) -> None:
    text = f"{before}{place(0)}{after}{place(1)}{place(0)}.\n"
    flat = FlatMail(FlatText(text), FlatText(f"<p>{place(1)}</p>\n"))
    raw = flat.filled(["Subject: x"], "=_b", values)
    mail = read(raw)
    expected = text.replace(place(0), values[0]).replace(place(1), values[1])
    assert part_of(mail, "plain").rstrip("\n") == expected.rstrip("\n")
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 76


@given(LINE)
def test_a_value_is_escaped_in_the_html_and_itself_in_the_text(value: str) -> None:
    flat = FlatMail(FlatText(f"{place(0)}\n"), FlatText(f'<a href="{place(0)}">{place(0)}</a>\n'))
    page = part_of(read(flat.filled(["Subject: x"], "=_b", [value])), "html")
    assert page.count("<") == 2
    assert page.count('"') == 2


@given(TEXT)
def test_quoted_printable_says_the_same_in_short_lines(text: str) -> None:
    raw = b"Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + quoted(
        text
    )
    assert str(read(raw).get_content()).replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")
    assert all(len(line) <= 76 for line in quoted(text).split(b"\r\n"))


@given(LINE.filter(lambda text: text.strip() == text and " " * 2 not in text and text.isprintable()))
def test_a_subject_arrives_as_it_was(text: str) -> None:
    line = header("Subject", text)
    assert line.isascii()
    assert all(len(part) <= 998 for part in line.split("\r\n"))
    assert str(read(line.encode() + b"\r\n\r\n")["Subject"]) == text


NAME = LINE.filter(
    lambda text: text.strip() == text and " " * 2 not in text and text.isprintable() and "=?" not in text
)


@given(NAME)
def test_a_name_beside_an_address_arrives_as_it_was(name: str) -> None:
    line = address_header("To", name, "kari@kunder.example")
    assert line.endswith("kari@kunder.example>" if name else "kari@kunder.example")
    # Of a name in several encoded words the standard library keeps the breaks between them, against RFC 2047, 6.2.
    if name.isascii() or len(name.encode()) <= 45:
        (found,) = read(line.encode() + b"\r\n\r\n")["To"].addresses
        assert (found.display_name, found.addr_spec) == (name, "kari@kunder.example")
    else:
        words = line.removeprefix("To: ").partition(" <")[0].split("\r\n ")
        assert (
            b"".join(raw for word in words for raw, _ in decode_header(word) if isinstance(raw, bytes)).decode() == name
        )


def test_encoded_words_are_short_and_never_cut_a_letter() -> None:
    words = encoded_words("Å" * 100).split("\r\n ")
    assert len(words) > 1
    assert all(len(word) <= 75 for word in words)


@pytest.mark.parametrize("value", ["a\r\nBcc: b", "a\nb", "a\rb", "a\0b", "å\r\nBcc: b"])
def test_a_header_that_would_end_its_line_is_refused(value: str) -> None:
    with pytest.raises(HeaderBroken):
        header("Subject", value)
    with pytest.raises(HeaderBroken):
        address_header("To", value, "a@b.example")
    with pytest.raises(HeaderBroken):
        address_header("To", "", f"{value}@b.example")


def test_there_are_only_so_many_places() -> None:
    assert has_places(f"a{place(255)}")
    assert not has_places("a")
    for number in (-1, 256):
        with pytest.raises(ValueError, match="places"):
            place(number)
