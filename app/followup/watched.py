"""Every series of some KPIs at some subjects with all that it is judged by, whoever asks; rights are asked above."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from app.deferred import dataclass
from app.followup.rows import load_released, load_shifts, load_watches
from app.followup.rules import better_of, step_of, watched_since
from app.followup.series import Released, Steps, definitions_of, rated_series, spans_of
from app.followup.values import Series, Watched, WatchSetting
from app.infra.database import ReadSession
from app.infra.formats import DEFAULT_ZONE
from app.kpis.queries import load_targets
from app.kpis.rules import target_for
from app.kpis.values import Kpi, KpiId, KpiKind, Target
from app.metrics.queries import load_readings
from app.metrics.values import Reading
from app.organisation.trees import load_stays, load_stays_below
from app.organisation.values import Stays, Subject, SubjectId
from app.rounds.recipe import freeze_kpi
from app.rounds.values import FrozenKpi, FrozenMeasure
from app.scoring.directions import Better
from app.scoring.steps import Length

Wanted = Mapping[KpiId, Sequence[Subject]]
"""At which subjects a KPI is looked at."""


def load_watched(  # noqa: PLR0913 - of what, where, on which day, how much of it, and what not
    session: ReadSession,
    company_id: str,
    kpis: Mapping[KpiId, Kpi],
    wanted: Wanted,
    *,
    on: date,
    with_items: bool = False,
    but: Collection[str] = (),
) -> list[Watched]:
    """Every series of KPIs at the subjects that are wanted; of several lengths the one with most figures first.

    With items, it can be told what moved. `but` are rounds whose figures are left out.
    """
    subjects = {subject.id: subject for several in wanted.values() for subject in several}
    settings, shifts = load_watches(session, kpis), load_shifts(session, kpis, subjects)
    soft = [kpi_id for kpi_id, kpi in kpis.items() if kpi.kind is KpiKind.SOFT]
    rated = load_rated(session, company_id, soft, subjects, on=on, with_items=with_items, but=but)
    found = [
        Watched(kpis[kpi_id], subject, series, settings[kpi_id], Better())
        for kpi_id in soft
        for subject in wanted[kpi_id]
        for series in rated.get((kpi_id, subject.id), ())
    ]
    found += _load_measured(session, company_id, kpis, wanted, settings, on=on)
    return [replace(one, shifts=shifts.get((one.kpi.id, one.subject.id), ())) for one in found]


def load_rated(  # noqa: PLR0913 - of what, where, on which day, how much of it, and what not
    session: ReadSession,
    company_id: str,
    kpi_ids: Collection[str],
    subject_ids: Collection[str],
    *,
    on: date,
    with_items: bool = False,
    but: Collection[str] = (),
) -> Mapping[tuple[str, str], tuple[Series, ...]]:
    """The series of soft KPIs from what was released, by KPI and subject."""
    if not kpi_ids:
        return {}
    rows, asked = load_released(
        session,
        company_id,
        since=watched_since(on),
        kpi_ids=list(kpi_ids),
        subject_ids=list(subject_ids),
        with_items=with_items,
        but=but,
    )
    by_place: defaultdict[tuple[str, str], list[Released]] = defaultdict(list)
    for row in rows:
        by_place[row.kpi_id or "", row.subject_id].append(row)
    by_kpi: defaultdict[str, dict[str, FrozenKpi]] = defaultdict(dict)
    for round_id, kpis in asked.items():
        for kpi in kpis:
            by_kpi[kpi.kpi_id][round_id] = kpi
    definitions = {kpi_id: definitions_of(by_kpi[kpi_id]) for kpi_id in kpi_ids}
    return {
        (kpi_id, subject_id): rated_series(found, by_kpi[kpi_id], definitions[kpi_id])
        for (kpi_id, subject_id), found in by_place.items()
    }


@dataclass(frozen=True, slots=True)
class Measurements:
    """The readings of hard KPIs since the first day that is looked at, and who hung where."""

    stays: Stays
    readings: Mapping[str, Sequence[Reading]]
    today: date

    def steps(self, kpi: Kpi, length: Length | None = None) -> Steps | None:
        """The steps of a KPI, of a length or its own; none of a KPI that is not measured yet."""
        measure = measure_of(kpi)
        if measure is None:
            return None
        readings = self.readings.get(kpi.id, ())
        own = step_of(measure.cadence, spans_of(readings))
        return Steps(measure, length or own, readings, self.stays, today=self.today)


def load_measurements(
    session: ReadSession, company_id: str, kpi_ids: Collection[str], *, on: date, subject_ids: Collection[str] = ()
) -> Measurements:
    """The readings of KPIs, of all subjects or of some and of everybody who ever hung below them."""
    stays = load_stays_below(session, subject_ids) if subject_ids else load_stays(session, company_id)
    whom = {one for subject_id in subject_ids for one in (subject_id, *stays.ever_below(SubjectId(subject_id)))}
    found: defaultdict[str, list[Reading]] = defaultdict(list)
    start = datetime.combine(watched_since(on), time(), DEFAULT_ZONE)
    end = datetime.combine(on + timedelta(1), time(), DEFAULT_ZONE)
    for reading in load_readings(session, kpi_ids, start=start, end=end, subject_ids=whom or None):
        found[reading.kpi_id].append(reading)
    return Measurements(stays, found, on)


def measure_of(kpi: Kpi) -> FrozenMeasure | None:
    """How a hard KPI is measured today."""
    return freeze_kpi(kpi, {}).measure


def _load_measured(
    session: ReadSession,
    company_id: str,
    kpis: Mapping[KpiId, Kpi],
    wanted: Wanted,
    settings: Mapping[str, WatchSetting],
    *,
    on: date,
) -> Iterator[Watched]:
    hard = [kpi_id for kpi_id, kpi in kpis.items() if kpi.kind is KpiKind.HARD and wanted[kpi_id]]
    if not hard:
        return
    places = {subject.id for kpi_id in hard for subject in wanted[kpi_id]}
    known = load_measurements(session, company_id, hard, on=on, subject_ids=places)
    targets = load_targets(session, hard, on=on)
    for kpi_id in hard:
        steps = known.steps(kpis[kpi_id])
        if steps is None:
            continue
        for subject in wanted[kpi_id]:
            target = target_for(targets, kpi_id, subject.path)
            yield from _measured(kpis[kpi_id], subject, steps, target, settings[kpi_id])


def _measured(
    kpi: Kpi, subject: Subject, steps: Steps, target: Target | None, setting: WatchSetting
) -> Iterator[Watched]:
    """The series of a hard KPI at a subject; none where nothing was measured."""
    series = steps.series(subject.id)
    values = [told.value for told in series.told if told.value is not None]
    if values:
        better = better_of(kpi.current.direction, target, values)
        yield Watched(kpi, subject, series, setting, better, target)
