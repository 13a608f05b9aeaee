"""Encounters and programmes over HTTP: what was met comes in, what became of it is told."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, Key, answer, company_of, posting, resource
from app.api.schemas.base import PageOut, page_out
from app.api.schemas.bulk import UPLOAD
from app.api.schemas.encounters import (
    EncounterOut,
    EncountersIn,
    EncountersOut,
    PeriodOut,
    ProgrammeChangeIn,
    ProgrammeIn,
    ProgrammeOut,
    TalliesOut,
    TallyOut,
    encounters_out,
)
from app.api.sent_rows import DryRun, check_count, table_of
from app.encounters import commands, queries
from app.encounters.intake import COLUMNS, parse_encounters, parse_programme, parse_table
from app.encounters.values import EncounterState
from app.http.access import access
from app.http.doors import bulk, takes_table
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing
from app.rounds.moderators import load_usual_moderators

router = resource("Encounters")


@router.get("/programmes", response_model=PageOut[ProgrammeOut])
@access(Action.ROUNDS_READ)
def list_programmes(request: Request, part: Slice, company_id: CompanyId = None) -> Response:
    """The programmes of a company, the youngest first."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        page = queries.list_programmes(session, visit.viewer, company, part, now=visit.now)
    return answer(page_out(ProgrammeOut, page))


@router.post("/programmes", status_code=201, response_model=ProgrammeOut)
@access(Action.ROUNDS_WRITE)
def create_programme(request: Request, sent: ProgrammeIn, company_id: CompanyId = None) -> Response:
    """Set up a programme that asks customers after encounters; its rounds begin and end by the calendar."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        usual = load_usual_moderators(post.session, company)
        draft = parse_programme(sent.given(), company_id=company, moderators=usual)
        made = commands.create_programme(post.session, post.viewer, company, draft, now=post.now)
        return post.created(ProgrammeOut.of(made), f"/programmes/{made.id}", version=made.version)


@router.get("/programmes/{programme_id}", response_model=ProgrammeOut)
@access(Action.ROUNDS_READ)
def get_programme(request: Request, programme_id: Key) -> Response:
    """One programme."""
    with reading(request) as (session, visit):
        found = queries.get_programme(session, visit.viewer, programme_id, now=visit.now)
    return answer(ProgrammeOut.of(found), version=found.version)


@router.patch("/programmes/{programme_id}", response_model=ProgrammeOut)
@access(Action.ROUNDS_WRITE)
def change_programme(request: Request, programme_id: Key, sent: ProgrammeChangeIn) -> Response:
    """Change a programme from its next period on; what is left out stays."""
    expected = expected_version(request)
    with writing(request) as (session, visit):
        present = queries.get_programme(session, visit.viewer, programme_id, now=visit.now)
        draft = parse_programme(sent.given(), company_id=present.company_id, present=present)
        found = commands.change_programme(
            session, visit.viewer, programme_id, draft, expected_version=expected, now=visit.now
        )
    return answer(ProgrammeOut.of(found), version=found.version)


@router.post("/programmes/{programme_id}/stop", response_model=ProgrammeOut)
@access(Action.ROUNDS_WRITE)
def stop_programme(request: Request, programme_id: Key) -> Response:
    """Stop a programme for good; the round that is open goes on to its close."""
    with posting(request) as post:
        found = commands.stop_programme(post.session, post.viewer, programme_id, now=post.now)
        return post.answer(ProgrammeOut.of(found), version=found.version)


@router.get("/programmes/{programme_id}/periods", response_model=PageOut[PeriodOut])
@access(Action.ROUNDS_READ)
def list_periods(request: Request, programme_id: Key, part: Slice) -> Response:
    """The periods of a programme with their rounds, the latest first."""
    with reading(request) as (session, visit):
        page = queries.list_periods(session, visit.viewer, programme_id, part, now=visit.now)
    return answer(page_out(PeriodOut, page))


@router.get("/programmes/{programme_id}/encounters", response_model=PageOut[EncounterOut])
@access(Action.ROUNDS_READ)
def list_encounters(request: Request, programme_id: Key, part: Slice, state: EncounterState | None = None) -> Response:
    """The encounters of a programme, the latest first, with what became of each."""
    with reading(request) as (session, visit):
        page = queries.list_encounters(session, visit.viewer, programme_id, part, state=state, now=visit.now)
    return answer(page_out(EncounterOut, page))


@router.get("/programmes/{programme_id}/tallies", response_model=TalliesOut)
@access(Action.ROUNDS_READ)
def tally_encounters(request: Request, programme_id: Key) -> Response:
    """How many encounters of a programme were sent, wait or were dropped, by reason."""
    with reading(request) as (session, visit):
        found = queries.tally_encounters(session, visit.viewer, programme_id, now=visit.now)
    return answer(TalliesOut(items=[TallyOut.of(one) for one in found]))


@router.post("/encounters", response_model=EncountersOut)
@access(Action.ENCOUNTERS_WRITE)
@bulk
def record_encounters(
    request: Request, sent: EncountersIn, company_id: CompanyId = None, *, dry_run: DryRun = False
) -> Response:
    """Take encounters in, idempotent by external id; says for each whether a request waits or was dropped, and why."""
    check_count(sent.encounters)
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        batch = parse_encounters([one.given() for one in sent.encounters])
        done = commands.record_encounters(
            post.session, post.viewer, batch, company_id=company, dry_run=dry_run, now=post.now
        )
        return post.answer(encounters_out(done))


@router.post("/imports/encounters", response_model=EncountersOut, openapi_extra=UPLOAD)
@access(Action.ENCOUNTERS_WRITE)
@takes_table
def import_encounters(request: Request, company_id: CompanyId = None, *, dry_run: DryRun = False) -> Response:
    """Encounters from a file: columns external_id, subject, occurred_at, email; name, locale, programme if known."""
    batch = parse_table(table_of(request, COLUMNS))
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        done = commands.record_encounters(
            post.session, post.viewer, batch, company_id=company, dry_run=dry_run, now=post.now
        )
        return post.answer(encounters_out(done))
