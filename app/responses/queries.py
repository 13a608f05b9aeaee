"""Every SELECT behind a rating link: the form as its rater meets it; sheets are read in `sheets`."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from app.infra.database import ReadSession
from app.infra.entropy import random_uuid
from app.infra.ids import entropy_of
from app.infra.keys import draft_key, key_of
from app.infra.lookup import Lookup
from app.invitations.queries import INVITATION, IS_LINK, LINK_COLUMNS, LINK_TABLES, link_of, load_link_rows
from app.invitations.values import RatingLink
from app.kpis.values import RaterGroup
from app.organisation.tables import SubjectRow
from app.organisation.values import SubjectKind
from app.responses.compose import Asked, FormRecipe, form_subjects
from app.responses.intake import BEGUN
from app.responses.tables import DraftRow
from app.responses.values import FormSubject, RatingForm
from app.rounds.recipe import groups_in, kpis_in, overlaps_in
from app.rounds.rules import minutes_to_answer
from app.rounds.tables import AssignmentRow, RoundRow, RoundSubjectRow

RECIPES_KEPT = 64


_recipes: OrderedDict[tuple[str, str], FormRecipe] = OrderedDict()


def load_rating_form(session: ReadSession, token: str, *, now: datetime) -> RatingForm:
    """What a rating link asks, without any answer given before; one statement. The errors are those of `find_link`."""
    rows = load_link_rows(session, token, _FORM, draft=draft_key(token))
    link = link_of(session, token, rows, now=now)
    recipe = load_form_recipe(session, link)
    subjects = _form_subjects(recipe, (row for row in rows if row.id is not None))
    draft = _draft(session, rows[0].draft, subjects)
    return RatingForm(
        round_id=link.round_id,
        company_name=recipe.company_name,
        round_name=recipe.round_name,
        purpose=recipe.purpose,
        asked_by=recipe.asked_by,
        rater_name=link.name,
        locale=link.locale,
        period_start=recipe.period_start,
        period_end=recipe.period_end,
        closes_at=link.closes_at,
        minutes=minutes_to_answer(sum(len(subject.items) for subject in subjects), len(subjects)),
        promise_hash=recipe.promise_hash,
        submission_id=random_uuid(entropy_of(session)),
        # Whoever comes back to a draft has filled it in before, so the time from now on says nothing.
        begun="" if draft else key_of(session).seal_moment(BEGUN, link.round_id, now),
        subjects=subjects,
        moderated_by=recipe.moderated_by,
        draft=draft,
        late_until=link.ends_at if now >= link.closes_at else None,
    )


def load_form_recipe(session: ReadSession, link: RatingLink) -> FormRecipe:
    """The part of a form that is the same for every rater of the round."""
    key = (link.round_id, link.promise_hash)
    known = _recipes.get(key)
    if known is None:
        known = _recipes[key] = _read_recipe(session, link)
        if len(_recipes) > RECIPES_KEPT:
            _recipes.popitem(last=False)
    return known


def _draft(session: ReadSession, kept: Mapping[str, str] | None, subjects: Iterable[FormSubject]) -> Mapping[str, str]:
    """A draft by the names of the form's fields; what the form no longer asks is left out."""
    if not kept:
        return {}
    key = key_of(session)
    names = {f"{key.draft_mark(subject.assignment_id)}.": f"{subject.assignment_id}." for subject in subjects}
    marked = ((name.partition("."), text) for name, text in kept.items())
    return {f"{names[mark + dot]}{last}": text for (mark, dot, last), text in marked if mark + dot in names}


def take_form_subjects(session: ReadSession, link: RatingLink, recipe: FormRecipe) -> tuple[FormSubject, ...]:
    """Whom the link asks about, held until the transaction ends: two submits through one link come one after the other."""
    asked = {"round_id": link.round_id, "rater_id": link.person_id}
    return _form_subjects(recipe, session.connection().execute(_TAKEN, asked))


