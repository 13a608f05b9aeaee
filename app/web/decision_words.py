"""What a decision case says in words: its heading, what was found, the choices there are, and where each leads."""

from collections.abc import Mapping

from app.decisions.values import CaseCause, Choice, DecisionCase
from app.http.visit import Visit
from app.infra.formats import day
from app.scoring.charts import Side
from app.scoring.courses import State
from app.web import course_words as words
from app.web.render import said
from app.words import in_locale

CHOICES: Mapping[Choice, str] = {
    Choice.ACT: "Do something",
    Choice.ACCEPT: "Live with it",
    Choice.ADJUST: "Change the KPI",
    Choice.RETIRE: "Retire the KPI",
    Choice.FIND_OUT: "Find out more first",
}
HINTS: Mapping[Choice, str] = {
    Choice.ACT: "Somebody does something about it, by a day that is set.",
    Choice.ACCEPT: "It is known and all right as it is.",
    Choice.ADJUST: "It measures the wrong thing, or aims at the wrong target.",
    Choice.RETIRE: "Nobody needs it any more.",
    Choice.FIND_OUT: "Too little is known. If it still shows in 30 days, you are asked again.",
}


def title_of(visit: Visit, case: DecisionCase) -> str:
    """The case as a finding."""
    return words.heading_of(visit, case.kpi, case.subject, _kind(case))


def found_of(visit: Visit, case: DecisionCase) -> str:
    """What the course said when the case was opened, or what is asked."""
    found = case.found
    if found is None:
        return case.question
    sentences = []
    if found.rater_group is not None and found.item_name is not None:
        who = words.group_of(visit, found.rater_group)
        item = in_locale(found.item_name, visit.locale)
        sentences.append(said(visit, "{group}, item {item}.", group=who, item=item))
    if found.value is not None and found.usual is not None:
        latest, usual = (words.value_of(visit, case.kpi, one) for one in (found.value, found.usual))
        sentences.append(said(visit, "It was {latest}; usual is {usual}.", latest=latest, usual=usual))
    elif found.value is not None:
        sentences.append(said(visit, "It was {latest}.", latest=words.value_of(visit, case.kpi, found.value)))
    began = found.began_on or found.noticed_on
    sentences.append(said(visit, "Probably since {day}.", day=day(began, visit.locale)))
    return " ".join(sentences)


def next_step_of(case: DecisionCase) -> tuple[str, str]:
    """What to do next about a decision, and where: English words that the template translates; empty without one."""
    if case.decision is None:
        return "", ""
    course = f"/kpis/{case.kpi.id}/course/{case.subject.id}"
    return {
        Choice.ACT: ("Make a plan", f"/plans/new?case_id={case.id}"),
        Choice.ACCEPT: ("Accept the new level, so that it is learnt afresh", f"{course}/accept"),
        Choice.ADJUST: ("Write a new version of the KPI", f"/kpis/{case.kpi.id}/versions/new"),
        Choice.RETIRE: ("Retire the KPI", f"/kpis/{case.kpi.id}/retire"),
        Choice.FIND_OUT: ("Ask for more ratings in a new round", "/rounds/new"),
    }[case.decision.choice]


def _kind(case: DecisionCase) -> Side | State | str:
    if case.found is None:
        return State.LEARNING
    if case.cause is CaseCause.RED_LINE or case.found.is_low is None:
        return "red"
    return Side.LOW if case.found.is_low else Side.HIGH
