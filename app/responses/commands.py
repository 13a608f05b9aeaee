"""Every write of responses made by a rater; past ratings come in through `past`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Row, bindparam, delete, insert, select, update

from app.errors import FieldError
from app.infra.database import WriteSession
from app.infra.ids import new_whole
from app.infra.keys import anonymous_sheet_key, anonymous_submission_mark, key_of
from app.invitations.queries import hold_link
from app.invitations.values import RatingLink
from app.kpis.values import RaterGroup
from app.organisation.queries import load_employee_names
from app.responses.hand_out import Sent, hand_out
from app.responses.hints import SENTENCES, comment_hints, names_worth_hiding, seen_mark
from app.responses.intake import HINTS, SEEN_ALL, parse_sheets, parse_submission_id
from app.responses.keep_draft import forget_draft
from app.responses.park import note_suspicions
from app.responses.queries import load_form_recipe, take_form_subjects
from app.responses.rules import AlreadyFinal, HintsGiven, comment_field, is_low
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import FormSubject, ParsedSheet, Receipt
from app.rounds.commands import mark_answered
from app.rounds.values import Mode

Rated = Sequence[tuple[FormSubject, ParsedSheet]]


def submit_response(
    session: WriteSession, token: str, posted: Mapping[str, Sequence[str]], *, now: datetime
) -> Receipt:
    """Store what a rater sends about one or more subjects.

    Whoever holds the link may call. Written: one sheet for each subject with an answer, in one transaction with the
    check that the round is open, and no draft any more; a sheet that is there is replaced, except in an `anonymous`
    group, where the first one is final; what the code of each comment without a name will tell. The assignment gets its
    mark without a time. Nothing is sent. The same submission id again changes nothing and gives the same receipt, codes
    included. HintsGiven when a comment is worth thinking over, until it says that the hints were seen.
    """
    link = hold_link(session, token, now=now)
    recipe = load_form_recipe(session, link)
    subjects = {subject.assignment_id: subject for subject in take_form_subjects(session, link, recipe)}
    submission_id = parse_submission_id(posted)
    sheets = parse_sheets(posted, subjects.values(), recipe.scales)
    told = [(subjects[sheet.assignment_id], sheet) for sheet in sheets]
    _advise(session, link, posted, told)
    fresh = _Desk(session, link, token, submission_id).put(told)
    codes = hand_out(session, link, Sent(token, submission_id, fresh), told)
    note_suspicions(session, link, posted, told, now=now)
    forget_draft(session, token)
    open_ones = [sheet.assignment_id for sheet in sheets if not subjects[sheet.assignment_id].is_answered]
    mark_answered(session, open_ones)
    rated = {sheet.assignment_id for sheet in sheets}
    return Receipt(
        submission_id=submission_id,
        rated=tuple(subjects[assignment_id].name for assignment_id in subjects if assignment_id in rated),
        open=tuple(one.name for one in subjects.values() if not one.is_answered and one.assignment_id not in rated),
        is_final=any(subjects[assignment_id].mode is Mode.ANONYMOUS for assignment_id in rated),
        closes_at=link.closes_at,
        low=tuple(
            sheet.assignment_id
            for sheet in sheets
            if subjects[sheet.assignment_id].rater_group is RaterGroup.CUSTOMER and is_low(sheet.answers, recipe.kpis)
        ),
        codes=codes,
    )


def _advise(session: WriteSession, link: RatingLink, posted: Mapping[str, Sequence[str]], rated: Rated) -> None:
    """Raise HintsGiven for comments that are worth thinking over, unless just these hints were seen."""
    written = [(subject, sheet.comments[""]) for subject, sheet in rated if sheet.comments.get("")]
    if not written:
        return
    people = load_employee_names(session, link.company_id)
    hints = {
        comment_field(subject.assignment_id): comment_hints(text, names_worth_hiding(people, subject.name))
        for subject, text in written
    }
    mark = seen_mark(hints)
    if mark and posted.get(HINTS, ("",))[0] not in {mark, SEEN_ALL}:
        errors = [FieldError(name, SENTENCES[hint]) for name, found in hints.items() for hint in found]
        raise HintsGiven(errors, mark)


class _Desk:
    """Where the sheets of one submit are put down, all of them at once."""

    def __init__(self, session: WriteSession, link: RatingLink, token: str, submission_id: str) -> None:
        self._session = session
        self._connection = session.connection()
        self._link = link
        self._token = token
        self._submission_id = submission_id

    def put(self, rated: Rated) -> frozenset[str]:
        """Store every sheet the way its group's mode asks for; of which assignments, as others are there already."""
        anonymous = self._put_anonymous([one for one in rated if one[0].mode is Mode.ANONYMOUS])
        return anonymous | self._put_kept([one for one in rated if one[0].mode is not Mode.ANONYMOUS])

    def _put_anonymous(self, rated: Rated) -> frozenset[str]:
        ids = [subject.assignment_id for subject, _ in rated]
        keys = {one: anonymous_sheet_key(self._token, one) for one in ids}
        marks = {one: anonymous_submission_mark(self._token, one, self._submission_id) for one in ids}
        known = self._known(AnonymousSheetRow, rated, keys)
        if any(keys[one] in known and known[keys[one]].submission_id != marks[one] for one in ids):
            raise AlreadyFinal
        fresh = frozenset(one for one in ids if keys[one] not in known)
        self._insert(
            _NEW_ANONYMOUS,
            [
                {
                    **self._about(subject, keys[subject.assignment_id], marks[subject.assignment_id]),
                    "answers": dict(sheet.answers),
                    "comments": dict(sheet.comments),
                }
                for subject, sheet in rated
                if subject.assignment_id in fresh
            ],
        )
        return fresh

    def _put_kept(self, rated: Rated) -> frozenset[str]:
        instance = key_of(self._session)
        keys = {subject.assignment_id: instance.sheet_key(subject.assignment_id) for subject, _ in rated}
        marks = {keys[one]: instance.submission_mark(one, self._submission_id) for one in keys}
        known = self._known(SheetRow, rated, keys)
        old = {key: row.id for key, row in known.items() if row.submission_id != marks[key]}
        self._clear({sheet_id: marks[key] for key, sheet_id in old.items()})
        new = {keys[subject.assignment_id]: subject for subject, _ in rated if keys[subject.assignment_id] not in known}
        ids = {**old, **{key: new_whole(self._session) for key in new}}
        self._insert(_NEW_SHEET, [self._sheet(subject, key, ids[key], marks[key]) for key, subject in new.items()])
        written = [(ids[key], sheet) for subject, sheet in rated if (key := keys[subject.assignment_id]) in ids]
        self._insert(
            _NEW_ANSWER,
            [
                {"sheet_id": sheet_id, "item_id": item, "level": level}
                for sheet_id, sheet in written
                for item, level in sheet.answers.items()
            ],
        )
        self._insert(
            _NEW_COMMENT,
            [
                {"sheet_id": sheet_id, "about": about, "text": text}
                for sheet_id, sheet in written
                for about, text in sheet.comments.items()
            ],
        )
        return frozenset(sheet.assignment_id for _, sheet in written)

    def _known(
        self, table: type[SheetRow | AnonymousSheetRow], rated: Rated, keys: Mapping[str, bytes]
    ) -> dict[bytes, Row[Any]]:
        """The sheets that are in already, by key; a subject without its mark has none, which spares asking."""
        asked = [keys[subject.assignment_id] for subject, _ in rated if subject.is_answered]
        if not asked:
            return {}
        found = self._connection.execute(select(table).where(table.key.in_(asked)))
        return {row.key: row for row in found}

    def _sheet(self, subject: FormSubject, key: bytes, sheet_id: int, mark: str) -> dict[str, Any]:
        voice = self._link.person_id
        is_pseudonymous = subject.mode is Mode.CONFIDENTIAL
        pseudonym = key_of(self._session).pseudonym(self._link.round_id, voice) if is_pseudonymous else None
        written_by = {"rater_id": None if is_pseudonymous else voice, "pseudonym": pseudonym}
        return {"id": sheet_id, **self._about(subject, key, mark), **written_by}

    def _about(self, subject: FormSubject, key: bytes, mark: str) -> dict[str, Any]:
        return {
            "key": key,
            "round_id": self._link.round_id,
            "subject_id": subject.subject_id,
            "rater_group": subject.rater_group,
            "submission_id": mark,
        }

    def _clear(self, marks: Mapping[int, str]) -> None:
        """Make room for what replaces the answers of some sheets, and mark these as brought by this submit."""
        if not marks:
            return
        for table in (AnswerRow, SheetCommentRow):
            self._connection.execute(delete(table).where(table.sheet_id.in_(list(marks))))
        self._connection.execute(_MARKED, [{"sheet_id": one, "mark": mark} for one, mark in marks.items()])

    def _insert(self, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)


# Made once: building them anew would cost a submit more than running them.
_MARKED = update(SheetRow).where(SheetRow.id == bindparam("sheet_id")).values(submission_id=bindparam("mark"))
_NEW_SHEET, _NEW_ANSWER, _NEW_COMMENT, _NEW_ANONYMOUS = (
    insert(row) for row in (SheetRow, AnswerRow, SheetCommentRow, AnonymousSheetRow)
)
