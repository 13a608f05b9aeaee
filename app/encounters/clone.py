"""Asking again as before: a draft like a round that is there, for the period that follows it, with raters of today."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.encounters.propose import propose_assignments
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, NBSP, Locale, choose_locale, local_day, period
from app.journal.commands import record
from app.kpis.queries import load_kpis
from app.kpis.values import Kpi, KpiId, KpiKind, KpiState
from app.organisation.queries import load_subjects
from app.rounds.checks import SHORTEST
from app.rounds.commands import create_round, draft_of, set_groups, set_rated_subjects, set_round_kpis
from app.rounds.queries import load_rated, take_round
from app.rounds.values import GroupPolicy, Round, RoundDraft, RoundKpi
from app.scoring.steps import span_after
from app.words import Words

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a round asked whom about."""

    groups: Sequence[GroupPolicy]
    kpis: Sequence[RoundKpi]
    rated: Sequence[str]


def clone_round(
    session: WriteSession, viewer: Viewer, round_id: str, *, not_before: date | None = None, now: datetime
) -> Round:
    """Begin a draft with the scope, people, KPIs, groups, weights and texts of a round, and the next period.

    For who may write rounds at its scope. The draft is called after its own period. Opening, closing and reminders
    move as many days as the period does, to the nearest weekday at the same hour; where that time is over, the first period that can still be
    asked about is taken, and none that begins before `not_before`. KPIs that are not active and people who left are
    left out; the structure and encounters of today propose who rates whom. Orders no visit, sends nothing. Not idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    wanted = next_draft(draft_of(round_), not_before=not_before, now=now)
    made = create_round(session, viewer, round_.company_id, wanted, now=now)
    asked = Asked(round_.groups, round_.kpis, load_rated(session, round_.id))
    filled = fill_draft(session, viewer, made, asked, now=now)
    record(
        session,
        viewer.actor,
        "round.cloned",
        company_id=made.company_id,
        object_kind="round",
        object_id=made.id,
        details={"round_id": round_.id},
        now=now,
    )
    return filled


def fill_draft(session: WriteSession, viewer: Viewer, draft: Round, asked: Asked, *, now: datetime) -> Round:
    """Fill a draft with groups, KPIs and people of an earlier round, as far as they are still there, and propose who rates whom.

    Customers who were met lately take the place of those who were met before.
    """
    today = local_day(now)
    known = load_kpis(session, [one.kpi_id for one in asked.kpis], on=today)
    kpis = [one for one in asked.kpis if _is_asked(known[KpiId(one.kpi_id)])]
    subjects = load_subjects(session, asked.rated, on=today)
    there = {str(one.id) for one in subjects.values() if draft.scope_id in one.path and one.closed_on is None}
    set_groups(session, viewer, draft.id, asked.groups, now=now)
    set_round_kpis(session, viewer, draft.id, kpis, now=now)
    set_rated_subjects(session, viewer, draft.id, [one for one in asked.rated if one in there], now=now)
    propose_assignments(session, viewer, draft.id, now=now)
    return take_round(session, viewer, draft.id, now=now)


def _is_asked(kpi: Kpi) -> bool:
    return kpi.kind is KpiKind.SOFT and kpi.state is KpiState.ACTIVE


def next_draft(draft: RoundDraft, *, not_before: date | None = None, now: datetime) -> RoundDraft:
    """The same for the next period; for a later one while there would be no time to answer, or it begins too early."""
    moved = _moved(draft)
    while moved.closes_at - now < SHORTEST or (not_before is not None and moved.period_start < not_before):
        moved = _moved(moved)
    return replace(_on_weekdays(moved), name=named_after(draft.name, _span(draft), _span(moved)))


def _on_weekdays(draft: RoundDraft) -> RoundDraft:
    """The same with every time on the nearest weekday, unless the round would be too short then."""
    opens_at, closes_at = _weekday(draft.opens_at), _weekday(draft.closes_at)
    if closes_at - opens_at < SHORTEST:
        return draft
    within = (_weekday(at) for at in draft.reminders)
    reminders = tuple(at for at in dict.fromkeys(within) if opens_at < at < closes_at)
    return replace(draft, opens_at=opens_at, closes_at=closes_at, reminders=reminders)


def _weekday(at: datetime) -> datetime:
    """Friday for a Saturday, Monday for a Sunday, so that times do not creep one way from round to round."""
    days = {5: -1, 6: 1}.get(at.astimezone(DEFAULT_ZONE).weekday(), 0)
    return _later(at, timedelta(days=days))


def named_after(name: Words, before: Span, after: Span) -> Words:
    """What a round is called that asks again about another period.

    Parameters
    ----------
    name : of the earlier round, in each language
    before, after : the periods of both

    Returns
    -------
    The name with the new period in the place of the old one; with the new period at its end where it names none.

    >>> quarters = [(date(2026, month, 1), date(2026, month + 2, 30 + (month == 10))) for month in (7, 10)]
    >>> named_after({"en": "Team Nord, third quarter 2026", "nb": "Team Nord"}, *quarters)["en"]
    'Team Nord, Q4 2026'
    """
    return {locale: _named(text, choose_locale(locale), before, after) for locale, text in name.items()}


def _named(text: str, locale: Locale, before: Span, after: Span) -> str:
    new = period(*after, locale).replace(NBSP, " ")
    for old in _called(before, locale):
        place = text.casefold().replace(NBSP, " ").find(old.casefold())
        if place >= 0:
            return f"{text[:place]}{new}{text[place + len(old) :]}"
    return f"{text}, {new}"


def _called(span: Span, locale: Locale) -> Iterator[str]:
    """What people call a period, the longest first."""
    usual = period(*span, locale).replace(NBSP, " ")
    quarter = (span[0].month + 2) // 3
    if usual.startswith(("Q", f"{quarter}. kvartal")):
        worded = f"{quarter}. kvartal" if locale == "nb" else f"{_ORDINALS[quarter - 1]} quarter"
        yield from (f"{worded} {span[0].year}", usual, worded)
    else:
        yield usual
        if span[0].month == span[1].month:
            yield usual.removesuffix(f" {span[0].year}")


_ORDINALS = ("first", "second", "third", "fourth")


def _span(draft: RoundDraft) -> Span:
    return draft.period_start, draft.period_end


def _moved(draft: RoundDraft) -> RoundDraft:
    first, last = span_after(draft.period_start, draft.period_end)
    days = first - draft.period_start
    return replace(
        draft,
        external_id=None,
        period_start=first,
        period_end=last,
        opens_at=_later(draft.opens_at, days),
        closes_at=_later(draft.closes_at, days),
        reminders=tuple(_later(at, days) for at in draft.reminders),
    )


def _later(at: datetime, days: timedelta) -> datetime:
    """So many days later at the same hour on the wall, whatever the clocks did in between."""
    local = at.astimezone(DEFAULT_ZONE)
    return (local.replace(tzinfo=None) + days).replace(tzinfo=DEFAULT_ZONE).astimezone(UTC)
