"""Every SELECT of focus: what people work on, with the latest figure of it that may be read.

Whoever reads the results of a person reads what is in focus there, and the person; a summary that waits keeps its figures.
"""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import select

from app.accounts.queries import load_actor_names
from app.accounts.rules import Action, may, roots
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.errors import NotFound
from app.focus.rules import may_choose
from app.focus.tables import FocusKpiRow
from app.focus.values import Focus, FocusKpi, FocusState
from app.followup.relations import name_of
from app.followup.rows import load_watches
from app.followup.rules import SINGLY
from app.followup.values import KpiName
from app.infra.database import ReadSession
from app.kpis.queries import load_company_kpis, load_scorecards
from app.kpis.rules import card_for
from app.kpis.values import Kpi, KpiId, KpiState, Level, Scorecard
from app.organisation.paths import load_paths, load_subjects
from app.organisation.values import Subject, SubjectKind
from app.releases.gate import is_open
from app.releases.queries import IS_TOLD, SCORE_COLUMNS, is_whole, score_of, without_errors
from app.releases.tables import ReleaseRow, ScoreRow
from app.rounds.recipe import targets_in
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.scoring.bands import Band, band_of, target_worth
from app.scoring.steps import length_of
from app.summaries.compose import figure_of
from app.summaries.values import Figure, Place

Told = Mapping[tuple[str, str], tuple[Figure, Band | None]]
"""Figure and band by person and KPI."""


def get_focus(session: ReadSession, viewer: Viewer, subject_id: str, *, on: date) -> Focus:
    """What a person works on; NotFound unless the viewer may read that person's results."""
    found = load_focus(session, viewer, [subject_id], on=on)
    if not found:
        raise NotFound
    return found[0]


def load_focus(session: ReadSession, viewer: Viewer, subject_ids: Collection[str], *, on: date) -> tuple[Focus, ...]:
    """What some people work on, as far as the viewer may read it; of one company a fixed number of statements."""
    subjects = load_subjects(session, subject_ids, on=on).values()
    people = [one for one in subjects if one.kind is SubjectKind.PERSON and may(viewer, Action.RESULTS_READ, one.path)]
    companies = {one: _Company.of(session, one, on=on) for one in {str(person.company_id) for person in people}}
    rows = find_rows(session, [one.id for one in people])
    wanted = {kpi.id for person in people for kpi in companies[person.company_id].lines(person)}
    told = _load_told(session, viewer, [one.id for one in people], wanted, on=on)
    names = load_actor_names(session, {row.set_by for row in rows})
    return tuple(
        _focus(
            viewer,
            person,
            companies[person.company_id],
            [row for row in rows if row.subject_id == person.id],
            told,
            names,
        )
        for person in people
    )


def list_proposals(session: ReadSession, viewer: Viewer, *, on: date) -> tuple[Focus, ...]:
    """The focus of people whom the viewer leads and who propose something for it, by name."""
    granted = roots(viewer, Action.DECISIONS_WRITE)
    if not granted:
        return ()
    # Looked at from who proposes upwards: few do, and below a company there are all.
    proposing = session.scalars(select(FocusKpiRow.subject_id).where(FocusKpiRow.state == FocusState.PROPOSED)).all()
    paths = load_paths(session, proposing, on=on)
    found = load_focus(session, viewer, [one for one, path in paths.items() if granted.intersection(path)], on=on)
    waiting = [one for one in found if one.may_choose and one.proposal is not None]
    return tuple(sorted(waiting, key=lambda one: (one.person.name.casefold(), one.person.id)))


def find_rows(session: ReadSession, subject_ids: Collection[str]) -> list[FocusKpiRow]:
    """What was chosen or proposed, the earliest first, whoever asks."""
    query = select(FocusKpiRow).where(FocusKpiRow.subject_id.in_(subject_ids))
    return list(session.scalars(query.order_by(FocusKpiRow.since, FocusKpiRow.kpi_id)))


