"""Outside text to checked values: the answer about assignment, and a note. Pure."""

from collections.abc import Mapping

from app.analysis.values import Choice, NoteDraft
from app.fields import Fields
from app.scoring.obstacles import Assignment

REASON_LENGTH = 500


def parse_answer(given: Mapping[str, object], *, posted: bool = False) -> Assignment:
    """How raters came to their subjects; raises Invalid naming the field.

    >>> parse_answer({"answer": "by_merit"}).value
    'by_merit'
    """
    fields = Fields(given, posted=posted)
    answer = fields.choice("answer", Assignment, required=True)
    fields.finish()
    return answer or Assignment.UNKNOWN


def parse_note(given: Mapping[str, object], *, posted: bool = False) -> NoteDraft:
    """Which score to use about whom, and why; raises Invalid naming every field.

    >>> parse_note({"subject_id": "s", "kpi_id": "k", "choice": "plain", "reason": "New in the team"}).choice.value
    'plain'
    """
    fields = Fields(given, posted=posted)
    draft = NoteDraft(
        subject_id=fields.text("subject_id", required=True) or "",
        kpi_id=fields.text("kpi_id", required=True) or "",
        choice=fields.choice("choice", Choice, required=True) or Choice.PLAIN,
        reason=fields.text("reason", longest=REASON_LENGTH, required=True, lines=True) or "",
    )
    fields.finish()
    return draft
