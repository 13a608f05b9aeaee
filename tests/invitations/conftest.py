"""An open round in the demo organisation, with its raters invited."""

from datetime import datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.invitations.commands import invite_due_rounds
from app.rounds.commands import launch_round, propose_assignments
from app.rounds.values import Round
from tests.fjellbris import Fjellbris, draft_round, fjellbris
from tests.served import served

__all__ = ["served"]


@pytest.fixture
def company(session: WriteSession, now: datetime) -> Fjellbris:
    return fjellbris(session, now)


@pytest.fixture
def open_round(session: WriteSession, company: Fjellbris, now: datetime) -> Round:
    """Team Nord, open for two weeks, with reminders after four and eight days; nobody is invited yet."""
    reminders = (now + timedelta(days=4), now + timedelta(days=8))
    draft = draft_round(session, company, now, reminders=reminders)
    propose_assignments(session, SERVICE, draft.id, now=now)
    return launch_round(session, SERVICE, draft.id, confirmed=True, now=now)


@pytest.fixture
def invited(session: WriteSession, open_round: Round, now: datetime) -> Round:
    invite_due_rounds(session, now=now)
    return open_round
