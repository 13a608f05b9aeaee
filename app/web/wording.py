"""The pages of a company's letters: what it may word, the texts of one, how they would arrive, back to the house text."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.accounts.rules import Action, require
from app.deferred import dataclass
from app.errors import AppError, NotFound
from app.http.access import access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.infra.formats import Locale
from app.infra.templates import translate
from app.invitations.sample import sample_wording
from app.mail.letters import OPT_OUT, LetterInParts, letter_in_parts, sender_name
from app.mail.values import Letter, Mail
from app.organisation.values import Subject
from app.web.forms import REFUSED, Filled, flattened, fresh, nested, refused
from app.web.lists import company_of
from app.web.mail_frame import framed, framed_text
from app.web.render import Flash, flash_for, page, said, see_other
from app.wording.commands import set_wording
from app.wording.intake import parse_wording
from app.wording.queries import get_wording, list_wordings
from app.wording.rules import HOUSE, PARTS, worded_letter
from app.wording.values import Part, Wording, WordingDraft
from app.words import LOCALES

router = Pages()

DONE = {
    "stored": Flash("good", "The letter is stored.", "It holds for rounds that start from now on."),
    "reset": Flash("good", "The house text is back.", "It holds for rounds that start from now on."),
}
LETTERS: Mapping[Letter, str] = {Letter.INVITATION: "Invitation", Letter.REMINDER: "Reminder"}
_PARTS: Mapping[Part, str] = {
    Part.SUBJECT: "Subject line",
    Part.OPENING: "First paragraph",
    Part.CLOSING: "Until when",
}
_NOT_BY_FORM = ("version",)


@dataclass(frozen=True, slots=True)
class PartField:
    """A part of a letter on the form: what it is called, the places it needs, whether it has lines, its longest text."""

    name: str
    label: str
    needs: tuple[str, ...]
    has_lines: bool
    longest: int


@router.get("/admin/letters")
@access(Action.ROUNDS_READ)
def show_letters(request: Request) -> Response:
    with reading(request) as (session, visit):
        company = company_of(session, visit)
        found = list_wordings(session, visit.viewer, company.id)
    lines = [(one, said(visit, LETTERS[one.letter])) for one in found]
    return page(visit, "pages/letters/list.html", flash=flash_for(visit, DONE), lines=lines)


@router.get("/admin/letters/{letter}")
@access(Action.ROUNDS_WRITE)
def show_letter(request: Request, letter: str) -> Response:
    with reading(request) as (session, visit):
        _, wording = _worded(session, visit, letter)
        texts = _house_texts(visit, wording.letter) if visit.query.get("start") == "house" else wording.texts
        values = {**dict(flattened(texts)), "version": str(wording.version)}
        return _form_page(visit, wording, fresh(values))


@router.post("/admin/letters/{letter}")
@access(Action.ROUNDS_WRITE)
def word_letter(request: Request, letter: str) -> Response:
    form = posted(request)
    try:
        with writing(request) as (session, visit):
            company, wording = _worded(session, visit, letter)
            draft = _draft(company, wording.letter, form)
            version = form.one("version")
            expected = int(version) if version.isdecimal() and len(version) < 10 else None
            set_wording(session, visit.viewer, company.id, draft, expected_version=expected, now=visit.now)
    except REFUSED as error:
        return _again(request, letter, form, error)
    return see_other("/admin/letters", done="stored")


@router.get("/admin/letters/{letter}/shown")
@access(Action.ROUNDS_WRITE)
def show_stored(request: Request, letter: str) -> Response:
    with reading(request) as (session, visit):
        company, wording = _worded(session, visit, letter)
        mail = _sample(session, visit, company, WordingDraft(wording.letter, wording.texts), "nb")
    return _shown(visit, mail, "html")


@router.post("/admin/letters/{letter}/shown/{locale}/{kind}")
@access(Action.ROUNDS_WRITE)
def show_typed(request: Request, letter: str, locale: str, kind: str) -> Response:
    """What was typed, as it would arrive; nothing is stored. Fills the frame on the page of the letter."""
    sent = posted(request)
    language = next((one for one in LOCALES if one == locale), None)
    if language is None or kind not in {"html", "text"}:
        raise NotFound
    with reading(request) as (session, visit):
        company, wording = _worded(session, visit, letter)
        try:
            draft = _draft(company, wording.letter, sent)
        except REFUSED as error:
            told = refused(visit, sent, error, names=_names(visit))
            return framed_text("\n".join(sentence for _, sentence in told.summary))
        mail = _sample(session, visit, company, draft, language)
    return _shown(visit, mail, kind)


@router.get("/admin/letters/{letter}/reset")
@access(Action.ROUNDS_WRITE)
def ask_reset(request: Request, letter: str) -> Response:
    with reading(request) as (session, visit):
        _, wording = _worded(session, visit, letter)
    return page(visit, "pages/letters/reset.html", letter=wording.letter, name=said(visit, LETTERS[wording.letter]))


@router.post("/admin/letters/{letter}/reset")
@access(Action.ROUNDS_WRITE)
def reset(request: Request, letter: str) -> Response:
    with writing(request) as (session, visit):
        company, wording = _worded(session, visit, letter)
        set_wording(session, visit.viewer, company.id, WordingDraft(wording.letter, {}), now=visit.now)
    return see_other("/admin/letters", done="reset")


def _worded(session: ReadSession, visit: Visit, letter: str) -> tuple[Subject, Wording]:
    """The company and its letter, for who may word it."""
    company = company_of(session, visit)
    require(visit.viewer, Action.ROUNDS_WRITE, company.path)
    return company, get_wording(session, visit.viewer, company.id, worded_letter(letter))


def _draft(company: Subject, letter: Letter, form: Form) -> WordingDraft:
    return parse_wording(nested(form, *_NOT_BY_FORM), letter, organisation=company.name, posted=True)


def _sample(session: ReadSession, visit: Visit, company: Subject, draft: WordingDraft, locale: str) -> Mail:
    return sample_wording(session, company.id, draft, locale=locale, now=visit.now)


def _shown(visit: Visit, mail: Mail, kind: str) -> Response:
    place = f"{visit.settings.address}/…"
    links = {"link": place, "language_link": place, OPT_OUT: place}
    parts: LetterInParts = letter_in_parts(mail, links, templates=visit.service.templates)
    if kind == "html":
        return framed(parts.html)
    heads = {
        said(visit, "Sender"): f"{sender_name(mail.parameters)} <{visit.settings.mail_from}>",
        said(visit, "Subject line"): parts.subject,
    }
    told = "\n".join(f"{name}: {text}" for name, text in heads.items())
    return framed_text(f"{told}\n\n{parts.text}\n")


def _house_texts(visit: Visit, letter: Letter) -> dict[str, dict[str, str]]:
    """The words of the house as a company would write them, to begin with."""
    locales: tuple[Locale, ...] = ("nb", "en")
    return {
        locale: {part: translate(visit.service.templates, text, locale) for part, text in HOUSE[letter].items()}
        for locale in locales
    }


def _again(request: Request, letter: str, form: Form, error: AppError) -> Response:
    with reading(request) as (session, visit):
        _, wording = _worded(session, visit, letter)
        return _form_page(visit, wording, refused(visit, form, error, names=_names(visit)))


def _names(visit: Visit) -> Mapping[str, str]:
    """What the fields are called where a refusal names them: part and language."""
    languages = {"nb": said(visit, "Norwegian"), "en": said(visit, "English")}
    return {
        f"{locale}.{part}": f"{said(visit, label)}, {languages[locale]}"
        for locale in LOCALES
        for part, label in _PARTS.items()
    }


def _form_page(visit: Visit, wording: Wording, form: Filled) -> Response:
    fields = [
        PartField(
            part,
            said(visit, "New first sentence" if (wording.letter, part) == _REMINDS else _PARTS[part]),
            tuple(" / ".join(f"{{{place}}}" for place in wanted) for wanted in rule.needs),
            rule.has_lines,
            rule.longest,
        )
        for part, rule in PARTS[wording.letter].items()
    ]
    return page(
        visit,
        "pages/letters/letter.html",
        status=form.status,
        form=form,
        wording=wording,
        name=said(visit, LETTERS[wording.letter]),
        fields=fields,
    )


_REMINDS = (Letter.REMINDER, Part.OPENING)
