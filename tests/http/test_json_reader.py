"""JSON as we take it; the numbers are the cases of the catalogue of bad input."""

import pytest

from app.errors import AppError
from app.http.json_reader import BadJson, read_json
from app.http.refusals import WrongMediaType

REFUSED = {
    "31 NaN": b'{"a": NaN}',
    "31 Infinity": b'{"a": Infinity}',
    "31 minus Infinity": b"[-Infinity]",
    "31 1e400": b'{"a": 1e400}',
    "33 5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "33 5,000 decimals": b'{"a": 0.' + b"1" * 5_000 + b"}",
    "39 duplicate key": b'{"a": 1, "a": 2}',
    "39 duplicate key further in": b'{"x": [{"a": 1, "a": 1}]}',
    "39 the same key written differently": b'{"a": 1, "\\u0061": 2}',
    "41 depth 100,000": b"[" * 100_000 + b"]" * 100_000,
    "41 depth 21": b"[" * 21 + b"]" * 21,
    "43 trailing text": b"{} {}",
    "43 trailing comma": b'{"a": 1,}',
    "54 lone surrogate in a value": b'{"a": "\\ud800"}',
    "54 lone surrogate in a key": b'{"\\udfff": 1}',
    "NUL in a value": b'{"a": "\\u0000"}',
    "NUL in a key": b'{"a\\u0000": "b"}',
    "raw control character": b'{"a": "\x01"}',
    "not UTF-8": b'{"a": "\xe6"}',
    "raw surrogate": b'{"a": "\xed\xa0\x80"}',
    "empty": b"",
    "blank": b" \n",
    "a comment": b'{"a": 1 /* one */}',
    "single quotes": b"{'a': 1}",
    "hexadecimal": b'{"a": 0x10}',
    "a leading plus": b'{"a": +1}',
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_plain_json_is_refused_with_a_sentence(raw: bytes) -> None:
    with pytest.raises(BadJson) as refused:
        read_json(raw)
    assert refused.value.text[-1] == "."


@pytest.mark.parametrize(
    "raw",
    [b'\xef\xbb\xbf{"a": 1}', '{"a": 1}'.encode("utf-16"), '{"a": 1}'.encode("utf-16-be"), '{"a": 1}'.encode("utf-32")],
    ids=["42 byte order mark", "42 UTF-16", "42 UTF-16 without mark", "42 UTF-32"],
)
def test_another_encoding_than_utf_8_is_the_wrong_media_type(raw: bytes) -> None:
    with pytest.raises(WrongMediaType):
        read_json(raw)


def test_no_refusal_repeats_what_was_sent() -> None:
    for raw in (b'{"sesam": NaN}', b'{"sesam": "sesam\\ud800"}', b'{"sesam": 1, "sesam": 2}', b"sesam"):
        with pytest.raises(AppError) as refused:
            read_json(raw)
        assert "sesam" not in refused.value.text


def test_minus_zero_is_zero_and_tiny_numbers_are_zero() -> None:
    assert [str(value) for value in read_json(b"[-0, -0.0, 1e-400]")] == ["0", "0.0", "0.0"]  # type: ignore[attr-defined]


def test_whole_text_in_any_script_is_taken_as_it_is() -> None:
    assert read_json('{"a": "Åse 👩‍👧 אב \\ud83d\\ude00"}'.encode()) == {"a": "Åse 👩‍👧 אב 😀"}


def test_twenty_levels_are_deep_enough() -> None:
    assert read_json(b"[" * 20 + b"]" * 20)
