"""What a talk could be about, in sentences, and what is said after something was done about it."""

from collections.abc import Mapping, Sequence

from app.http.visit import Visit
from app.infra.formats import day, listing
from app.organisation.values import SubjectKind
from app.papers.prompt_words import questions_of
from app.papers.step_text import step_of
from app.talks.values import AgendaPoint, PointKind, Side
from app.web.render import Flash, said
from app.words import in_locale

DONE = {
    "arranged": Flash("good", "The talk is written down."),
    "opened": Flash("good", "The feedback is open.", "A letter says so, in working hours."),
    "read": Flash("good", "It is noted that you have read this."),
    "replied": Flash("good", "Your reply stands with the feedback."),
    "signed": Flash("good", "You have signed."),
}
SIDES: Mapping[Side, str] = {Side.LEADER: "Whoever leads", Side.PERSON: "Whom it is about"}
_WORDS: Mapping[PointKind, str] = {
    PointKind.FOCUS: "In focus: {about}. How is it going?",
    PointKind.STRENGTH: "What works well: {about}.",
    PointKind.DEVELOPMENT: "One thing to work on: {about}.",
    PointKind.CASE: "To be decided by {day}: {about}. {text}",
    PointKind.PLAN: "Under way about {about}: {text} The effect is looked at from {day}.",
    PointKind.AGREED: "Agreed last time, by {day}: {text}",
}


def agenda_lines(visit: Visit, points: Sequence[AgendaPoint]) -> list[str]:
    """The points that the rules propose, one sentence or two each."""
    return [_line(visit, point) for point in points]


def _line(visit: Visit, point: AgendaPoint) -> str:
    if point.prompt is not None:
        return questions_of(visit, [point.prompt])[0]
    if point.step is not None:
        told = " ".join(step_of(visit, point.step, SubjectKind.PERSON).sentences)
        return said(visit, "Next step: {told}", told=told)
    about = listing([in_locale(name, visit.locale) for name in point.about], visit.locale)
    by = "" if point.due_on is None else day(point.due_on, visit.locale)
    return said(visit, _WORDS[point.kind], about=about, day=by, text=point.text).strip()
