"""Rows of follow-up read in bulk, whoever asks: released figures of KPIs over all rounds, and what was set by hand."""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Text, bindparam, case, cast, func, or_, select

from app.followup.answering import GroupAnswers
from app.followup.series import Released, ReleasedRound
from app.followup.tables import ShiftRow, WatchRow
from app.followup.values import Method, Shift, WatchSetting
from app.infra.database import ReadSession
from app.infra.lookup import Lookup
from app.infra.types import Day, Id
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectKind
from app.releases.queries import IS_TOLD, is_whole
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import Withheld
from app.rounds.recipe import groups_in, kpis_in
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow
from app.rounds.values import AssignmentSource, FrozenKpi, RoundState
from app.scoring.disclosure import UNIT_RATERS
from app.scoring.seasons import Season
from app.scoring.steps import length_of

# A recipe as text: of many rounds it is the same but for its day, and then need not be taken apart again.
_RECIPE = cast(RoundRow.recipe, Text)
_ITS_DAY = re.compile('"frozen_on": ?"[^"]*"')
_ROUND = (RoundRow.id, ReleaseRow.id, RoundRow.period_start, RoundRow.period_end, ReleaseRow.sealed_at)
_PART = (ScoreRow.item_id, ScoreRow.rater_groups)
_FIGURE = (
    ScoreRow.release_id,
    ScoreRow.subject_id,
    ScoreRow.kpi_id,
    ScoreRow.reason,
    ScoreRow.score,
    ScoreRow.lo,
    ScoreRow.hi,
)
_AT_THESE = (
    ScoreRow.subject_id.in_(bindparam("subject_ids", expanding=True)),
    ScoreRow.kpi_id.in_(bindparam("kpi_ids", expanding=True)),
)
# Every page about a unit asks for these, of many subjects and of hundreds of rounds.
_WHOLE = Lookup(select(*_FIGURE).where(*_AT_THESE, IS_TOLD, is_whole(ScoreRow)), is_plain=True)
_ASKED_ABOUT = Lookup(
    select(*_ROUND, _RECIPE.label("recipe"))
    .join_from(RoundRow, ReleaseRow, ReleaseRow.round_id == RoundRow.id)
    .where(
        ReleaseRow.company_id == bindparam("company_id", type_=Id),
        RoundRow.period_start >= bindparam("since", type_=Day),
        ReleaseRow.id.in_(select(ScoreRow.release_id).where(*_AT_THESE, is_whole(ScoreRow))),
    ),
    is_plain=True,
)


def load_released(  # noqa: PLR0913 - of what, where, since when, how much of it, and what not
    session: ReadSession,
    company_id: str,
    *,
    since: date,
    kpi_ids: Collection[str],
    subject_ids: Collection[str],
    with_items: bool = False,
    but: Collection[str] = (),
) -> tuple[list[Released], dict[str, list[FrozenKpi]]]:
    """The rows about KPIs at subjects that tell or withhold something, of rounds about days since one; and what these asked.

    Of the KPIs as a whole; with items those of items and groups as well, which are many times as many. `but` are
    rounds that are left out. KPIs come as they were frozen, by round; those that nobody was asked about or that were
    not measured are left out.
    """
    places = {"subject_ids": list(subject_ids), "kpi_ids": list(kpi_ids)}
    if not all(places.values()):
        return [], {}
    rounds, asked = _load_rounds(session, {**places, "company_id": company_id, "since": since}, but=but)
    if not with_items:
        return [
            Released(rounds[release_id], subject, kpi, None, "", Withheld(reason) if reason else None, value, lo, hi)
            for release_id, subject, kpi, reason, value, lo, hi in _WHOLE.rows(session, places)
            if release_id in rounds
        ], asked
    # Items are asked of few subjects, release by release.
    of_these = select(ReleaseRow.id).where(ReleaseRow.company_id == company_id)
    query = select(*_FIGURE, *_PART).where(*_AT_THESE, IS_TOLD, ScoreRow.release_id.in_(of_these))
    return [
        Released(rounds[release_id], subject, kpi, item, groups, Withheld(reason) if reason else None, value, lo, hi)
        for release_id, subject, kpi, reason, value, lo, hi, item, groups in session.execute(query, places)
        if release_id in rounds
    ], asked


