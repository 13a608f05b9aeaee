"""What the KPIs of a scorecard really decide, read off the last release that scored people or units with it.

Only for who may read the results it is computed from: nobody else learns more than that there are weights.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.deferred import dataclass
from app.infra.database import ReadSession
from app.kpis.values import Scorecard, ScorecardLine
from app.organisation.queries import load_paths
from app.organisation.values import SubjectId
from app.releases.gate import is_readable
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ReleaseId, ScoreStatus
from app.rounds.recipe import card_in
from app.rounds.tables import RoundRow, RoundSubjectRow
from app.scoring import scorecards
from app.scoring.influence import NoInfluence, Uninfluenced, Warned, influences_of

LOOK_BACK = 12


@dataclass(frozen=True, slots=True)
class KpiInfluence:
    """One KPI of a card.

    weight : nominal, 0-1; share : what it decides of the differences between the composites, any number
    warning : what is wrong with that, if anything
    """

    kpi_id: str
    weight: float
    share: float
    warning: Warned | None


@dataclass(frozen=True, slots=True)
class CardInfluence:
    """What the KPIs of a card decide, in one release; in none yet where nobody was scored with it.

    subjects : how many were scored on the whole card
    reason : why there are no shares
    """

    release_id: ReleaseId | None
    period_start: date | None
    period_end: date | None
    subjects: int
    reason: Uninfluenced | None
    kpis: tuple[KpiInfluence, ...]


def find_influence(session: ReadSession, viewer: Viewer, card: Scorecard, *, on: date) -> CardInfluence | None:
    """Of the last release that scored anybody whom the viewer may read with these KPIs and weights.

    None for who may not read the results at the card's place. Cards of other places with the same KPIs and weights are
    the same card here.
    """
    path = load_paths(session, [card.subject_id], on=on).get(SubjectId(card.subject_id), ())
    if not may(viewer, Action.RESULTS_READ, path):
        return None
    for one in _load_releases(session, card.company_id):
        lines, subject_ids = _load_scored_with(session, viewer, card, one.round_id, on=on)
        if subject_ids:
            return _influence(card, lines, _load_scores(session, one.release_id, subject_ids), one)
    return CardInfluence(None, None, None, 0, Uninfluenced.TOO_FEW_SUBJECTS, ())


class _Released(NamedTuple):
    """A release, and the round that it is of."""

    release_id: str
    round_id: str
    period_start: date
    period_end: date


def _load_releases(session: ReadSession, company_id: str) -> list[_Released]:
    """The latest releases of a company, those about the latest period first."""
    query = (
        select(ReleaseRow.id, RoundRow.id, RoundRow.period_start, RoundRow.period_end)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(ReleaseRow.company_id == company_id)
        .order_by(RoundRow.period_end.desc(), ReleaseRow.sealed_at.desc(), ReleaseRow.id)
        .limit(LOOK_BACK)
    )
    return [_Released(*row) for row in session.execute(query)]


def _influence(
    card: Scorecard,
    lines: Sequence[ScorecardLine],
    scores: Iterable[Mapping[str, float]],
    about: _Released,
) -> CardInfluence:
    numbers: dict[str, int] = {line.kpi_id: number for number, line in enumerate(lines)}
    entries = tuple(scorecards.CardEntry(number, line.weight) for number, line in enumerate(lines))
    told = [{numbers[kpi_id]: x for kpi_id, x in of_one.items() if kpi_id in numbers} for of_one in scores]
    whole = [of_one for of_one in told if len(of_one) == len(lines)]
    found = influences_of(scorecards.Scorecard(entries, scorecards.Form(card.form)), whole)
    kpis = () if isinstance(found, NoInfluence) else found
    return CardInfluence(
        ReleaseId(about.release_id),
        about.period_start,
        about.period_end,
        len(whole),
        found.reason if isinstance(found, NoInfluence) else None,
        tuple(KpiInfluence(lines[one.kpi].kpi_id, one.weight, one.share, one.warning) for one in kpis),
    )


def _load_scored_with(
    session: ReadSession, viewer: Viewer, card: Scorecard, round_id: str, *, on: date
) -> tuple[tuple[ScorecardLine, ...], list[str]]:
    """The lines of a card that counted in a round, and the subjects that had them, as far as the viewer reads them."""
    query = select(RoundSubjectRow.subject_id, RoundSubjectRow.card).where(
        RoundSubjectRow.round_id == round_id,
        RoundSubjectRow.kind == card.level,
        RoundSubjectRow.form == card.form,
        *is_readable(viewer, RoundSubjectRow.subject_id, round_id, card.company_id, on=on),
    )
    by_lines: defaultdict[tuple[ScorecardLine, ...], list[str]] = defaultdict(list)
    for subject_id, document in session.execute(query):
        lines = card_in(document)
        if _is_of(card, lines):
            by_lines[lines].append(subject_id)
    return max(by_lines.items(), key=lambda one: len(one[1]), default=((), []))


def _is_of(card: Scorecard, lines: Sequence[ScorecardLine]) -> bool:
    """Whether a subject was scored with a card: KPIs that rested then are missing, the others weigh as they do."""
    weights = {line.kpi_id: line.weight for line in card.lines}
    return bool(lines) and all(weights.get(line.kpi_id) == line.weight for line in lines)


def _load_scores(session: ReadSession, release_id: str, subject_ids: Collection[str]) -> Iterable[Mapping[str, float]]:
    """KPI scores of each subject by KPI."""
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    query = select(ScoreRow.subject_id, ScoreRow.kpi_id, ScoreRow.score).where(
        ScoreRow.release_id == release_id,
        ScoreRow.subject_id.in_(subject_ids),
        ScoreRow.kpi_id.is_not(None),
        ScoreRow.rater_groups == "",
        ScoreRow.status == ScoreStatus.OK,
    )
    for subject_id, kpi_id, score in session.execute(query):
        found[subject_id][str(kpi_id)] = float(score or 0.0)
    return found.values()
