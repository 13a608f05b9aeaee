"""Rounds with their groups and KPIs, by id: what every other read of rounds begins with; open ones by name; who is asked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, select

from app.infra.bulk import driver_rows
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.lookup import Lookup
from app.infra.types import Id
from app.organisation.tables import PersonRow
from app.rounds.tables import AssignmentRow, RoundGroupRow, RoundKpiRow, RoundRow
from app.rounds.values import GroupPolicy, Round, RoundId, RoundKpi, RoundState

_ROUND, _GROUP, _KPI = (row.__table__.c for row in (RoundRow, RoundGroupRow, RoundKpiRow))
_ID, _IDS = bindparam("id", type_=Id), bindparam("ids", type_=Id, expanding=True)
_SCOPE = Lookup(select(_ROUND.scope_id).where(_ROUND.id == _ID))
_HELD = Lookup(select(_ROUND.id).where(_ROUND.id == _ID).with_for_update())
_BY_IDS = Lookup(select(*_ROUND).where(_ROUND.id.in_(_IDS)))
_GROUPS_OF = Lookup(select(*_GROUP).where(_GROUP.round_id.in_(_IDS)))
_KPIS_OF = Lookup(select(*_KPI).where(_KPI.round_id.in_(_IDS)).order_by(_KPI.position))


def find_scope(session: ReadSession, round_id: str) -> str | None:
    """The subject about whose people or units a round is; None where there is no such round."""
    found = _SCOPE.rows(session, {"id": round_id}) if is_id(round_id) else ()
    return next((row.scope_id for row in found), None)


def hold_round(session: ReadSession, round_id: str) -> None:
    """Let nobody else change a round until the transaction ends."""
    _HELD.rows(session, {"id": round_id})


def load_rounds(session: ReadSession, round_ids: Iterable[str]) -> Mapping[RoundId, Round]:
    """Many rounds, whoever asks."""
    rows = _BY_IDS.rows(session, {"ids": list(set(round_ids))})
    return {found.id: found for found in rounds_of(session, rows)}


def rounds_of(session: ReadSession, rows: Sequence[RoundRow]) -> list[Round]:
    """Rounds of which the rows are known already."""
    ids = [row.id for row in rows]
    groups: defaultdict[str, list[GroupPolicy]] = defaultdict(list)
    for group in _GROUPS_OF.rows(session, {"ids": ids}):
        groups[group.round_id].append(RoundGroupRow.value(group))
    kpis: defaultdict[str, list[RoundKpi]] = defaultdict(list)
    for kpi in _KPIS_OF.rows(session, {"ids": ids}):
        kpis[kpi.round_id].append(RoundKpiRow.value(kpi))
    return [RoundRow.value(row, groups[row.id], kpis[row.id]) for row in rows]


def load_namesakes(session: ReadSession, round_: Round) -> dict[str, str]:
    """The open rounds of the company that bear the name of a round in some language, with their scopes, whoever asks."""
    query = select(RoundRow.id, RoundRow.scope_id, RoundRow.name).where(
        RoundRow.company_id == round_.company_id, RoundRow.state == RoundState.OPEN, RoundRow.id != round_.id
    )
    own = {(locale, text.casefold().strip()) for locale, text in round_.name.items()}
    rows = session.execute(query.order_by(RoundRow.opens_at, RoundRow.id))
    return {
        one: scope for one, scope, name in rows if own & {(loc, text.casefold().strip()) for loc, text in name.items()}
    }


class Rater(NamedTuple):
    """Of somebody who is asked, what decides whether an answer counts and whether a letter arrives."""

    subject_id: str | None
    mailbox: str | None
    is_addressed: bool


def load_raters(session: ReadSession, round_id: str) -> dict[str, Rater]:
    """Who is asked in a round or was and has declined, by person."""
    assignment, person = AssignmentRow.__table__.c, PersonRow.__table__.c
    asked = select(assignment.rater_id).where(assignment.round_id == round_id)
    columns = (person.id, person.subject_id, person.mailbox, person.email)
    rows = driver_rows(session, select(*columns).where(person.id.in_(asked)))
    return {person_id: Rater(subject_id, mailbox, bool(email)) for person_id, subject_id, mailbox, email in rows}
