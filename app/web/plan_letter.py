"""You said, we did: two sentences about a finished plan, seen as a letter before they go to those who were asked."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import Locale
from app.infra.templates import LOCALES
from app.mail.letters import OPT_OUT, letter_in_parts
from app.plans.intake import SENTENCE_LENGTH, parse_we_did
from app.plans.queries import get_plan
from app.plans.rules import NobodyToTell
from app.plans.tell import load_telling, sample_we_did, tell_raters
from app.plans.values import ActionPlan, WeDid
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.render import page, said, see_other
from app.web.round_parts import GROUP_NAMES
from app.words import in_locale

router = Pages()

ACT = "act"


@router.get("/plans/{plan_id}/tell")
@access(Action.DECISIONS_WRITE)
def show_tell(request: Request, plan_id: str) -> Response:
    with reading(request) as (session, visit):
        return _tell_page(session, visit, plan_id, Filled())


@router.post("/plans/{plan_id}/tell")
@access(Action.DECISIONS_WRITE)
def tell(request: Request, plan_id: str) -> Response:
    form = posted(request)
    try:
        words = parse_we_did(nested(form, ACT), posted=True)
        if form.one(ACT) != "send":
            return _preview(request, plan_id, form, words)
        with writing(request) as (session, visit):
            tell_raters(session, visit.viewer, plan_id, words, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {"heard": said(visit, "You said"), "did": said(visit, "We did")}
            return _tell_page(session, visit, plan_id, refused(visit, form, error, names=names))
    return see_other(f"/plans/{plan_id}", done="told")


def _preview(request: Request, plan_id: str, form: Form, words: WeDid) -> Response:
    """The form again, to be changed; or the letter in each language, with what sends it."""
    with reading(request) as (session, visit):
        return _tell_page(session, visit, plan_id, Filled(form), None if form.one(ACT) == "change" else words)


def _tell_page(session: ReadSession, visit: Visit, plan_id: str, form: Filled, words: WeDid | None = None) -> Response:
    plan = get_plan(session, visit.viewer, plan_id, on=visit.today)
    telling = load_telling(session, visit.viewer, plan, on=visit.today)
    if not telling.may_tell:
        raise NobodyToTell
    letters = [] if words is None else [_letter(session, visit, plan, words, locale) for locale in LOCALES]
    return page(
        visit,
        "pages/plans/tell.html",
        status=form.status,
        plan=plan,
        form=form,
        round_name=in_locale(telling.round_name, visit.locale),
        groups=[said(visit, GROUP_NAMES[one]) for one in telling.groups],
        letters=letters,
        longest=SENTENCE_LENGTH,
    )


def _letter(
    session: ReadSession, visit: Visit, plan: ActionPlan, words: WeDid, locale: Locale
) -> tuple[Locale, str, str]:
    """Language, subject and text of the letter as it is sent."""
    mail = sample_we_did(session, plan, words, locale=locale, now=visit.now)
    place = f"{visit.settings.address}/…"
    shown = letter_in_parts(mail, {"link": place, OPT_OUT: place}, templates=visit.service.templates)
    return locale, shown.subject, shown.text
