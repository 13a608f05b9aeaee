"""Every read of summaries: the page of one subject, its arithmetic, what is coming, and the lists that lead there.

The viewer is asked for by `releases.queries`: present rights on the subject, and what may not be read is not there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.ids import is_id
from app.infra.paging import Page, PageRequest, page_of, sliced
from app.kpis.values import RaterGroup
from app.organisation.queries import load_paths, load_people
from app.organisation.tables import SubjectRow
from app.organisation.values import UNIT_KINDS, SubjectId, SubjectKind
from app.receipts.values import WithheldReason
from app.releases.gate import Waiting, find_opening, is_readable, load_waiting
from app.releases.queries import (
    IS_TOLD,
    find_release_of,
    get_explanation,
    list_releases,
    load_composites,
    load_findings,
    load_scores,
    load_told,
    open_results,
    without_errors,
)
from app.releases.tables import ReleasedCommentRow, ReleaseRow, ScoreRow, WithheldCommentsRow
from app.releases.values import Release, Score
from app.rounds.queries import load_frozen_subjects
from app.rounds.recipe import groups_in, kpis_in
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow
from app.rounds.values import FrozenKpi, FrozenSubject, Mode, ReleaseMode, RoundState
from app.summaries.compose import Loaded, ReadComment, ReadWithheld, figure_of, summary_of
from app.summaries.entries import Coming, ComingRound, Member, ReleasedRound
from app.summaries.found import Found
from app.summaries.values import Arithmetic, Place, SummarisedRound, Summary
from app.words import Words

# ------------------------------------------------------------ one subject


def get_summary(session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date) -> Summary:
    """What is fed back about a subject; NotFound unless the viewer may read it today. At most eleven statements."""
    release, path = open_results(session, viewer, release_id, subject_id, on=on)
    round_, recipe = _load_round(session, release.round_id)
    subject, above = load_frozen_way(session, viewer, release.round_id, path, on=on)
    scores: Sequence[Score] = load_scores(session, release.id, subject_id)
    is_analysed = may(viewer, Action.RESULTS_ANALYSE, path)
    if not is_analysed:
        scores = [without_errors(score) for score in scores]
    # The first of the units above is the scope of the round: who may read it, may read everybody's usual gaps.
    scope = above[0] if above else Place(subject.id, subject.kind, subject.name)
    documents = load_findings(session, release.id, [subject_id, *([scope.id] if scope.is_readable else [])])
    usual = documents.get(scope.id, {}).get("usual")
    named = {policy.rater_group for policy in groups_in(recipe["groups"]) if policy.mode is Mode.NAMED}
    return summary_of(
        Loaded(
            release=release,
            round=round_,
            subject=subject,
            above=above,
            kpis=_kpis(recipe, {score.kpi_id for score in scores}),
            scores=scores,
            found=Found(
                told_now(session, viewer, subject_id, documents.get(subject_id, {}), on=on), usual, is_analysed
            ),
            named=named,
            voices=_load_voices(session, release.round_id, subject_id, named - {RaterGroup.SELF}),
            comments=_load_comments(session, release.id, subject_id),
            withheld=_load_withheld(session, release.id, subject_id),
        )
    )


def get_arithmetic(session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date) -> Arithmetic:
    """How every figure of a subject was computed, with the names it is read with."""
    document = get_explanation(session, viewer, release_id, subject_id, on=on)
    release, path = open_results(session, viewer, release_id, subject_id, on=on)
    round_, recipe = _load_round(session, release.round_id)
    subject, above = load_frozen_way(session, viewer, release.round_id, path, on=on)
    kpis = _kpis(recipe, {kpi["kpi_id"] for kpi in document["kpis"]} | {line.kpi_id for line in subject.card})
    return Arithmetic(release, round_, Place(subject.id, subject.kind, subject.name), above, document, kpis)


def get_coming(session: ReadSession, viewer: Viewer, round_id: str, subject_id: str, *, on: date) -> Coming | Release:
    """A subject's results before there are any, or the release that holds them by now; NotFound as for a summary."""
    path = load_paths(session, [subject_id], on=on).get(SubjectId(subject_id), ())
    if not may(viewer, Action.RESULTS_READ, path) or not is_id(round_id):
        raise NotFound
    round_, _ = _load_round(session, round_id)
    subject, above = load_frozen_way(session, viewer, round_id, path, on=on)
    release, opens_on = find_release_of(session, round_id), find_opening(session, viewer, round_id, subject_id, on=on)
    if release is not None and opens_on is None:
        return release
    return Coming(round_, Place(subject.id, subject.kind, subject.name), above, opens_on)


