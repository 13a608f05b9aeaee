"""Cases and decisions as people and systems send them, to checked values."""

from collections.abc import Mapping

from app.decisions.values import CaseDraft, Choice, DecisionDraft
from app.fields import TEXT_LENGTH, Fields


def parse_case(given: Mapping[str, object], *, posted: bool = False) -> CaseDraft:
    """A case that somebody opens: kpi_id, subject_id, and what is asked."""
    fields = Fields(given, posted=posted)
    draft = CaseDraft(
        kpi_id=fields.text("kpi_id", required=True) or "",
        subject_id=fields.text("subject_id", required=True) or "",
        question=fields.text("question", longest=TEXT_LENGTH, required=True, lines=True) or "",
    )
    fields.finish()
    return draft


def parse_decision(given: Mapping[str, object], *, posted: bool = False) -> DecisionDraft:
    """A decision: choice and reason."""
    fields = Fields(given, posted=posted)
    choice = fields.choice("choice", Choice, required=True) or Choice.ACT
    reason = fields.text("reason", longest=TEXT_LENGTH, required=True, lines=True) or ""
    fields.finish()
    return DecisionDraft(choice, reason)
