"""The page that tells whoever is signed in what is held about him: what, what for, for how long, and where to read it."""

from collections.abc import Mapping

from fastapi import Request, Response

from app.deferred import dataclass
from app.held.queries import list_held
from app.held.values import Kind
from app.http.access import SIGNED_IN, access
from app.http.routes import Pages
from app.http.visit import reading
from app.web.render import page, said

router = Pages()


@dataclass(frozen=True, slots=True)
class Told:
    """A kind of record in words: English sentences, and where it can be read."""

    title: str
    what: str
    until: str
    href: str = ""


TOLD: Mapping[Kind, Told] = {
    Kind.PERSON: Told(
        "You as a person",
        "Name, e-mail address and language: to write to you, and to know you when you sign in.",
        "As long as you work here.",
    ),
    Kind.PLACES: Told(
        "Where you belong and what you lead",
        "Units and days: they decide who reads what, and where ratings count.",
        "As long as results of that time are kept.",
    ),
    Kind.ACCOUNT: Told(
        "Your roles", "What you may do, and where: an administrator gives and takes them.", "Until it is taken away."
    ),
    Kind.SESSIONS: Told(
        "Your sign-ins",
        "Browser and time: so that you can end those that are not yours.",
        "Twelve hours.",
        "/account/sessions",
    ),
    Kind.WAYS_IN: Told(
        "How you sign in",
        "That you have an app for two-step sign-in, without its key; your passkeys, without theirs; and by which name your organisation's sign-in knows you.",
        "Until you remove them, or an administrator resets your sign-in.",
        "/account/factor",
    ),
    Kind.RATED: Told(
        "Rounds in which others were asked about you",
        "What they answered is told together, never one by one where that is promised; the form says which.",
        "Answers of protected groups are parted from their raters at the release.",
    ),
    Kind.RESULTS: Told(
        "Results about you",
        "Scores with their arithmetic, and comments as they were released. You read all of it, once it opens to you.",
        "As long as the release is kept; it never changes.",
        "/results",
    ),
    Kind.ASKED: Told(
        "Rounds in which you were asked to rate",
        "That you were asked, and that you answered. What you answered is read by nobody under your name, unless the form said so.",
        "As long as the round is kept.",
    ),
    Kind.READINGS: Told(
        "Readings about you",
        "Measured values such as answer times, where a KPI measures single people.",
        "As long as the KPI is kept.",
        "/readings",
    ),
    Kind.VISITS: Told(
        "Mystery visits to you",
        "Reports that were accepted. You can object to each for some days.",
        "As long as results of that time are kept.",
        "/visits",
    ),
    Kind.ENCOUNTERS: Told(
        "Contacts with customers",
        "That you served somebody, so that the customer can be asked. The customer's address is deleted once that is settled.",
        "90 days where nobody was asked, a year where somebody was.",
    ),
    Kind.CASES: Told(
        "Decisions about you",
        "Questions that somebody who leads you has put on record, and what was decided.",
        "They stay in the ledger.",
        "/decisions",
    ),
    Kind.PLANS: Told(
        "Action plans about you or with you", "What was agreed to be done, and what came of it.", "They stay.", "/plans"
    ),
    Kind.TALKS: Told(
        "Talks about your feedback",
        "The day, what you talked about and agreed on, and what you replied. Whoever leads you reads it, and your reply is for everybody who reads the feedback.",
        "They stay with the feedback.",
        "/results",
    ),
    Kind.FOCUS: Told(
        "KPIs you work on",
        "At most two that are in focus, and one that you propose. Whoever leads you reads them.",
        "Until something else is in focus.",
    ),
    Kind.APART: Told(
        "Marks that keep you and somebody apart",
        "Two people with a conflict of interest do not rate each other.",
        "Until the mark is lifted.",
    ),
    Kind.LETTERS: Told(
        "Letters to you", "Which letter, when, and whether it arrived.", "As long as the round or matter is kept."
    ),
    Kind.JOURNAL: Told(
        "What you did here",
        "The journal notes who changed what, so that nobody can change anything unseen.",
        "It is never changed.",
    ),
}


@router.get("/account/held")
@access(SIGNED_IN)
def show_held(request: Request) -> Response:
    with reading(request) as (session, visit):
        found = list_held(session, visit.viewer)
    told = [(TOLD[one.kind], one.count) for one in found]
    lines = [
        (said(visit, each.title), said(visit, each.what), said(visit, each.until), each.href, n) for each, n in told
    ]
    return page(visit, "pages/sign_in/held.html", lines=lines)
