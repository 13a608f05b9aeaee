"""The pages on proposing raters: a rated person's own, by letter or signed in, and what waits for a manager."""

from collections.abc import Mapping
from dataclasses import replace

from fastapi import Request, Response

from app.accounts.rules import Action
from app.accounts.values import Viewer
from app.errors import AppError, NotFound
from app.fields import TEXT_LENGTH, Fields
from app.http.access import SIGNED_IN, access, by_link
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import choose_locale
from app.kpis.values import RaterGroup
from app.organisation.paths import load_subjects
from app.organisation.values import Person
from app.rounds.commands import (
    approve_nomination,
    nominate,
    refuse_nomination,
    withdraw_nomination,
)
from app.rounds.nominate import NewNomination
from app.rounds.nominations import find_nominator, list_nominations, load_nomination_forms
from app.rounds.values import RoundId
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.lists import next_href, slice_of
from app.web.render import Flash, flash_for, page, see_other
from app.words import in_locale

router = Pages()

DONE = {
    "proposed": Flash("good", "The proposal is stored.", "Your manager decides."),
    "withdrawn": Flash("good", "The proposal is taken back."),
    "approved": Flash("good", "The rater is approved.", "He or she is asked when the round starts."),
    "refused": Flash("good", "The proposal is refused.", "Whoever proposed reads the reason."),
}


# ------------------------------------------------------------ by the link of the letter


@router.get("/n/{token}")
@by_link("whoever holds the link may propose; opening it proposes nothing")
def show_by_link(request: Request, token: str) -> Response:
    return _link_page(request, token, Filled())


@router.post("/n/{token}")
@by_link("whoever holds the link may propose")
def propose_by_link(request: Request, token: str) -> Response:
    form = posted(request)
    try:
        new = _read(form)
        with writing(request) as (session, visit):
            round_id, person, viewer = _nominator(session, token)
            nominate(session, viewer, round_id, person.subject_id or "", new, now=visit.now)
    except REFUSED as error:
        return _link_page(request, token, form, error)
    return see_other(f"/n/{token}", done="proposed")


@router.post("/n/{token}/withdraw/{nomination_id}")
@by_link("whoever holds the link may take a proposal back")
def withdraw_by_link(request: Request, token: str, nomination_id: str) -> Response:
    with writing(request) as (session, _):
        withdraw_nomination(session, _nominator(session, token)[2], nomination_id)
    return see_other(f"/n/{token}", done="withdrawn")


# ------------------------------------------------------------ signed in


@router.get("/nominations")
@access(SIGNED_IN)
def show_nominations(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _own_page(session, visit, Filled())


@router.post("/nominations/for/{round_id}/{subject_id}")
@access(SIGNED_IN)
def propose(request: Request, round_id: str, subject_id: str) -> Response:
    form = posted(request)
    try:
        new = _read(form)
        with writing(request) as (session, visit):
            nominate(session, visit.viewer, round_id, subject_id, new, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _own_page(session, visit, refused(visit, form, error), subject_id)
    return see_other("/nominations", done="proposed")


@router.post("/nominations/{nomination_id}/withdraw")
@access(SIGNED_IN)
def withdraw(request: Request, nomination_id: str) -> Response:
    with writing(request) as (session, visit):
        withdraw_nomination(session, visit.viewer, nomination_id)
    return see_other("/nominations", done="withdrawn")


@router.post("/nominations/{nomination_id}/approve")
@access(Action.ROUNDS_WRITE)
def approve(request: Request, nomination_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            approve_nomination(session, visit.viewer, nomination_id, now=visit.now)
    except REFUSED as error:
        return _decided_again(request, form, error)
    return see_other("/nominations", done="approved")


@router.post("/nominations/{nomination_id}/refuse")
@access(Action.ROUNDS_WRITE)
def refuse(request: Request, nomination_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            refuse_nomination(session, visit.viewer, nomination_id, reason=form.one("reason"), now=visit.now)
    except REFUSED as error:
        return _decided_again(request, form, error)
    return see_other("/nominations", done="refused")


def _read(form: Form) -> NewNomination:
    fields = Fields(nested(form), posted=True)
    group = fields.choice("rater_group", RaterGroup, required=True) or RaterGroup.COLLEAGUE
    email = fields.text("email", longest=TEXT_LENGTH, required=True) or ""
    name = fields.text("name") or ""
    fields.finish()
    return NewNomination(group, email, name)


def _nominator(session: ReadSession, token: str) -> tuple[RoundId, Person, Viewer]:
    found = find_nominator(session, token)
    if found is None:
        raise NotFound
    return found


def _link_page(request: Request, token: str, sent: Filled | Form, error: AppError | None = None) -> Response:
    with reading(request) as (session, opened):
        round_id, person, _ = _nominator(session, token)
        visit = replace(opened, locale=opened.chosen_locale or choose_locale(person.locale))
        forms = load_nomination_forms(session, [person.subject_id or ""], round_id=round_id, now=visit.now)
        company = load_subjects(session, [person.company_id], on=visit.today)[person.company_id]
    filled = sent if isinstance(sent, Filled) else refused(visit, sent, error or NotFound())
    return page(
        visit,
        "rate/nominate.html",
        organisation=company.name,
        status=filled.status,
        flash=flash_for(visit, DONE),
        one=forms[0] if forms else None,
        round_name=in_locale(forms[0].round_name, visit.locale) if forms else "",
        form=filled,
        action=f"/n/{token}",
    )


def _own_page(session: ReadSession, visit: Visit, form: Filled, subject_id: str = "") -> Response:
    forms = load_nomination_forms(session, visit.viewer.own_subjects, now=visit.now)
    waiting = list_nominations(session, visit.viewer, slice_of(visit), now=visit.now)
    named: Mapping[str, str] = {one.round_id: in_locale(one.round_name, visit.locale) for one in forms}
    return page(
        visit,
        "pages/nominations/nominations.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        forms=[(one, named[one.round_id], form if one.subject_id == subject_id else Filled()) for one in forms],
        waiting=waiting.items,
        older=next_href(visit, waiting),
        form=form,
    )


def _decided_again(request: Request, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _own_page(session, visit, refused(visit, form, error))
