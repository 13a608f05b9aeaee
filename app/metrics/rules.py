"""Pure decisions about readings: what a KPI takes, which readings are the same, which periods get in each other's way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.errors import Conflict
from app.kpis.values import Aggregation, Kpi, KpiId, KpiKind, KpiState
from app.metrics.values import Amount, Reading, ReadingDraft, Shape
from app.organisation.values import SubjectId
from app.reports import RowError, RowsRefused

LONGEST_AHEAD = timedelta(days=1)

NO_KPI = "There is no such KPI here."
NO_SUBJECT = "There is no such subject here, or its readings are not yours to write."
SOFT_KPI = "This KPI is rated by people. Only hard KPIs take readings."
RETIRED_KPI = "This KPI is retired and takes no readings."
UNMEASURED = "First say how the readings of this KPI become one value."
WANTS_VALUE = "This KPI takes a value."
WANTS_PARTS = "This KPI takes a numerator and its denominator."
WANTS_COUNT = "This KPI takes a count and its exposure."
NO_BASE = "A denominator or an exposure is 0 or more."
NO_COUNT = "A count is a whole number, 0 or more."
TOO_EARLY = "This time has not come yet. Readings may run one day ahead."
TWICE = "The same reading stands here twice."
OVERLAPS = "This period overlaps another one of the same KPI and subject."
OTHER_READING = "This id belongs to a reading of another KPI or subject."

_SHAPE_OF = {Aggregation.RATIO: Shape.PARTS, Aggregation.RATE: Shape.COUNT}
_WANTS = {Shape.VALUE: WANTS_VALUE, Shape.PARTS: WANTS_PARTS, Shape.COUNT: WANTS_COUNT}
_COLUMNS_OF = {
    Shape.VALUE: ("value",),
    Shape.PARTS: ("numerator", "denominator"),
    Shape.COUNT: ("count", "exposure"),
}


class ReadingsOverlap(Conflict, RowsRefused):
    """Nothing is wrong with the rows but that their periods get in each other's way, or in the way of others."""

    code = "readings_overlap"
    message = "Nothing was stored: some periods overlap."


class Place(NamedTuple):
    """Where a reading belongs, apart from its own id."""

    kpi_id: KpiId
    subject_id: SubjectId
    starts_at: datetime
    ends_at: datetime


class Key(NamedTuple):
    """What makes a reading the same as another: its external id, or else its place."""

    external_id: str | None
    place: Place | None


def key_of(external_id: str | None, place: Place) -> Key:
    """The key of a reading.

    >>> key_of("A-1", Place(KpiId("k"), SubjectId("s"), datetime.min, datetime.max))
    Key(external_id='A-1', place=None)
    """
    return Key(None, place) if external_id is None else Key(external_id, None)


def place_of(reading: Reading) -> Place:
    """The place of a stored reading."""
    return Place(reading.kpi_id, reading.subject_id, reading.starts_at, reading.ends_at)


def settle(draft: ReadingDraft, kpi: Kpi | None, subject_id: SubjectId | None, now: datetime) -> Place | RowError:
    """Where a draft belongs, or the first thing that is wrong with it.

    Parameters
    ----------
    draft : as it was handed in
    kpi : the KPI it names, in the version of today; None if there is none
    subject_id : the subject it names, if the viewer may write its readings
    now : the moment of the request; readings may end a day later at most
    """
    if kpi is None or kpi.kind is KpiKind.SOFT or kpi.state is KpiState.RETIRED:
        return RowError(draft.row, "kpi", NO_KPI if kpi is None else _why_none(kpi))
    if kpi.current.aggregation is None:
        return RowError(draft.row, "kpi", UNMEASURED)
    if subject_id is None:
        return RowError(draft.row, "subject", NO_SUBJECT)
    problem = _amount_problem(draft, kpi.current.aggregation) or _time_problem(draft, now)
    return problem or Place(kpi.id, subject_id, draft.starts_at, draft.ends_at)


def _why_none(kpi: Kpi) -> str:
    return SOFT_KPI if kpi.kind is KpiKind.SOFT else RETIRED_KPI


def _amount_problem(draft: ReadingDraft, aggregation: Aggregation) -> RowError | None:
    """A ratio takes numerator and denominator, a rate count and exposure (in a table under the names of the ratio),
    all else a value; denominators and exposures are 0 or more, counts whole.
    """
    wanted = _SHAPE_OF.get(aggregation, Shape.VALUE)
    if draft.shape is not wanted and (wanted, draft.shape) != (Shape.COUNT, Shape.PARTS):
        return RowError(draft.row, _COLUMNS_OF[draft.shape][0], _WANTS[wanted], ", ".join(_COLUMNS_OF[wanted]))
    top, base = draft.amount.numerator, draft.amount.denominator
    if base is not None and base < 0:
        return RowError(draft.row, _COLUMNS_OF[draft.shape][1], NO_BASE, "≥ 0")
    if wanted is Shape.COUNT and top is not None and not (top >= 0 and top.is_integer()):
        return RowError(draft.row, _COLUMNS_OF[draft.shape][0], NO_COUNT, "≥ 0")
    return None


