"""Proposals of raters, as they are sent and answered."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from app.api.schemas.base import ID, INSTANT, OTHER_ID, WORDS, Id, In, Instant, Out, Texts, example, one_of
from app.errors import FieldError, Invalid
from app.fields import NO_CHOICE
from app.kpis.values import RaterGroup
from app.rounds.nominate import NewNomination
from app.rounds.nominations import NominationForm, NominationState

_NOMINATION = {
    "id": ID,
    "round_id": OTHER_ID,
    "subject_id": ID,
    "subject_name": "Sofie Dahl",
    "rater_group": "colleague",
    "email": "kari.moen@example.org",
    "name": "Kari Moen",
    "state": "waiting",
    "reason": None,
}


class CallIn(In):
    """Until when the rated people of a draft may propose raters; before the round opens."""

    model_config = example(until=INSTANT)

    until: Instant


class NominationIn(In):
    """Somebody whom a rated person proposes as a rater."""

    model_config = example(rater_group="colleague", email="kari.moen@example.org", name="Kari Moen")

    rater_group: Annotated[str, one_of(RaterGroup)]
    email: str
    name: str = ""

    def proposed(self) -> NewNomination:
        """What is proposed; Invalid for a group there is not."""
        group = next((one for one in RaterGroup if one == self.rater_group), None)
        if group is None:
            raise Invalid([FieldError("rater_group", NO_CHOICE, ", ".join(RaterGroup))])
        return NewNomination(group, self.email, self.name)


class NominationAboutIn(NominationIn):
    """The same with whom it is about: the one who proposes."""

    model_config = example(subject_id=ID, rater_group="colleague", email="kari.moen@example.org", name="Kari Moen")

    subject_id: Id


class RefusalIn(In):
    """Why a proposal is refused; whoever proposed reads it."""

    model_config = example(reason="You have hardly met this year.")

    reason: str = Field(description="1 to 200 characters")


class NominationOut(Out):
    """Somebody whom a rated person proposes as a rater, and what became of it."""

    model_config = example(**_NOMINATION)

    id: Id
    round_id: Id
    subject_id: Id
    subject_name: str
    rater_group: Annotated[str, one_of(RaterGroup)]
    email: str
    name: str | None
    state: Annotated[str, one_of(NominationState)]
    reason: str | None


_FORM = {
    "round_id": OTHER_ID,
    "round_name": WORDS,
    "asked_by": "Amir Haddad",
    "subject_id": ID,
    "subject_name": "Sofie Dahl",
    "until": INSTANT,
    "groups": ["colleague"],
    "nominations": [_NOMINATION],
}


class NominationFormOut(Out):
    """What one rated person may propose in one draft, until when, and what is proposed so far."""

    model_config = example(**_FORM)

    round_id: Id
    round_name: Texts
    asked_by: str
    subject_id: Id
    subject_name: str
    until: datetime
    groups: list[str]
    nominations: list[NominationOut]

    @classmethod
    def of_form(cls, form: NominationForm) -> Self:
        """A form as it is answered."""
        return cls(
            round_id=form.round_id,
            round_name=dict(form.round_name),
            asked_by=form.asked_by,
            subject_id=form.subject_id,
            subject_name=form.subject_name,
            until=form.until,
            groups=[group.value for group in form.groups],
            nominations=[NominationOut.of(one) for one in form.nominations],
        )


class NominationFormsOut(Out):
    """What somebody may propose in every draft that is about him or her."""

    model_config = example(items=[_FORM])

    items: list[NominationFormOut]
