"""Who rates whom: taken from lists, added by hand and approved by a second person; proposals stand in `propose`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, update

from app.accounts.rules import is_close
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.addresses import mailbox_of, parse_email
from app.infra.bulk import insert_rows
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_ids
from app.kpis.values import RaterGroup
from app.organisation.commands import ensure_raters
from app.organisation.named import find_subjects
from app.organisation.queries import load_people, load_subjects
from app.organisation.values import NewRater, PersonId, SubjectId
from app.reports import BulkReport, Outcome, RowError, RowReport, RowsRefused
from app.rounds import rules
from app.rounds.checks import NOT_A_GROUP
from app.rounds.limits import Limits, load_limits
from app.rounds.queries import (
    load_assignments,
    load_frozen_round,
    load_rated,
    load_uncounted,
    take_round,
)
from app.rounds.tables import AssignmentRow
from app.rounds.values import (
    Assignment,
    AssignmentId,
    AssignmentSource,
    ListedRater,
    Mode,
    NewAssignment,
    Round,
    RoundState,
)
from app.words import DEFAULT_LOCALE

AT_ONCE = 5_000
# fmt: off
COLUMNS = (
    "id", "round_id", "rater_id", "subject_id", "rater_group", "occasion",
    "source", "added_by", "approved_by", "counted", "answered",
)
# fmt: on

NOT_RATED = "Nobody with this id is rated in the round."
NOT_THEMSELVES = "Nobody rates themselves in this group."
ONLY_THEMSELVES = "In the group self everybody rates themselves only."
ONLY_VISITS = "Only visits have an occasion."
FIXED_WHILE_OPEN = "While the round is open, only customers and mystery shoppers can be added."
KEPT_APART = "These two must not rate each other: a conflict of interest is marked."
NO_TIME_LEFT = "This rater has too little time left in the month of the round: the forms would take more than the cap."


def add_assignments(  # noqa: PLR0913 - session, who, where, what, and two named options
    session: WriteSession,
    viewer: Viewer,
    round_id: str,
    rows: Sequence[ListedRater],
    *,
    source: AssignmentSource = AssignmentSource.LIST,
    dry_run: bool = False,
    now: datetime,
) -> BulkReport:
    """Add raters from a list, or by hand; raters not known yet are made known.

    For who may write rounds at its scope. Customers and mystery shoppers may be added while the round is open, too;
    they are invited by the worker. Added by hand (`source`) by somebody who reads results there, a rater does not
    count towards the minimum until a second person approves. Nobody is added whom a conflict of interest keeps apart
    from the subject, or whose month would become longer than the cap. All rows or none (RowsRefused); the same list
    again changes nothing.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    _require_addable(round_, rows)
    with session.begin_nested() as attempt:
        wanted = _resolved(session, round_, rows, now=now)
        known = {key_of_assignment(one): one for one in load_assignments(session, round_.id, with_declined=True)}
        limits = load_limits(session, round_, now=now)
        _refuse_limits(rows, wanted, known, limits)
        awaiting = _awaiting(session, viewer, wanted, source, now=now)
        made = insert_assignments(
            session, round_, wanted, source=source, actor=viewer.actor, awaiting_approval=awaiting
        )
        if round_.state is RoundState.OPEN:
            settle_added(session, round_, made.values(), limits)
        if dry_run:
            attempt.rollback()
    report = [report_of(row.row, one, made, known) for row, one in zip(rows, wanted, strict=True)]
    return BulkReport(tuple(report), dry_run=dry_run)


def add_customers(session: WriteSession, round_: Round, met: Mapping[str, str], limits: Limits, *, actor: str) -> None:
    """Let customers who were met rate whom they met, in an open round; they are invited by the worker.

    For the draw of a programme, which holds the round, has left out whom the limits keep from it and has chosen by
    chance, so nobody approves. `met` is the employee by customer.
    """
    wanted = [NewAssignment(rater_id, subject_id, RaterGroup.CUSTOMER) for rater_id, subject_id in met.items()]
    made = insert_assignments(session, round_, wanted, source=AssignmentSource.ENCOUNTER, actor=actor)
    settle_added(session, round_, made.values(), limits)


def add_visits(
    session: WriteSession, round_: Round, visits: Iterable[NewAssignment], *, actor: str
) -> Mapping[tuple[str, str, str, str], AssignmentId]:
    """Note mystery visits that were made already as answered, in a round that closes; by what makes each one of it.

    For the close, which holds the round and writes a sheet for each.
    """
    made = insert_assignments(session, round_, visits, source=AssignmentSource.ENCOUNTER, actor=actor, answered=True)
    _count(session, round_, made.values())
    return made


