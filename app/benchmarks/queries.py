"""Every SELECT of benchmarks: what a release may give away, our key, the keys we trust, and what was brought in.

Whoever reads the results of a company as a whole reads its benchmarks.
"""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.benchmarks import rules
from app.benchmarks.tables import BenchmarkRow, SigningKeyRow, TrustedKeyRow
from app.benchmarks.values import (
    Benchmark,
    BenchmarkFile,
    BenchmarkId,
    Foreign,
    LevelFigure,
    Line,
    Look,
    Offer,
    Proposal,
    SigningKey,
    TrustedKey,
    UnitPlace,
)
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.infra.signing import is_signed
from app.kpis.queries import load_company_kpis
from app.kpis.values import KpiKind
from app.organisation.paths import load_subjects
from app.organisation.values import UNIT_KINDS, SubjectId, SubjectKind
from app.releases.queries import SCORE_COLUMNS, find_release, score_of
from app.releases.tables import ScoreRow
from app.releases.values import Release
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.words import Words

# ------------------------------------------------------------ what may leave


def get_offer(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Offer:
    """What a release can put into a file, and what it keeps back and why; NotFound unless the company may be read."""
    release = find_release(session, release_id)
    if release is None:
        raise NotFound
    require(viewer, Action.RESULTS_READ, (release.company_id,))
    source = load_subjects(session, [release.company_id], on=on)[SubjectId(release.company_id)].name
    start, end, recipe = session.execute(
        select(RoundRow.period_start, RoundRow.period_end, RoundRow.recipe).where(RoundRow.id == release.round_id)
    ).one()
    names: dict[str, Words] = {kpi["kpi_id"]: kpi["name"] for kpi in recipe["kpis"]}
    figures = [rules.rounded(one) for one in load_level_figures(session, release)]
    told = (local_day(release.sealed_at), release.method_version, source)
    lines = [
        Line(one.kpi_id, names[one.kpi_id], *one[1:], start, end, *told)
        for one in figures
        if rules.why_kept(one) is None
    ]
    kept = [(one, names[one.kpi_id], why) for one in figures if (why := rules.why_kept(one)) is not None]
    return Offer(str(release.id), release.company_id, tuple(lines), tuple(kept))


def load_level_figures(session: ReadSession, release: Release) -> tuple[LevelFigure, ...]:
    """What each rater group says on each soft KPI at each level of a release, whoever asks."""
    of = RoundSubjectRow
    units = session.execute(
        select(of.subject_id, of.parent_id, of.kind).where(of.round_id == release.round_id, of.kind.in_(UNIT_KINDS))
    ).all()
    query = select(*SCORE_COLUMNS).where(
        ScoreRow.release_id == release.id,
        ScoreRow.rater_groups != "",
        ScoreRow.item_id.is_(None),
        ScoreRow.subject_id.in_([unit.subject_id for unit in units]),
    )
    places = [UnitPlace(id_, parent_id, SubjectKind(kind)) for id_, parent_id, kind in units]
    return rules.level_figures((score_of(*row) for row in session.execute(query)), places)


# ------------------------------------------------------------ keys


def find_signing_key(session: ReadSession, viewer: Viewer, company_id: str) -> SigningKey | None:
    """The key with which a company signs; None until the first file is made."""
    require(viewer, Action.RESULTS_READ, (company_id,))
    row = find_key_row(session, company_id)
    return None if row is None else SigningKey(row.public_key, rules.fingerprint_of(row.public_key), row.made_at)


def find_key_row(session: ReadSession, company_id: str) -> SigningKeyRow | None:
    """The row of a company's own key, whoever asks."""
    return session.get(SigningKeyRow, company_id) if is_id(company_id) else None


def list_trusted_keys(session: ReadSession, viewer: Viewer, company_id: str) -> tuple[TrustedKey, ...]:
    """The keys that a company trusts, or did, by name."""
    require(viewer, Action.RESULTS_READ, (company_id,))
    rows = session.scalars(select(TrustedKeyRow).where(TrustedKeyRow.company_id == company_id))
    return tuple(sorted((trusted_of(row) for row in rows), key=lambda one: (one.name.casefold(), one.id)))


def find_trusted(session: ReadSession, company_id: str, public_key: str) -> TrustedKeyRow | None:
    """The row of a key that a company knows, whoever asks."""
    return session.scalar(
        select(TrustedKeyRow).where(TrustedKeyRow.company_id == company_id, TrustedKeyRow.public_key == public_key)
    )


def trusted_of(row: TrustedKeyRow) -> TrustedKey:
    """A row as a value."""
    fingerprint = rules.fingerprint_of(row.public_key)
    return TrustedKey(row.id, row.company_id, row.name, row.public_key, fingerprint, row.trusted_at, row.ended_at)


# ------------------------------------------------------------ what came in


def look_at(session: ReadSession, viewer: Viewer, company_id: str, file: BenchmarkFile, *, on: date) -> Look:
    """What bringing a file in would do, for who may; nothing is stored.

    Raises BadSignature where it does not fit, OwnFile for what was made here, Invalid for days to come.
    """
    require(viewer, Action.DECISIONS_WRITE, (company_id,))
    rules.require_possible(file, on=on)
    if not is_signed(file.public_key, rules.signed_bytes(file), file.signature):
        raise rules.BadSignature
    own = find_key_row(session, company_id)
    if own is not None and own.public_key == file.public_key:
        raise rules.OwnFile
    row, digest = find_trusted(session, company_id, file.public_key), rules.digest_of(file)
    known = session.scalar(
        select(BenchmarkRow.id).where(BenchmarkRow.company_id == company_id, BenchmarkRow.digest == digest)
    )
    return Look(
        file=file,
        digest=digest,
        fingerprint=rules.fingerprint_of(file.public_key),
        trust=rules.trust_of(None if row is None else trusted_of(row)),
        known=None if known is None else BenchmarkId(known),
        proposals=_proposals(session, company_id, file, None if row is None else row.id, on=on),
    )


def load_own_kpis(session: ReadSession, company_id: str, *, on: date) -> dict[str, Words]:
    """The names of the soft KPIs of a company by id, whoever asks."""
    kpis = load_company_kpis(session, company_id, on=on).values()
    return {str(kpi.id): kpi.current.name for kpi in kpis if kpi.kind is KpiKind.SOFT}


def list_benchmarks(session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest) -> Page[Benchmark]:
    """The files that a company has brought in, the latest first; withdrawn ones too."""
    require(viewer, Action.RESULTS_READ, (company_id,))
    query = _BENCHMARKS.where(BenchmarkRow.company_id == company_id)
    rows = session.execute(sliced(query, [BenchmarkRow.imported_at, BenchmarkRow.id], request, descending=True))
    return page_of((_benchmark(*row) for row in rows), request, lambda one: (one.imported_at, one.id))


def get_benchmark(session: ReadSession, viewer: Viewer, benchmark_id: str) -> Benchmark:
    """A file that was brought in; NotFound unless the results of its company may be read."""
    row = (
        session.execute(_BENCHMARKS.where(BenchmarkRow.id == benchmark_id)).one_or_none()
        if is_id(benchmark_id)
        else None
    )
    if row is None:
        raise NotFound
    found = _benchmark(*row)
    require(viewer, Action.RESULTS_READ, (found.company_id,))
    return found


def load_foreign(session: ReadSession, company_id: str, kpi_ids: Collection[str]) -> tuple[Foreign, ...]:
    """The newest line of each source about some of our KPIs, whoever asks; of trusted keys, and not withdrawn."""
    rows = session.execute(
        _BENCHMARKS.where(
            BenchmarkRow.company_id == company_id,
            BenchmarkRow.withdrawn_at.is_(None),
            TrustedKeyRow.ended_at.is_(None),
        )
    )
    found = (_benchmark(*row) for row in rows)
    return rules.newest(
        Foreign(one.id, one.own_kpis[line.kpi_id], line)
        for one in found
        for line in one.lines
        if one.own_kpis.get(line.kpi_id) in kpi_ids
    )


def has_foreign(session: ReadSession, company_id: str) -> bool:
    """Whether a company has any file that it compares with, whoever asks."""
    query = select(BenchmarkRow.id).join(TrustedKeyRow, TrustedKeyRow.id == BenchmarkRow.trusted_key_id)
    shown = BenchmarkRow.withdrawn_at.is_(None), TrustedKeyRow.ended_at.is_(None)
    return session.scalar(query.where(BenchmarkRow.company_id == company_id, *shown).limit(1)) is not None


# ------------------------------------------------------------ pieces

_BENCHMARKS = select(BenchmarkRow, TrustedKeyRow).join(TrustedKeyRow, TrustedKeyRow.id == BenchmarkRow.trusted_key_id)


def _benchmark(row: BenchmarkRow, key: TrustedKeyRow) -> Benchmark:
    return Benchmark(
        id=BenchmarkId(row.id),
        company_id=row.company_id,
        source=row.source,
        made_on=row.made_on,
        digest=row.digest,
        key=trusted_of(key),
        lines=tuple(rules.line_in(line) for line in row.document["lines"]),
        own_kpis=row.own_kpis,
        imported_at=row.imported_at,
        withdrawn_at=row.withdrawn_at,
        version=row.version,
    )


def _proposals(
    session: ReadSession, company_id: str, file: BenchmarkFile, trusted_key_id: str | None, *, on: date
) -> tuple[Proposal, ...]:
    """Each KPI of the file once, with the one of ours that it could be."""
    own = load_own_kpis(session, company_id, on=on)
    before = _chosen_before(session, trusted_key_id)
    kpis = {line.kpi_id: line.kpi for line in file.lines}
    return tuple(Proposal(one, name, rules.proposed_kpi(one, name, own, before)) for one, name in kpis.items())


def _chosen_before(session: ReadSession, trusted_key_id: str | None) -> Mapping[str, str]:
    """What was chosen for earlier files of a key, the latest choice of each KPI."""
    query = select(BenchmarkRow.own_kpis).where(BenchmarkRow.trusted_key_id == trusted_key_id)
    chosen: dict[str, Any] = {}
    for own_kpis in session.scalars(query.order_by(BenchmarkRow.imported_at, BenchmarkRow.id)):
        chosen |= own_kpis
    return chosen
