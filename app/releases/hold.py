"""Own summaries are held back for a talk, opened, and their people told; what waits is asked in `gate`."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import false, select, update

from app.infra.database import WriteSession
from app.infra.formats import DEFAULT_ZONE, local_day
from app.invitations.hours import is_working_time, working_days_after
from app.mail.commands import enqueue_all
from app.organisation.paths import load_subjects
from app.organisation.queries import load_people_of, load_tree
from app.organisation.values import SubjectId, SubjectKind
from app.releases.letters import release_letters
from app.releases.tables import HeldSummaryRow, ReleaseRow
from app.rounds.queries import load_frozen_round
from app.rounds.values import FrozenRound, Round


def hold_back(
    session: WriteSession, round_: Round, frozen: FrozenRound, rated: Collection[str], *, now: datetime
) -> frozenset[str]:
    """Let the own summaries of a round wait for the talk, as many working days as it says; whose they are.

    For the release. Only people wait whom somebody else leads today: nobody could talk with the others.
    """
    if not round_.talk_days:
        return frozenset()
    today = local_day(now)
    latest_on = working_days_after(today, round_.talk_days)
    tree = load_tree(session, round_.company_id, on=today)
    kinds = {subject.id: subject.kind for subject in frozen.subjects}
    found = frozenset(
        one
        for one in rated
        if kinds[one] is SubjectKind.PERSON and SubjectId(one) in tree.subjects and tree.managers_of(SubjectId(one))
    )
    rows = [
        HeldSummaryRow(round_id=round_.id, subject_id=one, opens_on=latest_on, latest_on=latest_on)
        for one in sorted(found)
    ]
    session.add_all(rows)
    session.flush()
    return found


def open_on(session: WriteSession, release_id: str, subject_id: str, day: date, *, today: date) -> None:
    """Let the own summary of a person open on a day, at the latest when it would by itself; one that is open stays so.

    For whoever holds the talk. What was released before opens with it, since the summary tells what has changed.
    """
    own = session.get_one(ReleaseRow, release_id)
    up_to = select(ReleaseRow.round_id).where(ReleaseRow.sealed_at <= own.sealed_at)
    waiting = session.scalars(
        select(HeldSummaryRow)
        .where(
            HeldSummaryRow.subject_id == subject_id,
            HeldSummaryRow.opens_on > today,
            HeldSummaryRow.round_id.in_(up_to),
        )
        .with_for_update()
    )
    for row in waiting:
        opens_on = min(max(day, today), row.latest_on)
        row.opens_on = opens_on if row.round_id == own.round_id else min(row.opens_on, opens_on)
    session.flush()


def tell_opened(session: WriteSession, *, zone: ZoneInfo = DEFAULT_ZONE, now: datetime) -> int:
    """Write to people whose own summary has opened; one letter each and round, how many.

    For the worker, while people in `zone` are at work. Idempotent.
    """
    if not is_working_time(now, zone):
        return 0
    opened = (HeldSummaryRow.told == false()) & (HeldSummaryRow.opens_on <= local_day(now, zone=zone))
    # One statement, so that what opens meanwhile is not taken for told.
    told = update(HeldSummaryRow).where(opened).values(told=True)
    by_round: defaultdict[str, set[str]] = defaultdict(set)
    for round_id, subject_id in session.execute(told.returning(HeldSummaryRow.round_id, HeldSummaryRow.subject_id)):
        by_round[round_id].add(subject_id)
    releases = select(ReleaseRow.round_id, ReleaseRow.id).where(ReleaseRow.round_id.in_(by_round))
    return sum(
        announce(session, load_frozen_round(session, round_id), release_id, by_round[round_id], now=now)
        for round_id, release_id in session.execute(releases).all()
    )


def announce(
    session: WriteSession, frozen: FrozenRound, release_id: str, subject_ids: Collection[str], *, now: datetime
) -> int:
    """Tell people that they can read their summary of a release; how many letters."""
    people = load_people_of(session, subject_ids).values()
    company = load_subjects(session, [frozen.company_id], on=frozen.frozen_on)[SubjectId(frozen.company_id)]
    letters = release_letters(frozen, release_id, people, organisation=company.name, now=now)
    return enqueue_all(session, list(letters), now=now)
