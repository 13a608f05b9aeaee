"""Other policies for the released quarter, written down in short."""

from collections.abc import Mapping
from typing import Any

from app.accounts.rules import SERVICE
from app.accounts.values import Viewer
from app.infra.database import WriteSession
from app.releases.intake import parse_what_if
from app.releases.moves import Move
from app.releases.trial import Trial, try_what_if
from tests.summaries.built import TODAY, Quarter

Given = Mapping[str, Any]
PHONE, HANDLING = "phone-answer-time", "handling-time"


def tried(session: WriteSession, made: Quarter, given: Given, viewer: Viewer = SERVICE) -> Trial:
    return try_what_if(session, viewer, made.release.id, parse_what_if(given), on=TODAY)


def by_place(trial: Trial) -> dict[tuple[str, str | None], Move]:
    return {(move.subject.name, move.kpi_id): move for move in trial.moves}


def weights(made: Quarter, kpi: str, **given: float) -> Given:
    return {"rater_weights": [{"kpi_id": made.kpis[kpi], "weights": given}]}


def card(made: Quarter, place: str, level: str, given: Mapping[str, float]) -> Given:
    by_kpi = {made.kpis[name]: weight for name, weight in given.items()}
    return {"scorecards": [{"subject_id": made.subjects[place], "level": level, "weights": by_kpi}]}


def posts(made: Quarter, kpi: str, place: str | None = None, **given: float) -> Given:
    return {"targets": [{"kpi_id": made.kpis[kpi], "subject_id": made.subjects[place] if place else None, **given}]}


def minimum(group: str, k: int) -> Given:
    return {"minimums": [{"rater_group": group, "k": k}]}
