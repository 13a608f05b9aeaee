"""The step of a round on its times, reminders and release, with the letter as it will be sent."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import Request, Response

from app.accounts.rules import Action
from app.errors import AppError, Invalid
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import Locale
from app.infra.templates import LOCALES
from app.invitations.sample import sample_letter
from app.mail.letters import OPT_OUT, letter_in_parts
from app.rounds.commands import change_round
from app.rounds.intake import parse_round
from app.rounds.values import Round, RoundDraft
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.local_times import TWICE, twice_values, typed_of, with_moments
from app.web.render import flash_for, page, said, see_other
from app.web.round_parts import DONE, RoundFrame, draft_frame

router = Pages()

TIMES = ("opens_at", "closes_at", "reminders")


@router.get("/rounds/{round_id}/letter")
@access(Action.ROUNDS_WRITE)
def show_letter(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _letter_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/letter")
@access(Action.ROUNDS_WRITE)
def save_letter(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            present = draft_frame(session, visit, round_id, "letter").round
            draft = draft_with_times(visit, form, present)
            change_round(session, visit.viewer, round_id, draft, now=visit.now)
    except REFUSED as error:
        return _again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/start", done="saved")


def draft_with_times(visit: Visit, form: Form, present: Round) -> RoundDraft:
    """The round with the local times and other fields of a form; Invalid names all that is wrong with them."""
    given, wrong = with_moments(nested(form), TIMES, visit.settings.zone)
    try:
        draft = parse_round(given, company_id=present.company_id, present=present, posted=True)
    except Invalid as error:
        # The times of the round as it is stand in for those that were refused, so what follows from them is dropped.
        raise Invalid([*wrong, *(() if wrong else error.errors)]) from error
    if wrong:
        raise Invalid(wrong)
    return draft


def texts_of_times(visit: Visit, found: Round) -> dict[str, tuple[str, ...]]:
    """The times of a round as they stand in the fields."""
    zone = visit.settings.zone
    reminders = {f"reminders.{place}": (typed_of(at, zone),) for place, at in enumerate(found.reminders)}
    times = {"opens_at": (typed_of(found.opens_at, zone),), "closes_at": (typed_of(found.closes_at, zone),)}
    return {**times, **reminders, "release_mode": (found.release_mode.value,), "talk_days": (str(found.talk_days),)}


def doubled_hours(visit: Visit, found: Round) -> Mapping[str, str]:
    """What to say beside a time that comes twice in its night, by field."""
    moments: dict[str, datetime] = {"opens_at": found.opens_at, "closes_at": found.closes_at}
    moments |= {f"reminders.{place}": at for place, at in enumerate(found.reminders)}
    doubled = {name: twice_values(at, visit.settings.zone) for name, at in moments.items()}
    return {name: said(visit, TWICE, **values) for name, values in doubled.items() if values}


def time_names(visit: Visit) -> Mapping[str, str]:
    """What the fields on times are called."""
    return {
        "opens_at": said(visit, "Opens"),
        "closes_at": said(visit, "Closes"),
        "reminders.0": said(visit, "First reminder"),
        "reminders.1": said(visit, "Second reminder"),
        "reminders": said(visit, "Reminders"),
        "release_mode": said(visit, "Release"),
        "talk_days": said(visit, "When people read their own feedback"),
    }


def _again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _letter_page(session, visit, round_id, refused(visit, form, error, names=time_names(visit)))


def _letter_page(session: ReadSession, visit: Visit, round_id: str, sent: Filled | None) -> Response:
    frame = draft_frame(session, visit, round_id, "letter")
    wanted = visit.query.get("letter")
    locale = next((one for one in LOCALES if one == wanted), visit.locale)
    subject, body = _letter(session, visit, frame, locale)
    form = sent or Filled(texts_of_times(visit, frame.round))
    return page(
        visit,
        "pages/rounds/letter.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form,
        doubled=doubled_hours(visit, frame.round) if sent is None else {},
        letter_locale=locale,
        subject=subject,
        body=body,
    )


def _letter(session: ReadSession, visit: Visit, frame: RoundFrame, locale: Locale) -> tuple[str, str]:
    """Subject and text of the letter as somebody would get it; empty while nobody is asked anything."""
    mail = sample_letter(session, visit.viewer, frame.round.id, locale=locale, now=visit.now)
    if mail is None:
        return "", ""
    place = f"{visit.settings.address}/…"
    links = {"link": place, "language_link": place, OPT_OUT: place}
    shown = letter_in_parts(mail, links, templates=visit.service.templates)
    return shown.subject, shown.text
