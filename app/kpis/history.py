"""The life of a KPI as the journal has it: put to use, rested, laid away, why, and what it was swapped with."""

from datetime import date

from app.accounts.queries import load_actor_names
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.journal.queries import list_entries_about
from app.kpis.queries import get_kpi, load_kpis
from app.kpis.values import KpiId, KpiState, KpiStep

_STEPS = {f"kpi.{state}": state for state in (KpiState.ACTIVE, KpiState.PAUSED, KpiState.RETIRED)}


def list_steps(session: ReadSession, viewer: Viewer, kpi_id: str, *, on: date) -> tuple[KpiStep, ...]:
    """The steps of a KPI, the newest first; NotFound for whoever may not read the KPIs of its company."""
    kpi = get_kpi(session, viewer, kpi_id, on=on)
    entries = [one for one in list_entries_about(session, "kpi", kpi.id) if one.action in _STEPS]
    names = load_actor_names(session, {one.actor for one in entries})
    swapped = {one.details["swapped_with"] for one in entries if "swapped_with" in one.details}
    others = load_kpis(session, swapped, on=on) if swapped else {}
    steps = []
    for one in reversed(entries):
        other = others.get(KpiId(str(one.details.get("swapped_with"))))
        steps.append(
            KpiStep(
                at=one.at,
                state=_STEPS[one.action],
                by=names.get(one.actor, ""),
                reason=str(one.details.get("reason", "")),
                other_id=None if other is None else other.id,
                other={} if other is None else other.current.name,
            )
        )
    return tuple(steps)
