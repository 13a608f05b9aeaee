"""What-ifs over HTTP: who would move under another policy, and adopting it from a day on."""

from typing import Literal

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.what_ifs import AdoptionIn, AdoptionOut, WhatIfIn, WhatIfOut
from app.fields import Fields
from app.http.access import access
from app.http.lists import Slice
from app.http.service import computing_again
from app.http.visit import reading
from app.infra.paging import page_in
from app.releases.adopt import adopt_what_if
from app.releases.intake import parse_what_if
from app.releases.trial import try_what_if

router = resource("What-ifs")

Level = Literal["composite", "kpi"]


@router.post("/releases/{release_id}/what-if", response_model=WhatIfOut)
@access(Action.RESULTS_READ)
def ask_what_if(request: Request, release_id: Key, sent: WhatIfIn, part: Slice, level: Level | None = None) -> Response:
    """Who would move, had a released round other weights, targets or minimums; nothing is written.

    It takes as long as scoring the round, and counts as computing it again: 30 a minute for each account or key, one at
    a time; otherwise 429 says when to come back.
    """
    wish = parse_what_if(sent.given())
    with reading(request) as (session, visit), computing_again(request, visit.viewer.actor):
        trial = try_what_if(session, visit.viewer, release_id, wish, on=visit.today)
    chosen = [move for move in trial.moves if level is None or (move.kpi_id is None) is (level == "composite")]
    page = page_in(chosen, part)
    return answer(WhatIfOut.of_trial(trial, page.items, page.next_cursor))


@router.post("/releases/{release_id}/what-if/adoption", status_code=201, response_model=AdoptionOut)
@access(Action.KPIS_WRITE)
def adopt(request: Request, release_id: Key, sent: AdoptionIn) -> Response:
    """Write the changed weights and targets from a day on, all of them or none; nothing released changes."""
    given = sent.given()
    fields = Fields({"starts_on": given.pop("starts_on")})
    starts_on = fields.day("starts_on", required=True)
    wish = parse_what_if(given)
    fields.finish()
    with posting(request) as post:
        made = adopt_what_if(post.session, post.viewer, release_id, wish, starts_on or post.today, now=post.now)
        return post.answer(AdoptionOut.of(made), status=201)
