"""QR codes are those that another implementation makes, square by square, and read back as they were written."""

import hashlib

import pytest

from app.infra.qr import qr_path, qr_rows

# Made with python-qrcode 8.2, error correction M, byte mode, quiet zone 0; rows joined by line feeds.
MADE_ELSEWHERE = {11: (49, "a4e962f142ce5268"), 17: (57, "c57708d9a0507b54")}


@pytest.mark.parametrize("repeated", MADE_ELSEWHERE)
def test_a_code_is_the_same_as_made_by_another_program(repeated: int) -> None:
    rows = qr_rows("https://" + "fjellbris." * repeated + "example/q/8vXq2c9KfTz1LwQe")
    size, digest = MADE_ELSEWHERE[repeated]
    assert {len(row) for row in rows} == {len(rows)} == {size}
    assert hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16] == digest


def test_the_smallest_code_stands_between_three_finders() -> None:
    rows = qr_rows("kpi")
    finder = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
    assert len(rows) == 21
    assert [row[:7] for row in rows[:7]] == [row[-7:] for row in rows[:7]] == [row[:7] for row in rows[-7:]] == finder
    assert qr_path(rows).count("M") == sum(row.count("1") for row in rows)


def test_a_text_that_no_phone_would_read_is_refused() -> None:
    assert len(qr_rows("x" * 213)) == 57
    with pytest.raises(ValueError, match="too long"):
        qr_rows("x" * 214)
