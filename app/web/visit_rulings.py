"""What becomes of a visit on its page: taken back, accepted, sent back, objected to, decided."""

from collections.abc import Callable

from fastapi import Request, Response

from app.accounts.rules import Action
from app.fields import Fields
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit as Caller
from app.http.visit import reading, writing
from app.infra.database import WriteSession
from app.visits import commands
from app.visits.intake import parse_said
from app.visits.values import AppealOutcome
from app.web.forms import REFUSED, nested, refused
from app.web.render import said, see_other
from app.web.visits import visit_page

router = Pages()

Ruling = Callable[[WriteSession, Caller, Form], object]

NAMES = {
    "note": "What is wrong",
    "appeal": "Your objection",
    "reason": "Reason",
    "outcome": "What becomes of the visit",
}


@router.post("/visits/{visit_id}/cancel")
@access(Action.ROUNDS_WRITE)
def cancel(request: Request, visit_id: str) -> Response:
    def rule(session: WriteSession, caller: Caller, _form: Form) -> object:
        return commands.cancel_visit(session, caller.viewer, visit_id, now=caller.now)

    return _ruled(request, visit_id, rule, done="cancelled")


@router.post("/visits/{visit_id}/accept")
@access(Action.RESULTS_ANALYSE)
def accept(request: Request, visit_id: str) -> Response:
    def rule(session: WriteSession, caller: Caller, _form: Form) -> object:
        return commands.accept_visit(session, caller.viewer, visit_id, now=caller.now)

    return _ruled(request, visit_id, rule, done="accepted")


@router.post("/visits/{visit_id}/return")
@access(Action.RESULTS_ANALYSE)
def send_back(request: Request, visit_id: str) -> Response:
    def rule(session: WriteSession, caller: Caller, form: Form) -> object:
        note = parse_said(nested(form), "note", posted=True)
        return commands.return_visit(session, caller.viewer, visit_id, note, now=caller.now)

    return _ruled(request, visit_id, rule, done="returned")


@router.post("/visits/{visit_id}/appeal")
@access(SIGNED_IN)
def object_to(request: Request, visit_id: str) -> Response:
    def rule(session: WriteSession, caller: Caller, form: Form) -> object:
        text = parse_said(nested(form), "appeal", posted=True)
        return commands.appeal_visit(session, caller.viewer, visit_id, text, now=caller.now)

    return _ruled(request, visit_id, rule, done="appealed")


@router.post("/visits/{visit_id}/decision")
@access(Action.RESULTS_ANALYSE)
def decide(request: Request, visit_id: str) -> Response:
    def rule(session: WriteSession, caller: Caller, form: Form) -> object:
        fields = Fields(nested(form), posted=True)
        outcome = fields.choice("outcome", AppealOutcome, required=True) or AppealOutcome.STANDS
        reason = fields.text("reason", longest=2000, required=True, lines=True) or ""
        fields.finish()
        return commands.decide_appeal(session, caller.viewer, visit_id, outcome, reason, now=caller.now)

    return _ruled(request, visit_id, rule, done="decided")


def _ruled(request: Request, visit_id: str, rule: Ruling, *, done: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, caller):
            rule(session, caller, form)
    except REFUSED as error:
        with reading(request) as (session, caller):
            names = {name: said(caller, label) for name, label in NAMES.items()}
            return visit_page(session, caller, visit_id, refused(caller, form, error, names=names))
    return see_other(f"/visits/{visit_id}", done=done)
