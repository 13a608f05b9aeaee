"""The released quarter's answers as the rows of a file: who rated whom, on which item, with which comment.

Managers, colleagues, direct reports and self follow from the structure; customers and shoppers come from lists and
carry no name.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from zlib import crc32

from app.deferred import dataclass
from app.demo.comments import COMMENTS
from app.demo.levels import sheets, spread
from app.demo.organisation import COMPETITORS
from app.demo.profiles import MEANS, TALLIES, Tally, tally_of
from app.demo.soft_kpis import SOFT
from app.kpis.values import RaterGroup
from app.organisation.values import SubjectId, Tree
from app.reports import Row
from app.responses.values import NOT_OBSERVED
from app.rounds.rules import FROM_STRUCTURE, proposed_raters

VISITS = 5
CONTACTS = 25
CUSTOMERS = (8, 9, 7, 10, 8, 6)
SHARED = 4
"""So many of an employee's customers have met the one before as well."""
STRICT = "besok3@besok.example"
"""The shopper who gives less than the others wherever she comes: an analyst finds her, and what it does to scores."""
MOOD = 0.5


@dataclass(frozen=True, slots=True)
class Voice:
    """A rater as the file names one; a shopper with the visit."""

    rater: str
    occasion: str = ""


def customer(number: int) -> str:
    """The address of a customer."""
    return f"kunde{number:02d}@kunder.example"


def shopper(number: int) -> str:
    """The address of a mystery shopper."""
    return f"besok{number}@besok.example"


def asked_on(kpi: str, rater_group: RaterGroup) -> bool:
    """Whether a group is asked about a KPI: it weighs in it, or is self."""
    return rater_group is RaterGroup.SELF or SOFT[kpi]["rater_weights"].get(rater_group, 0) > 0


def kpis_of(subject: str) -> tuple[str, ...]:
    """The soft KPIs on which somebody is rated."""
    return tuple(TALLIES.get(subject) or MEANS[subject])


def past_ratings(tree: Tree, names: Mapping[SubjectId, str]) -> list[Row]:
    """Every row of the file; `names` says what the file calls the employees of the tree."""
    people = {name: subject_id for subject_id, name in names.items()}
    customers, rows = count(1), []
    for subject in (*TALLIES, *(name for name in MEANS if name not in TALLIES)):
        voices = _from_lists(subject, customers)
        if subject not in COMPETITORS:
            voices |= {
                group: [Voice(names[one]) for one in proposed_raters(tree, people[subject], group)]
                for group in FROM_STRUCTURE
            }
        rows += [cells for group, raters in voices.items() for cells in _sheets(subject, group, raters)]
    return [Row(number, cells) for number, cells in enumerate(rows, start=2)]


def _from_lists(subject: str, customers: Iterator[int]) -> dict[RaterGroup, list[Voice]]:
    """The customers and shoppers of a subject: competitors meet shoppers only, leaders neither."""
    if subject in COMPETITORS:
        visits = range(1, CONTACTS + 1)
    elif any(asked_on(kpi, RaterGroup.MYSTERY_SHOPPER) for kpi in kpis_of(subject)):
        visits = range(1, VISITS + 1)
    else:
        return {}
    found = {RaterGroup.MYSTERY_SHOPPER: [Voice(shopper(one), f"{subject}-{one}") for one in visits]}
    if subject not in COMPETITORS:
        found[RaterGroup.CUSTOMER] = [Voice(customer(one)) for one in _customers_of(subject, customers)]
    return found


def _customers_of(subject: str, customers: Iterator[int]) -> list[int]:
    """As many as the figures of the subject tell, or the next number of a short list."""
    first = next(customers)
    told = [tallies.get(RaterGroup.CUSTOMER) for tallies in TALLIES.get(subject, {}).values()]
    wanted = max((one.raters + one.unable for one in told if one), default=CUSTOMERS[first % len(CUSTOMERS)])
    fresh = [first, *(next(customers) for _ in range(wanted - SHARED - 1))]
    before = range(first - SHARED, first) if first > SHARED else (next(customers) for _ in range(SHARED))
    return [*before, *fresh]


def _sheets(subject: str, group: RaterGroup, raters: Sequence[Voice]) -> Iterator[dict[str, str]]:
    """The rows of all raters of a group about a subject."""
    for place, kpi in enumerate(kpis_of(subject)):
        if raters and asked_on(kpi, group):
            yield from _answers(subject, kpi, group, raters, tally_of(subject, kpi, group, len(raters)), turn=place)


def _answers(
    subject: str, kpi: str, group: RaterGroup, raters: Sequence[Voice], tally: Tally, *, turn: int
) -> Iterator[dict[str, str]]:
    items = [item["code"] for item in SOFT[kpi]["items"]]
    found = sheets(spread(tally.total, tally.raters * len(items), turn=turn + len(subject)), len(items))
    answering = sorted(range(tally.raters), key=lambda number: _strictness(raters[number].rater, f"{subject} {kpi}"))
    given = {number: [str(level) for level in sheet] for number, sheet in zip(answering, found, strict=True)}
    unable = [NOT_OBSERVED] * len(items)
    for number, voice in enumerate(raters[: tally.raters + tally.unable]):
        for place, code in enumerate(items):
            written = COMMENTS.get(subject, {}).get((group, f"{kpi}.{code}"), ())
            yield {
                "subject": subject,
                "rater": voice.rater,
                "rater_group": group,
                "item": f"{kpi}.{code}",
                "value": given.get(number, unable)[place],
                "comment": written[number] if number < len(written) else "",
                "occasion": voice.occasion,
            }


def _strictness(rater: str, occasion: str) -> float:
    """How low a rater answers here: mostly the same everywhere, a little by mood. Nothing but what the names make it."""
    strict = 1.0 if rater == STRICT else _drawn(rater)
    return strict + MOOD * _drawn(f"{rater} {occasion}")


def _drawn(text: str) -> float:
    """A number from 0 to 1 that follows from a text."""
    return crc32(text.encode()) / 2**32
