"""Bokmål is complete: every sentence that templates and code may show is translated, and nothing else is kept."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from tests.house.sources import APP, TEMPLATES, Source, sources

CATALOGUES = APP / "locale" / "nb" / "LC_MESSAGES"
# A sentence that a person may be shown: begins with a capital, has more than one word, ends with a full stop.
SENTENCE = re.compile(r"[A-ZÆØÅ{][^\n]* [^\n]*[.?]")
# Where everything that is written is shown to people: words of two or more letters that stand for themselves.
SHOWN = {"web", "papers"}
PHRASE = re.compile(r"[A-ZÆØÅ{][^\n<>=/]* [^\n<>=/]*")
WORD = re.compile(r"(?:^|[\s(«“])[^\W\d_]{2,}(?=[:;,.?)]*(?:\s|$))")
NAMES = {"Soft KPI", "Mac OS", "CSV, XLSX", "Ida Lund", "Sam Hill"}
PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
# Those who read these read English: developers and whoever runs the service. The demo and the packs carry both languages.
ENGLISH_ONLY = {
    "api",
    "administration.py",
    "cli.py",
    "serving.py",
    "terminal.py",
    "demo",
    "packs",
    "recomputing.py",
    "outbox.py",
    "benchmark_files.py",
    "doctor.py",
    "settings.py",
    "main.py",
    "worker.py",
    "working.py",
    "scoring",
}


@cache
def translated() -> dict[str, Message]:
    found: dict[str, Message] = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        for message in read_po(BytesIO(path.read_bytes()), locale="nb", abort_invalid=True):
            if message.id:
                found[_identity(message.id)] = message
    return found


@cache
def in_templates() -> dict[str, str]:
    """Every marked sentence, and where it stands."""
    found: dict[str, str] = {}
    for path in sorted(TEMPLATES.rglob("*")):
        if path.suffix in {".html", ".txt"}:
            with path.open("rb") as text:
                for line, _, message, _ in babel_extract(text, ("_", "gettext", "ngettext"), [], {"silent": "false"}):
                    if message is None or (isinstance(message, tuple) and message[0] is None):
                        continue  # a word that code hands over, such as the label of a menu
                    where = f"{path.relative_to(TEMPLATES).as_posix()}:{line}"
                    found.setdefault(_identity(message), where)
    return found


@cache
def in_code() -> dict[str, str]:
    """Every sentence that code holds outside docstrings, and where it stands."""
    return {
        sentence: f"{source.name}:{line}"
        for source in sources(APP)
        if source.floor not in ENGLISH_ONLY
        for sentence, line in _sentences(source)
    }


@cache
def in_pages() -> dict[str, str]:
    """What code of pages and papers says that is no sentence, as labels and reasons are, and where it stands."""
    phrases = (
        (phrase, f"{source.name}:{line}")
        for source in sources(APP)
        if source.floor in SHOWN
        for phrase, line in _sentences(source, PHRASE)
    )
    return {phrase: where for phrase, where in phrases if phrase not in NAMES}


def test_every_sentence_is_translated() -> None:
    where = {**in_templates(), **in_code(), **in_pages()}
    missing = where.keys() - translated().keys() - _plurals()
    assert sorted(f"{where[sentence]} {sentence!r}" for sentence in missing) == []


def test_no_translation_is_empty_or_a_guess() -> None:
    unfinished = [identity for identity, message in translated().items() if message.fuzzy or not all(_strings(message))]
    assert unfinished == []


def test_a_translation_fills_the_same_places_as_its_sentence() -> None:
    differing = [
        identity
        for identity, message in translated().items()
        for string in _strings(message)
        if not _places(string) <= _places(*((message.id,) if isinstance(message.id, str) else message.id))
        or (isinstance(message.id, str) and _places(string) != _places(message.id))
    ]
    assert differing == []


def test_no_sentence_breaks_between_a_kpi_and_its_ending() -> None:
    strings = [string for message in translated().values() for string in _strings(message)]
    # What KPIs of the demo and of a pack say is written where they are made, with a hyphen that never breaks (U+2011).
    strings += [one for source in sources(APP) if source.floor in {"demo", "packs"} for one in _constants(source)]
    # A browser breaks behind a hyphen unless a word joiner follows (U+2060); the short names of sheets go without.
    assert [one for one in strings if re.search("KPI-[a-zæøå]", one) and len(one.split()) > 3] == []


def test_nothing_translated_has_gone_from_the_product() -> None:
    words = {constant for source in sources(APP) for constant in _constants(source)}
    assert sorted(translated().keys() - in_templates().keys() - in_code().keys() - words) == []


def test_no_sentence_for_people_is_put_together_where_nobody_can_translate_it() -> None:
    glued = [
        f"{source.name}:{node.lineno} {ast.unparse(node)}"
        for source in sources(APP)
        if source.floor not in ENGLISH_ONLY
        for node in source.nodes
        if isinstance(node, ast.JoinedStr) and SENTENCE.fullmatch(_outline(node))
    ]
    assert glued == []


def test_no_words_for_people_are_put_together_with_what_they_are_about() -> None:
    said = [f"{source.name}:{line}" for source in sources(APP) if source.floor in SHOWN for line in _glued(source.tree)]
    assert said == []


@pytest.mark.parametrize(
    ("code", "is_glued"),
    [
        ('f"Withheld: {reason}"', True),
        ('f"{name} and {other}"', True),
        ('f"({count} more)"', True),
        ('said(visit, f"{one} {other}")', True),
        ('said(visit, "Withheld: " + reason)', True),
        ('said(visit, "Withheld: {reason}", reason=reason)', False),
        ('f"{said(visit, title)}: {value}"', False),
        ('f"/results/{release_id}/subjects/{subject_id}"', False),
    ],
)
def test_what_is_glued_is_told_from_what_is_said(code: str, is_glued: bool) -> None:
    assert bool(list(_glued(ast.parse(code)))) is is_glued


def _glued(tree: ast.Module) -> Iterator[int]:
    """Where words are put together in English: pieces of text around values, or a message that no catalogue can hold."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and " " in _outline(node) and WORD.search(_outline(node)):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
            yield from (one.lineno for one in node.args if isinstance(one, ast.JoinedStr | ast.BinOp))


def _plurals() -> set[str]:
    return {str(one) for message in translated().values() if not isinstance(message.id, str) for one in message.id}


def _strings(message: Message) -> list[str]:
    """The translation, or one for each plural form; empty where there is none."""
    given = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return [string or "" for string in given]


def _identity(message: str | tuple[str | None, ...] | list[str]) -> str:
    return message if isinstance(message, str) else str(message[0])


def _places(*texts: str) -> set[str]:
    return {percent or brace for text in texts for percent, brace in PLACE.findall(text)}


def _sentences(source: Source, pattern: re.Pattern[str] = SENTENCE) -> Iterator[tuple[str, int]]:
    docstrings = {
        id(node.body[0].value)
        for node in source.nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    bare = {id(node.value) for node in source.nodes if isinstance(node, ast.Expr)}
    pieces = {id(part) for node in source.nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    passed_over = docstrings | bare | pieces
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed_over:
            sentence = node.value
            if pattern.fullmatch(sentence):
                yield sentence, node.lineno


def _constants(source: Source) -> Iterator[str]:
    """Short words that code hands to a template, such as the names of pages and states."""
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _outline(node: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
