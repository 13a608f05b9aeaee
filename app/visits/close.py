"""Closing a round with the mystery visits of its period: those that count come in as sheets, so nobody is asked again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter

from sqlalchemy import select

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.bulk import insert_rows
from app.infra.database import WriteSession
from app.infra.ids import new_whole
from app.infra.keys import key_of
from app.kpis.values import RaterGroup
from app.responses import close as responses
from app.responses.tables import AnswerRow, SheetRow
from app.rounds.assign import add_visits, key_of_assignment
from app.rounds.limits import load_apart
from app.rounds.queries import load_frozen_round, take_round
from app.rounds.rules import closes_for_all_at, kpis_asked
from app.rounds.tables import AssignmentRow
from app.rounds.values import FrozenKpi, FrozenRound, Mode, NewAssignment, Round, RoundState
from app.visits import rules
from app.visits.count import count_visit
from app.visits.tables import VisitRow
from app.visits.values import Visit, VisitState

GROUP = RaterGroup.MYSTERY_SHOPPER
SHEET = ("id", "key", "round_id", "subject_id", "rater_group", "submission_id", "rater_id", "pseudonym")


def close_round(session: WriteSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    """Close an open round at once, with the visits of its period; nothing is accepted any more.

    For who may write rounds at its scope. Written first: the visits to which nobody objected in time count; for each
    that counts an answered assignment with the visit as its occasion, and its sheet; then what `responses.close` writes. Sends nothing. Idempotent.
    """
    round_ = take_round(session, viewer, round_id, now=now)
    if round_.state is RoundState.OPEN:
        _bring_visits_in(session, round_, now=now)
    return responses.close_round(session, viewer, round_id, now=now)


def close_if_due(session: WriteSession, round_id: str, *, now: datetime) -> bool:
    """Close a round if it is open and its time, grace and extensions included, is over; whether it was. For the worker.

    Asked under the lock, since somebody may have closed it, or been given more time, a moment ago. Idempotent.
    """
    round_ = take_round(session, SERVICE, round_id, now=now)
    if round_.state is not RoundState.OPEN or closes_for_all_at(round_.closes_at, round_.extended_until) > now:
        return False
    close_round(session, SERVICE, round_.id, now=now)
    return True


# ------------------------------------------------------------ pieces


def _bring_visits_in(session: WriteSession, round_: Round, *, now: datetime) -> None:
    """Write the visits that count into a round that closes, each with what the round asks of its answers."""
    if not any(policy.rater_group is GROUP and policy.mode is Mode.REPORT for policy in round_.groups):
        return
    asked = _asked(load_frozen_round(session, round_.id))
    visits = _not_taken(session, _counting(session, round_, asked, now=now))
    if not visits:
        return
    wanted = {visit.id: NewAssignment(visit.shopper_id, visit.subject_id, GROUP, visit.id) for visit in visits}
    made = add_visits(session, round_, wanted.values(), actor=SERVICE.actor)
    key = key_of(session)
    # By their random ids: in no order of the visits, and each row is stored beside the one before.
    kept = sorted(((new_whole(session), visit) for visit in visits), key=itemgetter(0))
    sheets = (
        (
            sheet_id,
            key.sheet_key(made[key_of_assignment(wanted[visit.id])]),
            round_.id,
            visit.subject_id,
            GROUP.value,
            "visit",
            visit.shopper_id,
            None,
        )
        for sheet_id, visit in kept
    )
    insert_rows(session, SheetRow, SHEET, sheets)
    answers = ((sheet_id, *answer) for sheet_id, visit in kept for answer in _answers(visit, asked[visit.subject_id]))
    insert_rows(session, AnswerRow, ("sheet_id", "item_id", "level"), answers)


def _asked(frozen: FrozenRound) -> dict[str, tuple[FrozenKpi, ...]]:
    """The KPIs that shoppers are asked about, by whoever is rated; only where there are any."""
    kpis = {subject.id: kpis_asked(frozen.kpis, subject, GROUP) for subject in frozen.subjects if subject.is_rated}
    return {subject_id: some for subject_id, some in kpis.items() if some}


def _counting(
    session: WriteSession, round_: Round, asked: Mapping[str, tuple[FrozenKpi, ...]], *, now: datetime
) -> Iterator[Visit]:
    """The visits that count, made in the period of the round, with every item it asks; held until the end."""
    query = select(VisitRow).where(
        VisitRow.company_id == round_.company_id,
        VisitRow.state.in_((*rules.COUNTING, VisitState.ACCEPTED)),
        VisitRow.from_on <= round_.period_end,
        VisitRow.until_on >= round_.period_start,
    )
    # Held, so that a second round which closes at the same moment finds them taken, and an appeal comes before or after.
    rows = session.scalars(query.order_by(VisitRow.id).with_for_update()).all()
    for row in rows:
        # For good from here on: whoever objects at this moment is told so, and no figure is taken back.
        if row.state == VisitState.ACCEPTED and row.appeal_until is not None and row.appeal_until <= now:
            count_visit(session, row, now=now)
    visits = [row.value() for row in rows]
    apart = load_apart(session, round_.company_id, during=(round_.period_start, round_.period_end))
    for visit in visits:
        wanted = {kpi.version_id for kpi in asked.get(visit.subject_id, ())}
        if (
            visit.state in rules.COUNTING
            and visit.report is not None
            and round_.period_start <= visit.report.visited_on <= round_.period_end
            and wanted
            and wanted <= {kpi.version_id for kpi in visit.form.kpis}
            and (visit.shopper_id, visit.subject_id) not in apart
        ):
            yield visit


def _not_taken(session: WriteSession, visits: Iterable[Visit]) -> list[Visit]:
    """Those that are in no round yet, as the occasion of anybody."""
    found = list(visits)
    mark = AssignmentRow
    query = select(mark.occasion).where(mark.rater_group == GROUP, mark.occasion.in_([visit.id for visit in found]))
    taken = set(session.scalars(query))
    return [visit for visit in found if visit.id not in taken]


def _answers(visit: Visit, asked: Iterable[FrozenKpi]) -> Iterator[tuple[str, float | None]]:
    """What was reported on the items that the round asks; an item that was not asked has no answer."""
    levels = visit.report.levels if visit.report is not None else {}
    return ((item.id, levels[item.id]) for kpi in asked for item in kpi.items if item.id in levels)