@dataclass(frozen=True, slots=True)
class _Company:
    """Cards and KPIs of a company on a day."""

    kpis: Mapping[KpiId, Kpi]
    cards: tuple[Scorecard, ...]

    @classmethod
    def of(cls, session: ReadSession, company_id: str, *, on: date) -> "_Company":
        return cls(load_company_kpis(session, company_id, on=on), load_scorecards(session, company_id, on=on))

    def lines(self, person: Subject) -> list[KpiName]:
        """The KPIs of a person's card that are in use, in its order."""
        card = card_for(self.cards, person.path, Level.PERSON)
        kpis = [self.kpis[line.kpi_id] for line in card.lines if line.kpi_id in self.kpis] if card is not None else []
        return [name_of(kpi) for kpi in kpis if kpi.state is KpiState.ACTIVE]

    def in_focus(self, person: Subject) -> list[str]:
        """Those that the card has in focus for everybody."""
        card = card_for(self.cards, person.path, Level.PERSON)
        return [line.kpi_id for line in card.lines if line.in_focus] if card is not None else []


def _focus(
    viewer: Viewer,
    person: Subject,
    company: _Company,
    rows: list[FocusKpiRow],
    told: Told,
    names: Mapping[str, str],
) -> Focus:
    known = {kpi.id: kpi for kpi in company.lines(person)}

    def stood(row: FocusKpiRow) -> FocusKpi:
        name = names.get(row.set_by, "")
        instead = known.get(row.instead_of_id or "")
        return FocusKpi(known[row.kpi_id], row.since, name, instead, *told.get((person.id, row.kpi_id), (None, None)))

    there = [row for row in rows if row.kpi_id in known]
    chosen = tuple(stood(row) for row in there if row.state == FocusState.CHOSEN)
    by_card = tuple(
        FocusKpi(known[one], None, "", None, *told.get((person.id, one), (None, None)))
        for one in company.in_focus(person)
        if one in known
    )
    shown = chosen or by_card
    taken = {one.kpi.id for one in chosen}
    return Focus(
        person=Place(person.id, person.kind, person.name),
        company_id=person.company_id,
        kpis=shown,
        is_of_card=not chosen and bool(by_card),
        proposal=next((stood(row) for row in there if row.state == FocusState.PROPOSED), None),
        choices=tuple(kpi for kpi in known.values() if kpi.id not in taken),
        may_choose=may_choose(viewer, person.path),
        may_propose=person.id in viewer.own_subjects,
    )


def _load_told(
    session: ReadSession, viewer: Viewer, subject_ids: Collection[str], kpi_ids: Collection[str], *, on: date
) -> Told:
    """The latest figures that may be read, longer periods before single weeks, a score before a newer row without."""
    query = (
        select(RoundSubjectRow.targets, RoundRow.period_start, RoundRow.period_end, *SCORE_COLUMNS)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .join(
            RoundSubjectRow,
            (RoundSubjectRow.round_id == ReleaseRow.round_id) & (RoundSubjectRow.subject_id == ScoreRow.subject_id),
        )
        .where(
            ScoreRow.subject_id.in_(subject_ids),
            ScoreRow.kpi_id.in_(kpi_ids),
            is_whole(ScoreRow),
            IS_TOLD,
            *is_open(viewer, ScoreRow.subject_id, ReleaseRow.round_id, on=on),
        )
        .order_by(ScoreRow.score.is_not(None), ReleaseRow.sealed_at, ReleaseRow.id)
    )
    rows = session.execute(query).all()
    # Single weeks are too unsure to stand for somebody; where there is nothing else, they are what there is.
    in_order = sorted(
        rows, key=lambda row: (row.score is not None, length_of(row.period_start, row.period_end) not in SINGLY)
    )
    lines = {kpi_id: watch.red_line for kpi_id, watch in load_watches(session, kpi_ids).items()}
    found: dict[tuple[str, str], tuple[Figure, Band | None]] = {}
    for targets, _, _, *row in in_order:
        score = without_errors(score_of(*row))
        posts = targets_in(targets).get(score.kpi_id or "")
        worth = target_worth(has_stretch=posts is None or posts.stretch is not None)
        line = lines.get(score.kpi_id or "") if posts is None else None
        band = None if score.score is None else band_of(score.score, target=worth, red_line=line)
        found[score.subject_id, score.kpi_id or ""] = figure_of(score), band
    return found
