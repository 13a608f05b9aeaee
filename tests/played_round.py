"""An open round in the demo organisation that a test can answer: by name of the rater, by name of the subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.infra.keys import key_of
from app.invitations.commands import invite_due_rounds
from app.invitations.tables import InvitationRow
from app.kpis.values import RaterGroup
from app.organisation.tables import PersonRow
from app.responses.commands import submit_response
from app.responses.queries import load_rating_form
from app.responses.values import Receipt
from app.rounds.commands import add_assignments, launch_round, propose_assignments
from app.rounds.intake import parse_raters, rows_of
from app.rounds.queries import load_salt
from app.rounds.values import AssignmentSource, GroupPolicy, Round
from tests.fjellbris import Fjellbris, address, draft_round


@dataclass(frozen=True)
class PlayedRound:
    """A launched round and the links of its raters."""

    session: WriteSession
    company: Fjellbris
    round: Round
    now: datetime

    def link_of(self, name: str) -> str:
        """The secret of a rater's link: an employee by name, a customer by address."""
        email = name if "@" in name else address(name)
        row = self.session.execute(
            select(InvitationRow.id, InvitationRow.rotation)
            .join(PersonRow, PersonRow.id == InvitationRow.person_id)
            .where(InvitationRow.round_id == self.round.id, PersonRow.mailbox == email)
        ).one()
        salt = load_salt(self.session, self.round.id)
        assert salt is not None
        return key_of(self.session).rating_token(salt, row.id, row.rotation)

    def posted(
        self, name: str, answers: Mapping[str, Sequence[str]], *, comment: str = "", submission: str = "submission-1"
    ) -> dict[str, list[str]]:
        """The form that a rater sends: values of the items in order, by name of the subject."""
        form = load_rating_form(self.session, self.link_of(name), now=self.now)
        sent: dict[str, list[str]] = {
            "submission": [
                f"{submission}-{name[:20].replace(' ', '-').replace('@', '-')}".replace(".", "-").replace("ø", "o")
            ]
        }
        for subject in form.subjects:
            for item, value in zip(subject.items, answers.get(subject.name, ()), strict=False):
                sent[f"{subject.assignment_id}.{item.number}"] = [value]
            if comment and subject.name in answers:
                sent[f"{subject.assignment_id}.comment"] = [comment]
        return sent

    def rate(
        self, name: str, answers: Mapping[str, Sequence[str]], *, comment: str = "", submission: str = "submission-1"
    ) -> Receipt:
        """Answer as a rater."""
        sent = self.posted(name, answers, comment=comment, submission=submission)
        return submit_response(self.session, self.link_of(name), sent, now=self.now)


def play(
    session: WriteSession,
    company: Fjellbris,
    now: datetime,
    *,
    groups: Sequence[RaterGroup | GroupPolicy] = (
        RaterGroup.MANAGER,
        RaterGroup.COLLEAGUE,
        RaterGroup.CUSTOMER,
        RaterGroup.SELF,
    ),
    customers: Mapping[str, int] | None = None,
    moderated_by: str | None = None,
) -> PlayedRound:
    """Launch a round of Team Nord; `customers` says how many are asked about each subject by name."""
    draft = draft_round(session, company, now, groups=groups, moderated_by=moderated_by)
    propose_assignments(session, SERVICE, draft.id, now=now)
    listed = [
        {
            "email": f"kunde{place:02}.{company.subjects[name][:4]}@kunder.example",
            "subject": company.subjects[name],
            "rater_group": "customer",
        }
        for name, count in (customers or {}).items()
        for place in range(1, count + 1)
    ]
    if listed:
        raters = parse_raters(rows_of(listed))
        add_assignments(session, SERVICE, draft.id, raters, source=AssignmentSource.LIST, now=now)
    launched = launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    invite_due_rounds(session, now=now)
    return PlayedRound(session, company, launched, now)


def customers_of(company: Fjellbris, name: str, count: int) -> list[str]:
    """The addresses of the customers that are asked about a subject."""
    return [f"kunde{place:02}.{company.subjects[name][:4]}@kunder.example" for place in range(1, count + 1)]
