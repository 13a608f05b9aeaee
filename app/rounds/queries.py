"""Queries of rounds: rounds, the frozen round, assignments, preview and tracking; bulk rows come from `rows`.

`get_`, `list_`, `preview_` and `track_` ask what the viewer may; `load_` serves commands and other capabilities.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import select

from app.accounts.rules import Action, is_close, may, require
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, ordered, ordered_page, page_in_memory, page_of, sliced
from app.kpis.values import RaterGroup
from app.organisation.queries import list_companies, load_paths, load_people, path_of
from app.organisation.values import PersonId, SubjectId
from app.rounds import recipe, rules
from app.rounds.exposure import load_covers
from app.rounds.freeze import freeze, frozen_round
from app.rounds.limits import (
    Limits,
    RaterLoad,
    list_conflicts,
    load_cap,
    load_limits,
    load_order,
    loads_of,
)
from app.rounds.lookups import find_scope, hold_round, load_namesakes, load_raters, load_rounds, rounds_of
from app.rounds.overlap import with_overlaps
from app.rounds.preview import RoundPreview, Tracking, preview_of, tracking_of
from app.rounds.rows import (
    ROUND_ORDERS,
    has_assignments,
    line_of,
    load_assignments,
    load_frozen_readers,
    load_frozen_subjects,
    load_marks,
    load_rated,
)
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow
from app.rounds.values import (
    Assignment,
    AssignmentLine,
    FrozenRound,
    ReleaseMode,
    Round,
    RoundId,
    RoundSource,
    RoundState,
)

__all__ = [
    "ROUND_ORDERS",
    "find_round",
    "find_round_by_key",
    "get_load_cap",
    "get_round",
    "has_assignments",
    "list_assignments",
    "list_conflicts",
    "list_loads",
    "list_rounds",
    "load_assignments",
    "load_cap",
    "load_enough",
    "load_frozen_round",
    "load_frozen_subjects",
    "load_hidden_raters",
    "load_marks",
    "load_open_rounds",
    "load_rated",
    "load_raters",
    "load_round",
    "load_rounds",
    "load_rounds_to_close",
    "load_rounds_to_release",
    "load_salt",
    "load_uncounted",
    "place_of",
    "preview_round",
    "take_open_round",
    "take_round",
    "track_round",
]

# ------------------------------------------------------------ rounds


def get_round(
    session: ReadSession, viewer: Viewer, round_id: str, *, action: Action = Action.ROUNDS_READ, now: datetime
) -> Round:
    """A round with its groups and KPIs, for who may read it where it lies, or (RULES_READ) its rules and no raters."""
    found = find_round(session, round_id)
    require(viewer, action, place_of(session, found, now=now) if found else ())
    if found is None:
        raise NotFound
    return found


def take_round(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Round:
    """A round to be changed, held until the transaction ends; refused unless the viewer may write rounds there."""
    scope_id = find_scope(session, round_id)
    require(viewer, Action.ROUNDS_WRITE, path_of(session, scope_id, on=local_day(now)) if scope_id else ())
    if scope_id is None:
        raise NotFound
    hold_round(session, round_id)
    return load_round(session, round_id)


def list_rounds(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    request: PageRequest,
    *,
    state: RoundState | None = None,
    now: datetime,
) -> Page[Round]:
    """The rounds of a company whose rules the viewer may read, the latest opening first unless sorted otherwise."""
    if not is_id(company_id):
        raise NotFound
    query = select(RoundRow.id).where(RoundRow.company_id == company_id)
    if state is not None:
        query = query.where(RoundRow.state == state)
    scopes = session.scalars(query.with_only_columns(RoundRow.scope_id).distinct())
    paths = load_paths(session, scopes, on=local_day(now))
    readable = [scope for scope, path in paths.items() if may(viewer, Action.RULES_READ, path)]
    query = query.where(RoundRow.scope_id.in_(readable))
    rows = session.execute(ordered(query, ROUND_ORDERS, RoundRow.id, request, usual="-opens_at"))
    page = ordered_page(rows, request).map(lambda row: RoundId(row.id))
    return page.map(load_rounds(session, page.items).__getitem__)


def find_round(session: ReadSession, round_id: str) -> Round | None:
    """A round, whoever asks."""
    return load_rounds(session, [round_id]).get(RoundId(round_id)) if is_id(round_id) else None


def find_round_by_key(session: ReadSession, company_id: str, external_id: str) -> Round | None:
    """The round of a company with this external id, whoever asks."""
    query = select(RoundRow).where(RoundRow.company_id == company_id, RoundRow.external_id == external_id)
    row = session.scalar(query)
    return rounds_of(session, [row])[0] if row else None


def load_round(session: ReadSession, round_id: str) -> Round:
    """A round that is known to be there, as it is in the database now."""
    session.expire_all()
    return load_rounds(session, [round_id])[RoundId(round_id)]


def load_open_rounds(session: ReadSession) -> tuple[Round, ...]:
    """Every open round that was asked by the service: what the worker looks after."""
    query = select(RoundRow).where(RoundRow.state == RoundState.OPEN, RoundRow.source == RoundSource.ASKED)
    return tuple(rounds_of(session, session.scalars(query.order_by(RoundRow.closes_at, RoundRow.id)).all()))


def load_rounds_to_close(session: ReadSession, *, now: datetime) -> tuple[Round, ...]:
    """Open rounds whose time, grace and extensions included, is over."""
    return tuple(
        one for one in load_open_rounds(session) if rules.closes_for_all_at(one.closes_at, one.extended_until) <= now
    )


def load_rounds_to_release(session: ReadSession) -> tuple[Round, ...]:
    """Closed rounds that are released without anybody's doing, in the order they closed."""
    query = select(RoundRow).where(RoundRow.state == RoundState.CLOSED, RoundRow.release_mode == ReleaseMode.AUTOMATIC)
    return tuple(rounds_of(session, session.scalars(query.order_by(RoundRow.closed_at, RoundRow.id)).all()))


