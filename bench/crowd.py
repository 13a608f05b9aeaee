"""A company that grows to 10,000 people and 200 released rounds in a minute or two, for the benchmarks.

The first round about a unit is made by the usual commands. Then it is copied where it lies: what was frozen, its figures
and findings; not its sheets, atoms and arithmetic, which none of these pages reads.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, func, insert, literal, select, text, update

from app.accounts.rules import SERVICE
from app.infra.clock import utc_now
from app.infra.database import Base, Database, WriteSession
from app.infra.ids import new_id
from app.organisation.commands import create_subject
from app.organisation.ensure import ensure_subjects
from app.organisation.tables import PersonRow
from app.organisation.values import NewSubject, SubjectKind
from app.releases.commands import release_round
from app.releases.tables import ComparisonRow, FindingRow, ReleaseRow, ScoreRow
from app.responses.past import import_ratings
from app.rounds.commands import set_rated_subjects
from app.rounds.tables import AssignmentRow, RoundGroupRow, RoundKpiRow, RoundReaderRow, RoundRow, RoundSubjectRow
from bench.world import NOW, TODAY, World, draft, past_rows

IN_A_TEAM, IN_A_DEPARTMENT = 50, 10
"""People of a team, teams of a department."""
SHEETS = 6
"""About each person: three in each of two groups."""

OF_A_ROUND: tuple[type[Base], ...] = (RoundGroupRow, RoundKpiRow, RoundSubjectRow, RoundReaderRow, AssignmentRow)
OF_A_RELEASE: tuple[type[Base], ...] = (ScoreRow, FindingRow, ComparisonRow)
APART = timedelta(days=30)
MONTHS = 4
LONG_AGO = 20 * APART
"""Before all of the others."""

_ADDRESS = func.lower(PersonRow.external_id, type_=Text) + "@bench.example"


class Released(NamedTuple):
    """A released round."""

    round_id: str
    release_id: str


@dataclass
class Crowd:
    """A company with departments and teams of persons, as large as it was made so far."""

    database: Database
    world: World
    departments: list[str] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)

    def grow(self, teams: int) -> None:
        """Teams with their persons until there are so many, and the departments that they need."""
        with self.database.write() as session:
            for number in range(len(self.teams), teams):
                if number % IN_A_DEPARTMENT == 0:
                    self.departments.append(_unit(session, self.world.company_id, SubjectKind.DEPARTMENT, number))
                team = _unit(session, self.departments[-1], SubjectKind.TEAM, number)
                ensure_subjects(session, self.world.company_id, keys_of(number), parent_id=team, now=NOW)
                self.teams.append(team)
            session.execute(
                update(PersonRow)
                .where(PersonRow.subject_id.is_not(None), PersonRow.email.is_(None))
                .values(email=_ADDRESS, mailbox=_ADDRESS)
            )

    def release_department(self, number: int) -> Released:
        """A released round about a department, in which everybody there is rated."""
        first = number * IN_A_DEPARTMENT
        teams = range(first, min(first + IN_A_DEPARTMENT, len(self.teams)))
        # Some months ago, and not all of them at once: rounds close by look at each other's raters.
        return self._release(self.departments[number], teams, ended=(1 + number % MONTHS) * 4 * APART)

    def release_everybody(self, *, ended: timedelta = timedelta(0)) -> Released:
        """A released round about the company, in which everybody is rated."""
        return self._release(self.world.company_id, range(len(self.teams)), ended=ended)

    def _release(self, scope_id: str, teams: range, *, ended: timedelta) -> Released:
        people = IN_A_TEAM * len(teams)
        with self.database.write() as session:
            keys = [key for team in teams for key in keys_of(team)]
            rated = ensure_subjects(session, self.world.company_id, keys, parent_id=scope_id, now=NOW)
            round_ = draft(session, self.world, "Round", scope_id=scope_id, period_end=TODAY - ended)
            set_rated_subjects(session, SERVICE, round_.id, list(rated.values()), now=NOW)
            rows = past_rows(self.world, subjects=people, sheets=people * SHEETS, first=IN_A_TEAM * teams[0])
            import_ratings(session, SERVICE, round_.id, rows, now=utc_now())
            return Released(round_.id, release_round(session, SERVICE, round_.id, now=utc_now()).id)

    def repeat(self, first: Released, times: int) -> None:
        """The same round again so many times, each a month before the other, with the same figures."""
        with self.database.write() as session:
            for number in range(1, times + 1):
                _copy(session, first, number * APART)

    def settle(self) -> None:
        """Let PostgreSQL count its rows, as it does by itself before long; SQLite never does, and here no more than elsewhere."""
        if self.database.is_sqlite:
            return
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def keys_of(number: int) -> list[str]:
    """The external ids of the persons of a team."""
    return [f"P{number * IN_A_TEAM + place}" for place in range(IN_A_TEAM)]


def _unit(session: WriteSession, parent_id: str, kind: SubjectKind, number: int) -> str:
    new = NewSubject(kind, f"{kind.title()} {number}", parent_id, external_id=f"{kind} {number}")
    return create_subject(session, SERVICE, new, now=NOW).id


def _copy(session: WriteSession, first: Released, earlier: timedelta) -> None:
    made = Released(new_id(session), new_id(session))
    _copy_row(session, RoundRow, first.round_id, {"id": made.round_id}, earlier)
    _copy_row(session, ReleaseRow, first.release_id, {"id": made.release_id, "round_id": made.round_id}, earlier)
    for table in OF_A_ROUND:
        _copy_rows(session, table, "round_id", first.round_id, made.round_id)
    for table in OF_A_RELEASE:
        _copy_rows(session, table, "release_id", first.release_id, made.release_id)


def _copy_row(session: WriteSession, table: type[Base], id_: str, changed: dict[str, str], earlier: timedelta) -> None:
    """One row with another id, and everything in it so much earlier."""
    columns = table.__table__.c
    row = session.execute(select(*columns).where(columns["id"] == id_)).mappings().one()
    moved = {name: value - earlier if isinstance(value, date) else value for name, value in row.items()}
    session.execute(insert(table).values(moved | changed))


def _copy_rows(session: WriteSession, table: type[Base], owner: str, old: str, new: str) -> None:
    """The rows of one owner once more for another one, inside the database."""
    columns = table.__table__.c
    taken: dict[str, Any] = {column.name: column for column in columns} | {owner: literal(new, columns[owner].type)}
    if "id" in taken:
        taken["id"] = _fresh_id(session)
    query = select(*taken.values()).where(columns[owner] == old)
    session.execute(insert(table).from_select(list(taken), query))


def _fresh_id(session: WriteSession) -> ColumnElement[Any]:
    """A random UUID of the database's own, one for each row."""
    if session.get_bind().dialect.name == "postgresql":
        return func.gen_random_uuid()
    parts = [func.lower(func.hex(func.randomblob(bytes_)), type_=Text) for bytes_ in (4, 2, 2, 2, 6)]
    return reduce(lambda one, other: one + "-" + other, parts)
