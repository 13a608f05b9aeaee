"""What a person works on: at most two KPIs, chosen with whoever leads, first in the week, the feedback and the talk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.accounts.values import Grant, Role, Viewer
from app.errors import Invalid, NotFound
from app.focus.commands import choose_focus, drop_focus, propose_focus
from app.focus.queries import get_focus, list_proposals, load_focus
from app.focus.rules import ChosenByWhoLeads, FocusFull
from app.focus.values import Focus, FocusDraft
from app.infra.database import WriteSession
from app.kpis.queries import load_company_kpis
from app.scoring.bands import Band
from app.talks.queries import get_talk, load_agenda
from app.talks.values import PointKind
from tests.databases import recorded_statements
from tests.followup.reader import Reader
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.journeys.service import Running, ok
from tests.shelf import NOW, Shelf, demo


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


def names(focus: Focus) -> list[str]:
    return [one.kpi.name["en"] for one in focus.kpis]


@dataclass
class Sofie:
    """Sofie's focus as it is changed by Amir, who leads her, and by herself."""

    session: WriteSession
    leader: Viewer
    own: Viewer
    id: str
    ids: dict[str, str]

    @classmethod
    def of(cls, known: Watching, session: WriteSession) -> "Sofie":
        own, subject_id = known.person("sofie.berg"), known.subjects["sofie.berg"]
        found = get_focus(session, own, subject_id, on=TODAY)
        kpis = (*found.choices, *(one.kpi for one in found.kpis))
        return cls(
            session, known.who(Role.MANAGER, "team-nord"), own, subject_id, {kpi.name["en"]: kpi.id for kpi in kpis}
        )

    def draft(self, kpi: str, instead: str | None = None) -> FocusDraft:
        return FocusDraft(self.ids.get(kpi, kpi), self.ids[instead] if instead else None)

    def choose(self, kpi: str, instead: str | None = None, *, who: Viewer | None = None) -> Focus:
        return choose_focus(self.session, who or self.leader, self.id, self.draft(kpi, instead), now=NOW)

    def propose(self, kpi: str, instead: str | None = None, *, who: Viewer | None = None) -> Focus:
        return propose_focus(self.session, who or self.own, self.id, self.draft(kpi, instead), now=NOW)

    def drop(self, kpi: str, *, who: Viewer | None = None) -> Focus:
        return drop_focus(self.session, who or self.leader, self.id, self.ids[kpi], now=NOW)


def test_two_kpis_are_chosen_by_who_leads_and_a_third_names_the_swap(session: WriteSession, known: Watching) -> None:
    sofie = Sofie.of(known, session)
    before = get_focus(session, sofie.own, sofie.id, on=TODAY)
    assert (before.may_choose, before.may_propose, before.proposal) == (False, True, None)
    with pytest.raises(ChosenByWhoLeads):
        sofie.choose("First impression", who=sofie.own)
    focus = sofie.choose("First impression")
    assert sofie.choose("First impression") == focus
    [one] = focus.kpis
    assert (one.since, one.band, one.figure and round(one.figure.score or 0, 1)) == (TODAY, Band.TARGET, 77.1)
    focus = sofie.choose("Phone answer time")
    assert sorted(names(focus)) == ["First impression", "Phone answer time"]
    assert next(one.band for one in focus.kpis if one.kpi.id == known.kpis[H1]) is Band.SHORT
    with pytest.raises(FocusFull) as refused:
        sofie.choose("Teamwork")
    assert refused.value.values == {"kpis": "Førsteinntrykk og Svartid telefon", "wanted": "Samspill"}
    with pytest.raises(Invalid):
        sofie.choose("nothing")
    with pytest.raises(Invalid):
        sofie.choose("Teamwork", "Case ownership")
    assert sorted(names(sofie.choose("Teamwork", "First impression"))) == ["Phone answer time", "Teamwork"]


def test_the_person_proposes_and_who_leads_agrees(session: WriteSession, known: Watching) -> None:
    sofie = Sofie.of(known, session)
    sofie.choose("First impression")
    focus = sofie.choose("Phone answer time")
    with pytest.raises(ChosenByWhoLeads):
        sofie.propose("Teamwork", "First impression", who=sofie.leader)
    with pytest.raises(FocusFull):
        sofie.propose("Teamwork")
    proposed = sofie.propose("Teamwork", "First impression")
    assert sofie.propose("First impression") == proposed
    assert proposed.proposal is not None
    assert (proposed.proposal.kpi.id, names(proposed)) == (sofie.ids["Teamwork"], names(focus))
    assert [one.person.id for one in list_proposals(session, sofie.leader, on=TODAY)] == [sofie.id]
    assert list_proposals(session, known.who(Role.MANAGER, "team-sor"), on=TODAY) == ()
    assert list_proposals(session, sofie.own, on=TODAY) == ()
    sofie.propose("Case ownership", "First impression")
    sofie.propose("Teamwork", "First impression")
    agreed = sofie.choose("Teamwork")
    assert (sorted(names(agreed)), agreed.proposal) == (["Phone answer time", "Teamwork"], None)

    # Both read it; nobody takes it out but who leads, and a proposal is taken back by whose it is.
    with pytest.raises(ChosenByWhoLeads):
        sofie.drop("Teamwork", who=sofie.own)
    sofie.propose("First impression", "Teamwork")
    assert sofie.drop("First impression", who=sofie.own).proposal is None
    left = sofie.drop("Teamwork")
    assert names(left) == ["Phone answer time"]
    assert sofie.drop("Teamwork") == left


