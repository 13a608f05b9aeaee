"""What a release found about a subject beside its scores, read off the document that it keeps. Pure."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Any

from app.deferred import dataclass
from app.scoring.reliability import Firmness
from app.scoring.selfview import Uncorrelated, View
from app.scoring.strengths import Unremarkable
from app.scoring.trend import Untrended
from app.summaries.values import ChangeFigure, SelfView, Since, StandoutKpi, Standouts
from app.words import Words

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """The document of a subject, empty where the release was made before there were any.

    usual : gaps that are usual among the people of the round, for who may read them all
    is_analysed : whether errors may be told
    """

    document: Document = field(default_factory=dict)
    usual: Document | None = None
    is_analysed: bool = False

    def judged(
        self, kpi_id: str, item_id: str | None, groups: tuple[str, ...], raters: int | None
    ) -> tuple[int | None, int | None]:
        """Out of how many the raters of a row are, and how many of the others could not observe it."""
        if not self.document or raters is None:
            return None, None
        place = [kpi_id, item_id, list(groups)]
        for one in self.document["judged"]:
            if [one["kpi_id"], one["item_id"], one["rater_groups"]] == place:
                return one["could"] + one["not_observed"] + one["skipped"], one["not_observed"]
        return raters, 0

    def firmness(self, kpi_id: str | None) -> Firmness | None:
        """How firmly a soft KPI stands, or the composite."""
        words = self.document.get("firmness", {"composite": None, "kpis": {}})
        word = words["composite"] if kpi_id is None else words["kpis"].get(kpi_id)
        return None if word is None else Firmness(word)

    def gap(self, kpi_id: str) -> tuple[View | None, float | None]:
        """How the own rating of a KPI stands to that of the others, and by how much."""
        for one in (self.document.get("self") or {"gaps": ()})["gaps"]:
            if one["kpi_id"] == kpi_id:
                return View(one["view"]), one["gap"]
        return None, None

    def self_view(self) -> SelfView | None:
        """Own ratings and those of the others over all KPIs."""
        own = self.document.get("self")
        if own is None:
            return None
        reason, usual = own["correlation_reason"], self.usual or {}
        return SelfView(
            own["mean_gap"],
            own["correlation"],
            None if reason is None else Uncorrelated(reason),
            usual.get("mean_gap"),
            usual.get("subjects"),
        )

    def standouts(self, names: Mapping[str, Words]) -> Standouts | None:
        """Strengths and development areas, `names` by KPI id."""
        found = self.document.get("strengths")
        if found is None:
            return None
        return Standouts(
            None if found["reason"] is None else Unremarkable(found["reason"]),
            *(
                tuple(StandoutKpi(name=names[one["kpi_id"]], **one) for one in found[side])
                for side in ("strengths", "development_areas")
            ),
        )

    def since(self) -> Since | None:
        """The earlier release that changes are counted from."""
        known = self.document.get("change")
        if known is None:
            return None
        start, end = (date.fromisoformat(known[day]) for day in ("period_start", "period_end"))
        return Since(known["release_id"], known["round_id"], known["name"], start, end)

    def change(self, kpi_id: str | None) -> ChangeFigure | None:
        """The change of a KPI, or of the composite."""
        known = self.document.get("change") or {"composite": None, "kpis": ()}
        if kpi_id is None:
            return None if known["composite"] is None else self._change(known["composite"])
        return next((self._change(one) for one in known["kpis"] if one["kpi_id"] == kpi_id), None)

    def _change(self, told: Document) -> ChangeFigure:
        if told["reason"] is not None:
            return ChangeFigure(Untrended(told["reason"]))
        return ChangeFigure(
            None,
            *(told[name] for name in ("before", "after", "points", "lo", "hi", "is_real", "is_unsure")),
            *((told.get(name) for name in ("se", "df", "index")) if self.is_analysed else ()),
        )
