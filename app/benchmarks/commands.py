"""Every write of benchmarks: signing files, trusting keys, bringing files in, mapping their KPIs, withdrawing them."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.accounts.rules import Action, require
from app.accounts.values import Viewer
from app.benchmarks import queries, rules
from app.benchmarks.tables import BenchmarkRow, SigningKeyRow, TrustedKeyRow
from app.benchmarks.values import Benchmark, BenchmarkFile, Look, SigningKey, TrustedKey
from app.errors import FieldError, Invalid, NotFound
from app.fields import NO_CHOICE
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_id
from app.infra.keys import key_of
from app.infra.signing import public_key_of, sign
from app.infra.versions import check_version
from app.journal.commands import record
from app.organisation.place import take_turn


def export_benchmark(
    session: WriteSession, viewer: Viewer, release_id: str, *, kpi_ids: Collection[str] | None = None, now: datetime
) -> BenchmarkFile:
    """Make a signed file of what a release may give away, of some KPIs or all; the signing key is made at first use.

    For who decides for the company and reads its results. Raises NothingToExport. The same release on the same day
    gives the same file. Stored is who made it and its digest, in the journal.
    """
    offer = queries.get_offer(session, viewer, release_id, on=local_day(now))
    company_id = offer.company_id
    require(viewer, Action.DECISIONS_WRITE, (company_id,))
    lines = tuple(line for line in offer.lines if kpi_ids is None or line.kpi_id in kpi_ids)
    if not lines:
        raise rules.NothingToExport
    key = _own_key(session, viewer, company_id, now=now)
    unsigned = BenchmarkFile(lines[0].source, local_day(now), key.public_key, lines)
    file = replace(unsigned, signature=sign(_secret(session, key), rules.signed_bytes(unsigned)))
    details = {"digest": rules.digest_of(file), "lines": len(lines)}
    _note(session, viewer, "benchmark.exported", company_id, "release", release_id, details=details, now=now)
    return file


def make_signing_key(session: WriteSession, viewer: Viewer, company_id: str, *, now: datetime) -> SigningKey:
    """Make a company's signing key anew; files that were signed before keep their signature, and the old key.

    For who decides for the company. Whoever trusts the old key has to be told. Not idempotent.
    """
    require(viewer, Action.DECISIONS_WRITE, (company_id,))
    take_turn(session, company_id)
    row = _new_key(session, viewer, company_id, now=now)
    return SigningKey(row.public_key, rules.fingerprint_of(row.public_key), row.made_at)


def trust_key(
    session: WriteSession, viewer: Viewer, company_id: str, public_key: str, *, name: str, now: datetime
) -> TrustedKey:
    """Trust the files of somebody whose key was handed over, or its fingerprint compared, by another way.

    For who decides for the company. Idempotent; a key that was trusted once is trusted again, under the new name.
    """
    require(viewer, Action.DECISIONS_WRITE, (company_id,))
    take_turn(session, company_id)
    own = queries.find_key_row(session, company_id)
    if own is not None and own.public_key == public_key:
        raise rules.OwnFile
    row = queries.find_trusted(session, company_id, public_key)
    if row is not None and row.ended_at is None and row.name == name:
        return queries.trusted_of(row)
    if row is None:
        row = TrustedKeyRow(id=new_id(session), company_id=company_id, public_key=public_key)
        session.add(row)
    row.name, row.trusted_at, row.ended_at = name, now, None
    session.flush()
    details = {"fingerprint": rules.fingerprint_of(public_key), "name": name}
    _note(session, viewer, "trusted_key.trusted", company_id, "trusted_key", row.id, details=details, now=now)
    return queries.trusted_of(row)


def end_trust(session: WriteSession, viewer: Viewer, key_id: str, *, now: datetime) -> TrustedKey:
    """Trust a key no more: its files stay on record and are compared with nothing.

    For who decides for the company. Idempotent.
    """
    row = session.get(TrustedKeyRow, key_id, with_for_update=True) if is_id(key_id) else None
    if row is None:
        raise NotFound
    require(viewer, Action.DECISIONS_WRITE, (row.company_id,))
    if row.ended_at is None:
        row.ended_at = now
        session.flush()
        _note(session, viewer, "trusted_key.ended", row.company_id, "trusted_key", row.id, now=now)
    return queries.trusted_of(row)


def import_benchmark(  # noqa: PLR0913 - who, for whom, which file, what was chosen and confirmed, and when
    session: WriteSession,
    viewer: Viewer,
    company_id: str,
    file: BenchmarkFile,
    *,
    own_kpis: Mapping[str, str] | None = None,
    confirmed: str | None = None,
    now: datetime,
) -> Benchmark:
    """Bring a file in; without a choice of KPIs those that the look proposes.

    For who decides for the company. A key that nobody trusts yet is trusted when its fingerprint is `confirmed`
    (UntrustedKey, WrongFingerprint). Idempotent by the file's digest: the same file again changes nothing but the
    choice of KPIs, and brings back what was withdrawn.
    """
    take_turn(session, company_id)
    look = queries.look_at(session, viewer, company_id, file, on=local_day(now))
    rules.require_trust(look.trust, look.fingerprint, confirmed)
    if own_kpis is None:
        own_kpis = {one.kpi_id: one.own_kpi_id for one in look.proposals if one.own_kpi_id is not None}
    _check_own(session, company_id, own_kpis, now=now)
    known = queries.find_trusted(session, company_id, file.public_key)
    key = (
        queries.trusted_of(known)
        if known is not None and known.ended_at is None
        else trust_key(session, viewer, company_id, file.public_key, name=file.source, now=now)
    )
    if look.known is None:
        return _stored(session, viewer, key, look, own_kpis, now=now)
    row = session.get_one(BenchmarkRow, look.known, with_for_update=True)
    if row.withdrawn_at is not None or row.own_kpis != own_kpis:
        row.withdrawn_at, row.own_kpis = None, dict(own_kpis)
        _changed(session, viewer, row, "benchmark.imported", now=now)
    return queries.get_benchmark(session, viewer, row.id)


def map_benchmark(
    session: WriteSession,
    viewer: Viewer,
    benchmark_id: str,
    own_kpis: Mapping[str, str],
    *,
    expected_version: int | None = None,
    now: datetime,
) -> Benchmark:
    """Say with which of our KPIs those of a file are compared. For who decides for the company. Idempotent."""
    row = _taken(session, viewer, benchmark_id)
    check_version(row.version, expected_version)
    _check_own(session, row.company_id, own_kpis, now=now)
    if row.own_kpis != own_kpis:
        row.own_kpis = dict(own_kpis)
        _changed(session, viewer, row, "benchmark.mapped", now=now)
    return queries.get_benchmark(session, viewer, benchmark_id)


def withdraw_benchmark(session: WriteSession, viewer: Viewer, benchmark_id: str, *, now: datetime) -> Benchmark:
    """Compare with a file no more; it stays on record, and comes back when it is brought in again.

    For who decides for the company. Idempotent.
    """
    row = _taken(session, viewer, benchmark_id)
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        _changed(session, viewer, row, "benchmark.withdrawn", now=now)
    return queries.get_benchmark(session, viewer, benchmark_id)


# ------------------------------------------------------------ pieces


def _own_key(session: WriteSession, viewer: Viewer, company_id: str, *, now: datetime) -> SigningKeyRow:
    """The key of a company, made at first use; KeyChanged where it follows from another instance key."""
    take_turn(session, company_id)
    row = queries.find_key_row(session, company_id) or _new_key(session, viewer, company_id, now=now)
    if public_key_of(_secret(session, row)) != row.public_key:
        raise rules.KeyChanged
    return row


def _new_key(session: WriteSession, viewer: Viewer, company_id: str, *, now: datetime) -> SigningKeyRow:
    row = queries.find_key_row(session, company_id) or SigningKeyRow(company_id=company_id)
    row.key_id = new_id(session)
    row.public_key, row.made_at = public_key_of(_secret(session, row)), now
    session.add(row)
    session.flush()
    details = {"fingerprint": rules.fingerprint_of(row.public_key)}
    _note(session, viewer, "signing_key.made", company_id, "company", company_id, details=details, now=now)
    return row


def _secret(session: WriteSession, row: SigningKeyRow) -> bytes:
    return key_of(session).signing_secret(row.key_id)


def _stored(
    session: WriteSession, viewer: Viewer, key: TrustedKey, look: Look, own_kpis: Mapping[str, str], *, now: datetime
) -> Benchmark:
    row = BenchmarkRow(
        id=new_id(session),
        company_id=key.company_id,
        trusted_key_id=key.id,
        digest=look.digest,
        source=look.file.source,
        made_on=look.file.made_on,
        document=rules.document_of(look.file),
        own_kpis=dict(own_kpis),
        imported_at=now,
        version=0,
    )
    session.add(row)
    _changed(session, viewer, row, "benchmark.imported", now=now)
    return queries.get_benchmark(session, viewer, row.id)


def _taken(session: WriteSession, viewer: Viewer, benchmark_id: str) -> BenchmarkRow:
    """The row of a benchmark, for one change at a time."""
    found = queries.get_benchmark(session, viewer, benchmark_id)
    require(viewer, Action.DECISIONS_WRITE, (found.company_id,))
    return session.get_one(BenchmarkRow, found.id, with_for_update=True, populate_existing=True)


def _check_own(session: WriteSession, company_id: str, own_kpis: Mapping[str, str], *, now: datetime) -> None:
    """Refuse what is none of the company's soft KPIs."""
    own = queries.load_own_kpis(session, company_id, on=local_day(now))
    wrong = [FieldError(f"mapping.{theirs}", NO_CHOICE) for theirs, ours in own_kpis.items() if ours not in own]
    if wrong:
        raise Invalid(wrong)


def _changed(session: WriteSession, viewer: Viewer, row: BenchmarkRow, action: str, *, now: datetime) -> None:
    row.version += 1
    session.flush()
    details = {"source": row.source, "digest": row.digest}
    _note(session, viewer, action, row.company_id, "benchmark", row.id, details=details, now=now)


def _note(  # noqa: PLR0913 - the parts of an entry
    session: WriteSession,
    viewer: Viewer,
    action: str,
    company_id: str,
    object_kind: str,
    object_id: str,
    *,
    details: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    record(
        session,
        viewer.actor,
        action,
        company_id=company_id,
        object_kind=object_kind,
        object_id=object_id,
        details=details,
        now=now,
    )
