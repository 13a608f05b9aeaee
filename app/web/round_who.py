"""The step of a round that chooses who is rated, and by which rater groups."""

from collections.abc import Collection, Iterator

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.encounters.commands import propose_assignments
from app.errors import AppError
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession, WriteSession
from app.kpis.values import RaterGroup
from app.organisation.queries import load_tree
from app.organisation.values import UNIT_KINDS, Subject, SubjectId, SubjectKind, Tree
from app.rounds.commands import set_groups, set_rated_subjects
from app.rounds.intake import parse_groups, parse_rated
from app.rounds.queries import load_rated
from app.rounds.values import GroupPolicy, Round
from app.web.forms import REFUSED, Filled, refused
from app.web.render import flash_for, page, said, see_other
from app.web.round_parts import DONE, draft_frame

router = Pages()

LISTED_ONE_BY_ONE = 400
"""Beyond so many subjects people are chosen by unit; who was chosen alone stays listed."""

USUAL_GROUPS = (RaterGroup.MANAGER, RaterGroup.COLLEAGUE)
"""Ticked as long as nothing is chosen: the structure proposes both, so that such a round needs no list."""

EVERYBODY = "all"
_IN = "in."


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """A unit whose people, or which itself, can be rated; `options` and `chosen` as check boxes."""

    field: str
    way: str
    options: tuple[tuple[str, str, str], ...]
    chosen: tuple[str, ...]


@router.get("/rounds/{round_id}/who")
@access(Action.ROUNDS_WRITE)
def show_who(request: Request, round_id: str) -> Response:
    with reading(request) as (session, visit):
        return _who_page(session, visit, round_id, None)


@router.post("/rounds/{round_id}/who")
@access(Action.ROUNDS_WRITE)
def save_who(request: Request, round_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            present = draft_frame(session, visit, round_id, "who").round
            _store(session, visit, present, form)
    except REFUSED as error:
        return _again(request, round_id, form, error)
    return see_other(f"/rounds/{round_id}/what", done="saved")


def _store(session: WriteSession, visit: Visit, present: Round, form: Form) -> None:
    """Write groups and subjects; when either changed, the structure proposes anew who rates whom."""
    groups = _groups(present, form)
    rated = parse_rated({"subject_ids": list(_chosen(_tree(session, visit, present), form))}, posted=True)
    changed = set(rated) != set(load_rated(session, present.id))
    changed = changed or [one.rater_group for one in groups] != [one.rater_group for one in present.groups]
    set_groups(session, visit.viewer, present.id, groups, now=visit.now)
    set_rated_subjects(session, visit.viewer, present.id, rated, now=visit.now)
    if changed:
        propose_assignments(session, visit.viewer, present.id, now=visit.now)


def _groups(present: Round, form: Form) -> tuple[GroupPolicy, ...]:
    """The chosen groups in their usual order; those that were there keep their policy."""
    kept = {one.rater_group: one for one in present.groups}
    wanted = parse_groups({"groups": [{"rater_group": one} for one in form.many("groups")]}, posted=True)
    order = list(RaterGroup)
    return tuple(kept.get(one.rater_group, one) for one in sorted(wanted, key=lambda one: order.index(one.rater_group)))


def _chosen(tree: Tree, form: Form) -> Iterator[str]:
    """The ids that were ticked; "everybody" of a unit stands for the people directly in it."""
    for name in form:
        if name.startswith(_IN):
            unit_id = SubjectId(name.removeprefix(_IN))
            for value in form.many(name):
                if value == EVERYBODY and unit_id in tree.subjects:
                    yield from tree.members(unit_id)
                else:
                    yield value


def _tree(session: ReadSession, visit: Visit, present: Round) -> Tree:
    return load_tree(session, present.company_id, on=visit.today)


def _again(request: Request, round_id: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        names = {"groups": said(visit, "Rater groups"), "subject_ids": said(visit, "Who is rated")}
        filled = refused(visit, form, error, places=_place, names=names)
        return _who_page(session, visit, round_id, filled)


def _place(field: str) -> str:
    return "groups" if field.startswith("groups") else ""


def _who_page(session: ReadSession, visit: Visit, round_id: str, sent: Filled | None) -> Response:
    frame = draft_frame(session, visit, round_id, "who")
    tree = _tree(session, visit, frame.round)
    rated = load_rated(session, frame.round.id)
    groups = [one.rater_group for one in frame.round.groups]
    form = sent or Filled({"groups": [*(groups or USUAL_GROUPS)], **_ticked(tree, rated)})
    return page(
        visit,
        "pages/rounds/who.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        frame=frame,
        form=form,
        units=list(_choices(visit, tree, SubjectId(frame.round.scope_id), form)),
        groups=[one.value for one in RaterGroup],
    )


def _ticked(tree: Tree, rated: Collection[str]) -> dict[str, list[str]]:
    """What is rated now, as the boxes of the form: by the unit it stands under."""
    ticked: dict[str, list[str]] = {}
    for subject_id in rated:
        subject = tree.subjects.get(SubjectId(subject_id))
        if subject is not None:
            place = subject.id if subject.kind in UNIT_KINDS else subject.parent_id
            ticked.setdefault(f"{_IN}{place}", []).append(subject.id)
    return ticked


def _choices(visit: Visit, tree: Tree, scope_id: SubjectId, form: Filled) -> Iterator[UnitChoice]:
    if scope_id not in tree.subjects:
        return
    inside = [tree.subjects[one] for one in tree.subtree(scope_id)]
    one_by_one = len(inside) <= LISTED_ONE_BY_ONE
    for unit in inside:
        if unit.kind in UNIT_KINDS:
            yield _choice(visit, tree, unit, form, one_by_one=one_by_one)


def _choice(visit: Visit, tree: Tree, unit: Subject, form: Filled, *, one_by_one: bool) -> UnitChoice:
    field = f"{_IN}{unit.id}"
    people = [tree.subjects[one] for one in tree.members(unit.id)]
    rivals = [one for one in map(tree.subjects.__getitem__, tree.children(unit.id)) if one.kind is _RIVAL]
    chosen = set(form.many(field))
    is_full = bool(people) and chosen.issuperset(one.id for one in people)
    listed = people if one_by_one else [one for one in people if one.id in chosen and not is_full]
    everybody = said(visit, "Everybody directly in {unit} ({count})", unit=unit.name, count=len(people))
    options = [(EVERYBODY, everybody, "")] if len(people) > 1 or (people and not one_by_one) else []
    options += [(one.id, one.name, "") for one in listed]
    options += [(unit.id, unit.name, said(visit, "The unit itself, on its own scorecard"))]
    options += [(one.id, one.name, said(visit, "Competitor")) for one in rivals]
    # Where people are listed, the box is a way to tick them all and never says that they are: else nobody could be
    # taken out again alone.
    ticks = [*form.many(field), *([EVERYBODY] if is_full and not one_by_one else [])]
    return UnitChoice(field, _way(tree, unit), tuple(options), tuple(ticks))


_RIVAL = SubjectKind.COMPETITOR


def _way(tree: Tree, unit: Subject) -> str:
    return " / ".join(tree.subjects[place].name for place in unit.path[1:]) or unit.name
