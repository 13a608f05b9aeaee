"""The form of a scorecard: for whom and for which level, and then the KPIs with their weights."""

from collections.abc import Callable, Mapping

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid, NotFound
from app.fields import NO_CHOICE, UNKNOWN
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.commands import set_scorecard
from app.kpis.intake import parse_scorecard
from app.kpis.queries import list_kpis, load_scorecards
from app.kpis.rules import FOCUS_CAP, LINE_CAPS, card_for, fits_level
from app.kpis.values import Form as CardForm
from app.kpis.values import Kpi, KpiKind, KpiState, Level
from app.organisation.queries import get_subject
from app.organisation.values import Subject
from app.web.forms import REFUSED, Filled, figure, fresh, refused
from app.web.lists import company_of, every
from app.web.places import list_units, options_of
from app.web.render import page, see_other
from app.words import in_locale

router = Pages()

_HEAD = frozenset({"subject_id", "level", "starts_on", "form"})
_PARTS = frozenset({"weight", "required", "focus"})


@dataclass(frozen=True, slots=True)
class Begun:
    """The form with what it is about: the place, the level, and every KPI that may stand on the card."""

    place: Subject
    level: Level
    kpis: tuple[Kpi, ...]


@router.get("/scorecards/edit")
@access(Action.KPIS_WRITE)
def show_edit(request: Request) -> Response:
    with reading(request) as (session, visit):
        subject_id, level = visit.query.get("subject_id", ""), visit.query.get("level", "")
        if not subject_id or not level:
            return _choosing_page(session, visit, fresh({"subject_id": subject_id, "level": level}))
        try:
            begun = _begin(session, visit, subject_id, level)
        except Invalid as error:
            return _choosing_page(session, visit, refused(visit, _query_form(visit), error))
        return _edit_page(visit, begun, fresh(_values(session, visit, begun)))


@router.post("/scorecards/edit")
@access(Action.KPIS_WRITE)
def store_card(request: Request) -> Response:
    form = posted(request)
    ids = _chosen_ids(form)
    try:
        draft = parse_scorecard(_given(form, ids), posted=True)
        with writing(request) as (session, visit):
            place = _place(session, visit, draft.subject_id)
            card_id = set_scorecard(session, visit.viewer, draft, company_id=place.company_id, now=visit.now)
    except REFUSED as error:
        return _again(request, form, error, ids)
    return see_other(f"/scorecards/{card_id}", done="stored")


def _chosen_ids(form: Form) -> list[str]:
    """The KPIs that were given a weight or a tick, in the order of the page."""
    given = [name.partition(".") for name in form if form.one(name).strip()]
    return list(dict.fromkeys(kpi_id for part, _, kpi_id in given if part in _PARTS))


def _given(form: Form, ids: list[str]) -> Mapping[str, object]:
    strangers = [name for name in form if name not in _HEAD and name.partition(".")[0] not in _PARTS]
    if strangers:
        raise Invalid([FieldError(name, UNKNOWN) for name in strangers])
    lines = [
        {
            "kpi_id": kpi_id,
            "weight": form.one(f"weight.{kpi_id}"),
            "required": form.one(f"required.{kpi_id}"),
            "focus": form.one(f"focus.{kpi_id}"),
        }
        for kpi_id in ids
    ]
    return {**{name: form.one(name) for name in _HEAD}, "lines": lines}


def _place_in(ids: list[str]) -> Callable[[str], str]:
    """Where a refusal is shown: a line by its KPI."""

    def place_of(field: str) -> str:
        start, _, rest = field.partition(".")
        number, _, part = rest.partition(".")
        if start == "lines" and number.isdecimal() and int(number) < len(ids):
            return f"{part if part in _PARTS else 'weight'}.{ids[int(number)]}"
        return field

    return place_of


def _again(request: Request, form: Form, error: AppError, ids: list[str]) -> Response:
    with reading(request) as (session, visit):
        begun = _begin(session, visit, form.one("subject_id"), form.one("level"))
        called = {str(kpi.id): in_locale(kpi.current.name, visit.locale) for kpi in begun.kpis}
        names = {f"lines.{place}": called.get(kpi_id, "") for place, kpi_id in enumerate(ids)}
        return _edit_page(visit, begun, refused(visit, form, error, places=_place_in(ids), names=names))


def _begin(session: ReadSession, visit: Visit, subject_id: str, level: str) -> Begun:
    place = _place(session, visit, subject_id)
    if level not in set(Level) or not fits_level(place.kind, Level(level)):
        raise Invalid([FieldError("level", NO_CHOICE)])
    kpis = every(lambda part: list_kpis(session, visit.viewer, place.company_id, part, on=visit.today))
    living = [kpi for kpi in kpis if kpi.state is not KpiState.RETIRED]
    living.sort(key=lambda kpi: (kpi.kind is KpiKind.HARD, in_locale(kpi.current.name, visit.locale).casefold()))
    return Begun(place, Level(level), tuple(living))


def _place(session: ReadSession, visit: Visit, subject_id: str) -> Subject:
    return get_subject(session, visit.viewer, subject_id, on=visit.today, action=Action.KPIS_WRITE)


def _values(session: ReadSession, visit: Visit, begun: Begun) -> Mapping[str, str | None]:
    """The card that counts there today as the one to begin with."""
    cards = load_scorecards(session, begun.place.company_id, on=visit.today)
    card = card_for(cards, begun.place.path, begun.level)
    values: dict[str, str | None] = {
        "subject_id": begun.place.id,
        "level": begun.level,
        "starts_on": visit.today.isoformat(),
        "form": card.form if card is not None else CardForm.ARITHMETIC,
    }
    for line in card.lines if card is not None else ():
        values[f"weight.{line.kpi_id}"] = figure(visit, line.weight)
        values[f"required.{line.kpi_id}"] = "1" if line.is_required else None
        values[f"focus.{line.kpi_id}"] = "1" if line.in_focus else None
    return values


def _edit_page(visit: Visit, begun: Begun, form: Filled) -> Response:
    return page(
        visit,
        "pages/scorecards/edit.html",
        status=form.status,
        form=form,
        place=begun.place,
        level=begun.level,
        kpis=begun.kpis,
        cap=LINE_CAPS[begun.level],
        focus_cap=FOCUS_CAP,
    )


def _choosing_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    """For whom and for which level; without a unit to write for there is nothing to choose."""
    company = company_of(session, visit)
    units = list_units(session, visit, company.id, Action.KPIS_WRITE)
    if not units:
        raise NotFound
    return page(visit, "pages/scorecards/choose.html", status=form.status, form=form, units=options_of(units))


def _query_form(visit: Visit) -> Form:
    return Form({name: (value,) for name, value in visit.query.items()})
