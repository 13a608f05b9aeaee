"""What an action plan did, in sentences, and when that can be told."""

from collections.abc import Mapping

from app.http.visit import Visit
from app.infra.formats import Locale, day, period, score
from app.plans.values import ActionPlan, Measured, PlanState, WeDid
from app.scoring.effects import Verdict
from app.web.render import said
from app.words import in_locale

STATES: Mapping[PlanState, str] = {
    PlanState.OPEN: "Under way",
    PlanState.DONE: "Done",
    PlanState.DROPPED: "Dropped",
}
VERDICTS: Mapping[Verdict, str] = {
    Verdict.WORKED: "It worked",
    Verdict.DID_NOT: "It did not work",
    Verdict.UNCLEAR: "Unclear",
}
TONES: Mapping[Verdict, str] = {Verdict.WORKED: "good", Verdict.DID_NOT: "watch", Verdict.UNCLEAR: "neutral"}
_MEANINGS: Mapping[Verdict, str] = {
    Verdict.WORKED: "The change is larger than chance and what changed elsewhere explain.",
    Verdict.DID_NOT: "What was expected can be ruled out.",
    Verdict.UNCLEAR: "The measurement does not show whether the action worked. The difference is smaller than the doubt.",
}


def effect_of(visit: Visit, plan: ActionPlan, found: Measured | None) -> list[str]:
    """What a plan did: the two figures, the difference to what happened elsewhere, and what that means."""
    if found is None:
        told = said(
            visit,
            "This can be told once a round is released that begins after the plan did and ends on {day} or later.",
            day=day(plan.check_on, visit.locale),
        )
        return [told]
    sentences = [
        said(
            visit,
            "It was {before} before and {after} in {period}.",
            before=score(found.before, visit.locale),
            after=score(found.after, visit.locale),
            period=period(found.after_from, found.after_to, visit.locale),
        )
    ]
    if found.effect is None:
        few = "There are fewer than three others to compare with, so nobody can tell what would have happened anyway."
        return [*sentences, said(visit, few)]
    lo, hi = found.effect.interval
    sentences.append(
        said(
            visit,
            "That is {difference} points more than at {others} others where nothing was planned, probably between {lo} and {hi}.",
            difference=_signed(visit, found.effect.difference),
            others=found.others,
            lo=_signed(visit, lo),
            hi=_signed(visit, hi),
        )
    )
    return [*sentences, said(visit, _MEANINGS[found.verdict])]


def lines_of(words: WeDid, locale: Locale) -> list[str]:
    """What raters are told, in a language or the other one."""
    return [in_locale(words.heard, locale), in_locale(words.did, locale)]


def _signed(visit: Visit, points: float) -> str:
    told = score(abs(points), visit.locale)
    return told if points >= 0 or told == "0" else f"\N{MINUS SIGN}{told}"