def _load_rounds(
    session: ReadSession, wanted: Mapping[str, Any], *, but: Collection[str]
) -> tuple[dict[str, ReleasedRound], dict[str, list[FrozenKpi]]]:
    """The rounds that asked about KPIs at subjects, but for some, by release; and the KPIs as they were frozen, by round.

    Read by themselves, since they are few: their days need not be taken apart once more for each of many figures.
    """
    kpi_ids = frozenset(wanted["kpi_ids"])
    # Most rounds ask what the one before asked: what was frozen alike is read once, and is one value.
    known: dict[str, list[FrozenKpi]] = {}
    read: defaultdict[str, list[tuple[Any, FrozenKpi]]] = defaultdict(list)
    rounds: dict[str, ReleasedRound] = {}
    asked: dict[str, list[FrozenKpi]] = {}
    for round_id, release_id, first, last, sealed_at, text in _ASKED_ABOUT.rows(session, wanted):
        if round_id in but:
            continue
        rounds[release_id] = ReleasedRound(round_id, release_id, first, last, sealed_at, length_of(first, last))
        alike = _ITS_DAY.sub("", text, 1)
        if alike not in known:
            documents = (one for one in json.loads(text)["kpis"] if one["kpi_id"] in kpi_ids)
            kpis = [_read_once(document, read[document["kpi_id"]]) for document in documents]
            known[alike] = [kpi for kpi in kpis if kpi.weights or kpi.measure is not None]
        asked[round_id] = known[alike]
    return rounds, asked


def _read_once(document: Any, read: list[tuple[Any, FrozenKpi]]) -> FrozenKpi:
    kpi = next((kpi for before, kpi in read if before == document), None)
    if kpi is None:
        [kpi] = kpis_in([document])
        read.append((document, kpi))
    return kpi


def load_told_at(
    session: ReadSession, company_id: str, kpi_id: str, subject_ids: Collection[str], *, since: date
) -> frozenset[str]:
    """Those of some subjects of whom anything is told or withheld about a KPI, in rounds about days since one."""
    query = (
        select(ScoreRow.subject_id)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ReleaseRow.company_id == company_id,
            RoundRow.period_start >= since,
            ScoreRow.subject_id.in_(subject_ids),
            ScoreRow.kpi_id == kpi_id,
            IS_TOLD,
        )
    )
    return frozenset(session.scalars(query.distinct()))


def load_periods_under_way(session: ReadSession, subject_id: str, *, on: date) -> list[tuple[date, date]]:
    """The periods of rounds that hold a day, cover a subject and are not released."""
    query = (
        select(RoundRow.period_start, RoundRow.period_end)
        .join(RoundSubjectRow, RoundSubjectRow.round_id == RoundRow.id)
        .where(
            RoundSubjectRow.subject_id == subject_id,
            RoundRow.period_start <= on,
            RoundRow.period_end >= on,
            RoundRow.state.in_([RoundState.OPEN, RoundState.CLOSED]),
        )
    )
    return [(first, last) for first, last in session.execute(query)]


def load_answers(
    session: ReadSession, company_id: str, *, since: date, unit_ids: Collection[str]
) -> list[GroupAnswers]:
    """How each rater group answered at units, in the order of release; past ratings and visits asked nobody."""
    group_rows = (
        select(
            *_ROUND,
            ScoreRow.subject_id,
            ScoreRow.rater_groups,
            func.max(ScoreRow.raters),
            func.min(ScoreRow.reason),
            func.max(ScoreRow.reason),
        )
        .join(ReleaseRow, ReleaseRow.round_id == RoundRow.id)
        .join(ScoreRow, ScoreRow.release_id == ReleaseRow.id)
        .where(
            ReleaseRow.company_id == company_id,
            RoundRow.period_start >= since,
            ScoreRow.subject_id.in_(unit_ids),
            ScoreRow.item_id.is_(None),
            ScoreRow.rater_groups.in_([group.value for group in RaterGroup]),
            IS_TOLD,
        )
        .group_by(*_ROUND, ScoreRow.subject_id, ScoreRow.rater_groups)
        .order_by(ReleaseRow.sealed_at, ReleaseRow.id)
    )
    rows = session.execute(group_rows).all()
    asked, least = _asked_below(session, {row[0] for row in rows}), _minimums(session, {row[0] for row in rows})
    return [
        GroupAnswers(unit_id, RaterGroup(group), first, last, raters, count, least[round_id, group])
        for round_id, _, first, last, _, unit_id, group, raters, *why in rows
        if (raters is not None or set(why) == {Withheld.FEWER_THAN_K})
        and (count := asked.get((round_id, unit_id, group), 0))
    ]


