"""Comments that are read before their release: by whom, which, with what decisions, and what is left of them afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, select

from app.accounts.rules import SERVICE, Action, ScopesTooWide, require_scopes
from app.accounts.values import Role
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.journal.tables import JournalRow
from app.kpis.values import RaterGroup
from app.mail.tables import OutboxRow
from app.moderation.commands import decide
from app.moderation.intake import parse_ruling
from app.moderation.queries import get_queue, get_queued, has_waiting, list_queues
from app.moderation.rules import NotInModeration, ReadsResults, keeps_sense
from app.moderation.tables import ModeratedCommentRow
from app.moderation.values import QueuedComment, Ruling, Verdict
from app.receipts.tables import ReceiptRow
from app.receipts.values import WithheldCount, WithheldReason
from app.releases.commands import release_round
from app.releases.queries import find_release_of, load_due_releases
from app.releases.review import begin_review, load_due_reviews, review_counted
from app.responses.parked import list_parked
from app.responses.queries import load_rating_form
from app.responses.rules import REVIEW
from app.responses.tables import AnonymousSheetRow, SheetCommentRow, SheetRow, SuspicionRow
from app.responses.values import ParkState
from app.rounds.commands import launch_round
from app.rounds.queries import load_frozen_round, load_round
from app.rounds.rules import RoundIncomplete
from app.summaries.queries import get_summary
from app.summaries.values import Comment, Comments
from app.visits.close import close_round
from tests.fjellbris import draft_round, fjellbris
from tests.moderation.built import ANONYMOUS, CLOSED, LARS, SOFIE, WRITTEN, Moderated, closed, moderated

RINGS, NAMES, PRIVATE, GREETS, WRITES = WRITTEN
EDITED = "Fikk svar med en gang."
RELEASED = Ruling(Verdict.RELEASED)


@pytest.fixture(params=[RaterGroup.CUSTOMER, ANONYMOUS], ids=["confidential", "anonymous"])
def made(session: WriteSession, now: datetime, request: pytest.FixtureRequest) -> Moderated:
    return moderated(session, now, request.param)


@pytest.fixture
def plain(session: WriteSession, now: datetime) -> Moderated:
    return moderated(session, now, RaterGroup.CUSTOMER)


def by_text(made: Moderated) -> dict[str, QueuedComment]:
    reader = made.viewer((Role.MODERATOR, "Fjellbris"))
    queue = get_queue(made.session, reader, made.played.round.id, now=made.now + CLOSED)
    return {one.text: one for one in queue.comments}


def rule(made: Moderated, text: str, ruling: Ruling) -> None:
    reader = made.viewer((Role.MODERATOR, "Fjellbris"))
    decide(made.session, reader, by_text(made)[text].id, ruling, now=made.now + CLOSED)


def release(made: Moderated, *, after: timedelta = CLOSED) -> None:
    release_round(made.session, SERVICE, made.played.round.id, now=made.now + after)


def from_customers(made: Moderated) -> tuple[Comments, ...]:
    found = find_release_of(made.session, made.played.round.id)
    assert found is not None
    reader = made.viewer((Role.VIEWER, "Fjellbris"))
    summary = get_summary(made.session, reader, found.id, made.company.subjects[SOFIE], on=made.now.date())
    return tuple(one for one in summary.comments if one.rater_groups == ("customer",))


def test_what_is_decided_is_what_is_read_and_nothing_else_is_left(made: Moderated) -> None:
    session = made.session
    closed(made)
    assert {one.subject_name for one in by_text(made).values()} == {SOFIE}, "two customers of Lars' are too few"
    assert by_text(made).keys() == set(WRITTEN), "nothing with a name is moderated"
    assert [one.id for one in by_text(made).values()] == sorted(one.id for one in by_text(made).values())
    for text in (RINGS, GREETS, WRITES):
        rule(made, text, RELEASED)
    rule(made, NAMES, Ruling(Verdict.EDITED, WithheldReason.NAMES_OTHERS, EDITED))
    rule(made, PRIVATE, RELEASED)
    rule(made, PRIVATE, Ruling(Verdict.WITHHELD, WithheldReason.PRIVATE))
    assert set(made.states().values()) == {("received", None)}, "a decision is told at the release, not before"
    assert by_text(made)[NAMES].ruling.text == EDITED
    assert stored_comments(made) >= {NAMES, PRIVATE}, "what was written stays as it was until then"
    release(made)

    (block,) = from_customers(made)
    shown = {
        Comment(None, text, is_edited)
        for text, is_edited in ((RINGS, False), (GREETS, False), (WRITES, False), (EDITED, True))
    }
    assert (set(block.comments), len(block.comments)) == (shown, 4)
    assert block.withheld == (WithheldCount(WithheldReason.PRIVATE, 1),)
    states = made.states()
    assert [states[text] for text in (RINGS, NAMES, PRIVATE)] == [
        ("released", None),
        ("edited", None),
        ("withheld", "private"),
    ]
    assert [state for text, state in states.items() if text not in WRITTEN] == [("withheld", "too_few")] * 2
    assert stored_comments(made) == {"Jeg leder deg gjerne."}, "of what was written without a name nothing is left"
    assert session.scalar(select(func.count()).select_from(ModeratedCommentRow)) == 0
    led = session.scalar(
        select(func.count()).where((ReceiptRow.comment.is_not(None)) | (ReceiptRow.round_id.is_not(None)))
    )
    assert led == 0
    assert told_in_journal(made) == ["released"] * 3 + ["edited: names_others", "released", "withheld: private"]
    with pytest.raises(NotFound):
        rule_after(made)


def rule_after(made: Moderated) -> None:
    reader = made.viewer((Role.MODERATOR, "Fjellbris"))
    with pytest.raises(NotInModeration):
        get_queue(made.session, reader, made.played.round.id, now=made.now + CLOSED)
    decide(made.session, reader, made.played.round.id, RELEASED, now=made.now + CLOSED)


def stored_comments(made: Moderated) -> set[str]:
    sheets = made.session.scalars(select(AnonymousSheetRow.comments))
    anonymous = {text for comments in sheets for text in comments.values()}
    return anonymous | set(made.session.scalars(select(SheetCommentRow.text)))


def told_in_journal(made: Moderated) -> list[str]:
    rows = made.session.scalars(
        select(JournalRow).where(JournalRow.action == "comment.moderated").order_by(JournalRow.sequence)
    )
    told = (row.details for row in rows)
    return [f"{one['verdict']}: {one['reason']}" if "reason" in one else one["verdict"] for one in told]


def test_a_round_waits_for_its_comments_a_week_and_then_withholds_what_nobody_has_looked_at(plain: Moderated) -> None:
    session, after = plain.session, plain.now + CLOSED
    round_ = close_round(session, SERVICE, plain.played.round.id, now=after)
    assert [one.id for one in load_due_reviews(session, now=after)] == [round_.id]
    assert (has_waiting(session, round_), load_due_releases(session, now=after)) == (True, ())
    begin_review(session, round_.id, now=after)
    begin_review(session, round_.id, now=after)
    assert (load_due_reviews(session, now=after), load_due_releases(session, now=after)) == ((), ())
    (queue,) = list_queues(session, plain.viewer((Role.MODERATOR, "Fjellbris")), now=after)
    assert (queue.waiting, queue.until) == (5, after + timedelta(days=7))
    for text in (RINGS, NAMES, PRIVATE):
        rule(plain, text, RELEASED)
    late = after + timedelta(days=7)
    assert load_due_releases(session, now=late - timedelta(seconds=1)) == ()
    assert [one.id for one in load_due_releases(session, now=late)] == [round_.id]
    release(plain, after=CLOSED + timedelta(days=7))

    (block,) = from_customers(plain)
    assert {one.text for one in block.comments} == {RINGS, NAMES, PRIVATE}
    assert block.withheld == (WithheldCount(WithheldReason.NOT_LOOKED_AT, 2),)
    assert plain.states()[GREETS] == ("withheld", "not_looked_at")


def test_it_is_due_as_soon_as_everything_is_looked_at_and_fewer_than_three_are_shown_to_nobody(
    plain: Moderated,
) -> None:
    closed(plain)
    for text in (RINGS, GREETS):
        rule(plain, text, RELEASED)
    for text in (NAMES, PRIVATE, WRITES):
        rule(plain, text, Ruling(Verdict.WITHHELD, WithheldReason.OFF_TOPIC))
    assert not has_waiting(plain.session, load_round(plain.session, plain.played.round.id))
    assert len(load_due_releases(plain.session, now=plain.now + CLOSED)) == 1
    release(plain)

    (block,) = from_customers(plain)
    counts = (WithheldCount(WithheldReason.TOO_FEW, 2), WithheldCount(WithheldReason.OFF_TOPIC, 3))
    assert (block.comments, block.withheld) == ((), counts)
    assert plain.states()[RINGS] == ("withheld", "too_few")


def test_whoever_reads_the_results_or_is_rated_reads_no_comment_before_its_release(plain: Moderated) -> None:
    closed(plain)
    session, after, round_id = plain.session, plain.now + CLOSED, plain.played.round.id
    comment = by_text(plain)[RINGS]
    for role in (Role.MANAGER, Role.VIEWER, Role.ANALYST):
        both = plain.viewer((Role.MODERATOR, "Fjellbris"), (role, "Team Nord"))
        assert list_queues(session, both, now=after) == []
        for ask in (get_queue, get_queued):
            with pytest.raises(ReadsResults):
                ask(session, both, round_id if ask is get_queue else comment.id, now=after)
        with pytest.raises(ReadsResults):
            decide(session, both, comment.id, RELEASED, now=after)
    sofie = plain.viewer((Role.MODERATOR, "Fjellbris"), own=SOFIE)
    assert list_queues(session, sofie, now=after) == []
    with pytest.raises(ReadsResults):
        decide(session, sofie, comment.id, RELEASED, now=after)
    key = replace(plain.viewer((Role.MODERATOR, "Fjellbris")), scopes=frozenset({Action.COMMENTS_MODERATE}))
    assert list_queues(session, key, now=after) == [], "whoever holds it may be anybody"
    with pytest.raises(ScopesTooWide):
        require_scopes(plain.viewer((Role.MODERATOR, "Fjellbris")), ["comments:moderate"], (plain.company.id,))
    deputy = replace(plain.viewer((Role.MODERATOR, "Fjellbris")), hidden=frozenset({plain.company.subjects[SOFIE]}))
    assert list_queues(session, deputy, now=after) == []
    admin, elsewhere = plain.viewer((Role.ADMIN, "Fjellbris")), plain.viewer((Role.MODERATOR, "Salg"))
    with pytest.raises(Forbidden):
        get_queue(session, admin, round_id, now=after)
    for ask in (get_queue, get_queued):
        for known in (round_id if ask is get_queue else comment.id, "nowhere"):
            with pytest.raises(NotFound):
                ask(session, elsewhere, known, now=after)


def test_a_sheet_that_is_taken_out_meanwhile_leaves_nothing_to_be_decided(plain: Moderated) -> None:
    closed(plain)
    comment = by_text(plain)[RINGS]
    plain.session.execute(delete(SheetCommentRow).where(SheetCommentRow.text == RINGS))
    assert RINGS not in by_text(plain)
    with pytest.raises(NotFound):
        get_queued(plain.session, plain.viewer((Role.MODERATOR, "Fjellbris")), comment.id, now=plain.now + CLOSED)
    for text in by_text(plain):
        rule(plain, text, RELEASED)
    assert not has_waiting(plain.session, load_round(plain.session, plain.played.round.id)), "nobody is waited for"


def test_an_answer_that_counts_after_all_has_its_comment_looked_at_as_well(plain: Moderated) -> None:
    session, round_id, after = plain.session, plain.played.round.id, plain.now + CLOSED
    of_rings = select(SheetCommentRow.sheet_id).where(SheetCommentRow.text == RINGS).scalar_subquery()
    key = session.scalars(select(SheetRow.key).where(SheetRow.id == of_rings)).one()
    session.add(SuspicionRow(key=key, round_id=round_id, reasons=["too_fast"]))
    close_round(session, SERVICE, round_id, now=after)
    later = after + REVIEW
    assert [one.id for one in load_due_reviews(session, now=later)] == [round_id], "parked for too long"
    begin_review(session, round_id, now=later)
    rule(plain, NAMES, RELEASED)
    assert RINGS not in by_text(plain)

    analyst = plain.viewer((Role.ANALYST, "Fjellbris"))
    [parked] = list_parked(session, analyst, round_id, now=later)
    review_counted(session, analyst, parked.id, ParkState.COUNTED, now=later)
    assert by_text(plain)[RINGS].ruling.verdict is Verdict.WAITING
    assert by_text(plain)[NAMES].ruling == RELEASED, "what was decided stays"


def test_a_round_is_moderated_only_where_somebody_may_and_says_so_on_the_form(
    session: WriteSession, now: datetime, plain: Moderated
) -> None:
    customer = f"kunde01.{plain.company.subjects[LARS][:4]}@kunder.example"
    form = load_rating_form(session, plain.played.link_of(customer), now=now)
    assert form.moderated_by == "HR"
    letters = session.scalars(select(OutboxRow.parameters).where(OutboxRow.letter == "invitation")).all()
    told = {part["rater_group"]: part.get("moderated_by") for letter in letters for part in letter["promises"]}
    assert told == {"customer": "HR", "manager": None}
    readers = load_frozen_round(session, plain.played.round.id).readers
    assert "hr@konto.example" in frozenset().union(*readers.values()), "and does not fill the crowd"


def test_without_anybody_who_may_a_moderated_round_does_not_start(session: WriteSession, now: datetime) -> None:
    company = fjellbris(session, now)
    draft = draft_round(session, company, now, moderated_by="HR")
    with pytest.raises(RoundIncomplete) as refused:
        launch_round(session, SERVICE, draft.id, confirmed=True, now=now)
    assert "moderated_by" in [error.field for error in refused.value.errors]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "verdict"),
        ({"verdict": "forgotten"}, "verdict"),
        ({"verdict": "withheld"}, "reason"),
        ({"verdict": "withheld", "reason": "too_few"}, "reason"),
        ({"verdict": "edited", "reason": "insult", "text": "Ringer tilbake."}, "reason"),
        ({"verdict": "edited", "reason": "private"}, "text"),
        ({"verdict": "edited", "reason": "private", "text": "\u200b"}, "text"),
        ({"verdict": "edited", "reason": "private", "text": RINGS}, "text"),
        ({"verdict": "edited", "reason": "private", "text": "En strålende kollega på alle vis!"}, "text"),
        ({"verdict": "edited", "reason": "private", "text": "x " * 1500}, "text"),
        ({"verdict": "released", "note": "x"}, "note"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(given: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_ruling(given, original=RINGS)
    assert [error.field for error in refused.value.errors] == [field]


def test_a_decision_is_read_with_what_belongs_to_it() -> None:
    edited = {"verdict": "edited", "reason": "gives_away", "text": "Ringer tilbake\nsamme dag."}
    assert parse_ruling(edited, original=RINGS) == Ruling(
        Verdict.EDITED, WithheldReason.GIVES_AWAY, "Ringer tilbake\nsamme dag."
    )
    assert parse_ruling({"verdict": "released", "text": RINGS}, original=RINGS) == RELEASED
    assert not keeps_sense(RINGS, "…")
