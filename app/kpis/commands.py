"""Every write on KPIs; those on goals, scales and competences stand in `define`, on targets and cards in `assign`, and are offered here.

All of them ask for kpis:write at the company, leave a journal entry and send nothing. A change that names the
version it saw raises StaleVersion when another came first. Nothing of the past is rewritten: a KPI that was activated
changes by versions that begin on a day.
"""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete

from app.accounts.values import Viewer
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.kpis import queries
from app.kpis.assign import set_scorecard, set_target
from app.kpis.checks import activation_problems, anchor_problems, condition_problems, content_problems
from app.kpis.define import change_competence, change_goal, change_scale, create_competence, create_goal, create_scale
from app.kpis.drafts import (
    NAMES_NOTHING,
    KpiContent,
    KpiDraft,
    Named,
    SoftMeasure,
    SwapDraft,
    content_of,
    drafted_version,
)
from app.kpis.guard import check_free, enter, note, writable
from app.kpis.room import load_room
from app.kpis.rows import item_row, version_row
from app.kpis.rules import (
    LINE_CAPS,
    OTHER_KIND,
    CardFull,
    KpiNotReady,
    VersionNeeded,
    WrongKpiState,
    check_following,
    next_state,
    refuse,
)
from app.kpis.tables import KpiRow, KpiVersionRow
from app.kpis.values import Kpi, KpiId, KpiState, KpiVersion, KpiVersionId
from app.organisation.queries import load_people

__all__ = [
    "activate_kpi",
    "add_kpi_version",
    "change_competence",
    "change_goal",
    "change_kpi",
    "change_scale",
    "create_competence",
    "create_goal",
    "create_kpi",
    "create_scale",
    "pause_kpi",
    "retire_kpi",
    "set_scorecard",
    "set_target",
]


def create_kpi(session: WriteSession, viewer: Viewer, draft: KpiDraft, *, company_id: str, now: datetime) -> KpiId:
    """Write a KPI with its first version, as a draft: it may still lack what an active one needs."""
    enter(session, viewer, company_id)
    row = KpiRow(
        id=new_id(session),
        company_id=company_id,
        kind=draft.content.kind,
        state=KpiState.DRAFT,
        created_at=now,
        version=1,
    )
    _set_references(session, row, draft)
    version = _checked_version(session, company_id, draft.content, 1, now)
    session.add(row)
    _write_version(session, row.id, version, now)
    note(session, viewer, "kpi.created", row, now)
    return KpiId(row.id)


