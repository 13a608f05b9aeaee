"""The feedback summary of a subject, how it was computed, and what is said before there is one."""

from urllib.parse import urlencode

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.focus.queries import load_focus
from app.followup.relations import get_prompts
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import Visit, reading
from app.infra.database import ReadSession
from app.organisation.queries import load_subjects
from app.organisation.values import UNIT_KINDS, SubjectId, SubjectKind
from app.papers import arithmetic, figures
from app.papers.prompt_words import questions_of
from app.papers.result_text import shown
from app.papers.step_text import step_text
from app.releases.rules import OpensLater
from app.releases.values import Release
from app.summaries import queries
from app.summaries.against import load_against
from app.summaries.competences import competence_scores
from app.summaries.entries import Member
from app.summaries.standings import has_comparison
from app.summaries.values import Place, Summary
from app.talks.queries import get_talk
from app.web.against_text import against_text
from app.web.contests import beside_texts
from app.web.focus import focus_lines
from app.web.lists import every, next_href, slice_of
from app.web.render import flash_for, page, see_other
from app.web.talk_words import DONE as TALK_DONE
from app.words import in_locale

router = Pages()

DIVISIONS = (SubjectKind.DEPARTMENT, SubjectKind.TEAM)


@dataclass(frozen=True, slots=True)
class Below:
    """What hangs under a unit: divisions, a slice of its people, competitors of a company; all by name."""

    divisions: tuple[Member, ...] = ()
    people: tuple[Member, ...] = ()
    competitors: tuple[Member, ...] = ()
    more_people: str = ""


@router.get("/results/{release_id}/subjects/{subject_id}")
@access(SIGNED_IN)
def show_summary(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        try:
            summary = queries.get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
        except OpensLater as error:
            return see_other(f"/results/rounds/{error.round_id}/subjects/{subject_id}")
        is_person = summary.subject.kind is SubjectKind.PERSON
        talk = get_talk(session, visit.viewer, release_id, subject_id, on=visit.today) if is_person else None
        focus = next(iter(load_focus(session, visit.viewer, [subject_id], on=visit.today)), None)
        below = _below(session, visit, summary)
        prompts = get_prompts(session, visit.viewer, release_id, subject_id, on=visit.today).prompts
        place = load_subjects(session, [subject_id], on=visit.today)[SubjectId(subject_id)]
        may_plan = may(visit.viewer, Action.DECISIONS_WRITE, place.path)
        is_unit = summary.subject.kind in UNIT_KINDS
        compared = is_unit and has_comparison(session, release_id, subject_id)
        beside = beside_texts(session, visit, summary.release.company_id, release_id, subject_id) if is_unit else []
    return page(
        visit,
        "pages/summary/summary.html",
        flash=flash_for(visit, TALK_DONE),
        summary=summary,
        talk=talk,
        focus=focus,
        in_focus=() if focus is None else focus_lines(visit, focus),
        today=visit.today,
        below=below,
        base=f"/results/{release_id}/subjects/",
        way=way_to(summary.above, f"/results/{release_id}/subjects/"),
        is_own=subject_id in visit.viewer.own_subjects,
        is_compared=compared,
        beside=beside,
        has_competences=bool(competence_scores(summary)),
        plan_href=_plan_href(visit, summary) if may_plan else "",
        may_try=bool(roots(visit.viewer, Action.RESULTS_READ)),
        figures=shown(visit, summary, with_courses=may(visit.viewer, Action.READINGS_READ, place.path)),
        # Own ratings that differ from the others stand above already.
        questions=questions_of(visit, [prompt for prompt in prompts if len(prompt.kpis) > 1]),
        divisions=figures.member_rows(visit, release_id, below.divisions),
        people=figures.member_rows(visit, release_id, below.people),
    )


@router.get("/results/{release_id}/subjects/{subject_id}/arithmetic")
@access(SIGNED_IN)
def show_arithmetic(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        found = queries.get_arithmetic(session, visit.viewer, release_id, subject_id, on=visit.today)
        against = load_against(session, visit.viewer, release_id, subject_id, on=visit.today)
    base = f"/results/{release_id}/subjects/"
    return page(
        visit,
        "pages/summary/arithmetic.html",
        found=found,
        summary_href=f"{base}{subject_id}",
        way=way_to(found.above, base),
        terms=arithmetic.terms_of(visit, found),
        total=arithmetic.total_of(visit, found),
        against=against_text(visit, against, f"{base}{subject_id}/arithmetic"),
    )


@router.get("/results/rounds/{round_id}/subjects/{subject_id}")
@access(SIGNED_IN)
def show_coming(request: Request, round_id: str, subject_id: str) -> Response:
    """Name and period with the day on which the results can be read; once they can, on to them."""
    with reading(request) as (session, visit):
        found = queries.get_coming(session, visit.viewer, round_id, subject_id, on=visit.today)
    if isinstance(found, Release):
        return see_other(f"/results/{found.id}/subjects/{subject_id}")
    return page(visit, "pages/summary/coming.html", found=found, way=way_to(found.above, ""))


def way_to(above: tuple[Place, ...], base: str) -> list[tuple[str, str]]:
    """The units above, each with its address where the viewer may read it."""
    return [(place.name, f"{base}{place.id}" if base and place.is_readable else "") for place in above]


def _plan_href(visit: Visit, summary: Summary) -> str:
    """Where a plan of the next step begins, with its item and what is done filled in; nowhere without a step."""
    step, told = summary.step, step_text(visit, summary)
    if step is None or told is None:
        return ""
    exercise = step.item.practice.exercise
    what = told.work_on if exercise is None else in_locale(exercise.text, visit.locale)
    chosen = {"kpi_id": step.kpi_id, "subject_id": summary.subject.id, "item": step.item.code, "what": what}
    return f"/plans/new?{urlencode(chosen)}"


def _below(session: ReadSession, visit: Visit, summary: Summary) -> Below:
    if summary.subject.kind not in UNIT_KINDS:
        return Below()

    def some(*kinds: SubjectKind) -> tuple[Member, ...]:
        return every(
            lambda part: queries.list_members(session, visit.viewer, summary, part, kinds=kinds, on=visit.today)
        )

    people = queries.list_members(
        session, visit.viewer, summary, slice_of(visit), kinds=[SubjectKind.PERSON], on=visit.today
    )
    is_company = summary.subject.kind is SubjectKind.COMPANY
    return Below(
        divisions=some(*DIVISIONS),
        people=people.items,
        competitors=some(SubjectKind.COMPETITOR) if is_company else (),
        more_people=next_href(visit, people),
    )
