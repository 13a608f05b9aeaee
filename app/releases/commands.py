"""The one write of releases: score, verify and seal a closed round in one transaction; and clearing up after it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import Database, WriteSession
from app.infra.formats import DEFAULT_ZONE
from app.infra.ids import new_id
from app.infra.keys import key_of
from app.journal.commands import record
from app.kpis.values import KpiKind
from app.mail.commands import enqueue_all
from app.metrics.queries import load_readings
from app.metrics.values import Reading
from app.organisation.queries import load_people, load_people_of, load_subjects
from app.organisation.values import SubjectId
from app.releases.check import check
from app.releases.comments import released_comments
from app.releases.digest import digest_input
from app.releases.explain import documents
from app.releases.keep import histograms_of, totals_document
from app.releases.letters import release_letters
from app.releases.lookup import Tables, tables_of
from app.releases.partition import JudgedRound, item_ids, judge
from app.releases.rows import as_columns, score_rows
from app.releases.rules import GraceNotOver, ReleaseRefused
from app.releases.score import score_round
from app.releases.tables import AtomRow, ExplanationRow, ReleasedCommentRow, ReleaseRow, ScoreRow
from app.releases.values import METHOD_VERSION, Release, ReleaseId
from app.responses.sheets import load_sheets
from app.responses.tables import AnonymousSheetRow
from app.responses.values import SheetColumns
from app.rounds import rules as rounds_rules
from app.rounds.close import mark_released
from app.rounds.queries import load_frozen_round, load_marks, load_rounds_to_release, take_round
from app.rounds.values import FrozenRound, Mark, Mode, Round, RoundSource, RoundState
from app.scoring.objections import Objection


def release_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Release:
    """Score and publish a closed round, once and for all.

    For who may write rounds at its scope. Written in one transaction, or not at all: release, atoms, scores,
    explanations, comments, the round's state; sheets of `anonymous` groups are reduced to sums and deleted. Each
    rated person gets a letter. A round that is released already gives its release and changes nothing.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    if round_.state is RoundState.RELEASED:
        return _existing(session, round_)
    _require_over(round_, now=now)
    frozen = load_frozen_round(session, round_.id)
    marks = load_marks(session, round_.id)
    sheets = load_sheets(session, round_.id, item_ids(frozen))
    judged = judge(frozen, sheets, [one for one in marks if one.answered])
    readings = _readings(session, frozen)
    sealed = _Seal(session, frozen, judged, now)
    sealed.write(readings, sheets, marks)
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
        _announce(session, frozen, sealed.release, now=now)
    return sealed.release


def release_due_rounds(session: WriteSession, *, now: datetime) -> int:
    """Release every closed round that waits for nobody; how many. For the worker."""
    due = load_rounds_to_release(session)
    for round_ in due:
        release_round(session, SERVICE, round_.id, now=now)
    return len(due)


def scrub_released(database: Database, *, now: datetime) -> int:
    """Clear the free pages that deleted anonymous sheets have left behind; how many releases. Idempotent.

    For the worker and the command line, after the seal is committed: no database can do it inside a transaction.
    """
    with database.read() as session:
        waiting = tuple(session.scalars(select(ReleaseRow.id).where(ReleaseRow.scrubbed_at.is_(None))))
    if not waiting:
        return 0
    database.scrub(AnonymousSheetRow.__tablename__)
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


def _announce(session: WriteSession, frozen: FrozenRound, release: Release, *, now: datetime) -> None:
    rated = [subject.id for subject in frozen.subjects if subject.is_rated]
    people = load_people_of(session, rated).values()
    company = load_subjects(session, [frozen.company_id], on=frozen.frozen_on)[SubjectId(frozen.company_id)]
    enqueue_all(session, list(release_letters(frozen, release.id, people, organisation=company.name, now=now)), now=now)


class _Seal:
    """The rows of one release on their way into the database."""

    def __init__(self, session: WriteSession, frozen: FrozenRound, judged: JudgedRound, now: datetime) -> None:
        self._session = session
        self._frozen = frozen
        self._judged = judged
        self._now = now
        self.release = Release(
            id=ReleaseId(new_id(session)),
            round_id=frozen.id,
            company_id=frozen.company_id,
            sequence=1,
            method_version=METHOD_VERSION,
            sealed_at=now,
            scrubbed_at=None if self._is_anonymous() else now,
        )

    def write(self, readings: Sequence[Reading], sheets: SheetColumns, marks: Sequence[Mark]) -> None:
        """Score, have the verifier consent, and write everything."""
        scored = score_round(self._frozen, self._judged, readings)
        try:
            check(self._frozen, scored)
        except Objection as objection:
            raise ReleaseRefused from objection
        asked = {(one.subject_id, one.rater_group) for one in marks}
        tables = tables_of(self._frozen, scored, asked)
        self._write_release(readings)
        self._insert(AtomRow, self._atoms())
        self._insert(ScoreRow, (as_columns(score) for score in score_rows(tables)))
        self._insert(ExplanationRow, self._explanations(tables), with_id=False)
        self._insert(ReleasedCommentRow, self._comments(sheets))
        self._session.execute(delete(AnonymousSheetRow).where(AnonymousSheetRow.round_id == self._frozen.id))

    def _is_anonymous(self) -> bool:
        return any(policy.mode is Mode.ANONYMOUS for policy in self._frozen.groups)

    def _write_release(self, readings: Sequence[Reading]) -> None:
        document = digest_input(self._frozen, self._judged, readings)
        self._session.execute(
            insert(ReleaseRow).values(
                id=self.release.id,
                round_id=self.release.round_id,
                company_id=self.release.company_id,
                sequence=self.release.sequence,
                method_version=self.release.method_version,
                input_digest=key_of(self._session).derive("release-input", document),
                sealed_at=self._now,
                scrubbed_at=self.release.scrubbed_at,
            )
        )

    def _insert(self, table: type[Any], rows: Iterable[dict[str, Any]], *, with_id: bool = True) -> None:
        complete = [
            {"release_id": self.release.id, **({"id": new_id(self._session)} if with_id else {}), **row} for row in rows
        ]
        if complete:
            self._session.execute(insert(table.__table__), complete)

    def _atoms(self) -> Iterator[dict[str, Any]]:
        histograms = histograms_of(self._judged)
        for place, atom in enumerate(self._judged.made.atoms):
            yield {
                "subject_id": self._frozen.subjects[atom.subject].id,
                "rater_groups": "+".join(self._frozen.groups[group].rater_group.value for group in atom.groups),
                "is_own": not atom.is_carried,
                "is_protected": atom.is_protected,
                "raters": len(atom.heads),
                "sheets": atom.sheets,
                "totals": totals_document(self._judged, place, histograms.get(place, {})),
            }

    def _explanations(self, tables: Tables) -> Iterator[dict[str, Any]]:
        for subject_id, document in documents(tables):
            yield {"subject_id": subject_id, "document": document}

    def _comments(self, sheets: SheetColumns) -> Iterator[dict[str, Any]]:
        key = key_of(self._session)
        named = {policy.rater_group.value for policy in self._frozen.groups if policy.mode is Mode.NAMED}
        voices = {sheets.voices[sheet] for sheet, _, _ in sheets.comments if sheets.groups[sheet] in named}
        names = {str(person.id): person.name or "" for person in load_people(self._session, voices).values()}
        for comment in released_comments(
            self._frozen,
            self._judged,
            sheets,
            order=lambda text: key.derive("comment-order", text),
            names=names,
        ):
            yield asdict(comment)