def take_open_round(session: ReadSession, round_id: str) -> bool:
    """Hold a round that is open, until the transaction ends; False if it is not, or another worker holds it."""
    query = select(RoundRow.id).where(RoundRow.id == round_id, RoundRow.state == RoundState.OPEN)
    return session.scalar(query.with_for_update(skip_locked=True)) is not None


def load_enough(session: ReadSession, round_: Round) -> frozenset[RaterGroup]:
    """The rater groups that need no more answers, as the tracking tells it."""
    row = session.get_one(RoundRow, round_.id)
    tracking = tracking_of(round_.groups, load_assignments(session, round_.id), row.shares, row.counted_on)
    return frozenset(group.policy.rater_group for group in tracking.groups if group.is_enough)


def load_salt(session: ReadSession, round_id: str) -> bytes | None:
    """What the rating links of a round are derived from; None once answers are no longer accepted."""
    return session.scalar(select(RoundRow.salt).where(RoundRow.id == round_id))


def place_of(session: ReadSession, round_: Round, *, now: datetime) -> tuple[str, ...]:
    """The path from the company to the scope of a round: where somebody must have the right."""
    return path_of(session, round_.scope_id, on=local_day(now))


# ------------------------------------------------------------ the frozen round


def load_frozen_round(session: ReadSession, round_id: str) -> FrozenRound:
    """A launched round as it was frozen, whoever asks; NotFound while it is a draft. Six statements."""
    found = find_round(session, round_id)
    row = session.get(RoundRow, round_id) if found else None
    if found is None or row is None or row.recipe is None:
        raise NotFound
    frozen = frozen_round(
        found,
        frozen_on=date.fromisoformat(row.recipe["frozen_on"]),
        groups=recipe.groups_in(row.recipe["groups"]),
        kpis=recipe.kpis_in(row.recipe["kpis"]),
        subjects=rules.parents_first(load_frozen_subjects(session, round_id)),
        readers=load_frozen_readers(session, round_id),
        overlapping=recipe.overlaps_in(row.overlapping),
        grows=bool(row.recipe.get("grows")),
    )
    return replace(frozen, grows=bool(row.recipe.get("grows")))


