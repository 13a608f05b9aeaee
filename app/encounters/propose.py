"""Whom encounters propose as raters of a draft: customers who were served lately, beside whom the structure names."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from app.accounts.values import Viewer
from app.encounters import rules
from app.encounters.queries import Waiting, load_desk, load_met, load_running
from app.infra.database import ReadSession, WriteSession
from app.infra.formats import local_day
from app.infra.keys import key_of
from app.kpis.values import RaterGroup
from app.organisation.tables import PersonRow
from app.reports import BulkReport
from app.rounds import propose
from app.rounds.assign import delete_assignments, insert_assignments, key_of_assignment, report_of
from app.rounds.limits import Limits, load_limits
from app.rounds.queries import load_assignments, load_rated, load_round
from app.rounds.values import Assignment, AssignmentSource, NewAssignment, Round

GROUP = RaterGroup.CUSTOMER
SOME_CUSTOMERS = "Of many customers only some are asked about each person, and each of them about one person only."

Met = Mapping[str, Collection[str]]
"""Customers (people) by the employee who has served them."""


def propose_assignments(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> BulkReport:
    """Let the structure of today and recent encounters name the raters of everybody rated in a draft.

    For who may write rounds at its scope. The structure proposes as `rounds.propose` says. Where customers are asked,
    those are named whom an employee has served in the last 90 days before the round opens, who are known as raters
    and whom nothing rules out: opt-out, bounce, a request that waits, the pause of the company's programmes, a
    conflict of interest, the month's minutes. Each about one employee, spread so that all get about as many, at most
    `rules.most_customers`. Earlier proposals that no longer fit are taken away. Sends nothing. Idempotent.
    """
    report = propose.propose_assignments(session, viewer, round_id, now=now)
    round_ = load_round(session, round_id)
    present = [one for one in load_assignments(session, round_.id) if one.rater_group is GROUP]
    least = [policy.k for policy in round_.groups if policy.rater_group is GROUP]
    met = _met(session, round_, present, now=now) if least else {}
    room = _room(met, present, rules.most_customers(*least)) if least else {}
    chosen = rules.spread_customers(met, room, round_.id)
    wanted = [NewAssignment(customer, subject_id, GROUP) for customer, subject_id in sorted(chosen.items())]
    known = {key_of_assignment(one): one for one in present}
    keys = {key_of_assignment(one) for one in wanted}
    stale = [one.id for key, one in known.items() if _is_proposed(one) and key not in keys]
    delete_assignments(session, stale)
    made = insert_assignments(session, round_, wanted, source=AssignmentSource.ENCOUNTER, actor=viewer.actor)
    rows = [report_of(number, one, made, known) for number, one in enumerate(wanted, start=len(report.rows) + 1)]
    is_thinned = len(wanted) < len({customer for some in met.values() for customer in some})
    more = {propose.NO_LONGER_PROPOSED: bool(stale), SOME_CUSTOMERS: is_thinned}
    warnings = [*report.warnings, *(text for text, is_so in more.items() if is_so)]
    return BulkReport((*report.rows, *rows), dry_run=False, warnings=tuple(dict.fromkeys(warnings)))


# ------------------------------------------------------------ pieces


def _is_proposed(one: Assignment) -> bool:
    return one.source is AssignmentSource.ENCOUNTER


def _met(session: ReadSession, round_: Round, present: Sequence[Assignment], *, now: datetime) -> Met:
    """The customers who may be asked when the round opens, by the rated employee who has served them."""
    at = max(now, round_.opens_at)
    marks = load_met(session, round_.company_id, since=at - rules.RECENT)
    served = sorted(set(load_rated(session, round_.id)) & marks.keys())
    if not served:
        return {}
    known = _known(session, round_.company_id, set().union(*(marks[one] for one in served)))
    cases = [
        (person_id, Waiting(mark, mailbox, subject_id, None, local_day(at)))
        for subject_id in served
        for mark in sorted(marks[subject_id] & known.keys())
        for person_id, mailbox in (known[mark],)
    ]
    desk = load_desk(session, round_.company_id, [case for _, case in cases])
    pause = rules.longest_pause(load_running(session, round_.company_id))
    limits = load_limits(session, round_, now=now)
    # Who was listed, added or proposed by somebody has a form already; an earlier proposal of ours makes room.
    taken = {one.rater_id for one in present if not _is_proposed(one)}
    own = {one.rater_id: limits.takes(one) for one in present if _is_proposed(one)}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for person_id, case in cases:
        known_of = desk.circumstances(case, now=at, is_drawing=True)
        if (
            person_id not in taken
            and rules.ruled_out(known_of, pause, now=at) is None
            and _has_time(NewAssignment(person_id, case.subject_id, GROUP), limits, own)
        ):
            found[case.subject_id].add(person_id)
    return found


def _known(session: ReadSession, company_id: str, marks: Collection[bytes]) -> dict[bytes, tuple[str, str]]:
    """The people, with their mailboxes, for whom some of these marks stand; employees left out."""
    query = select(PersonRow.id, PersonRow.mailbox).where(
        PersonRow.company_id == company_id, PersonRow.subject_id.is_(None)
    )
    key = key_of(session)
    people = ((person_id, mailbox) for person_id, mailbox in session.execute(query) if mailbox is not None)
    marked = ((key.customer_mark(company_id, mailbox), (person_id, mailbox)) for person_id, mailbox in people)
    return {mark: person for mark, person in marked if mark in marks}


def _has_time(one: NewAssignment, limits: Limits, own: Mapping[str, int]) -> bool:
    takes = limits.takes(one)
    return 0 < takes <= limits.left(one.rater_id) + own.get(one.rater_id, 0) and not limits.is_apart(one)


def _room(met: Met, present: Sequence[Assignment], most: int) -> dict[str, int]:
    """How many customers may still be named about each employee, beside those listed and added."""
    named = Counter(one.subject_id for one in present if not _is_proposed(one))
    return {subject_id: max(0, most - named[subject_id]) for subject_id in met}
