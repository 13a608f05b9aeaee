"""Fifty random rounds through the public door, on both databases together: solved, swapped, and read page by page (G1, G2)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.accounts.values import Role
from app.infra.formats import score as printed
from tests.attack.organisations import LEVELS, STEP
from tests.attack.outside import READER, WEIGHTS, Design, Outside, Read, Row
from tests.attack.played import Release, Sheet, release, sheets_of
from tests.attack.solving import HELD, attack, sums_of
from tests.shelf import Shelf, nothing

pytestmark = pytest.mark.slow

# Two more have a mixed row in a unit: 434 beside rows of both its groups, the other beside a row of one of them on one KPI only.
SEEDS = {"sqlite": [*range(25), 434, 2392466263], "postgresql": range(25, 50)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", SEEDS)
def test_random_rounds_give_nobody_away_through_the_doors(
    shelves: Callable[[str], Shelf], kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shelf = shelves(kind)
    designs = [Design.of(seed) for seed in SEEDS[kind]]
    outside = Outside(shelf.take(nothing, name="outside"), tmp_path, designs)
    found = {design.seed: list(_found(outside, design)) for design in designs}
    written = "".join(capfd.readouterr())
    shelf.put_back()

    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
    assert "route=/api/v1/releases/{release_id}/scores" in written, "there is a log to look at"
    assert [word for word in ("Sagt av", "@rated.example", READER, "@fjellbris.example") if word in written] == []


def test_the_reading_sees_what_may_be_seen(shelves: Callable[[str], Shelf], tmp_path: Path) -> None:
    """One answer of an atom raised, and not exchanged: rows, arithmetic and the page of the subject say so."""
    shelf = shelves("sqlite")
    design = next(one for seed in range(50) if _own_atom(one := Design.of(seed)))
    subject, place = _own_atom(design) or (0, 0)
    sheets = list(design.played.sheets)
    sheets[place] = replace(
        sheets[place], scores=tuple(None if one is None else 4 * STEP for one in sheets[place].scores)
    )
    outside = Outside(shelf.take(nothing, name="outside"), tmp_path, [design])
    ids = [outside.released(one) for one in (design, design.with_sheets(sheets))]
    plain, louder = (outside.read(design, one).documents for one in ids)
    pages = {outside.page(design, one, subject).replace(one, "") for one in ids}
    shelf.put_back()

    seen = {name for name in plain if plain[name] != louder[name]}
    assert {"scores", f"summaries {subject}", f"explanations {subject}"} <= seen
    assert len(pages) == 2


def test_every_role_reads_the_same_figures_or_none(shelves: Callable[[str], Shelf], tmp_path: Path) -> None:
    """Viewer, analyst, the manager of the unit and the person; not the administrator, and not a colleague."""
    shelf = shelves("sqlite")
    design = next(one for seed in range(50) if _own_atom(one := Design.of(seed)) and len(_persons(one)) > 1)
    subject, _ = _own_atom(design) or (0, 0)
    colleague = next(one for one in _persons(design) if one != subject)
    outside = Outside(shelf.take(nothing, name="outside"), tmp_path, [design])
    release_id, unit = outside.released(design), design.external_id(design.played.subjects[subject].parent)
    service = outside.service
    browsers = {
        "viewer": outside.browser,
        "analyst": service.signed_in("analytiker", role=Role.ANALYST),
        "manager": service.signed_in("leder", role=Role.MANAGER, at=unit),
        "person": outside.rated(design, subject),
        "administrator": service.signed_in("admin", role=Role.ADMIN),
        "colleague": outside.rated(design, colleague),
    }
    pages = {who: outside.page(design, release_id, subject, browser) for who, browser in browsers.items()}
    shelf.put_back()

    figures = {who: re.findall(r'class="chart-figure">([^<]+)<', page) for who, page in pages.items()}
    assert figures["viewer"]
    assert {who for who, found in figures.items() if found == figures["viewer"]} == {
        "viewer",
        "analyst",
        "manager",
        "person",
    }
    assert pages["administrator"] == pages["colleague"] == ""


def _persons(design: Design) -> list[int]:
    return [place for place, one in enumerate(design.played.subjects) if one.kind == "person"]


def _own_atom(design: Design) -> tuple[int, int] | None:
    """A person with a protected atom of its own, and a sheet in it with something below the top."""
    made = design.played.partition()
    for atom in made.atoms:
        if atom.is_protected and not atom.is_carried and made.subjects[atom.subject].kind == "person":
            for place in sheets_of(design.played, atom):
                if any(one is not None and one < 4 * STEP for one in design.played.sheets[place].scores):
                    return atom.subject, place
    return None


def test_the_random_rounds_have_something_to_swap_to_silence_and_to_withhold() -> None:
    played = [Design.of(seed).played for seeds in SEEDS.values() for seed in seeds]
    published = [release(one) for one in played]
    atoms = [atom for one in published for atom in one.made.atoms if atom.is_protected]

    assert len(atoms) > 100
    assert sum(atom.is_carried for atom in atoms) > 20
    assert sum(len(atom.groups) > 1 for atom in atoms) > 5
    assert sum(len(one.made.unpublished) for one in published) > 50
    assert sum(len(one.comments) for one in published) > 20


def _found(outside: Outside, design: Design) -> Sequence[str]:
    """What an attacker finds in one round, in words; nothing if all is well."""
    published = release(design.played)
    release_id = outside.released(design)
    read = outside.read(design, release_id)
    wrong = [*_off_the_rules(design, published, read), *_solved(design, published, read)]
    wrong += _unexplained(design, read) + _on_the_page(outside, design, release_id, read)
    told = outside.read(design, outside.released(_swapped(design, published))).documents
    wrong += [f"a swap or a silent sheet shows in {name}" for name in told if told[name] != read.documents[name]]
    return wrong


def _off_the_rules(design: Design, published: Release, read: Read) -> list[str]:
    """Rows that are not those of whole atoms, and comments of sheets that are in none that shows some."""
    predicted = {_row(design, one.figure.subject, one.figure.groups, one.measure): one for one in published.rows}
    stray = [row for row in read.rows if row not in predicted]
    # A mixed row stands where one of its groups has no row of its own.
    idle = [
        row for row in read.rows if len(row[1]) > 1 and all((row[0], (name,), row[2]) in read.rows for name in row[1])
    ]
    persons = {design.external_id(place) for place, one in enumerate(design.played.subjects) if one.kind == "person"}
    # A unit may show less: all its measures stand on the same atoms.
    lost = [row for row in predicted if row[0] in persons and row not in read.rows]
    off = [
        row
        for row, (raters, mean) in read.rows.items()
        if row in predicted and (raters != predicted[row].sheets or abs(mean - predicted[row].mean) > 1e-9)
    ]
    allowed = {text for place in published.comments for text in published.comments[place]}
    loud = [text for texts in read.comments.values() for text in texts - allowed]
    return [
        f"{what}: {some}"
        for what, some in (("stray", stray), ("idle", idle), ("lost", lost), ("off", off), ("loud", loud))
        if some
    ]


def _solved(design: Design, published: Release, read: Read) -> list[str]:
    shown = [
        one for one in published.rows if _row(design, one.figure.subject, one.figure.groups, one.measure) in read.rows
    ]
    sums = sums_of(design.played, replace(published, rows=tuple(shown)))
    people = sorted({sheet.person for sheet in design.played.sheets})
    known = [[], people[:1], people[1:3]]
    return [f"{colluders} know too much" for colluders in known if attack(design.played, sums, colluders) != HELD]


def _unexplained(design: Design, read: Read) -> list[str]:
    """Combined scores that hold more than the rows beside them: every one follows from these by the public weights."""
    by_kpi: dict[tuple[str, int], dict[tuple[str, ...], float]] = {}
    for (subject, groups, measure), (_, mean) in read.rows.items():
        by_kpi.setdefault((subject, measure), {})[groups] = mean
    wrong = []
    for (subject, kpi), score in read.combined.items():
        if kpi is None:
            parts = [one for (about, number), one in read.combined.items() if about == subject and number is not None]
            expected = float(np.mean(parts))
        else:
            weights = _weights(design, kpi, by_kpi[subject, kpi])
            expected = sum(weights[groups] * mean for groups, mean in by_kpi[subject, kpi].items())
        if abs(score - expected) > 1e-9:
            wrong.append(f"{subject} {kpi}: {score} is not {expected}")
    return wrong


def _weights(design: Design, kpi: int, rows: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    weights = {
        groups: sum(
            WEIGHTS[name]
            for name in groups
            # Who has a row of his own weighs there.
            if (groups == (name,) or (name,) not in rows) and kpi in design.played.asked[0, design.names.index(name)]
        )
        for groups in rows
    }
    return {groups: weight / sum(weights.values()) for groups, weight in weights.items()}


def _on_the_page(outside: Outside, design: Design, release_id: str, read: Read) -> list[str]:
    """One page of each round: the figures that a browser shows are those of the API, and no others.

    The page of a unit also lists what is right below it.
    """
    subject = design.seed % len(design.played.subjects)
    page, name = outside.page(design, release_id, subject), design.external_id(subject)
    shown = set(re.findall(r'class="chart-figure">(100|\d+\.\d)<', page))
    rows = {printed(mean, "en") for _, mean in read.rows.values()} | {
        printed(one, "en") for one in read.combined.values()
    }
    combined = {printed(score, "en") for (about, _), score in read.combined.items() if about == name}
    missing = sorted(combined - set(re.findall(r"\b100\b|\d+\.\d", page))) if page else []
    strange = sorted(shown - rows)
    return [f"page of {name}: {what} {some}" for what, some in (("misses", missing), ("adds", strange)) if some]


def _row(design: Design, subject: int, groups: tuple[int, ...], measure: int) -> Row:
    return design.external_id(subject), tuple(design.names[group] for group in groups), measure


def _swapped(design: Design, published: Release) -> Design:
    """Two sheets of each protected atom exchanged between their raters, and every sheet in no atom said otherwise."""
    draw = np.random.default_rng(design.seed)
    sheets = list(design.played.sheets)
    for atom in published.made.atoms:
        by_form: dict[frozenset[int], list[int]] = {}
        for place in sheets_of(design.played, atom) if atom.is_protected else ():
            by_form.setdefault(design.played.asked[sheets[place].subject, sheets[place].group], []).append(place)
        for places in by_form.values():
            if len(places) > 1:
                one, other = draw.permutation(places)[:2].tolist()
                sheets[one], sheets[other] = _given(sheets[one], sheets[other]), _given(sheets[other], sheets[one])
    silent = {(one.subject, one.group) for one in published.made.unpublished}
    for place, sheet in enumerate(sheets):
        if (sheet.subject, sheet.group) in silent:
            asked = design.played.asked[sheet.subject, sheet.group]
            levels = tuple(int(draw.choice(LEVELS)) * STEP if measure in asked else None for measure in (0, 1))
            sheets[place] = replace(sheet, scores=levels, comment="Sagt av en annen.")
    return design.with_sheets(sheets)


def _given(sheet: Sheet, other: Sheet) -> Sheet:
    return replace(sheet, scores=other.scores, comment=other.comment)
