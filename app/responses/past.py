"""The import of past ratings: a company brings a closed round along, in one transaction or not at all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

from app.accounts.values import Viewer
from app.infra.addresses import parse_email
from app.infra.bulk import insert_rows
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_whole
from app.infra.keys import key_of
from app.infra.types import json_text
from app.kpis.queries import load_kpis
from app.kpis.values import Kpi, KpiId, RaterGroup
from app.organisation.ensure import ensure_raters, ensure_subjects
from app.organisation.named import count_people, find_subjects
from app.organisation.values import NewRater
from app.reports import Row, RowError, RowsRefused
from app.responses.ratings import Conditions, PastKey, PastSheet, parse_ratings
from app.responses.rules import RoundNotEmpty, levels_asked
from app.responses.tables import AnonymousSheetRow, AnswerRow, SheetCommentRow, SheetRow
from app.responses.values import ImportedRatings
from app.rounds.assign import KEPT_APART, insert_assignments
from app.rounds.draft import set_rated_subjects
from app.rounds.launch import launch_past_round
from app.rounds.limits import load_apart
from app.rounds.queries import load_assignments, load_frozen_round, take_round
from app.rounds.recipe import freeze_kpi
from app.rounds.rules import kpis_asked, require_draft
from app.rounds.values import AssignmentId, AssignmentSource, FrozenItem, Mode, NewAssignment, Round

SHEET = ("key", "round_id", "subject_id", "rater_group", "submission_id")
UNKNOWN_SUBJECT = "Nobody here has this external id."
UNKNOWN_RATER = "Nobody here has this address or external id."
NOT_ASKED = "The subject's scorecard has no such KPI for this rater group. Put it on the card, or leave the rating out."
NOT_AN_ADDRESS = "This is no address that can be used."


def import_ratings(  # noqa: PLR0913 - who, where, what, and three named options
    session: WriteSession,
    viewer: Viewer,
    round_id: str,
    rows: Sequence[Row],
    *,
    create_unknown: bool = True,
    dry_run: bool = False,
    now: datetime,
) -> ImportedRatings:
    """Fill a draft round with ratings given elsewhere, freeze it and close it.

    For who may write rounds at its scope. Written: subjects and raters not known yet (with `create_unknown`; subjects
    become persons under the scope), assignments, sheets, the closed round; or nothing, with a reason for each row.
    Nothing is sent. A round that is no draft any more is refused, so the same file twice changes nothing.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    require_draft(round_)
    if load_assignments(session, round_.id):
        raise RoundNotEmpty
    kpis = load_kpis(session, [one.kpi_id for one in round_.kpis], on=local_day(now))
    groups = [policy.rater_group for policy in round_.groups]
    sheets = parse_ratings(rows, _items_by_name(round_, kpis), groups, _conditions(round_, kpis))
    with session.begin_nested() as step:
        found = _Import(session, viewer, round_, now).bring_in(sheets, create_unknown=create_unknown)
        if dry_run:
            step.rollback()
    return ImportedRatings(
        round_id=round_.id,
        rows=len(rows),
        subjects=len({key.subject for key in sheets}),
        subjects_created=found["subjects"],
        raters=len({key.rater for key in sheets}),
        raters_created=found["raters"],
        sheets=len(sheets),
        answers=sum(len(sheet.answers) for sheet in sheets.values()),
        comments=sum(len(sheet.comments) for sheet in sheets.values()),
        dry_run=dry_run,
    )


def _items_by_name(round_: Round, kpis: Mapping[KpiId, Kpi]) -> dict[str, FrozenItem]:
    """Items by id, by KPI and code ("S1.a"), and by code alone where only one item has it."""
    frozen = [(kpis[KpiId(one.kpi_id)], freeze_kpi(kpis[KpiId(one.kpi_id)], one.weights)) for one in round_.kpis]
    codes = Counter(item.code for _, kpi in frozen for item in kpi.items)
    named: dict[str, FrozenItem] = {}
    for known, kpi in frozen:
        for item in kpi.items:
            named[item.id] = item
            if known.external_id:
                named[f"{known.external_id}.{item.code}"] = item
            if codes[item.code] == 1:
                named[item.code] = item
    return named


