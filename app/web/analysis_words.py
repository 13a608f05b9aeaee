"""Words for what analysts read: obstacles, answers, severity, agreement, gaps; the sentences are translated."""

from collections.abc import Mapping

from app.analysis.reliable import Unstudied
from app.analysis.values import Absence, Choice
from app.http.visit import Visit
from app.infra.formats import DASH, number
from app.scoring.agreement import Strength
from app.scoring.obstacles import Assignment, Obstacle
from app.scoring.reliability import Firmness, Gap
from app.web.render import said

OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NESTED: "Every rater has rated one subject only, so strictness cannot be told from chance.",
    Obstacle.DISCONNECTED: "Hangs together with too few others; what lies beyond cannot be compared with it.",
    Obstacle.TOO_SMALL: "Fewer than 10 raters, 5 subjects or 50 ratings.",
    Obstacle.FEW_SHARED: "Fewer than half of the raters have rated two subjects or more.",
    Obstacle.ASSIGNMENT_UNKNOWN: "Nobody has said yet how the raters came to their subjects.",
    Obstacle.ASSIGNED_BY_MERIT: "Raters were chosen by how good the subject is; true differences would be taken away.",
    Obstacle.NO_DIFFERENCE: "Subjects do not differ by more than chance.",
    Obstacle.NO_SEVERITY: "Raters do not differ in strictness by more than chance.",
    Obstacle.UNSETTLED: "The computation did not come to rest.",
    Obstacle.UNRELIABLE: "Less than half of what a fair score would say is about the subject.",
}
"""Why there is no fair score, one sentence each."""

ANSWERS: Mapping[Assignment, tuple[str, str]] = {
    Assignment.UNRELATED: (
        "Not by how good they are",
        "By place, shift, chance or structure. Raters can be compared.",
    ),
    Assignment.BY_MERIT: (
        "By how good they are",
        "The best or strictest raters got the best subjects, say. Nothing is adjusted then.",
    ),
    Assignment.UNKNOWN: ("We do not know", "Nothing is adjusted until somebody knows."),
}
"""How raters came to their subjects: what is chosen, and what follows."""

ABSENCES: Mapping[Absence, str] = {
    Absence.ANONYMOUS: "{group} take no part: their answers are anonymous, and nobody can tell which came from whom.",
    Absence.WITHHELD: "{group} take no part: nothing of theirs alone is released about these subjects.",
}
UNSTUDIED: Mapping[Unstudied, str] = {
    Unstudied.ONE_ITEM: "The KPI has one item only.",
    Unstudied.NOT_CROSSED: "No two raters have rated the same five subjects on every item.",
    Unstudied.NO_SPREAD: "Nobody differs.",
}
GAPS: Mapping[Gap, str] = {Gap.TOO_FEW: "Too few to tell", Gap.NO_SPREAD: "Nobody differs"}
FIRMNESS: Mapping[Firmness, str] = {
    Firmness.PRELIMINARY: "preliminary",
    Firmness.MODERATE: "moderate",
    Firmness.SOLID: "solid",
}
STRENGTHS: Mapping[Strength, str] = {
    Strength.LACK: "lack of agreement",
    Strength.WEAK: "weak",
    Strength.MODERATE: "moderate",
    Strength.STRONG: "strong",
    Strength.VERY_STRONG: "very strong",
}
CHOICES: Mapping[Choice, str] = {Choice.FAIR: "Use the fair score", Choice.PLAIN: "Use the plain score"}


def signed(visit: Visit, points: float, decimals: int) -> str:
    """Points with their sign; none for what rounds to nothing."""
    text = number(abs(points), visit.locale, decimals)
    if text == number(0, visit.locale, decimals):
        return text
    return ("+" if points > 0 else "\N{MINUS SIGN}") + text


def span(visit: Visit, lo: str, hi: str) -> str:
    """From one end of an interval to the other."""
    return said(visit, "{lo} to {hi}", lo=lo, hi=hi)


def coefficient(visit: Visit, value: float | None) -> str:
    """A coefficient with two decimals; a dash where there is none, or where an end is beyond all bounds."""
    return DASH if value is None or abs(value) > _BEYOND else signed_plain(visit, value)


def signed_plain(visit: Visit, value: float) -> str:
    """Two decimals, with a sign below 0 only."""
    return signed(visit, value, 2).removeprefix("+")


_BEYOND = 1e6
