"""What Fjellbris strives for and measures: goals, the five-point scale, twelve KPIs with targets, and the cards.

Everything is stored by the same intake and the same commands that the API and the pages use.
"""

from collections.abc import Mapping
from datetime import date, datetime

from app.accounts.values import Viewer
from app.deferred import dataclass
from app.demo.hard_kpis import HARD
from app.demo.practice import COMPETENCES, PRACTICE
from app.demo.soft_kpis import SOFT, Plain
from app.infra.database import WriteSession
from app.kpis.commands import (
    activate_kpi,
    create_competence,
    create_goal,
    create_kpi,
    create_scale,
    set_scorecard,
    set_target,
)
from app.kpis.intake import parse_competence, parse_goal, parse_kpi, parse_scale, parse_scorecard, parse_target
from app.kpis.values import CompetenceId, GoalId, KpiId, Level, ScaleId

SCALE: Plain = {"kind": "points", "points": 5, "external_id": "five-points", "name": {"nb": "1 til 5", "en": "1 to 5"}}

GOALS: Mapping[str, Plain] = {
    "growth": {
        "name": {"nb": "Flere kunder som blir", "en": "More customers who stay"},
        "description": {
            "nb": "Vi vokser når kunder anbefaler oss og nye kunder velger oss.",
            "en": "We grow when customers recommend us and new customers choose us.",
        },
    },
    "service": {
        "parent": "growth",
        "name": {"nb": "Kunden får hjelp første gang", "en": "The customer is helped the first time"},
        "description": {
            "nb": "Kort ventetid, et godt møte og en sak som blir løst.",
            "en": "A short wait, a good meeting and a case that is solved.",
        },
    },
    "sales": {
        "parent": "growth",
        "name": {"nb": "Flere nye kunder", "en": "More new customers"},
        "description": {
            "nb": "Vi møter flere, hører hva de trenger og gir tilbud som treffer.",
            "en": "We meet more people, hear what they need and make offers that fit.",
        },
    },
    "team": {
        "parent": "growth",
        "name": {"nb": "Vi gjør hverandre gode", "en": "We make each other better"},
        "description": {
            "nb": "Kunnskap deles, og ledere følger opp det som er avtalt.",
            "en": "Know-how is shared, and leaders follow up what was agreed.",
        },
    },
}

LEADERS = (
    "ragnhild.torp",
    "ingrid.solheim",
    "amir.haddad",
    "kari.lunde",
    "magnus.ruud",
    "marte.fossum",
    "petter.aas",
    "liv.tangen",
    "hanne.nes",
    "odd.brekke",
)
SERVICE = {
    "first-impression": 20,
    "case-ownership": 20,
    "teamwork": 10,
    "phone-answer-time": 15,
    "first-contact-resolution": 20,
    "handling-time": 15,
}
SALES = {
    "needs-discovery": 25,
    "objection-handling": 25,
    "new-customer-meetings": 15,
    "new-customer-sales": 20,
    "quote-to-order": 15,
}
SHOWROOM = {"first-impression": 40, "case-ownership": 40, "teamwork": 20}
LEADING = {"coaching": 70, "teamwork": 30}
COMPANY = {
    "first-impression": 20,
    "needs-discovery": 10,
    "objection-handling": 10,
    "case-ownership": 15,
    "teamwork": 10,
    "phone-answer-time": 5,
    "first-contact-resolution": 10,
    "new-customer-sales": 10,
    "quote-to-order": 10,
}
FOCUS = {
    "first-impression",
    "case-ownership",
    "objection-handling",
    "quote-to-order",
    "coaching",
}
_UNITS = (Level.DEPARTMENT, Level.TEAM, Level.PERSON)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The organisation that the KPIs are for.

    `places` names subjects: the departments `customer-centre`, `sales` and `showroom`, and each leader's person;
    `people` names persons, both by the part of their address before the @.
    """

    company_id: str
    places: Mapping[str, str]
    people: Mapping[str, str]


def create_kpis(
    session: WriteSession, viewer: Viewer, where: Whereabouts, *, starts_on: date, now: datetime
) -> Mapping[str, KpiId]:
    """Store goals, scale, KPIs, targets and cards, valid from a day on, and put the KPIs to use; ids by external id."""
    goals = _create_goals(session, viewer, where, now)
    scale_id = create_scale(session, viewer, parse_scale(SCALE), company_id=where.company_id, now=now)
    competences = {
        name: create_competence(
            session,
            viewer,
            parse_competence({"name": words, "external_id": name}),
            company_id=where.company_id,
            now=now,
        )
        for name, words in COMPETENCES.items()
    }
    kpis: dict[str, KpiId] = {}
    for name, plain in {**SOFT, **HARD}.items():
        given = _kpi(name, plain, goals, where.people)
        given |= {"items": _items(name, plain, scale_id, competences)} if name in SOFT else {}
        kpis[name] = create_kpi(session, viewer, parse_kpi(given), company_id=where.company_id, now=now)
        if "target" in plain:
            posts = {"starts_on": starts_on.isoformat(), **plain["target"]}
            set_target(session, viewer, kpis[name], parse_target(posts), now=now)
        activate_kpi(session, viewer, kpis[name], now=now)
    for card in _cards(where, kpis, starts_on):
        set_scorecard(session, viewer, parse_scorecard(card), company_id=where.company_id, now=now)
    return kpis


def _create_goals(session: WriteSession, viewer: Viewer, where: Whereabouts, now: datetime) -> Mapping[str, GoalId]:
    goals: dict[str, GoalId] = {}
    for name, plain in GOALS.items():
        given = {**plain, "external_id": name}
        parent = given.pop("parent", None)
        if parent is not None:
            given["parent_id"] = goals[parent]
        goals[name] = create_goal(session, viewer, parse_goal(given), company_id=where.company_id, now=now)
    return goals


def _kpi(name: str, plain: Plain, goals: Mapping[str, GoalId], people: Mapping[str, str]) -> Plain:
    """The mapping of a KPI, with names turned into ids."""
    kept = {key: value for key, value in plain.items() if key not in {"goal", "owner", "target", "items"}}
    return {
        **kept,
        "kind": "soft" if name in SOFT else "hard",
        "external_id": name,
        "goal_id": goals[plain["goal"]],
        "owner_id": people[plain["owner"]],
    }


def _items(name: str, plain: Plain, scale_id: ScaleId, competences: Mapping[str, CompetenceId]) -> list[Plain]:
    """The items of a rated KPI with their scale and what helps to get better at them."""
    found = []
    for item in plain["items"]:
        practised = dict(PRACTICE[name][item["code"]])
        competence_id = competences[practised.pop("competence")]
        found.append({**item, **practised, "scale_id": scale_id, "competence_id": competence_id})
    return found


def _cards(where: Whereabouts, kpis: Mapping[str, KpiId], starts_on: date) -> list[Plain]:
    """The cards of the company, of each department for all its levels, and of each leader."""
    set_at = [(where.company_id, Level.COMPANY, COMPANY)]
    for unit, weights in (("customer-centre", SERVICE), ("sales", SALES), ("showroom", SHOWROOM)):
        set_at += [(where.places[unit], level, weights) for level in _UNITS]
    set_at += [(where.places[leader], Level.PERSON, LEADING) for leader in LEADERS]
    return [
        {
            "subject_id": subject_id,
            "level": level.value,
            "starts_on": starts_on.isoformat(),
            "lines": [
                {"kpi_id": kpis[name], "weight": weight, "focus": level is Level.PERSON and name in FOCUS}
                for name, weight in weights.items()
            ],
        }
        for subject_id, level, weights in set_at
    ]
