"""Letters in a company's own words: those of the day on which a round was launched, to its end."""

from datetime import datetime, timedelta

import pytest

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.invitations.commands import invite_due_rounds, remind_due_rounds
from app.invitations.sample import sample_letter
from app.mail.values import Letter
from app.rounds.commands import launch_round, propose_assignments
from app.wording.commands import set_wording
from app.wording.values import WordingDraft
from tests.fjellbris import Fjellbris, draft_round
from tests.invitations.post import outbox_of

DAY = timedelta(days=1)
OLD = {"nb": {"closing": "Innen {closing_time}."}, "en": {"closing": "By {closing_time}."}}
NEW = {"nb": {"closing": "Helst {closing_time}."}, "en": {"closing": "Best {closing_time}."}}


@pytest.fixture
def launched(session: WriteSession, company: Fjellbris, now: datetime) -> str:
    """A round that was launched in the old words, with letters that leave in the new ones' time."""
    set_wording(session, SERVICE, company.id, WordingDraft(Letter.INVITATION, OLD), now=now - DAY)
    draft = draft_round(session, company, now, reminders=(now + 4 * DAY,))
    propose_assignments(session, SERVICE, draft.id, now=now)
    launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    set_wording(session, SERVICE, company.id, WordingDraft(Letter.INVITATION, NEW), now=now + timedelta(minutes=1))
    return draft.id


def test_a_round_keeps_the_words_of_its_launch_and_a_reminder_equals_the_invitation(
    session: WriteSession, company: Fjellbris, launched: str, now: datetime
) -> None:
    invite_due_rounds(session, now=now + timedelta(minutes=2))
    remind_due_rounds(session, now=now + 4 * DAY)
    invitation, reminder = outbox_of(session, "Sofie Berg")
    assert invitation.parameters["wording"] == {"closing": "Innen {closing_time}."}
    assert reminder.parameters == invitation.parameters


def test_a_draft_is_shown_in_the_words_of_today(
    session: WriteSession, company: Fjellbris, launched: str, now: datetime
) -> None:
    draft = draft_round(session, company, now)
    propose_assignments(session, SERVICE, draft.id, now=now)
    shown = sample_letter(session, SERVICE, draft.id, locale="en", now=now + timedelta(minutes=2))
    assert shown is not None
    assert shown.parameters["wording"] == {"closing": "Best {closing_time}."}
