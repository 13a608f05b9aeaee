"""An open round in the demo organisation, with its raters invited."""

from datetime import datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.invitations.commands import invite_due_rounds
from app.rounds.commands import launch_round, propose_assignments
from app.rounds.values import Round
from tests.fjellbris import Fjellbris, draft_round, fjellbris
from tests.originals import copied
from tests.served import served

__all__ = ["served"]


@pytest.fixture
def begun(session: WriteSession, now: datetime, request: pytest.FixtureRequest) -> tuple[Fjellbris, Round | None]:
    """The company, as far as a test wants it: before any round, with one that is open, with its raters invited."""
    if "open_round" not in request.fixturenames:
        return fjellbris(session, now), None
    return copied(session, opened, now, invited="invited" in request.fixturenames)


@pytest.fixture
def company(begun: tuple[Fjellbris, Round | None]) -> Fjellbris:
    return begun[0]


@pytest.fixture
def open_round(begun: tuple[Fjellbris, Round | None]) -> Round:
    """Team Nord, open for two weeks, with reminders after four and eight days; nobody is invited yet."""
    assert begun[1] is not None
    return begun[1]


@pytest.fixture
def invited(open_round: Round) -> Round:
    return open_round


def opened(session: WriteSession, now: datetime, *, invited: bool) -> tuple[Fjellbris, Round]:
    company = fjellbris(session, now)
    reminders = (now + timedelta(days=4), now + timedelta(days=8))
    draft = draft_round(session, company, now, reminders=reminders)
    propose_assignments(session, SERVICE, draft.id, now=now)
    launched = launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    if invited:
        invite_due_rounds(session, now=now)
    return company, launched
