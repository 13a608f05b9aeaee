"""Checks of rounds: what is wrong with policies, weights and times, field by field. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from app.errors import FieldError
from app.kpis.values import RaterGroup
from app.rounds.values import GroupPolicy, Mode, Round, RoundDraft

SHORTEST, LONGEST = timedelta(hours=24), timedelta(days=366)
MOST_REMINDERS = 2
LEAST_K, MOST_K = 3, 20

ALWAYS_NAMED = (RaterGroup.MANAGER, RaterGroup.SELF)
"""Groups that can hold a single person, whom no minimum can protect."""

VISITING = (RaterGroup.MYSTERY_SHOPPER,)
"""Groups whose sheets are visits, one for each occasion."""

K_RANGE = "Choose a number from 3 to 20."
COMMENT_K_RANGE = "Choose at least the minimum of the group, at most 20."
MUST_BE_NAMED = "This group can hold a single person, so its answers are shown with the name."
ONLY_VISITS = "Only visits are shown one by one. Choose another mode for this group."
GROUP_TWICE = "Each rater group stands here once."
CLOSES_TOO_EARLY = "The round has to stay open for at least 24 hours."
CLOSES_TOO_LATE = "The round can stay open for at most 366 days."
CLOSES_IN_THE_PAST = "The closing time has passed. Choose a later one."
PERIOD_UPSIDE_DOWN = "The period has to end on the day it begins, or later."
REMINDER_OUTSIDE = "Reminders go out after the opening and before the closing time."
REMINDERS_TOO_MANY = "A round has at most two reminders."
NO_WEIGHT = "Give at least one rater group besides self a weight above 0."
NOT_ACTIVE = "This KPI is not active. Activate it first, or choose another one."
NOT_A_GROUP = "This rater group is not part of the round."


def default_policy(rater_group: RaterGroup) -> GroupPolicy:
    """Mode and minimums that a group has unless somebody chooses others.

    >>> default_policy(RaterGroup.CUSTOMER).mode.value, default_policy(RaterGroup.MANAGER).k
    ('confidential', 1)
    """
    if rater_group in ALWAYS_NAMED:
        return GroupPolicy(rater_group, Mode.NAMED, 1, 1)
    mode = Mode.REPORT if rater_group in VISITING else Mode.CONFIDENTIAL
    return GroupPolicy(rater_group, mode, LEAST_K, LEAST_K)


def policy_problems(groups: Sequence[GroupPolicy]) -> list[FieldError]:
    """What is wrong with the policies of a round's rater groups."""
    found: list[FieldError] = []
    for place, policy in enumerate(groups):
        if any(other.rater_group is policy.rater_group for other in groups[:place]):
            found.append(FieldError(f"groups.{place}.rater_group", GROUP_TWICE))
        found += [
            FieldError(f"groups.{place}.{field}", message, allowed) for field, message, allowed in _policy_gaps(policy)
        ]
    return found


def _policy_gaps(policy: GroupPolicy) -> list[tuple[str, str, str]]:
    if policy.rater_group in ALWAYS_NAMED and policy.mode is not Mode.NAMED:
        return [("mode", MUST_BE_NAMED, Mode.NAMED)]
    if policy.mode is Mode.REPORT and policy.rater_group not in VISITING:
        return [("mode", ONLY_VISITS, f"{Mode.NAMED}, {Mode.CONFIDENTIAL}, {Mode.ANONYMOUS}")]
    if policy.mode is Mode.NAMED:
        return []
    if not LEAST_K <= policy.k <= MOST_K:
        return [("k", K_RANGE, f"{LEAST_K}-{MOST_K}")]
    if not policy.k <= policy.comment_k <= MOST_K:
        return [("comment_k", COMMENT_K_RANGE, f"{policy.k}-{MOST_K}")]
    return []


def weight_problems(weights: Mapping[RaterGroup, float], groups: Iterable[RaterGroup], field: str) -> list[FieldError]:
    """What is wrong with the group weights of one KPI; self never weighs."""
    known = set(groups)
    found = [FieldError(f"{field}.{group}", NOT_A_GROUP) for group in weights if group not in known]
    if not any(weight > 0 for group, weight in weights.items() if group is not RaterGroup.SELF):
        found.append(FieldError(field, NO_WEIGHT))
    return found


def time_problems(draft: RoundDraft, *, now: datetime | None = None) -> list[FieldError]:
    """What is wrong with the times of a round; with `now`, also what the present moment rules out."""
    found: list[FieldError] = []
    if draft.period_end < draft.period_start:
        found.append(FieldError("period_end", PERIOD_UPSIDE_DOWN))
    begins = draft.opens_at if now is None else max(draft.opens_at, now)
    if now is not None and draft.closes_at <= now:
        found.append(FieldError("closes_at", CLOSES_IN_THE_PAST))
    elif draft.closes_at - begins < SHORTEST:
        found.append(FieldError("closes_at", CLOSES_TOO_EARLY, ">= 24 h"))
    elif draft.closes_at - draft.opens_at > LONGEST:
        found.append(FieldError("closes_at", CLOSES_TOO_LATE, "<= 366 d"))
    return found + reminder_problems(draft.reminders, opens_at=draft.opens_at, closes_at=draft.closes_at)


def reminder_problems(reminders: Sequence[datetime], *, opens_at: datetime, closes_at: datetime) -> list[FieldError]:
    """What is wrong with the reminders: more than two, or outside the time the round is open."""
    found = [FieldError("reminders", REMINDERS_TOO_MANY, "0-2")] if len(reminders) > MOST_REMINDERS else []
    return found + [
        FieldError(f"reminders.{place}", REMINDER_OUTSIDE)
        for place, at in enumerate(reminders)
        if not opens_at < at < closes_at
    ]


def open_change_problems(round_: Round, draft: RoundDraft, *, now: datetime) -> list[FieldError]:
    """What is wrong with a change of an open round, of which only closing time, reminders and release may move."""
    if draft.closes_at <= now:
        return [FieldError("closes_at", CLOSES_IN_THE_PAST)]
    if draft.closes_at - round_.opens_at > LONGEST:
        return [FieldError("closes_at", CLOSES_TOO_LATE, "<= 366 d")]
    return reminder_problems(draft.reminders, opens_at=round_.opens_at, closes_at=draft.closes_at)


def moves_only_times(round_: Round, draft: RoundDraft) -> bool:
    """Whether a change leaves alone what was promised at launch."""
    fixed = ("scope_id", "external_id", "name", "purpose", "asked_by", "period_start", "period_end", "opens_at")
    return all(getattr(round_, name) == getattr(draft, name) for name in (*fixed, "pooling", "moderated_by"))
