"""A form as its rater meets it, from what was frozen and who is asked about whom; nothing is read here. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime
from typing import NamedTuple, Self

from app.deferred import dataclass
from app.kpis.rules import patience, sheet_seconds
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.responses.rules import form_kpi, item_numbers
from app.responses.values import FormKpi, FormSubject, RatingForm
from app.rounds.rules import kpis_on_card, minutes_to_answer
from app.rounds.values import PROTECTED_MODES, FrozenKpi, FrozenScale, GroupPolicy, OverlapPlace
from app.scoring.disclosure import UNIT_RATERS
from app.words import DEFAULT_LOCALE, Words


class Asked(NamedTuple):
    """Somebody is asked about a subject in a group, like `people` who count; `card` are the KPIs of the subject."""

    assignment_id: str
    subject_id: str
    name: str
    kind: SubjectKind
    card: tuple[str, ...]
    rater_group: RaterGroup
    is_answered: bool
    people: int


@dataclass(frozen=True, slots=True)
class FormRecipe:
    """What all forms of a round share; frozen at launch, hence kept in memory, with the questions by card and group."""

    company_name: str
    round_name: Words
    purpose: Words
    asked_by: str
    period_start: date
    period_end: date
    promise_hash: str
    policies: Mapping[RaterGroup, GroupPolicy]
    kpis: tuple[FrozenKpi, ...]
    numbers: Mapping[str, int]
    scales: Mapping[str, FrozenScale]
    overlapping: frozenset[OverlapPlace]
    grows: bool
    moderated_by: str | None
    asked: dict[tuple[str, ...], tuple[FormKpi, ...]] = field(default_factory=dict)

    @classmethod
    def of(  # noqa: PLR0913 - a form has that many parts, all named
        cls,
        *,
        company_name: str,
        round_name: Words,
        purpose: Words,
        asked_by: str,
        period: tuple[date, date],
        promise_hash: str,
        groups: Iterable[GroupPolicy],
        kpis: tuple[FrozenKpi, ...],
        overlapping: frozenset[OverlapPlace] = frozenset(),
        grows: bool = False,
        moderated_by: str | None = None,
    ) -> Self:
        """The same from the frozen parts."""
        return cls(
            company_name=company_name,
            round_name=round_name,
            purpose=purpose,
            asked_by=asked_by,
            period_start=period[0],
            period_end=period[1],
            promise_hash=promise_hash,
            policies={policy.rater_group: policy for policy in groups},
            kpis=kpis,
            numbers=item_numbers(kpis),
            scales={item.id: item.scale for kpi in kpis for item in kpi.items},
            overlapping=overlapping,
            grows=grows,
            moderated_by=moderated_by,
        )


def form_subjects(recipe: FormRecipe, asked: Iterable[Asked]) -> tuple[FormSubject, ...]:
    """The subjects in their order, each with the questions for its group; whoever is not asked about is left out."""
    return tuple(subject for one in asked if (subject := _form_subject(recipe, one)).kpis)


@dataclass(frozen=True, slots=True)
class FormPreview:
    """A form as a rater group would meet it, for who sets it up: it belongs to nobody and cannot be sent.

    questions : about one subject, the most there are; `seconds` that they take, of `most_seconds` that may be asked for
    groups : everybody whose form can be looked at
    """

    rater_group: RaterGroup
    groups: tuple[RaterGroup, ...]
    form: RatingForm
    questions: int
    seconds: int
    most_seconds: int


def preview_of(
    recipe: FormRecipe, asked: Iterable[Asked], rater_group: RaterGroup, *, round_id: str, closes_at: datetime
) -> FormPreview:
    """The form that somebody of the group would meet who is asked about these subjects; its fields lead nowhere."""
    subjects = form_subjects(recipe, asked)
    questions = max((len(subject.items) for subject in subjects), default=0)
    form = RatingForm(
        round_id=round_id,
        company_name=recipe.company_name,
        round_name=recipe.round_name,
        purpose=recipe.purpose,
        asked_by=recipe.asked_by,
        rater_name=None,
        locale=DEFAULT_LOCALE,
        period_start=recipe.period_start,
        period_end=recipe.period_end,
        closes_at=closes_at,
        minutes=minutes_to_answer(sum(len(subject.items) for subject in subjects), len(subjects)),
        promise_hash=recipe.promise_hash,
        submission_id="",
        begun="",
        subjects=subjects,
        moderated_by=recipe.moderated_by,
    )
    seconds = sheet_seconds(questions) if questions else 0
    return FormPreview(rater_group, tuple(recipe.policies), form, questions, seconds, patience(rater_group))


def _form_subject(recipe: FormRecipe, asked: Asked) -> FormSubject:
    policy = recipe.policies[asked.rater_group]
    is_protected = policy.mode in PROTECTED_MODES
    least = max(UNIT_RATERS, policy.k) if is_protected and asked.kind is not SubjectKind.PERSON else policy.k
    # Who will be asked in a growing round is not known before its close, so it is not told as settled.
    is_overlapping = (asked.subject_id, (asked.rater_group,)) in recipe.overlapping
    is_carried_up = (asked.people < least and not recipe.grows) or is_overlapping
    return FormSubject(
        assignment_id=asked.assignment_id,
        subject_id=asked.subject_id,
        name=asked.name,
        kind=asked.kind,
        rater_group=asked.rater_group,
        mode=policy.mode,
        k=least,
        comment_k=max(least, policy.comment_k),
        is_answered=asked.is_answered,
        is_unit_only=is_protected and is_carried_up,
        kpis=_questions(recipe, asked.card, asked.rater_group),
    )


def _questions(recipe: FormRecipe, card: Sequence[str], group: RaterGroup) -> tuple[FormKpi, ...]:
    key = (*card, group)
    known = recipe.asked.get(key)
    if known is None:
        known = tuple(form_kpi(kpi, recipe.numbers) for kpi in kpis_on_card(recipe.kpis, card, group))
        recipe.asked[key] = known
    return known
