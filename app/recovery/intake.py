"""What a customer writes who wants to be contacted, and how an owner ends a case, to checked values."""

from collections.abc import Mapping

from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE, TEXT_LENGTH, Fields
from app.recovery.values import CaseEnd, CaseOutcome, Wish

CONTACT_LENGTH, NAME_LENGTH = 200, 100
ABOUT, TICKET = "about", "ticket"


def parse_wish(given: Mapping[str, object], *, posted: bool = False) -> Wish:
    """A wish to be contacted: contact (an address or a number), name and message if the customer likes."""
    fields = Fields({name: text for name, text in given.items() if name not in {ABOUT, TICKET}}, posted=posted)
    wish = Wish(
        contact=fields.text("contact", longest=CONTACT_LENGTH, required=True) or "",
        name=fields.text("name", longest=NAME_LENGTH) or "",
        message=fields.text("message", longest=TEXT_LENGTH, lines=True) or "",
    )
    fields.finish()
    return wish


def parse_end(given: Mapping[str, object], *, posted: bool = False) -> CaseEnd:
    """How a case ended: outcome, and a note for its owner. That it lapsed is nobody's choice."""
    fields = Fields(given, posted=posted)
    outcome = fields.choice("outcome", CaseOutcome, required=True) or CaseOutcome.SOLVED
    note = fields.text("note", longest=TEXT_LENGTH, lines=True) or ""
    fields.finish()
    if outcome is CaseOutcome.LAPSED:
        allowed = ", ".join(one for one in CaseOutcome if one is not CaseOutcome.LAPSED)
        raise Invalid([FieldError("outcome", NO_CHOICE, allowed)])
    return CaseEnd(outcome, note)
