"""A composite against a reference as rows of a table; printed parts add up to the printed distance."""

from collections.abc import Mapping
from decimal import Decimal

from app.deferred import dataclass
from app.http.visit import Visit
from app.infra.formats import listing, number, percent, period, score
from app.scoring.explain import printed
from app.summaries.reference import Against, Part, Reference
from app.web.render import said
from app.words import in_locale

_NAMES = {
    Reference.LAST_ROUND: "The round before",
    Reference.LAST_RELEASE: "The card before",
    Reference.NORM: "The unit above",
    Reference.TARGET: "Targets",
}


@dataclass(frozen=True, slots=True)
class AgainstRow:
    """One KPI: its score, the reference's, its share of the weight, and what it adds to the distance.

    by_score, by_weight : the two parts of it, where the weights differ
    """

    name: str
    score: str
    reference: str
    share: str
    points: str
    by_score: str
    by_weight: str


@dataclass(frozen=True, slots=True)
class AgainstText:
    """The table with what stands around it, its last row the composite; `column` names the reference.

    is_split : whether points are parted by score and weight
    """

    column: str
    is_split: bool
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
    names = [in_locale(part.name, visit.locale) for part in one.parts]
    digits = _digits(one)
    rows = tuple(_row(visit, name, part, two) for name, part, two in zip(names, one.parts, digits, strict=True))
    sums = sum((two[0] for two in digits), Decimal(0)), sum((two[1] for two in digits), Decimal(0))
    whole = Part("", {}, 1.0, one.score, one.reference_score, one.points)
    rows += (_row(visit, said(visit, "Composite score"), whole, sums),)
    tabs = tuple(
        (said(visit, _NAMES[reference]), f"{href}?against={reference}#against", reference is chosen)
        for reference in found
    )
    is_split = any(part.by_weight is not None for part in one.parts)
    return AgainstText(_column(visit, one), is_split, _lead(visit, one), rows, tuple(_notes(visit, one)), tabs)


def _digits(one: Against) -> list[tuple[Decimal, Decimal]]:
    """What each KPI adds by its score and by its weight, in digits that all add up to the printed distance."""
    halves = [(part.points - (part.by_weight or 0.0), part.by_weight or 0.0) for part in one.parts]
    _, digits = printed(one.points, [half for two in halves for half in two])
    return list(zip(digits[::2], digits[1::2], strict=True))


def _row(visit: Visit, name: str, part: Part, digits: tuple[Decimal, Decimal]) -> AgainstRow:
    by_score, by_weight = digits
    return AgainstRow(
        name,
        score(part.score, visit.locale),
        score(part.reference, visit.locale),
        percent(part.share, visit.locale, 1),
        _signed(visit, by_score + by_weight),
        _signed(visit, by_score),
        _signed(visit, by_weight),
    )


def _signed(visit: Visit, points: Decimal) -> str:
    """With a sign, as it goes up or down from the reference."""
    sign = "+" if points > 0 else "−" if points < 0 else ""
    return sign + number(float(abs(points)), visit.locale, 1)


def _column(visit: Visit, one: Against) -> str:
    if one.since is not None:
        return period(one.since.period_start, one.since.period_end, visit.locale)
    return one.place.name if one.place is not None else said(visit, "Target")


def _lead(visit: Visit, one: Against) -> str:
    leads = {
        Reference.LAST_ROUND: "Over the KPIs and rater groups that both rounds have, weighed as now.",
        Reference.LAST_RELEASE: "The score that was published last time, with the card of that time.",
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
