"""The command that computes releases again: what it says of each, line by line, and how it ends."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.accounts.rules import SERVICE
from app.deferred import dataclass
from app.errors import NotFound
from app.infra.clock import utc_now
from app.infra.database import Database, ReadSession
from app.infra.formats import local_day
from app.releases.queries import find_release, find_release_of, load_release_ids
from app.releases.rerun import FigureAgain
from app.releases.retrace import Retraced, retrace
from app.releases.values import InputState, RerunState, Score
from app.rounds.values import FrozenRound
from app.settings import Settings
from app.terminal import complain, say

MOST_LINES = 20
_INPUT = {
    InputState.EQUAL: "the digest of its input comes out again",
    InputState.DIFFERENT: "the digest of its input is another one: sheets, assignments or readings were altered",
    InputState.DELETED: "the sheets of its anonymous groups were deleted at the release, so its digest stays unchecked",
    InputState.MISSING: "some of its sheets are not there any more, so its digest stays unchecked",
}
_NOT_DONE = {
    RerunState.UNKNOWN_METHOD: "made by a method that this program does not know; not computed again",
    RerunState.UNREADABLE: "what is kept of it cannot be scored again",
}


def recompute(
    named: Annotated[list[str] | None, typer.Argument(metavar="[ROUND|RELEASE]...", help="Ids; none: all")] = None,
) -> None:
    """Compute releases again from what is kept of them and say whether the same digits come out; nothing is written.

    Ends with 1 where something came out differently, and with 5 where a release is of an unknown method.
    """
    settings = Settings()
    database = Database(settings.database_url, key=settings.instance_key())
    try:
        with database.read() as session:
            chosen = releases_named(session, named or ())
        told = [_told_by(database, release_id) for release_id in _counted(chosen)]
    finally:
        database.dispose()
    for one in told:
        for line in one.lines:
            (say if one.is_sound else complain).print(line)
    unsound = [one for one in told if not one.is_sound]
    sys.exit(1 if any(one.is_known for one in unsound) else 5 if unsound else 0)


def _counted(chosen: Sequence[str]) -> Iterator[str]:
    """One after the other under a bar that shows how many are done, where somebody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=complain, transient=True, disable=not complain.is_terminal) as progress:
        yield from progress.track(chosen, description="Computing releases again")


def _told_by(database: Database, release_id: str) -> "Told":
    with database.read() as session:
        return told_again(session, release_id, on=local_day(utc_now()))


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a release that was computed again.

    is_sound : everything came out again, as far as it can be checked
    is_known : its method is known to this program
    """

    lines: tuple[str, ...]
    is_sound: bool
    is_known: bool = True


def releases_named(session: ReadSession, named: Sequence[str]) -> tuple[str, ...]:
    """The ids of the releases that are meant by their own ids or by those of their rounds; all of them without any.

    Raises
    ------
    NotFound : one of them is neither
    """
    if not named:
        return load_release_ids(session)
    found = [find_release(session, one) or find_release_of(session, one) for one in named]
    if None in found:
        raise NotFound("There is no release and no released round with the id {id}.", id=named[found.index(None)])
    return tuple(one.id for one in found if one is not None)


def told_again(session: ReadSession, release_id: str, *, on: date) -> Told:
    """Compute a release again, and say what came of it."""
    found = retrace(session, SERVICE, release_id, on=on)
    head = f"Release {release_id}, method {found.release.method_version}"
    if found.tables is None:
        lines = (f"{head}: {_NOT_DONE[found.state]}.",)
        return Told(lines, is_sound=False, is_known=found.state is not RerunState.UNKNOWN_METHOD)
    different = [one for one in found.figures if not one.is_equal]
    unexplained = sum(not is_equal for is_equal in (found.explained or {}).values())
    told = [
        f"{head}: {len(found.figures)} figures, {len(different) or 'none'} of them with other digits{_of_input(found)}.",
        *(_line(found.tables.frozen, one) for one in different[:MOST_LINES]),
        *([f"  and {len(different) - MOST_LINES} more."] if len(different) > MOST_LINES else []),
        *([f"  The arithmetic of {unexplained} subjects does not come out again."] if unexplained else []),
        *(f"  {sentence}." for sentence in found.wrong),
    ]
    return Told(tuple(told), is_sound=not (different or unexplained or found.wrong or _is_altered(found)))


def _is_altered(found: Retraced) -> bool:
    return found.input is not None and (found.input.state is InputState.DIFFERENT or found.input.wrong > 0)


def _of_input(found: Retraced) -> str:
    if found.input is None:
        return ""
    summed = f"; {found.input.atoms} atoms were added up from their sheets" if found.input.atoms else ""
    wrong = f", {found.input.wrong} with other sums" if found.input.wrong else ""
    return f"; {_INPUT[found.input.state]}{summed}{wrong}"


def _line(frozen: FrozenRound, one: FigureAgain) -> str:
    names = {subject.id: subject.name for subject in frozen.subjects}
    figure = one.figure
    kpi = next((kpi.name for kpi in frozen.kpis if kpi.kpi_id == figure.kpi_id), None)
    places = [
        names.get(figure.subject_id, figure.subject_id),
        "composite" if figure.kpi_id is None else (kpi or {}).get("en", "") or figure.kpi_id,
        *(["+".join(figure.rater_groups)] if figure.rater_groups else []),
        *([f"item {figure.item_id}"] if figure.item_id else []),
    ]
    return f"  {', '.join(places)}: stored {_digits(one.stored)}, now {_digits(one.again)}"


def _digits(score: Score | None) -> str:
    if score is None:
        return "nothing"
    return score.status.value if score.score is None else f"{score.score!r} ({score.lo!r} to {score.hi!r})"
