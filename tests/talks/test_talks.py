"""A talk is arranged by who leads, replied to by the person, signed by both, and then stays as it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from app.accounts.rules import SERVICE, Action
from app.accounts.values import Role
from app.decisions.commands import open_case
from app.decisions.values import CaseDraft
from app.errors import Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.organisation.queries import load_tree
from app.plans.commands import make_plan
from app.plans.values import PlanDraft
from app.releases.rules import OpensLater
from app.releases.tables import HeldSummaryRow, ReleaseRow
from app.rounds.tables import RoundSubjectRow
from app.summaries.queries import get_summary
from app.talks import rules
from app.talks.commands import acknowledge_summary, arrange_talk, open_summary, sign_talk
from app.talks.intake import parse_reply, parse_talk
from app.talks.queries import get_talk, list_due_talks, load_agenda
from app.talks.tables import AgreementRow, TalkRow
from app.talks.values import AgreementDraft, PointKind, Side, Talk, TalkDraft, TalkTask
from tests.databases import recorded_statements
from tests.followup.watched import S1, TODAY, Watching
from tests.shelf import NOW, Shelf, demo
from tests.talks.waiting import LATEST, QUARTER, amir, hold, sofie

DAY = timedelta(days=1)
AGREED = AgreementDraft("Sofie følger med på to befaringer", Side.PERSON, TODAY + 21 * DAY)


@pytest.fixture
def session(shelf: Shelf) -> Iterator[WriteSession]:
    with shelf.show(demo).write() as session:
        # The talk that the demo has set a day for would wait beside those of the tests.
        for table in (AgreementRow, TalkRow, HeldSummaryRow):
            session.execute(delete(table))
        yield session
        session.rollback()


@pytest.fixture
def known(session: WriteSession) -> Watching:
    return Watching.of(session)


@pytest.fixture
def at(known: Watching) -> tuple[str, str]:
    """The release and Sofie Berg, as addresses of her talk."""
    return known.release_of(QUARTER), known.subjects["sofie.berg"]


def test_a_talk_goes_from_its_day_to_two_signatures(
    session: WriteSession, known: Watching, at: tuple[str, str]
) -> None:
    hold(session, known, "sofie.berg")
    leader, person = amir(known), sofie(known)
    blank = get_talk(session, leader, *at, on=TODAY)
    assert (blank.version, blank.talk_on, blank.opens_on, blank.is_leader) == (0, None, LATEST, True)
    with pytest.raises(OpensLater):
        acknowledge_summary(session, person, *at, "", now=NOW)
    with pytest.raises(rules.TalkNotHeld):
        sign_talk(session, leader, *at, now=NOW)

    arranged = arrange_talk(session, leader, *at, TalkDraft(TODAY, "Løftene", (AGREED,)), now=NOW)
    assert (arranged.talk_on, arranged.opens_on, arranged.version) == (TODAY, TODAY, 1)
    with pytest.raises(StaleVersion):
        arrange_talk(session, leader, *at, TalkDraft(TODAY, "", ()), expected_version=0, now=NOW)
    read = acknowledge_summary(session, person, *at, "Jeg kjenner meg igjen.", now=NOW)
    assert (read.read_on, read.reply, read.replied_on) == (TODAY, "Jeg kjenner meg igjen.", TODAY)
    with pytest.raises(rules.LeaderSignsFirst):
        sign_talk(session, person, *at, now=NOW)
    signed = sign_talk(session, leader, *at, expected_version=read.version, now=NOW)
    assert (signed.leader_signed_on, signed.is_signed) == (TODAY, False)
    # A change takes the signature back.
    later = AgreementDraft("Amir spør montasje", Side.LEADER, TODAY + 7 * DAY)
    changed = arrange_talk(session, leader, *at, TalkDraft(TODAY, "Løftene", (AGREED, later)), now=NOW)
    assert (changed.leader_signed_on, [one.text for one in changed.agreements]) == (None, [AGREED.text, later.text])
    sign_talk(session, leader, *at, now=NOW)
    acknowledge_summary(session, person, *at, "Det stemmer.", now=NOW)
    done = sign_talk(session, person, *at, now=NOW)
    assert (done.is_signed, done.reply, done.agenda) == (True, "Det stemmer.", "Løftene")
    actions = session.scalars(
        select(JournalRow.action).where(JournalRow.object_kind == "talk").order_by(JournalRow.sequence)
    ).all()
    # The first is the demo's.
    assert actions[1:] == [
        *("talk.arranged", "talk.replied", "talk.signed", "talk.arranged", "talk.signed", "talk.replied"),
        "talk.signed",
    ]


def test_what_both_have_signed_stays_as_it_is(session: WriteSession, known: Watching, at: tuple[str, str]) -> None:
    leader, person = amir(known), sofie(known)
    arrange_talk(session, leader, *at, TalkDraft(TODAY, "Løftene", (AGREED,)), now=NOW)
    sign_talk(session, leader, *at, now=NOW)
    done = sign_talk(session, person, *at, now=NOW)
    with pytest.raises(rules.TalkSigned):
        arrange_talk(session, leader, *at, TalkDraft(None, "", ()), now=NOW)
    with pytest.raises(rules.TalkSigned):
        acknowledge_summary(session, person, *at, "", now=NOW)
    with pytest.raises(rules.TalkSigned):
        open_summary(session, leader, *at, now=NOW)
    assert sign_talk(session, leader, *at, now=NOW).version == done.version
    assert load_agenda(session, leader, done, on=TODAY) == ()


def test_what_changes_nothing_is_not_noted_again(session: WriteSession, known: Watching, at: tuple[str, str]) -> None:
    hold(session, known, "sofie.berg", opens_on=TODAY)
    leader, person = amir(known), sofie(known)
    one = arrange_talk(session, leader, *at, TalkDraft(TODAY, "", ()), now=NOW)
    assert arrange_talk(session, leader, *at, TalkDraft(TODAY, "", ()), now=NOW).version == one.version
    assert open_summary(session, leader, *at, now=NOW).version == one.version
    read = acknowledge_summary(session, person, *at, "", now=NOW)
    assert (read.read_on, read.replied_on) == (TODAY, None)
    assert acknowledge_summary(session, person, *at, "", now=NOW + DAY).version == read.version
    with_reply = acknowledge_summary(session, person, *at, "Ja.", now=NOW + DAY)
    assert (with_reply.read_on, with_reply.replied_on) == (TODAY, TODAY + DAY)
    assert acknowledge_summary(session, person, *at, "", now=NOW + DAY).replied_on is None


def test_only_the_two_who_talk_do_something_and_the_reply_is_for_every_reader(
    session: WriteSession, known: Watching, at: tuple[str, str]
) -> None:
    leader, person = amir(known), sofie(known)
    arrange_talk(session, leader, *at, TalkDraft(TODAY, "Løftene", (AGREED,)), now=NOW)
    acknowledge_summary(session, person, *at, "Jeg kjenner meg igjen.", now=NOW)
    reader = get_talk(session, known.who(Role.VIEWER, "team-nord"), *at, on=TODAY)
    assert (reader.reply, reader.read_on, reader.talk_on) == ("Jeg kjenner meg igjen.", TODAY, TODAY)
    assert (reader.agenda, reader.agreements, reader.is_side) == ("", (), False)
    assert load_agenda(session, known.who(Role.VIEWER, "team-nord"), reader, on=TODAY) == ()
    assert get_talk(session, person, *at, on=TODAY).agreements[0].text == AGREED.text

    draft = TalkDraft(TODAY, "", ())
    manager_of_herself = sofie(known, Role.MANAGER)
    for viewer in (person, manager_of_herself, known.who(Role.VIEWER, "team-nord")):
        with pytest.raises(rules.NotInTheTalk):
            arrange_talk(session, viewer, *at, draft, now=NOW)
    for viewer in (leader, known.who(Role.VIEWER, "team-nord")):
        with pytest.raises(rules.NotInTheTalk):
            acknowledge_summary(session, viewer, *at, "", now=NOW)
    with pytest.raises(rules.NotInTheTalk):
        sign_talk(session, known.who(Role.VIEWER, "team-nord"), *at, now=NOW)
    for viewer in (known.key(Action.RESULTS_READ, Action.DECISIONS_WRITE), SERVICE):
        with pytest.raises(rules.SignedBySystem):
            sign_talk(session, viewer, *at, now=NOW)
    for viewer in (known.person("lars.moen"), known.who(Role.MANAGER, "team-sor"), known.who(Role.ADMIN)):
        with pytest.raises(NotFound):
            get_talk(session, viewer, *at, on=TODAY)
    for subject in ("team-nord", "lunvik"):
        with pytest.raises(NotFound):
            get_talk(session, SERVICE, at[0], known.subjects[subject], on=TODAY)


def test_the_days_of_a_talk_lie_ahead(session: WriteSession, known: Watching, at: tuple[str, str]) -> None:
    far = AgreementDraft("Senere", Side.LEADER, TODAY + 400 * DAY)
    for day in (TODAY - DAY, TODAY + 367 * DAY):
        with pytest.raises(Invalid) as refused:
            arrange_talk(session, amir(known), *at, TalkDraft(day, "", (far,)), now=NOW)
        assert [error.field for error in refused.value.errors] == ["talk_on", "agreements.0.due_on"]
    arrange_talk(session, amir(known), *at, TalkDraft(TODAY, "", ()), now=NOW)
    # The day of a talk that was held stays when what was agreed is written down.
    kept = arrange_talk(session, amir(known), *at, TalkDraft(TODAY, "", (AGREED,)), now=NOW + 3 * DAY)
    assert kept.talk_on == TODAY


def earlier_release(session: WriteSession, release_id: str, subject_id: str) -> str:
    """One before a release that is about somebody, too."""
    before = select(ReleaseRow.sealed_at).where(ReleaseRow.id == release_id).scalar_subquery()
    query = select(ReleaseRow.id).join(RoundSubjectRow, RoundSubjectRow.round_id == ReleaseRow.round_id)
    wanted = (RoundSubjectRow.subject_id == subject_id, ReleaseRow.sealed_at < before)
    return session.scalars(query.where(*wanted).order_by(ReleaseRow.sealed_at.desc()).limit(1)).one()


def test_an_agenda_begins_with_what_works_and_ends_with_what_was_agreed_last_time(
    session: WriteSession, known: Watching, at: tuple[str, str]
) -> None:
    leader, who = amir(known), at[1]
    last = (earlier_release(session, *at), who)
    arrange_talk(session, leader, *last, TalkDraft(TODAY, "", (AGREED,)), now=NOW)
    unsigned = get_talk(session, leader, *at, on=TODAY)
    assert PointKind.AGREED not in {point.kind for point in load_agenda(session, leader, unsigned, on=TODAY)}
    sign_talk(session, leader, *last, now=NOW)
    sign_talk(session, sofie(known), *last, now=NOW)
    open_case(session, leader, CaseDraft(known.kpis[S1], who, "Trengs støtte?"), now=NOW)
    make_plan(session, leader, PlanDraft(known.kpis[S1], who, who, "Vi øver.", 5.0, LATEST, ()), now=NOW)
    points = load_agenda(session, leader, get_talk(session, leader, *at, on=TODAY), on=TODAY)
    order = list(PointKind)
    assert [point.kind for point in points] == sorted((point.kind for point in points), key=order.index)
    assert {point.kind for point in points} == set(PointKind)
    told = {point.kind: point for point in points}
    assert told[PointKind.STRENGTH].about[0]["en"] == "First impression"
    assert (told[PointKind.DEVELOPMENT].about[0]["en"], bool(told[PointKind.DEVELOPMENT].kpi_id)) == (
        "Case ownership",
        True,
    )
    assert told[PointKind.QUESTION].prompt is not None
    step = told[PointKind.STEP].step
    assert (step, step and step.item.name["en"]) == (get_summary(session, leader, *at, on=TODAY).step, "Promises")
    assert [told[kind].text for kind in (PointKind.CASE, PointKind.PLAN, PointKind.AGREED)] == [
        "Trengs støtte?",
        "Vi øver.",
        AGREED.text,
    ]


# ------------------------------------------------------------ what waits


def tasks(session: WriteSession, known: Watching, *, leading: bool, days: int = 0) -> list[tuple[str, str]]:
    viewer = amir(known) if leading else sofie(known)
    found = list_due_talks(session, viewer, on=TODAY + days * DAY)
    return [(one.task.value, one.subject.name) for one in found]


def test_a_talk_waits_for_the_one_whose_turn_it_is(session: WriteSession, known: Watching, at: tuple[str, str]) -> None:
    assert (tasks(session, known, leading=True), tasks(session, known, leading=False)) == ([], [])
    hold(session, known, "sofie.berg", "lars.moen")
    leader, person = amir(known), sofie(known)
    assert tasks(session, known, leading=True) == [("arrange", "Lars Moen"), ("arrange", "Sofie Berg")]
    assert tasks(session, known, leading=False) == []
    # Whoever leads further up has a nearer one below, and a reader leads nobody.
    assert list_due_talks(session, known.who(Role.MANAGER, "customer-centre"), on=TODAY) == ()
    assert list_due_talks(session, known.who(Role.VIEWER, "team-nord"), on=TODAY) == ()
    assert list_due_talks(session, SERVICE, on=TODAY) == ()
    assert (len(tasks(session, known, leading=True, days=42)), tasks(session, known, leading=True, days=43)) == (2, [])
    # Nobody set a day: it opens by itself, and waits to be read.
    assert [tasks(session, known, leading=False, days=days) for days in (14, 42, 43)] == [
        [("read", "Sofie Berg")],
        [("read", "Sofie Berg")],
        [],
    ]

    arrange_talk(session, leader, *at, TalkDraft(TODAY + 2 * DAY, "", ()), now=NOW)
    held = list_due_talks(session, leader, on=TODAY)[0]
    assert (held.task, held.due_on, held.talk_on, held.is_own) == (TalkTask.HOLD, *([TODAY + 2 * DAY] * 2), False)
    assert (held.round_name["en"], held.release_id) == ("Third quarter 2026", at[0])
    assert tasks(session, known, leading=False) == [("hold", "Sofie Berg")]
    when = NOW + 2 * DAY
    arrange_talk(session, leader, *at, TalkDraft(TODAY + 2 * DAY, "", (AGREED,)), now=when)
    assert ("sign", "Sofie Berg") in tasks(session, known, leading=True, days=2)
    assert tasks(session, known, leading=False, days=2) == [("read", "Sofie Berg")]
    acknowledge_summary(session, person, *at, "", now=when)
    assert tasks(session, known, leading=False, days=3) == []
    sign_talk(session, leader, *at, now=when)
    assert ("sign", "Sofie Berg") not in tasks(session, known, leading=True, days=3)
    assert tasks(session, known, leading=False, days=3) == [("sign", "Sofie Berg")]
    sign_talk(session, person, *at, now=when)
    assert tasks(session, known, leading=False, days=3) == []


def test_a_talk_about_feedback_that_never_waited_waits_too(
    session: WriteSession, known: Watching, at: tuple[str, str]
) -> None:
    arrange_talk(session, amir(known), *at, TalkDraft(TODAY, "", ()), now=NOW)
    assert tasks(session, known, leading=True) == [("hold", "Sofie Berg")]
    assert (tasks(session, known, leading=True, days=28), tasks(session, known, leading=True, days=29)) == (
        [("hold", "Sofie Berg")],
        [],
    )


def test_one_talk_and_three_are_asked_for_in_as_many_statements(session: WriteSession, known: Watching) -> None:
    counts = []
    for name in ("sofie.berg", "lars.moen", "amir.haddad"):
        hold(session, known, name)
        with recorded_statements(session.get_bind()) as statements:
            list_due_talks(session, known.who(Role.MANAGER), on=TODAY)
            list_due_talks(session, amir(known), on=TODAY)
        counts.append(len(statements))
    assert len(set(counts)) == 1


def test_the_nearest_who_leads_has_the_talk(session: WriteSession, known: Watching) -> None:
    tree, who = load_tree(session, known.company_id, on=TODAY), known.subjects["sofie.berg"]
    team, company = known.subjects["team-nord"], known.company_id
    assert [rules.is_nearest(tree, {place}, who) for place in (team, company, known.subjects["team-sor"])] == [
        True,
        False,
        False,
    ]
    # Whoever leads his own team has the talk with who leads above it.
    leader = known.subjects["amir.haddad"]
    assert not rules.is_nearest(tree, {team}, leader)
    assert rules.is_nearest(tree, {known.subjects["customer-centre"]}, leader)
    nobody = replace(tree, led_by={}, leading={})
    assert rules.is_nearest(nobody, {company}, who)
    assert not rules.is_nearest(nobody, set(), who)
    assert not rules.is_nearest(tree, {company}, known.kpis[S1])


def test_an_agenda_without_anything_that_stands_out_is_empty(
    session: WriteSession, known: Watching, at: tuple[str, str]
) -> None:
    summary = get_summary(session, SERVICE, *at, on=TODAY)
    assert rules.agenda_of(replace(summary, standouts=None, step=None), (), (), (), ()) == ()
    assert summary.standouts is not None
    even = replace(summary.standouts, strengths=(), development_areas=())
    assert rules.agenda_of(replace(summary, standouts=even, step=None), (), (), (), ()) == ()


# ------------------------------------------------------------ what is sent


def test_a_talk_is_read_as_it_is_sent() -> None:
    sent = {
        "talk_on": "2026-12-01",
        "agenda": "Først\nSå",
        "agreements": [{"text": "Øve", "side": "person", "due_on": "2026-12-18"}],
    }
    draft = parse_talk(sent)
    assert (draft.talk_on, draft.agenda) == (TODAY + 8 * DAY, "Først\nSå")
    assert draft.agreements == (AgreementDraft("Øve", Side.PERSON, TODAY + 25 * DAY),)
    assert parse_talk({}) == TalkDraft(None, "", ())
    blank = {"agreements": [{"text": " ", "side": "leader", "due_on": ""}]}
    assert parse_talk(blank, posted=True).agreements == ()
    assert (parse_reply({"reply": " Ja. "}), parse_reply({})) == ("Ja.", "")


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ({"text": "Øve", "side": "person"}, "due_on"),
        ({"due_on": "2026-12-18", "side": "person"}, "text"),
        ({"text": "Øve", "due_on": "2026-12-18"}, "side"),
    ],
)
def test_half_an_agreement_is_refused(line: dict[str, str], missing: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_talk({"agreements": [line]})
    assert [error.field for error in refused.value.errors] == [f"agreements.0.{missing}"]


def test_a_talk_that_nobody_signed_asks_the_person_nothing_after_it(known: Watching) -> None:
    place = get_talk(known.session, SERVICE, known.release_of(QUARTER), known.subjects["sofie.berg"], on=TODAY).subject
    talk = Talk("r", "c", place, talk_on=TODAY)
    assert rules.person_task(talk, today=TODAY) == (TalkTask.HOLD, TODAY)
    assert rules.person_task(talk, today=TODAY + DAY) is None
    assert rules.person_task(replace(talk, person_signed_on=TODAY), today=TODAY) is None
