"""Words for results that code chooses: rater groups, reasons for withholding, shares; the sentences are translated."""

from collections.abc import Sequence

from app.http.visit import Visit, said
from app.infra.formats import listing, percent
from app.papers.comment_words import COUNTED_REASONS
from app.receipts.values import WithheldCount
from app.releases.values import ScoreLevel, Withheld
from app.scoring.composite import LEAST_KPI_WEIGHT
from app.scoring.metrics import LEAST_COMPLETENESS
from app.scoring.soft import LEAST_GROUP_WEIGHT
from app.summaries.values import Figure

SELF = "self"
MIXED = "mixed"
_VISITS = "mystery_shopper"
_NAMES = {
    "customer": "Customers",
    "mystery_shopper": "Mystery shoppers",
    "manager": "Manager",
    "colleague": "Colleagues",
    "direct_report": "Direct reports",
    SELF: "Self",
}
_FROM = {
    "customer": "From the customers",
    "mystery_shopper": "From the mystery shoppers",
    "manager": "From the manager",
    "colleague": "From the colleagues",
    "direct_report": "From the direct reports",
    SELF: "From the own rating",
}
_REASONS = {
    Withheld.FEWER_THAN_THREE_SUBJECTS: "fewer than three people have been rated",
    Withheld.OVERLAP: "almost the same people were asked shortly before",
    Withheld.REQUIRED_MISSING: "a KPI that has to count is missing",
    Withheld.NOT_ASKED: "Not asked",
    Withheld.NO_VALUE: "Not measured",
    Withheld.INCOMPLETE: "only {share} of the readings are in, {needed} is needed",
    Withheld.TOO_LITTLE_WEIGHT: "only {share} of the weight can be shown, {needed} is needed",
}
_LEAST = {
    ScoreLevel.COMPOSITE: LEAST_KPI_WEIGHT,
    ScoreLevel.KPI: LEAST_GROUP_WEIGHT,
}


def group_key(rater_groups: Sequence[str]) -> str:
    """The mark of a row: its group, or that of several together."""
    return rater_groups[0] if len(rater_groups) == 1 else MIXED


def group_name(visit: Visit, rater_groups: Sequence[str], *, person: str = "") -> str:
    """What a row of rater groups is called; a person's own rating carries the first name."""
    if tuple(rater_groups) == (SELF,) and person:
        return said(visit, "{name}'s own rating", name=person.split(maxsplit=1)[0])
    if len(rater_groups) == 1:
        return said(visit, _NAMES[rater_groups[0]])
    return said(visit, "{groups} together", groups=group_listing(visit, rater_groups))


def group_listing(visit: Visit, rater_groups: Sequence[str], *, person: str = "", inside: bool = False) -> str:
    """Rater groups in a sentence, the first with a capital unless `inside` one; a name keeps its own."""
    names = [group_name(visit, [group], person=person) for group in rater_groups]
    for place, group in enumerate(rater_groups):
        if (place or inside) and not (group == SELF and person):
            names[place] = _lower_first(names[place])
    return listing(names, visit.locale)


def comments_title(visit: Visit, rater_groups: Sequence[str], authors: Sequence[str | None]) -> str:
    """The heading over the comments of a group: whose they are."""
    known = {author for author in authors if author}
    if len(known) == 1:
        return said(visit, "From {name}", name=known.pop())
    if len(rater_groups) == 1:
        return said(visit, _FROM[rater_groups[0]])
    return said(visit, "From {groups} together", groups=group_listing(visit, rater_groups, inside=True))


def withheld_comments(visit: Visit, one: WithheldCount) -> str:
    """How many comments are withheld, and why, without the word itself."""
    count = "1 comment" if one.comments == 1 else "{count} comments"
    return f"{said(visit, count, count=one.comments)} – {said(visit, COUNTED_REASONS[one.reason])}"


def reason(visit: Visit, figure: Figure, *, level: ScoreLevel, rater_groups: Sequence[str] = ()) -> str:
    """Why a figure is withheld, without the word itself; empty for one that is there or that nobody asked for.

    Never a count below the minimum: only the minimum is named.
    """
    if figure.is_missing:
        return ""
    return withheld_words(
        visit,
        figure.reason,
        minimum=figure.minimum,
        coverage=figure.coverage,
        least=_LEAST.get(level, LEAST_COMPLETENESS),
        visits=_VISITS in rater_groups and len(rater_groups) == 1,
    )


def missing(visit: Visit, figure: Figure | None) -> str:
    """What is said of a figure that nobody asked for or measured; empty for any other."""
    return said(visit, _REASONS[figure.reason]) if figure and figure.reason and figure.is_missing else ""


def withheld_words(
    visit: Visit,
    why: Withheld | None,
    *,
    minimum: int | None = None,
    coverage: float | None = None,
    least: float = LEAST_GROUP_WEIGHT,
    visits: bool = False,
) -> str:
    """A reason in words, with the facts it names."""
    if why is None:
        return ""
    facts = {
        "least": minimum,
        "share": percent(coverage, visit.locale),
        "needed": percent(least, visit.locale),
    }
    if why is Withheld.FEWER_THAN_K:
        few = "fewer than {least} visits" if visits else "fewer than {least} answers"
        return said(visit, few if minimum else "too few answers", **facts)
    if why is Withheld.TOO_LITTLE_WEIGHT and not coverage:
        return said(visit, "none of the weight can be shown")
    return said(visit, _REASONS[why], **facts)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
