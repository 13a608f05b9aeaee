"""Rounds over HTTP: drafted, previewed, launched, tracked, closed."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.rounds import (
    GroupsIn,
    LaunchIn,
    PreviewOut,
    RatedIn,
    RoundChangeIn,
    RoundIn,
    RoundKpisIn,
    RoundOut,
    TrackingOut,
)
from app.encounters.clone import clone_round as clone_of
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.infra.versions import check_version
from app.invitations.commands import invite_due_rounds
from app.rounds import commands, queries
from app.rounds.intake import parse_groups, parse_rated, parse_round, parse_round_kpis
from app.rounds.moderators import load_usual_moderators
from app.rounds.values import Round, RoundState
from app.visits import close

router = resource("Rounds")


@router.get("/rounds", response_model=PageOut[RoundOut])
@access(Action.RULES_READ)
def list_rounds(
    request: Request, part: Slice, state: RoundState | None = None, company_id: CompanyId = None
) -> Response:
    """The rounds of a company, the latest opening first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_rounds(session, visit.viewer, company, part, state=state, now=visit.now)
    return answer(page_out(RoundOut, page))


@router.post("/rounds", status_code=201, response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def create_round(request: Request, sent: RoundIn, company_id: CompanyId = None) -> Response:
    """Begin a round as a draft."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        usual = load_usual_moderators(post.session, company)
        draft = parse_round(sent.given(), company_id=company, moderators=usual)
        made = commands.create_round(post.session, post.viewer, company, draft, now=post.now)
        return post.created(RoundOut.of(made), f"/rounds/{made.id}", version=made.version)


@router.get("/rounds/{round_id}", response_model=RoundOut)
@access(Action.RULES_READ)
def get_round(request: Request, round_id: Key) -> Response:
    """One round with its groups and KPIs."""
    with reading(request) as (session, visit):
        found = queries.get_round(session, visit.viewer, round_id, action=Action.RULES_READ, now=visit.now)
    return _answer(found)


@router.patch("/rounds/{round_id}", response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def change_round(request: Request, round_id: Key, sent: RoundChangeIn) -> Response:
    """Change a round; what is left out stays. After the launch, only the closing time and reminders."""
    expected = expected_version(request)
    with writing(request) as (session, visit):
        present = queries.get_round(session, visit.viewer, round_id, now=visit.now)
        draft = parse_round(sent.given(), company_id=present.company_id, present=present)
        found = commands.change_round(session, visit.viewer, round_id, draft, expected_version=expected, now=visit.now)
    return _answer(found)


@router.delete("/rounds/{round_id}", status_code=204)
@access(Action.ROUNDS_WRITE)
def delete_round(request: Request, round_id: Key) -> Response:
    """Throw a draft away."""
    with writing(request) as (session, visit):
        commands.delete_round(session, visit.viewer, round_id, now=visit.now)
    return Response(status_code=204)


@router.post("/rounds/{round_id}/clone", status_code=201, response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def clone_round(request: Request, round_id: Key) -> Response:
    """Begin a draft like a round, for the next period of the same length; KPIs and people that are gone are left out."""
    with posting(request) as post:
        made = clone_of(post.session, post.viewer, round_id, now=post.now)
        return post.created(RoundOut.of(made), f"/rounds/{made.id}", version=made.version)


@router.put("/rounds/{round_id}/groups", response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def set_groups(request: Request, round_id: Key, sent: GroupsIn) -> Response:
    """Choose the rater groups of a draft, in place of those it has."""
    groups, expected = parse_groups(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        present = queries.get_round(session, visit.viewer, round_id, now=visit.now)
        found = commands.set_groups(session, visit.viewer, round_id, groups, now=visit.now)
        check_version(present.version, expected)
    return _answer(found)


@router.put("/rounds/{round_id}/kpis", response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def set_round_kpis(request: Request, round_id: Key, sent: RoundKpisIn) -> Response:
    """Choose the KPIs of a draft, in place of those it has; without weights a KPI brings its own."""
    kpis, expected = parse_round_kpis(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        present = queries.get_round(session, visit.viewer, round_id, now=visit.now)
        found = commands.set_round_kpis(session, visit.viewer, round_id, kpis, now=visit.now)
        check_version(present.version, expected)
    return _answer(found)


@router.put("/rounds/{round_id}/subjects", response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def set_rated_subjects(request: Request, round_id: Key, sent: RatedIn) -> Response:
    """Choose who is rated in a draft, in place of those chosen before."""
    subjects, expected = parse_rated(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        present = queries.get_round(session, visit.viewer, round_id, now=visit.now)
        found = commands.set_rated_subjects(session, visit.viewer, round_id, subjects, now=visit.now)
        check_version(present.version, expected)
    return _answer(found)


@router.get("/rounds/{round_id}/preview", response_model=PreviewOut)
@access(Action.ROUNDS_READ)
def preview_round(request: Request, round_id: Key) -> Response:
    """What the round can publish if everyone answers and if three in five do; said before anything is sent."""
    with reading(request) as (session, visit):
        preview = queries.preview_round(session, visit.viewer, round_id, now=visit.now)
    return answer(PreviewOut.of(preview))


@router.post("/rounds/{round_id}/launch", response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def launch_round(request: Request, round_id: Key, sent: LaunchIn) -> Response:
    """Freeze a draft and open it; invitations follow when the round opens."""
    with posting(request) as post:
        found = commands.launch_round(post.session, post.viewer, round_id, confirmed=sent.confirmed, now=post.now)
        invite_due_rounds(post.session, now=post.now)
        return post.answer(RoundOut.of(found), version=found.version)


@router.post("/rounds/{round_id}/close", response_model=RoundOut)
@access(Action.ROUNDS_WRITE)
def close_round(request: Request, round_id: Key) -> Response:
    """Close an open round at once; nothing is accepted any more."""
    with posting(request) as post:
        found = close.close_round(post.session, post.viewer, round_id, now=post.now)
        return post.answer(RoundOut.of(found), version=found.version)


@router.get("/rounds/{round_id}/tracking", response_model=TrackingOut)
@access(Action.ROUNDS_READ)
def track_round(request: Request, round_id: Key) -> Response:
    """How far each rater group has come, without any content."""
    with reading(request) as (session, visit):
        tracking = queries.track_round(session, visit.viewer, round_id, now=visit.now)
    return answer(TrackingOut.of(tracking))


def _answer(found: Round) -> Response:
    return answer(RoundOut.of(found), version=found.version)
