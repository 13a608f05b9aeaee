"""How the rounds of a programme begin: one for each period of the calendar, by the worker."""

from datetime import date, datetime

from app.accounts.rules import SERVICE
from app.encounters import rules
from app.encounters.queries import FAILED_BEGINNING, take_programme
from app.encounters.tables import ProgrammePeriodRow, ProgrammeRow
from app.encounters.values import Programme, ProgrammeState
from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, choose_locale, local_day, period
from app.infra.ids import entropy_of
from app.infra.keys import SECRET_BYTES
from app.journal.commands import record
from app.kpis.values import RaterGroup
from app.organisation.queries import load_tree
from app.organisation.values import SubjectId, SubjectKind
from app.rounds.commands import create_round, launch_growing_round, set_groups, set_rated_subjects, set_round_kpis
from app.rounds.values import GroupPolicy, Mode, RoundDraft, RoundKpi


def begin_period(session: WriteSession, programme_id: str, *, now: datetime) -> bool:
    """Begin the round of the present period of a programme; whether there was one to begin.

    For the worker. Written: a round that is open until the answer days are over, about everybody who hangs in the
    scope today, for customers only; and the seed of its draws. Nobody is asked yet. Idempotent: a period has one
    round, and the programme is held meanwhile.
    """
    programme = take_programme(session, SERVICE, programme_id, now=now)
    today = local_day(now)
    start, end = rules.period_of(today, programme.rhythm)
    is_begun = session.get(ProgrammePeriodRow, (programme.id, start)) is not None
    if programme.state is not ProgrammeState.RUNNING or programme.starts_on > today or is_begun:
        return False
    tree = load_tree(session, programme.company_id, on=today)
    inside = tree.subtree(SubjectId(programme.scope_id))
    people = [one for one in inside if tree.subjects[one].kind is SubjectKind.PERSON]
    draft = _round_draft(programme, start, end)
    made = create_round(session, SERVICE, programme.company_id, draft, now=now)
    policy = GroupPolicy(RaterGroup.CUSTOMER, Mode.CONFIDENTIAL, programme.k, programme.k)
    set_groups(session, SERVICE, made.id, [policy], now=now)
    set_round_kpis(session, SERVICE, made.id, [RoundKpi(kpi_id, {}) for kpi_id in programme.kpi_ids], now=now)
    set_rated_subjects(session, SERVICE, made.id, people, now=now)
    launch_growing_round(session, SERVICE, made.id, now=now)
    seed = entropy_of(session).token_bytes(SECRET_BYTES)
    session.add(
        ProgrammePeriodRow(programme_id=programme.id, starts_on=start, ends_on=end, round_id=made.id, seed=seed)
    )
    session.flush()
    return True


def note_failed_beginning(session: WriteSession, programme_id: str, error: str, *, now: datetime) -> None:
    """Note that a round could not begin: it rests for an hour, and the page of the programme says so.

    For the worker, in a transaction of its own, since that of the beginning is gone; `error` is the name of its kind.
    """
    record(
        session,
        SERVICE.actor,
        FAILED_BEGINNING,
        company_id=session.get_one(ProgrammeRow, programme_id).company_id,
        object_kind="programme",
        object_id=programme_id,
        details={"error": error},
        now=now,
    )


def _round_draft(programme: Programme, start: date, end: date) -> RoundDraft:
    named = {locale: f"{text}, {period(start, end, choose_locale(locale))}" for locale, text in programme.name.items()}
    return RoundDraft(
        scope_id=programme.scope_id,
        external_id=None,
        name=named,
        purpose=programme.purpose,
        asked_by=programme.asked_by,
        period_start=start,
        period_end=end,
        opens_at=rules.opens_at(start, DEFAULT_ZONE),
        closes_at=rules.closes_at(end, programme.answer_days, DEFAULT_ZONE),
        moderated_by=programme.moderated_by,
    )
