"""Every write of open answers but the computing of a period: a code, who reads its comments first, an answer, what is parked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.encounters.rules import kpi_problems, period_of
from app.errors import FieldError, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.keys import fingerprint, key_of, receipt_secret
from app.infra.versions import check_version
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.moderation.values import Verdict
from app.open_answers import rules
from app.open_answers.queries import FORM, code_for, load_open_form
from app.open_answers.seal import comment_mark
from app.open_answers.tables import OpenAnswerRow, OpenCodeRow
from app.open_answers.values import CodeDraft, CodeState, OpenCode, OpenForm
from app.organisation.queries import load_subjects
from app.organisation.values import UNIT_KINDS, SubjectId
from app.receipts.commands import give_out_apart
from app.receipts.queries import load_known
from app.receipts.rules import written
from app.responses.hand_out import WHOLE
from app.responses.intake import BEGUN, parse_sheets, parse_submission_id
from app.responses.rules import ReviewOver
from app.responses.values import ParkState, ParsedSheet
from app.rounds.moderators import moderator_problems

ONLY_UNITS = "A code hangs at a unit: what anybody may say about a person is not asked here."


def create_code(session: WriteSession, viewer: Viewer, company_id: str, draft: CodeDraft, *, now: datetime) -> OpenCode:
    """Make a code for a unit; from then on whoever scans it may answer.

    For who may write rounds at the unit. Not idempotent.
    """
    today = local_day(now)
    unit = load_subjects(session, [draft.subject_id], on=today).get(SubjectId(draft.subject_id))
    inside = unit is not None and unit.company_id == company_id
    require(viewer, Action.ROUNDS_WRITE, unit.path if unit is not None and inside else ())
    if unit is None:
        raise NotFound
    known = load_kpis(session, [one for one in draft.kpi_ids if is_id(one)], on=today)
    problems = kpi_problems(draft.kpi_ids, {str(kpi_id): kpi for kpi_id, kpi in known.items()}, company_id)
    if unit.kind not in UNIT_KINDS:
        problems.append(FieldError("subject_id", ONLY_UNITS))
    problems += moderator_problems(session, unit.id, draft.moderated_by, on=today)
    if problems:
        raise Invalid(problems)
    code_id = new_id(session)
    session.add(
        OpenCodeRow(
            id=code_id,
            company_id=company_id,
            subject_id=draft.subject_id,
            name=dict(draft.name),
            kpi_ids=list(draft.kpi_ids),
            rhythm=draft.rhythm,
            k=draft.k,
            moderated_by=draft.moderated_by,
            state=CodeState.OPEN,
            token_hash=fingerprint(key_of(session).open_code_token(code_id)),
            version=1,
        )
    )
    session.flush()
    _note(session, viewer, company_id, code_id, "open_code.created", now=now)
    return code_for(session, viewer, Action.ROUNDS_WRITE, code_id, now=now)


def close_code(session: WriteSession, viewer: Viewer, code_id: str, *, now: datetime) -> OpenCode:
    """Take a code down for good: its address says so from now on; what was answered is still computed.

    For who may write rounds where it hangs. Idempotent.
    """
    found = code_for(session, viewer, Action.ROUNDS_WRITE, code_id, now=now)
    if found.state is CodeState.OPEN:
        row = session.get_one(OpenCodeRow, found.id)
        row.state, row.version = CodeState.CLOSED, row.version + 1
        session.flush()
        _note(session, viewer, found.company_id, found.id, "open_code.closed", now=now)
    return code_for(session, viewer, Action.ROUNDS_WRITE, code_id, now=now)


def change_moderators(
    session: WriteSession,
    viewer: Viewer,
    code_id: str,
    moderated_by: str | None,
    *,
    expected_version: int | None = None,
    now: datetime,
) -> OpenCode:
    """Say who reads comments first from now on, or that nobody does; what is in already leaves as it was promised.

    For who may write rounds where it hangs; StaleVersion when it was changed since, CodeClosed when it was taken down.
    Idempotent.
    """
    found = code_for(session, viewer, Action.ROUNDS_WRITE, code_id, now=now)
    row = session.execute(select(OpenCodeRow).where(OpenCodeRow.id == found.id).with_for_update()).scalar_one()
    check_version(row.version, expected_version)
    if row.state != CodeState.OPEN:
        raise rules.CodeClosed
    if problems := moderator_problems(session, found.subject_id, moderated_by, on=local_day(now)):
        raise Invalid(problems)
    if row.moderated_by != moderated_by:
        row.moderated_by, row.version = moderated_by, row.version + 1
        session.flush()
        _note(session, viewer, found.company_id, found.id, "open_code.moderators_changed", now=now)
    return code_for(session, viewer, Action.ROUNDS_WRITE, code_id, now=now)


def submit_open_answer(
    session: WriteSession, token: str, posted: Mapping[str, Sequence[str]], *, device: str, now: datetime
) -> str | None:
    """Store what somebody answers who scanned a code; the receipt code of the comment, where there is one.

    Whoever holds the address may call. `device` is what tells one device from another for the length of a period; only
    a mark of it is stored, under the instance key, and for this code and period alone. Suspicious answers are parked.
    The same submission id again changes nothing, and gives the same receipt code until the period is computed.
    """
    form = load_open_form(session, token, now=now)
    submission_id = parse_submission_id(posted)
    [sheet] = parse_sheets(posted, [form.subject], form.scales)
    # Answers through one code follow each other, so that none of a burst is missed.
    session.execute(select(OpenCodeRow.id).where(OpenCodeRow.id == form.code.id).with_for_update())
    mark = key_of(session).submission_mark(form.code.id, submission_id)
    receipt = written(receipt_secret(token, FORM, WHOLE, submission_id)) if sheet.comments.get(WHOLE) else None
    known = select(OpenAnswerRow.id).where(OpenAnswerRow.code_id == form.code.id, OpenAnswerRow.submission_id == mark)
    if session.scalar(known) is not None:
        return receipt if receipt is not None and load_known(session, [receipt]) else None
    start, end = period_of(local_day(now), form.code.rhythm)
    phone = key_of(session).derive("open device", form.code.id, start.isoformat(), device)[:8]
    slot = int(now.timestamp()) // rules.SLOT_SECONDS
    reasons = rules.open_suspicions(
        list(sheet.answers.values()),
        _seconds(session, form, posted, now=now),
        before=_count(session, form, OpenAnswerRow.period_start == start, OpenAnswerRow.device == phone),
        in_slot=_count(session, form, OpenAnswerRow.slot == slot),
    )
    row = _row(session, form, sheet, mark, start=start, device=phone, slot=slot, reasons=[*reasons])
    session.add(row)
    session.flush()
    if receipt is not None:
        give_out_apart(session, receipt, comment_mark(session, row.id), ends_on=end)
    return receipt


def decide_parked_open(
    session: WriteSession, viewer: Viewer, answer_id: str, wanted: ParkState, *, now: datetime
) -> None:
    """Let a parked open answer count, or leave it out; either can be taken back until the period is computed.

    For who analyses results where the code hangs, once the period is over (ReviewOver before). Idempotent.
    """
    row = session.get(OpenAnswerRow, answer_id) if is_id(answer_id) else None
    if row is None:
        raise NotFound
    code = code_for(session, viewer, Action.RESULTS_ANALYSE, row.code_id, now=now)
    if row.period_start >= period_of(local_day(now), code.rhythm)[0] or not row.reasons:
        raise ReviewOver
    row.state = wanted
    session.flush()


def _seconds(
    session: WriteSession, form: OpenForm, posted: Mapping[str, Sequence[str]], *, now: datetime
) -> float | None:
    begun = key_of(session).read_moment(BEGUN, form.code.id, posted.get(BEGUN, ("",))[0])
    return None if begun is None else (now - begun).total_seconds()


def _count(session: WriteSession, form: OpenForm, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(OpenAnswerRow).where(OpenAnswerRow.code_id == form.code.id, *conditions)
    return session.scalar(query) or 0


def _row(
    session: WriteSession,
    form: OpenForm,
    sheet: ParsedSheet,
    submission_mark: str,
    **noted: Any,
) -> OpenAnswerRow:
    return OpenAnswerRow(
        id=new_id(session),
        code_id=form.code.id,
        period_start=noted["start"],
        submission_id=submission_mark,
        device=noted["device"],
        slot=noted["slot"],
        answers=dict(sheet.answers),
        comment=sheet.comments.get(WHOLE, ""),
        verdict=Verdict.RELEASED if form.code.moderated_by is None else Verdict.WAITING,
        reasons=noted["reasons"],
        state=ParkState.PARKED if noted["reasons"] else ParkState.COUNTED,
    )


def _note(session: WriteSession, viewer: Viewer, company_id: str, code_id: str, action: str, *, now: datetime) -> None:
    record(session, viewer.actor, action, company_id=company_id, object_kind="open_code", object_id=code_id, now=now)
