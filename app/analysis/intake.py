"""Outside text to checked values: the answer about assignment, a note, a wished reliability. Pure."""

from collections.abc import Mapping

from app.analysis.rules import WISHED
from app.analysis.values import Choice, NoteDraft
from app.fields import Fields
from app.scoring.obstacles import Assignment

REASON_LENGTH = 500
LEAST_WISHED, MOST_WISHED = 0.1, 0.95


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


def parse_wished(given: Mapping[str, object], *, posted: bool = False) -> float:
    """The reliability for which raters are counted; raises Invalid unless it lies from .1 to .95.

    >>> parse_wished({}), parse_wished({"wished": "0.8"}, posted=True)
    (0.7, 0.8)
    """
    fields = Fields(given, posted=posted)
    wished = fields.number("wished", low=LEAST_WISHED, high=MOST_WISHED)
    fields.finish()
    return WISHED if wished is None else wished
