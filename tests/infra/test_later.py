"""Modules that are loaded when they are first used, and modules that are not there."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.infra.later import later


@pytest.fixture
def shelf_of_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "seldom_used.py").write_text('print("loaded")\nANSWER = 42\n')
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("seldom_used", None)


def test_a_module_is_loaded_once_when_something_is_taken_from_it(
    shelf_of_modules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = later("seldom_used")
    assert capsys.readouterr().out == ""
    assert (module.ANSWER, later("seldom_used").ANSWER) == (42, 42)
    assert capsys.readouterr().out == "loaded\n"


def test_a_module_that_is_not_there_is_missed_at_once(shelf_of_modules: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="never_written"):
        later("never_written")
