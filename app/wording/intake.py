"""Plain mappings, from JSON or a posted form, to the texts of a letter; all fields at once."""

from collections.abc import Mapping

from app.fields import Fields
from app.mail.values import Letter
from app.wording.rules import PARTS, pair_problems, paragraphs, text_problems
from app.wording.values import WordingDraft
from app.words import LOCALES


def parse_wording(
    given: Mapping[str, object], letter: Letter, *, organisation: str, posted: bool = False
) -> WordingDraft:
    """The texts of a letter by language: nb and en, each with the parts that the letter has; blank means the house text."""
    fields = Fields(given, posted=posted)
    texts: dict[str, dict[str, str]] = {}
    for locale in LOCALES:
        group = fields.group(locale)
        for part, rule in PARTS[letter].items():
            text = group.text(part, longest=rule.longest, lines=rule.has_lines)
            if text:
                plain = paragraphs(text)
                texts.setdefault(locale, {})[part.value] = plain
                for problem in text_problems(part, part, rule, plain, locale=locale, organisation=organisation):
                    group.refuse_as(problem)
        group.close()
    for problem in pair_problems(letter, texts):
        fields.refuse_as(problem)
    fields.finish()
    return WordingDraft(letter, texts)
