"""How the mystery visits of a round are ordered once more for the round that repeats it; the worker does so."""

from collections import Counter
from datetime import date, datetime

from app.accounts.rules import SERVICE
from app.errors import AppError
from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.repeats import rules
from app.repeats.values import Repetition
from app.rounds.queries import load_rated, load_rounds
from app.rounds.values import RoundId
from app.visits.commands import order_visit
from app.visits.queries import load_ordered
from app.visits.values import OrderDraft, Visit


def order_again(session: WriteSession, present: Repetition, *, now: datetime) -> int:
    """Order what was ordered for the round before; how many visits could not be.

    The same scenarios at the same places, as far as they are rated still and the round asks about their KPIs, as many
    days later; less what somebody has ordered already.
    """
    rounds = load_rounds(session, present.round_ids[:2])
    new, before = (rounds[RoundId(one)] for one in present.round_ids[:2])
    rated, asked = load_rated(session, new.id), {one.kpi_id for one in new.kpis}
    there = load_ordered(session, rated, new.period_start, new.period_end)
    known = Counter((one.scenario_id, one.subject_id) for one in there)
    later, today, left = new.period_start - before.period_start, local_day(now), 0
    for one in load_ordered(session, rated, before.period_start, before.period_end):
        if not any(kpi.kpi_id in asked for kpi in one.form.kpis):
            continue
        place = one.scenario_id, one.subject_id
        known[place] -= 1
        if known[place] < 0:
            days = rules.again(one.from_on, one.until_on, later, until=new.period_end, today=today)
            left += not _order(session, one, days, now=now)
    return left


def _order(session: WriteSession, like: Visit, days: tuple[date, date] | None, *, now: datetime) -> bool:
    """Order a visit like an earlier one on some days; whether that could be done."""
    if days is None:
        return False
    draft = OrderDraft(like.scenario_id, like.subject_id, "", "", *days, None)
    try:
        with session.begin_nested():
            order_visit(session, SERVICE, like.company_id, draft, now=now)
    except AppError:
        return False
    return True