def told_now(
    session: ReadSession, viewer: Viewer, subject_id: str, document: Mapping[str, Any], *, on: date
) -> Mapping[str, Any]:
    """What a release found about a subject, without the change since a summary that waits for the viewer still."""
    since = Found(document).since()
    if since is None or find_opening(session, viewer, since.round_id, subject_id, on=on) is None:
        return document
    return {**document, "change": None}


# ------------------------------------------------------------ lists


def list_results(
    session: ReadSession, viewer: Viewer, company_id: str, request: PageRequest, *, on: date
) -> Page[ReleasedRound]:
    """The released rounds in which the viewer may read somebody's figures, the newest first."""
    page = list_releases(session, viewer, company_id, request, on=on)
    rounds = _load_rounds(session, {release.round_id for release in page.items})
    entries = _load_entries(session, viewer, company_id, rounds, on=on, holding=_HAS_FIGURES)
    return page.map(lambda release: ReleasedRound(release, rounds[release.round_id], entries.get(release.round_id, ())))


def load_entries(session: ReadSession, viewer: Viewer, release: Release, *, on: date) -> tuple[Place, ...]:
    """Where the viewer begins to read a release."""
    found = _load_entries(session, viewer, release.company_id, [release.round_id], on=on, holding=_HAS_FIGURES)
    return found.get(release.round_id, ())


