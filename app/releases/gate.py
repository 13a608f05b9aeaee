"""Whose results may be read in SQL, and which own summaries wait: nobody reads his own before it opens, by any right."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.rules import READING_ROLES, UNIT_ROLES, Action, may, reads_people, roots
from app.accounts.values import Viewer
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.infra.ids import is_id
from app.organisation.paths import below
from app.releases.rules import OpensLater
from app.releases.tables import HeldSummaryRow
from app.rounds.tables import RoundRow


def is_open(
    viewer: Viewer, subject: InstrumentedAttribute[str], round_: InstrumentedAttribute[str] | str, *, on: date
) -> tuple[ColumnElement[bool], ...]:
    """The condition that no own summary of the viewer is read before it opens; none for who is nobody here."""
    own = _own(viewer)
    if not own:
        return ()
    held = select(HeldSummaryRow.subject_id).where(
        HeldSummaryRow.subject_id.in_(own),
        HeldSummaryRow.subject_id == subject,
        HeldSummaryRow.round_id == round_,
        HeldSummaryRow.opens_on > on,
    )
    return (~held.exists(),)


def is_readable(
    viewer: Viewer,
    column: InstrumentedAttribute[str],
    round_: InstrumentedAttribute[str] | str,
    company_id: str,
    *,
    on: date,
) -> tuple[ColumnElement[bool], ...]:
    """The condition that a viewer may read a subject's results of a round: where it hangs, and that it does not wait."""
    shown = (*is_open(viewer, column, round_, on=on), *_is_not_hidden(viewer, column, on=on))
    if may(viewer, Action.RESULTS_READ, (company_id,)):
        return shown
    granted = sorted(filter(is_id, roots(viewer, Action.RESULTS_READ)))
    own = sorted(filter(is_id, viewer.own_subjects))
    return (or_(column.in_(below(granted, on=on)), column.in_(own)), *shown)


def _is_not_hidden(viewer: Viewer, column: InstrumentedAttribute[str], *, on: date) -> tuple[ColumnElement[bool], ...]:
    """The condition that a subject is nobody who is hidden from the viewer.

    From who reads units only, people are: all but himself and those below where another role lets him read. What is no
    person is named instead, since below a company people are too many to be.
    """
    shown = (column.not_in(sorted(viewer.hidden)),) if viewer.hidden else ()
    if reads_people(viewer):
        return shown
    named = column.in_(sorted({*viewer.units, *_own(viewer)}))
    by_name = {grant.subject_id for grant in viewer.grants if grant.role in READING_ROLES - UNIT_ROLES}
    return (named | column.in_(below(sorted(by_name), on=on)) if by_name else named, *shown)


def require_open(session: ReadSession, viewer: Viewer, round_id: str, subject_id: str, *, on: date) -> None:
    """Raise OpensLater where the results of a round are the viewer's own and wait; one statement, for own ones only."""
    opens_on = find_opening(session, viewer, round_id, subject_id, on=on)
    if opens_on is not None:
        raise OpensLater(opens_on, round_id)


def find_opening(session: ReadSession, viewer: Viewer, round_id: str, subject_id: str, *, on: date) -> date | None:
    """The day on which the viewer's own results of a round open; None for those of others, and for what is open."""
    if subject_id not in viewer.own_subjects:
        return None
    held = session.get(HeldSummaryRow, (round_id, subject_id))
    return held.opens_on if held is not None and held.opens_on > on else None


class Waiting(NamedTuple):
    """An own summary that waits: of which round, about which person-subject, since when, until when."""

    round_id: str
    subject_id: str
    since: date
    opens_on: date


def load_waiting(
    session: ReadSession, viewer: Viewer, subject_ids: Iterable[str] | None = None, *, on: date
) -> tuple[Waiting, ...]:
    """The viewer's own summaries that wait, of some subjects or all; one statement, none for who is nobody here."""
    own = [one for one in _own(viewer) if subject_ids is None or one in set(subject_ids)]
    if not own:
        return ()
    columns = (RoundRow.id, HeldSummaryRow.subject_id, RoundRow.released_at, HeldSummaryRow.opens_on)
    rows = session.execute(
        select(*columns)
        .join(RoundRow, RoundRow.id == HeldSummaryRow.round_id)
        .where(HeldSummaryRow.subject_id.in_(own), HeldSummaryRow.opens_on > on)
        .order_by(HeldSummaryRow.opens_on, RoundRow.id)
    )
    return tuple(Waiting(one, who, local_day(at), opens_on) for one, who, at, opens_on in rows if at is not None)


def is_kept_back(waiting: Iterable[Waiting], subject_id: str, *days: date | None) -> bool:
    """Whether something written about a subject on some days may tell of a summary of its own that waits.

    >>> waiting = [Waiting("r", "sofie", date(2026, 11, 23), date(2026, 12, 7))]
    >>> [
    ...     is_kept_back(waiting, *about)
    ...     for about in (
    ...         ("sofie", date(2026, 11, 20), None),
    ...         ("sofie", date(2026, 11, 20), date(2026, 11, 24)),
    ...         ("lars", date(2026, 11, 24)),
    ...     )
    ... ]
    [False, True, False]
    """
    return any(
        one.subject_id == subject_id and any(day is not None and day >= one.since for day in days) for one in waiting
    )


def _own(viewer: Viewer) -> list[str]:
    return sorted(filter(is_id, viewer.own_subjects))
