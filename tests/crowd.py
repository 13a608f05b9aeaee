"""A company whose one team has twelve people on one card with two soft KPIs of one item each, asked in rounds of choice.

Everybody is rated by six customers and a manager, the same ones in every round, unless a test says otherwise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.infra.database import WriteSession
from app.kpis.assign import set_scorecard
from app.kpis.commands import activate_kpi, add_kpi_version, create_goal, create_kpi, create_scale
from app.kpis.intake import parse_content, parse_goal, parse_kpi, parse_scale, parse_scorecard
from app.kpis.values import KpiKind, RaterGroup
from app.organisation.commands import create_company, create_subject
from app.organisation.ensure import ensure_raters, ensure_subjects
from app.organisation.values import NewRater, NewSubject, SubjectKind
from app.releases.commands import release_round
from app.releases.values import Release
from app.reports import Row
from app.responses.past import import_ratings
from app.rounds.commands import create_round, set_groups, set_round_kpis
from app.rounds.values import GroupPolicy, Mode, RoundDraft, RoundKpi
from tests.kpis.plain import words
from tests.originals import copied

FOUNDED = datetime(2026, 1, 5, 8, tzinfo=UTC)
ON = date(2026, 11, 23)
PEOPLE = tuple(f"p{number:02d}" for number in range(1, 13))
WELCOME, TEAMWORK = "welcome", "teamwork"
CUSTOMERS, MANAGER, OWN = RaterGroup.CUSTOMER, RaterGroup.MANAGER, RaterGroup.SELF
GROUPS = (
    GroupPolicy(CUSTOMERS, Mode.CONFIDENTIAL, 3, 3),
    GroupPolicy(MANAGER, Mode.NAMED, 1, 1),
    GroupPolicy(OWN, Mode.NAMED, 1, 1),
)

Said = Mapping[tuple[str, RaterGroup, str], Sequence[object]]
"""What the raters of a group said about somebody on a KPI: a level 1 to 5 each, "na", or nothing (None)."""


@dataclass
class Crowd:
    """Ids by the names of this page."""

    session: WriteSession
    company_id: str
    team_id: str
    subjects: dict[str, str]
    kpis: dict[str, str] = field(default_factory=dict)
    scale_id: str = ""
    goal_id: str = ""
    owner_id: str = ""

    def viewer(self, role: Role = Role.VIEWER, at: str = "") -> Viewer:
        """Somebody with one role, at the company unless a place is named."""
        return Viewer(f"account:{role}", grants=(Grant(role, self.subjects.get(at, self.company_id)),))

    def person(self, name: str) -> Viewer:
        """Somebody who is one of the people and has no role."""
        return Viewer("account:own", own_subjects=frozenset({self.subjects[name]}))

    def name_of(self, subject_id: str) -> str:
        return next(name for name, known in self.subjects.items() if known == subject_id)

    def card(
        self, weights: Mapping[str, float], *, starts_on: str = "2026-01-05", form: str = "arithmetic", of: str = "team"
    ) -> str:
        """Set the card of everybody in the team, or of one of them."""
        given = {
            "subject_id": self.subjects[of],
            "level": "person",
            "starts_on": starts_on,
            "form": form,
            "lines": [{"kpi_id": self.kpis[name], "weight": weight} for name, weight in weights.items()],
        }
        return set_scorecard(self.session, SERVICE, parse_scorecard(given), company_id=self.company_id, now=FOUNDED)

    def reword(self, name: str, question: str, *, starts_on: str) -> None:
        """Ask something else for a KPI from a day on."""
        given = {**_content(self.scale_id, name), "starts_on": starts_on}
        given["items"][0]["question"] = words(question, question)
        content = parse_content(given, KpiKind.SOFT)
        add_kpi_version(self.session, SERVICE, self.kpis[name], content, now=FOUNDED)

    def draft(
        self,
        month: int,
        *,
        groups: Sequence[GroupPolicy] = GROUPS,
        weights: Mapping[RaterGroup, float] | None = None,
        scope: str = "",
    ) -> str:
        """A draft about a month of 2026 that closed when the month was over."""
        first = date(2026, month, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        wish = RoundDraft(
            scope_id=scope or self.company_id,
            external_id=None,
            name=words(f"Runde {month}", f"Round {month}"),
            purpose=words("Slik møter vi kundene.", "How we meet our customers."),
            asked_by="Ida",
            period_start=first,
            period_end=last,
            opens_at=datetime(2026, month, 1, 8, tzinfo=UTC),
            closes_at=datetime(2026, month, last.day, 8, tzinfo=UTC),
        )
        round_id = create_round(self.session, SERVICE, self.company_id, wish, now=_over(month)).id
        set_groups(self.session, SERVICE, round_id, groups, now=_over(month))
        asked = [RoundKpi(self.kpis[name], weights or {}) for name in (WELCOME, TEAMWORK)]
        set_round_kpis(self.session, SERVICE, round_id, asked, now=_over(month))
        return round_id

    def released(self, month: int, said: Said, **how: Any) -> Release:
        """A round about a month, with what was said in it, released."""
        round_id = self.draft(month, **how)
        rows = [Row(number, cells) for number, cells in enumerate(rows_of(said), start=2)]
        import_ratings(self.session, SERVICE, round_id, rows, now=_over(month))
        return release_round(self.session, SERVICE, round_id, now=_over(month))


def crowd(session: WriteSession) -> Crowd:
    """The company before anybody is asked."""
    return Crowd(session, **copied(session, _founded))


def _founded(session: WriteSession) -> dict[str, Any]:
    company_id = create_company(session, SERVICE, "Crowd", external_id="crowd", now=FOUNDED).id
    team = NewSubject(SubjectKind.TEAM, "Team", company_id, "team")
    team_id = create_subject(session, SERVICE, team, now=FOUNDED).id
    people = ensure_subjects(session, company_id, PEOPLE, parent_id=team_id, now=FOUNDED)
    made = Crowd(session, company_id, team_id, {"crowd": company_id, "team": team_id, **people})
    made.goal_id = create_goal(
        session, SERVICE, parse_goal({"name": words("Mål", "Goal")}), company_id=company_id, now=FOUNDED
    )
    five = {"kind": "points", "points": 5, "name": words("Fem", "Five")}
    made.scale_id = create_scale(session, SERVICE, parse_scale(five), company_id=company_id, now=FOUNDED)
    owner = NewRater(key="o", external_id="owner", name="Owner")
    made.owner_id = ensure_raters(session, company_id, [owner], now=FOUNDED)["o"]
    for name in (WELCOME, TEAMWORK):
        given = {
            "kind": "soft",
            "external_id": name,
            "goal_id": made.goal_id,
            "owner_id": made.owner_id,
            **_content(made.scale_id, name),
        }
        made.kpis[name] = create_kpi(session, SERVICE, parse_kpi(given), company_id=company_id, now=FOUNDED)
        activate_kpi(session, SERVICE, made.kpis[name], now=FOUNDED)
    made.card({WELCOME: 50, TEAMWORK: 50})
    return {name: known for name, known in vars(made).items() if name != "session"}


def everybody(
    welcome: Sequence[Sequence[object]], teamwork: Sequence[Sequence[object]], *, manager: object = 3
) -> dict[tuple[str, RaterGroup, str], Sequence[object]]:
    """What the customers of each person said on both KPIs, in turn where there are fewer lists; a manager says the same."""
    said: dict[tuple[str, RaterGroup, str], Sequence[object]] = {}
    for place, person in enumerate(PEOPLE):
        for kpi, lists in ((WELCOME, welcome), (TEAMWORK, teamwork)):
            said[person, CUSTOMERS, kpi] = lists[place % len(lists)]
            said[person, MANAGER, kpi] = [manager]
    return said


def rows_of(said: Said) -> Iterator[dict[str, str]]:
    """The rows of a file: raters are named by subject, group and place, so that they are the same in every round."""
    for (subject, group, kpi), levels in said.items():
        for place, level in enumerate(levels):
            if level is not None:
                yield {
                    "subject": subject,
                    "rater": subject if group is OWN else f"{group}-{subject}-{place}",
                    "rater_group": group.value,
                    "item": f"{kpi}.a",
                    "value": str(level),
                }


def _over(month: int) -> datetime:
    return datetime(2026, month + 1, 3, 8, tzinfo=UTC)


def _content(scale_id: str, name: str) -> dict[str, Any]:
    return {
        "name": words(name, name),
        "purpose": words("Viser noe.", "Shows something."),
        "criterion": words("Det er sett.", "It has been seen."),
        "decision_rule": {"text": words("Hvis den faller, øver vi.", "If it falls, we practise."), "days": 10},
        "rater_weights": {"customer": 60, "manager": 40, "self": 0},
        "items": [
            {
                "code": "a",
                "name": words(f"Punkt {name}", f"Item {name}"),
                "question": words("Hvordan er {name}?", "How is {name}?"),
                "scale_id": scale_id,
                "anchors": {"1": words("Svak", "Weak"), "3": words("Midt", "Middle"), "5": words("God", "Good")},
            }
        ],
    }