def load_coming(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> tuple[ComingRound, ...]:
    """The rounds whose results the viewer will read, by closing time; rated subjects and units only.

    Rounds under way, and released ones of which the own summary waits.
    """
    if not is_id(company_id):
        raise NotFound
    query = select(RoundRow.id).where(
        RoundRow.company_id == company_id, RoundRow.state.in_([RoundState.OPEN, RoundState.CLOSED])
    )
    waiting = {one.round_id: one for one in load_waiting(session, viewer, on=on)}
    rounds = _load_rounds(session, [*session.scalars(query), *waiting])
    will_have = or_(RoundSubjectRow.is_rated, _IS_UNIT)
    entries = _load_entries(session, viewer, company_id, rounds, on=on, holding=will_have)
    found = [ComingRound(rounds[round_id], places) for round_id, places in entries.items() if round_id not in waiting]
    found += _load_own_coming(session, company_id, rounds, waiting)
    return tuple(sorted(found, key=lambda one: (one.round.closes_at, one.round.id)))


def list_members(
    session: ReadSession,
    viewer: Viewer,
    summary: Summary,
    request: PageRequest,
    *,
    kinds: Collection[SubjectKind],
    on: date,
) -> Page[Member]:
    """What hung directly under a unit when the round was frozen, of some kinds, by name and never by figure."""
    company_id, unit_id = summary.release.company_id, summary.subject.id
    query = (
        select(SubjectRow.name_key, RoundSubjectRow.subject_id, RoundSubjectRow.kind, RoundSubjectRow.name)
        .join(SubjectRow, SubjectRow.id == RoundSubjectRow.subject_id)
        .where(
            RoundSubjectRow.round_id == summary.round.id,
            RoundSubjectRow.parent_id == unit_id,
            RoundSubjectRow.kind.in_(list(kinds)),
            *is_readable(viewer, RoundSubjectRow.subject_id, summary.round.id, company_id, on=on),
        )
    )
    rows = session.execute(sliced(query, (SubjectRow.name_key, RoundSubjectRow.subject_id), request))
    page = page_of(rows, request, lambda row: (row[0], row[1]))
    ids = [row[1] for row in page.items]
    composites = load_composites(session, summary.release.id, ids)
    figures = {subject_id: figure_of(score) for subject_id, score in composites.items()}
    for subject_id in figures.keys() - load_told(session, summary.release.id, ids):
        del figures[subject_id]
    return page.map(lambda row: Member(Place(row[1], SubjectKind(row[2]), row[3]), figures.get(row[1])))


# ------------------------------------------------------------ for comparisons


def load_way(
    session: ReadSession, viewer: Viewer, round_id: str, path: Sequence[str], *, on: date
) -> tuple[Place, tuple[Place, ...]]:
    """The place of the last subject of a path as it was frozen, and the units above it then."""
    subject, above = load_frozen_way(session, viewer, round_id, path, on=on)
    return Place(subject.id, subject.kind, subject.name), above


def load_named_round(session: ReadSession, round_id: str) -> tuple[SummarisedRound, dict[str, Words]]:
    """A round that is no draft, and the names of its KPIs by id, in its order."""
    round_, recipe = _load_round(session, round_id)
    return round_, {kpi["kpi_id"]: kpi["name"] for kpi in recipe["kpis"]}


def load_practised(session: ReadSession, round_id: str) -> dict[str, FrozenKpi]:
    """The KPIs of a round with an item that names a competence, by id."""
    kpis = kpis_in(_load_round(session, round_id)[1]["kpis"])
    return {kpi.kpi_id: kpi for kpi in kpis if any(item.practice.competence for item in kpi.items)}


# ------------------------------------------------------------ pieces

_IS_UNIT = RoundSubjectRow.kind.in_(UNIT_KINDS)
_HAS_FIGURES = or_(
    _IS_UNIT,
    select(ScoreRow.id)
    .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
    .where(ReleaseRow.round_id == RoundSubjectRow.round_id, ScoreRow.subject_id == RoundSubjectRow.subject_id, IS_TOLD)
    .exists(),
)
_ROUND = (
    RoundRow.id,
    RoundRow.name,
    RoundRow.period_start,
    RoundRow.period_end,
    RoundRow.closes_at,
    RoundRow.state,
    RoundRow.release_mode,
)
# Statements of every summary, built once: building one takes longer than running it.
_WITH_RECIPE = select(*_ROUND, RoundRow.recipe).where(RoundRow.id == bindparam("round_id"))
_NAMED_RATERS = select(AssignmentRow.rater_group, AssignmentRow.rater_id).where(
    AssignmentRow.round_id == bindparam("round_id"),
    AssignmentRow.subject_id == bindparam("subject_id"),
    AssignmentRow.rater_group.in_(bindparam("named", expanding=True)),
    AssignmentRow.answered,
)
_COMMENTS = select(
    ReleasedCommentRow.rater_groups,
    ReleasedCommentRow.about,
    ReleasedCommentRow.position,
    ReleasedCommentRow.author,
    ReleasedCommentRow.text,
    ReleasedCommentRow.is_edited,
).where(
    ReleasedCommentRow.release_id == bindparam("release_id"), ReleasedCommentRow.subject_id == bindparam("subject_id")
)
_WITHHELD = select(
    WithheldCommentsRow.rater_groups,
    WithheldCommentsRow.about,
    WithheldCommentsRow.reason,
    WithheldCommentsRow.comments,
).where(
    WithheldCommentsRow.release_id == bindparam("release_id"),
    WithheldCommentsRow.subject_id == bindparam("subject_id"),
)


def _round(id_: str, name: Words, start: date, end: date, *rest: Any) -> SummarisedRound:
    closes_at, state, release_mode = rest
    return SummarisedRound(id_, name, start, end, closes_at, RoundState(state), ReleaseMode(release_mode))


def _load_round(session: ReadSession, round_id: str) -> tuple[SummarisedRound, Mapping[str, Any]]:
    """A round that is no draft, with its recipe."""
    row = session.execute(_WITH_RECIPE, {"round_id": round_id}).one_or_none()
    if row is None or row[-1] is None:
        raise NotFound
    return _round(*row[:-1]), row[-1]


def _load_rounds(session: ReadSession, round_ids: Iterable[str]) -> dict[str, SummarisedRound]:
    found = session.execute(select(*_ROUND).where(RoundRow.id.in_(list(round_ids))))
    return {row[0]: _round(*row) for row in found}


def _kpis(recipe: Mapping[str, Any], wanted: Collection[str | None]) -> dict[str, FrozenKpi]:
    chosen = kpis_in(kpi for kpi in recipe["kpis"] if kpi["kpi_id"] in wanted)
    return {kpi.kpi_id: kpi for kpi in chosen}


def load_frozen_way(
    session: ReadSession, viewer: Viewer, round_id: str, path: Sequence[str], *, on: date
) -> tuple[FrozenSubject, tuple[Place, ...]]:
    """A subject as it was frozen, and the units above it then, most often those of today's path; NotFound without it."""
    found = {one.id: one for one in load_frozen_subjects(session, round_id, path)}
    subject = found.get(path[-1])
    if subject is None:
        raise NotFound
    chain: list[FrozenSubject] = []
    parent_id = subject.parent_id
    while parent_id is not None:
        if parent_id not in found:
            found |= {one.id: one for one in load_frozen_subjects(session, round_id, [parent_id])}
        chain.append(found[parent_id])
        parent_id = found[parent_id].parent_id
    moved = [one.id for one in chain if one.id not in path]
    paths: dict[str, Sequence[str]] = {one: path[: place + 1] for place, one in enumerate(path)}
    if moved:
        paths |= {str(one): known for one, known in load_paths(session, moved, on=on).items()}
    above = (
        Place(one.id, one.kind, one.name, may(viewer, Action.RESULTS_READ, paths.get(one.id, ())))
        for one in reversed(chain)
    )
    return subject, tuple(above)


def _load_voices(session: ReadSession, round_id: str, subject_id: str, named: Collection[RaterGroup]) -> dict[str, str]:
    """The name of the only rater of a named group, by group."""
    wanted = {"round_id": round_id, "subject_id": subject_id, "named": list(named)}
    rows = session.execute(_NAMED_RATERS, wanted).all()
    groups = [group for group, _ in rows]
    single = {group: rater_id for group, rater_id in rows if groups.count(group) == 1}
    people = {str(person.id): person.name or "" for person in load_people(session, single.values()).values()}
    return {group: people.get(rater_id, "") for group, rater_id in single.items()}


def _load_comments(session: ReadSession, release_id: str, subject_id: str) -> list[ReadComment]:
    rows = session.execute(_COMMENTS, {"release_id": release_id, "subject_id": subject_id})
    return [ReadComment(tuple(groups.split("+")), about, *rest) for groups, about, *rest in map(list[Any], rows)]


def _load_withheld(session: ReadSession, release_id: str, subject_id: str) -> list[ReadWithheld]:
    rows = session.execute(_WITHHELD, {"release_id": release_id, "subject_id": subject_id})
    return [
        ReadWithheld(tuple(groups.split("+")), about, WithheldReason(reason), comments)
        for groups, about, reason, comments in rows
    ]


def _load_own_coming(
    session: ReadSession, company_id: str, rounds: Mapping[str, SummarisedRound], waiting: Mapping[str, Waiting]
) -> list[ComingRound]:
    """The released rounds of a company of which an own summary waits."""
    inside = select(RoundSubjectRow.round_id, RoundSubjectRow.subject_id, RoundSubjectRow.kind, RoundSubjectRow.name)
    query = inside.join(RoundRow, RoundRow.id == RoundSubjectRow.round_id).where(
        RoundRow.company_id == company_id,
        RoundSubjectRow.round_id.in_(waiting),
        RoundSubjectRow.subject_id.in_([one.subject_id for one in waiting.values()]),
    )
    rows = session.execute(query).all() if waiting else []
    return [
        ComingRound(rounds[round_id], (Place(subject_id, SubjectKind(kind), name),), waiting[round_id].opens_on)
        for round_id, subject_id, kind, name in rows
    ]


def _load_entries(
    session: ReadSession,
    viewer: Viewer,
    company_id: str,
    round_ids: Collection[str],
    *,
    holding: ColumnElement[bool],
    on: date,
) -> dict[str, tuple[Place, ...]]:
    """Where the viewer begins to read, by round: the topmost readable subjects that hold something, and one's own."""
    if not round_ids:
        return {}
    seen = is_readable(viewer, RoundSubjectRow.subject_id, RoundSubjectRow.round_id, company_id, on=on)
    begins = _is_topmost(viewer, company_id, on=on)
    own = sorted(filter(is_id, viewer.own_subjects))
    if own:
        begins |= RoundSubjectRow.subject_id.in_(own)
    rows = session.execute(
        select(RoundSubjectRow.round_id, RoundSubjectRow.subject_id, RoundSubjectRow.kind, RoundSubjectRow.name)
        .where(RoundSubjectRow.round_id.in_(list(round_ids)), begins, holding, *seen)
        .order_by(~_IS_UNIT, RoundSubjectRow.name, RoundSubjectRow.subject_id)
    )
    entries: dict[str, tuple[Place, ...]] = {}
    for round_id, subject_id, kind, name in rows:
        entries[round_id] = (*entries.get(round_id, ()), Place(subject_id, SubjectKind(kind), name))
    return entries


def _is_topmost(viewer: Viewer, company_id: str, *, on: date) -> ColumnElement[bool]:
    """The condition that the viewer reads nothing above a subject in a round."""
    if may(viewer, Action.RESULTS_READ, (company_id,)):
        # Who reads the whole company reads every unit: it begins where the round does.
        return RoundSubjectRow.parent_id.is_(None)
    parent = aliased(RoundSubjectRow)
    seen = is_readable(viewer, parent.subject_id, parent.round_id, company_id, on=on)
    above = select(parent.subject_id).where(
        parent.round_id == RoundSubjectRow.round_id, parent.subject_id == RoundSubjectRow.parent_id, *seen
    )
    return ~above.exists()
