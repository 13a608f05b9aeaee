"""Talks over HTTP: what waits, one talk with what is proposed for it, arranging it, opening, replying and signing."""

from fastapi import Request, Response

from app.accounts.rules import Action
from app.api.resource import Key, Post, answer, posting, resource
from app.api.schemas.talks import DueTalkOut, DueTalksOut, PreparedTalkOut, ReplyIn, TalkIn
from app.http.access import access, personal
from app.http.versions import expected_version
from app.http.visit import Visit, reading, writing
from app.infra.database import ReadSession
from app.talks import commands, queries
from app.talks.intake import parse_reply, parse_talk
from app.talks.values import Talk

router = resource("Talks")

_TALK = "/releases/{release_id}/subjects/{subject_id}/talk"


@router.get("/talks", response_model=DueTalksOut)
@access(Action.RESULTS_READ)
def list_talks(request: Request) -> Response:
    """The talks that wait for whoever asks, as the one who leads or as the person, the first due first."""
    with reading(request) as (session, visit):
        found = queries.list_due_talks(session, visit.viewer, on=visit.today)
    return answer(DueTalksOut(items=[DueTalkOut.of(one) for one in found]))


@router.get(_TALK, response_model=PreparedTalkOut)
@access(Action.RESULTS_READ)
def get_talk(request: Request, release_id: Key, subject_id: Key) -> Response:
    """The talk about the summary of a person, with what the rules propose for it; 403 until the own summary opens."""
    with reading(request) as (session, visit):
        talk = queries.get_talk(session, visit.viewer, release_id, subject_id, on=visit.today)
        out = _prepared(session, visit, talk)
    return answer(out, version=talk.version)


@router.put(_TALK, response_model=PreparedTalkOut)
@access(Action.DECISIONS_WRITE)
def arrange_talk(request: Request, release_id: Key, subject_id: Key, sent: TalkIn) -> Response:
    """Set the day, the agenda and what was agreed. For those who lead the person, until both have signed.

    The own summary of the person opens on that day, and at the latest when it would by itself.
    """
    draft, expected = parse_talk(sent.given()), expected_version(request)
    with writing(request) as (session, visit):
        talk = commands.arrange_talk(
            session, visit.viewer, release_id, subject_id, draft, expected_version=expected, now=visit.now
        )
        out = _prepared(session, visit, talk)
    return answer(out, version=talk.version)


@router.post(f"{_TALK}/opening", response_model=PreparedTalkOut)
@access(Action.DECISIONS_WRITE)
def open_summary(request: Request, release_id: Key, subject_id: Key) -> Response:
    """Open the own summary of a person at once. For those who lead the person."""
    with posting(request) as post:
        talk = commands.open_summary(post.session, post.viewer, release_id, subject_id, now=post.now)
        return _done(post, talk)


@router.post(f"{_TALK}/acknowledgement", response_model=PreparedTalkOut)
@personal("reads the own feedback")
def acknowledge_summary(request: Request, release_id: Key, subject_id: Key, sent: ReplyIn) -> Response:
    """Say that the own summary was read, and what one says to it. For the person alone, hence not for keys."""
    reply = parse_reply(sent.given())
    with posting(request) as post:
        talk = commands.acknowledge_summary(post.session, post.viewer, release_id, subject_id, reply, now=post.now)
        return _done(post, talk)


@router.post(f"{_TALK}/signature", response_model=PreparedTalkOut)
@personal("agrees in the own name")
def sign_talk(request: Request, release_id: Key, subject_id: Key) -> Response:
    """Sign what was agreed. For the two who talk, hence not for keys, from the day of the talk on, who leads first."""
    with posting(request) as post:
        talk = commands.sign_talk(post.session, post.viewer, release_id, subject_id, now=post.now)
        return _done(post, talk)


def _prepared(session: ReadSession, visit: Visit, talk: Talk) -> PreparedTalkOut:
    return PreparedTalkOut.told(talk, queries.load_agenda(session, visit.viewer, talk, on=visit.today))


def _done(post: Post, talk: Talk) -> Response:
    return post.answer(_prepared(post.session, post.visit, talk), version=talk.version)
