"""Adopting a what-if: what will be written and from which day, asked once more, then written."""

from datetime import date

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid
from app.fields import NO_DAY, REQUIRED
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import number, percent
from app.kpis.drafts import SoftMeasure
from app.papers.result_words import group_name
from app.plain import parse_day
from app.releases.adopt import adopt_what_if
from app.releases.adoption import Plan, plan_adoption
from app.releases.choices import get_choices
from app.releases.intake import parse_what_if
from app.web.forms import REFUSED, Filled, fresh, refused
from app.web.policy_fields import PolicyFields
from app.web.policy_forms import changed_lines
from app.web.render import page, said, see_other
from app.words import in_locale

router = Pages()


@dataclass(frozen=True, slots=True)
class Written:
    """Something that will be written: what, where it counts, and every weight with its share."""

    label: str
    note: str
    rows: tuple[tuple[str, str, str], ...]


@router.get("/results/{release_id}/what-if/adopt")
@access(Action.KPIS_WRITE)
def show_adopt(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        tried = PolicyFields.of(visit.query)
        return _adopt_page(session, visit, release_id, tried, fresh({"starts_on": visit.today.isoformat()}))


@router.post("/results/{release_id}/what-if/adopt")
@access(Action.KPIS_WRITE)
def adopt(request: Request, release_id: str) -> Response:
    form = posted(request)
    tried = PolicyFields.of({name: form.one(name) for name in form})
    try:
        starts_on = _day(form)
        wish = parse_what_if(tried.given(), posted=True)
        with writing(request) as (session, visit):
            adopt_what_if(session, visit.viewer, release_id, wish, starts_on, now=visit.now)
    except REFUSED as error:
        return _again(request, release_id, tried, form, error)
    return see_other(f"/results/{release_id}/what-if", done="adopted")


def _day(form: Form) -> date:
    text = form.one("starts_on").strip()
    day = parse_day(text)
    if day is None:
        raise Invalid([FieldError("starts_on", NO_DAY if text else REQUIRED, "2026-12-31")])
    return day


def _again(request: Request, release_id: str, tried: PolicyFields, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _adopt_page(session, visit, release_id, tried, refused(visit, form, error))


def _adopt_page(session: ReadSession, visit: Visit, release_id: str, tried: PolicyFields, form: Filled) -> Response:
    choices = get_choices(session, visit.viewer, release_id, on=visit.today)
    settled = tried.settled(choices)
    wish = parse_what_if(settled.given(), posted=True)
    starts_on = parse_day(form.value("starts_on")) or visit.today
    plan = plan_adoption(session, visit.viewer, release_id, wish, max(starts_on, visit.today), on=visit.today)
    back = f"/results/{release_id}/what-if?{settled.query()}"
    return page(
        visit,
        "pages/what_if/adopt.html",
        status=form.status,
        form=form,
        round=choices.frozen,
        action=f"/results/{release_id}/what-if/adopt",
        hidden=settled.pairs(),
        back=back,
        changes=changed_lines(visit, choices, settled),
        written=_written(visit, plan),
    )


def _written(visit: Visit, plan: Plan) -> list[Written]:
    """New versions and cards with all their weights; targets are told among the changes."""
    found = []
    for _, content in plan.kpis:
        if isinstance(content.measure, SoftMeasure):
            weights = {group_name(visit, [group]): one for group, one in content.measure.rater_weights.items()}
            found.append(Written(in_locale(content.name, visit.locale), "version", _rows(visit, weights)))
    for card in plan.cards:
        names = {kpi_id: in_locale(kpi.current.name, visit.locale) for kpi_id, kpi in plan.names.items()}
        weights = {names.get(line.kpi_id, ""): line.weight for line in card.lines}
        found.append(Written(plan.places[card.subject_id].name, card.level, _rows(visit, weights)))
    return found


def _rows(visit: Visit, weights: dict[str, float]) -> tuple[tuple[str, str, str], ...]:
    whole = sum(weights.values())
    return tuple(
        (
            name,
            number(weight, visit.locale),
            percent(weight / whole, visit.locale) if weight else said(visit, "Does not count"),
        )
        for name, weight in weights.items()
    )
