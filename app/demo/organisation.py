"""Fjellbris Varme & Service AS: six teams in three departments, 31 people, three competitors. All of it is invented.

It comes in through the two files that every company may bring: the organisation and its people.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from app.accounts.rules import SERVICE
from app.demo.addresses import COMPANY, address
from app.demo.kpis import LEADERS, Whereabouts
from app.infra.database import WriteSession
from app.organisation.commands import create_company, import_organisation, import_people
from app.organisation.intake import LEADS_DIVIDER
from app.organisation.named import find_subjects
from app.organisation.queries import load_people_of
from app.reports import Row

COMPANY_NAME = "Fjellbris Varme & Service AS"

DEPARTMENTS: Mapping[str, str] = {
    "customer-centre": "Kundesenter",
    "sales": "Salg",
    "showroom": "Butikk og montasje",
}
TEAMS: Mapping[str, tuple[str, str]] = {
    "team-nord": ("Team Nord", "customer-centre"),
    "team-sor": ("Team Sør", "customer-centre"),
    "team-privat": ("Team Privat", "sales"),
    "team-bedrift": ("Team Bedrift", "sales"),
    "butikk-bergen": ("Butikk Bergen", "showroom"),
    "montasje-vest": ("Montasje Vest", "showroom"),
}
COMPETITORS: Mapping[str, str] = {
    "lunvik": "Lunvik Klima",
    "torsnes": "Torsnes Varmepumper",
    "hauklid": "Hauklid Energi",
}
PEOPLE: Mapping[str, Sequence[str]] = {
    COMPANY: ("Ragnhild Torp",),
    "customer-centre": ("Ingrid Solheim",),
    "team-nord": ("Amir Haddad", "Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said"),
    "team-sor": ("Kari Lunde", "Elias Dahl", "Mina Olsen", "Oda Strand", "Henrik Lie"),
    "sales": ("Magnus Ruud",),
    "team-privat": ("Marte Fossum", "Jonas Eide", "Sara Hagen", "Ali Rahimi", "Nora Bakke"),
    "team-bedrift": ("Petter Aas", "Ida Myhre", "Tobias Lund", "Emil Sæther"),
    "showroom": ("Liv Tangen",),
    "butikk-bergen": ("Hanne Nes", "Runa Bø", "Amina Yusuf", "Vegard Haug"),
    "montasje-vest": ("Odd Brekke", "Stian Hove", "Marek Nowak", "Siv Åsen"),
}
"""By unit, who leads it first."""

IN_ENGLISH = frozenset({"omar.said", "ali.rahimi", "amina.yusuf", "marek.nowak"})

_LETTERS = str.maketrans({"ø": "o", "å": "a", "æ": "ae", " ": "."})


def login(name: str) -> str:
    """The part of an address before the @, which is also the external id.

    >>> login("Emil Sæther"), login("Siv Åsen")
    ('emil.saether', 'siv.asen')
    """
    return name.casefold().translate(_LETTERS)


def logins(*units: str) -> tuple[str, ...]:
    """The employees directly in some units, leaders first."""
    return tuple(login(name) for unit in units for name in PEOPLE[unit])


def create_organisation(session: WriteSession, *, now: datetime) -> Whereabouts:
    """Make company, units, competitors and people, with everybody in place and leading from the day of `now` on."""
    company_id = create_company(session, SERVICE, COMPANY_NAME, external_id=COMPANY, now=now).id
    units = list(_numbered(_unit_cells()))
    import_organisation(session, SERVICE, units, company_id=company_id, dry_run=False, now=now)
    people = list(_numbered(_people_cells()))
    import_people(session, SERVICE, people, company_id=company_id, dry_run=False, now=now)
    places = find_subjects(session, company_id, [*DEPARTMENTS, *LEADERS])
    known = load_people_of(session, list(places.values()))
    leaders = {key: known[places[key]].id for key in LEADERS}
    return Whereabouts(company_id, places, leaders)


def _numbered(cells: Iterator[Mapping[str, str]]) -> Iterator[Row]:
    return (Row(number, one) for number, one in enumerate(cells, start=2))


def _unit_cells() -> Iterator[Mapping[str, str]]:
    for key, name in DEPARTMENTS.items():
        yield {"external_id": key, "kind": "department", "name": name, "parent_external_id": COMPANY}
    for key, (name, department) in TEAMS.items():
        yield {"external_id": key, "kind": "team", "name": name, "parent_external_id": department}
    for key, name in COMPETITORS.items():
        yield {"external_id": key, "kind": "competitor", "name": name, "parent_external_id": COMPANY}


def _people_cells() -> Iterator[Mapping[str, str]]:
    for unit, names in PEOPLE.items():
        for name in names:
            key = login(name)
            yield {
                "external_id": key,
                "name": name,
                "email": address(key),
                "locale": "en" if key in IN_ENGLISH else "nb",
                "unit": unit,
                "leads": LEADS_DIVIDER.join([unit] if key in LEADERS else []),
            }
