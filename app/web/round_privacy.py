"""The step of a round that settles what is promised to those who answer: mode and minimums of each group, pooling."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import AppError
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.values import RaterGroup
from app.rounds.checks import ALWAYS_NAMED, LEAST_K, VISITING
from app.rounds.commands import change_round, set_groups
from app.rounds.intake import parse_groups, parse_round
from app.rounds.values import GroupPolicy, Mode
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.render import flash_for, page, said, see_other
from app.web.round_parts import DONE, GROUP_NAMES, draft_frame

router = Pages()

OF_ROUND = ("pooling", "moderated_by")
"""What the page asks about the round as a whole."""


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """A rater group of the draft: the beginning of its fields' names, and the modes it can have."""

    field: str
    group: str
    modes: tuple[str, ...]
    counts_visits: bool


@router.get("/rounds/{round_id}/privacy")
@access(Action.ROUNDS_WRITE)
def show_privacy(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _privacy_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/privacy")
@access(Action.ROUNDS_WRITE)
def save_privacy(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        groups = parse_groups({"groups": nested(form, *OF_ROUND).get("groups", {})}, posted=True)
        with writing(request) as (session, visit):
            present = draft_frame(session, visit, round_id, "privacy").round
            wish = {name: form.one(name) for name in OF_ROUND}
            draft = parse_round(wish, company_id=present.company_id, present=present, posted=True)
            change_round(session, visit.viewer, round_id, draft, now=visit.now)
            set_groups(session, visit.viewer, round_id, groups, now=visit.now)
    except REFUSED as error:
        return _again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/letter", done="saved")


def modes_of(group: RaterGroup) -> tuple[Mode, ...]:
    """The modes that a rater group can have.

    >>> [mode.value for mode in modes_of(RaterGroup.MANAGER)], [mode.value for mode in modes_of(RaterGroup.CUSTOMER)]
    (['named'], ['confidential', 'anonymous', 'named'])
    """
    if group in ALWAYS_NAMED:
        return (Mode.NAMED,)
    protected = (Mode.CONFIDENTIAL, Mode.ANONYMOUS, Mode.NAMED)
    return (Mode.REPORT, *protected) if group in VISITING else protected


def _again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        found = draft_frame(session, visit, round_id, "privacy").round
        return _privacy_page(session, visit, round_id, refused(visit, form, error, names=_names(visit, found.groups)))


def _names(visit: Visit, policies: Sequence[GroupPolicy]) -> Mapping[str, str]:
    """What the fields are called: the group first."""
    labels = {"mode": "How answers are shown", "k": "Shown from how many", "comment_k": "Comments from"}
    named = {
        f"groups.{place}.{field}": f"{said(visit, GROUP_NAMES[policy.rater_group])}, {said(visit, label)}"
        for place, policy in enumerate(policies)
        for field, label in labels.items()
    }
    return {
        **named,
        "groups": said(visit, "Rater groups"),
        "pooling": said(visit, "Groups that are too small"),
        "moderated_by": said(visit, "Who reads comments first"),
    }


def _privacy_page(session: ReadSession, visit: Visit, round_id: str, sent: Filled | None) -> Response:
    frame = draft_frame(session, visit, round_id, "privacy")
    policies = frame.round.groups
    form = sent or Filled(
        {"pooling": (frame.round.pooling.value,), "moderated_by": (frame.round.moderated_by or "",)}
        | {name: (text,) for place, one in enumerate(policies) for name, text in _texts(place, one).items()}
    )
    choices = [_choice(place, one) for place, one in enumerate(policies)]
    return page(
        visit,
        "pages/rounds/privacy.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form,
        choices=choices,
        named=[one for one in choices if len(one.modes) == 1],
    )


def _texts(place: int, policy: GroupPolicy) -> Mapping[str, str]:
    """A policy as it stands in the fields; a named group has no minimum, so the usual one waits there."""
    is_named = policy.mode is Mode.NAMED
    return {
        f"groups.{place}.mode": policy.mode.value,
        f"groups.{place}.k": str(LEAST_K if is_named else policy.k),
        f"groups.{place}.comment_k": str(LEAST_K if is_named else policy.comment_k),
    }


def _choice(place: int, policy: GroupPolicy) -> PolicyChoice:
    group = policy.rater_group
    modes = tuple(mode.value for mode in modes_of(group))
    return PolicyChoice(f"groups.{place}", group.value, modes, group in VISITING)
