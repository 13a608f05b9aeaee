"""What-ifs, figures computed again and single explanations, as everybody without the analyst's role may ask for them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.journeys.readable import EVERY_PAGE, Answer, Readers, answer_of
from tests.journeys.scenario import S1, S3, S4

Changes = Mapping[str, str]
"""Fields of the page of what-ifs."""

ASKS_ALL = "team leader"


def wondered(kpis: Mapping[str, str], department: str) -> Sequence[Changes]:
    """Weights far apart, cards, and every minimum up to the number of raters that anybody has."""
    weights = [{f"weights.{kpis[S1]}.customer": str(weight)} for weight in (1, 39.5, 40.5, 1000)]
    weights += [{f"weights.{kpis[S3]}.colleague": "80", f"weights.{kpis[S4]}.customer": "0"}]
    cards = [{f"card.person.{department}.{kpis[S1]}": str(weight)} for weight in (1, 90)]
    raised = [{"minimum.customer": str(k), "minimum.colleague": str(k)} for k in range(5, 8)]
    both = [{**weights[0], **cards[0], **raised[1]}]
    return [*weights, *cards, *raised, *both]


def ask_all(
    release_id: str, kpis: Mapping[str, str], subjects: Mapping[str, str], who: Readers
) -> dict[tuple[str, str], Answer]:
    """Every answer by reader and question; of those who see the same pages, one asks all, the others what covers most."""
    asked = wondered(kpis, subjects["customer-centre"])
    found = {}
    for name, (client, families) in who.items():
        if families is EVERY_PAGE or "results" in families:
            much = slice(None) if name == ASKS_ALL else slice(-1, None)
            for address in _pages(release_id, subjects, asked[much], _figures(kpis, "kpi")[much]):
                found[name, address] = answer_of(client.get(address))
        if "api" in families:
            base = f"/api/v1/releases/{release_id}"
            for number, changes in enumerate(asked):
                found[name, f"{base}/what-if/{number}"] = answer_of(client.post(f"{base}/what-if", json=_sent(changes)))
            for address in _single(release_id, kpis, subjects):
                found[name, address] = answer_of(client.get(address))
    return found


def _pages(
    release_id: str, subjects: Mapping[str, str], asked: Sequence[Changes], figures: Sequence[Changes]
) -> Iterator[str]:
    yield from (f"/results/{release_id}/what-if?{urlencode(changes)}" for changes in asked)
    for name in ("sofie.berg", "jonas.eide", "team-nord", "fjellbris"):
        for figure in figures:
            query = urlencode({**figure, "again": "1"})
            yield f"/results/{release_id}/subjects/{subjects[name]}/figure?{query}"


def _single(release_id: str, kpis: Mapping[str, str], subjects: Mapping[str, str]) -> Iterator[str]:
    base = f"/api/v1/releases/{release_id}"
    for name in ("sofie.berg", "jonas.eide", "team-nord", "fjellbris"):
        yield f"{base}/recomputation?subject_id={subjects[name]}&limit=200"
        yield from (f"{base}/explanations/{subjects[name]}?{urlencode(one)}" for one in _figures(kpis, "kpi_id"))


def _figures(kpis: Mapping[str, str], named: str) -> list[dict[str, str]]:
    return [
        {named: kpis[S1]},
        {named: kpis[S1], "group": "customer"},
        {named: kpis[S4], "group": "colleague"},
        {named: kpis[S3], "group": "colleague"},
    ]


def _sent(changes: Changes) -> dict[str, Any]:
    """The same as another system sends it."""
    weights: dict[str, dict[str, float]] = {}
    cards: dict[str, dict[str, float]] = {}
    minimums = []
    for field, value in changes.items():
        match field.split("."):
            case ["weights", kpi_id, group]:
                weights.setdefault(kpi_id, {})[group] = float(value)
            case ["card", _, place, kpi_id]:
                cards.setdefault(place, {})[kpi_id] = float(value)
            case [_, group]:
                minimums.append({"rater_group": group, "k": int(value)})
    return {
        "rater_weights": [{"kpi_id": kpi_id, "weights": inner} for kpi_id, inner in weights.items()],
        "scorecards": [{"subject_id": at, "level": "person", "weights": inner} for at, inner in cards.items()],
        "minimums": minimums,
    }
