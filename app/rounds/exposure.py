"""The control measures that a round takes part in, and the dossiers that allow them. Reads only."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from app.deferred import dataclass
from app.dossiers.queries import load_dossiers
from app.dossiers.rules import applying, launch_problems
from app.dossiers.values import Dossier, Measure
from app.errors import FieldError
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.organisation.queries import path_of
from app.rounds import rules
from app.rounds.values import Cover, FrozenRound


def dossier_problems(session: ReadSession, frozen: FrozenRound, *, now: datetime) -> list[FieldError]:
    """Why the dossiers do not let a round run, from its opening to its close; nothing when they do."""
    found: list[FieldError] = []
    for exposure in _exposures(session, frozen, now=now):
        for dossiers in exposure.dossiers:
            found += launch_problems(dossiers, [exposure.measure], exposure.first, exposure.last, today=exposure.today)
    return list(dict.fromkeys(found))


def load_covers(session: ReadSession, frozen: FrozenRound, *, now: datetime) -> tuple[Cover, ...]:
    """Each measure that a round takes part in with the dossiers that allow it, or with none where one is lacking."""
    found: list[Cover] = []
    for exposure in _exposures(session, frozen, now=now):
        span = exposure.first, exposure.last
        for dossiers in exposure.dossiers:
            allowing = applying(dossiers, exposure.measure, *span, today=exposure.today)
            found.append(Cover(exposure.measure, allowing.id if allowing else None))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Exposure:
    """A measure, when, and which dossiers are about those exposed, once for each different set of dossiers."""

    measure: Measure
    first: date
    last: date
    today: date
    dossiers: Sequence[tuple[Dossier, ...]]


def _exposures(session: ReadSession, frozen: FrozenRound, *, now: datetime) -> list[_Exposure]:
    exposed = {measure: rules.exposed(frozen, measure) for measure in Measure}
    if not any(exposed.values()):
        return []
    today = local_day(now)
    above = path_of(session, frozen.scope_id, on=today)[:-1]
    paths = rules.paths_of(frozen.subjects)
    dossiers = load_dossiers(session, frozen.company_id)
    first = max(local_day(frozen.opens_at), today)
    last = max(first, local_day(frozen.closes_at))
    return [
        _Exposure(measure, first, last, today, _about(dossiers, [(*above, *paths[one.id]) for one in subjects]))
        for measure, subjects in exposed.items()
        if subjects
    ]


def _about(dossiers: Sequence[Dossier], paths: Iterable[Sequence[str]]) -> list[tuple[Dossier, ...]]:
    """The dossiers about the places of each path, each set of them once."""
    sets = {tuple(one.id for one in dossiers if one.content.scope_id in path) for path in paths}
    return [tuple(one for one in dossiers if one.id in ids) for ids in sorted(sets)]
