"""The third quarter of the demo with own summaries that wait for a talk."""

from datetime import date, timedelta

from app.accounts.values import AccountId, Grant, Role, Viewer
from app.infra.database import WriteSession
from app.releases.queries import find_release
from app.releases.tables import HeldSummaryRow
from tests.followup.watched import TODAY, Watching

QUARTER = "2026-q3"
LATEST = TODAY + timedelta(days=14)


def hold(session: WriteSession, known: Watching, *names: str, opens_on: date = LATEST, quarter: str = QUARTER) -> None:
    """Let the own summaries of some people wait, as the release does it for a round that says so."""
    release = find_release(session, known.release_of(quarter))
    assert release is not None
    rows = [
        HeldSummaryRow(
            round_id=release.round_id, subject_id=known.subjects[name], opens_on=opens_on, latest_on=opens_on
        )
        for name in names
    ]
    session.add_all(rows)
    session.flush()


def amir(known: Watching) -> Viewer:
    """Who leads Team Nord."""
    return Viewer(
        "account:amir",
        account_id=AccountId("amir"),
        grants=(Grant(Role.MANAGER, known.subjects["team-nord"]),),
        own_subjects=frozenset({known.subjects["amir.haddad"]}),
    )


def sofie(known: Watching, *roles: Role) -> Viewer:
    """Sofie Berg, with some roles on the whole company."""
    return Viewer(
        "account:sofie",
        account_id=AccountId("sofie"),
        grants=tuple(Grant(role, known.company_id) for role in roles),
        own_subjects=frozenset({known.subjects["sofie.berg"]}),
    )
