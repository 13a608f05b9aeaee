"""Writes of visits before the visit: scenarios, orders within the rotation, and taking an order back."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.dossiers.queries import load_dossiers
from app.dossiers.rules import launch_problems
from app.dossiers.values import Measure
from app.errors import FieldError, Invalid, NotFound
from app.fields import NO_CHOICE
from app.infra.addresses import parse_email
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.keys import fingerprint, key_of
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.kpis.values import Aggregation, Kpi, KpiId, KpiKind, KpiState
from app.mail.commands import enqueue
from app.mail.queries import load_suppressed
from app.organisation.commands import ensure_raters
from app.organisation.paths import load_subjects
from app.organisation.place import take_turn
from app.organisation.queries import load_people
from app.organisation.values import NewRater, Person, PersonId, Subject, SubjectId, SubjectKind
from app.rounds.limits import load_apart
from app.rounds.recipe import freeze_kpi, kpis_out
from app.visits import queries, rules
from app.visits.letters import order_letter
from app.visits.report import add_evidence, remove_evidence, report_visit
from app.visits.settle import accept_visit, appeal_visit, decide_appeal, return_visit, settle_due_visits
from app.visits.tables import ScenarioRow, VisitRow
from app.visits.values import EarlierVisit, OrderDraft, Scenario, ScenarioContent, Visit, VisitState

__all__ = [
    "accept_visit",
    "add_evidence",
    "appeal_visit",
    "cancel_visit",
    "change_scenario",
    "create_scenario",
    "decide_appeal",
    "order_visit",
    "remove_evidence",
    "report_visit",
    "return_visit",
    "settle_due_visits",
]

KNOWN_THERE = "Somebody who works here would be recognised. Choose a shopper from outside."
NOT_WRITTEN_TO = "This shopper has asked for no letters, or letters do not arrive. Choose somebody else."
KEPT_APART = "This shopper must not rate whom the visit is about: a conflict of interest is marked."
NOT_SOFT = "Choose a soft KPI that is active."
NO_VALUES = "Choose an active hard KPI whose readings are single values."

_IN_PARTS = (Aggregation.RATIO, Aggregation.RATE)


def create_scenario(
    session: WriteSession, viewer: Viewer, company_id: str, content: ScenarioContent, *, now: datetime
) -> Scenario:
    """Write a scenario. For who may write rounds in the company. Sends nothing. Not idempotent."""
    require(viewer, Action.ROUNDS_WRITE, (company_id,) if is_id(company_id) else ())
    _check_kpis(session, company_id, content, on=local_day(now))
    row = ScenarioRow(id=new_id(session), company_id=company_id, created_at=now, version=1, **_columns(content))
    session.add(row)
    session.flush()
    _note(session, viewer, row, "visit_scenario.created", now=now)
    return row.value()


def change_scenario(
    session: WriteSession,
    viewer: Viewer,
    scenario_id: str,
    content: ScenarioContent,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Scenario:
    """Rewrite a scenario as a whole; visits that are ordered keep the form they were ordered with.

    For who may write rounds in the company. Sends nothing. Idempotent.
    """
    row = _scenario(session, scenario_id)
    require(viewer, Action.ROUNDS_WRITE, (row.company_id,))
    check_version(row.version, expected_version)
    if content == row.value().content:
        return row.value()
    _check_kpis(session, row.company_id, content, on=local_day(now))
    for name, value in _columns(content).items():
        setattr(row, name, value)
    row.version += 1
    session.flush()
    _note(session, viewer, row, "visit_scenario.changed", now=now)
    return row.value()


def order_visit(session: WriteSession, viewer: Viewer, company_id: str, draft: OrderDraft, *, now: datetime) -> Visit:
    """Order a visit and send the shopper a link to its report.

    For who may write rounds there and reads no results there (ReaderOrders). Own people and units are visited under a
    complete dossier only. Without a shopper the one whose turn it is goes (NobodyToSend); without a part of the day
    it is the one least used there. Written: the visit with its form as it is today. Not idempotent.
    """
    today = local_day(now)
    scenario = _scenario(session, draft.scenario_id)
    subject = _visited(session, viewer, company_id, draft.subject_id, today)
    if scenario.company_id != company_id:
        raise NotFound
    problems = rules.window_problems(draft, today=today) + _dossier_problems(session, subject, draft, today)
    if problems:
        raise Invalid(problems)
    take_turn(session, company_id)
    place_id = subject.path[-2] if subject.kind is SubjectKind.PERSON else subject.id
    earlier = queries.load_earlier(session, company_id)
    shopper = _shopper(session, subject, draft, place_id, scenario, earlier, now=now)
    visit_id = new_id(session)
    row = VisitRow(
        id=visit_id,
        company_id=company_id,
        scenario_id=scenario.id,
        subject_id=subject.id,
        place_id=place_id,
        shopper_id=shopper.id,
        from_on=draft.from_on,
        until_on=draft.until_on,
        band=draft.band or rules.next_band(place_id, draft, earlier),
        state=VisitState.ORDERED,
        token_hash=fingerprint(key_of(session).visit_token(visit_id)),
        form=_form(session, scenario.value().content, on=today),
        ordered_at=now,
        ordered_by=viewer.actor,
        returns=0,
        version=1,
        **dict.fromkeys(("note", "validated_by", "appeal", "reason"), ""),
    )
    session.add(row)
    session.flush()
    visit = row.value()
    enqueue(session, order_letter(visit, shopper, queries.letter_about(session, visit, on=today), wave=0), now=now)
    _note(session, viewer, row, "visit.ordered", now=now)
    return queries.get_visit(session, viewer, visit_id, on=today)


def cancel_visit(session: WriteSession, viewer: Viewer, visit_id: str, *, now: datetime) -> Visit:
    """Take an order back before its report is accepted; the link closes. For who may order there. Idempotent."""
    row = session.get(VisitRow, visit_id, with_for_update=True) if is_id(visit_id) else None
    if row is None:
        raise NotFound
    _visited(session, viewer, row.company_id, row.subject_id, local_day(now))
    if row.state != VisitState.CANCELLED:
        if row.state not in rules.REPORTABLE:
            raise rules.WrongState
        row.state, row.version = VisitState.CANCELLED, row.version + 1
        session.flush()
        _note(session, viewer, row, "visit.cancelled", now=now)
    return queries.get_visit(session, viewer, row.id, on=local_day(now))


# ------------------------------------------------------------ pieces


def _scenario(session: WriteSession, scenario_id: str) -> ScenarioRow:
    row = session.get(ScenarioRow, scenario_id) if is_id(scenario_id) else None
    if row is None:
        raise NotFound
    return row


def _visited(session: WriteSession, viewer: Viewer, company_id: str, subject_id: str, today: date) -> Subject:
    """Where a visit goes, for who may order it there."""
    known = load_subjects(session, [subject_id] if is_id(subject_id) else [], on=today)
    found = known.get(SubjectId(subject_id))
    path = found.path if found is not None and found.company_id == company_id else ()
    require(viewer, Action.ROUNDS_WRITE, path)
    if found is None or not path:
        raise NotFound
    if not rules.may_order(viewer, path):
        raise rules.ReaderOrders
    return found


def _dossier_problems(session: WriteSession, subject: Subject, draft: OrderDraft, today: date) -> list[FieldError]:
    if subject.kind is SubjectKind.COMPETITOR:
        return []
    about = [one for one in load_dossiers(session, subject.company_id) if one.content.scope_id in subject.path]
    span = max(draft.from_on, today), max(draft.until_on, today)
    return launch_problems(about, [Measure.MYSTERY_VISITS], *span, today=today)


def _shopper(  # noqa: PLR0913 - session, where, what, and who was where before
    session: WriteSession,
    subject: Subject,
    draft: OrderDraft,
    place_id: str,
    scenario: ScenarioRow,
    earlier: tuple[EarlierVisit, ...],
    *,
    now: datetime,
) -> Person:
    """Who goes: the one named, if fit and rested there, or the one whose turn it is."""
    if not draft.shopper:
        known = load_people(session, {one.shopper_id for one in earlier})
        against = _against(session, subject, known.values())
        pool = [person.id for person in known.values() if person.email and person.id not in against]
        chosen = rules.next_shopper(pool, place_id, draft, scenario.rotation_months, earlier)
        if chosen is None:
            raise rules.NobodyToSend
        return known[PersonId(chosen)]
    person = _named(session, subject.company_id, draft, now=now)
    against = _against(session, subject, [person])
    if against:
        raise Invalid([FieldError("shopper", against[person.id])])
    if not rules.is_rested(person.id, place_id, draft, scenario.rotation_months, earlier):
        raise Invalid([FieldError("shopper", rules.WAS_HERE)])
    return person


def _named(session: WriteSession, company_id: str, draft: OrderDraft, *, now: datetime) -> Person:
    try:
        email = parse_email(draft.shopper)
    except ValueError as error:
        raise Invalid([FieldError("shopper", str(error))]) from error
    made = ensure_raters(session, company_id, [NewRater(email, email, locale=draft.locale)], now=now)
    return load_people(session, made.values())[made[email]]


def _against(session: WriteSession, subject: Subject, people: Collection[Person]) -> Mapping[PersonId, str]:
    """Why somebody cannot visit a subject, by person: works here, is not written to, or is kept apart from it."""
    suppressed = load_suppressed(session, {one.mailbox for one in people if one.mailbox is not None})
    apart = load_apart(session, subject.company_id)
    found = {}
    for person in people:
        if person.subject_id is not None:
            found[person.id] = KNOWN_THERE
        elif person.mailbox in suppressed:
            found[person.id] = NOT_WRITTEN_TO
        elif (person.id, subject.id) in apart:
            found[person.id] = KEPT_APART
    return found


def _check_kpis(session: WriteSession, company_id: str, content: ScenarioContent, *, on: date) -> None:
    """Refuse what cannot be scored or measured: KPIs of another kind, of elsewhere, or not in use."""
    wanted = [one for one in (*content.kpi_ids, *(fact.kpi_id for fact in content.facts)) if is_id(one)]
    known = load_kpis(session, sorted(set(wanted)), on=on)

    def active(kpi_id: str, kind: KpiKind) -> Kpi | None:
        kpi = known.get(KpiId(kpi_id))
        fits = kpi is not None and kpi.company_id == company_id and kpi.kind is kind and kpi.state is KpiState.ACTIVE
        return kpi if fits else None

    problems = [
        FieldError(f"kpi_ids.{place}", NOT_SOFT, NO_CHOICE)
        for place, kpi_id in enumerate(content.kpi_ids)
        if active(kpi_id, KpiKind.SOFT) is None
    ]
    for place, fact in enumerate(content.facts):
        kpi = active(fact.kpi_id, KpiKind.HARD)
        if kpi is None or kpi.current.aggregation is None or kpi.current.aggregation in _IN_PARTS:
            problems.append(FieldError(f"facts.{place}.kpi_id", NO_VALUES))
    if problems:
        raise Invalid(problems)


def _form(session: WriteSession, content: ScenarioContent, *, on: date) -> dict[str, Any]:
    """The scenario as it is frozen into a visit, with the items of its KPIs as they are worded today."""
    kpis = load_kpis(session, content.kpi_ids, on=on)
    frozen = [freeze_kpi(kpis[KpiId(one)], {}) for one in content.kpi_ids if KpiId(one) in kpis]
    return {
        "name": dict(content.name),
        "task": dict(content.task),
        "kpis": kpis_out([replace(kpi, measure=None) for kpi in frozen]),
        "facts": [asdict(one) for one in content.facts],
        "critical": [asdict(one) for one in content.critical],
        "cap": content.cap,
        "appeal_days": content.appeal_days,
        "pictures": content.pictures,
    }


def _columns(content: ScenarioContent) -> dict[str, Any]:
    return {
        "name": dict(content.name),
        "task": dict(content.task),
        "kpi_ids": list(content.kpi_ids),
        "facts": [asdict(one) for one in content.facts],
        "critical": [asdict(one) for one in content.critical],
        "cap": content.cap,
        "rotation_months": content.rotation_months,
        "appeal_days": content.appeal_days,
        "pictures": content.pictures,
    }


def _note(session: WriteSession, viewer: Viewer, row: VisitRow | ScenarioRow, action: str, *, now: datetime) -> None:
    kind = row.__tablename__
    record(session, viewer.actor, action, company_id=row.company_id, object_kind=kind, object_id=row.id, now=now)
