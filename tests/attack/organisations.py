"""Random organisations of the usual shape, a size larger than `designs`: what planted rules are tried on, and histories."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.scoring.atoms import Kind, Mode, Pooling, RaterGroup, Subject
from app.scoring.overlap import Asked, find_overlaps
from tests.attack.played import Played, Sheet, release

Draw = np.random.Generator
Answers = dict[tuple[int, int, int], tuple[int, ...]]

LEVELS = (0, 1, 2, 3, 4)
STEP = 25_000_000
"""What a level of five is worth, in 10^-6 points."""


def organisation(seed: int) -> Played:
    """Teams in departments, rated by three protected groups with a minimum of five; 218 raters on average.

    One measure, answered by everybody who was asked, each about one team.
    """
    draw = np.random.default_rng(seed)
    subjects = [Subject(-1, Kind.UNIT)]
    teams: list[int] = []
    for _ in range(int(draw.integers(3, 7))):
        subjects.append(Subject(0, Kind.UNIT))
        department = len(subjects) - 1
        for _ in range(int(draw.integers(2, 6))):
            teams.append(len(subjects))
            subjects.append(Subject(department, Kind.UNIT))
    groups = tuple(RaterGroup(Mode.CONFIDENTIAL, 5, 5) for _ in range(3))
    asked = {(team, group): frozenset({0}) for team in teams for group in range(3)}
    sheets: list[Sheet] = []
    for team, group in asked:
        raters = int(draw.integers(0, 13)) if draw.random() < 0.77 else 0
        for _ in range(raters):
            sheets.append(Sheet(team, group, len(sheets), (int(draw.choice(LEVELS)) * STEP,), f"comment {len(sheets)}"))
    return Played(tuple(subjects), groups, tuple(sheets), asked, 1)


def typical(seed: int) -> Played:
    """Persons in teams of a usual size, rated by colleagues and customers, of whom 50 to 90 % answer."""
    draw = np.random.default_rng(seed)
    subjects = [Subject(-1, Kind.UNIT)]
    teams: list[list[int]] = []
    for _ in range(int(draw.integers(3, 8))):
        department = len(subjects)
        subjects.append(Subject(0, Kind.UNIT))
        for _ in range(int(draw.integers(2, 7))):
            team = len(subjects)
            subjects.append(Subject(department, Kind.UNIT))
            teams.append(list(range(team + 1, team + 1 + int(draw.integers(4, 13)))))
            subjects += [Subject(team, Kind.PERSON) for _ in teams[-1]]
    k, turnout = int(draw.choice([3, 5])), float(draw.uniform(0.5, 0.9))
    groups = (RaterGroup(Mode.CONFIDENTIAL, k, k), RaterGroup(Mode.ANONYMOUS, k, k))
    sheets: list[Sheet] = []
    for members in teams:
        for about in members:
            raters = [other for other in members if other != about]
            customers = range(100_000 + 100 * about, 100_000 + 100 * about + int(draw.integers(0, 16)))
            for group, people in enumerate((raters, customers)):
                sheets += [Sheet(about, group, one, (2 * STEP,)) for one in people if draw.random() < turnout]
    asked = {(place, group): frozenset({0}) for place in range(len(subjects)) for group in (0, 1)}
    return Played(tuple(subjects), groups, tuple(sheets), asked, 1)


def shares_shown(played: Played) -> tuple[float, float]:
    """The share of those who answered that a row of some unit below the company counts, and one of the company."""
    published = release(played)
    people = {sheet.person for sheet in played.sheets}
    units = {place for place, subject in enumerate(played.subjects) if subject.kind is Kind.UNIT}
    below: set[int] = set()
    top: set[int] = set()
    for row in published.rows:
        if row.figure.subject in units:
            heads = set().union(*(published.made.atoms[one].heads for one in row.atoms))
            (below if row.figure.subject else top).update(heads)
    return len(below) / len(people), len(top) / len(people)


# ------------------------------------------------------------ histories


@dataclass(frozen=True, slots=True)
class History:
    """Rounds one after the other in which everybody answers as before; `universe` holds each answer once."""

    rounds: tuple[Played, ...]

    @property
    def universe(self) -> Played:
        known = {(sheet.person, sheet.subject, sheet.group): sheet for played in self.rounds for sheet in played.sheets}
        return replace(self.rounds[-1], sheets=tuple(known.values()))

    def sums(self, published: Iterable[tuple[Played, Sequence[frozenset[int]]]]) -> list[frozenset[int]]:
        """The sums of all rounds, with each answer named as in the universe."""
        universe = self.universe
        place = {(one.person, one.subject, one.group): number for number, one in enumerate(universe.sheets)}

        def named(played: Played, one: int) -> int:
            sheet = played.sheets[one // played.measures]
            return place[sheet.person, sheet.subject, sheet.group] * universe.measures + one % played.measures

        return [frozenset(named(played, one) for one in row) for played, rows in published for row in rows]


def history(seed: int, rounds: int) -> History:
    """A small company asked several times: people join, leave, move and are erased, and weights change in between."""
    draw = np.random.default_rng(seed)
    company = _Company(draw)
    played = [company.asked()]
    for _ in range(rounds - 1):
        for _ in range(int(draw.integers(1, 4))):
            company.change()
        played.append(company.asked())
    return History(tuple(played))


def with_overlaps(told: History) -> History:
    """The same rounds as they are launched one after the other, each compared with those before it (R10)."""
    settled: list[Played] = []
    for played in told.rounds:
        earlier = [_asked_of(before) for before in settled]
        of_round = _asked_of(played)
        places = find_overlaps(
            lambda some, played=played: replace(played, overlapping=some).partition(),  # type: ignore[misc]
            _name,
            of_round.people,
            of_round.k,
            earlier,
        )
        settled.append(replace(played, overlapping=places))
    return History(tuple(settled))


def _asked_of(played: Played) -> Asked:
    people: dict[tuple[str, str], dict[str, bool]] = {}
    for sheet in played.sheets:
        people.setdefault(_name((sheet.subject, sheet.group)), {})[str(sheet.person)] = sheet.counts
    atoms = [[_name(cell.key) for cell in atom.cells] for atom in played.partition().atoms if atom.is_protected]
    return Asked(atoms, people, {str(place): group.k for place, group in enumerate(played.groups)})


def _name(key: tuple[int, int]) -> tuple[str, str]:
    return str(key[0]), str(key[1])


class _Company:
    """Who is asked about whom, as it changes from round to round."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        units = int(draw.integers(2, 5))
        self._subjects = [Subject(-1, Kind.UNIT), *(Subject(0, Kind.UNIT) for _ in range(units))]
        self._units = range(1, units + 1)
        self._subjects += [Subject(int(draw.choice(self._units)), Kind.PERSON) for _ in range(int(draw.integers(3, 9)))]
        self._groups = tuple(RaterGroup(Mode.CONFIDENTIAL, int(draw.integers(3, 6)), 6) for _ in range(2))
        self._pooling = Pooling.POOL if draw.random() < 0.3 else Pooling.DROP
        self._answers: Answers = {}
        self._weightless: int | None = None
        self._next = 0
        for subject in range(1, len(self._subjects)):
            for group in range(2):
                for _ in range(int(draw.choice([0, 1, 2, 3, 4, 5, 6, 8]))):
                    self._ask(subject, group)

    def asked(self) -> Played:
        """Everybody who is asked; a group without weight is asked nothing in this round."""
        sheets = [
            Sheet(subject, group, person, scores)
            for (person, subject, group), scores in self._answers.items()
            if group != self._weightless
        ]
        form = {(place, group): frozenset({0}) for place in range(len(self._subjects)) for group in range(2)}
        return Played(tuple(self._subjects), self._groups, tuple(sheets), form, 1, self._pooling)

    def change(self) -> None:
        draw = self._draw
        what = draw.choice(["join", "join", "leave", "leave", "move", "erase", "replace", "weigh"])
        self._weightless = int(draw.integers(0, 2)) if what == "weigh" else None
        if what == "join":
            for _ in range(int(draw.integers(1, 4))):
                self._ask(int(draw.integers(1, len(self._subjects))), int(draw.integers(0, 2)))
        if what in {"leave", "replace"} and self._answers:
            person, subject, group = self._anybody()
            del self._answers[person, subject, group]
            if what == "replace":
                self._ask(subject, group)
        if what == "erase" and self._answers:
            gone = self._anybody()[0]
            self._answers = {key: scores for key, scores in self._answers.items() if key[0] != gone}
        if what == "move":
            person = int(draw.integers(len(self._units) + 1, len(self._subjects)))
            self._subjects[person] = Subject(int(draw.choice(self._units)), Kind.PERSON)

    def _anybody(self) -> tuple[int, int, int]:
        return list(self._answers)[int(self._draw.integers(0, len(self._answers)))]

    def _ask(self, subject: int, group: int) -> None:
        """Somebody new or, now and then, somebody who rates others already."""
        if self._answers and self._draw.random() < 0.4:
            person = self._anybody()[0]
        else:
            person, self._next = self._next, self._next + 1
        self._answers[person, subject, group] = (int(self._draw.choice(LEVELS)) * STEP,)
