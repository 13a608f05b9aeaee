"""The first step of a round: which unit, what it is called, for which period, what for and who asks."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from app.accounts.rules import Action
from app.errors import AppError, Forbidden
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import period
from app.infra.ids import is_id
from app.infra.templates import LOCALES, translate
from app.organisation.queries import load_subjects
from app.organisation.values import SubjectId
from app.rounds.commands import change_round, create_round
from app.rounds.intake import parse_round
from app.rounds.moderators import load_usual_moderators
from app.rounds.values import Round
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import company_of
from app.web.places import list_units, options_of
from app.web.render import page, said, see_other
from app.web.round_parts import draft_frame, first_step

router = Pages()

OPENS, CLOSES = time(8), time(16)
OPEN_FOR = timedelta(days=14)
REMINDERS = (timedelta(days=7), timedelta(days=12))
USUAL_PURPOSE = "We want to know how others experience us, and what each of us can practise."
"""What stands first in the letter as long as nobody writes anything else."""


@router.get("/rounds/new")
@access(Action.ROUNDS_WRITE)
def show_new(request: Request) -> Response:
    with reading(request) as (session, visit):
        first, last = quarter_of(visit.today)
        purpose = {f"purpose.{one}": translate(visit.service.templates, USUAL_PURPOSE, one) for one in LOCALES}
        wish = {
            "period_start": first.isoformat(),
            "period_end": last.isoformat(),
            "asked_by": visit.viewer.name,
            **purpose,
        }
        return _about_page(session, visit, fresh({**wish, "scope_id": visit.query.get("unit")}), None)


@router.post("/rounds/new")
@access(Action.ROUNDS_WRITE)
def begin(request: Request) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            given = {**nested(form), **usual_times(visit.today, visit.settings.zone), **_called(session, visit, form)}
            usual = load_usual_moderators(session, company.id)
            draft = parse_round(given, company_id=company.id, moderators=usual, posted=True)
            made = create_round(session, visit.viewer, company.id, draft, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _about_page(session, visit, refused(visit, form, error, names=_names(visit)), None)
    return see_other(f"/rounds/{made.id}/who", done="created")


@router.get("/rounds/{round_id}/about")
@access(Action.ROUNDS_WRITE)
def show_about(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        found = draft_frame(session, visit, round_id, "about").round
        return _about_page(session, visit, fresh(_texts(found)), round_id)


@router.post("/rounds/{round_id}/about")
@access(Action.ROUNDS_WRITE)
def save_about(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            present = draft_frame(session, visit, round_id, "about").round
            draft = parse_round(nested(form), company_id=present.company_id, present=present, posted=True)
            change_round(session, visit.viewer, round_id, draft, now=visit.now)
    except REFUSED as error:
        return _again(request, round_id, error)
    return see_other(f"/rounds/{round_id}/who", done="saved")


def _called(session: ReadSession, visit: Visit, form: Form) -> Mapping[str, object]:
    """What a round is called that nobody has named: its unit and its period; nothing where either cannot be told."""
    if any(form.one(f"name.{locale}").strip() for locale in LOCALES):
        return {}
    scope_id = form.one("scope_id")
    unit = load_subjects(session, [scope_id] if is_id(scope_id) else [], on=visit.today).get(SubjectId(scope_id))
    try:
        first, last = (date.fromisoformat(form.one(name)) for name in ("period_start", "period_end"))
    except ValueError:
        return {}
    return {} if unit is None else {"name": {one: f"{unit.name}, {period(first, last, one)}" for one in LOCALES}}


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of a day's quarter.

    >>> [str(end) for end in quarter_of(date(2026, 11, 23))]
    ['2026-10-01', '2026-12-31']
    """
    first = date(day.year, day.month - (day.month - 1) % 3, 1)
    after = first.replace(day=28) + timedelta(days=75)
    return first, after.replace(day=1) - timedelta(days=1)


def usual_times(today: date, zone: ZoneInfo) -> Mapping[str, object]:
    """When a round opens, reminds and closes unless somebody says otherwise: two weeks from the next weekday."""
    opens = today + timedelta(days=3 if today.weekday() == 4 else 2 if today.weekday() == 5 else 1)
    reminders = [datetime.combine(opens + after, OPENS, zone).isoformat() for after in REMINDERS]
    return {
        "opens_at": datetime.combine(opens, OPENS, zone).isoformat(),
        "closes_at": datetime.combine(opens + OPEN_FOR, CLOSES, zone).isoformat(),
        "reminders": dict(enumerate(reminders)),
    }


def _texts(found: Round) -> dict[str, str | None]:
    return {
        **{f"name.{locale}": text for locale, text in found.name.items()},
        **{f"purpose.{locale}": text for locale, text in found.purpose.items()},
        "asked_by": found.asked_by,
        "scope_id": found.scope_id,
        "period_start": found.period_start.isoformat(),
        "period_end": found.period_end.isoformat(),
    }


def _names(visit: Visit) -> Mapping[str, str]:
    return {
        "asked_by": said(visit, "Who asks"),
        "period_start": said(visit, "Period from"),
        "period_end": said(visit, "Period to"),
        "scope_id": said(visit, "Unit"),
    }


def _again(request: Request, round_id: str, error: AppError) -> Response:
    with reading(request) as (session, visit):
        filled = refused(visit, posted(request), error, names=_names(visit))
        return _about_page(session, visit, filled, round_id)


def _about_page(session: ReadSession, visit: Visit, form: Filled, round_id: str | None) -> Response:
    frame = draft_frame(session, visit, round_id, "about") if round_id else None
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.ROUNDS_WRITE)
    if not units:
        raise Forbidden
    return page(
        visit,
        "pages/rounds/about.html",
        status=form.status,
        form=form,
        frame=frame,
        steps=frame.steps if frame else first_step(visit),
        units=options_of(units),
    )