# ------------------------------------------------------------ assignments


def list_assignments(
    session: ReadSession,
    viewer: Viewer,
    round_id: str,
    request: PageRequest,
    *,
    subject_id: str | None = None,
    now: datetime,
) -> Page[AssignmentLine]:
    """Who rates whom, for whoever may read the round; who has answered is told of `named` and `report` groups only.

    Who comes to a place as a mystery shopper is told to nobody who reads results about it.
    """
    round_ = get_round(session, viewer, round_id, now=now)
    query = (
        select(AssignmentRow, RoundSubjectRow.name)
        .join(
            RoundSubjectRow,
            (RoundSubjectRow.round_id == AssignmentRow.round_id)
            & (RoundSubjectRow.subject_id == AssignmentRow.subject_id),
        )
        .where(AssignmentRow.round_id == round_.id)
    )
    if subject_id is not None:
        query = query.where(AssignmentRow.subject_id == (subject_id if is_id(subject_id) else None))
    keys = [RoundSubjectRow.name, AssignmentRow.id]
    rows = session.execute(sliced(query, keys, request))
    page = page_of(rows, request, key=lambda row: (row[1], row[0].id))
    people = load_people(session, {row.rater_id for row, _ in page.items})
    modes = {one.rater_group: one.mode for one in round_.groups}
    hidden = _read_by(session, viewer, {row.subject_id for row, _ in page.items}, now=now)
    return page.map(lambda found: line_of(*found, people[PersonId(found[0].rater_id)], modes, hidden))


def load_hidden_raters(session: ReadSession, viewer: Viewer, round_: Round, *, now: datetime) -> frozenset[str]:
    """The raters of a round whom the viewer must not know: who comes as a shopper to places of the viewer, and no more."""
    groups = {one.rater_group for one in round_.groups if rules.hides_rater(one.rater_group, one.mode)}
    if not groups:
        return frozenset()
    assignments = load_assignments(session, round_.id, with_declined=True)
    shoppers = {one.id: one for one in assignments if one.rater_group in groups}
    read = _read_by(session, viewer, {one.subject_id for one in shoppers.values()}, now=now)
    hidden = {one.id for one in shoppers.values() if one.subject_id in read}
    seen = {one.rater_id for one in assignments if one.id not in hidden}
    return frozenset(shoppers[one].rater_id for one in hidden) - seen


def get_load_cap(session: ReadSession, viewer: Viewer, company_id: str) -> int:
    """Minutes of forms that one rater gets in a month at most, for who sees anything of the company."""
    if company_id not in {company.id for company in list_companies(session, viewer)}:
        raise NotFound
    return load_cap(session, company_id)


def list_loads(
    session: ReadSession, viewer: Viewer, round_id: str, request: PageRequest, *, now: datetime
) -> tuple[Page[RaterLoad], Limits]:
    """What the forms of a round and of its month take each rater, the fullest month first; for who may read it.

    Says nothing of answers, and nothing of mystery shoppers to who reads results where they come.
    """
    round_ = get_round(session, viewer, round_id, now=now)
    is_draft = round_.state is RoundState.DRAFT
    limits = load_limits(session, round_, None if is_draft else load_frozen_round(session, round_.id), now=now)
    hidden = load_hidden_raters(session, viewer, round_, now=now)
    asked = [one for one in load_assignments(session, round_.id) if one.rater_id not in hidden]
    loads = loads_of(session, limits, asked)
    return page_in_memory(loads, request, load_order), limits


# ------------------------------------------------------------ preview and tracking


