"""Every write of decisions: cases are opened by signals or by hand, decided, passed on, and their owners told."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.accounts.rules import SERVICE, Action, require
from app.accounts.values import Viewer
from app.decisions import queries, rules
from app.decisions.letters import waiting_letter, waiting_reference
from app.decisions.tables import DecisionCaseRow
from app.decisions.values import CaseCause, CaseDraft, CaseState, DecisionCase, DecisionDraft
from app.errors import NotFound
from app.followup.queries import find_watched_place, length_name
from app.followup.values import Signal
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.infra.ids import is_id, new_id
from app.infra.versions import check_version
from app.invitations.hours import is_working_time
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.kpis.values import Kpi, KpiId
from app.mail.commands import enqueue_all
from app.mail.queries import load_waves
from app.organisation.paths import load_subjects, path_of
from app.organisation.place import take_turn
from app.organisation.queries import list_companies, load_people_of, load_tree
from app.organisation.values import SubjectId, Tree
from app.scoring.charts import Side


def open_case(session: WriteSession, viewer: Viewer, draft: CaseDraft, *, now: datetime) -> DecisionCase:
    """Open a case by hand: a question about a KPI at a subject that somebody has to decide.

    For managers of the subject who read the course there; about the own person nobody opens one (OwnCase). While a
    case about the same is open there is no second one (CaseIsOpen). The owner is told by the worker.
    """
    today = local_day(now)
    kpi, subject = find_watched_place(session, viewer, draft.kpi_id, draft.subject_id, on=today)
    require(viewer, Action.DECISIONS_WRITE, subject.path)
    if subject.id in viewer.own_subjects:
        raise rules.OwnCase
    take_turn(session, kpi.company_id)
    at = (DecisionCaseRow.kpi_id == kpi.id, DecisionCaseRow.subject_id == subject.id)
    if session.scalar(select(DecisionCaseRow.id).where(*at, DecisionCaseRow.state == CaseState.OPEN)) is not None:
        raise rules.CaseIsOpen
    tree = load_tree(session, kpi.company_id, on=today)
    row = _opened(session, tree, kpi, subject.id, CaseCause.BY_HAND, viewer, now=now)
    row.question = draft.question
    _added(session, row, viewer, now=now)
    return queries.get_case(session, viewer, row.id, on=today)


def decide_case(
    session: WriteSession,
    viewer: Viewer,
    case_id: str,
    draft: DecisionDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> DecisionCase:
    """Record what was chosen, and why; it stays in the ledger as it is.

    For managers of the subject, whoever owns the case; nobody decides about himself (OwnCase). A case that somebody
    decided is CaseDecided. Sends nothing.
    """
    today = local_day(now)
    row = session.get(DecisionCaseRow, case_id, with_for_update=True) if is_id(case_id) else None
    if row is None:
        raise NotFound
    path = path_of(session, row.subject_id, on=today)
    case = queries.get_case(session, viewer, row.id, on=today)
    require(viewer, Action.DECISIONS_WRITE, path)
    if row.subject_id in viewer.own_subjects:
        raise rules.OwnCase
    if row.state != CaseState.OPEN:
        raise rules.CaseDecided
    check_version(case.version, expected_version)
    row.state, row.choice, row.reason = CaseState.DECIDED, draft.choice, draft.reason
    row.decided_on, row.decided_by, row.version = today, viewer.actor, row.version + 1
    session.flush()
    _note(session, row, viewer, "decision_case.decided", {"choice": draft.choice.value}, now=now)
    return queries.get_case(session, viewer, row.id, on=today)


def open_due_cases(session: WriteSession, *, now: datetime) -> int:
    """Open a case for everything that moves to the bad side or is beyond its red line; how many. For the worker.

    One at a time for a KPI at a unit, and none for what was decided about already. Idempotent.
    """
    return sum(_open_in(session, company.id, now=now) for company in list_companies(session, SERVICE))


def keep_cases(session: WriteSession, *, now: datetime) -> int:
    """Pass cases on: up the line once they are overdue, and to whoever leads today; how many. For the worker.

    At the top a case stays where it is, overdue. Idempotent.
    """
    today = local_day(now)
    waiting = queries.load_open(session)
    trees = {one: load_tree(session, one, on=today) for one in {row.company_id for row in waiting}}
    return sum(_kept(session, row, trees[row.company_id], now=now) for row in waiting)


def tell_owners(session: WriteSession, *, zone: ZoneInfo = DEFAULT_ZONE, now: datetime) -> int:
    """Write to owners that cases wait which they have not heard of; one letter each, how many.

    For the worker, while people in `zone` are at work; at most one letter a day to each owner. Idempotent.
    """
    if not is_working_time(now, zone):
        return 0
    today = local_day(now, zone=zone)
    untold = _untold(session, today)
    people = load_people_of(session, untold)
    companies = load_subjects(session, {row.company_id for rows in untold.values() for row in rows}, on=today)
    mails = []
    for owner_id, rows in untold.items():
        owner = people.get(SubjectId(owner_id))
        for row in rows:
            row.told_id = owner_id
        if owner is not None and owner.email:
            organisation = companies[SubjectId(rows[0].company_id)].name
            late = sum(row.escalations > 0 for row in rows)
            mails.append(
                waiting_letter(owner, count=len(rows), late=late, organisation=organisation, today=today, now=now)
            )
    session.flush()
    return enqueue_all(session, mails, now=now)


# ------------------------------------------------------------ pieces


def _open_in(session: WriteSession, company_id: str, *, now: datetime) -> int:
    today = local_day(now)
    signals = queries.load_signals(session, company_id, on=today)
    if not signals:
        return 0
    take_turn(session, company_id)
    open_ones = {(row.kpi_id, row.subject_id) for row in queries.load_open(session, company_id)}
    decided = queries.load_last_decisions(session, company_id)
    tree = load_tree(session, company_id, on=today)
    kpis = load_kpis(session, {signal.kpi.id for signal in signals}, on=today)
    opened = 0
    for signal in signals:
        at = (signal.kpi.id, signal.subject.id)
        cause = rules.cause_of(signal)
        noticed = None if cause is None else rules.noticed_on(signal, cause)
        if cause is None or noticed is None or at in open_ones:
            continue
        if rules.is_new(noticed, decided.get(at), today=today):
            kpi = kpis[KpiId(signal.kpi.id)]
            row = _opened(session, tree, kpi, signal.subject.id, cause, SERVICE, now=now)
            row.found = _found(signal, noticed)
            _added(session, row, SERVICE, now=now)
            open_ones.add(at)
            opened += 1
    return opened


def _untold(session: WriteSession, today: date) -> dict[str, list[DecisionCaseRow]]:
    """Open cases that their owners have not heard of, by owner; whoever had a letter today waits until tomorrow."""
    untold: defaultdict[str, list[DecisionCaseRow]] = defaultdict(list)
    for row in queries.load_open(session):
        if row.owner_id is not None and row.told_id != row.owner_id:
            untold[row.owner_id].append(row)
    told = load_waves(session, {waiting_reference(owner_id, today) for owner_id in untold})
    return {owner_id: rows for owner_id, rows in untold.items() if waiting_reference(owner_id, today) not in told}


def _opened(  # noqa: PLR0913 - session, where it hangs, about what, why, who and when
    session: WriteSession,
    tree: Tree,
    kpi: Kpi,
    subject_id: str,
    cause: CaseCause,
    viewer: Viewer,
    *,
    now: datetime,
) -> DecisionCaseRow:
    today = local_day(now)
    return DecisionCaseRow(
        id=new_id(session),
        company_id=tree.root_id,
        kpi_id=kpi.id,
        subject_id=subject_id,
        cause=cause,
        state=CaseState.OPEN,
        question="",
        found=None,
        owner_id=rules.owner_of(tree, subject_id),
        opened_on=today,
        opened_by=viewer.actor,
        due_on=rules.due_on(today, kpi.current.decision_rule),
        escalations=0,
        reason="",
        version=1,
    )


def _added(session: WriteSession, row: DecisionCaseRow, viewer: Viewer, *, now: datetime) -> None:
    session.add(row)
    session.flush()
    _note(session, row, viewer, "decision_case.opened", {"cause": row.cause}, now=now)


def _kept(session: WriteSession, row: DecisionCaseRow, tree: Tree, *, now: datetime) -> bool:
    """Give one case to who has to see to it today; whether it changed hands."""
    today: date = local_day(now)
    if not rules.still_leads(tree, row.owner_id):
        owner_id = rules.owner_of(tree, row.subject_id)
        if owner_id == row.owner_id:
            return False
        row.owner_id, row.version = owner_id, row.version + 1
        return True
    above = rules.next_owner(tree, row.owner_id) if row.due_on < today else None
    if above is None:
        return False
    row.owner_id, row.due_on = above, rules.due_again_on(today)
    row.escalations, row.version = row.escalations + 1, row.version + 1
    session.flush()
    _note(session, row, SERVICE, "decision_case.escalated", None, now=now)
    return True


def _found(signal: Signal, noticed: date) -> dict[str, Any]:
    finding = signal.finding
    began = finding.began
    return {
        "noticed_on": noticed.isoformat(),
        "series": length_name(signal.length),
        "began_on": None if began is None else began.isoformat(),
        "is_low": None if finding.side is None or finding.is_gain else finding.side is Side.LOW,
        "item_name": None if signal.item_name is None else dict(signal.item_name),
        "rater_group": finding.rater_group,
        "value": signal.value,
        "usual": signal.usual,
    }


def _note(
    session: WriteSession,
    row: DecisionCaseRow,
    viewer: Viewer,
    action: str,
    details: Mapping[str, Any] | None,
    *,
    now: datetime,
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=row.company_id,
        object_kind="decision_case",
        object_id=row.id,
        details=details,
        now=now,
    )