def insert_assignments(  # noqa: PLR0913 - session, round, what, and three named options
    session: WriteSession,
    round_: Round,
    wanted: Iterable[NewAssignment],
    *,
    source: AssignmentSource,
    actor: str,
    awaiting_approval: frozenset[str] = frozenset(),
    answered: bool = False,
) -> Mapping[tuple[str, str, str, str], AssignmentId]:
    """Write those assignments that are not there yet, and say their ids; for commands that have asked and checked.

    `awaiting_approval` are the subjects about which raters added now need a second person's approval.
    """
    known = {key_of_assignment(one) for one in load_assignments(session, round_.id, with_declined=True)}
    missing = dict.fromkeys(key for one in wanted if (key := key_of_assignment(one)) not in known)
    made = {key: AssignmentId(id_) for key, id_ in zip(missing, new_ids(session), strict=False)}
    rows = (
        (id_, round_.id, *key, str(source), actor, None if key[1] in awaiting_approval else actor, False, answered)
        for key, id_ in made.items()
    )
    insert_rows(session, AssignmentRow, COLUMNS, rows)
    return made


def remove_assignment(session: WriteSession, viewer: Viewer, assignment_id: str, *, now: datetime) -> None:
    """Take a rater off a draft. For who may write rounds at its scope."""
    row = _found(session, assignment_id)
    rules.require_draft(take_round(session, viewer, row.round_id, now=now))
    delete_assignments(session, [row.id])


def approve_assignment(session: WriteSession, viewer: Viewer, assignment_id: str, *, now: datetime) -> None:
    """Approve a rater whom a reader of results added by hand, so that the rater counts towards the minimum.

    For who may write rounds at its scope and neither added the rater nor acts for who did. Idempotent.
    """
    row = _found(session, assignment_id)
    round_ = take_round(session, viewer, row.round_id, now=now)
    if row.approved_by is not None:
        return
    if round_.state not in {RoundState.DRAFT, RoundState.OPEN}:
        raise rules.RoundNotOpen
    if row.added_by in {viewer.actor, *viewer.acts_as}:
        raise rules.SecondPersonNeeded
    session.execute(update(AssignmentRow).where(AssignmentRow.id == row.id).values(approved_by=viewer.actor))
    if round_.state is RoundState.OPEN:
        _count(session, round_, [row.id])


