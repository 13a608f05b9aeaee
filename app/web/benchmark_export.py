"""The page on which a release becomes a signed file: which figures may leave, which stay, and the file itself."""

import json

from fastapi import Request, Response

from app.accounts.rules import Action
from app.benchmarks import commands, queries
from app.benchmarks.rules import document_of
from app.errors import FieldError, Invalid
from app.fields import REQUIRED
from app.http.access import access
from app.http.doors import posted
from app.http.downloads import download
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.web.benchmark_words import kept_words, line_texts
from app.web.forms import REFUSED, Filled, refused
from app.web.render import page
from app.words import in_locale

router = Pages()


@router.get("/results/{release_id}/benchmark")
@access(Action.RESULTS_READ)
def show_offer(request: Request, release_id: str) -> Response:
    with reading(request) as (session, visit):
        return _offer_page(session, visit, release_id, Filled())


@router.post("/results/{release_id}/benchmark")
@access(Action.DECISIONS_WRITE)
def make_file(request: Request, release_id: str) -> Response:
    form = posted(request)
    try:
        chosen = form.many("kpi_id")
        if not chosen:
            raise Invalid([FieldError("kpi_id", REQUIRED)])
        with writing(request) as (session, visit):
            file = commands.export_benchmark(session, visit.viewer, release_id, kpi_ids=chosen, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _offer_page(session, visit, release_id, refused(visit, form, error))
    raw = json.dumps(document_of(file), ensure_ascii=False, indent=2).encode()
    return download(raw, f"benchmark-{file.lines[0].period_end}.json", "application/json")


def _offer_page(session: ReadSession, visit: Visit, release_id: str, form: Filled) -> Response:
    offer = queries.get_offer(session, visit.viewer, release_id, on=visit.today)
    kpis = {line.kpi_id: line.kpi for line in offer.lines}
    return page(
        visit,
        "pages/benchmarks/offer.html",
        status=form.status,
        form=form,
        offer=offer,
        lines=line_texts(visit, offer.lines),
        kept=kept_words(visit, offer.kept),
        kpis=[(kpi_id, in_locale(name, visit.locale)) for kpi_id, name in kpis.items()],
    )
