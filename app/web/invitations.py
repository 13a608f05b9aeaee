"""The letters of a round: who is invited, how far each letter has come, and what can be done about it."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid, TooMany
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.invitations.commands import extend_invitation, resend_invitation, rotate_invitation, void_invitation
from app.invitations.queries import get_invitation, list_invitations
from app.invitations.rules import THE_PERSONS_OWN
from app.invitations.values import DeliveryState, Invitation, NextStep
from app.mail.values import SuppressionReason, WaitReason
from app.rounds.queries import place_of
from app.rounds.rules import RoundNotOpen
from app.rounds.values import RoundState
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.lists import next_href, slice_of
from app.web.local_times import NoSuchTime, moment_of, typed_of
from app.web.render import flash_for, page, said, see_other
from app.web.round_parts import DONE, RoundFrame, launched_frame

router = Pages()

_STATES: Mapping[DeliveryState, tuple[str, str, str]] = {
    DeliveryState.QUEUED: ("Waiting to be sent", "neutral", "clock"),
    DeliveryState.SENT: ("Sent", "good", ""),
    DeliveryState.BOUNCED: ("Came back", "bad", "mail"),
    DeliveryState.ATTENTION: ("Outcome unknown", "watch", ""),
    DeliveryState.OPTED_OUT: ("Wants no letters", "neutral", ""),
    DeliveryState.NO_ADDRESS: ("No address", "watch", ""),
}
_ADVICE: Mapping[NextStep, str] = {
    NextStep.NONE: "",
    NextStep.WAIT: "The other side has not taken it yet. Wait.",
    NextStep.ADD_ADDRESS: "Add an e-mail address to the person.",
    NextStep.CORRECT_ADDRESS: "Correct the address, then send the letter again.",
    NextStep.SEND_AGAIN: "Send it again.",
    NextStep.ASK_PERSON: "Ask the person for another address, or whether the mailbox takes letters again.",
    NextStep.ASK_OPERATOR: "The other side does not take our letters. Tell those who run the service.",
}
_LEAVES: Mapping[WaitReason | None, str] = {
    None: "It leaves {time} at the earliest.",
    WaitReason.ONE_A_DAY: "It leaves {time} at the earliest: nobody gets more than one letter a day.",
    WaitReason.NOT_TAKEN: "The other side has not taken it yet. It is tried again {time}.",
}
_AT_THE_PERSON = frozenset({NextStep.ADD_ADDRESS, NextStep.CORRECT_ADDRESS})
_ROTATABLE = frozenset({DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.ATTENTION})
_RESENDABLE = frozenset({DeliveryState.SENT, DeliveryState.BOUNCED, DeliveryState.ATTENTION})


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """Somebody who is invited: the badge of the letter, what to do and where, and what can be done here.

    `is_bad` when letters to the address came back, so that sending again means trying it once more.
    """

    invitation: Invitation
    name: str
    state: tuple[str, str, str]
    advice: str
    mend_href: str
    can_resend: bool
    can_rotate: bool
    is_bad: bool


@router.get("/rounds/{round_id}/invitations")
@access(Action.ROUNDS_READ)
def show_invitations(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _list_page(session, visit, round_id, None)


@router.post("/invitations/{invitation_id}/resend")
@access(Action.ROUNDS_WRITE)
def resend(request: Request, invitation_id: str) -> Response:
    despite_bounce = posted(request).one("despite_bounce") == "1"
    try:
        with writing(request) as (session, visit):
            found = resend_invitation(
                session, visit.viewer, invitation_id, despite_bounce=despite_bounce, now=visit.now
            )
    except (*REFUSED, TooMany) as error:
        return _list_again(request, invitation_id, error)
    return see_other(f"/rounds/{found.round_id}/invitations", done="resent")


@router.get("/invitations/{invitation_id}/rotate")
@access(Action.ROUNDS_WRITE)
def show_rotate(request: Request, invitation_id: str) -> Response:
    with reading(request) as (session, visit):
        frame, found = _open_invitation(session, visit, invitation_id)
    return page(visit, "pages/rounds/rotate.html", frame=frame, invitation=found, name=_name(found))


@router.post("/invitations/{invitation_id}/rotate")
@access(Action.ROUNDS_WRITE)
def rotate(request: Request, invitation_id: str) -> Response:
    try:
        with writing(request) as (session, visit):
            found = rotate_invitation(session, visit.viewer, invitation_id, now=visit.now)
    except (*REFUSED, TooMany) as error:
        return _list_again(request, invitation_id, error)
    return see_other(f"/rounds/{found.round_id}/invitations", done="rotated")


@router.get("/invitations/{invitation_id}/extend")
@access(Action.ROUNDS_WRITE)
def show_extend(request: Request, invitation_id: str) -> Response:
    with reading(request) as (session, visit):
        return _extend_page(session, visit, invitation_id, None)


@router.post("/invitations/{invitation_id}/extend")
@access(Action.ROUNDS_WRITE)
def extend(request: Request, invitation_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            until = _until(visit, form)
            found = extend_invitation(session, visit.viewer, invitation_id, until=until, now=visit.now)
    except REFUSED as error:
        return _extend_again(request, invitation_id, form, error)
    return see_other(f"/rounds/{found.round_id}/invitations", done="extended")


@router.get("/invitations/{invitation_id}/void")
@access(Action.ROUNDS_WRITE)
def show_void(request: Request, invitation_id: str) -> Response:
    with reading(request) as (session, visit):
        frame, found = _open_invitation(session, visit, invitation_id)
    return page(visit, "pages/rounds/void.html", frame=frame, invitation=found, name=_name(found))


@router.post("/invitations/{invitation_id}/void")
@access(Action.ROUNDS_WRITE)
def void(request: Request, invitation_id: str) -> Response:
    with writing(request) as (session, visit):
        found = void_invitation(session, visit.viewer, invitation_id, now=visit.now)
    return see_other(f"/rounds/{found.round_id}/invitations", done="voided")


def _list_again(request: Request, invitation_id: str, error: AppError) -> Response:
    """The list once more, with why the letter did not go out again."""
    with reading(request) as (session, visit):
        found = get_invitation(session, visit.viewer, invitation_id, now=visit.now)
        return _list_page(session, visit, found.round_id, refused(visit, posted(request), error))


def _list_page(session: ReadSession, visit: Visit, round_id: str, form: Filled | None) -> Response:
    frame = launched_frame(session, visit, round_id, "invitations")
    found = list_invitations(session, visit.viewer, round_id, slice_of(visit), now=visit.now)
    return page(
        visit,
        "pages/rounds/invitations.html",
        status=form.status if form else 200,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form or Filled(),
        lines=[_line(visit, one) for one in found.items],
        older=next_href(visit, found),
        may_act=frame.may_write and frame.round.state is RoundState.OPEN,
    )


def advice_for(visit: Visit, step: NextStep, *, wants_none: bool = False) -> str:
    """What somebody can do about a letter or an address, in words."""
    if wants_none:
        return said(visit, "Respect it, or ask in person.")
    return said(visit, _ADVICE[step]) if _ADVICE[step] else ""


def _line(visit: Visit, one: Invitation) -> InvitationLine:
    label, kind, icon = _STATES[one.delivery]
    advice = advice_for(visit, one.next_step, wants_none=one.left_alone in THE_PERSONS_OWN)
    if one.is_void:
        label, kind, icon, advice = "Link taken back", "neutral", "", said(visit, "Sending again makes a new link.")
    elif one.left_alone is SuppressionReason.BY_HAND:
        label, advice = "Left alone", said(visit, "The address is on the list of those that get no letters.")
    elif one.delivery is DeliveryState.ATTENTION and one.next_step is NextStep.ASK_PERSON:
        advice = said(visit, "Ask whether the letter came. If it did not, send it again.")
    elif one.delivery is DeliveryState.QUEUED:
        advice = _leaves(visit, one)
    return InvitationLine(
        one,
        _name(one),
        (said(visit, label), kind, icon),
        advice,
        f"/people/{one.person_id}/change" if one.next_step in _AT_THE_PERSON else "",
        one.delivery in _RESENDABLE or (one.is_void and one.email is not None),
        one.delivery in _ROTATABLE and not one.is_void,
        one.left_alone is SuppressionReason.BOUNCE,
    )


def _leaves(visit: Visit, one: Invitation) -> str:
    """When a letter that waits leaves; nothing when that is at once."""
    if one.leaves_at is None or one.leaves_at <= visit.now:
        return ""
    return said(visit, _LEAVES[one.waits_because], time=one.leaves_at)


def _name(one: Invitation) -> str:
    return one.name or one.email or ""


def _open_invitation(session: ReadSession, visit: Visit, invitation_id: str) -> tuple[RoundFrame, Invitation]:
    """An invitation of an open round that the viewer may change."""
    found = get_invitation(session, visit.viewer, invitation_id, now=visit.now)
    frame = launched_frame(session, visit, found.round_id, "invitations")
    require(visit.viewer, Action.ROUNDS_WRITE, place_of(session, frame.round, now=visit.now))
    if frame.round.state is not RoundState.OPEN:
        raise RoundNotOpen
    return frame, found


def _extend_again(request: Request, invitation_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        filled = refused(visit, form, error, names={"until": said(visit, "New closing time")})
        return _extend_page(session, visit, invitation_id, filled)


def _extend_page(session: ReadSession, visit: Visit, invitation_id: str, sent: Filled | None) -> Response:
    frame, found = _open_invitation(session, visit, invitation_id)
    present = found.extended_until or frame.round.closes_at
    form = sent or fresh({"until": typed_of(present, visit.settings.zone)})
    return page(
        visit,
        "pages/rounds/extend.html",
        status=form.status,
        frame=frame,
        form=form,
        invitation=found,
        name=_name(found),
    )


def _until(visit: Visit, form: Form) -> datetime:
    fields = Fields(nested(form), posted=True)
    typed = fields.text("until", required=True) or ""
    fields.finish()
    try:
        return moment_of(typed, visit.settings.zone)
    except NoSuchTime as no:
        raise Invalid([FieldError("until", no.message, no.allowed, no.values)]) from no
