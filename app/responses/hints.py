"""What a comment is worth thinking over before it is sent: names, insults, health, words that say nothing. Pure.

Hints advise and refuse nothing: whoever has seen them may send the same words. The lists are short on purpose, since
a hint that cries wolf is soon overlooked; they are bokmål and English.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum


class Hint(StrEnum):
    """What may be wrong with a comment."""

    NAME = "name"
    INSULT = "insult"
    HEALTH = "health"
    ELSEWHERE = "elsewhere"
    EMPTY = "empty"


SENTENCES: Mapping[Hint, str] = {
    Hint.NAME: "This names somebody. Leave the name out if it could harm or give away anybody.",
    Hint.INSULT: "This could hurt. Say what happened and what it led to.",
    Hint.HEALTH: "This is about health or private life. Such things do not belong here.",
    Hint.ELSEWHERE: "This points to another place. Each comment is shown by itself: say it here in full.",
    Hint.EMPTY: "This says little on its own. Describe one situation, or leave the field empty.",
}
_INSULTS = re.compile(
    r"\b(?:idiot\w*|tosk\w*|dust(?:er|ene)|dum(?:me|t)?|udugelig\w*|håpløs\w*|teit\w*|patetisk\w*|dritt\w*|"
    r"jævl\w*|faen|helvete|stupid|dumb|moron\w*|useless|hopeless|pathetic|lazy|crap\w*|bastard\w*|asshole\w*|damn\w*)\b"
)
_HEALTH = re.compile(
    r"\b(?:sykmeld\w*|sykemeld\w*|depresjon\w*|deprimert\w*|angst\w*|adhd|autis\w*|kreft\w*|gravid\w*|diagnose\w*|"
    r"psykisk\w*|alkohol\w*|ruspå\w*|fagforening\w*|skilsmisse\w*|sick leave|depress\w*|anxiety|autism|cancer|pregnan\w*|"
    r"diagnos\w*|mental health|alcohol\w*|drunk|trade union|divorce\w*)\b"
)
_ELSEWHERE = re.compile(
    r"\b(?:se over|se ovenfor|se under|samme som (?:over|ovenfor|sist)|som nevnt|som sagt|ditto|see above|see below|"
    r"same as (?:above|before)|as (?:mentioned|stated|said))\b"
)
_SAYS_LITTLE = re.compile(
    r"(?:alt |everything |det er |it is |it's |veldig |very )?(?:er )?(?:bra|fint|ok|okay|greit|good|fine|great|nice|super|topp|"
    r"supert|flott|stå på|keep it up|well done|bra jobba|bra jobbet|good job|ingenting|ingen|nothing|none|nei|no|ja|yes|vet ikke|"
    r"n/?a|)"
)
_WORD = re.compile(r"[^\W\d_]{3,}")


def comment_hints(text: str, names: Collection[str] = ()) -> tuple[Hint, ...]:
    """What is worth thinking over in a comment, in the order of `Hint`.

    Parameters
    ----------
    text : the comment
    names : names of people, in lower case, that it had better not hold

    >>> comment_hints("Se over.")
    (<Hint.ELSEWHERE: 'elsewhere'>,)
    >>> comment_hints("Ringte kunden tilbake dagen etter, slik hun sa.")
    ()
    """
    plain = " ".join(text.casefold().split())
    found = {
        Hint.NAME: any(word[0].isupper() and word.casefold() in names for word in _WORD.findall(text)),
        Hint.INSULT: _INSULTS.search(plain) is not None,
        Hint.HEALTH: _HEALTH.search(plain) is not None,
        Hint.ELSEWHERE: _ELSEWHERE.search(plain) is not None,
        Hint.EMPTY: _SAYS_LITTLE.fullmatch(plain.strip(" .,!-")) is not None,
    }
    return tuple(hint for hint, is_found in found.items() if is_found)


def names_worth_hiding(people: Iterable[str], about: str) -> frozenset[str]:
    """First and last names of people, in lower case, but for those of whom the comment is about.

    >>> sorted(names_worth_hiding(["Sofie Berg", "Lars Moen"], "Sofie Berg"))
    ['lars', 'moen']
    """
    words = {word.casefold() for name in people for word in _WORD.findall(name)}
    return frozenset(words - {word.casefold() for word in _WORD.findall(about)})


def seen_mark(hints: Mapping[str, tuple[Hint, ...]]) -> str:
    """What a form sends back to say that these hints, by field, were seen; empty when there are none."""
    told = "\n".join(f"{name}:{','.join(found)}" for name, found in sorted(hints.items()) if found)
    return hashlib.sha256(told.encode()).hexdigest()[:16] if told else ""
