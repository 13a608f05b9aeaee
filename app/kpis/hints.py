"""Advice on the items of a KPI, their wording and what helps to get better at them; nothing of it is refused.

Problems that are refused are found in `checks`.
"""

import re

from app.errors import FieldError
from app.kpis.values import Item, KpiVersion
from app.plain import span
from app.words import LOCALES

ONE_QUESTION = "Ask one thing at a time."
ONE_BEHAVIOUR = "Describe one behaviour, in fewer words."
ONLY_JUDGING = "Describe what others can see, not how good it is."
NOT_SEEN = "Nobody can see what somebody thinks, feels or wants. Say what is done or said."
SAME_ANCHOR = "Another point has the same words. Say what differs."
MOST_WORDS = 20
NO_PRACTICE = (
    "No item names a competence, something to learn from or an exercise. A low score will say what, but not how."
)
# Words that only say how good something is, and those that join two questions, in bokmål and English.
_JUDGING = re.compile(
    "svært|meget|ganske|veldig|litt|ikke|god|godt|bra|fin|fint|dårlig|svak|middels|gjennomsnittlig|utmerket|flink|"
    "very|quite|rather|not|good|well|fine|okay|ok|bad|poor|weak|average|excellent|great|outstanding|nice"
)
_SECOND_QUESTION = re.compile(
    r"\b(?:og|eller|and|or)\s+(?:hva|hvordan|når|hvor|hvorfor|hvem|what|how|when|where|why|who|does|do|is|are)\b"
    r"|\b(?:både|both)\b|\bog/eller\b|\band/or\b"
)
# What goes on inside somebody: no verb of it names a behaviour.
_UNSEEN = re.compile(
    r"\b(?:føler|tenker|tror|ønsker|forstår|skjønner|bryr seg|holdning\w*|motivert|engasjert|innstilt|opptatt av|"
    r"feels?|thinks?|believes?|wants?|wishes|understands?|cares?|attitudes?|motivated|engaged|committed|aware)\b"
)
# A second sentence, or a second behaviour by choice: whoever saw one of them has no answer.
_SECOND_BEHAVIOUR = re.compile(r"[.;!?]\s+\w|\bog/eller\b|\band/or\b")
_WORD = re.compile(r"[^\W\d_]+")


def wording_hints(version: KpiVersion) -> list[FieldError]:
    """Advice on the wording of items; nothing of it is refused.

    An anchor names something that others can see, not how good it is nor what somebody thinks or feels; one behaviour,
    in one sentence of 20 words at most; no two anchors alike. A question asks one thing, which can be seen.
    Source: behaviourally anchored rating scales after Smith & Kendall 1963.
    """
    found = []
    for place, item in enumerate(version.items):
        for locale in LOCALES:
            if _asks_twice(item.question.get(locale, "")):
                found.append(FieldError(f"items.{place}.question.{locale}", ONE_QUESTION))
            if _UNSEEN.search(item.question.get(locale, "").casefold()):
                found.append(FieldError(f"items.{place}.question.{locale}", NOT_SEEN))
            found += _anchor_hints(item, f"items.{place}.anchors", locale)
    return found


def practice_hints(version: KpiVersion) -> list[FieldError]:
    """Advice to record what helps: none of the items says it. A measured KPI has no items, and needs none."""
    is_bare = bool(version.items) and all(item.practice.is_empty for item in version.items)
    return [FieldError("items", NO_PRACTICE)] if is_bare else []


def _asks_twice(question: str) -> bool:
    return question.count("?") > 1 or _SECOND_QUESTION.search(question.casefold()) is not None


def _anchor_hints(item: Item, name: str, locale: str) -> list[FieldError]:
    texts = {point: words[locale].casefold() for point, words in item.anchors.items() if words.get(locale)}
    known: set[str] = set()
    found = []
    for point, text in texts.items():
        said = _WORD.findall(text)
        if said and all(_JUDGING.fullmatch(word) for word in said):
            found.append(FieldError(f"{name}.{point}.{locale}", ONLY_JUDGING))
        if _UNSEEN.search(text):
            found.append(FieldError(f"{name}.{point}.{locale}", NOT_SEEN))
        if len(said) > MOST_WORDS or _SECOND_BEHAVIOUR.search(text):
            found.append(FieldError(f"{name}.{point}.{locale}", ONE_BEHAVIOUR, span(1, MOST_WORDS)))
        if text in known:
            found.append(FieldError(f"{name}.{point}.{locale}", SAME_ANCHOR))
        known.add(text)
    return found
