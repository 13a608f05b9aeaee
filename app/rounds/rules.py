"""Pure decisions about rounds: policies and times, who rates whom, what they are asked, who counts, when to close."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from app.dossiers.values import Measure
from app.errors import Conflict, Invalid
from app.kpis.rules import SECONDS_PER_QUESTION, SECONDS_PER_SUBJECT
from app.kpis.values import KpiId, KpiKind, Level, RaterGroup, ScorecardLine
from app.organisation.values import UNIT_KINDS, SubjectId, SubjectKind, Tree
from app.rounds.values import (
    PROTECTED_MODES,
    AssignmentSource,
    FrozenKpi,
    FrozenRound,
    FrozenSubject,
    GroupPolicy,
    Mode,
    Round,
    RoundState,
)

GRACE = timedelta(minutes=30)
"""Everybody's time after the printed closing time; the round counts as closed only then."""

OPEN_LISTS = (RaterGroup.CUSTOMER, RaterGroup.MYSTERY_SHOPPER)
"""Groups that may be added to while the round is open: encounters and visits happen meanwhile."""

FROM_STRUCTURE = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE, RaterGroup.DIRECT_REPORT, RaterGroup.SELF)

_CONTROLLING = {Measure.MYSTERY_VISITS: RaterGroup.MYSTERY_SHOPPER, Measure.CUSTOMER_RATINGS: RaterGroup.CUSTOMER}

LEVELS: Mapping[SubjectKind, Level] = {
    SubjectKind.COMPANY: Level.COMPANY,
    SubjectKind.DEPARTMENT: Level.DEPARTMENT,
    SubjectKind.TEAM: Level.TEAM,
    SubjectKind.PERSON: Level.PERSON,
}


REPLACED_UNTIL = timedelta(hours=24)
"""Nobody is asked in another's place when less time than this is left: a letter has to arrive and be read."""

CLOSE_BY = timedelta(days=28)
"""Rounds with no more than this between them are compared, so that no subtraction between them opens an atom (R10)."""


class RoundNotDraft(Conflict):
    """The round is launched, and what was promised stays."""

    code = "round_not_draft"
    message = "The round has started, so this is fixed. Make a new round to ask in another way."


class RoundNotOpen(Conflict):
    """Only an open round can be closed, extended or added to."""

    code = "round_not_open"
    message = "The round is not open."


class RoundNotClosed(Conflict):
    """Only a closed round can be released."""

    code = "round_not_closed"
    message = "The round has to be closed first."


class RoundIncomplete(Invalid):
    """Something is missing before the round can be launched."""

    code = "round_incomplete"
    message = "The round cannot start yet."


class NothingToPublish(Conflict):
    """Even if everyone answers, no figure of any subject could be shown."""

    code = "nothing_to_publish"
    message = "Nobody's figures could be shown, even if everyone answers. Ask more people or more groups."


class ConfirmationNeeded(Conflict):
    """Some cells of the preview cannot be shown for sure; whoever launches has to have seen them."""

    code = "confirmation_needed"
    message = "Not everything can be shown. Look at the preview and confirm that you want to ask all the same."


class ExternalIdTaken(Conflict):
    """Another round of the company carries this id of its own."""

    code = "external_id_taken"
    message = "Another one already has the id {external_id}."


class NobodyToNominate(Conflict):
    """The round rates no person, or asks neither colleagues nor customers."""

    code = "nobody_to_nominate"
    message = "Nobody can propose raters here: the round rates no people, or asks neither colleagues nor customers."


class DecidedAlready(Conflict):
    """Somebody has approved or refused the proposal."""

    code = "decided_already"
    message = "This is decided already."


class AnsweredAlready(Conflict):
    """What is answered cannot be declined any more."""

    code = "answered_already"
    message = "You have answered about this one already. Until the round closes you can change the answer."


class AlreadyApart(Conflict):
    """The two are kept apart already."""

    code = "already_apart"
    message = "These two are marked already."


class SecondPersonNeeded(Conflict):
    """Who added a rater cannot approve the same rater."""

    code = "second_person_needed"
    message = "Somebody else than the one who added this rater has to approve."


# ------------------------------------------------------------ states and times


def require_draft(round_: Round) -> None:
    """Raise RoundNotDraft once the round is launched."""
    if round_.state is not RoundState.DRAFT:
        raise RoundNotDraft


def closes_for_all_at(closes_at: datetime, extended_until: datetime | None) -> datetime:
    """When the round counts as closed: grace after the closing time, or after the latest extension of anybody."""
    return max(closes_at, extended_until or closes_at) + GRACE


