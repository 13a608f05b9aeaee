"""Templates compile strictly, name their page, and hold neither logic of figures nor inline script or style."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from jinja2 import Environment, nodes

from app.infra.templates import build_environment
from tests.house.sources import TEMPLATES

ARITHMETIC = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow)
# Charts place strokes and letters by the pixel; what they show arrives as positions.
DRAWINGS = {"partials/charts.html"}
INLINE = re.compile(
    r"""<style\b|<script\b(?![^>]*\bsrc=)|\bstyle\s*=\s*["']|\bon[a-z]+\s*=\s*["']|javascript:""", re.IGNORECASE
)
N = TypeVar("N", bound=nodes.Node)
LETTER_PARTS = {"subject.txt", "body.txt", "body.html"}


@cache
def environment() -> Environment:
    return build_environment().environments["nb"]


def names(prefix: str = "") -> list[str]:
    found = (
        path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"}
    )
    return sorted(name for name in found if name.startswith(prefix))


@cache
def tree(name: str) -> nodes.Template:
    return environment().parse((TEMPLATES / name).read_text(), name=name)


def test_every_template_compiles() -> None:
    compiled = build_environment().environments["nb"]
    for name in names():
        compiled.get_template(name)


def test_no_figure_is_formatted_before_its_language_is_known() -> None:
    """What one language has compiled is taken by the others: a filter that is computed beforehand would speak its language."""
    languages = build_environment().environments.values()
    for name in environment().filters:
        for text in (f"{{{{ 1234.5|{name} }}}}", f"{{{{ 1234|{name} }}}}", f"{{{{ 0.25|{name}(0.75) }}}}"):
            assert len({one.compile(text, raw=True) for one in languages}) == 1, name


def test_every_page_has_a_title() -> None:
    untitled = [name for name in names() if _is_page(name) and not _says_something(_block(name, "title"))]
    assert untitled == []


def test_a_subject_is_one_line_and_each_letter_has_all_its_parts() -> None:
    letters = {Path(name).parent for name in names("email/") if len(Path(name).parts) > 2}
    for letter in letters:
        assert {Path(name).name for name in names(f"{letter.as_posix()}/")} == LETTER_PARTS
        subject = (TEMPLATES / letter / "subject.txt").read_text()
        assert "\n" not in subject.strip("\n"), f"{letter}: the subject has more than one line"


def test_nothing_is_declared_safe() -> None:
    declared = [f"{name}:{node.lineno} {node.name}" for name, node in _all(nodes.Filter) if node.name == "safe"]
    declared += [f"{name}:{node.lineno}" for name, node in _all(nodes.EvalContextModifier)]
    assert declared == []


def test_no_page_calculates() -> None:
    figures = [
        f"{name}:{node.lineno}"
        for kind in ARITHMETIC
        for name, node in _all(kind)
        if name not in DRAWINGS and not list(node.find_all(nodes.List))  # lists are joined, not added up
    ]
    assert figures == []


def test_no_script_or_style_stands_in_a_page() -> None:
    inline = [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in names()
        if not name.startswith("email/")  # mail programs know no style sheets
        for number, line in enumerate((TEMPLATES / name).read_text().splitlines(), start=1)
        if INLINE.search(line)
    ]
    assert inline == []


def _all(kind: type[N]) -> Iterator[tuple[str, N]]:
    for name in names():
        for node in tree(name).find_all(kind):
            yield name, node


def _is_page(name: str) -> bool:
    """A template that fills a frame and is not a frame itself."""
    return bool(list(tree(name).find_all(nodes.Extends))) and not Path(name).name.startswith(("base", "_"))


def _block(name: str, block: str) -> nodes.Block | None:
    """A block of a template or of the templates it extends; the frame's own is empty and does not count."""
    found = next((node for node in tree(name).find_all(nodes.Block) if node.name == block), None)
    parent = next(tree(name).find_all(nodes.Extends), None)
    if found is not None or parent is None:
        return found if parent is not None else None
    return _block(cast("str", cast("nodes.Const", parent.template).value), block)


def _says_something(block: nodes.Block | None) -> bool:
    if block is None:
        return False
    return any(
        not isinstance(part, nodes.TemplateData) or part.data.strip()
        for output in block.find_all(nodes.Output)
        for part in output.nodes
    )
