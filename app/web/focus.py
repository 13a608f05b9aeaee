"""The page of what a person works on: the KPIs in focus, what is proposed, and choosing or proposing another."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fastapi import Request, Response

from app.accounts.rules import Action
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.focus.commands import choose_focus, drop_focus, propose_focus
from app.focus.intake import parse_focus
from app.focus.queries import get_focus
from app.focus.values import Focus, FocusDraft, FocusKpi
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import day, points_range, score
from app.papers.result_words import reason
from app.releases.values import ScoreLevel
from app.scoring.bands import Band
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.render import Flash, flash_for, page, said, see_other
from app.words import in_locale

router = Pages()

DONE = {
    "chosen": Flash("good", "It is in focus.", "It stands first in My week, with the feedback and in the next talk."),
    "proposed": Flash("good", "It is proposed.", "Whoever leads you finds it with your feedback and in the next talk."),
    "dropped": Flash("good", "It is out of focus."),
}
_LABELS = {"kpi_id": "Which KPI", "instead_of_id": "Instead of"}


@dataclass(frozen=True, slots=True)
class FocusLine:
    """A KPI in focus as pages print it."""

    kpi_id: str
    name: str
    figure: str
    band: Band | None
    href: str
    note: str
    instead_of: str = ""


def focus_line(visit: Visit, focus: Focus, one: FocusKpi) -> FocusLine:
    """A KPI in focus, or proposed for it, as pages print it."""
    figure, note = one.figure, ""
    if one.since is not None:
        since = day(one.since, visit.locale)
        sentence = "Since {day}, {name}." if one.set_by else "Since {day}."
        note = said(visit, sentence, day=since, name=one.set_by)
    told = ""
    if figure is not None and figure.score is None:
        why = reason(visit, figure, level=ScoreLevel.KPI)
        told = said(visit, "Withheld: {reason}", reason=why) if why else ""
    elif figure is not None:
        told = said(
            visit,
            "{score}, probably {ends}",
            score=score(figure.score, visit.locale),
            ends=points_range(figure.lo, figure.hi),
        )
    return FocusLine(
        one.kpi.id,
        in_locale(one.kpi.name, visit.locale),
        told,
        one.band,
        f"/kpis/{one.kpi.id}/course/{focus.person.id}",
        note,
        in_locale(one.instead_of.name, visit.locale) if one.instead_of is not None else "",
    )


def focus_lines(visit: Visit, focus: Focus) -> Sequence[FocusLine]:
    """What is in focus, as pages print it."""
    return [focus_line(visit, focus, one) for one in focus.kpis]


@router.get("/focus/{subject_id}")
@access(SIGNED_IN)
def show_focus(request: Request, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        focus = get_focus(session, visit.viewer, subject_id, on=visit.today)
    return _page(visit, focus, fresh({}))


@router.post("/focus/{subject_id}")
@access(Action.DECISIONS_WRITE)
def choose(request: Request, subject_id: str) -> Response:
    return _set(request, subject_id, choose_focus, "chosen")


@router.post("/focus/{subject_id}/proposal")
@access(SIGNED_IN)
def propose(request: Request, subject_id: str) -> Response:
    return _set(request, subject_id, propose_focus, "proposed")


@router.post("/focus/{subject_id}/kpis/{kpi_id}/drop")
@access(SIGNED_IN)
def drop(request: Request, subject_id: str, kpi_id: str) -> Response:
    posted(request)
    with writing(request) as (session, visit):
        drop_focus(session, visit.viewer, subject_id, kpi_id, now=visit.now)
    return see_other(f"/focus/{subject_id}", done="dropped")


def _set(request: Request, subject_id: str, command: Callable[..., Focus], done: str) -> Response:
    form = posted(request)
    try:
        draft: FocusDraft = parse_focus(nested(form), posted=True)
        with writing(request) as (session, visit):
            command(session, _speaking(visit), subject_id, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _again(session, visit, subject_id, refused(visit, form, error, names=_names(visit)))
    return see_other(f"/focus/{subject_id}", done=done)


def _speaking(visit: Visit) -> Viewer:
    """Who acts, to be told in the language of the page which two there are."""
    return replace(visit.viewer, locale=visit.locale)


def _again(session: ReadSession, visit: Visit, subject_id: str, form: Filled) -> Response:
    return _page(visit, get_focus(session, visit.viewer, subject_id, on=visit.today), form)


def _names(visit: Visit) -> dict[str, str]:
    return {name: said(visit, label) for name, label in _LABELS.items()}


def _page(visit: Visit, focus: Focus, form: Filled) -> Response:
    proposal = None if focus.proposal is None else focus_line(visit, focus, focus.proposal)
    chosen = [] if focus.is_of_card else [(one.kpi.id, in_locale(one.kpi.name, visit.locale)) for one in focus.kpis]
    return page(
        visit,
        "pages/focus/focus.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        focus=focus,
        lines=focus_lines(visit, focus),
        proposal=proposal,
        chosen=chosen,
        choices=[(kpi.id, in_locale(kpi.name, visit.locale)) for kpi in focus.choices],
        form=form,
        is_own=focus.may_propose,
    )
