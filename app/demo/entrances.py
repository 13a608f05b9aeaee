"""Those of the demo whom the command line lets in; apart from the demo itself, which few starts need."""

from collections.abc import Mapping

from app.accounts.queries import find_account
from app.accounts.rules import SERVICE
from app.accounts.values import AccountId
from app.deferred import dataclass
from app.demo.addresses import COMPANY, DOMAIN, address
from app.infra.database import ReadSession
from app.organisation.queries import list_companies

ADMIN = f"admin@{DOMAIN}"
AMIR = "amir.haddad"
ANALYST = f"analyst@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class WayIn:
    """Somebody of the demo to sign in as: who, and the account."""

    who: str
    account_id: AccountId


def ways_in(session: ReadSession) -> tuple[WayIn, ...]:
    """Those whom the command line prints links for; nobody where the demo is not loaded."""
    if not any(one.external_id == COMPANY for one in list_companies(session, SERVICE)):
        return ()
    found = ((who, find_account(session, email)) for who, email in _entrances().items())
    return tuple(WayIn(who, account.id) for who, account in found if account is not None)


def _entrances() -> Mapping[str, str]:
    return {
        "Administrator, who sets up rounds and reads no results": ADMIN,
        "Amir Haddad, who leads Team Nord, reads its results and decides": address(AMIR),
        "Analyst, who reads all results and decides nothing": ANALYST,
    }
