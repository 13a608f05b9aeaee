"""Pure decisions about forms: which items a rater sees, what an answer may be, how long it takes, and what is refused."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from app.errors import Conflict, FieldError, Invalid, Malformed
from app.kpis.values import ScaleKind
from app.responses.values import FormCondition, FormItem, FormKpi, Option, Suspicion
from app.rounds.values import FrozenItem, FrozenKpi, FrozenScale

LEAST_SECONDS_PER_QUESTION = 2
LEAST_ALIKE = 4
CALM_SECONDS_PER_QUESTION = 5
REVIEW = timedelta(days=3)
"""So long a round that releases by itself waits for somebody to look at what was parked."""

YES_PARTLY_NO = (("no", 0.0), ("partly", 1.0), ("yes", 2.0))
MAX_COMMENT = 2000


class NothingAnswered(Invalid):
    """A submit without a single answer."""

    code = "nothing_answered"
    message = "Nothing is answered yet. Choose at least one answer, or could not observe."


class EmptySubmission(Malformed):
    """A submit without any field."""

    code = "empty_submission"
    message = "The form arrived empty. Open the link again and answer there."


class HintsGiven(Invalid):
    """A comment is worth thinking over; sent once more with `mark` it is taken as it is."""

    code = "comment_hints"
    message = "Read this once more before you send it. You may also send it as it is."

    def __init__(self, errors: Sequence[FieldError], mark: str) -> None:
        self.mark = mark
        super().__init__(errors)


class AlreadyFinal(Conflict):
    """An anonymous sheet was sent before and cannot be changed."""

    code = "already_final"
    message = "This answer is already in. An anonymous answer is final once it is sent, so it was not changed."


class DraftStaysOnDevice(Conflict):
    """No draft of an anonymous form is kept here."""

    code = "draft_stays_on_device"
    message = "A draft of an anonymous form stays on your own device. It is not kept here."


class NobodyAsked(Conflict):
    """A form is looked at that nobody would get: the round has no rater groups, or the KPI no weights."""

    code = "nobody_asked"
    message = "No rater group is asked here yet. Choose who rates first."


class ReviewOver(Conflict):
    """What is parked is decided between the close and the release: before, nothing is told of it; after, nothing moves."""

    code = "review_over"
    message = "Answers are looked at after the close and before the release. This round is not there, or not any more."


class RoundNotEmpty(Conflict):
    """Past ratings can only fill a draft that nobody has been assigned to."""

    code = "round_not_empty"
    message = "Past ratings need a draft round without assignments. Create a new round for them."


def answer_levels(scale: FrozenScale) -> tuple[tuple[str, float], ...]:
    """The exact form values of a scale with the level that each is stored as; empty for a slider.

    Levels: points the point itself; bars the place in rising order of anchor value, from 1; yes, partly, no
    2, 1, 0; recommend 0 to 10.
    """
    if scale.kind is ScaleKind.POINTS:
        return tuple((str(point), float(point)) for point in range(1, (scale.points or 0) + 1))
    if scale.kind is ScaleKind.BARS:
        rising = sorted((scale.levels or {}).items(), key=lambda level: level[1])
        return tuple((name, float(place)) for place, (name, _) in enumerate(rising, start=1))
    if scale.kind is ScaleKind.RECOMMEND:
        return tuple((str(point), float(point)) for point in range(11))
    return YES_PARTLY_NO if scale.kind is ScaleKind.YES_PARTLY_NO else ()


def item_numbers(kpis: Iterable[FrozenKpi]) -> dict[str, int]:
    """The number of every item of a round, from 1 in the frozen order; form fields are named by it."""
    items = [item.id for kpi in kpis for item in kpi.items]
    return {item_id: number for number, item_id in enumerate(items, start=1)}


def form_kpi(kpi: FrozenKpi, numbers: Mapping[str, int]) -> FormKpi:
    """A KPI as the form shows it."""
    conditions = {item.id: _form_condition(item, kpi, numbers) for item in kpi.items}
    items = tuple(_form_item(item, numbers[item.id], conditions[item.id]) for item in kpi.items)
    return FormKpi(kpi.kpi_id, kpi.name, items)


def answer_field(assignment_id: str, number: int) -> str:
    """The name of the form field of an item."""
    return f"{assignment_id}.{number}"


def comment_field(assignment_id: str) -> str:
    """The name of the form field of the comment about a subject."""
    return f"{assignment_id}.comment"


def is_low(answers: Mapping[str, float | None], kpis: Iterable[FrozenKpi]) -> bool:
    """Whether a sheet lies in the lower half: its answers, each from 0 to 1 on its scale, are below a half on average.

    Parameters
    ----------
    answers : level by item; None for "could not observe", which says nothing
    kpis : with the items and scales that were asked

    Formula: mean of (level - lowest)/(highest - lowest), turned around for reversed items; False without any.
    Source: what "low" means to whoever offers help; no score follows from it.
    """
    items = {item.id: item for kpi in kpis for item in kpi.scored_items}
    told = ((items[item_id], level) for item_id, level in answers.items() if item_id in items)
    shares = [_share(level, item) for item, level in told if level is not None]
    return bool(shares) and sum(shares) / len(shares) < 0.5


def _share(level: float, item: FrozenItem) -> float:
    levels = [known for _, known in answer_levels(item.scale)] or [item.scale.low or 0.0, item.scale.high or 100.0]
    share = (level - min(levels)) / (max(levels) - min(levels))
    return 1 - share if item.is_reversed else share


def suspicions_of(levels: Sequence[float | None], seconds: float | None) -> tuple[Suspicion, ...]:
    """Why an answer of a customer should be looked at before it counts; empty for most.

    Parameters
    ----------
    levels : the answers of one sheet; None for "could not observe"
    seconds : from the form being shown to its being sent, over all its questions; None where that is not known

    Returns
    -------
    Too fast: less than two seconds for each question. All the same: at least four questions, all answered alike, in
    less than five seconds for each, half of what reading takes. A happy customer answers alike, too, but not so fast;
    two or three equal answers mean nothing, so the usual short form is never suspected of it.

    Source: Huang, Curran, Keeney, Poposki & DeShon 2012, J. Bus. Psychol. 27, 99-114 (two seconds per item);
    Curran 2016, J. Exp. Soc. Psychol. 66, 4-19 (long strings).

    >>> [one.value for one in suspicions_of([5.0, 5.0, 5.0, 5.0], 7.9)], suspicions_of([5.0, 5.0], 4.0)
    (['too_fast', 'all_the_same'], ())
    >>> suspicions_of([5.0, 5.0, 5.0, 5.0], 20.0), suspicions_of([5.0, 5.0, 5.0, 5.0], None)
    ((), ())
    """
    if seconds is None:
        return ()
    found = []
    if seconds < LEAST_SECONDS_PER_QUESTION * len(levels):
        found.append(Suspicion.TOO_FAST)
    alike = len(levels) >= LEAST_ALIKE and None not in levels and len(set(levels)) == 1
    if alike and seconds < CALM_SECONDS_PER_QUESTION * len(levels):
        found.append(Suspicion.ALL_THE_SAME)
    return tuple(found)


def levels_asked(item: FrozenItem, trigger: FrozenItem) -> dict[str, float]:
    """The answers to the earlier item after which a conditional item is asked: form values with their levels."""
    levels = answer_levels(trigger.scale)
    if item.condition is None:
        return dict(levels)
    values = [value for value, _ in levels]
    return dict(levels[values.index(item.condition.lowest) : values.index(item.condition.highest) + 1])


def _options(item: FrozenItem) -> tuple[Option, ...]:
    return tuple(Option(value, item.anchors.get(value)) for value, _ in answer_levels(item.scale))


def _form_condition(item: FrozenItem, kpi: FrozenKpi, numbers: Mapping[str, int]) -> FormCondition | None:
    trigger = kpi.item_before(item)
    if trigger is None:
        return None
    asked = levels_asked(item, trigger)
    answers = tuple(option for option in _options(trigger) if option.value in asked)
    return FormCondition(numbers[trigger.id], trigger.name, trigger.scale.kind, answers)


def _form_item(item: FrozenItem, number: int, condition: FormCondition | None) -> FormItem:
    scale = item.scale
    return FormItem(
        number, item.id, item.name, item.question, scale.kind, _options(item), scale.low, scale.high, condition
    )
