"""Who rates whom: proposed from the structure, taken from lists, added by hand and approved by a second person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.addresses import mailbox_of, parse_email
from app.infra.bulk import insert_rows
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id, new_ids
from app.kpis.values import RaterGroup
from app.organisation.commands import ensure_raters
from app.organisation.named import find_subjects
from app.organisation.queries import load_people, load_people_of, load_subjects, load_tree
from app.organisation.values import NewRater, PersonId, SubjectId
from app.reports import BulkReport, Outcome, RowError, RowReport, RowsRefused
from app.rounds import rules
from app.rounds.checks import NOT_A_GROUP
from app.rounds.plan import most_colleagues, spread_colleagues
from app.rounds.queries import (
    load_assignments,
    load_frozen_round,
    load_rated,
    load_round,
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
NO_LONGER_PROPOSED = "Earlier proposals that no longer fit were taken away."
SOME_COLLEAGUES = (
    "Of many colleagues only some are asked about each person, so that everybody gets about as many forms."
)


def propose_assignments(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> BulkReport:
    """Let the structure of today name managers, colleagues, direct reports and self for everybody rated in a draft.

    For who may write rounds at its scope. Of many colleagues only some are named about each person (`plan`). What an
    earlier proposal named and this one does not is taken away; lists and raters added by hand stay. Sends nothing.
    Idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    wanted, is_thinned = _proposed(session, round_, now=now)
    known = {_key(one): one for one in load_assignments(session, round_.id)}
    keys = {_key(one) for one in wanted}
    stale = [one.id for key, one in known.items() if one.source is AssignmentSource.STRUCTURE and key not in keys]
    _delete(session, stale)
    made = insert_assignments(session, round_, wanted, source=AssignmentSource.STRUCTURE, actor=viewer.actor)
    report = [_report(number, one, made, known) for number, one in enumerate(wanted, start=1)]
    warnings = {NO_LONGER_PROPOSED: bool(stale), SOME_COLLEAGUES: is_thinned}
    return BulkReport(tuple(report), dry_run=False, warnings=tuple(text for text, is_so in warnings.items() if is_so))


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
    count towards the minimum until a second person approves. All rows or none (RowsRefused); the same list again
    changes nothing.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    _require_addable(round_, rows)
    with session.begin_nested() as attempt:
        wanted = _resolved(session, round_, rows, now=now)
        known = {_key(one): one for one in load_assignments(session, round_.id)}
        awaiting = _awaiting(session, viewer, wanted, source, now=now)
        made = insert_assignments(
            session, round_, wanted, source=source, actor=viewer.actor, awaiting_approval=awaiting
        )
        if round_.state is RoundState.OPEN:
            _count(session, round_, made)
        if dry_run:
            attempt.rollback()
    report = [_report(row.row, one, made, known) for row, one in zip(rows, wanted, strict=True)]
    return BulkReport(tuple(report), dry_run=dry_run)


def add_customers(session: WriteSession, round_id: str, met: Mapping[str, str], *, actor: str) -> None:
    """Let customers who were met rate whom they met, in an open round; they are invited by the worker.

    For the draw of a programme, which holds the round and has chosen by chance, so nobody approves. `met` is the
    employee by customer.
    """
    round_ = load_round(session, round_id)
    wanted = [NewAssignment(rater_id, subject_id, RaterGroup.CUSTOMER) for rater_id, subject_id in met.items()]
    made = insert_assignments(session, round_, wanted, source=AssignmentSource.ENCOUNTER, actor=actor)
    _count(session, round_, made)


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
    known = {_key(one) for one in load_assignments(session, round_.id)}
    missing = dict.fromkeys(key for one in wanted if (key := _key(one)) not in known)
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
    _delete(session, [row.id])


def approve_assignment(session: WriteSession, viewer: Viewer, assignment_id: str, *, now: datetime) -> None:
    """Approve a rater whom a reader of results added by hand, so that the rater counts towards the minimum.

    For who may write rounds at its scope and is not the one who added the rater. Idempotent.
    """
    row = _found(session, assignment_id)
    round_ = take_round(session, viewer, row.round_id, now=now)
    if row.approved_by is not None:
        return
    if round_.state not in {RoundState.DRAFT, RoundState.OPEN}:
        raise rules.RoundNotOpen
    if row.added_by == viewer.actor:
        raise rules.SecondPersonNeeded
    session.execute(update(AssignmentRow).where(AssignmentRow.id == row.id).values(approved_by=viewer.actor))
    if round_.state is RoundState.OPEN:
        _count(session, round_, {("", "", "", ""): AssignmentId(row.id)})


# ------------------------------------------------------------ pieces


def _proposed(session: WriteSession, round_: Round, *, now: datetime) -> tuple[list[NewAssignment], bool]:
    """Whom the structure of today proposes, and whether it knows of more colleagues than it proposes."""
    tree = load_tree(session, round_.company_id, on=local_day(now))
    rated = [SubjectId(subject_id) for subject_id in load_rated(session, round_.id) if subject_id in tree.subjects]
    least = {policy.rater_group: policy.k for policy in round_.groups if policy.rater_group in rules.FROM_STRUCTURE}
    named = {(subject, group): rules.proposed_raters(tree, subject, group) for subject in rated for group in least}
    people = load_people_of(session, {rater for raters in named.values() for rater in raters})
    proposed = {place: tuple(rater for rater in raters if rater in people) for place, raters in named.items()}
    colleagues = {subject: raters for (subject, group), raters in proposed.items() if group is RaterGroup.COLLEAGUE}
    chosen = spread_colleagues(colleagues, most_colleagues(least.get(RaterGroup.COLLEAGUE, 0)), round_.id)
    proposed |= {(subject, RaterGroup.COLLEAGUE): raters for subject, raters in chosen.items()}
    wanted = [
        NewAssignment(people[rater].id, subject, group)
        for (subject, group), raters in proposed.items()
        for rater in raters
    ]
    return wanted, chosen != colleagues


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


def _awaiting(
    session: WriteSession, viewer: Viewer, wanted: Sequence[NewAssignment], source: AssignmentSource, *, now: datetime
) -> frozenset[str]:
    """The subjects whose results the viewer can read, when the viewer adds raters by hand."""
    if source is not AssignmentSource.HAND or viewer.is_service:
        return frozenset()
    subjects = load_subjects(session, {one.subject_id for one in wanted}, on=local_day(now))
    return frozenset(
        subject_id for subject_id, subject in subjects.items() if may(viewer, Action.RESULTS_READ, subject.path)
    )


def _count(session: WriteSession, round_: Round, made: Mapping[tuple[str, str, str, str], AssignmentId]) -> None:
    """Note who of those added to an open round counts, by what was frozen at launch."""
    frozen = load_frozen_round(session, round_.id)
    added = set(made.values())
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


def _delete(session: WriteSession, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), AT_ONCE):
        session.execute(delete(AssignmentRow).where(AssignmentRow.id.in_(ids[start : start + AT_ONCE])))


def _key(one: Assignment | NewAssignment) -> tuple[str, str, str, str]:
    return one.rater_id, one.subject_id, str(one.rater_group), one.occasion


def _report(
    number: int,
    one: NewAssignment,
    made: Mapping[tuple[str, str, str, str], AssignmentId],
    known: Mapping[tuple[str, str, str, str], Assignment],
) -> RowReport:
    key = _key(one)
    if key in made:
        return RowReport(number, Outcome.CREATED, made[key])
    return RowReport(number, Outcome.UNCHANGED, known[key].id)
