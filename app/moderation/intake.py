"""A posted decision about a comment to a checked ruling; nothing here looks at a database."""

from collections.abc import Mapping

from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, Fields
from app.moderation.rules import EDIT_REASONS, WITHHOLD_REASONS, keeps_sense
from app.moderation.values import Ruling, Verdict
from app.receipts.values import WithheldReason
from app.responses.intake import BadComment, parse_comment
from app.responses.rules import MAX_COMMENT

NOT_CHANGED = "This is the comment as it was written. Change it, or release it as it is."
ANOTHER_TEXT = "Keep the writer's words and take out or replace only what gives somebody away."
EMPTY = "Write what stays of the comment, or withhold it."


def parse_ruling(given: Mapping[str, object], *, original: str, posted: bool = False) -> Ruling:
    """A ruling: `verdict`, for an edited or withheld comment `reason`, for an edited one `text`.

    original : the comment as it was written
    """
    fields = Fields(given, posted=posted)
    verdict = fields.choice("verdict", Verdict, required=True) or Verdict.WAITING
    reasons = {Verdict.EDITED: EDIT_REASONS, Verdict.WITHHELD: WITHHOLD_REASONS}.get(verdict, ())
    reason = fields.choice("reason", WithheldReason, required=bool(reasons))
    written = fields.text("text", longest=MAX_COMMENT * 4, lines=True) or ""
    if reason is not None and reason not in reasons:
        fields.refuse("reason", NO_CHOICE, ", ".join(reasons))
    fields.finish()
    text = _edited(written, original) if verdict is Verdict.EDITED else None
    return Ruling(verdict, reason, text)


def _edited(written: str, original: str) -> str:
    try:
        text = parse_comment(written)
    except BadComment as refusal:
        raise Invalid([FieldError("text", refusal.message, f"1-{MAX_COMMENT}", refusal.values)]) from None
    wrong = EMPTY if not text else NOT_CHANGED if text == original else ""
    if not wrong and not keeps_sense(original, text):
        wrong = ANOTHER_TEXT
    if wrong:
        raise Invalid([FieldError("text", wrong, f"1-{MAX_COMMENT}")])
    return text
