"""The nouns of the organisation: subjects, people, membership and manager roles."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NewType

SubjectId = NewType("SubjectId", str)
PersonId = NewType("PersonId", str)


class SubjectKind(StrEnum):
    """What a subject is."""

    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"
    PERSON = "person"
    COMPETITOR = "competitor"


UNIT_KINDS = (SubjectKind.COMPANY, SubjectKind.DEPARTMENT, SubjectKind.TEAM)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what is rated or scored. `path` runs from the company to the subject itself."""

    id: SubjectId
    company_id: SubjectId
    kind: SubjectKind
    name: str
    external_id: str | None
    parent_id: SubjectId | None
    path: tuple[SubjectId, ...]
    version: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """A human known to the service: employee, customer or shopper. Only employees are subjects as well."""

    id: PersonId
    company_id: SubjectId
    name: str | None
    email: str | None
    mailbox: str | None
    locale: str
    external_id: str | None
    subject_id: SubjectId | None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Membership:
    """A subject hangs under a parent from a day on, until a day (exclusive) or for good."""

    subject_id: SubjectId
    parent_id: SubjectId
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class ManagerRole:
    """A person-subject leads a unit from a day on, until a day (exclusive) or for good."""

    id: str
    unit_id: SubjectId
    subject_id: SubjectId
    starts_on: date
    ends_on: date | None
