"""Who comes to the doors: one of each role at the team in the north, the person herself, two narrow keys, and nobody."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from fastapi import FastAPI

from app.accounts.commands import create_account, grant_role
from app.accounts.rules import SCOPES, SERVICE
from app.accounts.values import Grant, NewAccount, Role, Viewer
from app.infra.keys import fingerprint, key_of
from app.organisation.queries import path_of
from tests.access.caller import Caller
from tests.access.places import Place, World
from tests.served import Served

HERSELF = "the person herself"
OF_ALL = {Role.ADMIN, Role.AUDITOR}
"""Who has the role in the whole company; the others have theirs in one team of it."""


@dataclass(frozen=True)
class Visitor:
    """Somebody, as the rules see them (None: nobody is signed in) and as the doors do."""

    name: str
    viewer: Viewer | None
    caller: Caller

    def at(self, app: FastAPI) -> "Visitor":
        """The same, at another application."""
        return replace(self, caller=replace(self.caller, app=app))


def visitors(served: Served, worlds: Mapping[Place, World]) -> list[Visitor]:
    """Everybody who tries every route."""
    company, north = worlds[Place.PARENT].path, worlds[Place.OWN].path
    above = frozenset(north[:-1])
    sofie = frozenset({served.company.sofie})
    found = [Visitor("nobody", None, Caller(served.app))]
    units = frozenset(place for world in worlds.values() for place in world.path)
    for role in Role:
        path = company if role in OF_ALL else north
        viewer = Viewer(role, grants=(Grant(role, path[-1]),), above=frozenset(path[:-1]), units=units)
        found.append(Visitor(role, viewer, _signed_in(served, f"{role} there", f"{role}@there.example", viewer)))
    herself = Viewer(HERSELF, own_subjects=sofie)
    found.append(Visitor(HERSELF, herself, _signed_in(served, HERSELF, "sofie@fjellbris.example", herself)))
    scope = "organisation:read"
    for name, scopes, place in (("key of one scope", (scope,), company[0]), ("key of one team", SCOPES, north[-1])):
        one = Viewer("key", grants=(Grant(Role.VIEWER, place),), above=above - {place}, scopes=frozenset(scopes))
        caller = Caller(served.app, key=served.key(*scopes, subject_id=place))
        # That a key is used is noted once a day: by its first request, so that none of the others writes.
        caller.call("GET", "/api/v1/subjects")
        found.append(Visitor(name, one, caller))
    return found


def _signed_in(served: Served, name: str, email: str, viewer: Viewer) -> Caller:
    now = served.clock.now
    with served.engine.write() as session:
        account = create_account(session, SERVICE, NewAccount(email, name, "en"), now=now).id
        for grant in viewer.grants:
            path = path_of(session, grant.subject_id, on=now.date())
            grant_role(session, SERVICE, account, grant.role, path, now=now)
    served.accounts[name] = account
    secret = served.signed_in(name).cookies["session"]
    with served.engine.read() as session:
        return Caller(served.app, secret, key_of(session).csrf_token(fingerprint(secret)))
