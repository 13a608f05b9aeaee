"""The page of parked answers: why each of them is suspicious, and whether it counts; for analysts, before the release."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.releases.review import review_counted
from app.responses.intake import parse_decision
from app.responses.parked import list_parked
from app.responses.rules import REVIEW
from app.responses.values import ParkedAnswer, ParkState, Suspicion
from app.rounds.values import RoundState
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.round_parts import launched_frame

router = Pages()

DONE = {"decided": Flash("good", "The decision is stored.", "It can be taken back until the release.")}
REASONS: Mapping[Suspicion, str] = {
    Suspicion.TOO_FAST: "Sent faster than the questions can be read",
    Suspicion.ALL_THE_SAME: "Every question answered alike",
}
STATES: Mapping[ParkState, tuple[str, str]] = {
    ParkState.PARKED: ("Parked", "watch"),
    ParkState.COUNTED: ("Counts", "good"),
    ParkState.LEFT_OUT: ("Left out", "neutral"),
}


@dataclass(frozen=True, slots=True)
class ParkedLine:
    """A parked answer with its reasons in words and the kind of its badge."""

    parked: ParkedAnswer
    reasons: tuple[str, ...]
    state: str
    badge: str


@router.get("/rounds/{round_id}/parked")
@access(Action.RESULTS_ANALYSE)
def show_parked(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        found = list_parked(session, visit.viewer, round_id, now=visit.now)
        frame = launched_frame(session, visit, round_id, "parked")
    return page(
        visit,
        "pages/rounds/parked.html",
        flash=flash_for(visit, DONE),
        frame=frame,
        lines=[_line(visit, one) for one in found],
        may_decide=frame.round.state is RoundState.CLOSED,
        until=frame.round.closed_at + REVIEW if frame.round.closed_at else None,
    )


@router.post("/rounds/{round_id}/parked/{parked_id}")
@access(Action.RESULTS_ANALYSE)
def decide(request: Request, round_id: str, parked_id: str) -> Response:
    wanted = parse_decision({"state": posted(request).one("state")}, posted=True)
    with writing(request) as (session, visit):
        review_counted(session, visit.viewer, parked_id, wanted, now=visit.now)
    return see_other(f"/rounds/{round_id}/parked", done="decided")


def _line(visit: Visit, parked: ParkedAnswer) -> ParkedLine:
    return ParkedLine(parked, tuple(said(visit, REASONS[one]) for one in parked.reasons), *STATES[parked.state])