def _time_problem(draft: ReadingDraft, now: datetime) -> RowError | None:
    if draft.ends_at <= now + LONGEST_AHEAD:
        return None
    column = "at" if draft.starts_at == draft.ends_at else "end"
    return RowError(draft.row, column, TOO_EARLY, f"≤ {(now + LONGEST_AHEAD).isoformat(timespec='minutes')}")


def twice_problems(keys: Sequence[tuple[int, Key]]) -> list[RowError]:
    """Every row whose key stands in another row as well."""
    rows: defaultdict[Key, list[int]] = defaultdict(list)
    for row, key in keys:
        rows[key].append(row)
    return [
        RowError(row, "kpi" if key.external_id is None else "external_id", TWICE)
        for key, found in rows.items()
        if len(found) > 1
        for row in found
    ]


def overlap_problems(handed_in: Mapping[Place, int], stored: Iterable[Place]) -> list[RowError]:
    """Rows whose period overlaps another one, handed in or stored, of the same KPI and subject.

    Parameters
    ----------
    handed_in : rows by place, without external ids
    stored : places of readings without external ids; the ones handed in again are corrections of themselves

    Returns
    -------
    One error per row, in the order of rows. Periods that touch do not overlap; moments never do.
    """
    series: defaultdict[tuple[KpiId, SubjectId], list[Place]] = defaultdict(list)
    for place in {*handed_in, *stored}:
        if place.starts_at < place.ends_at:
            series[place.kpi_id, place.subject_id].append(place)
    in_the_way: set[Place] = set()
    for places in series.values():
        places.sort(key=lambda place: (place.starts_at, place.ends_at))
        widest = places[0]
        for place in places[1:]:
            if place.starts_at < widest.ends_at:
                in_the_way |= {place, widest}
            widest = max(widest, place, key=lambda each: each.ends_at)
    rows = sorted(handed_in[place] for place in in_the_way if place in handed_in)
    return [RowError(row, "start", OVERLAPS) for row in rows]


def collisions(placed: Sequence[tuple[ReadingDraft, Place]], known: Mapping[Key, Reading]) -> list[RowError]:
    """Rows that stand in the way of each other, or of what is stored.

    Parameters
    ----------
    placed : drafts with their places
    known : what is stored under the same keys, and the periods of the same KPIs and subjects
    """
    keys = [(draft.row, key_of(draft.external_id, place)) for draft, place in placed]
    unnamed = {place: draft.row for draft, place in placed if draft.external_id is None}
    stored = [place_of(reading) for reading in known.values() if reading.external_id is None]
    elsewhere = [
        RowError(draft.row, "external_id", OTHER_READING)
        for (draft, place), (_, key) in zip(placed, keys, strict=True)
        if key in known and place[:2] != place_of(known[key])[:2]
    ]
    return [*twice_problems(keys), *overlap_problems(unnamed, stored), *elsewhere]


def changes(draft: ReadingDraft, place: Place, stored: Reading) -> dict[str, tuple[object, object]]:
    """What a draft changes of a stored reading: old and new by name; empty when it only repeats it."""
    before = _parts(stored.amount, stored.starts_at, stored.ends_at)
    after = _parts(draft.amount, place.starts_at, place.ends_at)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def with_parts(reading: Reading, parts: Mapping[str, Any]) -> Reading:
    """A reading with some parts as a correction keeps them, moments as text: as it was before that correction.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    >>> reading = Reading("1", "c", "k", "s", None, noon, noon, Amount(4.0), "api", noon, 2)
    >>> with_parts(reading, {"value": 5.0}).amount.value, with_parts(reading, {}) == reading
    (5.0, True)
    """
    known: dict[str, Any] = {**_parts(reading.amount, reading.starts_at, reading.ends_at), **parts}
    return replace(
        reading,
        amount=Amount(known["value"], known["numerator"], known["denominator"]),
        starts_at=_moment(known["starts_at"]),
        ends_at=_moment(known["ends_at"]),
    )


def _moment(given: object) -> datetime:
    return given if isinstance(given, datetime) else datetime.fromisoformat(str(given))


def _parts(amount: Amount, starts_at: datetime, ends_at: datetime) -> dict[str, object]:
    return {
        "value": amount.value,
        "numerator": amount.numerator,
        "denominator": amount.denominator,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }


def refuse(problems: Sequence[RowError]) -> None:
    """Raise with the problems in the order of rows, if there are any: ReadingsOverlap when they are all of that sort."""
    if not problems:
        return
    in_order = sorted(problems, key=lambda problem: problem.row)
    if all(problem.message in {OVERLAPS, OTHER_READING} for problem in in_order):
        raise ReadingsOverlap(in_order)
    raise RowsRefused(in_order)
