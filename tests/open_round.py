"""A round that is committed and open, its links, and what is stored of it: for tests that come through a door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from app.infra.database import Database, ReadSession, WriteSession
from app.infra.keys import anonymous_submission_mark, key_of
from app.kpis.values import RaterGroup
from app.responses.queries import load_rating_form
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import FormSubject, RatingForm
from app.rounds.tables import AssignmentRow
from app.rounds.values import GroupPolicy, Round
from tests.fjellbris import Fjellbris, fjellbris
from tests.originals import copied
from tests.played_round import customers_of, play

SOFIE = "Sofie Berg"
AMIR = "Amir Haddad"


@dataclass(frozen=True)
class OpenRound:
    """Team Nord is asked about; links and forms by name of the rater: Amir, and customers by address."""

    engine: Database
    company: Fjellbris
    round: Round
    now: datetime
    links: Mapping[str, str]
    forms: Mapping[str, RatingForm]
    customers: tuple[str, ...]
    submissions: set[str] = field(default_factory=lambda: {"submission-1", "submission-2"})

    def subject(self, name: str, about: str = SOFIE) -> FormSubject:
        """One subject of a rater's form."""
        (found,) = (subject for subject in self.forms[name].subjects if subject.name == about)
        return found

    def fields(
        self, name: str, values: Sequence[str], *, submission: str = "submission-1", comment: str = ""
    ) -> dict[str, str]:
        """What a rater sends about Sofie: values of the items in order."""
        subject = self.subject(name)
        self.submissions.add(submission)
        sent = {"submission": submission}
        sent |= {
            f"{subject.assignment_id}.{item.number}": value for item, value in zip(subject.items, values, strict=False)
        }
        return sent | ({f"{subject.assignment_id}.comment": comment} if comment else {})

    def stored(self) -> list[tuple[str, list[float | None], list[str]]]:
        """Every sheet: its submission, its levels in the order of the form and its comments, by submission."""
        with self.engine.read() as session:
            found = []
            by_mark = self._submissions(session)
            for sheet_id, mark in session.execute(select(SheetRow.id, SheetRow.submission_id)).all():
                answers = session.scalars(select(AnswerRow).where(AnswerRow.sheet_id == sheet_id))
                levels = {answer.item_id: answer.level for answer in answers}
                comments = session.scalars(select(SheetCommentRow.text).where(SheetCommentRow.sheet_id == sheet_id))
                found.append((by_mark[mark], self._in_order(levels), list(comments)))
            found += [
                (by_mark[row.submission_id], self._in_order(row.answers), list(row.comments.values()))
                for row in session.scalars(select(AnonymousSheetRow))
            ]
            return sorted(found, key=lambda sheet: sheet[0])

    def _in_order(self, levels: Mapping[str, float | None]) -> list[float | None]:
        items = [item.item_id for item in self.subject(next(iter(self.links))).items]
        return [levels[item] for item in items if item in levels]

    def _submissions(self, session: ReadSession) -> dict[str, str]:
        """The submits that could have left a mark on a sheet, by the mark."""
        key = key_of(session)
        known = [(None, one) for one in session.scalars(select(AssignmentRow.id))]
        links = [
            (link, subject.assignment_id) for name, link in self.links.items() for subject in self.forms[name].subjects
        ]
        return {
            anonymous_submission_mark(link, one, said) if link else key.submission_mark(one, said): said
            for link, one in (*known, *links)
            for said in self.submissions
        }

    def marks(self) -> int:
        """How many assignments say that they are answered."""
        with self.engine.read() as session:
            counted = select(func.count()).select_from(AssignmentRow).where(AssignmentRow.answered)
            return session.scalar(counted) or 0


def open_round(
    engine: Database,
    now: datetime,
    *,
    customers: int = 6,
    groups: Sequence[RaterGroup | GroupPolicy] = (RaterGroup.MANAGER, RaterGroup.CUSTOMER),
    others: Mapping[str, int] | None = None,
) -> OpenRound:
    """A round about Team Nord with so many customers of Sofie's, and of others if they are named."""
    asked = {SOFIE: customers, **(others or {})}
    with engine.write() as session:
        return OpenRound(engine, *copied(session, _launched, now, tuple(groups), tuple(asked.items())))


def _launched(
    session: WriteSession,
    now: datetime,
    groups: Sequence[RaterGroup | GroupPolicy],
    customers: Sequence[tuple[str, int]],
) -> tuple[Fjellbris, Round, datetime, Mapping[str, str], Mapping[str, RatingForm], tuple[str, ...]]:
    company = fjellbris(session, now)
    played = play(session, company, now, groups=groups, customers=dict(customers))
    asked = tuple(customers_of(company, SOFIE, dict(customers)[SOFIE]))
    names = [AMIR] * (RaterGroup.MANAGER in groups) + list(asked)
    links = {name: played.link_of(name) for name in names}
    forms = {name: load_rating_form(session, link, now=now) for name, link in links.items()}
    return company, played.round, now, links, forms, asked
