"""What becomes of comments, in words: for pages of receipts, of moderation, and of results."""

from collections.abc import Mapping

from app.moderation.values import Verdict
from app.receipts.values import Outcome, ReceiptState, WithheldReason

COMMENT_REASONS: Mapping[WithheldReason, str] = {
    WithheldReason.TOO_FEW: "Too few answers or comments count where it belongs, or the answer itself does not count.",
    WithheldReason.NOT_LOOKED_AT: "Nobody looked at it before the release.",
    WithheldReason.GIVES_AWAY: "It would give away who wrote it.",
    WithheldReason.NAMES_OTHERS: "It names or exposes somebody else.",
    WithheldReason.PRIVATE: "It is about health or private life.",
    WithheldReason.INSULT: "It insults somebody.",
    WithheldReason.OFF_TOPIC: "It is not about the work.",
}
"""Why a comment is withheld, or edited."""

COUNTED_REASONS: Mapping[WithheldReason, str] = {
    WithheldReason.TOO_FEW: "too few would stand there",
    WithheldReason.NOT_LOOKED_AT: "not looked at before the release",
    WithheldReason.GIVES_AWAY: "would give away who wrote",
    WithheldReason.NAMES_OTHERS: "naming or exposing somebody else",
    WithheldReason.PRIVATE: "about health or private life",
    WithheldReason.INSULT: "insulting",
    WithheldReason.OFF_TOPIC: "not about the work",
}
"""The same of several comments together."""

VERDICTS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.WAITING: ("Waits", "watch"),
    Verdict.RELEASED: ("As written", "good"),
    Verdict.EDITED: ("Edited", "accent"),
    Verdict.WITHHELD: ("Withheld", "withheld"),
}
"""What a decision is called, and the kind of its badge."""

_OUTCOMES: Mapping[ReceiptState, tuple[str, str]] = {
    ReceiptState.RECEIVED: ("Received", "The round is not released yet. Look again after that."),
    ReceiptState.RELEASED: ("Released as written", "Those who read the results can read it word for word."),
    ReceiptState.EDITED: (
        "Released edited",
        "What gave somebody away was taken out. Those who read the results see that it was edited.",
    ),
    ReceiptState.WITHHELD: ("Withheld", ""),
    ReceiptState.REPLACED: ("Replaced", "You have sent another answer in its place. That one has a code of its own."),
    ReceiptState.EXPIRED: ("No longer told", "Codes tell what became of a comment for a year."),
}


def outcome_words(outcome: Outcome) -> tuple[str, str]:
    """What became of a comment: a heading, and a sentence."""
    title, text = _OUTCOMES[outcome.state]
    return title, COMMENT_REASONS[outcome.reason] if outcome.reason is not None else text
