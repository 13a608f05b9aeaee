"""Writes of a shopper, through the link alone: the report, and the pictures that go with it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select

from app.errors import Conflict, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.keys import fingerprint
from app.infra.pictures import Picture
from app.invitations.rules import is_token
from app.journal.commands import record
from app.scoring.visits import VisitScore
from app.visits import queries, rules
from app.visits.intake import parse_report, problem
from app.visits.tables import EvidenceRow, VisitRow, report_out
from app.visits.values import EvidenceKind, Visit, VisitState

NOTHING_SEEN = "At least one item has to be answered."


class EnoughPictures(Conflict):
    """A report has five pictures at most."""

    code = "enough_pictures"
    message = "There are five pictures already. Take one away before you add another."


def report_visit(
    session: WriteSession, token: str, given: Mapping[str, object], *, posted: bool = False, now: datetime
) -> Visit:
    """Store what a shopper reports; a report that is in and not accepted yet is replaced.

    Whoever holds the link may call. Written: the report with its score. Sends nothing: whoever validates finds it in
    the list. The same report again changes nothing that counts.
    """
    row = _held(session, token, now=now)
    visit = row.value()
    report = parse_report(given, visit.form, posted=posted)
    today = local_day(now)
    problems = rules.report_problems(report, from_on=visit.from_on, until_on=visit.until_on, today=today)
    if problems:
        raise problem(problems[0].field, problems[0].message)
    if queries.count_evidence(session, visit.id) < visit.form.pictures:
        raise problem("pictures", rules.TOO_FEW_PICTURES)
    scored = rules.scored(visit.form, report)
    if not isinstance(scored, VisitScore):
        raise problem("item.i1", NOTHING_SEEN)
    row.report, row.score, row.earned = report_out(report), scored.score, scored.earned
    row.state, row.version = VisitState.REPORTED, row.version + 1
    session.flush()
    _note(session, row, "visit.reported", now=now)
    return row.value()


def add_evidence(session: WriteSession, token: str, kind: EvidenceKind, picture: Picture, *, now: datetime) -> bool:
    """Keep a picture, which was decoded and encoded anew; whether it is new. Whoever holds the link may call.

    Raises EnoughPictures beyond five. The same picture again changes nothing.
    """
    row = _held(session, token, now=now)
    if queries.count_evidence(session, row.id) >= rules.MOST_PICTURES:
        raise EnoughPictures
    mark = fingerprint(picture.raw.hex())
    is_known = select(EvidenceRow.id).where(EvidenceRow.visit_id == row.id, EvidenceRow.fingerprint == mark)
    if session.scalar(is_known) is not None:
        return False
    made = EvidenceRow(
        id=new_id(session),
        visit_id=row.id,
        kind=kind.value,
        width=picture.width,
        height=picture.height,
        size=len(picture.raw),
        fingerprint=mark,
        picture=picture.raw,
    )
    session.add(made)
    session.flush()
    return True


def remove_evidence(session: WriteSession, token: str, evidence_id: str, *, now: datetime) -> None:
    """Take a picture away again. Whoever holds the link may call; NotFound for a picture of another visit.

    Refused (Invalid) where a report that is in needs it: another one is added first.
    """
    row = _held(session, token, now=now)
    wanted = (EvidenceRow.id == evidence_id, EvidenceRow.visit_id == row.id)
    gone = session.execute(delete(EvidenceRow).where(*wanted).returning(EvidenceRow.id)) if is_id(evidence_id) else None
    if gone is None or gone.first() is None:
        raise NotFound
    if row.state == VisitState.REPORTED and queries.count_evidence(session, row.id) < row.value().form.pictures:
        raise problem("pictures", rules.TOO_FEW_PICTURES)


def _held(session: WriteSession, token: str, *, now: datetime) -> VisitRow:
    """The visit of a link, held until the transaction ends: a report is in before it is judged, or refused."""
    row = None
    if is_token(token):
        hashed = fingerprint(token)
        row = session.scalar(select(VisitRow).where(VisitRow.token_hash == hashed).with_for_update())
    if row is None:
        raise rules.UnknownVisitLink
    rules.check_reportable(VisitState(row.state), row.until_on, today=local_day(now))
    return row


def _note(session: WriteSession, row: VisitRow, action: str, *, now: datetime) -> None:
    record(session, "shopper", action, company_id=row.company_id, object_kind="visit", object_id=row.id, now=now)
