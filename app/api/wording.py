"""The letters of a company as it words them, over HTTP: read, worded, shown before they are sent, back to the house text."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import CompanyId, answer, company_of, posting, resource
from app.api.schemas.base import PageOut
from app.api.schemas.wording import LetterIn, LetterName, LetterOut, LetterPreviewOut
from app.http.access import access
from app.http.versions import expected_version
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.invitations.sample import sample_wording
from app.mail.letters import OPT_OUT, LetterInParts, letter_in_parts
from app.organisation.queries import get_subject
from app.wording import commands, queries
from app.wording.intake import parse_wording
from app.wording.rules import worded_letter
from app.wording.values import WordingDraft
from app.words import LOCALES

router = resource("Letters")


@router.get("/letters", response_model=PageOut[LetterOut])
@access(Action.ROUNDS_READ)
def list_letters(request: Request, company_id: CompanyId = None) -> Response:
    """The letters that a company may word, as they are worded now."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        found = queries.list_wordings(session, visit.viewer, company)
    return answer(PageOut[LetterOut](items=[LetterOut.of(one) for one in found], next_cursor=None))


@router.get("/letters/{letter}", response_model=LetterOut)
@access(Action.ROUNDS_READ)
def get_letter(request: Request, letter: LetterName, company_id: CompanyId = None) -> Response:
    """One letter as it is worded now; texts that are absent read as the house text."""
    with reading(request) as (session, visit):
        company = company_of(session, visit, company_id)
        found = queries.get_wording(session, visit.viewer, company, worded_letter(letter))
    return answer(LetterOut.of(found), version=found.version)


@router.put("/letters/{letter}", response_model=LetterOut)
@access(Action.ROUNDS_WRITE)
def word_letter(request: Request, letter: LetterName, sent: LetterIn, company_id: CompanyId = None) -> Response:
    """Word a letter, in both languages or in neither; holds for rounds launched from now on."""
    expected = expected_version(request)
    with writing(request) as (session, visit):
        company = company_of(session, visit, company_id)
        draft = _draft(session, visit, company, letter, sent)
        found = commands.set_wording(session, visit.viewer, company, draft, expected_version=expected, now=visit.now)
    return answer(LetterOut.of(found), version=found.version)


@router.delete("/letters/{letter}", status_code=204)
@access(Action.ROUNDS_WRITE)
def reset_letter(request: Request, letter: LetterName, company_id: CompanyId = None) -> Response:
    """Go back to the house text."""
    with writing(request) as (session, visit):
        company = company_of(session, visit, company_id)
        commands.set_wording(session, visit.viewer, company, WordingDraft(worded_letter(letter), {}), now=visit.now)
    return Response(status_code=204)


@router.post("/letters/{letter}/preview", response_model=LetterPreviewOut)
@access(Action.ROUNDS_WRITE)
def preview_letter(request: Request, letter: LetterName, sent: LetterIn, company_id: CompanyId = None) -> Response:
    """A letter with these texts as a rater would get it, in both languages; stores and sends nothing."""
    with posting(request) as post:
        company = company_of(post.session, post.visit, company_id)
        draft = _draft(post.session, post.visit, company, letter, sent)
        shown = {locale: _shown(post.session, post.visit, company, draft, locale) for locale in LOCALES}
        return post.answer(LetterPreviewOut.model_validate(shown))


def _draft(session: ReadSession, visit: Visit, company_id: str, letter: str, sent: LetterIn) -> WordingDraft:
    """The texts as they were sent, checked; for who may word the letters of the company."""
    company = get_subject(session, visit.viewer, company_id, on=visit.today, action=Action.ROUNDS_WRITE)
    return parse_wording(sent.given(), worded_letter(letter), organisation=company.name)


def _shown(session: ReadSession, visit: Visit, company_id: str, draft: WordingDraft, locale: str) -> LetterInParts:
    mail = sample_wording(session, company_id, draft, locale=locale, now=visit.now)
    place = f"{visit.settings.address}/…"
    links = {"link": place, "language_link": place, OPT_OUT: place}
    return letter_in_parts(mail, links, templates=visit.service.templates)
