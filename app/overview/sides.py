"""What hung under a unit side by side in one round: whoever may read the unit is asked for above, what is below it here."""

from collections.abc import Mapping, Sequence
from datetime import date

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.followup.rows import load_watches
from app.followup.values import KpiName
from app.infra.database import ReadSession
from app.kpis.values import KpiKind
from app.organisation.values import SubjectKind
from app.overview import rows
from app.overview.values import HeatCell, HeatRow, Placed, ToldRound
from app.releases.values import Score
from app.rounds.values import FrozenKpi
from app.scoring.bands import band_of, target_worth
from app.summaries.compose import figure_of
from app.summaries.values import MISSING, Place


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The figures of a round: of the unit itself, and of what hung under it in the order of the organisation."""

    columns: tuple[KpiName, ...]
    unit: HeatRow | None
    rows: tuple[HeatRow, ...]


def load_side_by_side(
    session: ReadSession, viewer: Viewer, company_id: str, unit_id: str, told: ToldRound, *, on: date
) -> SideBySide:
    """The figures of a unit and of what hung directly under it in a round, as far as the viewer may read those."""
    placed = rows.load_placed(session, viewer, company_id, told.round_id, unit_id, on=on)
    scores = rows.load_kpi_scores_of(session, told.release_id, [one.id for one in placed])
    asked = rows.load_kpis_asked(session, told.round_id)
    kpis = [kpi for kpi in asked if any(_is_told(found.get(kpi.kpi_id)) for found in scores.values())]
    lines = {kpi_id: watch.red_line for kpi_id, watch in load_watches(session, [one.kpi_id for one in kpis]).items()}
    made = [_row(one, scores.get(one.id, {}), kpis, lines) for one in placed]
    known = [row for row in made if row.whole is not None or any(row.cells)]
    units_first = sorted(known, key=lambda row: (row.place.kind is SubjectKind.PERSON, row.place.name.casefold()))
    return SideBySide(
        tuple(_named(kpi) for kpi in kpis),
        next((row for row in known if row.place.id == unit_id), None),
        tuple(row for row in units_first if row.place.id != unit_id),
    )


def _is_told(score: Score | None) -> bool:
    return score is not None and score.reason not in MISSING


def _row(
    placed: Placed,
    scores: Mapping[str | None, Score],
    kpis: Sequence[FrozenKpi],
    red_lines: Mapping[str, float | None],
) -> HeatRow:
    is_told = any(_is_told(scores.get(kpi.kpi_id)) for kpi in kpis)
    whole = scores.get(None)
    return HeatRow(
        Place(placed.id, placed.kind, placed.name),
        None if whole is None or not is_told else _cell(whole, target_worth(), None),
        tuple(
            None
            if (score := scores.get(kpi.kpi_id)) is None or not _is_told(score)
            else _cell(
                score,
                target_worth(has_stretch=_has_stretch(placed, kpi)),
                red_lines.get(kpi.kpi_id) if kpi.kind is KpiKind.SOFT else None,
            )
            for kpi in kpis
        ),
    )


def _has_stretch(placed: Placed, kpi: FrozenKpi) -> bool:
    posts = placed.targets.get(kpi.kpi_id)
    return posts is None or posts.stretch is not None


def _cell(score: Score, target: float, red_line: float | None) -> HeatCell:
    band = None if score.score is None else band_of(score.score, target=target, red_line=red_line)
    return HeatCell(figure_of(score), band, (score.details or {}).get("value"), target)


def _named(kpi: FrozenKpi) -> KpiName:
    measure = kpi.measure
    if measure is None:
        return KpiName(kpi.kpi_id, kpi.kind, kpi.name, {}, 1)
    return KpiName(kpi.kpi_id, kpi.kind, kpi.name, measure.unit, measure.decimals)