def test_the_focus_is_read_by_who_reads_the_results_and_first_in_the_talk(
    session: WriteSession, known: Watching
) -> None:
    amir, sofie = known.subjects["amir.haddad"], known.subjects["sofie.berg"]
    leader = Viewer(
        "account:1", grants=(Grant(Role.MANAGER, known.subjects["team-nord"]),), own_subjects=frozenset({amir})
    )
    choose_focus(session, leader, sofie, FocusDraft(known.kpis[S1]), now=NOW)
    release = known.release_of("2026-q3")
    talk = get_talk(session, leader, release, sofie, on=TODAY)
    first = load_agenda(session, leader, talk, on=TODAY)[0]
    kpi = load_company_kpis(session, known.company_id, on=TODAY)
    assert (first.kind, first.about) == (
        PointKind.FOCUS,
        tuple(one.current.name for one in kpi.values() if one.id == known.kpis[S1]),
    )
    with pytest.raises(ChosenByWhoLeads):
        choose_focus(session, leader, amir, FocusDraft(known.kpis[S1]), now=NOW)
    for viewer in (known.who(Role.MANAGER, "team-sor"), known.person("lars.moen"), known.who(Role.ADMIN)):
        with pytest.raises(NotFound):
            get_focus(session, viewer, sofie, on=TODAY)
    with pytest.raises(NotFound):
        get_focus(session, leader, known.subjects["team-nord"], on=TODAY)


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_the_focus_of_three_people_takes_as_many_statements_as_that_of_one(
    shelf: Shelf, session: WriteSession, known: Watching
) -> None:
    nord = known.who(Role.MANAGER, "team-nord")
    people = [known.subjects[one] for one in ("amir.haddad", "sofie.berg", "lars.moen")]
    for one in people[1:]:
        choose_focus(session, nord, one, FocusDraft(known.kpis[S1]), now=NOW)
    counted = []
    for some in (people[1:2], people):
        with recorded_statements(shelf.show(demo).engine) as sent:
            found = load_focus(session, nord, some, on=TODAY)
        counted.append((len(found), len(sent)))
    assert [found for found, _ in counted] == [1, 3]
    assert counted[0][1] == counted[1][1]


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_the_focus_is_set_on_pages_and_over_http_and_stands_first_in_the_week(shelf: Shelf, tmp_path: Path) -> None:
    service = Running.on(shelf.take(demo), NOW, tmp_path)
    with service.engine.read() as session:
        release = Watching.of(session).release_of("2026-q3")
    person = service.subject("sofie.berg")
    amir, sofie = (Reader(service.signed_in(one)) for one in ("amir.haddad", "sofie.berg"))
    system = service.system("results:read", "decisions:write", subject="team-nord")
    api = f"/api/v1/focus/{person}"
    of_sofie = ok(system.get(api))
    ids = {kpi["name"]["en"]: kpi["id"] for kpi in of_sofie["choices"]}
    base = f"/focus/{person}"
    assert amir.send(base, kpi_id=ids["First impression"]) == (303, f"{base}?done=chosen")
    assert [one["kpi"]["id"] for one in ok(system.post(api, json={"kpi_id": ids["Phone answer time"]}))["kpis"]] != []
    refused = system.post(api, json={"kpi_id": ids["Teamwork"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "focus_full")
    status, page = amir.send(base, kpi_id=ids["Teamwork"])
    assert status == 409
    assert not isinstance(page, str)
    assert "Two KPIs are in focus already: First impression and Phone answer time." in page.one("main").words
    swap = {"kpi_id": ids["Teamwork"], "instead_of_id": ids["First impression"]}
    assert sofie.send(f"{base}/proposal", on=base, **swap) == (303, f"{base}?done=proposed")
    assert "Proposes Teamwork for the own focus." in amir.page("/").one("main").words
    assert amir.send(base, kpi_id=ids["Teamwork"]) == (303, f"{base}?done=chosen")

    _follow(service, amir, sofie, release, ids)


def _follow(service: Running, amir: Reader, sofie: Reader, release: str, ids: dict[str, str]) -> None:
    """Where it is read, and how it is proposed and taken out over HTTP."""
    person = service.subject("sofie.berg")
    base = f"/focus/{person}"
    api = f"/api/v1{base}"
    system = service.system("results:read", "decisions:write", subject="team-nord")
    week = sofie.page("/").one("main")
    heads = [head.words for head in week.all("h2")]
    assert heads.index("In focus") < heads.index("Decide")
    assert "71.1, probably 67–75" in week.words
    summary = sofie.page(f"/results/{release}/subjects/{person}").one("main")
    assert "Phone answer time" in summary.words
    assert "Dette jobber du med" in sofie.page(base, lang="nb").one("main").words
    told = ok(
        sofie.client.post(f"{api}/proposal", json={"kpi_id": ids["First impression"], "instead_of_id": ids["Teamwork"]})
    )
    assert told["proposal"]["kpi"]["id"] == ids["First impression"]
    assert ok(sofie.client.delete(f"{api}/proposal/{ids['First impression']}"))["proposal"] is None
    assert ok(system.delete(f"{api}/kpis/{ids['Teamwork']}"))["kpis"][0]["kpi"]["id"] == ids["Phone answer time"]
    dropped = amir.send(f"{base}/kpis/{ids['Phone answer time']}/drop", on=base)
    assert dropped == (303, f"{base}?done=dropped")