def _conditions(round_: Round, kpis: Mapping[KpiId, Kpi]) -> Conditions:
    """The items that only some were asked, by id."""
    frozen = [freeze_kpi(kpis[KpiId(one.kpi_id)], one.weights) for one in round_.kpis]
    return {
        item.id: (first.id, frozenset(levels_asked(item, first).values()))
        for kpi in frozen
        for item in kpi.items
        if (first := kpi.item_before(item)) is not None
    }


class _Import:
    """One import on its way into the database."""

    def __init__(self, session: WriteSession, viewer: Viewer, round_: Round, now: datetime) -> None:
        self._session = session
        self._viewer = viewer
        self._round = round_
        self._now = now
        self._modes = {policy.rater_group: policy.mode for policy in round_.groups}
        self._pseudonyms: dict[str, bytes] = {}

    def bring_in(self, sheets: Mapping[PastKey, PastSheet], *, create_unknown: bool) -> Counter[str]:
        """Write everything; how many subjects and raters were made."""
        made: Counter[str] = Counter()
        subjects = self._subjects(sheets, made, create_unknown=create_unknown)
        raters = self._raters(sheets, made, create_unknown=create_unknown)
        set_rated_subjects(self._session, self._viewer, self._round.id, list(subjects.values()), now=self._now)
        wanted = {
            key: NewAssignment(raters[key.rater], subjects[key.subject], key.rater_group, key.occasion)
            for key in sheets
        }
        self._refuse_apart(sheets, wanted)
        ids = insert_assignments(
            self._session,
            self._round,
            wanted.values(),
            source=AssignmentSource.IMPORT,
            actor=self._viewer.actor,
            answered=True,
        )
        self._refuse_twice(sheets, wanted)
        launch_past_round(self._session, self._viewer, self._round.id, now=self._now)
        self._refuse_unasked(sheets, wanted)
        self._write(sheets, wanted, ids)
        return made

    def _subjects(
        self, sheets: Mapping[PastKey, PastSheet], made: Counter[str], *, create_unknown: bool
    ) -> dict[str, str]:
        names = list(dict.fromkeys(key.subject for key in sheets))
        known = find_subjects(self._session, self._round.company_id, names)
        missing = [name for name in names if name not in known]
        if missing and (not create_unknown or any(is_id(name) for name in missing)):
            self._refuse(sheets, "subject", set(missing), UNKNOWN_SUBJECT)
        made["subjects"] = len(missing)
        created = ensure_subjects(
            self._session, self._round.company_id, missing, parent_id=self._round.scope_id, now=self._now
        )
        return {**known, **created}

    def _raters(
        self, sheets: Mapping[PastKey, PastSheet], made: Counter[str], *, create_unknown: bool
    ) -> dict[str, str]:
        names = list(dict.fromkeys(key.rater for key in sheets))
        wrong: set[str] = set()
        raters = [rater for name in names if (rater := _new_rater(name, wrong)) is not None]
        if wrong:
            self._refuse(sheets, "rater", wrong, NOT_AN_ADDRESS)
        before = count_people(self._session, self._round.company_id)
        found = ensure_raters(self._session, self._round.company_id, raters, now=self._now)
        made["raters"] = count_people(self._session, self._round.company_id) - before
        if made["raters"] and not create_unknown:
            self._refuse(sheets, "rater", set(names), UNKNOWN_RATER)
        return dict(found)

    def _refuse(self, sheets: Mapping[PastKey, PastSheet], column: str, names: set[str], message: str) -> None:
        refused = [
            RowError(sheet.row, column, message)
            for key, sheet in sheets.items()
            if (key.subject if column == "subject" else key.rater) in names
        ]
        raise RowsRefused(refused)

    def _refuse_twice(self, sheets: Mapping[PastKey, PastSheet], wanted: Mapping[PastKey, NewAssignment]) -> None:
        """Two names of one rater must not become two voices."""
        seen: set[NewAssignment] = set()
        errors = []
        for key, one in wanted.items():
            if one in seen:
                errors.append(RowError(sheets[key].row, "rater", "Another row names the same person in another way."))
            seen.add(one)
        if errors:
            raise RowsRefused(errors)

    def _refuse_apart(self, sheets: Mapping[PastKey, PastSheet], wanted: Mapping[PastKey, NewAssignment]) -> None:
        """Who had to be kept apart in the period has not rated the other in it."""
        during = (self._round.period_start, self._round.period_end)
        apart = load_apart(self._session, self._round.company_id, during=during)
        errors = [
            RowError(sheets[key].row, "rater", KEPT_APART)
            for key, one in wanted.items()
            if (one.rater_id, one.subject_id) in apart
        ]
        if errors:
            raise RowsRefused(errors)

    def _refuse_unasked(self, sheets: Mapping[PastKey, PastSheet], wanted: Mapping[PastKey, NewAssignment]) -> None:
        """What no card asks for has no place in a release."""
        frozen = load_frozen_round(self._session, self._round.id)
        subjects = {subject.id: subject for subject in frozen.subjects}

        @cache
        def asked(subject_id: str, rater_group: RaterGroup) -> frozenset[str]:
            kpis = kpis_asked(frozen.kpis, subjects[subject_id], rater_group)
            return frozenset(item.id for kpi in kpis for item in kpi.items)

        errors = [
            RowError(sheet.row, "item", NOT_ASKED)
            for key, sheet in sheets.items()
            if not sheet.answers.keys() <= asked(wanted[key].subject_id, key.rater_group)
        ]
        if errors:
            raise RowsRefused(errors)

    def _write(
        self,
        sheets: Mapping[PastKey, PastSheet],
        wanted: Mapping[PastKey, NewAssignment],
        ids: Mapping[tuple[str, str, str, str], AssignmentId],
    ) -> None:
        columns = {key: self._columns(one, ids) for key, one in wanted.items()}
        kept = [(new_whole(self._session), key) for key in sheets if self._modes[key.rater_group] is not Mode.ANONYMOUS]
        # By their random ids: in no order of the file, and each row is stored beside the one before.
        kept.sort(key=itemgetter(0))
        rows = ((id_, *columns[key], *self._writer(wanted[key])) for id_, key in kept)
        insert_rows(self._session, SheetRow, ("id", *SHEET, "rater_id", "pseudonym"), rows)
        answers = ((id_, *answer) for id_, key in kept for answer in sheets[key].answers.items())
        insert_rows(self._session, AnswerRow, ("sheet_id", "item_id", "level"), answers)
        comments = ((id_, *comment) for id_, key in kept for comment in sheets[key].comments.items())
        insert_rows(self._session, SheetCommentRow, ("sheet_id", "about", "text"), comments)
        anonymous = (
            (*columns[key], json_text(sheet.answers), json_text(sheet.comments))
            for key, sheet in sheets.items()
            if self._modes[key.rater_group] is Mode.ANONYMOUS
        )
        insert_rows(self._session, AnonymousSheetRow, (*SHEET, "answers", "comments"), anonymous)

    def _columns(self, one: NewAssignment, ids: Mapping[tuple[str, str, str, str], AssignmentId]) -> tuple[Any, ...]:
        """In the order of `SHEET`."""
        group = str(one.rater_group)
        assignment_id = ids[one.rater_id, one.subject_id, group, one.occasion]
        return key_of(self._session).sheet_key(assignment_id), self._round.id, one.subject_id, group, "import"

    def _writer(self, one: NewAssignment) -> tuple[str | None, bytes | None]:
        """Who has written a sheet: the rater, or a pseudonym."""
        if self._modes[one.rater_group] is not Mode.CONFIDENTIAL:
            return one.rater_id, None
        known = self._pseudonyms.get(one.rater_id)
        if known is None:
            known = self._pseudonyms[one.rater_id] = key_of(self._session).pseudonym(self._round.id, one.rater_id)
        return None, known


def _new_rater(name: str, wrong: set[str]) -> NewRater | None:
    """A rater as the file names one: an address, or an external id."""
    if "@" not in name:
        return NewRater(key=name, external_id=name)
    try:
        return NewRater(key=name, email=parse_email(name))
    except ValueError:
        wrong.add(name)
        return None
