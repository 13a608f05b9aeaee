"""An invitation while somebody changes it: held with its open round, and what is noted about the change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.ids import is_id
from app.infra.keys import fingerprint, key_of
from app.invitations.tables import InvitationRow, VoidedLinkRow
from app.journal.commands import record
from app.rounds.queries import load_salt, take_round
from app.rounds.rules import RoundNotOpen
from app.rounds.values import Round, RoundState


@dataclass(frozen=True, slots=True)
class Held:
    """An invitation of an open round, and who changes it when."""

    session: WriteSession
    viewer: Viewer
    row: InvitationRow
    round: Round
    now: datetime

    def note(self, action: str, details: Mapping[str, Any] | None = None) -> None:
        """Leave an entry in the journal."""
        record(
            self.session,
            self.viewer.actor,
            action,
            company_id=self.round.company_id,
            object_kind="invitation",
            object_id=self.row.id,
            details=details,
            now=self.now,
        )

    def renew(self) -> None:
        """A new link in place of the present one, which goes on saying that there is a newer one."""
        row = self.row
        self.session.add(VoidedLinkRow(token_hash=row.token_hash, invitation_id=row.id))
        row.rotation, row.voided_at, row.version = row.rotation + 1, None, row.version + 1
        salt = load_salt(self.session, self.round.id) or b""
        row.token_hash = fingerprint(key_of(self.session).rating_token(salt, row.id, row.rotation))
        self.session.flush()


def hold(session: WriteSession, viewer: Viewer, invitation_id: str, *, now: datetime) -> Held:
    """An invitation and its open round, held until the transaction ends, for who may write the round."""
    row = session.get(InvitationRow, invitation_id) if is_id(invitation_id) else None
    if row is None:
        raise NotFound
    round_ = take_round(session, viewer, row.round_id, now=now)
    if round_.state is not RoundState.OPEN:
        raise RoundNotOpen
    return Held(session, viewer, session.get_one(InvitationRow, invitation_id), round_, now)
