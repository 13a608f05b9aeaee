"""A small company for the tests of the organisation: two departments' worth of tree, people and a leader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pytest

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.organisation import commands
from app.organisation.values import NewPerson, NewSubject, Person, Subject, SubjectId, SubjectKind
from app.reports import BulkReport, Row
from tests.databases import recorded_statements
from tests.organisation.files import Import
from tests.originals import copied

DAY = date(2026, 11, 23)


@dataclass(frozen=True)
class House:
    """The company with its subjects by short name."""

    company: Subject
    centre: Subject
    north: Subject
    south: Subject
    sofie: Person
    amir: Person

    def subject(self, person: Person) -> SubjectId:
        assert person.subject_id is not None
        return person.subject_id


@pytest.fixture
def today() -> date:
    return DAY


@pytest.fixture
def house(session: WriteSession, now: datetime) -> House:
    """Fjellbris: Kundesenter with Team Nord (Sofie; Amir leads it) and Team Sør."""
    return copied(session, _built, now)


def _built(session: WriteSession, now: datetime) -> House:
    company = commands.create_company(session, SERVICE, "Fjellbris", external_id="F", now=now)

    def unit(name: str, kind: SubjectKind, parent: Subject, external_id: str) -> Subject:
        return commands.create_subject(session, SERVICE, NewSubject(kind, name, parent.id, external_id), now=now)

    centre = unit("Kundesenter", SubjectKind.DEPARTMENT, company, "KS")
    north = unit("Team Nord", SubjectKind.TEAM, centre, "TN")
    south = unit("Team Sør", SubjectKind.TEAM, centre, "TS")

    def person(name: str, email: str) -> Person:
        return commands.create_person(
            session, SERVICE, company.id, NewPerson(name=name, email=email, unit_id=north.id), now=now
        )

    sofie, amir = person("Sofie Berg", "sofie@fjellbris.example"), person("Amir Haddad", "amir@fjellbris.example")
    assert amir.subject_id is not None
    commands.add_manager_role(session, SERVICE, north.id, amir.subject_id, now=now)
    return House(company, centre, north, south, sofie, amir)


@pytest.fixture
def bring(session: WriteSession, house: House, now: datetime) -> Import:
    """Import into the house, by whom and for real unless told otherwise."""

    def run(
        command: Callable[..., BulkReport], lines: Sequence[Row], viewer: Viewer = SERVICE, *, dry_run: bool = False
    ) -> BulkReport:
        return command(session, viewer, lines, company_id=house.company.id, dry_run=dry_run, now=now)

    return run


@pytest.fixture
def statements(session: WriteSession) -> Callable[[Callable[[], object]], int]:
    """How many statements a query sends."""

    def count(ask: Callable[[], object]) -> int:
        session.flush()
        with recorded_statements(session.connection()) as sent:
            ask()
        return len(sent)

    return count
