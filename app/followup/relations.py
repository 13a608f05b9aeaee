"""How KPIs stand to each other: what speaks against each other at a subject, and which soft KPI moves before a hard one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from app.accounts.rules import Action, may
from app.accounts.values import Viewer
from app.errors import Forbidden, NotFound
from app.followup.prompts import Standing, Together, prompts_of
from app.followup.rules import SINGLY, better_of, upward
from app.followup.series import comparable
from app.followup.values import KpiName, LinkedKpis, Prompt, Prompts, Series
from app.followup.watched import load_measurements, load_rated
from app.infra.database import ReadSession
from app.kpis.queries import get_kpi, load_company_kpis, load_goal_parents, load_kpis, load_targets
from app.kpis.rules import target_for
from app.kpis.values import Kpi, KpiKind
from app.organisation.queries import load_subjects, load_tree
from app.organisation.values import Subject, SubjectId, SubjectKind
from app.releases.gate import load_waiting
from app.releases.queries import load_scores, open_results
from app.releases.tables import ReleaseRow, ScoreRow
from app.releases.values import ScoreStatus
from app.rounds.queries import load_frozen_subjects
from app.rounds.recipe import kpis_in
from app.rounds.tables import RoundRow
from app.scoring.discoveries import discoveries
from app.scoring.relevance import Lack, Relevance, Untold, relevance
from app.scoring.steps import Length, length_of, number_of
from app.summaries.values import Place

USUAL_LAGS = (1, 2, 3)
LONGEST_LAG = 12


def name_of(kpi: Kpi) -> KpiName:
    """A KPI as figures are read with it."""
    version = kpi.current
    return KpiName(kpi.id, kpi.kind, version.name, version.unit, version.decimals)


# ------------------------------------------------------------ prompts


class _Past(NamedTuple):
    """A release that tells something of a subject."""

    release_id: str
    round_id: str
    first: date
    last: date


def get_prompts(session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date) -> Prompts:
    """What speaks against each other at a subject after a release; NotFound unless the viewer may read it today.

    Nothing where everything is withheld.
    """
    release, _ = open_results(session, viewer, release_id, subject_id, on=on)
    subject = load_subjects(session, [subject_id], on=on)[SubjectId(subject_id)]
    place = Place(subject.id, subject.kind, subject.name)
    past = _load_past(
        session, subject, but={one.round_id for one in load_waiting(session, viewer, [subject_id], on=on)}
    )
    chosen = next((one for one in past if one.release_id == release_id), None)
    if chosen is None:
        if not load_frozen_subjects(session, release.round_id, [subject_id]):
            raise NotFound
        return Prompts(release_id, None, place, ())
    before = _before(past, chosen)
    found = _prompts(session, subject, chosen, before, on=on)
    return Prompts(release_id, None if before is None else before.release_id, place, found)


def load_latest_prompts(
    session: ReadSession, subject: Subject, *, but: Collection[str] = (), on: date
) -> tuple[Prompt, ...]:
    """The prompts of the latest release about more than a week of a subject, or of the latest at all, whoever asks.

    `but` are rounds that are left out.
    """
    past = _load_past(session, subject, but=but)
    longer = [one for one in past if length_of(one.first, one.last) not in SINGLY]
    latest = next(iter(longer or past), None)
    return () if latest is None else _prompts(session, subject, latest, _before(past, latest), on=on)


def _load_past(session: ReadSession, subject: Subject, *, but: Collection[str]) -> list[_Past]:
    """The releases with a score of the subject, the latest period first."""
    told = select(ScoreRow.id).where(
        ScoreRow.release_id == ReleaseRow.id,
        ScoreRow.subject_id == subject.id,
        ScoreRow.kpi_id.is_not(None),
        ScoreRow.status == ScoreStatus.OK,
    )
    rows = session.execute(
        select(ReleaseRow.id, RoundRow.id, RoundRow.period_start, RoundRow.period_end)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(ReleaseRow.company_id == subject.company_id, told.exists(), RoundRow.id.not_in(but))
        .order_by(RoundRow.period_start.desc(), ReleaseRow.sealed_at.desc(), ReleaseRow.id)
    )
    return [_Past(*row) for row in rows]


def _before(past: Sequence[_Past], chosen: _Past) -> _Past | None:
    """The latest release about a period of the same length that was over before."""
    length = length_of(chosen.first, chosen.last)
    earlier = (one for one in past if one.last < chosen.first and length_of(one.first, one.last) is length)
    return next(earlier, None)


def _prompts(
    session: ReadSession, subject: Subject, chosen: _Past, before: _Past | None, *, on: date
) -> tuple[Prompt, ...]:
    now = _standing(session, subject, chosen)
    past = None if before is None else _standing(session, subject, before)
    kpis: dict[str, Kpi] = {str(kpi.id): kpi for kpi in load_kpis(session, list(now.kpis), on=on).values()}
    names = {kpi_id: name_of(kpi) for kpi_id, kpi in kpis.items()}
    goals = load_goal_parents(session, subject.company_id)
    return prompts_of(now, past, Together(kpis, names, goals))


def _standing(session: ReadSession, subject: Subject, past: _Past) -> Standing:
    recipe = session.execute(select(RoundRow.recipe).where(RoundRow.id == past.round_id)).scalar_one()
    frozen = load_frozen_subjects(session, past.round_id, [subject.id])
    return Standing(
        past.release_id,
        load_scores(session, past.release_id, subject.id),
        {kpi.kpi_id: kpi for kpi in kpis_in(recipe["kpis"] if recipe else ())},
        frozen[0].targets if frozen else {},
    )


# ------------------------------------------------------------ links


def list_links(
    session: ReadSession,
    viewer: Viewer,
    kpi_id: str,
    *,
    other_id: str | None = None,
    lags: Sequence[int] = USUAL_LAGS,
    on: date,
) -> tuple[LinkedKpis, ...]:
    """Whether a soft KPI moves before hard ones, or which soft ones move before a hard one: the surest first.

    Over the subjects whose results the viewer analyses and whose readings he reads; Forbidden without any.
    """
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    subjects = _analysed(session, viewer, kpi.company_id, on=on)
    kpis = load_company_kpis(session, kpi.company_id, on=on)
    others = [one for one in kpis.values() if one.kind is not kpi.kind and other_id in {None, one.id}]
    if other_id is not None and not others:
        raise NotFound
    soft, hard = ([kpi], others) if kpi.kind is KpiKind.SOFT else (others, [kpi])
    pairs = _Pairs(session, kpi.company_id, subjects, soft, hard, on=on)
    return _judged([pairs.link(one, other, lags) for one in soft for other in hard])


def list_company_links(
    session: ReadSession, viewer: Viewer, company_id: str, *, lags: Sequence[int] = USUAL_LAGS, on: date
) -> tuple[LinkedKpis, ...]:
    """The same of every soft KPI beside every hard one, their whole number allowed for."""
    subjects = _analysed(session, viewer, company_id, on=on)
    kpis = load_company_kpis(session, company_id, on=on).values()
    soft, hard = ([kpi for kpi in kpis if kpi.kind is kind] for kind in (KpiKind.SOFT, KpiKind.HARD))
    pairs = _Pairs(session, company_id, subjects, soft, hard, on=on)
    return _judged([pairs.link(one, other, lags) for one in soft for other in hard])


def _analysed(session: ReadSession, viewer: Viewer, company_id: str, *, on: date) -> Mapping[str, Subject]:
    tree = load_tree(session, company_id, on=on)
    found = {
        str(subject_id): subject
        for subject_id, subject in tree.subjects.items()
        if may(viewer, Action.RESULTS_ANALYSE, subject.path) and may(viewer, Action.READINGS_READ, subject.path)
    }
    if not found:
        raise Forbidden
    return found


def _judged(found: Sequence[LinkedKpis]) -> tuple[LinkedKpis, ...]:
    """The links with those that stand when their number is allowed for, the one hardest to explain by chance first."""
    told = [one.found.link for one in found if isinstance(one.found, Relevance)]
    kept = iter(discoveries([link.chance for link in told]))
    marked = [
        LinkedKpis(one.soft, one.hard, one.length, one.lags, one.found, next(kept) and one.found.link.lag > 0)
        if isinstance(one.found, Relevance)
        else one
        for one in found
    ]
    return tuple(sorted(marked, key=lambda one: one.found.link.chance if isinstance(one.found, Relevance) else 2.0))


_LEVELS = (
    SubjectKind.PERSON,
    SubjectKind.TEAM,
    SubjectKind.DEPARTMENT,
    SubjectKind.COMPANY,
    SubjectKind.COMPETITOR,
)
_LENGTHS = tuple(Length)


class _Pairs:
    """Soft and hard KPIs side by side over the subjects that are analysed."""

    def __init__(
        self,
        session: ReadSession,
        company_id: str,
        subjects: Mapping[str, Subject],
        soft: Sequence[Kpi],
        hard: Sequence[Kpi],
        *,
        on: date,
    ) -> None:
        self._subjects = subjects
        self._rated: defaultdict[str, dict[tuple[Length, str], Series]] = defaultdict(dict)
        rated = load_rated(session, company_id, [kpi.id for kpi in soft], list(subjects), on=on)
        for (kpi_id, subject_id), several in rated.items():
            for series in several:
                if series.length is not None:
                    self._rated[kpi_id][series.length, subject_id] = series
        self._known = load_measurements(session, company_id, [kpi.id for kpi in hard], on=on)
        self._targets = load_targets(session, [kpi.id for kpi in hard], on=on)

    def link(self, soft: Kpi, hard: Kpi, lags: Sequence[int]) -> LinkedKpis:
        """The link over subjects of one kind, at the length of which most is told: nobody counts twice."""
        rated = self._rated.get(soft.id, {})
        turn = self._most_told(rated)
        found: Relevance | Untold = Untold(Lack.FEW, 0, 0)
        if turn is not None:
            of_kind = [one for length, one in rated if length is turn[0] and self._subjects[one].kind is turn[1]]
            found = relevance(
                {one: _numbered(rated[turn[0], one], turn[0]) for one in of_kind},
                {one: self._measured(hard, one, turn[0]) for one in of_kind},
                lags,
            )
        length = None if turn is None else turn[0]
        return LinkedKpis(name_of(soft), name_of(hard), length, tuple(lags), found, stands=False)

    def _most_told(self, rated: Mapping[tuple[Length, str], Series]) -> tuple[Length, SubjectKind] | None:
        told: Counter[tuple[Length, SubjectKind]] = Counter()
        for (length, subject_id), series in rated.items():
            told[length, self._subjects[subject_id].kind] += len(_numbered(series, length))
        finest = sorted(told, key=lambda turn: (_LENGTHS.index(turn[0]), _LEVELS.index(turn[1])))
        return max(finest, key=lambda turn: told[turn], default=None)

    def _measured(self, kpi: Kpi, subject_id: str, length: Length) -> dict[int, float]:
        """Values of a hard KPI by number of the period, turned so that more is better."""
        steps = self._known.steps(kpi, length)
        if steps is None:
            return {}
        values = _numbered(steps.series(subject_id), length)
        target = target_for(self._targets, kpi.id, self._subjects[subject_id].path)
        better = better_of(kpi.current.direction, target, list(values.values()))
        return {number: upward(value, better) for number, value in values.items()}


def _numbered(series: Series, length: Length) -> dict[int, float]:
    """The figures of a series by number of the period."""
    return {number_of(length, one.first): one.value for one in comparable(series.told) if one.value is not None}
