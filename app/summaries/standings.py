"""Every read of comparisons: bands and places below a unit, and a unit against competitors and benchmarks.

Whoever may read the unit today may read them; whoever has left the unit since is counted and not named.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.benchmarks.queries import has_foreign, load_foreign, load_level_figures
from app.benchmarks.values import LEVELS
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.organisation.paths import load_subjects
from app.organisation.values import SubjectId, SubjectKind
from app.releases.comparisons import RANKED_KINDS
from app.releases.gate import is_readable
from app.releases.queries import find_release, load_scores, open_results
from app.releases.tables import ComparisonRow
from app.releases.values import Release
from app.rounds.tables import RoundSubjectRow
from app.summaries.queries import load_named_round, load_way
from app.summaries.ranked import (
    Compared,
    Told,
    Wanted,
    absent_of,
    bands_of,
    basis_of,
    choices_of,
    chosen_of,
    kinds_of,
    peers_of,
    reason_of,
)
from app.summaries.rivals import (
    Competition,
    Field,
    Origin,
    Source,
    contests_of,
    group_figures,
    of_benchmarks,
    unmatched_of,
)
from app.summaries.values import Place
from app.words import Words

WHOLE: Words = {"nb": "Samlet poengsum", "en": "Composite score"}
"""What the card as a whole is called among the KPIs that can be compared."""

Document = Mapping[str, Any]


def get_comparison(
    session: ReadSession, viewer: Viewer, release_id: str, unit_id: str, wanted: Wanted, *, on: date
) -> Compared:
    """The subjects of a kind below a unit, like for like; NotFound unless the unit may be read."""
    release, path = open_results(session, viewer, release_id, unit_id, on=on)
    unit, above = load_way(session, viewer, release.round_id, path, on=on)
    documents = _load_documents(session, release.id, unit_id)
    kinds = kinds_of(documents, RANKED_KINDS)
    kind, kpi_id = wanted.kind or next(iter(kinds), SubjectKind.PERSON), wanted.kpi_id
    round_, names = load_named_round(session, release.round_id)
    if kind not in RANKED_KINDS or (kpi_id is not None and kpi_id not in names):
        raise NotFound
    whole = documents.get(kind)
    document = chosen_of(whole, wanted)
    if document is None and wanted.card:
        raise NotFound
    places = _load_readable(session, viewer, release, _subject_ids(document), on=on)
    told = Told(places, names, str(release.id), may(viewer, Action.RESULTS_ANALYSE, path))
    return Compared(
        release=release,
        round=round_,
        unit=unit,
        above=above,
        kind=kind,
        kpi_id=kpi_id,
        reason=reason_of(document),
        coverage=document["coverage"] if document else None,
        basis=basis_of(document, told),
        unsure=tuple(names[one] for one in (document or {"unsure": ()})["unsure"]),
        count=len(document["entries"]) if document else 0,
        bands=bands_of(document, told),
        absent=absent_of(document, told),
        kinds=kinds,
        choices=choices_of(whole, told, WHOLE),
        card=wanted.card,
        peers=peers_of(whole, told),
    )


def has_comparison(session: ReadSession, release_id: str, unit_id: str) -> bool:
    """Whether anything is compared below a unit, whoever asks."""
    query = select(ComparisonRow.unit_id).where(
        ComparisonRow.release_id == release_id, ComparisonRow.unit_id == unit_id
    )
    return session.scalar(query.limit(1)) is not None


def get_competition(session: ReadSession, viewer: Viewer, release_id: str, *, on: date) -> Competition:
    """The company against its competitors; NotFound unless it may be read."""
    known = find_release(session, release_id)
    if known is None:
        raise NotFound
    release, path = open_results(session, viewer, release_id, known.company_id, on=on)
    unit, _ = load_way(session, viewer, release.round_id, path, on=on)
    document = _load_documents(session, release.id, unit.id).get(SubjectKind.COMPETITOR, {"kpis": ()})
    ids = {entry["subject_id"] for one in document["kpis"] for entry in one["entries"]}
    places = _load_readable(session, viewer, release, ids, on=on)
    round_, names = load_named_round(session, release.round_id)
    told = Told(places, names, str(release.id), is_analysed=False)
    foreign = load_foreign(session, release.company_id, names)
    days = round_.period_start, round_.period_end, local_day(release.sealed_at)
    field = Field(
        document,
        load_level_figures(session, release) if foreign else (),
        foreign,
        Source(Origin.ROUND, unit.name, *days, release.method_version),
    )
    return Competition(release, round_, unit, contests_of(field, unit.id, told), unmatched_of(field, unit.id))


def get_beside(session: ReadSession, viewer: Viewer, release_id: str, unit_id: str, *, on: date) -> Competition:
    """A unit against the lines of benchmarks about its level; NotFound unless it is a unit that may be read.

    Of the company it is that part of its competition, so that both say the same.
    """
    release, path = open_results(session, viewer, release_id, unit_id, on=on)
    unit, above = load_way(session, viewer, release.round_id, path, on=on)
    if unit.kind not in LEVELS:
        raise NotFound
    if unit.kind is SubjectKind.COMPANY:
        whole = get_competition(session, viewer, release_id, on=on)
        contests = tuple(one for one in of_benchmarks(whole.contests) if one.level is unit.kind)
        unmatched = tuple(one for one in whole.unmatched if one.line.level is unit.kind)
        return replace(whole, contests=contests, unmatched=unmatched)
    round_, names = load_named_round(session, release.round_id)
    foreign = [one for one in load_foreign(session, release.company_id, names) if one.line.level is unit.kind]
    days = round_.period_start, round_.period_end, local_day(release.sealed_at)
    figures = group_figures(load_scores(session, release.id, unit_id), unit.kind)
    own = Source(Origin.ROUND, _company_name(session, release, above, on=on), *days, release.method_version)
    field = Field({"kpis": ()}, [one for one in figures if one.kpi_id in names], foreign, own)
    told = Told({}, names, str(release.id), is_analysed=False)
    return Competition(release, round_, unit, contests_of(field, unit_id, told), unmatched_of(field, unit_id))


def find_beside(
    session: ReadSession, viewer: Viewer, company_id: str, release_id: str, unit_id: str, *, on: date
) -> Competition | None:
    """The same for a page of the unit; none where its company has no file to compare with."""
    if not has_foreign(session, company_id):
        return None
    return get_beside(session, viewer, release_id, unit_id, on=on)


def _company_name(session: ReadSession, release: Release, above: Sequence[Place], *, on: date) -> str:
    """What the company was called in a round; what it is called today, where the round was about a part of it."""
    if above and above[0].kind is SubjectKind.COMPANY:
        return above[0].name
    return load_subjects(session, [release.company_id], on=on)[SubjectId(release.company_id)].name


def _load_documents(session: ReadSession, release_id: str, unit_id: str) -> dict[SubjectKind, Document]:
    query = select(ComparisonRow.kind, ComparisonRow.document).where(
        ComparisonRow.release_id == release_id, ComparisonRow.unit_id == unit_id
    )
    return {SubjectKind(kind): document for kind, document in session.execute(query)}


def _subject_ids(document: Document | None) -> set[str]:
    if document is None:
        return set()
    return {one["subject_id"] for one in document["entries"]} | {subject_id for subject_id, _ in document["left_out"]}


def _load_readable(
    session: ReadSession, viewer: Viewer, release: Release, subject_ids: Collection[str], *, on: date
) -> dict[str, Place]:
    """Those of some subjects that the viewer may read today, as they were frozen."""
    query = select(RoundSubjectRow.subject_id, RoundSubjectRow.kind, RoundSubjectRow.name).where(
        RoundSubjectRow.round_id == release.round_id,
        RoundSubjectRow.subject_id.in_(subject_ids),
        *is_readable(viewer, RoundSubjectRow.subject_id, release.round_id, release.company_id, on=on),
    )
    return {row[0]: Place(row[0], SubjectKind(row[1]), row[2]) for row in session.execute(query)}
