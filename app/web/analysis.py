"""What analysts alone find behind the results: both scores, strict and mild raters, reliability, and their notes.

Whoever analyses nobody in a release is answered as if there were no such pages.
"""

from urllib.parse import urlencode

from fastapi import Request, Response

from app.accounts.rules import Action
from app.analysis.commands import answer_assignment, note_score
from app.analysis.intake import parse_answer, parse_note, parse_wished
from app.analysis.queries import get_changes, get_outline, get_reliability, get_severity
from app.analysis.rules import WISHED
from app.analysis.values import Choice, Severity
from app.deferred import dataclass
from app.errors import NotFound
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import number
from app.web import analysis_changes as changes
from app.web import analysis_rows as rows
from app.web.analysis_table import model_table
from app.web.analysis_words import ANSWERS, CHOICES
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.render import Flash, download, flash_for, page, said, see_other
from app.words import in_locale

router = Pages()

DONE = {
    "answered": Flash("good", "The answer is stored.", "The scores below follow it."),
    "noted": Flash("good", "The note is stored.", "Released figures stay as they are."),
}
WISHES = (0.5, 0.6, WISHED, 0.8, 0.9)
_TABS = (("scores", "Scores"), ("changes", "Changes"), ("raters", "Raters"), ("reliability", "Reliability"))


@dataclass(frozen=True, slots=True)
class Frame:
    """What the pages share: where they are, which KPI, and the way to the others."""

    base: str
    kpi_id: str
    kpi: str
    kpis: tuple[tuple[str, str], ...]
    tabs: tuple[tuple[str, str, bool], ...]
    earlier: bool


@dataclass(frozen=True, slots=True)
class Around:
    """The ways to the neighbouring parts of a long list; empty where there are none."""

    newer: str
    older: str


