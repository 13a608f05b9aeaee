"""Pure decisions about dossiers: what one lacks, what contradicts itself, whether a round may start under it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta

from app.accounts.rules import Action, allowed, may
from app.accounts.values import Viewer
from app.dossiers.values import Dossier, DossierContent, Measure
from app.errors import FieldError

LONGEST_UNTIL_REVIEW = timedelta(days=366)
REMINDED_BEFORE = timedelta(days=14)

NO_MEASURE = "Say what the dossier is about: mystery visits, customer ratings or both."
NO_PURPOSE = "The dossier does not say what the measure is for."
NO_DISCUSSION_DAY = "The dossier does not say when the measure was discussed with the employees' representatives."
NO_DISCUSSION_PARTNER = "The dossier does not say with which representatives the measure was discussed."
NO_NOTICE_DAY = "The dossier does not say when the employees were told."
NO_NOTICE_WAY = "The dossier does not say how the employees were told."
NO_START = "The dossier does not say from which day on the measure is used."
NO_END = "The dossier does not say until which day the measure is used."
NO_REVIEW = "The dossier does not say when the measure is reviewed."
NO_RESPONSIBLE = "The dossier names nobody who is responsible."

ENDS_EARLY = "The measure ends on the day it begins, or later."
REVIEW_OUTSIDE = "The review lies after the first day and not after the last one."
REVIEW_LATE = "Review the measure within a year."
DISCUSSED_LATE = "The discussion comes before the measure begins."
NOTIFIED_LATE = "The employees are told before the measure begins."
NEXT_REVIEW_PASSED = "The next review lies after today."
REVIEW_FIRST = "The review is due. Write down what it came to; that sets the day of the next one."

NO_DOSSIER: Mapping[Measure, str] = {
    Measure.MYSTERY_VISITS: "Mystery visits to employees need a dossier first, with purpose, discussion, notice, duration and review.",
    Measure.CUSTOMER_RATINGS: "Ratings of employees by customers need a dossier first, with purpose, discussion, notice, duration and review.",
}
OTHER_TIME = "The dossier does not cover the whole time."
NOT_YET_DISCUSSED = "The discussion with the representatives that the dossier names lies ahead."
NOT_YET_NOTIFIED = "The day on which the dossier says employees are told lies ahead."
REVIEW_OVERDUE = "The review in the dossier is overdue. Review the measure before anything new starts under it."

_MISSING = (
    ("measures", NO_MEASURE),
    ("purpose", NO_PURPOSE),
    ("discussed_on", NO_DISCUSSION_DAY),
    ("discussed_with", NO_DISCUSSION_PARTNER),
    ("notified_on", NO_NOTICE_DAY),
    ("notified_how", NO_NOTICE_WAY),
    ("starts_on", NO_START),
    ("ends_on", NO_END),
    ("review_on", NO_REVIEW),
    ("responsible_id", NO_RESPONSIBLE),
)


def gaps(content: DossierContent) -> list[FieldError]:
    """What a dossier still lacks, in the order of its page; nothing once it is complete."""
    return [FieldError(name, sentence) for name, sentence in _MISSING if not getattr(content, name)]


def date_problems(content: DossierContent, *, today: date) -> list[FieldError]:
    """Which days contradict each other; days that are not known yet contradict nothing."""
    starts, ends, review = content.starts_on, content.ends_on, content.review_on
    found = []
    if starts and ends and ends < starts:
        found.append(FieldError("ends_on", ENDS_EARLY))
    if review and ((starts and review <= starts) or (ends and review > ends)):
        found.append(FieldError("review_on", REVIEW_OUTSIDE))
    elif review and review - max(starts or today, today) > LONGEST_UNTIL_REVIEW:
        found.append(FieldError("review_on", REVIEW_LATE))
    if starts and content.discussed_on and content.discussed_on > starts:
        found.append(FieldError("discussed_on", DISCUSSED_LATE))
    if starts and content.notified_on and content.notified_on > starts:
        found.append(FieldError("notified_on", NOTIFIED_LATE))
    return found


def review_problems(next_on: date, ends_on: date | None, *, today: date) -> list[FieldError]:
    """What is wrong with the day of the next review."""
    if next_on <= today:
        return [FieldError("next_on", NEXT_REVIEW_PASSED)]
    if next_on - today > LONGEST_UNTIL_REVIEW:
        return [FieldError("next_on", REVIEW_LATE)]
    return [FieldError("next_on", REVIEW_OUTSIDE)] if ends_on and next_on > ends_on else []


def launch_problems(
    dossiers: Iterable[Dossier], needed: Collection[Measure], first: date, last: date, *, today: date
) -> list[FieldError]:
    """Why something may not start: for each measure it needs, what the dossier that comes nearest lacks.

    Parameters
    ----------
    dossiers : those about the unit where it happens, or one above it
    needed : what people are exposed to
    first, last : the days from and to which they are

    Returns
    -------
    Nothing when every measure has a dossier that is complete, covers the time and is not overdue for review.

    Source: Arbeidstilsynet and Datatilsynet, "Kontroll og overvåking i arbeidslivet", 2019: purpose, discussion,
    information and regular evaluation of control measures (Working Environment Act, sections 9-1 and 9-2).
    """
    known = tuple(dossiers)
    found: list[FieldError] = []
    for measure in Measure:
        if measure in needed:
            about = [one for one in known if measure in one.content.measures]
            found += _nearest(about, first, last, today) if about else [FieldError("dossier", NO_DOSSIER[measure])]
    return list(dict.fromkeys(found))


def applying(dossiers: Iterable[Dossier], measure: Measure, first: date, last: date, *, today: date) -> Dossier | None:
    """The dossier under which a round may expose people to a measure."""
    return next(
        (one for one in dossiers if measure in one.content.measures and not _lacks(one, first, last, today)), None
    )


def due_reminder(content: DossierContent, *, today: date) -> int | None:
    """Which reminder of the review is due: 0 from two weeks before on, 1 from the day itself on; None before.

    A measure that is over needs no review.
    """
    if content.review_on is None or (content.ends_on is not None and content.ends_on < today):
        return None
    if today >= content.review_on:
        return 1
    return 0 if today >= content.review_on - REMINDED_BEFORE else None


def hides_overdue_review(present: DossierContent, wanted: DossierContent, *, today: date) -> bool:
    """Whether a change would move a review that is due, instead of holding it."""
    return present.review_on is not None and present.review_on <= today and wanted.review_on != present.review_on


def may_read(viewer: Viewer, path: Sequence[str], own_paths: Iterable[Sequence[str]]) -> bool:
    """Whether a viewer may read a dossier: who reads rules of rounds there or anywhere below, and every employee it covers."""
    reads_below = path[-1] in viewer.above and any(
        Action.RULES_READ in allowed(viewer, grant) for grant in viewer.grants
    )
    return may(viewer, Action.RULES_READ, path) or reads_below or any(path[-1] in own for own in own_paths)


def _nearest(about: Sequence[Dossier], first: date, last: date, today: date) -> list[FieldError]:
    lacking = [_lacks(one, first, last, today) for one in about]
    return min(lacking, key=len)


def _lacks(dossier: Dossier, first: date, last: date, today: date) -> list[FieldError]:
    content = dossier.content
    found = [(error.field, error.message) for error in gaps(content)]
    if content.starts_on and content.ends_on and not content.starts_on <= first <= last <= content.ends_on:
        found.append(("starts_on", OTHER_TIME))
    if content.discussed_on and content.discussed_on > today:
        found.append(("discussed_on", NOT_YET_DISCUSSED))
    if content.notified_on and content.notified_on > today:
        found.append(("notified_on", NOT_YET_NOTIFIED))
    if content.review_on and content.review_on < today:
        found.append(("review_on", REVIEW_OVERDUE))
    return [FieldError(f"dossier.{dossier.id}.{field}", message) for field, message in found]
