"""What the pages of one round share: its name and state, the steps that lead to its start, the tabs after it."""

from collections.abc import Mapping, Sequence
from datetime import date

from app.accounts.rules import Action, may, require
from app.deferred import dataclass
from app.errors import Conflict
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.kpis.values import RaterGroup
from app.rounds.queries import get_round, load_rated, place_of
from app.rounds.rules import require_draft
from app.rounds.values import Round, RoundState
from app.web.render import Flash, said
from app.words import in_locale

Gap = tuple[str, str, Mapping[str, object]]
"""A field of a draft that keeps it from starting, the sentence that says so, and what fills the sentence."""

STATE_NAMES: Mapping[RoundState, tuple[str, str]] = {
    RoundState.DRAFT: ("Draft", "neutral"),
    RoundState.OPEN: ("Open", "accent"),
    RoundState.CLOSED: ("Closed", "watch"),
    RoundState.RELEASED: ("Released", "good"),
}
"""What a state is called, and the kind of its badge."""

GROUP_NAMES: Mapping[RaterGroup, str] = {
    RaterGroup.MANAGER: "Manager",
    RaterGroup.COLLEAGUE: "Colleagues",
    RaterGroup.DIRECT_REPORT: "Direct reports",
    RaterGroup.CUSTOMER: "Customers",
    RaterGroup.MYSTERY_SHOPPER: "Mystery shoppers",
    RaterGroup.SELF: "Self",
}
"""What rater groups are called where no template says it."""

DONE: Mapping[str, Flash] = {
    "created": Flash("good", "The draft is stored.", "Go on with who is rated, or come back later."),
    "cloned": Flash(
        "good",
        "A draft like the earlier round is stored.",
        "KPIs and people that are gone are left out. The organisation of today and customers met lately propose who rates whom; look at it, then start the round.",
    ),
    "again": Flash(
        "good",
        "A draft that measures the plan again is stored.",
        "It asks the same groups about this KPI alone. Look at who rates whom, then start it.",
    ),
    "saved": Flash("good", "The change is stored."),
    "launched": Flash("good", "The round has started.", "The letters leave when it opens."),
    "closed": Flash("good", "The round is closed.", "No more answers are taken."),
    "released": Flash("good", "The figures are released.", "They stay as they are from now on."),
    "moved": Flash("good", "The times are changed.", "Reminders and the close follow the new times by themselves."),
    "proposed": Flash("good", "The organisation has proposed who rates whom."),
    "removed": Flash("good", "The rater is taken off the round."),
    "approved": Flash("good", "The rater is approved and counts now."),
    "added": Flash("good", "The rater is added."),
    "called": Flash("good", "The rated people are asked to propose raters.", "What they propose waits for a manager."),
    "listed": Flash("good", "The list is stored."),
    "deleted": Flash("good", "The draft is deleted."),
    "resent": Flash("good", "The letter is on its way again."),
    "rotated": Flash(
        "good", "The link is replaced.", "The letter with the new one is on its way; the old one says so."
    ),
    "extended": Flash("good", "The rater has more time.", "The round stays open that long, for this rater only."),
    "voided": Flash("good", "The link is taken back.", "Letters that waited are not sent."),
    "imported": Flash("good", "The past ratings are in.", "The round is closed and can be released."),
}

_STEPS = (
    ("about", "The round"),
    ("who", "Who"),
    ("what", "What"),
    ("privacy", "Privacy"),
    ("letter", "Letter"),
    ("start", "See and start"),
)


class StillDraft(Conflict):
    """There is nothing to follow before a round has started."""

    code = "round_is_draft"
    message = "The round has not started, so there is nothing to follow yet."


@dataclass(frozen=True, slots=True)
class RoundFrame:
    """A round on one of its pages: what it is called, whether the viewer may change it, and the ways around it."""

    round: Round
    name: str
    may_write: bool
    steps: tuple[tuple[str, str | None, str], ...]
    tabs: tuple[tuple[str, str, bool], ...]

    @property
    def href(self) -> str:
        """Where the round's own page is."""
        return f"/rounds/{self.round.id}"


