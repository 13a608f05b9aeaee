"""Every SELECT of open answers: codes, what a code asks, what is parked, and the results of past periods."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from app.accounts.rules import Action, may, require
from app.accounts.values import Viewer
from app.encounters.rules import period_of
from app.encounters.values import Rhythm
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.entropy import random_uuid
from app.infra.formats import local_day
from app.infra.ids import entropy_of, is_id
from app.infra.keys import fingerprint, key_of
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.queries import load_kpis
from app.kpis.values import KpiState, RaterGroup
from app.moderation.values import Verdict
from app.open_answers import rules
from app.open_answers.tables import OpenAnswerRow, OpenCodeRow, OpenResultRow
from app.open_answers.values import (
    CodeState,
    OpenCode,
    OpenCodeId,
    OpenComment,
    OpenForm,
    OpenResult,
    OpenScore,
    OpenSuspicion,
    ParkedOpenAnswer,
)
from app.organisation.queries import load_paths, load_subjects, path_of
from app.organisation.values import SubjectId
from app.receipts.values import WithheldCount, WithheldReason
from app.responses.intake import BEGUN
from app.responses.rules import form_kpi, item_numbers
from app.responses.values import FormSubject, ParkState
from app.rounds.recipe import freeze_kpi
from app.rounds.values import FrozenKpi, Mode

FORM = "open"
"""What the fields of an open form are named by, where others have an assignment."""


def get_code(session: ReadSession, viewer: Viewer, code_id: str, *, now: datetime) -> OpenCode:
    """A code, for who may read rounds where it hangs."""
    return code_for(session, viewer, Action.ROUNDS_READ, code_id, now=now)


def code_for(session: ReadSession, viewer: Viewer, action: Action, code_id: str, *, now: datetime) -> OpenCode:
    """A code, for who may do something where it hangs."""
    row = session.get(OpenCodeRow, code_id) if is_id(code_id) else None
    require(viewer, action, path_of(session, row.subject_id, on=local_day(now)) if row else ())
    if row is None:
        raise NotFound
    return _code(session, row)


def find_code(session: ReadSession, code_id: str) -> OpenCode | None:
    """A code, whoever asks."""
    row = session.get(OpenCodeRow, code_id) if is_id(code_id) else None
    return _code(session, row) if row is not None else None


def load_looked_at(session: ReadSession) -> tuple[OpenCode, ...]:
    """Codes with comments that somebody reads first, or was to when they came, by their random ids."""
    answered = select(OpenAnswerRow.code_id)
    waiting = answered.where(OpenAnswerRow.verdict == Verdict.WAITING, OpenAnswerRow.comment != "")
    read_first = OpenCodeRow.moderated_by.is_not(None) & OpenCodeRow.id.in_(answered)
    query = select(OpenCodeRow).where(read_first | OpenCodeRow.id.in_(waiting))
    return tuple(_code(session, row) for row in session.scalars(query.order_by(OpenCodeRow.id)))


def load_over(session: ReadSession, code: OpenCode, *, on: date) -> Sequence[tuple[date, Sequence[OpenAnswerRow]]]:
    """The answers that count of each period of a code that is over and not computed yet, with its last day."""
    start, _ = period_of(on, code.rhythm)
    query = select(OpenAnswerRow).where(
        OpenAnswerRow.code_id == code.id,
        OpenAnswerRow.period_start < start,
        OpenAnswerRow.state == ParkState.COUNTED,
        OpenAnswerRow.period_start.not_in(select(OpenResultRow.period_start).where(OpenResultRow.code_id == code.id)),
    )
    found: defaultdict[date, list[OpenAnswerRow]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.period_start].append(row)
    return [(period_of(begun, code.rhythm)[1], rows) for begun, rows in sorted(found.items())]


def list_codes(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, now: datetime
) -> Page[OpenCode]:
    """The codes of a company that the viewer may read, in no order that means anything."""
    if not is_id(company_id):
        raise NotFound
    places = session.scalars(select(OpenCodeRow.subject_id).where(OpenCodeRow.company_id == company_id).distinct())
    paths = load_paths(session, places.all(), on=local_day(now))
    seen = [place for place, path in paths.items() if may(viewer, Action.ROUNDS_READ, path)]
    query = select(OpenCodeRow).where(OpenCodeRow.company_id == company_id, OpenCodeRow.subject_id.in_(seen))
    rows = session.scalars(sliced(query, [OpenCodeRow.id], request))
    return page_of(rows, request, key=lambda row: (row.id,)).map(lambda row: _code(session, row))


def find_open_code(session: ReadSession, token: str) -> OpenCode:
    """What a code's address leads to; UnknownCode for text that is none, CodeClosed for one that was taken down."""
    row = session.scalar(select(OpenCodeRow).where(OpenCodeRow.token_hash == fingerprint(token)))
    if row is None:
        raise rules.UnknownCode
    if row.state != CodeState.OPEN:
        raise rules.CodeClosed
    return _code(session, row)


