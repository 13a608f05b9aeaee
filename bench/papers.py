"""A summary as PDF: words, drawings and typesetting, against typst typesetting a document with a title and nothing else."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import fontpkg_open_sans
import typst

from app.accounts.values import Grant, Role, Viewer
from app.http.service import Service
from app.http.visit import Visit
from app.infra.keys import InstanceKey
from app.infra.templates import build_environment
from app.papers.summary_files import Paper, open_paper, pdf_of
from app.settings import Settings
from bench.forms import opened
from bench.report import Line
from bench.world import NOW
from tests.summaries.built import quarter

TIMES = 40
LIMIT = 0.2


def pdf(url: str, _folder: Path) -> Iterator[Line]:
    """Processor time of one page and of the full version, each of another person, after the first has filled caches."""
    database = opened(url)
    with database.write() as session:
        made = quarter(session)
    settings = Settings.model_validate(
        {"database_url": url, "secret_key": "the own key of the bench: 32 bytes or more", "worker": False}
    )
    service = Service(settings, database, InstanceKey(bytes(32)), build_environment())
    viewer = Viewer("account:bench", grants=(Grant(Role.ANALYST, made.company_id),))
    visit = Visit(service, NOW, "", {}, "nb", somebody=viewer)
    sofie = made.subjects["sofie.berg"]
    with database.read() as session:
        papers = [open_paper(session, visit, made.release.id, sofie, is_full=full) for full in (False, True)]
    fonts = typst.Fonts(False, False, [str(fontpkg_open_sans.ROOT / "files")])  # noqa: FBT003 - two of the library's own
    empty = _cpu(partial(_empty, fonts))
    for what, paper, most in zip(("one page", "full version"), papers, (100, 180), strict=True):
        cpu = _cpu(partial(_made, visit, paper))
        told = f"{1000 * cpu:.0f} ms CPU each"
        yield Line(
            "J7",
            f"PDF of a summary, {what}: ÷ an empty one",
            f"empty {1000 * empty:.2f} ms",
            told,
            cpu / empty,
            most=most,
        )
        yield Line("J7", f"PDF of a summary, {what}: ÷ 200 ms", "200 ms", told, cpu / LIMIT, most=1.0)
    database.dispose()


def _made(visit: Visit, paper: Paper, place: int) -> bytes:
    return pdf_of(visit, _of_another(paper, place))


def _of_another(paper: Paper, place: int) -> Paper:
    """The same summary of somebody else, so that nothing typeset before is found again."""
    name = f"Sofie Berg {place}"
    summary = paper.summary
    soft = tuple(replace(kpi, name={"nb": f"{name}: {kpi.name['nb']}", "en": name}) for kpi in summary.soft)
    return replace(paper, summary=replace(summary, subject=replace(summary.subject, name=name), soft=soft))


def _empty(fonts: typst.Fonts, place: int) -> None:
    source = f'#set document(title: "{place}")\n#set text(font: "Open Sans", lang: "nb")\n'
    typst.compile(source.encode(), font_paths=fonts, pdf_standards=["ua-1"])


def _cpu(make: Callable[[int], object]) -> float:
    """The usual processor time of one, all threads together."""
    taken = []
    for place in range(TIMES):
        begun = time.process_time()
        make(place)
        taken.append(time.process_time() - begun)
    return median(taken[TIMES // 4 :])
