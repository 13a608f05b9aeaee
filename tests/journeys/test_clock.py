"""While a round is open, nothing that anyone can read depends on what was answered, nor tells who of many has answered."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from app.infra.entropy import SeededEntropy
from tests.journeys.readable import Answer, differing, ids_of, read_all, readers
from tests.journeys.scenario import (
    DOMAIN,
    EVERYBODY,
    S1,
    S4,
    Answered,
    Levels,
    Played,
    launched_anonymously,
    played_on,
)
from tests.journeys.service import ok
from tests.shelf import Shelf


def launched_round(shelf: Shelf, folder: Path, name: str) -> Played:
    database = shelf.take(launched_anonymously, name=name, entropy=SeededEntropy(4))
    return played_on(database, folder / name, launched_anonymously)


def answered_by_all(
    shelf: Shelf, folder: Path, name: str, answers: Mapping[str, Answered]
) -> dict[tuple[str, str], Answer]:
    played = launched_round(shelf, folder, name)
    for recipient, (about, levels, comment) in answers.items():
        played.answer(recipient, about, levels, comment=comment)
    played.service.work()
    service = played.service
    # PostgreSQL only puts rows in another order.
    others = ("viewer", "administrator", "rated person") if shelf.kind == "sqlite" else ()
    who = readers(service, "team leader", "system", *others)
    return read_all(service, ids_of(service, round_id=played.round_id), who)


def turned_round(levels: Levels) -> Levels:
    """Other answers to the same questions; who could not observe, now could."""
    return {kpi: tuple(1 if level == "na" else 6 - int(str(level)) for level in pair) for kpi, pair in levels.items()}  # type: ignore[misc]


@pytest.mark.slow
def test_while_a_round_is_open_nothing_tells_what_was_answered(shelf: Shelf, tmp_path: Path) -> None:
    others = {who: (about, turned_round(levels), comment[::-1]) for who, (about, levels, comment) in EVERYBODY.items()}
    plain = answered_by_all(shelf, tmp_path, "one", EVERYBODY)
    assert differing(plain, answered_by_all(shelf, tmp_path, "two", others)) == []


def test_within_a_day_a_protected_answer_leaves_no_trace(shelf: Shelf, tmp_path: Path) -> None:
    played = launched_round(shelf, tmp_path, "one")
    service = played.service
    ids, who = ids_of(service, round_id=played.round_id), readers(service, "team leader", "administrator", "system")
    # The page of keys tells that a key was used: use it once, so that the reading itself changes nothing.
    ok(who["system"][0].get("/api/v1/rounds"))
    before = read_all(service, ids, who)
    for number in range(1, 6):
        played.answer(f"kunde{number:02d}@kunder.example", "Sofie Berg", {S1: (1, 5), S4: (2, 4)}, comment="Fin hjelp.")
    played.answer(f"lars.moen{DOMAIN}", *EVERYBODY[f"lars.moen{DOMAIN}"][:2])
    service.work()
    assert differing(before, read_all(service, ids, who)) == []

    # The day after, the share of all customers is told in tens, and nothing of the single colleague.
    service.clock.pass_by(timedelta(days=1))
    service.work()
    tracking = service.system("rounds:read").get(f"/api/v1/rounds/{played.round_id}/tracking").json()
    shares = {one["policy"]["rater_group"]: one["percent"] for one in tracking["groups"]}
    assert (shares["customer"], shares["colleague"]) == (20, None)
