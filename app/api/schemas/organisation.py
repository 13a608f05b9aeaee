"""Subjects, people and who leads what, as they are sent and answered."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from app.api.schemas.base import DAY, ID, OTHER_ID, Day, Id, In, Out, example
from app.organisation.values import SubjectKind

_TEAM = {"kind": "team", "name": "Team Nord", "parent_id": OTHER_ID, "external_id": "T-7"}
_PERSON = {"name": "Sofie Dahl", "email": "sofie.dahl@example.org", "locale": "nb", "external_id": "1047"}


class SubjectIn(In):
    """A subject to be made under a parent. Persons are made as people."""

    model_config = example(**_TEAM)

    kind: Annotated[SubjectKind, Field(strict=False)]
    name: str
    parent_id: Id
    external_id: str | None = None
    starts_on: Day | None = Field(None, description="The first day under the parent; today when left out")


class SubjectChangeIn(In):
    """What to change of a subject; what is left out stays, null removes an external id."""

    model_config = example(name="Team Nord-Øst")

    name: str | None = None
    external_id: str | None = None


class MoveIn(In):
    """Where a subject goes, and from which day on; where it hung before is kept with its days."""

    model_config = example(parent_id=OTHER_ID, starts_on=DAY)

    parent_id: Id
    starts_on: Day | None = Field(None, description="The first day at the new place; today when left out")


class CloseIn(In):
    """From which day on a subject hangs nowhere any more."""

    model_config = example(ends_on=DAY)

    ends_on: Day | None = Field(None, description="Today when left out")


class SubjectOut(Out):
    """Who or what is rated or scored; `path` runs from the company to the subject itself."""

    model_config = example(id=ID, company_id=OTHER_ID, **_TEAM, path=[OTHER_ID, ID], closed_on=None, version=1)

    id: Id
    company_id: Id
    kind: SubjectKind
    name: str
    external_id: str | None
    parent_id: Id | None
    path: list[Id]
    closed_on: date | None
    version: int


class TreeNodeOut(Out):
    """A subject in the tree, with those who lead it."""

    model_config = example(id=ID, kind="team", name="Team Nord", external_id="T-7", parent_id=OTHER_ID, leaders=[])

    id: Id
    kind: SubjectKind
    name: str
    external_id: str | None
    parent_id: Id | None
    leaders: list[Id] = Field(description="The person-subjects that lead it")


class TreeOut(Out):
    """A subject and everything below it on a day, parents before children."""

    model_config = example(on=DAY, items=[])

    on: date
    items: list[TreeNodeOut]


class PersonIn(In):
    """A human to be known; with a unit an employee, who can be rated there."""

    model_config = example(**_PERSON, unit_id=ID)

    name: str | None = None
    email: str | None = None
    external_id: str | None = None
    locale: str | None = None
    unit_id: Id | None = Field(None, description="The unit the person belongs to; null for customers and shoppers")
    starts_on: Day | None = None


class PersonChangeIn(In):
    """What to change of a person; what is left out stays, null removes what may be absent."""

    model_config = example(email="sofie.berg@example.org")

    name: str | None = None
    email: str | None = None
    external_id: str | None = None
    locale: str | None = None


class PersonOut(Out):
    """A human; `subject_id` is set for employees, who can be rated."""

    model_config = example(id=OTHER_ID, company_id=ID, **_PERSON, subject_id=ID, version=1)

    id: Id
    company_id: Id
    name: str | None
    email: str | None
    locale: str
    external_id: str | None
    subject_id: Id | None
    version: int


class ManagerRoleIn(In):
    """Who leads a unit from a day on."""

    model_config = example(subject_id=ID, starts_on=DAY)

    subject_id: Id = Field(description="The person-subject that leads")
    starts_on: Day | None = None


class ManagerRoleOut(Out):
    """A person-subject leads a unit from a day on, until a day (exclusive) or for good."""

    model_config = example(id=ID, unit_id=OTHER_ID, subject_id=ID, starts_on=DAY, ends_on=None)

    id: Id
    unit_id: Id
    subject_id: Id
    starts_on: date
    ends_on: date | None


class DeputyIn(In):
    """Who is to act for a manager, from a day on (today) until a day (exclusive)."""

    model_config = example(deputy_id=OTHER_ID, starts_on=DAY, ends_on="2026-12-07")

    deputy_id: Id = Field(description="The person-subject that acts for the manager")
    starts_on: Day | None = None
    ends_on: Day = Field(description="The day the manager is back; at most 366 days later")


class DeputyOut(Out):
    """A person-subject acts for a manager from a day on, until a day (exclusive)."""

    model_config = example(
        id=ID, subject_id=OTHER_ID, deputy_id=ID, name="Kari Moen", starts_on=DAY, ends_on="2026-12-07"
    )

    id: Id
    subject_id: Id
    deputy_id: Id
    name: str
    starts_on: date
    ends_on: date


def or_empty(sent: In, name: str) -> str | None:
    """How a change tells "left out" (None) from "removed" (empty)."""
    if name not in sent.model_fields_set:
        return None
    value: Any = getattr(sent, name)
    return "" if value is None else str(value)
