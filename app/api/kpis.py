"""KPIs over HTTP: their versions, and their life from draft to retired."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Request, Response

from app.accounts.rules import SERVICE, Action
from app.api.resource import CompanyId, Key, Post, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.kpis import (
    ActivatedOut,
    HintOut,
    HintsOut,
    KpiIn,
    KpiOut,
    ReasonIn,
    VersionChangesOut,
    VersionIn,
    VersionOut,
    VersionsOut,
)
from app.api.schemas.swaps import RoomOut, StepOut, StepsOut, SwapIn
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.kpis import commands, queries
from app.kpis.changes import compare_versions
from app.kpis.drafts import SwapDraft
from app.kpis.hints import wording_hints
from app.kpis.history import list_steps
from app.kpis.intake import parse_content, parse_kpi, parse_swap
from app.kpis.room import get_room as find_room
from app.kpis.values import KpiFilter, KpiKind, KpiState

router = resource("KPIs")


async def _chosen(
    kind: KpiKind | None = None,
    state: KpiState | None = None,
    goal_id: str | None = None,
    external_id: str | None = None,
) -> KpiFilter:
    return KpiFilter(kind, state, goal_id, external_id)


Chosen = Annotated[KpiFilter, Depends(_chosen)]


@router.get("/kpis", response_model=PageOut[KpiOut])
@access(Action.KPIS_READ)
def list_kpis(request: Request, part: Slice, chosen: Chosen, company_id: CompanyId = None) -> Response:
    """The KPIs of a company in the version of today, by external id."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_kpis(session, visit.viewer, company, part, on=visit.today, chosen=chosen)
    return answer(page_out(KpiOut, page))


@router.post("/kpis", status_code=201, response_model=KpiOut)
@access(Action.KPIS_WRITE)
def create_kpi(request: Request, sent: KpiIn, company_id: CompanyId = None) -> Response:
    """Write a KPI with its first version, as a draft."""
    draft = parse_kpi(sent.given())
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        kpi_id = commands.create_kpi(post.session, post.viewer, draft, company_id=company, now=post.now)
        kpi = queries.get_kpi(post.session, SERVICE, kpi_id, on=post.today)
        return post.created(KpiOut.of(kpi), f"/kpis/{kpi_id}", version=kpi.version)


@router.get("/kpis/{kpi_id}", response_model=KpiOut)
@access(Action.KPIS_READ)
def get_kpi(request: Request, kpi_id: Key) -> Response:
    """One KPI in the version of today."""
    with reading(request) as (session, visit):
        kpi = queries.get_kpi(session, visit.viewer, kpi_id, on=visit.today)
    return answer(KpiOut.of(kpi), version=kpi.version)


