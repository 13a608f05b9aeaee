"""What decisions led to, as the ledger and a case print it: their plans, and whether those worked."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.decisions.values import DecisionCase
from app.http.visit import Visit
from app.infra.database import ReadSession
from app.infra.paging import MAX_LIMIT, PageRequest
from app.plans.effect import find_effects
from app.plans.queries import list_plans
from app.plans.values import PlanFilter
from app.web.plan_words import STATES, TONES, VERDICTS
from app.web.render import said


class Outcome(NamedTuple):
    """A plan that a decision led to: its address, and in a word whether it worked, or how far it has come."""

    what: str
    href: str
    word: str
    tone: str


def outcomes_of(session: ReadSession, visit: Visit, cases: Sequence[DecisionCase]) -> Mapping[str, Sequence[Outcome]]:
    """By case what came of it; as many statements for one as for a page of them, and none where nothing is decided."""
    decided = {case.id: case.company_id for case in cases if case.decision is not None}
    if not decided:
        return {}
    part, led_to = PageRequest(limit=MAX_LIMIT), PlanFilter(case_ids=frozenset(decided))
    company_id = next(iter(decided.values()))
    plans = list_plans(session, visit.viewer, company_id, part, chosen=led_to, on=visit.today).items
    effects = find_effects(session, visit.viewer, plans, on=visit.today) if plans else {}
    found: defaultdict[str, list[Outcome]] = defaultdict(list)
    for plan in plans:
        effect = effects.get(plan.id)
        word, tone = (VERDICTS[effect.verdict], TONES[effect.verdict]) if effect else (STATES[plan.state], "neutral")
        found[plan.case_id or ""].append(Outcome(plan.what, f"/plans/{plan.id}", said(visit, word), tone))
    return found
