"""Letters for showing: as a rater of a draft would get it, and as a company words it; nothing is written or sent here."""

from datetime import datetime, timedelta
from typing import Any

from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.invitations.letters import Errand, writer_of
from app.invitations.queries import by_rater
from app.mail.values import Letter, Mail
from app.organisation.queries import load_subjects
from app.organisation.values import Person, PersonId, SubjectId
from app.rounds.freeze import freeze
from app.rounds.queries import get_round, load_assignments, load_rated
from app.rounds.rules import kpis_asked
from app.wording.queries import load_texts
from app.wording.rules import SAMPLES, worded
from app.wording.values import WordingDraft

_NAMES = ("Sofie Berg", "Thea Vik", "Omar Said")
_ROUND = {"nb": "Team Nord, 4. kvartal", "en": "Team Nord, fourth quarter"}
_OPEN_FOR = timedelta(days=5)


def sample_letter(session: ReadSession, viewer: Viewer, round_id: str, *, locale: str, now: datetime) -> Mail | None:
    """The letter of a draft as the rater with most to answer would get it, without the name; None while nobody is asked.

    For who may read the round. Writes and sends nothing.
    """
    round_ = get_round(session, viewer, round_id, now=now)
    frozen = freeze(session, round_, load_rated(session, round_.id), now=now)
    subjects = {subject.id: subject for subject in frozen.subjects}
    asked = by_rater(
        one
        for one in load_assignments(session, round_.id)
        if one.subject_id in subjects and kpis_asked(frozen.kpis, subjects[one.subject_id], one.rater_group)
    )
    if not asked:
        return None
    company = load_subjects(session, [round_.company_id], on=local_day(now))[SubjectId(round_.company_id)]
    somebody = Person(PersonId(""), SubjectId(round_.company_id), None, None, None, locale, None, None)
    fullest = max(asked.values(), key=len)
    texts = load_texts(session, round_.company_id, at=now)
    errand = Errand(round_.id, Letter.INVITATION, wave=0)
    return writer_of(frozen, company.name, texts).invitation_letter(somebody, fullest, errand)


def sample_wording(session: ReadSession, company_id: str, draft: WordingDraft, *, locale: str, now: datetime) -> Mail:
    """A letter of a company with the texts of a draft, about people made up for the purpose; whoever asks."""
    company = load_subjects(session, [company_id], on=local_day(now))[SubjectId(company_id)]
    texts = {**load_texts(session, company_id, at=now), draft.letter: draft.texts}
    promise = {"rater_group": "colleague", "mode": "confidential", "k": 3, "name": ""}
    parameters: dict[str, Any] = {
        "organisation": company.name,
        "asked_by": SAMPLES[locale]["asker"],
        "round_name": _ROUND[locale],
        "purpose": "",
        "subjects": list(_NAMES),
        "more": 0,
        "count": len(_NAMES),
        "questions": 2,
        "minutes": 3,
        "closes_at": (now.replace(minute=0, second=0, microsecond=0) + _OPEN_FOR).isoformat(),
        "promises": [promise],
        "promise": "4f9c 21ab",
        "wording": worded(texts, draft.letter, locale),
    }
    name = SAMPLES[locale]["rater"]
    return Mail(draft.letter, "lars@example.org", name, locale, parameters, company_id, 0, now + _OPEN_FOR)
