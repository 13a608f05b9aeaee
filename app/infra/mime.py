"""Mail as bytes: a letter is flattened once, with places in it that are filled for each recipient; no letter lives here.

Building a MIME tree takes two milliseconds and filling places a fiftieth of that. A place is one private-use character,
which no stored or posted text can hold. Texts are quoted-printable, so that every relay takes them: what fills a place
stands on lines of its own between soft line breaks, and the rest stays as it was encoded, whatever the length.
"""

import binascii
import re
from collections.abc import Iterable, Sequence
from email.quoprimime import body_encode

from markupsafe import escape

from app.deferred import dataclass

_FIRST, _MOST = 0xE000, 256
_PLACE = re.compile(f"([{chr(_FIRST)}-{chr(_FIRST + _MOST - 1)}])")
# One less than RFC 2045 allows, since a soft line break is added at the end.
_LONGEST_LINE = 75
_SOFT_BREAK = b"=\r\n"
# Letters of an encoded word: 75 in all, less its frame, in groups of four for three bytes.
_LONGEST_WORD = 45
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_NEEDS_NO_ESCAPE = re.compile("[^&<>\"']*")
_MIME_VERSION, _ALTERNATIVE = "MIME-Version: 1.0", "Content-Type: multipart/alternative"
_PLAIN_PART, _HTML_PART = (
    f'\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'.encode()
    for kind in ("plain", "html")
)
_ENDS_A_LINE = re.compile(r"[\r\n\0]")


class HeaderBroken(ValueError):
    """A header that would end its line: whoever wrote it meant to add another one."""


def place(number: int) -> str:
    """What stands in a text where each recipient has another one; 0 to 255."""
    if not 0 <= number < _MOST:
        raise ValueError(f"there are {_MOST} places")
    return chr(_FIRST + number)


def has_places(text: str) -> bool:
    """Whether anything is left to be filled."""
    return _PLACE.search(text) is not None


class FlatText:
    """A text in quoted-printable with places in it."""

    def __init__(self, text: str) -> None:
        pieces = _PLACE.split(text)
        self._places = [ord(character) - _FIRST for character in pieces[1::2]]
        last = len(self._places)
        # Pieces at even positions, and between them those of the places.
        self._pieces = [b""] * len(pieces)
        self._pieces[::2] = [
            (_SOFT_BREAK if number else b"") + quoted(piece) + (_SOFT_BREAK if number < last else b"")
            for number, piece in enumerate(pieces[::2])
        ]

    def filled(self, values: Sequence[bytes]) -> bytes:
        """The text with every place filled; the values are encoded already (`quoted_value`)."""
        parts = self._pieces.copy()
        parts[1::2] = [values[number] for number in self._places]
        return b"".join(parts)


@dataclass(frozen=True, slots=True)
class FlatMail:
    """A letter as plain text and as HTML, ready to be filled."""

    text: FlatText
    html: FlatText

    def filled(self, headers: Iterable[str], boundary: str, values: Sequence[str]) -> bytes:
        """The finished mail. `headers` are whole lines; `values` fill the places, escaped where HTML wants it."""
        head = "\r\n".join((*headers, _MIME_VERSION, f'{_ALTERNATIVE}; boundary="{boundary}"\r\n\r\n'))
        edge = b"--" + boundary.encode("ascii")
        plain = [quoted_value(value) for value in values]
        safe = [
            encoded if _NEEDS_NO_ESCAPE.fullmatch(value) else quoted_value(str(escape(value)))
            for value, encoded in zip(values, plain, strict=True)
        ]
        return b"".join(
            (
                head.encode("ascii"),
                edge,
                _PLAIN_PART,
                self.text.filled(plain),
                b"\r\n",
                edge,
                _HTML_PART,
                self.html.filled(safe),
                b"\r\n",
                edge,
                b"--\r\n",
            )
        )


def quoted(text: str) -> bytes:
    """A text in quoted-printable with lines of its own (RFC 2045, 6.7)."""
    return body_encode(text.encode().decode("latin-1"), maxlinelen=_LONGEST_LINE, eol="\r\n").encode("ascii")


def quoted_value(text: str) -> bytes:
    """One line of text in quoted-printable; what would break the line is encoded, too."""
    found = binascii.b2a_qp(text.encode(), istext=False)
    if len(found) <= _LONGEST_LINE:
        return found
    return quoted(text)


def header(name: str, value: str) -> str:
    """A header line; what is not ASCII becomes encoded words (RFC 2047).

    Raises
    ------
    HeaderBroken : the value would end the line
    """
    return f"{name}: {_checked(value) if value.isascii() else encoded_words(value)}"


def address_header(name: str, display_name: str, email: str) -> str:
    """A header with one address (RFC 5322); the address is in ASCII already."""
    if not display_name:
        return f"{name}: {_checked(email)}"
    if not display_name.isascii():
        phrase = encoded_words(display_name)
    elif _PLAIN_PHRASE.fullmatch(display_name):
        phrase = display_name
    else:
        phrase = '"' + _checked(display_name).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name}: {phrase} <{_checked(email)}>"


def encoded_words(text: str) -> str:
    """A text as encoded words of at most 75 characters, one on each line (RFC 2047)."""
    whole = _checked(text).encode()
    if len(whole) <= _LONGEST_WORD:
        return _word(whole)
    words, word = [], b""
    for character in text:
        encoded = character.encode()
        if len(word) + len(encoded) > _LONGEST_WORD:
            words.append(word)
            word = b""
        word += encoded
    return "\r\n ".join(map(_word, [*words, word]))


def _word(raw: bytes) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(raw, newline=False).decode()}?="


def _checked(value: str) -> str:
    if _ENDS_A_LINE.search(value):
        raise HeaderBroken(repr(value[:60]))
    return value
