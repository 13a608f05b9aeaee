"""The nouns of dossiers: a control measure as it is put on record, and the reviews of it."""

from datetime import date
from enum import StrEnum
from typing import NewType

from app.deferred import dataclass
from app.words import Words

DossierId = NewType("DossierId", str)


class Measure(StrEnum):
    """What people are exposed to: visits by mystery shoppers, ratings of employees by customers."""

    MYSTERY_VISITS = "mystery_visits"
    CUSTOMER_RATINGS = "customer_ratings"


@dataclass(frozen=True, slots=True)
class DossierContent:
    """What is on record about measures at a unit and everything below it; what is not known yet is empty.

    `discussed_with` names the employees' representatives; `notified_how` the way employees were told.
    """

    scope_id: str
    name: Words
    measures: frozenset[Measure]
    purpose: Words
    legal_basis: Words
    discussed_on: date | None
    discussed_with: Words
    notified_on: date | None
    notified_how: Words
    starts_on: date | None
    ends_on: date | None
    review_on: date | None
    responsible_id: str | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """A dossier as it stands."""

    id: DossierId
    company_id: str
    content: DossierContent
    version: int


@dataclass(frozen=True, slots=True)
class DossierReview:
    """A review: on which day, by whom, what came of it, and when the next one is due."""

    reviewed_on: date
    reviewer: str
    conclusion: str
    next_on: date
