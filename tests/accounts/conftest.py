"""Two companies and an account, made through the commands, for the tests of accounts."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from app.accounts import commands
from app.accounts.rules import SERVICE
from app.accounts.values import Account, NewAccount
from app.infra.database import WriteSession
from app.organisation.commands import create_company, create_subject
from app.organisation.values import NewSubject, SubjectKind

PASSWORD = "riktig hest batteri stift"
EMAIL = "ingrid@fjellbris.example"


@dataclass(frozen=True)
class Place:
    """Paths to a company, to a team in it, and to another company."""

    company: tuple[str, ...]
    team: tuple[str, ...]
    other: tuple[str, ...]


@pytest.fixture
def place(session: WriteSession, now: datetime) -> Place:
    company = create_company(session, SERVICE, "Fjellbris", now=now)
    team = create_subject(session, SERVICE, NewSubject(SubjectKind.TEAM, "Team Nord", company.id), now=now)
    other = create_company(session, SERVICE, "Nabo", now=now)
    return Place(company.path, team.path, other.path)


@pytest.fixture
def ingrid(session: WriteSession, now: datetime) -> Account:
    """Somebody with a password and no role."""
    return commands.create_account(session, SERVICE, NewAccount(EMAIL, "Ingrid Solheim", password=PASSWORD), now=now)
