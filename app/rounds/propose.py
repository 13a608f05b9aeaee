"""Whom the structure of today proposes as raters, spread fairly, within the month's minutes, and never two kept apart."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.kpis.values import RaterGroup
from app.organisation.queries import load_people_of, load_tree
from app.organisation.values import Person, SubjectId
from app.reports import BulkReport
from app.rounds import rules
from app.rounds.assign import delete_assignments, insert_assignments, key_of_assignment, report_of
from app.rounds.limits import Limits, load_limits
from app.rounds.plan import most_colleagues, spread_colleagues, within_cap
from app.rounds.queries import load_assignments, load_rated, take_round
from app.rounds.values import Assignment, AssignmentSource, NewAssignment, Round

NO_LONGER_PROPOSED = "Earlier proposals that no longer fit were taken away."
SOME_COLLEAGUES = (
    "Of many colleagues only some are asked about each person, so that everybody gets about as many forms."
)
CAP_REACHED = "Some raters have no more time in the month of the round; where it was possible, others took their place."

Places = dict[tuple[str, str], tuple[SubjectId, ...]]
"""Raters, as the employees that they are, by whom they are to rate and in which group."""


def propose_assignments(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> BulkReport:
    """Let the structure of today name managers, colleagues, direct reports and self for everybody rated in a draft.

    For who may write rounds at its scope. Of many colleagues only some are named about each person (`plan`); nobody
    is named whom a conflict of interest keeps apart or whose month would become longer than the cap. What an earlier
    proposal named and this one does not is taken away; lists and raters added by hand stay. Sends nothing. Idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    rules.require_draft(round_)
    present = load_assignments(session, round_.id)
    limits = load_limits(session, round_, now=now)
    candidates, people = _candidates(session, round_, limits, now=now)
    chosen = _without_more_than_most(_spread(candidates, round_), round_, present, people)
    left = _left(limits, present, candidates, people)
    kept, full = within_cap(chosen, candidates, limits.seconds, left, round_.id)
    wanted = [
        NewAssignment(people[SubjectId(rater)].id, subject, RaterGroup(group))
        for (subject, group), raters in kept.items()
        for rater in raters
    ]
    known = {key_of_assignment(one): one for one in present}
    keys = {key_of_assignment(one) for one in wanted}
    stale = [one.id for key, one in known.items() if one.source is AssignmentSource.STRUCTURE and key not in keys]
    delete_assignments(session, stale)
    made = insert_assignments(session, round_, wanted, source=AssignmentSource.STRUCTURE, actor=viewer.actor)
    report = [report_of(number, one, made, known) for number, one in enumerate(wanted, start=1)]
    is_thinned = any(len(raters) < len(candidates[place]) for place, raters in chosen.items())
    warnings = {NO_LONGER_PROPOSED: bool(stale), SOME_COLLEAGUES: is_thinned, CAP_REACHED: bool(full)}
    return BulkReport(tuple(report), dry_run=False, warnings=tuple(text for text, is_so in warnings.items() if is_so))


def fit_candidates(
    named: Iterable[SubjectId], people: Mapping[SubjectId, Person], subject_id: str, limits: Limits
) -> tuple[SubjectId, ...]:
    """Those of the employees named for a subject who are known as people and whom nothing keeps apart from it."""
    return tuple(one for one in named if one in people and (people[one].id, subject_id) not in limits.apart)


def _candidates(
    session: WriteSession, round_: Round, limits: Limits, *, now: datetime
) -> tuple[Places, Mapping[SubjectId, Person]]:
    """Everybody whom the structure of today knows for each place, and the humans behind them."""
    tree = load_tree(session, round_.company_id, on=local_day(now))
    rated = [SubjectId(one) for one in load_rated(session, round_.id) if one in tree.subjects]
    groups = [policy.rater_group for policy in round_.groups if policy.rater_group in rules.FROM_STRUCTURE]
    named = {
        (subject, str(group)): rules.proposed_raters(tree, subject, group) for subject in rated for group in groups
    }
    people = load_people_of(session, {rater for raters in named.values() for rater in raters})
    return {place: fit_candidates(raters, people, place[0], limits) for place, raters in named.items()}, people


def _without_more_than_most(
    chosen: Places, round_: Round, present: Iterable[Assignment], people: Mapping[SubjectId, Person]
) -> Places:
    """Colleagues whom the rated people proposed themselves take the places of others."""
    group = RaterGroup.COLLEAGUE
    nominated: defaultdict[str, set[str]] = defaultdict(set)
    for one in present:
        if one.rater_group is group and one.source is AssignmentSource.NOMINATION:
            nominated[one.subject_id].add(one.rater_id)
    most = _most_colleagues(round_)
    return chosen | {
        (subject, str(group)): tuple(
            one for one in chosen[subject, str(group)] if people[one].id not in nominated[subject]
        )[: max(0, most - len(nominated[subject]))]
        for subject in nominated
        if (subject, str(group)) in chosen
    }


def _most_colleagues(round_: Round) -> int:
    least = {policy.rater_group: policy.k for policy in round_.groups}
    return most_colleagues(least.get(RaterGroup.COLLEAGUE, 0))


def _spread(candidates: Places, round_: Round) -> Places:
    """Of many colleagues some, the others all."""
    group = str(RaterGroup.COLLEAGUE)
    colleagues = {SubjectId(subject): raters for (subject, of_group), raters in candidates.items() if of_group == group}
    chosen = spread_colleagues(colleagues, _most_colleagues(round_), round_.id)
    return candidates | {(subject, group): raters for subject, raters in chosen.items()}


def _left(
    limits: Limits, present: Iterable[Assignment], candidates: Places, people: Mapping[SubjectId, Person]
) -> dict[str, int]:
    """What each candidate has left if nothing were proposed: an earlier proposal makes room for this one."""
    proposed = Counter[str]()
    could = {(people[rater].id, subject, group) for (subject, group), raters in candidates.items() for rater in raters}
    for one in present:
        is_candidate = (one.rater_id, one.subject_id, str(one.rater_group)) in could
        if is_candidate or one.source is AssignmentSource.STRUCTURE:
            proposed[one.rater_id] += limits.takes(one)
    return {rater: limits.left(person.id) + proposed[person.id] for rater, person in people.items()}
