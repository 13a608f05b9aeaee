"""The pages on the bounds of asking: conflicts of interest, what a round takes its raters, and the cap of a month."""

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.errors import AppError, FieldError, Invalid, NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.values import Person
from app.rounds.commands import lift_conflict, mark_conflict, set_load_cap
from app.rounds.queries import get_load_cap, list_conflicts, list_loads
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.known import NOBODY, find_known, known_people
from app.web.lists import company_of, every, next_href, slice_of
from app.web.render import Flash, flash_for, page, see_other
from app.web.round_parts import frame_of

router = Pages()

DONE = {
    "marked": Flash("good", "The conflict of interest is marked.", "Drafts no longer pair the two."),
    "lifted": Flash("good", "The mark is lifted.", "The two can be asked about each other again."),
    "cap": Flash("good", "The cap is stored.", "It holds for what is asked from now on."),
}


@router.get("/conflicts")
@access(Action.ROUNDS_READ)
def show_conflicts(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_conflicts(session, visit.viewer, company.id, slice_of(visit), on=visit.today)
    return page(
        visit,
        "pages/rounds/conflicts.html",
        flash=flash_for(visit, DONE),
        lines=[(one, *map(_called, one.people)) for one in found.items],
        older=next_href(visit, found),
        may_write=bool(roots(visit.viewer, Action.ROUNDS_WRITE)),
    )


@router.get("/conflicts/new")
@access(Action.ROUNDS_WRITE)
def show_new_conflict(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _new_page(session, visit, fresh({"since": visit.today.isoformat()}))


@router.post("/conflicts/new")
@access(Action.ROUNDS_WRITE)
def mark(request: Request) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        typed = [fields.text(name, longest=TEXT_LENGTH, required=True) or "" for name in ("one_id", "other_id")]
        reason = fields.text("reason", longest=TEXT_LENGTH, required=True) or ""
        since = fields.day("since")
        fields.finish()
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            one, other = _known(session, company.id, typed)
            mark_conflict(session, visit.viewer, one, other, reason=reason, since=since, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _new_page(session, visit, refused(visit, form, error))
    return see_other("/conflicts", done="marked")


@router.get("/conflicts/{conflict_id}/lift")
@access(Action.ROUNDS_WRITE)
def show_lift(request: Request, conflict_id: str) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = every(lambda part: list_conflicts(session, visit.viewer, company.id, part, on=visit.today))
    conflict = next((one for one in found if one.id == conflict_id), None)
    if conflict is None:
        raise NotFound
    one, other = map(_called, conflict.people)
    return page(visit, "pages/rounds/lift_conflict.html", conflict=conflict, one=one, other=other)


@router.post("/conflicts/{conflict_id}/lift")
@access(Action.ROUNDS_WRITE)
def lift(request: Request, conflict_id: str) -> Response:
    with writing(request) as (session, visit):
        lift_conflict(session, visit.viewer, conflict_id, now=visit.now)
    return see_other("/conflicts", done="lifted")


@router.get("/rounds/{round_id}/loads")
@access(Action.ROUNDS_READ)
def show_loads(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _loads_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/loads")
@access(Action.ROUNDS_WRITE)
def store_cap(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields(nested(form), posted=True)
        minutes = fields.whole("minutes", 0, 10**6, required=True) or 0
        fields.finish()
        with writing(request) as (session, visit):
            frame = frame_of(session, visit, round_id, "assignments")
            set_load_cap(session, visit.viewer, frame.round.company_id, minutes, now=visit.now)
    except REFUSED as error:
        return _loads_again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/loads", done="cap")


def _loads_again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _loads_page(session, visit, round_id, refused(visit, form, error))


def _loads_page(session: ReadSession, visit: Visit, round_id: str, form: Filled | None) -> Response:
    frame = frame_of(session, visit, round_id, "assignments")
    found, limits = list_loads(session, visit.viewer, round_id, slice_of(visit), now=visit.now)
    cap = get_load_cap(session, visit.viewer, frame.round.company_id)
    return page(
        visit,
        "pages/rounds/loads.html",
        status=form.status if form else 200,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form or fresh({"minutes": str(cap)}),
        cap=cap,
        month=limits.month,
        lines=[
            (one, one.name or one.email or "", -(-one.seconds // 60), -(-one.month_seconds // 60))
            for one in found.items
        ],
        older=next_href(visit, found),
        may_set=may(visit.viewer, Action.ROUNDS_WRITE, (frame.round.company_id,)),
    )


def _new_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    company = company_of(session, visit)
    return page(
        visit,
        "pages/rounds/new_conflict.html",
        status=form.status,
        form=form,
        people=known_people(session, visit, company.id),
    )


def _known(session: ReadSession, company_id: str, typed: list[str]) -> tuple[str, str]:
    one, other = (find_known(session, company_id, text) for text in typed)
    missing = [name for name, person in (("one_id", one), ("other_id", other)) if person is None]
    if one is None or other is None:
        raise Invalid([FieldError(name, NOBODY) for name in missing])
    return one.id, other.id


def _called(person: Person) -> str:
    return person.name or person.email or person.external_id or ""
