"""A benchmark file from somebody else: looked at first, its key trusted on purpose, then stored."""

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.benchmarks import commands, queries
from app.benchmarks.intake import parse_file, require_small
from app.benchmarks.rules import canonical, document_of
from app.benchmarks.values import BenchmarkFile, Look, Trust
from app.errors import FieldError, Invalid, Malformed, TooLarge
from app.fields import REQUIRED
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.json_reader import read_json
from app.http.refusals import WrongMediaType
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.web.benchmark_words import line_texts
from app.web.benchmarks import mapping_of, mapping_rows, own_options
from app.web.forms import REFUSED, Filled, refused
from app.web.lists import company_of
from app.web.render import page, said, see_other
from app.web.uploads import CONTENT, FILE, is_check

router = Pages()

TRUST = "trust"
"""The field that confirms the fingerprint of a key."""

_UNREADABLE = (*REFUSED, Malformed, TooLarge, WrongMediaType)


@router.get("/benchmarks/import")
@access(Action.DECISIONS_WRITE)
def show_import(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _choose_page(session, visit, Filled())


@router.post("/benchmarks/import")
@access(Action.DECISIONS_WRITE)
def take_file(request: Request) -> Response:
    form = posted(request)
    try:
        file = _file_of(form)
        with reading(request) as (session, visit):
            look = queries.look_at(session, visit.viewer, company_of(session, visit).id, file, on=visit.today)
            if is_check(form):
                return _look_page(session, visit, look, Filled())
    except _UNREADABLE as error:
        with reading(request) as (session, visit):
            return _choose_page(session, visit, refused(visit, form, error, places=lambda _: FILE))
    return _store(request, form, look)


def _store(request: Request, form: Form, look: Look) -> Response:
    try:
        own_kpis = mapping_of(form, look.file.lines)
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            made = commands.import_benchmark(
                session,
                visit.viewer,
                company.id,
                look.file,
                own_kpis=own_kpis,
                confirmed=form.one(TRUST) or None,
                now=visit.now,
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            return _look_page(session, visit, look, refused(visit, form, error))
    return see_other(f"/benchmarks/{made.id}", done="stored")


def _file_of(form: Form) -> BenchmarkFile:
    """The file that was chosen, or the one that the page carries; Invalid without either."""
    upload = form.file(FILE)
    raw = form.one(CONTENT).encode() if upload is None else upload.raw
    if not raw:
        raise Invalid([FieldError(FILE, REQUIRED, "JSON")])
    return parse_file(read_json(require_small(raw)))


def _choose_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    require(visit.viewer, Action.DECISIONS_WRITE, (company_of(session, visit).id,))
    return page(visit, "pages/benchmarks/import.html", status=form.status, form=form)


def _look_page(session: ReadSession, visit: Visit, look: Look, form: Filled) -> Response:
    company = company_of(session, visit)
    own = queries.load_own_kpis(session, company.id, on=visit.today)
    proposed = {one.kpi_id: one.own_kpi_id for one in look.proposals}
    chosen = mapping_rows(visit, look.file.lines, proposed)
    return page(
        visit,
        "pages/benchmarks/look.html",
        status=form.status,
        form=form,
        look=look,
        content=canonical(document_of(look.file)).decode(),
        lines=line_texts(visit, look.file.lines),
        mapping=[(name, label, form.value(name, proposal)) for name, label, proposal in chosen],
        options=own_options(visit, own),
        trusted=look.trust is Trust.TRUSTED,
        confirm=said(
            visit,
            "I have compared the fingerprint with {name} by another way, and trust this key.",
            name=look.file.source,
        ),
    )
