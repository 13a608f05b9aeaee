"""From encounter to request: the draw of the day, caps over all programmes, and nothing dropped without a word."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Grant, Role, Viewer
from app.encounters import rules
from app.encounters.commands import begin_period, change_programme, forget_encounters, stop_programme
from app.encounters.intake import parse_programme
from app.encounters.queries import (
    list_encounters,
    list_periods,
    load_due_draws,
    load_due_programmes,
    tally_encounters,
)
from app.encounters.tables import EncounterRow
from app.encounters.values import Lot
from app.errors import Invalid
from app.infra.paging import PageRequest
from app.invitations.commands import invite_due_rounds
from app.journal.queries import list_entries_about
from app.kpis.rules import sheet_seconds
from app.kpis.values import RaterGroup
from app.mail.commands import suppress
from app.mail.tables import OutboxRow
from app.mail.values import SuppressionReason
from app.moderation.commands import decide
from app.moderation.queries import get_queue
from app.moderation.values import Ruling, Verdict
from app.organisation.commands import ensure_raters
from app.organisation.values import NewRater
from app.releases.queries import load_due_releases
from app.releases.review import begin_review, load_due_reviews
from app.reports import Outcome, RowsRefused
from app.responses.queries import load_rating_form
from app.rounds.commands import add_assignments, launch_round, mark_conflict, propose_assignments
from app.rounds.intake import parse_raters, rows_of
from app.rounds.limits import USUAL_CAP, load_spent
from app.rounds.queries import load_assignments, load_frozen_round, load_round
from app.rounds.tables import AssignmentRow
from app.rounds.values import RoundState
from app.visits.close import close_if_due
from tests.encounters.shop import Shop, new_programme
from tests.fjellbris import draft_round
from tests.moderation.built import give_moderator
from tests.played_round import PlayedRound

ALL = PageRequest()


def test_a_programme_begins_one_round_for_each_week_and_asks_within_its_quota(shop: Shop) -> None:
    assert load_due_programmes(shop.session, now=shop.now) == (shop.programme.id,)
    assert (shop.begin(), shop.begin()) == (True, False)
    assert load_due_programmes(shop.session, now=shop.now) == ()
    (period,) = list_periods(shop.session, SERVICE, shop.programme.id, ALL, now=shop.now).items
    round_ = load_round(shop.session, period.round_id)
    assert (round_.period_start, round_.period_end) == (date(2026, 11, 23), date(2026, 11, 29))
    assert round_.opens_at.isoformat() == "2026-11-22T23:00:00+00:00"
    assert round_.closes_at.isoformat() == "2026-12-06T15:00:00+00:00"
    assert (round_.state, round_.name["en"]) == (
        RoundState.OPEN,
        "The customer's voice, 23–29\N{NO-BREAK SPACE}November 2026",
    )

    report = shop.send(*(shop.met(f"case-{number:02}") for number in range(12)), shop.met("lars", "Lars Moen"))
    assert [row.outcome for row in report.report.rows] == [Outcome.CREATED] * 13
    assert shop.reasons() == {"delayed awaits_draw"}
    assert shop.draw() == 0
    drawn = []
    for _ in range(7):
        shop.pass_by(days=1)
        drawn.append(shop.draw())
        assert shop.draw() == 0
    # Four about Sofie and one about Lars, however the chance of the days fell.
    assert sum(drawn) == 5
    assert Counter(shop.asked(round_.id).values()) == {"Sofie Berg": 4, "Lars Moen": 1}
    assert Counter(shop.fates().values()) == {"sent drawn": 5, "dropped not_drawn": 8}
    kept = shop.session.scalars(select(EncounterRow)).all()
    assert {(row.email, row.name, row.locale) for row in kept} == {(None, None, None)}

    assert invite_due_rounds(shop.session, now=shop.now) == 5
    letters = shop.session.scalars(select(OutboxRow.recipient)).all()
    assert set(letters) == set(shop.asked(round_.id))
    link = PlayedRound(shop.session, shop.company, round_, shop.now).link_of(letters[0])
    form = load_rating_form(shop.session, link, now=shop.now)
    # More are asked as they come, so nobody is told that the answer counts further up only.
    assert [(subject.is_unit_only, len(subject.items)) for subject in form.subjects] == [(False, 2)]
    assert form.minutes == 1
    assert begin_period(shop.session, shop.programme.id, now=shop.now)


def test_every_draw_can_be_repeated_from_the_seed_once_it_is_over(shop: Shop) -> None:
    shop.begin()
    shop.send(*(shop.met(f"case-{number:02}") for number in range(20)))
    shop.pass_by(days=1)
    shop.draw()
    (period,) = list_periods(shop.session, SERVICE, shop.programme.id, ALL, now=shop.now).items
    assert period.seed is None
    shop.pass_by(days=6)
    shop.draw()
    (period,) = list_periods(shop.session, SERVICE, shop.programme.id, ALL, now=shop.now).items
    assert period.seed is not None
    lots = [Lot(row.id, row.external_id) for row in shop.session.scalars(select(EncounterRow))]
    sofie, seed = shop.company.subjects["Sofie Berg"], bytes.fromhex(period.seed)
    first = rules.draw(lots, seed=seed, occasion=f"{sofie}/2026-11-24", left=4, draws=7)
    last = rules.draw(first.left, seed=seed, occasion=f"{sofie}/2026-11-30", left=4 - len(first.drawn), draws=1)
    sent = {external_id for external_id, fate in shop.fates().items() if fate == "sent drawn"}
    assert sent == {lot.external_id for lot in (*first.drawn, *last.drawn)}


def test_a_customer_is_asked_once_in_n_days_whatever_the_programme(shop: Shop) -> None:
    other = new_programme(
        shop.session, shop.company, shop.now, scope_id=shop.company.subjects["Salg"], quota=500, pause_days=60
    )
    shop.begin()
    begin_period(shop.session, other.id, now=shop.now)
    shop.send(
        shop.met("a-1", customer="kari"),
        shop.met("a-2", customer="kari", email="Kari+deal@KUNDER.example"),
        shop.met("b-1", "Jonas Eide", customer="kari"),
        shop.met("c-1", customer="ola"),
    )
    shop.pass_by(days=7)
    assert shop.draw() == 2
    kari = {shop.fates()[one] for one in ("a-1", "a-2", "b-1")}
    assert "dropped asked_lately" in kari
    assert sum(fate == "sent drawn" for fate in map(shop.fates().get, ("a-1", "a-2", "b-1"))) == 1
    assert shop.fates()["c-1"] == "sent drawn"
    # The longest pause of all programmes holds for every one of them: 59 days later it is too early, 60 not.
    for days, fate in ((59, "dropped asked_lately"), (1, "delayed awaits_draw")):
        shop.pass_by(days=days)
        shop.send(shop.met(f"later-{days}", customer="ola"))
        assert shop.fates()[f"later-{days}"] == fate


def test_whoever_must_not_be_asked_is_not_and_each_reason_is_kept(shop: Shop) -> None:
    shop.begin()
    for name, reason in (("out", SuppressionReason.OPT_OUT), ("bad", SuppressionReason.BOUNCE)):
        suppress(shop.session, f"{name}@kunder.example", reason, now=shop.now)
    old = (shop.now - timedelta(days=40)).isoformat()
    report = shop.send(
        shop.met("out"),
        shop.met("bad"),
        shop.met("own", email="lars.moen@fjellbris.example"),
        shop.met("old", occurred_at=old),
        shop.met("sales", "Jonas Eide"),
        shop.met("fine", customer="late"),
    )
    assert {row.external_id: fate.reason for row, fate in zip(report.report.rows, report.fates, strict=True)} == {
        "out": "opted_out",
        "bad": "bounced",
        "own": "is_employee",
        "old": "no_programme",
        "sales": "no_programme",
        "fine": "awaits_draw",
    }
    # Whoever opts out while the request waits is not asked either.
    suppress(shop.session, "late@kunder.example", SuppressionReason.COMPLAINT, now=shop.now)
    shop.pass_by(days=7)
    assert shop.draw() == 0
    assert shop.fates()["fine"] == "dropped opted_out"
    shop.send(shop.met("late", occurred_at=(shop.now - timedelta(days=3)).isoformat()))
    assert shop.fates()["late"] == "dropped too_late"
    told = tally_encounters(shop.session, SERVICE, shop.programme.id, now=shop.now)
    assert [(one.state, one.reason, one.count) for one in told] == [
        ("dropped", "opted_out", 2),
        ("dropped", "bounced", 1),
        ("dropped", "is_employee", 1),
        ("dropped", "too_late", 1),
    ]
    listed = list_encounters(shop.session, SERVICE, shop.programme.id, PageRequest(limit=2), now=shop.now)
    assert len(listed.items) == 2
    after = PageRequest(limit=50, cursor=listed.next_cursor)
    assert len(list_encounters(shop.session, SERVICE, shop.programme.id, after, now=shop.now).items) == 3


def test_whoever_is_kept_apart_or_has_no_time_left_is_not_drawn_and_a_form_counts_in_the_month(shop: Shop) -> None:
    shop.begin()
    (period,) = list_periods(shop.session, SERVICE, shop.programme.id, ALL, now=shop.now).items
    raters = [NewRater(name, f"{name}@kunder.example") for name in ("sister", "busy")]
    people = ensure_raters(shop.session, shop.company.id, raters, now=shop.now)
    fill_the_month(shop, "busy@kunder.example")
    shop.send(shop.met("sister"), shop.met("busy"), shop.met("free"))
    sofie = shop.company.people["Sofie Berg"]
    mark_conflict(shop.session, SERVICE, people["sister"], sofie, reason="Søsken", now=shop.now)
    shop.send(shop.met("late", customer="sister"))
    assert shop.fates()["late"] == "dropped not_rated"
    shop.pass_by(days=7)
    assert shop.draw() == 1
    assert {one: shop.fates()[one] for one in ("sister", "busy", "free")} == {
        "sister": "dropped not_rated",
        "busy": "dropped asked_lately",
        "free": "sent drawn",
    }
    (free,) = load_assignments(shop.session, period.round_id)
    # Two questions about one person.
    assert load_spent(shop.session, shop.company.id, date(2026, 11, 1))[free.rater_id] == sheet_seconds(2)


def fill_the_month(shop: Shop, customer: str) -> None:
    """A round made by hand that asks so much of a customer that less than one more form is left."""
    groups = (RaterGroup.MANAGER, RaterGroup.CUSTOMER)
    draft = draft_round(shop.session, shop.company, shop.now, groups=groups, rated=("Sofie Berg",))
    propose_assignments(shop.session, SERVICE, draft.id, now=shop.now)
    row = {"email": customer, "subject": shop.company.subjects["Sofie Berg"], "rater_group": "customer"}
    add_assignments(shop.session, SERVICE, draft.id, parse_raters(rows_of([row])), now=shop.now)
    launch_round(shop.session, SERVICE, draft.id, confirmed=True, now=shop.now)
    almost = USUAL_CAP * 60 - sheet_seconds(2) + 1
    of_round = AssignmentRow.round_id == draft.id
    shop.session.execute(update(AssignmentRow).where(of_round).values(seconds=almost))


def test_the_same_batch_again_changes_nothing_and_what_is_settled_stays(shop: Shop) -> None:
    shop.begin()
    rows = [shop.met("a"), shop.met("b", "Lars Moen")]
    assert shop.send(*rows, dry_run=True).report.count(Outcome.CREATED) == 2
    assert shop.fates() == {}
    shop.send(*rows)
    assert shop.send(*rows).report.count(Outcome.UNCHANGED) == 2
    moved = shop.met("a", "Thea Vik", occurred_at=rows[0]["occurred_at"])
    assert shop.send(moved).report.rows[0].changes == ("subject",)
    shop.pass_by(days=7)
    shop.draw()
    with pytest.raises(RowsRefused) as refused:
        shop.send({**moved, "subject": "Sofie Berg"}, shop.met("c"), shop.met("c"))
    assert [(one.row, one.column) for one in refused.value.refused] == [
        (1, "external_id"),
        (2, "external_id"),
        (3, "external_id"),
    ]


def test_a_row_that_cannot_be_taken_is_named_and_nothing_is_stored(shop: Shop) -> None:
    ahead = (shop.now + timedelta(hours=1)).isoformat()
    with pytest.raises(RowsRefused) as refused:
        shop.send(
            shop.met("a"),
            shop.met("b", "Nobody"),
            shop.met("c", "Team Nord"),
            shop.met("d", email="not an address"),
            shop.met("e", occurred_at=ahead),
            shop.met("f", occurred_at="yesterday"),
            shop.met("g", programme="unknown"),
        )
    assert [(one.row, one.column) for one in refused.value.refused] == [
        (2, "subject"),
        (3, "subject"),
        (4, "email"),
        (5, "occurred_at"),
        (6, "occurred_at"),
        (7, "programme"),
    ]
    assert shop.fates() == {}


def test_rounds_begin_with_the_promise_that_comments_are_read_first_where_somebody_does(shop: Shop) -> None:
    shop.begin()
    draft = parse_programme({"moderated_by": "HR"}, company_id=shop.company.id, present=shop.programme)
    with pytest.raises(Invalid) as refused:
        change_programme(shop.session, SERVICE, shop.programme.id, draft, now=shop.now)
    assert [error.field for error in refused.value.errors] == ["moderated_by"], "nobody has the role there"
    give_moderator(shop.session, shop.company, shop.now)
    assert change_programme(shop.session, SERVICE, shop.programme.id, draft, now=shop.now).moderated_by == "HR"
    shop.pass_by(days=7)
    shop.begin()
    later, first = list_periods(shop.session, SERVICE, shop.programme.id, ALL, now=shop.now).items
    frozen = [load_frozen_round(shop.session, one.round_id).moderated_by for one in (first, later)]
    assert frozen == [None, "HR"]

    written = customers_write(shop, later.round_id)
    closed_at = shop.now + timedelta(days=14)
    assert close_if_due(shop.session, later.round_id, now=closed_at)
    for round_ in load_due_reviews(shop.session, now=closed_at):
        begin_review(shop.session, round_.id, now=closed_at)
    hr = Viewer("account:hr", grants=(Grant(Role.MODERATOR, shop.company.id),))
    queue = get_queue(shop.session, hr, later.round_id, now=closed_at)
    assert {one.text for one in queue.comments} == written
    assert later.round_id not in {one.id for one in load_due_releases(shop.session, now=closed_at)}
    for one in queue.comments:
        decide(shop.session, hr, one.id, Ruling(Verdict.RELEASED), now=closed_at)
    assert later.round_id in {one.id for one in load_due_releases(shop.session, now=closed_at)}


def customers_write(shop: Shop, round_id: str) -> set[str]:
    """Four customers of Sofie's are drawn and answer, each with a comment; the comments."""
    shop.send(*(shop.met(f"moderated-{number}") for number in range(4)))
    while "delayed awaits_draw" in shop.reasons():
        shop.pass_by(days=1)
        shop.draw()
    invite_due_rounds(shop.session, now=shop.now)
    played = PlayedRound(shop.session, shop.company, load_round(shop.session, round_id), shop.now)
    said = {address: f"Hilsen {address}." for address in shop.asked(round_id)}
    for customer, text in said.items():
        played.rate(customer, {"Sofie Berg": ("5", "4")}, comment=text)
    return set(said.values())


