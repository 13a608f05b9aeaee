"""Forms as their raters would meet them, before anybody is asked: from a round, or from a KPI alone. Reads only."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from app.accounts.rules import Action
from app.accounts.values import Viewer
from app.errors import NotFound
from app.infra.database import ReadSession
from app.infra.formats import local_day
from app.kpis.queries import get_kpi
from app.kpis.values import Kpi, KpiKind, RaterGroup
from app.organisation.queries import load_people
from app.organisation.tables import SubjectRow
from app.organisation.values import PersonId, SubjectKind
from app.responses.compose import Asked, FormPreview, FormRecipe, preview_of
from app.responses.rules import NobodyAsked
from app.rounds.checks import default_policy
from app.rounds.freeze import freeze
from app.rounds.queries import count_draft, get_round, load_assignments, load_frozen_round, load_rated
from app.rounds.recipe import freeze_kpi
from app.rounds.rules import kpis_asked
from app.rounds.values import Assignment, FrozenRound, FrozenSubject, RoundState

SOMEBODY = "Kim Hansen"
"""Whom a form is about where nobody is chosen yet."""

ENOUGH = 10**6
"""So many are taken to be asked where nobody is yet."""

PERIOD, OPEN_FOR = timedelta(days=90), timedelta(days=14)
"""What a round about a single KPI would usually look at, and how long it would be open."""


def load_form_preview(
    session: ReadSession, viewer: Viewer, round_id: str, rater_group: RaterGroup | None, *, now: datetime
) -> FormPreview:
    """The form of a rater group of a round (none: the first one), for whoever may read its rules.

    A draft is taken as a launch at this moment would freeze it. The form is that of whoever in the group is asked about
    most; of nobody yet, about the first subject. NotFound for a group that the round does not ask, NobodyAsked without any.
    """
    round_ = get_round(session, viewer, round_id, action=Action.RULES_READ, now=now)
    if round_.state is RoundState.DRAFT:
        frozen, assignments, _ = count_draft(session, freeze(session, round_, load_rated(session, round_.id), now=now))
    else:
        frozen, assignments = load_frozen_round(session, round_.id), list(load_assignments(session, round_.id))
    group = _chosen(rater_group, [policy.rater_group for policy in frozen.groups])
    recipe = FormRecipe.of(
        company_name=_company_name(session, frozen.company_id),
        round_name=frozen.name,
        purpose=frozen.purpose,
        asked_by=frozen.asked_by,
        period=(frozen.period_start, frozen.period_end),
        promise_hash=frozen.promise_hash,
        groups=frozen.groups,
        kpis=frozen.kpis,
        overlapping=frozen.overlapping,
        grows=frozen.grows,
        moderated_by=frozen.moderated_by,
    )
    asked = _asked_in(frozen, group, [one for one in assignments if one.rater_group is group and not one.declined])
    return preview_of(recipe, asked, group, round_id=frozen.id, closes_at=frozen.closes_at)


def load_kpi_form_preview(
    session: ReadSession, viewer: Viewer, kpi_id: str, rater_group: RaterGroup | None, *, now: datetime
) -> FormPreview:
    """The questions of one soft KPI as a rater group would meet them, with the promise that a new round begins with.

    For whoever may read the KPI. NotFound for a group without weight, NobodyAsked where none has one; self sees every KPI.
    """
    today = local_day(now)
    kpi = get_kpi(session, viewer, kpi_id, on=today)
    weights = kpi.current.rater_weights
    groups = [group for group in RaterGroup if weights.get(group, 0) > 0]
    group = _chosen(rater_group, [*groups, RaterGroup.SELF] if groups and kpi.kind is KpiKind.SOFT else [])
    company = _company_name(session, kpi.company_id)
    recipe = FormRecipe.of(
        company_name=company,
        round_name=kpi.current.name,
        purpose=kpi.current.purpose,
        asked_by=_owner_name(session, kpi) or company,
        period=(today - PERIOD, today),
        promise_hash="",
        groups=[default_policy(one) for one in (*groups, RaterGroup.SELF)],
        kpis=(freeze_kpi(kpi, weights),),
    )
    asked = [Asked("preview-0", "", SOMEBODY, SubjectKind.PERSON, (kpi.id,), group, is_answered=False, people=ENOUGH)]
    return preview_of(recipe, asked, group, round_id="", closes_at=now + OPEN_FOR)


def _chosen(wanted: RaterGroup | None, groups: Sequence[RaterGroup]) -> RaterGroup:
    if not groups:
        raise NobodyAsked
    if wanted is not None and wanted not in groups:
        raise NotFound
    return wanted or groups[0]


def _asked_in(frozen: FrozenRound, group: RaterGroup, assignments: Sequence[Assignment]) -> list[Asked]:
    """The subjects of whoever is asked about most; the first rated one, as if enough were asked, where nobody is yet."""
    known = {subject.id: subject for subject in frozen.subjects}
    if not assignments:
        rated = (subject for subject in frozen.subjects if subject.is_rated)
        about = next((subject for subject in rated if kpis_asked(frozen.kpis, subject, group)), None)
        return [_of_subject(0, about, group, ENOUGH)] if about else []
    people = Counter(one.subject_id for one in assignments if one.counted)
    asked: defaultdict[str, list[FrozenSubject]] = defaultdict(list)
    for one in assignments:
        asked[one.rater_id].append(known[one.subject_id])
    forms = (sorted(subjects, key=lambda subject: subject.name) for subjects in asked.values())
    subjects = min(forms, key=lambda form: (-len(form), [subject.name for subject in form]))
    return [_of_subject(place, subject, group, people[subject.id]) for place, subject in enumerate(subjects)]


def _of_subject(place: int, subject: FrozenSubject, group: RaterGroup, people: int) -> Asked:
    card = tuple(line.kpi_id for line in subject.card)
    return Asked(
        f"preview-{place}", subject.id, subject.name, subject.kind, card, group, is_answered=False, people=people
    )


def _company_name(session: ReadSession, company_id: str) -> str:
    return session.scalar(select(SubjectRow.name).where(SubjectRow.id == company_id)) or ""


def _owner_name(session: ReadSession, kpi: Kpi) -> str | None:
    found = load_people(session, [kpi.owner_id] if kpi.owner_id else [])
    return None if kpi.owner_id is None else found[PersonId(kpi.owner_id)].name
