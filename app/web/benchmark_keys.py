"""The pages of keys: our own with its fingerprint to hand over, and those of others that are trusted."""

from fastapi import Request, Response

from app.accounts.rules import Action, may, require
from app.benchmarks import commands, queries
from app.benchmarks.intake import parse_key_name, parse_public_key
from app.http.access import access
from app.http.doors import posted
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.web.benchmark_words import DONE
from app.web.forms import REFUSED, Filled, refused
from app.web.lists import company_of
from app.web.render import flash_for, page, said, see_other

router = Pages()

_KEYS = "/benchmarks/keys"


@router.get(_KEYS)
@access(Action.RESULTS_READ)
def show_keys(request: Request) -> Response:
    with reading(request) as (session, visit):
        return _keys_page(session, visit, Filled())


@router.post(_KEYS)
@access(Action.DECISIONS_WRITE)
def trust(request: Request) -> Response:
    form = posted(request)
    try:
        public_key, name = parse_public_key(form.one("public_key")), parse_key_name(form.one("name"))
        with writing(request) as (session, visit):
            company = company_of(session, visit)
            commands.trust_key(session, visit.viewer, company.id, public_key, name=name, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            names = {"public_key": said(visit, "Public key"), "name": said(visit, "Whose key it is")}
            return _keys_page(session, visit, refused(visit, form, error, names=names))
    return see_other(_KEYS, done="trusted")


@router.get(f"{_KEYS}/new")
@access(Action.DECISIONS_WRITE)
def show_new_key(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        require(visit.viewer, Action.DECISIONS_WRITE, (company.id,))
        key = queries.find_signing_key(session, visit.viewer, company.id)
    return page(visit, "pages/benchmarks/new_key.html", key=key)


@router.post(f"{_KEYS}/new")
@access(Action.DECISIONS_WRITE)
def make_key(request: Request) -> Response:
    with writing(request) as (session, visit):
        commands.make_signing_key(session, visit.viewer, company_of(session, visit).id, now=visit.now)
    return see_other(_KEYS, done="made")


@router.post(f"{_KEYS}/{{trusted_key_id}}/end")
@access(Action.DECISIONS_WRITE)
def end(request: Request, trusted_key_id: str) -> Response:
    with writing(request) as (session, visit):
        commands.end_trust(session, visit.viewer, trusted_key_id, now=visit.now)
    return see_other(_KEYS, done="ended")


def _keys_page(session: ReadSession, visit: Visit, form: Filled) -> Response:
    company = company_of(session, visit)
    return page(
        visit,
        "pages/benchmarks/keys.html",
        flash=flash_for(visit, DONE),
        status=form.status,
        form=form,
        own=queries.find_signing_key(session, visit.viewer, company.id),
        trusted=queries.list_trusted_keys(session, visit.viewer, company.id),
        may_write=may(visit.viewer, Action.DECISIONS_WRITE, (company.id,)),
    )
