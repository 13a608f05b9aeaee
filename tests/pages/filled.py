"""The demo with something on every page: what the demo has not is sent by a system, or written where no system may."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.commands import ensure_account
from app.accounts.rules import SERVICE
from app.accounts.tables import PasskeyRow
from app.accounts.values import Role
from app.api.schemas.kpis import VersionIn
from app.demo.addresses import address
from app.infra.database import WriteSession
from app.infra.ids import new_id
from app.infra.keys import key_of
from app.infra.pictures import encoded_anew
from app.kpis.values import RaterGroup
from app.open_answers.commands import create_code, submit_open_answer
from app.open_answers.intake import parse_code
from app.open_answers.queries import load_open_form
from app.organisation.tables import PersonRow
from app.recovery.tables import RecoveryCaseRow, RecoveryContactRow
from app.rounds.nominate import NewNomination, nominate
from app.rounds.tables import RoundRow
from app.visits.commands import order_visit
from app.visits.intake import parse_order
from app.visits.report import add_evidence, report_visit
from app.visits.tables import ScenarioRow
from app.visits.values import EvidenceKind
from tests.api.bodies import code_at, key_at, order_at, programme_at, round_at
from tests.client import Client
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.journeys.service import Running, ok
from tests.served import OWN_PAGE
from tests.shelf import NOW
from tests.talks.waiting import hold
from tests.visits.desk import photo

OCTOBER = datetime(2026, 10, 5, 9, tzinfo=UTC)
OPEN = "2026-q4-team-nord"
PURPOSE = {"nb": "Ingen skal vente lenge.", "en": "Nobody shall wait for long."}
REPORT = {
    "visited_on": "2026-11-23",
    "visited_at": "09:30",
    "item": {f"i{number}": "4" for number in range(1, 5)},
    "fact": {"wait": 40},
    "critical": {"price": "yes"},
}


@dataclass
class Filling:
    """A service on the demo; ids by external id."""

    service: Running
    system: Client
    known: Watching
    people: dict[str, str]
    rounds: dict[str, str]

    @classmethod
    def of(cls, service: Running) -> "Filling":
        with service.engine.read() as session:
            people = session.execute(
                select(PersonRow.external_id, PersonRow.id).where(PersonRow.external_id.is_not(None))
            )
            rounds = session.execute(select(RoundRow.external_id, RoundRow.id))
            return cls(service, service.system(), Watching.of(session), dict(people.all()), dict(rounds.all()))  # type: ignore[arg-type]

    def send(self, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        return ok(self.system.post(f"/api/v1/{path}", json=body or {}, headers=headers))


def fill(service: Running) -> None:
    """One thing at least of every kind that a page shows."""
    filling = Filling.of(service)
    _add_people(filling)
    _add_rounds(filling)
    _follow_up(filling)
    with service.engine.write() as session:
        hold(session, Watching.of(session), "sofie.berg")
        _visit(session, filling.known)
        _recover(session, filling.known)
        _scan(session, filling.known, None)
        _keep_passkey(session)
    _meet(filling)
    _reword(filling)
    service.anybody(**OWN_PAGE).post("/sign-in/link", data={"email": "amir.haddad@fjellbris.example"})
    service.work()
    with service.engine.write() as session:
        # What came in since the worker was here is read before it is shown.
        _scan(session, filling.known, "HR")


def fill_more(service: Running) -> None:
    """Three more of everything that has a list."""
    filling = Filling.of(service)
    known, people, send = filling.known, filling.people, filling.send
    kpi, team = known.kpis[S1], known.subjects["team-sor"]
    with service.engine.read() as session:
        scenario = session.scalars(select(ScenarioRow.id)).first() or ""
    named = {"nb": "Én til", "en": "One more"}
    scale = {"kind": "points", "points": 5, "name": named}
    plan = {"kpi_id": kpi, "expected": 5, "check_on": "2026-12-31", "what": "Enda en."}
    plan["actions"] = [{"text": "Gjør det", "due_on": "2026-12-01"}]
    owners = ("lars.moen", "jonas.eide", "sofie.berg")
    for number, (one, owner) in enumerate(zip(("elias.dahl", "mina.olsen", "oda.strand"), owners, strict=True)):
        at = service.subject(one)
        send("conflicts", {"one_id": people["kari.lunde"], "other_id": people[one], "reason": "De er i slekt."})
        send("suppressions", {"person_id": people[one], "reason": "Ba om det"})
        send("api-keys", key_at(team))
        send("accounts", {"email": f"ny{number}@fjellbris.example", "name": "Ny"})
        send("people", {"name": "Ny", "email": f"ny{number}@fjellbris.example", "unit_id": team})
        send("kpis", {"kind": "soft", "name": named})
        send("goals", {"name": named})
        send("scales", scale)
        send("decision-cases", {"kpi_id": kpi, "subject_id": at, "question": "Hva nå?"})
        send("action-plans", {**plan, "subject_id": at, "owner_id": known.subjects[owner]})
        send("open-codes", code_at(team, kpi))
        send("programmes", programme_at(team, kpi))
        send("rounds", round_at(team))
        send("dossiers", {"name": named, "scope_id": team})
        send("visit-scenarios", {"name": named, "kpi_ids": [kpi]})
        order = parse_order({**order_at(scenario, at), "shopper": f"besok{number + 2}@besok.example"})
        with service.engine.write() as session:
            order_visit(session, known.who(Role.ADMIN), known.company_id, order, now=NOW)


def _add_people(filling: Filling) -> None:
    """A deputy, two who are kept apart, somebody who gets no letters, a key, a reader and a moderator."""
    people, known, subjects = filling.people, filling.known, filling.known.subjects
    deputy = {"deputy_id": subjects["sofie.berg"], "ends_on": "2026-12-24"}
    filling.send(f"subjects/{subjects['amir.haddad']}/deputies", deputy)
    apart = {"one_id": people["lars.moen"], "other_id": people["thea.vik"], "reason": "De er i slekt."}
    filling.send("conflicts", apart)
    filling.send("suppressions", {"person_id": people["omar.said"], "reason": "Ba om det"})
    key = {"name": "Lønn", "subject_id": known.company_id, "expires_at": "2026-12-24T00:00:00Z"}
    filling.send("api-keys", {**key, "scopes": ["organisation:read"]})
    for name, role, place in (
        ("Vera Vik", "viewer", subjects["team-nord"]),
        ("Hege Hol", "moderator", known.company_id),
    ):
        email = f"{name.replace(' ', '.').lower()}@fjellbris.example"
        account = filling.send("accounts", {"email": email, "name": name})
        filling.send(f"accounts/{account['id']}/grants", {"role": role, "subject_id": place})


def _add_rounds(filling: Filling) -> None:
    """A draft with a proposed rater, and a round that is over and waits for its release."""
    draft = filling.send(f"rounds/{filling.rounds[OPEN]}/clone")
    filling.send(f"rounds/{draft['id']}/assignments/propose")
    until = datetime.fromisoformat(draft["opens_at"]) - timedelta(hours=2)
    filling.send(f"rounds/{draft['id']}/nominations/call", {"until": until.isoformat()})
    proposed = NewNomination(RaterGroup.COLLEAGUE, "elias.dahl@fjellbris.example")
    known = filling.known
    with filling.service.engine.write() as session:
        nominate(session, known.person("sofie.berg"), draft["id"], known.subjects["sofie.berg"], proposed, now=NOW)
    over = filling.send(
        "rounds", {**round_at(known.subjects["team-nord"]), "opens_at": NOW.isoformat(), "release_mode": "manual"}
    )
    for part, body in (
        ("groups", {"groups": [{"rater_group": "manager", "mode": "named"}]}),
        ("kpis", {"kpis": [{"kpi_id": known.kpis[S1]}]}),
        ("subjects", {"subject_ids": [known.subjects["lars.moen"]]}),
    ):
        version = {"if-match": f'"{over["version"]}"'}
        over = ok(filling.system.put(f"/api/v1/rounds/{over['id']}/{part}", json=body, headers=version))
    filling.send(f"rounds/{over['id']}/assignments/propose")
    filling.send(f"rounds/{over['id']}/launch", {"confirmed": True})
    filling.send(f"rounds/{over['id']}/close")


def _follow_up(filling: Filling) -> None:
    """A decision with the plan it led to, a plan that is done, a level that is accepted, and what the worker finds."""
    known = filling.known
    at = {"kpi_id": known.kpis[S1], "subject_id": known.subjects["team-nord"]}
    accepted = {"starts_on": "2026-07-01", "reason": "Nytt sentralbord."}
    filling.send(f"kpis/{known.kpis[H1]}/courses/{at['subject_id']}/shifts", accepted)
    asked = {"kpi_id": known.kpis[H1], "subject_id": known.subjects["team-sor"], "question": "Trengs en vakt til?"}
    case = filling.send("decision-cases", asked)
    filling.send(f"decision-cases/{case['id']}/decision", {"choice": "act", "reason": "Ja, fra mandag."})
    action = {"text": "Sett opp en vakt", "due_on": "2026-12-01"}
    plan = {"owner_id": known.subjects["amir.haddad"], "expected": 5, "check_on": "2026-12-31", "actions": [action]}
    ends = filling.send("action-plans", {**at, **plan, "what": "Vi hilser med navn."})
    filling.send(f"action-plans/{ends['id']}/end", {"state": "done", "note": "Alle hilser."})
    led_to = {"kpi_id": asked["kpi_id"], "subject_id": asked["subject_id"], "case_id": case["id"]}
    filling.send("action-plans", {**plan, **led_to, "what": "En vakt til."})


def _visit(session: WriteSession, known: Watching) -> None:
    """A visit with a picture, ordered by somebody who reads no results, and reported."""
    scenario = session.scalars(select(ScenarioRow.id)).one()
    order = parse_order(order_at(scenario, known.subjects["sofie.berg"]))
    visit = order_visit(session, known.who(Role.ADMIN), known.company_id, order, now=NOW)
    token = key_of(session).visit_token(visit.id)
    add_evidence(session, token, EvidenceKind.PHOTO, encoded_anew(photo(300)), now=NOW)
    report_visit(session, token, REPORT, now=NOW)


def _recover(session: WriteSession, known: Watching) -> None:
    """A customer whom Amir has to call back."""
    case = RecoveryCaseRow(
        id=new_id(session),
        company_id=known.company_id,
        subject_id=known.subjects["sofie.berg"],
        owner_id=known.subjects["amir.haddad"],
        origin=b"0" * 16,
        state="open",
        opened_on=TODAY,
        due_on=TODAY + timedelta(days=3),
        note="",
        version=1,
    )
    session.add(case)
    session.flush()
    session.add(RecoveryContactRow(case_id=case.id, contact="900 00 000", name="", message=""))


def _scan(session: WriteSession, known: Watching, moderated_by: str | None) -> None:
    """A code at the counter that was answered in a month that is over."""
    given = {**code_at(known.subjects["team-nord"], known.kpis[S1]), "moderated_by": moderated_by}
    code = create_code(session, SERVICE, known.company_id, parse_code(given), now=OCTOBER)
    for number in range(6):
        form = load_open_form(session, code.token, now=OCTOBER)
        sent = {f"open.{item.number}": ["4"] for item in form.subject.items}
        sent |= {
            "submission": [f"from-phone-{number}"],
            "begun": [form.begun],
            "open.comment": [f"Fin hjelp {number}."],
        }
        submit_open_answer(session, code.token, sent, device=f"phone-{number}", now=OCTOBER + timedelta(seconds=90))


def _keep_passkey(session: WriteSession) -> None:
    """A passkey of whoever looks at the pages, as no authenticator is at hand."""
    owner = ensure_account(session, address("everything"), "everything", locale="en", now=NOW)
    key = {"credential_id": b"0" * 16, "public_key": b"0" * 32, "counter": 0, "name": "Kontor-PC", "created_at": NOW}
    session.add(PasskeyRow(id=new_id(session), account_id=owner.id, **key))


def _meet(filling: Filling) -> None:
    """An encounter of a programme that runs already."""
    known = filling.known
    programme = {**programme_at(known.subjects["customer-centre"], known.kpis[S1]), "rhythm": "week"}
    filling.send("programmes", programme)
    met = {"external_id": "case-1", "subject": "sofie.berg", "occurred_at": "2026-11-23T09:30:00+01:00"}
    filling.send("encounters", {"encounters": [{**met, "email": "case-1@kunder.example"}]})


def _reword(filling: Filling) -> None:
    """A second version of a KPI, from next year on."""
    path = f"kpis/{filling.known.kpis[H1]}"
    present = ok(filling.system.get(f"/api/v1/{path}"))["current"]
    kept = {name: value for name, value in present.items() if name in VersionIn.model_fields and value}
    filling.send(f"{path}/versions", {**kept, "starts_on": "2027-01-01", "purpose": PURPOSE})
