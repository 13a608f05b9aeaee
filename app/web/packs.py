"""Starting from a pack: the packs there are, one of them in full before anything is stored, and drafts made from it."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.errors import AppError, FieldError, Invalid, NotFound
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.packs.commands import use_pack
from app.packs.intake import parse_use
from app.packs.shelf import look_at
from app.packs.values import Made, MadeKpi, PackedKpi, PackName
from app.web.forms import REFUSED, Filled, nested, refused
from app.web.known import NOBODY, find_known, known_people
from app.web.kpis import Share, TargetLine, goals_of, shares_of
from app.web.lists import company_of
from app.web.render import page
from app.words import in_locale

router = Pages()


@dataclass(frozen=True, slots=True)
class ShownKpi:
    """A KPI of a pack with what the parts of a KPI's card ask for."""

    packed: PackedKpi
    shares: Sequence[Share]
    targets: Sequence[TargetLine]
    conditions: Sequence[str]


@router.get("/kpis/packs")
@access(Action.KPIS_WRITE)
def show_packs(request: Request) -> Response:
    with reading(request) as (session, visit):
        require(visit.viewer, Action.KPIS_WRITE, company_of(session, visit).path)
    return page(visit, "pages/kpis/packs.html", packs=[look_at(name, on=visit.today) for name in PackName])


@router.get("/kpis/packs/{pack}")
@access(Action.KPIS_WRITE)
def show_pack(request: Request, pack: str) -> Response:
    with reading(request) as (session, visit):
        return _pack_page(session, visit, _named(pack), Filled())


@router.post("/kpis/packs/{pack}")
@access(Action.KPIS_WRITE)
def start_from_pack(request: Request, pack: str) -> Response:
    form, name = posted(request), _named(pack)
    try:
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            require(visit.viewer, Action.KPIS_WRITE, company.path)
            use = parse_use(_given(session, company.id, form), name, posted=True)
            made = use_pack(session, visit.viewer, use, company_id=company.id, now=visit.now)
            return _made_page(visit, name, made)
    except REFUSED as error:
        return _again(request, name, form, error)


def _named(pack: str) -> PackName:
    if pack not in set(PackName):
        raise NotFound
    return PackName(pack)


def _given(session: ReadSession, company_id: str, form: Form) -> dict[str, object]:
    """What was chosen, the owner by what people are called here."""
    given = nested(form)
    typed = form.one("owner_id").strip()
    owner = find_known(session, company_id, typed) if typed else None
    if typed and owner is None:
        raise Invalid([FieldError("owner_id", NOBODY)])
    return given | {"owner_id": owner.id if owner else ""}


def _again(request: Request, name: PackName, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        return _pack_page(session, visit, name, refused(visit, form, error))


def _pack_page(session: ReadSession, visit: Visit, name: PackName, form: Filled) -> Response:
    company = company_of(session, visit)
    require(visit.viewer, Action.KPIS_WRITE, company.path)
    pack = look_at(name, on=visit.today)
    goals = goals_of(session, visit, company.id).values()
    return page(
        visit,
        "pages/kpis/pack.html",
        status=form.status,
        form=form,
        pack=pack,
        kpis=[_shown(one) for one in pack.kpis],
        goals=[(goal.id, in_locale(goal.name, visit.locale)) for goal in goals],
        people=known_people(session, visit, company.id),
    )


def _shown(packed: PackedKpi) -> ShownKpi:
    targets = [] if packed.target is None else [TargetLine(packed.target, None)]
    version = packed.version
    return ShownKpi(packed, shares_of(version.rater_weights), targets, [""] * len(version.items))


def _made_page(visit: Visit, name: PackName, made: Sequence[MadeKpi]) -> Response:
    created = sum(one.made is Made.CREATED for one in made)
    pack = look_at(name, on=visit.today)
    return page(visit, "pages/kpis/pack_made.html", pack=pack, made=made, created=created)
