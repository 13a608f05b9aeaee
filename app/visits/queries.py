"""Queries of visits: scenarios, visits as each viewer may know them, the form behind a link, and what visits say together.

Before a report is accepted those who read results do not learn of the visit; who visits, they never learn.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import and_, func, or_, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.infra.keys import fingerprint, key_of
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.invitations.rules import is_token
from app.invitations.values import LinkSecrets
from app.kpis.values import RaterGroup
from app.mail.values import Letter, OutboxMessage
from app.organisation.paths import below, load_paths, load_subjects
from app.organisation.values import SubjectId, SubjectKind
from app.rounds.tables import AssignmentRow
from app.rounds.values import AssignmentSource
from app.scoring.visits import LEAST_VISITS, together
from app.visits import rules
from app.visits.tables import EvidenceRow, ScenarioRow, VisitRow
from app.visits.values import (
    Band,
    EarlierVisit,
    Evidence,
    Ruling,
    Scenario,
    Visit,
    VisitLetter,
    VisitStanding,
    VisitState,
)

AT_ONCE = 5_000
_VISITS = (
    AssignmentRow.rater_group == RaterGroup.MYSTERY_SHOPPER,
    AssignmentRow.source == AssignmentSource.ENCOUNTER,
)
"""Assignments that stand for visits: `rounds.rules.is_visit`."""


# ------------------------------------------------------------ scenarios


def get_scenario(session: ReadSession, viewer: Viewer, scenario_id: str) -> Scenario:
    """A scenario, for who may read rounds in its company."""
    row = session.get(ScenarioRow, scenario_id) if is_id(scenario_id) else None
    require(viewer, Action.KPIS_READ, (row.company_id,) if row is not None else ())
    if row is None:
        raise NotFound
    return row.value()


def list_scenarios(session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest) -> Page[Scenario]:
    """The scenarios of a company, the latest first."""
    require(viewer, Action.KPIS_READ, (company_id,) if is_id(company_id) else ())
    query = select(ScenarioRow.created_at, ScenarioRow.id, ScenarioRow).where(ScenarioRow.company_id == company_id)
    rows = session.execute(sliced(query, [ScenarioRow.created_at, ScenarioRow.id], request, descending=True))
    page = page_of(rows, request, key=lambda row: row[:2])
    return page.map(lambda row: row[2].value())


# ------------------------------------------------------------ visits


def get_visit(session: ReadSession, viewer: Viewer, visit_id: str, *, on: date) -> Visit:
    """A visit as the viewer may know it; NotFound where it is not to be known of at all."""
    row = session.get(VisitRow, visit_id) if is_id(visit_id) else None
    path = load_paths(session, [row.subject_id], on=on).get(SubjectId(row.subject_id), ()) if row is not None else ()
    if row is None or not rules.may_see_order(viewer, path, VisitState(row.state)):
        raise NotFound
    round_id = _rounds_of(session, [row.id]).get(row.id)
    return replace(_as_known(viewer, path, row.value()), round_id=round_id)


def list_visits(  # noqa: PLR0913 - session, who, where, which slice, and two named filters
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    state: VisitState | None = None,
    subject_id: str = "",
    on: date,
) -> Page[Visit]:
    """The visits in a company that the viewer may know of, the latest order first."""
    if not is_id(company_id) or (subject_id and not is_id(subject_id)):
        raise NotFound
    of_company = VisitRow.company_id == company_id
    subjects = session.scalars(select(VisitRow.subject_id).where(of_company).distinct()).all()
    paths = load_paths(session, subjects, on=on)
    known = {one for one, path in paths.items() if rules.may_see_order(viewer, path, VisitState.ORDERED)}
    told = {one for one, path in paths.items() if rules.may_see_order(viewer, path, VisitState.FINAL)}
    reported = {one for one, path in paths.items() if rules.may_see_order(viewer, path, VisitState.REPORTED)}
    query = select(VisitRow.ordered_at, VisitRow.id, VisitRow).where(
        of_company,
        or_(
            VisitRow.subject_id.in_(known | reported),
            and_(VisitRow.subject_id.in_(told), VisitRow.state.in_(rules.SHOWN)),
        ),
    )
    if state is not None:
        query = query.where(VisitRow.state == state)
    if subject_id:
        query = query.where(VisitRow.subject_id == subject_id)
    rows = session.execute(sliced(query, [VisitRow.ordered_at, VisitRow.id], request, descending=True))
    page = page_of(rows, request, key=lambda row: row[:2])
    taken = _rounds_of(session, [row[1] for row in page.items])
    return page.map(
        lambda row: replace(
            _as_known(viewer, paths[SubjectId(row[2].subject_id)], row[2].value()), round_id=taken.get(row[1])
        )
    )


def get_standing(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> VisitStanding:
    """What the visits that count say about a subject, for who may read its results.

    A person is shown from three visits on; a unit takes in all visits to it and below, however few.
    """
    found = load_subjects(session, [subject_id] if is_id(subject_id) else [], on=on).get(SubjectId(subject_id))
    require(viewer, Action.RESULTS_READ, found.path if found is not None else ())
    if found is None:
        raise NotFound
    inside = below([found.id], on=on)
    own = VisitRow.subject_id == found.id
    # Competitors hang below the company for access only.
    here = own if found.kind is SubjectKind.PERSON else VisitRow.subject_id.in_(inside)
    query = select(VisitRow).where(here, VisitRow.state.in_((*rules.COUNTING, *rules.PENDING)))
    visits = [row.value() for row in session.scalars(query.order_by(VisitRow.until_on.desc(), VisitRow.id))]
    if found.kind is not SubjectKind.COMPETITOR:
        kinds = load_subjects(session, {one.subject_id for one in visits}, on=on)
        visits = [one for one in visits if kinds[SubjectId(one.subject_id)].kind is not SubjectKind.COMPETITOR]
    counted = [one for one in visits if one.state in rules.COUNTING and one.score is not None]
    least = LEAST_VISITS if found.kind is SubjectKind.PERSON else 1
    return VisitStanding(
        subject_id=found.id,
        name=found.name,
        kind=found.kind,
        together=together([one.score or 0.0 for one in counted], least=least),
        counted=tuple(_as_known(viewer, found.path, one) for one in counted),
        pending=len(visits) - len(counted),
        capped=sum(one.is_capped for one in counted),
    )


def list_evidence(session: ReadSession, viewer: Viewer, visit_id: str, *, on: date) -> Sequence[Evidence]:
    """The pictures of a visit, without their bytes, for who may read its report."""
    visit = get_visit(session, viewer, visit_id, on=on)
    return load_evidence(session, visit.id) if visit.report is not None else ()


def get_picture(session: ReadSession, viewer: Viewer, visit_id: str, evidence_id: str, *, on: date) -> bytes:
    """The bytes of one picture, for who may read the report."""
    visit = get_visit(session, viewer, visit_id, on=on)
    wanted = (EvidenceRow.id == evidence_id, EvidenceRow.visit_id == visit.id)
    found = session.scalar(select(EvidenceRow.picture).where(*wanted)) if is_id(evidence_id) else None
    if found is None or visit.report is None:
        raise NotFound
    return found


# ------------------------------------------------------------ behind the link


def find_visit_by_link(session: ReadSession, token: str, *, now: datetime) -> Visit:
    """The visit whose report a link takes; UnknownVisitLink or VisitLinkClosed."""
    row = None
    if is_token(token):
        row = session.scalar(select(VisitRow).where(VisitRow.token_hash == fingerprint(token)))
    if row is None:
        raise rules.UnknownVisitLink
    rules.check_reportable(VisitState(row.state), row.until_on, today=local_day(now))
    return row.value()


def load_order_secrets(session: ReadSession, messages: Sequence[OutboxMessage]) -> Mapping[str, LinkSecrets]:
    """By message, the secrets of the links in visit orders; without those whose report is taken no more."""
    key = key_of(session)
    orders = [one for one in messages if one.letter is Letter.VISIT_ORDER]
    wanted = (VisitRow.id.in_({one.reference for one in orders}), VisitRow.state.in_(rules.REPORTABLE))
    open_ones = set(session.scalars(select(VisitRow.id).where(*wanted))) if orders else set()
    return {
        one.id: LinkSecrets(key.visit_token(one.reference), key.opt_out_token(one.parameters["person_id"]))
        for one in orders
        if one.reference in open_ones
    }


def load_live_secrets(session: ReadSession) -> frozenset[str]:
    """The secrets of all links that take a report just now, whoever asks; to look for leaks."""
    key = key_of(session)
    query = select(VisitRow.id).where(VisitRow.state.in_(rules.REPORTABLE))
    return frozenset(key.visit_token(visit_id) for visit_id in session.scalars(query))


# ------------------------------------------------------------ for commands


def load_evidence(session: ReadSession, visit_id: str) -> tuple[Evidence, ...]:
    """The pictures of a visit without their bytes, in no telling order."""
    query = select(EvidenceRow).where(EvidenceRow.visit_id == visit_id).order_by(EvidenceRow.kind, EvidenceRow.id)
    return tuple(row.value() for row in session.scalars(query))


def load_earlier(session: ReadSession, company_id: str) -> tuple[EarlierVisit, ...]:
    """All visits of a company that were not cancelled, as rotation looks at them."""
    columns = (VisitRow.shopper_id, VisitRow.place_id, VisitRow.from_on, VisitRow.until_on, VisitRow.band)
    query = select(*columns).where(VisitRow.company_id == company_id, VisitRow.state != VisitState.CANCELLED)
    return tuple(EarlierVisit(*row[:4], Band(row[4])) for row in session.execute(query))


def load_ordered(session: ReadSession, subject_ids: Iterable[str], first: date, last: date) -> tuple[Visit, ...]:
    """The visits to some subjects that were to begin in a period and were not cancelled, whoever asks."""
    query = select(VisitRow).where(
        VisitRow.subject_id.in_(list(subject_ids)),
        VisitRow.from_on.between(first, last),
        VisitRow.state != VisitState.CANCELLED,
    )
    return tuple(row.value() for row in session.scalars(query.order_by(VisitRow.from_on, VisitRow.id)))


def load_held(session: ReadSession, round_id: str) -> Mapping[bytes, float]:
    """By key of a sheet, what of the points of a visit counts where something critical held its score down.

    Visits come into a round at its close; their assignments name them as the occasion.
    """
    mark = AssignmentRow
    query = select(mark.occasion, mark.id).where(mark.round_id == round_id, *_VISITS)
    marks = {row[0]: row[1] for row in session.execute(query)}
    if not marks:
        return {}
    wanted = (VisitRow.id.in_(list(marks)), VisitRow.score < VisitRow.earned)
    key = key_of(session)
    capped = session.execute(select(VisitRow.id, VisitRow.score, VisitRow.earned).where(*wanted))
    return {key.sheet_key(marks[visit_id]): (score or 0.0) / earned for visit_id, score, earned in capped if earned}


def take_due_visits(session: ReadSession, *, now: datetime) -> Sequence[VisitRow]:
    """Accepted visits to which nobody has objected in time, held; those that somebody else holds are left to him."""
    due = (VisitRow.state == VisitState.ACCEPTED, VisitRow.appeal_until <= now)
    query = select(VisitRow).where(*due).order_by(VisitRow.id).limit(AT_ONCE)
    # Never waited for: an appeal or a close that holds one may want the readings that those before it have written.
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def count_evidence(session: ReadSession, visit_id: str) -> int:
    """How many pictures a visit has."""
    counted = select(func.count()).select_from(EvidenceRow).where(EvidenceRow.visit_id == visit_id)
    return session.scalar(counted) or 0


def letter_about(session: ReadSession, visit: Visit, *, on: date) -> VisitLetter:
    """What letters about a visit say of the place."""
    found = load_subjects(session, [visit.company_id, visit.subject_id], on=on)
    subject = found[SubjectId(visit.subject_id)]
    return VisitLetter(found[SubjectId(visit.company_id)].name, subject.name, subject.kind)


def names_of(session: ReadSession, visits: Iterable[Visit], *, on: date) -> Mapping[str, str]:
    """What the visited are called."""
    found = load_subjects(session, {one.subject_id for one in visits}, on=on)
    return {str(subject_id): subject.name for subject_id, subject in found.items()}


def _rounds_of(session: ReadSession, visit_ids: Sequence[str]) -> Mapping[str, str]:
    """The rounds that visits came into at their close."""
    mark = AssignmentRow
    query = select(mark.occasion, mark.round_id).where(mark.occasion.in_(visit_ids), *_VISITS)
    return {row[0]: row[1] for row in session.execute(query)}


def _as_known(viewer: Viewer, path: Sequence[str], visit: Visit) -> Visit:
    """The visit without what the viewer must not know."""
    shopper = visit.shopper_id if rules.may_know_shopper(viewer, path) else ""
    ruling = visit.ruling if viewer.is_service else replace(visit.ruling, validated_by="")
    if rules.may_read_report(viewer, path, visit.state):
        return replace(visit, shopper_id=shopper, ruling=ruling)
    return replace(visit, shopper_id=shopper, report=None, score=None, earned=None, ruling=Ruling())
