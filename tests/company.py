"""A small company for the tests of what stands above the organisation."""

from dataclasses import dataclass
from datetime import date, datetime

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.infra.database import WriteSession
from app.organisation.commands import create_company, create_person, create_subject
from app.organisation.values import NewPerson, NewSubject, SubjectKind
from tests.originals import copied

FIRST_DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class SmallCompany:
    """A department with two teams, a person in each; ids of subjects, and `owner` as a person."""

    id: str
    department: str
    north: str
    south: str
    sofie: str
    kari: str
    owner: str

    @property
    def admin(self) -> Viewer:
        """May write KPIs everywhere in the company."""
        return Viewer("account:admin", grants=(Grant(Role.ADMIN, self.id),))

    @property
    def manager(self) -> Viewer:
        """Leads the team in the north only."""
        above = frozenset({self.id, self.department})
        return Viewer("account:manager", grants=(Grant(Role.MANAGER, self.north),), above=above)

    @property
    def stranger(self) -> Viewer:
        """Belongs to another company."""
        return Viewer("account:stranger", grants=(Grant(Role.ADMIN, "00000000-0000-4000-8000-000000000000"),))


def small_company(session: WriteSession, now: datetime) -> SmallCompany:
    return copied(session, _founded, now)


def _founded(session: WriteSession, now: datetime) -> SmallCompany:
    company = create_company(session, SERVICE, "Fjellbris", external_id="fjellbris", now=now).id

    def unit(kind: SubjectKind, name: str, parent_id: str) -> str:
        new = NewSubject(kind, name, parent_id, external_id=name.casefold(), starts_on=FIRST_DAY)
        return create_subject(session, SERVICE, new, now=now).id

    def person(name: str, unit_id: str) -> tuple[str, str]:
        address = f"{name.casefold()}@fjellbris.example"
        new = NewPerson(name, address, name.casefold(), "nb", unit_id, FIRST_DAY)
        made = create_person(session, SERVICE, company, new, now=now)
        assert made.subject_id is not None
        return made.id, made.subject_id

    department = unit(SubjectKind.DEPARTMENT, "Kundesenter", company)
    north = unit(SubjectKind.TEAM, "Nord", department)
    south = unit(SubjectKind.TEAM, "Sør", department)
    owner, sofie = person("Sofie", north)
    _, kari = person("Kari", south)
    return SmallCompany(company, department, north, south, sofie, kari, owner)
