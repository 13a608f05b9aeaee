"""Pure decisions about talks: what is proposed for the agenda, who holds them, what still waits, and what is fixed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.decisions.values import DecisionCase
from app.errors import Conflict, FieldError, Forbidden
from app.followup.values import Prompt
from app.organisation.values import SubjectId, Tree
from app.plans.values import ActionPlan
from app.summaries.values import Summary
from app.talks.values import AgendaPoint, Agreement, AgreementDraft, PointKind, Side, Talk, TalkDraft, TalkTask
from app.words import Words

MOST_AGREEMENTS = 5
MOST_STRENGTHS = 3
MOST_QUESTIONS = 3
KEPT = timedelta(weeks=4)
"""So long a talk that nobody held, or a summary that nobody read, is asked for; after that it is left in peace."""

LONGEST = timedelta(days=366)
WITHIN = "Choose a day from today on, at most a year ahead."
BY_WHEN = "Choose a day at most a year ahead."


class TalkSigned(Conflict):
    """Both sides have signed."""

    code = "talk_signed"
    message = "Both of you have signed this talk, so it stays as it is."


class TalkNotHeld(Conflict):
    """Nobody signs what is still to come."""

    code = "talk_not_held"
    message = "The talk can be signed from its day on."


class LeaderSignsFirst(Conflict):
    """The person signs what is written down by then."""

    code = "leader_signs_first"
    message = "Whoever leads signs first, so that you sign what stands."


class NotInTheTalk(Forbidden):
    """Neither of the two who talk."""

    code = "not_in_the_talk"
    message = "Only the two who talk do this."


class SignedBySystem(Forbidden):
    """A key is nobody who could agree on anything."""

    code = "signed_by_system"
    message = "People sign themselves, not through a key."


def leads(viewer: Viewer, path: Sequence[str]) -> bool:
    """Whether a viewer is on the side of those who lead a person; nobody is in a talk with himself.

    >>> from app.accounts.values import Grant, Role
    >>> amir = Viewer("account:1", grants=(Grant(Role.MANAGER, "team"),), own_subjects=frozenset({"amir"}))
    >>> leads(amir, ["team", "sofie"]), leads(amir, ["team", "amir"]), leads(amir, ["other", "lars"])
    (True, False, False)
    """
    if not may(viewer, Action.DECISIONS_WRITE, path) or not may(viewer, Action.RESULTS_READ, path):
        return False
    return path[-1] not in viewer.own_subjects


def is_nearest(tree: Tree, granted: Collection[str], person_id: str) -> bool:
    """Whether somebody leads a person with nobody nearer who does, so that the talk is his.

    Parameters
    ----------
    tree : the company today
    granted : units in which he may decide
    person_id : whom the talk is with

    Returns
    -------
    False, too, for who is in the company no more. Units that the person leads are passed over.
    """
    person = tree.subjects.get(SubjectId(person_id))
    for unit_id in reversed(person.path[:-1] if person is not None else ()):
        leaders = tree.leaders(unit_id)
        if person_id in leaders:
            continue
        if unit_id in granted:
            return True
        if leaders:
            return False
    return False


# ------------------------------------------------------------ the agenda


def agenda_of(
    summary: Summary,
    prompts: Iterable[Prompt],
    cases: Iterable[DecisionCase],
    plans: Iterable[ActionPlan],
    agreed: Iterable[Agreement],
    focus: Iterable[Words] = (),
) -> tuple[AgendaPoint, ...]:
    """What a talk could be about, from the figures and from what is under way.

    Parameters
    ----------
    summary : of the person
    prompts : what speaks against each other there; own ratings that differ are among them
    cases, plans : open ones about the person
    agreed : of the talk before
    focus : names of the KPIs that the person works on

    Returns
    -------
    What the person works on first, strengths together, then one development area, the next step, up to three questions,
    open cases, open plans, and what was agreed last time. Empty parts are left out.
    """
    found = summary.standouts
    strengths = tuple(one.name for one in found.strengths[:MOST_STRENGTHS]) if found is not None else ()
    in_focus = tuple(focus)
    points = [AgendaPoint(PointKind.FOCUS, in_focus)] if in_focus else []
    points += [AgendaPoint(PointKind.STRENGTH, strengths)] if strengths else []
    if found is not None:
        points += [
            AgendaPoint(PointKind.DEVELOPMENT, (one.name,), kpi_id=one.kpi_id) for one in found.development_areas[:1]
        ]
    if summary.step is not None:
        points.append(AgendaPoint(PointKind.STEP, (summary.step.kpi,), step=summary.step))
    points += [
        AgendaPoint(PointKind.QUESTION, tuple(kpi.name for kpi in one.kpis), prompt=one)
        for one in list(prompts)[:MOST_QUESTIONS]
    ]
    points += [AgendaPoint(PointKind.CASE, (one.kpi.name,), one.question, one.due_on) for one in cases]
    points += [AgendaPoint(PointKind.PLAN, (one.kpi.name,), one.what, one.check_on) for one in plans]
    points += [AgendaPoint(PointKind.AGREED, (), one.text, one.due_on) for one in agreed]
    return tuple(points)


# ------------------------------------------------------------ what is wanted, and what waits


def talk_problems(draft: TalkDraft, present: Talk, *, today: date) -> list[FieldError]:
    """What is wrong with the days of a talk; a day that it has already may lie behind.

    >>> from app.organisation.values import SubjectKind
    >>> from app.summaries.values import Place
    >>> talk = Talk("r", "c", Place("s", SubjectKind.PERSON, "Sofie"))
    >>> wanted = TalkDraft(date(2026, 11, 20), "", ())
    >>> [problem.field for problem in talk_problems(wanted, talk, today=date(2026, 11, 26))]
    ['talk_on']
    """
    span = f"{today.isoformat()} – {(today + LONGEST).isoformat()}"
    found = []
    day = present.talk_on if draft.talk_on is None else draft.talk_on
    if day is not None and day != present.talk_on and not today <= day <= today + LONGEST:
        found.append(FieldError("talk_on", WITHIN, span))
    for place, one in enumerate(draft.agreements):
        if one.due_on > today + LONGEST:
            found.append(FieldError(f"agreements.{place}.due_on", BY_WHEN, span))
    return found


def draft_of(talk: Talk) -> TalkDraft:
    """A talk as it would be wanted."""
    agreements = tuple(AgreementDraft(one.text, one.side, one.due_on) for one in talk.agreements)
    return TalkDraft(talk.talk_on, talk.agenda, agreements)


def require_signable(talk: Talk, side: Side, *, today: date) -> None:
    """Raise unless a side may sign today.

    Raises
    ------
    TalkNotHeld : it has no day, or that is still to come
    LeaderSignsFirst : the person would sign what can still change
    """
    if talk.talk_on is None or talk.talk_on > today:
        raise TalkNotHeld
    if side is Side.PERSON and talk.leader_signed_on is None:
        raise LeaderSignsFirst


def leader_task(talk: Talk, *, today: date) -> tuple[TalkTask, date] | None:
    """What a talk asks of who leads there, and by when; None where it asks nothing any more.

    >>> from app.organisation.values import SubjectKind
    >>> from app.summaries.values import Place
    >>> place = Place("s", SubjectKind.PERSON, "Sofie")
    >>> waiting = Talk("r", "c", place, opens_on=date(2026, 12, 7), latest_on=date(2026, 12, 7))
    >>> leader_task(waiting, today=date(2026, 11, 26))
    (<TalkTask.ARRANGE: 'arrange'>, datetime.date(2026, 12, 7))
    """
    if talk.leader_signed_on is not None:
        return None
    if talk.talk_on is None:
        latest = talk.latest_on
        return (TalkTask.ARRANGE, latest) if latest is not None and today <= latest + KEPT else None
    if talk.agreements and talk.talk_on <= today:
        return TalkTask.SIGN, talk.talk_on
    return (TalkTask.HOLD, talk.talk_on) if today <= talk.talk_on + KEPT else None


def person_task(talk: Talk, *, today: date) -> tuple[TalkTask, date] | None:
    """What a talk asks of the person whom it is about: to sign what the other side has signed, to read, to come.

    >>> from app.organisation.values import SubjectKind
    >>> from app.summaries.values import Place
    >>> place = Place("s", SubjectKind.PERSON, "Sofie")
    >>> waiting = Talk("r", "c", place, opens_on=date(2026, 12, 7), latest_on=date(2026, 12, 7))
    >>> person_task(waiting, today=date(2026, 11, 26)), person_task(waiting, today=date(2026, 12, 8))
    (None, (<TalkTask.READ: 'read'>, datetime.date(2026, 12, 7)))
    """
    if talk.person_signed_on is not None:
        return None
    if talk.leader_signed_on is not None:
        return TalkTask.SIGN, talk.leader_signed_on
    opened = talk.opens_on
    if opened is not None and opened <= today <= opened + KEPT and talk.read_on is None:
        return TalkTask.READ, opened
    if talk.talk_on is not None and talk.talk_on >= today:
        return TalkTask.HOLD, talk.talk_on
    return None