# ------------------------------------------------------------ pieces


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the rows of a list are checked against."""

    subjects: Mapping[str, SubjectId]
    groups: Mapping[RaterGroup, Mode]
    errors: list[RowError]

    def subject_of(self, row: ListedRater) -> SubjectId | None:
        found = self.subjects.get(row.subject)
        if found is None:
            self.errors.append(RowError(row.row, "subject", NOT_RATED))
        if row.rater_group not in self.groups:
            self.errors.append(RowError(row.row, "rater_group", NOT_A_GROUP, ", ".join(self.groups)))
        elif row.occasion and self.groups[row.rater_group] is not Mode.REPORT:
            self.errors.append(RowError(row.row, "occasion", ONLY_VISITS))
        return found

    def rater_of(self, row: ListedRater) -> NewRater:
        email = None
        if row.email is not None:
            try:
                email = parse_email(row.email)
            except ValueError as error:
                self.errors.append(RowError(row.row, "email", str(error)))
        key = row.external_id or (mailbox_of(email) if email else "")
        return NewRater(key, email, row.external_id, row.name, row.locale or DEFAULT_LOCALE)


def _require_addable(round_: Round, rows: Sequence[ListedRater]) -> None:
    if round_.state is RoundState.DRAFT:
        return
    if round_.state is not RoundState.OPEN:
        raise rules.RoundNotOpen
    fixed = [row for row in rows if row.rater_group not in rules.OPEN_LISTS]
    if fixed:
        raise RowsRefused([RowError(row.row, "rater_group", FIXED_WHILE_OPEN) for row in fixed])


def _resolved(
    session: WriteSession, round_: Round, rows: Sequence[ListedRater], *, now: datetime
) -> list[NewAssignment]:
    """Rows with ids in place of names; RowsRefused with everything that is wrong."""
    rated = set(load_rated(session, round_.id))
    named = find_subjects(session, round_.company_id, {row.subject for row in rows})
    by_name = {name: subject_id for name, subject_id in named.items() if subject_id in rated}
    desk = _Desk(by_name, {policy.rater_group: policy.mode for policy in round_.groups}, [])
    subjects = [desk.subject_of(row) for row in rows]
    raters = [desk.rater_of(row) for row in rows]
    if desk.errors:
        raise RowsRefused(desk.errors)
    people = ensure_raters(session, round_.company_id, raters, now=now)
    wanted = [
        NewAssignment(people[rater.key], subject or "", row.rater_group, row.occasion)
        for row, subject, rater in zip(rows, subjects, raters, strict=True)
    ]
    _refuse_self(session, rows, wanted)
    return wanted


def _refuse_self(session: WriteSession, rows: Sequence[ListedRater], wanted: Sequence[NewAssignment]) -> None:
    people = load_people(session, {one.rater_id for one in wanted})
    errors = []
    for row, one in zip(rows, wanted, strict=True):
        is_self = people[PersonId(one.rater_id)].subject_id == one.subject_id
        if is_self != (one.rater_group is RaterGroup.SELF):
            errors.append(RowError(row.row, "rater_group", NOT_THEMSELVES if is_self else ONLY_THEMSELVES))
    if errors:
        raise RowsRefused(errors)


def _refuse_limits(
    rows: Sequence[ListedRater],
    wanted: Sequence[NewAssignment],
    known: Mapping[tuple[str, str, str, str], Assignment],
    limits: Limits,
) -> None:
    """Raise RowsRefused where a new rater is kept apart from the subject, or has no time left."""
    errors, more = [], Counter[str]()
    counted = set(known)
    for row, one in zip(rows, wanted, strict=True):
        key = key_of_assignment(one)
        if key in counted:
            continue
        counted.add(key)
        more[one.rater_id] += limits.takes(one)
        if limits.is_apart(one):
            errors.append(RowError(row.row, "subject", KEPT_APART))
        elif limits.takes(one) and more[one.rater_id] > limits.left(one.rater_id):
            errors.append(RowError(row.row, "email", NO_TIME_LEFT, f"<= {limits.cap // 60} min"))
    if errors:
        raise RowsRefused(errors)


def _awaiting(
    session: WriteSession, viewer: Viewer, wanted: Sequence[NewAssignment], source: AssignmentSource, *, now: datetime
) -> frozenset[str]:
    """The subjects to whose results the viewer is no stranger, when the viewer adds raters by hand."""
    if source is not AssignmentSource.HAND or viewer.is_service:
        return frozenset()
    subjects = load_subjects(session, {one.subject_id for one in wanted}, on=local_day(now))
    return frozenset(subject_id for subject_id, subject in subjects.items() if is_close(viewer, subject.path))


def settle_added(session: WriteSession, round_: Round, ids: Iterable[str], limits: Limits) -> None:
    """Note of those added to an open round who counts and what the form takes, by what was frozen at launch."""
    added = set(ids)
    for one in load_assignments(session, round_.id):
        if one.id in added and (seconds := limits.takes(one)):
            session.execute(update(AssignmentRow).where(AssignmentRow.id == one.id).values(seconds=seconds))
    _count(session, round_, added)


def _count(session: WriteSession, round_: Round, ids: Iterable[str]) -> None:
    """Note who of those added to an open round counts, by what was frozen at launch."""
    frozen = load_frozen_round(session, round_.id)
    added = set(ids)
    assignments = [one for one in load_assignments(session, round_.id) if one.id in added]
    people = load_people(session, {one.rater_id for one in assignments})
    uncounted = load_uncounted(session, frozen, assignments, people)
    counted = [one.id for one in assignments if one.id not in uncounted]
    for start in range(0, len(counted), AT_ONCE):
        some = counted[start : start + AT_ONCE]
        session.execute(update(AssignmentRow).where(AssignmentRow.id.in_(some)).values(counted=True))


def _found(session: WriteSession, assignment_id: str) -> AssignmentRow:
    row = session.get(AssignmentRow, assignment_id) if is_id(assignment_id) else None
    if row is None:
        raise NotFound
    return row


def delete_assignments(session: WriteSession, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), AT_ONCE):
        session.execute(delete(AssignmentRow).where(AssignmentRow.id.in_(ids[start : start + AT_ONCE])))


def key_of_assignment(one: Assignment | NewAssignment) -> tuple[str, str, str, str]:
    """What makes an assignment one of its round."""
    return one.rater_id, one.subject_id, str(one.rater_group), one.occasion


def report_of(
    number: int,
    one: NewAssignment,
    made: Mapping[tuple[str, str, str, str], AssignmentId],
    known: Mapping[tuple[str, str, str, str], Assignment],
) -> RowReport:
    """What became of one row."""
    key = key_of_assignment(one)
    if key in made:
        return RowReport(number, Outcome.CREATED, made[key])
    return RowReport(number, Outcome.UNCHANGED, known[key].id)
