"""Pure decisions about receipts: how a code is written and read, and until when it is answered."""

from datetime import date

from app.errors import NotFound

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: whoever reads an O or an I on paper may type it, and means 0 or 1."""

CODE_BYTES = 10
LETTERS = 16
GROUP = 4
TELLS_FOR = 12
"""So many whole months after the release a code is answered; then as long again it says that it is too old."""

_READ = str.maketrans("OIL", "011", "-–— \t\n\r.")


class UnknownReceipt(NotFound):
    """A code that is none of ours, was mistyped, or is forgotten: they look alike."""

    code = "unknown_receipt"
    message = "This code is not known. Compare it with your note letter by letter."


def written(raw: bytes) -> str:
    """A code as it is shown: 80 bits in four groups of four letters and digits.

    >>> written(bytes(10)), written(bytes(range(246, 256)))
    ('0000-0000-0000-0000', 'YVVZ-HYFT-ZFYF-VZQZ')
    """
    number = int.from_bytes(raw[:CODE_BYTES], "big")
    letters = [ALPHABET[number >> 5 * place & 31] for place in reversed(range(LETTERS))]
    return "-".join("".join(letters[start : start + GROUP]) for start in range(0, LETTERS, GROUP))


def read(text: str) -> str:
    """A code as it is looked up, from whatever way of typing it: in any case, with or without hyphens and blanks.

    What cannot be a code is read as well, as something that nobody has: unknown codes take the same way, hence the
    same time, whatever is wrong with them.

    >>> read(" 7k3m x9qt-4hbw zp2d"), read("OIL1-0000-0000-0000") == read("0111000000000000")
    ('7K3MX9QT4HBWZP2D', True)
    """
    return text[: 4 * LETTERS].upper().translate(_READ)[: LETTERS + 1]


def answered_until(released_on: date) -> date:
    """The last day on which a code tells what became of its comment.

    The end of a month, so that the day says nothing of the round: 12 to 13 months after its release.

    >>> answered_until(date(2026, 11, 27)), answered_until(date(2026, 12, 1))
    (datetime.date(2027, 11, 30), datetime.date(2027, 12, 31))
    """
    return _end_of_month(released_on.year, released_on.month + TELLS_FOR)


def _end_of_month(year: int, month: int) -> date:
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(first_of_next.toordinal() - 1)
