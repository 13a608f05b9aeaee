"""Commands run as a shell would run them, in a folder and on a database of the test's own."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import cli, terminal
from tests.databases import SECRET


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    said: str
    complained: str


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command as the shell would, in an empty folder, on the database that the environment names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTKPI_SECRET_KEY", SECRET)

    def command(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["soft-kpi", *arguments])
        for console in (terminal.say, terminal.complain):
            monkeypatch.setattr(console, "_width", 300)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        code = ended.value.code
        return Ran(code if isinstance(code, int) else 0, said.out, said.err)

    return command


@pytest.fixture
def run(shell: Callable[..., Ran], database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs a command on a database that is empty."""
    monkeypatch.setenv("SOFTKPI_DATABASE_URL", database_url)
    return shell
