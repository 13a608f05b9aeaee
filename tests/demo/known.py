"""What somebody knows of the demo's quarter who knows every answer: the round as the rules play it."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.demo.past_round import GROUPS
from app.demo.soft_kpis import SOFT
from app.organisation.values import SubjectKind, Tree
from app.scoring.atoms import Kind, Mode, RaterGroup, Subject
from tests.attack.played import Played, Sheet
from tests.journeys.scenario import S1

NAMES = [str(one["rater_group"]) for one in GROUPS]
KPIS = list(SOFT)


def groups_of(groups: Sequence[int]) -> tuple[str, ...]:
    return tuple(NAMES[one] for one in groups)


def played_quarter(rows: Sequence[Mapping[str, str]], tree: Tree, places: Mapping[str, int]) -> Played:
    """The answers of the quarter as the attacker knows them: who rated whom, and what was asked."""
    levels: dict[tuple[str, str, str, str], dict[str, list[int]]] = {}
    for row in rows:
        kpi = row["item"].partition(".")[0]
        about = row["subject"], row["rater_group"], row["rater"], row["occasion"]
        given = levels.setdefault(about, {}).setdefault(kpi, [])
        given += [] if row["value"] == "na" else [int(row["value"])]
    raters = {rater: number for number, rater in enumerate(dict.fromkeys(about[2] for about in levels))}
    sheets = tuple(
        Sheet(places[subject], NAMES.index(group), raters[rater], tuple(points(given.get(kpi)) for kpi in KPIS))
        for (subject, group, rater, _), given in levels.items()
    )
    asked = {
        (places[subject], NAMES.index(group)): frozenset(KPIS.index(kpi) for kpi in given)
        for (subject, group, _, _), given in levels.items()
    }
    subjects = tuple(
        Subject(list(tree.subjects).index(one.parent_id) if one.parent_id else -1, kind_of(one.kind))
        for one in tree.subjects.values()
    )
    return Played(subjects, tuple(policy_of(one) for one in GROUPS), sheets, asked, len(KPIS))


def points(levels: Sequence[int] | None) -> int | None:
    return round(sum((one - 1) * 25_000_000 for one in levels) / len(levels)) if levels else None


def kind_of(kind: SubjectKind) -> Kind:
    return {SubjectKind.PERSON: Kind.PERSON, SubjectKind.COMPETITOR: Kind.COMPETITOR}.get(kind, Kind.UNIT)


def policy_of(one: Mapping[str, Any]) -> RaterGroup:
    k = one.get("k", 1)
    return RaterGroup(Mode(one["mode"]), k, one.get("comment_k", k))


def whole_team(played: Played, team: int) -> frozenset[int]:
    """Every score that colleagues gave for first impression in a team, with those of the people of whom nothing is shown."""
    colleague, measure = NAMES.index("colleague"), KPIS.index(S1)
    return frozenset(
        place * played.measures + measure
        for place, sheet in enumerate(played.sheets)
        if (sheet.group, played.subjects[sheet.subject].parent) == (colleague, team)
        and sheet.scores[measure] is not None
    )