def load_open_form(session: ReadSession, token: str, *, now: datetime) -> OpenForm:
    """The form of a code in the period of today; the errors are those of `find_open_code`."""
    code = find_open_code(session, token)
    today = local_day(now)
    kpis = load_asked(session, code, on=period_of(today, code.rhythm)[0])
    subjects = load_subjects(session, [code.subject_id, code.company_id], on=today)
    place = subjects[SubjectId(code.subject_id)]
    numbers = item_numbers(kpis)
    subject = FormSubject(
        assignment_id=FORM,
        subject_id=code.subject_id,
        name=place.name,
        kind=place.kind,
        rater_group=RaterGroup.CUSTOMER,
        mode=Mode.ANONYMOUS,
        k=code.k,
        comment_k=code.k,
        is_answered=False,
        is_unit_only=False,
        kpis=tuple(form_kpi(kpi, numbers) for kpi in kpis),
    )
    return OpenForm(
        code=code,
        organisation=subjects[SubjectId(code.company_id)].name,
        subject=subject,
        scales={item.id: item.scale for kpi in kpis for item in kpi.items},
        submission_id=random_uuid(entropy_of(session)),
        begun=key_of(session).seal_moment(BEGUN, code.id, now),
    )


def load_asked(session: ReadSession, code: OpenCode, *, on: date) -> tuple[FrozenKpi, ...]:
    """The KPIs that a code asks about in the period that begins on a day, in their version of that day."""
    known = load_kpis(session, code.kpi_ids, on=on)
    asked = [
        known[kpi_id] for kpi_id in sorted(known, key=code.kpi_ids.index) if known[kpi_id].state is KpiState.ACTIVE
    ]
    return tuple(freeze_kpi(kpi, kpi.current.rater_weights) for kpi in asked)


def list_results(
    session: ReadSession, viewer: Viewer, code_id: str, request: PageRequest, *, now: datetime
) -> Page[OpenResult]:
    """What open answers said, period by period, the latest first; for who may read results where the code hangs."""
    code = code_for(session, viewer, Action.RESULTS_READ, code_id, now=now)
    query = select(OpenResultRow).where(OpenResultRow.code_id == code.id)
    rows = session.scalars(sliced(query, [OpenResultRow.period_start], request, descending=True))
    return page_of(rows, request, key=lambda row: (row.period_start,)).map(_result)


def list_parked_open(
    session: ReadSession, viewer: Viewer, code_id: str, *, now: datetime
) -> Sequence[ParkedOpenAnswer]:
    """The suspicious answers of periods that are over and not computed yet; for who analyses where the code hangs."""
    code = code_for(session, viewer, Action.RESULTS_ANALYSE, code_id, now=now)
    start, _ = period_of(local_day(now), code.rhythm)
    query = select(OpenAnswerRow).where(OpenAnswerRow.code_id == code.id, OpenAnswerRow.period_start < start)
    rows = session.scalars(query.order_by(OpenAnswerRow.period_start, OpenAnswerRow.id))
    return [_parked(row) for row in rows if row.reasons]


def load_due_periods(session: ReadSession, *, now: datetime) -> tuple[tuple[OpenCodeId, date], ...]:
    """Codes with answers of a period that can be computed now."""
    today = local_day(now)
    unread = _unread_periods(session, now=now)
    query = select(OpenAnswerRow.code_id, OpenCodeRow.rhythm, OpenAnswerRow.period_start, OpenAnswerRow.state)
    found: dict[tuple[OpenCodeId, date], tuple[date, bool]] = {}
    for code_id, rhythm, start, state in session.execute(
        query.join(OpenCodeRow, OpenCodeRow.id == OpenAnswerRow.code_id).distinct()
    ):
        _, end = period_of(start, Rhythm(rhythm))
        key = OpenCodeId(code_id), start
        found[key] = end, found.get(key, (end, False))[1] or state == ParkState.PARKED
    due = [
        key
        for key, (end, has_parked) in found.items()
        if rules.is_computable(end, today, has_parked=has_parked, has_unread=(key[0], end) in unread)
    ]
    return tuple(sorted(due))


def _unread_periods(session: ReadSession, *, now: datetime) -> frozenset[tuple[OpenCodeId, date]]:
    """Codes and last days of periods in which comments that could be shown are not looked at."""
    return frozenset(
        (code.id, end)
        for code in load_looked_at(session)
        for end, rows in load_over(session, code, on=local_day(now))
        if rules.shown_comments([row for row in rows if row.comment], len(rows), code.k)
        and any(row.comment and row.verdict == Verdict.WAITING for row in rows)
    )


def _code(session: ReadSession, row: OpenCodeRow) -> OpenCode:
    return OpenCode(
        OpenCodeId(row.id),
        row.company_id,
        row.subject_id,
        row.name,
        tuple(row.kpi_ids),
        Rhythm(row.rhythm),
        row.k,
        row.moderated_by,
        CodeState(row.state),
        key_of(session).open_code_token(row.id),
        row.version,
    )


def _parked(row: OpenAnswerRow) -> ParkedOpenAnswer:
    reasons = tuple(OpenSuspicion(one) for one in row.reasons)
    return ParkedOpenAnswer(
        row.id, OpenCodeId(row.code_id), row.period_start, len(row.answers), reasons, ParkState(row.state)
    )


def _result(row: OpenResultRow) -> OpenResult:
    scores = tuple(OpenScore(**one) for one in row.document["scores"])
    # Periods computed before comments could be looked at first have their texts alone.
    comments = [OpenComment(one) if isinstance(one, str) else OpenComment(**one) for one in row.document["comments"]]
    withheld = [
        WithheldCount(WithheldReason(one), count) for one, count in sorted(row.document.get("withheld", {}).items())
    ]
    return OpenResult(
        OpenCodeId(row.code_id), row.period_start, row.period_end, row.document["answers"], scores, comments, withheld
    )
