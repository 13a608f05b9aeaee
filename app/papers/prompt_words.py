"""What speaks against each other, in words: each prompt with the first question of the talk."""

from collections.abc import Mapping, Sequence

from app.followup.values import Basis, Prompt
from app.http.visit import Visit, said
from app.infra.formats import score
from app.scoring.contradictions import Question
from app.words import in_locale

_QUESTIONS: Mapping[Basis, Mapping[Question, str]] = {
    Basis.LEVEL: {
        Question.COST_OF_RESULT: "{other} is {more} points above its target and {one} {less} points below: what does the result cost?",
        Question.REACH_OF_BEHAVIOUR: "{one} is {more} points above its target and {other} {less} points below: does the behaviour reach the result?",
        Question.MORE_AT_LESS_YIELD: "{one} is {more} points above its target and {other} {less} points below: is it the right work?",
        Question.LESS_AT_MORE_YIELD: "{other} is {more} points above its target and {one} {less} points below: are only the easy ones taken?",
    },
    Basis.CHANGE: {
        Question.COST_OF_RESULT: "{other} is {more} points better than last time and {one} {less} points worse: what did it cost?",
        Question.REACH_OF_BEHAVIOUR: "{one} is {more} points better than last time and {other} {less} points worse: does the behaviour reach the result?",
        Question.MORE_AT_LESS_YIELD: "{one} is {more} points better than last time and {other} {less} points worse: is it the right work?",
        Question.LESS_AT_MORE_YIELD: "{other} is {more} points better than last time and {one} {less} points worse: are only the easy ones taken?",
    },
}
_OWN = {
    Question.BLIND_SPOT: "The own rating of {one} is {more} points above that of the others: what do they see?",
    Question.HIDDEN_STRENGTH: "The own rating of {one} is {more} points below that of the others: what holds it back?",
}


def questions_of(visit: Visit, prompts: Sequence[Prompt]) -> list[str]:
    """What speaks against each other, each with the first question to ask."""
    return [_question(visit, prompt) for prompt in prompts]


def _question(visit: Visit, prompt: Prompt) -> str:
    names = [in_locale(kpi.name, visit.locale) for kpi in prompt.kpis]
    points = [score(abs(difference), visit.locale) for difference in prompt.differences]
    if len(names) == 1:
        return said(visit, _OWN[prompt.question], one=names[0], more=points[0])
    first_is_better = prompt.differences[0] > 0
    more, less = (points[0], points[1]) if first_is_better else (points[1], points[0])
    words = _QUESTIONS[prompt.basis][prompt.question]
    return said(visit, words, one=names[0], other=names[1], more=more, less=less)
