"""The rows of one release on their way into the database; who may release what, and when, is settled in `commands`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert

from app.infra.bulk import insert_rows
from app.infra.database import Base, WriteSession
from app.infra.ids import new_id, new_ids
from app.infra.keys import key_of
from app.infra.types import json_text
from app.metrics.values import Reading
from app.releases.changes import Earlier
from app.releases.check import check
from app.releases.comparisons import comparisons
from app.releases.digest import digest_input
from app.releases.explain import documents
from app.releases.findings import findings
from app.releases.keep import totals_documents
from app.releases.lookup import Tables, tables_of
from app.releases.observed import row_counts
from app.releases.partition import JudgedRound
from app.releases.review import let_go, settle_comments
from app.releases.rows import score_rows
from app.releases.rules import ReleaseRefused
from app.releases.score import score_round
from app.releases.tables import (
    AtomRow,
    ComparisonRow,
    ExplanationRow,
    FindingRow,
    ReleasedCommentRow,
    ReleaseRow,
    ScoreRow,
    WithheldCommentsRow,
)
from app.releases.values import METHOD_VERSION, Release, ReleaseId, Score
from app.responses.tables import AnonymousSheetRow
from app.responses.values import SheetColumns
from app.rounds.values import FrozenRound, Marks, Mode, RoundSource
from app.scoring.objections import Objection

# fmt: off
ATOM = ("subject_id", "rater_groups", "is_own", "is_protected", "raters", "sheets", "totals")
SCORE = (
    "subject_id", "place", "kpi_id", "item_id", "rater_groups", "status", "reason",
    "score", "lo", "hi", "se", "df", "raters", "coverage", "details",
)
EXPLANATION = ("release_id", "subject_id", "document")
COMPARISON = ("release_id", "unit_id", "kind", "document")
COMMENT = ("subject_id", "rater_groups", "about", "position", "author", "text", "is_edited")
WITHHELD = ("release_id", "subject_id", "rater_groups", "about", "reason", "comments")
# fmt: on


class Seal:
    """One release: made, checked and written in one go."""

    def __init__(self, session: WriteSession, frozen: FrozenRound, judged: JudgedRound, now: datetime) -> None:
        self._session = session
        self._frozen = frozen
        self._judged = judged
        self.release = Release(
            id=ReleaseId(new_id(session)),
            round_id=frozen.id,
            company_id=frozen.company_id,
            sequence=1,
            method_version=METHOD_VERSION,
            sealed_at=now,
            scrubbed_at=None if self._leaves_traces() else now,
        )

    def write(
        self, readings: Sequence[Reading], sheets: SheetColumns, marks: Marks, earlier: Mapping[str, Earlier]
    ) -> None:
        """Score, have the verifier consent, and write everything."""
        scored = score_round(self._frozen, self._judged, readings)
        try:
            check(self._frozen, scored)
        except Objection as objection:
            raise ReleaseRefused from objection
        tables = tables_of(self._frozen, scored, marks.cells)
        self._write_release(readings)
        self._insert(AtomRow, ATOM, self._atoms())
        self._insert(ScoreRow, SCORE, map(_score_columns, score_rows(tables)))
        self._write_comments(sheets)
        insert_rows(self._session, ExplanationRow, EXPLANATION, self._documents(documents(tables)))
        found = findings(tables, row_counts(self._judged, sheets), earlier)
        insert_rows(self._session, FindingRow, EXPLANATION, self._documents(found))
        insert_rows(self._session, ComparisonRow, COMPARISON, self._comparisons(tables))
        self._session.execute(delete(AnonymousSheetRow).where(AnonymousSheetRow.round_id == self._frozen.id))

    def _leaves_traces(self) -> bool:
        """Whether something is deleted or wiped that must not stay in free pages: sheets, comments, marks of receipts."""
        modes = {policy.mode for policy in self._frozen.groups}
        has_receipts = self._frozen.source is RoundSource.ASKED and Mode.CONFIDENTIAL in modes
        return has_receipts or Mode.ANONYMOUS in modes or self._frozen.moderated_by is not None

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
                sealed_at=self.release.sealed_at,
                scrubbed_at=self.release.scrubbed_at,
            )
        )

    def _insert(self, table: type[Base], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        release_id = self.release.id
        # The rows come first: an endless supply of ids must not swallow the last of them.
        complete = ((id_, release_id, *row) for row, id_ in zip(rows, new_ids(self._session), strict=False))
        insert_rows(self._session, table, ("id", "release_id", *columns), complete)

    def _atoms(self) -> Iterator[tuple[Any, ...]]:
        for atom, totals in zip(self._judged.made.atoms, totals_documents(self._judged), strict=True):
            yield (
                self._frozen.subjects[atom.subject].id,
                "+".join(self._frozen.groups[group].rater_group.value for group in atom.groups),
                not atom.is_carried,
                atom.is_protected,
                len(atom.heads),
                atom.sheets,
                json_text(totals),
            )

    def _documents(self, found: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[tuple[Any, ...]]:
        return ((self.release.id, subject_id, json_text(document)) for subject_id, document in found)

    def _comparisons(self, tables: Tables) -> Iterator[tuple[Any, ...]]:
        return ((self.release.id, one.unit_id, one.kind.value, json_text(one.document)) for one in comparisons(tables))

    def _write_comments(self, sheets: SheetColumns) -> None:
        settled = settle_comments(self._session, self._frozen, self._judged, sheets)
        self._insert(ReleasedCommentRow, COMMENT, map(astuple, settled.released))
        withheld = ((self.release.id, *astuple(one)) for one in settled.withheld)
        insert_rows(self._session, WithheldCommentsRow, WITHHELD, withheld)
        let_go(self._session, self._frozen, settled, now=self.release.sealed_at)


def _score_columns(score: Score) -> tuple[Any, ...]:
    """A row in the order of `SCORE`."""
    return (
        score.subject_id,
        score.place,
        score.kpi_id,
        score.item_id,
        "+".join(score.rater_groups),
        str(score.status),
        None if score.reason is None else str(score.reason),
        score.score,
        score.lo,
        score.hi,
        score.se,
        score.df,
        score.raters,
        score.coverage,
        json_text(score.details),
    )
