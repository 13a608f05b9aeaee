"""Plain mappings, from JSON or a posted form, to checked values of follow-up."""

from collections.abc import Mapping
from datetime import date

from app.fields import TEXT_LENGTH, Fields
from app.followup.rules import LONGEST_BASELINE, POINTS
from app.followup.values import Method, ShiftDraft, WatchDraft
from app.scoring.baselines import LEAST_BASELINE
from app.scoring.seasons import Season


def parse_watch(given: Mapping[str, object], *, posted: bool = False) -> WatchDraft:
    """How a KPI is to be watched: method, season, baseline, red_line."""
    fields = Fields(given, posted=posted)
    draft = WatchDraft(
        method=fields.choice("method", Method, required=True) or Method.EWMA,
        season=fields.choice("season", Season) or Season.NONE,
        baseline=fields.whole("baseline", LEAST_BASELINE, LONGEST_BASELINE) or LEAST_BASELINE,
        red_line=fields.number("red_line", *POINTS),
    )
    fields.finish()
    return draft


def parse_shift(given: Mapping[str, object], *, posted: bool = False) -> ShiftDraft:
    """A new level that is accepted: starts_on and reason."""
    fields = Fields(given, posted=posted)
    draft = ShiftDraft(
        starts_on=fields.day("starts_on", required=True) or date.min,
        reason=fields.text("reason", longest=TEXT_LENGTH, required=True, lines=True) or "",
    )
    fields.finish()
    return draft
