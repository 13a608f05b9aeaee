"""The pages of benchmarks that were brought in: which there are, one with its KPIs mapped to ours, withdrawing one."""

from collections.abc import Mapping, Sequence

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.benchmarks import commands, queries
from app.benchmarks.intake import parse_mapping
from app.benchmarks.rules import in_groups
from app.benchmarks.values import Line
from app.errors import AppError
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.web.benchmark_words import DONE, line_texts
from app.web.forms import REFUSED, Filled, refused
from app.web.lists import company_of, next_href, slice_of
from app.web.render import flash_for, page, see_other
from app.words import Words, in_locale

router = Pages()


@router.get("/benchmarks")
@access(Action.RESULTS_READ)
def show_benchmarks(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = queries.list_benchmarks(session, visit.viewer, company.id, slice_of(visit))
        key = queries.find_signing_key(session, visit.viewer, company.id)
    return page(
        visit,
        "pages/benchmarks/list.html",
        flash=flash_for(visit, DONE),
        items=found.items,
        older=next_href(visit, found),
        key=key,
        may_write=may(visit.viewer, Action.DECISIONS_WRITE, (company.id,)),
    )


@router.get("/benchmarks/{benchmark_id}")
@access(Action.RESULTS_READ)
def show_benchmark(request: Request, benchmark_id: str) -> Response:
    with reading(request) as (session, visit):
        return _benchmark_page(session, visit, benchmark_id)


@router.post("/benchmarks/{benchmark_id}/mapping")
@access(Action.DECISIONS_WRITE)
def change_mapping(request: Request, benchmark_id: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            found = queries.get_benchmark(session, visit.viewer, benchmark_id)
            own_kpis = mapping_of(form, found.lines)
            commands.map_benchmark(session, visit.viewer, benchmark_id, own_kpis, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _benchmark_page(session, visit, benchmark_id, form, error)
    return see_other(f"/benchmarks/{benchmark_id}", done="mapped")


@router.get("/benchmarks/{benchmark_id}/withdraw")
@access(Action.DECISIONS_WRITE)
def show_withdraw(request: Request, benchmark_id: str) -> Response:
    with reading(request) as (session, visit):
        found = queries.get_benchmark(session, visit.viewer, benchmark_id)
        require(visit.viewer, Action.DECISIONS_WRITE, (found.company_id,))
    return page(visit, "pages/benchmarks/withdraw.html", found=found)


@router.post("/benchmarks/{benchmark_id}/withdraw")
@access(Action.DECISIONS_WRITE)
def withdraw(request: Request, benchmark_id: str) -> Response:
    with writing(request) as (session, visit):
        commands.withdraw_benchmark(session, visit.viewer, benchmark_id, now=visit.now)
    return see_other(f"/benchmarks/{benchmark_id}", done="withdrawn")


def mapping_of(form: Form, lines: Sequence[Line]) -> dict[str, str]:
    """By the source's id of a KPI our own, from one field for each KPI of the file in its order."""
    kpi_ids = list(dict.fromkeys(line.kpi_id for line in lines))
    return parse_mapping(((kpi_id, form.one(f"own.{place}")) for place, kpi_id in enumerate(kpi_ids)), kpi_ids)


def mapping_rows(visit: Visit, lines: Sequence[Line], chosen: Mapping[str, str | None]) -> list[tuple[str, str, str]]:
    """Each KPI of a file once: the field, what it is called there, and which of ours is chosen."""
    kpis = {line.kpi_id: line.kpi for line in lines}
    return [
        (f"own.{place}", in_locale(name, visit.locale), chosen.get(kpi_id) or "")
        for place, (kpi_id, name) in enumerate(kpis.items())
    ]


def own_options(visit: Visit, own: dict[str, Words]) -> list[tuple[str, str]]:
    """Our soft KPIs by name."""
    return sorted(
        ((id_, in_locale(name, visit.locale)) for id_, name in own.items()), key=lambda one: one[1].casefold()
    )


def _benchmark_page(
    session: ReadSession, visit: Visit, benchmark_id: str, form: Form | None = None, error: AppError | None = None
) -> Response:
    found = queries.get_benchmark(session, visit.viewer, benchmark_id)
    own = queries.load_own_kpis(session, found.company_id, on=visit.today)
    filled = refused(visit, form, error) if form is not None and error is not None else Filled()
    return page(
        visit,
        "pages/benchmarks/benchmark.html",
        flash=flash_for(visit, DONE),
        status=filled.status,
        form=filled,
        found=found,
        lines=line_texts(visit, found.lines, found.own_kpis, own),
        mapping=mapping_rows(visit, found.lines, found.own_kpis),
        digest=in_groups(found.digest),
        options=own_options(visit, own),
        may_write=may(visit.viewer, Action.DECISIONS_WRITE, (found.company_id,)),
    )
