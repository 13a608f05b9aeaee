"""Packs over HTTP: KPIs that are worded, weighed and practised already, and drafts made from them."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, answer, company_of, posting, resource
from app.api.schemas.packs import MadeKpisOut, PackOut, PacksOut, PackUseIn
from app.errors import NotFound
from app.http.access import access
from app.http.visit import reading
from app.packs.commands import use_pack
from app.packs.intake import parse_use
from app.packs.shelf import look_at
from app.packs.values import PackName

router = resource("KPIs")


@router.get("/kpi-packs", response_model=PacksOut)
@access(Action.KPIS_READ)
def list_kpi_packs(request: Request) -> Response:
    """The packs there are, each in full, with the target that is proposed for a measured KPI."""
    with reading(request) as (_, visit):
        packs = [PackOut.of(look_at(name, on=visit.today)) for name in PackName]
    return answer(PacksOut(items=packs))


@router.get("/kpi-packs/{pack}", response_model=PackOut)
@access(Action.KPIS_READ)
def get_kpi_pack(request: Request, pack: str) -> Response:
    """One pack in full; nothing is stored."""
    with reading(request) as (_, visit):
        found = look_at(_named(pack), on=visit.today)
    return answer(PackOut.of(found))


@router.post("/kpi-packs/{pack}", response_model=MadeKpisOut)
@access(Action.KPIS_WRITE)
def use_kpi_pack(request: Request, pack: str, sent: PackUseIn, company_id: CompanyId = None) -> Response:
    """Make drafts of the KPIs of a pack, all or none; one whose name is here already is told and left alone."""
    use = parse_use(sent.given(), _named(pack))
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        made = use_pack(post.session, post.viewer, use, company_id=company, now=post.now)
        return post.answer(MadeKpisOut.told(made))


def _named(pack: str) -> PackName:
    if pack not in set(PackName):
        raise NotFound
    return PackName(pack)
