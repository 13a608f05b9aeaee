"""The demo organisation's tree with two KPIs and a draft round, for the tests of rounds, invitations and mail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from app.accounts.rules import SERVICE
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.kpis.assign import set_scorecard
from app.kpis.commands import activate_kpi, create_goal, create_kpi, create_scale
from app.kpis.intake import parse_goal, parse_kpi, parse_scale, parse_scorecard
from app.kpis.values import RaterGroup
from app.organisation.commands import create_company
from app.organisation.rules import name_key
from app.organisation.tables import ManagerRoleRow, MembershipRow, PersonRow, SubjectRow
from app.organisation.values import SubjectKind
from app.rounds.checks import default_policy
from app.rounds.commands import create_round, set_groups, set_rated_subjects, set_round_kpis
from app.rounds.values import GroupPolicy, Round, RoundDraft, RoundKpi
from tests.dossiers.plain import on_record
from tests.kpis.plain import card, soft, words
from tests.originals import copied

FIRST_DAY = date(2026, 1, 1)
UNITS = {
    "Kundesenter": (
        "Ingrid Solheim",
        {
            "Team Nord": ("Amir Haddad", ["Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said"]),
            "Team Sør": ("Kari Lunde", ["Elias Dahl", "Mina Olsen", "Oda Strand", "Henrik Lie"]),
        },
    ),
    "Salg": (
        "Magnus Ruud",
        {
            "Team Privat": ("Marte Fossum", ["Jonas Eide", "Sara Hagen"]),
        },
    ),
}


@dataclass
class Fjellbris:
    """Ids by name: units and persons as subjects, and the people behind the persons."""

    id: str
    subjects: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    kpis: dict[str, str] = field(default_factory=dict)

    def name_of(self, subject_id: str) -> str:
        return next(name for name, known in self.subjects.items() if known == subject_id)

    def names_of(self, subject_ids: Sequence[str]) -> list[str]:
        return [self.name_of(subject_id) for subject_id in subject_ids]


def fjellbris(session: WriteSession, now: datetime) -> Fjellbris:
    """The company with its people and KPIs."""
    return copied(session, _founded, now)


def _founded(session: WriteSession, now: datetime) -> Fjellbris:
    made = Fjellbris(create_company(session, SERVICE, "Fjellbris", external_id="fjellbris", now=now).id)
    made.subjects["Fjellbris"] = made.id
    tree = _Tree(session, made, now)
    tree.led(made.id, "Ragnhild Torp")
    for department, (head, teams) in UNITS.items():
        tree.unit(SubjectKind.DEPARTMENT, department, made.id, head)
        for team, (leader, members) in teams.items():
            unit_id = tree.unit(SubjectKind.TEAM, team, made.subjects[department], leader)
            for member in members:
                tree.person(member, unit_id)
    tree.write()
    _add_kpis(session, made, now)
    on_record(session, made.id, made.people["Ingrid Solheim"], now)
    return made


def draft_round(
    session: WriteSession,
    company: Fjellbris,
    now: datetime,
    *,
    rated: Sequence[str] = ("Sofie Berg", "Lars Moen", "Thea Vik", "Omar Said"),
    groups: Sequence[RaterGroup | GroupPolicy] = (
        RaterGroup.MANAGER,
        RaterGroup.COLLEAGUE,
        RaterGroup.CUSTOMER,
        RaterGroup.SELF,
    ),
    scope: str = "Team Nord",
    reminders: Sequence[datetime] = (),
    moderated_by: str | None = None,
) -> Round:
    """A draft that asks about the first impression, without anybody assigned yet."""
    wish = RoundDraft(
        scope_id=company.subjects[scope],
        external_id=None,
        name=words("Team Nord, 4. kvartal", "Team Nord, fourth quarter"),
        purpose=words("Vi vil vite hvordan kundene blir møtt.", "We want to know how customers are met."),
        asked_by="Amir Haddad",
        period_start=date(2026, 10, 1),
        period_end=date(2026, 12, 31),
        opens_at=now,
        closes_at=now + timedelta(days=14),
        reminders=tuple(reminders),
        moderated_by=moderated_by,
    )
    made = create_round(session, SERVICE, company.id, wish, now=now)
    policies = [one if isinstance(one, GroupPolicy) else default_policy(one) for one in groups]
    set_groups(session, SERVICE, made.id, policies, now=now)
    set_round_kpis(session, SERVICE, made.id, [RoundKpi(company.kpis["first impression"], {})], now=now)
    return set_rated_subjects(session, SERVICE, made.id, [company.subjects[name] for name in rated], now=now)


def address(name: str) -> str:
    return f"{name.replace(' ', '.').casefold().replace('ø', 'o')}@fjellbris.example"


class _Tree:
    """The rows of the organisation, written at once: the commands would take half a second in every test."""

    def __init__(self, session: WriteSession, made: Fjellbris, now: datetime) -> None:
        self._session = session
        self._made = made
        self._now = now
        self._rows: dict[type[Any], list[dict[str, Any]]] = {
            table: [] for table in (SubjectRow, MembershipRow, PersonRow, ManagerRoleRow)
        }

    def unit(self, kind: SubjectKind, name: str, parent_id: str, leader: str) -> str:
        self._made.subjects[name] = self._subject(kind, name, parent_id)
        self.led(self._made.subjects[name], leader)
        return self._made.subjects[name]

    def led(self, unit_id: str, leader: str) -> None:
        subject_id = self.person(leader, unit_id)
        role = {"id": new_id(self._session), "unit_id": unit_id, "subject_id": subject_id, "starts_on": FIRST_DAY}
        self._rows[ManagerRoleRow].append(role)

    def person(self, name: str, unit_id: str) -> str:
        subject_id = self._made.subjects[name] = self._subject(SubjectKind.PERSON, name, unit_id)
        self._made.people[name] = new_id(self._session)
        self._rows[PersonRow].append(
            {
                "id": self._made.people[name],
                "company_id": self._made.id,
                "name": name,
                "name_key": name_key(name),
                "email": address(name),
                "mailbox": address(name),
                "locale": "nb",
                "external_id": name,
                "subject_id": subject_id,
                "created_at": self._now,
                "version": 1,
            }
        )
        return subject_id

    def write(self) -> None:
        for table, rows in self._rows.items():
            self._session.execute(insert(table), rows)

    def _subject(self, kind: SubjectKind, name: str, parent_id: str) -> str:
        subject_id = new_id(self._session)
        self._rows[SubjectRow].append(
            {
                "id": subject_id,
                "company_id": self._made.id,
                "kind": kind,
                "name": name,
                "name_key": name_key(name),
                "external_id": name,
                "created_at": self._now,
                "version": 1,
            }
        )
        self._rows[MembershipRow].append({"subject_id": subject_id, "parent_id": parent_id, "starts_on": FIRST_DAY})
        return subject_id


def _add_kpis(session: WriteSession, made: Fjellbris, now: datetime) -> None:
    goal = create_goal(
        session, SERVICE, parse_goal({"name": words("Fornøyde kunder", "Happy customers")}), company_id=made.id, now=now
    )
    scale = create_scale(
        session,
        SERVICE,
        parse_scale({"kind": "points", "points": 5, "name": words("1 til 5", "1 to 5")}),
        company_id=made.id,
        now=now,
    )
    weights = {
        "first impression": {"customer": 40, "mystery_shopper": 30, "manager": 15, "colleague": 15, "self": 0},
        "coaching": {"direct_report": 70, "manager": 30},
    }
    for name, rater_weights in weights.items():
        given = soft(goal, made.people["Ingrid Solheim"], scale, rater_weights=rater_weights)
        made.kpis[name] = create_kpi(session, SERVICE, parse_kpi(given), company_id=made.id, now=now)
        activate_kpi(session, SERVICE, made.kpis[name], now=now)
    given = card(made.id, "person", [made.kpis["first impression"], made.kpis["coaching"]])
    set_scorecard(session, SERVICE, parse_scorecard(given), company_id=made.id, now=now)