def frame_of(session: ReadSession, visit: Visit, round_id: str, current: str = "") -> RoundFrame:
    """A round that the viewer may read, on the page named `current`."""
    # The round's own page tells its rules; every other one, who is asked about whom.
    action = Action.RULES_READ if current == "overview" else Action.ROUNDS_READ
    found = get_round(session, visit.viewer, round_id, action=action, now=visit.now)
    place = place_of(session, found, now=visit.now)
    has_tabs = not _is_draft(found) and may(visit.viewer, Action.ROUNDS_READ, place)
    may_write = may(visit.viewer, Action.ROUNDS_WRITE, place)
    may_review = may(visit.viewer, Action.RESULTS_ANALYSE, place) and found.state is not RoundState.OPEN
    return RoundFrame(
        found,
        in_locale(found.name, visit.locale),
        may_write,
        steps_of(visit, found, len(load_rated(session, found.id)), current) if _is_draft(found) else (),
        _tabs(visit, found, current, may_review=may_review) if has_tabs else (),
    )


def draft_frame(session: ReadSession, visit: Visit, round_id: str, current: str) -> RoundFrame:
    """A draft that the viewer may change, on one of its steps; raises what keeps it from being changed."""
    frame = frame_of(session, visit, round_id, current)
    require(visit.viewer, Action.ROUNDS_WRITE, place_of(session, frame.round, now=visit.now))
    require_draft(frame.round)
    return frame


def launched_frame(session: ReadSession, visit: Visit, round_id: str, current: str) -> RoundFrame:
    """A round that has started, on one of its pages; StillDraft before that."""
    frame = frame_of(session, visit, round_id, current)
    if _is_draft(frame.round):
        raise StillDraft
    return frame


def first_step(visit: Visit) -> tuple[tuple[str, str | None, str], ...]:
    """The steps before there is a round: the first one, and the others to come."""
    return tuple((said(visit, label), None, "current" if name == _STEPS[0][0] else "todo") for name, label in _STEPS)


def steps_of(visit: Visit, round_: Round, rated: int, current: str) -> tuple[tuple[str, str | None, str], ...]:
    """The steps of a draft with their states; what lies before the present one and is complete is done."""
    complete = _complete(round_, rated)
    names = [name for name, _ in _STEPS]
    here = names.index(current) if current in names else len(names)
    return tuple(
        (
            said(visit, label),
            f"/rounds/{round_.id}/{name}",
            "current" if place == here else "done" if place < here and complete[name] else "todo",
        )
        for place, (name, label) in enumerate(_STEPS)
    )


def next_step(round_: Round, rated: int) -> str:
    """The address of the first step of a draft that lacks something; the last one when nothing does."""
    complete = _complete(round_, rated)
    name = next((name for name in ("who", "what") if not complete[name]), "start")
    return f"/rounds/{round_.id}/{name}"


def day_of_recipe(round_: Round) -> date | None:
    """The day whose wording a launched round keeps; None for a draft, which follows today's."""
    return local_day(round_.launched_at) if round_.launched_at is not None else None


def problems_of(visit: Visit, gaps: Sequence[Gap], round_id: str) -> list[tuple[str, str]]:
    """Gaps of a draft as links to the step where they are closed: pairs of an address and a sentence."""
    places = {
        "groups": "who",
        "subjects": "who",
        "kpis": "what",
        "moderated_by": "privacy",
        "assignments": "assignments",
    }
    return [
        (_where(field.split("."), places, round_id), said(visit, sentence, **values))
        for field, sentence, values in gaps
    ]


def _where(parts: Sequence[str], places: Mapping[str, str], round_id: str) -> str:
    """The page where a gap is closed; that of the dossier where the gap is in one."""
    if parts[0] == "dossier":
        return f"/dossiers/{parts[1]}/change" if len(parts) > 1 else "/dossiers"
    return f"/rounds/{round_id}/{places.get(parts[0], 'letter')}"


def _complete(round_: Round, rated: int) -> dict[str, bool]:
    is_staffed = bool(round_.groups) and rated > 0
    return {
        "about": True,
        "who": is_staffed,
        "what": bool(round_.kpis),
        "privacy": is_staffed,
        "letter": True,
        "start": False,
    }


def _tabs(visit: Visit, round_: Round, current: str, *, may_review: bool) -> tuple[tuple[str, str, bool], ...]:
    offered = [("overview", "", "Overview"), ("assignments", "/assignments", "Who rates whom")]
    if round_.source == "asked":
        offered[1:1] = [("tracker", "/tracker", "Answers"), ("invitations", "/invitations", "Letters")]
    if round_.source == "asked" and may_review:
        offered.append(("parked", "/parked", "Parked answers"))
    return tuple((said(visit, label), f"/rounds/{round_.id}{path}", name == current) for name, path, label in offered)


def _is_draft(round_: Round) -> bool:
    return round_.state is RoundState.DRAFT
