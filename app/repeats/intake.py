"""A plain mapping to a checked repetition; nothing here looks at a database."""

from collections.abc import Mapping

from app.fields import Fields
from app.organisation.values import PersonId
from app.repeats.rules import LEAD_DAYS, USUAL_LEAD
from app.repeats.values import Repetition, RepetitionDraft, RepetitionState


def parse_repetition(
    given: Mapping[str, object], *, present: Repetition | None = None, posted: bool = False
) -> RepetitionDraft:
    """A repetition: state, starts_itself, lead_days, owner_id. What is not sent stays as in `present`, or is as usual.

    A box that is not ticked is not posted, so that a page always says whether the round starts by itself.
    """
    fields = Fields(given, posted=posted)
    state = fields.choice("state", RepetitionState) or (present.state if present else RepetitionState.RUNNING)
    usual = present.starts_itself if present and not posted else False
    starts = fields.flag("starts_itself") if fields.has("starts_itself") else usual
    lead = fields.whole("lead_days", LEAD_DAYS.start, LEAD_DAYS.stop - 1) if fields.has("lead_days") else None
    owner = fields.text("owner_id") if fields.has("owner_id") else (present.owner_id if present else None)
    fields.finish()
    kept = lead or (present.lead_days if present else USUAL_LEAD)
    return RepetitionDraft(state, bool(starts), kept, PersonId(owner) if owner else None)
