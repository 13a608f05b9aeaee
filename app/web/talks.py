"""The pages of talks: the talk about a summary, arranging it, opening the summary, replying to it, and signing."""

from collections.abc import Sequence

from fastapi import Request, Response

from app.accounts.rules import Action
from app.deferred import dataclass
from app.fields import Fields
from app.http.access import SIGNED_IN, access
from app.http.doors import posted
from app.http.forms import Form
from app.http.routes import Pages
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.releases.rules import OpensLater
from app.summaries.queries import get_summary
from app.summaries.values import Summary
from app.talks import commands
from app.talks.intake import parse_reply, parse_talk
from app.talks.queries import get_talk, load_agenda
from app.talks.rules import MOST_AGREEMENTS, NotInTheTalk
from app.talks.values import PointKind, Side, Talk
from app.web.forms import REFUSED, Filled, fresh, nested, refused
from app.web.render import flash_for, page, said, see_other
from app.web.talk_words import DONE, SIDES, agenda_lines
from app.words import in_locale

router = Pages()

LINES = 2
"""Lines for agreements that a form shows at least; one more than there are."""

_LABELS = {"talk_on": "Day of the talk", "agenda": "What you talk about"}
_PARTS = {"text": "What is agreed", "side": "Who does it", "due_on": "By which day"}
_PAGE = "/results/{release_id}/subjects/{subject_id}/talk"


@dataclass(frozen=True, slots=True)
class TalkPage:
    """A talk as its pages print it: whose summary it is about, the lines of the agenda, and where it leads."""

    talk: Talk
    summary: Summary
    lines: Sequence[str]
    is_proposed: bool
    href: str
    agreed: Sequence[tuple[str, str]]
    kpis: Sequence[tuple[str, str]]
    kpi_id: str


