"""The list of rounds and a round's own page: what it asks, whom, when, under which promise; throwing a draft away."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, may, roots
from app.deferred import dataclass
from app.encounters.clone import clone_round
from app.http.access import access
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.kpis.queries import load_kpis
from app.kpis.values import RaterGroup
from app.organisation.paths import load_subjects
from app.organisation.values import Subject, SubjectId
from app.releases.queries import find_release_of
from app.repeats.queries import find_repetition
from app.rounds.commands import delete_round
from app.rounds.queries import ROUND_ORDERS, list_rounds, load_frozen_subjects, load_rated, place_of
from app.rounds.values import Round, RoundState
from app.web.lists import company_of, next_href, slice_of
from app.web.render import flash_for, page, said, see_other
from app.web.repeats import missing_in
from app.web.round_parts import DONE, STATE_NAMES, day_of_recipe, draft_frame, frame_of, next_step
from app.web.sorting import Column, heads_of, sort_of
from app.words import Words, in_locale

router = Pages()

NAMES_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RoundLine:
    """A round in the list."""

    round: Round
    name: str
    unit: str
    state: str
    badge: str


@dataclass(frozen=True, slots=True)
class WeightedKpi:
    """A KPI of a round with the share of each rater group in it."""

    name: str
    shares: Mapping[RaterGroup, float]


_COLUMNS = (("Round", ""), ("State", "state"), ("Period", "period"), ("Opens", "opens_at"), ("Closes", "closes_at"))


@router.get("/rounds")
@access(Action.RULES_READ)
def show_rounds(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        state = next((one for one in RoundState if one.value == visit.query.get("state")), None)
        sort = sort_of(visit, ROUND_ORDERS)
        found = list_rounds(session, visit.viewer, company.id, slice_of(visit, sort=sort), state=state, now=visit.now)
        units = load_subjects(session, {one.scope_id for one in found.items}, on=visit.today)
    return page(
        visit,
        "pages/rounds/list.html",
        flash=flash_for(visit, DONE),
        lines=[_line(visit, one, units) for one in found.items],
        states=[(one.value, STATE_NAMES[one][0]) for one in RoundState],
        chosen=state,
        heads=heads_of(visit, [Column(said(visit, label), key) for label, key in _COLUMNS], sort or "-opens_at"),
        older=next_href(visit, found),
        may_write=bool(roots(visit.viewer, Action.ROUNDS_WRITE)),
        may_set=may(visit.viewer, Action.ROUNDS_WRITE, (company.id,)),
    )


@router.get("/rounds/{round_id}")
@access(Action.RULES_READ)
def show_round(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = frame_of(session, visit, round_id, "overview")
        found = frame.round
        unit = load_subjects(session, [found.scope_id], on=visit.today).get(SubjectId(found.scope_id))
        rated = load_rated(session, found.id)
        names = sorted(one.name for one in load_frozen_subjects(session, found.id, rated[:NAMES_SHOWN]))
        kpis = _weighted(session, visit, found)
        results = _results(session, visit, found)
        repetition = (
            find_repetition(session, visit.viewer, found.id, now=visit.now) if frame.steps and frame.may_write else None
        )
    return page(
        visit,
        "pages/rounds/round.html",
        flash=flash_for(visit, DONE),
        frame=frame,
        round=found,
        state=STATE_NAMES[found.state],
        unit=unit.name if unit else "",
        purpose=in_locale(found.purpose, visit.locale),
        promise=f"{found.promise_hash[:4]} {found.promise_hash[4:8]}" if found.promise_hash else "",
        names=names,
        more=len(rated) - len(names),
        kpis=kpis,
        next_step=next_step(found, len(rated)),
        results=results,
        missing=missing_in(visit, repetition),
        has_visits=any(policy.rater_group is RaterGroup.MYSTERY_SHOPPER for policy in found.groups),
    )


@router.get("/rounds/{round_id}/delete")
@access(Action.ROUNDS_WRITE)
def show_delete(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        frame = draft_frame(session, visit, round_id, "")
    return page(visit, "pages/rounds/delete.html", frame=frame)


@router.post("/rounds/{round_id}/delete")
@access(Action.ROUNDS_WRITE)
def delete_draft(request: Request, round_id: str) -> Response:
    with writing(request) as (session, visit):
        delete_round(session, visit.viewer, round_id, now=visit.now)
    return see_other("/rounds", done="deleted")


@router.post("/rounds/{round_id}/clone")
@access(Action.ROUNDS_WRITE)
def clone(request: Request, round_id: str) -> Response:
    with writing(request) as (session, visit):
        made = clone_round(session, visit.viewer, round_id, now=visit.now)
    return see_other(f"/rounds/{made.id}", done="cloned")


def shares_of(weights: Mapping[RaterGroup, float]) -> dict[RaterGroup, float]:
    """Weights as shares of one, self left out, which never counts.

    >>> shares_of({RaterGroup.CUSTOMER: 30, RaterGroup.MANAGER: 10, RaterGroup.SELF: 5})
    {<RaterGroup.MANAGER: 'manager'>: 0.25, <RaterGroup.CUSTOMER: 'customer'>: 0.75}
    """
    # In the order of groups: a database may give the weights back in an order of its own.
    counted = {group: weights.get(group, 0.0) for group in RaterGroup if group is not RaterGroup.SELF}
    total = sum(counted.values())
    return {group: weight / total for group, weight in counted.items() if weight > 0}


def _line(visit: Visit, found: Round, units: Mapping[SubjectId, Subject]) -> RoundLine:
    unit = units.get(SubjectId(found.scope_id))
    label, badge = STATE_NAMES[found.state]
    return RoundLine(found, in_locale(found.name, visit.locale), unit.name if unit else "", label, badge)


def _results(session: ReadSession, visit: Visit, found: Round) -> str:
    """The address of the results of a released round; empty for who may not read them."""
    release = find_release_of(session, found.id) if found.state is RoundState.RELEASED else None
    if release is None or not may(visit.viewer, Action.RESULTS_READ, place_of(session, found, now=visit.now)):
        return ""
    return f"/results/{release.id}"


def _weighted(session: ReadSession, visit: Visit, found: Round) -> Sequence[WeightedKpi]:
    known = load_kpis(session, [one.kpi_id for one in found.kpis], on=day_of_recipe(found) or visit.today)
    words: dict[str, Words] = {str(kpi_id): kpi.current.name for kpi_id, kpi in known.items()}
    return [
        WeightedKpi(in_locale(words[one.kpi_id], visit.locale), shares_of(one.weights))
        for one in found.kpis
        if one.kpi_id in words
    ]
