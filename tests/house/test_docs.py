"""The documentation cannot fall behind: it names every setting, its links lead somewhere, decisions are numbered."""

import re
from pathlib import Path

import pytest

from app.accounts.rules import ALLOWED
from app.accounts.values import Role
from app.settings import Settings
from tests.house.sources import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]+))?\)|\]\(#([^)\s]+)\)")
# A page, and the sections that are named after it: docs/scoring.md, sections "Silent groups" and "Coverage"
REFERENCE = re.compile(r'(docs/)?\b([a-z-]+\.md)\b((?:,\s+sections?\s+"[^"]+"(?:(?:,|\s+and)\s+"[^"]+")*)?)')
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
PICTURES = ROOT / "docs/pictures"
LARGEST_PICTURE = 60_000
SECTIONS = ["## Context", "## Decision", "## Consequences", "## Alternatives"]
ROW = re.compile(r"^\| `SOFTKPI_([A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", re.MULTILINE)


def test_every_setting_is_documented_with_its_default() -> None:
    documented = {name: default for name, default, _ in ROW.findall((ROOT / "docs/operations.md").read_text())}
    assert documented == {name.upper(): _written(field.default) for name, field in Settings.model_fields.items()}


def test_the_container_sets_what_exists() -> None:
    text = (ROOT / "Dockerfile").read_text() + (ROOT / "compose.yaml").read_text()
    named = set(re.findall(r"\bSOFTKPI_([A-Z_]+)\b", text))
    assert named - {name.upper() for name in Settings.model_fields} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_inside_the_documentation_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    broken = []
    for target, anchor, own in LINK.findall(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        aim = (page.parent / target).resolve() if target else page
        if not aim.exists() or ((anchor or own) and (anchor or own) not in _anchors(aim.read_text())):
            broken.append(target + anchor + own)
    assert broken == []


def test_every_picture_is_told_in_words_is_small_and_is_on_a_page_in_its_language() -> None:
    shown = [(page, alt, page.parent / aim) for page in PAGES for alt, aim in PICTURE.findall(page.read_text())]
    assert [f"{page.name}: {aim.name}" for page, alt, aim in shown if len(alt.split()) < 5] == []
    files = {path.resolve() for path in PICTURES.rglob("*.*")}
    assert {aim.resolve() for _, _, aim in shown} == files
    assert [path.name for path in files if path.stat().st_size > LARGEST_PICTURE] == []
    assert [aim.name for page, _, aim in shown if (aim.parent.name == "nb") != (page.parent.name == "nb")] == []


def test_pages_that_the_code_refers_to_exist_and_have_the_section() -> None:
    broken = []
    for path in sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]):
        for folder, page, sections in REFERENCE.findall(path.read_text()):
            target = ROOT / "docs" / page
            headings = _headings(target.read_text()) if folder and target.exists() else set()
            wanted = set(re.findall(r'"([^"]+)"', " ".join(sections.split())))
            if not folder or not target.exists() or wanted - headings:
                broken.append(f"{path.relative_to(ROOT).as_posix()}: {folder}{page} {sorted(wanted - headings)}")
    assert broken == []


def test_decisions_are_numbered_without_a_gap_and_say_all_four_things() -> None:
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [record.name[:4] for record in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]
    for record in records:
        text = record.read_text()
        assert [line for line in text.splitlines() if line in SECTIONS] == SECTIONS, record.name
        assert text.startswith(f"# {int(record.name[:4])}. "), record.name


def _written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return "" if default in (None, "", ()) else str(default)


def _headings(text: str) -> set[str]:
    return {re.sub(r"^[0-9.]+ ", "", heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_table_of_roles_is_what_the_rules_allow() -> None:
    text = (ROOT / "docs" / "accounts.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    roles = rows[0][1:]
    assert set(roles) == {role.value for role in Role}
    told = {(row[0].strip("`"), role) for row in rows[2:] for role, cell in zip(roles, row[1:], strict=True) if cell}
    assert told == {(action.value, role.value) for role, actions in ALLOWED.items() for action in actions}