@router.get(_PAGE)
@access(SIGNED_IN)
def show_talk(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        try:
            shown = _shown(session, visit, release_id, subject_id)
        except OpensLater as error:
            return see_other(f"/results/rounds/{error.round_id}/subjects/{subject_id}")
    return _talk_page(visit, shown, Filled())


@router.get(f"{_PAGE}/edit")
@access(Action.DECISIONS_WRITE)
def show_edit(request: Request, release_id: str, subject_id: str) -> Response:
    with reading(request) as (session, visit):
        shown = _shown(session, visit, release_id, subject_id)
    return _edit_page(visit, shown, fresh(_texts(shown)))


@router.post(f"{_PAGE}/edit")
@access(Action.DECISIONS_WRITE)
def arrange(request: Request, release_id: str, subject_id: str) -> Response:
    form = posted(request)
    try:
        version = _version(form)
        draft = parse_talk(nested(form, "version"), posted=True)
        with writing(request) as (session, visit):
            commands.arrange_talk(
                session, visit.viewer, release_id, subject_id, draft, expected_version=version, now=visit.now
            )
    except REFUSED as error:
        with reading(request) as (session, visit):
            shown = _shown(session, visit, release_id, subject_id)
            return _edit_page(visit, shown, refused(visit, form, error, names=_names(visit)))
    return see_other(_href(release_id, subject_id), done="arranged")


@router.post(f"{_PAGE}/open")
@access(Action.DECISIONS_WRITE)
def open_now(request: Request, release_id: str, subject_id: str) -> Response:
    with writing(request) as (session, visit):
        commands.open_summary(session, visit.viewer, release_id, subject_id, now=visit.now)
    return see_other(_href(release_id, subject_id), done="opened")


@router.post(f"{_PAGE}/read")
@access(SIGNED_IN)
def reply(request: Request, release_id: str, subject_id: str) -> Response:
    form = posted(request)
    try:
        text = parse_reply(nested(form), posted=True)
        with writing(request) as (session, visit):
            commands.acknowledge_summary(session, visit.viewer, release_id, subject_id, text, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            shown = _shown(session, visit, release_id, subject_id)
            names = {"reply": said(visit, "Your reply")}
            return _talk_page(visit, shown, refused(visit, form, error, names=names))
    return see_other(_href(release_id, subject_id).removesuffix("/talk"), done="replied" if text else "read")


@router.post(f"{_PAGE}/sign")
@access(SIGNED_IN)
def sign(request: Request, release_id: str, subject_id: str) -> Response:
    form = posted(request)
    try:
        version = _version(form)
        with writing(request) as (session, visit):
            commands.sign_talk(session, visit.viewer, release_id, subject_id, expected_version=version, now=visit.now)
    except REFUSED as error:
        with reading(request) as (session, visit):
            shown = _shown(session, visit, release_id, subject_id)
            return _talk_page(visit, shown, refused(visit, form, error))
    return see_other(_href(release_id, subject_id), done="signed")


# ------------------------------------------------------------ pieces


def _href(release_id: str, subject_id: str) -> str:
    return f"/results/{release_id}/subjects/{subject_id}/talk"


def _shown(session: ReadSession, visit: Visit, release_id: str, subject_id: str) -> TalkPage:
    """The talk for one of the two; NotInTheTalk for others, who read of it beside the summary what is theirs."""
    talk = get_talk(session, visit.viewer, release_id, subject_id, on=visit.today)
    if not talk.is_side:
        raise NotInTheTalk
    summary = get_summary(session, visit.viewer, release_id, subject_id, on=visit.today)
    points = load_agenda(session, visit.viewer, talk, on=visit.today)
    written = [line for line in talk.agenda.splitlines() if line.strip()]
    weakest = next((point.kpi_id for point in points if point.kind is PointKind.DEVELOPMENT), "")
    asked = {kpi.kpi_id: kpi.name for kpi in summary.soft} | {kpi.kpi_id: kpi.name for kpi in summary.hard}
    kpis = [(kpi_id, in_locale(name, visit.locale)) for kpi_id, name in asked.items()]
    return TalkPage(
        talk,
        summary,
        written or agenda_lines(visit, points),
        not written,
        _href(release_id, subject_id),
        [(one.text, one.text) for one in talk.agreements],
        kpis if talk.is_leader else (),
        weakest,
    )


def _version(form: Form) -> int | None:
    fields = Fields({"version": form.one("version")}, posted=True)
    version = fields.whole("version", 0, 10**9)
    fields.finish()
    return version


def _texts(shown: TalkPage) -> dict[str, str]:
    """The talk as it stands in the fields."""
    talk = shown.talk
    texts = {
        "version": str(talk.version),
        "talk_on": "" if talk.talk_on is None else talk.talk_on.isoformat(),
        "agenda": "\n".join(shown.lines),
    }
    for place, one in enumerate(talk.agreements):
        texts |= {
            f"agreements.{place}.text": one.text,
            f"agreements.{place}.side": one.side.value,
            f"agreements.{place}.due_on": one.due_on.isoformat(),
        }
    return texts


def _names(visit: Visit) -> dict[str, str]:
    names = {name: said(visit, label) for name, label in _LABELS.items()}
    for place in range(MOST_AGREEMENTS):
        names |= {f"agreements.{place}.{part}": said(visit, label) for part, label in _PARTS.items()}
    return names


def _edit_page(visit: Visit, shown: TalkPage, form: Filled) -> Response:
    if not shown.talk.is_leader:
        raise NotInTheTalk
    lines = min(MOST_AGREEMENTS, max(LINES, len(shown.talk.agreements) + 1))
    return page(
        visit,
        "pages/talks/edit.html",
        status=form.status,
        shown=shown,
        form=form,
        today=visit.today,
        lines=[(f"agreements.{place}", place + 1) for place in range(lines)],
        sides=[(Side.PERSON.value, shown.talk.subject.name), (Side.LEADER.value, said(visit, SIDES[Side.LEADER]))],
    )


def _talk_page(visit: Visit, shown: TalkPage, form: Filled) -> Response:
    return page(
        visit,
        "pages/talks/talk.html",
        status=form.status,
        flash=flash_for(visit, DONE),
        shown=shown,
        today=visit.today,
        sides={side.value: said(visit, words) for side, words in SIDES.items()},
        form=form,
    )