@router.put("/kpis/{kpi_id}", response_model=KpiOut)
@access(Action.KPIS_WRITE)
def change_kpi(request: Request, kpi_id: Key, sent: KpiIn) -> Response:
    """Rewrite a KPI; once it was activated, its content changes by a new version only."""
    draft, expected = parse_kpi(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        commands.change_kpi(session, visit.viewer, kpi_id, draft, expected_version=expected, now=visit.now)
        kpi = queries.get_kpi(session, SERVICE, kpi_id, on=visit.today)
    return answer(KpiOut.of(kpi), version=kpi.version)


@router.get("/kpis/{kpi_id}/versions", response_model=VersionsOut)
@access(Action.KPIS_READ)
def list_kpi_versions(request: Request, kpi_id: Key) -> Response:
    """All versions of a KPI, the newest first."""
    with reading(request) as (session, visit):
        versions = queries.list_versions(session, visit.viewer, kpi_id)
    return answer(VersionsOut(items=[VersionOut.of(version) for version in versions]))


@router.get("/kpis/{kpi_id}/hints", response_model=HintsOut)
@access(Action.KPIS_READ)
def list_wording_hints(request: Request, kpi_id: Key) -> Response:
    """Advice on the words of the newest version's items: one question, one behaviour, something that can be seen."""
    with reading(request) as (session, visit):
        kpi = queries.get_kpi(session, visit.viewer, kpi_id, on=date.max)
    return answer(HintsOut(items=[HintOut.of(hint) for hint in wording_hints(kpi.current)]))


@router.get("/kpis/{kpi_id}/versions/{number}/changes", response_model=VersionChangesOut)
@access(Action.KPIS_READ)
def get_version_changes(request: Request, kpi_id: Key, number: int, since: int | None = None) -> Response:
    """What a version changed since the one before it, or since an earlier one: field by field, before and after."""
    with reading(request) as (session, visit):
        versions = queries.list_versions(session, visit.viewer, kpi_id)
        found = compare_versions(versions, number, since=since, locale=visit.locale)
    return answer(VersionChangesOut.told(found))


@router.post("/kpis/{kpi_id}/versions", status_code=201, response_model=KpiOut)
@access(Action.KPIS_WRITE)
def add_kpi_version(request: Request, kpi_id: Key, sent: VersionIn) -> Response:
    """Add a version that is valid from a day on, today or later."""
    with posting(request) as post:
        kpi = queries.get_kpi(post.session, post.viewer, kpi_id, on=post.today)
        content = parse_content(sent.given(), kpi.kind)
        commands.add_kpi_version(post.session, post.viewer, kpi_id, content, now=post.now)
        return _answer_with(post, kpi_id, status=201)


@router.post("/kpis/{kpi_id}/activate", response_model=ActivatedOut)
@access(Action.KPIS_WRITE)
def activate_kpi(request: Request, kpi_id: Key) -> Response:
    """Put a draft or paused KPI to use; names everything that is missing, and warns where nothing helps to improve."""
    with posting(request) as post:
        return _activated(post, kpi_id, None)


@router.post("/kpis/{kpi_id}/swap", response_model=ActivatedOut)
@access(Action.KPIS_WRITE)
def swap_kpi(request: Request, kpi_id: Key, sent: SwapIn) -> Response:
    """Put a KPI to use where its cards are full, as another rests or is laid away for it; both happen or neither."""
    swap = parse_swap(sent.given())
    with posting(request) as post:
        return _activated(post, kpi_id, swap)


@router.post("/kpis/{kpi_id}/pause", response_model=KpiOut)
@access(Action.KPIS_WRITE)
def pause_kpi(request: Request, kpi_id: Key, sent: ReasonIn) -> Response:
    """Rest an active KPI: it keeps its lines on cards and takes no place there."""
    with posting(request) as post:
        commands.pause_kpi(post.session, post.viewer, kpi_id, reason=sent.reason, now=post.now)
        return _answer_with(post, kpi_id)


@router.post("/kpis/{kpi_id}/retire", response_model=KpiOut)
@access(Action.KPIS_WRITE)
def retire_kpi(request: Request, kpi_id: Key, sent: ReasonIn) -> Response:
    """Lay a KPI away for good; what was released with it stays."""
    with posting(request) as post:
        commands.retire_kpi(post.session, post.viewer, kpi_id, reason=sent.reason, now=post.now)
        return _answer_with(post, kpi_id)


@router.get("/kpis/{kpi_id}/room", response_model=RoomOut)
@access(Action.KPIS_READ)
def get_room(request: Request, kpi_id: Key) -> Response:
    """The cards on which the KPI would be one too many once it is in use, and those that could make room for it."""
    with reading(request) as (session, visit):
        room = find_room(session, visit.viewer, kpi_id, on=visit.today)
    return answer(RoomOut.of(room))


@router.get("/kpis/{kpi_id}/steps", response_model=StepsOut)
@access(Action.KPIS_READ)
def list_kpi_steps(request: Request, kpi_id: Key) -> Response:
    """The life of a KPI, the newest step first: put to use, rested or laid away, by whom, why, and swapped with which."""
    with reading(request) as (session, visit):
        steps = list_steps(session, visit.viewer, kpi_id, on=visit.today)
    return answer(StepsOut(items=[StepOut.of(step) for step in steps]))


def _activated(post: Post, kpi_id: str, swap: SwapDraft | None) -> Response:
    commands.activate_kpi(post.session, post.viewer, kpi_id, swap=swap, now=post.now)
    kpi = queries.get_kpi(post.session, SERVICE, kpi_id, on=post.today)
    return post.answer(ActivatedOut.told(kpi), version=kpi.version)


def _answer_with(post: Post, kpi_id: str, *, status: int = 200) -> Response:
    kpi = queries.get_kpi(post.session, SERVICE, kpi_id, on=post.today)
    return post.answer(KpiOut.of(kpi), status=status, version=kpi.version)
