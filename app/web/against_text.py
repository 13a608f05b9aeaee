"""A composite against a reference as rows of a table; printed parts add up to the printed distance."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.http.visit import Visit
from app.infra.formats import listing, number, percent, period, score
from app.scoring.explain import printed
from app.summaries.reference import Against, Reference
from app.web.render import said
from app.words import in_locale

_NAMES = {
    Reference.LAST_ROUND: "The round before",
    Reference.NORM: "The unit above",
    Reference.TARGET: "Targets",
}


@dataclass(frozen=True, slots=True)
class AgainstRow:
    """One KPI: its score, the reference's, its share of the weight, and what it adds to the distance."""

    name: str
    score: str
    reference: str
    share: str
    points: str


@dataclass(frozen=True, slots=True)
class AgainstText:
    """The table with what stands around it, its last row the composite; `column` names the reference."""

    column: str
    lead: str
    rows: tuple[AgainstRow, ...]
    notes: tuple[str, ...]
    tabs: tuple[tuple[str, str, bool], ...]


def against_text(visit: Visit, found: Mapping[Reference, Against], href: str) -> AgainstText | None:
    """The reference that the address names, or the first there is; none where there is nothing to hold against."""
    if not found:
        return None
    wanted = visit.query.get("against", "")
    chosen = Reference(wanted) if wanted in {one.value for one in found} else next(iter(found))
    one = found[chosen]
    total, points = printed(one.points, [part.points for part in one.parts])
    rows = tuple(
        AgainstRow(
            in_locale(part.name, visit.locale),
            score(part.score, visit.locale),
            score(part.reference, visit.locale),
            percent(part.share, visit.locale, 1),
            _signed(visit, float(digits)),
        )
        for part, digits in zip(one.parts, points, strict=True)
    )
    whole = AgainstRow(
        said(visit, "Composite score"),
        score(one.score, visit.locale),
        score(one.reference_score, visit.locale),
        percent(1, visit.locale),
        _signed(visit, float(total)),
    )
    tabs = tuple(
        (said(visit, _NAMES[reference]), f"{href}?against={reference}#against", reference is chosen)
        for reference in found
    )
    return AgainstText(_column(visit, one), _lead(visit, one), (*rows, whole), tuple(_notes(visit, one)), tabs)


def _signed(visit: Visit, points: float) -> str:
    """With a sign, as it goes up or down from the reference."""
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return sign + number(abs(points), visit.locale, 1)


def _column(visit: Visit, one: Against) -> str:
    if one.since is not None:
        return period(one.since.period_start, one.since.period_end, visit.locale)
    return one.place.name if one.place is not None else said(visit, "Target")


def _lead(visit: Visit, one: Against) -> str:
    leads = {
        Reference.LAST_ROUND: "Over the KPIs and rater groups that both rounds have, weighed as now.",
        Reference.NORM: "Over the KPIs that both have, weighed as on this card.",
        Reference.TARGET: "A target that is reached is worth 75, or 100 without a stretch; a rated KPI is held against 75.",
    }
    return said(visit, leads[one.reference])


def _notes(visit: Visit, one: Against) -> list[str]:
    notes = []
    if one.is_real is False:
        notes.append(said(visit, "Chance alone could explain this change."))
    if one.without:
        names = listing([in_locale(name, visit.locale) for name in one.without], visit.locale)
        notes.append(said(visit, "Left out: {names}.", names=names))
    return notes
