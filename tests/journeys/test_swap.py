"""Two raters of one atom exchange their answers, and nobody can tell; nor when a sheet changes that is in no atom."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from app.infra.entropy import SeededEntropy
from tests.journeys.readable import Answer, differing, ids_of, read_all, readers
from tests.journeys.scenario import (
    COLLEAGUES_OF_JONAS,
    COLLEAGUES_OF_SOFIE,
    DOMAIN,
    EVERYBODY,
    NA,
    S1,
    S4,
    S5,
    Answered,
    kpi_ids,
    launched_anonymously,
    played_on,
)
from tests.journeys.wondering import ask_all
from tests.shelf import Shelf

LOUD = "kunde03@kunder.example"
WONDERED_ABOUT = ("sofie.berg", "jonas.eide", "team-nord", "customer-centre", "fjellbris")
SILENT = f"{COLLEAGUES_OF_SOFIE[0]}{DOMAIN}"


Answers = dict[tuple[str, str], Answer]
Plain = Callable[[str], Answers]


@dataclass
class Instance:
    """A service with its own copy of everything and the randomness of one seed, whose round is released."""

    shelf: Shelf
    folder: Path
    name: str
    changes: Mapping[str, Answered] = field(default_factory=dict)

    def read(self, *only: str) -> Answers:
        database = self.shelf.take(launched_anonymously, name=self.name, entropy=SeededEntropy(4))
        played = played_on(database, self.folder / self.name, launched_anonymously)
        for recipient, (about, levels, comment) in {**EVERYBODY, **self.changes}.items():
            played.answer(recipient, about, levels, comment=comment)
        played.push_readings()
        played.close()
        release_id = played.release()
        ids = ids_of(played.service, round_id=played.round_id, release_id=release_id)
        played.service.work()
        letters: Answers = {
            ("recipients", letter.name): (200, (), letter.read_bytes()) for letter in played.service.mailbox.glob("*")
        }
        assert len(letters) == 2, "both who were rated are told of the release"
        who = readers(played.service, *only)
        subjects = {name: played.service.subject(name) for name in WONDERED_ABOUT}
        asked = ask_all(release_id, kpi_ids(played.service), subjects, who)
        return letters | read_all(played.service, ids, who) | asked


def exchanged(one: str, other: str) -> dict[str, Answered]:
    return {one: EVERYBODY[other], other: EVERYBODY[one]}


def who_reads(kind: str) -> tuple[str, ...]:
    """Everybody on SQLite; on PostgreSQL, which only puts rows in another order, those who read results."""
    return () if kind == "sqlite" else ("team leader", "rated person", "system")


@pytest.fixture(scope="module")
def plain(shelves: Callable[[str], Shelf], tmp_path_factory: pytest.TempPathFactory) -> Plain:
    """What is read where nobody has exchanged anything, by kind of database."""

    @cache
    def read(kind: str) -> Answers:
        found = Instance(shelves(kind), tmp_path_factory.mktemp(kind), "one").read(*who_reads(kind))
        shelves(kind).put_back()
        return found

    return read


@pytest.mark.slow
def test_nobody_can_tell_who_of_an_atom_gave_which_answer(plain: Plain, shelf: Shelf, tmp_path: Path) -> None:
    changes = {
        **exchanged("kunde01@kunder.example", "kunde02@kunder.example"),
        **exchanged("kunde13@kunder.example", "kunde16@kunder.example"),
        **exchanged(f"{COLLEAGUES_OF_JONAS[0]}{DOMAIN}", f"{COLLEAGUES_OF_JONAS[1]}{DOMAIN}"),
        # A sheet of no released atom may change altogether.
        SILENT: ("Sofie Berg", {S1: (1, 1), S4: NA, S5: (1, 2)}, "Noe helt annet."),
    }
    assert differing(plain(shelf.kind), Instance(shelf, tmp_path, "two", changes).read(*who_reads(shelf.kind))) == []


def test_the_comparison_sees_what_may_be_seen(plain: Plain, shelves: Callable[[str], Shelf], tmp_path: Path) -> None:
    quiet, shelf = plain("sqlite"), shelves("sqlite")
    about, levels, comment = EVERYBODY[LOUD]
    louder = {LOUD: (about, {**levels, S1: (5, 5)}, comment)}
    loud = Instance(shelf, tmp_path, "two", louder).read("system")
    shelf.put_back()
    told = differing({key: answer for key, answer in quiet.items() if key[0] in {"recipients", "system"}}, loud)
    # What stands after the id of the release, KPI or unit, or before that of a subject.
    parts = [address.partition("?")[0].split("/") for _, address in told]
    assert {(one + one[3:4])[5] for one in parts} == {
        *("scores", "explanations", "summaries", "recomputation", "what-if", "courses", "contradictions"),
        *("overview", "heat-map", "heat-map.csv", "heat-map.xlsx", "focus"),
        *("competences", "gaps"),
    }
