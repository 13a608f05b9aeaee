"""Whom rated people propose as raters: open calls, what waits for approval, and what became of it. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, Select, func, select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.infra.keys import key_of
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.values import RaterGroup
from app.organisation.queries import load_deputies, load_paths, load_people, load_people_of, load_tree
from app.organisation.values import Person, PersonId, SubjectId
from app.rounds.tables import NominationCallRow, NominationRow, RoundGroupRow, RoundRow, RoundSubjectRow
from app.rounds.values import RoundId, RoundState
from app.words import Words

NOMINATED = (RaterGroup.COLLEAGUE, RaterGroup.CUSTOMER)
"""The groups that a rated person knows better than the structure does."""


class NominationState(StrEnum):
    """Proposed, and then approved or refused."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Nomination:
    """Somebody whom a rated person proposes as a rater; `reason` is why it was refused."""

    id: str
    round_id: RoundId
    subject_id: str
    subject_name: str
    rater_group: RaterGroup
    email: str
    name: str | None
    state: NominationState
    reason: str | None


@dataclass(frozen=True, slots=True)
class NominationForm:
    """What one rated person may propose in one draft, until when, and what is proposed so far."""

    round_id: RoundId
    round_name: Words
    company_id: str
    asked_by: str
    subject_id: str
    subject_name: str
    until: datetime
    groups: tuple[RaterGroup, ...]
    nominations: tuple[Nomination, ...]


_NOMINATION = (NominationRow, RoundSubjectRow.name)


def _nominations() -> Select[NominationRow, str]:
    return select(*_NOMINATION).join(
        RoundSubjectRow,
        (RoundSubjectRow.round_id == NominationRow.round_id) & (RoundSubjectRow.subject_id == NominationRow.subject_id),
    )


def load_nomination_forms(
    session: ReadSession, subject_ids: Iterable[str], *, round_id: str | None = None, now: datetime
) -> tuple[NominationForm, ...]:
    """What these rated people may propose now, whoever asks: in drafts with an open call, the earliest end first."""
    wanted = sorted(filter(is_id, subject_ids))
    query = (
        select(RoundRow, NominationCallRow.until, RoundSubjectRow.subject_id, RoundSubjectRow.name)
        .join(NominationCallRow, NominationCallRow.round_id == RoundRow.id)
        .join(RoundSubjectRow, RoundSubjectRow.round_id == RoundRow.id)
        .where(
            RoundRow.state == RoundState.DRAFT,
            NominationCallRow.until > now,
            RoundSubjectRow.subject_id.in_(wanted),
            RoundSubjectRow.is_rated,
        )
        .order_by(NominationCallRow.until, RoundRow.id, RoundSubjectRow.subject_id)
    )
    if round_id is not None:
        query = query.where(RoundRow.id == round_id)
    rows = session.execute(query).all()
    rounds = {row.id for row, *_ in rows}
    groups = _groups(session, rounds)
    made = _made(session, rounds, wanted)
    return tuple(
        NominationForm(
            RoundId(row.id),
            row.name,
            row.company_id,
            row.asked_by,
            subject_id,
            name,
            until,
            groups[row.id],
            tuple(made.get((row.id, subject_id), ())),
        )
        for row, until, subject_id, name in rows
    )


