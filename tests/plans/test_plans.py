"""A plan is made by who leads, ticked by who sees to it, ended with a word, and judged by released figures beside others."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

from app.accounts.rules import SERVICE
from app.accounts.values import Role, Viewer
from app.decisions.commands import decide_case, open_case
from app.decisions.values import CaseDraft, Choice, DecisionDraft
from app.errors import Forbidden, Invalid, NotFound
from app.infra.database import WriteSession
from app.infra.paging import PageRequest
from app.infra.versions import StaleVersion
from app.journal.tables import JournalRow
from app.kpis.queries import load_kpis
from app.kpis.values import KpiId, RaterGroup
from app.mail.suppress import suppress
from app.mail.tables import OutboxRow
from app.mail.values import Letter, SuppressionReason
from app.organisation.tables import PersonRow
from app.plans import rules
from app.plans.commands import end_plan, make_plan, tick_action
from app.plans.effect import find_effect
from app.plans.intake import parse_plan, parse_plan_end, parse_we_did
from app.plans.queries import find_last_round, get_plan, list_plans
from app.plans.remeasure import load_again, remeasure
from app.plans.tables import ActionPlanRow
from app.plans.tell import load_telling, tell_raters
from app.plans.values import ActionDraft, ActionPlan, PlanDraft, PlanEnd, PlanFilter, PlanState, WeDid
from app.releases.tables import ReleaseRow, ScoreRow
from app.rounds.commands import delete_round
from app.rounds.queries import load_rated, load_rounds
from app.rounds.tables import AssignmentRow, RoundRow
from app.rounds.values import RoundState
from app.scoring.effects import Verdict
from tests.followup.watched import H1, S1, TODAY, Watching
from tests.shelf import NOW

CHECK = TODAY + timedelta(days=30)
CHECK_AT, ALL = NOW + timedelta(days=40), PageRequest()


def manager(known: Watching, at: str = "team-nord") -> Viewer:
    return known.who(Role.MANAGER, at)


def draft(known: Watching, *, subject: str = "team-nord", owner: str = "amir.haddad") -> PlanDraft:
    actions = (ActionDraft("Se to møter", TODAY + timedelta(days=7)), ActionDraft("Øve to og to", CHECK))
    subjects = known.subjects
    return PlanDraft(known.kpis[S1], subjects[subject], subjects[owner], "Vi øver på møtet.", 5.0, CHECK, actions)


def made(session: WriteSession, known: Watching, wanted: PlanDraft | None = None) -> ActionPlan:
    return make_plan(session, manager(known), wanted or draft(known), now=NOW)


def test_a_plan_holds_what_was_said_and_is_read_by_those_who_read_the_results_and_its_owner(
    session: WriteSession, known: Watching
) -> None:
    kpi = load_kpis(session, [known.kpis[S1]], on=TODAY)[KpiId(known.kpis[S1])]
    item = kpi.current.items[0]
    plan = made(session, known, replace(draft(known, owner="sofie.berg"), item_id=item.id))
    assert (plan.what, plan.expected, plan.started_on, plan.check_on) == ("Vi øver på møtet.", 5.0, TODAY, CHECK)
    assert (plan.owner_name, plan.item_name, plan.subject.name) == ("Sofie Berg", item.name, "Team Nord")
    assert [(one.text, one.done_on) for one in plan.actions] == [("Se to møter", None), ("Øve to og to", None)]
    assert plan.is_behind
    readers = {
        "owner": known.person("sofie.berg"),
        "viewer": known.who(Role.VIEWER, "team-nord"),
        "above": manager(known, "customer-centre"),
    }
    for viewer in readers.values():
        assert get_plan(session, viewer, plan.id, on=TODAY).id == plan.id
        open_ones = list_plans(session, viewer, known.company_id, ALL, chosen=PlanFilter(PlanState.OPEN), on=TODAY)
        assert [one.id for one in open_ones.items] == [plan.id]
    for viewer in (known.person("jonas.eide"), manager(known, "team-sor"), known.who(Role.ADMIN)):
        assert list_plans(session, viewer, known.company_id, ALL, on=TODAY).items == ()
        with pytest.raises(NotFound):
            get_plan(session, viewer, plan.id, on=TODAY)
    of_kpi = PlanFilter(PlanState.OPEN, known.kpis[H1], known.subjects["team-nord"])
    assert list_plans(session, SERVICE, known.company_id, ALL, chosen=of_kpi, on=TODAY).items == ()


def test_nobody_sees_to_more_than_three_plans_and_only_who_leads_makes_one(
    session: WriteSession, known: Watching
) -> None:
    for viewer, refusal in (
        (known.who(Role.VIEWER, "team-nord"), Forbidden),
        (known.person("sofie.berg"), NotFound),
        (manager(known, "team-sor"), NotFound),
    ):
        with pytest.raises(refusal):
            make_plan(session, viewer, draft(known), now=NOW)
    plans = [made(session, known) for _ in range(3)]
    with pytest.raises(rules.TooManyPlans) as refused:
        made(session, known)
    assert "Amir Haddad" in str(refused.value)
    end_plan(session, manager(known), plans[0].id, PlanEnd(PlanState.DROPPED, ""), now=NOW)
    assert made(session, known).state is PlanState.OPEN


def test_a_plan_names_only_what_is_there(session: WriteSession, known: Watching) -> None:
    whole = draft(known)
    wrong = replace(
        whole,
        owner_id=known.subjects["team-sor"],
        item_id=known.kpis[S1],
        case_id=known.kpis[S1],
        actions=(ActionDraft("Før", TODAY - timedelta(days=1)), ActionDraft("Etter", CHECK + timedelta(days=1))),
    )
    with pytest.raises(Invalid) as refused:
        made(session, known, wrong)
    fields = [problem.field for problem in refused.value.errors]
    assert fields == ["actions.0.due_on", "actions.1.due_on", "owner_id", "item_id", "case_id"]
    with pytest.raises(Invalid):
        made(session, known, replace(whole, check_on=TODAY - timedelta(days=1)))
    asked = open_case(
        session, manager(known), CaseDraft(whole.kpi_id, known.subjects["sofie.berg"], "Trengs støtte?"), now=NOW
    )
    about = replace(whole, subject_id=known.subjects["sofie.berg"], case_id=asked.id)
    with pytest.raises(Invalid):
        made(session, known, about)
    decide_case(session, manager(known), asked.id, DecisionDraft(Choice.ACT, "Ja."), now=NOW)
    assert made(session, known, about).case_id == asked.id


def test_the_owner_ticks_and_who_leads_ends_it(session: WriteSession, known: Watching) -> None:
    plan = made(session, known, draft(known, owner="sofie.berg"))
    first = plan.actions[0].id
    sofie = known.person("sofie.berg")
    tick_action(session, sofie, first, is_done=True, now=NOW)
    ticked = tick_action(session, sofie, first, is_done=True, now=NOW)
    assert [one.done_on for one in ticked.actions] == [TODAY, None]
    assert tick_action(session, manager(known), first, is_done=False, now=NOW).actions[0].done_on is None
    with pytest.raises(rules.NotThePlansOwner):
        tick_action(session, known.who(Role.VIEWER, "team-nord"), first, is_done=True, now=NOW)
    with pytest.raises(NotFound):
        tick_action(session, known.person("lars.moen"), first, is_done=True, now=NOW)
    with pytest.raises(NotFound):
        tick_action(session, sofie, "x", is_done=True, now=NOW)
    done = PlanEnd(PlanState.DONE, "Alle hilser med navn nå.")
    with pytest.raises(NotFound):
        end_plan(session, sofie, plan.id, done, now=NOW)
    with pytest.raises(StaleVersion):
        end_plan(session, manager(known), plan.id, done, expected_version=99, now=NOW)
    ended = end_plan(session, manager(known), plan.id, done, now=NOW)
    assert (ended.state, ended.note, ended.ended_on, ended.may_write) == ("done", done.note, TODAY, False)
    with pytest.raises(rules.PlanEnded):
        tick_action(session, sofie, first, is_done=True, now=NOW)
    actions = select(JournalRow.action).where(JournalRow.object_id == plan.id).order_by(JournalRow.sequence)
    assert session.scalars(actions).all() == [
        "action_plan.made",
        "action.done",
        "action.undone",
        "action_plan.ended",
    ]


# ------------------------------------------------------------ the effect


def release_after(session: WriteSession, known: Watching, moved: dict[str, float]) -> None:
    """A later release beside the last one: the same figures of S1, moved by so many points."""
    rows = session.execute(
        select(ScoreRow, RoundRow)
        .join(ReleaseRow, ReleaseRow.id == ScoreRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            ScoreRow.kpi_id == known.kpis[S1],
            ScoreRow.item_id.is_(None),
            ScoreRow.rater_groups == "",
            ScoreRow.release_id == known.release_of("2026-q3"),
        )
    ).all()
    [old] = {row.id: row for _, row in rows}.values()
    columns = {column.key: getattr(old, column.key) for column in RoundRow.__table__.columns}
    starts, ends = date(2027, 1, 1), date(2027, 3, 31)
    new = {**columns, "id": "0" * 8 + "-0000-4000-8000-000000000001", "external_id": "later"}
    session.execute(insert(RoundRow).values(**{**new, "period_start": starts, "period_end": ends}))
    release = session.get_one(ReleaseRow, known.release_of("2026-q3"))
    same = {column.key: getattr(release, column.key) for column in ReleaseRow.__table__.columns}
    session.execute(
        insert(ReleaseRow).values(**{**same, "id": "0" * 8 + "-0000-4000-8000-000000000002", "round_id": new["id"]})
    )
    for place, (row, _) in enumerate(rows):
        points = moved.get(row.subject_id, 0.0)
        if row.score is None:
            continue
        kept = {column.key: getattr(row, column.key) for column in ScoreRow.__table__.columns}
        kept |= {name: min(100.0, kept[name] + points) for name in ("score", "lo", "hi")}
        kept |= {
            "id": f"00000000-0000-4000-8000-{place + 100:012d}",
            "release_id": "0" * 8 + "-0000-4000-8000-000000000002",
        }
        session.execute(insert(ScoreRow).values(**kept))
    session.flush()


def test_what_a_plan_did_is_its_change_beside_that_of_others_once_both_figures_are_released(
    session: WriteSession, known: Watching
) -> None:
    sofie = known.subjects["sofie.berg"]
    about = made(session, known, draft(known, subject="sofie.berg"))
    viewer = manager(known)
    assert find_effect(session, viewer, about, on=TODAY) is None
    names = [row for row in session.scalars(select(ScoreRow.subject_id).distinct()) if row != sofie]
    drift = {subject_id: float(place % 3 - 1) for place, subject_id in enumerate(sorted(names))}
    release_after(session, known, {**drift, sofie: 22.0})
    later = CHECK + timedelta(days=120)
    found = find_effect(session, viewer, about, on=later)
    assert found is not None
    assert (round(found.before, 1), round(found.after, 1), found.after_from) == (77.1, 99.1, date(2027, 1, 1))
    assert found.effect is not None
    # Every other person of the company with the KPI, and no team.
    assert (found.others, round(found.effect.difference), found.verdict) == (13, 22, Verdict.WORKED)

    # Whoever has a plan about the same is nobody to compare with.
    made(session, known, draft(known, subject="lars.moen"))
    again = find_effect(session, viewer, about, on=later)
    assert again is not None
    assert again.others == 12

    # With three teams to compare with, hardly anything can be told.
    team = made(session, known)
    told = find_effect(session, viewer, team, on=later)
    assert told is not None
    assert (told.others, told.verdict) == (3, Verdict.UNCLEAR)
    # Whoever only owns a plan is told no figure of somebody else.
    lars = known.person("lars.moen")
    session.execute(
        update(ActionPlanRow).where(ActionPlanRow.id == about.id).values(owner_id=known.subjects["lars.moen"])
    )
    owned = get_plan(session, lars, about.id, on=TODAY)
    assert find_effect(session, lars, owned, on=later) is None


def test_what_is_sent_is_checked() -> None:
    blank = {"text": "", "due_on": ""}
    sent = {"kpi_id": "k", "subject_id": "s", "owner_id": "o", "what": "Øve", "expected": "5", "check_on": "2026-12-31"}
    lines = {"0": {"text": "Se", "due_on": "2026-12-01"}, "1": blank}
    assert len(parse_plan({**sent, "actions": lines}, posted=True).actions) == 1
    half = {"0": {"text": "Se", "due_on": ""}, "1": {"text": "", "due_on": "2026-12-01"}}
    with pytest.raises(Invalid) as refused:
        parse_plan({**sent, "expected": "0", "actions": half}, posted=True)
    assert [one.field for one in refused.value.errors] == ["expected", "actions.0.due_on", "actions.1.text"]
    with pytest.raises(Invalid):
        parse_plan_end({"state": "open"})


# ------------------------------------------------------------ measured again


def test_a_plan_is_measured_again_by_the_same_groups_about_its_kpi_alone(
    session: WriteSession, known: Watching
) -> None:
    plan = made(session, known, draft(known, subject="sofie.berg"))
    viewer = manager(known)
    [last] = load_rounds(session, [find_last_round(session, plan.kpi.id, plan.subject.id) or ""]).values()
    assert load_again(session, viewer, plan, on=TODAY).may_begin
    again = remeasure(session, viewer, plan.id, now=NOW)
    assert (again.state, again.scope_id) == (RoundState.DRAFT, known.subjects["team-nord"])
    assert (again.period_start, again.period_end) == (TODAY + timedelta(days=1), CHECK)
    assert again.opens_at.date() == CHECK
    assert [one.kpi_id for one in again.kpis] == [plan.kpi.id]
    assert set(again.groups) <= set(last.groups)
    assert {one.rater_group for one in again.groups} == set(again.kpis[0].weights)
    assert load_rated(session, again.id) == (plan.subject.id,)

    found = get_plan(session, viewer, plan.id, on=TODAY)
    told = load_again(session, viewer, found, on=TODAY)
    assert ([one.id for one in told.rounds], told.may_begin) == ([again.id], False)
    with pytest.raises(rules.MeasuredAgainAlready):
        remeasure(session, viewer, plan.id, now=NOW)
    delete_round(session, viewer, again.id, now=NOW)
    assert load_again(session, viewer, get_plan(session, viewer, plan.id, on=TODAY), on=TODAY).may_begin

    # A person is asked about where he works, and only by who leads there.
    sofie = known.person("sofie.berg")
    assert not load_again(session, sofie, plan, on=TODAY).may_begin
    for reader in (sofie, known.who(Role.VIEWER, "team-nord")):
        with pytest.raises(Forbidden):
            remeasure(session, reader, plan.id, now=NOW)
    # Readings are not asked for again: they come by themselves.
    hard = made(session, known, replace(draft(known), kpi_id=known.kpis[H1]))
    with pytest.raises(rules.NothingToMeasureAgain):
        remeasure(session, viewer, hard.id, now=NOW)


def test_a_whole_unit_is_measured_again_through_those_whose_figures_it_is(
    session: WriteSession, known: Watching
) -> None:
    plan = made(session, known)
    again = remeasure(session, manager(known), plan.id, now=CHECK_AT)
    assert (again.scope_id, again.period_end, again.opens_at) == (plan.subject.id, CHECK_AT.date(), CHECK_AT)
    assert load_rated(session, again.id)


# ------------------------------------------------------------ you said, we did


def test_everybody_who_was_asked_before_a_plan_is_told_once_what_came_of_it_and_nobody_who_wants_no_letters(
    session: WriteSession, known: Watching
) -> None:
    plan = made(session, known, draft(known, subject="sofie.berg"))
    viewer = manager(known)
    words = WeDid({"nb": "Det tar tid før noen hilser."}, {"nb": "Nå hilser vi ved døra."})
    with pytest.raises(rules.NobodyToTell):
        tell_raters(session, viewer, plan.id, words, now=NOW)
    ended = end_plan(session, viewer, plan.id, PlanEnd(PlanState.DONE, ""), now=NOW)
    telling = load_telling(session, viewer, ended, on=TODAY)
    assert (telling.may_tell, telling.words, RaterGroup.SELF in telling.groups) == (True, None, False)
    assert not load_telling(session, known.who(Role.VIEWER, "team-nord"), ended, on=TODAY).may_tell

    asked = select(PersonRow.mailbox, AssignmentRow.answered).join(
        AssignmentRow, AssignmentRow.rater_id == PersonRow.id
    )
    round_id = find_last_round(session, plan.kpi.id, plan.subject.id, over_by=TODAY)
    rows = session.execute(
        asked.where(
            AssignmentRow.round_id == round_id,
            AssignmentRow.subject_id == plan.subject.id,
            AssignmentRow.rater_group.in_(telling.groups),
            PersonRow.mailbox.is_not(None),
        )
    ).all()
    everybody = {str(mailbox) for mailbox, _ in rows}
    silent = min(everybody)
    suppress(session, silent, SuppressionReason.OPT_OUT, now=NOW)
    assert tell_raters(session, viewer, plan.id, words, now=NOW) == len(everybody) - 1
    letters = session.scalars(select(OutboxRow).where(OutboxRow.letter == Letter.WE_DID)).all()
    assert {one.mailbox for one in letters} == everybody - {silent}
    assert {one.parameters["did"] for one in letters} == {"Nå hilser vi ved døra."}

    told = load_telling(session, viewer, ended, on=TODAY)
    assert (told.words, told.told_at, told.may_tell) == (words, NOW, False)
    with pytest.raises(rules.ToldAlready):
        tell_raters(session, viewer, plan.id, words, now=NOW)
    with pytest.raises(Forbidden):
        tell_raters(session, known.person("sofie.berg"), plan.id, words, now=NOW)


def test_raters_are_told_in_one_language_or_in_both_and_never_half() -> None:
    both = {"heard": {"nb": "A", "en": "B"}, "did": {"nb": "C", "en": "D"}}
    assert parse_we_did(both) == WeDid(both["heard"], both["did"])
    wrong: dict[str, dict[str, dict[str, str]]] = {
        "did.nb": {"heard": {"nb": "A"}, "did": {}},
        "heard.en": {"heard": {"nb": "A"}, "did": {"nb": "C", "en": "D"}},
        "heard.nb": {"heard": {}, "did": {}},
    }
    for field, given in wrong.items():
        with pytest.raises(Invalid) as refused:
            parse_we_did(given)
        assert [problem.field for problem in refused.value.errors] == [field]
