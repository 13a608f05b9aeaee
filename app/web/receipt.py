"""The page where a receipt code is typed in: what became of the comment, and nothing else; the code is in no address."""

from fastapi import Request, Response

from app.errors import Invalid
from app.http.access import by_link, public
from app.http.doors import posted
from app.http.routes import Pages
from app.http.service import count_miss
from app.http.visit import Visit, passing, reading
from app.papers.comment_words import outcome_words
from app.receipts.intake import CODE, parse_code
from app.receipts.queries import get_outcome
from app.receipts.rules import UnknownReceipt
from app.receipts.values import Outcome
from app.web.forms import Filled, refused
from app.web.render import page, said

router = Pages()

LOOKUP = "/receipt"


@router.get(LOOKUP)
@public("asks for a code and tells nothing")
def show_receipt(request: Request) -> Response:
    return _page(passing(request), Filled())


@router.post(LOOKUP)
@by_link("whoever holds the code may see what became of the comment; guesses are counted like those of links")
def tell_outcome(request: Request) -> Response:
    form = posted(request)
    visit = passing(request)
    try:
        code = parse_code({CODE: form.one(CODE)}, posted=True)
        with reading(request) as (session, _):
            outcome = get_outcome(session, code)
    except Invalid as error:
        return _page(visit, refused(visit, form, error, names={CODE: said(visit, "Code")}))
    except UnknownReceipt as unknown:
        count_miss(request)
        sentence = said(visit, unknown.message)
        return _page(visit, Filled({}, {CODE: sentence}, ((CODE, sentence),), status=404))
    return _page(visit, Filled(), outcome)


def _page(visit: Visit, form: Filled, outcome: Outcome | None = None) -> Response:
    """The form, with what a code tells above it; what was typed does not come back, so that it is on no page."""
    kept = Filled({}, form.errors, form.summary, form.problem, form.status)
    words = outcome_words(outcome) if outcome is not None else None
    return page(visit, "rate/receipt.html", status=form.status, form=kept, words=words, action=LOOKUP)