def _asked_below(session: ReadSession, round_ids: Collection[str]) -> dict[tuple[str, str, str], int]:
    """How many were asked about a subject or anything below it, by round, subject and rater group."""
    assignment = AssignmentRow
    columns = (assignment.round_id, assignment.subject_id, assignment.rater_group)
    is_visit = (assignment.source == AssignmentSource.ENCOUNTER) & (
        assignment.rater_group == RaterGroup.MYSTERY_SHOPPER
    )
    is_past = func.max(case((or_(assignment.source == AssignmentSource.IMPORT, is_visit), 1), else_=0))
    counted = select(*columns, func.count(), is_past).where(assignment.round_id.in_(list(round_ids))).group_by(*columns)
    place = RoundSubjectRow.__table__.c
    inside = select(place.round_id, place.subject_id, place.parent_id).where(
        place.round_id.in_(list(round_ids)), place.kind != SubjectKind.COMPETITOR
    )
    parents = {(round_id, subject_id): parent_id for round_id, subject_id, parent_id in session.execute(inside)}
    found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    unasked: set[tuple[str, str, str]] = set()
    for round_id, subject_id, group, count, past in session.execute(counted):
        above: str | None = subject_id
        while above is not None:
            found[round_id, above, group] += count
            if past:
                unasked.add((round_id, above, group))
            above = parents.get((round_id, above))
    # What nobody was asked for stands in the rows as well, so that no share can be told where there is some of it.
    return {place: count for place, count in found.items() if place not in unasked}


def _minimums(session: ReadSession, round_ids: Collection[str]) -> dict[tuple[str, str], int]:
    """Raters from which on a unit has a row, by round and rater group."""
    query = select(RoundRow.id, RoundRow.recipe).where(RoundRow.id.in_(list(round_ids)))
    return {
        (round_id, policy.rater_group.value): max(UNIT_RATERS, policy.k)
        for round_id, recipe in session.execute(query)
        for policy in groups_in(recipe["groups"])
    }


def load_watches(session: ReadSession, kpi_ids: Collection[str]) -> Mapping[str, WatchSetting]:
    """How KPIs are watched; what nobody has set is as it is by itself."""
    rows = session.scalars(select(WatchRow).where(WatchRow.kpi_id.in_(kpi_ids)))
    found = {row.kpi_id: watch_of_row(row) for row in rows}
    return {kpi_id: found.get(kpi_id, WatchSetting(kpi_id)) for kpi_id in kpi_ids}


def load_shifts(
    session: ReadSession, kpi_ids: Collection[str], subject_ids: Collection[str] | None = None
) -> Mapping[tuple[str, str], tuple[Shift, ...]]:
    """Accepted levels by KPI and subject, the latest first."""
    query = select(ShiftRow).where(ShiftRow.kpi_id.in_(kpi_ids)).order_by(ShiftRow.starts_on.desc())
    if subject_ids is not None:
        query = query.where(ShiftRow.subject_id.in_(subject_ids))
    found: defaultdict[tuple[str, str], tuple[Shift, ...]] = defaultdict(tuple)
    for row in session.scalars(query):
        found[row.kpi_id, row.subject_id] += (shift_of(row),)
    return found


def watch_of_row(row: WatchRow) -> WatchSetting:
    """A row as a value."""
    return WatchSetting(row.kpi_id, Method(row.method), Season(row.season), row.baseline, row.red_line, row.version)


def shift_of(row: Any) -> Shift:
    """A row as a value."""
    return Shift(row.id, row.kpi_id, row.subject_id, row.starts_on, row.reason, row.actor, row.made_at)
