"""What must hold of a database at any moment: one list, each with the query that finds what does not; for the doctor."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select

from app.accounts import queries as accounts
from app.deferred import dataclass
from app.infra.database import Database, ReadSession
from app.infra.integrity import find_damage, find_secrets_in_texts
from app.invitations import queries as invitations
from app.releases.methods import METHODS
from app.releases.queries import load_all_scores, load_atoms
from app.releases.rerun import UNREADABLE, Kept, wrong_figures, wrong_in_atoms
from app.releases.tables import AtomRow, ReleaseRow
from app.responses.invariants import stray_sheets, uneven_cells
from app.rounds.queries import load_frozen_round
from app.rounds.recipe import groups_in
from app.rounds.rows import load_marks
from app.rounds.tables import RoundRow
from app.rounds.values import RoundState
from app.visits import queries as visits


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that always holds: its short name, what it says, and what finds where it does not."""

    name: str
    says: str
    wrong: Callable[[Database], Iterator[str]]


def count_thin_atoms(session: ReadSession) -> int:
    """Protected atoms with fewer sheets than the least minimum of their groups, whoever asks; none in a sound database."""
    recipes = {
        round_id: {policy.rater_group.value: policy.k for policy in groups_in(recipe["groups"])}
        for round_id, recipe in session.execute(select(RoundRow.id, RoundRow.recipe))
        if recipe is not None
    }
    rows = session.execute(
        select(ReleaseRow.round_id, AtomRow.rater_groups, AtomRow.sheets)
        .join(ReleaseRow, ReleaseRow.id == AtomRow.release_id)
        .where(AtomRow.is_protected)
    )
    return sum(
        sheets < min(recipes[round_id][group] for group in groups.split("+")) for round_id, groups, sheets in rows
    )


def count_unscrubbed(session: ReadSession, *, sealed_before: datetime) -> int:
    """Releases behind which deleted sheets may still stand in free pages, whoever asks."""
    query = select(func.count()).select_from(ReleaseRow)
    return session.scalar(query.where(ReleaseRow.scrubbed_at.is_(None), ReleaseRow.sealed_at < sealed_before)) or 0


def uneven_releases(session: ReadSession) -> Iterator[str]:
    """Rounds that are released without a release, or the other way round, and releases with unsound atoms."""
    released = set(session.scalars(select(RoundRow.id).where(RoundRow.state == RoundState.RELEASED)))
    rounds = session.scalars(select(ReleaseRow.round_id)).all()
    for round_id in sorted(released.symmetric_difference(rounds)):
        yield f"round {round_id}: released without a release, or not released with one"
    for release_id, round_id in _releases(session):
        frozen, marks = load_frozen_round(session, round_id), load_marks(session, round_id)
        for found in wrong_in_atoms(Kept(frozen, marks, load_atoms(session, release_id), ())):
            yield f"release {release_id}: {found}"


def figures_astray(session: ReadSession) -> Iterator[str]:
    """Releases with figures that do not come out again from the stored totals, each by its own method.

    Those of a method that this program does not know are left out.
    """
    for version, method in METHODS.items():
        for release_id, round_id in _releases(session, method=version):
            kept = Kept(
                load_frozen_round(session, round_id),
                load_marks(session, round_id),
                load_atoms(session, release_id),
                load_all_scores(session, release_id),
            )
            try:
                yield from (f"release {release_id}: {found}" for found in wrong_figures(kept, method))
            except UNREADABLE:
                yield f"release {release_id}: the totals of its atoms cannot be scored again"


def plain_secrets(session: ReadSession) -> Iterator[str]:
    """Texts and documents that hold the secret of a link which still opens something."""
    secrets = frozenset().union(*(one.load_live_secrets(session) for one in (accounts, invitations, visits)))
    for place in find_secrets_in_texts(session, secrets):
        yield f"{place} holds the secret of a link: void the links of open rounds"


def _releases(session: ReadSession, *, method: str | None = None) -> Iterator[tuple[str, str]]:
    query = select(ReleaseRow.id, ReleaseRow.round_id).order_by(ReleaseRow.sealed_at, ReleaseRow.id)
    if method is not None:
        query = query.where(ReleaseRow.method_version == method)
    yield from ((release_id, round_id) for release_id, round_id in session.execute(query).all())


def _reading(query: Callable[[ReadSession], Iterator[str]]) -> Callable[[Database], Iterator[str]]:
    def find(database: Database) -> Iterator[str]:
        with database.read() as session:
            yield from query(session)

    return find


# The names are those of docs/operations.md, section "What always holds".
INVARIANTS: tuple[Invariant, ...] = (
    Invariant("I2", "Every cell holds as many sheets as answered assignments", _reading(uneven_cells)),
    Invariant("I3", "Every released figure follows from the totals of its atoms", _reading(figures_astray)),
    Invariant("I4", "Every sheet belongs to an assignment", _reading(stray_sheets)),
    Invariant("I7", "Atoms are disjoint and large enough; a released round has one release", _reading(uneven_releases)),
    Invariant("I9", "The file and its references are whole", find_damage),
    Invariant("I10", "No secret of a link stands in a text", _reading(plain_secrets)),
)
