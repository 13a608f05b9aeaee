"""Following a round: how many have answered as far as it may be told, moving its times, closing it, releasing it."""

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.errors import AppError
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.invitations.queries import count_deliveries, list_undelivered
from app.invitations.values import DeliveryState
from app.moderation.queries import has_waiting
from app.releases.commands import release_round
from app.rounds.commands import change_round
from app.rounds.preview import GroupTracking
from app.rounds.queries import get_round, place_of, track_round
from app.rounds.rules import RoundNotClosed, RoundNotOpen, closes_for_all_at, is_protected
from app.rounds.values import Mode, RoundState
from app.visits.close import close_round
from app.web.forms import REFUSED, Filled, refused
from app.web.render import flash_for, page, said, see_other
from app.web.round_letter import doubled_hours, draft_with_times, texts_of_times, time_names
from app.web.round_parts import DONE, STATE_NAMES, RoundFrame, launched_frame

router = Pages()

ADDRESSES_NAMED = 3
_TOLD = (
    (DeliveryState.SENT, "Sent"),
    (DeliveryState.QUEUED, "Waiting to be sent"),
    (DeliveryState.BOUNCED, "Came back"),
    (DeliveryState.ATTENTION, "Outcome unknown"),
    (DeliveryState.OPTED_OUT, "Wants no letters"),
    (DeliveryState.NO_ADDRESS, "No address"),
)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A rater group on the tracking page: words beside a bar, and a badge."""

    group: str
    policy: str
    percent: int | None
    words: str
    enough_at: int | None
    badge: tuple[str, str, str]


@router.get("/rounds/{round_id}/tracker")
@access(Action.ROUNDS_READ)
def show_tracker(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = launched_frame(session, visit, round_id, "tracker")
        tracking = track_round(session, visit.viewer, round_id, now=visit.now)
        counts = count_deliveries(session, visit.viewer, round_id, now=visit.now)
        undelivered = list_undelivered(session, visit.viewer, round_id, limit=ADDRESSES_NAMED + 1, now=visit.now)
    return page(
        visit,
        "pages/rounds/tracker.html",
        flash=flash_for(visit, DONE),
        frame=frame,
        round=frame.round,
        state=STATE_NAMES[frame.round.state],
        groups=[group_line(visit, one) for one in tracking.groups],
        counted_on=tracking.counted_on,
        letters=[(said(visit, label), counts[state]) for state, label in _TOLD if counts[state] or label == "Sent"],
        undelivered=[one.email or one.name or "" for one in undelivered[:ADDRESSES_NAMED]],
        more_undelivered=len(undelivered) > ADDRESSES_NAMED,
        stays_here=visit.settings.shows_mailbox,
        for_all_at=closes_for_all_at(frame.round.closes_at, frame.round.extended_until),
        is_protected=any(is_protected(one.policy.mode) for one in tracking.groups),
    )


@router.get("/rounds/{round_id}/times")
@access(Action.ROUNDS_WRITE)
def show_times(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _times_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/times")
@access(Action.ROUNDS_WRITE)
def move_times(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            present = get_round(session, visit.viewer, round_id, now=visit.now)
            change_round(session, visit.viewer, round_id, draft_with_times(visit, form, present), now=visit.now)
    except REFUSED as error:
        return _times_again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/tracker", done="moved")


@router.get("/rounds/{round_id}/close")
@access(Action.ROUNDS_WRITE)
def show_close(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = _writable(session, visit, round_id)
        if frame.round.state is not RoundState.OPEN:
            raise RoundNotOpen
        tracking = track_round(session, visit.viewer, round_id, now=visit.now)
    waiting = [one.policy.rater_group.value for one in tracking.groups if not one.is_enough and one.asked]
    return page(visit, "pages/rounds/close.html", frame=frame, waiting=waiting)


@router.post("/rounds/{round_id}/close")
@access(Action.ROUNDS_WRITE)
def close_now(request: Request, round_id: str) -> Response:
    with writing(request) as (session, visit):
        close_round(session, visit.viewer, round_id, now=visit.now)
    return see_other(f"/rounds/{round_id}", done="closed")


@router.get("/rounds/{round_id}/release")
@access(Action.ROUNDS_WRITE)
def show_release(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = _writable(session, visit, round_id)
        if frame.round.state is not RoundState.CLOSED:
            raise RoundNotClosed
        is_waiting = has_waiting(session, frame.round)
    return page(visit, "pages/rounds/release.html", frame=frame, is_waiting=is_waiting)


@router.post("/rounds/{round_id}/release")
@access(Action.ROUNDS_WRITE)
def release(request: Request, round_id: str) -> Response:
    with writing(request) as (session, visit):
        release_round(session, visit.viewer, round_id, now=visit.now)
    return see_other(f"/rounds/{round_id}", done="released")


def group_line(visit: Visit, one: GroupTracking) -> GroupLine:
    policy, percent = one.policy, one.percent
    if is_protected(policy.mode):
        shown = said(visit, "{asked} asked, shown from {k}", asked=one.asked, k=policy.k)
        words = said(visit, "under {k}", k=policy.k) if percent is None else _per_cent(visit, percent)
    else:
        named = policy.mode is Mode.NAMED
        shown = said(visit, "{asked} asked, with name" if named else "{asked} visits", asked=one.asked)
        words = said(visit, "{answered} of {asked}", answered=one.answered or 0, asked=one.asked)
    return GroupLine(policy.rater_group.value, shown, percent, words, one.enough_at, _badge(visit, one))


def _per_cent(visit: Visit, percent: int) -> str:
    return f"{percent}\N{NO-BREAK SPACE}%" if visit.locale == "nb" else f"{percent}%"


def _badge(visit: Visit, one: GroupTracking) -> tuple[str, str, str]:
    if one.asked == 0:
        return said(visit, "Nobody asked"), "neutral", ""
    if one.is_enough:
        return said(visit, "Enough"), "good", ""
    if one.enough_at is None:
        return said(visit, "At unit level only"), "withheld", ""
    if is_protected(one.policy.mode) and one.percent is None:
        return said(visit, "Too few to count"), "neutral", ""
    return said(visit, "Needs more"), "watch", "clock"


def _writable(session: ReadSession, visit: Visit, round_id: str) -> RoundFrame:
    frame = launched_frame(session, visit, round_id, "tracker")
    require(visit.viewer, Action.ROUNDS_WRITE, place_of(session, frame.round, now=visit.now))
    return frame


def _times_again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _times_page(session, visit, round_id, refused(visit, form, error, names=time_names(visit)))


def _times_page(session: ReadSession, visit: Visit, round_id: str, sent: Filled | None) -> Response:
    frame = _writable(session, visit, round_id)
    if frame.round.state is not RoundState.OPEN:
        raise RoundNotOpen
    form = sent or Filled(texts_of_times(visit, frame.round))
    doubled = doubled_hours(visit, frame.round) if sent is None else {}
    return page(visit, "pages/rounds/times.html", status=form.status, frame=frame, form=form, doubled=doubled)
