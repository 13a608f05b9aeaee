"""The demo keeps what always holds, and a figure of any kind that is altered in it is found."""

from collections.abc import Mapping

from sqlalchemy import select, update

from app.infra.database import Database
from app.organisation.tables import SubjectRow
from app.releases.invariants import INVARIANTS, figures_astray
from app.releases.tables import ScoreRow
from tests.shelf import Shelf, demo


def astray_after(database: Database, changes: Mapping[ScoreRow, Mapping[str, object]]) -> list[str]:
    """What is found when some figures are altered; the changes are taken back."""
    with database.write() as session:
        for figure, changed in changes.items():
            session.execute(update(ScoreRow).where(ScoreRow.id == figure.id).values(**changed))
        found = list(figures_astray(session))
        session.rollback()
    return found


def test_the_demo_is_sound_and_a_figure_of_any_kind_that_was_altered_is_found(shelf: Shelf) -> None:
    database = shelf.take(demo)
    assert {one.name: list(one.wrong(database)) for one in INVARIANTS} == {one.name: [] for one in INVARIANTS}
    told = select(ScoreRow).where(ScoreRow.score.is_not(None), ScoreRow.score < 90, ScoreRow.rater_groups == "")
    with database.read() as session:
        names = dict(session.execute(select(SubjectRow.id, SubjectRow.name)).all())
        scores = session.scalars(told.order_by(ScoreRow.subject_id, ScoreRow.place)).all()
    composite = next(one for one in scores if one.kpi_id is None)
    others = [one for one in scores if one.subject_id != composite.subject_id]
    hard = next(one for one in others if one.details is not None and "certainty" in one.details)
    others = [one for one in others if one.subject_id != hard.subject_id]
    soft = next(one for one in others if one.kpi_id is not None and one.details is None)
    altered = (composite, hard, soft)
    found = astray_after(database, {one: {"score": (one.score or 0) + 1e-4, "hi": 100.0} for one in altered})
    assert len(found) == len(altered)
    for score in altered:
        assert sum(f"figures of {names[score.subject_id]} do not follow" in line for line in found) == 1, score.place
    assert len(astray_after(database, {hard: {"details": {**(hard.details or {}), "value": -1.0}}})) >= 1
