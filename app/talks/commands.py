"""Every write of talks: the day, what it is about, what was agreed, reading, replying and signing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete

from app.accounts.values import Viewer
from app.errors import Invalid
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import new_id
from app.infra.versions import check_version
from app.journal.commands import record
from app.organisation.place import take_turn
from app.releases.hold import open_on
from app.talks import queries, rules
from app.talks.tables import AgreementRow, TalkRow
from app.talks.values import AgreementDraft, Side, Talk, TalkDraft


def arrange_talk(  # noqa: PLR0913 - who, which talk of whom, what is wanted of it, and when
    session: WriteSession,
    viewer: Viewer,
    release_id: str,
    subject_id: str,
    draft: TalkDraft,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Talk:
    """Set the day of a talk, its agenda and what was agreed; what stood there before is replaced.

    For those who lead the person, nobody in the own case (NotInTheTalk), until both have signed (TalkSigned). The own
    summary opens on that day, at the latest when it would by itself. A change takes back the signature of those who
    lead. Sends nothing.
    """
    today = local_day(now)
    row, talk = _taken(session, viewer, release_id, subject_id, Side.LEADER, now=now)
    check_version(talk.version, expected_version)
    problems = rules.talk_problems(draft, talk, today=today)
    if problems:
        raise Invalid(problems)
    if draft == rules.draft_of(talk):
        return talk
    if draft.talk_on != talk.talk_on and talk.latest_on is not None:
        open_on(session, talk.release_id, subject_id, draft.talk_on or talk.latest_on, today=today)
    row.talk_on, row.agenda = draft.talk_on, draft.agenda
    row.leader_signed_on, row.leader_signed_by = None, None
    _agree(session, row, draft.agreements)
    day = None if draft.talk_on is None else draft.talk_on.isoformat()
    return _told(session, viewer, row, "talk.arranged", {"talk_on": day}, now=now)


def open_summary(session: WriteSession, viewer: Viewer, release_id: str, subject_id: str, *, now: datetime) -> Talk:
    """Open the own summary of a person at once, whatever day the talk is on.

    For those who lead the person. The person is told by the worker. Idempotent.
    """
    today = local_day(now)
    row, talk = _taken(session, viewer, release_id, subject_id, Side.LEADER, now=now)
    if talk.opens_on is None or talk.opens_on <= today:
        return talk
    open_on(session, talk.release_id, subject_id, today, today=today)
    return _told(session, viewer, row, "talk.opened", None, now=now)


def acknowledge_summary(
    session: WriteSession, viewer: Viewer, release_id: str, subject_id: str, reply: str, *, now: datetime
) -> Talk:
    """Say that the own summary was read, and what one thinks of it; everybody who reads the summary reads that.

    For the person alone, once it is open. The reply can be changed until both have signed (TalkSigned).
    """
    today = local_day(now)
    row, talk = _taken(session, viewer, release_id, subject_id, Side.PERSON, now=now)
    if talk.read_on is not None and reply == talk.reply:
        return talk
    row.read_on = row.read_on or today
    if reply != talk.reply:
        row.reply, row.replied_on = reply, today if reply else None
    return _told(session, viewer, row, "talk.replied" if reply else "talk.read", None, now=now)


def sign_talk(
    session: WriteSession,
    viewer: Viewer,
    release_id: str,
    subject_id: str,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Talk:
    """Sign what was agreed; once both have, nothing of the talk changes any more.

    For the two who talk, as people (SignedBySystem), from the day of the talk on (TalkNotHeld), those who lead first
    (LeaderSignsFirst). Idempotent.
    """
    today = local_day(now)
    if viewer.scopes is not None or viewer.is_service:
        raise rules.SignedBySystem
    side = Side.PERSON if subject_id in viewer.own_subjects else Side.LEADER
    talk = queries.get_talk(session, viewer, release_id, subject_id, on=today)
    if talk.is_side and talk.signed_on(side) is not None:
        return talk
    row, talk = _taken(session, viewer, release_id, subject_id, side, now=now)
    check_version(talk.version, expected_version)
    rules.require_signable(talk, side, today=today)
    if side is Side.LEADER:
        row.leader_signed_on, row.leader_signed_by = today, viewer.actor
    else:
        row.person_signed_on = today
    return _told(session, viewer, row, "talk.signed", {"side": side.value}, now=now)


# ------------------------------------------------------------ pieces


def _taken(
    session: WriteSession, viewer: Viewer, release_id: str, subject_id: str, side: Side, *, now: datetime
) -> tuple[TalkRow, Talk]:
    """The row of a talk, made where there was none, for one of the two; with the talk as it stands."""
    today = local_day(now)
    known = queries.get_talk(session, viewer, release_id, subject_id, on=today)
    if not (known.is_leader if side is Side.LEADER else known.is_own):
        raise rules.NotInTheTalk
    take_turn(session, known.company_id)
    talk = queries.get_talk(session, viewer, release_id, subject_id, on=today)
    if talk.is_signed:
        raise rules.TalkSigned
    row = queries.find_row(session, talk.release_id, subject_id) or TalkRow(
        id=new_id(session),
        company_id=talk.company_id,
        release_id=talk.release_id,
        subject_id=subject_id,
        agenda="",
        reply="",
        version=0,
    )
    return row, talk


def _agree(session: WriteSession, row: TalkRow, agreements: tuple[AgreementDraft, ...]) -> None:
    """Write down what was agreed instead of what stood there."""
    session.add(row)
    session.flush()
    session.execute(delete(AgreementRow).where(AgreementRow.talk_id == row.id))
    for position, one in enumerate(agreements, start=1):
        session.add(
            AgreementRow(
                id=new_id(session), talk_id=row.id, position=position, text=one.text, side=one.side, due_on=one.due_on
            )
        )


def _told(
    session: WriteSession,
    viewer: Viewer,
    row: TalkRow,
    action: str,
    details: Mapping[str, Any] | None,
    *,
    now: datetime,
) -> Talk:
    """Store and note what was done; the talk as it is now."""
    row.version += 1
    session.add(row)
    session.flush()
    record(
        session,
        viewer.actor,
        action,
        company_id=row.company_id,
        object_kind="talk",
        object_id=row.id,
        details={"release_id": row.release_id, "subject_id": row.subject_id, **(details or {})},
        now=now,
    )
    return queries.get_talk(session, viewer, row.release_id, row.subject_id, on=local_day(now))
