"""Plain mappings, from JSON or a posted form, to checked values of dossiers; all refusals at once."""

from collections.abc import Mapping
from datetime import date

from app.deferred import dataclass
from app.dossiers.values import DossierContent, Measure
from app.fields import NO_CHOICE, REQUIRED, TEXT_LENGTH, Fields
from app.words import Words

NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class ReviewDraft:
    """A review as it is handed in."""

    conclusion: str
    next_on: date


def parse_dossier(given: Mapping[str, object], *, company_id: str, posted: bool = False) -> DossierContent:
    """A dossier: name, scope_id, measures, purpose, legal_basis, discussed_on, discussed_with, notified_on,
    notified_how, starts_on, ends_on, review_on, responsible_id. Only the name is asked for; the rest may follow.
    """
    fields = Fields(given, posted=posted)
    content = DossierContent(
        scope_id=fields.text("scope_id") or company_id,
        name=_name(fields),
        measures=_measures(fields),
        purpose=fields.words("purpose"),
        legal_basis=fields.words("legal_basis"),
        discussed_on=fields.day("discussed_on"),
        discussed_with=fields.words("discussed_with"),
        notified_on=fields.day("notified_on"),
        notified_how=fields.words("notified_how"),
        starts_on=fields.day("starts_on"),
        ends_on=fields.day("ends_on"),
        review_on=fields.day("review_on"),
        responsible_id=fields.text("responsible_id"),
    )
    fields.finish()
    return content


def parse_review(given: Mapping[str, object], *, posted: bool = False) -> ReviewDraft:
    """A review: conclusion and next_on."""
    fields = Fields(given, posted=posted)
    draft = ReviewDraft(
        conclusion=fields.text("conclusion", longest=TEXT_LENGTH, required=True, lines=True) or "",
        next_on=fields.day("next_on", required=True) or date.min,
    )
    fields.finish()
    return draft


def _name(fields: Fields) -> Words:
    name = fields.words("name", longest=NAME_LENGTH)
    if not name:
        fields.refuse("name.nb", REQUIRED)
    return name


def _measures(fields: Fields) -> frozenset[Measure]:
    found = set()
    for place, text in enumerate(fields.texts("measures", len(Measure))):
        if text in set(Measure):
            found.add(Measure(text))
        else:
            fields.refuse(f"measures.{place}", NO_CHOICE, ", ".join(Measure))
    return frozenset(found)
