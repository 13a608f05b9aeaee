"""A rater does not rate somebody: the decline, and the next fair one who is asked instead."""

from collections import Counter
from datetime import datetime

from sqlalchemy import select, update

from app.deferred import dataclass
from app.errors import NotFound
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.organisation.queries import load_people_of, load_tree
from app.organisation.values import SubjectId
from app.rounds import rules
from app.rounds.assign import insert_assignments, settle_added
from app.rounds.limits import Limits, load_limits
from app.rounds.plan import next_fair
from app.rounds.propose import fit_candidates
from app.rounds.queries import load_assignments, load_frozen_round, load_round
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import AssignmentSource, DeclineReason, FrozenRound, NewAssignment, Round

RATER = "rater"
"""Who a decline is noted as: the journal says that somebody declined, never who (R11)."""


@dataclass(frozen=True, slots=True)
class Declined:
    """What came of a decline: the name of whom it was about, and who is asked instead, if anybody."""

    subject_name: str
    replacement: str | None


def decline_assignment(
    session: WriteSession, round_id: str, assignment_id: str, rater_id: str, reason: DeclineReason, *, now: datetime
) -> Declined:
    """Note that a rater does not rate one of those asked about, and ask the next fair one instead.

    For whoever holds the rater's link, which the caller has looked at. Written: the reason, with the rater's
    assignment; one for somebody whom the structure names for the same group, who is not asked about the subject yet,
    is kept apart by nothing, has an address and time left, counts towards the minimum, and has the fewest forms.
    Nobody when there is none, or less than 24 hours are left. Sends nothing: invitations follow. Idempotent.
    """
    session.execute(select(RoundRow.id).where(RoundRow.id == round_id).with_for_update())
    session.expire_all()
    row = session.get(AssignmentRow, assignment_id) if is_id(assignment_id) else None
    if row is None or (row.round_id, row.rater_id) != (round_id, rater_id) or row.rater_group == RaterGroup.SELF:
        raise NotFound
    frozen = load_frozen_round(session, round_id)
    name = next(subject.name for subject in frozen.subjects if subject.id == row.subject_id)
    if row.declined is not None:
        return Declined(name, None)
    if row.answered:
        raise rules.AnsweredAlready
    session.execute(update(AssignmentRow).where(AssignmentRow.id == row.id).values(declined=reason, counted=False))
    place = row.subject_id, RaterGroup(row.rater_group)
    round_ = load_round(session, round_id)
    replacement = _ask_another(session, round_, frozen, place, now=now)
    record(
        session,
        RATER,
        "assignment.declined",
        company_id=round_.company_id,
        object_kind="round",
        object_id=round_id,
        details={"rater_group": place[1].value, "replaced": replacement is not None},
        now=now,
    )
    return Declined(name, replacement)


def _ask_another(
    session: WriteSession, round_: Round, frozen: FrozenRound, place: tuple[str, RaterGroup], *, now: datetime
) -> str | None:
    """Ask the next fair one about a subject; who it is, or None."""
    if round_.closes_at - now < rules.REPLACED_UNTIL or place[1] not in rules.FROM_STRUCTURE:
        return None
    limits = load_limits(session, round_, frozen, now=now)
    rater = _next_rater(session, frozen, place, limits, now=now)
    if rater is None:
        return None
    wanted = NewAssignment(rater, *place)
    made = insert_assignments(session, round_, [wanted], source=AssignmentSource.REPLACEMENT, actor="service")
    settle_added(session, round_, made.values(), limits)
    return rater


def _next_rater(
    session: WriteSession, frozen: FrozenRound, place: tuple[str, RaterGroup], limits: Limits, *, now: datetime
) -> str | None:
    subject_id, group = place
    tree = load_tree(session, frozen.company_id, on=local_day(now))
    if SubjectId(subject_id) not in tree.subjects:
        return None
    known = load_assignments(session, frozen.id, with_declined=True)
    asked = {one.rater_id for one in known if one.subject_id == subject_id}
    forms = Counter(one.rater_id for one in known if not one.declined)
    readers = rules.readers_of(frozen, rules.paths_of(frozen.subjects)[subject_id])
    named = rules.proposed_raters(tree, SubjectId(subject_id), group)
    people = load_people_of(session, named)
    takes = limits.seconds.get((subject_id, str(group)), 0)
    fit = [
        str(person.id)
        for one in fit_candidates(named, people, subject_id, limits)
        for person in (people[one],)
        if person.mailbox is not None
        and person.id not in asked
        and person.mailbox not in readers
        and 0 < takes <= limits.left(person.id)
    ]
    return next_fair(fit, forms, f"{frozen.id}/{subject_id}")
