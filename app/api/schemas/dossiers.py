"""Dossiers of control measures and their reviews as they are sent and answered."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, GivenDay, Id, In, Out, Texts, example, one_of
from app.dossiers.rules import gaps
from app.dossiers.values import Dossier, Measure

_CONTENT: dict[str, Any] = {
    "scope_id": OTHER_ID,
    "name": {"nb": "Mystery shopper-besøk i Team Nord", "en": "Mystery visits in Team Nord"},
    "measures": ["mystery_visits"],
    "purpose": {"nb": "Se hvordan kundene blir møtt", "en": "See how customers are met"},
    "legal_basis": {},
    "discussed_on": "2026-10-12",
    "discussed_with": {"nb": "Tillitsvalgte i Handel og Kontor", "en": "The union's representatives"},
    "notified_on": "2026-10-19",
    "notified_how": {"nb": "Allmøte og brev", "en": "Meeting of all staff and a letter"},
    "starts_on": "2026-11-02",
    "ends_on": "2027-10-31",
    "review_on": "2027-05-03",
    "responsible_id": ID,
}
_REVIEW = {"conclusion": "Fører til samtaler, ikke til frykt. Fortsetter.", "next_on": "2027-10-01"}


class DossierIn(In):
    """A control measure: only a name is asked for at first; a round asks for the rest."""

    model_config = example(**_CONTENT)

    scope_id: Id | None = Field(None, description="The unit it is about, with all below; the company when left out")
    name: Texts
    measures: list[Annotated[str, one_of(Measure)]] | None = None
    purpose: Texts | None = None
    legal_basis: Texts | None = None
    discussed_on: GivenDay | None = None
    discussed_with: Texts | None = None
    notified_on: GivenDay | None = None
    notified_how: Texts | None = None
    starts_on: GivenDay | None = None
    ends_on: GivenDay | None = None
    review_on: GivenDay | None = None
    responsible_id: Id | None = Field(None, description="The person who is reminded of reviews")


class DossierOut(Out):
    """A control measure on record; `lacking` names what a round would still ask for."""

    model_config = example(id=ID, company_id=OTHER_ID, **_CONTENT, lacking=[], version=1)

    id: Id
    company_id: Id
    scope_id: Id
    name: Texts
    measures: list[Measure]
    purpose: Texts
    legal_basis: Texts
    discussed_on: date | None
    discussed_with: Texts
    notified_on: date | None
    notified_how: Texts
    starts_on: date | None
    ends_on: date | None
    review_on: date | None
    responsible_id: Id | None
    lacking: list[str]
    version: int

    @classmethod
    def of(cls, value: object) -> "DossierOut":
        """A dossier as it is answered."""
        if not isinstance(value, Dossier):
            raise TypeError(type(value))
        content = value.content
        return cls(
            id=value.id,
            company_id=value.company_id,
            scope_id=content.scope_id,
            name=dict(content.name),
            measures=sorted(content.measures),
            purpose=dict(content.purpose),
            legal_basis=dict(content.legal_basis),
            discussed_on=content.discussed_on,
            discussed_with=dict(content.discussed_with),
            notified_on=content.notified_on,
            notified_how=dict(content.notified_how),
            starts_on=content.starts_on,
            ends_on=content.ends_on,
            review_on=content.review_on,
            responsible_id=content.responsible_id,
            lacking=[gap.field for gap in gaps(content)],
            version=value.version,
        )


class DossierReviewIn(In):
    """What a review came to, and when the next one is due."""

    model_config = example(**_REVIEW)

    conclusion: str
    next_on: GivenDay


class DossierReviewOut(Out):
    """A review that was held."""

    model_config = example(reviewed_on=DAY, reviewer="Liv Tangen", **_REVIEW)

    reviewed_on: date
    reviewer: str
    conclusion: str
    next_on: date


class DossierReviewsOut(Out):
    """The reviews of a dossier, the latest first."""

    model_config = example(items=[{"reviewed_on": DAY, "reviewer": "Liv Tangen", **_REVIEW}])

    items: list[DossierReviewOut]
