"""The one write of releases: score, verify and seal a closed round in one transaction; and clearing up after it."""

from datetime import datetime, time, timedelta

from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import Database, WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.journal.commands import record
from app.kpis.values import KpiKind
from app.metrics.queries import load_readings
from app.metrics.values import Reading
from app.moderation.tables import ModeratedCommentRow
from app.receipts.tables import ReceiptRow
from app.releases.earlier import load_earlier
from app.releases.hold import announce, hold_back
from app.releases.partition import item_ids, judge
from app.releases.rules import GraceNotOver
from app.releases.seal import Seal
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import FAILED_RELEASE, Release, ReleaseId
from app.responses.sheets import load_sheets
from app.responses.tables import AnonymousSheetRow, ParkedSheetRow, SheetCommentRow
from app.rounds import rules as rounds_rules
from app.rounds.close import mark_released
from app.rounds.queries import load_frozen_round, load_marks, take_round
from app.rounds.values import FrozenRound, Round, RoundSource, RoundState
from app.visits.queries import load_held

SCRUBBED = tuple(
    table.__tablename__
    for table in (AnonymousSheetRow, SheetCommentRow, ParkedSheetRow, ModeratedCommentRow, ReceiptRow)
)
"""What a release may leave behind in the files: sheets, comments as they were written, and what led from codes to them."""


def release_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Release:
    """Score and publish a closed round, once and for all.

    For who may write rounds at its scope. Written in one transaction, or not at all: release, atoms, scores,
    explanations, findings, comparisons, comments, the round's state; sheets of `anonymous` groups are reduced to sums
    and deleted, moderated comments as they were written are destroyed, and receipts tell what became of each. Each
    rated person gets a letter, where the own summary waits for a talk once it opens. A round that is released already gives its release and changes nothing.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    if round_.state is RoundState.RELEASED:
        return _existing(session, round_)
    _require_over(round_, now=now)
    frozen = load_frozen_round(session, round_.id)
    marks = load_marks(session, round_.id)
    sheets = load_sheets(session, round_.id, item_ids(frozen), load_held(session, round_.id))
    judged = judge(frozen, sheets, marks)
    readings = _readings(session, frozen)
    sealed = Seal(session, frozen, judged, now)
    sealed.write(readings, sheets, marks, load_earlier(session, frozen))
    mark_released(session, round_.id, now=now)
    record(
        session,
        viewer.actor,
        "release.published",
        company_id=frozen.company_id,
        object_kind="release",
        object_id=sealed.release.id,
        now=now,
    )
    if round_.source is RoundSource.ASKED:
        rated = _rated(session, frozen, sealed.release)
        announce(
            session, frozen, sealed.release.id, rated - hold_back(session, round_, frozen, rated, now=now), now=now
        )
    return sealed.release


def note_failed_release(session: WriteSession, round_: Round, error: str, *, now: datetime) -> None:
    """Note that a due round could not be released: `queries.load_due_releases` lets it rest for a while, longer each time.

    For the worker, in a transaction of its own, since that of the release is gone; `error` is the name of its kind.
    """
    record(
        session,
        SERVICE.actor,
        FAILED_RELEASE,
        company_id=round_.company_id,
        object_kind="round",
        object_id=round_.id,
        details={"error": error},
        now=now,
    )


def scrub_released(database: Database, *, now: datetime) -> int:
    """Clear the free pages that deleted sheets and comments have left behind; how many releases. Idempotent.

    For the worker and the command line, after the seal is committed: no database can do it inside a transaction.
    """
    with database.read() as session:
        waiting = tuple(session.scalars(select(ReleaseRow.id).where(ReleaseRow.scrubbed_at.is_(None))))
    if not waiting:
        return 0
    database.scrub(*SCRUBBED)
    with database.write() as writing:
        writing.execute(update(ReleaseRow).where(ReleaseRow.id.in_(waiting)).values(scrubbed_at=now))
    return len(waiting)


def _existing(session: WriteSession, round_: Round) -> Release:
    row = session.scalars(select(ReleaseRow).where(ReleaseRow.round_id == round_.id)).one()
    return _release_of(row)


def _release_of(row: ReleaseRow) -> Release:
    return Release(
        id=ReleaseId(row.id),
        round_id=row.round_id,
        company_id=row.company_id,
        sequence=row.sequence,
        method_version=row.method_version,
        sealed_at=row.sealed_at,
        scrubbed_at=row.scrubbed_at,
    )


def _require_over(round_: Round, *, now: datetime) -> None:
    if round_.state is RoundState.CLOSED:
        return
    if round_.state is RoundState.OPEN and round_.closes_at <= now:
        raise GraceNotOver
    raise rounds_rules.RoundNotClosed


def _readings(session: WriteSession, frozen: FrozenRound) -> list[Reading]:
    hard = [kpi.kpi_id for kpi in frozen.kpis if kpi.kind is KpiKind.HARD]
    start = datetime.combine(frozen.period_start, time(), DEFAULT_ZONE)
    end = datetime.combine(frozen.period_end + timedelta(days=1), time(), DEFAULT_ZONE)
    inside = {subject.id for subject in frozen.subjects}
    return [one for one in load_readings(session, hard, start=start, end=end) if one.subject_id in inside]


def _rated(session: WriteSession, frozen: FrozenRound, release: Release) -> set[str]:
    """Whoever was rated; in a round that comes again and again, whoever has a figure in it."""
    rated = {subject.id for subject in frozen.subjects if subject.is_rated}
    if frozen.grows:
        shown = select(ScoreRow.subject_id).where(ScoreRow.release_id == release.id, ScoreRow.score.is_not(None))
        rated &= set(session.scalars(shown))
    return rated
