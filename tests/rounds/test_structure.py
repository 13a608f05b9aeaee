"""Who rates whom by the structure, for every place in the demo organisation."""

from datetime import datetime

from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.kpis.values import RaterGroup
from app.organisation.queries import load_tree
from app.organisation.values import SubjectId
from app.rounds.rules import proposed_raters
from tests.fjellbris import Fjellbris

PROPOSED = [
    # a member of a team
    ("Sofie Berg", "manager", ["Amir Haddad"]),
    ("Sofie Berg", "colleague", ["Lars Moen", "Omar Said", "Thea Vik"]),
    ("Sofie Berg", "direct_report", []),
    ("Sofie Berg", "self", ["Sofie Berg"]),
    ("Sofie Berg", "customer", []),
    # who leads a team: the other leaders right under the same department
    ("Amir Haddad", "manager", ["Ingrid Solheim"]),
    ("Amir Haddad", "colleague", ["Kari Lunde"]),
    ("Amir Haddad", "direct_report", ["Lars Moen", "Omar Said", "Sofie Berg", "Thea Vik"]),
    ("Marte Fossum", "colleague", []),
    # who leads a department: members of her own are none, so the leaders of the teams right below
    ("Ingrid Solheim", "manager", ["Ragnhild Torp"]),
    ("Ingrid Solheim", "colleague", ["Magnus Ruud"]),
    ("Ingrid Solheim", "direct_report", ["Amir Haddad", "Kari Lunde"]),
    # who leads the company
    ("Ragnhild Torp", "manager", []),
    ("Ragnhild Torp", "colleague", []),
    ("Ragnhild Torp", "direct_report", ["Ingrid Solheim", "Magnus Ruud"]),
    # units are rated by who leads above them
    ("Team Nord", "manager", ["Ingrid Solheim"]),
    ("Team Nord", "colleague", []),
    ("Kundesenter", "manager", ["Ragnhild Torp"]),
    ("Fjellbris", "manager", []),
]


def test_the_structure_names_the_raters(session: WriteSession, company: Fjellbris, now: datetime) -> None:
    tree = load_tree(session, company.id, on=local_day(now))
    found = [
        (
            rated,
            group,
            sorted(company.names_of(proposed_raters(tree, SubjectId(company.subjects[rated]), RaterGroup(group)))),
        )
        for rated, group, _ in PROPOSED
    ]
    assert found == PROPOSED
