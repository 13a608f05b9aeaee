"""Who rates whom by the structure, for every place in the demo organisation."""

from datetime import date, datetime

from app.infra.database import WriteSession
from app.infra.formats import local_day
from app.kpis.values import RaterGroup
from app.organisation.queries import load_tree
from app.organisation.values import ManagerRole, Subject, SubjectId, SubjectKind, Tree, tree_of
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


def test_two_who_lead_together_rate_each_other_as_colleagues_of_nobody() -> None:
    tree = made_tree(
        ("d", "department", "c"), ("t", "team", "d"), ("a", "person", "t"), ("b", "person", "t"), ("x", "person", "t"),
        led={"t": ["a", "b"]},
    )  # fmt: skip
    assert raters(tree, "x", "manager") == ["a", "b"]
    assert raters(tree, "a", "direct_report") == ["x"]
    assert (raters(tree, "a", "colleague"), raters(tree, "a", "manager")) == ([], [])


def test_a_unit_without_a_leader_above_is_passed_over() -> None:
    tree = made_tree(
        ("d", "department", "c"), ("t", "team", "d"), ("a", "person", "t"), ("ceo", "person", "c"),
        led={"t": ["a"], "c": ["ceo"]},
    )  # fmt: skip
    assert raters(tree, "t", "manager") == ["ceo"]
    assert raters(tree, "a", "manager") == ["ceo"]
    assert raters(tree, "ceo", "direct_report") == []


def test_who_leads_the_unit_above_as_well_is_no_manager_of_the_own_unit() -> None:
    tree = made_tree(("t", "team", "c"), ("a", "person", "t"), led={"t": ["a"], "c": ["a"]})
    assert raters(tree, "t", "manager") == []


def test_a_competitor_is_rated_by_lists_alone() -> None:
    tree = made_tree(("k", "competitor", "c"), ("ceo", "person", "c"), led={"c": ["ceo"]})
    assert [raters(tree, "k", group.value) for group in RaterGroup] == [[]] * len(RaterGroup)


def made_tree(*placed: tuple[str, str, str], led: dict[str, list[str]]) -> Tree:
    """A tree under the company `c` from (id, kind, parent)."""

    def subject(id_: str, kind: str, parent_id: str | None) -> Subject:
        parent = SubjectId(parent_id) if parent_id else None
        return Subject(SubjectId(id_), SubjectId("c"), SubjectKind(kind), id_, None, parent, ())

    roles = [
        ManagerRole(f"{unit}{leader}", SubjectId(unit), SubjectId(leader), date(2026, 1, 1), None)
        for unit, leaders in led.items()
        for leader in leaders
    ]
    return tree_of(subject("c", "company", None), [subject(*one) for one in placed], roles)


def raters(tree: Tree, subject_id: str, group: str) -> list[str]:
    return sorted(proposed_raters(tree, SubjectId(subject_id), RaterGroup(group)))
