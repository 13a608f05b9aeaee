"""The steps in the life of a KPI, each with its page: put to use with a check list, rest, lay away."""

from collections.abc import Sequence
from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.errors import AppError, FieldError
from app.fields import TEXT_LENGTH, Fields
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis import commands
from app.kpis.checks import activation_problems
from app.kpis.drafts import SwapDraft
from app.kpis.hints import practice_hints
from app.kpis.intake import parse_swap
from app.kpis.queries import get_kpi, load_targets
from app.kpis.room import load_room
from app.kpis.rules import LINE_CAPS
from app.kpis.values import Kpi, KpiKind, Scorecard
from app.organisation.queries import load_subjects
from app.web.forms import REFUSED, Filled, fresh, label_of, nested, refused
from app.web.kpi_values import place_of
from app.web.render import page, said, see_other
from app.words import in_locale

router = Pages()

_WORDS = ("A name, a purpose and a success criterion, in both languages", ("name", "purpose", "criterion"))
_SHARED = (
    ("A goal that it serves", ("goal_id",)),
    ("An owner", ("owner_id",)),
    ("A decision rule with a deadline, in both languages", ("decision_rule",)),
    _WORDS,
)
_SOFT = (
    ("Items in both languages, with at least two described points each", ("items",)),
    ("A weight for at least one rater group", ("rater_weights",)),
)
_SWAP = {"kpi_id": "Which one makes room", "state": "What becomes of it", "reason": "Reason"}
_HARD = (
    ("What is measured: unit, direction, and how readings become one value", ("unit", "direction", "aggregation")),
    ("A target that fits the direction", ("targets",)),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing an active KPI must have, and what is missing of it: the control in the editor and a sentence."""

    label: str
    missing: tuple[tuple[str, str], ...]


@router.get("/kpis/{kpi_id}/activate")
@access(Action.KPIS_WRITE)
def show_activation(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        return _activation_page(session, visit, kpi_id, Filled())


@router.post("/kpis/{kpi_id}/activate")
@access(Action.KPIS_WRITE)
def activate(request: Request, kpi_id: str) -> Response:
    form = posted(request)
    try:
        swap = _swap(form)
        with writing(request) as (session, visit):
            commands.activate_kpi(session, visit.viewer, kpi_id, swap=swap, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {name: said(visit, label) for name, label in _SWAP.items()}
            return _activation_page(session, visit, kpi_id, refused(visit, form, error, places=place_of, names=names))
    return see_other(f"/kpis/{kpi_id}", done="activated" if swap is None else "swapped")


def _swap(form: Form) -> SwapDraft | None:
    """Which KPI makes room; none where nothing was filled in, as on a page that asks for none."""
    given = nested(form)
    if not form.one("kpi_id") and not form.one("reason").strip():
        Fields({name: given[name] for name in given if name not in _SWAP}, posted=True).finish()
        return None
    return parse_swap(given, posted=True)


@router.get("/kpis/{kpi_id}/pause")
@access(Action.KPIS_WRITE)
def show_pause(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        return _reason_page(session, visit, kpi_id, fresh({}), "pause")


@router.post("/kpis/{kpi_id}/pause")
@access(Action.KPIS_WRITE)
def pause(request: Request, kpi_id: str) -> Response:
    form = posted(request)
    try:
        reason = _reason(form)
        with writing(request) as (session, visit):
            commands.pause_kpi(session, visit.viewer, kpi_id, reason=reason, now=visit.now)
    except REFUSED as error:
        return _reason_again(request, kpi_id, form, error, "pause")
    return see_other(f"/kpis/{kpi_id}", done="paused")


@router.get("/kpis/{kpi_id}/retire")
@access(Action.KPIS_WRITE)
def show_retire(request: Request, kpi_id: str) -> Response:
    with reading(request) as (session, visit):
        return _reason_page(session, visit, kpi_id, fresh({}), "retire")


@router.post("/kpis/{kpi_id}/retire")
@access(Action.KPIS_WRITE)
def retire(request: Request, kpi_id: str) -> Response:
    form = posted(request)
    try:
        reason = _reason(form)
        with writing(request) as (session, visit):
            commands.retire_kpi(session, visit.viewer, kpi_id, reason=reason, now=visit.now)
    except REFUSED as error:
        return _reason_again(request, kpi_id, form, error, "retire")
    return see_other(f"/kpis/{kpi_id}", done="retired")


def _reason(form: Form) -> str:
    fields = Fields(nested(form), posted=True)
    reason = fields.text("reason", longest=TEXT_LENGTH, required=True, lines=True) or ""
    fields.finish()
    return reason


def _writable(session: ReadSession, visit: Visit, kpi_id: str) -> Kpi:
    kpi = get_kpi(session, visit.viewer, kpi_id, on=date.max)
    require(visit.viewer, Action.KPIS_WRITE, (kpi.company_id,))
    return kpi


def _activation_page(session: ReadSession, visit: Visit, kpi_id: str, form: Filled) -> Response:
    kpi = _writable(session, visit, kpi_id)
    problems = activation_problems(kpi, load_targets(session, [kpi.id], on=None))
    room = load_room(session, kpi, since=visit.today)
    return page(
        visit,
        "pages/kpis/activate.html",
        status=form.status,
        form=form,
        kpi=kpi,
        checks=_checks(visit, kpi, problems),
        is_ready=not problems,
        is_bare=bool(practice_hints(kpi.current)),
        full=_names_of(session, visit, room.full),
        most=LINE_CAPS[room.full[0].level] if room.full else 0,
        choices=[(one.id, in_locale(one.current.name, visit.locale)) for one in room.choices],
    )


def _names_of(session: ReadSession, visit: Visit, cards: Sequence[Scorecard]) -> Sequence[str]:
    """The places at which cards are set, each once."""
    places = load_subjects(session, [card.subject_id for card in cards], on=visit.today)
    return sorted({place.name for place in places.values()})


def _checks(visit: Visit, kpi: Kpi, problems: Sequence[FieldError]) -> list[Check]:
    listed = (*_SHARED, *(_SOFT if kpi.kind is KpiKind.SOFT else _HARD))
    return [
        Check(
            said(visit, label),
            tuple(
                (place_of(problem.field), f"{label_of(visit, problem.field, {})}: {said(visit, problem.message)}")
                for problem in problems
                if problem.field.partition(".")[0] in parts
            ),
        )
        for label, parts in listed
    ]


def _reason_again(request: Request, kpi_id: str, form: Form, error: AppError, act: str) -> Response:
    with reading(request) as (session, visit):
        return _reason_page(session, visit, kpi_id, refused(visit, form, error), act)


def _reason_page(session: ReadSession, visit: Visit, kpi_id: str, form: Filled, act: str) -> Response:
    kpi = _writable(session, visit, kpi_id)
    return page(visit, "pages/kpis/reason.html", status=form.status, form=form, kpi=kpi, act=act)
