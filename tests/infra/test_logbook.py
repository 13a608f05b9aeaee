"""The logbook of a worker: what it noted counts after its death, and only while the machine has not been started anew."""

from pathlib import Path

import pytest

from app.infra import logbook
from app.infra.logbook import Logbook, Noted, boot_id, read_logbook


def test_what_was_noted_is_read_by_the_next_life(tmp_path: Path) -> None:
    book = Logbook(tmp_path / "log")
    book.began("a")
    book.began("b")
    book.ended("b", "taken", '250 "ok"\nå')
    assert read_logbook(tmp_path / "log") == {"a": Noted(), "b": Noted("taken", '250 "ok"\nå')}
    book.clear()
    assert read_logbook(tmp_path / "log") == {}
    book.close()
    book.close()


def test_without_a_file_nothing_is_noted_and_nobody_knows(tmp_path: Path) -> None:
    book = Logbook(None)
    book.began("a")
    book.ended("a", "taken", "")
    book.clear()
    book.close()
    assert read_logbook(None) is None
    assert read_logbook(tmp_path / "none") is None


@pytest.mark.parametrize("raw", [b"", b"[", b'["another start of the machine"]\n["a"]\n', b"\xff\n"])
def test_a_book_that_cannot_be_trusted_says_nothing(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "log").write_bytes(raw)
    assert read_logbook(tmp_path / "log") is None


def test_where_no_start_of_the_machine_has_a_name_no_book_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logbook, "_BOOT_ID", tmp_path / "none")
    assert boot_id() == ""
    Logbook(tmp_path / "log").began("a")
    assert read_logbook(tmp_path / "log") is None
