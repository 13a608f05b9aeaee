"""Releases computed again over HTTP: do the same digits come out, and is the input still there."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, answer, resource
from app.api.schemas.recomputations import FigureAgainOut, RecomputationOut
from app.http.access import access
from app.http.lists import Slice
from app.http.service import computing_again
from app.http.visit import reading
from app.infra.paging import page_in
from app.releases.rerun import FigureAgain
from app.releases.retrace import Retraced, parts_of, retrace
from app.releases.values import Outcome

router = resource("Releases")


@router.get("/releases/{release_id}/recomputation", response_model=RecomputationOut)
@access(Action.RESULTS_READ)
def get_recomputation(
    request: Request, release_id: Key, part: Slice, subject_id: str | None = None, outcome: Outcome | None = None
) -> Response:
    """Compute a release again from what is kept of it, and say of every figure whether the same digits come out.

    It takes as long as scoring the round: 30 a minute for each account or key, one at a time; otherwise 429 says when
    to come back. `input` and the problems of atoms are told of the whole release, not with `subject_id`.
    """
    with reading(request) as (session, visit):
        with computing_again(request, visit.viewer.actor):
            found = retrace(session, visit.viewer, release_id, on=visit.today, subject_id=subject_id)
        chosen = [one for one in found.figures if outcome is None or one.outcome is outcome]
        page = page_in(chosen, part)
        items = [_again(found, one, with_atoms=subject_id is not None) for one in page.items]
    return answer(RecomputationOut.of_retraced(found, items, page.next_cursor))


def _again(found: Retraced, one: FigureAgain, *, with_atoms: bool) -> FigureAgainOut:
    figure = one.figure
    return FigureAgainOut.model_validate(
        {
            "subject_id": figure.subject_id,
            "kpi_id": figure.kpi_id,
            "item_id": figure.item_id,
            "rater_groups": list(figure.rater_groups),
            "outcome": one.outcome,
            "stored": one.stored,
            "again": one.again,
            "atoms": parts_of(found, figure) if with_atoms else (),
        }
    )