@router.get("/results/{release_id}/analysis/scores")
@access(Action.RESULTS_ANALYSE)
def show_scores(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        return _scores_page(session, visit, release_id, None)


@router.get("/results/{release_id}/analysis/raters")
@access(Action.RESULTS_ANALYSE)
def show_raters(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = _frame(session, visit, release_id, "raters")
        found = _severity(session, visit, release_id, frame)
    start = _start(visit)
    return page(
        visit,
        "pages/analysis/raters.html",
        frame=frame,
        found=found,
        raters=rows.rater_lines(visit, found, rows.part_of(found.raters, start)),
        left_out=rows.left_out_lines(visit, found.left_out),
        components=rows.component_lines(visit, found.components),
        levels=rows.level_lines(visit, found.components),
        parts_more=max(0, len(found.components) - rows.PARTS),
        around=_around(visit, start, len(found.raters)),
    )


@router.get("/results/{release_id}/analysis/raters.csv")
@access(Action.RESULTS_ANALYSE)
def download_model(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        found = _severity(session, visit, release_id, _frame(session, visit, release_id, "raters"))
    return download(model_table(visit, found), "raters.csv", "text/csv; charset=utf-8")


@router.get("/results/{release_id}/analysis/changes")
@access(Action.RESULTS_ANALYSE)
def show_changes(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = _frame(session, visit, release_id, "changes")
        found = get_changes(session, visit.viewer, release_id, frame.kpi_id, on=visit.today)
    start = _start(visit)
    return page(
        visit,
        "pages/analysis/changes.html",
        frame=frame,
        rounds=changes.round_lines(visit, found),
        subjects=changes.change_lines(visit, found, tuple(rows.part_of(found.subjects, start))),
        around=_around(visit, start, len(found.subjects)),
    )


@router.get("/results/{release_id}/analysis/reliability")
@access(Action.RESULTS_ANALYSE)
def show_reliability(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = _frame(session, visit, release_id, "reliability")
        wished = parse_wished({"wished": visit.query.get("wished", "")}, posted=True)
        found = get_reliability(session, visit.viewer, release_id, frame.kpi_id, wished=wished, on=visit.today)
    return page(
        visit,
        "pages/analysis/reliability.html",
        frame=frame,
        found=found,
        wishes=[(one, number(one, visit.locale)) for one in sorted({*WISHES, wished})],
        groups=rows.group_lines(visit, found.groups),
        same=rows.same_lines(visit, found.groups),
        studies=rows.study_lines(visit, found.groups),
        left_out=rows.left_out_lines(visit, found.left_out),
    )


@router.post("/results/{release_id}/analysis/assignment")
@access(Action.RESULTS_ANALYSE)
def store_answer(request: Request, release_id: str) -> Response:
    form = posted(request)
    try:
        answer = parse_answer({"answer": form.one("answer")}, posted=True)
        with writing(request) as (session, visit):
            answer_assignment(session, visit.viewer, release_id, answer, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _scores_page(session, visit, release_id, refused(visit, form, error))
    return see_other(_href(release_id, "scores", form.one("kpi_id") or ""), done="answered")


@router.get("/results/{release_id}/analysis/notes/new")
@access(Action.RESULTS_ANALYSE)
def show_new_note(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        return _note_page(session, visit, release_id, fresh({name: visit.query.get(name) for name in _ABOUT}))


@router.post("/results/{release_id}/analysis/notes/new")
@access(Action.RESULTS_ANALYSE)
def store_note(request: Request, release_id: str) -> Response:
    form = posted(request)
    try:
        draft = parse_note(nested(form), posted=True)
        with reading(request) as (session, visit):
            # The model, if it has to be fitted, takes its time before anybody has to wait for the turn to write.
            get_severity(session, visit.viewer, release_id, draft.kpi_id, on=visit.today)
        with writing(request) as (session, visit):
            note_score(session, visit.viewer, release_id, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _note_page(session, visit, release_id, refused(visit, form, error))
    return see_other(_href(release_id, "scores", draft.kpi_id), done="noted")


_ABOUT = ("kpi_id", "subject_id")


def _scores_page(session: ReadSession, visit: Visit, release_id: str, sent: Filled | None) -> Response:
    frame = _frame(session, visit, release_id, "scores", kpi_id=sent.value("kpi_id") if sent else "")
    found = _severity(session, visit, release_id, frame)
    form = sent or Filled({"answer": (found.rounds[0].assignment.answer.value,)})
    start = _start(visit)
    subjects = rows.part_of(found.subjects, start)
    return page(
        visit,
        "pages/analysis/scores.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        found=found,
        form=form,
        answers=[(answer.value, said(visit, label), said(visit, hint)) for answer, (label, hint) in ANSWERS.items()],
        answered={answer.value: said(visit, label) for answer, (label, _) in ANSWERS.items()},
        choices={choice.value: said(visit, label) for choice, label in CHOICES.items()},
        components=rows.component_lines(visit, found.components),
        parts_more=max(0, len(found.components) - rows.PARTS),
        left_out=rows.left_out_lines(visit, found.left_out),
        subjects=rows.subject_lines(visit, found, subjects),
        notes=[(one.name, one.note) for one in subjects if one.note],
        around=_around(visit, start, len(found.subjects)),
    )


def _note_page(session: ReadSession, visit: Visit, release_id: str, form: Filled) -> Response:
    found = get_severity(session, visit.viewer, release_id, form.value("kpi_id"), on=visit.today)
    subject = next((one for one in found.subjects if one.subject_id == form.value("subject_id")), None)
    if subject is None:
        raise NotFound
    return page(
        visit,
        "pages/analysis/note.html",
        status=form.status,
        form=form,
        found=found,
        subject=subject,
        line=rows.subject_lines(visit, found, [subject])[0],
        choices=[
            (choice.value, said(visit, label))
            for choice, label in CHOICES.items()
            if subject.fair is not None or choice is not Choice.FAIR
        ],
        back=_href(release_id, "scores", found.kpi.kpi_id),
    )


def _frame(session: ReadSession, visit: Visit, release_id: str, tab: str, *, kpi_id: str = "") -> Frame:
    outline = get_outline(session, visit.viewer, release_id, on=visit.today)
    kpis = outline.kpis
    wanted = kpi_id or visit.query.get("kpi_id") or (kpis[0].kpi_id if kpis else "")
    if wanted not in {kpi.kpi_id for kpi in kpis}:
        raise NotFound
    names = {kpi.kpi_id: in_locale(kpi.name, visit.locale) for kpi in kpis}
    shown = _TABS if outline.is_whole else _TABS[:-1]
    tabs = tuple((said(visit, label), _href(release_id, name, wanted), name == tab) for name, label in shown)
    return Frame(
        base=f"/results/{release_id}",
        kpi_id=wanted,
        kpi=names[wanted],
        kpis=tuple(names.items()),
        tabs=tabs,
        earlier=visit.query.get("earlier") == "1",
    )


def _severity(session: ReadSession, visit: Visit, release_id: str, frame: Frame) -> Severity:
    return get_severity(session, visit.viewer, release_id, frame.kpi_id, earlier=frame.earlier, on=visit.today)


def _href(release_id: str, tab: str, kpi_id: str) -> str:
    return f"/results/{release_id}/analysis/{tab}?{urlencode({'kpi_id': kpi_id})}"


def _start(visit: Visit) -> int:
    """Where the page of a long list begins; what is no number begins at the beginning."""
    given = visit.query.get("from", "")
    return int(given) if given.isdecimal() and len(given) < _LONGEST else 0


_LONGEST = 9


def _around(visit: Visit, start: int, count: int) -> Around:
    kept = {name: value for name, value in visit.query.items() if name not in {"from", "done", "lang"}}

    def part(at: int) -> str:
        return f"{visit.path}?{urlencode({**kept, 'from': at})}"

    return Around(
        newer=part(max(0, start - rows.AT_ONCE)) if start else "",
        older=part(start + rows.AT_ONCE) if start + rows.AT_ONCE < count else "",
    )
