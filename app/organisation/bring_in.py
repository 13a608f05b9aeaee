"""The organisation and its people from files: the whole file or nothing, and twice the same changes nothing."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from app.accounts.rules import Action, require, roots
from app.accounts.values import Viewer
from app.infra.addresses import mailbox_of, parse_email
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.journal.commands import record
from app.organisation.carry_out import store_people, store_subjects
from app.organisation.intake import PersonLine, parse_organisation, parse_people
from app.organisation.place import take_turn
from app.organisation.plan import PlannedSubject, Standing, plan_organisation
from app.organisation.queries import load_all_subjects, load_people_known_by, load_tree
from app.organisation.roster import SHARED, Crew, PlannedPerson, has_shared_mailbox, plan_people
from app.organisation.values import SubjectId, Tree
from app.reports import BulkReport, Outcome, Row, RowReport, RowsRefused


def import_organisation(
    session: WriteSession, viewer: Viewer, rows: Sequence[Row], *, company_id: str, dry_run: bool, now: datetime
) -> BulkReport:
    """Bring departments, teams and competitors in by their external ids: new ones, renamed ones, moved ones.

    For who may write the organisation; a row about anything out of his reach refuses the whole file. Raises
    RowsRefused with row and column. What the file does not name stays. Moves take effect today. A dry run gives the
    same report and writes nothing.
    """
    on = local_day(now)
    take_turn(session, company_id)
    tree = load_tree(session, company_id, on=on)
    writable = _writable(viewer, tree)
    lines, refused = parse_organisation(rows)
    subjects = load_all_subjects(session, company_id, on=on)
    if tree.root_id in writable:
        # What is closed hangs nowhere; who writes the whole company may bring it back.
        writable = frozenset(subjects)
    planned, unfit = plan_organisation(lines, Standing(tree.subjects[tree.root_id], subjects, writable))
    if refused or unfit:
        raise RowsRefused(sorted((*refused, *unfit), key=lambda error: error.row))
    made: dict[str, str] = {}
    if not dry_run:
        made = store_subjects(session, company_id, planned, on=on, now=now)
        _note(session, viewer, "organisation.imported", company_id, planned, now=now)
    return BulkReport(
        tuple(
            RowReport(
                one.line.row,
                one.outcome,
                one.known.id if one.known else made.get(one.key),
                one.line.external_id,
                one.changes,
            )
            for one in planned
        ),
        dry_run,
    )


def import_people(
    session: WriteSession, viewer: Viewer, rows: Sequence[Row], *, company_id: str, dry_run: bool, now: datetime
) -> BulkReport:
    """Bring employees in by external id or address: new ones, changed ones, those who moved or lead something else.

    For who may write the organisation; a row about anything out of his reach refuses the whole file. Raises
    RowsRefused with row and column. Whom the file does not name stays. Moves and roles take effect today. A dry run
    gives the same report and writes nothing. Sends nothing.
    """
    on = local_day(now)
    take_turn(session, company_id)
    tree = load_tree(session, company_id, on=on)
    writable = _writable(viewer, tree)
    lines, refused = parse_people(rows, read_email=parse_email, mailbox_of=mailbox_of)
    planned, unfit = plan_people(lines, _crew(session, lines, tree, writable))
    if refused or unfit:
        raise RowsRefused(sorted((*refused, *unfit), key=lambda error: error.row))
    made: dict[int, str] = {}
    if not dry_run:
        made = store_people(session, company_id, planned, on=on, now=now)
        _note(session, viewer, "people.imported", company_id, planned, now=now)
    return BulkReport(
        tuple(
            RowReport(
                one.line.row,
                one.outcome,
                one.known.id if one.known else made.get(one.line.row),
                one.line.external_id or (one.known.external_id if one.known else None),
                one.changes,
            )
            for one in planned
        ),
        dry_run,
        (SHARED,) if has_shared_mailbox(lines) else (),
    )


def _writable(viewer: Viewer, tree: Tree) -> Collection[SubjectId]:
    """What the viewer may write of a company; raises as for the company itself when that is nothing."""
    if viewer.is_service:
        return frozenset(tree.subjects)
    granted = [root for root in roots(viewer, Action.ORGANISATION_WRITE) if root in tree.subjects]
    if not granted:
        require(viewer, Action.ORGANISATION_WRITE, (tree.root_id,))
    return frozenset(one for root in granted for one in tree.subtree(SubjectId(root)))


def _crew(session: ReadSession, lines: Sequence[PersonLine], tree: Tree, writable: Collection[SubjectId]) -> Crew:
    external_ids = {line.external_id for line in lines if line.external_id is not None}
    mailboxes = {line.mailbox for line in lines if line.mailbox is not None}
    people = load_people_known_by(session, tree.root_id, external_ids=external_ids, mailboxes=mailboxes)
    return Crew(
        {one.external_id: one for one in people if one.external_id is not None},
        {one.mailbox: one for one in people if one.mailbox is not None},
        tree,
        writable,
    )


def _note(
    session: WriteSession,
    viewer: Viewer,
    action: str,
    company_id: str,
    planned: Sequence[PlannedSubject | PlannedPerson],
    *,
    now: datetime,
) -> None:
    outcomes = Counter(one.outcome for one in planned)
    if set(outcomes) - {Outcome.UNCHANGED}:
        record(
            session,
            viewer.actor,
            action,
            company_id=company_id,
            object_kind="subject",
            object_id=company_id,
            details={outcome.value: count for outcome, count in outcomes.items()},
            now=now,
        )