def test_a_change_holds_from_the_next_period_on_and_a_stop_for_good(shop: Shop) -> None:
    shop.begin()
    change = {"k": 6, "quota": 1}
    draft = parse_programme(change, company_id=shop.company.id, present=shop.programme)
    changed = change_programme(shop.session, SERVICE, shop.programme.id, draft, now=shop.now)
    assert (changed.k, changed.version) == (6, 2)
    assert change_programme(shop.session, SERVICE, shop.programme.id, draft, now=shop.now).version == 2
    for wish in ({"rhythm": "month"}, {"kpi_ids": [shop.company.kpis["coaching"]]}):
        wrong = parse_programme(wish, company_id=shop.company.id, present=changed)
        with pytest.raises(Invalid):
            change_programme(shop.session, SERVICE, shop.programme.id, wrong, now=shop.now)
    shop.pass_by(days=7)
    shop.begin()
    periods = list_periods(shop.session, SERVICE, shop.programme.id, ALL, now=shop.now).items
    assert [load_round(shop.session, one.round_id).groups[0].k for one in periods] == [6, 3]
    shop.send(shop.met("a"))
    stop_programme(shop.session, SERVICE, shop.programme.id, now=shop.now)
    shop.pass_by(days=1)
    assert load_due_draws(shop.session, now=shop.now) == (shop.company.id,)
    assert shop.draw() == 0
    assert shop.fates() == {"a": "dropped no_programme"}
    shop.pass_by(days=7)
    assert shop.begin() is False
    told = [one.action for one in list_entries_about(shop.session, "programme", shop.programme.id)]
    assert told == ["programme.created", "programme.changed", "programme.stopped"]
    with pytest.raises(rules.ProgrammeStopped):
        change_programme(shop.session, SERVICE, shop.programme.id, draft, now=shop.now)


