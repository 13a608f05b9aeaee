"""Benchmarks over HTTP: signed files out, files of others in, and the keys behind both."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.benchmarks import (
    BenchmarkExportIn,
    BenchmarkFileOut,
    BenchmarkIn,
    BenchmarkOut,
    LookOut,
    MappingIn,
    OfferOut,
    SigningKeyOut,
    TrustedKeyIn,
    TrustedKeyOut,
    TrustedKeysOut,
)
from app.benchmarks import commands, queries
from app.benchmarks.intake import parse_file, parse_key_name, parse_mapping, parse_public_key
from app.errors import NotFound
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing

router = resource("Benchmarks")


@router.get("/releases/{release_id}/benchmark", response_model=OfferOut)
@access(Action.RESULTS_READ)
def get_benchmark_offer(request: Request, release_id: Key) -> Response:
    """What a release can put into a benchmark file, and what it keeps back and why. Nothing is signed."""
    with reading(request) as (session, visit):
        offer = queries.get_offer(session, visit.viewer, release_id, on=visit.today)
    return answer(OfferOut.told(offer))


@router.post("/releases/{release_id}/benchmark", response_model=BenchmarkFileOut)
@access(Action.DECISIONS_WRITE)
def export_benchmark(request: Request, release_id: Key, sent: BenchmarkExportIn) -> Response:
    """Make a signed file of what a release may give away. Needs results:read for the company, too."""
    with posting(request) as post:
        file = commands.export_benchmark(post.session, post.viewer, release_id, kpi_ids=sent.kpi_ids, now=post.now)
        return post.answer(BenchmarkFileOut.told(file))


@router.get("/signing-key", response_model=SigningKeyOut)
@access(Action.RESULTS_READ)
def get_signing_key(request: Request, company_id: CompanyId = None) -> Response:
    """The public half of a company's own key; 404 until it is made."""
    with reading(request) as (session, visit):
        found = queries.find_signing_key(session, visit.viewer, company_of(session, visit, company_id))
    if found is None:
        raise NotFound
    return answer(SigningKeyOut.of(found))


@router.post("/signing-key", status_code=201, response_model=SigningKeyOut)
@access(Action.DECISIONS_WRITE)
def make_signing_key(request: Request, company_id: CompanyId = None) -> Response:
    """Make a company's own key, or a new one in its place; whoever trusts the old one has to be told."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        made = commands.make_signing_key(post.session, post.viewer, company, now=post.now)
        return post.created(SigningKeyOut.of(made), "/signing-key")


@router.get("/trusted-keys", response_model=TrustedKeysOut)
@access(Action.RESULTS_READ)
def list_trusted_keys(request: Request, company_id: CompanyId = None) -> Response:
    """The keys of others that a company trusts, or did."""
    with reading(request) as (session, visit):
        found = queries.list_trusted_keys(session, visit.viewer, company_of(session, visit, company_id))
    return answer(TrustedKeysOut(items=[TrustedKeyOut.of(one) for one in found]))


@router.post("/trusted-keys", status_code=201, response_model=TrustedKeyOut)
@access(Action.DECISIONS_WRITE)
def trust_key(request: Request, sent: TrustedKeyIn, company_id: CompanyId = None) -> Response:
    """Trust files signed with a key that was handed over by another way. Idempotent."""
    public_key, name = parse_public_key(sent.public_key), parse_key_name(sent.name)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        key = commands.trust_key(post.session, post.viewer, company, public_key, name=name, now=post.now)
        return post.created(TrustedKeyOut.of(key), "/trusted-keys")


@router.post("/trusted-keys/{trusted_key_id}/end", response_model=TrustedKeyOut)
@access(Action.DECISIONS_WRITE)
def end_trust(request: Request, trusted_key_id: Key) -> Response:
    """Trust a key no more: its files stay on record and are compared with nothing. Idempotent."""
    with posting(request) as post:
        return post.answer(
            TrustedKeyOut.of(commands.end_trust(post.session, post.viewer, trusted_key_id, now=post.now))
        )


@router.get("/benchmarks", response_model=PageOut[BenchmarkOut])
@access(Action.RESULTS_READ)
def list_benchmarks(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The files that a company has brought in, the latest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_benchmarks(session, visit.viewer, company, part)
    return answer(page_out(BenchmarkOut, page))


@router.post("/benchmarks/look", response_model=LookOut)
@access(Action.DECISIONS_WRITE)
def look_at_benchmark(request: Request, sent: BenchmarkIn, company_id: CompanyId = None) -> Response:
    """What bringing a file in would do: its lines, its key, and which KPI could be which. Nothing is stored."""
    file = parse_file(sent.file, under="file")
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        look = queries.look_at(session, visit.viewer, company, file, on=visit.today)
    return answer(LookOut.told(look))


@router.post("/benchmarks", status_code=201, response_model=BenchmarkOut)
@access(Action.DECISIONS_WRITE)
def import_benchmark(request: Request, sent: BenchmarkIn, company_id: CompanyId = None) -> Response:
    """Bring a file in. Idempotent by its digest; a key that nobody trusts yet takes its fingerprint."""
    file, pairs = parse_file(sent.file, under="file"), sent.pairs()
    own_kpis = None if pairs is None else parse_mapping(pairs, (line.kpi_id for line in file.lines))
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        made = commands.import_benchmark(
            post.session, post.viewer, company, file, own_kpis=own_kpis, confirmed=sent.fingerprint, now=post.now
        )
        return post.created(BenchmarkOut.of(made), f"/benchmarks/{made.id}", version=made.version)


@router.get("/benchmarks/{benchmark_id}", response_model=BenchmarkOut)
@access(Action.RESULTS_READ)
def get_benchmark(request: Request, benchmark_id: Key) -> Response:
    """One file with its lines, and with which of our KPIs they are compared."""
    with reading(request) as (session, visit):
        found = queries.get_benchmark(session, visit.viewer, benchmark_id)
    return answer(BenchmarkOut.of(found), version=found.version)


@router.put("/benchmarks/{benchmark_id}/mapping", response_model=BenchmarkOut)
@access(Action.DECISIONS_WRITE)
def map_benchmark(request: Request, benchmark_id: Key, sent: MappingIn) -> Response:
    """Say anew with which of our KPIs those of a file are compared."""
    expected = expected_version(request)
    with writing(request) as (session, visit):
        found = queries.get_benchmark(session, visit.viewer, benchmark_id)
        own_kpis = parse_mapping(sent.pairs(), (line.kpi_id for line in found.lines))
        changed = commands.map_benchmark(
            session, visit.viewer, benchmark_id, own_kpis, expected_version=expected, now=visit.now
        )
    return answer(BenchmarkOut.of(changed), version=changed.version)


@router.post("/benchmarks/{benchmark_id}/withdrawal", response_model=BenchmarkOut)
@access(Action.DECISIONS_WRITE)
def withdraw_benchmark(request: Request, benchmark_id: Key) -> Response:
    """Compare with a file no more; it stays on record. Idempotent."""
    with posting(request) as post:
        changed = commands.withdraw_benchmark(post.session, post.viewer, benchmark_id, now=post.now)
        return post.answer(BenchmarkOut.of(changed), version=changed.version)
