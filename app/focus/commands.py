"""Every write of focus: choosing, proposing, and taking out again."""

from datetime import datetime

from sqlalchemy import delete

from app.accounts.values import Viewer
from app.focus import rules
from app.focus.queries import find_rows, get_focus
from app.focus.tables import FocusKpiRow
from app.focus.values import Focus, FocusDraft, FocusState
from app.infra.database import WriteSession
from app.infra.formats import listing, local_day
from app.journal.commands import record
from app.organisation.place import take_turn
from app.words import in_locale


def choose_focus(session: WriteSession, viewer: Viewer, subject_id: str, draft: FocusDraft, *, now: datetime) -> Focus:
    """Put a KPI of a person's card into focus, in the place of another where two are there (FocusFull).

    For those who lead the person (ChosenByWhoLeads). Agrees to a proposal of the same KPI, with what that replaces unless
    something else is named. Sends nothing. Idempotent.
    """
    focus = _taken(session, viewer, subject_id, now=now)
    if not focus.may_choose:
        raise rules.ChosenByWhoLeads
    proposal = focus.proposal
    if draft.instead_of_id is None and proposal is not None and proposal.kpi.id == draft.kpi_id:
        draft = FocusDraft(draft.kpi_id, proposal.instead_of.id if proposal.instead_of is not None else None)
    if draft.kpi_id in _chosen(focus):
        return focus
    _require_place(viewer, focus, draft)
    _cleared(session, focus, {draft.kpi_id, draft.instead_of_id})
    return _added(session, viewer, focus, FocusDraft(draft.kpi_id), FocusState.CHOSEN, now=now)


def propose_focus(session: WriteSession, viewer: Viewer, subject_id: str, draft: FocusDraft, *, now: datetime) -> Focus:
    """Propose a KPI for the own focus; it replaces what was proposed before.

    For the person alone (ChosenByWhoLeads). Sends nothing: whoever leads finds it with the summary and the talk.
    """
    focus = _taken(session, viewer, subject_id, now=now)
    if not focus.may_propose:
        raise rules.ChosenByWhoLeads
    if draft.kpi_id in _chosen(focus):
        return focus
    _require_place(viewer, focus, draft)
    if focus.proposal is not None:
        _cleared(session, focus, {focus.proposal.kpi.id})
    return _added(session, viewer, focus, draft, FocusState.PROPOSED, now=now)


def drop_focus(session: WriteSession, viewer: Viewer, subject_id: str, kpi_id: str, *, now: datetime) -> Focus:
    """Take a KPI out of focus, or take a proposal away.

    For those who lead the person; the person takes back what was proposed and nothing else (ChosenByWhoLeads). Idempotent.
    """
    focus = _taken(session, viewer, subject_id, now=now)
    proposed = focus.proposal.kpi.id if focus.proposal is not None else None
    if not focus.may_choose and not (focus.may_propose and kpi_id == proposed):
        raise rules.ChosenByWhoLeads
    if kpi_id not in _chosen(focus) | {proposed}:
        return focus
    _cleared(session, focus, {kpi_id})
    record(
        session,
        viewer.actor,
        "focus.dropped",
        company_id=focus.company_id,
        object_kind="subject",
        object_id=subject_id,
        details={"kpi_id": kpi_id},
        now=now,
    )
    return get_focus(session, viewer, subject_id, on=local_day(now))


def _taken(session: WriteSession, viewer: Viewer, subject_id: str, *, now: datetime) -> Focus:
    """The focus of a person, changed by one at a time: two at once could make three of two."""
    today = local_day(now)
    focus = get_focus(session, viewer, subject_id, on=today)
    take_turn(session, focus.company_id)
    return get_focus(session, viewer, subject_id, on=today)


def _chosen(focus: Focus) -> set[str | None]:
    """What was chosen for the person; what the card has in focus for everybody takes no place."""
    return set() if focus.is_of_card else {one.kpi.id for one in focus.kpis}


def _require_place(viewer: Viewer, focus: Focus, draft: FocusDraft) -> None:
    chosen = {str(one) for one in _chosen(focus)}
    names = {kpi.id: in_locale(kpi.name, viewer.locale) for kpi in (*focus.choices, *(one.kpi for one in focus.kpis))}
    try:
        rules.require_place(draft, chosen, names)
    except rules.FocusFull:
        told = listing([names[one.kpi.id] for one in focus.kpis], "nb" if viewer.locale == "nb" else "en")
        raise rules.FocusFull(kpis=told, wanted=names[draft.kpi_id]) from None


def _cleared(session: WriteSession, focus: Focus, kpi_ids: set[str | None]) -> None:
    """Take rows away, and those whose KPI the card does not have any more."""
    known = {kpi.id for kpi in focus.choices} | {one.kpi.id for one in focus.kpis}
    gone = {row.kpi_id for row in find_rows(session, [focus.person.id]) if row.kpi_id not in known}
    ids = {one for one in kpi_ids if one is not None} | gone
    session.execute(
        delete(FocusKpiRow).where(FocusKpiRow.subject_id == focus.person.id, FocusKpiRow.kpi_id.in_(ids)),
        execution_options={"synchronize_session": "fetch"},
    )


def _added(
    session: WriteSession, viewer: Viewer, focus: Focus, draft: FocusDraft, state: FocusState, *, now: datetime
) -> Focus:
    today = local_day(now)
    session.add(
        FocusKpiRow(
            subject_id=focus.person.id,
            kpi_id=draft.kpi_id,
            state=state,
            instead_of_id=draft.instead_of_id,
            since=today,
            set_by=viewer.actor,
        )
    )
    session.flush()
    record(
        session,
        viewer.actor,
        f"focus.{state}",
        company_id=focus.company_id,
        object_kind="subject",
        object_id=focus.person.id,
        details={"kpi_id": draft.kpi_id},
        now=now,
    )
    return get_focus(session, viewer, focus.person.id, on=today)
