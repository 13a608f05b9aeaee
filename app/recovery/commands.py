"""Every write of recovery: a customer accepts, the owner is told and closes, the worker keeps no case too long."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.infra.ids import new_id
from app.infra.keys import key_of
from app.infra.versions import check_version
from app.invitations.hours import is_working_time
from app.invitations.queries import hold_link
from app.journal.commands import record
from app.mail.commands import enqueue_all
from app.organisation.paths import load_subjects
from app.organisation.queries import load_people_of, load_tree
from app.organisation.values import SubjectId
from app.recovery import rules
from app.recovery.intake import ABOUT, TICKET, parse_wish
from app.recovery.letters import case_letter
from app.recovery.queries import get_case, get_offer, load_lapsing, load_untold, owner_of
from app.recovery.tables import RecoveryCaseRow, RecoveryContactRow
from app.recovery.values import CaseEnd, CaseOutcome, CaseState, RecoveryCase


def open_case(
    session: WriteSession, token: str, given: Mapping[str, object], *, posted: bool = False, now: datetime
) -> None:
    """Open a case for a customer who wants to be contacted.

    Whoever holds link and ticket may call. Written: the case for whoever leads the employee, and apart from it how to
    reach the customer; nothing of the answers, and nothing that leads to them without the instance key. No letter
    leaves now and the journal says nothing, since both would tell when an answer came (see `tell_owners`). The same
    answer once more opens no second case.
    """
    link = hold_link(session, token, now=now)
    about, ticket = str(given.get(ABOUT, "")), str(given.get(TICKET, ""))
    offer = get_offer(session, token, about, ticket, now=now)
    wish = parse_wish(given, posted=posted)
    origin = key_of(session).derive("recovery", about)[:16]
    if session.scalar(select(RecoveryCaseRow.id).where(RecoveryCaseRow.origin == origin)) is not None:
        return
    today = local_day(now)
    case = RecoveryCaseRow(
        id=new_id(session),
        company_id=link.company_id,
        subject_id=offer.subject_id,
        owner_id=offer.owner_id,
        origin=origin,
        state=CaseState.OPEN,
        opened_on=today,
        due_on=rules.due_on(today),
        note="",
        version=1,
    )
    session.add(case)
    session.flush()
    session.add(RecoveryContactRow(case_id=case.id, contact=wish.contact, name=wish.name, message=wish.message))
    session.flush()


def close_case(
    session: WriteSession,
    viewer: Viewer,
    case_id: str,
    end: CaseEnd,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> RecoveryCase:
    """Close a case with its outcome; how to reach the customer is deleted.

    For its owner alone. Not idempotent: a closed case is refused (CaseClosed).
    """
    found = get_case(session, viewer, case_id)
    check_version(found.version, expected_version)
    row = session.get_one(RecoveryCaseRow, found.id)
    if row.state != CaseState.OPEN:
        raise rules.CaseClosed
    _close(session, row, end, now=now)
    record(
        session,
        viewer.actor,
        "recovery_case.closed",
        company_id=row.company_id,
        object_kind="recovery_case",
        object_id=row.id,
        details={"outcome": end.outcome.value},
        now=now,
    )
    return get_case(session, viewer, case_id)


def tell_owners(session: WriteSession, *, zone: ZoneInfo = DEFAULT_ZONE, now: datetime) -> int:
    """Write to the owners of new cases that a customer waits; how many letters.

    For the worker, while people in `zone` are at work, and not before the next working day: a letter at once would
    tell at which hour somebody answered. Whoever takes a case over is told as well. Idempotent: once for each case and
    owner.
    """
    if not is_working_time(now, zone):
        return 0
    today = local_day(now, zone=zone)
    untold = load_untold(session, today=today)
    owners = load_people_of(session, {row.owner_id for row in untold})
    companies = load_subjects(session, {row.company_id for row in untold}, on=today)
    mails = []
    for row in untold:
        owner = owners.get(SubjectId(row.owner_id))
        if owner is not None and owner.email:
            organisation = companies[SubjectId(row.company_id)].name
            mails.append(case_letter(row.id, owner, organisation=organisation, now=now))
    return enqueue_all(session, mails, now=now)


def keep_cases(session: WriteSession, *, now: datetime) -> int:
    """Pass on the cases of owners who no longer lead anybody, and close those that nobody saw to for 60 days.

    For the worker; how many. A case goes to whoever leads the employee today. Idempotent.
    """
    today = local_day(now)
    lapsing = load_lapsing(session, today=today)
    for row in lapsing:
        _close(session, row, CaseEnd(CaseOutcome.LAPSED, ""), now=now)
    return len(lapsing) + _pass_on(session, now=now)


def _pass_on(session: WriteSession, *, now: datetime) -> int:
    rows = session.scalars(select(RecoveryCaseRow).where(RecoveryCaseRow.state == CaseState.OPEN)).all()
    trees = {one: load_tree(session, one, on=local_day(now)) for one in {row.company_id for row in rows}}
    passed = 0
    for row in rows:
        tree = trees[row.company_id]
        still_leads = row.owner_id in tree.subjects and any(row.owner_id in led for led in tree.led_by.values())
        owner = None if still_leads else owner_of(tree, row.subject_id)
        if owner is not None and owner != row.owner_id:
            row.owner_id, row.version = owner, row.version + 1
            passed += 1
    session.flush()
    return passed


def _close(session: WriteSession, row: RecoveryCaseRow, end: CaseEnd, *, now: datetime) -> None:
    row.state, row.outcome, row.note = CaseState.CLOSED, end.outcome, end.note
    row.closed_on, row.version = local_day(now), row.version + 1
    session.flush()
    session.execute(delete(RecoveryContactRow).where(RecoveryContactRow.case_id == row.id))
