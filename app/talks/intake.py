"""Talks and replies, as people and systems send them, to checked values."""

from collections.abc import Mapping

from app.fields import REQUIRED, TEXT_LENGTH, Fields
from app.talks.rules import MOST_AGREEMENTS
from app.talks.values import AgreementDraft, Side, TalkDraft

AGENDA_LENGTH = 4000
AGREEMENT_LENGTH = 300


def parse_talk(given: Mapping[str, object], *, posted: bool = False) -> TalkDraft:
    """A talk: talk_on, agenda, agreements (text, side, due_on). What is not sent is taken away."""
    fields = Fields(given, posted=posted)
    draft = TalkDraft(
        talk_on=fields.day("talk_on"),
        agenda=fields.text("agenda", longest=AGENDA_LENGTH, lines=True) or "",
        agreements=_agreements(fields),
    )
    fields.finish()
    return draft


def parse_reply(given: Mapping[str, object], *, posted: bool = False) -> str:
    """What a person writes about the own summary: reply; empty for having read it and nothing more."""
    fields = Fields(given, posted=posted)
    reply = fields.text("reply", longest=TEXT_LENGTH, lines=True) or ""
    fields.finish()
    return reply


def _agreements(fields: Fields) -> tuple[AgreementDraft, ...]:
    """What was agreed; a line without a text and a day is none."""
    found = []
    for one in fields.groups("agreements", MOST_AGREEMENTS):
        text, due_on = one.text("text", longest=AGREEMENT_LENGTH), one.day("due_on")
        side = one.choice("side", Side)
        one.close()
        for name, value in (("text", text), ("side", side), ("due_on", due_on)):
            if value is None and (text is not None or due_on is not None):
                one.refuse(name, REQUIRED)
        if text is not None and due_on is not None and side is not None:
            found.append(AgreementDraft(text, side, due_on))
    return tuple(found)
