"""The menu: which pages are offered to whom. What somebody may do is decided by the pages' queries, not here."""

from app.accounts.rules import ALLOWED, READING_ROLES, Action
from app.accounts.values import Role, Viewer
from app.deferred import dataclass
from app.http.visit import Visit

OBSERVERS = frozenset(role for role, actions in ALLOWED.items() if Action.RULES_READ in actions)
READERS = OBSERVERS - {Role.HR, Role.OBSERVER}
RESULT_READERS = READING_ROLES
JOURNAL_READERS = frozenset(role for role, actions in ALLOWED.items() if Action.JOURNAL_READ in actions)
MODERATORS = frozenset({Role.MODERATOR})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A link of the menu as the frame shows it."""

    label: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A page family in the menu: label in English, where it starts, and which roles it is meant for.

    No roles means everybody who is signed in. `also` are addresses of the same family that begin in another way;
    what is `only_here` is offered while letters stay on this machine.
    """

    label: str
    href: str
    roles: frozenset[Role] = frozenset()
    also: tuple[str, ...] = ()
    only_here: bool = False


NAVIGATION: tuple[Entry, ...] = (
    Entry("My week", "/"),
    Entry("Organisation", "/organisation", OBSERVERS, ("/people",)),
    Entry("KPIs", "/kpis", OBSERVERS, ("/goals", "/scales", "/scorecards", "/competences")),
    Entry(
        "Rounds",
        "/rounds",
        OBSERVERS,
        (
            "/invitations",
            "/conflicts",
            "/dossiers",
            "/visits",
            "/programmes",
            "/encounters",
            "/open-codes",
            "/usual-moderators",
        ),
    ),
    Entry("Readings", "/readings", READERS),
    Entry("Results", "/results", also=("/overview", "/focus")),
    Entry("Decisions", "/decisions", RESULT_READERS, ("/plans", "/signals", "/relevance")),
    Entry("Comments", "/comments", MODERATORS),
)
MORE: tuple[Entry, ...] = (
    Entry("Visits", "/visits"),
    Entry("Dossiers", "/dossiers"),
    Entry("Benchmarks", "/benchmarks", RESULT_READERS),
    Entry("Accounts", "/admin/accounts", ADMINS),
    Entry("API keys", "/admin/keys", ADMINS),
    Entry("Letter texts", "/admin/letters", ADMINS),
    Entry("No letters to", "/admin/addresses", JOURNAL_READERS),
    Entry("Journal", "/admin/journal", JOURNAL_READERS),
    Entry("Sign-in rules", "/admin/sign-in", ADMINS),
    Entry("Mailbox", "/mailbox", only_here=True),
    Entry("Proposed raters", "/nominations"),
    Entry("Your sign-ins", "/account/sessions"),
    Entry("What is held about you", "/account/held"),
    Entry("Your password", "/account/password"),
    Entry("Two-step sign-in", "/account/factor"),
    Entry("Passkeys", "/account/passkeys"),
)


def shown(entries: tuple[Entry, ...], visit: Visit) -> tuple[MenuItem, ...]:
    """The entries for this visitor; the one whose pages he is on is current."""
    viewer = visit.somebody
    if viewer is None:
        return ()
    return tuple(
        MenuItem(entry.label, entry.href, any(_is_within(visit.path, start) for start in (entry.href, *entry.also)))
        for entry in entries
        if _is_meant_for(entry, viewer) and (not entry.only_here or visit.settings.shows_mailbox)
    )


def _is_meant_for(entry: Entry, viewer: Viewer) -> bool:
    return not entry.roles or any(grant.role in entry.roles for grant in viewer.grants)


def _is_within(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
