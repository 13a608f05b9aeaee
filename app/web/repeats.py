"""The page on which a round is let repeat: how long before it is drafted, who is told, whether it starts by itself."""

from collections.abc import Iterable, Mapping

from fastapi import Request, Response

from app.accounts.rules import Action
from app.encounters.queries import find_programme_of
from app.errors import AppError, FieldError, Invalid
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.queries import load_people, load_people_of
from app.repeats.commands import set_repetition
from app.repeats.intake import parse_repetition
from app.repeats.queries import find_repetition
from app.repeats.rules import USUAL_LEAD, missing_problems
from app.repeats.values import Problem, Repetition, RepetitionDraft, RepetitionState
from app.rounds.queries import load_rounds
from app.rounds.values import RoundId
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.known import NOBODY, find_known, known_people, name_of
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.round_parts import STATE_NAMES, frame_of
from app.words import in_locale

router = Pages()

DONE = {
    "repeats": Flash("good", "The change is stored.", "The next round is made by itself on the day that stands here.")
}
_NAMES = {"lead_days": "Days before it opens", "owner": "Who is told", "state": "State"}
STATES: Mapping[RepetitionState, tuple[str, str]] = {
    RepetitionState.RUNNING: ("Running", "accent"),
    RepetitionState.PAUSED: ("At rest", "neutral"),
    RepetitionState.STOPPED: ("Stopped", "neutral"),
}


@router.get("/rounds/{round_id}/repeat")
@access(Action.ROUNDS_READ)
def show_repeat(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _repeat_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/repeat")
@access(Action.ROUNDS_WRITE)
def save_repeat(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        with writing(request) as (session, visit):
            present = find_repetition(session, visit.viewer, round_id, now=visit.now)
            draft = _draft(session, visit, round_id, form, present)
            set_repetition(session, visit.viewer, round_id, draft, expected_version=version, now=visit.now)
    except REFUSED as error:
        return _again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/repeat", done="repeats")


def _draft(
    session: ReadSession, visit: Visit, round_id: str, form: Form, present: Repetition | None
) -> RepetitionDraft:
    """What was typed; who is told is typed as an address or external id."""
    company_id = frame_of(session, visit, round_id).round.company_id
    typed = form.one("owner").strip()
    person = find_known(session, company_id, typed) if typed else None
    if typed and person is None:
        raise Invalid([FieldError("owner", NOBODY)])
    given = {**nested(form, "version", "owner"), "owner_id": person.id if person else None}
    return parse_repetition(given, present=present, posted=True)


def _again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        names = {name: said(visit, label) for name, label in _NAMES.items()}
        return _repeat_page(session, visit, round_id, refused(visit, form, error, names=names))


def _repeat_page(session: ReadSession, visit: Visit, round_id: str, sent: Filled | None) -> Response:
    frame = frame_of(session, visit, round_id, "repeat")
    found = find_repetition(session, visit.viewer, round_id, now=visit.now)
    programme = find_programme_of(session, round_id)
    rounds = load_rounds(session, found.round_ids if found else [])
    form = sent or _filled(session, visit, found)
    return page(
        visit,
        "pages/rounds/repeat.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form,
        found=found,
        programme=programme.id if programme is not None else "",
        state=STATES[found.state] if found else ("", ""),
        states=[(one.value, said(visit, STATES[one][0])) for one in RepetitionState],
        lines=[
            (
                f"/rounds/{one}",
                in_locale(rounds[RoundId(one)].name, visit.locale),
                *STATE_NAMES[rounds[RoundId(one)].state],
            )
            for one in (found.round_ids if found else ())
        ],
        people=known_people(session, visit, frame.round.company_id),
        problems=told(visit, found.because) if found and found.state is RepetitionState.RUNNING else (),
        missing=missing_in(visit, found),
    )


def told(visit: Visit, problems: Iterable[Problem]) -> list[str]:
    """Why something came to nothing, in the visitor's language."""
    return [said(visit, problem.message, **problem.values) for problem in problems]


def missing_in(visit: Visit, found: Repetition | None) -> list[str]:
    """What to say of the groups that the draft of a repetition lacks."""
    return told(visit, missing_problems(found.missing_groups)) if found is not None else []


def _filled(session: ReadSession, visit: Visit, found: Repetition | None) -> Filled:
    if found is None:
        own = load_people_of(session, sorted(visit.viewer.own_subjects)).values()
        owner = next((name_of(one) for one in own), "")
        return fresh({"lead_days": str(USUAL_LEAD), "owner": owner, "starts_itself": ""})
    person = load_people(session, [found.owner_id]).get(found.owner_id) if found.owner_id else None
    return fresh(
        {
            "state": found.state.value,
            "lead_days": str(found.lead_days),
            "owner": name_of(person) if person else "",
            "starts_itself": "1" if found.starts_itself else "",
            "version": str(found.version),
        }
    )