def test_encounters_are_forgotten_when_they_have_had_their_time_and_asked_customers_later(shop: Shop) -> None:
    shop.begin()
    shop.send(*(shop.met(f"case-{number}") for number in range(6)))
    for _ in range(7):
        shop.pass_by(days=1)
        shop.draw()
    assert Counter(shop.fates().values()) == {"sent drawn": 4, "dropped not_drawn": 2}
    settled = [row.settled_at for row in shop.session.scalars(select(EncounterRow)) if row.state == "dropped"]
    last = max(at for at in settled if at is not None)
    shop.begin()
    shop.send(shop.met("waits"))
    early = last + timedelta(days=90, seconds=-1)
    assert forget_encounters(shop.session, now=early) == 0
    assert [forget_encounters(shop.session, now=early + timedelta(seconds=1)) for _ in range(2)] == [2, 0]
    assert Counter(shop.fates().values()) == {"sent drawn": 4, "delayed awaits_draw": 1}
    (round_id,) = {row.round_id for row in shop.session.scalars(select(EncounterRow)) if row.round_id}
    assert forget_encounters(shop.session, now=shop.now + timedelta(days=366)) == 4
    assert (shop.fates(), len(shop.asked(round_id))) == ({"waits": "delayed awaits_draw"}, 4)
    # The same encounter sent once more leads to nothing: its time is over.
    shop.pass_by(days=370)
    old = shop.met("case-0", occurred_at="2026-11-23T09:00:00+01:00")
    shop.send(old)
    assert shop.fates()["case-0"] == "dropped too_late"
