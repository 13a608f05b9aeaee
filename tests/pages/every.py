"""Every page that people are shown, read off the table of routes: where it is on the filled demo, and who looks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import text

from app.accounts.values import Role
from app.http.access import Who, declared_routes
from app.infra.keys import key_of
from tests.client import Client
from tests.databases import recorded_statements
from tests.followup.reader import Reader
from tests.journeys.service import Running, text_of
from tests.served import ADDRESS
from tests.web.markup import Element, tree

PLACE = re.compile(r"{(\w+)}")
# Files to download, pictures, letters in a frame of their own, and what answers machines.
NO_PAGES = re.compile(r"\.(csv|pdf|xlsx)$|/evidence/|/html$|/shown$|^/(healthz|readyz|api)")
# Whoever holds all these sees the most of each page.
ROLES = (Role.ADMIN, Role.MANAGER, Role.ANALYST, Role.MODERATOR)

EXAMPLES: Mapping[str, str] = {
    "benchmark_id": "SELECT id FROM benchmark",
    "competence_id": "SELECT id FROM competence",
    "pack": "SELECT 'service'",
    "account_id": "SELECT account_id FROM role_grant WHERE role = 'viewer'",
    "case_id": "SELECT id FROM decision_case WHERE state = 'open'",
    "code_id": "SELECT code_id FROM open_result",
    "comment_id": "SELECT id FROM open_answer",
    "conflict_id": "SELECT id FROM conflict",
    "deputy_id": "SELECT id FROM deputy",
    "dossier_id": "SELECT id FROM dossier",
    "goal_id": "SELECT id FROM goal",
    "hard_id": "SELECT id FROM kpi WHERE external_id = 'phone-answer-time'",
    "invitation_id": "SELECT invitation.id FROM invitation JOIN person ON person.id = person_id AND person.external_id = 'lars.moen'",
    "key_id": "SELECT id FROM api_key WHERE name = 'Lønn'",
    "kind": "SELECT 'people'",
    "kpi_id": "SELECT id FROM kpi WHERE external_id = 'first-impression'",
    "language": "SELECT 'nb'",
    "letter": "SELECT 'invitation'",
    "nominator_id": "SELECT id FROM person WHERE external_id = 'sofie.berg'",
    "number": "SELECT 1",
    "passkey_id": "SELECT id FROM passkey",
    "person_id": "SELECT person.id FROM person JOIN suppression ON suppression.mailbox = person.mailbox",
    "plan_id": "SELECT id FROM action_plan WHERE state = 'open'",
    "programme_id": "SELECT coalesce((SELECT max(programme_id) FROM encounter), max(id)) FROM programme",
    "queue_id": "SELECT code_id FROM open_answer",
    "reading_id": "SELECT id FROM reading",
    "release_id": "SELECT release.id FROM release JOIN round ON round.id = round_id AND external_id = '2026-q3'",
    "role": "SELECT 'viewer'",
    "role_id": "SELECT manager_role.id FROM manager_role JOIN subject ON subject.id = unit_id AND name = 'Team Nord'",
    "round_id": "SELECT id FROM round WHERE external_id = '2026-q4-team-nord'",
    "scale_id": "SELECT id FROM scale",
    "scenario_id": "SELECT id FROM visit_scenario",
    "scorecard_id": "SELECT id FROM scorecard",
    "shift_id": "SELECT id FROM accepted_shift",
    "subject_id": "SELECT id FROM subject WHERE name = 'Sofie Berg'",
    "unit_id": "SELECT id FROM subject WHERE name = 'Team Nord'",
    "visit_id": "SELECT id FROM visit",
}
"""What stands for a place of an address: the first that is found."""

_DRAFT = {"round_id": "SELECT id FROM round WHERE state = 'draft'"}
_OVER = {"round_id": "SELECT id FROM round WHERE state = 'closed'"}
_UNIT = {"subject_id": EXAMPLES["unit_id"]}
_SHIFT = {"kpi_id": "SELECT kpi_id FROM accepted_shift", "subject_id": "SELECT subject_id FROM accepted_shift"}
_WORDED = {"kpi_id": "SELECT kpi_id FROM kpi_version WHERE number = 2", "number": "SELECT 2"}
_DEPUTY = {"person_id": "SELECT person.id FROM person JOIN deputy ON deputy.subject_id = person.subject_id"}
_GRANT = {"subject_id": "SELECT subject_id FROM role_grant WHERE role = 'viewer'"}
ELSEWHERE: Mapping[str, Mapping[str, str]] = {
    **{f"/rounds/{{round_id}}/{step}": _DRAFT for step in ("about", "who", "what", "privacy", "letter", "start")},
    **{f"/rounds/{{round_id}}/{step}": _DRAFT for step in ("past", "delete")},
    **{f"/rounds/{{round_id}}/{step}": _OVER for step in ("release", "parked")},
    "/cases/{case_id}": {"case_id": "SELECT id FROM recovery_case"},
    "/organisation/{subject_id}": _UNIT,
    "/kpis/{kpi_id}/course/{subject_id}": _UNIT,
    "/kpis/{kpi_id}/course/{subject_id}/accept": _UNIT,
    "/kpis/{kpi_id}/course/{subject_id}/shifts/{shift_id}/take-back": _SHIFT,
    "/kpis/{kpi_id}/versions/{number}": _WORDED,
    "/kpis/{kpi_id}/versions/{number}/changes": _WORDED,
    "/kpis/{kpi_id}/targets/new": {"kpi_id": "SELECT id FROM kpi WHERE external_id = 'phone-answer-time'"},
    "/people/{person_id}/deputies/{deputy_id}/end": _DEPUTY,
    "/people/{person_id}": _DEPUTY,
    "/plans/{plan_id}/tell": {"plan_id": "SELECT id FROM action_plan WHERE state = 'done' ORDER BY ended_on DESC"},
    "/admin/accounts/{account_id}/grants/{role}/{subject_id}/revoke": _GRANT,
}
"""Where another one shows more of a page, or is the only one to have it."""

ASKED: Mapping[str, str] = {
    "/decisions/new": "?kpi={kpi_id}&subject={subject_id}",
    "/plans/new": "?kpi_id={kpi_id}&subject_id={subject_id}",
    "/results/{release_id}/analysis/notes/new": "?kpi_id={kpi_id}&subject_id={subject_id}",
    "/results/{release_id}/subjects/{subject_id}/figure": "?kpi={kpi_id}",
    "/results/{release_id}/what-if": "?weights.{kpi_id}.customer=60",
    "/results/{release_id}/what-if/adopt": "?weights.{kpi_id}.customer=60",
    "/scorecards/edit": "?subject_id={unit_id}&level=person",
    "/readings/enter": "?kpi={hard_id}&unit={unit_id}&start=2026-10-01&end=2026-10-31",
}
"""What is asked for behind an address."""

SOMEBODY: Mapping[str, str] = {
    **dict.fromkeys(("/comments", "/comments/{queue_id}"), "hege.hol"),
    **{f"/comments/{{queue_id}}/{{comment_id}}/{act}": "hege.hol" for act in ("edit", "withhold")},
    **dict.fromkeys(("/cases", "/cases/{case_id}"), "amir.haddad"),
    "/results/rounds/{round_id}/subjects/{subject_id}": "sofie.berg",
}
"""Pages that are for somebody alone."""

BEHIND_LINKS: Mapping[str, str] = {
    **dict.fromkeys(("/r/{token}", "/r/{token}/thanks", "/r/{token}/declined", "/r/{token}/contact/thanks"), "r"),
    "/r/{token}/decline/{assignment_id}": "r",
    **dict.fromkeys(("/v/{token}", "/v/{token}/thanks"), "v"),
    **{f"/{kind}/{{token}}": kind for kind in ("n", "opt-out", "sign-in")},
    **dict.fromkeys(("/q/{token}", "/q/{token}/thanks"), "q"),
}
"""What the links lead to, by how they begin in letters and below codes."""

GOES_ON = {"/overview", "/results/{release_id}", "/sign-in/provider", "/sign-in/provider/back"}
"""Pages that lead on at once: to the only thing to see, or to whoever says who somebody is."""

SEEN_IN_JOURNEYS = {
    "/r/{token}/contact": "tests/browser/test_customer.py",
}
"""What is there only in the middle of something."""

_FORM = re.compile(r'name="([0-9a-f-]{36})\.\d+"')


@dataclass(frozen=True)
class Page:
    """A page as somebody reads it in one language."""

    route: str
    language: str
    html: str
    statements: int

    @property
    def tree(self) -> Element:
        return tree(self.html)


def every_route(service: Running) -> dict[str, Who]:
    """The pages there are, and who comes to them."""
    return {
        route.path: route.access.who
        for route in declared_routes(service.app)
        if "GET" in route.methods and route.access is not None and not NO_PAGES.search(route.path)
    }


def read_every(service: Running) -> list[Page]:
    """Every page in both languages; an AssertionError for one that does not show."""
    readers = _readers(service)
    pages = (*_inside(service), *_outside(service))
    return [_read(service, readers, *page, language) for page in pages for language in ("nb", "en")]


def read_lists(service: Running) -> dict[str, int]:
    """How many statements every page takes that is about nothing in particular, as lists are."""
    readers = _readers(service)
    pages = [page for page in _inside(service) if "{" not in page[0]]
    return {route: _read(service, readers, route, address, "en").statements for route, address in pages}


def _read(service: Running, readers: Mapping[str, Client], route: str, address: str, language: str) -> Page:
    client = readers[SOMEBODY.get(route, "" if route in BEHIND_LINKS else "everything")]
    with recorded_statements(service.engine.engine) as asked:
        answer = client.get(f"{address}{'&' if '?' in address else '?'}lang={language}")
    assert answer.status_code == 200, f"{route} answers {answer.status_code}: {answer.text[-3000:]}"
    return Page(route, language, answer.text, len(asked))


def _readers(service: Running) -> dict[str, Client]:
    """Browsers by who sits there."""
    found = {name: service.signed_in(name) for name in set(SOMEBODY.values())}
    for role in ROLES:
        found["everything"] = service.signed_in("everything", role=role)
    # Half a second factor, so that there is one to confirm.
    Reader(found["everything"]).send("/account/factor/begin", on="/account/factor")
    return {**found, "": service.anybody()}


def _inside(service: Running) -> Iterator[tuple[str, str]]:
    """The route and the address of every page behind a sign-in."""
    with service.engine.read() as session:
        known = {place: session.scalar(text(query)) for place, query in EXAMPLES.items()}
        missing = [place for place, one in known.items() if one is None]
        assert missing == [], "nothing is there to show"
        for route, who in every_route(service).items():
            if who is Who.SIGNED_IN and route not in {*GOES_ON, *SEEN_IN_JOURNEYS}:
                other = {place: session.scalar(text(query)) for place, query in ELSEWHERE.get(route, {}).items()}
                yield route, (route + ASKED.get(route, "")).format(**{**known, **other})


def _outside(service: Running) -> Iterator[tuple[str, str]]:
    """The same of every page that is open to all or behind a link."""
    tokens = _tokens(service)
    form = _FORM.search(service.anybody().get(f"/r/{tokens['r']}").text)
    assert form is not None
    letter = next(service.mailbox.glob("*.eml")).stem
    for route, who in every_route(service).items():
        if who is not Who.SIGNED_IN and route not in {*GOES_ON, *SEEN_IN_JOURNEYS}:
            token = tokens[BEHIND_LINKS[route]] if who is Who.LINK else ""
            yield route, route.format(token=token, assignment_id=form[1], name=letter)


def _tokens(service: Running) -> dict[str, str]:
    """A secret of each kind: of a colleague's letter and a customer's, of who wants to sign in, and of what is stored."""
    sent = service.letters()
    written = {"r": "lars.moen@fjellbris.example", "opt-out": "kunde01@kunder.example"}
    written["sign-in"] = "amir.haddad@fjellbris.example"
    found = {}
    for kind, recipient in written.items():
        links = (re.search(rf"{ADDRESS}/{kind}/([\w-]+)", text_of(letter)) for letter in sent[recipient])
        found[kind] = next(link[1] for link in links if link)
    with service.engine.read() as session:
        key = key_of(session)
        known = {place: str(session.scalar(text(EXAMPLES[place]))) for place in ("visit_id", "code_id", "nominator_id")}
        draft = str(session.scalar(text(_DRAFT["round_id"])))
    found["v"], found["q"] = key.visit_token(known["visit_id"]), key.open_code_token(known["code_id"])
    return {**found, "n": key.nomination_token(draft, known["nominator_id"])}
