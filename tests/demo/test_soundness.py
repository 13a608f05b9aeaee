"""The demo keeps what always holds, and a figure of any kind that is altered in it is found."""

from sqlalchemy import select, update

from app.infra.database import Database
from app.organisation.tables import SubjectRow
from app.releases.invariants import INVARIANTS, figures_astray
from app.releases.tables import ScoreRow
from tests.shelf import Shelf, demo


def astray_after(database: Database, figure: ScoreRow, **changed: object) -> list[str]:
    """What is found when one figure is altered; the change is taken back."""
    with database.write() as session:
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
    hard = next(one for one in scores if one.details is not None and "certainty" in one.details)
    soft = next(one for one in scores if one.kpi_id is not None and one.details is None)
    for score in (composite, hard, soft):
        found = astray_after(database, score, score=(score.score or 0) + 1e-4, hi=100.0)
        assert len(found) == 1, score.place
        assert f"figures of {names[score.subject_id]} do not follow" in found[0]
    assert len(astray_after(database, hard, details={**(hard.details or {}), "value": -1.0})) >= 1
