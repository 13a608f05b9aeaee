"""What is to be in focus, as people and systems send it, to checked values."""

from collections.abc import Mapping

from app.fields import Fields
from app.focus.values import FocusDraft


def parse_focus(given: Mapping[str, object], *, posted: bool = False) -> FocusDraft:
    """A KPI that is to be in focus: kpi_id, and instead_of_id where it replaces another."""
    fields = Fields(given, posted=posted)
    draft = FocusDraft(fields.text("kpi_id", required=True) or "", fields.text("instead_of_id") or None)
    fields.finish()
    return draft
