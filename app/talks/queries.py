"""Every SELECT of talks: the talk about a summary, what it could be about, and the talks that wait for somebody.

The day of a talk and the reply stand with the summary, for everybody who reads it; agenda and agreements are for the
two who talk. Nobody reads anything of it before the own summary is open.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, null, or_, select

from app.accounts.queries import load_actor_names
from app.accounts.rules import Action, roots
from app.accounts.values import Viewer
from app.decisions.queries import list_cases
from app.decisions.values import CaseFilter, CaseState
from app.errors import NotFound
from app.focus.queries import load_focus
from app.followup.relations import get_prompts
from app.infra.database import ReadSession
from app.infra.paging import PageRequest
from app.organisation.paths import in_parts, load_paths, load_subjects
from app.organisation.trees import load_branches
from app.organisation.values import SubjectId, SubjectKind
from app.plans.queries import list_plans
from app.plans.values import PlanFilter, PlanState
from app.releases.queries import open_results
from app.releases.tables import HeldSummaryRow, ReleaseRow
from app.releases.values import Release
from app.rounds.queries import load_frozen_subjects
from app.rounds.tables import RoundRow
from app.summaries.queries import get_summary
from app.summaries.values import Place
from app.talks import rules
from app.talks.tables import AgreementRow, TalkRow
from app.talks.values import AgendaPoint, Agreement, DueTalk, Side, Talk
from app.words import Words

MOST_UNDER_WAY = 3
"""So many open cases and plans are proposed for an agenda; more would be no talk but a list."""

# ------------------------------------------------------------ one talk


def get_talk(session: ReadSession, viewer: Viewer, release_id: str, subject_id: str, *, on: date) -> Talk:
    """The talk about the summary of a person, for who may read that today; NotFound for anything but a person."""
    release, path = open_results(session, viewer, release_id, subject_id, on=on)
    inside = load_frozen_subjects(session, release.round_id, [subject_id])
    if not inside or inside[0].kind is not SubjectKind.PERSON:
        raise NotFound
    held = session.get(HeldSummaryRow, (release.round_id, subject_id))
    blank = Talk(
        release_id=release.id,
        company_id=release.company_id,
        subject=Place(subject_id, inside[0].kind, inside[0].name),
        is_leader=rules.leads(viewer, path),
        is_own=subject_id in viewer.own_subjects,
    )
    row = find_row(session, release.id, subject_id)
    if row is None:
        return _talk(blank, held, None)
    actors = [row.leader_signed_by] if row.leader_signed_by is not None else []
    names = load_actor_names(session, actors)
    agreements = _load_agreements(session, [row.id]).get(row.id, ()) if blank.is_side else ()
    talk = _talk(blank, held, row, agreements)
    return replace(talk, agenda=row.agenda if blank.is_side else "", led_by=next(iter(names.values()), ""))


def load_agenda(session: ReadSession, viewer: Viewer, talk: Talk, *, on: date) -> tuple[AgendaPoint, ...]:
    """What the talk could be about, as far as the viewer may read it; nothing for whoever is neither of the two.

    Nor of a talk that both have signed: what it was about is what was written down.
    """
    if not talk.is_side or talk.is_signed:
        return ()
    summary = get_summary(session, viewer, talk.release_id, talk.subject.id, on=on)
    prompts = get_prompts(session, viewer, talk.release_id, talk.subject.id, on=on).prompts
    few, about = PageRequest(limit=MOST_UNDER_WAY), talk.subject.id
    cases = CaseFilter(CaseState.OPEN, subject_id=about)
    plans = PlanFilter(PlanState.OPEN, subject_id=about)
    return rules.agenda_of(
        summary,
        prompts,
        list_cases(session, viewer, talk.company_id, few, chosen=cases, on=on).items,
        list_plans(session, viewer, talk.company_id, few, chosen=plans, on=on).items,
        _load_last_agreed(session, talk.subject.id, summary.release),
        [one.kpi.name for focus in load_focus(session, viewer, [about], on=on) for one in focus.kpis],
    )


def find_row(session: ReadSession, release_id: str, subject_id: str) -> TalkRow | None:
    """The row of a talk, whoever asks; none before anybody did anything."""
    return session.scalar(select(TalkRow).where(TalkRow.release_id == release_id, TalkRow.subject_id == subject_id))


# ------------------------------------------------------------ what waits


def list_due_talks(session: ReadSession, viewer: Viewer, *, on: date) -> tuple[DueTalk, ...]:
    """The talks that wait for the viewer, the first due first; a fixed number of statements.

    As whoever leads a person with nobody nearer who does: to set a day, hold the talk, sign it. As the person: to come,
    read the summary that opened, sign what the other side has signed. What has waited for weeks is left out.
    """
    granted = roots(viewer, Action.DECISIONS_WRITE)
    rows = _load_waiting(session, granted, viewer.own_subjects, on=on)
    if not rows:
        return ()
    subjects = load_subjects(session, {row.subject_id for row in rows}, on=on)
    trees = {one: load_branches(session, one, subjects, on=on) for one in {row.company_id for row in rows}}
    agreements = _load_agreements(session, [row.talk.id for row in rows if row.talk is not None])
    found = []
    for row in rows:
        subject = subjects[SubjectId(row.subject_id)]
        is_own = row.subject_id in viewer.own_subjects
        leads = rules.leads(viewer, subject.path) and rules.is_nearest(trees[row.company_id], granted, subject.id)
        blank = Talk(row.release_id, row.company_id, Place(subject.id, subject.kind, subject.name))
        talk = _talk(blank, row.held, row.talk, agreements.get(row.talk.id, ()) if row.talk is not None else ())
        task = rules.person_task(talk, today=on) if is_own else None
        task = rules.leader_task(talk, today=on) if leads else task
        if task is not None:
            what, due_on = task
            period = (row.period_start, row.period_end)
            found.append(
                DueTalk(what, row.release_id, talk.subject, row.name, *period, due_on, talk.talk_on, is_own=is_own)
            )
    return tuple(sorted(found, key=lambda one: (one.due_on, one.subject.name, one.release_id)))


class _Waiting(NamedTuple):
    """A summary of a person that waits, or a talk about one."""

    subject_id: str
    held: HeldSummaryRow | None
    talk: TalkRow | None
    release_id: str
    company_id: str
    name: Words
    period_start: date
    period_end: date


def _load_waiting(session: ReadSession, granted: Collection[str], own: Collection[str], *, on: date) -> list[_Waiting]:
    """Summaries that waited, and talks that nobody has signed for good, as far as they may concern somebody."""
    concerned = _load_concerned(session, frozenset(granted), frozenset(own), on=on)
    queries = (query for part in in_parts(concerned) for query in _waiting(part, on=on))
    return [_Waiting(*row) for query in queries for row in session.execute(query)]


def _load_concerned(
    session: ReadSession, granted: frozenset[str], own: frozenset[str], *, on: date
) -> frozenset[SubjectId]:
    """Of whom anything waits, those in some units and some people themselves.

    Looked at from who waits upwards: few wait, and below a company there are all.
    """
    if not granted and not own:
        return frozenset()
    held = select(HeldSummaryRow.subject_id).where(HeldSummaryRow.latest_on >= on - rules.KEPT)
    waiting = session.scalars(held.union(select(TalkRow.subject_id).where(_UNSIGNED))).all()
    paths = load_paths(session, waiting, on=on)
    return frozenset(one for one, path in paths.items() if one in own or not granted.isdisjoint(path))


_UNSIGNED = or_(TalkRow.leader_signed_on.is_(None), TalkRow.person_signed_on.is_(None))


def _waiting(subject_ids: Collection[str], *, on: date) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """What waits of some people: with the summary that was held, and without."""
    release = (ReleaseRow.id, ReleaseRow.company_id, RoundRow.name, RoundRow.period_start, RoundRow.period_end)
    of_held = and_(TalkRow.release_id == ReleaseRow.id, TalkRow.subject_id == HeldSummaryRow.subject_id)
    held = (
        select(HeldSummaryRow.subject_id, HeldSummaryRow, TalkRow, *release)
        .join(RoundRow, RoundRow.id == HeldSummaryRow.round_id)
        .join(ReleaseRow, ReleaseRow.round_id == RoundRow.id)
        .outerjoin(TalkRow, of_held)
        .where(
            HeldSummaryRow.subject_id.in_(subject_ids),
            or_(and_(TalkRow.id.is_(None), HeldSummaryRow.latest_on >= on - rules.KEPT), _UNSIGNED),
        )
    )
    free = (
        select(TalkRow.subject_id, null(), TalkRow, *release)
        .join(ReleaseRow, ReleaseRow.id == TalkRow.release_id)
        .join(RoundRow, RoundRow.id == ReleaseRow.round_id)
        .where(
            TalkRow.subject_id.in_(subject_ids),
            _UNSIGNED,
            ~select(HeldSummaryRow.subject_id)
            .where(HeldSummaryRow.round_id == RoundRow.id, HeldSummaryRow.subject_id == TalkRow.subject_id)
            .exists(),
        )
    )
    return held, free


# ------------------------------------------------------------ pieces


def _talk(blank: Talk, held: HeldSummaryRow | None, row: TalkRow | None, agreements: Iterable[Agreement] = ()) -> Talk:
    """A talk with what is kept of it; the agenda aside."""
    if held is not None:
        blank = replace(blank, opens_on=held.opens_on, latest_on=held.latest_on)
    if row is None:
        return blank
    return replace(
        blank,
        talk_on=row.talk_on,
        agreements=tuple(agreements),
        read_on=row.read_on,
        reply=row.reply,
        replied_on=row.replied_on,
        leader_signed_on=row.leader_signed_on,
        person_signed_on=row.person_signed_on,
        version=row.version,
    )


def _load_agreements(session: ReadSession, talk_ids: Collection[str]) -> dict[str, list[Agreement]]:
    """What was agreed, by talk."""
    found: defaultdict[str, list[Agreement]] = defaultdict(list)
    query = select(AgreementRow).where(AgreementRow.talk_id.in_(talk_ids))
    for row in session.scalars(query.order_by(AgreementRow.talk_id, AgreementRow.position)):
        found[row.talk_id].append(Agreement(row.id, row.text, Side(row.side), row.due_on))
    return found


def _load_last_agreed(session: ReadSession, subject_id: str, release: Release) -> list[Agreement]:
    """What was agreed in the last signed talk about an earlier release."""
    earlier = (
        select(TalkRow.id)
        .join(ReleaseRow, ReleaseRow.id == TalkRow.release_id)
        .where(
            TalkRow.subject_id == subject_id,
            ReleaseRow.sealed_at < release.sealed_at,
            TalkRow.leader_signed_on.is_not(None),
            TalkRow.person_signed_on.is_not(None),
        )
        .order_by(ReleaseRow.sealed_at.desc(), TalkRow.id)
        .limit(1)
    )
    last = session.scalar(earlier)
    return _load_agreements(session, [last]).get(last, []) if last is not None else []