def _form_subjects(recipe: FormRecipe, rows: Iterable[Row[Any]]) -> tuple[FormSubject, ...]:
    """Subjects by rater group and name, each with the questions for that group."""
    return form_subjects(recipe, map(_asked, rows))


def _asked(row: Row[Any]) -> Asked:
    card = tuple(line["kpi_id"] for line in row.card)
    group, kind = RaterGroup(row.rater_group), SubjectKind(row.kind)
    return Asked(row.id, row.subject_id, row.name, kind, card, group, row.answered, row.people)


_ASSIGNMENT, _SUBJECT = AssignmentRow.__table__, RoundSubjectRow.__table__
_OTHERS = _ASSIGNMENT.alias("others")
# How many people that count are asked about the same subject; says nothing of answers.
_PEOPLE = (
    select(func.count())
    .select_from(_OTHERS)
    .where(
        _OTHERS.c.round_id == _ASSIGNMENT.c.round_id,
        _OTHERS.c.subject_id == _ASSIGNMENT.c.subject_id,
        _OTHERS.c.rater_group == _ASSIGNMENT.c.rater_group,
        _OTHERS.c.counted,
        _OTHERS.c.declined.is_(None),
    )
    .correlate(_ASSIGNMENT)
    .scalar_subquery()
)
_ASKED = (
    *(_ASSIGNMENT.c[name] for name in ("id", "subject_id", "rater_group", "answered")),
    *(_SUBJECT.c[name] for name in ("name", "kind", "card")),
    _PEOPLE.label("people"),
)
_PLACED = (_SUBJECT.c.round_id == _ASSIGNMENT.c.round_id) & (_SUBJECT.c.subject_id == _ASSIGNMENT.c.subject_id)
_ORDER = (_ASSIGNMENT.c.rater_group, _SUBJECT.c.name, _ASSIGNMENT.c.occasion, _ASSIGNMENT.c.id)
# Made once: building them anew would cost a form more than running them.
_TAKEN = (
    select(*_ASKED)
    .select_from(_ASSIGNMENT.join(_SUBJECT, _PLACED))
    .where(
        _ASSIGNMENT.c.round_id == bindparam("round_id"),
        _ASSIGNMENT.c.rater_id == bindparam("rater_id"),
        _ASSIGNMENT.c.declined.is_(None),
    )
    .order_by(*_ORDER)
    .with_for_update(of=_ASSIGNMENT, key_share=True)
)
_BY_LINK = (
    (_ASSIGNMENT.c.round_id == INVITATION.c.round_id)
    & (_ASSIGNMENT.c.rater_id == INVITATION.c.person_id)
    & _ASSIGNMENT.c.declined.is_(None)
)
_DRAFT = DraftRow.__table__
_FORM = Lookup(
    select(*LINK_COLUMNS, *_ASKED, _DRAFT.c.fields.label("draft"))
    .select_from(
        LINK_TABLES.outerjoin(_ASSIGNMENT, _BY_LINK)
        .outerjoin(_SUBJECT, _PLACED)
        .outerjoin(_DRAFT, _DRAFT.c.key == bindparam("draft"))
    )
    .where(IS_LINK)
    .order_by(*_ORDER)
)


def _read_recipe(session: ReadSession, link: RatingLink) -> FormRecipe:
    row, company_name = session.execute(
        select(RoundRow, SubjectRow.name)
        .join(SubjectRow, SubjectRow.id == RoundRow.company_id)
        .where(RoundRow.id == link.round_id)
    ).one()
    recipe = row.recipe or {}
    return FormRecipe.of(
        company_name=company_name,
        round_name=row.name,
        purpose=row.purpose,
        asked_by=row.asked_by,
        period=(row.period_start, row.period_end),
        promise_hash=link.promise_hash,
        groups=groups_in(recipe["groups"]),
        kpis=kpis_in(recipe["kpis"]),
        overlapping=overlaps_in(row.overlapping),
        grows=bool(recipe.get("grows")),
        moderated_by=row.moderated_by,
    )