def preview_round(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> RoundPreview:
    """What the round can publish if everyone answers and if three in five do (R13); for who may read the round."""
    round_ = get_round(session, viewer, round_id, now=now)
    if round_.state is RoundState.DRAFT:
        frozen = freeze(session, round_, load_rated(session, round_.id), now=now)
        covers, namesakes = load_covers(session, frozen, now=now), _namesakes(session, viewer, round_, now=now)
        return replace(preview_of(*count_draft(session, frozen)), covers=covers, namesakes=namesakes)
    return preview_of(load_frozen_round(session, round_.id), load_assignments(session, round_.id), ())


def _namesakes(session: ReadSession, viewer: Viewer, round_: Round, *, now: datetime) -> tuple[str, ...]:
    found = load_namesakes(session, round_)
    paths = load_paths(session, found.values(), on=local_day(now)) if found else {}
    return tuple(one for one, scope in found.items() if may(viewer, Action.ROUNDS_READ, paths[SubjectId(scope)]))


def count_draft(session: ReadSession, frozen: FrozenRound) -> tuple[FrozenRound, list[Assignment], frozenset[str]]:
    """A draft that was frozen, with its overlaps; its assignments, counted as a launch would; who has an address."""
    inside = {subject.id for subject in frozen.subjects}
    groups = {policy.rater_group for policy in frozen.groups}
    assignments = [
        one for one in load_assignments(session, frozen.id) if one.subject_id in inside and one.rater_group in groups
    ]
    people = load_raters(session, frozen.id)
    uncounted = load_uncounted(session, frozen, assignments, people)
    addressed = frozenset(person_id for person_id, person in people.items() if person.is_addressed)
    counted = [as_counted(one, is_so=one.id not in uncounted) for one in assignments]
    return with_overlaps(session, frozen, counted), counted, addressed


class Known(Protocol):
    """Of whoever is asked, what decides whether an answer counts."""

    @property
    def subject_id(self) -> str | None: ...

    @property
    def mailbox(self) -> str | None: ...


def as_counted(one: Assignment, *, is_so: bool) -> Assignment:
    """An assignment that counts towards the minimum, or does not."""
    return one if one.counted is is_so else one._replace(counted=is_so)


def load_uncounted(
    session: ReadSession,
    frozen: FrozenRound,
    assignments: Iterable[Assignment],
    people: Mapping[Any, Known],
) -> frozenset[str]:
    """The assignments whose raters do not count towards the minimum (R2): the subject, readers, the unapproved."""
    awaiting = set(
        session.scalars(
            select(AssignmentRow.id).where(AssignmentRow.round_id == frozen.id, AssignmentRow.approved_by.is_(None))
        )
    )
    paths = rules.paths_of(frozen.subjects)
    readers = {subject_id: rules.readers_of(frozen, path) for subject_id, path in paths.items()}
    return frozenset(
        one.id
        for one, rater in ((one, people[one.rater_id]) for one in assignments)
        if not rules.is_counted(
            is_subject=rater.subject_id == one.subject_id,
            is_reader=rater.mailbox in readers[one.subject_id],
            awaits_approval=one.id in awaiting,
        )
    )


def track_round(session: ReadSession, viewer: Viewer, round_id: str, *, now: datetime) -> Tracking:
    """How far each rater group has come, without any content (R9); for who may read the round."""
    round_ = get_round(session, viewer, round_id, now=now)
    row = session.get_one(RoundRow, round_.id)
    return tracking_of(round_.groups, load_assignments(session, round_.id), row.shares, row.counted_on)


# ------------------------------------------------------------ pieces


def _read_by(session: ReadSession, viewer: Viewer, subject_ids: Collection[str], *, now: datetime) -> frozenset[str]:
    """Those of the subjects to whose results the viewer may be no stranger: the own ones, for a key all, for us none."""
    if viewer.is_service:
        return frozenset()
    paths = load_paths(session, subject_ids, on=local_day(now))
    return frozenset(one for one, path in paths.items() if viewer.scopes is not None or is_close(viewer, path))
