"""Every SELECT of decisions: cases as their readers see them, the ledger, and what waits for somebody.

Cases are read by those who read the results of their subject today; what is not theirs is answered like what is not
there. So is, to the person, what was written about him since a release of which the own summary waits.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select

from app.accounts.queries import load_actor_names
from app.accounts.rules import SERVICE, Action, may
from app.accounts.values import Viewer
from app.decisions import rules
from app.decisions.tables import DecisionCaseRow
from app.decisions.values import (
    CaseCause,
    CaseFilter,
    CaseId,
    CaseState,
    Choice,
    Decision,
    DecisionCase,
    Found,
    Owner,
)
from app.errors import NotFound
from app.followup.queries import list_signals
from app.followup.relations import name_of
from app.followup.values import Signal
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import MAX_LIMIT, Page, PageRequest, ordered, ordered_page
from app.kpis.queries import load_kpis
from app.kpis.values import Kpi, KpiId, KpiKind
from app.organisation.paths import load_subjects
from app.organisation.trees import load_paths_inside
from app.organisation.values import Subject, SubjectId
from app.releases.gate import Waiting, is_kept_back, load_waiting
from app.summaries.values import Place

NONE = CaseFilter()
CASE_ORDERS: Mapping[str, SQLColumnExpression[Any]] = {
    "due_on": DecisionCaseRow.due_on,
    "opened_on": DecisionCaseRow.opened_on,
    "decided_on": func.coalesce(DecisionCaseRow.decided_on, DecisionCaseRow.opened_on),
    "choice": func.coalesce(DecisionCaseRow.choice, ""),
}
"""What cases are sorted by."""

_USUAL: Mapping[CaseState | None, str] = {CaseState.OPEN: "due_on", CaseState.DECIDED: "-decided_on"}


# ------------------------------------------------------------ cases


def get_case(session: ReadSession, viewer: Viewer, case_id: str, *, on: date) -> DecisionCase:
    """One case, for who reads the results of its subject."""
    row = session.get(DecisionCaseRow, case_id) if is_id(case_id) else None
    if row is None:
        raise NotFound
    found = _cases(session, viewer, [row], on=on)
    if not found:
        raise NotFound
    return found[0]


def list_cases(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    chosen: CaseFilter = NONE,
    on: date,
) -> Page[DecisionCase]:
    """The cases of a company that the viewer may read: open ones by the day they are due, else the latest first.

    Or in one of `CASE_ORDERS`.
    """
    if not is_id(company_id):
        raise NotFound
    query = _kept(select(DecisionCaseRow).where(DecisionCaseRow.company_id == company_id), chosen)
    asked = session.execute(
        query.with_only_columns(DecisionCaseRow.subject_id, DecisionCaseRow.kpi_id).distinct()
    ).all()
    paths = load_paths_inside(session, chosen.inside_id, {subject_id for subject_id, _ in asked}, on=on)
    kpis = load_kpis(session, {kpi_id for _, kpi_id in asked}, on=on)
    readable = _readable(viewer, paths)
    # Hard KPIs are read by who reads readings as well; the roles that read results all do, keys may not.
    query = query.where(_is_readable(readable, kpis), *_is_not_kept_back(load_waiting(session, viewer, on=on)))
    usual = _USUAL.get(chosen.state, "-opened_on")
    rows = session.execute(ordered(query, CASE_ORDERS, DecisionCaseRow.id, request, usual=usual))
    page = ordered_page(rows, request)
    return Page(tuple(_cases(session, viewer, [row[0] for row in page.items], on=on)), page.next_cursor)


def _kept(query: Select[Any], chosen: CaseFilter) -> Select[Any]:
    if chosen.state is not None:
        query = query.where(DecisionCaseRow.state == chosen.state)
    if chosen.kpi_id is not None:
        query = query.where(DecisionCaseRow.kpi_id == chosen.kpi_id)
    if chosen.subject_id is not None:
        query = query.where(DecisionCaseRow.subject_id == chosen.subject_id)
    if chosen.owner_ids is not None:
        query = query.where(DecisionCaseRow.owner_id.in_(chosen.owner_ids))
    return query


def _readable(viewer: Viewer, paths: Mapping[SubjectId, Sequence[str]]) -> Mapping[KpiKind, frozenset[str]]:
    """The subjects whose cases the viewer may read, by the kind of KPI."""
    soft = frozenset(str(one) for one, path in paths.items() if may(viewer, Action.RESULTS_READ, path))
    hard = frozenset(one for one in soft if may(viewer, Action.READINGS_READ, paths[SubjectId(one)]))
    return {KpiKind.SOFT: soft, KpiKind.HARD: hard}


def _is_readable(readable: Mapping[KpiKind, Collection[str]], kpis: Mapping[KpiId, Kpi]) -> Any:
    by_kind: defaultdict[KpiKind, list[str]] = defaultdict(list)
    for kpi in kpis.values():
        by_kind[kpi.kind].append(kpi.id)
    soft, hard = (
        DecisionCaseRow.kpi_id.in_(by_kind[kind]) & DecisionCaseRow.subject_id.in_(readable[kind])
        for kind in (KpiKind.SOFT, KpiKind.HARD)
    )
    return soft | hard


def _is_not_kept_back(waiting: Iterable[Waiting]) -> list[ColumnElement[bool]]:
    """The condition for each own summary that waits; in SQL what `is_kept_back` says of a row."""
    row = DecisionCaseRow
    return [
        or_(
            row.subject_id != one.subject_id,
            and_(row.opened_on < one.since, or_(row.decided_on.is_(None), row.decided_on < one.since)),
        )
        for one in waiting
    ]


def _cases(session: ReadSession, viewer: Viewer, rows: Sequence[DecisionCaseRow], *, on: date) -> list[DecisionCase]:
    """Rows as cases, those left out that the viewer may not read; as many statements for one as for a hundred."""
    if not rows:
        return []
    kpis = load_kpis(session, {row.kpi_id for row in rows}, on=on)
    people = {row.owner_id for row in rows if row.owner_id is not None}
    subjects = load_subjects(session, {row.subject_id for row in rows} | people, on=on)
    names = load_actor_names(session, {row.decided_by for row in rows if row.decided_by is not None})
    waiting = load_waiting(session, viewer, {row.subject_id for row in rows}, on=on)
    return [
        _case(viewer, row, kpis[KpiId(row.kpi_id)], subjects, names)
        for row in rows
        if _may_read(viewer, kpis[KpiId(row.kpi_id)], subjects[SubjectId(row.subject_id)])
        and not is_kept_back(waiting, row.subject_id, row.opened_on, row.decided_on)
    ]


def _may_read(viewer: Viewer, kpi: Kpi, subject: Subject) -> bool:
    is_read = may(viewer, Action.RESULTS_READ, subject.path)
    return is_read and (kpi.kind is KpiKind.SOFT or may(viewer, Action.READINGS_READ, subject.path))


def _case(
    viewer: Viewer,
    row: DecisionCaseRow,
    kpi: Kpi,
    subjects: Mapping[SubjectId, Subject],
    names: Mapping[str, str],
) -> DecisionCase:
    subject = subjects[SubjectId(row.subject_id)]
    owner = None if row.owner_id is None else subjects.get(SubjectId(row.owner_id))
    return DecisionCase(
        id=CaseId(row.id),
        company_id=row.company_id,
        kpi=name_of(kpi),
        subject=Place(subject.id, subject.kind, subject.name),
        cause=CaseCause(row.cause),
        state=CaseState(row.state),
        question=row.question,
        found=None if row.found is None else _found(row.found),
        owner=None if owner is None else Owner(owner.id, owner.name),
        opened_on=row.opened_on,
        due_on=row.due_on,
        escalations=row.escalations,
        decision=_decision(row, names),
        may_decide=row.state == CaseState.OPEN and rules.may_decide(viewer, subject.path),
        version=row.version,
    )


def _decision(row: DecisionCaseRow, names: Mapping[str, str]) -> Decision | None:
    if row.choice is None or row.decided_on is None:
        return None
    return Decision(Choice(row.choice), row.reason, row.decided_on, names.get(row.decided_by or "", ""))


def _found(kept: Mapping[str, Any]) -> Found:
    began = kept["began_on"]
    return Found(
        noticed_on=date.fromisoformat(kept["noticed_on"]),
        series=kept["series"],
        began_on=None if began is None else date.fromisoformat(began),
        is_low=kept["is_low"],
        item_name=kept["item_name"],
        rater_group=kept["rater_group"],
        value=kept["value"],
        usual=kept["usual"],
    )


# ------------------------------------------------------------ for the worker


def load_signals(session: ReadSession, company_id: str, *, on: date) -> list[Signal]:
    """Everything that moves or is beyond its red line in a company now."""
    found: list[Signal] = []
    request = PageRequest(limit=MAX_LIMIT)
    while True:
        page = list_signals(session, SERVICE, company_id, request, on=on)
        found += page.items
        if page.next_cursor is None:
            return found
        request = PageRequest(limit=MAX_LIMIT, cursor=page.next_cursor)


def load_open(session: ReadSession, company_id: str | None = None) -> tuple[DecisionCaseRow, ...]:
    """The open cases, the first due first; of one company, or of all."""
    query = select(DecisionCaseRow).where(DecisionCaseRow.state == CaseState.OPEN)
    if company_id is not None:
        query = query.where(DecisionCaseRow.company_id == company_id)
    return tuple(session.scalars(query.order_by(DecisionCaseRow.due_on, DecisionCaseRow.id)))


def load_last_decisions(session: ReadSession, company_id: str) -> dict[tuple[str, str], tuple[Choice, date]]:
    """The last decision about every KPI and subject of a company."""
    rows = session.scalars(
        select(DecisionCaseRow)
        .where(DecisionCaseRow.company_id == company_id, DecisionCaseRow.state == CaseState.DECIDED)
        .order_by(DecisionCaseRow.decided_on, DecisionCaseRow.id)
    )
    return {
        (row.kpi_id, row.subject_id): (Choice(row.choice or ""), row.decided_on)
        for row in rows
        if row.decided_on is not None
    }
