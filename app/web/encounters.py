"""Encounters on pages: what became of those of a programme, and bringing them in from a file."""

from collections import Counter
from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action, roots
from app.deferred import dataclass
from app.encounters.commands import record_encounters
from app.encounters.intake import COLUMNS, parse_table
from app.encounters.queries import get_programme, list_encounters
from app.encounters.values import Encounter, EncounterReport, EncounterState, Reason
from app.errors import Forbidden
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.organisation.paths import load_subjects
from app.reports import Outcome
from app.web.forms import REFUSED, Filled
from app.web.lists import company_of, next_href, slice_of
from app.web.render import page, said, see_other
from app.web.uploads import Checked, Upload, content_of, is_check, refused_file, table_of
from app.words import in_locale

router = Pages()

STATES: Mapping[EncounterState, str] = {
    EncounterState.DELAYED: "Waiting",
    EncounterState.SENT: "Asked",
    EncounterState.DROPPED: "Not asked",
}
REASONS: Mapping[Reason, str] = {
    Reason.AWAITS_DRAW: "Waits for the draw",
    Reason.DRAWN: "Drawn",
    Reason.NOT_DRAWN: "Not drawn",
    Reason.ASKED_LATELY: "Asked a short time ago",
    Reason.ALREADY_ASKED: "Asked about the same employee already",
    Reason.OPTED_OUT: "Wants no letters",
    Reason.BOUNCED: "The address does not work",
    Reason.IS_EMPLOYEE: "Works here",
    Reason.NO_PROGRAMME: "No programme asks about this employee",
    Reason.NOT_RATED: "Not part of the round",
    Reason.TOO_LATE: "Came in too late",
}


@dataclass(frozen=True, slots=True)
class EncounterLine:
    """An encounter with the name of the employee, and what became of it in words."""

    encounter: Encounter
    who: str
    state: str
    reason: str


@router.get("/encounters/import")
@access(Action.ENCOUNTERS_WRITE)
def show_import(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _import_page(session, visit, Upload())


@router.post("/encounters/import")
@access(Action.ENCOUNTERS_WRITE)
def take_file(request: Request) -> Response:
    form = posted(request)
    dry_run = is_check(form)
    try:
        table = table_of(form, COLUMNS)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            batch = parse_table(table)
            done = record_encounters(
                session, visit.viewer, batch, company_id=company.id, dry_run=dry_run, now=visit.now
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _import_page(session, visit, refused_file(visit, form, error))
    if dry_run:
        with reading(request) as (session, visit):
            told = Checked(_counts(visit, done), content_of(table))
            return _import_page(session, visit, Upload(Filled(form), checked=told))
    return see_other("/programmes", done="recorded")


@router.get("/programmes/{programme_id}/encounters")
@access(Action.ROUNDS_READ)
def show_encounters(request: Request, programme_id: str) -> Response:
    with reading(request) as (session, visit):
        programme = get_programme(session, visit.viewer, programme_id, now=visit.now)
        state = next((one for one in EncounterState if one.value == visit.query.get("state")), None)
        found = list_encounters(session, visit.viewer, programme_id, slice_of(visit), state=state, now=visit.now)
        subjects = load_subjects(session, {one.subject_id for one in found.items}, on=visit.today)
    lines = [
        EncounterLine(one, subjects[one.subject_id].name, STATES[one.state], REASONS[one.reason]) for one in found.items
    ]
    return page(
        visit,
        "pages/programmes/encounters.html",
        programme=programme,
        name=in_locale(programme.name, visit.locale),
        lines=lines,
        states=[(one.value, label) for one, label in STATES.items()],
        chosen=state,
        older=next_href(visit, found),
    )


def _counts(visit: Visit, done: EncounterReport) -> tuple[tuple[str, int], ...]:
    """What the file would do: rows by outcome, then by what becomes of the request."""
    rows = [(said(visit, label), done.report.count(outcome)) for label, outcome in _OUTCOMES.items()]
    fates = Counter(fate.reason for fate in done.fates)
    return (*rows, *((said(visit, REASONS[reason]), count) for reason, count in fates.items()))


_OUTCOMES: Mapping[str, Outcome] = {
    "New": Outcome.CREATED,
    "Changed": Outcome.CHANGED,
    "As before": Outcome.UNCHANGED,
}


def _import_page(session: ReadSession, visit: Visit, upload: Upload) -> Response:
    company_of(session, visit)
    if not roots(visit.viewer, Action.ENCOUNTERS_WRITE):
        raise Forbidden
    return page(visit, "pages/programmes/import.html", status=upload.form.status, upload=upload)
