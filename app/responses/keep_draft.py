"""Keeping what a rater has typed and not sent, and letting it go; what is sent is stored in `commands`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, bindparam, delete, select

from app.infra.database import WriteSession
from app.infra.keys import draft_key, key_of
from app.infra.upserts import insert_or_replace
from app.invitations.queries import hold_link
from app.responses.intake import parse_draft, parse_submission_id
from app.responses.queries import load_form_recipe, take_form_subjects
from app.responses.rules import DraftStaysOnDevice
from app.responses.tables import DraftRow, SheetRow
from app.responses.values import FormSubject
from app.rounds.tables import RoundRow
from app.rounds.values import Mode, RoundState

# Made once: building it anew would cost a submit more than running it.
_FORGET = delete(DraftRow).where(DraftRow.key == bindparam("draft"))


def save_draft(session: WriteSession, token: str, posted: Mapping[str, Sequence[str]], *, now: datetime) -> None:
    """Keep what is typed until it is sent, so that it can be gone on with on another device.

    Whoever holds the link may call. Written: one draft for the link, in place of the one before; nothing that is
    typed is judged, what the form does not ask is left out. Nothing is sent. Idempotent; a draft that comes after its
    own form was sent is no longer one. Raises DraftStaysOnDevice
    where some group is `anonymous`: what was promised there is that no answer is linked to a rater.
    """
    link = hold_link(session, token, now=now)
    subjects = take_form_subjects(session, link, load_form_recipe(session, link))
    if any(subject.mode is Mode.ANONYMOUS for subject in subjects):
        raise DraftStaysOnDevice
    if _was_sent(session, subjects, parse_submission_id(posted)):
        return
    fields = _marked(session, parse_draft(posted, subjects), subjects)
    if not fields:
        forget_draft(session, token)
        return
    insert_or_replace(session, DraftRow, key=draft_key(token), round_id=link.round_id, fields=fields)


def forget_draft(session: WriteSession, token: str) -> None:
    """Let go of the draft of a link; for submitting. Idempotent."""
    session.connection().execute(_FORGET, {"draft": draft_key(token)})


def forget_drafts(session: WriteSession) -> int:
    """Let go of every draft that can no longer be sent; how many. For the worker."""
    over = select(RoundRow.id).where(RoundRow.state != RoundState.OPEN)
    done = session.execute(delete(DraftRow).where(DraftRow.round_id.in_(over)))
    return cast("CursorResult[Any]", done).rowcount


def _was_sent(session: WriteSession, subjects: Iterable[FormSubject], submission_id: str) -> bool:
    """Whether this very form has been handed in: saving by itself may still be under way then."""
    key = key_of(session)
    answered = [subject.assignment_id for subject in subjects if subject.is_answered]
    marks = [key.submission_mark(one, submission_id) for one in answered]
    keys = [key.sheet_key(one) for one in answered]
    found = select(SheetRow.id).where(SheetRow.key.in_(keys), SheetRow.submission_id.in_(marks)).limit(1)
    return bool(keys) and session.scalar(found) is not None


def _marked(session: WriteSession, fields: Mapping[str, str], subjects: Iterable[FormSubject]) -> dict[str, str]:
    key = key_of(session)
    marks = {subject.assignment_id: key.draft_mark(subject.assignment_id) for subject in subjects}
    named = ((name.partition("."), text) for name, text in fields.items())
    return {f"{marks[assignment_id]}{dot}{last}": text for (assignment_id, dot, last), text in named}
