"""Receipt codes for the comments of one submit: made of what only its sender has, and stored as keyed hashes."""

from collections.abc import Sequence

from app.deferred import dataclass
from app.infra.database import WriteSession
from app.infra.keys import anonymous_sheet_key, key_of, receipt_secret
from app.invitations.values import RatingLink
from app.receipts.commands import give_out, note_replaced
from app.receipts.queries import load_known
from app.receipts.rules import written
from app.responses.values import CommentCode, FormSubject, ParsedSheet
from app.rounds.values import Mode

WHOLE = ""
"""What the comments of a form are about: the subject as a whole."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One submit: the secret of its link, its id, and the assignments whose sheets it has written."""

    token: str
    submission_id: str
    fresh: frozenset[str]


def hand_out(
    session: WriteSession, link: RatingLink, sent: Sent, rated: Sequence[tuple[FormSubject, ParsedSheet]]
) -> tuple[CommentCode, ...]:
    """A code for each comment that comes without a name; for submitting, which has stored the sheets.

    Written: what each new code will tell, and that comments which were there before gave way. A submit that is sent
    again writes nothing and gets the codes it got.
    """
    told = [(subject, sheet) for subject, sheet in rated if subject.mode is not Mode.NAMED]
    marks = {subject.assignment_id: _mark(session, sent, subject) for subject, _ in told}
    before = [subject.assignment_id for subject, _ in told if subject.is_answered]
    note_replaced(session, [marks[one] for one in before if one in sent.fresh])
    codes = [
        CommentCode(subject.assignment_id, subject.name, _code(sent, subject.assignment_id))
        for subject, sheet in told
        if sheet.comments.get(WHOLE)
    ]
    new = {one.code: marks[one.assignment_id] for one in codes if one.assignment_id in sent.fresh}
    give_out(session, link.round_id, new, is_change=bool(before))
    known = new.keys() | load_known(session, [one.code for one in codes if one.code not in new])
    return tuple(one for one in codes if one.code in known)


def _mark(session: WriteSession, sent: Sent, subject: FormSubject) -> bytes:
    key, assignment_id = key_of(session), subject.assignment_id
    is_anonymous = subject.mode is Mode.ANONYMOUS
    sheet_key = anonymous_sheet_key(sent.token, assignment_id) if is_anonymous else key.sheet_key(assignment_id)
    return key.comment_mark(sheet_key, WHOLE)


def _code(sent: Sent, assignment_id: str) -> str:
    return written(receipt_secret(sent.token, assignment_id, WHOLE, sent.submission_id))
