"""The page that tries another policy on a released round: what is changed, who moves and why; nothing is written."""

from contextlib import nullcontext

from fastapi import Request, Response

from app.deferred import dataclass
from app.errors import Invalid
from app.http.access import SIGNED_IN, access
from app.http.forms import Form
from app.http.routes import Pages
from app.http.service import computing_again
from app.http.visit import Visit, reading
from app.infra.paging import Page, page_in
from app.releases.adoption import may_adopt
from app.releases.choices import Choices, get_choices
from app.releases.intake import parse_what_if
from app.releases.trial import Trial, try_what_if
from app.web.forms import Filled, fresh, refused
from app.web.lists import next_href, slice_of
from app.web.policy_fields import PolicyFields
from app.web.policy_forms import PolicyPart, changed_lines, find_part, parts_of, shares_of, values_of
from app.web.policy_moves import Mover, finding_of, movers_of, table_of
from app.web.render import Flash, flash_for, page

router = Pages()

DONE = {"adopted": Flash("good", "The change is adopted.", "What is released stays as it is.")}


@dataclass(frozen=True, slots=True)
class Answered:
    """What a what-if comes to, and whether the reader may adopt it; nothing where none is asked or it is refused."""

    trial: Trial | None = None
    may_adopt: bool = False


@router.get("/results/{release_id}/what-if")
@access(SIGNED_IN)
def show_what_if(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        choices = get_choices(session, visit.viewer, release_id, on=visit.today)
        tried = PolicyFields.of(visit.query).settled(choices)
        try:
            wish = parse_what_if(tried.given(), posted=True)
            with nullcontext() if wish.is_empty else computing_again(request, visit.viewer.actor):
                trial = None if wish.is_empty else try_what_if(session, visit.viewer, release_id, wish, on=visit.today)
        except Invalid as error:
            return _refused(visit, choices, tried, error)
        may_write = may_adopt(session, visit.viewer, choices.release.company_id, wish, on=visit.today)
    part = find_part(visit, choices, visit.query.get("edit", ""))
    form = fresh(values_of(visit, choices, part, tried)) if part is not None else Filled()
    return _page(visit, choices, tried, form, part, Answered(trial, may_write))


def _refused(visit: Visit, choices: Choices, tried: PolicyFields, error: Invalid) -> Response:
    """The form of what was refused first, with what was wrong; other changes wait."""
    places = [place for place in (tried.place_of(one.field) for one in error.errors) if place]
    labels = {name: label for _, parts in parts_of(visit, choices) for part in parts for name, label in part.fields}
    keys = {name: part.key for _, parts in parts_of(visit, choices) for part in parts for name, _ in part.fields}
    edited = next((keys[place] for place in places if place in keys), "")
    names = {one.field: labels.get(tried.place_of(one.field), "") for one in error.errors}
    part = find_part(visit, choices, edited)
    filled = values_of(visit, choices, part, tried) if part is not None else {}
    texts = {**{name: text or "" for name, text in filled.items()}, **tried.values}
    sent = Form({name: [text] for name, text in texts.items()})
    form = refused(visit, sent, error, places=tried.place_of, names=names)
    return _page(visit, choices, tried, form, part, Answered())


def _page(
    visit: Visit, choices: Choices, tried: PolicyFields, form: Filled, part: PolicyPart | None, answered: Answered
) -> Response:
    trial = answered.trial
    edited = part.key if part is not None else ""
    movers: Page[Mover] = Page(()) if trial is None else page_in(movers_of(visit, trial), slice_of(visit))
    base = f"/results/{choices.release.id}/what-if"
    return page(
        visit,
        "pages/what_if/try.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        release=choices.release,
        round=choices.frozen,
        base=base,
        form=form,
        part=part,
        shares=shares_of(visit, choices, part) if part is not None else {},
        hidden=tried.pairs(without=edited),
        headed=parts_of(visit, choices),
        state=tried.query(),
        changes=[
            (line, f"{base}?{tried.query(without=line.key)}", f"{base}?{tried.query(edit=line.key)}")
            for line in changed_lines(visit, choices, tried)
            if trial is not None or line.key != edited
        ],
        trial=trial,
        finding=finding_of(visit, trial) if trial is not None else "",
        movers=movers.items,
        figures=table_of(movers.items),
        more=next_href(visit, movers),
        adopt_href=f"{base}/adopt?{tried.query(without='minimum')}" if answered.may_adopt else "",
    )