def are_close_by(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether at most 28 days lie between two rounds, each from its opening to its end; rounds that overlap are close.

    >>> from datetime import UTC
    >>> january, may = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 5, 4, tzinfo=UTC)
    >>> week = timedelta(days=7)
    >>> are_close_by((january, january + week), (january + 5 * week, may)), are_close_by((january, january), (may, may))
    (True, False)
    """
    return one[0] - other[1] <= CLOSE_BY and other[0] - one[1] <= CLOSE_BY


def due_reminders(reminders: Iterable[datetime], *, now: datetime) -> int:
    """How many reminders should have gone out by now.

    >>> from datetime import UTC
    >>> monday = datetime(2026, 11, 23, 9, tzinfo=UTC)
    >>> due_reminders([monday, monday + timedelta(days=2)], now=monday)
    1
    """
    return sum(at <= now for at in reminders)


def minutes_to_answer(questions: int, subjects: int) -> int:
    """Whole minutes that a form takes, at least 1, rounded up.

    >>> minutes_to_answer(2, 1), minutes_to_answer(12, 3)
    (1, 3)
    """
    return max(1, -(-(questions * SECONDS_PER_QUESTION + subjects * SECONDS_PER_SUBJECT) // 60))


# ------------------------------------------------------------ who rates whom, and what


def proposed_raters(tree: Tree, subject_id: SubjectId, rater_group: RaterGroup) -> tuple[SubjectId, ...]:
    """The person-subjects that the structure names as raters of a subject in a group; nobody for lists.

    Manager of a person: who leads the nearest unit above that the person does not lead; of a unit: who leads the
    nearest unit above. Colleagues: the same unit without its leader; of leaders, the other leaders right under the
    same unit. Direct reports: the members of the units the person leads and the leaders of the units right below.
    """
    kind = tree.subjects[subject_id].kind
    if kind in UNIT_KINDS:
        return _above(tree, subject_id) if rater_group is RaterGroup.MANAGER else ()
    if kind is not SubjectKind.PERSON:
        return ()
    if rater_group is RaterGroup.SELF:
        return (subject_id,)
    if rater_group is RaterGroup.MANAGER:
        return tree.managers_of(subject_id)
    if rater_group is RaterGroup.COLLEAGUE:
        return _colleagues(tree, subject_id)
    return _direct_reports(tree, subject_id) if rater_group is RaterGroup.DIRECT_REPORT else ()


def _above(tree: Tree, unit_id: SubjectId) -> tuple[SubjectId, ...]:
    own = set(tree.leaders(unit_id))
    for place in reversed(tree.path(unit_id)[:-1]):
        leaders = tuple(leader for leader in tree.leaders(place) if leader not in own)
        if leaders:
            return leaders
    return ()


def _colleagues(tree: Tree, person_id: SubjectId) -> tuple[SubjectId, ...]:
    led = tree.units_led(person_id)
    if not led:
        unit_id = tree.path(person_id)[-2]
        leaders = set(tree.leaders(unit_id))
        return tuple(other for other in tree.members(unit_id) if other != person_id and other not in leaders)
    beside = (unit for own in led if len(tree.path(own)) > 1 for unit in tree.children(tree.path(own)[-2]))
    found = {leader: None for unit in beside if unit not in led for leader in tree.leaders(unit)}
    return tuple(leader for leader in found if leader != person_id)


def _direct_reports(tree: Tree, person_id: SubjectId) -> tuple[SubjectId, ...]:
    found: dict[SubjectId, None] = {}
    for unit_id in tree.units_led(person_id):
        beside = set(tree.leaders(unit_id))
        found.update(dict.fromkeys(member for member in tree.members(unit_id) if member not in beside))
        for below in tree.children(unit_id):
            found.update(dict.fromkeys(leader for leader in tree.leaders(below) if leader not in beside))
    return tuple(found)


def is_asked(kpi: FrozenKpi, rater_group: RaterGroup) -> bool:
    """Whether a rater group is asked about a soft KPI of the round: it weighs in it, or is self, who sees all."""
    return kpi.weights.get(rater_group, 0) > 0 or (rater_group is RaterGroup.SELF and bool(kpi.weights))


def kpis_on_card(kpis: Iterable[FrozenKpi], card: Collection[str], rater_group: RaterGroup) -> tuple[FrozenKpi, ...]:
    """The soft KPIs of a card that a rater group is asked about, in the order of the round."""
    return tuple(kpi for kpi in kpis if kpi.kind is KpiKind.SOFT and kpi.kpi_id in card and is_asked(kpi, rater_group))


def kpis_asked(kpis: Iterable[FrozenKpi], subject: FrozenSubject, rater_group: RaterGroup) -> tuple[FrozenKpi, ...]:
    """The soft KPIs that a rater group is asked about a subject."""
    return kpis_on_card(kpis, {line.kpi_id for line in subject.card}, rater_group)


def card_or_equal(
    card: Sequence[ScorecardLine], asked: Sequence[FrozenKpi], kind: SubjectKind
) -> tuple[ScorecardLine, ...]:
    """The card of a subject; where none applies (and for competitors), what the round asks about, weighing alike."""
    if card and kind is not SubjectKind.COMPETITOR:
        return tuple(card)
    return tuple(ScorecardLine(KpiId(kpi.kpi_id), 1.0, is_required=False, in_focus=False) for kpi in asked)


# ------------------------------------------------------------ who counts


def exposed(frozen: FrozenRound, measure: Measure) -> tuple[FrozenSubject, ...]:
    """Who is rated in a way that is a control measure: own people by customers, own people and units by shoppers.

    A shop that is visited is visited where its people work; competitors' people are not ours to control.
    """
    groups = {policy.rater_group for policy in frozen.groups}
    if _CONTROLLING[measure] not in groups:
        return ()
    rated = (subject for subject in frozen.subjects if subject.is_rated)
    if measure is Measure.CUSTOMER_RATINGS:
        return tuple(subject for subject in rated if subject.kind is SubjectKind.PERSON)
    return tuple(subject for subject in rated if subject.kind is not SubjectKind.COMPETITOR)


def readers_of(frozen: FrozenRound, path: Iterable[str]) -> frozenset[str]:
    """Mailboxes that could read results about the last subject of a path when the round was launched (R2)."""
    return frozenset(mailbox for place in path for mailbox in frozen.readers.get(place, ()))


def paths_of(subjects: Sequence[FrozenSubject]) -> dict[str, tuple[str, ...]]:
    """From the scope of the round to each subject; parents come before their children."""
    paths: dict[str, tuple[str, ...]] = {}
    for subject in subjects:
        above = paths.get(subject.parent_id, ()) if subject.parent_id else ()
        paths[subject.id] = (*above, subject.id)
    return paths


def parents_first(subjects: Iterable[FrozenSubject]) -> list[FrozenSubject]:
    """Frozen subjects by name, each after its parent."""
    below: defaultdict[str | None, list[FrozenSubject]] = defaultdict(list)
    for subject in sorted(subjects, key=lambda one: (one.name.casefold(), one.id)):
        below[subject.parent_id].append(subject)
    ordered = list(below[None])
    for subject in ordered:
        ordered += below[subject.id]
    return ordered


def is_counted(*, is_subject: bool, is_reader: bool, awaits_approval: bool) -> bool:
    """Whether a rater counts towards the minimum: a sheet that does not count still goes into the mean."""
    return not (is_subject or is_reader or awaits_approval)


def is_visit(rater_group: RaterGroup, source: AssignmentSource) -> bool:
    """Whether an assignment stands for a mystery visit that was made, ordered and reported outside the round.

    Nobody was asked for a form, and who came is told to nobody who reads results there.

    >>> is_visit(RaterGroup.MYSTERY_SHOPPER, AssignmentSource.ENCOUNTER)
    True
    >>> (
    ...     is_visit(RaterGroup.MYSTERY_SHOPPER, AssignmentSource.LIST),
    ...     is_visit(RaterGroup.CUSTOMER, AssignmentSource.ENCOUNTER),
    ... )
    (False, False)
    """
    return rater_group is RaterGroup.MYSTERY_SHOPPER and source is AssignmentSource.ENCOUNTER


def hides_rater(rater_group: RaterGroup, mode: Mode) -> bool:
    """Whether who rates is told to nobody who reads results about whom the rater comes to: mystery shoppers.

    >>> hides_rater(RaterGroup.MYSTERY_SHOPPER, Mode.REPORT), hides_rater(RaterGroup.MYSTERY_SHOPPER, Mode.NAMED)
    (True, False)
    >>> hides_rater(RaterGroup.COLLEAGUE, Mode.CONFIDENTIAL)
    False
    """
    return rater_group is RaterGroup.MYSTERY_SHOPPER and mode is not Mode.NAMED


def takes_visits_alone(groups: Iterable[GroupPolicy]) -> bool:
    """Whether a round is made of mystery visits and nothing else, so that it needs nobody to be asked.

    >>> shoppers = GroupPolicy(RaterGroup.MYSTERY_SHOPPER, Mode.REPORT, 3, 3)
    >>> manager = GroupPolicy(RaterGroup.MANAGER, Mode.NAMED, 1, 1)
    >>> takes_visits_alone([shoppers]), takes_visits_alone([shoppers, manager]), takes_visits_alone([])
    (True, False, False)
    """
    modes = {policy.mode for policy in groups}
    return modes == {Mode.REPORT}


def is_protected(mode: Mode) -> bool:
    """Whether only whole atoms of the group may be read."""
    return mode in PROTECTED_MODES


def percent_in_tens(answered: int, asked: int, k: int) -> int | None:
    """The share that has answered in whole tens, downwards; None while fewer than k have (R9).

    >>> percent_in_tens(2, 4, 3), percent_in_tens(13, 20, 5)
    (None, 60)
    """
    return None if answered < k or asked == 0 else answered * 10 // asked * 10
