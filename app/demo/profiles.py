"""How raters see whom: the figures of Sofie Berg and Jonas Eide answer for answer, the others by a mean for each KPI.

Means are on the scale from 1 to 5. Everything is invented.
"""

from collections.abc import Mapping

from app.deferred import dataclass
from app.kpis.values import RaterGroup


@dataclass(frozen=True, slots=True)
class Tally:
    """How many raters answered both items of a KPI, what their answers add up to, and how many could not observe it."""

    raters: int
    total: int
    unable: int = 0


CUSTOMER, SHOPPER = RaterGroup.CUSTOMER, RaterGroup.MYSTERY_SHOPPER
MANAGER, COLLEAGUE, SELF = RaterGroup.MANAGER, RaterGroup.COLLEAGUE, RaterGroup.SELF

TALLIES: Mapping[str, Mapping[str, Mapping[RaterGroup, Tally]]] = {
    "sofie.berg": {
        "first-impression": {
            CUSTOMER: Tally(12, 102),
            SHOPPER: Tally(5, 39),
            MANAGER: Tally(1, 8),
            COLLEAGUE: Tally(2, 16),
            SELF: Tally(1, 9),
        },
        "case-ownership": {
            CUSTOMER: Tally(10, 78, unable=2),
            MANAGER: Tally(1, 7),
            COLLEAGUE: Tally(2, 14),
            SELF: Tally(1, 8),
        },
        "teamwork": {MANAGER: Tally(1, 8), COLLEAGUE: Tally(2, 16), SELF: Tally(1, 9)},
    },
    "jonas.eide": {
        "needs-discovery": {
            CUSTOMER: Tally(10, 82),
            SHOPPER: Tally(5, 36),
            MANAGER: Tally(1, 7),
            SELF: Tally(1, 9),
        },
        "objection-handling": {
            SHOPPER: Tally(5, 32),
            MANAGER: Tally(1, 6),
            COLLEAGUE: Tally(3, 21),
            SELF: Tally(1, 8),
        },
    },
}

_SERVICE = ("first-impression", "case-ownership", "teamwork")
_SALES = ("needs-discovery", "objection-handling")
_LEADING = ("coaching", "teamwork")


def _means(kpis: tuple[str, ...], people: Mapping[str, tuple[float, ...]]) -> dict[str, dict[str, float]]:
    return {person: dict(zip(kpis, means, strict=True)) for person, means in people.items()}


MEANS: Mapping[str, Mapping[str, float]] = {
    **_means(
        _SERVICE,
        {
            "lars.moen": (3.8, 3.5, 4.3),
            "thea.vik": (4.3, 4.2, 3.9),
            "omar.said": (3.6, 3.9, 4.4),
            "elias.dahl": (4.0, 3.7, 3.6),
            "mina.olsen": (4.5, 4.4, 4.1),
            "oda.strand": (3.4, 3.2, 3.8),
            "henrik.lie": (3.9, 3.6, 3.1),
            "runa.bo": (4.4, 3.8, 4.0),
            "amina.yusuf": (4.2, 4.1, 4.3),
            "vegard.haug": (3.3, 3.5, 3.7),
            "stian.hove": (3.7, 4.3, 3.9),
            "marek.nowak": (3.9, 4.4, 4.2),
            "siv.asen": (4.1, 4.0, 3.8),
        },
    ),
    **_means(
        _SALES,
        {
            "sara.hagen": (4.0, 3.7),
            "ali.rahimi": (4.2, 4.0),
            "nora.bakke": (3.5, 3.4),
            "ida.myhre": (4.3, 4.1),
            "tobias.lund": (3.3, 3.0),
            "emil.saether": (3.9, 3.8),
        },
    ),
    **_means(
        _LEADING,
        {
            "ragnhild.torp": (3.9, 3.8),
            "ingrid.solheim": (4.1, 4.0),
            "amir.haddad": (4.0, 4.2),
            "kari.lunde": (3.6, 4.0),
            "magnus.ruud": (3.2, 3.4),
            "marte.fossum": (4.3, 4.1),
            "petter.aas": (3.4, 3.9),
            "liv.tangen": (3.8, 4.3),
            "hanne.nes": (4.2, 4.0),
            "odd.brekke": (3.3, 3.7),
        },
    ),
    **_means(
        ("first-impression", "needs-discovery", "objection-handling"),
        {"lunvik": (4.0, 3.6, 3.4), "torsnes": (3.5, 3.3, 3.1), "hauklid": (3.1, 2.9, 3.2)},
    ),
}

LEANINGS: Mapping[RaterGroup, float] = {CUSTOMER: 0.1, SHOPPER: -0.2, COLLEAGUE: 0.1, SELF: 0.4}
"""How far a group lies from the mean of a KPI: people see themselves kindly, shoppers look closely."""


def tally_of(subject: str, kpi: str, rater_group: RaterGroup, raters: int) -> Tally:
    """What the raters of a group say about a subject on a KPI with two items."""
    known = TALLIES.get(subject, {}).get(kpi, {}).get(rater_group)
    if known is not None:
        return known
    mean = min(4.8, MEANS[subject][kpi] + LEANINGS.get(rater_group, 0.0))
    return Tally(raters, round(mean * raters * 2))
