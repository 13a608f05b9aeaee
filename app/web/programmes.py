"""The pages of programmes: which there are, one with its rounds and what became of encounters, and their form."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.encounters import commands
from app.encounters.intake import USUAL, parse_programme
from app.encounters.queries import (
    get_programme,
    has_failed_beginning,
    list_periods,
    list_programmes,
    tally_encounters,
)
from app.encounters.values import Period, Programme, ProgrammeState
from app.errors import AppError, Forbidden
from app.fields import Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.queries import list_kpis, load_kpis
from app.kpis.values import KpiFilter, KpiKind, KpiState, RaterGroup
from app.organisation.paths import load_subjects
from app.organisation.values import Subject, SubjectId
from app.repeats.queries import list_repetitions
from app.repeats.values import Repetition
from app.rounds.moderators import load_usual_moderators
from app.rounds.queries import load_rounds
from app.rounds.values import Round, RoundId
from app.web.encounters import REASONS, STATES
from app.web.forms import REFUSED, Filled, flattened, fresh, nested, refused
from app.web.lists import company_of, every, next_href, slice_of
from app.web.places import list_units, options_of
from app.web.render import Flash, flash_for, page, said, see_other
from app.web.repeats import STATES as REPETITION_STATES
from app.web.round_parts import STATE_NAMES
from app.words import in_locale

router = Pages()

DONE = {
    "created": Flash("good", "The programme is stored.", "Its first round begins by itself."),
    "changed": Flash("good", "The change is stored.", "It holds from the next round on."),
    "stopped": Flash("good", "The programme is stopped.", "The round that is open goes on to its close."),
    "recorded": Flash("good", "The encounters are stored.", "Requests are drawn once a day, in the morning."),
}
_ASKABLE = KpiFilter(kind=KpiKind.SOFT, state=KpiState.ACTIVE)
_LABELS: Mapping[str, str] = {
    "answer_days": "Days to answer",
    "asked_by": "Who asks",
    "k": "Shown from",
    "kpi_ids": "KPIs",
    "moderated_by": "Who reads comments first",
    "pause_days": "Pause for each customer",
    "quota": "Requests per employee",
    "rhythm": "Rhythm",
    "scope_id": "Unit",
    "starts_on": "First day",
}


@dataclass(frozen=True, slots=True)
class ProgrammeLine:
    """A programme in the list."""

    programme: Programme
    name: str
    unit: str


@dataclass(frozen=True, slots=True)
class RepeatingLine:
    """A round that repeats in the list, with the kind of its badge."""

    repetition: Repetition
    name: str
    unit: str
    state: str
    badge: str


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """A period with the state of its round and the kind of its badge."""

    period: Period
    round: Round
    state: str
    badge: str


@router.get("/programmes")
@access(Action.ROUNDS_READ)
def show_programmes(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_programmes(session, visit.viewer, company.id, slice_of(visit), now=visit.now)
        repeating = list_repetitions(session, visit.viewer, company.id, now=visit.now)
        scopes = {one.scope_id for one in found.items} | {one.scope_id for one in repeating}
        units = load_subjects(session, scopes, on=visit.today)
    lines = [
        ProgrammeLine(one, in_locale(one.name, visit.locale), units[SubjectId(one.scope_id)].name)
        for one in found.items
    ]
    return page(
        visit,
        "pages/programmes/list.html",
        flash=flash_for(visit, DONE),
        lines=lines,
        repeating=[_repeating_line(visit, one, units) for one in repeating],
        older=next_href(visit, found),
        may_write=bool(roots(visit.viewer, Action.ROUNDS_WRITE)),
        may_send=bool(roots(visit.viewer, Action.ENCOUNTERS_WRITE)),
    )


@router.get("/programmes/new")
@access(Action.ROUNDS_WRITE)
def show_new(request: Request) -> Response:
    with reading(request) as (session, visit):
        usual = {name: str(value) for name, value in USUAL.items()}
        form = fresh(
            {
                **usual,
                "offers_contact": "1",
                "asked_by": visit.viewer.name,
                "starts_on": visit.today.isoformat(),
                "rhythm": "week",
                "moderated_by": load_usual_moderators(session, company_of(session, visit).id),
            }
        )
        return _form_page(session, visit, form, None)


@router.post("/programmes/new")
@access(Action.ROUNDS_WRITE)
def create(request: Request) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            draft = parse_programme(_given(form), company_id=company.id, posted=True)
            made = commands.create_programme(session, visit.viewer, company.id, draft, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, None)
    return see_other(f"/programmes/{made.id}", done="created")


@router.get("/programmes/{programme_id}")
@access(Action.ROUNDS_READ)
def show_programme(request: Request, programme_id: str) -> Response:
    with reading(request) as (session, visit):
        found = get_programme(session, visit.viewer, programme_id, now=visit.now)
        periods = list_periods(session, visit.viewer, programme_id, slice_of(visit), now=visit.now)
        rounds = load_rounds(session, [one.round_id for one in periods.items])
        unit = load_subjects(session, [found.scope_id], on=visit.today)[SubjectId(found.scope_id)]
        kpis = load_kpis(session, found.kpi_ids, on=visit.today)
        tallies = tally_encounters(session, visit.viewer, programme_id, now=visit.now)
        has_failed = has_failed_beginning(session, found, now=visit.now)
    return page(
        visit,
        "pages/programmes/programme.html",
        flash=flash_for(visit, DONE),
        programme=found,
        name=in_locale(found.name, visit.locale),
        purpose=in_locale(found.purpose, visit.locale),
        unit=unit.name,
        kpis=[in_locale(kpi.current.name, visit.locale) for kpi in kpis.values()],
        lines=[_period_line(one, rounds[RoundId(one.round_id)]) for one in periods.items],
        older=next_href(visit, periods),
        tallies=[(STATES[one.state], REASONS[one.reason], one.count) for one in tallies],
        has_failed=has_failed and found.state is ProgrammeState.RUNNING,
        may_write=may(visit.viewer, Action.ROUNDS_WRITE, unit.path),
    )


@router.get("/programmes/{programme_id}/change")
@access(Action.ROUNDS_WRITE)
def show_change(request: Request, programme_id: str) -> Response:
    with reading(request) as (session, visit):
        found = get_programme(session, visit.viewer, programme_id, now=visit.now)
        return _form_page(session, visit, _filled(found), found)


@router.post("/programmes/{programme_id}/change")
@access(Action.ROUNDS_WRITE)
def change(request: Request, programme_id: str) -> Response:
    form = posted(request)
    try:
        fields = Fields({"version": form.one("version")}, posted=True)
        version = fields.whole("version", 1, 10**9)
        fields.finish()
        with writing(request) as (session, visit):
            present = get_programme(session, visit.viewer, programme_id, now=visit.now)
            draft = parse_programme(_given(form), company_id=present.company_id, present=present, posted=True)
            commands.change_programme(
                session, visit.viewer, programme_id, draft, expected_version=version, now=visit.now
            )
    except REFUSED as error:
        return _again(request, form, error, programme_id)
    return see_other(f"/programmes/{programme_id}", done="changed")


@router.get("/programmes/{programme_id}/stop")
@access(Action.ROUNDS_WRITE)
def show_stop(request: Request, programme_id: str) -> Response:
    with reading(request) as (session, visit):
        found = get_programme(session, visit.viewer, programme_id, now=visit.now)
    return page(visit, "pages/programmes/stop.html", programme=found, name=in_locale(found.name, visit.locale))


@router.post("/programmes/{programme_id}/stop")
@access(Action.ROUNDS_WRITE)
def stop(request: Request, programme_id: str) -> Response:
    with writing(request) as (session, visit):
        commands.stop_programme(session, visit.viewer, programme_id, now=visit.now)
    return see_other(f"/programmes/{programme_id}", done="stopped")


def _given(form: Form) -> dict[str, object]:
    return {**nested(form, "kpi_ids", "version"), "kpi_ids": list(form.many("kpi_ids"))}


def _filled(found: Programme) -> Filled:
    names = ("scope_id", "external_id", "name", "purpose", "asked_by", "k", "quota", "pause_days", "answer_days")
    plain = {name: getattr(found, name) for name in (*names, "version")}
    more = {
        "rhythm": found.rhythm.value,
        "starts_on": found.starts_on.isoformat(),
        "offers_contact": found.offers_contact,
        "moderated_by": found.moderated_by,
    }
    texts = dict(flattened({**plain, **more}))
    return Filled({**{name: (text,) for name, text in texts.items()}, "kpi_ids": found.kpi_ids})


def _period_line(period: Period, found: Round) -> PeriodLine:
    return PeriodLine(period, found, *STATE_NAMES[found.state])


def _repeating_line(visit: Visit, one: Repetition, units: Mapping[SubjectId, Subject]) -> RepeatingLine:
    unit = units[SubjectId(one.scope_id)].name
    return RepeatingLine(one, in_locale(one.name, visit.locale), unit, *REPETITION_STATES[one.state])


def _again(request: Request, form: Form, error: AppError, programme_id: str | None) -> Response:
    with reading(request) as (session, visit):
        found = get_programme(session, visit.viewer, programme_id, now=visit.now) if programme_id else None
        names = {name: said(visit, label) for name, label in _LABELS.items()}
        filled = refused(visit, form, error, places=_place_of, names=names)
        return _form_page(session, visit, filled, found)


def _place_of(field: str) -> str:
    return "kpi_ids" if field.startswith("kpi_ids") else field


def _form_page(session: ReadSession, visit: Visit, form: Filled, found: Programme | None) -> Response:
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.ROUNDS_WRITE)
    if not units:
        raise Forbidden
    return page(
        visit,
        "pages/programmes/form.html",
        status=form.status,
        form=form,
        programme=found,
        name=in_locale(found.name, visit.locale) if found else "",
        units=options_of(units),
        kpis=kpi_options(session, visit, company.id),
    )


def kpi_options(session: ReadSession, visit: Visit, company_id: str) -> Sequence[tuple[str, str, str]]:
    """The KPIs in which customers weigh, by name, each with its criterion."""
    found = every(lambda part: list_kpis(session, visit.viewer, company_id, part, on=visit.today, chosen=_ASKABLE))
    askable = [kpi for kpi in found if kpi.current.rater_weights.get(RaterGroup.CUSTOMER, 0) > 0]
    named = [
        (str(kpi.id), in_locale(kpi.current.name, visit.locale), in_locale(kpi.current.criterion, visit.locale))
        for kpi in askable
    ]
    return sorted(named, key=lambda one: one[1].casefold())
