"""The demo as those see it who watch its KPIs: subjects and KPIs by external id, viewers by their role."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Grant, Role, Viewer
from app.followup.queries import get_course
from app.followup.values import KpiCourse
from app.infra.database import ReadSession
from app.kpis.queries import find_kpis
from app.organisation.named import find_subjects
from app.organisation.queries import list_companies
from app.releases.queries import find_release_of
from app.rounds.queries import find_round_by_key
from tests.shelf import NOW

TODAY = NOW.date()
S1, H1, H3, H4, H5, H6 = (
    "first-impression",
    "phone-answer-time",
    "new-customer-meetings",
    "new-customer-sales",
    "quote-to-order",
    "handling-time",
)
SUBJECTS = (
    "team-nord",
    "team-sor",
    "customer-centre",
    "team-privat",
    "sales",
    "amir.haddad",
    "sofie.berg",
    "lars.moen",
    "jonas.eide",
    "lunvik",
)


@dataclass(frozen=True)
class Watching:
    """A session on the demo, with the ids that the tests speak of."""

    session: ReadSession
    company_id: str
    subjects: dict[str, str]
    kpis: dict[str, str]

    @classmethod
    def of(cls, session: ReadSession) -> "Watching":
        company_id = list_companies(session, SERVICE)[0].id
        return cls(
            session,
            company_id,
            {name: str(one) for name, one in find_subjects(session, company_id, SUBJECTS).items()},
            {name: str(one) for name, one in find_kpis(session, company_id, [S1, H1, H3, H4, H5, H6]).items()},
        )

    def who(self, role: Role, place: str = "") -> Viewer:
        """Somebody with a role on a subject, or on the company."""
        subject_id = self.subjects[place] if place else self.company_id
        return Viewer(f"account:{role}", grants=(Grant(role, subject_id),), above=frozenset({self.company_id}))

    def person(self, name: str) -> Viewer:
        """Somebody without any role, who is one of the subjects."""
        return Viewer("account:own", own_subjects=frozenset({self.subjects[name]}))

    def key(self, *scopes: Action) -> Viewer:
        """A key of the company with some scopes."""
        return Viewer("key:1", grants=(Grant(Role.VIEWER, self.company_id),), scopes=frozenset(scopes))

    def course(
        self, kpi: str, subject: str, *, viewer: Viewer | None = None, length: str = "", on: date = TODAY
    ) -> KpiCourse:
        """The course of a KPI at a subject, for the service unless somebody asks."""
        return get_course(self.session, viewer or SERVICE, self.kpis[kpi], self.subjects[subject], length=length, on=on)

    def release_of(self, round_key: str) -> str:
        """The release of a round."""
        found = find_round_by_key(self.session, self.company_id, round_key)
        assert found is not None
        release = find_release_of(self.session, found.id)
        assert release is not None
        return release.id


def rounded(values: Sequence[float | None]) -> list[float | None]:
    """Values as they are printed."""
    return [None if value is None else round(value, 2) for value in values]
