"""Every write of responses made by a rater; past ratings come in through `past`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from app.infra.database import WriteSession
from app.infra.ids import new_whole
from app.infra.keys import anonymous_sheet_key, key_of
from app.invitations.queries import find_link
from app.invitations.values import RatingLink
from app.responses.intake import parse_sheets, parse_submission_id
from app.responses.queries import load_form_recipe, take_form_subjects
from app.responses.rules import AlreadyFinal
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import FormSubject, ParsedSheet, Receipt
from app.rounds.commands import hold_open, mark_answered
from app.rounds.values import Mode


def submit_response(
    session: WriteSession, token: str, posted: Mapping[str, Sequence[str]], *, now: datetime
) -> Receipt:
    """Store what a rater sends about one or more subjects.

    Whoever holds the link may call. Written: one sheet for each subject with an answer, in one transaction with the
    check that the round is open; a sheet that is there is replaced, except in an `anonymous` group, where the first
    one is final. The assignment gets its mark without a time. Nothing is sent. The same submission id again changes
    nothing and gives the same receipt.
    """
    link = find_link(session, token, now=now)
    hold_open(session, link.round_id, now=now)
    recipe = load_form_recipe(session, link)
    subjects = {subject.assignment_id: subject for subject in take_form_subjects(session, link, recipe)}
    submission_id = parse_submission_id(posted)
    sheets = parse_sheets(posted, subjects.values(), recipe.scales)
    desk = _Desk(session, link, token, submission_id)
    for sheet in sheets:
        desk.put(subjects[sheet.assignment_id], sheet)
    mark_answered(session, [sheet.assignment_id for sheet in sheets])
    rated = {sheet.assignment_id for sheet in sheets}
    return Receipt(
        submission_id=submission_id,
        rated=tuple(subjects[assignment_id].name for assignment_id in subjects if assignment_id in rated),
        open=tuple(one.name for one in subjects.values() if not one.is_answered and one.assignment_id not in rated),
        is_final=any(subjects[assignment_id].mode is Mode.ANONYMOUS for assignment_id in rated),
        closes_at=link.closes_at,
    )


class _Desk:
    """Where the sheets of one submit are put down."""

    def __init__(self, session: WriteSession, link: RatingLink, token: str, submission_id: str) -> None:
        self._session = session
        self._link = link
        self._token = token
        self._submission_id = submission_id

    def put(self, subject: FormSubject, sheet: ParsedSheet) -> None:
        """Store one sheet the way its group's mode asks for."""
        if subject.mode is Mode.ANONYMOUS:
            self._put_anonymous(subject, sheet)
        else:
            self._put_kept(subject, sheet)

    def _put_anonymous(self, subject: FormSubject, sheet: ParsedSheet) -> None:
        key = anonymous_sheet_key(self._token, subject.assignment_id)
        known = self._session.scalar(select(AnonymousSheetRow.submission_id).where(AnonymousSheetRow.key == key))
        if known is None:
            self._session.execute(
                insert(AnonymousSheetRow).values(
                    key=key,
                    round_id=self._link.round_id,
                    subject_id=subject.subject_id,
                    rater_group=subject.rater_group,
                    submission_id=self._submission_id,
                    answers=dict(sheet.answers),
                    comments=dict(sheet.comments),
                )
            )
        elif known != self._submission_id:
            raise AlreadyFinal

    def _put_kept(self, subject: FormSubject, sheet: ParsedSheet) -> None:
        key = key_of(self._session).sheet_key(subject.assignment_id)
        known = self._session.execute(select(SheetRow.id, SheetRow.submission_id).where(SheetRow.key == key)).first()
        if known is None:
            sheet_id = self._add(subject, key)
        elif known.submission_id == self._submission_id:
            return
        else:
            sheet_id = known.id
            self._clear(sheet_id)
        self._session.execute(
            insert(AnswerRow),
            [{"sheet_id": sheet_id, "item_id": item, "level": level} for item, level in sheet.answers.items()],
        )
        if sheet.comments:
            self._session.execute(
                insert(SheetCommentRow),
                [{"sheet_id": sheet_id, "about": about, "text": text} for about, text in sheet.comments.items()],
            )

    def _add(self, subject: FormSubject, key: bytes) -> int:
        is_pseudonymous = subject.mode is Mode.CONFIDENTIAL
        sheet_id = new_whole(self._session)
        self._session.execute(
            insert(SheetRow).values(
                id=sheet_id,
                round_id=self._link.round_id,
                subject_id=subject.subject_id,
                rater_group=subject.rater_group,
                key=key,
                rater_id=None if is_pseudonymous else self._link.person_id,
                pseudonym=key_of(self._session).pseudonym(self._link.round_id, self._link.person_id)
                if is_pseudonymous
                else None,
                submission_id=self._submission_id,
            )
        )
        return sheet_id

    def _clear(self, sheet_id: int) -> None:
        self._session.execute(delete(AnswerRow).where(AnswerRow.sheet_id == sheet_id))
        self._session.execute(delete(SheetCommentRow).where(SheetCommentRow.sheet_id == sheet_id))
        self._session.execute(update(SheetRow).where(SheetRow.id == sheet_id).values(submission_id=self._submission_id))
