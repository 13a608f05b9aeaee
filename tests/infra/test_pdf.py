"""A PDF is made of values: nothing written in them is taken for code, and a template reaches no file and no network."""

import json
import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.infra import pdf
from app.infra.pdf import FOLDER, write_pdf
from tests.papers.read import text_of

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEMPLATE = """
#let values = json(bytes(sys.inputs.values))
#set document(title: values.title)
#set text(font: "Open Sans", lang: "nb")
= #values.title
#for one in values.texts { par(one) }
"""
HOSTILE = (
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.3.2": *',
    '#eval("1 + 1") #{ panic() } #sys.version',
    r"\u{41} \\ $x^2$ *fet* _kursiv_ `kode` <merke> @kilde = Tittel",
    "]#pagebreak()[",
    '"}, "texts": ["annet"]',
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pdf, "FOLDER", tmp_path)
    return tmp_path


def test_what_people_write_is_printed_as_they_wrote_it(folder: Path) -> None:
    (folder / "own.typ").write_text(TEMPLATE)
    made = write_pdf("own.typ", {"title": "#panic()", "texts": HOSTILE}, made_at=NOW)
    text = text_of(made)
    assert [one for one in ("#panic()", *HOSTILE) if one not in text] == []


def test_a_template_reads_no_file_outside_its_folder_and_asks_nobody(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path_factory.mktemp("beside") / "secret.txt"
    secret.write_text("hemmelig")
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("somebody was asked"))
    wanted = (f'#read("{secret}")', f'#read("../{secret.parent.name}/secret.txt")', '#read("/etc/passwd")')
    for source in wanted:
        (folder / "own.typ").write_text(source)
        with pytest.raises(pdf.typst.TypstError):
            write_pdf("own.typ", {}, made_at=NOW)


def test_our_templates_ask_for_no_file_but_their_own_parts() -> None:
    source = "".join(path.read_text() for path in sorted(FOLDER.glob("*.typ")))
    assert re.findall(r"\b(?:read|eval|plugin|csv|yaml|toml|xml)\(|@preview|@local", source) == []
    assert set(re.findall(r"\bjson\(([^)]*\)*)", source)) == {"bytes(sys.inputs.values))"}
    assert set(re.findall(r'#import "([^"]+)"', source)) == {"parts.typ"}
    assert set(re.findall(r"\bimage\((\w+)\(", source)) == {"bytes"}


def test_a_picture_without_words_is_refused(folder: Path) -> None:
    picture = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"
    source = f'{TEMPLATE}#image(bytes({json.dumps(picture)}), format: "svg")'
    (folder / "own.typ").write_text(source)
    with pytest.raises(pdf.typst.TypstError, match="alt"):
        write_pdf("own.typ", {"title": "Tittel", "texts": []}, made_at=NOW)


def test_signs_that_the_font_lacks_are_printed_as_such(folder: Path) -> None:
    (folder / "own.typ").write_text(TEMPLATE)
    made = write_pdf("own.typ", {"title": "Ære 😀", "texts": ["漢"]}, made_at=NOW)
    assert "Ære \N{REPLACEMENT CHARACTER}" in text_of(made)