def change_kpi(
    session: WriteSession,
    viewer: Viewer,
    kpi_id: str,
    draft: KpiDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Rewrite goal, owner and external id, and while the KPI is a draft its content as well.

    VersionNeeded when the content of an activated KPI would change; KpiNotReady when it would lack something.
    """
    row, present = _open_kpi(session, viewer, kpi_id, expected_version)
    _set_references(session, row, draft)
    if present.state is KpiState.DRAFT:
        _add_content(session, present, draft.content, now)
    elif replace(content_of(present), starts_on=None) != replace(draft.content, starts_on=None):
        raise VersionNeeded
    _check_ready(session, replace(present, goal_id=draft.goal_id, owner_id=draft.owner_id))
    row.version += 1
    note(session, viewer, "kpi.changed", row, now)


def add_kpi_version(
    session: WriteSession,
    viewer: Viewer,
    kpi_id: str,
    content: KpiContent,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> KpiVersionId:
    """Add a version that is valid from a day on, today or later; the only version of a draft is rewritten instead.

    KpiNotReady when it lacks what an active KPI needs; WrongKpiState when the KPI is retired.
    """
    row, present = _open_kpi(session, viewer, kpi_id, expected_version)
    version_id = _add_content(session, present, content, now)
    row.version += 1
    note(session, viewer, "kpi.version_added", row, now)
    return version_id


def activate_kpi(
    session: WriteSession,
    viewer: Viewer,
    kpi_id: str,
    *,
    swap: SwapDraft | None = None,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Put a draft or paused KPI to use, perhaps in exchange for one that rests or is laid away at the same time.

    KpiNotReady names everything that is missing; CardFull when a card with the KPI has no place for it, also after the
    exchange. Invalid when the KPI to be exchanged is none that could make room. The reason goes into the journal and
    the history of both.
    """
    row, present = _open_kpi(session, viewer, kpi_id, expected_version)
    state = next_state(present.state, KpiState.ACTIVE)
    _check_ready(session, replace(present, state=state))
    details = {} if swap is None else _swap_out(session, viewer, present, swap, now)
    full = load_room(session, present, since=local_day(now)).full
    if full:
        raise CardFull(count=LINE_CAPS[full[0].level])
    _set_state(session, viewer, row, state, now, **details)


def pause_kpi(
    session: WriteSession,
    viewer: Viewer,
    kpi_id: str,
    *,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Rest an active KPI: it keeps its lines on cards and takes no place there. The reason goes into the journal."""
    row, present = _open_kpi(session, viewer, kpi_id, expected_version)
    _set_state(session, viewer, row, next_state(present.state, KpiState.PAUSED), now, reason=reason)


def retire_kpi(
    session: WriteSession,
    viewer: Viewer,
    kpi_id: str,
    *,
    reason: str,
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Lay a KPI away for good; what was released with it stays. The reason goes into the journal."""
    row, present = _open_kpi(session, viewer, kpi_id, expected_version)
    _set_state(session, viewer, row, next_state(present.state, KpiState.RETIRED), now, reason=reason)


def _open_kpi(session: WriteSession, viewer: Viewer, kpi_id: str, expected_version: int | None) -> tuple[KpiRow, Kpi]:
    """The row and the KPI in its latest version."""
    row = writable(session, viewer, KpiRow, kpi_id, expected_version)
    return row, queries.load_kpis(session, [row.id], on=date.max)[KpiId(row.id)]


def _set_references(session: WriteSession, row: KpiRow, draft: KpiDraft) -> None:
    """Goal, owner and external id, each of the same company."""
    check_free(session, KpiRow, row.company_id, draft.external_id, own_id=row.id)
    unknown = []
    if draft.goal_id is not None and draft.goal_id not in queries.load_goal_parents(session, row.company_id):
        unknown.append(FieldError("goal_id", NO_CHOICE))
    if draft.owner_id is not None and not _is_of(session, row.company_id, draft.owner_id):
        unknown.append(FieldError("owner_id", NO_CHOICE))
    refuse(unknown)
    row.goal_id, row.owner_id, row.external_id = draft.goal_id, draft.owner_id, draft.external_id


def _is_of(session: WriteSession, company_id: str, person_id: str) -> bool:
    found = load_people(session, [person_id]) if is_id(person_id) else {}
    return any(person.company_id == company_id for person in found.values())


def _add_content(session: WriteSession, present: Kpi, content: KpiContent, now: datetime) -> KpiVersionId:
    """The next version of a KPI; a draft has one only, which is written anew."""
    known = present.current
    if content.kind is not present.kind:
        raise Invalid([FieldError("kind", OTHER_KIND, present.kind)])
    if present.state is KpiState.RETIRED:
        raise WrongKpiState
    if present.state is KpiState.DRAFT:
        session.execute(delete(KpiVersionRow).where(KpiVersionRow.kpi_id == present.id))
    else:
        check_following(known.starts_on, content.starts_on or local_day(now), local_day(now))
    number = 1 if present.state is KpiState.DRAFT else known.number + 1
    version = _checked_version(session, present.company_id, content, number, now)
    _check_ready(session, replace(present, current=version))
    return _write_version(session, present.id, version, now)


def _checked_version(
    session: WriteSession, company_id: str, content: KpiContent, number: int, now: datetime
) -> KpiVersion:
    """The content as a version that is not written yet."""
    refuse(content_problems(content))
    named = NAMES_NOTHING
    if isinstance(content.measure, SoftMeasure):
        named = _named_in(session, company_id, content.measure)
    version = drafted_version(content, number=number, named=named, today=local_day(now))
    refuse([*anchor_problems(version.items), *condition_problems(version.items)])
    return version


def _named_in(session: WriteSession, company_id: str, measure: SoftMeasure) -> Named:
    """The scales and competences that items name, each of the same company."""
    scales = queries.load_scales(session, company_id, [item.scale_id for item in measure.items])
    wanted = {item.practice.competence_id for item in measure.items} - {None}
    competences = queries.load_competences(session, company_id) if wanted else {}
    unknown = []
    for place, item in enumerate(measure.items):
        if item.scale_id not in scales:
            unknown.append(FieldError(f"items.{place}.scale_id", NO_CHOICE))
        if item.practice.competence_id not in {None, *competences}:
            unknown.append(FieldError(f"items.{place}.competence_id", NO_CHOICE))
    refuse(unknown)
    return Named(scales, competences)


def _check_ready(session: WriteSession, kpi: Kpi) -> None:
    """Refuse to leave an activated KPI without what it needs."""
    if kpi.state in {KpiState.ACTIVE, KpiState.PAUSED}:
        problems = activation_problems(kpi, queries.load_targets(session, [kpi.id], on=None))
        if problems:
            raise KpiNotReady(problems)


def _write_version(session: WriteSession, kpi_id: str, version: KpiVersion, now: datetime) -> KpiVersionId:
    row = version_row(version, id=new_id(session), kpi_id=kpi_id, created_at=now)
    session.add(row)
    session.flush()
    session.add_all(
        item_row(item, id=new_id(session), kpi_version_id=row.id, position=position)
        for position, item in enumerate(version.items, start=1)
    )
    session.flush()
    return KpiVersionId(row.id)


def _swap_out(session: WriteSession, viewer: Viewer, kpi: Kpi, swap: SwapDraft, now: datetime) -> dict[str, str]:
    """Make room for a KPI; what the journal says of the exchange."""
    choices = {one.id for one in load_room(session, kpi, since=local_day(now)).choices}
    if swap.kpi_id not in choices:
        raise Invalid([FieldError("kpi_id", NO_CHOICE)])
    out = writable(session, viewer, KpiRow, swap.kpi_id, None)
    state = next_state(KpiState(out.state), swap.state)
    _set_state(session, viewer, out, state, now, reason=swap.reason, swapped_with=kpi.id)
    return {"reason": swap.reason, "swapped_with": out.id}


def _set_state(
    session: WriteSession, viewer: Viewer, row: KpiRow, state: KpiState, now: datetime, **details: str
) -> None:
    row.state = state
    row.version += 1
    note(session, viewer, f"kpi.{state}", row, now, **details)
