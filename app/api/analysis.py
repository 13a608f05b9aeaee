"""What analysts alone read of a release, over HTTP: severity of raters, fair scores, reliability; answers and notes."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.accounts.rules import Action
from app.analysis import commands, queries
from app.analysis.intake import LEAST_WISHED, MOST_WISHED, parse_answer, parse_note, parse_wished
from app.analysis.rules import WISHED
from app.analysis.values import AssignmentAnswer
from app.api.resource import Key, answer, posting, resource
from app.api.schemas.analysed_changes import ChangesOut
from app.api.schemas.analysis import (
    AssignmentAnswerIn,
    AssignmentAnswerOut,
    ScoreNoteIn,
    ScoreNoteOut,
    SeverityOut,
)
from app.api.schemas.base import Flag, PageOut, page_out
from app.api.schemas.reliability import ReliabilityOut
from app.http.access import access
from app.http.lists import Slice
from app.http.versions import expected_version
from app.http.visit import reading, writing

router = resource("Analysis")

Earlier = Annotated[Flag, Query(description="With the releases before this one that asked the same of the same scope")]
Wished = Annotated[
    str,
    Query(
        description="The reliability for which raters are counted",
        json_schema_extra={"type": "number", "minimum": LEAST_WISHED, "maximum": MOST_WISHED, "default": WISHED},
    ),
]


@router.get("/releases/{release_id}/severity/{kpi_id}", response_model=SeverityOut)
@access(Action.RESULTS_ANALYSE)
def get_severity(request: Request, release_id: Key, kpi_id: Key, earlier: Earlier = False) -> Response:  # noqa: FBT002 - a parameter of the address
    """How strict the raters of a KPI are, and every subject's plain score beside its fair one."""
    with reading(request) as (session, visit):
        found = queries.get_severity(session, visit.viewer, release_id, kpi_id, earlier=earlier, on=visit.today)
    return answer(SeverityOut.of(found))


@router.get("/releases/{release_id}/changes/{kpi_id}", response_model=ChangesOut)
@access(Action.RESULTS_ANALYSE)
def get_changes(request: Request, release_id: Key, kpi_id: Key) -> Response:
    """How the scores of a KPI have changed, with how alike the same raters answer."""
    with reading(request) as (session, visit):
        found = queries.get_changes(session, visit.viewer, release_id, kpi_id, on=visit.today)
    return answer(ChangesOut.of(found))


@router.get("/releases/{release_id}/reliability/{kpi_id}", response_model=ReliabilityOut)
@access(Action.RESULTS_ANALYSE)
def get_reliability(request: Request, release_id: Key, kpi_id: Key, wished: Wished = "") -> Response:
    """How reliable the ratings of a KPI are, by rater group, and how many raters a wished reliability takes."""
    asked = parse_wished({"wished": wished}, posted=True)
    with reading(request) as (session, visit):
        found = queries.get_reliability(session, visit.viewer, release_id, kpi_id, wished=asked, on=visit.today)
    return answer(ReliabilityOut.of(found))


@router.get("/releases/{release_id}/assignment-answer", response_model=AssignmentAnswerOut)
@access(Action.RESULTS_ANALYSE)
def get_assignment_answer(request: Request, release_id: Key) -> Response:
    """What was said about how the raters of the round came to their subjects."""
    with reading(request) as (session, visit):
        found = queries.get_assignment_answer(session, visit.viewer, release_id, on=visit.today)
    return _answered(found)


@router.put("/releases/{release_id}/assignment-answer", response_model=AssignmentAnswerOut)
@access(Action.RESULTS_ANALYSE)
def answer_assignment(request: Request, release_id: Key, sent: AssignmentAnswerIn) -> Response:
    """Say how the raters of the round came to their subjects, in place of what was said before."""
    given, expected = parse_answer(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        found = commands.answer_assignment(
            session, visit.viewer, release_id, given, expected_version=expected, now=visit.now
        )
    return _answered(found)


@router.get("/releases/{release_id}/score-notes/{kpi_id}", response_model=PageOut[ScoreNoteOut])
@access(Action.RESULTS_ANALYSE)
def list_score_notes(request: Request, release_id: Key, kpi_id: Key, part: Slice) -> Response:
    """The notes beside the scores of a KPI, oldest first."""
    with reading(request) as (session, visit):
        page = queries.list_score_notes(session, visit.viewer, release_id, kpi_id, part, on=visit.today)
    return answer(page_out(ScoreNoteOut, page))


@router.post("/releases/{release_id}/score-notes", status_code=201, response_model=ScoreNoteOut)
@access(Action.RESULTS_ANALYSE)
def note_score(request: Request, release_id: Key, sent: ScoreNoteIn) -> Response:
    """Leave a note beside a score: which one to use in talks, and why. No figure changes."""
    draft = parse_note(sent.given())
    with reading(request) as (session, visit):
        # The model, if it has to be fitted, takes its time before anybody has to wait for the turn to write.
        queries.get_severity(session, visit.viewer, release_id, draft.kpi_id, on=visit.today)
    with posting(request) as post:
        return post.answer(
            ScoreNoteOut.of(commands.note_score(post.session, post.viewer, release_id, draft, now=post.now)), status=201
        )


def _answered(found: AssignmentAnswer) -> Response:
    return answer(AssignmentAnswerOut.of(found), version=found.version)
