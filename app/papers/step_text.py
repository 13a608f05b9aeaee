"""The one next step of a summary in sentences: the same facts on page, paper, workbook and agenda, in either language."""

from app.deferred import dataclass
from app.http.visit import Visit, said
from app.infra.formats import number, points_range, score
from app.organisation.values import SubjectKind
from app.summaries.values import NextStep, Summary
from app.words import in_locale

_STANDS = "It stands at {score}. The target is {target}."
_LIKELY = "It stands at {score}, probably {likely}. The target is {target}."


@dataclass(frozen=True, slots=True)
class StepText:
    """What to work on, how it stands, what to try, and where to learn; the last two empty where nothing is recorded.

    exercise : what to try, or what to do instead where nothing is recorded
    """

    work_on: str
    stands: str
    exercise: str
    resource: str
    url: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it, one after the other."""
        learn = (f"{self.resource} ({self.url})",) if self.url else ()
        return (self.work_on, self.stands, self.exercise, *learn)


def step_text(visit: Visit, summary: Summary) -> StepText | None:
    """The next step that a summary suggests; none where the figures suggest none."""
    return None if summary.step is None else step_of(visit, summary.step, summary.subject.kind)


def step_of(visit: Visit, step: NextStep, kind: SubjectKind) -> StepText:
    """A next step of a person or unit."""
    figure, practice = step.item.figure, step.item.practice
    names = {"item": in_locale(step.item.name, visit.locale), "kpi": in_locale(step.kpi, visit.locale)}
    resource = practice.resource
    return StepText(
        work_on=said(visit, "Work on {item}, under {kpi}.", **names),
        stands=said(
            visit,
            _STANDS if figure.lo is None else _LIKELY,
            score=score(figure.score, visit.locale),
            likely=points_range(figure.lo, figure.hi),
            target=number(step.target, visit.locale, 0),
        ),
        exercise=_exercise(visit, step, kind),
        resource=""
        if resource is None
        else said(visit, "To learn from: {title}", title=in_locale(resource.title, visit.locale)),
        url="" if resource is None else resource.url,
    )


def _exercise(visit: Visit, step: NextStep, kind: SubjectKind) -> str:
    exercise = step.item.practice.exercise
    if exercise is not None:
        text = in_locale(exercise.text, visit.locale)
        return said(visit, "Exercise ({minutes} min): {text}", minutes=exercise.minutes, text=text)
    if kind is SubjectKind.PERSON:
        return said(visit, "No exercise is recorded for it: agree on one in the talk.")
    return said(visit, "No exercise is recorded for it: agree on one together.")
