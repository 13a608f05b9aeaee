"""The weighted KPIs of a subject, checked; the score over them is made in `composite`.

==========  ==================================================
Name        Meaning
==========  ==================================================
Form        arithmetic (strong makes up for weak) or geometric
CardEntry   one KPI on a scorecard
Scorecard   the weighted KPIs of a subject
==========  ==================================================
"""

from enum import StrEnum

from app.deferred import dataclass
from app.scoring.errors import ScoringError
from app.scoring.weights import check_weights


class Form(StrEnum):
    """How KPIs combine: a weighted sum, or a product in which one very low KPI cannot be bought off."""

    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True)
class CardEntry:
    """One KPI on a scorecard.

    kpi : number of the KPI
    weight : 0..1e9 in any unit
    required : without it there is no composite
    """

    kpi: int
    weight: float
    required: bool = False


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The weighted KPIs of a subject.

    entries : in the order of the card
    form : arithmetic or geometric

    Raises
    ------
    ScoringError : a weight is not usable, all are 0, or a KPI is there twice

    >>> Scorecard((CardEntry(0, 50), CardEntry(0, 50)))
    Traceback (most recent call last):
    ...
    app.scoring.errors.ScoringError: a kpi can be on a scorecard once only
    """

    entries: tuple[CardEntry, ...]
    form: Form = Form.ARITHMETIC

    def __post_init__(self) -> None:
        """Refuse entries that cannot be weighed."""
        weights = {str(entry.kpi): entry.weight for entry in self.entries}
        if len(weights) < len(self.entries):
            msg = "a kpi can be on a scorecard once only"
            raise ScoringError(msg)
        check_weights(weights, "kpi")