def _groups(session: ReadSession, round_ids: Collection[str]) -> Mapping[str, tuple[RaterGroup, ...]]:
    """The groups of each round for which raters can be proposed."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for row in session.scalars(select(RoundGroupRow).where(RoundGroupRow.round_id.in_(round_ids))):
        asked[row.round_id].add(row.rater_group)
    return {round_id: tuple(group for group in NOMINATED if group in asked[round_id]) for round_id in round_ids}


def _made(
    session: ReadSession, round_ids: Collection[str], subject_ids: Collection[str]
) -> Mapping[tuple[str, str], list[Nomination]]:
    """What is proposed so far, by round and whom it is about, in the order of addresses."""
    made: defaultdict[tuple[str, str], list[Nomination]] = defaultdict(list)
    found = _nominations().where(NominationRow.round_id.in_(round_ids), NominationRow.subject_id.in_(subject_ids))
    for nominated in session.execute(found.order_by(NominationRow.mailbox, NominationRow.id)):
        one = nomination_of(nominated)
        made[one.round_id, one.subject_id].append(one)
    return made


def find_nominator(session: ReadSession, token: str) -> tuple[RoundId, Person, Viewer] | None:
    """Whose nomination link this is, for which round, and as whom he acts; None for anything else."""
    ids = key_of(session).read_nomination_token(token)
    person = load_people(session, [ids[1]]).get(PersonId(ids[1])) if ids else None
    if ids is None or person is None or person.subject_id is None:
        return None
    viewer = Viewer(f"person:{person.id}", person.name or "", own_subjects=frozenset({person.subject_id}))
    return RoundId(ids[0]), person, viewer


def list_nominations(
    session: ReadSession, viewer: Viewer, request: PageRequest, *, round_id: str | None = None, now: datetime
) -> Page[Nomination]:
    """What waits for approval in drafts, about people where the viewer writes rounds, and not about the viewer."""
    query = _nominations().join(RoundRow, RoundRow.id == NominationRow.round_id)
    query = query.where(RoundRow.state == RoundState.DRAFT, NominationRow.state == NominationState.WAITING)
    if round_id is not None:
        query = query.where(NominationRow.round_id == (round_id if is_id(round_id) else None))
    subjects = set(session.scalars(query.with_only_columns(NominationRow.subject_id).distinct()))
    paths = load_paths(session, subjects, on=local_day(now))
    open_to = [one for one, path in paths.items() if may_approve(viewer, one, path)]
    query = query.where(NominationRow.subject_id.in_(open_to))
    rows = session.execute(sliced(query, (RoundSubjectRow.name, NominationRow.id), request))
    return page_of(rows, request, lambda row: (row[1], row[0].id)).map(nomination_of)


def may_approve(viewer: Viewer, subject_id: str, path: Collection[str]) -> bool:
    """Whether somebody may decide whom a rated person proposes: who sets up rounds there.

    Never oneself, and nobody for the manager whose deputy he is.
    """
    return subject_id not in viewer.own_subjects | viewer.stands_in_for and may(
        viewer, Action.ROUNDS_WRITE, tuple(path)
    )


def find_call(session: ReadSession, round_id: str) -> datetime | None:
    """Until when the rated people of a draft may propose raters; None where they were not asked."""
    return session.scalar(select(NominationCallRow.until).where(NominationCallRow.round_id == round_id))


def load_untold_calls(session: ReadSession, *, now: datetime) -> Mapping[str, list[str]]:
    """By company, the drafts with something waiting whose managers got no letter today."""
    waits = select(NominationRow.round_id).where(NominationRow.state == NominationState.WAITING)
    query = (
        select(RoundRow.company_id, RoundRow.id)
        .join(NominationCallRow, NominationCallRow.round_id == RoundRow.id)
        .where(
            RoundRow.state == RoundState.DRAFT,
            RoundRow.id.in_(waits),
            (NominationCallRow.told_on.is_(None)) | (NominationCallRow.told_on < local_day(now)),
        )
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for company_id, round_id in session.execute(query.order_by(RoundRow.id)):
        found[company_id].append(round_id)
    return found


def count_waiting(session: ReadSession, company_id: str, *, now: datetime) -> Mapping[PersonId, tuple[Person, int]]:
    """How much waits in a company for each manager today, and for who acts for one."""
    query = (
        select(NominationRow.subject_id, func.count())
        .join(RoundRow, RoundRow.id == NominationRow.round_id)
        .where(
            RoundRow.company_id == company_id,
            RoundRow.state == RoundState.DRAFT,
            NominationRow.state == NominationState.WAITING,
        )
        .group_by(NominationRow.subject_id)
    )
    today = local_day(now)
    tree = load_tree(session, company_id, on=today)
    deputies = load_deputies(session, company_id, on=today)
    counts: defaultdict[SubjectId, int] = defaultdict(int)
    for subject_id, waiting in session.execute(query):
        if SubjectId(subject_id) in tree.subjects:
            managers = tree.managers_of(SubjectId(subject_id))
            for one in {*managers, *(deputy for manager in managers for deputy in deputies.get(manager, ()))}:
                counts[one] += waiting if one != subject_id else 0
    people = load_people_of(session, counts)
    return {person.id: (person, counts[one]) for one, person in people.items() if counts[one]}


def nomination_of(row: Row[NominationRow, str]) -> Nomination:
    """A nomination as a value."""
    found, subject_name = row
    return Nomination(
        found.id,
        RoundId(found.round_id),
        found.subject_id,
        subject_name,
        RaterGroup(found.rater_group),
        found.email,
        found.name,
        NominationState(found.state),
        found.reason,
    )
